#!/bin/bash
# The data file as a whole: put back, moved away under a running server, looked at where it can only be read, made small.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/orgd.sh"
only_sqlite 'it is about the data file'
mkdir -m 700 "$T/data"
DATA=$T/data/orgd.db
orgd_start
org=$(new_org Acme)
"$ORGD" backup "$T/copy.db" --data "$DATA"
later=$(new_org Later)
who() { call /organizations/list '{}' "$OWNER"; field '[.organizations[].name] | join(" ")'; }
# fails REGEX NAME ARGUMENT...: orgd fails with status 1
fails() { local regex=$1 name=$2 out; shift 2; out=$("$ORGD" "$@" 2>&1 < /dev/null); like "$? $out" "^1 .*$regex" "$name"; }

# --- restore ---
fails 'another orgd is using it' 'orgd restore beside a running server is refused' restore "$T/copy.db" --data "$DATA"
fails 'another orgd is using it' 'orgd vacuum beside a running server is refused' vacuum --data "$DATA"
kill -KILL "$orgd_pid"; wait "$orgd_pid" 2> /dev/null # its log is left
fails 'none.db: unable to open' 'orgd restore of a missing copy is refused' restore "$T/none.db" --data "$DATA"
cp "$T/copy.db" "$T/damaged.db"; dd if=/dev/urandom of="$T/damaged.db" bs=1 seek=8192 count=3000 conv=notrunc 2> /dev/null
fails damaged 'orgd restore of a damaged copy is refused' restore "$T/damaged.db" --data "$DATA"
cp "$T/copy.db" "$T/ownerless.db"; sqlite3 "$T/ownerless.db" "UPDATE members SET role = 'admin'"
fails 'has no owner' 'orgd restore of a copy with a contradiction is refused' restore "$T/ownerless.db" --data "$DATA"
is "$(ls "$T/data" | paste -sd' ')" 'orgd.db orgd.db-lock orgd.db-reserve orgd.db-shm orgd.db-wal' 'orgd restore that is refused leaves the data file alone'
out=$("$ORGD" restore "$T/copy.db" --data "$DATA" 2>&1); is $? 0 'orgd restore puts a copy back'
kept=$(find "$T/data" -name 'orgd.db.replaced.*' ! -name '*-wal')
like "$out" "restored from .*copy.db; the file as it was is $kept" 'orgd restore names the file that was there'
is "$(sqlite3 "$kept" 'SELECT group_concat(name) FROM (SELECT name FROM organizations ORDER BY created_at)')" 'Acme,Later' 'the file that was there is kept with its log'
is "$(stat -c %a "$DATA")" 600 'a restored data file has mode 600'
orgd_start
is "$(who)" Acme 'the server serves the restored data'
orgd_stop
rm "$DATA"* # the damaged one was deleted
"$ORGD" restore "$T/copy.db" --data "$DATA" 2> /dev/null; is $? 0 'orgd restore works where no data file is'
orgd_start
is "$(who)" Acme 'the server serves data that was restored to nothing'
orgd_stop
(umask 077; sqlite3 "$T/old.db" < "$TOP/tests/orgd/version-4.sql" > /dev/null)
"$ORGD" restore "$T/old.db" --data "$DATA" 2> /dev/null; is $? 0 'orgd restore takes a copy of an older version'
orgd_start
is "$(sql 'PRAGMA user_version; SELECT count(*) FROM organizations' | paste -sd' ')" "$SCHEMA 2" 'a restored copy of an older version is migrated at the start'
orgd_end
"$ORGD" restore "$T/copy.db" --data "$DATA" 2> /dev/null

# --- moved away ---
# lost HOW WITH...: the running server ends by itself when its file is taken away with WITH
lost() {
    local how=$1; shift
    orgd_start
    "$@"
    call /organizations/create '{"name":"Lost"}' "$OWNER"
    [ "$status" = 500 ] || [ "$status" = 000 ] || [ -z "$status" ]; is $? 0 "a change is not made when the data file was $how"
    wait_for 10 eval '! kill -0 $orgd_pid 2> /dev/null'
    wait "$orgd_pid"; is $? 1 "orgd ends with status 1 when its data file was $how"
    like "$(cat "$ORGD_LOG")" 'was moved, removed or replaced' "the log says that the data file was $how"
    : > "$ORGD_LOG"
}
lost moved mv "$DATA" "$T/data/moved.db"
is "$(sqlite3 "$T/data/moved.db" "SELECT count(*) FROM organizations WHERE name = 'Lost'")" 0 'no change goes into a moved file'
fails 'is missing, and was there before: put it back, or run orgd restore FILE' 'a start without the file that was there is no first start' --data "$DATA" --socket "$SOCKET"
ok 'a start without the file that was there makes none' test ! -e "$DATA"
mv "$T/data/moved.db" "$DATA"
lost removed rm "$DATA"
rm -f "$DATA"-wal "$DATA"-shm
"$ORGD" restore "$T/copy.db" --data "$DATA" 2> /dev/null
cp -p "$T/copy.db" "$T/data/other.db"
lost replaced mv "$T/data/other.db" "$DATA"
rm -f "$DATA"-wal "$DATA"-shm
orgd_start
mv "$DATA" "$T/data/away.db"
fails 'another orgd is using it' 'a second orgd is refused as long as the first one runs, also without the file' --data "$DATA" --socket "$T/second.sock"
mv "$T/data/away.db" "$DATA"
wait_for 5 eval '! kill -0 $orgd_pid 2> /dev/null'; kill "$orgd_pid" 2> /dev/null; wait "$orgd_pid"
rm -rf "$T/data"; mkdir -m 700 "$T/data"
OWNER=; orgd_start
is "$(who)" '' 'where there never was a data file a start is the first one'
like "$OWNER" '^live_' 'the first start prints a token'

# --- vacuum ---
org=$(new_org Big)
sql "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) INSERT INTO events (at, organization_id, actor, actor_name, action, subject, subject_name, detail, origin, request) SELECT i, '$org', 'a', 'a', 'x', 's', 's', printf('%0100d', i), '', '' FROM n"
orgd_end
"$ORGD" events prune 2000-01-01T00:00:00Z --data "$DATA" > /dev/null
before=$(stat -c %s "$DATA")
ok 'orgd vacuum works without a server' "$ORGD" vacuum --data "$DATA"
ok 'orgd vacuum makes the file smaller' test "$(stat -c %s "$DATA")" -lt $((before / 2))
is "$("$ORGD" check --data "$DATA" 2>&1)" "$DATA: nothing is wrong" 'orgd check finds no error after a vacuum'
fails 'none.db: No such file' 'orgd vacuum of a missing file fails with the reason' vacuum --data "$T/none.db"
ok 'orgd vacuum makes no file' test ! -e "$T/none.db"

# --- other users ---
if [ "$(id -u)" = 0 ] && have setpriv; then
    chmod 711 "$T"; cp "$ORGD" "$T/orgd"; real=$ORGD
    nobody=(setpriv --reuid 65534 --regid 65534 --clear-groups --)
    mkdir "$T/shelf"; cp "$T/copy.db" "$T/shelf/copy.db"; chmod 755 "$T/shelf"; chmod 444 "$T/shelf/copy.db"
    is "$("${nobody[@]}" "$T/orgd" check --data "$T/shelf/copy.db" 2>&1)" "$T/shelf/copy.db: nothing is wrong" 'orgd check looks at a file that it can only read'
    mkdir -m 700 "$T/own"; chown 65534:65534 "$T/own"
    "$ORGD" restore "$T/copy.db" --data "$T/own/orgd.db" 2> /dev/null
    is "$(find "$T/own" ! -user 65534)" '' 'what root restores belongs to the user of the server'
    printf '#!/bin/bash\nexec %s "%s" "$@"\n' "${nobody[*]}" "$T/orgd" > "$T/user-orgd"; chmod 755 "$T/user-orgd"
    DATA=$T/own/orgd.db SOCKET=$T/own/orgd.sock ORGD=$T/user-orgd
    orgd_start; orgd_end
    chown 0:0 "$T/own/orgd.db"
    fails 'belongs to the user with the number 0, and orgd runs as 65534' 'a data file of root is refused with the reason' --data "$DATA" --socket "$SOCKET"
    rm -rf "$T/own"; mkdir -m 700 "$T/own"; chown 65534:65534 "$T/own"
    start "$T/orgd.out" '^listening' "$real" --data "$DATA" --socket "$SOCKET"; kill "$started"; wait "$started"
    is "$(find "$T/own" ! -user 65534)" '' "what a first start by root makes belongs to the directory's owner"
else
    pass 'files of other users # SKIP needs root'
fi
done_testing
