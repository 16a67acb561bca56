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
ok 'orgd starts with an organization of ada and mia' organize ada admin mia member
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
ok 'orgsyncd serves the members of both organizations' wait_for 20 eval 'getent passwd mia && getent passwd bob && [ "$(host held held)" = yes ]'

# --- the cage ---
mapfile -t fetcher < <(pgrep -P $daemon -u orgsync)
is "${#fetcher[@]}" 2 'orgsyncd runs a fetcher for each organization'
n=0
for pid in "${fetcher[@]}"; do
    is "$(awk '/^NSpid/ { print $3 } /^Seccomp:/ { print $2 } /^NoNewPrivs/ { print $2 }' "/proc/$pid/status" | xargs)" "1 1 2" \
        "fetcher $((++n)) has a pid namespace and a filter of its own"
    is "$(ps -o sid=,pgid= -p "$pid" | xargs)" "$pid $pid" "fetcher $n has a session of its own"
    is "$(awk '/^Max open files/ { print $5 } /^Max address/ { print $5 } /^Max processes/ { print $4 }' "/proc/$pid/limits" | xargs)" "512 256 4294967296" "fetcher $n has limits of files, memory and processes"
done

# --- stopped ---
kill -STOP "${fetcher[0]}"
by olga member remove mia --yes >/dev/null 2>&1
members bob:member
ok 'a stopped fetcher does not delay changes of the other organization' eval 'orgadmin host sync --org acme >/dev/null 2>&1 || orgadmin host sync >/dev/null 2>&1; wait_for 10 eval "[ \$(shell_of ben) = /usr/sbin/nologin ]"'
ok 'orgsyncd kills a stopped fetcher and starts it again' wait_for 60 eval 'grep -q "held: its fetcher was silent for too long, and is started again" "$T/log"'
ok 'orgsyncd hears of a removal after a stopped fetcher' wait_for 30 eval '[ "$(shell_of mia)" = /usr/sbin/nologin ]'
ok 'orgsyncd holds a poll without trouble after a stopped fetcher' wait_for 30 eval '[ "$(host held held)" = yes ] && [ "$(host held trouble)" = "" ]'
is "$(pgrep -P $daemon -u orgsync | grep -cx "${fetcher[1]}")" 1 'orgsyncd keeps the other fetcher when one is stopped'
like "$(orgadmin host metrics)" 'api_errors_total\{organization="held"\} [1-9]' 'host metrics counts the error of a stopped fetcher'
kill $daemon
wait $daemon

# --- without a namespace, without a filter ---
without() { setpriv --bounding-set=-sys_admin --inh-caps=-sys_admin orgsyncd --once 2>&1; }
like "$(without)" 'held: its fetcher cannot be started in a pid namespace of its own: Operation not permitted' 'orgsyncd starts no fetcher of several without a pid namespace'
cp "$T/one.conf" $CONF
out=$(without)
like "$out" 'no pid namespace can be made' 'orgsyncd logs a missing pid namespace of a single organization'
like "$out" '^acme: listed' 'orgsyncd lists a single organization without a pid namespace'
like "$(LD_PRELOAD=/mnt/build/tests/no_filter.so orgsyncd --once 2>&1)" '^acme: its fetcher is not started: there is no system call filter' 'orgsyncd starts no fetcher without a system call filter'
done_testing
