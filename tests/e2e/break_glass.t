#!/bin/bash
# Break-glass: root lets members in for a time although the organization is away for too long. Whom it opens the machine to, and whom not; who may
# do it, where it is seen, and that the organization hears of it.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../lib/root.sh"
. "$(dirname "$0")/../faults/clock.sh"
inside_root
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/host.sh"
. "$(dirname "$0")/../lib/keys.sh"

GLASS=/var/lib/orglogin/break-glass ALERTS=/var/log/alerts
start_syslog
printf 'auth,authpriv.alert\t%s\n' $ALERTS >>/etc/syslog.conf
kill -HUP "$(pgrep -x syslogd)"
start_sshd
start_orgd
ok 'an organization at orgd' organize ada admin mia member sue admin rem admin
org=$(by olga org list -o json | jq -r '.[0].id')
for name in ada mia sue rem; do
    key $name
    by $name key add "/root/keys/$name.pub" >/dev/null
done
# machine NAME: a machine of this name gets its token, as host enroll does
machine() {
    local body
    body="{\"code\":\"$(by olga machine invite "$1" -o json 2>/dev/null | jq -r .code)\"}"
    exec 3<>/dev/tcp/127.0.0.1/7080
    printf 'POST /v1/organizations/machines/enroll HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s' "${#body}" "$body" >&3
    tail -n 1 <&3 | jq -r .apiToken.bearer
    exec 3>&-
}
(umask 077; machine web >/etc/orglogin/acme.token)
members fay:admin
cat >$CONF <<CONFIG
organizations = (
  { name = "acme"; provider = "native"; url = "$LOCAL"; id = "$org"; token_file = "/etc/orglogin/acme.token"; range = [200000, 299999]; },
  { name = "other"; provider = "file"; url = "$MEMBERS"; id = "org_7f3a"; range = [300000, 399999]; });
users = { range = [400000, 499999]; };
groups = ({ name = "acme"; org = "acme"; everyone = true; }, { name = "acme-admins"; org = "acme"; roles = ["owner", "admin"]; });
access = (
  { services = ["sshd", "su"]; org = "acme"; roles = ["admin", "member"]; },
  { services = ["*"]; org = "acme"; roles = ["owner", "admin"]; },
  { services = ["sshd", "su", "sudo"]; org = "acme"; roles = ["owner", "admin"]; break_glass = true; },
  { services = ["*"]; org = "other"; everyone = true; });
sudo = ({ org = "acme"; roles = ["owner", "admin"]; commands = ["ALL"]; nopasswd = true; });
freshness = { login_max_age = "6s"; timeout = "2s"; offline_grace = "0s"; poll = "1s"; };
CONFIG
orgsyncd 2>>"$T/orgsyncd.log" & host_pid=$!
ok 'the host syncs' wait_for 20 orgadmin host sync
by olga member suspend sue --yes >/dev/null
by olga member remove rem --yes >/dev/null
for name in ada fay; do install -d -o $name -g "$(id -g $name)" -m 700 /home/$name; done

reason() { orgadmin host explain "$1" "${2:-sshd}" | sed -n 's/^decision .*(\(.*\))$/\1/p'; }
# sudo_as NAME: who she is behind sudo, from a session as her login would have made it
sudo_as() { setpriv --reuid="$1" --regid="$(id -g "$1")" --init-groups --reset-env sudo -n id -un 2>&1 </dev/null; }
# alerted PATTERN: the log at alert gets such a last line
alerted() { pattern=$1; wait_for 5 eval 'tail -n 1 $ALERTS | grep -q "$pattern"'; tail -n 1 $ALERTS; }
# glass ARG...: what host break-glass says, and its exit status in $rc
glass() { said=$(orgadmin host break-glass "$@" 2>&1); rc=$?; }
ok 'the host knows who is suspended and removed' wait_for 20 eval '[ "$(reason sue) $(reason rem)" = "suspended removed" ]'
is "$(as ada id -un) $(su ada -c 'id -un') $(sudo_as ada)" 'ada ada root' 'everything runs: an admin logs in and uses sudo'
is "$(as mia id -un) $(reason fay)" 'mia rule' 'so does a member, and one of another organization'

# --- beyond the grace, without ---
stop_orgd
rm $MEMBERS
wait_for 20 eval '[ "$(reason ada) $(reason fay)" = "stale stale" ]'
is "$(reason ada) $(reason mia) $(reason fay)" 'stale stale stale' 'beyond the grace members are refused'
is "$(as ada id -un)$(told ada)" '' 'sshd has no key of an admin then'
like "$(su ada -c 'id -un' 2>&1)" '^Access denied: .*for too long' 'nor does su let her in'
orgadmin host status >"$T/status" 2>&1
is "$(grep -c -i break-glass "$T/status")" 0 'host status tells of no break-glass'

# --- who may, and how ---
for wrong in '' '--for 1h' '--reason x' '--for 59s --reason x' '--for 25h --reason x' '--for 2d --reason x' '--for 1 --reason x' '--for 1x --reason x' '--for -1h --reason x' '--for 99999999999999999999h --reason x' \
    '--end --for 1h' '--end --reason x' 'more --for 1h --reason x'; do
    # shellcheck disable=SC2086 # words
    glass $wrong
    is "$rc $([ -e $GLASS ] && echo there)" '2 ' "host break-glass $wrong is refused"
done
for empty in '' ' ' $'\n' $'\e\x01' "$(printf '%0201d' 0)"; do
    glass --for 1h --reason "$empty"
    like "$rc $said" '^2 .*--reason ' "the reason \"$(printf %q "${empty:0:20}")\" is refused"
done
said=$(setpriv --reuid=ada --regid="$(id -g ada)" --clear-groups orgadmin host break-glass --for 1h --reason x 2>&1)
like "$? $said" '^1 .*requires root' 'who is not root is refused'
is "$([ -e $GLASS ] && echo there)$(cat $ALERTS 2>&1)" '' 'nothing is written, and nothing was logged'
glass --end; is "$rc $said" '0 Break-glass is not in force.' 'there is nothing to end'

# --- in force ---
glass --for 1h --reason $'line to the server is cut\e[31m, see #12'
like "$rc $said" '^0 Break-glass in force until 20.*Z, since 20.*Z: line to the server is cut\[31m, see #12\.$' 'root breaks the glass, and is told until when'
is "$(stat -c '%u %a' $GLASS)" '0 644' "its file is root's"
like "$(alerted '#12$')" 'orgadmin\[[0-9]*\]: break-glass is in force until 20.*Z, login uid .*: line to the server is cut\[31m, see #12$' 'it is logged at alert'
is "$(as ada id -un) $(su ada -c 'id -un') $(sudo_as ada)" 'ada ada root' 'an admin logs in by her ssh key, and uses sudo'
wait_for 5 eval '[ "$(grep -c reason=break_glass $ALERTS)" -ge 3 ]'
like "$(grep -c 'user=ada service=\(sshd\|su\|sudo\) org=acme decision=allow reason=break_glass rule=3 ' $ALERTS)" '^[3-9]$' 'each of it is logged at alert'
is "$(reason ada) $(reason ada sudo-i) $(reason ada login) $(reason olga)" 'break_glass break_glass stale break_glass' 'the rule with break_glass decides, and no other'
is "$(as mia id -un)$(told mia) $(reason mia)" ' stale' 'whom no such rule admits stays refused'
is "$(as sue id -un)$(told sue)$(as rem id -un)$(told rem) $(reason sue) $(reason rem) $(reason zoe)" ' suspended removed stranger' 'who is suspended, removed or a stranger, too'
is "$(reason fay)" stale 'and who is of an organization without such a rule'
orgadmin host explain ada sshd >"$T/explain"
like "$(cat "$T/explain")" 'break-glass   in force until 20.*line to the server' 'host explain tells of it'
like "$(cat "$T/explain")" 'rule          3 of 4: services sshd, su, sudo; .*; break_glass' 'and which rule counts'
orgadmin host status >"$T/status" 2>&1
like "$(cat "$T/status")" 'Break-glass in force until 20.*: line to the server is cut' 'host status tells of it'
orgadmin host doctor -o json 2>/dev/null | jq -r '.[] | select(.check == "break-glass") | "\(.result) \(.found) \(.advice)"' >"$T/doctor"
like "$(cat "$T/doctor")" '^warning in force until 20.*: line to the server .*break-glass --end' 'host doctor warns of it'
like "$(orgadmin host metrics)" 'orgsyncd_break_glass_total [1-9]' 'the metrics count its logins'
kill "$host_pid"; wait "$host_pid" 2>/dev/null
is "$(as ada id -un) $(reason mia)" 'ada stale' 'it is in force while orgsyncd is stopped, too'

# --- time ---
set_clock 0
become() { timeout 20 "${clocked[@]}" su "$1" -c 'id -un' 2>&1 </dev/null; }
set_clock 3500; is "$(become ada)" ada 'it is in force for the time that was given'
set_clock 3700; like "$(become ada)" '^Access denied' 'and not longer'
set_clock -86400; like "$(become ada)" '^Access denied' 'nor with a clock that was put back'
set_clock 0

# --- files that count for nothing ---
cp -p $GLASS "$T/good"
nothing() { like "$(reason ada) $(su ada -c 'id -un' 2>&1)" '^stale Access denied' "$1 counts for nothing"; rm -rf $GLASS; cp -p "$T/good" $GLASS; }
is "$(reason ada)" break_glass 'it is in force'
chmod 666 $GLASS; nothing 'a file that others may write'
chown ada $GLASS; nothing "a file of a member's"
mv $GLASS $GLASS.there; ln -s $GLASS.there $GLASS; nothing 'a link'; rm $GLASS.there
truncate -s -1 $GLASS; nothing 'half a file'
truncate -s 10M $GLASS; nothing 'a huge file'
rm $GLASS; mkfifo $GLASS; nothing 'a pipe'
sed -i 's/^[0-9]* [0-9]*/1000 9999999999999/' $GLASS; nothing 'a file for longer than a day'

# --- once more, and the end ---
glass --for 2h --reason 'still cut'
like "$rc $(cat $GLASS)" '^0 .* still cut$' 'another one takes its place'
is "$(reason ada)" break_glass 'and is in force'
like "$(alerted 'still cut$')" 'break-glass is in force until .*: still cut$' 'it is logged, too'
glass --end
like "$rc $said" '^0 Break-glass was in force until .*: still cut\.$' 'root ends it'
is "$(as ada id -un)$(told ada) $(reason ada)" ' stale' 'at once'
like "$(alerted 'was ended')" 'break-glass was ended at .*: still cut$' 'its end is logged'
orgadmin host status >"$T/status" 2>&1
like "$(cat "$T/status")" 'Break-glass was in force until 20.*: still cut' 'host status still tells of it'
glass --end; is "$rc $said" '0 Break-glass is not in force.' 'it is not ended twice'

# --- the organization is back ---
start_orgd
orgsyncd 2>>"$T/orgsyncd.log" & host_pid=$!
ok 'the host hears from the organization again' wait_for 30 eval '[ "$(reason ada)" = rule ]'
# events: what its audit log has of break-glass, which a list of the machines makes the server store now
events() { by olga machine list >/dev/null 2>&1; by olga audit list --action machine.break-glass -o json 2>/dev/null | jq -r '.[] | "\(.actor_name) \(.subject_name) \(.detail)"'; }
ok 'the organization is told of it' wait_for 30 eval '[ -n "$(events)" ]'
like "$(events)" "^web web until $(TZ=UTC date -d "@$(($(cut -d' ' -f2 $GLASS) / 1000))" +%Y-%m-%dT%TZ), since 20.*Z: still cut\$" 'with its machine, its time and its reason'
glass --for 1h --reason 'for a test'
kill "$host_pid"; wait "$host_pid" 2>/dev/null
orgsyncd 2>>"$T/orgsyncd.log" & host_pid=$!
wait_for 30 eval '[ "$(reason ada)" = rule ]'; sleep 2
is "$(events | wc -l)" 1 'once, whatever the host says again, and of one machine once an hour'
is "$(reason ada) $(reason mia)" 'rule rule' 'while the organization is heard from it changes nothing'
glass --end
kill "$host_pid"; wait "$host_pid" 2>/dev/null
stop_orgd

# --- without a rule ---
sed -i 's/ break_glass = true;//' $CONF
orgsyncd --once >/dev/null 2>&1
wait_for 20 eval '[ "$(reason ada)" = stale ]'
glass --for 1m --reason 'no rule'
like "$said" 'No access rule has break_glass = true' 'without a rule root is told that it opens nothing'
is "$(reason ada)" stale 'and so it is'
done_testing
