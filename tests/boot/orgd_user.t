#!/bin/bash
# The user of orgd.service under a real systemd: one of /etc/passwd and never a member of that name, also on an upgrade from the unit with
# DynamicUser=yes, whose data is kept.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../lib/root.sh"
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/host.sh"
URL=unix:/run/orgd/orgd.sock
SHIPPED=/usr/lib/systemd/system/orgd.service
BEFORE=/etc/systemd/system/orgd.service # counts instead of the shipped one while it is there

# A host with a member who is called orgd since a version that let him: the ledger binds the name to him.
prepare() {
    configure_file_provider
    publish other:member >/dev/null || return
    python3 -c 'import sqlite3
with sqlite3.connect("/var/lib/orglogin/ids.db") as ledger:
    for table in "names", "members":
        assert ledger.execute(f"UPDATE {table} SET name = ? WHERE name = ?", ("orgd", "other")).rowcount == 1' || return
    sed -i 's/"username": "other"/"username": "orgd"/' "$MEMBERS"
    orgsyncd --once >/dev/null
    sed -i -E 's/^(passwd|group|shadow):.*/\1: files systemd/' /etc/nsswitch.conf
}
inside_boot

property() { systemctl show --value --property="$1" "$2"; }
asks() { sed -i -E "s/^(passwd|group):.*/\1: $1/" /etc/nsswitch.conf; } # asks SERVICES: /etc/nsswitch.conf has these
local_uid() { awk -F: '$1 == "orgd" { print $3 }' /etc/passwd; }
# unit_of_before: what a version before had in the place of User=orgd
unit_of_before() {
    systemctl stop orgd.service
    sed -e '/^Requires=orgd-user/d; /^After=orgd-user/d; s/^User=orgd/DynamicUser=yes/' "$SHIPPED" >"$BEFORE"
    systemctl daemon-reload
}
upgrade() { rm -f "$BEFORE"; systemctl daemon-reload; systemctl restart orgd.service; }
runs_as() { ps -o uid= -p "$(property MainPID orgd.service)" | xargs; }
data() { stat -c '%F %u:%g %a' /var/lib/orgd /var/lib/orgd/orgd.db | xargs; }
whoami() { by olga org list --columns name -o csv 2>&1 | tail -n +2 | tr -d '\r'; }
answers() { wait_for 10 test -S /run/orgd/orgd.sock && wait_for 10 by olga org list; }
doctor_says() { orgadmin host doctor -o json 2>/dev/null | jq -r '.[] | select(.check == "orgd\u0027s user") | "\(.result): \(.found)"'; }

# --- an upgrade ---
userdel orgd # whom sysusers has made at the boot
unit_of_before
ok "an older orgd.service with DynamicUser=yes starts" systemctl start orgd.service
(umask 077; orgd init --owner olga@acme.example >"$T/token" 2>/dev/null)
by olga login --url $URL --token-file "$T/token" >/dev/null 2>&1 && by olga org create acme >/dev/null 2>&1
is "$(whoami)" acme "an older orgd.service serves an organization"
is "$(readlink /var/lib/orgd) $(($(stat -c %u /var/lib/private/orgd) >= 61184))" "private/orgd 1" "systemd keeps the data of an older orgd.service in private/"
is "$(systemd-sysusers 2>&1; local_uid)" "" "systemd-sysusers makes no user orgd while NSS has one of that name"
ok "orgd.service starts after the upgrade" upgrade
uid=$(local_uid)
like "$uid" '^[1-9][0-9]{0,2}$' "the upgrade makes a system user orgd"
is "$(runs_as)" "$uid" "orgd runs as the system user after the upgrade"
is "$(data)" "directory $uid:$uid 700 regular file $uid:$uid 600" "the data directory belongs to the system user after the upgrade"
is "$(find /var/lib/orgd/. ! -user orgd -o ! -group orgd) $(ls -A /var/lib/private 2>/dev/null)" " " "every file of the data belongs to the system user after the upgrade"
ok "orgd answers after the upgrade" answers
is "$(whoami)" acme "orgd serves the same organization after the upgrade"
ok "orgd.service restarts after the upgrade" systemctl restart orgd.service
is "$(runs_as) $(data)" "$uid directory $uid:$uid 700 regular file $uid:$uid 600" "user and data are the same after a restart"
like "$(doctor_says)" "^ok: orgd is uid $uid$" "host doctor calls the user of orgd ok after the upgrade"

# --- with a member of that name ---
systemctl stop orgd.service
userdel orgd
asks 'files systemd org'
nscd # has him in its cache
member=$(id -u orgd)
ok "a member with the name orgd is known to the host" test "${member:-0}" -ge 1000
unit_of_before
systemctl start orgd.service
answers
is "$(runs_as) $(stat -L -c %u /var/lib/orgd)" "$member $member" "an older orgd.service runs as the member orgd, who owns its data"
like "$(doctor_says)" '^failure: /etc/passwd has no orgd' "host doctor reports a failure while /etc/passwd has no orgd"
ok "orgd.service starts after the upgrade beside a member orgd" upgrade
uid=$(local_uid)
like "$uid" '^[1-9][0-9]{0,2}$' "the upgrade beside a member orgd makes a system user"
is "$(runs_as) $(data)" "$uid directory $uid:$uid 700 regular file $uid:$uid 600" "orgd runs as the system user, who owns the data, beside a member orgd"
is "$(find /var/lib/orgd/. /run/orgd ! -user orgd; id -u orgd)" "$uid" "the name orgd and all files belong to the system user beside a member orgd"
answers
is "$(whoami)" acme "orgd serves the same organization beside a member orgd"
like "$(doctor_says)" "^ok: orgd is uid $uid$" "host doctor calls the user of orgd ok beside a member orgd"
orgsyncd --once >/dev/null 2>&1
nscd --shutdown
asks 'org'
is "$(id -u orgd 2>/dev/null)" '' "orgsyncd no longer serves a member with the name orgd"
asks 'files systemd org'

# --- where somebody else is found first ---
mkdir -p /etc/userdb
printf '{"userName":"orgd","uid":70123,"gid":70123,"homeDirectory":"/","shell":"/bin/sh"}\n' >/etc/userdb/orgd.user
printf '{"groupName":"orgd","gid":70123}\n' >/etc/userdb/orgd.group
asks 'systemd files org'
is "$(id -u orgd)" 70123 "another name service's orgd is found first when nsswitch.conf asks files last"
refused_start() { ! systemctl restart orgd.service 2>"$T/err"; }
ok "orgd.service does not start when another orgd is found first" refused_start
is "$(runs_as 2>/dev/null) $(data)" " directory $uid:$uid 700 regular file $uid:$uid 600" "the data stays the system user's when another orgd is found first"
like "$(journalctl --quiet --boot --unit=orgd-user --output=cat)" 'orgd is not started: its user is not the orgd of /etc/passwd' "the journal says why orgd.service does not start"
asks 'files systemd org'
ok "orgd.service starts when nsswitch.conf asks files first again" systemctl restart orgd.service
is "$(runs_as)" "$uid" "orgd runs as the system user when nsswitch.conf asks files first again"

# --- where he cannot be made ---
systemctl stop orgd.service
userdel orgd
rm -r /etc/userdb
mv /usr/lib/sysusers.d/orglogin.conf "$T/"
ok "orgd.service does not start when its user cannot be made" refused_start
is "$(runs_as 2>/dev/null) $(stat -c %u /var/lib/orgd)" " $uid" "no orgd runs when its user cannot be made, and the data keeps its owner"
mv "$T/orglogin.conf" /usr/lib/sysusers.d/
done_testing
