#!/bin/bash
# One organization of the host hangs, floods, wants the names of another's members and changes all of its own without end. Who leaves the
# other organization meanwhile is refused by real sshd within a second, each time; and who stays is admitted, each time.
# ROUNDS removals, beside a neighbour of CROWD members. ROUNDS=200 CROWD=400000 is the long form.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../lib/root.sh"
inside_root
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/host.sh"
ROUNDS=${ROUNDS:-8}
CROWD=${CROWD:-30000}

start_syslog
start_sshd
new_key olga
for ((i = 1; i <= ROUNDS; i++)); do
    cp /root/keys/olga "/root/keys/leaver$i"
    cp /etc/ssh/keys/olga "/etc/ssh/keys/leaver$i"
done

orgd --data "$T/acme.db" --socket /run/acme.sock --owner olga@acme.example >"$T/acme.out" 2>"$T/acme.log" &
wait_for 20 grep -q '^listening' "$T/acme.out"
(umask 077 && sed -n 2p "$T/acme.out" >"$T/token")
{
    by olga login --url unix:/run/acme.sock --token-file "$T/token" && by olga org create acme &&
        by olga token create --name host --role member --out /etc/orglogin/acme.token
} >/dev/null 2>&1
is "$?" 0 'orgd starts with an organization acme'
# As many stay as leave, or the brake would hold those who leave last.
for ((i = 1; i <= ROUNDS; i++)); do
    joins olga unix:/run/acme.sock "leaver$i" admin
    joins olga unix:/run/acme.sock "stayer$i" member
done >/dev/null 2>&1
listen "$T/port" python3 -B "$TOP/tests/fakes/neighbour.py" "$CROWD" olga leaver1 2>"$T/fake.err"
neighbour=$started
(umask 077 && echo key:secret >/etc/orglogin/beta.token)
cat >$CONF <<CONFIG
organizations = (
  { name = "acme"; provider = "native"; url = "unix:/run/acme.sock"; id = "$(by olga org show -o json | jq -r .id)"; token_file = "/etc/orglogin/acme.token";
    range = [200000000, 299999999]; },
  { name = "beta"; provider = "native"; url = "$heard"; id = "org_b"; token_file = "/etc/orglogin/beta.token"; range = [300000000, 399999999]; }
);
users = { private_groups = false; };
groups = (
  { name = "acme"; org = "acme"; everyone = true; },
  { name = "beta"; org = "beta"; everyone = true; }
);
access = (
  { services = ["sshd"]; org = "acme"; everyone = true; },
  { services = ["sshd"]; org = "beta"; roles = ["admin"]; }
);
$([ "$CROWD" -lt 400000 ] || echo 'freshness = { timeout = "5s"; }; # as orglogin.conf(5) says for so many')
CONFIG
orgsyncd 2>"$T/orgsyncd.log" &
daemon=$!
status() { orgadmin host status -o json 2>/dev/null | jq -r ".[] | select(.organization == \"$1\") | .$2"; }
ok 'orgsyncd serves both organizations' wait_for 120 eval 'getent passwd olga && getent passwd n$((CROWD - 1))'

ms() { echo $((${EPOCHREALTIME/./} / 1000)); }
# login NAME: logs NAME in by ssh. Sets $admitted to when the session began, in ms.
login() { admitted=$(as "$1" 'echo $((${EPOCHREALTIME/./} / 1000))') && [ -n "$admitted" ]; }
# stay NAME: NAME is admitted. Sets $took to how many ms that took.
stay() {
    local begun
    begun=$(ms)
    login "$1" || { wrong=$((wrong + 1)); diag "$1: $(cat "$T/err"), after $(($(ms) - begun)) ms; $(grep pam_org "$AUTH_LOG" | tail -n 1)"; }
    took=$(($(ms) - begun))
    [ $took -le $slowest ] || slowest=$took
}
# leave NAME: removes NAME, who tries to log in for 1.5 s, and once at least. Sets $latest to when the last session of his began,
# in ms after the removal was answered; $reason to what he was told last.
leave() {
    local answered reason
    by olga member remove "$1" --yes >/dev/null 2>&1 || return 1
    answered=$(ms) latest=0
    until ! login "$1" && [ $(($(ms) - answered)) -gt 1500 ]; do
        [ -z "$admitted" ] || latest=$((admitted - answered))
        [ $(($(ms) - answered)) -lt 10000 ] || break
    done
    reason=$(cat "$T/err")
    # Or the host knows that it has news, and could not publish them in time.
    [[ $reason == *'no longer a member'* || $reason == *'cannot tell who is a member'* ]] || { unsure=$((unsure + 1)); diag "$1: $reason"; }
}

late=0 wrong=0 unsure=0 longest=0 slowest=0
generation=$(orgadmin host status -o json 2>/dev/null | jq -r '.[0].generation')
for ((i = 1; i <= ROUNDS; i++)); do
    stay "leaver$i"
    leave "leaver$i" || unsure=$((unsure + 1))
    [ "$latest" -le 1000 ] || late=$((late + 1))
    [ "$latest" -le $longest ] || longest=$latest
    stay olga
done
diag "the slowest login of who stays took $slowest ms; the last session began $longest ms after a removal was answered; generation $generation to $(orgadmin host status -o json 2>/dev/null | jq -r '.[0].generation')"
is "$late" 0 'beside a hostile organization no removed member is admitted later than 1 s'
is "$unsure" 0 'beside a hostile organization every removed member is told the removal'
is "$wrong" 0 'beside a hostile organization no remaining member is refused'
is "$(id -gn olga)" acme 'a name that both organizations have belongs to the first organization'
ok 'a name that both organizations have keeps a number of the first range' test "$(id -u olga)" -lt 300000000
is "$(status acme trouble)" '' 'host status shows no trouble of the organization beside the hostile one'
kill "$daemon" "$neighbour"
done_testing
