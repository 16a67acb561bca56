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
ok "orgsyncd publishes the members" all publish
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
for name in ada $people; do is "$(paths "$name" "${uid[$name]}")" "$EVERY" "$name: every path answers"; done
for name in acme acme-admins; do is "$(group_paths $name "${gid[$name]}")" "group gid groups initgroups" "group $name: every path answers"; done

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
    is "$(paths nora "${uid[nora]}")" '' "$1: nora, whose name a local user has, by no path"
    is "$(getent -s org passwd 5001; getent -s org group 5001; getent -s org initgroups nora | grep '[0-9]')" '' "... nor by that user's number"
    is "$(paths olaf "${uid[olaf]}")" '' "... olaf, whose number a local user has"
    is "$(paths pia "${uid[pia]}")" '' "... pia, whose name a local group has"
    is "$(paths quinn "${uid[quinn]}")" '' "... quinn, whose number a local group has"
    is "$(paths ann "${uid[ann]}")" "$EVERY" "... and ann, by every one"
}
none() { [ -z "$(paths "$1" "${uid[$1]}")" ]; }
every() { [ "$(paths "$1" "${uid[$1]}")" = "$EVERY" ]; }
local_ones() { getent passwd nora other; getent group pia others; }

# --- they come later, and orgsyncd notices by itself ---
orgsyncd 2>"$T/log" &
ok "orgsyncd runs" wait_for 5 orgadmin host sync
clash
before=$(local_ones)
begun=$EPOCHREALTIME
for name in nora olaf pia quinn; do wait_for 10 none $name; done
diag "local users and groups that came later were noticed within $(awk "BEGIN { printf \"%.1f\", $EPOCHREALTIME - $begun }") s (poll: 1 s)"
guarded "later, by itself"
is "$(local_ones)" "$before" "... the local ones are what they were"
for name in nora olaf pia quinn; do
    like "$(grep "$name" "$T/log")" 'the machine has a user or group of that (name|number)' "... and the log says why $name is not served"
done
unclash
ok "they go: every path answers again" wait_for 10 eval 'every nora && every olaf && every pia && every quinn'

# --- with a poll that is far away, orgadmin host sync does it ---
sed -i 's/poll = "1s"/poll = "1d"/' $CONF
kill -HUP $!
wait_for 5 grep -q 'configuration read again' "$T/log"
wait_for 5 orgadmin host sync
clash
ok "orgadmin host sync" orgadmin host sync
guarded "later, at orgadmin host sync"
is "$(getent passwd nora | cut -d: -f3)" 5001 "... the name is the local user's"
is "$(getent passwd "${uid[olaf]}" | cut -d: -f1)" other "... and so is the number"
unclash
orgadmin host sync 2>/dev/null

# --- an organization's group ---
echo "acme:x:5005:" >>/etc/group
echo "others:x:${gid[acme-admins]}:" >>/etc/group
orgadmin host sync 2>/dev/null
is "$(group_paths acme "${gid[acme]}")" '' "a group whose name a local one has: by no path"
is "$(getent group acme)" 'acme:x:5005:' "... and nobody joins the local one"
is "$(group_paths acme-admins "${gid[acme-admins]}")" '' "a group whose number a local one has: by no path"
like "$(cat "$T/log")" 'group "acme" is not served: the machine has' "... the log says why"
unclash
orgadmin host sync 2>/dev/null
is "$(group_paths acme-admins "${gid[acme-admins]}")" "group gid groups initgroups" "they go: every path answers again"
kill $!
wait $! 2>/dev/null

# --- they were there first: on a new machine ---
rm -r /var/lib/orglogin
clash
ok "a new machine publishes" all publish
for name in nora pia; do is "$(paths $name "${uid[$name]}")" '' "first: $name, whose name is taken, by no path"; done
for name in olaf quinn; do
    got=$(getent -s org passwd $name | cut -d: -f3)
    is "$([ "$got" != "${uid[$name]}" ] && paths $name "$got")" "$EVERY" "... $name, whose number is taken, has another one"
    is "$(getent -s org passwd "${uid[$name]}"; getent -s org group "${uid[$name]}")" '' "... and does not answer to the local one's"
done
is "$(id -u ann)" "${uid[ann]}" "... everybody else has the number that he has on other machines"
done_testing
