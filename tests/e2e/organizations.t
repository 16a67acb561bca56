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
is "$?" 0 "an organization acme"
acme=$pid
server beta boris
is "$?" 0 "an organization beta on a server of its own"
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
ok "orgsyncd publishes both" wait_for 10 eval 'getent passwd ann && getent passwd bob && getent passwd ben'

# refused NAME [COMMAND...]
refused() {
    [ -z "$(as "$1" "${@:2}")" ] && grep -q '^Access denied' "$T/err"
}
reason() { grep "pam_org(sshd:account): user=$1 " $AUTH_LOG | tail -1 | sed 's/.* \(org=[a-z]*\).* \(reason=[a-z]*\).*/\1 \2/'; }
allowed() { is "$(as "$1" id -un) $(reason "$1")" "$1 org=$2 reason=$3" "$4"; }

allowed ann acme rule "acme's admin comes in, by acme's rule"
allowed bob beta rule "beta's admin comes in, by beta's"
allowed ben beta rule "beta's member too"
ok "acme's member does not: the rule for everyone is beta's" refused twin id
is "$(as ann sudo -n id -un)" root "acme's admin has sudo"
is "$(as bob sudo -n id -un)" '' "beta's admin has not: that role is acme's rule"
like "$(id -Gn ann)" '\bacme\b.*\bacme-admins\b|\bacme-admins\b.*\bacme\b' "acme's groups are its members'"
is "$(id -Gn bob)" "bob beta" "beta's admin is in beta's, not in the one for acme's admins"
members_of() { getent group "$1" | cut -d: -f4 | tr , '\n' | sort | xargs; }
is "$(members_of acme), $(members_of beta)" "ann olga twin, ben bob boris" "each group lists its own organization's members"

# --- the same name in both ---
uid=$(id -u twin)
rm -r /root/people/twin # who is somebody else there
invite boris unix:/run/beta.sock twin member
ok "a newcomer of beta's with the name of a member of acme's is not served" \
    wait_for 5 grep -q '^orgsyncd: beta: member usr_.*("twin") is not served' "$T/orgsyncd.log"
is "$(id -u twin) $(id -Gn twin)" "$uid twin acme" "... the name stays who it was"
ok "... so that beta's rule for everyone does not let him in" refused twin id

# --- beta's API is away ---
kill -STOP $beta
sleep 1.5
allowed ben beta offline "beta's API hangs: its member comes in by what was known"
allowed ann acme rule "... and acme's is confirmed as before"
ok "... a removal in acme is seen at once" by olga member remove twin --yes
ok "... and in force" wait_for 2 refused twin id
is "$(orgadmin host status -o json | jq -r '.[] | select(.organization == "acme") | .trouble')" '' "orgadmin host status has no trouble with acme"
# shellcheck disable=SC2329 # called by wait_for
stale() { refused ben id && [ "$(reason ben)" = "org=beta reason=stale" ]; }
ok "beyond the grace beta's members are refused as stale" wait_for 25 stale
allowed ann acme rule "... and acme's still comes in, confirmed"
kill -CONT $beta
# shellcheck disable=SC2329 # called by wait_for
back() { [ "$(as ben id -un) $(reason ben)" = "ben org=beta reason=rule" ]; }
ok "the API is back: so are beta's members, by nobody's hand" wait_for 20 back
kill -STOP $acme
sleep 1.5
allowed ben beta rule "acme's API hangs: beta's are confirmed"
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
is "$?" 0 "a host that knows nobody: acme answers a second late"
is "$(id -Gn dup)" "dup acme" "... the name is acme's member's all the same: acme stands first"
like "$(cat "$T/orgsyncd.log")" 'beta: member usr_.*"dup".*is not served: .*stands before' "... and the log says why beta's has it not"
like "$(orgsyncd --check 2>&1)" 'beta: member usr_.*"dup".*is not served' "... and --check"
end
anew $beta
is "$?" 0 "beta answers late"
is "$(id -Gn dup)" "dup acme" "... it is acme's again"
end
perl -0pi -e 's|(  \{ name = "acme"; provider.*?\}),\n(  \{ name = "beta"; provider.*?\})|$2,\n$1|s' $CONF
anew $beta
is "$?" 0 "beta stands first, and answers a second late"
is "$(id -Gn dup)" "dup beta" "... now the name is beta's member's"
end
anew $acme
is "$?" 0 "acme answers late"
is "$(id -Gn dup)" "dup beta" "... it is beta's again"
end
perl -0pi -e 's|(  \{ name = "beta"; provider.*?\}),\n(  \{ name = "acme"; provider.*?\})|$2,\n$1|s' $CONF
orgsyncd 2>"$T/orgsyncd.log" &
daemon=$!
wait_for 10 grep -q 'acme: member usr_.*"dup".*is not served' "$T/orgsyncd.log"
is "$(id -Gn dup)" "dup beta" "acme stands first again: a name that is bound stays bound"
end
kill $acme
rm -rf /var/lib/orglogin
orgsyncd 2>"$T/orgsyncd.log" &
daemon=$!
ok "acme is away: the others are not kept waiting" wait_for 10 getent passwd dup
is "$(id -Gn dup)" "dup beta" "... and the name is beta's"
done_testing
