#!/bin/bash
# Servers of two versions at one database: an orgd goes on with tables of a newer version that says it may, and refuses all others.
. "$(dirname "$0")/../lib/tap.sh"
STORE=postgresql
. "$(dirname "$0")/../lib/orgd.sh"
orgd_start
org=$(new_org Acme)
lists() { call /organizations/members/list "{\"organizationId\":\"$org\"}" "$OWNER"; echo "$status"; }
cut() { query "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'orgd'" > /dev/null; }
listed() { [ "$(lists)" = 200 ]; }
newer=$((SCHEMA + 1))
second() { timeout 20 "$ORGD" --data "$DATA" --socket "$T/second.sock" > "$T/second.out" 2> "$T/second.err" & second_pid=$!; }
running() { grep -q '^listening' "$T/second.out"; }

# as a newer orgd leaves it whose tables older ones understand
sql "UPDATE orgd_version SET version = $newer"
is "$(lists)" 200 'a server goes on while the tables become newer ones that it may use'
cut; ok 'and on new connections' wait_for 10 listed
second; ok 'one more of its version starts, too' wait_for 20 running
kill "$second_pid"; wait "$second_pid"; is $? 0 'and ends'

# whose tables they do not
sql "UPDATE orgd_version SET compatible = $newer"
second; wait "$second_pid"
like "$? $(cat "$T/second.err")" "^1 .*orgd: $DATA_NAME: was written by a newer orgd: version $newer of its schema needs an orgd of $newer at least, and this one is of $SCHEMA" 'none starts on tables that it may not use'
like "$("$ORGD" check --data "$DATA" 2>&1)" 'was written by a newer orgd' 'the commands of the operator refuse them, too'
cut; ok 'a server that meets them answers 503' wait_for 10 eval '[ "$(lists)" = 503 ]'
told() { grep -c 'was written by a newer orgd' "$ORGD_LOG"; }
# quiet: forty attempts add no line. Before, one or the other session is still to be lost, which is told in between.
quiet() { local before; before=$(told); for _ in $(seq 40); do lists > /dev/null; done; [ "$before" -ge 1 ] && [ "$(told)" = "$before" ]; }
ok 'and says why, but not at each attempt' wait_for 30 quiet
sql "UPDATE orgd_version SET version = $((SCHEMA - 1)), compatible = 1"
second; wait "$second_pid"
like "$? $(cat "$T/second.err")" "^1 .*has schema version $((SCHEMA - 1)), and this orgd $SCHEMA" 'nor on older ones'
sql "UPDATE orgd_version SET version = $SCHEMA, compatible = $SCHEMA"
ok 'with its own it goes on' wait_for 10 listed
orgd_end
done_testing
