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
new_key ada bob mia larry
useradd --create-home --shell /bin/bash larry
make_programs
start_orgd
organize ada admin bob member mia admin >"$T/organize" 2>&1 || diag "$(cat "$T/organize")"
id=$(by olga org list -o json | jq -r '.[0].id')
token=$(cat /root/people/olga/token)
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
removed() { "$(dirname "$0")/../lib/membership.pl" "$LOCAL" "$token" "$id" remove "$(member_id "$1")" "$(id -u "$1")"; }

ssh -tt bob@localhost 'exec sleep 2001' </dev/null >/dev/null 2>&1 &
as larry 'setsid nohup sleep 2002 >/dev/null 2>&1 </dev/null &'
ok 'a member works in every way' at_work mia
is "$(cat /proc/"$(pgrep -u root -f '^sleep 1005')"/loginuid)" "$(id -u mia)" 'her root shell has her login uid'
install -d -m 711 /run/sudo; install -d -m 700 /run/sudo/ts
touch "/run/sudo/ts/mia" "/run/sudo/ts/$(id -u mia)" /run/sudo/ts/bob
ms=$(removed mia)
like "$ms" '^[0-9.]+$' 'her removal leaves nothing that runs as her'
diag "the last of her processes is gone $ms ms after the answer of the API"
is "$(pgrep -lu mia)" '' 'nothing comes back'
ok 'her root shell is gone, with her terminal' wait_for 5 eval '! pgrep -f "^sleep 1005"'
is "$(ssh -o ControlPath=/root/control-mia mia@localhost id -un 2>/dev/null)" '' 'nothing opens over her ControlMaster connection'
is "$(pgrep -cu bob -f '^sleep 2001') $(pgrep -cu larry -f '^sleep 2002')" '1 1' 'another member and a local user work on'
is "$(ls /run/sudo/ts | grep -v root | xargs)" bob "sudo's timestamps of hers are gone, and of nobody else"
like "$(cat "$T/orgsyncd.log")" 'the sessions of mia \(uid [0-9]+\) are ended: [0-9]+ processes in [0-9]+ ms' 'the log tells'
like "$(orgadmin host metrics)" '^orgsyncd_sessions_ended_total\{organization="acme"\} 1$' 'host metrics counts her'
kill $daemon
diag "$(cat "$T/orgsyncd.log")"
done_testing
