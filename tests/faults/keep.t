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
ok "orgsyncd starts and syncs" wait_for 10 orgadmin host sync

# --- a state directory that turned read-only ---
mount --bind /var/lib/orglogin /var/lib/orglogin
mount -o remount,bind,ro /var/lib/orglogin
crowd 21 user rem
orgadmin host sync >/dev/null 2>&1
is "$?" 4 "host sync fails with status 4 when the state directory is read-only"
stand "a read-only state directory"
is "$(known user21)" '' "a new member is not served while the state directory is read-only"
mount -o remount,bind,rw /var/lib/orglogin
ok "a new member is served by itself when the state directory is writable again" wait_for 30 known user21
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
ok "a new member is served by itself when orgsyncd has descriptors again" wait_for 30 known user22
none=$( (ulimit -n 3; exec getent passwd ada) 2>/dev/null; echo $?)
like "$none" '^[0-9]+$' "a lookup in a program without descriptors ends with a status"
[ "$none" -lt 128 ] && pass "a lookup without descriptors ends without a signal" || fail "a lookup without descriptors ends without a signal" "exit status $none"
is "$( (ulimit -n 5; exec getent passwd ada) | cut -d: -f1)" ada "a lookup in a program with a descriptor to spare finds the member"

# --- 50 000 renamed at once ---
crowd 50000 user rem
ok "host sync publishes 50 000 members" orgadmin host sync
uid=$(id -u user49999)
like "$uid" '^[0-9]+$' "a member's id is known as soon as the sync of 50 000 ends"
begun=$EPOCHREALTIME
crowd 50000 person rem
ok "host sync publishes 50 000 members renamed at once" orgadmin host sync
took=$(((${EPOCHREALTIME/./} - ${begun/./}) / 1000))
diag "took $took ms"
ok "50 000 members renamed at once are published within half a minute" test "$took" -lt 30000
is "$(id -u person49999)" "$uid" "a renamed member keeps the id"
is "$(known user49999)" '' "the old name of a renamed member is gone"
crowd 50000 user rem
orgadmin host sync
is "$(id -u user49999)" "$uid" "a member takes back a former name and keeps the id"
stand "50 000 members renamed and back"
done_testing
