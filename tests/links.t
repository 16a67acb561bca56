#!/bin/bash
# Each link of the documents leads to a file, and to a heading in it; the network is not asked.
. "$(dirname "$0")/lib/tap.sh"
need python3
check() { python3 "$TOP/tests/links.py" "$1"; }

mkdir "$T/docs"
cat >"$T/docs/a.md" <<'MD'
# A `name`, and more: 2
[good](b.md) [good](b.md#a-part) [good](#a-name-and-more-2) [good](../docs/) ![good](b.md "title") [good](https://example.org/x#y)
[file](c.md) [heading](b.md#no-part) [plain](http://example.org) <img src="no.svg" alt="">
`[code](no.md)`
```
[code](no.md)
```
[reference]: no.md
## A part
## A part
[good](#a-part-1) [second](#a-part-2)
MD
printf '## A part\n' >"$T/docs/b.md"
is "$(check "$T")" 'docs/a.md:3: c.md: there is no such file
docs/a.md:3: b.md#no-part: there is no such heading
docs/a.md:3: http://example.org: is not https
docs/a.md:3: no.svg: there is no such file
docs/a.md:8: no.md: there is no such file
docs/a.md:11: #a-part-2: there is no such heading
13 links' 'links that lead nowhere are found, and no others'
check "$TOP" >"$T/found"
is "$(grep -v ' links$' "$T/found")" '' 'each link of the documents leads somewhere'
ok 'the documents have links' test "$(sed -n 's/ links$//p' "$T/found")" -gt 20
# A page of ours that a document names exists: "orgd(8)".
while IFS=: read -r file page; do
    name=${page%(*} section=${page#*(}
    [ -e "$TOP/packaging/man/$name.${section%)}" ] || wrong+=" $file:$page"
done < <(cd "$TOP" && grep -oE '\b(orgadmin|orgd|orgsyncd|orglogin(-keys|-providers|\.conf)?|pam_org|libnss_org)\([1-8]\)' -r --include='*.md' --include='*.[1-8]' --exclude-dir=build . | sort -u)
is "${wrong-}" '' 'each manual page that the documents name exists'
done_testing
