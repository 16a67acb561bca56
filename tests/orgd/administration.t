#!/bin/bash
# Update and delete, roles of one's own, join codes, tokens, users, pages, and the audit events of all of it.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/orgd.sh"
orgd_start
org=$(new_org Acme) other=$(new_org Other)
join "$org" ann admin; ann=$bearer ann_id=$user_id
join "$org" mia member; mia=$bearer mia_id=$user_id
join "$other" sam owner; sam=$bearer
join "$other" out owner; out=$bearer
owner_id=$(api /users/whoami '{}' "$OWNER" | jq -r .user.id)
# on PATH FIELDS [BEARER]: a call about $org
on() { call "$1" "{\"organizationId\":\"$org\"$2}" "${3-$OWNER}"; }
org_token() { on /organizations/tokens/create ",\"role\":\"$1\"${2-}"; bearer=$(field .apiToken.bearer); key=${bearer%%:*}; }
events() { on /organizations/audit/list "${1-}"; jq -r '.events[]|"\(.actorName) \(.action) \(.subjectName) [\(.detail)]"' <<< "$body"; }
last_event() { events ',"limit":1'; }
# refuses NAME PATH FIELDS: a member may not, a stranger finds nothing, nobody else
refuses() {
    on "$2" "$3" "$mia"; expect 403 forbidden "$1: a member is refused with 403"
    on "$2" "$3" "$out"; expect 404 organization_not_found "$1: a stranger gets 404, as if there were no organization"
    on "$2" "$3" '';     expect 401 unauthorized "$1: a call without a token is refused with 401"
}

# --- update ---
refuses organizations/update /organizations/update ',"name":"Acme Ltd"'
on /organizations/update ',"name":"Acme Ltd"' "$ann"; expect 403 forbidden 'organizations/update: an admin is refused with 403'
on /organizations/update ',"name":"Acme Ltd"'; done_ok 'organizations/update: an owner renames the organization'
on /organizations/get ''; is "$(field .organization.name)" 'Acme Ltd' 'organizations/get shows the new name after an update'
is "$(last_event)" 'owner organization.update Acme Ltd [Acme -> Acme Ltd]' 'organizations/update writes an audit event with both names'
before=$(events | wc -l)
on /organizations/update ',"name":"Acme Ltd"'; done_ok 'organizations/update accepts the name that the organization has'
is "$(events | wc -l)" "$before" 'an update that changes nothing writes no audit event'

# --- roles ---
refuses roles/set /organizations/roles/set ',"role":"ops","permissions":[]'
refuses roles/remove /organizations/roles/remove ',"role":"ops"'
on /organizations/roles/set ',"role":"ops","permissions":["members:view","org:view"]'; done_ok 'an owner sets a role with permissions of its own'
is "$(last_event)" 'owner role.set ops [org:view members:view]' 'roles/set writes an audit event with the permissions'
on /organizations/roles ''
is "$(jq -c '.roles.ops, (.roles|keys)' <<< "$body" | paste -sd' ')" '["org:view","members:view"] ["admin","member","ops","owner"]' 'organizations/roles lists the custom role beside the built-in roles'
call /organizations/roles '{}' "$mia"; is "$(field '.roles|keys|join(" ")')" 'admin member owner' 'organizations/roles without an organization lists the built-in roles only'
on /organizations/roles '' "$out"; expect 404 organization_not_found 'organizations/roles: a stranger gets 404'
for role in owner admin member; do
    on /organizations/roles/set ",\"role\":\"$role\",\"permissions\":[]"; expect 409 builtin_role "roles/set refuses the built-in role $role with 409"
    on /organizations/roles/remove ",\"role\":\"$role\""; expect 409 builtin_role "roles/remove refuses the built-in role $role with 409"
done
for role in '' Ops 1ops 'o ps' "$(printf 'a%032d' 0)" ops:x; do
    on /organizations/roles/set ",\"role\":\"$role\",\"permissions\":[]"; expect 400 invalid "roles/set refuses the role name '$role' with 400"
done
for permissions in '"org:view"' '["org:own"]' '[1]' null '{}'; do
    on /organizations/roles/set ",\"role\":\"ops\",\"permissions\":$permissions"; expect 400 invalid "roles/set refuses permissions $permissions with 400"
done
on /organizations/roles/remove ',"role":"none"'; expect 404 role_not_found 'roles/remove of an unknown role is refused with 404'

on /organizations/members/set-role ",\"userId\":\"$mia_id\",\"role\":\"ops\""; done_ok 'a member is given a custom role'
on /organizations/members/list ''
is "$(jq -c ".members[]|select(.userId==\"$mia_id\")|[.role,.permissions]" <<< "$body")" '["ops",["org:view","members:view"]]' 'members/list shows the custom role with its permissions'
on /organizations/roles/remove ',"role":"ops"'; expect 409 role_in_use 'roles/remove refuses a role that a member has with 409'
on /organizations/members/changes ',"since":0'; revision=$(field .revision)
on /organizations/roles/set ',"role":"ops","permissions":["org:view","org:manage"]'; done_ok 'roles/set changes the permissions of a role that a member has'
on /organizations/members/changes ",\"since\":$revision"
is "$(jq -c '[.revision,(.members|map([.username,.permissions]))]' <<< "$body")" "[$((revision + 1)),[[\"mia\",[\"org:view\",\"org:manage\"]]]]" \
    'members/changes reports a member whose role got other permissions'
on /organizations/members/list '' "$mia"; expect 403 forbidden 'a member loses members:view at once when the role loses it'
on /organizations/roles/set ',"role":"more","permissions":["members:view"]' "$mia"; expect 403 role_above_own 'nobody sets a role with a permission that the caller lacks'
on /organizations/roles/set ',"role":"ops","permissions":["org:view","org:manage","members:manage"]' "$mia"; expect 403 role_above_own "nobody adds a permission that the caller lacks to the caller's own role"
on /organizations/tokens/create ',"role":"owner"' "$mia"; expect 403 role_above_own 'org:manage alone creates no token with the role owner'
on /organizations/audit/list '' "$mia"; is "$status" 200 'audit/list needs org:manage only'
on /organizations/roles/set ',"role":"high","permissions":["members:manage"]'; done_ok 'an owner sets a role with a permission that the ops member lacks'
on /organizations/members/changes ',"since":0' "$mia"; expect 403 forbidden 'members/changes is refused without members:view'
on /organizations/get '' "$mia"; is "$status" 200 'organizations/get needs org:view only'
org_token high; on /organizations/roles '' "$bearer"; expect 403 forbidden 'organizations/roles of an organization is refused without org:view'
on /organizations/tokens/revoke ",\"key\":\"$key\""
on /organizations/roles/set ',"role":"high","permissions":[]' "$mia"; expect 403 role_above_own 'roles/set does not empty a role with permissions that the caller lacks'
on /organizations/roles/remove ',"role":"high"' "$mia"; expect 403 role_above_own 'roles/remove does not remove a role with permissions that the caller lacks'
org_token owner; on /organizations/tokens/revoke ",\"key\":\"$key\"" "$mia"; done_ok 'org:manage alone revokes a token with the role owner'
call /users/whoami '{}' "$bearer"; expect 401 unauthorized 'the revoked token with the role owner is refused with 401'
on /organizations/delete ',"name":"Acme Ltd"' "$mia"; expect 403 forbidden 'organizations/delete is refused to org:manage without the role owner'
on /organizations/members/set-role ",\"userId\":\"$mia_id\",\"role\":\"member\""; done_ok 'an owner gives the ops member the role member again'
for use in invitations/create:',"email":"ops@example.org"' join-codes/create: tokens/create:; do
    on "/organizations/${use%%:*}" "${use#*:},\"role\":\"ops\""; is "$status" 200 "${use%%:*} accepts the custom role"
    id=$(field '.id // .apiToken.key')
    on /organizations/roles/remove ',"role":"ops"'; expect 409 role_in_use "roles/remove refuses a role that ${use%%:*} has handed out"
    path=/organizations/${use%%/*}/revoke
    if [ "${use%%/*}" = tokens ]; then on $path ",\"key\":\"$id\""; else on $path ",\"id\":\"$id\""; fi
    done_ok "${use%%/*}/revoke revokes the item with the custom role"
done
join "$org" zoe ops; zoe=$bearer
on /organizations/members/remove ",\"userId\":\"$user_id\""
on /organizations/roles/remove ',"role":"ops"'; done_ok 'roles/remove removes a role that no active member has'
is "$(last_event)" 'owner role.remove ops []' 'roles/remove writes an audit event'
on /organizations/members/changes ',"since":0'; is "$status $(jq -c '.members[]|select(.username=="zoe")|[.state,.permissions]' <<< "$body")" '200 ["removed",[]]' 'a removed member whose role was removed is listed without permissions'

# --- invitations ---
on /organizations/invitations/create ',"email":"eva@example.org","role":"owner"'; id=$(field .id) first=$(field .token)
refuses invitations/resend /organizations/invitations/resend ",\"id\":\"$id\""
refuses invitations/revoke /organizations/invitations/revoke ",\"id\":\"$id\""
on /organizations/invitations/resend ",\"id\":\"$id\"" "$ann"; expect 403 role_above_own 'invitations/resend: an admin gets no token for an invitation as owner'
on /organizations/invitations/resend ",\"id\":\"$id\""
is "$status $(field '"\(.id) \(.email) \(.role) \(.mailed)"')" "200 $id eva@example.org owner false" 'invitations/resend keeps id, address and role'
second=$(field .token)
is "$(last_event)" 'owner invitation.resend eva@example.org [owner]' 'invitations/resend writes an audit event'
call /organizations/invitations/accept "{\"token\":\"$first\",\"username\":\"eva\"}"; expect 404 invitation_not_found 'invitations/resend makes the former token invalid'
on /organizations/invitations/list ''; is "$(field '.invitations|length')" 1 'invitations/resend leaves a single invitation'
call /organizations/invitations/resend "{\"organizationId\":\"$other\",\"id\":\"$id\"}" "$OWNER"; expect 404 invitation_not_found "invitations/resend does not find another organization's invitation"
call /organizations/invitations/revoke "{\"organizationId\":\"$other\",\"id\":\"$id\"}" "$OWNER"; done_ok "invitations/revoke of another organization's invitation answers 200"
on /organizations/invitations/list ''; is "$(field '.invitations|length')" 1 "invitations/revoke leaves another organization's invitation"
call /organizations/invitations/accept "{\"token\":\"$second\",\"username\":\"eva\"}"; is "$status" 200 'the token of a resent invitation is accepted'
is "$(last_event)" 'eva invitation.accept eva [owner, eva@example.org]' 'invitations/accept writes an audit event in the name of the new member'
on /organizations/invitations/create ',"email":"fred@example.org"'; id=$(field .id) token=$(field .token)
on /organizations/invitations/revoke ",\"id\":\"$id\""; done_ok 'invitations/revoke revokes an invitation'
is "$(last_event)" 'owner invitation.revoke fred@example.org [member]' 'invitations/revoke writes an audit event'
on /organizations/invitations/revoke ",\"id\":\"$id\""; done_ok 'invitations/revoke of a revoked invitation answers 200'
call /organizations/invitations/accept "{\"token\":\"$token\",\"username\":\"fred\"}"; expect 404 invitation_not_found 'a revoked invitation is not accepted'

# --- join codes ---
refuses join-codes/create /organizations/join-codes/create ''
refuses join-codes/list /organizations/join-codes/list ''
refuses join-codes/revoke /organizations/join-codes/revoke ',"id":"x"'
for uses in 0 1000001 -1 1.5 '"3"' ; do on /organizations/join-codes/create ",\"maxUses\":$uses"; expect 400 invalid "join-codes/create refuses maxUses $uses with 400"; done
on /organizations/join-codes/create ',"role":"owner"' "$ann"; expect 403 role_above_own 'join-codes/create: an admin makes no code for owners'
on /organizations/join-codes/create ',"role":"admin","maxUses":1' "$ann"
is "$status $(field 'keys|join(" ")') $(jq -c '[.role,.maxUses,.uses]' <<< "$body")" '200 code createdAt expiresAt id lastUsedAt lastUsedFrom maker makerName maxUses role uses ["admin",1,0]' 'join-codes/create answers with exactly the documented fields'
like "$(field .code)" '^code_[a-z0-9]{20}:[A-Za-z0-9_-]{43}$' 'join-codes/create gives a code with 43 secret characters'
code=$(field .code) id=$(field .id)
like "$(last_event)" '^ann join-code\.create  \[admin, 1 uses, until 20.*Z\]$' 'join-codes/create writes an audit event with role, uses and end'
call /organizations/join-codes/join "{\"code\":\"$code\"}"; expect 401 unauthorized 'join-codes/join without a token is refused with 401'
org_token member; call /organizations/join-codes/join "{\"code\":\"$code\"}" "$bearer"; expect 403 forbidden "join-codes/join with an organization's token is refused with 403"
call /organizations/join-codes/join "{\"code\":\"$code\"}" "$mia"; is "$status $(jq -Sc . <<< "$body")" "200 {\"alreadyMember\":true,\"organizationId\":\"$org\",\"role\":\"member\"}" 'join-codes/join tells a member the present role and does not change it'
call /organizations/join-codes/join "{\"code\":\"${code%?}_\"}" "$sam"; expect 404 code_not_found 'join-codes/join refuses a wrong secret with 404'
call /organizations/join-codes/join "{\"code\":\"$code\"}" "$sam"; is "$status $(jq -Sc . <<< "$body")" "200 {\"alreadyMember\":false,\"organizationId\":\"$org\",\"role\":\"admin\"}" "join-codes/join makes a user a member with the code's role"
is "$(last_event)" "sam join-code.join sam [admin, $id]" "join-codes/join writes an audit event with the code's id"
call /organizations/join-codes/join "{\"code\":\"$code\"}" "$out"; expect 404 code_not_found 'join-codes/join refuses a used-up code with 404'
on /organizations/join-codes/list ''; is "$(jq -c '.joinCodes|map([.role,.maxUses,.uses,has("code")])' <<< "$body")" '[["admin",1,1,false]]' 'join-codes/list counts the uses and shows no code'
on /organizations/join-codes/create ',"maxUses":null'; code=$(field .code) id=$(field .id); is "$(field .maxUses)" null 'join-codes/create takes maxUses null for no limit'
call /organizations/join-codes/join "{\"code\":\"$code\"}" "$zoe"; expect 403 removed 'join-codes/join: a removed member does not come back by a code'
call /organizations/join-codes/revoke "{\"organizationId\":\"$other\",\"id\":\"$id\"}" "$out"; done_ok "join-codes/revoke of another organization's code answers 200"
is "$(sql "SELECT count(*) FROM join_codes WHERE id = '$id'")" 1 "join-codes/revoke leaves another organization's code"
on /organizations/join-codes/revoke ",\"id\":\"$id\"" "$ann"; done_ok 'join-codes/revoke: an admin revokes a code'
on /organizations/join-codes/revoke ",\"id\":\"$id\"" "$ann"; done_ok 'join-codes/revoke of a revoked code answers 200'
call /organizations/join-codes/join "{\"code\":\"$code\"}" "$ann"; expect 404 code_not_found 'join-codes/join refuses a revoked code with 404'

# --- tokens ---
refuses tokens/list /organizations/tokens/list ''
refuses tokens/revoke /organizations/tokens/revoke ',"key":"x"'
org_token member ',"name":"host","env":"test"'
on /organizations/tokens/list ''
is "$(jq -c ".tokens[]|select(.key==\"$key\")|[.name,.role,.env,.lastFour]" <<< "$body")" "[\"host\",\"member\",\"test\",\"${bearer: -4}\"]" 'tokens/list shows name, role, env and the last four characters'
is "$(field '.tokens[0]|keys|join(" ")')" 'createdAt env expiresAt key lastFour lastUsedAt lastUsedFrom maker makerLeft makerName name role' 'tokens/list shows exactly the documented fields, and no secret'
call /organizations/tokens/revoke "{\"organizationId\":\"$other\",\"key\":\"$key\"}" "$sam"; done_ok "tokens/revoke of another organization's token answers 200"
call /users/whoami '{}' "$bearer"; is "$status" 200 "tokens/revoke leaves another organization's token"
call /organizations/tokens/revoke "{\"organizationId\":\"$org\",\"key\":\"${OWNER%%:*}\"}" "$OWNER"; call /users/whoami '{}' "$OWNER"; is "$status" 200 "tokens/revoke of an organization leaves a user's token"
request /organizations/members/changes -N -o "$T/held" -d "{\"organizationId\":\"$org\",\"since\":$(sql "SELECT revision FROM organizations WHERE id = '$org'"),\"wait\":20000}" \
    -H "Authorization: Bearer $bearer" & held=$!
wait_for 5 test -s "$T/held"
on /organizations/tokens/revoke ",\"key\":\"$key\""; done_ok "tokens/revoke revokes an organization's token"
begun=$(date +%s%3N); wait $held; is $(($(date +%s%3N) - begun < 15000)) 1 'a held poll ends early when its token is revoked'
is "$(jq -r .reason "$T/held")" unauthorized 'a held poll whose token is revoked ends with unauthorized'
is "$(last_event)" 'owner token.revoke host []' 'tokens/revoke writes an audit event'
call /users/whoami '{}' "$bearer"; expect 401 unauthorized "a revoked organization's token is refused with 401"

# --- users ---
call /users/tokens/create '{"name":"laptop"}' "$ann"; second=$(field .apiToken.bearer)
is "$status $(field '.apiToken|keys|join(" ")')" '200 bearer expiresAt key lastFour secret' 'users/tokens/create answers with exactly the documented fields'
call /users/whoami '{}' "$second"; is "$(field .user.id)" "$ann_id" "a user's second token acts for the same user"
call /users/tokens/list '{}' "$second"; is "$(jq -c '.tokens|map([.name,.env])' <<< "$body")" '[["","live"],["laptop","live"]]' 'users/tokens/list shows both tokens of the user'
call /users/tokens/revoke "{\"key\":\"${second%%:*}\"}" "$mia"; call /users/whoami '{}' "$second"; is "$status" 200 "users/tokens/revoke leaves another user's token"
call /users/tokens/revoke "{\"key\":\"${second%%:*}\"}" "$second"; done_ok 'users/tokens/revoke revokes the token of the call itself'
call /users/whoami '{}' "$second"; expect 401 unauthorized "a revoked user's token is refused with 401"
org_token member
for path in update:',"name":"x"' tokens/create: tokens/list: tokens/revoke:',"key":"x"'; do
    fields=${path#*:}; call "/users/${path%%:*}" "{${fields#,}}" "$bearer"; expect 403 forbidden "users/${path%%:*} with an organization's token is refused with 403"
done
on /organizations/update ',"selfRename":true'; done_ok 'organizations/update allows members to rename themselves'
call /users/update '{"username":"ann"}' "$mia"; expect 409 username_taken 'users/update refuses a username that is taken with 409'
call /users/update '{"username":"mary","name":"Mary M."}' "$mia"; is "$status $(jq -c '[.user.username,.user.name]' <<< "$body")" '200 ["mary","Mary M."]' 'users/update changes username and name'
on /organizations/members/list ''; is "$(jq -c ".members[]|select(.userId==\"$mia_id\")|[.username,.name]" <<< "$body")" '["mary","Mary M."]' 'members/list shows a changed username and name at once'
on /organizations/members/changes ",\"since\":$(($(sql "SELECT revision FROM organizations WHERE id = '$org'") - 1))"
is "$(jq -c '.members|map([.username,.name])' <<< "$body")" '[["mary","Mary M."]]' 'members/changes reports a changed username and name'
is "$(last_event)" 'mary user.update mary [mia (mia) -> mary (Mary M.)]' 'users/update writes an audit event with both names'

# --- audit ---
# The longest names there can be are in the details whole, and so are their last characters.
sharp=$(printf '𝄞%.0s' {1..100}) clef=$(printf 'a'; printf '𝄢%.0s' {1..99})
for name in "$sharp" "$clef" 'Acme Ltd'; do on /organizations/update ",\"name\":\"$name\""; done
for name in "$sharp" "$clef" 'Mary M.'; do call /users/update "{\"name\":\"$name\"}" "$mia"; done
on /organizations/audit/list ',"limit":6'
ok 'audit/list is valid UTF-8 with names of the greatest length' iconv -f UTF-8 -t UTF-16 <(printf %s "$body")
is "$(jq -r '.events[1,4].detail' <<< "$body")" "mary ($sharp) -> mary ($clef)"$'\n'"$sharp -> $clef" 'audit/list shows names of the greatest length whole'
on /organizations/audit/list '' "$mia"; expect 403 forbidden 'audit/list: a member is refused with 403'
on /organizations/audit/list '' "$sam"; is "$status" 200 'audit/list: an admin gets the events'
is "$(jq -r '.events|map(.at)|(. == (sort|reverse))' <<< "$body")" true 'audit/list has the newest event first'
is "$(jq -r ".events[]|select(.action==\"organization.create\")|\"\(.actor) \(.subject) \(.from) \(.requestId|length) \(.id|type)\"" <<< "$body")" \
    "$owner_id $org unix:$UID 16 string" 'audit/list tells actor, subject, origin and request of an event'
VIA=tcp on /organizations/update ',"name":"Acme Inc"'; on /organizations/audit/list ',"limit":1'
is "$(field '.events[0].from')" 127.0.0.1 'audit/list tells the address of a caller over TCP'
is "$(events ',"action":"role.remove"')" 'owner role.remove ops []' 'audit/list selects events by action'
on /organizations/audit/list ',"action":"role.remove"'; at=$(field '.events[0].at')
is "$(events ",\"action\":\"role.remove\",\"from\":\"$at\",\"to\":\"$at\"" | wc -l)" 1 'audit/list includes events at exactly the times from and to'
on /organizations/audit/list ',"to":"2026-01-01T00:00:00Z"'; is "$status $(field '.events|length')" '200 0' 'audit/list leaves out events after the time to'
on /organizations/audit/list ',"from":"2126-01-01T00:00:00+02:00"'; is "$status $(field '.events|length')" '200 0' 'audit/list leaves out events before the time from'
for time in 2026-01-02T03:04:05Z 2026-01-02T03:04:05.5-02:30 2026-01-02T03:04:05.123456789+00:00 2024-02-29T23:59:59Z; do
    on /organizations/audit/list ",\"from\":\"$time\""; is "$status" 200 "audit/list accepts from '$time'"
done
for time in yesterday 2026-01-01 '2026-01-01T00:00:00' '2026-01-01T00:00:00Zx' '' 2026-1-2T3:4:5Z ' 2026-01-02T03:04:05Z' 2026-01-02T03:04:05.Z \
    2026-02-31T00:00:00Z 2025-02-29T00:00:00Z 2026-01-02T24:00:00Z 2026-01-02T03:04:05+9:5 '2026-01-02T03:04:05+ 1:00' 2026-01-02T03:04:05+24:00 2026-01-02T03:04:05+01:60; do on /organizations/audit/list ",\"from\":\"$time\""; expect 400 invalid "audit/list refuses from '$time' with 400"; done
is "$(sql "SELECT count(*) FROM events WHERE organization_id = ''")" 2 "events of users' tokens belong to no organization"

# pages NAME PATH: pages of two are what one page is
pages() {
    local after='' all='' next
    on "$2" ''; local whole; whole=$(jq -c ".$1[]|.id // .key // .userId" <<< "$body")
    is "$(field .next)" null "$2 without a limit has no next page"
    while :; do
        on "$2" ",\"limit\":2$after"
        all="$all$(jq -c ".$1[]|.id // .key // .userId" <<< "$body")"$'\n'
        next=$(field .next)
        [ "$next" != null ] || break
        after=",\"after\":\"$next\""
    done
    is "$(grep . <<< "$all")" "$whole" "$2 in pages of two lists what one page lists"
    like "$(wc -l <<< "$whole")" '^[3-9]|[0-9]{2}' "$2 has at least three entries to page through"
    for wrong in ',"limit":0' ',"limit":1001' ',"after":"x"' ',"after":""' ',"after":"1"' ",\"after\":\"1.$(printf %064d 0)\""; do on "$2" "$wrong"; expect 400 invalid "$2 refuses $wrong with 400"; done
}
for i in 1 2 3 4 5; do on /organizations/invitations/create ",\"email\":\"p$i@example.org\""; on /organizations/join-codes/create ''; org_token member; done
pages members /organizations/members/list
pages invitations /organizations/invitations/list
pages joinCodes /organizations/join-codes/list
pages tokens /organizations/tokens/list
pages events /organizations/audit/list

# --- a hundred roles ---
sql "DELETE FROM roles WHERE organization_id = '$org'; WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 99)
     INSERT INTO roles SELECT '$org', 'r' || i, 1 FROM n"
on /organizations/roles/set ',"role":"last","permissions":[]'; done_ok 'the hundredth custom role is accepted'
on /organizations/roles/set ',"role":"more","permissions":[]'; expect 409 too_many 'a custom role beyond a hundred is refused with 409'
on /organizations/roles/set ',"role":"r1","permissions":[]'; done_ok 'roles/set changes an existing role when there are a hundred'

# --- delete ---
refuses organizations/delete /organizations/delete ',"name":"Acme Inc"'
on /organizations/delete ',"name":"Acme Inc"' "$ann"; expect 403 forbidden 'organizations/delete: an admin is refused with 403'
on /organizations/delete ',"name":"acme inc"'; expect 409 name_mismatch 'organizations/delete is refused when the name differs in case'
org_token owner
request /organizations/members/changes -N -o "$T/held-delete" -d "{\"organizationId\":\"$org\",\"since\":$(sql "SELECT revision FROM organizations WHERE id = '$org'"),\"wait\":20000}" \
    -H "Authorization: Bearer $ann" & held=$!
wait_for 5 test -s "$T/held-delete"
begun=$(date +%s%3N); on /organizations/delete ',"name":"Acme Inc"'; done_ok 'organizations/delete deletes the organization'
wait $held; is $(($(date +%s%3N) - begun < 10000)) 1 'a held poll ends early when its organization is deleted'
is "$(jq -r .reason "$T/held-delete")" unauthorized 'a held poll whose organization is deleted ends with unauthorized'
call /users/whoami '{}' "$bearer"; expect 401 unauthorized 'the token of a deleted organization is refused with 401'
on /organizations/get ''; expect 404 organization_not_found 'a deleted organization is not found'
call /organizations/list '{}' "$ann"; is "$body" '{"organizations":[]}' "a deleted organization is in no user's list"
is "$(sql "SELECT count(*) FROM events WHERE organization_id = '$org' AND action = 'organization.delete'")" 1 'the events of a deleted organization stay in the data file'
on /organizations/delete ',"name":"Acme Inc"'; expect 404 organization_not_found 'organizations/delete of a deleted organization is refused with 404'

orgd_stop
is "$("$ORGD" check --data "$DATA")" "$DATA_NAME: nothing is wrong" 'orgd check finds no error after all these changes'
orgd_start
orgd_end
done_testing
