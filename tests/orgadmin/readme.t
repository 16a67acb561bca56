#!/bin/bash
# "The first five minutes" of README.md: exactly its commands, in order, against a fresh orgd; they print what it shows, but for
# ids, times and secrets.
. "$(dirname "$0")/../lib/tap.sh"
need awk
unset ORGADMIN_ORG ORGADMIN_TOKEN_FILE ORGADMIN_PROFILE XDG_CONFIG_HOME NO_COLOR
export HOME=$T/home PATH=$BUILD:$PATH LC_ALL=C.UTF-8
mkdir "$HOME"

# The lines of the section's blocks.
awk '/^## / { inside = /first five minutes/ } inside && /^```/ { block = !block; next } inside && block' "$TOP/README.md" > "$T/session"
ok 'README.md has the section on the first five minutes' test "$(grep -c '^\$ orgadmin ' "$T/session")" -gt 8

mask() {
    sed -E -e 's/(org|usr|inv)_[a-z0-9]{20}/\1_ID/g; s/live_[a-z0-9]{20}:[A-Za-z0-9_-]{43}/TOKEN/g' \
        -e 's/20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z/TIME/g; s/request [0-9a-f]+/request ID/g; s|/[^ :]*/orgd\.sock|DIR/orgd.sock|g; s/ +$//'
}

# The commands run in one shell, as in a terminal; what each prints is compared with what stands behind it.
cd "$HOME" || exit 1
check() {
    [ -z "$command" ] || is "$(mask < "$T/shown")" "$(printf '%s' "$want" | mask)" "README.md shows the output of: $command"
}
command='' want=''
while IFS= read -r line <&9; do
    if [ "${line#\$ }" = "$line" ]; then
        want+=$line$'\n'
        continue
    fi
    check
    command=${line#\$ } want=''
    eval "$command" > "$T/shown" 2>&1 9<&-
    case $command in
    orgd*\&) wait_for 20 grep -q '^listening on' orgd.out || fail 'orgd of README.md starts' "$(cat orgd.log)" ;; # slower under a sanitizer
    esac
done 9< "$T/session"
check
is "$(grep -cE 'ERROR: |runtime error:' orgd.log)" 0 'orgd of README.md logs no sanitizer error'
done_testing
