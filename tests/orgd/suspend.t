#!/bin/bash
# A suspended member does nothing and is told to hosts as suspended, until he is resumed; one owner is always left.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/orgd.sh"
orgd_start
org=$(new_org Acme)
owner_id=$(api /users/whoami '{}' "$OWNER" | jq -r .user.id)
join "$org" ann admin; ann=$bearer ann_id=$user_id
join "$org" bob member; bob=$bearer bob_id=$user_id
on() { call "/organizations/$1" "{\"organizationId\":\"$org\"${2:+,$2}}" "${3-$OWNER}"; }
who() { echo "\"userId\":\"$1\""; }
states() { on members/changes "\"since\":$1"; field '[.members[] | "\(.username) \(.state) \(.role)"] | join(", ")'; }
last_event() { on audit/list '"limit":1'; field '.events[] | "\(.action) \(.subjectName) \(.detail)"'; }
opens() { call /organizations/invitations/accept "{\"token\":\"$1\",\"username\":\"$2\"}"; }

for verb in suspend resume; do
    on members/$verb "$(who "$bob_id")" "$bob"; expect 403 forbidden "members/$verb: a member is refused with 403"
    on members/$verb "$(who "$bob_id")" ''; expect 401 unauthorized "members/$verb: a call without a token is refused with 401"
    on members/$verb "$(who usr_none)"; expect 404 member_not_found "members/$verb of nobody is refused with 404"
    on members/$verb "$(who "$owner_id")" "$ann"; expect 403 role_above_own "members/$verb: an admin is refused an owner with 403"
done
on members/suspend "$(who "$owner_id")"; expect 409 last_owner 'the last owner is not suspended'

on invitations/create '"email":"eve@example.org"' "$ann"; invitation=$(field .token)
on join-codes/create '"role":"member"' "$ann"; code=$(field .code)
on tokens/create '"role":"admin","name":"by owner"'; host=$(field .apiToken.bearer)
on roles/set '"role":"keeper","permissions":["org:view","org:manage","members:view","members:manage"]'
on members/set-role "$(who "$ann_id"),\"role\":\"keeper\""
on tokens/create '"role":"keeper","name":"by ann"' "$ann"; anns=$(field .apiToken.bearer)
on invitations/create '"email":"fay@example.org"' "$ann"; invitation=$(field .token)
on members/changes '"since":0'; revision=$(field .revision)
request /organizations/members/changes -d "{\"organizationId\":\"$org\",\"since\":$revision,\"wait\":30000}" -H "Authorization: Bearer $ann" > "$T/annspoll" & annspoll=$!
request /organizations/members/changes -d "{\"organizationId\":\"$org\",\"since\":$revision,\"wait\":30000}" -H "Authorization: Bearer $host" > "$T/hostspoll" & hostspoll=$!
sleep 0.5
on members/suspend "$(who "$ann_id")"; done_ok 'a member is suspended'
is "$(field '"\(.withdrawn.invitations) \(.withdrawn.joinCodes) \(.tokenCount)"')" '2 1 1' 'the answer counts what the suspended member had handed out'
is "$(last_event)" 'join-code.revoke  member' 'what a suspended member handed out is withdrawn with its event'
on audit/list '"action":"member.suspend"'; is "$(field '.events[] | "\(.actorName) \(.subjectName) \(.detail)"')" 'owner ann keeper' 'a suspension writes an audit event'
wait $annspoll $hostspoll
like "$(cat "$T/annspoll")" '"reason":"unauthorized"' 'the held poll of a suspended member ends'
is "$(jq -r '.members[] | "\(.username) \(.state)"' "$T/hostspoll")" 'ann suspended' 'a held poll is told the suspension'
is "$(states "$revision")" 'ann suspended keeper' 'members/changes names a suspended member with state and role'
on members/list; is "$(field '[.members[] | "\(.username) \(.state)"] | join(", ")')" 'owner active, ann suspended, bob active' 'members/list shows the state'
on get '' "$ann"; expect 403 suspended 'a suspended member is refused with 403'
call /users/whoami '{}' "$ann"; is "$status" 200 "a suspended member's account goes on"
call /organizations/list '{}' "$ann"; is "$(field '.organizations | length')" 0 'the organization is not among those of a suspended member'
call /organizations/join-codes/join "{\"code\":\"$code\"}" "$ann"; expect 404 code_not_found "a suspended member's join code is withdrawn"
opens "$invitation" fay; expect 404 invitation_not_found "a suspended member's invitation is withdrawn"
on members/list '' "$anns"; is "$status" 200 "a suspended member's organization token still reads"
on invitations/create '"email":"x@example.org"' "$anns"; expect 403 forbidden "a suspended member's organization token changes nothing"
on join-codes/create; code=$(field .code)
call /organizations/join-codes/join "{\"code\":\"$code\"}" "$ann"; is "$(field .alreadyMember)" true 'a join code does not resume a suspended member'
on invitations/create '"email":"ann@example.org"'; expect 409 already_member 'a suspended member is not invited again'
on get '' "$ann"; expect 403 suspended 'a suspended member stays suspended'
events() { on audit/list; field '[.events[] | select(.action | startswith("member."))] | length'; }
before=$(events)
on members/suspend "$(who "$ann_id")"; done_ok 'a second suspension is accepted'
is "$(events)" "$before" 'a second suspension writes no event'

on members/resume "$(who "$ann_id")"; done_ok 'a member is resumed'
is "$(last_event)" 'member.resume ann keeper' 'a resumption writes an audit event'
is "$(states "$revision")" 'ann active keeper' 'hosts are told of a resumption'
on invitations/create '"email":"x@example.org"' "$anns"; is "$status" 200 "a resumed member's organization token changes again"
before=$(events)
on members/resume "$(who "$ann_id")"; done_ok 'a second resumption is accepted'
is "$(events)" "$before" 'a second resumption writes no event'

# An owner who is suspended does not count as one.
join "$org" olga owner; olga=$bearer olga_id=$user_id
on members/suspend "$(who "$olga_id")"; done_ok 'one of two owners is suspended'
on members/set-role "$(who "$owner_id"),\"role\":\"admin\""; expect 409 last_owner 'the last owner who is not suspended is not demoted'
on members/remove "$(who "$owner_id")"; expect 409 last_owner 'the last owner who is not suspended is not removed'
on members/remove "$(who "$olga_id")"; done_ok 'a suspended owner is removed'
on invitations/create '"email":"olga@example.org"'
call /organizations/invitations/accept "{\"token\":\"$(field .token)\"}" "$olga"; olga=$(field .apiToken.bearer)
on get '' "$olga"; is "$status" 200 'who comes back after a removal is not suspended'
orgd_end
is "$("$ORGD" check --data "$DATA" 2>&1)" "$DATA_NAME: nothing is wrong" 'orgd check finds no error after suspensions'
done_testing
