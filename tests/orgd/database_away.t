#!/bin/bash
# A database that ends, comes back, is in recovery, hangs in a commit, or is held by a server that is cut off: orgd says so, guesses
# nothing, and goes on by itself.
. "$(dirname "$0")/../lib/tap.sh"
STORE=postgresql
. "$(dirname "$0")/../lib/orgd.sh"
health() { curl -sS -o /dev/null -w '%{http_code}' --max-time 20 --unix-socket "$SOCKET" http://localhost/healthz; }
healthy() { [ "$(health)" = 200 ]; }
listed() { call /organizations/members/list "{\"organizationId\":\"$org\"}" "$OWNER"; [ "$status" = 200 ]; }
rename() { call /organizations/update "{\"organizationId\":\"$org\",\"name\":\"$1\"}" "$OWNER"; }
name_now() { sql "SELECT name FROM organizations WHERE id = '$org'"; }

DATA="postgresql://orgd@/orgd?host=$T/nothing,$PGHOST"
DATA_NAME="postgresql://$T/nothing,$PGHOST/orgd"
orgd_start
pass 'of several hosts the one that can be written to is taken'
org=$(new_org Acme)
is "$(health)" 200 'healthz says 200'

# --- the sessions end ---
end_sessions() { sql "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'orgd'" > /dev/null; }
end_sessions
rename One; is "$status $(name_now)" '200 One' 'a change whose session had ended is made by another one'
end_sessions
listed; is "$status" 200 'and a list is read'

# --- the database ends ---
call /organizations/members/changes "{\"organizationId\":\"$org\",\"since\":0}" "$OWNER"
since=$(field .revision)
request /organizations/members/changes -N -d "{\"organizationId\":\"$org\",\"since\":$since,\"wait\":60000}" -H "Authorization: Bearer $OWNER" > "$T/poll" 2> /dev/null &
wait_for 10 test -s "$T/poll"
postgresql_stop
begun=$(date +%s)
rename Two; expect 503 unavailable 'a change without a database is refused with 503'
listed; expect 503 unavailable 'a list too'
is "$(health)" 503 'healthz says 503'
ok 'at once' test $(($(date +%s) - begun)) -lt 5
wait_for 20 eval '[ $(($(date +%s) - begun)) -gt 6 ]'
beats=$(wc -c < "$T/poll")
sleep 6
is "$(wc -c < "$T/poll")" "$beats" 'a held poll gets no heartbeat while the database is away'
unlike "$(grep -c . "$ORGD_LOG")" '^[0-9]{3,}$' 'the log does not tell of each attempt'

# --- it is there, but in recovery ---
"${AS_POSTGRES[@]}" touch "$PGHOST/data/standby.signal"
postgresql_start
wait_for 20 query 'SELECT 1'
sleep 1.2
rename Three; expect 503 unavailable 'a database in recovery answers no change'
listed; expect 503 unavailable 'and no list'
is "$(health)" 503 'healthz says 503 in recovery'
begun=$(date +%s%3N)
query 'SELECT pg_promote()' > /dev/null
ok 'after a promotion orgd serves again, by itself' wait_for 20 healthy
diag "$(($(date +%s%3N) - begun)) ms from the promotion to 200"
wait_for 20 listed
rename Four; is "$status $(name_now)" '200 Four' 'and changes'
ok 'the held poll gets heartbeats again' wait_for 20 eval '[ "$(wc -c < "$T/poll")" -gt $beats ]'
join "$org" ann member
ok 'and is told' wait_for 10 grep -q '"ann"' "$T/poll"

# --- the connection is lost while COMMIT is on its way ---
committing() { sql "SELECT $1 FROM pg_stat_activity WHERE query = 'COMMIT' AND state = 'active'"; }
rename_cut() { # NAME: whose COMMIT is cut off
    (rename "$1"; echo "$status $(field .reason)" > "$T/cut") & cut=$!
    wait_for 10 eval '[ "$(committing "count(*)")" = 1 ]'
    committing 'pg_terminate_backend(pid)' > /dev/null
}
events() { sql "SELECT count(*) FROM events WHERE organization_id = '$org' AND action = 'organization.update'"; }
sql "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(2); RETURN NULL; END';
     CREATE CONSTRAINT TRIGGER slow_commit AFTER UPDATE ON organizations DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.name = 'Five') EXECUTE FUNCTION slow()"
before=$(events)
rename_cut Five
wait "$cut"
is "$(cat "$T/cut") $(name_now) $(($(events) - before))" '200 null Five 1' 'a change that was not committed when its connection was lost is made once, by another one'
sql 'DROP TRIGGER slow_commit ON organizations'
query "ALTER SYSTEM SET synchronous_standby_names = 'none'"; query 'SELECT pg_reload_conf()' > /dev/null # what is committed here waits for a standby
before=$(events)
rename_cut Six
wait_for 10 eval '[ "$(name_now)" = Six ]'
query 'ALTER SYSTEM RESET synchronous_standby_names'; query 'SELECT pg_reload_conf()' > /dev/null
wait "$cut"
is "$(cat "$T/cut") $(name_now) $(($(events) - before))" '200 null Six 1' 'one that was committed is known to be, and not made again'
sql "CREATE CONSTRAINT TRIGGER slow_commit AFTER UPDATE ON organizations DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.name = 'Seven') EXECUTE FUNCTION slow()"
seven() { request /organizations/update -H 'Idempotency-Key: seven' -H "Authorization: Bearer $OWNER" -d "{\"organizationId\":\"$org\",\"name\":\"Seven\"}" | jq -r '.reason // "done"'; }
seven > "$T/cut" & cut=$!
wait_for 10 eval '[ "$(committing "count(*)")" = 1 ]'
postgresql_stop
wait "$cut"
is "$(cat "$T/cut")" outcome_unknown 'while the database is away nobody can know it'
postgresql_start
wait_for 20 listed
sql 'DROP TRIGGER slow_commit ON organizations'
before=$(events)
made=$(($([ "$(name_now)" = Seven ]; echo $?)))
is "$(seven) $(seven) $(name_now) $(($(events) - before))" "done done Seven $made" 'sent again with its key it is made, unless it was, once'
rename Six; is "$status $(name_now)" '200 Six' 'and the next one is made'

# --- a server that is cut off within a change holds the organization for some seconds, and no longer ---
start "$T/b.out" '^listening on 127' "$ORGD" --data "$DATA" --socket "$T/b.sock" --listen 127.0.0.1:0 2> "$T/b.log" || exit 1
b_pid=$started
sql "BEGIN; SELECT 1 FROM organizations WHERE id = '$org' FOR NO KEY UPDATE; SELECT pg_sleep(3)" > /dev/null & holder=$!
waiting() { sql "SELECT count(*) FROM pg_stat_activity WHERE $1"; }
wait_for 10 eval '[ "$(waiting "wait_event = '"'PgSleep'"'")" = 1 ]'
(rename Seven > /dev/null) & seven=$!
wait_for 10 eval '[ "$(waiting "wait_event_type = '"'Lock'"'")" = 1 ]'
kill -STOP "$orgd_pid"
wait "$holder"
wait_for 10 eval '[ "$(waiting "state = '"'idle in transaction'"'")" = 1 ]'
begun=$(date +%s%3N)
SOCKET=$T/b.sock rename Eight
ms=$(($(date +%s%3N) - begun))
is "$status $(name_now)" '200 Eight' 'another server changes the organization'
diag "after $ms ms"
ok 'within the time that a session may idle in a transaction' test "$ms" -lt 8000
kill -CONT "$orgd_pid"; wait "$seven"
rename Nine; is "$status $(name_now)" '200 Nine' 'who was cut off goes on'
kill "$b_pid"; wait "$b_pid"

# --- an end without the database: nothing can be told to who polls ---
request /organizations/members/changes -N -d "{\"organizationId\":\"$org\",\"since\":$(api /organizations/members/changes "{\"organizationId\":\"$org\",\"since\":0}" "$OWNER" | jq .revision),\"wait\":60000}" \
    -H "Authorization: Bearer $OWNER" > "$T/poll" 2> /dev/null & poll=$!
wait_for 10 test -s "$T/poll"
postgresql_stop
begun=$(date +%s%3N)
orgd_stop
is "$orgd_status" 0 'orgd ends on SIGTERM while the database is away and a poll is held'
ok 'within some seconds' test $(($(date +%s%3N) - begun)) -lt 15000
wait "$poll"
is "$(tr -d '\n' < "$T/poll")" '' 'the poll is cut off'
postgresql_start
orgd_start

# --- passwords ---
out=$("$ORGD" --data 'postgresql://orgd:secret123@localhost/orgd' --socket "$T/p.sock" 2>&1)
is "$?" 2 'a password on the command line is refused'
unlike "$out" secret123 'and not shown'
printf 'data = "postgresql://orgd:secret123@127.0.0.1:1/orgd";\n' > "$T/orgd.conf"
chmod 644 "$T/orgd.conf"
out=$("$ORGD" --config "$T/orgd.conf" --socket "$T/p.sock" 2>&1)
like "$? $out" '^2 .*mode 0600' 'a password in a file that others can read is refused'
chmod 600 "$T/orgd.conf"
out=$("$ORGD" --config "$T/orgd.conf" --socket "$T/p.sock" 2>&1)
like "$? $out" '^1 .*127.0.0.1' 'in a file with mode 600 it is used'
unlike "$out" secret123 'and no message shows it'
out=$("$ORGD" --data 'postgresql://orgd:secret123@[::1/orgd' --socket "$T/p.sock" 2>&1)
is "$?" 2 'a URL that libpq does not understand is refused'
unlike "$out" secret123 'without its password'
out=$("$ORGD" backup "$T/copy" --data "$DATA" 2>&1)
like "$? $out" "^1 .*PostgreSQL's own tools" 'orgd backup names the tools for a database'
orgd_end
done_testing
