#!/bin/bash
# Under a real systemd: what is open of a removed member ends, and nothing of anybody else's. ROUNDS removals, each of a member who works in every way.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../lib/root.sh"
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/host.sh"
. "$(dirname "$0")/../lib/at_work.sh"
URL=unix:/run/orgd/orgd.sock
PEOPLE="ann bea cid dan eve"

prepare() {
    userdel orgsync
    userdel orglogin-keys
    systemd-sysusers 2>/dev/null
    mkdir -p /root/people /run/orgd
    (umask 077 && orgd init --owner olga@acme.example >"$T/token" 2>/dev/null)
    grep -o 'live_.*' "$T/token" >/root/people/olga.token
    start "$T/orgd.out" '^listening' orgd 2>"$T/orgd.log" || { cat "$T/orgd.log" >&2; return 1; }
    by olga login --url $URL --token-file "$T/token" >/dev/null 2>&1 && by olga org create acme >/dev/null 2>&1 &&
        by olga token create --name host --role member --out /etc/orglogin/acme.token >/dev/null 2>&1 || return 1
    id=$(by olga org show -o json | jq -r .id)
    for name in $PEOPLE bob; do membership join $name admin || return 1; done
    kill "$started" && wait
    sed -e "s|https://org.example.com|$URL|" -e "s|org_7f3a|$id|" -e 's/^# sudo = /sudo = /' /usr/share/doc/orglogin/orglogin.conf >$CONF
    sed -i -E 's/^(passwd|group|shadow):.*/\1: files systemd org/' /etc/nsswitch.conf
    # shellcheck disable=SC2086 # a list of words
    new_key $PEOPLE bob larry
    useradd --create-home --shell /bin/bash larry
    make_programs
    client_knows_host
    systemctl enable orgd.service orgsyncd.service 2>/dev/null
}
membership() { "$(dirname "$0")/../lib/membership.pl" $URL "$(cat /root/people/olga.token)" "$id" "$@"; }
inside_boot

rounds=${ROUNDS:-10}
id=$(by olga org show -o json | jq -r .id)
journal() { journalctl --quiet --boot --output=short "$@"; }
held() { [ "$(orgadmin host status -o json 2>/dev/null | jq -r '.[0].held')" = yes ]; }
ok 'orgsyncd holds a poll' wait_for 30 held
ok 'sudo serves admins' wait_for 10 test -e /etc/sudoers.d/orglogin

# --- who must not be touched ---
loginctl enable-linger larry bob
as larry 'systemd-run --user --quiet sleep 2001'
as larry 'setsid nohup sleep 2002 >/dev/null 2>&1 </dev/null &'
ssh -tt bob@localhost 'exec sleep 2003' </dev/null >/dev/null 2>&1 &
as bob 'systemd-run --user --quiet sleep 2004; sudo -n systemd-run --quiet sleep 2005'
# shellcheck disable=SC2329 # called by wait_for
others() { for n in 1 2 3 4 5; do pgrep -f "^(/usr/bin/)?sleep 200$n" || return 1; done; }
ok 'another member, a local user and root have their sessions and services' wait_for 20 others
before=$(others | xargs)

# --- removals ---
lingering() { find /var/lib/systemd/linger -type f -printf '%f\n' | sort | xargs; }
member_id() { by olga member list -o json | jq -r --arg name "$1" '.members[] | select(.username == $name) | .id'; }
clean=0 slow=0
: >"$T/times"
# shellcheck disable=SC2206 # a list of words
people=($PEOPLE)
for ((round = 0; round < rounds; round++)); do
    name=${people[round % 5]}
    uid=$(id -u "$name")
    at_work "$name" linger || { diag "round $round: $name does not work in every way: $(pgrep -lau "$name" | head -20)"; slow=$((slow + 1)); }
    if membership remove "$(member_id "$name")" "$uid" >"$T/out"; then
        cat "$T/out" >>"$T/times"
        clean=$((clean + 1))
    else
        diag "round $round: $(cat "$T/out")"
    fi
    pgrep -f '^sleep 1005' >/dev/null && { diag "round $round: the root shell is left"; at_rest "$name"; }
    [ -e "/var/lib/systemd/linger/$name" ] && diag "round $round: $name lingers"
    membership join "$name" admin
    wait_for 10 eval '[ "$(getent passwd '"$name"' | cut -d: -f7)" = /bin/bash ]' || diag "round $round: $name does not come back"
done
is "$slow" 0 'in each round the member works in every way'
is "$clean" "$rounds" "$rounds removals leave nothing of the removed member"
is "$(others | xargs)" "$before" 'nothing of anybody else is touched'
percentiles "$T/times"
ok 'half of them take less than a second' awk -v t="$p50" 'BEGIN { exit !(t < 1000) }'
is "$(systemctl --failed --plain --no-legend)" '' 'no unit has failed'
is "$(lingering)" 'bob larry' 'lingering is off for who was removed, and for nobody else'

# --- logind, or the bus, hangs ---
# left_when PROCESS NAME: removes NAME, who works in every way, while PROCESS is stopped; prints the time, or what is left
left_when() {
    local pid
    at_work "$2" linger || diag "$2 does not work in every way"
    pid=$(pgrep -x "$1")
    kill -STOP "$pid"
    membership remove "$(member_id "$2")" "$(id -u "$2")"
    kill -CONT "$pid"
}
for process in systemd-logind dbus-daemon; do
    ms=$(left_when $process "${people[0]}")
    like "$ms" '^[0-3]?[0-9]?[0-9]?[0-9]\.[0-9]$' "a removal leaves nothing for longer than four seconds when $process hangs"
    diag "after $ms ms"
    people=("${people[@]:1}")
    wait_for 10 eval 'loginctl list-sessions >/dev/null 2>&1'
done
is "$(others | xargs)" "$before" 'nothing of anybody else is touched then'
ok 'the second look switches lingering off when the bus is back' wait_for 20 eval '[ "$(lingering)" = "bob larry" ]'
ok 'and no unit has failed then' wait_for 10 eval '[ -z "$(systemctl --failed --plain --no-legend)" ]'

# --- a role is lost, and a root shell is left ---
ssh -tt bob@localhost 'exec sudo -n sh -c "sleep 2006; :"' </dev/null >/dev/null 2>&1 &
wait_for 10 pgrep -u root -f '^sleep 2006'
ending() { orgadmin host sessions bob -o json | jq -r --arg command "$1" '.[] | select(.command == $command) | .ending // ""'; }
warned() { orgadmin host doctor -o json 2>/dev/null | jq -r '.[] | select(.check == "root shells") | "\(.result) \(.found)"'; }
is "$(ending 'sleep 2006')" '' 'the root shell of an admin is nothing to look at'
like "$(warned)" '^ok' 'nor for host doctor'
by olga member role bob member >/dev/null 2>&1
ok 'host sessions names it when the role is gone' wait_for 10 eval '[ "$(ending "sleep 2006")" = outlived ]'
is "$(ending 'sleep 2003')" '' 'and not what runs as the member'
like "$(warned)" '^warning [0-9]+ processes go on as root that 1 member began who may use sudo and su no longer: bob$' 'host doctor names it, too'
sed -i 's/on_role_loss = "keep"/on_role_loss = "end"/' $CONF
systemctl restart orgsyncd.service
by olga member role bob admin >/dev/null 2>&1
ok 'the role comes back' wait_for 30 eval '[ "$(ending "sleep 2006")" = "" ] && held'
by olga member role bob admin >/dev/null 2>&1
by olga member role bob member >/dev/null 2>&1
ok 'with on_role_loss = "end" all that runs of the member ends' wait_for 15 eval '! pgrep -u bob >/dev/null && ! pgrep -u root -f "^sleep 2006" >/dev/null'
is "$(lingering)" 'bob larry' 'and lingering stays'
is "$(pgrep -f '^(/usr/bin/)?sleep 200[125]' | wc -l)" 3 'and what is of others, and of root'
ok 'no unit has failed' wait_for 10 eval '[ -z "$(systemctl --failed --plain --no-legend)" ]'

unlike "$(journal -u orgsyncd.service)" 'could not be ended|cannot be removed' 'orgsyncd has no complaint'
like "$(journal -u orgsyncd.service)" 'systemd-logind cannot be asked to end sessions: the bus did not answer in time' 'the log says that the bus hangs'
done_testing
