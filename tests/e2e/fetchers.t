#!/bin/bash
# Fetchers apart from each other: each in a cage of its own; one that is stopped is noticed and started again, and the other
# organization is not delayed.
# shellcheck disable=SC2016,SC2317 # evaluated and called by wait_for
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../lib/root.sh"
inside_root
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/host.sh"

start_orgd
ok "an organization" organize ada admin mia member
configure_file_provider
members bob:member ben:member
cp $CONF "$T/one.conf"
perl -0pi -e 's|\norganizations = \(|$&
  { name = "held"; provider = "native"; url = "'$LOCAL'"; id = "'"$(by olga org show -o json | jq -r .id)"'"; token_file = "/etc/orglogin/acme.token"; },|' $CONF
# The second organization has no group for everybody.
sed -i "s|private_groups = false|private_groups = true|" $CONF "$T/one.conf"
orgsyncd 2>"$T/log" &
daemon=$!
host() { orgadmin host status -o json | jq -r --arg org "$1" ".[] | select(.organization == \$org) | .$2"; }
shell_of() { getent passwd "$1" | cut -d: -f7; }
ok "both are served" wait_for 20 eval 'getent passwd mia && getent passwd bob && [ "$(host held held)" = yes ]'

# --- the cage ---
mapfile -t fetcher < <(pgrep -P $daemon -u orgsync)
is "${#fetcher[@]}" 2 "two fetchers"
for pid in "${fetcher[@]}"; do
    is "$(awk '/^NSpid/ { print $3 } /^Seccomp:/ { print $2 } /^NoNewPrivs/ { print $2 }' "/proc/$pid/status" | xargs)" "1 1 2" \
        "it is the first process of its own pid namespace, and behind the filter"
    is "$(ps -o sid=,pgid= -p "$pid" | xargs)" "$pid $pid" "... in a session of its own"
    is "$(awk '/^Max open files/ { print $5 } /^Max address/ { print $5 } /^Max processes/ { print $4 }' "/proc/$pid/limits" | xargs)" "512 256 4294967296" "... with limits"
done

# --- stopped ---
kill -STOP "${fetcher[0]}"
by olga member remove mia --yes >/dev/null 2>&1
members bob:member
ok "one is stopped: what changes in the other organization arrives" eval 'orgadmin host sync --org acme >/dev/null 2>&1 || orgadmin host sync >/dev/null 2>&1; wait_for 10 eval "[ \$(shell_of ben) = /usr/sbin/nologin ]"'
ok "the stopped one is killed and started again" wait_for 60 eval 'grep -q "held: its fetcher was silent for too long, and is started anew" "$T/log"'
ok "... and its removal is heard" wait_for 30 eval '[ "$(shell_of mia)" = /usr/sbin/nologin ]'
ok "... and it is held again, without trouble" wait_for 30 eval '[ "$(host held held)" = yes ] && [ "$(host held trouble)" = "" ]'
is "$(pgrep -P $daemon -u orgsync | grep -cx "${fetcher[1]}")" 1 "... the other fetcher is the one of before"
like "$(orgadmin host metrics)" 'api_errors_total\{organization="held"\} [1-9]' "... the metrics count it"
kill $daemon
wait $daemon

# --- without a namespace, without a filter ---
without() { setpriv --bounding-set=-sys_admin --inh-caps=-sys_admin orgsyncd --once 2>&1; }
like "$(without)" 'held: its fetcher cannot be started in a pid namespace of its own: Operation not permitted' "several organizations and no namespace: none is started"
cp "$T/one.conf" $CONF
out=$(without)
like "$out" 'no pid namespace can be made' "one organization and no namespace: the log says so"
like "$out" '^acme: listed' "... and it is listed"
like "$(LD_PRELOAD=/mnt/build/tests/no_filter.so orgsyncd --once 2>&1)" '^acme: its fetcher is not started: there is no system call filter' "no filter, no fetcher"
done_testing
