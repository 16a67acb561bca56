#!/bin/bash
# A change that a client sends with a key of its own is made once, and sent again it gets the first one's answer; what is kept of it is
# of no use without the token.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/orgd.sh"

# once KEY PATH JSON [BEARER]: call with the key
once() {
    body=$(printf '%s' "$3" | request "$2" -H "Idempotency-Key: $1" ${4:+-H "Authorization: Bearer $4"} --data-binary @- -D "$T/head" -w '\n%{http_code}')
    status=${body##*$'\n'} body=${body%$'\n'*}
}
events() { sql "SELECT count(*) FROM events WHERE action = '$1'"; }

orgd_start
once k1 /organizations/create '{"name":"Acme"}' "$OWNER"; is "$status" 200 'an organization is made'
first=$body org=$(field .organization.id)
like "$(tr -d '\r' < "$T/head")" 'Idempotency-Key: k1' 'the answer shows that the key counts'
once k1 /organizations/create '{"name":"Acme"}' "$OWNER"
is "$status $body" "200 $first" 'sent again it gets the first answer, byte for byte'
is "$(events organization.create)" 1 'and is made once'
once k1 /organizations/create '{"name":"Other"}' "$OWNER"; expect 409 idempotency_key_used 'another request under the key is refused'
once k1 /users/update '{"name":"Acme"}' "$OWNER"; expect 409 idempotency_key_used 'another path, too'
once k1 /organizations/teams/create "{\"organizationId\":\"$org\",\"slug\":\"ops\",\"name\":\"Ops\"}" "$OWNER"; is "$status" 200 'in an organization the key is another one'

join "$org" ada owner; ada=$bearer ada_id=$user_id
join "$org" mia member; mia=$bearer mia_id=$user_id
token="{\"organizationId\":\"$org\",\"name\":\"ci\",\"role\":\"member\"}"
once k2 /organizations/tokens/create "$token" "$ada"; is "$status" 200 'a token is made'
first=$body secret=$(field .apiToken.bearer)
once k2 /organizations/tokens/create "$token" "$ada"
is "$status $body" "200 $first" 'its secret is in the answer to who sends it again'
call /organizations/members/list "{\"organizationId\":\"$org\"}" "$secret"; is "$status" 200 'and works'
is "$(dump | grep -c -e "${secret#*:}")" 0 'but nowhere in the data'
is "$(sql "SELECT count(*) FROM answers WHERE sealed LIKE '%apiToken%'")" 0 'the answer is kept sealed'
once k2 /organizations/tokens/create "$token" "$OWNER"; expect 409 idempotency_key_used 'another caller under that key is refused'
call /users/tokens/create '{"name":"second"}' "$ada"; second=$(field .apiToken.bearer)
once k2 /organizations/tokens/create "$token" "$second"; expect 409 idempotency_key_used 'the same person with another token, too'
once k2 /organizations/tokens/create "$token" "${ada%?????}AAAAA"; expect 401 unauthorized 'who has the key and half a token gets nothing'
once k2 /organizations/tokens/create "$token"; expect 401 unauthorized 'nor who has none'
is "$(events token.create)" 1 'one was made'

# whoever lost the right to make a change hears all the same that it was made; a stranger does not hear that a key is there
once k3 /organizations/members/set-role "{\"organizationId\":\"$org\",\"userId\":\"$ada_id\",\"role\":\"member\"}" "$ada"; done_ok 'an owner gives up her role'
first=$body
once k3 /organizations/members/set-role "{\"organizationId\":\"$org\",\"userId\":\"$ada_id\",\"role\":\"member\"}" "$ada"
is "$status $body" "200 $first" 'and hears that, though she could not do it again'
once k3 /organizations/members/set-role "{\"organizationId\":\"$org\",\"userId\":\"$ada_id\",\"role\":\"admin\"}" "$mia"; expect 403 forbidden 'who may not make the change is told that alone'

me=$(api /users/whoami '{}' "$OWNER" | jq -r .user.id)
once k4 /organizations/members/remove "{\"organizationId\":\"$org\",\"userId\":\"$me\"}" "$OWNER"; expect 409 last_owner 'what is refused'
once k4 /organizations/members/remove "{\"organizationId\":\"$org\",\"userId\":\"$mia_id\"}" "$OWNER"; done_ok 'has not used its key'

# several at once
for i in 1 2 3 4 5 6; do
    (once k5 /organizations/create '{"name":"Many"}' "$OWNER"; printf '%s %s\n' "$status" "$body" > "$T/many.$i") & pids[i]=$!
done
wait "${pids[@]}"
is "$(cat "$T"/many.? | sort -u | wc -l) $(sql "SELECT count(*) FROM organizations WHERE name = 'Many'")" '1 1' 'sent six times at once it is made once, with one answer'

once 'two words' /organizations/create '{"name":"X"}' "$OWNER"; expect 400 invalid 'a key with a blank is refused'
once "$(printf 'k%.0s' {1..65})" /organizations/create '{"name":"X"}' "$OWNER"; expect 400 invalid 'and one of 65 characters'
call /organizations/invitations/create "{\"organizationId\":\"$org\",\"email\":\"new@example.org\",\"role\":\"member\"}" "$OWNER"; invitation=$(field .token)
once k6 /organizations/invitations/accept "{\"token\":\"$invitation\",\"username\":\"new\"}"; expect 400 invalid 'a change without a token takes no key'
once k7 /organizations/members/list "{\"organizationId\":\"$org\"}" "$OWNER"; is "$status" 200 'what only reads takes one'
once k7 /organizations/update "{\"organizationId\":\"$org\",\"name\":\"Acme\"}" "$OWNER"; is "$status" 200 'which it does not use'
is "$(printf '{}' | request /users/whoami -H 'Idempotency-Key: a' -H 'Idempotency-Key: b' -H "Authorization: Bearer $OWNER" --data-binary @- | jq -r .reason)" invalid 'two keys are refused'

# a token that ends takes its answers with it
once k8 /users/tokens/create '{"name":"third"}' "$second"; is "$status" 200 'a token makes another'
call /users/tokens/revoke "{\"key\":\"${second%%:*}\"}" "$ada"; done_ok 'and is revoked'
is "$(sql "SELECT count(*) FROM answers WHERE token = '${second%%:*}'")" 0 'what was kept for it is gone'
once k9 /users/tokens/revoke "{\"key\":\"${secret%%:*}\"}" "$OWNER"
call /users/tokens/create '{"name":"self"}' "$OWNER"; self=$(field .apiToken.bearer)
once k9 /users/tokens/revoke "{\"key\":\"${self%%:*}\"}" "$self"; done_ok 'a token may end itself with a key'

sql "UPDATE answers SET created_at = created_at - 86400000 WHERE key <> 'k1'"
orgd_stop; orgd_start
ok 'after a day what was kept is removed' wait_for 10 eval '[ "$(sql "SELECT count(*) FROM answers WHERE key <> '"'k1'"'")" = 0 ]'
once k1 /organizations/create '{"name":"Acme"}' "$OWNER"; is "$status" 200 'what is younger stays, also behind a restart'
is "$(events organization.create)" 2 'and was not made again'
orgd_end
done_testing
