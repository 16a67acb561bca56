#!/bin/bash
# A program of others' making that knows RFC 8628 (openid-client of npm) signs in by device sign-in.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/orgd.sh"
. "$(dirname "$0")/../lib/npm.sh"
need python3 openssl
ORIGIN=http://localhost:7391
npm_need openid-client@6.9.0
cat >"$T/client.mjs" <<'JAVASCRIPT'
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
const [library, server] = process.argv.slice(2);
const client = await import(pathToFileURL(createRequire(library + '/').resolve('openid-client')));
const config = new client.Configuration({
    issuer: server,
    device_authorization_endpoint: server + '/v1/users/device/authorize',
    token_endpoint: server + '/v1/users/device/token',
}, 'orgadmin', {}, client.None());
client.allowInsecureRequests(config);
const begun = await client.initiateDeviceAuthorization(config, { scope: 'openid', host: 'client' });
console.log('code ' + begun.user_code);
try {
    const tokens = await client.pollDeviceAuthorizationGrant(config, begun);
    console.log('token ' + tokens.access_token + ' ' + tokens.token_type + ' ' + tokens.expires_in);
} catch (error) {
    console.log('error ' + (error.error ?? error.code) + ' ' + error.message);
}
JAVASCRIPT
orgd_start --web-origin $ORIGIN
openssl genpkey -algorithm ED25519 -out "$T/owner.pem" 2>/dev/null
proof() { python3 "$TOP/tests/orgd/authenticator.py" "$1" "$T/owner.pem" $ORIGIN "$(api /users/passkeys/begin '{}' | jq -r .challenge)" count="$2"; }
page() { request "$1" -H 'Sec-Fetch-Site: same-origin' -b "__Host-orgd=${session-}" --data-binary "$2" "${@:3}"; }
call /users/passkeys/add "$(proof create 1)" "$OWNER"
page /users/sign-in "$(proof get 2)" -D "$T/heads" >/dev/null
session=$(tr -d '\r' <"$T/heads" | sed -n 's/^Set-Cookie: __Host-orgd=\([^;]*\);.*/\1/Ip')
for name in approved denied; do
    node "$T/client.mjs" "$NPM" "$URL" >"$T/$name" 2>&1 &
    clients="${clients-} $!"
    wait_for 20 grep -q '^code ' "$T/$name" || diag "$(cat "$T/$name")"
done
code() { sed -n 's/^code //p' "$T/$1"; }
is "$(page /users/device/approve "$(proof get 3 | jq -c --arg code "$(code approved)" '. + {userCode:$code}')" | jq -r .ok)" true 'a person approves it'
is "$(page /users/device/deny "{\"userCode\":\"$(code denied)\"}" | jq -r .ok)" true 'and denies another one'
for pid in $clients; do wait "$pid"; done
like "$(cat "$T/approved")" '^token dev_[a-z0-9]{20}:[A-Za-z0-9_-]{43} bearer 2592000$' 'the client has its token'
token=$(awk '$1 == "token" { print $2 }' "$T/approved")
call /users/whoami '{}' "$token"; is "$status $(field .user.username)" '200 owner' 'which works'
like "$(cat "$T/denied")" '^error access_denied ' 'the other one knows that it was denied'
orgd_end
done_testing
