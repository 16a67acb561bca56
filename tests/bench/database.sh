#!/bin/bash
# What orgd adds to PostgreSQL: durable changes a second beside the bare statements of one in the same pipeline, and lists of
# members beside SQLite's. Ratios of runs that follow each other, each the best of $ROUNDS. BUILD has orgd and tests/bench.
. "$(dirname "$0")/../lib/tap.sh"
STORE=postgresql
. "$(dirname "$0")/../lib/orgd.sh"
ROUNDS=${ROUNDS:-3} SECONDS_EACH=${SECONDS_EACH:-3}
bench() { "$BUILD/tests/bench/orgd" "$@"; }
room=(); for quota in join-codes tokens changes caller-changes; do room+=(--quota "$quota=1000000000"); done
best() { local most=0 now; for _ in $(seq "$ROUNDS"); do now=$("$@"); [ "$now" -le "$most" ] || most=$now; done; echo "$most"; }
# ratio NAME A B AT-LEAST
ratio() { awk -v n="$1" -v a="$2" -v b="$3" -v least="$4" 'BEGIN { r = b > 0 ? a / b : 0; printf("%-62s %6d / %6d = %.2f   (bar >= %s: %s)\n", n, a, b, r, least, (r >= least) ? "met" : "missed") }'; }

postgresql_stop
postgresql_start -c fsync=on
orgd_start "${room[@]}"
port=${URL##*:} orgs=
for n in $(seq 16); do orgs="$orgs${orgs:+,}$(new_org "Bench$n")"; done
first=${orgs%%,*}
# The statements of one change, from the server's log.
query "ALTER SYSTEM SET log_statement = 'all'"; query 'SELECT pg_reload_conf()' > /dev/null
from=$(wc -c < "$T/postgresql.log")
call /organizations/join-codes/create "{\"organizationId\":\"$first\",\"maxUses\":1}" "$OWNER"
wait_for 10 eval "tail -c +$from '$T/postgresql.log' | grep -q 'execute.*: COMMIT'"
query 'ALTER SYSTEM RESET log_statement'; query 'SELECT pg_reload_conf()' > /dev/null
tail -c +"$from" "$T/postgresql.log" | python3 -c '
import re, sys
org, at = sys.argv[1], {}
for line in sys.stdin.read().split("\n"):
    m = re.match(r".*\[(\d+)\] (LOG:  execute s\d+: |DETAIL:  parameters: )(.*)", line)
    if m and m.group(2).startswith("LOG"):
        at.setdefault(m.group(1), []).append((m.group(3), []))
    elif m and m.group(1) in at:
        at[m.group(1)][-1][1].extend(re.findall(r"\$\d+ = (?:\x27((?:[^\x27]|\x27\x27)*)\x27|(NULL))", m.group(3)))
change = next(s for s in at.values() if any("INTO join_codes" in text for text, _ in s))
change = change[max(i for i, (text, _) in enumerate(change) if text.startswith("BEGIN")):]
before = ""
for i, (text, values) in enumerate(change):
    # orgd waits for what it asks; the token, the organization and the membership it asks for at once
    if before.startswith("SELECT") and "FOR NO KEY" not in before and not (text.startswith("SELECT") and i <= 4):
        print("S")
    print("Q " + text)
    for n, (value, null) in enumerate(values):
        new = n == 0 and text.startswith("INSERT") and "INTO events" not in text
        print("N" if null else "V " + ("@new" if new else "@org" if value == org else value))
    before = text
' "$first" > "$T/statements"
bare() { PGOPTIONS='-c jit=off -c plan_cache_mode=force_generic_plan' "$BUILD/tests/bench/database" "$T/statements" "$@"; }
ratio 'durable changes a second, 16 organizations, orgd / bare' "$(best bench write "$port" "$OWNER" "$orgs" 16 "$SECONDS_EACH")" "$(best bare 16 "$SECONDS_EACH" "$orgs")" 0.8
ratio 'the same, one organization' "$(best bench write "$port" "$OWNER" "$first" 16 "$SECONDS_EACH")" "$(best bare 16 "$SECONDS_EACH" "$first")" 0.8

bearers() { # eight tokens of the owner's
    callers=$OWNER
    for _ in 2 3 4 5 6 7 8; do callers=$callers,$(api /users/tokens/create '{}' "$OWNER" | jq -r .apiToken.bearer); done
}
people() { # members of ORG
    sql "INSERT INTO users (id, email, username, name, created_at) SELECT 'usr_many' || i, 'many' || i || '@example.org', 'many' || i, 'Many ' || i, i $2"
    sql "INSERT INTO members (organization_id, user_id, role, active, joined_at, revision) SELECT '$1', 'usr_many' || i, 'member', 1, i, i + 10 $2; UPDATE organizations SET revision = 100 WHERE id = '$1'"
}
people "$first" 'FROM generate_series(1, 49) i'
query ANALYZE
bearers # no caller has all threads for himself
far=$(best bench page "$port" "$callers" "$first" 16 "$SECONDS_EACH") far_whole=$(best bench list "$port" "$callers" "$first" 16 "$SECONDS_EACH")
orgd_stop; postgresql_stop
STORE=sqlite DATA=$T/orgd.db OWNER=
orgd_start "${room[@]}"; port=${URL##*:}
first=$(new_org Bench)
people "$first" 'FROM (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 49) SELECT i FROM n)'
bearers
ratio 'members/list of a page of 50, PostgreSQL / SQLite' "$far" "$(best bench page "$port" "$callers" "$first" 16 "$SECONDS_EACH")" 0.5
# What a whole list takes is the look whether the caller may have it: SQLite's is a few function calls of the loop.
ratio 'members/list of all 50, which orgd keeps, PostgreSQL / SQLite' "$far_whole" "$(best bench list "$port" "$callers" "$first" 16 "$SECONDS_EACH")" 0
orgd_stop
