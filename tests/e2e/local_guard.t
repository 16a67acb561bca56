#!/bin/bash
# No name and no number of the machine's own is ever answered by the module: path by path, whether the local user or group was
# there first or came later, and back again when it goes.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../lib/root.sh"
inside_root
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/host.sh"

configure_file_provider
sed -i -e 's/enumerate = false/enumerate = true/' -e 's/private_groups = false/private_groups = true/' -e 's/poll = "60s"/poll = "1s"/' $CONF
people="ann nora olaf pia quinn"
# shellcheck disable=SC2046 # a list of words
all() { $1 ada:admin $(for name in $people; do echo "$name:member"; done); }
ok 'orgsyncd publishes the members' all publish
declare -A uid gid
for name in ada $people; do uid[$name]=$(id -u "$name"); done
for name in acme acme-admins; do gid[$name]=$(getent group $name | cut -d: -f3); done

# What the module answers of a member by each path, as words; all of them: "$EVERY"
EVERY="name uid shadow group gid users groups initgroups"
paths() {
    local name=$1 id=$2
    {
        getent -s org passwd "$name" | grep -q "^$name:" && echo name
        getent -s org passwd "$id" | grep -q . && echo uid
        getent -s org shadow "$name" | grep -q "^$name:" && echo shadow
        getent -s org group "$name" | grep -q "^$name:" && echo group
        getent -s org group "$id" | grep -q . && echo gid
        getent -s org passwd | grep -qE "^$name:|^[^:]*:[^:]*:$id:" && echo users
        getent -s org group | grep -qE "^$name:|^[^:]*:[^:]*:$id:" && echo groups
        getent -s org initgroups "$name" | grep -q '[0-9]' && echo initgroups
    } | xargs
}
# Likewise of a group of the organization's, with the members' list in ada's initgroups
group_paths() {
    local name=$1 id=$2
    {
        getent -s org group "$name" | grep -q . && echo group
        getent -s org group "$id" | grep -q . && echo gid
        getent -s org group | grep -qE "^$name:|^[^:]*:[^:]*:$id:" && echo groups
        getent -s org initgroups ada | grep -qw "$id" && echo initgroups
    } | xargs
}
for name in ada $people; do is "$(paths "$name" "${uid[$name]}")" "$EVERY" "every path of libnss_org answers the member $name"; done
for name in acme acme-admins; do is "$(group_paths $name "${gid[$name]}")" "group gid groups initgroups" "every path of libnss_org answers the group $name"; done

# clash/unclash: the machine's own things of the same names and numbers, as vipw or a package's script writes them
clash() {
    echo "nora:x:5001:100::/:/bin/sh" >>/etc/passwd          # a user of that name
    echo "other:x:${uid[olaf]}:100::/:/bin/sh" >>/etc/passwd # a user of that number
    echo "pia:x:5003:" >>/etc/group                          # a group of that name
    echo "others:x:${uid[quinn]}:" >>/etc/group              # a group of that number
}
unclash() {
    sed -i -E '/^(nora|other|pia|others|acme):/d' /etc/passwd /etc/group
}
# guarded WHEN: nobody of them is answered, by no path
guarded() {
    is "$(paths nora "${uid[nora]}")" '' "$1, no path answers a member whose name a local user has"
    is "$(getent -s org passwd 5001; getent -s org group 5001; getent -s org initgroups nora | grep '[0-9]')" '' "$1, no path answers the number of a local user with the name of a member"
    is "$(paths olaf "${uid[olaf]}")" '' "$1, no path answers a member whose number a local user has"
    is "$(paths pia "${uid[pia]}")" '' "$1, no path answers a member whose name a local group has"
    is "$(paths quinn "${uid[quinn]}")" '' "$1, no path answers a member whose number a local group has"
    is "$(paths ann "${uid[ann]}")" "$EVERY" "$1, every path answers a member without a clash"
}
none() { [ -z "$(paths "$1" "${uid[$1]}")" ]; }
every() { [ "$(paths "$1" "${uid[$1]}")" = "$EVERY" ]; }
local_ones() { getent passwd nora other; getent group pia others; }

# --- they come later, and orgsyncd notices by itself ---
orgsyncd 2>"$T/log" &
ok 'orgsyncd starts and syncs' wait_for 5 orgadmin host sync
clash
before=$(local_ones)
begun=$EPOCHREALTIME
for name in nora olaf pia quinn; do wait_for 10 none $name; done
diag "local users and groups that came later were noticed within $(awk "BEGIN { printf \"%.1f\", $EPOCHREALTIME - $begun }") s (poll: 1 s)"
guarded "after a poll"
is "$(local_ones)" "$before" 'later local users and groups are what they were'
for name in nora olaf pia quinn; do
    like "$(grep "$name" "$T/log")" 'the machine has a user or group of that (name|number)' "orgsyncd logs why $name is not served"
done
unclash
ok 'every path answers again when the later local users and groups go' wait_for 10 eval 'every nora && every olaf && every pia && every quinn'

# --- with a poll that is far away, orgadmin host sync does it ---
sed -i 's/poll = "1s"/poll = "1d"/' $CONF
kill -HUP $!
wait_for 5 grep -q 'configuration reloaded' "$T/log"
wait_for 5 orgadmin host sync
clash
ok 'host sync succeeds beside later local users and groups' orgadmin host sync
guarded "after host sync"
is "$(getent passwd nora | cut -d: -f3)" 5001 'the name of both belongs to the local user'
is "$(getent passwd "${uid[olaf]}" | cut -d: -f1)" other 'the number of both belongs to the local user'
unclash
orgadmin host sync 2>/dev/null

# --- an organization's group ---
echo "acme:x:5005:" >>/etc/group
echo "others:x:${gid[acme-admins]}:" >>/etc/group
orgadmin host sync 2>/dev/null
is "$(group_paths acme "${gid[acme]}")" '' 'no path answers a group of the organization whose name a local group has'
is "$(getent group acme)" 'acme:x:5005:' 'no member joins a local group with the name of a group of the organization'
is "$(group_paths acme-admins "${gid[acme-admins]}")" '' 'no path answers a group of the organization whose number a local group has'
like "$(cat "$T/log")" 'group "acme" is not served: the machine has' 'orgsyncd logs why the group of the organization is not served'
unclash
orgadmin host sync 2>/dev/null
is "$(group_paths acme-admins "${gid[acme-admins]}")" "group gid groups initgroups" 'every path answers the group again when the local groups go'
kill $!
wait $! 2>/dev/null

# --- they were there first: on a new machine ---
rm -r /var/lib/orglogin
clash
ok 'orgsyncd publishes on a new machine with clashing local names' all publish
for name in nora pia; do is "$(paths $name "${uid[$name]}")" '' "on a new machine no path answers $name, whose name is taken"; done
for name in olaf quinn; do
    got=$(getent -s org passwd $name | cut -d: -f3)
    is "$([ "$got" != "${uid[$name]}" ] && paths $name "$got")" "$EVERY" "on a new machine $name, whose number is taken, has another one"
    is "$(getent -s org passwd "${uid[$name]}"; getent -s org group "${uid[$name]}")" '' "on a new machine libnss_org does not answer the taken number of $name"
done
is "$(id -u ann)" "${uid[ann]}" 'on a new machine a member without a clash has the same number'
done_testing
