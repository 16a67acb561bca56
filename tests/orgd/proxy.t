#!/bin/bash
# Who asks: behind a proxy, without a token, and for the health of the server; and how many attempts are left.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/orgd.sh"
VIA=tcp
# from ADDRESS CURL...: a request from this address of the machine; the status
from() { request "${@:2}" -s -o "$T/body" -w '%{http_code}' --interface "$1" -d '{}'; }
# times N COMMAND...: the statuses that it prints, counted
times() { local n=$1 i; shift; for ((i = 0; i < n; i++)); do "$@"; echo; done | sort | uniq -c | xargs; }
wrong='Authorization: Bearer live_x:y'

# --- without a token nothing is guessed ---
orgd_start --attempts 5
is "$(times 12 from 127.0.0.2 /users/whoami)" '12 401' 'requests without a token are no failed attempts'
is "$(times 7 from 127.0.0.2 /users/whoami -H "$wrong")" '5 401 2 429' 'requests with a wrong token are failed attempts'
is "$(from 127.0.0.2 /users/whoami)" 401 'a request without a token is answered with 401 also when no attempt is left'

# --- the health ---
health() { curl -sS --max-time 30 "$@" -w '%{http_code}' "$URL/healthz"; }
is "$(health)" '{"ok":true}200' 'GET /healthz answers 200 without a token'
like "$(health -I | tr -d '\r' | paste -sd' ')" '^HTTP/1.1 200 OK .*Content-Length: 11 .*200$' 'HEAD /healthz answers 200 without a body'
is "$(health -d '{}' -o "$T/body") $(jq -r .reason "$T/body")" '405 method_not_allowed' 'POST /healthz is refused with 405'
like "$(health -d '{}' -i)" '^Allow: GET, HEAD' 'the answer 405 of /healthz has the header Allow'
is "$(times 12 health --interface 127.0.0.3 -o /dev/null)" '12 200' 'requests for the health are no attempts'
sql 'ALTER TABLE users RENAME TO hidden'
is "$(health -o "$T/body") $(jq -c '[.ok,.reason]' "$T/body")" '503 [false,"unavailable"]' '/healthz answers 503 while the data cannot be read'
sql 'ALTER TABLE hidden RENAME TO users'
is "$(health)" '{"ok":true}200' '/healthz answers 200 when the data can be read again'

# --- how many attempts are left ---
quota() { tr -d '\r' < "$T/head" | sed -n 's/^RateLimit\(-Policy\)\{0,1\}: //p' | paste -sd' '; }
from 127.0.0.4 /users/whoami -D "$T/head" -H "$wrong" > /dev/null
like "$(quota)" '^"attempts";q=5;w=60 "attempts";r=4;t=1?[0-9]$' 'a failed attempt is answered with the attempts that are left'
times 5 from 127.0.0.4 /users/whoami -H "$wrong" > /dev/null
from 127.0.0.4 /users/whoami -D "$T/head" -H "$wrong" > /dev/null
like "$(quota)" '^"attempts";q=5;w=60 "attempts";r=0;t=[1-6]?[0-9]$' 'the answer 429 says that no attempt is left'
from 127.0.0.4 /users/whoami -D "$T/head" -H "Authorization: Bearer $OWNER" > /dev/null
is "$(quota)" '' 'a call that counts no attempts does not say how many are left'
orgd_stop

# --- nobody's X-Forwarded-For is believed unless a proxy is trusted ---
orgd_start --attempts 5
is "$(times 4 from 127.0.0.2 /users/whoami -H "$wrong" -H 'X-Forwarded-For: 192.0.2.1') $(times 4 from 127.0.0.2 /users/whoami -H "$wrong" -H 'X-Forwarded-For: 192.0.2.2')" \
    '4 401 1 401 3 429' 'X-Forwarded-For changes nothing when no proxy is trusted'
orgd_stop
orgd_start --attempts 5 --trusted-proxy 127.0.0.8/30 --trusted-proxy 2001:db8::/33 --trusted-proxy "unix:$(id -u)"
# via LIST [CURL...]: a wrong token through the proxy 127.0.0.9
via() { from 127.0.0.9 /users/whoami -H "$wrong" -H "X-Forwarded-For: $1" "${@:2}"; }
is "$(times 6 via 192.0.2.1)" '5 401 1 429' 'failed attempts of a client behind a trusted proxy are counted'
is "$(times 6 via 192.0.2.2)" '5 401 1 429' 'they are counted for each client'
is "$(times 1 via '192.0.2.7, 192.0.2.1') $(times 1 via '10.1.2.3,192.0.2.1, 127.0.0.10')" '1 429 1 429' \
    "the client is the last address that is no trusted proxy's"
is "$(via 192.0.2.9 -H 'X-Forwarded-For: 192.0.2.1')" 429 'several headers are one list'
is "$(via 2001:db8::5)" 401 'an address that is a trusted proxy, and the first, is the client'
is "$(via '2001:db8:1:2::1')$(times 4 via '2001:db8:ffff:2::3')" '4014 401' 'the bits of an IPv6 network end within a byte'
is "$(times 6 via '2001:dc8:1:2::1') $(times 1 via '2001:dc8:1:2:3::4') $(times 1 via '2001:dc8:1:3::4')" '5 401 1 429 1 429 1 401' 'a /64 network is one client'
is "$(times 6 from 127.0.0.2 /users/whoami -H "$wrong" -H 'X-Forwarded-For: 192.0.2.99')" '5 401 1 429' 'the header of another address is not believed'
is "$(times 6 from 127.0.0.9 /users/whoami -H "$wrong")" '5 401 1 429' 'a proxy that does not say for whom it asks, asks for itself'
for list in '' unknown 192.0.2.1:80 192.0.2 '192.0.2.1,' '192.0.2.1 192.0.2.2' '[2001:db8::1]' '192.0.2.1%00' "$(printf '127.0.0.8,%.0s' {1..20})127.0.0.8" "$(printf '1.1.1.1,%.0s' {1..200})1.1.1.1"; do
    header="X-Forwarded-For: $list"; [ -n "$list" ] || header='X-Forwarded-For;' # curl's word for an empty header
    is "$(from 127.0.0.9 /users/whoami -H "$wrong" -H "$header") $(jq -r .reason "$T/body")" '400 invalid' "a trusted proxy's list '${list:0:30}' is refused"
done
is "$(via "$(printf '1.1.1.1,%.0s' {1..100})192.0.2.30")" 401 'what a client wrote before does not matter'
VIA=unix
is "$(times 6 request /users/whoami -o /dev/null -w '%{http_code}' -H "$wrong" -H 'X-Forwarded-For: 192.0.2.40' -d '{}')" '5 401 1 429' \
    'a user of the unix socket can be a trusted proxy'
org=$(new_org Acme)
request /organizations/update -o /dev/null -H "Authorization: Bearer $OWNER" -H 'X-Forwarded-For: 192.0.2.41' \
    -d "{\"organizationId\":\"$org\",\"name\":\"Other\"}"
is "$(api /organizations/audit/list "{\"organizationId\":\"$org\",\"action\":\"organization.update\"}" "$OWNER" | jq -r '.events[0].from')" 192.0.2.41 \
    "the audit event has the client's address"
like "$(grep organizations/update "$ORGD_LOG")" ' 192\.0\.2\.41 ' "the log has the client's address"
orgd_stop

# --- connections: the proxy's are not limited, its clients' requests are ---
orgd_start --connections 3 --trusted-proxy 127.0.0.9
org=$(new_org Acme)
python3 - "${URL##*:}" "$OWNER" "$org" > "$T/requests" <<'PY'
import socket, sys
body = b'{"organizationId":"%s","since":1,"wait":60000}' % sys.argv[3].encode()
def poll(client):
    s = socket.create_connection(('127.0.0.1', int(sys.argv[1])), 30, ('127.0.0.9', 0))
    s.sendall(b'POST /v1/organizations/members/changes HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nX-Forwarded-For: %s\r\n'
              b'Authorization: Bearer %s\r\nContent-Length: %d\r\n\r\n%s' % (client, sys.argv[2].encode(), len(body), body))
    open_.append(s)
    return s.recv(12)[9:].decode()
open_ = []
print([poll(b'192.0.2.1') for _ in range(4)], [poll(b'192.0.2.2') for _ in range(3)])
open_[0].close()
while poll(b'192.0.2.1') != '200':
    pass
print('again')
PY
is "$(paste -sd' ' "$T/requests")" "['200', '200', '200', '503'] ['200', '200', '200'] again" \
    'a trusted proxy may have more connections than others, and each of its clients as many requests at a time'
orgd_end

for value in '' x 127.0.0.1/ 127.0.0.1/0 127.0.0.1/33 ::1/129 127.0.0.1/x 127.0.0.1:80 '[::1]' unix unix: unix:x unix:4294967295 unix:-1 'unix:1 '; do
    out=$("$ORGD" --trusted-proxy "$value" 2>&1); like "$? $out" '^2 .*--trusted-proxy .*must be' "orgd refuses --trusted-proxy '$value' with status 2"
done
done_testing
