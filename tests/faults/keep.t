#!/bin/bash
# Places and resources that fail: a read-only state directory, no descriptors, everybody renamed at once. What was published
# stays, and afterwards nobody's hand is needed.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../lib/root.sh"
inside_root
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/host.sh"
. "$(dirname "$0")/people.sh"

configure
crowd 20
orgsyncd --once >/dev/null
crowd 20 user rem
start_orgsyncd
ok "orgsyncd starts" wait_for 10 orgadmin host sync

# --- a state directory that turned read-only ---
mount --bind /var/lib/orglogin /var/lib/orglogin
mount -o remount,bind,ro /var/lib/orglogin
crowd 21 user rem
orgadmin host sync >/dev/null 2>&1
is "$?" 4 "a read-only state directory: the sync fails"
stand "while it is read-only"
is "$(known user21)" '' "... nothing new is served"
mount -o remount,bind,rw /var/lib/orglogin
ok "writable again it goes on by itself" wait_for 30 known user21
umount -l /var/lib/orglogin # orgsyncd has its lock in there

# --- no descriptors ---
keeper=$(ps -o pid=,user= --ppid "$daemon" | awk '$2 == "root" { print $1 }')
for pid in $daemon $keeper; do
    prlimit --pid "$pid" --nofile=0:
done
crowd 22 user rem
timeout 5 orgadmin host sync >/dev/null 2>&1
stand "orgsyncd without descriptors"
for pid in $daemon $keeper; do
    prlimit --pid "$pid" --nofile=1024: 2>/dev/null # it may have ended and be another by now
done
ok "with descriptors again it goes on by itself" wait_for 30 known user22
none=$( (ulimit -n 3; exec getent passwd ada) 2>/dev/null; echo $?)
like "$none" '^[0-9]+$' "a program without descriptors finds nobody, and does not crash"
[ "$none" -lt 128 ] && pass "... it ends by itself" || fail "... it ended with $none"
is "$( (ulimit -n 5; exec getent passwd ada) | cut -d: -f1)" ada "with one to spare it finds her"

# --- 50 000 renamed at once ---
crowd 50000 user rem
ok "50 000 members" orgadmin host sync
uid=$(id -u user49999)
like "$uid" '^[0-9]+$' "... all with their names when the sync is told done"
begun=$EPOCHREALTIME
crowd 50000 person rem
ok "all of them renamed at once" orgadmin host sync
took=$(((${EPOCHREALTIME/./} - ${begun/./}) / 1000))
diag "took $took ms"
ok "... in no more than half a minute" test "$took" -lt 30000
is "$(id -u person49999)" "$uid" "... with the same numbers"
is "$(known user49999)" '' "... and their old names are gone"
crowd 50000 user rem
orgadmin host sync
is "$(id -u user49999)" "$uid" "a name that one has had one may have again"
stand "afterwards"
done_testing
