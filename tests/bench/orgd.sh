#!/bin/bash
# orgd's bars: members/list (50 members) a second, durable writes a second with 16 clients, 5000 held polls' memory and the
# time until all of them heard of a change, and a listing of 100 000 members' memory. BUILD has orgd and tests/bench/orgd.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/orgd.sh"
bench() { "$BUILD/tests/bench/orgd" "$@"; }
memory() { awk "/$1/ { printf \"%.0f\", \$2 / 1024 }" "/proc/$orgd_pid/status"; }
# bar NAME VALUE TEST: prints it, with its verdict
bar() { local verdict=missed; let "$2 $3" && verdict=met; printf '%-62s %8s   (bar %s: %s)\n' "$1" "$2" "$3" "$verdict"; }
# people FROM TO: members of $org
people() {
    sql "WITH RECURSIVE n(i) AS (SELECT $1 UNION ALL SELECT i + 1 FROM n WHERE i < $2)
         INSERT INTO users (id, email, username, name, created_at) SELECT printf('usr_%020d', i), printf('user%d@example.org', i), printf('user%d', i), printf('User Number %d', i), i FROM n;
         INSERT INTO members (organization_id, user_id, role, active, joined_at, revision) SELECT '$org', id, 'member', 1, created_at, created_at FROM users WHERE created_at BETWEEN $1 AND $2;
         UPDATE organizations SET revision = $2 WHERE id = '$org'"
}
ulimit -n "$(ulimit -Hn)"
# What keeps strangers from wearing a server out keeps a benchmark from it, too. (A version without quotas has no such option.)
room=()
if "$ORGD" --help | grep -q -- --quota; then
    for quota in join-codes tokens changes caller-changes; do room+=(--quota "$quota=1000000000"); done
fi
orgd_start --connections 10000 "${room[@]}"
port=${URL##*:}
org=$(new_org Bench)
people 2 50
bar 'members/list of 50 members, a second (16 connections)' "$(bench list "$port" "$OWNER" "$org" 16 5)" '>= 5000'
bar 'durable writes a second (16 clients)' "$(bench write "$port" "$OWNER" "$org" 16 5)" '>= 1000'
orgd_stop; orgd_start --connections 10000 "${room[@]}"; port=${URL##*:}
mkfifo "$T/go"
bench polls "$port" "$OWNER" "$org" 5000 50 "usr_$(printf %020d 7)" < "$T/go" > "$T/polls" & polls=$!
exec 9> "$T/go"
wait_for 60 grep -q held "$T/polls"
bar 'MB resident with 5000 held polls' "$(memory VmRSS)" '< 100'
echo >&9; wait $polls
bar 'ms until 5000 polls heard of a change' "$(tail -n 1 "$T/polls")" '< 1000'
bar 'MB resident at most, while they were told' "$(memory VmHWM)" '< 100'
exec 9>&-
orgd_stop
orgd_start; org=$(new_org Big); people 51 100050
begun=$(date +%s%3N)
VIA=tcp request /organizations/members/list -d "{\"organizationId\":\"$org\"}" -H "Authorization: Bearer $OWNER" -o "$T/big"
printf '%-62s %8s\n' 'ms for a listing of 100 000 members' $(($(date +%s%3N) - begun))
[ "$(jq '.members|length' "$T/big")" = 100001 ] || echo 'the listing is not whole'
bar 'MB resident at most, while 100 000 members were listed' "$(memory VmHWM)" '< 100'
orgd_stop
