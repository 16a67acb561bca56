#!/bin/bash
# The primary is killed amid changes and its synchronous standby promoted, $ROUNDS times: no acknowledged change is lost, none is made
# twice, hosts hear of what comes after, and orgd goes on by itself.
. "$(dirname "$0")/../lib/tap.sh"
STORE=postgresql
. "$(dirname "$0")/../lib/orgd.sh"
need python3
ROUNDS=${ROUNDS:-1}
postgresql_stop # each node has a directory of its own

top=$PGHOST hosts=
for n in $(seq 0 "$ROUNDS"); do
    if [ "$(id -u)" = 0 ]; then install -d -o postgres "$top/n$n"; else mkdir "$top/n$n"; fi
    hosts="$hosts${hosts:+,}$top/n$n"
done
"${AS_POSTGRES[@]}" mv "$top/data" "$top/n0/data"
DATA="postgresql://orgd@/orgd?host=$hosts"
# node N [OPTION...]: starts it, and speaks to it from now on
node() { PGHOST=$top/n$1; postgresql_start "${@:2}"; }
# follow N: makes node N a standby of the present one, which waits for it from then on; our words stay with the primary
follow() {
    local primary=$PGHOST pid=$postgresql_pid
    "${AS_POSTGRES[@]}" "$POSTGRESQL/pg_basebackup" -h "$primary" -U orgd -D "$top/n$1/data" -R -c fast --no-sync > "$T/basebackup" 2>&1 || diag "$(cat "$T/basebackup")"
    "${AS_POSTGRES[@]}" sh -c "echo \"primary_conninfo = 'host=$primary user=orgd application_name=standby'\" >> '$top/n$1/data/postgresql.auto.conf'"
    node "$1"
    standby_pid=$postgresql_pid postgresql_pid=$pid PGHOST=$primary
    query "ALTER SYSTEM SET synchronous_standby_names = 'standby'"
    query 'SELECT pg_reload_conf()' > /dev/null
    wait_for 20 eval '[ "$(query "SELECT sync_state FROM pg_stat_replication")" = sync ]'
}
missing() { # as parallel.t has it
    { while read -r table column id; do echo "SELECT '$table $id' WHERE NOT EXISTS (SELECT 1 FROM $table WHERE $column = '$id');"; done < "$1"
      echo "SELECT 'event ' || action || ' ' || subject FROM events WHERE action = 'token.create' AND subject NOT IN (SELECT key FROM tokens UNION SELECT subject FROM events WHERE action = 'token.revoke');"
      echo "SELECT 'twice ' || subject FROM events WHERE action IN ('token.create', 'join-code.create', 'organization.create') GROUP BY subject HAVING count(*) > 1;"
      echo "SELECT 'made twice ' || subject_name FROM events WHERE action IN ('organization.create', 'token.create', 'invitation.create') AND subject_name <> 'Parallel' GROUP BY action, subject_name HAVING count(*) > 1;"
    } > "$T/missing.sql"
    sql_file "$T/missing.sql"
}
changed() { call /organizations/update "{\"organizationId\":\"$org\",\"name\":\"N$RANDOM\"}" "$OWNER"; [ "$status" = 200 ]; }

node 0
orgd_start --quota organizations=100000 --quota memberships=100000
org=$(new_org Acme)
join "$org" ann member; ann_id=$user_id
acknowledged=0 lost='' slowest=0
for round in $(seq "$ROUNDS"); do
    follow "$round"
    ONCE=1 timeout 100 python3 "$TOP/tests/orgd/parallel.py" "$URL" "$OWNER" writes 6 "f$round" "$T/acknowledged" > "$T/count" 2> "$T/writes.err" & clients=$!
    before=$(sql 'SELECT count(*) FROM events')
    wait_for 20 eval '[ "$(sql "SELECT count(*) FROM events")" -ge $((before + 100 + RANDOM % 100)) ]'
    kill -KILL "$postgresql_pid"; wait "$postgresql_pid" 2> /dev/null
    PGHOST=$top/n$round postgresql_pid=$standby_pid
    query "ALTER SYSTEM SET synchronous_standby_names = ''"
    query 'SELECT pg_reload_conf()' > /dev/null
    query 'SELECT pg_promote()' > /dev/null
    begun=$(date +%s%3N)
    wait_for 20 changed
    ms=$(($(date +%s%3N) - begun)); [ "$ms" -le "$slowest" ] || slowest=$ms
    wait "$clients"
    acknowledged=$((acknowledged + $(cat "$T/count"))) lost="$lost$(missing "$T/acknowledged")"
done
diag "$acknowledged changes were acknowledged, $(grep -c 'outcome_unknown' "$ORGD_LOG") outcomes stayed unknown"
is "$lost" '' 'every acknowledged change is in the new primary, and each was made once, however often it was sent'
ok 'there were many' test "$acknowledged" -gt $((ROUNDS * 100))
diag "$slowest ms from a promotion to the next change"
ok 'within two seconds of a promotion changes work again' test "$slowest" -lt 2000
like "$("$ORGD" check --data "$DATA" 2>&1)" ': nothing is wrong$' 'orgd check finds no contradiction'
call /organizations/members/changes "{\"organizationId\":\"$org\",\"since\":0}" "$OWNER"
request /organizations/members/changes -N -d "{\"organizationId\":\"$org\",\"since\":$(field .revision),\"wait\":20000}" -H "Authorization: Bearer $OWNER" > "$T/poll" &
wait_for 10 test -s "$T/poll"
call /organizations/members/remove "{\"organizationId\":\"$org\",\"userId\":\"$ann_id\"}" "$OWNER"; done_ok 'a removal after it is made'
ok 'and told to who polls' wait_for 10 grep -q '"removed"' "$T/poll"
orgd_end
done_testing
