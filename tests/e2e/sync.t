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
ok 'orgsyncd publishes at its first start' wait_for 5 known mia

# --- who is who ---
children() { ps -o pid=,user=,args= --ppid "$daemon"; }
like "$(children)" '[0-9]+ orgsync ' 'the fetcher runs as orgsync'
keeper=$(children | awk '$2 == "root" { print $1 }')
fetcher=$(children | awk '$2 == "orgsync" { print $1 }')
is "$(nsenter -t "$keeper" -n ip -o link | wc -l)" 1 'the keeper has a network namespace with a loopback device alone'
like "$(nsenter -t "$keeper" -n ip -o link)" 'lo: .*state DOWN' 'the loopback device of the keeper is down'
is "$(grep -E '^(CapEff|CapPrm|CapInh|CapAmb):' /proc/"$fetcher"/status | grep -cv '0000000000000000$')" 0 'the fetcher has no capability'
like "$(grep NoNewPrivs /proc/"$fetcher"/status)" '1$' 'the fetcher cannot get a capability'
# While it lists, the members' file is open.
files_open() { find /proc/"$fetcher"/fd -mindepth 1 ! -lname '/dev/*' ! -lname 'pipe:*' ! -lname 'socket:*' ! -lname 'anon_inode:*' ! -lname '*/log' 2>/dev/null; }
ok 'the fetcher keeps no file open' wait_for 5 eval '[ -e /proc/$fetcher/fd/2 ] && [ -z "$(files_open)" ]'
is "$(setpriv --reuid=orgsync --clear-groups sh -c 'find /tmp /var/lib/orglogin /run/orglogin /etc/orglogin -maxdepth 1 -writable ! -type s' 2>/dev/null)" /tmp 'the fetcher can write to no path of orglogin'
is "$(orgsyncd --once 2>&1 | grep -c 'another orgsyncd is running')" 1 'a second orgsyncd is refused'

# --- what it counts ---
useradd --no-create-home nobodys 2>/dev/null
su -s /bin/sh nobodys -c 'orgadmin host metrics' >"$T/metrics"
like "$(cat "$T/metrics")" '^orgsyncd_generation 1$' 'host metrics prints the generation'
like "$(cat "$T/metrics")" '^orgsyncd_members\{organization="acme"\} 11$' 'host metrics prints the members of each organization'
like "$(cat "$T/metrics")" '^orgsyncd_api_errors_total\{organization="acme"\} 0$' 'host metrics prints the errors of each organization'
is "$(grep -vc '^#' "$T/metrics")" "$(grep -Ec '^orgsyncd_[a-z_]+(\{[a-z]+="[a-z]+"\})? -?[0-9]+(\.[0-9]+)?$' "$T/metrics")" 'host metrics prints samples alone'
is "$(grep -o '^orgsyncd_[a-z_]*' "$T/metrics" | sort -u | tr '\n' ' ')" "$(sed -n 's/^# TYPE \([a-z_]*\) .*/\1/p' "$T/metrics" | sort -u | tr '\n' ' ')" 'host metrics declares the type of every sample'
su - stranger >/dev/null 2>&1
su -s /bin/sh - mia -c true >/dev/null 2>&1
like "$(orgadmin host metrics)" '^orgsyncd_refusals_total\{reason="role"\} 1$' 'host metrics counts a login that pam_org refused'
userdel nobodys

# --- the shrink brake ---
members ada:admin mia:member user1:member
orgadmin host sync 2>"$T/err"
is "$?" 1 'host sync exits 1 when a listing loses 8 of 11 members'
like "$(cat "$T/err")" 'holds back the losses of 3 members: user7, user8, user9; .*--accept' 'host sync names the held losses and --accept'
is "$(shell_of user6) $(shell_of user9)" "/usr/sbin/nologin /bin/bash" 'the shrink brake takes half of the losses and holds the others'
like "$(orgadmin host status)" '3 members: user7, user8, user9' 'host status names the held losses'
like "$(orgadmin host explain user9 sshd | tail -1)" 'allowed \(rule\)' 'host explain admits a member whose loss is held'
ok 'host sync --accept succeeds' orgadmin host sync --accept
is "$(shell_of user9)" /usr/sbin/nologin 'host sync --accept takes the held losses'
is "$(orgadmin host status -o json | jq -r '.[0].trouble')" '' 'host status shows no trouble after host sync --accept'
members
orgadmin host sync --accept 2>"$T/err"
is "$?" 4 'host sync --accept refuses an empty listing'
is "$(shell_of ada)" /bin/bash 'an empty listing changes nothing'
members ada:admin mia:member user1:member
ok 'host sync succeeds with a good listing after an empty one' orgadmin host sync
is "$(su -s /bin/sh nobody -c 'orgadmin host sync' 2>&1 | grep -ci 'only root')" 1 'host sync refuses another user than root'

# --- local users come and go ---
useradd --no-create-home mia2
members ada:admin mia:member mia2:member user1:member
orgadmin host sync
is "$(shell_of mia2)" /bin/sh 'a member with the name of a local user is not served'
like "$(cat "$T/log")" 'mia2.*machine has a user' 'orgsyncd logs a member with the name of a local user'
userdel mia2
orgadmin host sync
ok 'a member is served when the local user of that name goes' wait_for 5 known mia2
useradd --no-create-home user1 2>/dev/null || echo 'user1:x:4242:4242::/:/bin/sh' >>/etc/passwd
orgadmin host sync
is "$(getent -s org passwd user1)" '' 'a member is not served when a local user of that name comes'
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
    known ada >/dev/null || fail "names resolve while killed children start again, round $round"
done
ok 'orgsyncd syncs again after keeper and fetcher were killed' wait_for 20 orgadmin host sync
ok 'orgsyncd publishes the last listing after keeper and fetcher were killed' wait_for 5 known x6
is "$(getent passwd | grep -c .)" "$(grep -c . /etc/passwd)" 'getent passwd lists no member with enumerate = false'
kill -9 $daemon
wait $daemon 2>/dev/null
is "$(shell_of ada)" /bin/bash 'names resolve when orgsyncd was killed'
wait_for 5 bash -c '! pgrep -u orgsync' && pass 'the children of a killed orgsyncd end' || fail 'the children of a killed orgsyncd end'
before=$(id -u mia)
orgsyncd 2>"$T/log" &
daemon=$!
ok 'orgsyncd starts again after it was killed' wait_for 5 orgadmin host sync
is "$(id -u mia)" "$before" 'a member keeps the number after orgsyncd was killed'

# --- a restart while the organization is away ---
kill $daemon
wait $daemon
mv $MEMBERS $MEMBERS.away
orgsyncd 2>"$T/log" &
daemon=$!
heard() { orgadmin host status -o json | jq -r '.[0].heard'; }
ok 'host status shows that the organization is away' wait_for 10 eval "orgadmin host status -o json | jq -e '.[0].trouble != \"\"'"
unlike "$(heard)" never 'host status shows after a restart when the organization was heard from before it'
mv $MEMBERS.away $MEMBERS
ok 'host status shows no trouble when the organization is back' wait_for 20 eval "orgadmin host status -o json | jq -e '.[0].trouble == \"\"'"

# --- a disk that is full, a directory that is read-only ---
fill_disk() { cat /dev/zero >>/mnt/fill 2>/dev/null; }
mount -t tmpfs -o size=4m tmpfs /mnt
kill $daemon
wait $daemon
cp -a /var/lib/orglogin/. /mnt/
mount --bind /mnt /var/lib/orglogin
orgsyncd 2>"$T/log" &
daemon=$!
ok 'orgsyncd syncs on a small disk' wait_for 5 orgadmin host sync
for who in leo kim; do # twice: the room that was kept for one change is kept again
    members ada:admin $who:member
    ok "orgsyncd keeps room on the disk for the change to $who" wait_for 5 test -s /mnt/reserve
    fill_disk
    ok "host sync succeeds on a full disk for the change to $who" orgadmin host sync
    is "$(shell_of mia)/$(id -un $who)" "/usr/sbin/nologin/$who" "a full disk lets a removal and the newcomer $who through"
done
rm /mnt/reserve
fill_disk
members ada:admin mia:member full:member
orgadmin host sync >/dev/null 2>&1
is "$?" 4 'host sync exits 4 on a full disk without the kept room'
like "$(cat "$T/log")" 'no room for another snapshot|database or disk is full' 'orgsyncd logs that a full disk has no room'
is "$(shell_of ada)" /bin/bash 'a full disk without the kept room keeps the published members'
is "$(getent passwd full)" '' 'a full disk without the kept room serves no newcomer'
rm /mnt/fill
ok 'orgsyncd recovers by itself when the disk has room again' wait_for 20 known full
is "$(id -u mia)" "$before" 'a member keeps the number after a full disk'
kill $daemon
wait $daemon
umount /var/lib/orglogin
done_testing
