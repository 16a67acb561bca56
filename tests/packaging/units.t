#!/bin/bash
# The units: systemd has no word about them where they are installed, what they could do is no more than it was, and docs/security.md
# explains each line of that which is left.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../lib/root.sh"
inside_root
. "$(dirname "$0")/../lib/tap.sh"
command -v systemd-analyze >/dev/null || skip_all 'systemd-analyze is not there'

UNITS=/usr/lib/systemd/system
units=$(cd "$TOP/packaging/systemd" && echo *.service)
for unit in $units; do
    is "$(systemd-analyze verify --man=no "$UNITS/$unit" 2>&1)" '' "systemd-analyze verify has no word about $unit"
    for page in $(sed -n 's/^Documentation=//p' "$UNITS/$unit"); do
        page=${page#man:} section=${page##*(}
        ok "$unit: the page $page is installed" test -e "/usr/share/man/man${section%)}/${page%(*}.${section%)}"
    done
done
lines() { systemd-analyze security --offline=true --json=short "$UNITS/$1" | jq -r '.[] | select(.exposure) | .name'; }
# at_most UNIT EXPOSURE
at_most() {
    local exposure
    exposure=$(systemd-analyze security --offline=true "$UNITS/$1" | sed -n 's/.*exposure level for [^ ]*: \([0-9.]*\).*/\1/p')
    ok "the exposure of $1, $exposure, is at most $2" awk -v e="$exposure" -v m="$2" 'BEGIN { exit !(e != "" && e <= m) }'
}
at_most orgsyncd.service 2.6
at_most orgd.service 1.4
at_most orgd-user.service 2.6
explained=$(sed -n '/^## What the units may do/,/^## /s/^| \(.*\)/\1/p' "$TOP/docs/security.md" | sed 's/\\|/|/g')
for unit in orgsyncd.service orgd.service; do
    is "$(lines $unit | while read -r line; do grep -qF "\`$line\`" <<<"$explained" || echo "$line"; done)" '' "docs/security.md explains each line that systemd-analyze security marks of $unit"
done
for line in $(grep -o '`[^`]*=[^`]*`' <<<"$(sed 's/ *|.*//' <<<"$explained")" | tr -d '\140'); do
    { lines orgsyncd.service; lines orgd.service; } | grep -qxF -- "$line" || stale+=" $line"
done
is "${stale:-}" '' 'docs/security.md explains no line that is not marked'
done_testing
