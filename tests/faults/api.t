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
ok "orgsyncd publishes the members" wait_for 10 orgsyncd --once
answers
start_orgsyncd
ok "orgsyncd starts" wait_for 10 orgadmin host sync
stand "a good API"

round=0
for how in hang drip reset half 401 403 404 429 500; do
    round=$((round + 1))
    mode $how
    stand "an API that answers with $how"
    answers "back$round"
    mode good
    ok "... and well again, it is heard by itself" wait_for 40 known "back$round"
done

# --- what a throttled host may ask ---
mode "429 6"
sleep 2
: >"$T/log"
begun=$(date +%s%3N)
for _ in 1 2 3; do
    is "$(become ada)" ada "throttled: she is let in on what is known"
    sleep 1.1
done
asked=$(awk -v until=$((begun + 3500)) '$1 < until' "$T/log" | wc -l)
ok "... and for as long as Retry-After says the API is left alone, whoever logs in ($asked requests)" test "$asked" -le 1
answers throttled
mode good
ok "... then it is asked again" wait_for 40 known throttled
stand "afterwards"
done_testing
