#!/bin/bash
# HTTP as RFC 9112 has it: a request that could be read in two ways is refused, and nothing behind it on its connection is a request.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/orgd.sh"
VIA=tcp
orgd_start --debug
cat > "$T/odd.py" <<'PY'
import json, re, socket, sys
port, token = int(sys.argv[1]), sys.argv[2].encode()
A, J, H, L = b'Authorization: Bearer %s\r\n' % token, b'Content-Type: application/json\r\n', b'Host: x\r\n', b'Content-Length: 2\r\n'
NEXT = b'PUT /healthz HTTP/1.1\r\nHost: x\r\n\r\n'
ANSWERED = b'This path is for GET and HEAD'
n = 0

def whoami(line=b'POST /v1/users/whoami HTTP/1.1', headers=H + A + J + L, body=b'{}'):
    return line + b'\r\n' + headers + b'\r\n' + body

def send(data):
    """All that is answered until the connection ends, or the request behind this one is answered."""
    with socket.create_connection(('127.0.0.1', port), 30) as s:
        got = b''
        try:
            s.sendall(data + NEXT)
            while ANSWERED not in got and (more := s.recv(65536)):
                got += more
        except ConnectionError:
            pass
        return got

def ok(good, name, got):
    global n
    n += 1
    print('ok' if good else 'not ok', '-', name)
    if not good:
        print('#', repr(got))

def refused(name, data, status=400, reason='invalid', ours=True, line=False):
    """One answer, and the connection is closed. If it is not OURS, libmicrohttpd may refuse it in its own words; a LINE that it cannot read it may
    not answer at all."""
    got = send(data)
    if line and not got:
        return ok(True, name + ' is refused', got)
    head, _, body = got.partition(b'\r\n\r\n')
    good = got.startswith(b'HTTP/1.1 %d ' % status) and ANSWERED not in got and re.search(rb'(?i)\r\nconnection: close', head) is not None
    if good and (ours or body.startswith(b'{')):
        answer = json.loads(body)
        good = (answer['ok'], answer['reason'], type(answer['message']), len(answer['requestId'])) == (False, reason, str, 16)
    ok(good, name + ' is refused with %d, and the connection is closed' % status, got)

def served(name, data, status=200, last=False):
    got = send(data)
    answers = re.findall(rb'HTTP/1\.1 (\d+)', got)
    ok(answers == [b'%d' % status] + ([] if last else [b'405']), name + ' is answered with %d' % status, got)

chunked = b'Transfer-Encoding: chunked\r\n'
chunks = b'2\r\n{}\r\n0\r\n\r\n'
served('a good request', whoami())
served('an empty line before a request', b'\r\n' + whoami())
served('a target that is a whole URL', whoami(b'POST http://other/v1/users/whoami HTTP/1.1'))
served('a query', whoami(b'POST /v1/users/whoami?a=%00&b HTTP/1.1'))
served('a header with other characters than ASCII', whoami(headers=H + b'X: \xc3\xa4\r\n' + A + J + L))
served('a header without white space', whoami(headers=H + b'X:a\r\n' + A + J + L))
served('a header without a value', whoami(headers=H + b'X:\r\n' + A + J + L))
served('a header with white space around its value', whoami(headers=H + b'X: \t a b \t\r\n' + A + J + L))
served('a header of 5000 bytes', whoami(headers=H + b'X: %s\r\n' % (b'a' * 5000) + A + J + L))
served('fifty headers', whoami(headers=H + b''.join(b'X-%d: a\r\n' % i for i in range(50)) + A + J + L))
served('a cookie', whoami(headers=H + b'Cookie: a=b; c="d"; e\r\n' + A + J + L))
served('HTTP/1.0 without Host', whoami(b'POST /v1/users/whoami HTTP/1.0', A + J + L), last=True)
served('chunks', whoami(headers=H + A + J + chunked, body=chunks), last=True)
served('Expect in HTTP/1.0', whoami(b'POST /v1/users/whoami HTTP/1.0', H + A + J + L + b'Expect: nothing\r\n'), last=True)
served('a path with a slash at its end', whoami(b'POST /v1/users/whoami/ HTTP/1.1'), 404)
served('another method', whoami(b'post /v1/users/whoami HTTP/1.1'), 405)
served('HTTP/1.0 for the health', b'GET /healthz HTTP/1.0\r\n\r\n', last=True)

refused('Content-Length before Transfer-Encoding', whoami(headers=H + A + J + L + chunked, body=chunks), ours=False)
refused('Transfer-Encoding before Content-Length', whoami(headers=H + A + J + chunked + L, body=chunks), ours=False)
refused('Content-Length twice', whoami(headers=H + A + J + L + L))
refused('Content-Length twice, first 0', whoami(headers=H + A + J + b'Content-Length: 0\r\n' + L))
refused('Transfer-Encoding twice', whoami(headers=H + A + J + chunked + chunked, body=chunks))
for value in (b'gzip', b'gzip, chunked', b'chunked, gzip', b'xchunked', b'identity', b''):
    refused('Transfer-Encoding: %s' % value.decode(), whoami(headers=H + A + J + b'Transfer-Encoding: %s\r\n' % value, body=chunks), ours=False)
refused('Transfer-Encoding in HTTP/1.0', whoami(b'POST /v1/users/whoami HTTP/1.0', H + A + J + chunked, chunks))
for value in (b'2, 2', b'+2', b'-2', b'', b'0x2', b'2a', b'2 2'):
    refused('Content-Length: %s' % value.decode(), whoami(headers=H + A + J + b'Content-Length: %s\r\n' % value), ours=False)
refused('Transfer-Encoding with a blank before the colon', whoami(headers=H + A + J + L + b'Transfer-Encoding : chunked\r\n', body=chunks), ours=False)
refused('a header with a tab before the colon', whoami(headers=H + b'X\t: a\r\n' + A + J + L), ours=False)
refused('a header without a name', whoami(headers=H + b': a\r\n' + A + J + L), ours=False)
refused('a header line without a colon', whoami(headers=H + b'X\r\n' + A + J + L), ours=False)
refused('HTTP/1.1 without Host', whoami(headers=A + J + L), ours=False)
refused('two Hosts', whoami(headers=H + H + A + J + L))
for value in (b'a, b', b'a b', b'a/b', b'u@a'):
    refused('Host: %s' % value.decode(), whoami(headers=b'Host: %s\r\n' % value + A + J + L))
refused('Authorization twice', whoami(headers=H + A + A + J + L))
refused('Content-Type twice', whoami(headers=H + A + J + J + L))
refused('Expect: nothing', whoami(headers=H + A + J + L + b'Expect: nothing\r\n'), 417, 'expectation_failed')
for where in ('X: a\0b', 'X:\0b', 'X: a\0', 'X\0: b', '\0X: b'):
    header = where.encode() + b'\r\n'
    refused('NUL in a header, ' + repr(where), whoami(headers=H + header + A + J + L), ours=False)
    refused('NUL in the last header, ' + repr(where), whoami(headers=H + A + J + L + header), ours=False)
for number in (1, 8, 11, 13, 27, 127):
    refused('the control character %d in a header' % number, whoami(headers=H + b'X: a%cb\r\n' % number + A + J + L), ours=False)
for line in (b'POST /v1/users/whoami\0 HTTP/1.1', b'POST /v1/users\0/whoami HTTP/1.1', b'POST /v1/users/whoami?a\0b HTTP/1.1', b'PO\0ST /v1/users/whoami HTTP/1.1',
             b'POST  /v1/users/whoami HTTP/1.1', b'POST /v1/users/whoami  HTTP/1.1', b'POST /v1/users/ whoami HTTP/1.1', b'POST /v1/users/whoami HTTP/1.1 ',
             b'POST /v1/users/whoami\x01 HTTP/1.1', b'POST /v1/users/whoami\xc3\xa4 HTTP/1.1', b'P(ST /v1/users/whoami HTTP/1.1', b'POST /v1/users/whoami',
             b'POST /v1/users/whoami http/1.1', b'POST\t/v1/users/whoami HTTP/1.1'):
    refused('the request line ' + repr(line.decode('latin1')), whoami(line), ours=False, line=True)
for path in (b'/v1/users/whoami%00', b'/v1/users%00/whoami', b'/v1/users%2Fwhoami', b'/v1/organizations%2flist', b'/v1/users/%77hoami', b'/v1/users/whoami%', b'%2Fhealthz'):
    refused('the path ' + path.decode(), whoami(b'POST %s HTTP/1.1' % path))
refused('a folded header', whoami(headers=H + b'X: a\r\n b\r\n' + A + J + L), ours=False)
refused('a folded first header', whoami(headers=b' X: a\r\n' + H + A + J + L), ours=False)
refused('a folded last header', whoami(headers=H + A + J + L + b'X: a\r\n\tb\r\n'), ours=False)
refused('a folded Transfer-Encoding', whoami(headers=H + A + J + L + b'Transfer-Encoding:\r\n chunked\r\n', body=chunks), ours=False)
refused('a line of nothing but a blank', whoami(headers=H + A + J + L + b' \r\n'), ours=False)
good = whoami()
for at in [i for i in range(len(good)) if good[i:i + 2] == b'\r\n']:
    refused('LF alone at byte %d' % at, good[:at] + good[at + 1:], ours=False)
refused('LF alone everywhere', good.replace(b'\r\n', b'\n'), ours=False)
refused('HTTP/2.0', whoami(b'POST /v1/users/whoami HTTP/2.0'), 505, ours=False)
refused('a path of 9000 bytes', whoami(b'POST /v1/%s HTTP/1.1' % (b'a' * 9000)), 414, ours=False)
refused('a header of 9000 bytes', whoami(headers=H + b'X: %s\r\n' % (b'a' * 9000)), 431, ours=False)
refused('a chunk without a size', whoami(headers=H + A + J + chunked, body=b'x\r\n{}\r\n0\r\n\r\n'), ours=False)

form = b'Content-Type: application/x-www-form-urlencoded\r\n'
served('Content-Type: Application/JSON', whoami(headers=H + A + L + b'Content-Type: Application/JSON\r\n'))
served('Content-Type with parameters', whoami(headers=H + A + L + b'Content-Type: application/json ; charset=utf-8\r\n'))
served('a form', whoami(headers=H + A + form + L), 415)
served('a body without Content-Type', whoami(headers=H + A + L), 415)
served('Content-Type: application/jsonx', whoami(headers=H + A + b'Content-Type: application/jsonx\r\n' + L), 415)
served('an empty body without Content-Type', whoami(headers=H + A + b'Content-Length: 0\r\n', body=b''), 400)
served('no body', whoami(headers=H + A, body=b''), 400)

# Pipelined: what is good is answered, up to what is not
got = send(whoami() + whoami() + whoami(headers=H + A + J + L + L) + whoami())
ok(re.findall(rb'HTTP/1\.1 (\d+)', got) == [b'200', b'200', b'400'], 'of pipelined requests those before a bad one are answered', got)

got = send(whoami(headers=H + b'X: %s\r\n' % (b'a' * 1500) + A + J + L) * 10)
ok(re.findall(rb'HTTP/1\.1 (\d+)', got) == [b'200'] * 10 + [b'405'], 'ten pipelined requests are answered', got)

# In small pieces, and with the end of the sending side behind it
with socket.create_connection(('127.0.0.1', port), 30) as s:
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for byte in whoami(headers=H + A + J + L + b'X: %s\r\n' % (b'a' * 5000)):
        s.sendall(b'%c' % byte)
    s.shutdown(socket.SHUT_WR)
    got = s.recv(65536)
ok(got.startswith(b'HTTP/1.1 200 '), 'a request that comes in single bytes is answered', got)
with socket.create_connection(('127.0.0.1', port), 30) as s:
    data = whoami(headers=H + A + J + L + b'Content-Length: 3\r\n')
    for at in range(0, len(data), 7):
        s.sendall(data[at:at + 7])
    got = s.recv(65536)
ok(got.startswith(b'HTTP/1.1 400 '), 'a bad request that comes in pieces is refused', got)
PY
python3 "$T/odd.py" "${URL##*:}" "$OWNER" > "$T/odd" || fail 'the odd requests were all sent'
while IFS= read -r line; do
    case $line in
    'ok - '*) pass "${line#ok - }" ;;
    'not ok - '*) fail "${line#not ok - }" ;;
    *) diag "${line#\# }" ;;
    esac
done < "$T/odd"
curl -s -o "$T/body" -d '{}' -H "Authorization: Bearer $OWNER" "$URL/v1/users/whoami"
is "$(jq -c '[.ok,.reason]' "$T/body")" '[false,"unsupported_media_type"]' 'the answer 415 has the reason unsupported_media_type'
orgd_end
done_testing
