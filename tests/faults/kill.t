#!/bin/bash
# kill -9 of keeper, fetcher and their parent at any moment while snapshots are written. ROUNDS=200 for more of it.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../lib/root.sh"
inside_root
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/host.sh"
. "$(dirname "$0")/people.sh"

ROUNDS=${ROUNDS:-8}
configure
crowd 1000
orgsyncd --once >/dev/null
crowd 1000 user rem
start_orgsyncd
ok "orgsyncd starts and syncs" wait_for 10 orgadmin host sync
stand "before any kill"
numbers() { id -u ada; id -u mia; id -u rem; }
before=$(numbers)

killed=0 unknown=0 wrong=0
for ((round = 1; round <= ROUNDS; round++)); do
    # It rests longer after each failure: one that was just started does not.
    if ! wait_for 1 has_children; then
        kill -9 "$daemon"
        wait "$daemon" 2>/dev/null
        start_orgsyncd
    fi
    crowd 1000 "r$((round % 50))x" rem
    orgadmin host sync >/dev/null 2>&1 &
    sleep "0.$(printf %03d $((RANDOM % 150)))"
    for child in $(children); do
        [ $((RANDOM % 2)) = 0 ] && kill -9 "$child" 2>/dev/null && killed=$((killed + 1))
    done
    wait $!
    known ada >/dev/null || unknown=$((unknown + 1))
    [ "$(numbers)$(shell_of rem)" = "$before/usr/sbin/nologin" ] || wrong=$((wrong + 1))
done
diag "$killed kills"
is "$unknown" 0 "no lookup fails in $ROUNDS rounds of kill -9"
is "$wrong" 0 "no kill -9 changes an id or gives a removed member the shell back"
crowd 1000 last rem
ok "orgsyncd syncs by itself after the kills" wait_for 30 known last1000
stand "after the kills"
is "$(numbers)" "$before" "all ids after the kills are what they were"
done_testing
