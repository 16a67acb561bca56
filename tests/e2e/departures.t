#!/bin/bash
# How many people's sessions end by an answer that is wrong: a server that was put back, a listing that lacks a third, a provider that removes people one
# by one, one that the brake holds. And an administrator ends the others'. Each of the organizations is on the same host, since the times are long.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../lib/root.sh"
inside_root
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/host.sh"

# crowd ORG FROM TO: its members now, in the file of that organization
crowd() {
    seq "$2" "$3" | jq -R . | jq -s --arg org "$1" '{organization: {id: "org_\($org)", name: $org}, members: map({id: "usr_\($org)\(.)",
        email: "\($org)\(.)@x.example", username: "\($org)\(.)", name: "x", roles: ["member"], state: "active"})}' >"/etc/orglogin/$1.new"
    mv "/etc/orglogin/$1.new" "/etc/orglogin/$1.json"
}
crowd third 1 30
crowd slow 1 20
crowd braked 1 12
start_orgd
organize ann admin >"$T/organize" 2>&1 || diag "$(cat "$T/organize")"
id=$(by olga org show -o json | jq -r .id)
joins_acme() { "$(dirname "$0")/../lib/membership.pl" $LOCAL "$(cat /root/people/olga/token)" "$id" join "$1" member; }
joins_acme gus
by olga member remove gus --yes >/dev/null 2>&1
cat >$CONF <<CONFIG
organizations = (
  { name = "acme"; provider = "native"; url = "$LOCAL"; id = "$id"; token_file = "/etc/orglogin/acme.token"; range = [3000000, 3999999]; },
  { name = "third"; provider = "file"; url = "/etc/orglogin/third.json"; id = "org_third"; range = [4000000, 4999999]; },
  { name = "slow"; provider = "file"; url = "/etc/orglogin/slow.json"; id = "org_slow"; range = [5000000, 5999999]; },
  { name = "braked"; provider = "file"; url = "/etc/orglogin/braked.json"; id = "org_braked"; range = [6000000, 6999999]; }
);
access = ({ services = ["*"]; org = "acme"; everyone = true; }, { services = ["*"]; org = "third"; everyone = true; },
          { services = ["*"]; org = "slow"; everyone = true; }, { services = ["*"]; org = "braked"; everyone = true; });
freshness = { poll = "1s"; };
sessions = { on_removal = "end"; };
CONFIG
orgsyncd 2>"$T/log" &
daemon=$!
published() { getent passwd third30 && getent passwd slow20 && getent passwd braked12 && getent passwd ann; }
ok 'orgsyncd publishes the members of four organizations' wait_for 20 published
orgd backup --data /var/lib/orgd.db "$T/backup.db"
for name in cid dan eve gus fin; do joins_acme $name; done
ok 'members join after the backup, one of them for the second time' wait_for 10 getent passwd fin

# stays NAME...: each has a process
stays() {
    for name; do setpriv --reuid "$(id -u "$name")" --regid "$(id -g "$name")" --clear-groups sleep "${long:-3000}" & disown; done
}
running() { pgrep -cf "^sleep $1$"; }
shell_of() { getent passwd "$1" | cut -d: -f7; }
gone() { [ "$(shell_of "$1")" = /usr/sbin/nologin ]; }
# shellcheck disable=SC2046 # a list of words
{
    long=3001 stays $(seq -f 'third%.0f' 1 30)
    long=3002 stays $(seq -f 'slow%.0f' 1 20)
    long=3003 stays $(seq -f 'braked%.0f' 1 12)
    long=3004 stays ann cid dan eve fin gus
}
wait_for 10 eval '[ "$(running 3004)" = 6 ] && [ "$(running 3001)" = 30 ]'
is "$(running 3001) $(running 3002) $(running 3003) $(running 3004)" '30 20 12 6' 'each member has something that runs'

# --- the first listing of all, and an answer that says nothing ---
crowd third 11 30
crowd braked 9 12
ok 'a listing that lacks ten of thirty is published' wait_for 10 gone third10
ok 'a listing that lacks eight of twelve is published in part' wait_for 10 gone braked6
is "$(shell_of braked8)" /bin/bash 'the brake holds two of the eight'
begun=$SECONDS
is "$(running 3001)" 30 'one listing that lacks people ends nothing'

# --- one by one, while the server of acme is put back ---
stop_orgd
cp "$T/backup.db" /var/lib/orgd.db && rm -f /var/lib/orgd.db-wal /var/lib/orgd.db-shm
start_orgd
for n in 2 3 4 5 6 7 8 9; do
    crowd slow $n 20
    wait_for 10 gone "slow$((n - 1))"
done
ok 'the organization that was put back is without those who joined later' wait_for 40 gone eve
ok 'and names one as removed' gone gus
is "$(running 3004)" 6 'the first listing after another history ends nothing'
is "$(running 3002)" 20 'who is left out for less than a minute keeps his sessions'
while [ $((SECONDS - begun)) -lt 61 ]; do sleep 0.5; done
wait_for 20 eval '[ "$(running 3001)" = 25 ]'
is "$(running 3001)" 25 'of the ten in thirty who are left out, the sessions of five end'
like "$(orgadmin host metrics)" 'orgsyncd_sessions_ended_total\{organization="third"\} 5
orgsyncd_sessions_ended_total\{organization="slow"\} [0-9]' 'host metrics counts them'
like "$(orgadmin host metrics)" 'orgsyncd_sessions_waiting\{organization="third"\} 5' 'host metrics counts those whose sessions wait'
like "$(orgadmin host status)" 'third .*the sessions of 5 people who left wait.*evict --all-removed' 'host status tells of them'
is "$(orgadmin host status -o json | jq -r '.[] | select(.organization == "third") | .ended')" 5 'host status counts the ended ones'
while [ $((SECONDS - begun)) -lt 85 ]; do sleep 0.5; done
wait_for 20 eval '[ "$(running 3002)" = 15 ]'
is "$(running 3002)" 15 'of eight who are removed one by one, the sessions of five end'
is "$(running 3003)" 12 'a listing that the brake holds in part ends nothing'
orgadmin host sync >/dev/null 2>&1
ok 'a second listing of the other history that names somebody as removed ends his' wait_for 5 eval '! pgrep -u gus'
is "$(running 3004)" 5 'and nothing of whom it lacks'

# --- an administrator ---
is "$(orgadmin host sessions -o json | jq -r '.[] | select(.ending == "waiting") | .member' | sort | xargs)" 'slow6 slow7 slow8 third5 third6 third7 third8 third9' \
    'host sessions lists those whose sessions wait'
is "$(orgadmin host sessions third5 -o json | jq -c '.[] | [.state, .ending, .user, .tie, .command]')" '["removed","waiting","third5","own","sleep 3001"]' 'host sessions NAME lists what runs'
is "$(orgadmin host evict third5 2>&1)" '1 process of third5 is ended.' 'host evict ends what waits of one'
is "$(running 3001)" 24 'of nobody else'
like "$(orgadmin host evict third11 2>&1; echo $?)" 'third11 is a member.*
1$' 'host evict refuses a member'
like "$(orgadmin host evict nobody1 2>&1; echo $?)" 'no member has or had the name nobody1.*
1$' 'host evict refuses a stranger'
like "$(orgadmin host evict --all-removed 2>&1)" '^[0-9]+ processes of [0-9]+ people are ended\.$' 'host evict --all-removed ends the others'
is "$(running 3001) $(running 3002) $(running 3003)" '20 12 6' 'and nothing of present members'
is "$(orgadmin host status -o json | jq -r '.[] | select(.organization == "third") | .trouble')" '' 'host status has no trouble then'
by olga member remove ann --yes >/dev/null 2>&1
ok 'who is removed by name after that loses the sessions at once' wait_for 5 eval '! pgrep -u ann'
like "$(orgadmin host doctor -o json | jq -r '.[] | select(.check == "sessions") | .result + " " + .found')" '^(ok|warning) ' 'host doctor looks at sessions'
kill $daemon
stop_orgd
unlike "$(cat "$T/log")" 'hangs|could not' 'orgsyncd has no complaint'
done_testing
