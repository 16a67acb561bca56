#!/bin/bash
# Device sign-in (RFC 8628): what a program asks, what a person approves or denies on the page, and what strangers try between them.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/orgd.sh"
need python3 openssl
ORIGIN=https://org.acme.example:8443
GRANT='urn:ietf:params:oauth:grant-type:device_code'
orgd_start
for path in authorize token; do
    call /users/device/$path "{\"client_id\":\"orgadmin\"$([ $path = authorize ] || echo ",\"grant_type\":\"$GRANT\",\"device_code\":\"x\"")}"
    is "$status $(field '"\(.reason) \(.error)"')" '400 no_page invalid_request' "without a page there is no device/$path"
done
orgd_stop
orgd_start --web-origin $ORIGIN
join "$(new_org Acme)" mia member; mia=$bearer mia_id=$user_id
join "$(new_org Other)" ned member; ned=$bearer
openssl genpkey -algorithm ED25519 -out "$T/mia.pem" 2>/dev/null
openssl genpkey -algorithm ED25519 -out "$T/ned.pem" 2>/dev/null

challenge() { api /users/passkeys/begin '{}' | jq -r .challenge; }
made() { python3 "$TOP/tests/orgd/authenticator.py" "$1" "$T/$2.pem" $ORIGIN "$(challenge)" count=$((($(date +%s%N) - EPOCH) / 1000)) "${@:3}"; }
EPOCH=$(date +%s%N) # a counter that grows, also in subshells
# page PATH JSON [CURL-ARGUMENT...]: as the page calls, with the cookie $session
page() {
    body=$(request "$1" -H 'Sec-Fetch-Site: same-origin' -b "__Host-orgd=${session-}" -D "$T/heads" --data-binary "$2" -w '\n%{http_code}' "${@:3}")
    status=${body##*$'\n'} body=${body%$'\n'*}
}
signs_in() { session='' page /users/sign-in "$(made get "$1")"; session=$(tr -d '\r' <"$T/heads" | sed -n 's/^Set-Cookie: __Host-orgd=\([^;]*\);.*/\1/Ip'); }
# begin: sets $device and $code
begin() { call /users/device/authorize '{"client_id":"orgadmin","host":"web01"}'; device=$(field .device_code) code=$(field .user_code); }
poll() { call /users/device/token "{\"grant_type\":\"$GRANT\",\"client_id\":\"orgadmin\",\"device_code\":\"${1-$device}\"}"; }
# told STATUS REASON NAME: by the API's word and by OAuth's
told() { is "$status $(field '"\(.reason) \(.error)"')" "400 $1 $1" "$2"; }
proof() { made get "$1" "${@:3}" | jq -c --arg code "$2" '. + {userCode:$code}'; }
approve() { page /users/device/approve "$(proof "$1" "$code")"; }
# later SECONDS: as if they had gone by since the last poll
later() { sql "UPDATE device_grants SET poll_at = poll_at - $1 * 1000"; }
for who in mia ned; do call /users/passkeys/add "$(made create $who)" "${!who}"; is "$status" 200 "$who has a passkey"; done

# --- a program, and the person who started it ---
begin
is "$status $(field 'keys_unsorted|join(" ")')" '200 device_code user_code verification_uri verification_uri_complete expires_in interval' 'a program is told all that RFC 8628 has'
like "$device" '^grnt_[a-z0-9]{20}:[A-Za-z0-9_-]{43}$' 'a code for itself'
like "$code" '^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$' 'one for a person, of letters that are not mistaken for others'
is "$(field '"\(.verification_uri) \(.verification_uri_complete) \(.expires_in) \(.interval)"')" "$ORIGIN/device $ORIGIN/device#$code 300 5" 'where to go, how long, and how often to ask'
is "$(grep -alF -- "${device#*:}" "$DATA" "$DATA-wal" 2>/dev/null)" '' 'the data have no device code'
poll; told authorization_pending 'until somebody approves it waits'
poll; told authorization_pending 'a program that is started twice may ask twice'
poll; told slow_down 'one that asks too often is slowed down'
later 9; poll; told slow_down 'which lasts: five seconds later it must still wait'
later 16; poll; told authorization_pending 'and ten seconds between all that follow are enough'
later 5; poll; told slow_down 'less are not'
is "$(sql 'SELECT poll_ms FROM device_grants')" 20000 'each time it gets slower'
page /users/device/show "{\"userCode\":\"$code\"}"; expect 401 unauthorized 'who is not signed in sees nothing of it'
call /users/device/show "{\"userCode\":\"$code\"}" "$mia"; expect 403 forbidden 'nor does a program by its token'
signs_in mia
for typed in "$code" "${code,,}" "${code/-/}" " ${code/-/ } "; do
    page /users/device/show "{\"userCode\":\"$typed\"}"
    is "$status $(field '"\(.host) \(.from)"')" '200 web01 unix:0' "\"$typed\" shows the name of the machine, and from where it asks"
done
is "$(field 'has("user") or has("device_code")')" false 'and nothing to sign in with'
for typed in '' BCDF "${code}B" BCDF-GHJA 1234-5678 "${code/-/é}"; do page /users/device/show "{\"userCode\":\"$typed\"}"; expect 404 code_not_found "\"$typed\" is no code"; done

# --- the approval ---
page /users/device/approve "{\"userCode\":\"$code\",\"id\":\"x\",\"clientData\":\"x\",\"authenticatorData\":\"x\",\"signature\":\"x\"}"; expect 403 invalid_passkey 'an approval needs a passkey'
page /users/device/approve "{\"userCode\":\"$code\"}"; expect 400 invalid 'in each call'
page /users/device/approve "$(proof ned "$code")"; expect 403 invalid_passkey "another account's does not approve"
page /users/device/approve "$(proof mia "$code" origin=https://evil.example)"; expect 403 invalid_passkey 'nor one that another site asked for'
page /users/device/approve "$(proof mia "$code" flags=0x01)"; expect 403 invalid_passkey 'nor one without the person'
good=$(proof mia "$code") # which the server does not even look at
for wrong in 'Sec-Fetch-Site: cross-site' 'Sec-Fetch-Site: none' 'Origin: null' 'Origin: https://evil.example' 'X: y'; do
    body=$(request /users/device/approve -H "$wrong" -b "__Host-orgd=$session" --data-binary "$good"); is "$(field .reason)" unauthorized "an approval with $wrong is none"
    body=$(request /users/device/deny -H "$wrong" -b "__Host-orgd=$session" -d "{\"userCode\":\"$code\"}"); is "$(field .reason)" unauthorized "nor is a denial"
done
call /users/device/approve "$(proof mia "$code")" "$mia"; expect 403 forbidden 'a token approves nothing'
later 60; poll; told authorization_pending 'after all that it still waits'
sql "UPDATE tokens SET created_at = created_at - 301000 WHERE key = '${session%%:*}'"
good=$(proof mia "$code"); page /users/device/approve "$good"; done_ok 'the passkey approves, also in a session that is not new'
page /users/device/approve "$good"; expect 404 code_not_found 'once'
approve mia; expect 404 code_not_found 'and no second time'
page /users/device/deny "{\"userCode\":\"$code\"}"; expect 404 code_not_found 'nor is it denied behind that'
page /users/tokens/list '{}'; is "$(field '.tokens[]|select(.kind == "device")|.name')" web01 'until the program comes its token is listed'
poll "${device}x"; told invalid_grant 'who has the code but for a letter gets nothing'
poll "${device%?}"; told invalid_grant 'nor one too short'
poll
is "$status $(field '"\(.token_type) \(.expires_in) \(keys|length)"')" '200 Bearer 2592000 3' 'the program gets a token for thirty days'
token=$(field .access_token)
like "$token" '^dev_[a-z0-9]{20}:[A-Za-z0-9_-]{43}$' 'which can be told from others'
poll; told invalid_grant 'once'
call /users/whoami '{}' "$token"; is "$status $(field .user.username)" '200 mia' 'it is that of who approved'
page /users/tokens/list '{}'
is "$(field '[.tokens[]|select(.kind == "device")]|length') $(field "[.tokens[]|.kind]|unique|join(\" \")")" '1 device session token' 'it is listed with its kind'
is "$(field '.tokens[]|select(.kind == "device")|.expiresAt|sub("\\.[0-9]+Z";"Z")|fromdate - now|. > 2591900 and . <= 2592000')" true 'and its end'
call /users/tokens/rotate "{\"key\":\"${token%%:*}\",\"overlap\":0}" "$token"
is "$(field '.apiToken.expiresAt')" "$(jq -r '.tokens[]|select(.kind == "device")|.expiresAt' <<<"$(api /users/tokens/list '{}' "$mia")")" 'which a rotation does not move'
token=$(field .apiToken.bearer)
page /users/tokens/revoke "{\"key\":\"${token%%:*}\"}"; is "$status" 200 'it is taken away on the page'
call /users/whoami '{}' "$token"; expect 401 unauthorized 'and over'
is "$(sql "SELECT action, subject_name, detail FROM events WHERE action LIKE 'user.device%' OR action = 'user.token-create' ORDER BY id")" "user.device-approve|mia|web01, unix:0
user.token-create|web01|device" 'the audit log has who approved what, and the token'

# --- no ---
begin; page /users/device/deny "{\"userCode\":\"$code\"}"; done_ok 'a person denies'
poll; told access_denied 'and the program is told'
begin; first=$device; sql 'UPDATE device_grants SET expires_at = 1 WHERE state = 0'
begin; poll "$first"; told invalid_grant 'what has ended for long is forgotten'
sql "UPDATE device_grants SET expires_at = $(($(date +%s) * 1000 - 1000)) WHERE state = 0"
poll; told expired_token 'after five minutes it is over'
page /users/device/show "{\"userCode\":\"$code\"}"; expect 404 code_not_found 'for the person, too'
approve mia; expect 404 code_not_found 'who does not approve it any more'
begin; approve mia; sql "UPDATE device_grants SET expires_at = $(($(date +%s) * 1000 - 1000)) WHERE state = 1"; poll; told expired_token 'nor does a program get what was approved, but comes too late'
begin; approve mia; key=$(sql "SELECT token FROM device_grants WHERE user_code = '$code'")
page /users/tokens/revoke "{\"key\":\"$key\"}"; poll; told access_denied 'an approval is taken back until the program comes'
begin; approve mia; "$ORGD" user disable mia --data "$DATA" >/dev/null 2>&1; poll; told access_denied 'the account of who approved has to be there'
"$ORGD" user enable mia --data "$DATA" >/dev/null 2>&1
begin; approve mia; "$ORGD" user token mia --end-others --data "$DATA" >"$T/token" 2>&1; poll; told access_denied 'where all tokens end, so do approvals'
mia=$(grep -oE 'live_[a-z0-9]+:[A-Za-z0-9_-]+' "$T/token")
call /users/passkeys/add "$(made create mia)" "$mia"; signs_in mia
begin
for id in client_id grant_type device_code; do
    call /users/device/token "$(jq -nc --arg g "$GRANT" --arg d "$device" '{grant_type:$g,client_id:"orgadmin",device_code:$d}' | jq -c "del(.$id)")"; is "$status $(field .error)" '400 invalid_request' "without $id a program is told what is missing"
done
call /users/device/token "{\"grant_type\":\"password\",\"client_id\":\"orgadmin\",\"device_code\":\"$device\"}"; told unsupported_grant_type 'another grant is not to be had'
call /users/device/authorize '{"client_id":"evil"}'; told invalid_client 'nor is a program known of another name'
call /users/device/authorize '{"client_id":"orgadmin","host":"a\u0007b"}'; is "$status $(field .error)" '400 invalid_request' 'the name of a machine has no control characters'

# --- as programs that know OAuth ask ---
form() {
    body=$(curl -sSg --max-time 30 --unix-socket "$SOCKET" "http://localhost/v1/users/device/$1" "${@:2}" -w '\n%{http_code}' -D "$T/heads")
    status=${body##*$'\n'} body=${body%$'\n'*}
}
form authorize -d client_id=orgadmin -d scope=x --data-urlencode 'host=<b>"&é'
is "$status $(field '.expires_in')" '200 300' 'a form is taken, whatever else is in it'
device=$(field .device_code) code=$(field .user_code)
page /users/device/show "{\"userCode\":\"$code\"}"; is "$(field .host)" '<b>"&é' 'markup in it is a text'
form token --data-urlencode "grant_type=$GRANT" -d client_id=orgadmin --data-urlencode "device_code=$device"; told authorization_pending 'so is the question by a form'
like "$(tr -d '\r' <"$T/heads")" 'Content-Length: ' 'whose answer has its length'
like "$(tr -d '\r' <"$T/heads")" 'Cache-Control: no-store' 'and is kept by nobody'
form token -d client_id=orgadmin -d client_id=orgadmin; is "$status $(field .error)" '400 invalid_request' 'a field that stands there twice is none'
form token -X GET; is "$status" 405 'a GET is none'
form token -H 'Content-Type: text/plain' -d x; is "$status $(field .error)" '415 invalid_request' 'nor is another type'
form token --data-urlencode "device_code=$(printf 'x%.0s' {1..70000})"; is "$status $(field .error)" '413 invalid_request' 'nor is too much'
approve mia
form token --data-urlencode "grant_type=$GRANT" -d client_id=orgadmin --data-urlencode "device_code=$device"; is "$status $(field .token_type)" '200 Bearer' 'a form gets the token'
is "$(curl -sSg --unix-socket "$SOCKET" http://localhost/v1/users/whoami -d x=y | jq -r .reason)" unsupported_media_type 'other calls take no form'

# --- two at a time ---
for round in 1 2; do
    begin; approve mia; waiting=()
    for i in 1 2 3 4; do poll_body="{\"grant_type\":\"$GRANT\",\"client_id\":\"orgadmin\",\"device_code\":\"$device\"}"; request /users/device/token -d "$poll_body" >"$T/poll.$i" & waiting+=($!); done
    for i in "${waiting[@]}"; do wait "$i"; done
    is "$(grep -l access_token "$T"/poll.? | wc -l)" 1 "of programs that ask at the same time one gets the token, round $round"
done

# --- what stays ---
unlike "$(cat "$ORGD_LOG")" "${device#*:}|$code|${token#*:}" 'the log has neither code, and no token'
orgd_stop

# --- limits ---
sql 'DELETE FROM device_grants'
orgd_start --web-origin $ORIGIN --attempts 3 --quota device-codes=5 --quota device-sign-ins=4
for i in 1 2 3; do begin; is "$status" 200 "one address begins, number $i"; done
begin; is "$status $(field .error)" '429 temporarily_unavailable' 'and then has to wait'
poll; told slow_down 'a program there, too: by the word that it knows'
orgd_stop
orgd_start --web-origin $ORIGIN --quota device-codes=5 --quota device-sign-ins=7 --quota all-device-codes=8
signs_in ned
for i in 1 2 3 4 5; do page /users/device/show "{\"userCode\":\"BCDF-GHJ${i/[1-5]/K}\"}"; done; expect 404 code_not_found 'an account guesses'
page /users/device/show '{"userCode":"BCDF-GHJK"}'; expect 429 quota 'a few times'
page /users/device/deny '{"userCode":"BCDF-GHJK"}'; expect 429 quota 'by no other way'
signs_in mia
for i in 1 2 3; do page /users/device/show '{"userCode":"BCDF-GHJK"}'; done; expect 404 code_not_found 'another one does'
page /users/device/show '{"userCode":"BCDF-GHJK"}'; expect 429 quota 'and all together have to wait, too'
sql 'UPDATE device_grants SET expires_at = 1'
for i in 1 2 3 4 5 6 7; do begin; done; is "$status" 200 'programs wait'
begin; is "$status $(field '"\(.reason) \(.error)"')" '400 quota invalid_request' 'no more than so many'
is "$(sql 'SELECT count(*) FROM device_grants')" 7 'those that have ended make room'
orgd_end
done_testing
