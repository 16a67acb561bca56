#!/bin/bash
# A fleet on orgd: HOSTS (10000) held polls by TLS and by plain HTTP, each with a token of its own; how long a change takes to reach all,
# what it costs the server, its memory, and the storm when all connect again. BUILD has orgd and tests/bench/fleet.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/orgd.sh"
need python3 openssl
HOSTS=${HOSTS:-10000} ROUNDS=${ROUNDS:-6}
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$T/key.pem" -out "$T/cert.pem" -days 2 -subj /CN=localhost 2>/dev/null
ulimit -n "$(ulimit -Hn)"
room=()
for quota in tokens changes caller-changes; do room+=(--quota "$quota=1000000000"); done
orgd_start --tls 127.0.0.1:0 --cert "$T/cert.pem" --key "$T/key.pem" --connections 65536 "${room[@]}"
org=$(new_org Fleet)
join "$org" mia member
python3 - "$URL" "$OWNER" "$org" "$HOSTS" > "$T/bearers" <<'PY'
import http.client, json, sys
url, owner, org, hosts = sys.argv[1:]
print(owner)
c = http.client.HTTPConnection(url.split('//')[1])
for i in range(int(hosts)):
    c.request('POST', '/v1/organizations/tokens/create', json.dumps({'organizationId': org, 'name': 'host%d' % i}), {'Content-Type': 'application/json', 'Authorization': 'Bearer ' + owner})
    print(json.loads(c.getresponse().read())['apiToken']['bearer'])
PY
tls_port=$(sed -n 's|^listening on https://.*:||p' "$T/orgd.out")
for how in plain tls; do
    [ $how = tls ] && port=$tls_port || port=${URL##*:}
    echo "--- $HOSTS hosts, $how"
    "$BUILD/tests/bench/fleet" "$port" $how "$org" "$HOSTS" "$ROUNDS" "$user_id" "$orgd_pid" < "$T/bearers" || tail -n 3 "$ORGD_LOG"
done
orgd_stop
