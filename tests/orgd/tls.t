#!/bin/bash
# TLS: who trusts the certificate gets in, others do not; TLS 1.2 at least; reloading drops nothing; a broken pair changes nothing.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/orgd.sh"
need openssl
cd "$T" || exit 1
ca() { openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout "$1.key" -out "$1.pem" -days 30 -subj "/CN=$1" 2>/dev/null; }
# certificate NAME CA SERIAL
certificate() {
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout "$1.key" -out "$1.csr" -subj "/CN=$1" 2>/dev/null
    openssl x509 -req -in "$1.csr" -CA "$2.pem" -CAkey "$2.key" -set_serial "$3" -days 20 -out "$1.pem" \
        -extfile <(echo 'subjectAltName=IP:127.0.0.1,DNS:localhost') 2>/dev/null
    chmod 600 "$1.key"
}
ca ca; ca wrong; certificate one ca 11; certificate two ca 22
use() { cp "$1.pem" live.pem; cp "${2-$1}.key" live.key; }
reload() { local n; n=$(wc -l < "$ORGD_LOG"); kill -HUP "$orgd_pid"; wait_for 5 eval '[ "$(wc -l < "$ORGD_LOG")" -gt '$n' ]'; }
serial() { openssl s_client -connect "$at" -CAfile ca.pem < /dev/null 2>/dev/null | openssl x509 -noout -serial; }
json='Content-Type: application/json'
https() { curl -sS --max-time 20 "$@" "https://$at/v1/users/whoami" -H "$json" -d '{}' -H "Authorization: Bearer $OWNER" 2>&1; }

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

# Held polls, one of each kind, over several reloads
org=$(new_org Acme)
poll="{\"organizationId\":\"$org\",\"since\":1,\"wait\":30000}"
curl -sS -N --max-time 40 "$URL/v1/organizations/members/changes" -H "$json" -d "$poll" -H "Authorization: Bearer $OWNER" -o plain & plain=$!
curl -sS -N --max-time 40 --cacert ca.pem "https://$at/v1/organizations/members/changes" -H "$json" -d "$poll" -H "Authorization: Bearer $OWNER" -o secret & secret=$!
wait_for 5 test -s plain; wait_for 5 test -s secret
use two; reload
is "$(serial)" 'serial=16' 'SIGHUP makes new connections get the new certificate'
like "$(tail -n 1 "$ORGD_LOG")" 'live\.pem: certificate and key reloaded' 'the log says that certificate and key are reloaded'
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

# Reloading under load
(for i in $(seq 30); do kill -HUP "$orgd_pid"; sleep 0.05; done) & reloads=$!
failed=0; for i in $(seq 40); do https --cacert ca.pem | grep -q owner || failed=$((failed + 1)); done
wait $reloads
is "$failed" 0 'no connection fails while certificates are reloaded'
orgd_end

for wrong in '--tls 0.0.0.0:0' '--tls 0.0.0.0:0 --cert one.pem' '--cert one.pem --key one.key'; do
    out=$("$ORGD" --data no.db --socket no.sock $wrong 2>&1); like "$? $out" '^2 .*go together' "orgd refuses $wrong with status 2"
done
out=$("$ORGD" --data no.db --socket no.sock --tls nowhere:1 2>&1); like "$? $out" '^2 .*must be ADDR:PORT' 'orgd refuses --tls nowhere:1 with status 2'
out=$("$ORGD" --data no.db --socket no.sock --tls 127.0.0.1:0 --cert one.pem --key two.key 2>&1); like "$? $out" '^1 orgd: one.pem: ' 'orgd refuses to start with a key of another certificate'
done_testing
