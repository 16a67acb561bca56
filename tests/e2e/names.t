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
like "$check" '13 members withheld' '--check counts the members whose names are reserved'
like "$check" '^group "acme" has a reserved name: ' '--check points to a group of root'\''s with a reserved name'
ok 'orgsyncd publishes' orgsyncd --once
for name in $bad; do
    is "$(getent passwd "$name" | cut -d: -f5; getent -s org group "$name")" "$(getent -s files passwd "$name" | cut -d: -f5)" "nobody is served as user or group $name"
done
is "$(getent -s org group ada)/$(id -gn ada)" /acme 'a member names no group: hers is the one of everyone'

# What the machine's own programs do with such names.
touch "$T/f" && chown root.adm "$T/f"
is "$(stat -c %U:%G "$T/f")" root:adm 'chown root.adm gives the file to root and adm'
is "$(getent group docker >/dev/null || groupadd --system docker; getent group docker | cut -d: -f1,4)" docker: 'a package creates its group docker, with nobody in it'
is "$(useradd --system postgres 2>&1; id -u postgres >/dev/null && echo there)" there 'a package creates its user postgres'
printf 'u blixem - "A package of tomorrow"\nm blixem blixers\n' >/usr/lib/sysusers.d/blixem.conf
member usr_1 blixem && member usr_2 blixers
ok 'orgsyncd reads the names of sysusers.d' orgsyncd --once
is "$(getent passwd blixem blixers)" '' 'a name that a package creates with the next boot is nobody'\''s'

# Root sees who is withheld.
sed -i 's/poll = "60s"/poll = "1s"/' $CONF
orgsyncd 2>"$T/orgsyncd.log" &
orgsyncd_pid=$!
ok 'orgsyncd serves' wait_for 10 orgadmin host status
orgadmin host status -o json >"$T/status" 2>"$T/notes"
is "$(jq -r '.[0].withheld' "$T/status")" 15 'host status counts them'
like "$(cat "$T/notes")" 'redis \(usr_redis, usr_redis@acme.example\) of acme is withheld: that is the name of a package' 'and names them, with the reason'
for who in docker usr_docker usr_docker@acme.example; do
    like "$(orgadmin host explain "$who" sshd)" '^withheld +docker \(usr_docker, .* is withheld: the machine has a user or group of that name' "host explain says it of $who"
done
like "$(orgadmin host explain lxd sudo)" 'is withheld: that is the name of a group that is as good as root' 'and what a reserved name is'
like "$(setpriv --reuid=65534 --clear-groups orgadmin host explain lxd sudo)" '^withheld +.*only root is told' 'but to root alone'
like "$(orgadmin host doctor 2>&1)" '^names +warning +15 members are not served as they would be: ' 'host doctor warns'

# A member who renames herself through other people's names keeps her home, and does not keep them from those whom root gives them to.
uid=$(member usr_mallory carol; wait_for 10 getent passwd carol; id -u carol)
is "$(getent passwd carol | cut -d: -f6)" /home/mallory 'who is renamed keeps the home directory'
member usr_mallory dave && ok 'and is renamed again' wait_for 10 getent passwd dave
member usr_carol carol
ok 'the real carol is not served' wait_for 10 grep -q 'usr_carol ("carol") is not served: that name is, or was, somebody else' "$T/orgsyncd.log"
like "$(orgadmin host free dave --yes 2>&1)" 'the name dave is not freed: a member has that name now' 'a name that is in use is not freed'
like "$(orgadmin host free nobody-had-it --yes 2>&1)" "not freed: nobody has, or had, that name here" 'nor one that nobody had'
like "$(orgadmin host free acme --yes 2>&1)" 'not freed: a group in orglogin.conf has that name' 'nor a group'\''s'
is "$(setpriv --reuid=65534 --clear-groups orgadmin host free carol --yes 2>&1 | grep -c 'only root may')" 1 'nor by anybody but root'
is "$(orgadmin host free carol </dev/null 2>&1 | grep -c 'no terminal')" 1 'without a terminal only with --yes'
ok 'root frees the name carol' orgadmin host free carol --yes
ok 'and the real carol has it' wait_for 10 getent passwd carol
is "$(getent passwd carol | cut -d: -f6)/$([ "$(id -u carol)" != "$uid" ] && echo another)" /home/carol/another 'with a number and a home of her own'
ok 'the name that the home of another has is freed, too' orgadmin host free mallory --yes
member usr_mal mallory && ok 'a new mallory has it' wait_for 10 getent passwd mallory
is "$(getent passwd mallory | cut -d: -f6)" "/home/mallory-$(id -u mallory)" 'but not the home'
is "$(id -u dave)/$(getent passwd dave | cut -d: -f6)" "$uid//home/mallory" 'dave stays who he is'

# Whom root removed, and whose name he frees, loses the name and never the number.
leaves usr_mallory && ok 'dave leaves' wait_for 10 eval 'getent passwd dave | grep -q nologin'
ok 'root frees his name' orgadmin host free dave --yes
is "$(getent passwd dave; getent passwd "$uid")" '' 'nobody has it then'
member usr_newdave dave && ok 'a new dave has it' wait_for 10 getent passwd dave
is "$([ "$(id -u dave)" != "$uid" ] && echo other)/$(getent passwd dave | cut -d: -f6)" other//home/dave 'with another number, and the home that nobody had'

# A name of 32 characters fills the request.
long=abcdefghijklmnopqrstuvwxyz012345
member usr_long $long && ok 'a name of 32 characters is served' wait_for 10 getent passwd $long
member usr_long short && ok 'and given up' wait_for 10 getent passwd short
ok 'and freed' orgadmin host free $long --yes

# Before the upgrade somebody was served as docker-to-be: she keeps the user, not the group, until root decides.
kill $orgsyncd_pid && wait $orgsyncd_pid
member usr_eve eve && orgsyncd --once
sed -i 's/private_groups = false/private_groups = true/' $CONF
sql "UPDATE names SET name = 'jenkins' WHERE name = 'eve'; UPDATE members SET name = 'jenkins', username = 'jenkins' WHERE name = 'eve'"
member usr_eve jenkins
orgsyncd 2>"$T/orgsyncd.log" &
orgsyncd_pid=$!
ok 'a member who had a reserved name before is served' wait_for 10 getent passwd jenkins
is "$(getent group jenkins; getent group "$(id -u jenkins)")" '' 'but is no group of that name any more'
is "$(getent group ada | cut -d: -f1)" ada 'others have their private groups'
like "$(orgadmin host doctor 2>&1)" '^names +failure +1 member is served under a reserved name: jenkins of acme: ' 'host doctor fails'
like "$(orgadmin host explain jenkins sshd)" 'is served as user jenkins, without a group of that name: ' 'host explain says so'
sed -i 's|  home = |  allowed = ["jenkins"];\n  home = |' $CONF && kill -HUP $orgsyncd_pid
ok 'root lets her have it: the group is back' wait_for 10 getent group jenkins
like "$(orgadmin host doctor 2>&1)" '^names +warning ' 'host doctor fails no more'
like "$(orgsyncd --check 2>&1)" 'users.allowed lets a member be "jenkins": that is the name of ' '--check says what is freed'
sed -i 's|allowed = \["jenkins"\]|reserved = ["jenkins"]|' $CONF && kill -HUP $orgsyncd_pid
ok 'or root withholds her' wait_for 10 eval '! getent passwd jenkins'
like "$(orgadmin host explain usr_eve sshd)" 'is withheld: users.reserved in orglogin.conf has that name' 'with that reason'

# A group that root gives a member's name is the group from then on.
member usr_deploy deployers && ok 'a member called deployers' wait_for 10 getent group deployers
gid=$(getent group deployers | cut -d: -f3)
sed -i 's|  { name = "acme-admins"|  { name = "deployers"; org = "acme"; roles = ["admin"]; },\n&|' $CONF && kill -HUP $orgsyncd_pid
ok 'the group that root names is served' wait_for 10 eval 'getent group deployers | grep -q ":ada"'
is "$([ "$(getent group deployers | cut -d: -f3)" != "$gid" ] && id -Gn ada | grep -cw deployers)/$(id -Gn deployers)" 1/acme 'and the member is not in it'

# A pattern gives every member a name that cannot be anything else here.
sed -i 's|  home = |  name = "acme-%u";\n  home = |' $CONF && kill -HUP $orgsyncd_pid
ok 'users.name gives all a prefix' wait_for 10 getent passwd acme-lxd
is "$(getent passwd lxd ada; getent passwd acme-ada | cut -d: -f6)" /home/ada 'nobody has another name, and homes stay'
kill $orgsyncd_pid && wait $orgsyncd_pid
done_testing
