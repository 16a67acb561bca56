#!/bin/bash
# Strangers: the connections and the log that anybody can cause without a token; and a server that stood still.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/orgd.sh"
VIA=tcp

# begin NAME FILES [OPTION...]: another server, $pid on $port, with a log, a data file and a token of its own, and at most FILES open files
begin() {
    local name=$1 files=$2; shift 2
    start "$T/$name.out" '^listening on 127' bash -c 'ulimit -n "$0"; exec "$@"' "$files" "$ORGD" --data "$T/$name.db" --socket "$T/$name.sock" --owner owner@localhost \
        --listen 127.0.0.1:0 "$@" 2> "$T/$name.log" || exit 1
    pid=$started
    port=$(sed -n 's/^listening on 127.*://p' "$T/$name.out")
    token=$(grep '^live_' "$T/$name.out")
}
# end NAME PID
end() {
    kill "$2"; wait "$2"
    is $? 0 "the server '$1' exits with status 0 on SIGTERM"
    is "$(grep -cE 'ERROR: |runtime error:' "$T/$1.log")" 0 "the log of the server '$1' has no sanitizer report"
}

# --- a server that stood still answers, also beyond every time that a connection has ---
begin still 1024
still_pid=$pid
cat > "$T/still.py" <<'PY'
import os, signal, socket, sys, time
port, pid, token = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3].encode()
head = b'POST /v1/users/whoami HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAuthorization: Bearer %s\r\nContent-Length: 2\r\n\r\n' % token
def connect():
    s = socket.create_connection(('127.0.0.1', port))
    s.settimeout(30)
    return s
def answer(s):
    try:
        return s.recv(65536)[:15].decode()
    except ConnectionResetError:
        return ''
kept, begun = connect(), connect()
kept.sendall(head + b'{}'); answer(kept)
begun.sendall(head[:40])
time.sleep(0.5) # orgd has taken both
os.kill(pid, signal.SIGSTOP)
new = connect()
kept.sendall(head + b'{}')
begun.sendall(head[40:] + b'{}')
new.sendall(head + b'{}')
time.sleep(32)
os.kill(pid, signal.SIGCONT)
print(answer(kept), '-', answer(begun), '-', answer(new))
PY
python3 "$T/still.py" "$port" "$pid" "$token" > "$T/still" & still=$!

# --- a stranger has ten seconds for a request, other connections have thirty ---
orgd_start
port=${URL##*:}
python3 - "$port" "$OWNER" > "$T/slow" <<'PY' & slow=$!
import socket, sys, time
def connect(data):
    s = socket.create_connection(('127.0.0.1', int(sys.argv[1])))
    s.sendall(data)
    return s
head = b'POST /v1/users/whoami HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n'
known = connect(head + b'Authorization: Bearer %s\r\n\r\n{}' % sys.argv[2].encode())
known.recv(65536)
strangers = [connect(b''), connect(b'P'), connect(head + b'\r\n{'), connect(head + b'\r\n{}')]
strangers[3].recv(65536) # 401, and the connection is kept
for s in strangers:
    s.settimeout(60)
    try:
        assert s.recv(1) == b''
    except ConnectionResetError:
        pass
known.sendall(head + b'Authorization: Bearer %s\r\n\r\n{}' % sys.argv[2].encode())
print('closed -', known.recv(15).decode())
PY

# --- an answer that nobody takes, for thirty seconds ---
python3 - "$port" "$OWNER" > "$T/taken" <<'PY' & taken=$!
import select, socket, sys, time
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
s.connect(('127.0.0.1', int(sys.argv[1])))
s.setblocking(False)
request = b'POST /v1/users/whoami HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAuthorization: Bearer %s\r\nContent-Length: 2\r\n\r\n{}' % sys.argv[2].encode()
end = time.monotonic() + 120
while time.monotonic() < end:
    try:
        s.send(request * 100)
    except BlockingIOError:
        time.sleep(0.1)
    except OSError:
        print('closed')
        break
PY

# --- few of the connections are strangers', and a new one displaces the oldest ---
begin crowd 361 --connections 65536
python3 - "$port" "$token" > "$T/crowd" <<'PY'
import socket, sys, time
port, token = int(sys.argv[1]), sys.argv[2].encode()
def connect(source):
    return socket.create_connection(('127.0.0.1', port), 30, (source, 0))
request = b'POST /v1/users/whoami HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAuthorization: Bearer %s\r\nContent-Length: 2\r\n\r\n{}' % token
def ask(s, request=request):
    s.sendall(request)
    try:
        return s.recv(65536).startswith(b'HTTP/1.1 200')
    except OSError:
        return False
def gone(s):
    s.setblocking(False)
    try:
        return s.recv(1) == b''
    except BlockingIOError:
        return False
    except ConnectionResetError:
        return True
known = [connect('127.0.0.1') for _ in range(20)]
first = sum(map(ask, known))
early = connect('127.0.0.98')
early.sendall(request[:20])
strangers = []
for i in range(300): # more than all connections that this listener has
    s = connect('127.0.0.%d' % (2 + i % 8))
    try:
        s.sendall(b'P')
    except OSError:
        pass
    strangers.append(s)
new = connect('127.0.0.99')
served = ask(new)
again = sum(map(ask, known))
time.sleep(0.5)
left = [not gone(s) for s in strangers]
print(first, ask(early, request[20:]), served, again, 'left:', 0 < sum(left) < 100, 'oldest:', any(left[:100]))
PY
is "$(cat "$T/crowd")" '20 True True 20 left: True oldest: False' \
    'three hundred connections of eight addresses that send one byte keep nobody out: the oldest of them are displaced'
like "$(cat "$T/crowd.log")" '^orgd: 127\.0\.0\.[2-9] is disconnected: too many connections had no valid token yet$' 'the log names a displaced address'
end crowd "$pid"

# --- the log ---
begin log 1024
python3 - "$port" "$token" <<'PY'
import socket, sys
def ask(token, path=b'/users/whoami', body=b'{}'):
    s.sendall(b'POST /v1%s HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n%s'
              % (path, token, len(body), body))
    s.recv(65536)
s = socket.create_connection(('127.0.0.1', int(sys.argv[1])))
for i in range(2000):
    ask(b'live_x:%d' % i)
ask(sys.argv[2].encode(), b'/organizations/get', b'{"organizationId":"org_x"}')
ask(sys.argv[2].encode(), b'/organizations/create', b'{"name":"Acme"}')
PY
is "$(grep -c '/v1/organizations' "$T/log.log")" 2 'requests with a valid token are all in the log'
end log "$pid"
lines=$(grep -Ec ' (401|429) - ' "$T/log.log")
left=$(sed -n 's/^orgd: \([0-9]*\) lines about requests and connections without a valid token were left out$/\1/p' "$T/log.log" | paste -sd+)
ok "of 2000 requests with wrong tokens few are in the log ($lines)" test "$lines" -lt 200
is $((lines + left)) 2000 'the log says how many lines were left out'

wait "$slow"
is "$(cat "$T/slow")" 'closed - HTTP/1.1 200 OK' 'connections without a valid token are closed while a kept one with a token stays'
wait "$still"
is "$(cat "$T/still")" 'HTTP/1.1 200 OK - HTTP/1.1 200 OK - HTTP/1.1 200 OK' \
    'a server that stood still for 32 s answers on a kept connection, on one with a part of a request, and on a new one'
end still "$still_pid"
wait "$taken"
is "$(cat "$T/taken")" closed 'a connection that takes no answer is closed'
orgd_end
done_testing
