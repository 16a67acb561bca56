#!/bin/bash
# What must hold whatever many clients do at once: an owner is left, a join code admits so many, an invitation is accepted
# once and by its address, a revoked token is one everywhere. And what was acknowledged outlives kill -9: $ROUNDS kills.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/orgd.sh"
need python3
ROUNDS=${ROUNDS:-3}
PER_ROUND=${PER_ROUND:-100}
orgd_start --quota organizations=100000 --quota memberships=100000
parallel() { timeout 300 python3 "$TOP/tests/orgd/parallel.py" "$URL" "$OWNER" "$@" 2>&1; }
is "$(parallel owners 3)" '1 1 1' 'eight owners remove each other at once: one owner is left'
is "$(parallel join 20)" '20 40 20 20' '60 users try a join code for 20 at once: 20 join, 40 are refused'
is "$(parallel accept 4)" 'right/1 right/1 right/1 right/1' 'an invitation is accepted once, by its address, whoever tries at once'
is "$(parallel revoke 2)" '0 prompt' 'a revoked token is refused at once, and its held polls end'
is "$("$ORGD" check --data "$DATA")" "$DATA_NAME: nothing is wrong" 'orgd check finds no error beside the running server'

# One change of 5000 members, about 1 MiB of JSON, and 150 polls: they share it.
org=$(new_org Big)
call /organizations/roles/set "{\"organizationId\":\"$org\",\"role\":\"ops\",\"permissions\":[]}" "$OWNER"
sql "WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 5001)
     INSERT INTO users (id, email, username, name, created_at) SELECT printf('usr_%020d', i), printf('u%d@example.org', i), printf('u%d', i), printf('User %d', i), i FROM n;
     INSERT INTO members (organization_id, user_id, role, active, joined_at, revision) SELECT '$org', id, 'ops', 1, created_at, created_at FROM users WHERE id LIKE 'usr_000000%';
     INSERT INTO usernames (username, user_id) SELECT username, id FROM users WHERE id LIKE 'usr_000000%';
     UPDATE organizations SET revision = 5001 WHERE id = '$org'"
grown=$(parallel share 150 "$org" "$orgd_pid")
like "$grown" '^True [0-9]+$' '150 held polls are told of one change of 5000 members'
ok '150 held polls share one answer in the memory of orgd' test "${grown#* }" -lt 100
is "$(parallel cut "$SOCKET" "$org")" '200 cut off' 'a streamed listing is cut off when its token is revoked'

# missing FILE: how many of the acknowledged rows in FILE are not in the data file
missing() {
    local table column id
    { while read -r table column id; do echo "SELECT '$table $id' WHERE NOT EXISTS (SELECT 1 FROM $table WHERE $column = '$id');"; done < "$1"
      # every change has its event, and no event is without its change
      echo "SELECT 'event ' || action || ' ' || subject FROM events WHERE action = 'token.create' AND subject NOT IN (SELECT key FROM tokens UNION SELECT subject FROM events WHERE action = 'token.revoke');"
      echo "SELECT 'no event of ' || key FROM tokens WHERE organization_id IS NOT NULL AND key NOT IN (SELECT subject FROM events);"
    } > "$T/missing.sql"
    sql_file "$T/missing.sql" | wc -l
}
acknowledged=0 lost=0 broken=0
for round in $(seq "$ROUNDS"); do
    parallel writes 20 "r$round" "$T/acknowledged" > "$T/count" & clients=$!
    # Killed when about so many were written: the moment differs from round to round.
    want=$(($(sql 'SELECT count(*) FROM events') + PER_ROUND / 2 + RANDOM % PER_ROUND))
    wait_for 20 eval '[ "$(sql "SELECT count(*) FROM events")" -ge '$want' ]'
    kill -KILL "$orgd_pid"; wait "$orgd_pid" 2>/dev/null; wait $clients
    orgd_start --quota organizations=100000 --quota memberships=100000
    acknowledged=$((acknowledged + $(cat "$T/count"))) lost=$((lost + $(missing "$T/acknowledged")))
    "$ORGD" check --data "$DATA" > /dev/null || broken=$((broken + 1))
done
diag "$acknowledged changes were acknowledged before $ROUNDS kills"
is "$lost" 0 "every acknowledged change is in the data file after each kill -9"
is "$((acknowledged > ROUNDS * PER_ROUND / 3)) $broken" '1 0' 'each kill -9 comes amid many changes and leaves a sound data file'
orgd_end
done_testing
