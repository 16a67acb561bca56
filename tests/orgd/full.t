#!/bin/bash
# A full disk: what cannot be written is refused and not half there, what was acknowledged stays, and it goes on with room again.
. "$(dirname "$0")/../lib/tap.sh"
if [ $# = 0 ]; then # its file system is nobody else's
    unshare --mount --propagation private true 2> /dev/null || skip_all 'no namespaces here'
    exec unshare --mount --propagation private "$0" inside
fi
. "$(dirname "$0")/../lib/orgd.sh"
need python3; need_root
mkdir "$T/small"
mount -t tmpfs -o size=700k,mode=700 none "$T/small" || skip_all 'cannot mount here'
trap 'cd /; umount "$T/small"; tap_cleanup' EXIT
DATA=$T/small/orgd.db
orgd_start
acknowledged=$(python3 "$TOP/tests/orgd/parallel.py" "$URL" "$OWNER" writes 2 f "$T/acknowledged")
ok "changes are acknowledged until the disk is full" test "$acknowledged" -gt 0
call /organizations/create '{"name":"No room"}' "$OWNER"
expect 500 internal 'a change on a full disk is refused with 500'
like "$(cat "$ORGD_LOG")" 'orgd\.db: database or disk is full' 'the log says that the disk is full'
call /users/whoami '{}' "$OWNER"; is "$status" 200 'reading goes on while the disk is full'
mount -o remount,size=20m "$T/small"
call /organizations/create '{"name":"Room"}' "$OWNER"; is "$status" 200 'changes are made again when the disk has room'
is "$(while read -r table column id; do echo "SELECT '$id' WHERE NOT EXISTS (SELECT 1 FROM $table WHERE $column = '$id');"; done < "$T/acknowledged" | sqlite3 "$DATA" | wc -l)" 0 \
    'every change acknowledged before the disk was full is in the data file'
is "$(sql "SELECT count(*) FROM organizations WHERE name = 'No room'")" 0 'a change refused on a full disk is not in the data file'
orgd_stop
is "$("$ORGD" check --data "$DATA" 2>&1)" "$DATA: nothing is wrong" 'orgd check finds no error after a full disk'
orgd_start
orgd_end
done_testing
