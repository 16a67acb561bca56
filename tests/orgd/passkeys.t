#!/bin/bash
# Passkeys without a browser: what registers and signs in, what a forger brings, and the sessions that begin with them.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/orgd.sh"
need python3 openssl
ORIGIN=https://org.acme.example:8443
orgd_start
call /users/passkeys/begin '{}'; expect 409 no_page 'without a page there are no challenges'
call /users/sign-in '{"id":"x","clientData":"x","authenticatorData":"x","signature":"x"}'; expect 409 no_page 'nor sign-ins'
orgd_stop
orgd_start --web-origin $ORIGIN --quota user-tokens=40
org=$(new_org Acme)
join "$org" mia member; mia=$bearer mia_id=$user_id
join "$org" ned member; ned=$bearer

openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$T/ec.pem" 2>/dev/null
openssl genpkey -algorithm ED25519 -out "$T/ed.pem" 2>/dev/null
openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out "$T/rsa.pem" 2>/dev/null
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$T/thief.pem" 2>/dev/null
challenge() { api /users/passkeys/begin '{}' | jq -r .challenge; }
made() { python3 "$TOP/tests/orgd/authenticator.py" "$1" "$T/$2.pem" $ORIGIN "${challenge:-$(challenge)}" "${@:3}"; }
register() { call /users/passkeys/add "$(made create "$1" "${@:3}")" "$2"; }
# page PATH JSON [CURL-ARGUMENT...]: as the page calls; the cookie is kept in $T/jar
page() {
    body=$(request "$1" -H 'Sec-Fetch-Site: same-origin' -b "__Host-orgd=${session-}" -D "$T/heads" --data-binary "$2" -w '\n%{http_code}' "${@:3}")
    status=${body##*$'\n'} body=${body%$'\n'*}
}
signs_in() { local old=${session-}; session=${with-} page /users/sign-in "$(made get "$1" "${@:2}")"; session=$(tr -d '\r' <"$T/heads" | sed -n 's/^Set-Cookie: __Host-orgd=\([^;]*\);.*/\1/Ip'); [ -n "$session" ] || session=$old; }

# --- registration ---
for kind in ec ed rsa; do
    register $kind "$mia"
    is "$status $(field '.passkey|keys|join(" ")')" '200 createdAt id lastUsedAt lastUsedFrom name' "a passkey of the kind $kind is taken"
    register $kind "$mia"; expect 409 passkey_exists "and once"
    register $kind "$ned"; expect 409 passkey_exists 'nor by another account'
done
for forgery in 'origin=https://evil.example' 'origin=https://org.acme.example' 'rp=evil.example' 'type=webauthn.get' 'challenge=' 'challenge=AAAA' 'cross=yes' 'flags=0x44' 'flags=0x41' 'flags=0xc5' 'flags=0x55' \
    'flags=0x47' 'flags=0x05' 'tail=00' 'drop=1' 'drop=60' 'flip=0' 'flip=5' 'flip=20' 'id='; do
    register thief "$ned" "$forgery"; expect 400 invalid_passkey "a registration with $forgery is refused"
done
for body in '{}' '{"clientData":"","authenticatorData":""}' '{"clientData":"e30","authenticatorData":"AAAA"}' '{"clientData":"!!","authenticatorData":"=="}' '{"clientData":"W10","authenticatorData":"AA"}'; do
    call /users/passkeys/add "$body" "$ned"; is "$status" 400 "a registration of $body is refused"
done
challenge=$(challenge)
register thief "$ned"; is "$status" 200 'a challenge is good for one registration'
openssl genpkey -algorithm ED25519 -out "$T/ed2.pem" 2>/dev/null
register ed2 "$ned"; expect 400 invalid_passkey 'and for no second one'
challenge=
call /users/passkeys/list '{}' "$mia"; is "$(field '.passkeys|length')" 3 'an account has its own passkeys'
register ed2 "$(api /organizations/tokens/create "{\"organizationId\":\"$org\"}" "$OWNER" | jq -r .apiToken.bearer)"; expect 403 forbidden 'an organization has none'

# --- sign-in ---
count=1
for kind in ec ed rsa; do
    signs_in $kind count=2; is "$status $(field .user.username) $(field 'has("apiToken")')" '200 mia false' "a passkey of the kind $kind signs in, and the page gets no token"
    like "$(tr -d '\r' <"$T/heads")" 'Set-Cookie: __Host-orgd=sess_[a-z0-9]{20}:[A-Za-z0-9_-]{43}; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=43200' "by a cookie for this host, HTTPS and no script"
done
for forgery in 'origin=https://evil.example' 'origin=https://org.acme.example' 'rp=evil.example' 'flags=0x04' 'flags=0x01' 'flags=0x85' 'flags=0x45' 'flags=0x15' 'flags=0x25' 'count=1' 'count=2' 'count=0' 'type=webauthn.create' 'challenge=' \
    'challenge=AAAA' 'cross=yes' 'flip=12' 'tail=00' 'drop=1' "id=$(printf 'ab%.0s' {1..32})"; do
    case $forgery in count=*) ;; *) set -- count=9 ;; esac
    session='' signs_in ec "$@" "$forgery"; expect 403 invalid_passkey "a sign-in with $forgery is refused"
    set --
done
is "$(grep -ci '^set-cookie' "$T/heads")" 0 'and gives no cookie'
good=$(made get ec count=10); page /users/sign-in "$good"; is "$status" 200 'a proof signs in'
page /users/sign-in "$good"; expect 403 invalid_passkey 'and not again'
challenge=$(challenge); first=$(made get ec count=11) second=$(made get ec count=12); challenge=
page /users/sign-in "$first"; page /users/sign-in "$second"; expect 403 invalid_passkey 'a challenge is good for one sign-in'
stranger=$(made get thief count=13 "id=$(openssl pkey -in "$T/ec.pem" -pubout -outform DER | python3 -c 'import sys,hashlib;d=sys.stdin.buffer.read();print(hashlib.sha256(b"\xa5\x01\x02\x03\x26\x20\x01\x21\x58\x20"+d[27:59]+b"\x22\x58\x20"+d[59:]).hexdigest())')")
page /users/sign-in "$stranger"; expect 403 invalid_passkey "another account's key does not sign in by this one's id"
call /users/sign-in "$(made get ec count=14)"; expect 403 other_site 'who is no page of ours does not sign in'
for wrong in 'Sec-Fetch-Site: cross-site' 'Origin: https://evil.example' 'Origin: null'; do
    body=$(request /users/sign-in -H "$wrong" --data-binary "$(made get ec count=14)"); is "$(field .reason)" other_site "nor does one with $wrong"
done

# --- sessions ---
session=; signs_in ec count=20
page /users/whoami '{}'; is "$status $(field .user.username)" '200 mia' 'the cookie is who one is'
for wrong in 'Sec-Fetch-Site: cross-site' 'Sec-Fetch-Site: none' 'Origin: null' 'X: y'; do
    is "$(request /users/whoami -H "$wrong" -b "__Host-orgd=$session" -d '{}' | jq -r .reason)" unauthorized "the cookie is nothing with $wrong"
done
is "$(request /users/whoami -H "Origin: $ORIGIN" -b "__Host-orgd=$session" -d '{}' | jq -r .user.username)" mia 'a browser that sends Origin alone is believed'
call /users/whoami '{}' "$session"; expect 401 unauthorized 'a session is no token'
is "$(request /users/whoami -H 'Sec-Fetch-Site: same-origin' -b "__Host-orgd=$mia" -d '{}' | jq -r .reason)" unauthorized 'and a token is no session'
is "$(request /users/whoami -H 'Sec-Fetch-Site: same-origin' -H "Authorization: Bearer $ned" -b "__Host-orgd=$session" -d '{}' | jq -r .user.username)" ned 'a token beside the cookie counts'
ssh-keygen -q -t ed25519 -N '' -f "$T/key"
page /users/keys/add "$(jq -n --arg k "$(cat "$T/key.pub")" '{key:$k}')"; is "$status" 200 'a session that has just begun adds a key'
fingerprint=$(field .key.fingerprint)
sql "UPDATE tokens SET created_at = created_at - 301000 WHERE key = '${session%%:*}'"
page /users/passkeys/add '{"clientData":"x","authenticatorData":"x"}'; expect 403 sign_in_again 'an older one asks for the passkey again'
page /users/keys/list '{}'; is "$status" 200 'but reads'
page /users/keys/remove "{\"fingerprint\":\"$fingerprint\"}"; is "$status" 200 'and takes away what is its own'
call /organizations/members/set-role "{\"organizationId\":\"$org\",\"userId\":\"$mia_id\",\"role\":\"admin\"}" "$OWNER"
join "$org" zoe member
for path in remove suspend; do page /organizations/members/$path "{\"organizationId\":\"$org\",\"userId\":\"$user_id\"}"; expect 403 sign_in_again "but nothing of others: members/$path asks for the passkey again"; done
old=$session; with=$session signs_in ec count=21; with=
is "$status" 200 'it signs in again'
session=$old page /users/whoami '{}'; expect 401 unauthorized 'which ends the session before'
page /users/tokens/list '{}'; is "$(field "[.tokens[]|select(.key == \"${session%%:*}\")]|length")" 1 'sessions are listed among the tokens'
page /users/tokens/rotate "{\"key\":\"${session%%:*}\"}"; expect 404 token_not_found 'a session is not rotated'
page /users/sign-out '{}'; is "$status $(field .revoked)" '200 true' 'it signs out'
page /users/whoami '{}'; expect 401 unauthorized 'and is over'
with=$session signs_in ec count=22; is "$status" 200 'a browser with an old cookie signs in'
sql "UPDATE tokens SET expires_at = 1 WHERE key = '${session%%:*}'"; page /users/whoami '{}'; expect 401 unauthorized 'a session ends by itself'

# --- links ---
link() { call /users/sign-in/link '{}' "$mia"; code=$(field .link | sed 's/.*#//'); }
link; like "$status $(field .link)" "^200 $ORIGIN/#link_[a-z0-9]{20}:[A-Za-z0-9_-]{43}\$" 'a token makes a link to the page'
call /users/whoami '{}' "$code"; expect 401 unauthorized 'its code is no token'
is "$(request /users/whoami -H 'Sec-Fetch-Site: same-origin' -b "__Host-orgd=$code" -d '{}' | jq -r .reason)" unauthorized 'and no session'
by_link() { page /users/sign-in/by-link "{\"code\":\"$code\",\"name\":\"Firefox\"}"; }
call /users/sign-in/by-link "{\"code\":\"$code\"}"; expect 403 other_site 'it signs nobody in who is no page of ours'
session='' by_link; is "$status $(field .user.username)" '200 mia' 'it signs in'
session=$(tr -d '\r' <"$T/heads" | sed -n 's/^Set-Cookie: __Host-orgd=\([^;]*\);.*/\1/Ip')
page /users/whoami '{}'; is "$status" 200 'by a session'
session='' by_link; expect 404 link_not_found 'once'
code=${code%:*}:$(printf 'A%.0s' {1..43}) session='' by_link; expect 404 link_not_found 'by its secret alone'
code=$mia session='' by_link; expect 404 link_not_found 'and by no token'
link; sql "UPDATE tokens SET expires_at = 1 WHERE key = '${code%%:*}'"; session='' by_link; expect 404 link_not_found 'a link ends after a while'
link; call /users/tokens/rotate "{\"key\":\"${code%%:*}\"}" "$mia"; expect 404 token_not_found 'a link is not rotated'
call /users/tokens/revoke "{\"key\":\"${code%%:*}\"}" "$mia"; session='' by_link; expect 404 link_not_found 'but revoked'
call /users/sign-in/link '{}' "$(api /organizations/tokens/create "{\"organizationId\":\"$org\"}" "$OWNER" | jq -r .apiToken.bearer)"; expect 403 forbidden 'an organization signs in nowhere'

# --- what ends ---
signs_in ec count=23
"$ORGD" user disable mia --data "$DATA" >/dev/null 2>&1
page /users/whoami '{}'; expect 401 unauthorized 'the session of a disabled account is none'
session='' signs_in ec count=24; expect 403 invalid_passkey 'and its passkey signs nobody in'
"$ORGD" user enable mia --data "$DATA" >/dev/null 2>&1
signs_in ed count=24; is "$status" 200 'an account that is enabled signs in'
call /organizations/members/remove "{\"organizationId\":\"$org\",\"userId\":\"$mia_id\"}" "$OWNER"
page /organizations/members/list "{\"organizationId\":\"$org\"}"; is "$status" 404 'who was removed has nothing of the organization by a session'
page /users/passkeys/list '{}'; id=$(field '.passkeys[0].id')
call /users/passkeys/remove "{\"id\":\"$id\"}" "$ned"; is "$status $(field .removed)" '200 false' "nobody removes another's passkey"
page /users/passkeys/remove "{\"id\":\"$id\"}"; is "$status $(field .removed)" '200 true' 'its owner does'
session='' signs_in ec count=30; expect 403 invalid_passkey 'a passkey that was removed signs nobody in'
"$ORGD" user token mia --end-others --data "$DATA" >/dev/null 2>&1
session='' signs_in ed count=30; expect 403 invalid_passkey 'where all tokens of an account end, its passkeys do'
is "$(sql 'SELECT count(*) FROM events WHERE action = '"'user.passkey-add'")/$(sql 'SELECT count(*) FROM events WHERE action = '"'user.passkey-remove'")" '4/1' 'the audit log has them'
ok 'and the sign-ins' [ "$(sql "SELECT count(*) FROM events WHERE action = 'user.sign-in'")" -gt 5 ]
secret=${session#*:}; is "$(grep -cF -e "${secret:-none}" "$ORGD_LOG")" 0 'no session is in the log'
orgd_end
done_testing
