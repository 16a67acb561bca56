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
ok 'orgsyncd publishes the members' organization "$ada" "$mia" "$per"
cp "$T/log" "$T/first.log"

like "$(as ada id -Gn)" '\bdocker\b' 'the holder of a mapped role is in the local group'
like "$(as ada id)" '\b150\(docker\)' 'a local group below 1000 keeps its number for members'
unlike "$(as ada id -Gn)" '\bproject\b' 'the holder of a mapped role is in no other local group'
is "$(as ada cat /run/docker.sock)" engine 'the holder of a mapped role opens a file of the local group'
is "$(as mia cat /run/docker.sock 2>&1)" '' 'a member without the mapped role opens no file of the local group'
like "$(as per id -Gn)" '\bproject\b' 'the holder of a mapped permission is in the local group'
ok 'the holder of a mapped permission writes to a directory of the local group' as per 'echo text > /srv/project/file'
is "$(stat -c '%U:%G' /srv/project/file)" per:project 'a file of such a member belongs to the local group'
is "$(as mia 'cat /srv/project/file' 2>&1)" '' 'a member without the mapped permission opens no file of the local group'

# shadow's sg and newgrp take their word from the group list of the process and ask nobody for a password. util-linux's, which Debian 13
# has, read the group's own line.
if newgrp --version 2>&1 | grep -q util-linux; then
    unlike "$(as per 'sg project -c "id -gn"')" project 'sg of util-linux does not change to a mapped local group'
    unlike "$(as per 'echo id -gn | newgrp project')" project 'newgrp of util-linux does not change to a mapped local group'
else
    is "$(as per 'sg project -c "id -gn"' | tail -1)" project 'sg changes to a mapped local group'
    is "$(as per 'echo id -gn | newgrp project' | tail -1)" project 'newgrp changes to a mapped local group'
fi
is "$(as ada 'sg acme-admins -c "id -gn"' | tail -1)" acme-admins 'sg changes to a group of the organization'
unlike "$(as mia 'sg project -c "id -gn"')" project 'sg refuses a member who is not in the group'

is "$(getent -s org group docker project root; getent -s org group 150; getent -s org group 1500)" '' 'libnss_org answers no local group'
is "$(getent group docker)" 'docker:x:150:larry' 'getent prints the line of /etc/group for a mapped group'
is "$(id -Gn larry)" "larry docker" 'local users keep their local groups'
unlike "$(as ada id -G; as mia id -G)" '(^| )0( |$)' 'no member is in the group root, despite a mapping'
like "$(cat "$T/first.log")" 'group "root" is not served: it is root' 'orgsyncd logs that the group root is not served'
like "$(cat "$T/first.log")" 'group "absent" is not served: /etc/group has none' 'orgsyncd logs that a missing local group is not served'

ok 'orgsyncd publishes without the role and the permission' organization "$(one ada '["member"]' '[]')" "$mia" "$(one per '["member"]' '[]')"
unlike "$(as ada id -Gn)" '\bdocker\b' 'a member without the role any more is not in the local group'
is "$(as ada 'cat /run/docker.sock' 2>&1)" '' 'a member without the role any more opens no file of the local group'
unlike "$(as per id -Gn)" '\bproject\b' 'a member without the permission any more is not in the local group'
unlike "$(as per 'sg project -c "id -gn"')" project 'sg refuses a member without the permission any more'
is "$(as per 'cat /srv/project/file')" '' 'a member without the permission any more cannot enter the directory'
ok 'orgsyncd publishes the role and the permission again' organization "$ada" "$mia" "$per"
groupmod --gid 151 docker
chgrp docker /run/docker.sock
ok 'orgsyncd publishes after a local group got another number' organization "$ada" "$mia" "$per"
is "$(as ada cat /run/docker.sock)" engine 'a member gets the new number of the local group'
groupdel docker
ok 'orgsyncd publishes after a local group was deleted' organization "$ada" "$mia" "$per"
unlike "$(as ada id -G)" '\b15[01]\b' 'no member has the number of a deleted local group'
done_testing
