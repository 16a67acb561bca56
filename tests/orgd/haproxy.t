#!/bin/bash
# The example of conf/haproxy.cfg in front of three orgd on one PostgreSQL, with TLS that goes through and TLS that ends there: sources, how hosts
# spread, and what becomes of their polls when an orgd is killed, ends, is drained, and when HAProxy is reloaded.
. "$(dirname "$0")/../lib/tap.sh"
STORE=postgresql
. "$(dirname "$0")/../lib/orgd.sh"
need python3 openssl haproxy
[ "$(ulimit -Hn)" = unlimited ] || [ "$(ulimit -Hn)" -ge 19000 ] || skip_all "HAProxy's example needs 19 000 files"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$T/key.pem" -out "$T/cert.pem" -days 2 -subj /CN=org.example.com \
    -addext subjectAltName=DNS:org.example.com 2> /dev/null
cat "$T/cert.pem" "$T/key.pem" > "$T/both.pem"
servers=(a b c)
declare -A pid port
# server NAME: starts this orgd, at the port that it had
server() {
    start "$T/$1.out" '^listening on https' "$ORGD" --data "$DATA" --socket "$T/$1.sock" --tls "127.0.0.1:${port[$1]:-0}" --cert "$T/cert.pem" --key "$T/key.pem" \
        --proxy-protocol 127.0.0.1 --quota tokens=1000 2>> "$T/$1.log" || { diag "$(cat "$T/$1.log")"; exit 1; }
    pid[$1]=$started port[$1]=$(sed -n 's|^listening on https://.*:||p' "$T/$1.out")
}
orgd_start; orgd_stop
for name in "${servers[@]}"; do server $name; done
SOCKET=$T/a.sock
org=$(new_org Acme)
join "$org" ann member; ann_id=$user_id

# --- HAProxy, by the example ---
read -r through ends < <(python3 -c 'import socket; s = [socket.create_server(("127.0.0.1", 0)) for _ in "ab"]; print(*(t.getsockname()[1] for t in s))')
sed -e "s|bind :443|bind 127.0.0.1:$through|; s|bind :444|bind 127.0.0.1:$ends|; s|/run/haproxy/admin.sock|$T/admin.sock|; s|/etc/haproxy/org.example.com.pem|$T/both.pem|; s|/etc/haproxy/orgd-ca.pem|$T/cert.pem|" \
    -e "s|192.0.2.11:8443|127.0.0.1:${port[a]}|; s|192.0.2.12:8443|127.0.0.1:${port[b]}|; s|192.0.2.13:8443|127.0.0.1:${port[c]}|" "$TOP/conf/haproxy.cfg" > "$T/haproxy.cfg"
ok 'HAProxy takes the example' haproxy -c -f "$T/haproxy.cfg"
haproxy -W -f "$T/haproxy.cfg" > "$T/haproxy.log" 2>&1 & balancer=$!
cat > "$T/admin.py" <<'PY'
import socket, sys
s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); s.sendall((sys.argv[2] + '\n').encode())
print(s.makefile().read())
PY
admin() { python3 "$T/admin.py" "$T/admin.sock" "$1"; }
# servers_up N: so many of the servers, over both backends
servers_up() { [ "$(admin 'show stat' | grep -cE '^orgd_[a-z]+,[abc],.*,(UP|DRAIN),')" = "$1" ]; }
wait_for 20 servers_up 6 || diag "$(cat "$T/haproxy.log")" "$(admin 'show stat' | cut -d, -f1,2,18)"
https() { curl -sS --max-time 20 --cacert "$T/cert.pem" --connect-to "org.example.com::127.0.0.1:" "https://org.example.com:$1${2}" "${@:3}"; }

for mode in "$through through" "$ends ends"; do
    read -r at name <<< "$mode"
    is "$(https "$at" /healthz)" '{"ok":true}' "TLS $name: a request is answered"
    for from in 5 6; do https "$at" /v1/users/whoami --interface "127.0.0.$from" -H 'Content-Type: application/json' -H 'X-Forwarded-For: 6.6.6.6' -H 'Authorization: Bearer live_x:y' -d '{}' > /dev/null; done
    is "$(cat "$T"/[abc].log | grep -oE 'whoami 401 - [0-9.]+' | sort | uniq -c | xargs)" '1 whoami 401 - 127.0.0.5 1 whoami 401 - 127.0.0.6' "TLS $name: orgd sees who asks, and no forged header"
    for server in "${servers[@]}"; do : > "$T/$server.log"; done
done

# --- polls ---
# polls PORT N: so many hosts hold polls; a line for each answer or failure in $T/polls.PORT
cat > "$T/polls.py" <<'PY'
import asyncio, sys
from hosts import *
port, count, org, bearer = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4]
def tell(host, called, returned, reply):
    print('answer', reply['revision'], flush=True)
async def main():
    hosts = [Host(Connection('127.0.0.1', port, '127.0.1.%d' % (i + 1)), org, bearer, tell=tell) for i in range(count)]
    async def count_broken():
        seen = {}
        while True:
            await asyncio.sleep(0.05)
            for h in hosts:
                if (now := h.broken + h.refused) > seen.get(h, 0):
                    print(('broken ' + h.why + '\n') * (now - seen.get(h, 0)), end='', flush=True)
                    seen[h] = now
    await asyncio.gather(count_broken(), *(h.run() for h in hosts))
asyncio.run(main())
PY
for at in $through $ends; do
    PYTHONPATH=$TOP/tests/orgd python3 "$T/polls.py" "$at" 12 "$org" "$OWNER" > "$T/polls.$at" 2> "$T/polls.err" &
done
# held: how many connections of hosts each of the servers has, of both ways
held() { admin 'show stat' | awk -F, '$1 ~ /^orgd_/ { held[$2] += $5 } END { print held["a"], held["b"], held["c"] }'; sleep 0.2; }
held_is() { [ "$(held)" = "$1" ]; }
spread() { local a b c; read -r a b c <<< "$(held)"; [ $((a + b + c)) = 24 ] && [ "$a" -ge "$1" ] && [ "$b" -ge "$1" ] && [ "$c" -ge "$1" ]; }
sum_held() { read -r a b c <<< "$(held)"; [ $((a + b + c)) = 24 ]; }
lines() { cat "$T/polls.$through" "$T/polls.$ends" | grep -c "$1"; }
ok 'polls spread evenly over the servers' wait_for 20 held_is '8 8 8'
begun=$(date +%s%3N) told=$(lines answer)
call /organizations/members/set-role "{\"organizationId\":\"$org\",\"userId\":\"$ann_id\",\"role\":\"admin\"}" "$OWNER"
ok 'a change at one reaches all' wait_for 10 eval '[ "$(lines answer)" -ge $((told + 24)) ]'
wait_for 10 sum_held

broken=$(lines broken)
kill -KILL "${pid[b]}"; wait "${pid[b]}" 2> /dev/null; begun=$(date +%s%3N)
ok 'when an orgd is killed its polls come back to the others' wait_for 20 eval 'read -r a b c <<< "$(held)"; [ "$b" = 0 ] && sum_held'
diag "$(($(date +%s%3N) - begun)) ms, $(($(lines broken) - broken)) polls broke, now $(held)"
failed=0
for _ in {1..20}; do [ "$(https "$through" /healthz)$(https "$ends" /healthz)" = '{"ok":true}{"ok":true}' ] || failed=$((failed + 1)); done
is "$failed" 0 'and requests are answered, by the others'
server b; wait_for 20 servers_up 6

# --- a restart that nobody notices: SIGTERM ---
PYTHONPATH=$TOP/tests/orgd python3 - "$through" "$ends" "$OWNER" "$T/stop" > "$T/asked" <<'PY' &
import asyncio, os, sys
from hosts import *
async def ask(port):
    bad = good = 0
    while good < 20 or not os.path.exists(sys.argv[4]):
        try:
            c = Connection('127.0.0.1', port)
            good += (await c.ask('/users/whoami', {}, sys.argv[3], 10))[0] == 200
            c.close()
        except Broken as e:
            bad += 1
            print(e)
        await asyncio.sleep(0.05)
    print(bad)
async def main():
    await asyncio.gather(*(ask(int(p)) for p in sys.argv[1:3]))
asyncio.run(main())
PY
asker=$!
broken=$(lines broken)
read -r a _ c <<< "$(held)"
kill -TERM "${pid[a]}"; begun=$(date +%s%3N); wait "${pid[a]}"
is $? 0 'an orgd ends on SIGTERM'
diag "it held $a polls, and ended after $(($(date +%s%3N) - begun)) ms"
ok 'its polls go on at the others' wait_for 20 eval 'read -r a b c <<< "$(held)"; [ "$a" = 0 ] && [ $((b + c)) -ge 24 ]'
is "$(($(lines broken) - broken))" 0 'and each of them was answered'
server a; wait_for 20 servers_up 6
touch "$T/stop"; wait "$asker"
is "$(paste -sd' ' "$T/asked")" '0 0' 'meanwhile no request of others failed'

# --- a server that is drained, and one to which the hosts come back: SIGUSR1 ---
broken=$(lines broken)
for backend in orgd_through orgd_ends; do admin "set server $backend/c state drain" > /dev/null; done
kill -USR1 "${pid[c]}"
ok 'a drained server gives up its polls on SIGUSR1' wait_for 20 eval 'read -r a b c <<< "$(held)"; [ "$c" = 0 ] && sum_held'
is "$(curl -sS --unix-socket "$T/c.sock" http://localhost/healthz)" '{"ok":true}' 'its health stays good'
for backend in orgd_through orgd_ends; do admin "set server $backend/c state ready" > /dev/null; done
kill -USR1 "${pid[a]}" "${pid[b]}"
ok 'SIGUSR1 at the others has the hosts spread again' wait_for 20 spread 5
diag "now $(held)"
is "$(($(lines broken) - broken))" 0 'none of these polls broke'

# --- HAProxy is reloaded ---
kill -USR2 "$balancer"
wait_for 20 eval '[ "$(grep -c "New worker\|Loading success" "$T/haproxy.log")" -ge 2 ]'
told=$(lines answer)
call /organizations/members/set-role "{\"organizationId\":\"$org\",\"userId\":\"$ann_id\",\"role\":\"member\"}" "$OWNER"
ok 'polls are told also through the old HAProxy' wait_for 10 eval '[ "$(lines answer)" -ge $((told + 24)) ]'
is "$(($(lines broken) - broken))" 0 'and none broke'
for server in "${servers[@]}"; do kill "${pid[$server]}"; wait "${pid[$server]}"; done
is "$(cat "$T"/[abc].log | grep -cE 'ERROR: |runtime error:|disconnected')" 0 'no log has a sanitizer report, or a connection of HAProxy that was refused'
kill "$balancer"
done_testing
