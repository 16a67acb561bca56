#!/bin/bash
# A fleet on orgd: HOSTS (10000) held polls by plain HTTP and by TLS, each with a token of its own: how long a change takes to reach all, and what it costs
# the server, beside a bare loop that writes as many bytes to as many connections; 20 changes a second; all of them connecting anew, and a bystander then.
# BUILD has orgd, tests/bench/fleet and tests/bench/bare. Ratios with a bar are printed with it; wall times stand beside.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/orgd.sh"
need python3 openssl
HOSTS=${HOSTS:-10000} ROUNDS=${ROUNDS:-4}
# The kinds of certificates that public and companies' authorities sign most; the first is what the hosts get.
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$T/key.pem" -out "$T/cert.pem" -days 2 -subj /CN=ecdsa.example 2>/dev/null
openssl req -x509 -newkey rsa:2048 -nodes -keyout "$T/rsa-key.pem" -out "$T/rsa-cert.pem" -days 2 -subj /CN=rsa.example 2>/dev/null
ulimit -n 100000 2> /dev/null || ulimit -n "$(ulimit -Hn)"
room=()
for quota in tokens changes caller-changes; do room+=(--quota "$quota=1000000000"); done
orgd_start --connections 65536 "${room[@]}"
org=$(new_org Fleet)
users=()
for i in $(seq 11); do join "$org" "mia$i" member; users+=("$user_id"); done
python3 - "$URL" "$OWNER" "$org" "$HOSTS" > "$T/bearers" <<'PY'
import http.client, json, sys
url, owner, org, hosts = sys.argv[1:]
print(owner)
c = http.client.HTTPConnection(url.split('//')[1])
for i in range(int(hosts)):
    c.request('POST', '/v1/organizations/tokens/create', json.dumps({'organizationId': org, 'name': 'host%d' % i}), {'Content-Type': 'application/json', 'Authorization': 'Bearer ' + owner})
    print(json.loads(c.getresponse().read())['apiToken']['bearer'])
PY
# Each token is a machine's: what machines report is kept.
sql "INSERT INTO machines (id, organization_id, name, labels, ca, secret_hash, created_at, expires_at, enrolled_at, enrolled_from, refused, refused_at, refused_from)
    SELECT 'mach_' || substr(key, 6), organization_id, substr(key, 6), '', '', zeroblob(32), created_at, 0, created_at, '', 0, 0, '' FROM tokens WHERE name GLOB 'host*';
    UPDATE tokens SET machine = 'mach_' || substr(key, 6) WHERE name GLOB 'host*'"
# fleet HOW PORT: the bytes that a host is told are those of the reply to one change, with its headers
fleet() {
    echo "--- $HOSTS hosts, $1"
    start "$T/bare.out" '^port' "$BUILD/tests/bench/bare" "$1" "$T/cert.pem" "$T/key.pem" "$HOSTS" 377 || exit 1
    bare_pid=$started
    "$BUILD/tests/bench/fleet" "$2" "$1" "$org" "$HOSTS" "$ROUNDS" "$orgd_pid" "$(sed -n 's/^port //p' "$T/bare.out")" "$bare_pid" "${users[@]}" < "$T/bearers" || tail -n 3 "$ORGD_LOG"
    kill "$bare_pid"
    orgd_stop
    sql "UPDATE members SET role = 'member' WHERE user_id = '${users[0]}'"
    for user in "${users[@]:1}"; do sql "UPDATE members SET active = 1 WHERE user_id = '$user'"; done
}
fleet plain "${URL##*:}"
# One listener over TCP has most of the connections.
start "$T/tls.out" '^listening on https' "$ORGD" --data "$DATA" --socket "$SOCKET" --tls 127.0.0.1:0 --cert "$T/cert.pem" --key "$T/key.pem" \
    --cert "$T/rsa-cert.pem" --key "$T/rsa-key.pem" --connections 65536 "${room[@]}" 2>> "$ORGD_LOG" || { cat "$ORGD_LOG"; exit 1; }
orgd_pid=$started
fleet tls "$(sed -n 's|^listening on https://.*:||p' "$T/tls.out")"
