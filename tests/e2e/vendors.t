#!/bin/bash
# Each vendor whole: its API (tests/fakes), orgsyncd, the snapshot, and a real sshd and sudo that admit and refuse by that
# vendor's roles and permissions. Who is removed at the vendor is refused at the next login, and while the API fails the last
# answer stands.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../lib/root.sh"
inside_root
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/host.sh"

start_syslog
start_sshd
new_key ada mia vic pat sid stranger
printf '%s ALL=(ALL:ALL) NOPASSWD: ALL\n' ada mia vic pat >/etc/sudoers.d/test
TOKEN=/etc/orglogin/vendor.token FAULTS=''

session() { setpriv --reuid="$1" --regid="$(id -g "$1")" --init-groups --reset-env "${@:2}" </dev/null; }
admitted() { [ "$(as "$1" id -un)" = "$1" ]; }
refused() { [ -z "$(as "$1" id -un)" ] && grep -q '^Access denied' "$T/err"; }
reason() { grep "pam_org(sshd:account): user=$1 " $AUTH_LOG | tail -1 | sed 's/.* \(reason=[a-z]*\).*/\1/'; }
fake_says() { python3 -B -c 'import sys, urllib.request; urllib.request.urlopen(sys.argv[1], sys.argv[2].encode())' "$control" "$1"; }
admin() { orgadmin "$@" --provider "$provider" --url "$url" --token-file $TOKEN --org "$id"; }

# vendor PROVIDER FAKE PATH TOKEN ID OPTIONS MEMBERS ADMINS: its fake and an orgsyncd that asks it; sshd is for MEMBERS and
# ADMINS, sudo for ADMINS (pieces of rules)
vendor() {
    provider=$1 id=$5
    listen "$T/port" python3 -B "$TOP/tests/fakes/$2.py" --log "$T/$1.log" --fault "${FAULTS:-finish=0}" 2>"$T/fake.err"
    fake=$started url=$heard$3 control=$heard/_fake
    (umask 077 && echo "$4" >$TOKEN)
    cat >$CONF <<CONFIG
organizations = ({ name = "acme"; provider = "$1"; url = "$url"; id = "$5"; token_file = "$TOKEN"; options = { $6 }; });
groups = ({ name = "acme"; org = "acme"; everyone = true; }, { name = "acme-admins"; org = "acme"; $8; });
access = (
  { services = ["sshd", "sudo"]; org = "acme"; $8; },
  { services = ["sshd"];         org = "acme"; $7; }
);
freshness = { login_max_age = "0s"; timeout = "5s"; offline_grace = "1h"; poll = "1h"; };
CONFIG
    rm -rf /var/lib/orglogin/*
    find /home -mindepth 1 -delete # each vendor's members have numbers of their own
    : >$AUTH_LOG
    orgsyncd 2>"$T/orgsyncd.log" &
    daemon=$!
    wait_for 20 getent passwd ada
    is "$?" 0 "$1: orgsyncd publishes the members" || diag "$(cat "$T/orgsyncd.log")"
}

# The same for all: ada administers, mia is a member, and nobody else gets in.
decides() {
    ok "$provider: sshd admits an administrator" admitted ada
    is "$(session ada sudo -n id -un)" root "$provider: sudo admits an administrator"
    like "$(id -nG ada)" '(^| )acme-admins( |$)' "$provider: an administrator is in the group of administrators"
    ok "$provider: sshd admits a member" admitted mia
    like "$(session mia sudo -n id -un 2>&1)" 'PAM account management error' "$provider: sudo refuses a member"
    unlike "$(id -nG mia)" 'acme-admins' "$provider: a member is not in the group of administrators"
    ok "$provider: sshd refuses a stranger" refused stranger
}

# Removal at the vendor, by orgadmin, and an API that fails.
ends() {
    ok "$provider: orgadmin removes a member" admin member remove "$1" --yes
    ok "$provider: sshd refuses the removed member" refused mia
    if [ -n "$FAULTS" ]; then # whoever has no key here is refused before pam_org is asked
        like "$(orgadmin host explain mia sshd)" 'refused \(removed\)' "$provider: host explain has the reason removed"
    else is "$(reason mia)" reason=removed "$provider: the log has the reason removed"; fi
    fake_says '{"fault": {"times": 0, "status": 429, "headers": {"Retry-After": "2"}}}'
    ok "$provider: sshd admits an administrator while the API answers 429" admitted ada
    ok "$provider: sshd refuses the removed member while the API answers 429" refused mia
    ok "$provider: host status shows the 429 of the API" eval "orgadmin host status | grep -q 429"
    kill $daemon $fake
    wait $daemon $fake 2>/dev/null
}

vendor intrinsic intrinsic /api key-ada acme 'calling_org = "builder";' 'roles = ["developer"]' 'roles = ["owner"]'
decides
ok 'intrinsic: sshd refuses a person who is invited only' refused pat
like "$(orgadmin host explain pat sshd)" pending 'intrinsic: host explain says that the invited person is pending'
ends mia@example.com

vendor satusky satusky /v1/cli sat_ada 0a000000-0000-4000-8000-000000000001 '' 'roles = ["member"]' 'roles = ["admin"]'
decides
ends mia@example.com

vendor cratedb cratedb '' ada-key:ada-secret f6c39580-5719-431d-a508-0cee4f9e8209 '' 'roles = ["org_member"]' 'roles = ["org_admin"]'
decides
ends mia@example.org

vendor upsun upsun '' api-token-ada 01HQZX3J5K6M7N8P9QRSTVWXYZ '' 'permissions = ["billing"]' 'roles = ["owner"]'
decides
ok 'upsun: sshd refuses a member without the permission of the rule' refused vic
is "$(reason vic)" reason=role 'upsun: the log has the reason role'
ends mia@example.com

# GitHub has the keys of its members: sshd takes those alone. Two logins cannot be names here.
sed -i 's|AuthorizedKeysFile .*|AuthorizedKeysFile none|' /etc/ssh/sshd_config.d/*.conf
kill -HUP "$(cat /run/sshd.pid)"
wait_for 10 pgrep -F /run/sshd.pid >/dev/null
mkdir "$T/keys"
for name in ada mia sus; do cut -d' ' -f1,2 "/root/keys/${name/sus/vic}.pub" >"$T/keys/$name"; done
FAULTS=keys_dir=$T/keys
vendor github github '' ghp_ada acme 'org_id = "4711";' 'roles = ["member"]' 'roles = ["owner"]'
decides
for name in 0zero col pat build-bot; do is "$(getent passwd $name)" '' "github: $name is no user"; done
withheld=$(orgadmin host status 2>&1)
like "$withheld" 0zero 'github: host status names the member whose login begins with a digit'
like "$withheld" 'ab-ab-ab' 'github: host status names the member whose login has 39 characters'
rm "$T/keys/mia"
ok 'github: a host reads the keys again when it is told to' orgadmin host sync
ok 'github: sshd refuses a key that was removed there' test -z "$(as mia id -un)"
cut -d' ' -f1,2 /root/keys/mia.pub >"$T/keys/mia"
orgadmin host sync
ok 'github: sshd admits a key that was added there' admitted mia
kill $daemon
wait $daemon
python3 -B -c 'import sys, urllib.request; urllib.request.urlopen(sys.argv[1], sys.argv[2].encode())' "$control" '{"fault": {"path": "/keys", "times": 0, "status": 403, "headers": {"Retry-After": "60"}}}'
orgsyncd 2>"$T/orgsyncd.log" &
daemon=$!
ok 'github: a host that begins anew lists while the hour has no requests left for keys' wait_for 10 orgadmin host sync
ok 'github: sshd admits a member by the key that the host knows from before' admitted mia

# Teams of GitHub, which are asked for only where the configuration goes by them; who is in a part of a team is in the team.
is "$(grep -c '/teams' "$T/github.log")" 0 'github: a host whose configuration names no team asks for none'
sed -i 's|{ name = "acme-admins"|{ name = "acme-%t"; org = "acme"; teams = "*"; }, &|; s|roles = \["member"\]|teams = ["ops"]|' $CONF
kill -HUP $daemon
# shellcheck disable=SC2329 # called by wait_for
in_team() { id -nG "$1" | tr ' ' '\n' | grep -qx acme-ops; }
ok 'github: a team is a group' wait_for 20 in_team mia
is "$(getent group acme-ops acme-ops-night acme-security | cut -d: -f1,4 | xargs)" 'acme-ops:mia,bob acme-ops-night:bob acme-security:ada' 'github: with its members and those of its parts'
ok 'github: sshd admits by team' admitted mia
ok 'github: orgadmin takes her out of the team' admin team remove ops Mia --yes
ok 'github: the host lists again' orgadmin host sync
ok 'github: sshd refuses who left the team' test -z "$(as mia id -un)"
like "$(orgadmin host explain mia sshd)" 'refused \(role\)' 'github: as host explain says'
ok 'github: orgadmin puts her into the team again' admin team add ops Mia
ok 'github: the host lists again' orgadmin host sync
ok 'github: sshd admits her again' admitted mia
ends Mia
done_testing
