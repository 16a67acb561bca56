#!/bin/bash
# An API that hangs, drips, resets, refuses, throttles, fails or sends half a page while orgsyncd runs: none of that is a "no"
# to anybody, and when it is well again so is everything.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../lib/root.sh"
inside_root
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/host.sh"
. "$(dirname "$0")/people.sh"

# answers [NAME...]: whom the API lists from now on, as members/list and members/changes have it
revision=0
answers() {
    local name
    revision=$((revision + 1))
    for name in ada mia "$@"; do
        jq -n --arg name "$name" --arg role "$([ "$name" = mia ] && echo member || echo admin)" \
            '{userId: "usr_\($name)", email: "\($name)@acme.example", username: $name, name: "A Name", role: $role, state: "active"}'
    done | jq -s --argjson revision $revision '{revision: $revision, complete: true, more: false, members: .}' >"$T/members.new"
    mv "$T/members.new" "$T/members"
}
mode() { echo "$1" >"$T/mode"; }

sed -e 's|url = .*|url = "http://127.0.0.1:7500";|' -e 's/timeout = "2s";/timeout = "400ms";/' \
    -e 's/login_max_age = "10s";/login_max_age = "0s";/' /usr/share/doc/orglogin/orglogin.conf >"$CONF"
(umask 077 && echo key:secret >/etc/orglogin/acme.token)
answers rem
mode good
"$(dirname "$0")/api" 7500 "$T" &
ok "orgsyncd publishes the members of a good API" wait_for 10 orgsyncd --once
answers
start_orgsyncd
ok "orgsyncd starts and syncs with a good API" wait_for 10 orgadmin host sync
stand "a good API"

declare -A called=([hang]='an API that hangs' [drip]='an API that drips' [reset]='an API that resets connections' [half]='an API that sends half a page'
    [401]='an API that answers 401' [403]='an API that answers 403' [404]='an API that answers 404' [429]='an API that answers 429'
    [500]='an API that answers 500')
round=0
for how in hang drip reset half 401 403 404 429 500; do
    round=$((round + 1))
    mode $how
    stand "${called[$how]}"
    answers "back$round"
    mode good
    ok "orgsyncd hears by itself of a change after ${called[$how]}" wait_for 40 known "back$round"
done

# --- what a throttled host may ask ---
mode "429 6"
sleep 2
: >"$T/log"
begun=$(date +%s%3N)
for login in 1 2 3; do
    is "$(become ada)" ada "an active member is let in while the API throttles, login $login"
    sleep 1.1
done
asked=$(awk -v until=$((begun + 3500)) '$1 < until' "$T/log" | wc -l)
ok 'three logins make one request at most within Retry-After' test "$asked" -le 1
answers throttled
mode good
ok "orgsyncd asks again when Retry-After is over" wait_for 40 known throttled
stand "the API after all faults"
done_testing
