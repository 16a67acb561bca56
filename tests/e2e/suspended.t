#!/bin/bash
# A member who is suspended at orgd, or whose account the operator disables, is refused by ssh at once, keeps name and number, and is let in when that ends.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../lib/root.sh"
inside_root
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/host.sh"

start_syslog
start_sshd
new_key ada
start_orgd
organize ada admin >"$T/organize" 2>&1 || diag "$(cat "$T/organize")"
id=$(by olga org list -o json | jq -r '.[0].id')
cat >$CONF <<CONFIG
organizations = ({ name = "acme"; provider = "native"; url = "$LOCAL"; id = "$id"; token_file = "/etc/orglogin/acme.token"; });
groups = ({ name = "acme-admins"; org = "acme"; roles = ["admin"]; });
access = ({ services = ["*"]; org = "acme"; roles = ["owner", "admin", "member"]; });
CONFIG
orgsyncd 2>"$T/orgsyncd.log" &
wait_for 20 eval 'getent passwd ada >/dev/null'
uid=$(id -u ada)
ssh_in() { as ada true; }
state() { orgadmin host explain ada sshd 2>&1 | sed -n 's/^state  *//p'; }
ok 'a member logs in by ssh' ssh_in

# refused_while NAME: with what has just been done she is refused, and what she owns still has her name
refused_while() {
    wait_for 10 eval '[ "$(state)" = suspended ]'
    is "$(state)" suspended "the host hears that $1"
    is "$(as ada id -un)" '' "ssh refuses a member when $1"
    is "$(id -u ada) $(id -nG ada | grep -c acme-admins)" "$uid 0" "the member keeps the number and loses the groups when $1"
}
back_when() {
    wait_for 10 eval '[ "$(state)" != suspended ]'
    ok "a member logs in by ssh again when $1" ssh_in
    is "$(id -nG ada | grep -c acme-admins)" 1 "the member has the groups again when $1"
}
by olga member suspend ada --yes 2>/dev/null
refused_while 'the member is suspended'
by olga member resume ada 2>/dev/null
back_when 'the member is resumed'
orgd user disable ada --data /var/lib/orgd.db >/dev/null
refused_while 'the operator disables the account'
orgd user enable ada --data /var/lib/orgd.db >/dev/null
back_when 'the operator enables the account'
stop_orgd
done_testing
