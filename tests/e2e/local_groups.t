#!/bin/bash
# Roles and permissions mapped onto groups that the machine has already: members really get what the group may, and lose it.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../lib/root.sh"
inside_root
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/host.sh"

start_syslog
start_sshd
new_key ada mia per
groupadd --system --gid 150 docker # below 1000, like the groups that come with packages
groupadd --gid 1500 project
useradd --no-create-home --groups docker larry
mkdir -p /srv/project
chgrp project /srv/project
chmod 2770 /srv/project
echo "engine" >/run/docker.sock
chgrp docker /run/docker.sock
chmod 660 /run/docker.sock

configure_file_provider
perl -0pi -e 's/roles = \["owner", "admin"\]; \}\n/roles = ["owner", "admin"]; },
  { name = "docker";  org = "acme"; roles = ["admin"]; local = true; },
  { name = "project"; org = "acme"; permissions = ["project:write"]; local = true; },
  { name = "root";    org = "acme"; everyone = true; local = true; },
  { name = "absent";  org = "acme"; everyone = true; local = true; }
/' $CONF
# one NAME ROLES PERMISSIONS: a member as the export has it, the lists as JSON
one() {
    jq -n --arg name "$1" --argjson roles "$2" --argjson permissions "$3" \
        '{id: "usr_\($name)", username: $name, name: $name, roles: $roles, permissions: $permissions, state: "active"}'
}
# organization MEMBER...: publishes them
organization() {
    printf '%s\n' "$@" | jq -s '{organization: {id: "org_7f3a", name: "acme"}, members: .}' >"$MEMBERS"
    orgsyncd --once 2>"$T/log"
}
ada=$(one ada '["admin"]' '[]') mia=$(one mia '["member"]' '[]') per=$(one per '["member"]' '["project:write"]')
ok "orgsyncd publishes the members" organization "$ada" "$mia" "$per"
cp "$T/log" "$T/first.log"

like "$(as ada id -Gn)" '\bdocker\b' "a role's holder is in the local group of the mapping"
like "$(as ada id)" '\b150\(docker\)' "... by the number that /etc/group says, though below 1000"
unlike "$(as ada id -Gn)" '\bproject\b' "... and in no other"
is "$(as ada cat /run/docker.sock)" engine "... opens what belongs to the group"
is "$(as mia cat /run/docker.sock 2>&1)" '' "who has not the role does not"
like "$(as per id -Gn)" '\bproject\b' "a permission's holder is in its group"
ok "... writes where the group may" as per 'echo text > /srv/project/file'
is "$(stat -c '%U:%G' /srv/project/file)" per:project "... and the file is the group's"
is "$(as mia 'cat /srv/project/file' 2>&1)" '' "who has not the permission does not"

# sg and newgrp take their word from the group list of the process and ask nobody for a password.
is "$(as per 'sg project -c "id -gn"' | tail -1)" project "sg to the mapped group"
is "$(as per 'echo id -gn | newgrp project' | tail -1)" project "newgrp likewise"
is "$(as ada 'sg acme-admins -c "id -gn"' | tail -1)" acme-admins "sg to a group of the organization's"
is "$(as mia 'sg project -c "id -gn"' | tail -1)" '' "sg of somebody who is not in it"

is "$(getent -s org group docker project root; getent -s org group 150; getent -s org group 1500)" '' "the module itself answers no local group"
is "$(getent group docker)" 'docker:x:150:larry' "... its line is /etc/group's"
is "$(id -Gn larry)" "larry docker" "local users have their groups as before"
unlike "$(as ada id -G; as mia id -G)" '(^| )0( |$)' "the group root is never mapped"
like "$(cat "$T/first.log")" 'group "root" is not served: it is root' "... which is reported"
like "$(cat "$T/first.log")" 'group "absent" is not served: /etc/group has none' "... like a group that is not there"

ok "the role and the permission are taken away" organization "$(one ada '["member"]' '[]')" "$mia" "$(one per '["member"]' '[]')"
unlike "$(as ada id -Gn)" '\bdocker\b' "at the next login the group is gone"
is "$(as ada 'cat /run/docker.sock' 2>&1)" '' "... and what it gave"
unlike "$(as per id -Gn)" '\bproject\b' "... a permission's too"
is "$(as per 'sg project -c "id -gn"' | tail -1)" '' "... with sg and all"
is "$(as per 'cat /srv/project/file')" '' "... even of one's own file, where only the group may enter"
ok "given back" organization "$ada" "$mia" "$per"
groupmod --gid 151 docker
chgrp docker /run/docker.sock
ok "the group gets another number, and the host is told" organization "$ada" "$mia" "$per"
is "$(as ada cat /run/docker.sock)" engine "... which is the one that members get"
groupdel docker
ok "the group is deleted, and the host is told" organization "$ada" "$mia" "$per"
unlike "$(as ada id -G)" '\b15[01]\b' "... nobody is in it"
done_testing
