#!/bin/bash
# What is open of a member ends when the member is removed or suspended, on a machine without systemd-logind: and nothing of anybody else's.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../lib/root.sh"
inside_root
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/host.sh"
. "$(dirname "$0")/../lib/at_work.sh"

start_syslog
start_sshd
new_key ada bob mia nia larry
useradd --create-home --shell /bin/bash larry
make_programs
start_orgd
organize >"$T/organize" 2>&1 || diag "$(cat "$T/organize")"
id=$(by olga org list -o json | jq -r '.[0].id')
token=$(cat /root/people/olga/token)
membership() { "$(dirname "$0")/../lib/membership.pl" "$LOCAL" "$token" "$id" "$@"; }
membership join ada admin
membership join bob member
membership join mia admin
configure() {
    cat >$CONF <<CONFIG
organizations = ({ name = "acme"; provider = "native"; url = "$LOCAL"; id = "$id"; token_file = "/etc/orglogin/acme.token"; });
groups = ({ name = "acme"; org = "acme"; everyone = true; }, { name = "acme-admins"; org = "acme"; roles = ["admin"]; });
access = ({ services = ["*"]; org = "acme"; roles = ["owner", "admin", "member"]; });
sudo = ({ org = "acme"; roles = ["admin"]; commands = ["ALL"]; nopasswd = true; });
$1
CONFIG
}
configure 'sessions = { on_removal = "end"; };'
orgsyncd 2>"$T/orgsyncd.log" &
daemon=$!
held() { [ "$(orgadmin host status -o json 2>/dev/null | jq -r '.[0].held')" = yes ]; }
ok 'orgsyncd holds a poll' wait_for 20 held
wait_for 10 test -e /etc/sudoers.d/orglogin
member_id() { by olga member list -o json | jq -r --arg name "$1" '.members[] | select(.username == $name) | .id'; }
removed() { membership remove "$(member_id "$1")" "$(id -u "$1")"; }

ssh -tt bob@localhost 'exec sleep 2001' </dev/null >/dev/null 2>&1 &
as larry 'setsid nohup sleep 2002 >/dev/null 2>&1 </dev/null &'
ok 'a member works in every way' at_work mia
is "$(cat /proc/"$(pgrep -u root -f '^sleep 1005')"/loginuid)" "$(id -u mia)" 'her root shell has her login uid'
install -d -m 711 /run/sudo; install -d -m 700 /run/sudo/ts
touch "/run/sudo/ts/mia" "/run/sudo/ts/$(id -u mia)" /run/sudo/ts/bob
ms=$(removed mia)
like "$ms" '^[0-9.]+$' 'her removal leaves nothing that runs as her'
is "$(pgrep -lu mia)" '' 'nothing comes back'
ok 'her root shell is gone, with her terminal' wait_for 5 eval '! pgrep -f "^sleep 1005"'
is "$(ssh -o ControlPath=/root/control-mia mia@localhost id -un 2>/dev/null)" '' 'nothing opens over her ControlMaster connection'
is "$(pgrep -cu bob -f '^sleep 2001') $(pgrep -cu larry -f '^sleep 2002')" '1 1' 'another member and a local user work on'
is "$(find /run/sudo/ts -type f ! -name root -printf '%f\n' | xargs)" bob "sudo's timestamps of hers are gone, and of nobody else"
ok 'the log tells' wait_for 5 grep -Eq 'mia \(uid [0-9]+\) has left: [0-9]+ processes ended in [0-9]+ ms' "$T/orgsyncd.log"
counted() { orgadmin host metrics | grep -Fxq 'orgsyncd_sessions_ended_total{organization="acme"} 1'; }
ok 'host metrics counts her' wait_for 5 counted

# --- again and again ---
active() { [ "$(orgadmin host explain "$1" sshd 2>/dev/null | sed -n 's/^state  *//p')" = active ]; }
clean=0 rounds=${ROUNDS:-2}
echo "$ms" >"$T/times"
for ((round = 0; round < rounds; round++)); do
    name=nia # an account has at most 100 tokens, and gets one each time
    [ $((round % 2)) = 0 ] || name=mia
    membership join $name admin
    { wait_for 20 active $name && at_work $name; } || diag "round $round: $name does not work in every way"
    if ms=$(removed $name); then clean=$((clean + 1)); else diag "round $round: $ms"; fi
    wait_for 5 eval '! pgrep -f "^sleep 1005"' || { diag "round $round: the root shell is left"; at_rest $name; }
    echo "$ms" >>"$T/times"
done
is "$clean" "$rounds" "$rounds more removals leave nothing of who was removed"
percentiles "$T/times"
is "$(pgrep -cu bob -f '^sleep 2001') $(pgrep -cu larry -f '^sleep 2002')" '1 1' 'and the others work on'

# --- what was begun by sudo, elsewhere ---
by olga member role bob admin >/dev/null 2>&1
ok 'another member becomes an admin' wait_for 10 eval 'id -Gn bob | grep -q acme-admins'
as bob 'sudo -n sh -c "setsid sleep 2003 >/dev/null 2>&1 </dev/null &"'
as bob 'crontab -' <<<'0 0 * * * true'
install -m 600 -o bob /dev/null /var/spool/cron/crontabs/bob
by olga member suspend bob --yes >/dev/null 2>&1
ok 'what is open of a suspended member ends' wait_for 10 eval '! pgrep -u bob'
is "$(pgrep -cf '^sleep 2003')" 1 'a process that runs as root outside her sessions goes on, whatever its login uid'
is "$(orgadmin host sessions bob -o json | jq -r '.[] | .tie + " " + .user + " " + .command')" 'login root sleep 2003' 'host sessions lists it'
ok 'the log tells of it' wait_for 5 grep -Eq 'bob \(uid [0-9]+\) has left: 1 process begun by sudo left alone' "$T/orgsyncd.log"
like "$(orgadmin host doctor -o json 2>/dev/null | jq -r '.[] | select(.check == "sessions" or .check == "left behind") | .result + " " + .found')" \
    'warning 1 processes that were begun by 1 who left go on as other users: bob
warning 1 crontabs, .* of 1 who left, which are refused: bob' 'host doctor names what he runs and has planned'
like "$(orgadmin host evict bob 2>&1; echo $?)" '^0 processes of bob are ended; what was begun by sudo goes on: --loginuid ends it\.
0$' 'host evict leaves it'
is "$(orgadmin host evict bob --loginuid 2>&1)" '1 process of bob is ended.' 'host evict --loginuid ends it'
ok 'orgsyncd and the local user go on' eval 'kill -0 $daemon && [ "$(pgrep -cu larry -f "^sleep 2002")" = 1 ]'
rm -f /var/spool/cron/crontabs/bob

# --- a number that is another's by now ---
by olga member resume bob >/dev/null 2>&1
wait_for 10 active bob
echo "usurper:x:$(id -u bob):100::/:/bin/sh" >>/etc/passwd
setpriv --reuid "$(id -u bob)" --regid 100 --clear-groups sleep 2004 &
by olga member remove bob --yes >/dev/null 2>&1
ok 'orgsyncd says that the number of a removed member is a local user by now' wait_for 10 grep -q "not ended: the number is a local user's" "$T/orgsyncd.log"
is "$(pgrep -cf '^sleep 2004')" 1 'and ends nothing of that user'
like "$(orgadmin host evict bob 2>&1; echo $?)" "another's by now.*
1$" 'nor does host evict'
sed -i '/^usurper/d' /etc/passwd
pkill -f '^sleep 2004'

# --- a process of hers stops and kills what takes her uid ---
cat >/usr/local/bin/guard <<'GUARD'
#!/usr/bin/perl
# Signals all that runs as itself but its own group, without end, for 20 s at most.
$SIG{$_} = 'IGNORE' for qw(STOP TERM HUP);
my $end = time + 20;
while (time < $end) { kill STOP => -1 }
GUARD
chmod 755 /usr/local/bin/guard
membership join mia admin
ok 'a removed member comes back' wait_for 10 active mia
as mia 'for i in 1 2 3; do setsid guard >/dev/null 2>&1 </dev/null & done; sleep 0.2' &
wait_for 10 eval 'pgrep -u mia guard'
ms=$(removed mia)
like "$ms" '^[0-9.]+$' 'who stops all that takes her uid is ended, too'
diag "after $ms ms"

# --- the configuration ---
# again CONFIG: mia is a member again, with something that runs, under that configuration
again() {
    configure "$1"
    membership join mia admin
    kill -HUP $daemon
    wait_for 20 active mia && wait_for 20 held
    as mia 'setsid sleep 2005 >/dev/null 2>&1 </dev/null &'
    wait_for 5 pgrep -u mia
}
stands() { orgadmin host sessions mia -o json | jq -r '.[0].ending'; }
for config in '' 'sessions = { on_removal = "keep"; };' 'sessions = { on_removal = "end"; except_roles = ["owner", "admin"]; };'; do
    again "$config"
    by olga member remove mia --yes >/dev/null 2>&1
    ok "her process goes on by the configuration \"$config\"" wait_for 10 eval '[ "$(stands)" = kept ]'
    [ -n "$config" ] || like "$(orgadmin host evict mia 2>&1)" '^[1-3] process(es)? of mia (is|are) ended' 'host evict ends it all the same'
    pkill -KILL -u mia
done
again 'sessions = { on_removal = "end"; warn = "4s"; except_roles = []; };'
ssh -tt mia@localhost 'exec sleep 2006' </dev/null >"$T/terminal" 2>/dev/null &
wait_for 5 pgrep -u mia -f 'sleep 2006'
by olga member remove mia --yes >/dev/null 2>&1
ok 'with "warn" her terminal has a notice' wait_for 5 grep -q 'mia may not use this machine any more: all that runs here ends in [34] s' "$T/terminal"
is "$(pgrep -cu mia -f '^sleep 200[56]') $(stands)" '2 ending' 'and her sessions go on for that time'
ok 'then they end' wait_for 8 eval '! pgrep -u mia'
again 'sessions = { on_removal = "end"; warn = "3s"; };'
by olga member suspend mia --yes >/dev/null 2>&1
wait_for 5 eval '[ "$(stands)" = ending ]'
by olga member resume mia >/dev/null 2>&1
sleep 4
is "$(pgrep -cu mia -f '^sleep 2005')" 1 'who is a member again within that time keeps his sessions'

# --- orgsyncd is killed between the removal and the end ---
kill -HUP $daemon
wait_for 20 held
by olga member suspend mia --yes >/dev/null 2>&1
wait_for 5 eval '[ "$(stands)" = ending ]'
kill -KILL "$(pgrep -P $daemon -u root)" # the keeper
ok 'a keeper that begins anew ends what the one before was to end' wait_for 15 eval '! pgrep -u mia'
kill $daemon
unlike "$(cat "$T/orgsyncd.log")" 'hangs|could not be ended' 'orgsyncd has no complaint'
stop_orgd
done_testing
