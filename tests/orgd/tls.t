#!/bin/bash
# TLS: who trusts the certificate gets in, others do not; TLS 1.2 at least, and no weak suites; sessions are resumed; the name chooses a
# certificate; reloading drops nothing; a broken pair changes nothing.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/orgd.sh"
need openssl
cd "$T" || exit 1
ca() { openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout "$1.key" -out "$1.pem" -days 30 -subj "/CN=$1" 2>/dev/null; }
# certificate NAME CA SERIAL [NAMES [DAYS]]
certificate() {
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout "$1.key" -out "$1.csr" -subj "/CN=$1" 2>/dev/null
    openssl x509 -req -in "$1.csr" -CA "$2.pem" -CAkey "$2.key" -set_serial "$3" -days "${5-20}" -out "$1.pem" \
        -extfile <(echo "subjectAltName=${4-IP:127.0.0.1,DNS:localhost}") 2>/dev/null
    chmod 600 "$1.key"
}
ca ca; ca wrong; certificate one ca 11; certificate two ca 22
certificate gone ca 44 DNS:gone.example.org 0 # it has expired when it is used
use() { cp "$1.pem" live.pem; cp "${2-$1}.key" live.key; }
reload() { local n; n=$(wc -l < "$ORGD_LOG"); kill -HUP "$orgd_pid"; wait_for 5 eval '[ "$(wc -l < "$ORGD_LOG")" -gt '$n' ]'; }
serial() { openssl s_client -connect "$at" "$@" -CAfile ca.pem < /dev/null 2>/dev/null | openssl x509 -noout -serial; }
https() { curl -sS --max-time 20 "$@" "https://$at/v1/users/whoami" -H "$json" -d '{}' -H "Authorization: Bearer $OWNER" 2>&1; }

json='Content-Type: application/json'

use one
orgd_start --tls 127.0.0.1:0 --cert live.pem --key live.key
at=$(sed -n 's,^listening on https://,,p' orgd.out)
like "$at" '^127\.0\.0\.1:[0-9]+$' 'orgd prints the address of the HTTPS listener'
is "$(https --cacert ca.pem | jq -r .user.username)" owner 'a client that trusts the CA is served over HTTPS'
like "$(https --cacert wrong.pem)" 'certificate' 'a client that trusts another CA refuses the certificate'
like "$(https)" 'certificate' "a client that trusts the system's CAs refuses the certificate"
for version in 2 3; do is "$(https --cacert ca.pem --tlsv1.$version --tls-max 1.$version | jq -r .user.username)" owner "TLS 1.$version is served"; done
for version in 0 1; do
    unlike "$(https --cacert ca.pem --tlsv1.$version --tls-max 1.$version --ciphers DEFAULT:@SECLEVEL=0)" owner "TLS 1.$version is refused"
done
is "$(curl -s --max-time 5 "http://$at/v1/users/whoami" -d '{}' -w '%{http_code}')" 000 'plain HTTP on the HTTPS port is not answered'
is "$(serial)" 'serial=0B' 'the first certificate is served'
like "$(cat "$ORGD_LOG")" '^orgd: live\.pem: the certificate is valid until 20[0-9-]{8}T[0-9:]{8}Z$' 'the log says until when the certificate is valid'

# suite NAME: of TLS 1.2
suite() { openssl s_client -connect "$at" -tls1_2 -cipher "$1:@SECLEVEL=0" < /dev/null 2>/dev/null | sed -n 's/^New, .*Cipher is //p'; }
for name in ECDHE-ECDSA-AES128-GCM-SHA256 ECDHE-ECDSA-AES256-GCM-SHA384 ECDHE-ECDSA-CHACHA20-POLY1305; do is "$(suite $name)" "$name" "TLS 1.2: $name is served"; done
for name in ECDHE-ECDSA-AES128-SHA ECDHE-ECDSA-AES256-SHA ECDHE-ECDSA-AES128-SHA256 ECDHE-ECDSA-AES256-SHA384; do
    is "$(suite $name)" '(NONE)' "TLS 1.2: $name is refused"
done
# The session of a first connection is resumed by a second one; TLS 1.3 brings its tickets with the first answer.
request="POST /v1/users/whoami HTTP/1.1\r\nHost: x\r\n$json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"
session() { printf "$request" | openssl s_client -connect "$at" -CAfile ca.pem -ign_eof "$@" 2>/dev/null | grep -aoE '^(New|Reused), '; }
for version in 2 3; do
    is "$(session -tls1_$version -sess_out session)" 'New, ' "TLS 1.$version: a first connection has a new session"
    is "$(session -tls1_$version -sess_in session)" 'Reused, ' "TLS 1.$version: a second connection resumes the session by its ticket"
done

# Held polls, one of each kind, over several reloads
org=$(new_org Acme)
poll="{\"organizationId\":\"$org\",\"since\":1,\"wait\":30000}"
curl -sS -N --max-time 40 "$URL/v1/organizations/members/changes" -H "$json" -d "$poll" -H "Authorization: Bearer $OWNER" -o plain & plain=$!
curl -sS -N --max-time 40 --cacert ca.pem "https://$at/v1/organizations/members/changes" -H "$json" -d "$poll" -H "Authorization: Bearer $OWNER" -o secret & secret=$!
wait_for 5 test -s plain; wait_for 5 test -s secret
use two; reload
is "$(serial)" 'serial=16' 'SIGHUP makes new connections get the new certificate'
like "$(tail -n 1 "$ORGD_LOG")" '^orgd: live\.pem: the certificate is valid until 20.*Z, a new one$' 'the log says that another certificate was read'
reload
like "$(tail -n 1 "$ORGD_LOG")" '^orgd: live\.pem: the certificate is valid until 20.*Z, unchanged$' 'the log says that the same certificate was read'
use one two; reload
is "$(serial)" 'serial=16' "SIGHUP keeps the former pair when the key is another certificate's"
like "$(tail -n 2 "$ORGD_LOG")" 'the previous certificate stays in use' 'the log says that the previous certificate stays in use'
echo nonsense > live.pem; reload
is "$(serial)" 'serial=16' 'SIGHUP keeps the former pair when the certificate file is malformed'
rm live.key; reload
is "$(serial)" 'serial=16' 'SIGHUP keeps the former pair when the key file is missing'
like "$(tail -n 2 "$ORGD_LOG")" 'live\.(key|pem): ' 'the log names the missing key or the malformed certificate'
use one; chmod 644 live.key; reload
is "$(serial)" 'serial=16' 'SIGHUP keeps the former pair when others can read the key'
chmod 600 live.key; reload
is "$(serial)" 'serial=0B' 'SIGHUP takes a good pair after bad ones'
is "$(wc -c < plain) $(wc -c < secret)" '1 1' 'held polls stay held over all reloads'
call /organizations/update "{\"organizationId\":\"$org\",\"name\":\"x\"}" "$OWNER"
join "$org" ann member
wait $plain; wait $secret
is "$(jq -r '.members[0].username' plain secret | paste -sd' ')" 'ann ann' 'held polls over HTTP and HTTPS are told of a change after the reloads'

# A long answer is the same by both: what is short is sent in one record with its end, what is long as it comes
revision=$(api /organizations/members/changes "{\"organizationId\":\"$org\",\"since\":0}" "$OWNER" | jq .revision)
poll="{\"organizationId\":\"$org\",\"since\":$revision,\"wait\":30000}"
curl -sS -N --max-time 40 "$URL/v1/organizations/members/changes" -H "$json" -d "$poll" -H "Authorization: Bearer $OWNER" -o long.plain & plain=$!
curl -sS -N --max-time 40 --cacert ca.pem "https://$at/v1/organizations/members/changes" -H "$json" -d "$poll" -H "Authorization: Bearer $OWNER" -o long.secret & secret=$!
wait_for 5 test -s long.plain; wait_for 5 test -s long.secret
sql "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
     INSERT INTO users (id, email, username, name, created_at) SELECT printf('usr_%020d', i), printf('u%d@example.org', i), printf('u%d', i), printf('User %d', i), i FROM n;
     INSERT INTO members (organization_id, user_id, role, active, joined_at, revision) SELECT '$org', id, 'member', 1, created_at, $revision + CAST(substr(id, 5) AS INTEGER) FROM users WHERE id LIKE 'usr_000000%';
     UPDATE organizations SET revision = $revision + 1000 WHERE id = '$org'"
wait $plain; is $? 0 'a long answer by HTTP ends well'
wait $secret; is $? 0 'a long answer by HTTPS ends well'
is "$(jq -cs 'map([.revision, (.members|length)])' long.plain long.secret)" "[[$((revision + 1000)),1000],[$((revision + 1000)),1000]]" 'a long answer is whole by HTTP and HTTPS'

# Polls whose clients have gone leave no connection: their heartbeats show it.
files() { find "/proc/$orgd_pid/fd" -type l | wc -l; }
before=$(files) pids=()
poll="{\"organizationId\":\"$org\",\"since\":$((revision + 1000)),\"wait\":30000}"
for i in 1 2 3 4 5 6 7 8; do
    curl -sS -N --max-time 40 --cacert ca.pem "https://$at/v1/organizations/members/changes" -H "$json" -d "$poll" -H "Authorization: Bearer $OWNER" -o "gone$i" & pids+=($!)
done
for i in 1 2 3 4 5 6 7 8; do wait_for 5 test -s "gone$i"; done
kill -9 "${pids[@]}"; wait "${pids[@]}" 2>/dev/null
ok 'polls by HTTPS whose clients have gone leave no connection' wait_for 4 eval '[ "$(files)" -le "$before" ]'

# Reloading under load
(for i in $(seq 30); do kill -HUP "$orgd_pid"; sleep 0.05; done) & reloads=$!
failed=0; for i in $(seq 40); do https --cacert ca.pem | grep -q owner || failed=$((failed + 1)); done
wait $reloads
is "$failed" 0 'no connection fails while certificates are reloaded'
orgd_end

# Several certificates
certificate other ca 33 DNS:other.example.org,DNS:*.wild.example.org
orgd_start --tls 127.0.0.1:0 --cert live.pem --key live.key --cert other.pem --cert gone.pem --key other.key --key gone.key
at=$(sed -n 's,^listening on https://,,p' orgd.out)
for name in other.example.org OTHER.example.org a.wild.example.org; do is "$(serial -servername $name)" serial=21 "the certificate for $name is served"; done
for name in localhost nowhere.example.org wild.example.org a.b.wild.example.org; do
    is "$(serial -servername $name)" serial=0B "the first certificate is served for $name"
done
is "$(serial -noservername)" serial=0B 'the first certificate is served without a name'
is "$(serial -servername gone.example.org)" serial=2C 'an expired certificate is served'
like "$(cat "$ORGD_LOG")" '^orgd: gone\.pem: the certificate expired at 20' 'the log says that a certificate has expired'
rm live.pem; certificate other ca 55 DNS:other.example.org
kill -HUP "$orgd_pid"; wait_for 30 grep -q '^orgd: other.pem: .* a new one' "$ORGD_LOG"
is "$(serial -servername other.example.org) $(serial)" 'serial=37 serial=0B' 'SIGHUP takes one new certificate while another is missing'
orgd_end

for wrong in '--tls 0.0.0.0:0 --cert one.pem --key one.key --cert two.pem' '--tls 0.0.0.0:0' '--tls 0.0.0.0:0 --cert one.pem' '--cert one.pem --key one.key'; do
    out=$("$ORGD" --data no.db --socket no.sock $wrong 2>&1); like "$? $out" '^2 .*go together' "orgd refuses $wrong with status 2"
done
out=$("$ORGD" --data no.db --socket no.sock --tls nowhere:1 2>&1); like "$? $out" '^2 .*must be ADDR:PORT' 'orgd refuses --tls nowhere:1 with status 2'
out=$("$ORGD" --data no.db --socket no.sock --tls 127.0.0.1:0 --cert one.pem --key two.key 2>&1); like "$? $out" '^1 orgd: one.pem: ' 'orgd refuses to start with a key of another certificate'
done_testing
