#!/bin/bash
# Connections through a proxy that speaks the PROXY protocol: whose they are, what broken and slow headers do, and who may send one.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/orgd.sh"
need python3 openssl
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$T/key.pem" -out "$T/cert.pem" -days 2 -subj /CN=localhost 2>/dev/null
# speak: python from standard input, with speaker.py, PLAIN and TLS (ports) and OWNER; what it prints
speak() {
    PYTHONPATH=$TOP/tests/orgd PLAIN=${URL##*:} TLS=$(sed -n 's|^listening on https://.*:||p' "$T/orgd.out") OWNER=$OWNER timeout 100 python3 -c "
import os, time
from speaker import *
plain, tls, owner = int(os.environ['PLAIN']), int(os.environ['TLS'] or 0), os.environ['OWNER']
$(cat)" 2>&1 | paste -sd' '
}
with_tls=(--tls 127.0.0.1:0 --cert "$T/cert.pem" --key "$T/key.pem")

# --- nobody's header is read unless the peer is configured ---
orgd_start --attempts 5 "${with_tls[@]}"
is "$(speak <<'PY'
print(ask(plain, header('192.0.2.1'), HEALTH) in ('400', 'closed'), ask(tls, header('192.0.2.1'), HEALTH, tls=True))
PY
)" 'True closed' 'a header of the PROXY protocol is refused when no proxy is configured'
unlike "$(cat "$ORGD_LOG")" '192\.0\.2\.1' 'and the address in it is nobody'
is "$(curl -sS --interface 127.0.0.9 "$URL/healthz")" '{"ok":true}' 'connections without a header are served'
orgd_stop

orgd_start --attempts 5 --proxy-protocol 127.0.0.8/30 --proxy-protocol "unix:$(id -u)" "${with_tls[@]}"
is "$(speak <<'PY'
print(ask(plain, header('192.0.2.1'), HEALTH, source='127.0.0.2') in ('400', 'closed'), ask(tls, header('192.0.2.1'), HEALTH, source='127.0.0.2', tls=True))
PY
)" 'True closed' 'the header of a peer that is not configured is refused'
is "$(curl -sS --interface 127.0.0.2 "$URL/healthz")" '{"ok":true}' 'a peer that is not configured is served without one'
is "$(curl -sSk --interface 127.0.0.2 "https://127.0.0.1:$(sed -n 's|^listening on https://.*:||p' "$T/orgd.out")/healthz")" '{"ok":true}' 'by TLS, too'
is "$(curl -s --interface 127.0.0.9 "$URL/healthz"; echo $?)" 56 'a configured peer without a header is hung up on'
like "$(cat "$ORGD_LOG")" '127\.0\.0\.9 is disconnected: it sent no PROXY header of version 2' 'which the log says'

# --- the client ---
is "$(speak <<'PY'
def attempts(client, n, **how):
    return ' '.join(ask(plain, header(client, **how), request()) for _ in range(n))
print(attempts('192.0.2.1', 6), attempts('192.0.2.2', 1), attempts('2001:db8::1', 6), attempts('2001:db8::2', 1), attempts('2001:db8:1::1', 1))
print(attempts('::ffff:192.0.2.1', 1))
PY
)" '401 401 401 401 401 429 401 401 401 401 401 401 429 429 401 429' 'failed attempts are counted for each client behind the proxy'
is "$(speak <<'PY'
print(ask(tls, header('192.0.2.1'), request(), tls=True), ask(tls, header('192.0.2.3'), request(), tls=True))
PY
)" '429 401' 'by TLS it is the same client'
wait_for 10 grep -q ' 192\.0\.2\.3 ' "$ORGD_LOG"
like "$(cat "$ORGD_LOG")" 'users/whoami 429 - 192\.0\.2\.1 ' 'the log has its address'
is "$(speak <<'PY'
tlv = bytes([4]) + (200).to_bytes(2, 'big') + bytes(200)
print(ask(plain, header('192.0.2.10', extra=tlv), HEALTH), ask(plain, header('2001:db8::10', extra=tlv * 2), HEALTH))
print(ask(plain, header(), HEALTH), ask(tls, header(), HEALTH, tls=True), ask(plain, header(command=LOCAL, family=0x11, data=bytes(12)), HEALTH))
for piece in (header('192.0.2.11') + HEALTH, ):
    s = connect(plain)
    for i in range(len(piece)):
        s.sendall(piece[i:i + 1]); time.sleep(0.002)
    print(status(s))
s = connect(plain, header('192.0.2.12') + HEALTH + HEALTH); time.sleep(0.2)
print(s.recv(4096).count(b'HTTP/1.1 200'))
PY
)" '200 200 200 200 200 200 2' 'what stands behind the addresses is left out, LOCAL is the proxy itself, and a header may come in pieces or with the request'
is "$(speak <<'PY'
print(*[ask(plain, header(), request()) for _ in range(6)], ask(plain, header('192.0.2.13'), request()))
PY
)" '401 401 401 401 401 429 401' "a connection of the proxy's own counts for the proxy"
is "$(speak <<PY
def unix(first):
    s = socket.socket(socket.AF_UNIX); s.connect('$SOCKET'); s.sendall(first + HEALTH)
    return status(s)
print(unix(header('192.0.2.20')), unix(b''))
PY
)" '200 closed' 'a user of the unix socket can be such a proxy'

# --- broken headers ---
is "$(speak <<'PY'
v4 = socket.inet_aton('192.0.2.1') * 2 + b'\0\1\0\2'
bad = [header('192.0.2.1', signature=SIGNATURE[:-1] + b'x'), header('192.0.2.1', command=0x31), header('192.0.2.1', command=0x11), header('192.0.2.1', command=0x22),
       header(family=0x00, data=v4), header(family=0x12, data=v4), header(family=0x31, data=bytes(216)), header(family=0x21, data=v4), header(family=0x11, data=v4[:11]),
       header('192.0.2.1', length=521), header('192.0.2.1', length=65535), b'PROXY TCP4 192.0.2.1 127.0.0.1 40000 443\r\n', bytes(16), b'\x16\x03\x01\x02\x00' * 20]
print({ask(plain, b, HEALTH) for b in bad} | {ask(tls, b, HEALTH, tls=True) for b in bad})
s = connect(plain, header('192.0.2.1')[:20]); s.shutdown(socket.SHUT_WR)
print(status(s), ask(plain, header('192.0.2.1', extra=bytes(508)), HEALTH))
PY
)" "{'closed'} closed 200" 'a broken header is hung up on, and the longest that may be is not'

# --- slow ones ---
files=$(ls "/proc/$orgd_pid/fd" | wc -l)
is "$(speak <<'PY'
begun = time.monotonic()
slow = [connect(plain, header('192.0.2.1')[:n % 28]) for n in range(600)]
print(ask(plain, header('192.0.2.30'), HEALTH), ask(plain, b'', HEALTH, source='127.0.0.2'), time.monotonic() - begun < 20)
print({status(s) for s in slow}, time.monotonic() - begun < 30)
PY
)" "200 200 True {'closed'} True" 'six hundred connections whose header does not come keep nobody waiting, and end'
like "$(cat "$ORGD_LOG")" '127\.0\.0\.9 is disconnected: its PROXY header did not come' 'which the log says'
ok 'their descriptors are given back' wait_for 5 eval '[ "$(ls "/proc/$orgd_pid/fd" | wc -l)" -le $((files + 2)) ]'
lines=$(grep -vc 'were left out' "$ORGD_LOG") # the count of earlier ones comes when it is due
is "$(speak <<'PY'
for _ in range(5):
    s = connect(plain, header() + HEALTH); print(status(s))
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0)); s.close()
PY
)" '200 200 200 200 200' 'looks at the health that end with a reset are answered'
is "$(grep -vc 'were left out' "$ORGD_LOG")" "$lines" 'and nothing is logged of them'
orgd_stop

printf '#!/bin/sh\nulimit -n 300\nexec "%s" "$@"\n' "$ORGD" > "$T/few"; chmod +x "$T/few"
ORGD=$T/few orgd_start --proxy-protocol 127.0.0.9
is "$(speak <<'PY'
slow = [connect(plain) for n in range(400)]
print(ask(plain, b'', HEALTH, source='127.0.0.2'), ask(plain, header('192.0.2.1'), HEALTH), {status(s) for s in slow})
PY
)" "200 200 {'closed'}" 'headers that do not come do not take the room of other connections'
like "$(cat "$ORGD_LOG")" '127\.0\.0\.9 is disconnected: too many PROXY headers are awaited' 'the oldest of too many goes'
is "$(speak <<PY
import signal
slow = [connect(plain) for n in range(100)]
ask(plain, b'', HEALTH, source='127.0.0.2')
os.kill($orgd_pid, signal.SIGSTOP)
more = [connect(plain) for n in range(8)]
for s in slow:
    try:
        s.sendall(header('192.0.2.1') + HEALTH)
    except OSError:
        pass
os.kill($orgd_pid, signal.SIGCONT)
print(ask(plain, b'', HEALTH, source='127.0.0.2'), '200' in [status(s) for s in slow])
PY
)" '200 True' 'headers that come at the moment at which others take their place harm nobody'
orgd_stop

# --- limits are the client's ---
orgd_start --connections 3 --proxy-protocol 127.0.0.9
is "$(speak <<'PY'
def opened(client, n):
    held.extend(connect(plain, header(client) + HEALTH) for _ in range(n))
    return sorted(status(s) for s in held[-n:])
held = []
print(opened('192.0.2.1', 4), opened('192.0.2.2', 3))
PY
)" "['200', '200', '200', 'closed'] ['200', '200', '200']" 'each client may have so many connections, and the proxy any number'
call /organizations/create '{"name":"Acme"}' "$OWNER"; org=$(field .organization.id)
is "$(speak <<PY
print(ask(plain, header('192.0.2.41'), request('/organizations/update', {'organizationId': '$org', 'name': 'Other'}, owner)))
PY
)" 200 'a change comes through the proxy'
is "$(api /organizations/audit/list "{\"organizationId\":\"$org\",\"action\":\"organization.update\"}" "$OWNER" | jq -r '.events[0].from')" 192.0.2.41 \
    "the audit event has the client's address"
orgd_end

for value in '' x 127.0.0.1/33 unix:x; do
    out=$("$ORGD" --proxy-protocol "$value" 2>&1); like "$? $out" '^2 .*--proxy-protocol .*must be' "orgd refuses --proxy-protocol '$value' with status 2"
done
done_testing
