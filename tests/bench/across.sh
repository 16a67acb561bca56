#!/bin/bash
# A fleet over three orgd on one PostgreSQL: HOSTS (10000) held polls at each, by plain HTTP. What a change costs the server whose hosts are told
# when it was made there, and when it was made at another one, and what it costs PostgreSQL; the hosts of the other two are told of all of it.
# BUILD has orgd and tests/bench/fleet. Ratios with a bar are printed with it; wall times stand beside.
. "$(dirname "$0")/../lib/tap.sh"
STORE=postgresql
. "$(dirname "$0")/../lib/orgd.sh"
need python3
HOSTS=${HOSTS:-10000} ROUNDS=${ROUNDS:-4} TOKENS=${TOKENS:-1000}
changes=$((4 * ROUNDS))
ulimit -n 100000 2> /dev/null || ulimit -n "$(ulimit -Hn)"
room=(--connections 65536 --attempts 60000)
for quota in tokens changes caller-changes polls token-polls; do room+=(--quota "$quota=1000000000"); done
orgd_start "${room[@]}"
org=$(new_org Fleet)
join "$org" mia member; mia=$user_id
python3 - "$URL" "$OWNER" "$org" "$TOKENS" > "$T/bearers" <<'PY'
import http.client, json, sys
url, owner, org, tokens = sys.argv[1:]
print(owner)
c = http.client.HTTPConnection(url.split('//')[1])
for i in range(int(tokens)):
    c.request('POST', '/v1/organizations/tokens/create', json.dumps({'organizationId': org, 'name': 'host%d' % i}), {'Content-Type': 'application/json', 'Authorization': 'Bearer ' + owner})
    print(json.loads(c.getresponse().read())['apiToken']['bearer'])
PY
orgd_stop
declare -A pid port fleet
for name in a b c; do
    start "$T/$name.out" '^listening on 127' "$ORGD" --data "$DATA" --socket "$T/$name.sock" --listen 127.0.0.1:0 "${room[@]}" 2> "$T/$name.log" || exit 1
    pid[$name]=$started port[$name]=$(sed -n 's/^listening on 127.*://p' "$T/$name.out")
done
for name in b c; do # the hosts of these
    "$BUILD/tests/bench/fleet" "${port[$name]}" plain "$org" "$HOSTS" 0 "${pid[$name]}" 0 0 "$mia" < "$T/bearers" > "$T/$name.told" &
    fleet[$name]=$!
    wait_for 120 grep -q ready "$T/$name.told" || { cat "$T/$name.told" "$T/$name.log"; exit 1; }
done
# The processor time of PostgreSQL's processes, in ticks
database_ticks() {
    { echo "$postgresql_pid"; pgrep -P "$postgresql_pid"; } | sed 's|.*|/proc/&/stat|' | xargs cat 2> /dev/null | sed 's/.*) //' | awk '{ t += $12 + $13 } END { print t }'
}
database_commits() { sql "SELECT xact_commit FROM pg_stat_database WHERE datname = 'orgd'"; }
echo "--- $HOSTS hosts at each of three orgd"
ticks=$(database_ticks) commits=$(database_commits) begun=$(date +%s%3N)
OTHER_PORT=${port[b]} "$BUILD/tests/bench/fleet" "${port[a]}" plain "$org" "$HOSTS" "$ROUNDS" "${pid[a]}" 0 0 "$mia" < "$T/bearers"
ms=$(($(date +%s%3N) - begun)) ticks=$(($(database_ticks) - ticks)) commits=$(($(database_commits) - commits))
printf '%-58s %d us, of %d changes in %d s\n' "PostgreSQL's processor time for a host and a change" \
    $((ticks * 1000000 / $(getconf CLK_TCK) / changes / (3 * HOSTS))) "$changes" $((ms / 1000))
printf '%-58s %d.%02d\n' "transactions for a host and a change" $((commits / changes / (3 * HOSTS))) $((commits * 100 / changes / (3 * HOSTS) % 100))
for name in b c; do
    kill "${fleet[$name]}"; wait "${fleet[$name]}"
    tail -n 1 "$T/$name.told"
done
for name in a b c; do echo "memory of $name: $(($(sed -n 's/^VmHWM:[^0-9]*\([0-9]*\).*/\1/p' "/proc/${pid[$name]}/status") / 1024)) MB at most"; done
