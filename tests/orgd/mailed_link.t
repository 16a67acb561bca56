#!/bin/bash
# A link to the page that is mailed on request: to the account's address alone, within the limits of a recovery, and used up by a person alone.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/orgd.sh"
need python3
ORIGIN=https://org.acme.example
mkdir "$T/mails"
listen "$T/port" python3 "$TOP/tests/orgd/sink.py" take "$T/mails" 2> "$T/sink.log"
smtp=(--smtp "smtp://127.0.0.1:${heard##*:}" --smtp-from orgd@example.org)
mails() { ls "$T/mails" | wc -l; }
text_of() {
    sed 1,2d "$T/mails/$1" | python3 -c 'import email.policy, sys
print(email.message_from_binary_file(sys.stdin.buffer, policy=email.policy.default).get_body(("plain",)).get_content(), end="")'
}
# code N: from the Nth mail, a link's or a recovery's
code() { wait_for 10 test -s "$T/mails/$1"; wait_for 10 eval '[ -n "$(text_of '"$1"')" ]'; text_of "$1" | grep -oE '(mail|rec)_[a-z0-9]{20}:[A-Za-z0-9_-]{43}'; }
# page PATH JSON [CURL-ARGUMENT...]: as the page calls; sets $session when a cookie comes
page() {
    body=$(request "$1" -H 'Sec-Fetch-Site: same-origin' -D "$T/heads" --data-binary "$2" -w '\n%{http_code}' "${@:3}")
    status=${body##*$'\n'} body=${body%$'\n'*}
    session=$(tr -d '\r' <"$T/heads" | sed -n 's/^Set-Cookie: __Host-orgd=\([^;]*\);.*/\1/Ip')
}
ask() { page /users/sign-in/by-mail "{\"email\":\"$1\"}" "${@:2}"; }
signs_in() { page /users/sign-in/by-link "{\"code\":\"$1\"}" "${@:2}"; }
recover() { call /users/recover "{\"email\":\"$1\"}"; }
day_later() { sql "UPDATE recoveries SET created_at = created_at - 86400000"; }

orgd_start "${smtp[@]}"
ask owner@localhost; expect 409 no_page 'without a page no link is mailed'
orgd_stop
orgd_start --web-origin $ORIGIN
ask owner@localhost; expect 409 no_mail 'nor without mail'
org=$(new_org Acme)
join "$org" ann admin; ann=$bearer
orgd_stop
orgd_start --web-origin $ORIGIN "${smtp[@]}"
call /users/sign-in/by-mail '{"email":"ann@example.org"}'; expect 403 other_site 'who is no page of ours has nothing mailed'
for wrong in 'Sec-Fetch-Site: cross-site' 'Origin: https://evil.example' 'Origin: null'; do
    is "$(request /users/sign-in/by-mail -H "$wrong" -d '{"email":"ann@example.org"}' | jq -r .reason)" other_site "nor has one with $wrong"
done
ask nobody@example.org; done_ok 'an unknown address is answered'
unknown=$body heads=$(sed '/^Date/d; /^RateLimit:/d' "$T/heads")
ask ANN@example.org
is "$status $body $(sed '/^Date/d; /^RateLimit:/d' "$T/heads")" "200 $unknown $heads" 'as a known one is, to the last letter'
first=$(code 1)
like "$(cat "$T/mails/1")" '^RCPT TO:<ann@example.org>' 'the link goes to the address of the account'
is "$(mails)" 1 'and no mail to the unknown one'
is "$(text_of 1 | tr -d '\r' | grep -n "^$ORIGIN/#$first\$" | wc -l)" 1 'it leads to the page, and stands alone on its line'
is "$(grep -cF -e "${first#*:}" "$ORGD_LOG") $(grep -alF -- "${first#*:}" "$DATA" "$DATA-wal" 2>/dev/null)" '0 ' 'neither the log nor the data have its code'

# --- who opens it ---
for agent in scanner browser; do
    is "$(curl -sS -o /dev/null -w '%{http_code} %{num_redirects}' -A "$agent" "$URL/#$first") $(curl -sSI -o /dev/null -w '%{http_code}' "$URL/%23$first")" '200 0 302' "a $agent opens the link, also a damaged one"
done
call /users/sign-in/by-link "{\"code\":\"$first\"}"; expect 403 other_site 'who is no page of ours does not use it'
is "$(curl -sSg --unix-socket "$SOCKET" "http://localhost/v1/users/sign-in/by-link?code=$first" -H 'Sec-Fetch-Site: same-origin' | jq -r .reason)" method_not_allowed 'nor a GET'
call /users/recover/confirm "{\"code\":\"$first\"}"; expect 404 code_not_found 'it is no code of a recovery'
call /users/whoami '{}' "$first"; expect 401 unauthorized 'and no token'
signs_in "${first%:*}:$(printf 'A%.0s' {1..43})"; expect 404 link_not_found 'its secret has to be right'
planted=sess_00000000000000000000:$(printf 'A%.0s' {1..43})
signs_in "$first" -b "__Host-orgd=$planted"
is "$status $(field .user.username)" '200 ann' 'after all that a press on the page signs in'
like "$session" '^sess_[a-z0-9]{20}:' 'by a session'
[ "$session" != "$planted" ] && pass 'which is another one than who planted a cookie knows' || fail 'which is another one than who planted a cookie knows'
cookie=$session
is "$(request /users/whoami -H 'Sec-Fetch-Site: same-origin' -b "__Host-orgd=$planted" -d '{}' | jq -r .reason)" unauthorized 'who planted it is not signed in'
signs_in "$first"; expect 404 link_not_found 'it works once'
is "$(request /users/whoami -H 'Sec-Fetch-Site: same-origin' -b "__Host-orgd=$cookie" -d '{}' | jq -r .user.username)" ann 'the session is the account'
is "$(request /organizations/get -H 'Sec-Fetch-Site: same-origin' -b "__Host-orgd=$cookie" -d "{\"organizationId\":\"$org\"}" | jq -r .organization.name)" Acme 'and opens its organizations'
call /users/whoami '{}' "$ann"; is "$status" 200 'no other token has ended'
call /organizations/audit/list "{\"organizationId\":\"$org\",\"action\":\"user.sign-in-by-mail\"}" "$OWNER"
is "$(field '.events[]|"\(.actorName) \(.subjectName)"')" 'ann ann' 'the owners are told'

# --- its limits ---
ask ann@example.org; second=$(code 2)
recover ann@example.org; third=$(code 3)
signs_in "$second"; expect 404 link_not_found 'a newer code ends an older link'
signs_in "$third"; expect 404 link_not_found 'a code of a recovery does not sign in'
ask ann@example.org; done_ok 'the fourth mail of a day is answered like another'
call /users/recover/confirm "{\"code\":\"$third\",\"keepTokens\":true}"; is "$status" 200 'but neither sent nor does it end the third'
day_later
ask ann@example.org; is "$(code 4 | cut -c1-5) $(mails)" 'mail_ 4' 'three a day come, links and recoveries together'
sql "UPDATE recoveries SET expires_at = expires_at - 3600000 WHERE user_id IS NOT NULL"
signs_in "$(code 4)"; expect 404 link_not_found 'a link counts for an hour'
ask ann@example.org; fifth=$(code 5)
"$ORGD" user disable ann --data "$DATA" > /dev/null
signs_in "$fifth"; expect 404 link_not_found 'it signs nobody in whose account is disabled'
day_later
ask ann@example.org; ask owner@localhost; code 6 > /dev/null
like "$(cat "$T/mails/6")" '^RCPT TO:<owner@localhost>' 'such an account is sent none'
"$ORGD" user enable ann --data "$DATA" > /dev/null
day_later
ask ann@example.org; last=$(code 7)
call /organizations/members/revoke-tokens "{\"organizationId\":\"$org\",\"userId\":\"$user_id\"}" "$OWNER"
signs_in "$last"
is "$status $(request /organizations/get -H 'Sec-Fetch-Site: same-origin' -b "__Host-orgd=$session" -d "{\"organizationId\":\"$org\"}" | jq -r '.organization.name // .reason')" '200 Acme' 'whose tokens were ended gets back in by the mail, as by a recovery'
orgd_stop
orgd_start --web-origin $ORIGIN "${smtp[@]}" --attempts 5
codes=; for i in 1 2 3 4 5 6; do ask "nobody$i@example.org"; codes="$codes $status"; done
is "$codes" ' 200 200 200 200 200 429' 'each is counted as an attempt of the address that asks'
orgd_end
done_testing
