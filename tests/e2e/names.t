#!/bin/bash
# Names that members choose, on a real Debian: none of them is, or comes to be, a user or group that means something to the machine; root sees who is
# withheld and why, and decides.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../lib/root.sh"
inside_root
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/host.sh"

# sql STATEMENT: in the id ledger
sql() { python3 -c 'import sqlite3, sys; c = sqlite3.connect("/var/lib/orglogin/ids.db"); c.executescript(sys.argv[1]); c.commit()' "$1"; }
# member ID USERNAME [ROLE]: in the organization; renamed ID USERNAME
member() {
    jq --arg id "$1" --arg name "$2" --arg role "${3:-member}" \
        '.members |= map(select(.id != $id)) + [{id: $id, email: "\($id)@acme.example", username: $name, name: $id, roles: [$role], state: "active"}]' \
        "$MEMBERS" >"$MEMBERS.new" && mv "$MEMBERS.new" "$MEMBERS"
}
leaves() { jq --arg id "$1" '.members |= map(select(.id != $id))' "$MEMBERS" >"$MEMBERS.new" && mv "$MEMBERS.new" "$MEMBERS"; }

configure_file_provider
members ada:admin
bad="docker wheel admin lxd postgres redis orgd systemd-coredump root.adm root. www-data.www-data _apt node_exporter"
for name in $bad; do member "usr_$name" "$name"; done
member usr_mallory mallory
check=$(orgsyncd --check 2>&1)
like "$check" '13 members withheld' 'orgsyncd --check counts the members with reserved names'
like "$check" '^group "acme" has a reserved name: ' 'orgsyncd --check names a configured group with a reserved name'
ok 'orgsyncd --once succeeds beside reserved names' orgsyncd --once
for name in $bad; do
    is "$(getent passwd "$name" | cut -d: -f5; getent -s org group "$name")" "$(getent -s files passwd "$name" | cut -d: -f5)" "no member is served as user or group $name"
done
is "$(getent -s org group ada)/$(id -gn ada)" /acme 'a member has no group of her own name'

# What the machine's own programs do with such names.
touch "$T/f" && chown root.adm "$T/f"
is "$(stat -c %U:%G "$T/f")" root:adm 'chown root.adm gives a file to root and adm, despite a member root.adm'
is "$(getent group docker >/dev/null || groupadd --system docker; getent group docker | cut -d: -f1,4)" docker: 'a package can create its group docker, despite a member docker'
is "$(useradd --system postgres 2>&1; id -u postgres >/dev/null && echo there)" there 'a package can create its user postgres, despite a member postgres'
printf 'u blixem - "A package of tomorrow"\nm blixem blixers\n' >/usr/lib/sysusers.d/blixem.conf
member usr_1 blixem && member usr_2 blixers
ok 'orgsyncd --once succeeds with a new file of sysusers.d' orgsyncd --once
is "$(getent passwd blixem blixers)" '' 'a member with a name of sysusers.d is not served'

# Root sees who is withheld.
sed -i 's/poll = "60s"/poll = "1s"/' $CONF
orgsyncd 2>"$T/orgsyncd.log" &
orgsyncd_pid=$!
ok 'orgsyncd serves' wait_for 10 orgadmin host status
orgadmin host status -o json >"$T/status" 2>"$T/notes"
is "$(jq -r '.[0].withheld' "$T/status")" 15 'host status counts the withheld members'
like "$(cat "$T/notes")" 'redis \(usr_redis, usr_redis@acme.example\) of acme is withheld: that is the name of a package' 'host status names a withheld member with the reason'
for who in docker usr_docker usr_docker@acme.example; do
    like "$(orgadmin host explain "$who" sshd)" '^withheld +docker \(usr_docker, .* is withheld: the machine has a user or group of that name' "host explain $who says that the member is withheld"
done
like "$(orgadmin host explain lxd sudo)" 'is withheld: that is the name of a group that is as good as root' 'host explain says that the reserved name is a group as good as root'
like "$(setpriv --reuid=65534 --clear-groups orgadmin host explain lxd sudo)" '^withheld +.*only root is told' 'host explain tells other users than root nothing of a withheld member'
like "$(orgadmin host doctor 2>&1)" '^names +warning +15 members are withheld or under another name: ' 'host doctor warns of the withheld members'

# A member who renames herself through other people's names keeps her home, and does not keep them from those whom root gives them to.
uid=$(member usr_mallory carol; wait_for 10 getent passwd carol; id -u carol)
for who in usr_mallory USR_mallory@acme.example; do
    explained=$(orgadmin host explain $who sshd)
    like "$explained" "^user +carol \\($who\\)" "host explain $who names the user who is served"
    like "$explained" '^state +active' "host explain $who explains the user"
done
like "$(orgadmin host explain usr_mallor sshd)" '^member +no member has that name' 'host explain takes no part of an id'
like "$(setpriv --reuid=65534 --clear-groups orgadmin host explain usr_mallory sshd)" '^member +no member has that name' 'host explain tells other users than root no name of an id'
is "$(getent passwd carol | cut -d: -f6)" /home/mallory 'a renamed member keeps the home directory'
member usr_mallory dave && ok 'orgsyncd serves a member renamed again' wait_for 10 getent passwd dave
member usr_carol carol
ok 'a newcomer with a former name of another member is not served' wait_for 10 grep -q 'usr_carol ("carol") is not served: another member has or had that name' "$T/orgsyncd.log"
like "$(orgadmin host free dave --yes 2>&1)" 'the name dave is not freed: a member has that name: it can be freed after' 'host free refuses a name in use'
like "$(orgadmin host free nobody-had-it --yes 2>&1)" "not freed: no member has or had that name on this host" 'host free refuses a name that nobody had'
like "$(orgadmin host free acme --yes 2>&1)" 'not freed: a group in orglogin.conf has that name' 'host free refuses the name of a group'
is "$(setpriv --reuid=65534 --clear-groups orgadmin host free carol --yes 2>&1 | grep -c 'only root may')" 1 'host free refuses another user than root'
is "$(orgadmin host free carol </dev/null 2>&1 | grep -c 'no terminal')" 1 'host free refuses without a terminal and --yes'
ok 'host free frees a former name' orgadmin host free carol --yes
ok 'orgsyncd serves the newcomer under the freed name' wait_for 10 getent passwd carol
is "$(getent passwd carol | cut -d: -f6)/$([ "$(id -u carol)" != "$uid" ] && echo another)" /home/carol/another 'the newcomer under a freed name has a number and a home of her own'
ok 'host free frees a name that is still the home of another member' orgadmin host free mallory --yes
member usr_mal mallory && ok 'orgsyncd serves a newcomer under a name that is the home of another' wait_for 10 getent passwd mallory
is "$(getent passwd mallory | cut -d: -f6)" "/home/mallory-$(id -u mallory)" 'the newcomer under the name of a home of another gets another home'
is "$(id -u dave)/$(getent passwd dave | cut -d: -f6)" "$uid//home/mallory" 'the renamed member keeps number and home beside the newcomer'

# Whom root removed, and whose name he frees, loses the name and never the number.
leaves usr_mallory && ok 'a removed member has no login shell' wait_for 10 eval 'getent passwd dave | grep -q nologin'
ok 'host free frees the name of a removed member' orgadmin host free dave --yes
is "$(getent passwd dave; getent passwd "$uid")" '' 'no user has a freed name or its old number'
member usr_newdave dave && ok 'orgsyncd serves a newcomer under the freed name of a removed member' wait_for 10 getent passwd dave
is "$([ "$(id -u dave)" != "$uid" ] && echo other)/$(getent passwd dave | cut -d: -f6)" other//home/dave 'the newcomer of a removed name has another number and the usual home'

# A name of 32 characters fills the request.
long=abcdefghijklmnopqrstuvwxyz012345
member usr_long $long && ok 'orgsyncd serves a name of 32 characters' wait_for 10 getent passwd $long
member usr_long short && ok 'orgsyncd renames a member away from a name of 32 characters' wait_for 10 getent passwd short
ok 'host free frees a name of 32 characters' orgadmin host free $long --yes

# Before the upgrade somebody was served as docker-to-be: she keeps the user, not the group, until root decides.
kill $orgsyncd_pid && wait $orgsyncd_pid
member usr_eve eve && orgsyncd --once
sed -i 's/private_groups = false/private_groups = true/' $CONF
sql "UPDATE names SET name = 'jenkins' WHERE name = 'eve'; UPDATE members SET name = 'jenkins', username = 'jenkins' WHERE name = 'eve'"
member usr_eve jenkins
orgsyncd 2>"$T/orgsyncd.log" &
orgsyncd_pid=$!
ok 'a member who had a reserved name before the upgrade is served' wait_for 10 getent passwd jenkins
is "$(getent group jenkins; getent group "$(id -u jenkins)")" '' 'a member with a reserved name from before the upgrade has no group'
is "$(getent group ada | cut -d: -f1)" ada 'members with other names have their private groups'
like "$(orgadmin host doctor 2>&1)" '^names +failure +1 member is served under a reserved name: jenkins of acme: ' 'host doctor fails for a member served under a reserved name'
like "$(orgadmin host explain jenkins sshd)" 'is served as user jenkins, without a group of that name: ' 'host explain says that a reserved name is served without its group'
sed -i 's|  home = |  allowed = ["jenkins"];\n  home = |' $CONF && kill -HUP $orgsyncd_pid
ok 'users.allowed gives a reserved name its group' wait_for 10 getent group jenkins
like "$(orgadmin host doctor 2>&1)" '^names +warning ' 'host doctor only warns after users.allowed'
like "$(orgsyncd --check 2>&1)" 'users.allowed lets a member be "jenkins": that is the name of ' 'orgsyncd --check names the reserved name that users.allowed frees'
sed -i 's|allowed = \["jenkins"\]|reserved = ["jenkins"]|' $CONF && kill -HUP $orgsyncd_pid
ok 'users.reserved withholds a member' wait_for 10 eval '! getent passwd jenkins'
like "$(orgadmin host explain usr_eve sshd)" 'is withheld: users.reserved in orglogin.conf has that name' 'host explain says that users.reserved withholds a member'

# A group that root gives a member's name is the group from then on.
member usr_deploy deployers && ok 'orgsyncd serves a member with a private group' wait_for 10 getent group deployers
gid=$(getent group deployers | cut -d: -f3)
sed -i 's|  { name = "acme-admins"|  { name = "deployers"; org = "acme"; roles = ["admin"]; },\n&|' $CONF && kill -HUP $orgsyncd_pid
ok 'a configured group takes the name of a private group' wait_for 10 eval 'getent group deployers | grep -q ":ada"'
is "$([ "$(getent group deployers | cut -d: -f3)" != "$gid" ] && id -Gn ada | grep -cw deployers)/$(id -Gn deployers)" 1/acme 'the member whose name a configured group took is not in it'

# A pattern gives every member a name that cannot be anything else here.
sed -i 's|  home = |  name = "acme-%u";\n  home = |' $CONF && kill -HUP $orgsyncd_pid
ok 'users.name gives every member a prefix' wait_for 10 getent passwd acme-lxd
is "$(getent passwd lxd ada; getent passwd acme-ada | cut -d: -f6)" /home/ada 'users.name serves no member without the prefix and keeps the homes'
kill $orgsyncd_pid && wait $orgsyncd_pid
done_testing
