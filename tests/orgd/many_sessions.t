#!/bin/bash
# Ten thousand open sessions: they take no memory, their list is bounded, and others sign in as before.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/orgd.sh"
need python3 openssl
ORIGIN=https://org.acme.example
MANY=10000 USED=1000
ACCOUNTS=100 # with as many sessions each as an account may have
export ASAN_OPTIONS=quarantine_size_mb=0 # its memory is looked at
orgd_start --web-origin $ORIGIN
org=$(new_org Acme)
join "$org" mia member; mia=$bearer
join "$org" ned member; ned=$bearer ned_id=$user_id
for who in mia ned; do openssl genpkey -algorithm ED25519 -out "$T/$who.pem" 2>/dev/null; done
made() { python3 "$TOP/tests/orgd/authenticator.py" "$1" "$T/$2.pem" $ORIGIN "$(api /users/passkeys/begin '{}' | jq -r .challenge)" count=$((($(date +%s%N) - EPOCH) / 1000)); }
EPOCH=$(date +%s%N)
for who in mia ned; do call /users/passkeys/add "$(made create $who)" "${!who}"; done
page() { request "$1" -H 'Sec-Fetch-Site: same-origin' -b "__Host-orgd=${session-}" --data-binary "$2" "${@:3}"; }
signs_in() { session='' page /users/sign-in "$(made get "$1")" -D "$T/heads" >"$T/reply"; session=$(tr -d '\r' <"$T/heads" | sed -n 's/^Set-Cookie: __Host-orgd=\([^;]*\);.*/\1/Ip'); }
resident() { awk '/^VmRSS/ { print $2 }' "/proc/$orgd_pid/status"; }
# What the server itself needed, of several sign-ins the quickest
quickest() {
    local i
    for i in 1 2 3; do signs_in ned; done
    sed -n 's|.* POST /v1/users/sign-in 200 .* \([0-9]*\)ms$|\1|p' "$ORGD_LOG" | tail -3 | sort -n | head -1
}
before=$(quickest)
signs_in mia

# All have one secret, and are those of many accounts.
secret=$(printf 'A%.0s' {1..43})
hash=$(python3 -c "import hashlib; print(hashlib.blake2b(b'$secret', digest_size=32).hexdigest())")
now=$(($(date +%s) * 1000))
sql "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $ACCOUNTS)
    INSERT INTO users (id, email, username, name, created_at) SELECT printf('usr_%020d', i), printf('u%d@example.org', i), printf('u%d', i), printf('User %d', i), i FROM n;
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $MANY)
    INSERT INTO tokens (key, secret_hash, last_four, user_id, role, name, test, created_at, expires_at, proved_at)
    SELECT printf('sess_%020d', i), $(bytes "$hash"), 'AAAA', printf('usr_%020d', 1 + i % $ACCOUNTS), 'member', 'Browser', 0, $now + i, $now + 43200000, $now FROM n"
session=sess_00000000000000000001:$secret
is "$(page /users/whoami '{}' | jq -r .user.username)" u2 'the sessions are open'
memory=$(resident)
page /users/tokens/list '{}' >"$T/list"
is "$(jq -r '.tokens|length' "$T/list")" 100 'an account lists its own'
python3 - "$SOCKET" "$secret" $USED >"$T/used" <<'PYTHON'
import socket, sys
path, secret, many = sys.argv[1], sys.argv[2], int(sys.argv[3])
s = socket.socket(socket.AF_UNIX)
s.connect(path)
read, good = s.makefile('rb'), 0
for begin in range(1, many + 1, 50): # in a row, on one connection
    numbers = range(begin, begin + 50)
    s.sendall(b''.join(b'POST /v1/users/whoami HTTP/1.1\r\nHost: x\r\nSec-Fetch-Site: same-origin\r\nContent-Type: application/json\r\nContent-Length: 2\r\n'
                       b'Cookie: __Host-orgd=sess_%020d:%s\r\n\r\n{}' % (n, secret.encode()) for n in numbers))
    for n in numbers:
        good += b' 200 ' in read.readline()
        length = 0
        while (line := read.readline()) != b'\r\n':
            if line.lower().startswith(b'content-length:'):
                length = int(line.split(b':')[1])
        read.read(length)
print(good)
PYTHON
is "$(cat "$T/used")" $USED 'they are used'
after=$(resident)
ok "which takes at most 10 MB of memory (from $memory to $after kB)" [ $((after - memory)) -le 10240 ]
later=$(quickest)
ok "others sign in as quickly ($before ms before, $later ms now)" [ "$later" -le $((before + 50)) ]
signs_in mia; is "$(jq -r .user.username "$T/reply")" mia 'and so does who was there before'
session=sess_00000000000000000001:$secret
page /users/sign-in "$(made get mia)" -D "$T/heads" >"$T/reply"
is "$(jq -r .user.username "$T/reply") $(sql "SELECT count(*) FROM tokens WHERE key = 'sess_00000000000000000001'")" 'mia 0' 'a browser with a session of somebody else gets another one, and that one ends'
sql "INSERT INTO tokens (key, secret_hash, last_four, user_id, role, name, test, created_at, expires_at, proved_at)
    SELECT replace(key, 'sess_0', 'sess_y'), secret_hash, last_four, '$ned_id', role, name, test, created_at, expires_at, proved_at FROM tokens WHERE user_id = 'usr_00000000000000000003'"
signs_in ned; is "$(jq -r .reason "$T/reply")" quota 'an account has no more than its number'
orgd_end
done_testing
