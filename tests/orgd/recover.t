#!/bin/bash
# The way back into an account: a code by mail; and the ways to take tokens from a thief. An invitation that somebody else saw proves nothing elsewhere.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/orgd.sh"
need python3
mkdir "$T/mails"
listen "$T/port" python3 "$TOP/tests/orgd/sink.py" take "$T/mails" 2> "$T/sink.log"
text_of() {
    sed 1,2d "$T/mails/$1" | python3 -c 'import email.policy, sys
print(email.message_from_binary_file(sys.stdin.buffer, policy=email.policy.default).get_body(("plain",)).get_content(), end="")'
}
mails() { ls "$T/mails" | wc -l; }
at() { call "/organizations/$1" "{\"organizationId\":\"$org\"${2:+,$2}}" "${3-$OWNER}"; }
recover() { call /users/recover "{\"email\":\"$1\"}"; }
confirm() { call /users/recover/confirm "{\"code\":\"$1\"${2-}}"; }
# code N: from the Nth mail
code() { wait_for 10 test -s "$T/mails/$1"; wait_for 10 eval '[ -n "$(text_of '"$1"')" ]'; text_of "$1" | grep -oE '^rec_[a-z0-9]{20}:[A-Za-z0-9_-]{43}$'; }

# --- without mail ---
orgd_start
org=$(new_org Acme)
join "$org" ann admin; ann=$bearer ann_id=$user_id
recover ann@example.org; expect 409 no_mail 'a server without mail says that it recovers nothing'
orgd_end

# --- with mail ---
orgd_start --smtp "smtp://127.0.0.1:${heard##*:}" --smtp-from orgd@example.org
recover nobody@example.org; done_ok 'a recovery of an unknown address is answered like another'
recover ann@example.org; done_ok 'a recovery of a known address is answered'
first=$(code 1)
like "$(cat "$T/mails/1")" '^RCPT TO:<ann@example.org>' 'the code goes to the address of the account'
is "$(mails)" 1 'an unknown address gets no mail'
unlike "$(cat "$ORGD_LOG")" "${first#*:}" 'the log has no code'
is "$(grep -alF -- "${first#*:}" "$DATA" "$DATA-wal")" '' 'the data file has no code'
recover ANN@example.org; second=$(code 2)
confirm "$first"; expect 404 code_not_found 'a newer code ends an older one'
confirm "${second}x"; expect 404 code_not_found 'a wrong code is refused'
request /organizations/members/changes -d "{\"organizationId\":\"$org\",\"since\":2,\"wait\":20000}" -H "Authorization: Bearer $ann" > "$T/poll" & poll=$!
sleep 0.5
confirm "$second"
is "$status $(field '"\(.user.username) \(.ended)"')" '200 ann 1' 'a code gives a token and ends the others'
new=$(field .apiToken.bearer)
wait $poll; like "$(cat "$T/poll")" '"reason":"unauthorized"' 'the held poll of an ended token ends'
call /users/whoami '{}' "$ann"; is "$status" 401 'a token from before the recovery is refused'
at get '' "$new"; is "$status" 200 'the new token opens the organization'
confirm "$second"; expect 404 code_not_found 'a code works once'
at audit/list '"action":"user.recover"'; is "$(field '.events[] | "\(.actorName) \(.subjectName) \(.detail)"')" 'ann ann 1 tokens ended' 'the owners see a recovery among the audit events'
recover ann@example.org; third=$(code 3)
confirm "$third" ',"keepTokens":true'; is "$status $(field .ended)" '200 0' 'keepTokens keeps the other tokens'
call /users/whoami '{}' "$new"; is "$status" 200 'a token is accepted after a recovery that keeps it'
recover ann@example.org; done_ok 'the fourth recovery of a day is answered like another'
sleep 1; is "$(mails)" 3 'the fourth recovery of a day is not mailed'
sql "UPDATE recoveries SET created_at = created_at - 86400000"
recover ann@example.org; fourth=$(code 4)
sql "UPDATE recoveries SET expires_at = expires_at - 3600000 WHERE user_id IS NOT NULL"
confirm "$fourth"; expect 404 code_not_found 'a code counts for an hour'
is "$(sql 'SELECT count(*) FROM recoveries')" 1 'codes of more than a day ago leave the data file'
for i in 1 2 3 4 5; do recover "nobody$i@example.org"; done
is "$(sql 'SELECT count(*) FROM recoveries')" 2 'unknown addresses fill no table'
"$ORGD" user disable ann --data "$DATA" > /dev/null
sql "DELETE FROM recoveries"
recover ann@example.org; sleep 1; is "$(mails)" 4 'a disabled account gets no code'
"$ORGD" user enable ann --data "$DATA" > /dev/null
call /users/recover '{"email":"x"}'; expect 400 invalid 'a recovery of no address is refused'
recover ann@example.org; code=$(code 5)
orgd_end
orgd_start --smtp "smtp://127.0.0.1:${heard##*:}" --smtp-from orgd@example.org --attempts 5
codes=; for i in 1 2 3 4 5 6; do recover "nobody$i@example.org"; codes="$codes $status"; done
is "$codes" ' 200 200 200 200 200 429' 'recoveries of unknown addresses are counted as attempts'
confirm "$code"; expect 429 too_many_attempts 'a code is not looked up beyond the attempts'
orgd_end

# --- an invitation that was only mailed proves the address everywhere ---
orgd_start
there=$(new_org There)
join "$org" dan member; dan=$bearer dan_id=$user_id
call /organizations/invitations/create "{\"organizationId\":\"$there\",\"email\":\"dan@example.org\"}" "$OWNER"
call /organizations/invitations/accept "{\"token\":\"$(field .token)\"}" "$dan"
at members/revoke-tokens "\"userId\":\"$dan_id\""
call /organizations/members/remove "{\"organizationId\":\"$there\",\"userId\":\"$dan_id\"}" "$OWNER"
orgd_end
orgd_start --smtp "smtp://127.0.0.1:${heard##*:}" --smtp-from orgd@example.org
number=$(($(mails) + 1))
call /organizations/invitations/create "{\"organizationId\":\"$there\",\"email\":\"dan@example.org\"}" "$OWNER"
call /organizations/invitations/accept "{\"token\":\"$(text_of $number | grep -oE '^inv_[a-z0-9]{20}:[A-Za-z0-9_-]{43}$')\"}" "$dan"
at get '' "$(field .apiToken.bearer)"; is "$status" 200 'the token of a mailed invitation opens the organization that took the tokens away, too'
orgd_end

# --- an owner takes tokens away ---
orgd_start
other=$(new_org Other)
join "$org" bob member; bob=$bearer bob_id=$user_id
at members/revoke-tokens "\"userId\":\"$bob_id\"" "$new"; expect 403 forbidden 'an admin does not end tokens of others'
call /users/tokens/create '{}' "$bob"; bob2=$(field .apiToken.bearer)
at members/revoke-tokens "\"userId\":\"$bob_id\""
is "$status $(field '"\(.scope) \(.ended)"')" '200 account 2' 'an owner ends all tokens of a member who is in no other organization'
for token in "$bob" "$bob2"; do call /users/whoami '{}' "$token"; is "$status" 401 'an ended token is refused'; done
at audit/list '"limit":1'; is "$(field '.events[] | "\(.action) \(.subjectName) \(.detail)"')" 'member.revoke-tokens bob all' 'the end of tokens is an audit event'
bob=$("$ORGD" user token bob --data "$DATA" | sed -n 's/^bearer: //p')
at get '' "$bob"; is "$status" 200 'the operator lets him in again'
call /organizations/invitations/create "{\"organizationId\":\"$other\",\"email\":\"bob@example.org\"}" "$OWNER"
call /organizations/invitations/accept "{\"token\":\"$(field .token)\"}" "$bob"
at members/revoke-tokens "\"userId\":\"$bob_id\""
is "$status $(field '"\(.scope) \(.ended)"')" '200 organization 0' 'of a member who is in another organization the rights here end alone, and the owner is told so'
at get '' "$bob"; expect 403 token_outlived 'such a token does not open the organization any more'
call /organizations/get "{\"organizationId\":\"$other\"}" "$bob"; is "$status" 200 'such a token opens the other organization'
call /users/tokens/create '{}' "$bob"; at get '' "$(field .apiToken.bearer)"; expect 403 token_outlived 'a token made with such a token does not either'
at members/list; is "$(field '[.members[] | select(.username == "bob").state] | join(",")')" active 'a member whose tokens ended stays a member'

# --- an invitation that its maker saw is no proof elsewhere ---
join "$org" eve member; eve=$bearer eve_id=$user_id # a thief has this token, so eve is removed, and invited again for her new one
at members/remove "\"userId\":\"$eve_id\""
at invitations/create '"email":"eve@example.org"'
call /organizations/invitations/accept "{\"token\":\"$(field .token)\"}" "$eve"; eves=$(field .apiToken.bearer)
at get '' "$eves"; is "$status" 200 'the token of the invitation opens its organization'
at members/revoke-tokens "\"userId\":\"$eve_id\""
eves=$("$ORGD" user token eve --end-others --data "$DATA" | sed -n 's/^bearer: //p')
call /users/tokens/create '{}' "$eves"; stolen=$(field .apiToken.bearer)
call /organizations/invitations/create "{\"organizationId\":\"$other\",\"email\":\"eve@example.org\"}" "$OWNER"
call /organizations/invitations/accept "{\"token\":\"$(field .token)\"}" "$eves"
at members/revoke-tokens "\"userId\":\"$eve_id\""
at get '' "$stolen"; expect 403 token_outlived 'the stolen token does not open the organization'
# The thief has an accomplice, who owns the other organization and removes and invites her there again.
call /organizations/members/remove "{\"organizationId\":\"$other\",\"userId\":\"$eve_id\"}" "$OWNER"
call /organizations/invitations/create "{\"organizationId\":\"$other\",\"email\":\"eve@example.org\"}" "$OWNER"
call /organizations/invitations/accept "{\"token\":\"$(field .token)\"}" "$stolen"; thief=$(field .apiToken.bearer)
call /organizations/get "{\"organizationId\":\"$other\"}" "$thief"; is "$status" 200 "the token of an accomplice's invitation opens the accomplice's organization"
at get '' "$thief"; expect 403 token_outlived "the token of an accomplice's invitation does not open the organization that the thief was kept out of"
call /users/tokens/create '{}' "$thief"; at get '' "$(field .apiToken.bearer)"; expect 403 token_outlived 'a token made with that one does not either'
orgd_end
done_testing
