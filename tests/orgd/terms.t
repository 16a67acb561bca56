#!/bin/bash
# Roles with an end: what counts before and behind it, and that nothing outlasts it that its holder hands out.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/orgd.sh"
orgd_start --create-organizations anyone
org=$(new_org Acme)
owner_id=$(api /users/whoami '{}' "$OWNER" | jq -r .user.id)
# on PATH FIELDS [BEARER]: a call about $org
on() { call "/organizations/$1" "{\"organizationId\":\"$org\"${2-}}" "${3-$OWNER}"; }
at() { date -u -d "@$(($(date +%s) + $1))" +%FT%TZ; }
# role USER ROLE [UNTIL [BEARER]]
role() { on members/set-role ",\"userId\":\"$1\",\"role\":\"$2\"${3:+,\"until\":\"$3\"}" "${4-$OWNER}"; }
# holds USER: role, end and the role behind it
holds() { on members/list; field ".members[] | select(.userId == \"$1\") | \"\\(.role) \\(.roleEnd.at // \"-\" | .[:19]) \\(.roleEnd.role // \"-\") \\(.roleEnd.permissions // [] | join(\",\"))\""; }
events() { on audit/list ",\"action\":\"$1\",\"limit\":${2-1}"; field '[.events[] | .actorName + ": " + .subjectName + " " + .detail] | join("; ")'; }
ends() { [ "$(holds "$1" | cut -d' ' -f1)" = "$2" ]; }
# The end of USER comes now, as for a server that was down meanwhile.
past() { sql "UPDATE members SET role_ends_at = 1000 WHERE user_id = '$1'"; }

join "$org" bob member; bob=$bearer bob_id=$user_id
join "$org" ann admin; ann=$bearer ann_id=$user_id
join "$org" eve member; eve_id=$user_id
join "$org" max member; max=$bearer max_id=$user_id
hour=$(at 3600) later=$(at 7200) sooner=$(at 1800)

# --- a role comes, and goes ---
on members/changes ',"since":0'; since=$(field .revision)
role "$bob_id" admin "$hour" "$ann"
done_ok 'an admin makes a member an admin for an hour'
is "$(holds "$bob_id")" "admin ${hour%Z} member org:view,members:view" 'members/list has the end, and the role behind it with its permissions'
like "$(events member.set-role)" "^ann: bob member -> admin, until ${hour%Z}.000Z\$" 'the audit event has the end'
on members/changes ",\"since\":$since"
is "$(field '.members[] | "\(.username) \(.role) \(.roleEnd.role)"')" 'bob admin member' 'members/changes has the end'
is "$(holds "$ann_id")" 'admin - - ' 'a role without an end has none in the list'
role "$bob_id" admin "$hour"; on members/changes ',"since":0'; again=$(field .revision)
role "$bob_id" admin "$hour"; on members/changes ',"since":0'; is "$(field .revision)" "$again" 'the same role with the same end is no change'
on invitations/list '' "$bob"; is "$status" 200 'who has a role for a while uses it'
role "$bob_id" admin "$later"; is "$(holds "$bob_id")" "admin ${later%Z} member org:view,members:view" 'the end is put off'
like "$(events member.set-role)" "bob admin -> admin, until ${later%Z}" 'the audit event of another end'
role "$bob_id" owner "$hour"; is "$(holds "$bob_id")" "owner ${hour%Z} member org:view,members:view" 'another role with an end has behind it what the member had without one'
role "$bob_id" admin; is "$(holds "$bob_id")" 'admin - - ' 'a role without an end takes the place of one with an end'
role "$bob_id" member; role "$bob_id" admin "$hour"; role "$bob_id" member
is "$(holds "$bob_id")" 'member - - ' 'a role is taken before its end'
role "$bob_id" admin "$(at 2)"
ok 'at the end the role from before comes back' wait_for 8 ends "$bob_id" member
on invitations/list '' "$bob"; expect 403 forbidden 'behind the end its permissions are gone'
ok 'the end is in the audit log' wait_for 5 eval '[ "$(events member.role-end)" = "orgd: bob admin -> member" ]'
is "$(sql "SELECT role, role_ends_at, role_after FROM members WHERE user_id = '$bob_id'")" 'member|0|' 'the end is stored'

# --- what cannot be ---
role "$bob_id" admin "$(at -5)"; expect 400 invalid 'an end that has passed is refused'
role "$bob_id" admin soon; expect 400 invalid 'an end that is no time is refused'
role "$bob_id" member "$hour"; expect 400 invalid 'a role that the member has without an end cannot get one'
like "$(field .message)" '^until: bob has the role member without an end' 'the refusal names the role'
role "$ann_id" member "$hour"; expect 400 invalid 'a role with an end takes no permission away'
role "$owner_id" owner "$hour"; expect 400 invalid 'an owner cannot become one for a while'
role "$bob_id" owner "$hour" "$ann"; expect 403 role_above_own 'an admin makes no owner for a while'
on members/set-role ",\"userId\":\"$bob_id\",\"role\":\"admin\",\"until\":null"; is "$(holds "$bob_id")" 'admin - - ' 'null is no end'
role "$bob_id" member

# --- owners ---
role "$bob_id" owner "$hour"
role "$owner_id" admin; expect 409 last_owner 'an owner for a while does not count: the last owner stays one'
on members/remove ",\"userId\":\"$owner_id\"" "$bob"; expect 409 last_owner 'an owner for a while does not remove the last owner'
on members/suspend ",\"userId\":\"$owner_id\"" "$bob"; expect 409 last_owner 'an owner for a while does not suspend the last owner'
is "$("$ORGD" check --data "$DATA" 2>&1)" "$DATA_NAME: nothing is wrong" 'orgd check finds no error beside roles with an end'
on delete ',"name":"Acme"' "$bob"; expect 403 role_ends 'an owner for a while does not delete the organization'

# --- nothing outlasts the role ---
role "$bob_id" owner "$later" "$bob"; expect 403 role_above_own 'an owner for a while does not put the own end off'
role "$bob_id" owner '' "$bob"; expect 403 role_above_own 'an owner for a while does not stay one by the own call'
role "$max_id" owner '' "$bob"; expect 403 role_above_own 'an owner for a while makes no other owner for good'
role "$max_id" admin '' "$bob"; expect 403 role_above_own 'who is a member behind the end makes no admin for good'
like "$(field .message)" "^Your role owner ends at ${hour%Z}" 'the refusal names the end'
role "$max_id" owner "$later" "$bob"; expect 403 role_above_own 'an owner for a while makes no other owner for longer'
role "$max_id" owner "$sooner" "$bob"; is "$(holds "$max_id")" "owner ${sooner%Z} member org:view,members:view" 'an owner for a while makes another one for not so long'
role "$bob_id" owner '' "$max"; expect 403 role_above_own 'two owners for a while do not put off each other'
role "$max_id" member '' "$bob"; done_ok 'an owner for a while takes roles'
on invitations/create ',"email":"x@example.org","role":"admin"' "$bob"; expect 403 role_above_own 'an owner for a while invites no admin'
on invitations/create ',"email":"x@example.org"' "$bob"; is "$status $(field '.expiresAt[:19]')" "200 ${hour%Z}" 'the invitation of a member ends with the role of its maker'
invitation=$(field .token)
on join-codes/create ',"role":"owner"' "$bob"; expect 403 role_above_own 'an owner for a while makes no join code of an owner'
on join-codes/create ',"expiresAt":null' "$bob"; is "$status $(field '.expiresAt[:19]')" "200 ${hour%Z}" 'a join code without an end ends with the role of its maker'
code=$(field .code)
on join-codes/create ",\"expiresAt\":\"$sooner\"" "$bob"; is "$(field '.expiresAt[:19]')" "${sooner%Z}" 'a join code that ends before keeps its end'
on tokens/create ',"role":"owner"' "$bob"; is "$status $(field '.apiToken.expiresAt[:19]')" "200 ${hour%Z}" "an organization's token ends with the role of its maker"
token=$(field .apiToken.bearer)
role "$bob_id" owner '' "$token"; expect 403 role_above_own "the token of an owner for a while does not put off the maker's end"
on tokens/create ',"role":"owner"' "$token"; is "$(field '.apiToken.expiresAt[:19]')" "${hour%Z}" 'a token that such a token makes ends with it'
on tokens/create ',"role":"admin","name":"old"'; old=$(field .apiToken.key)
on tokens/rotate ",\"key\":\"$old\"" "$bob"; expect 403 role_ends 'an owner for a while rotates no token, which would end with the role'
on machines/invite ',"name":"web"' "$bob"; is "$status" 200 'an owner for a while invites a machine'
machine=$(field .code)
on roles/set ',"role":"ops","permissions":["org:view","members:view","members:manage"]' "$bob"; expect 403 role_ends 'an owner for a while makes no role'
on teams/create ',"name":"Ops"' "$bob"; team=$(field .team.id)
on teams/add ",\"id\":\"$team\",\"userId\":\"$bob_id\"" "$bob"; expect 403 role_ends 'an owner for a while takes nobody into a team'
on members/suspend ",\"userId\":\"$ann_id\"" "$bob"; done_ok 'an owner for a while suspends an admin'
on members/resume ",\"userId\":\"$ann_id\"" "$bob"; expect 403 role_above_own 'an owner for a while does not bring an admin back for good'
on members/resume ",\"userId\":\"$ann_id\""; done_ok 'an owner brings the admin back'
ssh-keygen -q -t ed25519 -N '' -f "$T/key"
on members/keys/add ",\"userId\":\"$ann_id\",\"key\":\"$(cat "$T/key.pub")\"" "$bob"
is "$status $(field '.key.expiresAt[:19]')" "200 ${hour%Z}" 'a key that an owner for a while gives ends with the role'
call /users/tokens/create '{}' "$bob"; own=$(field .apiToken.bearer)

past "$bob_id"
on members/set-role ",\"userId\":\"$max_id\",\"role\":\"admin\"" "$bob"; expect 403 forbidden 'an end that came while the server was down counts at once'
ok 'the end that came while the server was down is stored' wait_for 5 eval '[ -z "$(sql "SELECT 1 FROM members WHERE role_ends_at > 0")" ]'
like "$(events invitation.revoke)" '^orgd: x@example.org member$' 'the end withdraws the invitation'
call /organizations/invitations/accept "{\"token\":\"$invitation\",\"username\":\"x\"}"; expect 404 invitation_not_found 'an invitation of an owner for a while opens nothing behind the end'
call /organizations/join-codes/join "{\"code\":\"$code\"}" "$OWNER"; expect 404 code_not_found 'a join code of an owner for a while opens nothing behind the end'
call /organizations/machines/enroll "{\"code\":\"$machine\"}"; expect 404 code_not_found "a machine's code of an owner for a while opens nothing behind the end"
on tokens/list '' "$token"; expect 403 forbidden "the token of who was an owner for a while can do no more than its maker"
on tokens/list '' "$own"; expect 403 forbidden "a user's own token from that time can do no more than the user"
on members/list '' "$own"; is "$status" 200 'a user goes on as what he was before'

# --- who can give it behind the end as well ---
role "$ann_id" owner "$hour"
role "$max_id" admin '' "$ann"; done_ok 'who is an admin behind the end makes admins for good'
role "$eve_id" owner '' "$ann"; expect 403 role_above_own 'who is an admin behind the end makes no owner for good'
on join-codes/create '' "$ann"; is "$(field '.expiresAt[:10]')" "$(date -u -d "@$(($(date +%s) + 30 * 86400))" +%F)" 'what an admin hands out as an owner for a while counts as long as ever'
on tokens/create '' "$ann"; is "$(field '.apiToken.expiresAt[:19]')" "${hour%Z}" 'a token is not what an admin makes: it ends with the role'
role "$max_id" member

# --- the role behind the end ---
on roles/set ',"role":"ops","permissions":["org:view","members:view"]'
role "$bob_id" ops; role "$bob_id" admin "$hour"
on roles/remove ',"role":"ops"'; expect 409 role_in_use 'a role that is to come back is in use'
on members/changes ',"since":0'; since=$(field .revision)
on roles/set ',"role":"ops","permissions":["org:view"]'
on members/changes ",\"since\":$since"; is "$(field '[.members[] | "\(.username) \(.roleEnd.permissions | join(","))"] | join(" ")')" 'bob org:view' 'another permission of a role that is to come back is a change of its member'
past "$bob_id"; ok 'a role of the organization comes back' wait_for 5 ends "$bob_id" ops
role "$bob_id" admin "$hour"; role "$bob_id" member
on roles/remove ',"role":"ops"'; done_ok 'a role that is not to come back any more can be removed'
sql "UPDATE members SET role = 'admin', role_ends_at = 9000000000000, role_after = 'gone' WHERE user_id = '$bob_id'"
like "$("$ORGD" check --data "$DATA" 2>&1)" "member $bob_id of $org has the unknown role gone" 'orgd check knows a role that is to come back and is not there'
sql "UPDATE members SET role_after = 'member' WHERE user_id = '$bob_id'"

# --- suspended, removed, back ---
role "$bob_id" admin "$hour"
on members/suspend ",\"userId\":\"$bob_id\""
past "$bob_id"; ok 'the role of a suspended member ends as well' wait_for 5 ends "$bob_id" member
on members/resume ",\"userId\":\"$bob_id\""; is "$(holds "$bob_id")" 'member - - ' 'a resumed member does not have the role again'
role "$bob_id" admin "$hour"
on members/remove ",\"userId\":\"$bob_id\""
is "$(sql "SELECT role_ends_at, role_after FROM members WHERE user_id = '$bob_id'")" '0|' 'who leaves has no role to come back to'
on invitations/create ',"email":"bob@example.org"'
call /organizations/invitations/accept "{\"token\":\"$(field .token)\"}" "$bob"; is "$status $(holds "$bob_id")" '200 member - - ' 'who was removed comes back with the role of the invitation, without an end'
role "$bob_id" owner "$hour"
"$ORGD" org owner Acme bob --data "$DATA" > /dev/null
is "$(holds "$bob_id")" 'owner - - ' 'an owner whom the operator makes has no end'

# --- a held poll ---
role "$bob_id" admin
on roles/set ',"role":"blind","permissions":["org:view"]'; role "$max_id" blind
role "$max_id" admin "$hour"
on members/changes ',"since":0'; since=$(field .revision)
request /organizations/members/changes -N -H "Authorization: Bearer $OWNER" --data-binary "{\"organizationId\":\"$org\",\"since\":$since,\"wait\":20000}" > "$T/poll" & poll=$!
wait_for 5 test -s "$T/poll"
past "$max_id"
wait $poll
is "$(jq -r '[.members[] | .username + " " + .role] | join(" ")' "$T/poll")" 'max blind' 'a held poll is told of the end'
orgd_end
done_testing
