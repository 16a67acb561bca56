#!/bin/bash
# The wall clock is set forward and back by a day, while orgsyncd runs and while it is away.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../lib/root.sh"
. "$(dirname "$0")/clock.sh"
inside_root
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/host.sh"
. "$(dirname "$0")/people.sh"

become() { timeout 20 "${clocked[@]}" su "$1" -c 'id -un' 2>&1 </dev/null; }
DAY=86400

set_clock 0
configure
crowd 5
orgsyncd --once >/dev/null
crowd 5 user rem
start_orgsyncd "${clocked[@]}"
ok "orgsyncd starts and syncs at the right time" wait_for 10 orgadmin host sync
stand "orgsyncd running, the clock right"

for off in $DAY -$DAY 0; do
    set_clock "$off"
    stand "orgsyncd running, the clock off by $off s"
    sleep 2.5
done

# Away: what counts is when the snapshot was confirmed by the clock as it is now.
stop_orgsyncd
stand "orgsyncd stopped, the clock right"
set_clock $DAY
stand "orgsyncd stopped, a day later" "$OFFLINE_TOO_LONG"
set_clock -$DAY
stand "orgsyncd stopped, the clock a day back" "$OFFLINE_TOO_LONG"
set_clock 3600
stand "orgsyncd stopped, an hour later"

set_clock -$DAY
start_orgsyncd "${clocked[@]}"
wait_for 10 orgadmin host sync
stand "orgsyncd started, the clock a day back"
stop_orgsyncd
stand "orgsyncd stopped again, the clock a day back"
set_clock 0
stand "orgsyncd stopped, a confirmation a day old" "$OFFLINE_TOO_LONG"
start_orgsyncd "${clocked[@]}"
ok "orgsyncd starts and syncs after the clock was wrong" wait_for 10 orgadmin host sync
stand "orgsyncd running, the clock right again"
done_testing
