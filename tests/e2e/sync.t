#!/bin/bash
# orgsyncd as a daemon: what it lets through, what it survives, and that it needs nobody's hand afterwards.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../lib/root.sh"
inside_root
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/host.sh"

configure_file_provider
crowd=$(for i in 1 2 3 4 5 6 7 8 9; do echo "user$i:member"; done)
# shellcheck disable=SC2086 # a list of words
members ada:admin mia:member $crowd
orgsyncd 2>"$T/log" &
daemon=$!
# shellcheck disable=SC2329 # called by wait_for
known() { getent passwd "$1"; }
shell_of() { getent passwd "$1" | cut -d: -f7; }
generation() { orgadmin host status -o json | jq -r '.[0].generation'; }
ok "a first start publishes" wait_for 5 known mia

# --- who is who ---
children() { ps -o pid=,user=,args= --ppid "$daemon"; }
like "$(children)" '[0-9]+ orgsync ' "a fetcher runs as orgsync"
keeper=$(children | awk '$2 == "root" { print $1 }')
fetcher=$(children | awk '$2 == "orgsync" { print $1 }')
is "$(nsenter -t "$keeper" -n ip -o link | wc -l)" 1 "the keeper has a network of its own, with nothing but a loopback device in it"
like "$(nsenter -t "$keeper" -n ip -o link)" 'lo: .*state DOWN' "... that is down"
is "$(grep -E '^(CapEff|CapPrm|CapInh|CapAmb):' /proc/"$fetcher"/status | grep -cv '0000000000000000$')" 0 "the fetcher has no capability"
like "$(grep NoNewPrivs /proc/"$fetcher"/status)" '1$' "... and cannot get any"
is "$(find /proc/"$fetcher"/fd -mindepth 1 | wc -l)" "$(find /proc/"$fetcher"/fd -lname '/dev/*' -o -lname 'pipe:*' -o -lname 'socket:*' -o -lname 'anon_inode:*' -o -lname '*/log' | wc -l)" "... and has no file open"
is "$(setpriv --reuid=orgsync --clear-groups sh -c 'find /tmp /var/lib/orglogin /run/orglogin /etc/orglogin -maxdepth 1 -writable ! -type s' 2>/dev/null)" /tmp "... and no path of ours to write to"
is "$(orgsyncd --once 2>&1 | grep -c 'another orgsyncd is running')" 1 "a second orgsyncd is refused"

# --- what it counts ---
useradd --no-create-home nobodys 2>/dev/null
su -s /bin/sh nobodys -c 'orgadmin host metrics' >"$T/metrics"
like "$(cat "$T/metrics")" '^orgsyncd_generation 1$' "metrics: the generation"
like "$(cat "$T/metrics")" '^orgsyncd_members\{organization="acme"\} 11$' "... the members of each organization"
like "$(cat "$T/metrics")" '^orgsyncd_api_errors_total\{organization="acme"\} 0$' "... its errors"
is "$(grep -vc '^#' "$T/metrics")" "$(grep -Ec '^orgsyncd_[a-z_]+(\{[a-z]+="[a-z]+"\})? -?[0-9]+(\.[0-9]+)?$' "$T/metrics")" "... every line is a sample"
is "$(grep -o '^orgsyncd_[a-z_]*' "$T/metrics" | sort -u | tr '\n' ' ')" "$(sed -n 's/^# TYPE \([a-z_]*\) .*/\1/p' "$T/metrics" | sort -u | tr '\n' ' ')" "... of a type that was declared"
su - stranger >/dev/null 2>&1
su -s /bin/sh - mia -c true >/dev/null 2>&1
like "$(orgadmin host metrics)" '^orgsyncd_refusals_total\{reason="role"\} 1$' "... and a login that pam_org refused"
userdel nobodys

# --- the shrink brake ---
members ada:admin mia:member user1:member
orgadmin host sync 2>"$T/err"
is "$?" 1 "a listing without 8 of 11 members: half of them are taken, the others held"
like "$(cat "$T/err")" 'holds what would be taken from 3 members: user7, user8, user9; .*--accept' "... and what is held is said, with what to do"
is "$(shell_of user6) $(shell_of user9)" "/usr/sbin/nologin /bin/bash" "... so the first half is gone, the others are still there"
like "$(orgadmin host status)" '3 members: user7, user8, user9' "... as orgadmin host status says"
like "$(orgadmin host explain user9 sshd | tail -1)" 'allowed \(rule\)' "... and come in"
ok "... until an administrator accepts it" orgadmin host sync --accept
is "$(shell_of user9)" /usr/sbin/nologin "... then they are gone, and keep name and number"
is "$(orgadmin host status -o json | jq -r '.[0].trouble')" '' "... and nothing is held"
members
orgadmin host sync --accept 2>"$T/err"
is "$?" 4 "no members at all is never believed"
is "$(shell_of ada)" /bin/bash "... and changes nothing"
members ada:admin mia:member user1:member
ok "a good listing ends it" orgadmin host sync
is "$(su -s /bin/sh nobody -c 'orgadmin host sync' 2>&1 | grep -ci 'only root')" 1 "only root may ask for a listing"

# --- local users come and go ---
useradd --no-create-home mia2
members ada:admin mia:member mia2:member user1:member
orgadmin host sync
is "$(shell_of mia2)" /bin/sh "a member with a local user's name is not served"
like "$(cat "$T/log")" 'mia2.*machine has a user' "... and reported"
userdel mia2
orgadmin host sync
ok "... until the local user is gone" wait_for 5 known mia2
useradd --no-create-home user1 2>/dev/null || echo 'user1:x:4242:4242::/:/bin/sh' >>/etc/passwd
orgadmin host sync
is "$(getent -s org passwd user1)" '' "a local user who comes later takes the name from the member"
sed -i '/^user1:/d' /etc/passwd /etc/group
orgadmin host sync

# --- killed at any moment ---
publish_again() { members ada:admin mia:member "x$1:member"; }
killed=0
for round in 1 2 3 4 5 6; do
    publish_again "$round"
    orgadmin host sync >/dev/null 2>&1 &
    sleep "0.0$((RANDOM % 10))"
    for child in $(ps -o pid= --ppid "$daemon"); do
        [ $((RANDOM % 2)) = 0 ] && kill -9 "$child" 2>/dev/null && killed=$((killed + 1))
    done
    wait $!
    known ada >/dev/null || fail "round $round: a lookup fails while orgsyncd starts anew"
done
ok "after $killed kills of keeper and fetcher it syncs again by itself" wait_for 20 orgadmin host sync
ok "... and the last listing is what is served" wait_for 5 known x6
is "$(getent passwd | grep -c .)" "$(grep -c . /etc/passwd)" "nobody is listed by getent passwd (enumerate = false)"
kill -9 $daemon
wait $daemon 2>/dev/null
is "$(shell_of ada)" /bin/bash "orgsyncd killed: names are still known"
wait_for 5 bash -c '! pgrep -u orgsync' && pass "... and its children are gone" || fail "its children live on"
before=$(id -u mia)
orgsyncd 2>"$T/log" &
daemon=$!
ok "it starts again" wait_for 5 orgadmin host sync
is "$(id -u mia)" "$before" "numbers are what they were"

# --- a disk that is full, a directory that is read-only ---
fill_disk() { cat /dev/zero >>/mnt/fill 2>/dev/null; }
mount -t tmpfs -o size=4m tmpfs /mnt
kill $daemon
wait $daemon
cp -a /var/lib/orglogin/. /mnt/
mount --bind /mnt /var/lib/orglogin
orgsyncd 2>"$T/log" &
daemon=$!
ok "on a small disk it works" wait_for 5 orgadmin host sync
for who in leo kim; do # twice: the room that was kept for one change is kept again
    members ada:admin $who:member
    ok "room is kept for the next change" wait_for 5 test -s /mnt/reserve
    fill_disk
    ok "a full disk: the sync is done" orgadmin host sync
    is "$(shell_of mia)/$(id -un $who)" "/usr/sbin/nologin/$who" "... who left is out, who came is in"
done
rm /mnt/reserve
fill_disk
members ada:admin mia:member full:member
orgadmin host sync >/dev/null 2>&1
is "$?" 4 "without it the sync fails"
like "$(cat "$T/log")" 'no room for another snapshot|database or disk is full' "... which was to be expected"
is "$(shell_of ada)" /bin/bash "... what was published stays"
is "$(getent passwd full)" '' "... and nothing new is served"
rm /mnt/fill
ok "with room again it recovers by itself" wait_for 20 known full
is "$(id -u mia)" "$before" "... with the same numbers"
kill $daemon
wait $daemon
umount /var/lib/orglogin
done_testing
