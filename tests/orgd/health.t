#!/bin/bash
# What /healthz and /metrics say of a PostgreSQL database: its synchronous standby, its latency, retries, notices, and connections.
. "$(dirname "$0")/../lib/tap.sh"
STORE=postgresql
. "$(dirname "$0")/../lib/orgd.sh"
orgd_start --metrics 127.0.0.1:0
at=$(sed -n 's|^listening on \(127.*\) for /metrics|http://\1|p' "$T/orgd.out")
health() { curl -sS --max-time 20 -w ' %{http_code}' "$URL/healthz"; }
metric() { curl -sS "$at/metrics" | sed -n "s/^orgd_$1 //p"; }
above() { local now; now=$(metric "$1"); [ -n "$now" ] && awk "BEGIN { exit !($now > $2) }"; }
org=$(new_org Acme)
is "$(health)" '{"ok":true} 200' '/healthz is content'
ok 'the commits are counted' above commits_total 1
ok 'and what they took' above commit_seconds_total -1
is "$(metric commits_wait)" 0 'no change waits'
ok 'the connections are counted' above database_connections_total 3
ok 'the feed has just heard from the database' test "$(metric feed_age_seconds | cut -d. -f1)" -lt 10

# --- what another server does ---
sql "INSERT INTO changes (what, news, server, at) VALUES ('$org', 1, 'another', now() - interval '100 seconds'); NOTIFY orgd"
ok 'how late it was heard of is told' wait_for 10 above feed_delay_seconds 99 # it is forgotten when it was read
ok 'and the notices are counted' wait_for 10 above notices_total 0
is "$(metric again_total)" 0 'nobody was in the way'
sql "BEGIN; SELECT 1 FROM organizations WHERE id = '$org' FOR UPDATE; SELECT pg_sleep(5)" > /dev/null & holder=$!
wait_for 10 eval '[ "$(sql "SELECT count(*) FROM pg_stat_activity WHERE wait_event = '"'PgSleep'"'")" = 1 ]'
call /organizations/update "{\"organizationId\":\"$org\",\"name\":\"Waits\"}" "$OWNER"; wait "$holder"
is "$status" 200 'a change that had to wait for another session is made'
ok 'and counted as one that was tried again' above again_total 0

# --- no synchronous standby ---
query "ALTER SYSTEM SET synchronous_standby_names = 'gone'"; query 'SELECT pg_reload_conf()' > /dev/null
ok '/healthz says that no synchronous standby is left, and that the data can be read' wait_for 10 eval '[ "$(health)" = '\''{"ok":true,"warning":"no_synchronous_standby"} 200'\'' ]'
is "$(metric commits_wait)" 1 'so do the metrics'
is "$(grep -c 'changes wait for a synchronous standby' "$ORGD_LOG")" 1 'and the log, once'
(call /organizations/update "{\"organizationId\":\"$org\",\"name\":\"Later\"}" "$OWNER"; echo "$status" > "$T/later") & later=$!
wait_for 10 eval '[ "$(sql "SELECT count(*) FROM pg_stat_activity WHERE wait_event = '"'SyncRep'"'")" = 1 ]'
query 'ALTER SYSTEM RESET synchronous_standby_names'; query 'SELECT pg_reload_conf()' > /dev/null
wait "$later"; is "$(cat "$T/later")" 200 'a change waits for one'
ok '/healthz is content again' wait_for 10 eval '[ "$(health)" = '\''{"ok":true} 200'\'' ]'
like "$(cat "$ORGD_LOG")" 'changes are confirmed again' 'so is the log'

# --- the connections are lost ---
losses=$(metric database_losses_total) connections=$(metric database_connections_total)
query "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'orgd'" > /dev/null
ok 'lost connections are counted' wait_for 10 above database_losses_total "$losses"
ok 'and those in their place' wait_for 10 above database_connections_total "$connections"
postgresql_stop
ok 'while the database is away the feed grows older' wait_for 20 above feed_age_seconds 3
is "$(health | tail -c 3)" 503 'and /healthz says 503'
orgd_end
done_testing
