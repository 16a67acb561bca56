#!/bin/bash
# The manual page cannot go stale: its reference part is what the program says of itself.
. "$(dirname "$0")/../lib/tap.sh"
PAGE=$TOP/packaging/man/orgadmin.1
begin='^\.\\" What follows is the output of orgadmin --manual'
end='^\.\\" So far orgadmin --manual'
is "$(sed -n "/$begin/,/$end/p" "$PAGE" | sed '1d;$d')" "$("$BUILD/orgadmin" --manual)" 'orgadmin.1 holds the output of orgadmin --manual'
if command -v mandoc > /dev/null; then
    is "$(mandoc -Tlint -W warning "$PAGE")" '' 'mandoc has no warning'
else
    pass 'mandoc # SKIP mandoc is not installed'
fi
done_testing
