#!/bin/bash
# A host behind a relay: real sshd admits with the keys of the source, a removal there refuses here, directly and by the relay; the numbers of
# members are the same both ways; and what confirms is when the source was read, whatever the relay says beside it.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../lib/root.sh"
inside_root
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/host.sh"

start_syslog
start_sshd
new_key ada mia bob
sed -i 's|AuthorizedKeysFile .*|AuthorizedKeysFile none|' /etc/ssh/sshd_config.d/*.conf
kill -HUP "$(cat /run/sshd.pid)"
wait_for 10 pgrep -F /run/sshd.pid >/dev/null
mkdir "$T/keys"
for name in ada mia bob; do cut -d' ' -f1,2 "/root/keys/$name.pub" >"$T/keys/$name"; done
listen "$T/port" python3 -B "$TOP/tests/fakes/github.py" --log "$T/github.log" --fault "keys_dir=$T/keys"
source_url=$heard
fake() { python3 -B -c 'import sys, urllib.request; urllib.request.urlopen(sys.argv[1] + "/_fake", sys.argv[2].encode())' "$source_url" "$1"; }
leaves() { python3 -B -c 'import sys, urllib.request as u; u.urlopen(u.Request(sys.argv[1], method="DELETE", headers={"Authorization": "Bearer ghp_ada", "User-Agent": "t"}))' "$source_url/orgs/acme/memberships/$1"; }
hook() { python3 -B -c 'import hashlib, hmac, sys, urllib.request as u
body = b"{}"
u.urlopen(u.Request(sys.argv[1] + "/v1/mirrors/hook/acme", body, {"Content-Type": "application/json", "X-Hub-Signature-256": "sha256=" + hmac.new(b"a-secret", body, hashlib.sha256).hexdigest()}))' $LOCAL; }
(umask 077; echo ghp_ada >/etc/orglogin/acme.token; echo ghp_ada >/etc/orglogin/source.token; echo a-secret >/etc/orglogin/hook)
# host PROVIDER URL TOKEN-FILE GRACE: the host asks there
host() {
    cat >$CONF <<CONFIG
organizations = ({ name = "acme"; provider = "$1"; url = "$2"; id = "acme"; token_file = "$3"; });
groups = ({ name = "acme"; org = "acme"; everyone = true; });
access = ({ services = ["sshd"]; org = "acme"; roles = ["owner", "member"]; });
freshness = { login_max_age = "${5-1s}"; timeout = "4s"; offline_grace = "$4"; poll = "1h"; };
CONFIG
}
begin() { orgsyncd 2>>"$T/orgsyncd.log" & daemon=$!; wait_for 20 orgadmin host status >/dev/null 2>&1; }
explained() { orgadmin host explain ada sshd | grep -q "$1"; }
sync_on() { orgsyncd 2>>"$T/orgsyncd.log" & daemon=$!; wait_for 20 eval 'orgadmin host sync >/dev/null 2>&1'; }
sync_off() { kill "$daemon"; wait "$daemon" 2>/dev/null; }
numbers() { getent passwd ada mia bob | cut -d: -f1,3 | sort | paste -sd' '; }
admitted() { [ "$(as "$1" id -un)" = "$1" ]; }
refused() { [ -z "$(as "$1" id -un)" ]; }
because() { grep "pam_org(sshd:account): user=$1 " $AUTH_LOG | tail -1 | sed 's/.* \(reason=[a-z]*\).*/\1/'; }
source_age() { orgadmin host metrics | sed -n 's/^orgsyncd_heard_age_seconds{organization="acme"} //p'; }
doctor_says() { orgadmin host doctor 2>&1 | grep 'organization acme'; }

# --- directly ---
host github "$source_url" /etc/orglogin/acme.token 1h
sync_on
direct=$(numbers)
like "$direct" '^ada:[0-9]+ bob:[0-9]+ mia:[0-9]+$' 'the host lists the source'
ok 'sshd admits with a key of the source, directly' admitted mia
sync_off

# --- by the relay ---
start_orgd
orgd --data /var/lib/orgd.db mirror add acme --provider github --url "$source_url" --token-file /etc/orglogin/source.token --webhook-secret-file /etc/orglogin/hook --poll 3600 >/dev/null
orgd --data /var/lib/orgd.db mirror token acme | sed -n 's/^bearer: //p' >"$T/operator"
chmod 600 "$T/operator"
by op login --url $LOCAL --token-file "$T/operator" >/dev/null
code=$(by op machine invite web01 --org acme 2>"$T/err" | grep -o 'mach_[a-z0-9]*:[A-Za-z0-9_-]*')
like "$code" '^mach_' "the operator's token invites a machine by orgadmin"
python3 -B -c 'import json, sys, urllib.request as u
print(json.load(u.urlopen(u.Request(sys.argv[1] + "/v1/organizations/machines/enroll", json.dumps({"code": sys.argv[2]}).encode(), {"Content-Type": "application/json"})))["apiToken"]["bearer"])' $LOCAL "$code" >/etc/orglogin/relay.token
chmod 600 /etc/orglogin/relay.token
host native $LOCAL /etc/orglogin/relay.token 1h
sync_on
is "$(numbers)" "$direct" 'a host that changes from the source to its relay keeps the numbers of the members'
ok 'sshd admits with a key of the source, by the relay' admitted mia
like "$(because mia)" 'reason=rule' 'and the login is confirmed'
wait_for 10 eval 'doctor_says | grep -q "at once"'
like "$(doctor_says)" 'relayed, the source was read .* ago; a change arrives at once' 'host doctor says that the organization is relayed, and how old the source is'
leaves Mia
begun=$(date +%s%3N)
hook
wait_for 10 refused mia
ms=$(($(date +%s%3N) - begun)); diag "$ms ms"
ok 'from the webhook to the refusal it takes less than two seconds' test "$ms" -lt 2000
like "$(orgadmin host explain mia sshd)" 'refused \(removed\)' 'the host knows that she was removed'

# --- the source fails, and the relay does not ---
fake '{"fault":{"path":"/orgs/acme/members","times":0,"status":502}}'
sleep 1.2 # beyond login_max_age
begun=$(date +%s%3N)
ok 'while the source fails a member logs in by the last reading' admitted ada
ok 'without waiting for it' test $(($(date +%s%3N) - begun)) -lt 3000
is "$(because ada)" reason=offline 'and is not confirmed, though the relay answers'
before=$(source_age)
older() { [ "$(echo "$before $(source_age)" | awk '{ print ($2 > $1 + 1) }')" = 1 ]; }
ok 'the age goes on, whatever the relay says' wait_for 10 older
like "$(orgadmin host status)" 'relayed: the source was last read .* ago' 'host status says why'
sync_off
host native $LOCAL /etc/orglogin/relay.token 3s
begin
wait_for 10 explained 'refused (stale)'
is "$? $(as ada id -un)" '0 ' 'beyond offline_grace, which counts from the reading, nobody gets in'
sync_off

# --- a relay whose clock goes wrong ---
stop_orgd
echo 86400 >/run/clock
LD_PRELOAD=$BUILD/tests/clock.so start_orgd
begin
ok 'the relay answers' wait_for 10 eval "orgadmin host metrics | grep -q '^orgsyncd_relayed.* 1$'"
is "$(as ada id -un) $(orgadmin host explain ada sshd | grep -c "refused (stale)")" ' 1' 'a relay whose clock is a day ahead makes no reading newer'
rm /run/clock
fake '{"reset":true}'; leaves Mia; hook
wait_for 10 admitted ada
is "$? $(because ada)" '0 reason=rule' 'the source is read again, and the member confirmed'
leaves bob; hook
ok 'a removal is told by that relay, too' wait_for 10 refused bob
sync_off

# --- back ---
fake '{"reset":true}'
host github "$source_url" /etc/orglogin/acme.token 1h
sync_on
is "$(numbers)" "$direct" 'a host that goes back to the source keeps the numbers'
ok 'sshd admits who is a member again' admitted mia
leaves Mia
sleep 1.1 # login_max_age
ok 'a removal at the source refuses here, directly' refused mia
sync_off
stop_orgd

# --- a relay that lies ---
listen "$T/port2" python3 -B "$TOP/tests/fakes/relay.py" --log "$T/relay.log"
relay_url=$heard
relay() { python3 -B -c 'import sys, urllib.request; urllib.request.urlopen(sys.argv[1] + "/_fake", sys.argv[2].encode())' "$relay_url" "{\"set\":{\"source\":$1}}"; }
rm -rf /var/lib/orglogin/*
host native "$relay_url" /etc/orglogin/relay.token 1h 500ms
relay '{"age":null,"fresh":false}'
begin
wait_for 10 getent passwd ada >/dev/null
like "$(orgadmin host explain ada sshd)" 'refused \(stale\)' 'members of a relay that does not know when it read its source are not confirmed'
relay '{"age":7200000,"fresh":false}'
wait_for 10 eval 'orgadmin host explain ada sshd | grep -q "source was last read 7[0-9]* s ago"'
like "$(orgadmin host explain ada sshd)" 'refused \(stale\)' 'nor by a reading that is older than offline_grace'
relay '{"age":0,"fresh":true}'
wait_for 10 eval 'orgadmin host explain ada sshd | grep -q "allowed (rule)"'
is "$?" 0 'a reading of now confirms them'
for lie in '{"age":-86400000,"fresh":true}' '{"age":"0","fresh":true}' '{"age":0.5,"fresh":false}' '{"age":1e300,"fresh":true}' '{"age":0}' 'null'; do
    relay "$lie"
    wait_for 10 eval 'orgadmin host status | grep -q source'
    like "$(orgadmin host explain ada sshd)" 'allowed \(offline\)' "no login is confirmed by $lie"
done
sync_off
done_testing
