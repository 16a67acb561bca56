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
https() { curl -sS --max-time 20 "$@" "https://$at/v1/users/whoami" -d '{}' -H "Authorization: Bearer $OWNER" 2>&1; }

use one
orgd_start --tls 127.0.0.1:0 --cert live.pem --key live.key
at=$(sed -n 's,^listening on https://,,p' orgd.out)
like "$at" '^127\.0\.0\.1:[0-9]+$' 'it says where'
is "$(https --cacert ca.pem | jq -r .user.username)" owner 'HTTPS'
like "$(https --cacert wrong.pem)" 'certificate' 'a client that trusts another CA refuses it'
like "$(https)" 'certificate' 'and so does one with the CAs of the system'
for version in 2 3; do is "$(https --cacert ca.pem --tlsv1.$version --tls-max 1.$version | jq -r .user.username)" owner "TLS 1.$version"; done
for version in 0 1; do
    unlike "$(https --cacert ca.pem --tlsv1.$version --tls-max 1.$version --ciphers DEFAULT:@SECLEVEL=0)" owner "not TLS 1.$version"
done
is "$(curl -s --max-time 5 "http://$at/v1/users/whoami" -d '{}' -w '%{http_code}')" 000 'no plain HTTP there'
is "$(serial)" 'serial=0B' 'the first certificate'

# Held polls, one of each kind, over several reloads
org=$(new_org Acme)
poll="{\"organizationId\":\"$org\",\"since\":1,\"wait\":30000}"
curl -sS -N --max-time 40 "$URL/v1/organizations/members/changes" -d "$poll" -H "Authorization: Bearer $OWNER" -o plain & plain=$!
curl -sS -N --max-time 40 --cacert ca.pem "https://$at/v1/organizations/members/changes" -d "$poll" -H "Authorization: Bearer $OWNER" -o secret & secret=$!
wait_for 5 test -s plain; wait_for 5 test -s secret
use two; reload
is "$(serial)" 'serial=16' 'SIGHUP: new connections get the new certificate'
like "$(tail -n 1 "$ORGD_LOG")" 'live\.pem: certificate and key are read again' 'the log says so'
use one two; reload
is "$(serial)" 'serial=16' 'a key that is not the certificate'"'"'s: the former pair stays'
like "$(tail -n 2 "$ORGD_LOG")" 'the former certificate stays in use' 'the log says so'
echo nonsense > live.pem; reload
is "$(serial)" 'serial=16' 'a certificate that is none: the former pair stays'
rm live.key; reload
is "$(serial)" 'serial=16' 'no key: the former pair stays'
like "$(tail -n 2 "$ORGD_LOG")" 'live\.(key|pem): ' 'the log names the file'
use one; chmod 644 live.key; reload
is "$(serial)" 'serial=16' 'a key that everybody can read: the former pair stays'
chmod 600 live.key; reload
is "$(serial)" 'serial=0B' 'a good pair again'
is "$(wc -c < plain) $(wc -c < secret)" '1 1' 'the held polls are held still'
call /organizations/update "{\"organizationId\":\"$org\",\"name\":\"x\"}" "$OWNER"
join "$org" ann member
wait $plain; wait $secret
is "$(jq -r '.members[0].username' plain secret | paste -sd' ')" 'ann ann' 'and hear of the change'

# Reloading under load
(for i in $(seq 30); do kill -HUP "$orgd_pid"; sleep 0.05; done) & reloads=$!
failed=0; for i in $(seq 40); do https --cacert ca.pem | grep -q owner || failed=$((failed + 1)); done
wait $reloads
is "$failed" 0 'no connection fails while certificates are reloaded'
orgd_end

for wrong in '--tls 0.0.0.0:0' '--tls 0.0.0.0:0 --cert one.pem' '--cert one.pem --key one.key'; do
    out=$("$ORGD" --data no.db --socket no.sock $wrong 2>&1); like "$? $out" '^2 .*go together' "$wrong"
done
out=$("$ORGD" --data no.db --socket no.sock --tls nowhere:1 2>&1); like "$? $out" '^2 .*must be ADDR:PORT' '--tls nowhere:1'
out=$("$ORGD" --data no.db --socket no.sock --tls 127.0.0.1:0 --cert one.pem --key two.key 2>&1); like "$? $out" '^1 orgd: one.pem: ' 'a wrong pair at the start'
done_testing
