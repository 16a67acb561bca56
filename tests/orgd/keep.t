#!/bin/bash
# Years of service: a data file of version 1 is migrated and keeps everything; backup and check; and the limits that keep
# strangers from wearing the server out.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/orgd.sh"
only_sqlite 'it is about the data file'
need python3

# --- migration ---
# Made by orgd 0.1.0 of version 1: its schema, a user, an organization with a tombstone, an invitation, two tokens.
# The secret of both tokens is 43 zeros.
hash=$(python3 -c 'import hashlib; print(hashlib.blake2b(b"0" * 43, digest_size=32).hexdigest())')
OWNER=live_00000000000000000001:$(printf '%043d' 0)
(umask 077; sqlite3 "$DATA" > /dev/null <<SQL
PRAGMA journal_mode = WAL;
CREATE TABLE users ( id TEXT PRIMARY KEY, email TEXT NOT NULL UNIQUE COLLATE NOCASE, username TEXT NOT NULL UNIQUE, name TEXT NOT NULL, created_at INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE organizations ( id TEXT PRIMARY KEY, name TEXT NOT NULL, created_at INTEGER NOT NULL, revision INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE members ( organization_id TEXT NOT NULL REFERENCES organizations(id), user_id TEXT NOT NULL REFERENCES users(id), role TEXT NOT NULL, active INTEGER NOT NULL CHECK (active IN (0, 1)), joined_at INTEGER NOT NULL, revision INTEGER NOT NULL, PRIMARY KEY (organization_id, user_id)) WITHOUT ROWID;
CREATE UNIQUE INDEX members_changes ON members(organization_id, revision);
CREATE INDEX members_user ON members(user_id);
CREATE INDEX members_owners ON members(organization_id) WHERE role = 'owner' AND active = 1;
CREATE TABLE invitations ( id TEXT PRIMARY KEY, organization_id TEXT NOT NULL REFERENCES organizations(id), email TEXT NOT NULL COLLATE NOCASE, role TEXT NOT NULL, secret_hash BLOB NOT NULL, created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL, UNIQUE (organization_id, email)) WITHOUT ROWID;
CREATE TABLE tokens ( key TEXT PRIMARY KEY, secret_hash BLOB NOT NULL, last_four TEXT NOT NULL, user_id TEXT REFERENCES users(id), organization_id TEXT REFERENCES organizations(id), role TEXT NOT NULL, name TEXT NOT NULL, test INTEGER NOT NULL CHECK (test IN (0, 1)), created_at INTEGER NOT NULL, CHECK ((user_id IS NULL) <> (organization_id IS NULL))) WITHOUT ROWID;
INSERT INTO users VALUES ('usr_00000000000000000001', 'ann@example.org', 'ann', 'Ann', 1000), ('usr_00000000000000000002', 'bob@example.org', 'bob', 'Bob', 2000);
INSERT INTO organizations VALUES ('org_00000000000000000001', 'Acme', 3000, 7);
INSERT INTO members VALUES ('org_00000000000000000001', 'usr_00000000000000000001', 'owner', 1, 3000, 1), ('org_00000000000000000001', 'usr_00000000000000000002', 'admin', 0, 4000, 7);
INSERT INTO invitations VALUES ('inv_00000000000000000001', 'org_00000000000000000001', 'c@example.org', 'member', x'$hash', 5000, 9000000000000);
INSERT INTO tokens VALUES ('live_00000000000000000001', x'$hash', '0000', 'usr_00000000000000000001', NULL, 'member', '', 0, 1000), ('live_00000000000000000002', x'$hash', '0000', NULL, 'org_00000000000000000001', 'admin', 'host', 0, 6000);
PRAGMA user_version = 1;
SQL
)
org=org_00000000000000000001
tables='SELECT id, email, username, name, created_at FROM users; SELECT id, name, created_at, revision FROM organizations; SELECT organization_id, user_id, role, active, joined_at, revision FROM members; SELECT id, organization_id, email, role, hex(secret_hash), created_at, expires_at FROM invitations; SELECT key, hex(secret_hash), last_four, user_id, organization_id, role, name, test, created_at FROM tokens'
sql "$tables" > "$T/before"
out=$("$ORGD" check --data "$DATA" 2>&1); is "$? ${out#orgd: }" "1 $DATA: has schema version 1; start orgd once, which migrates it to $SCHEMA" 'orgd check refuses a data file of version 1 and says how to migrate it'
orgd_start
is "$(sql 'PRAGMA user_version')" "$SCHEMA" 'a start migrates a data file of version 1'
sql "$tables" > "$T/after"
ok 'a migration from version 1 keeps every row' cmp "$T/before" "$T/after"
is "$(grep -c 'First start' "$T/orgd.out")" 0 'a start that migrates is not taken for the first start'
call /organizations/members/changes "{\"organizationId\":\"$org\",\"since\":0}" "$OWNER"
is "$status $(jq -c '[.revision,(.members|map(.username+" "+.role+" "+.state))]' <<< "$body")" '200 [7,["ann owner active","bob admin removed"]]' 'the members of a migrated organization are served'
call /organizations/invitations/accept "{\"token\":\"inv_00000000000000000001:$(printf '%043d' 0)\",\"username\":\"cat\"}"; is "$status" 200 'an invitation from before the migration is accepted'
call /organizations/roles/set "{\"organizationId\":\"$org\",\"role\":\"ops\",\"permissions\":[\"org:view\"]}" "live_00000000000000000002:$(printf '%043d' 0)"
expect 403 forbidden 'a token from before the migration keeps the permissions of its role'
call /organizations/roles/set "{\"organizationId\":\"$org\",\"role\":\"ops\",\"permissions\":[\"org:view\"]}" "$OWNER"; done_ok 'a migrated data file stores a custom role'
(umask 077; sqlite3 "$T/half.db" "PRAGMA user_version = 1; CREATE TABLE users(id); CREATE TABLE members(x); CREATE TABLE events(x)")
out=$("$ORGD" --data "$T/half.db" --socket "$T/half.sock" 2>&1); is $? 1 'orgd exits with status 1 when a migration fails'
is "$(sqlite3 "$T/half.db" "PRAGMA user_version; SELECT count(*) FROM sqlite_master")" $'1\n3' 'a migration that fails changes nothing in the data file'

# --- backup and check ---
timeout 60 python3 "$TOP/tests/orgd/parallel.py" "$URL" "$OWNER" writes 3 b "$T/acknowledged" > /dev/null & writer=$!
wait_for 10 eval '[ "$(sql "SELECT count(*) FROM events")" -gt 20 ]'
ok 'orgd backup succeeds while 16 clients write' "$ORGD" backup "$T/copy.db" --data "$DATA"
wait $writer
is "$(stat -c %a "$T/copy.db")" 600 'a backup has mode 600'
is "$("$ORGD" check --data "$T/copy.db" 2>&1)" "$T/copy.db: nothing is wrong" 'orgd check finds no error in a backup taken under load'
like "$(sqlite3 "$T/copy.db" 'SELECT count(*) > 10 FROM events')" 1 'a backup taken under load has the changes made before it'
out=$("$ORGD" backup "$T/copy.db" --data "$DATA" 2>&1); like "$? $out" '^1 .*copy.db: exists already' 'orgd backup does not replace a file'
out=$("$ORGD" backup "$T/no/such" --data "$DATA" 2>&1); like "$? $out" '^1 .*No such file' 'orgd backup into a missing directory fails with the reason'
out=$("$ORGD" backup "$T/x.db" --data "$T/none.db" 2>&1); like "$? $out" '^1 .*none.db: unable to open' 'orgd backup of a missing data file fails with the reason'
ok 'orgd backup that fails leaves no file' test ! -e "$T/x.db"
out=$("$ORGD" backup 2>&1); like "$? $out" '^2 .*which FILE' 'orgd backup without a file name exits with status 2'
live=$(api /organizations/members/list "{\"organizationId\":\"$org\"}" "$OWNER")
orgd_stop
DATA=$T/copy.db
orgd_start
is "$(api /organizations/members/list "{\"organizationId\":\"$org\"}" "$OWNER")" "$live" 'orgd serves the members from a backup as from the original'
orgd_end
# broken NAME REGEX STATEMENT: orgd check finds what STATEMENT breaks, and its message matches REGEX
broken() {
    cp "$T/copy.db" "$T/broken.db"; sqlite3 "$T/broken.db" "$3" > /dev/null
    out=$("$ORGD" check --data "$T/broken.db" 2>&1); like "$? $out" "^1 orgd: .*broken.db: $2" "orgd check reports $1"
}
broken 'an organization of admins only' "organization $org has no owner" "UPDATE members SET role = 'admin'"
broken 'an organization of members with an unknown role' "organization $org has no owner" "UPDATE members SET role = 'king' WHERE organization_id = '$org'"
broken 'a token with an unknown role' 'token live_[0-9a-z]* has the unknown role king' "UPDATE tokens SET role = 'king'"
broken 'a row that refers to a missing user' 'a row of [a-z]* refers to a row of users that is not there' "DELETE FROM users"
broken 'a revision below that of a member' "organization $org has revision 0, a member has" "UPDATE organizations SET revision = 0"
broken 'a role with unknown permissions' 'role ops of org_[0-9]* has unknown permissions' "UPDATE roles SET permissions = 99"
cp "$T/copy.db" "$T/broken.db"; dd if=/dev/urandom of="$T/broken.db" bs=1 seek=8192 count=3000 conv=notrunc 2>/dev/null
"$ORGD" check --data "$T/broken.db" > /dev/null 2>&1; is $? 1 'orgd check exits with status 1 for a damaged file'

# --- limits ---
orgd_start --attempts 5 --connections 20
limited=$(new_org Limited)
good=$(api /organizations/invitations/create "{\"organizationId\":\"$limited\",\"email\":\"good@example.org\"}" "$OWNER" | jq -r .token)
code=$(api /organizations/join-codes/create "{\"organizationId\":\"$limited\"}" "$OWNER" | jq -r .code)
for VIA in unix tcp; do
    codes=
    for i in 1 2 3 4 5 6 7; do call /users/whoami '{}' "live_x:y"; codes="$codes $status"; done
    is "$codes" ' 401 401 401 401 401 429 429' "$VIA: five wrong tokens in a minute are refused with 401, more with 429"
    expect 429 too_many_attempts "$VIA: a wrong token beyond the limit has the reason too_many_attempts"
    like "$(request /users/whoami -i -d '{}' -H 'Authorization: Bearer live_x:y')" '^Retry-After: [0-9]+' "$VIA: the answer 429 has the header Retry-After"
    call /users/whoami '{}' "$OWNER"; is "$status" 200 "$VIA: a good token is accepted beyond the limit of wrong ones"
    call /organizations/invitations/accept "{\"token\":\"$good\",\"username\":\"good\"}"; expect 429 too_many_attempts "$VIA: a good invitation is refused beyond the limit of wrong tokens"
    call /organizations/join-codes/join "{\"code\":\"$code\"}" "$OWNER"; expect 429 too_many_attempts "$VIA: a good join code is refused beyond the limit of wrong tokens"
done
wait=$(request /users/whoami -i -d '{}' -H 'Authorization: Bearer live_x:y' | tr -d '\r' | sed -n 's/^Retry-After: //p')
ok 'Retry-After is between 1 and 13 seconds' test "$wait" -ge 1 -a "$wait" -le 13
sleep "$wait"
call /users/whoami '{}' 'live_x:y'; expect 401 unauthorized 'an attempt is allowed again after the seconds of Retry-After'
orgd_stop
orgd_start --attempts 5 --connections 20
codes=; for i in 1 2 3 4 5 6; do call /organizations/invitations/accept '{"token":"x","username":"eve"}'; codes="$codes $status"; done
is "$codes" ' 404 404 404 404 404 429' 'five wrong invitations in a minute are refused with 404, more with 429'
VIA=unix codes=; for i in 1 2 3 4 5 6; do call /organizations/join-codes/join '{"code":"x"}' "$OWNER"; codes="$codes $status"; done
is "$codes" ' 404 404 404 404 404 429' 'five wrong join codes in a minute are refused with 404, more with 429'
orgd_stop
orgd_start --attempts 5 --connections 60
pids=()
for i in $(seq 40); do request /organizations/join-codes/join -o /dev/null -w '%{http_code}\n' -d '{"code":"x"}' -H "Authorization: Bearer $OWNER" > "$T/tried$i" & pids+=($!); done
wait "${pids[@]}"
like "$(cat "$T"/tried* | sort | uniq -c | tr -s ' ' | tr '\n' ,)" '^ [1-5] 404, 3[5-9] 429,$' 'forty wrong join codes at the same time are no more attempts than forty in a row'
orgd_stop
orgd_start --attempts 5 --connections 20
VIA=tcp codes=; for i in 1 2 3 4 5 6; do call /organizations/invitations/accept "{\"token\":\"$good\"}" "$OWNER"; codes="$codes $status"; done
is "$codes" ' 403 403 403 403 403 429' "five tries of another user's invitation are refused with 403, more with 429"
VIA=unix
python3 - "${URL##*:}" > "$T/connections" <<'PY'
import socket, sys, time
open_ = [socket.create_connection(('127.0.0.1', int(sys.argv[1]))) for _ in range(30)]
time.sleep(0.5)
gone = 0
for s in open_:
    s.setblocking(False)
    try:
        gone += s.recv(1) == b''
    except (BlockingIOError, ConnectionResetError):
        pass
print(30 - gone)
PY
is "$(cat "$T/connections")" 20 'orgd keeps twenty of thirty connections from an address'
like "$(cat "$ORGD_LOG")" '^orgd: 127\.0\.0\.1 has too many connections$' 'the log names the address with too many connections'
VIA=tcp; wait_for 5 eval 'call /users/whoami "{}" "$OWNER"; [ "$status" = 200 ]'
is "$status" 200 'an address with too many connections is served after they are closed'
orgd_stop

# Bodies that never end: together they have a limit, and small requests are served beside them.
orgd_start --connections 2000
is "$(ulimit -n 4000; python3 - "${URL##*:}" "$OWNER" <<'PY'
import socket, sys, time
def send(head, body):
    s = socket.create_connection(('127.0.0.1', int(sys.argv[1])))
    s.sendall(b'POST /v1/users/whoami HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n%s'
              % (sys.argv[2].encode(), head, body))
    return s
def gone(s):
    s.setblocking(False)
    try:
        return s.recv(1) == b''
    except BlockingIOError:
        return False
    except ConnectionResetError:
        return True
long = [send(60000, b' ' * 59000) for _ in range(1200)]
end = time.monotonic() + 30
while sum(map(gone, long)) <= 100 and time.monotonic() < end: # a busy server has not read them all yet
    time.sleep(0.1)
small = send(2, b'{}').recv(15)
kept = sum(not gone(s) for s in long)
for s in long:
    s.close()
end, large = time.monotonic() + 30, b''
while not large and time.monotonic() < end:
    s = send(60000, b' ' * 59998 + b'{}')
    try:
        large = s.recv(15)
    except ConnectionResetError:
        time.sleep(0.1)
print(small.decode(), '-', 900 < kept < 1100, '-', large.decode())
PY
)" 'HTTP/1.1 200 OK - True - HTTP/1.1 200 OK' 'orgd holds about a thousand bodies of 64 KiB and serves a small request beside them'
like "$(cat "$ORGD_LOG")" '^orgd: 127\.0\.0\.1 is disconnected: too many large requests are being sent$' 'the log says that a connection is cut off for too many large requests'
for option in attempts connections; do
    for value in 0 -1 x 99999999 ''; do out=$("$ORGD" --$option "$value" 2>&1); like "$? $out" "^2 .*--$option .*must be 1-" "orgd refuses --$option '$value' with status 2"; done
done
orgd_end
done_testing
