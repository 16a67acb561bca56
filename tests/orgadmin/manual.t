#!/bin/bash
# The manual page cannot go stale: its reference part is what the program says of itself.
. "$(dirname "$0")/../lib/tap.sh"
PAGE=$TOP/packaging/man/orgadmin.1
begin='^\.\\" What follows is the output of orgadmin --manual'
end='^\.\\" So far orgadmin --manual'
is "$(sed -n "/$begin/,/$end/p" "$PAGE" | sed '1d;$d')" "$("$BUILD/orgadmin" --manual)" 'orgadmin.1 contains the output of orgadmin --manual'

# options PATTERN: the long options behind it in standard input
options() { grep -oE -- "$1[a-z][a-z-]+" | sed "s/^$1//" | sort -u | xargs; }
for program in orgd.8 orgsyncd.8; do
    is "$(options 'Fl -' < "$TOP/packaging/man/$program")" "$("$BUILD/${program%.8}" --help | options --)" "$program has the options that --help of the program prints"
done

for page in "$TOP"/packaging/man/*; do
    name=${page##*/}
    if command -v mandoc > /dev/null; then
        is "$(mandoc -Tlint -W warning "$page")" '' "mandoc has no warning about $name"
    else
        pass "mandoc has no warning about $name # SKIP mandoc is not installed"
    fi
    if command -v groff > /dev/null; then
        is "$(groff -mandoc -Tascii -wbreak -rLL=78n "$page" 2>&1 > "$T/page")" '' "groff has no warning about $name"
    else
        pass "groff has no warning about $name # SKIP groff is not installed"
    fi
done
done_testing
