#!/bin/bash
# Starting and stopping: the first token, the command line, what a start refuses.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/orgd.sh"
only_sqlite 'it is about the data file'

# refused STATUS REGEX NAME ARGUMENT...: orgd exits with STATUS and one line that says why
refused() {
    local want=$1 regex=$2 name=$3 out rc; shift 3
    out=$(timeout 60 "$ORGD" "$@" 2>&1 >/dev/null); rc=$?
    is "$rc" "$want" "$name: orgd exits with status $want"
    like "$out" "$regex" "$name: the message says why"
}

orgd_start --owner Ann@Example.org
is "$(wc -l < "$T/orgd.out")" 4 'the first start prints two lines and a line for each listener'
is "$(grep -cE '^live_[a-z0-9]{20}:[A-Za-z0-9_-]{43}$' "$T/orgd.out")" 1 'the first token stands alone on its line'
like "$URL" '^http://127\.0\.0\.1:[1-9][0-9]+$' '--listen with port 0 takes a port and prints it'
call /users/whoami '{}' "$OWNER"
is "$(field '"\(.user.email) \(.user.username)"')" 'Ann@Example.org ann' 'the first user has the address of --owner and a username folded from it'
is "$(stat -c %a "$DATA")" 600 'the data file has mode 600'
is "$(stat -c %a "$DATA-wal")" 600 "the data file's write-ahead log has mode 600"
is "$(stat -c %a "$SOCKET")" 666 'the socket has mode 666'
is "$(sql 'PRAGMA journal_mode; PRAGMA user_version' | paste -sd' ')" "wal $SCHEMA" 'the data file has a write-ahead log and the newest schema version'

refused 1 'another server is listening' 'a socket in use' --data "$T/other.db" --socket "$SOCKET"
ok 'orgd makes no data file when the socket is in use' test ! -e "$T/other.db"
refused 1 'another orgd is using it' 'a data file in use' --data "$DATA" --socket "$T/other.sock"
refused 1 "$(sed s,http://,, <<< "$URL"): cannot listen: Address already in use" 'a port in use' \
    --data "$T/other.db" --socket "$T/other.sock" --listen "${URL#http://}"
VIA=unix call /users/whoami '{}' "$OWNER"
is "$status" 200 'the running server answers after three refused starts'

orgd_stop
is "$orgd_status" 0 'SIGTERM ends orgd with status 0'
ok 'SIGTERM removes the socket' test ! -e "$SOCKET"
orgd_start --owner other@example.org
is "$(grep -c : "$T/orgd.out")" 1 'a second start prints no token'
like "$(cat "$ORGD_LOG")" '^orgd: --owner does nothing: .*orgd.db has users already' 'a second start with --owner says that it does nothing'
call /users/whoami '{}' "$OWNER"
is "$(field .user.username)" ann 'a second start with another --owner keeps the first user'
kill -INT "$orgd_pid"; wait "$orgd_pid"
is $? 0 'SIGINT ends orgd with status 0'

# A change that comes between the signal and the end: strace makes that time long enough.
if command -v strace > /dev/null && strace -o /dev/null true 2> /dev/null; then
    ASAN_OPTIONS=detect_leaks=0 orgd_start # the leak checker cannot work beside strace
    exec 3<>"/dev/tcp/127.0.0.1/${URL##*:}"
    strace -p "$orgd_pid" -o "$T/strace" -e trace=epoll_wait -e inject=epoll_wait:delay_exit=1000000 2> "$T/strace.err" & tracer=$!
    wait_for 10 grep -q attached "$T/strace.err"
    sleep 4 # then it waits in its own loop, and not in libmicrohttpd
    kill -TERM "$orgd_pid"
    printf 'POST /v1/organizations/create HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAuthorization: Bearer %s\r\nContent-Length: 15\r\n\r\n{"name":"Late"}' "$OWNER" >&3
    wait "$orgd_pid" 2> /dev/null
    is $? 0 'SIGTERM before a change ends orgd with status 0'
    exec 3>&-; wait $tracer
    is "$(sql "SELECT count(*) FROM organizations WHERE name = 'Late'")" 0 'a change that comes after SIGTERM is not made'
else
    pass 'a change that comes after SIGTERM is not made # SKIP strace cannot be used here'
fi

orgd_start
kill -KILL "$orgd_pid"; wait "$orgd_pid" 2>/dev/null
ok 'a killed orgd leaves its socket' test -S "$SOCKET"
orgd_start
is $? 0 'a start takes over the socket of a killed orgd'
orgd_stop

for address in 0.0.0.0:0 192.0.2.1:80 '[::]:0' '[2001:db8::1]:80' '[::ffff:127.0.0.1]:0' 128.0.0.1:0; do
    refused 2 'loopback' "--listen $address, not a loopback address" --listen "$address"
done
for address in localhost:80 127.0.0.1 127.0.0.1:65536 127.0.0.1:-1 127.0.0.1:8x ::1:80 :80 127.0.0.1: ''; do
    refused 2 'must be 127.0.0.1:PORT' "--listen '$address', malformed" --listen "$address"
done
refused 2 'e-mail' '--owner without @' --owner ann
refused 2 'login name' '--owner without a login name' --owner 1ann@example.org
refused 2 'orgd --help' 'an unknown option' --frobnicate
refused 2 'unknown command' 'an unknown command' serve
for option in help version; do
    out=$("$ORGD" --$option); is $? 0 "--$option exits with 0"
    like "$out" '^(Usage: orgd|orgd [0-9])' "--$option answers on standard output"
done

# Data files that are not ours
bad="$T/bad.db"
try() { refused 1 "$1" "$2" --data "$bad" --socket "$T/bad.sock"; rm -rf "$bad"; }
touch "$bad"; chmod 644 "$bad";                         try 'mode 0644' 'a data file that others can read'
mkdir -m 700 "$bad";                                    try 'Is a directory' 'a directory in the place of the data file'
(umask 077; head -c 5000 /dev/urandom > "$bad");        try 'not a database' 'a data file that is no database'
(umask 077; sqlite3 "$bad" 'CREATE TABLE t(x)');        try 'not a data file of orgd' 'a database of another program'
(umask 077; sqlite3 "$bad" 'PRAGMA user_version = 99'); try 'newer orgd' 'a data file of a newer orgd'
refused 1 'No such file or directory' 'a data file in a missing directory' --data "$T/no/such/orgd.db" --socket "$T/bad.sock"
refused 1 'path has 1-107 characters' 'a socket path that is too long' --socket "/$(printf '%0200d' 0)"

mkdir "$T/new"
"$ORGD" --data "$T/new/orgd.db" --socket "$T/new.sock" --owner ann@example.org > /dev/full 2> "$T/full.err"
is $? 1 'a first token that cannot be shown ends orgd with status 1'
like "$(cat "$T/full.err")" 'token could not be shown' 'a first token that cannot be shown is named in the message'
is "$(sqlite3 "$T/new/orgd.db" 'SELECT count(*) FROM users, tokens')" 0 'a first token that cannot be shown makes no user'

# Without an owner, or where the token would stand in the journal, orgd init makes the first user.
made_by() { sed -n 's/^orgd: .* has no user yet: run \(orgd init\) as root.*/\1/p' "$1"; }
mkdir "$T/empty"
start "$T/empty.out" '^listening' "$ORGD" --data "$T/empty/orgd.db" --socket "$T/empty.sock" 2> "$T/empty.err"
is "$(made_by "$T/empty.err") $(grep -c '^live_' "$T/empty.out")" 'orgd init 0' 'a first start without --owner makes no user and says who does'
is "$(curl -sS --unix-socket "$T/empty.sock" -H 'Content-Type: application/json' -d '{}' -o /dev/null -w '%{http_code}' http://localhost/v1/users/whoami)" 401 'a server without users refuses callers'
kill "$started"; wait "$started"
JOURNAL_STREAM=$(: > "$T/journal.out"; stat -c %d:%i "$T/journal.out") start "$T/journal.out" '^listening' \
    "$ORGD" --data "$T/empty/orgd.db" --socket "$T/empty.sock" --owner ann@example.org 2> "$T/empty.err"
is "$(made_by "$T/empty.err") $(grep -c '^live_' "$T/journal.out")" 'orgd init 0' 'no token is printed to the journal'
kill "$started"; wait "$started"

"$ORGD" --data "$T/made/orgd.db" --socket "$T/sock/orgd.sock" > "$T/made.out" &
pid=$!
ok 'orgd makes the directories of the data file and the socket' wait_for 10 grep -q listening "$T/made.out"
is "$(stat -c %a "$T/made" "$T/sock" | paste -sd' ')" '700 755' 'the data directory has mode 700, the socket directory mode 755'
kill $pid; wait $pid
done_testing
