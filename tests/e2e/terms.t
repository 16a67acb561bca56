#!/bin/bash
# A role with an end, on a host: what counts before and behind it, by the host's own clock, also offline; the groups follow, and what is open of the
# member goes on or ends as orglogin.conf says.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../lib/root.sh"
inside_root
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/host.sh"
. "$(dirname "$0")/../faults/clock.sh"

start_syslog
start_sshd
new_key ada bob
start_orgd
organize ada admin bob member >"$T/organize" 2>&1 || diag "$(cat "$T/organize")"
id=$(by olga org list -o json | jq -r '.[0].id')
configure() {
    cat >$CONF <<CONFIG
organizations = ({ name = "acme"; provider = "native"; url = "$LOCAL"; id = "$id"; token_file = "/etc/orglogin/acme.token"; });
groups = ({ name = "acme"; org = "acme"; everyone = true; }, { name = "acme-admins"; org = "acme"; roles = ["admin"]; });
access = ({ services = ["sudo", "su"]; org = "acme"; roles = ["owner", "admin"]; }, { services = ["sshd"]; org = "acme"; roles = ["owner", "admin", "member"]; });
sudo = ({ org = "acme"; roles = ["admin"]; commands = ["ALL"]; nopasswd = true; });
$1
CONFIG
}
run() {
    [ -z "${daemon:-}" ] || { kill "$daemon"; wait "$daemon" 2>/dev/null; }
    orgsyncd 2>>"$T/orgsyncd.log" &
    daemon=$!
    wait_for 20 eval '[ "$(orgadmin host status -o json 2>/dev/null | jq -r ".[0].held")" = yes ]'
}
explained() { "${@:2}" orgadmin host explain bob su 2>/dev/null | sed -n "s/^$1  *//p"; }
clocked_explained() { set_clock "$2"; explained "$1" "${clocked[@]}"; rm -f /run/clock; }
in_group() { id -Gn bob | grep -qw acme-admins; }
becomes() { timeout 20 su bob -c 'id -un' 2>&1 </dev/null; }
stamps() { find /run/sudo/ts -type f -printf '%f\n' 2>/dev/null | sort | xargs; }
install -d -m 711 /run/sudo; install -d -m 700 /run/sudo/ts

configure 'sessions = { on_removal = "end"; };'
run
uid=$(id -u bob)
like "$(becomes)" '^Access denied' 'a member does not become root'

# --- it comes ---
end=$(date -u -d '+1 hour' +%FT%H:%M)
by olga member role bob admin --for 1h 2>"$T/err"
like "$(cat "$T/err")" "^bob has the role admin in acme, until ${end%:*}" 'member role --for tells the end'
ok 'the groups of the role come' wait_for 10 in_group
like "$(becomes)" '^bob$' 'the role counts'
like "$(explained until)" "^${end%:*}.*, then roles member\$" 'host explain has the end and what is behind it'
is "$(explained roles)" admin 'host explain has the role that counts'
like "$(by olga member list)" "bob .*admin .*active .*${end%:*}" 'member list has the end'
is "$(by olga member list -o json | jq -r '.members[] | select(.username == "bob") | "\(.roles[0]) \(.roles_after[0]) \(.role_ends[:13])"')" "admin member ${end%:*}" 'member list -o json has the end and what is behind it'

# --- the clock ---
is "$(clocked_explained decision 3500)" "$(explained decision)" 'the role counts until its end'
like "$(clocked_explained decision 3700)" '^refused [(]role[)]' 'and no longer, whatever the snapshot has'
like "$(clocked_explained until 3700)" ': ended roles admin$' 'host explain says that it has ended'
like "$(clocked_explained decision -30)" '^allow' 'a clock that reads half a minute less is let pass'
like "$(clocked_explained decision -90)" '^refused [(]role[)]' 'by a clock that reads more than a minute less than the last confirmation no role with an end counts'
like "$(clocked_explained until -90)" 'do not count, because the clock' 'host explain says so'
set_clock 3700; like "$(timeout 20 "${clocked[@]}" su bob -c 'id -un' 2>&1 </dev/null)" '^Access denied' 'pam_org looks at the clock itself'; rm -f /run/clock
is "$(as bob id -un)" bob 'what the role behind the end may do goes on'

# --- it goes, offline; sessions are kept ---
ssh -tt bob@localhost 'exec sleep 2001' </dev/null >/dev/null 2>&1 &
wait_for 10 pgrep -u bob -f '^sleep 2001'
touch "/run/sudo/ts/bob" "/run/sudo/ts/$uid" /run/sudo/ts/ada
by olga member role bob admin --until "$(date -u -d '+5 seconds' +%FT%TZ)" 2>/dev/null
wait_for 5 eval '[ "$(explained until | cut -c1-19)" \< "$(date -u -d "+1 minute" +%FT%T)" ]'
stop_orgd
ok 'offline, the groups go at the end' wait_for 15 eval '! in_group'
like "$(becomes)" '^Access denied' 'offline, the role does not count behind its end'
ok "sudo's timestamps of the member go, and nobody else's" wait_for 10 eval '[ "$(stamps)" = ada ]'
is "$(pgrep -cu bob -f '^sleep 2001')" 1 'without the setting sessions go on'
ok 'the log tells of the end' wait_for 5 grep -q 'acme: a role of bob (member usr_[a-z0-9]*) has ended' "$T/orgsyncd.log"
is "$(getent group acme-admins | grep -c bob)" 0 'the group does not list the member'

# --- the keeper was away at the end ---
start_orgd
run
is "$(explained roles)" member 'the server says the same'
by olga member role bob admin --until "$(date -u -d '+4 seconds' +%FT%TZ)" 2>/dev/null
wait_for 10 in_group
kill "$daemon"; wait "$daemon" 2>/dev/null; daemon=
touch "/run/sudo/ts/$uid"
sleep 4
like "$(becomes)" '^Access denied' 'without orgsyncd the role does not count behind its end'
run
ok 'an orgsyncd that was away at the end makes up for it' wait_for 10 eval '! in_group && [ "$(stamps)" = ada ]'

# --- sessions end with the role ---
configure 'sessions = { on_removal = "end"; on_role_loss = "end"; };'
run
by olga member role bob admin --for 1h 2>/dev/null
wait_for 10 in_group
ssh -tt ada@localhost 'exec sleep 2003' </dev/null >/dev/null 2>&1 &
ssh -tt bob@localhost 'exec sudo -n sh -c "sleep 2002; :"' </dev/null >/dev/null 2>&1 &
ok 'the member has a root shell' wait_for 10 pgrep -u root -f '^sleep 2002'
touch "/run/sudo/ts/$uid"
by olga member role bob admin --for 2h 2>/dev/null
wait_for 10 eval '[ "$(explained until | cut -c1-13)" = "$(date -u -d "+2 hours" +%FT%H)" ]'
is "$(pgrep -cu bob -f '^sleep 2001') $(pgrep -cu root -f '^sleep 2002') $(stamps)" "1 1 $(printf '%s\n' "$uid" ada | sort | xargs)" 'an end that is put off ends nothing'
by olga member role bob admin --until "$(date -u -d '+3 seconds' +%FT%TZ)" 2>/dev/null
ok 'the sessions of the member end with the role' wait_for 15 eval '! pgrep -u bob >/dev/null && ! pgrep -u root -f "^sleep 2002" >/dev/null'
ok "sudo's timestamp goes with them" wait_for 5 eval '[ "$(stamps)" = ada ]'
is "$(pgrep -cu ada -f '^sleep 2003')" 1 'another member works on'
ok 'the log tells what ended' wait_for 5 grep -Eq 'bob \(uid [0-9]+\) has lost a role: [0-9]+ processes ended' "$T/orgsyncd.log"
is "$(as bob id -un)" bob 'the member logs in again with the role that is left'
by olga member role bob admin 2>/dev/null
wait_for 10 in_group
ssh -tt bob@localhost 'exec sleep 2004' </dev/null >/dev/null 2>&1 &
wait_for 10 pgrep -u bob -f '^sleep 2004'
by olga member role bob member 2>/dev/null
ok 'the sessions end as well when a role without an end is taken' wait_for 15 eval '! pgrep -u bob >/dev/null'
ssh -tt bob@localhost 'exec sleep 2005' </dev/null >/dev/null 2>&1 &
wait_for 10 pgrep -u bob -f '^sleep 2005'
by olga member role bob admin 2>/dev/null; wait_for 10 in_group
is "$(pgrep -cu bob -f '^sleep 2005')" 1 'a role that comes ends nothing'

# --- orgsyncd's clock is put back while the organization cannot be reached ---
kill "$daemon"; wait "$daemon" 2>/dev/null
configure 'sessions = { on_removal = "end"; };'
set_clock 0
"${clocked[@]}" orgsyncd 2>>"$T/orgsyncd.log" &
daemon=$!
wait_for 20 in_group
by olga member role bob member 2>/dev/null; by olga member role bob admin --for 1h 2>/dev/null
wait_for 10 eval 'in_group && [ -n "$(explained until)" ]'
stop_orgd
set_clock -3600
ok 'by a clock that was put back the groups of a role with an end go' wait_for 15 eval '! in_group'
set_clock 0
ok 'and come back with the right time' wait_for 15 in_group
rm -f /run/clock
start_orgd
wait_for 20 eval '[ "$(orgadmin host status -o json 2>/dev/null | jq -r ".[0].held")" = yes ]'

# --- an export keeps the end ---
by olga member role bob member 2>/dev/null; by olga member role bob admin --for 1h 2>/dev/null
by olga member list -o json --all >$MEMBERS
wait_for 10 in_group
kill "$daemon"; wait "$daemon" 2>/dev/null; daemon=
sed -i "s|provider = \"native\"; url = \"[^\"]*\"|provider = \"file\"; url = \"$MEMBERS\"|; s|token_file = [^;]*;||" $CONF
orgsyncd --once >/dev/null 2>&1
is "$(clocked_explained roles 0) $(clocked_explained roles 3700)" 'admin member' 'a host that reads an export knows the end'
jq '.members[] |= (if .username == "bob" then .role_ends = "soon" else . end)' $MEMBERS >$MEMBERS.new; mv $MEMBERS.new $MEMBERS
orgsyncd --once >/dev/null 2>"$T/soon"
like "$(cat "$T/soon")" 'member usr_.* is left out: the end of a role is no time' 'an end that is no time is reported'
stop_orgd
done_testing
