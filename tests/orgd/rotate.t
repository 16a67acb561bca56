#!/bin/bash
# A token is replaced while the old one still works; and the audit events for who collects them, or looks for somebody's.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/orgd.sh"
orgd_start --quota user-tokens=3
org=$(new_org Acme) other=$(new_org Other)
join "$org" ann admin; ann=$bearer ann_id=$user_id
on() { call "/organizations/$1" "{\"organizationId\":\"$org\"${2:+,$2}}" "${3-$OWNER}"; }
on tokens/create '"role":"member","name":"host"'; old=$(field .apiToken.bearer) key=${old%%:*}
on tokens/rotate "\"key\":\"$key\"" "$ann"; expect 403 forbidden 'an admin rotates no token of the organization'
call /organizations/tokens/rotate "{\"organizationId\":\"$other\",\"key\":\"$key\"}" "$OWNER"; expect 404 token_not_found 'a token of another organization is not found'
on tokens/rotate "\"key\":\"$key\",\"overlap\":2592001"; expect 400 invalid 'an overlap of more than 30 days is refused'
on tokens/rotate "\"key\":\"$key\""; new=$(field .apiToken.bearer)
is "$status $(field .apiToken.role)" '200 member' 'a rotation gives a token of the same role'
for token in "$old" "$new"; do on members/list '' "$token"; is "$status" 200 'during the overlap both tokens work'; done
on tokens/list; is "$(field "[.tokens[] | select(.name == \"host\") | .expiresAt != null] | sort | map(tostring) | join(\" \")")" 'false true' 'the old token has an end, the new one none'
on audit/list '"action":"token.rotate"'; is "$(field '.events[] | "\(.action) \(.subject) \(.detail)"')" "token.rotate ${new%%:*} $key, overlap 3600 s" 'a rotation is an audit event with both keys'
sql "UPDATE tokens SET expires_at = 1 WHERE key = '$key'"
on members/list '' "$old"; is "$status" 401 'after the overlap the old token is refused'
on tokens/rotate "\"key\":\"$key\""; expect 404 token_not_found 'a token that has ended is not rotated'
request /organizations/members/changes -d "{\"organizationId\":\"$org\",\"since\":2,\"wait\":20000}" -H "Authorization: Bearer $new" > "$T/poll" & poll=$!; sleep 0.5
on tokens/rotate "\"key\":\"${new%%:*}\",\"overlap\":0"; newest=$(field .apiToken.bearer)
wait $poll; like "$(cat "$T/poll")" '"reason":"unauthorized"' 'without an overlap the held poll of the old token ends'
on members/list '' "$new"; is "$status" 401 'without an overlap the old token is refused at once'
on members/list '' "$newest"; is "$status" 200 'and the new one works'

call /users/tokens/rotate "{\"key\":\"${ann%%:*}\"}" "$ann"; ann2=$(field .apiToken.bearer)
for token in "$ann" "$ann2"; do on get '' "$token"; is "$status" 200 "a user's token is rotated, and both work"; done
call /users/tokens/rotate "{\"key\":\"${ann%%:*}\"}" "$OWNER"; expect 404 token_not_found "another user's token is not found"
call /users/tokens/rotate "{\"key\":\"${ann%%:*}\"}" "$newest"; expect 403 forbidden "an organization's token rotates no user's"
call /users/tokens/rotate "{\"key\":\"${ann2%%:*}\"}" "$ann"; call /users/tokens/rotate "{\"key\":\"${ann2%%:*}\"}" "$ann"; expect 409 quota 'rotations do not go round the quota of tokens'

# --- audit ---
on audit/list "\"actor\":\"$ann_id\""; is "$(field '[.events[].actorName] | unique | join(" ")')" ann 'audit/list finds the events of an actor'
on audit/list "\"actor\":\"$ann_id\",\"action\":\"x\""; expect 400 invalid 'actor and action are not combined'
on audit/export '' "$newest"; expect 403 forbidden 'a member does not export the events'
on audit/list; listed=$(field '[.events[].id | tonumber] | sort | map(tostring) | join(" ")')
on audit/export; is "$(field '[.events[].id] | join(" ")') $(field .more)" "$listed false" 'audit/export has each event once, in order'
since=$(field .since)
on audit/export "\"since\":$since"; is "$(field '"\(.events | length) \(.since)"')" "0 $since" 'behind the last one there is none'
on roles/set '"role":"ops","permissions":[]'
on audit/export "\"since\":$since"; is "$(field '[.events[].action] | join(" ")')" role.set 'and the next one is there alone'
sql "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1500) INSERT INTO events (at, organization_id, actor, actor_name, action, subject, subject_name, detail, origin, request) SELECT i, '$org', '', '', 'x', '', '', i, '', '' FROM n"
on audit/export; first=$(field '.events | length') more=$(field .more); on audit/export "\"since\":$(field .since)"
is "$first $more $(field .more)" '1000 true false' 'a long export comes in parts'

# --- what tokens do ---
# flushed: what was noted of tokens is stored before they are listed
flushed() { on tokens/list; }
of() { on audit/list "\"action\":\"$1\""; field '[.events[] | "\(.actorName) \(.subject) \(.from) [\(.detail)]"] | unique | join(", ")'; }
on tokens/create '"role":"member","name":"fleet"'; fleet=$(field .apiToken.bearer)
on members/list '' "$fleet"; flushed
is "$(of token.sign-in | tr ',' '\n' | grep fleet | sed 's/^ //')" "fleet ${fleet%%:*} unix:$UID [first use]" 'the first use of a token is an audit event'
is "$(of members.list | tr ',' '\n' | grep -c fleet)" 1 'a listing of all members by a token is an audit event'
VIA=tcp; on members/list '' "$fleet"; VIA=unix; flushed
like "$(of token.sign-in)" "fleet ${fleet%%:*} 127\.0\.0\.1 \[before from unix:$UID\]" 'a use from another address is an audit event'
on audit/list '"action":"members.list"'; is "$(field '[.events[] | select(.actorName == "fleet")] | length')" 1 'listings of a token are told once a day'
on members/list '' "${fleet%?}$([ "${fleet: -1}" = A ] && echo B || echo A)"; is "$status" 401 'a wrong secret is refused'
flushed
like "$(of token.wrong-secret)" "fleet ${fleet%%:*} unix:$UID \[1 attempts\]" 'attempts with a wrong secret are an audit event'
call /users/whoami '{}' "live_00000000000000000000:${fleet#*:}"; flushed
is "$(sql "SELECT count(*) FROM events WHERE action = 'token.wrong-secret'")" 1 'attempts with an unknown token are none'
on members/list '' "$fleet"; flushed; before=$(sql 'SELECT count(*) FROM events'); on get '' "$fleet"; on get '' "$fleet"; flushed
is "$(sql 'SELECT count(*) FROM events')" "$before" 'uses from the same address write no event'
orgd_end
done_testing
