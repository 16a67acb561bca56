#!/bin/bash
# Each link of the documents leads to a file, and to a heading in it (the network is not asked), and each command in them exists.
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
# Each command that the documents give exists: "orgadmin member list", "orgd user token".
cd "$TOP" || exit 1
code() { awk 'FNR == 1 { block = 0 } /did you mean/ { next } /^ *```/ { block = !block; next } block { sub(/#.*/, ""); print; next } { n = split($0, part, "`"); for (i = 2; i <= n; i += 2) print part[i] }' "$@"; }
# commands PROGRAM: the words behind it, up to two
commands() { code README.md docs/*.md | grep -oE "(^|[ (])$1( [a-z][a-z-]+){1,2}" | sed "s/^[ (]*$1 //" | sort -u; }
# The commands of orgd, as its help has them: "user list | show USER |", "backup FILE | check".
"$BUILD/orgd" --help | awk '/^  [a-z]/ { n = split($0, part, "|"); noun = $1
    for (i = 1; i <= n; i++) { split(part[i], word, " ")
        if (noun ~ /^(user|org|mirror|events)$/) print noun, i == 1 ? word[2] : word[1]; else print word[1] } }' >"$T/orgd"
# known PROGRAM NOUN [VERB]
known() {
    case $1 in
    orgadmin) "$BUILD/orgadmin" "${@:2}" --help ;;
    orgd) grep -qx "${*:2}" "$T/orgd" ;;
    esac >/dev/null 2>&1
}
for program in orgadmin orgd; do
    unknown='' count=0
    while read -r noun verb; do
        # shellcheck disable=SC2086 # no verb, no argument
        known $program "$noun" $verb && count=$((count + 1)) || unknown+=" $noun-$verb"
    done < <(commands $program)
    is "$unknown" '' "each command of $program that the documents give exists"
    ok "the documents give commands of $program" test $count -gt 3
done
ok 'a command that does not exist is not known' eval '! known orgadmin member frob && ! known orgd user frob && ! known orgd frob'
done_testing
