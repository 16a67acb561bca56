#!/bin/bash
# A change is shown to have arrived: hosts report what they have applied, member remove --wait tells on how many machines it is in force, machine list who lags.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../lib/root.sh"
inside_root
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/host.sh"

start_syslog
start_orgd
organize ada admin mia member bob member eve member sid member >"$T/organize" 2>&1 || diag "$(cat "$T/organize")"
org=$(by olga org list -o json | jq -r '.[0].id')
# enrolls NAME: the token of a machine, as host enroll gets it
enrolls() {
    local code body
    code=$(by olga machine invite "$1" -o json 2>/dev/null | jq -r .code)
    body="{\"code\":\"$code\"}"
    exec 3<>/dev/tcp/127.0.0.1/7080
    printf 'POST /v1/organizations/machines/enroll HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s' "${#body}" "$body" >&3
    tail -n 1 <&3 | jq -r .apiToken.bearer
    exec 3>&-
}
(umask 077; enrolls web >/etc/orglogin/acme.token)
cat >$CONF <<CONFIG
organizations = ({ name = "acme"; provider = "native"; url = "$LOCAL"; id = "$org"; token_file = "/etc/orglogin/acme.token"; });
access = ({ services = ["*"]; org = "acme"; roles = ["owner", "admin", "member"]; });
CONFIG
host_start() { orgsyncd 2>>"$T/orgsyncd.log" & host_pid=$!; }
host_start
# olga ARG...: what orgadmin says to her on both, and its exit status in $rc
olga() { said=$(by olga "$@" 2>&1 </dev/null); rc=$?; said=${said//$'\n'/ }; }
web() { by olga machine list -o json 2>/dev/null | jq -r ".[] | select(.name == \"web\") | $1"; }
ok 'the host is in step' wait_for 20 eval '[ "$(web .behind)" = 0 ]'
is "$(web .version)" "$(orgsyncd --version | sed 's/.* //')" 'machine list has the version of the host'

# --- in force ---
olga member remove bob --yes --wait
is "$rc" 0 'all machines have applied the removal: exit status 0'
like "$said" 'Applied on 1 of 1 machines after 0\.[0-9] s$' 'a removal is told to be in force, and after what time'
is "$(getent passwd bob >/dev/null; orgadmin host explain bob sshd 2>/dev/null | sed -n 's/^state  *//p')" removed 'it is in force on the host then'
olga member suspend eve --yes --wait=10s -o json
is "$rc $(jq -c '[.machines, .applied, .missing]' <<<"{${said#*{}" 2>&1)" '0 [1,1,[]]' 'a suspension is told to be in force'
for change in 'member resume eve' 'member role mia admin --for 1h' 'member role mia admin' 'member remove eve --yes'; do
    # shellcheck disable=SC2086 # words
    olga $change --wait
    like "$rc $said" '^0 .*Applied on 1 of 1 machines' "orgadmin $change is told to be in force"
done
ssh-keygen -q -t ed25519 -N '' -C mia -f "$T/mia"
olga key add "$T/mia.pub" --member mia --wait; like "$rc $said" '^0 .*Applied on 1 of 1 machines' 'a key that is given is told to be in force'
olga key remove mia --member mia --yes --wait; like "$rc $said" '^0 .*Applied on 1 of 1 machines' 'a key that is withdrawn is told to be in force'
olga member role mia admin --wait; like "$rc $said" '^0 .*Applied on 1 of 1 machines' 'what changes nothing is in force already'

# --- many, one after the other ---
for n in 1 2 3 4 5 6; do
    olga member role mia "$([ $((n % 2)) = 0 ] && echo admin || echo member)" --wait
    [ "$rc" = 0 ] || break
done
is "$rc $n" '0 6' 'one change after the other is told to be in force'

# --- not in force ---
enrolls db >/dev/null
olga member role mia member --wait=1s
is "$rc" 4 'a machine that was not heard from: exit status 4'
like "$said" 'Applied on 1 of 2 machines after 1\.[0-9] s; not heard from: db \(never\)$' 'it is named'
olga machine revoke db --yes
pkill -STOP -x orgsyncd
olga member remove sid --yes --wait=1s
like "$rc $said" '^4 .*sid is no longer in acme\. .*Applied on 0 of 1 machines.*not heard from: web \([0-9]+ [a-z]+ ago\)$' 'a host that stands still is named, and the removal stands'
is "$(by olga member list -o csv --columns username 2>/dev/null | grep -c sid)" 0 'the removal stands'
pkill -CONT -x orgsyncd
ok 'the host catches up' wait_for 30 eval '[ "$(web .behind)" = 0 ]'

# --- the brake ---
kill "$host_pid"; wait "$host_pid" 2>/dev/null
host_start
ok 'a service that was started anew reports again' wait_for 20 eval '[ "$(web .behind)" = 0 ]'
stop_orgd
start_orgd
wait_for 20 eval '[ "$(web .behind)" = 0 ]'
is "$(web .behind)" 0 'a server that was started anew hears it again'

# --- refused ---
olga member role mia admin --wait=0; like "$rc $said" '^2 .*--wait must be a time' '--wait=0 is refused'
olga member role mia admin --wait=1x; like "$rc $said" '^2 .*--wait must be a time' '--wait=1x is refused'
is "$(by olga member show mia -o json | jq -r '.roles[0]')" member 'before anything is changed'
olga key remove mia --yes --wait; like "$rc $said" '^2 .*--wait goes with --member' '--wait is for the keys of a member'
cp "$MEMBERS" "$T/members" 2>/dev/null || echo '{"organization":{"id":"o","name":"o"},"members":[{"id":"a","username":"a","roles":["x"]}]}' >"$T/members.json"
olga member role a x --wait --provider file --url "$T/members.json"; like "$rc" '^[23]$' 'a provider without machines refuses it'
olga machine revoke web --yes
olga member role mia admin --wait=2s
like "$rc $said" '^4 .*no machine of acme reports' 'without a machine that reports nothing is proved'
kill "$host_pid"; wait "$host_pid" 2>/dev/null
stop_orgd
done_testing
