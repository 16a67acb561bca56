#!/bin/bash
# Two organizations on one machine: each one's rules and groups are for its own members, and when the API of one is away the
# other's members are confirmed as before.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../lib/root.sh"
inside_root
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/host.sh"

start_syslog
start_sshd
new_key ann bob ben twin

# server ORG OWNER: an orgd of its own with one organization, whose owner is logged in; its process is $pid
server() {
    orgd --data "$T/$1.db" --socket "/run/$1.sock" --owner "$2@acme.example" >"$T/$1.out" 2>"$T/$1.log" &
    pid=$!
    wait_for 5 grep -q '^listening' "$T/$1.out" || return
    (umask 077 && sed -n 2p "$T/$1.out" >"$T/token")
    by "$2" login --url "unix:/run/$1.sock" --token-file "$T/token" && by "$2" org create "$1" &&
        by "$2" token create --name host --role member --out "/etc/orglogin/$1.token"
} >/dev/null 2>&1
id_of() { by "$1" org show -o json | jq -r .id; }
invite() { joins "$@" >/dev/null 2>&1; }

server acme olga
is "$?" 0 'orgd starts with an organization acme'
acme=$pid
server beta boris
is "$?" 0 'a second orgd starts with an organization beta'
beta=$pid
invite olga unix:/run/acme.sock ann admin
invite olga unix:/run/acme.sock twin member
invite boris unix:/run/beta.sock bob admin
invite boris unix:/run/beta.sock ben member
cat >$CONF <<CONFIG
organizations = (
  { name = "acme"; provider = "native"; url = "unix:/run/acme.sock"; id = "$(id_of olga)"; token_file = "/etc/orglogin/acme.token"; },
  { name = "beta"; provider = "native"; url = "unix:/run/beta.sock"; id = "$(id_of boris)"; token_file = "/etc/orglogin/beta.token"; }
);
groups = (
  { name = "acme"; org = "acme"; everyone = true; },
  { name = "beta"; org = "beta"; everyone = true; },
  { name = "acme-admins"; org = "acme"; roles = ["owner", "admin"]; }
);
access = (
  { services = ["sshd", "sudo"]; org = "acme"; roles = ["admin"]; },
  { services = ["sshd"]; org = "beta"; everyone = true; }
);
freshness = { login_max_age = "1s"; timeout = "500ms"; offline_grace = "8s"; };
CONFIG
printf '%s ALL=(ALL) NOPASSWD: ALL\n' ann bob ben >/etc/sudoers.d/test
orgsyncd 2>"$T/orgsyncd.log" &
daemon=$!
ok 'orgsyncd publishes the members of both organizations' wait_for 10 eval 'getent passwd ann && getent passwd bob && getent passwd ben'

# refused NAME [COMMAND...]
refused() {
    [ -z "$(as "$1" "${@:2}")" ] && grep -q '^Access denied' "$T/err"
}
reason() { grep "pam_org(sshd:account): user=$1 " $AUTH_LOG | tail -1 | sed 's/.* \(org=[a-z]*\).* \(reason=[a-z]*\).*/\1 \2/'; }
allowed() { is "$(as "$1" id -un) $(reason "$1")" "$1 org=$2 reason=$3" "$4"; }

allowed ann acme rule 'sshd admits an admin of acme by the rule of acme'
allowed bob beta rule 'sshd admits an admin of beta by the rule of beta'
allowed ben beta rule 'sshd admits a member of beta by the rule of beta'
ok 'sshd refuses a member of acme whom only the rule of beta would admit' refused twin id
is "$(as ann sudo -n id -un)" root 'sudo admits an admin of acme'
is "$(as bob sudo -n id -un)" '' 'sudo refuses an admin of beta, since the rule is of acme'
like "$(id -Gn ann)" '\bacme\b.*\bacme-admins\b|\bacme-admins\b.*\bacme\b' 'an admin of acme is in the groups of acme'
is "$(id -Gn bob)" "bob beta" 'an admin of beta is in the group of beta alone'
members_of() { getent group "$1" | cut -d: -f4 | tr , '\n' | sort | xargs; }
is "$(members_of acme), $(members_of beta)" "ann olga twin, ben bob boris" 'each group lists the members of its own organization'

# --- the same name in both ---
uid=$(id -u twin)
rm -r /root/people/twin # who is somebody else there
invite boris unix:/run/beta.sock twin member
ok 'a newcomer of beta with the name of a member of acme is not served' \
    wait_for 5 grep -q '^orgsyncd: beta: member usr_.*("twin") is not served' "$T/orgsyncd.log"
is "$(id -u twin) $(id -Gn twin)" "$uid twin acme" 'a name of both organizations stays with the first owner'
ok 'sshd refuses that name, despite the rule of beta' refused twin id

# --- beta's API is away ---
kill -STOP $beta
sleep 1.5
allowed ben beta offline 'sshd admits a member of beta offline when the API of beta hangs'
allowed ann acme rule 'sshd admits a member of acme confirmed when the API of beta hangs'
ok 'a member of acme is removed when the API of beta hangs' by olga member remove twin --yes
ok 'sshd refuses the removed member of acme when the API of beta hangs' wait_for 2 refused twin id
is "$(orgadmin host status -o json | jq -r '.[] | select(.organization == "acme") | .trouble')" '' 'host status shows no trouble of acme when the API of beta hangs'
# shellcheck disable=SC2329 # called by wait_for
stale() { refused ben id && [ "$(reason ben)" = "org=beta reason=stale" ]; }
ok 'sshd refuses members of beta as stale beyond the grace' wait_for 25 stale
allowed ann acme rule 'sshd admits a member of acme when those of beta are stale'
kill -CONT $beta
# shellcheck disable=SC2329 # called by wait_for
back() { [ "$(as ben id -un) $(reason ben)" = "ben org=beta reason=rule" ]; }
ok 'sshd admits members of beta again when the API of beta is back' wait_for 20 back
kill -STOP $acme
sleep 1.5
allowed ben beta rule 'sshd admits a member of beta confirmed when the API of acme hangs'
kill -CONT $acme

# --- who has a name that both have: dup, in a host that knows nobody yet ---
kill $daemon
wait $daemon
invite olga unix:/run/acme.sock dup member
rm -r /root/people/dup # who is somebody else there
invite boris unix:/run/beta.sock dup member
# anew LATE: orgsyncd begins without a ledger, and LATE's API answers a second later
anew() {
    rm -rf /var/lib/orglogin
    kill -STOP "$1"
    orgsyncd 2>"$T/orgsyncd.log" &
    daemon=$!
    sleep 1
    kill -CONT "$1"
    wait_for 10 getent passwd bob && wait_for 10 getent passwd ann
}
end() { kill $daemon && wait $daemon; }
anew $acme
is "$?" 0 'orgsyncd without a ledger publishes both when acme answers late'
is "$(id -Gn dup)" "dup acme" 'a name of both goes to acme, which stands first, when acme answers late'
like "$(cat "$T/orgsyncd.log")" 'beta: member usr_.*"dup".*is not served: .*stands before' 'orgsyncd logs that the name of both is not served for beta'
like "$(orgsyncd --check 2>&1)" 'beta: member usr_.*"dup".*is not served' 'orgsyncd --check says that the name of both is not served for beta'
end
anew $beta
is "$?" 0 'orgsyncd without a ledger publishes both when beta answers late'
is "$(id -Gn dup)" "dup acme" 'a name of both goes to acme, which stands first, when beta answers late'
end
perl -0pi -e 's|(  \{ name = "acme"; provider.*?\}),\n(  \{ name = "beta"; provider.*?\})|$2,\n$1|s' $CONF
anew $beta
is "$?" 0 'orgsyncd with beta first publishes both when beta answers late'
is "$(id -Gn dup)" "dup beta" 'a name of both goes to beta, which stands first, when beta answers late'
end
anew $acme
is "$?" 0 'orgsyncd with beta first publishes both when acme answers late'
is "$(id -Gn dup)" "dup beta" 'a name of both goes to beta, which stands first, when acme answers late'
end
perl -0pi -e 's|(  \{ name = "beta"; provider.*?\}),\n(  \{ name = "acme"; provider.*?\})|$2,\n$1|s' $CONF
orgsyncd 2>"$T/orgsyncd.log" &
daemon=$!
wait_for 10 grep -q 'acme: member usr_.*"dup".*is not served' "$T/orgsyncd.log"
is "$(id -Gn dup)" "dup beta" 'a bound name stays bound when acme stands first again'
end
kill $acme
rm -rf /var/lib/orglogin
orgsyncd 2>"$T/orgsyncd.log" &
daemon=$!
ok 'orgsyncd without a ledger publishes beta when the API of acme is away' wait_for 10 getent passwd dup
is "$(id -Gn dup)" "dup beta" 'a name of both goes to beta when the API of acme is away'
done_testing
