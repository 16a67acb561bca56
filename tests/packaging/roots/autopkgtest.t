#!/bin/bash
# debian/tests by autopkgtest, which installs the packages itself.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../../lib/root.sh"
. "$(dirname "$0")/../../lib/debian.sh"
. "$(dirname "$0")/../../lib/tap.sh"
inside_debian
export DEBIAN_FRONTEND=noninteractive

rm -rf /etc/apt/sources.list /etc/apt/sources.list.d/*
mkdir "$T/tree" && cp -r "$TOP/debian" "$T/tree/"
mapfile -t debs < <(printf '%s\n' "$PACKAGES"/now/*.deb | grep -v dbgsym)
(cd /etc && sha256sum nsswitch.conf pam.d/*) >"$T/before"
timeout 300 autopkgtest --no-built-binaries --output-dir "$T/out" "${debs[@]}" "$T/tree" -- null >"$T/log" 2>&1
is "$? $(awk '{ print $1, $2 }' "$T/out/summary")" '0 smoke PASS' 'autopkgtest passes' || diag "$(tail -40 "$T/log")"
is "$(cd /etc && sha256sum nsswitch.conf pam.d/* | diff "$T/before" -)" '' 'nsswitch.conf and the PAM stacks are as they were'
# A test that cannot fail is none.
sed -i 's/^id ada .*/false/' "$T/tree/debian/tests/smoke"
timeout 300 autopkgtest --no-built-binaries --output-dir "$T/bad" "${debs[@]}" "$T/tree" -- null >"$T/log" 2>&1
like "$(cat "$T/bad/summary")" '^smoke +FAIL' 'autopkgtest fails when the member has no name'
done_testing
