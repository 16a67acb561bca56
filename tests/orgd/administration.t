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
    on "$2" "$3" "$mia"; expect 403 forbidden "$1: a member may not"
    on "$2" "$3" "$out"; expect 404 organization_not_found "$1: a stranger finds nothing"
    on "$2" "$3" '';     expect 401 unauthorized "$1: no token"
}

# --- update ---
refuses update /organizations/update ',"name":"Acme Ltd"'
on /organizations/update ',"name":"Acme Ltd"' "$ann"; expect 403 forbidden 'update: an admin may not'
on /organizations/update ',"name":"Acme Ltd"'; done_ok 'update'
on /organizations/get ''; is "$(field .organization.name)" 'Acme Ltd' 'update: it has the name'
is "$(last_event)" 'owner organization.update Acme Ltd [Acme -> Acme Ltd]' 'update: event'
before=$(events | wc -l)
on /organizations/update ',"name":"Acme Ltd"'; done_ok 'update to the same'
is "$(events | wc -l)" "$before" 'is no event'

# --- roles ---
refuses roles/set /organizations/roles/set ',"role":"ops","permissions":[]'
refuses roles/remove /organizations/roles/remove ',"role":"ops"'
on /organizations/roles/set ',"role":"ops","permissions":["members:view","org:view"]'; done_ok 'a role of its own'
is "$(last_event)" 'owner role.set ops [org:view members:view]' 'roles/set: event'
on /organizations/roles ''
is "$(jq -c '.roles.ops, (.roles|keys)' <<< "$body" | paste -sd' ')" '["org:view","members:view"] ["admin","member","ops","owner"]' 'is listed'
call /organizations/roles '{}' "$mia"; is "$(field '.roles|keys|join(" ")')" 'admin member owner' 'roles: without an organization the built-in ones'
on /organizations/roles '' "$out"; expect 404 organization_not_found 'roles: a stranger finds nothing'
for role in owner admin member; do
    on /organizations/roles/set ",\"role\":\"$role\",\"permissions\":[]"; expect 409 builtin_role "roles/set $role"
    on /organizations/roles/remove ",\"role\":\"$role\""; expect 409 builtin_role "roles/remove $role"
done
for role in '' Ops 1ops 'o ps' "$(printf 'a%032d' 0)" ops:x; do
    on /organizations/roles/set ",\"role\":\"$role\",\"permissions\":[]"; expect 400 invalid "roles/set '$role'"
done
for permissions in '"org:view"' '["org:own"]' '[1]' null '{}'; do
    on /organizations/roles/set ",\"role\":\"ops\",\"permissions\":$permissions"; expect 400 invalid "permissions $permissions"
done
on /organizations/roles/remove ',"role":"none"'; expect 404 role_not_found 'roles/remove: unknown'

on /organizations/members/set-role ",\"userId\":\"$mia_id\",\"role\":\"ops\""; done_ok 'a member gets it'
on /organizations/members/list ''
is "$(jq -c ".members[]|select(.userId==\"$mia_id\")|[.role,.permissions]" <<< "$body")" '["ops",["org:view","members:view"]]' 'and what it permits'
on /organizations/roles/remove ',"role":"ops"'; expect 409 role_in_use 'a role that is in use stays'
on /organizations/members/changes ',"since":0'; revision=$(field .revision)
on /organizations/roles/set ',"role":"ops","permissions":["org:view","org:manage"]'; done_ok 'its permissions change'
on /organizations/members/changes ",\"since\":$revision"
is "$(jq -c '[.revision,(.members|map([.username,.permissions]))]' <<< "$body")" "[$((revision + 1)),[[\"mia\",[\"org:view\",\"org:manage\"]]]]" \
    'which is a change of those who have it'
on /organizations/members/list '' "$mia"; expect 403 forbidden 'and holds at once'
on /organizations/roles/set ',"role":"more","permissions":["members:view"]' "$mia"; expect 403 role_above_own 'nobody grants what he lacks'
on /organizations/roles/set ',"role":"ops","permissions":["org:view","org:manage","members:manage"]' "$mia"; expect 403 role_above_own 'not even to himself'
on /organizations/tokens/create ',"role":"owner"' "$mia"; expect 403 role_above_own 'nor by a token'
on /organizations/audit/list '' "$mia"; is "$status" 200 'audit/list: org:manage is enough'
on /organizations/roles/set ',"role":"high","permissions":["members:manage"]'; done_ok 'a role beyond hers'
on /organizations/members/changes ',"since":0' "$mia"; expect 403 forbidden 'members/changes: members:view is needed'
on /organizations/get '' "$mia"; is "$status" 200 'get: org:view is enough'
org_token high; on /organizations/roles '' "$bearer"; expect 403 forbidden 'roles of an organization: org:view is needed'
on /organizations/tokens/revoke ",\"key\":\"$key\""
on /organizations/roles/set ',"role":"high","permissions":[]' "$mia"; expect 403 role_above_own 'she does not take from it'
on /organizations/roles/remove ',"role":"high"' "$mia"; expect 403 role_above_own 'nor remove it'
org_token owner; on /organizations/tokens/revoke ",\"key\":\"$key\"" "$mia"; done_ok 'but a token is revoked by whoever may revoke tokens'
call /users/whoami '{}' "$bearer"; expect 401 unauthorized 'also an owner'"'"'s'
on /organizations/delete ',"name":"Acme Ltd"' "$mia"; expect 403 forbidden 'delete: org:manage alone is not enough'
on /organizations/members/set-role ",\"userId\":\"$mia_id\",\"role\":\"member\""; done_ok 'she is a member again'
for use in invitations/create:',"email":"ops@example.org"' join-codes/create: tokens/create:; do
    on "/organizations/${use%%:*}" "${use#*:},\"role\":\"ops\""; is "$status" 200 "${use%%:*}: with the role"
    id=$(field '.id // .apiToken.key')
    on /organizations/roles/remove ',"role":"ops"'; expect 409 role_in_use "${use%%:*}: uses it"
    path=/organizations/${use%%/*}/revoke
    if [ "${use%%/*}" = tokens ]; then on $path ",\"key\":\"$id\""; else on $path ",\"id\":\"$id\""; fi
    done_ok "${use%%/*}/revoke"
done
join "$org" zoe ops; zoe=$bearer
on /organizations/members/remove ",\"userId\":\"$user_id\""
on /organizations/roles/remove ',"role":"ops"'; done_ok 'a role that nobody has goes'
is "$(last_event)" 'owner role.remove ops []' 'roles/remove: event'
on /organizations/members/changes ',"since":0'; is "$status $(jq -c '.members[]|select(.username=="zoe")|[.state,.permissions]' <<< "$body")" '200 ["removed",[]]' 'a tombstone may have had it, and permits nothing'

# --- invitations ---
on /organizations/invitations/create ',"email":"eva@example.org","role":"owner"'; id=$(field .id) first=$(field .token)
refuses resend /organizations/invitations/resend ",\"id\":\"$id\""
refuses revoke /organizations/invitations/revoke ",\"id\":\"$id\""
on /organizations/invitations/resend ",\"id\":\"$id\"" "$ann"; expect 403 role_above_own 'resend: an admin gets no token for an owner'
on /organizations/invitations/resend ",\"id\":\"$id\""
is "$status $(field '"\(.id) \(.email) \(.role) \(.mailed)"')" "200 $id eva@example.org owner false" 'resend'
second=$(field .token)
is "$(last_event)" 'owner invitation.resend eva@example.org [owner]' 'resend: event'
call /organizations/invitations/accept "{\"token\":\"$first\",\"username\":\"eva\"}"; expect 404 invitation_not_found 'resend: the old token is gone'
on /organizations/invitations/list ''; is "$(field '.invitations|length')" 1 'resend: there is still one'
call /organizations/invitations/resend "{\"organizationId\":\"$other\",\"id\":\"$id\"}" "$OWNER"; expect 404 invitation_not_found 'resend: of its organization only'
call /organizations/invitations/revoke "{\"organizationId\":\"$other\",\"id\":\"$id\"}" "$OWNER"; done_ok 'revoke: of another organization'
on /organizations/invitations/list ''; is "$(field '.invitations|length')" 1 'does nothing'
call /organizations/invitations/accept "{\"token\":\"$second\",\"username\":\"eva\"}"; is "$status" 200 'the new token works'
is "$(last_event)" 'eva invitation.accept eva [owner, eva@example.org]' 'accept: event, by him who accepts'
on /organizations/invitations/create ',"email":"fred@example.org"'; id=$(field .id) token=$(field .token)
on /organizations/invitations/revoke ",\"id\":\"$id\""; done_ok 'revoke'
is "$(last_event)" 'owner invitation.revoke fred@example.org [member]' 'revoke: event'
on /organizations/invitations/revoke ",\"id\":\"$id\""; done_ok 'revoke again'
call /organizations/invitations/accept "{\"token\":\"$token\",\"username\":\"fred\"}"; expect 404 invitation_not_found 'what was revoked is not accepted'

# --- join codes ---
refuses join-codes/create /organizations/join-codes/create ''
refuses join-codes/list /organizations/join-codes/list ''
refuses join-codes/revoke /organizations/join-codes/revoke ',"id":"x"'
for uses in 0 1000001 -1 1.5 '"3"' ; do on /organizations/join-codes/create ",\"maxUses\":$uses"; expect 400 invalid "maxUses $uses"; done
on /organizations/join-codes/create ',"role":"owner"' "$ann"; expect 403 role_above_own 'join-codes/create: no role above one'"'"'s own'
on /organizations/join-codes/create ',"role":"admin","maxUses":1' "$ann"
is "$status $(field 'keys|join(" ")') $(jq -c '[.role,.maxUses,.uses]' <<< "$body")" '200 code createdAt expiresAt id lastUsedAt lastUsedFrom maker makerName maxUses role uses ["admin",1,0]' 'join-codes/create'
like "$(field .code)" '^code_[a-z0-9]{20}:[A-Za-z0-9_-]{43}$' 'join-codes/create: code'
code=$(field .code) id=$(field .id)
like "$(last_event)" '^ann join-code\.create  \[admin, 1 uses, until 20.*Z\]$' 'join-codes/create: event'
call /organizations/join-codes/join "{\"code\":\"$code\"}"; expect 401 unauthorized 'join: no token'
org_token member; call /organizations/join-codes/join "{\"code\":\"$code\"}" "$bearer"; expect 403 forbidden "join: not with an organization's token"
call /organizations/join-codes/join "{\"code\":\"$code\"}" "$mia"; is "$status $(jq -Sc . <<< "$body")" "200 {\"alreadyMember\":true,\"organizationId\":\"$org\",\"role\":\"member\"}" 'join: a member already'
call /organizations/join-codes/join "{\"code\":\"${code%?}_\"}" "$sam"; expect 404 code_not_found 'join: a wrong code'
call /organizations/join-codes/join "{\"code\":\"$code\"}" "$sam"; is "$status $(jq -Sc . <<< "$body")" "200 {\"alreadyMember\":false,\"organizationId\":\"$org\",\"role\":\"admin\"}" 'join'
is "$(last_event)" "sam join-code.join sam [admin, $id]" 'join: event'
call /organizations/join-codes/join "{\"code\":\"$code\"}" "$out"; expect 404 code_not_found 'join: used up'
on /organizations/join-codes/list ''; is "$(jq -c '.joinCodes|map([.role,.maxUses,.uses,has("code")])' <<< "$body")" '[["admin",1,1,false]]' 'join-codes/list'
on /organizations/join-codes/create ',"maxUses":null'; code=$(field .code) id=$(field .id); is "$(field .maxUses)" null 'maxUses null'
call /organizations/join-codes/join "{\"code\":\"$code\"}" "$zoe"; expect 403 removed 'join: one who was removed does not come back'
call /organizations/join-codes/revoke "{\"organizationId\":\"$other\",\"id\":\"$id\"}" "$out"; done_ok 'join-codes/revoke: of another organization'
is "$(sql "SELECT count(*) FROM join_codes WHERE id = '$id'")" 1 'does nothing'
on /organizations/join-codes/revoke ",\"id\":\"$id\"" "$ann"; done_ok 'join-codes/revoke'
on /organizations/join-codes/revoke ",\"id\":\"$id\"" "$ann"; done_ok 'join-codes/revoke again'
call /organizations/join-codes/join "{\"code\":\"$code\"}" "$ann"; expect 404 code_not_found 'join: revoked'

# --- tokens ---
refuses tokens/list /organizations/tokens/list ''
refuses tokens/revoke /organizations/tokens/revoke ',"key":"x"'
org_token member ',"name":"host","env":"test"'
on /organizations/tokens/list ''
is "$(jq -c ".tokens[]|select(.key==\"$key\")|[.name,.role,.env,.lastFour]" <<< "$body")" "[\"host\",\"member\",\"test\",\"${bearer: -4}\"]" 'tokens/list'
is "$(field '.tokens[0]|keys|join(" ")')" 'createdAt env expiresAt key lastFour lastUsedAt lastUsedFrom maker makerLeft makerName name role' 'tokens/list: no secret'
call /organizations/tokens/revoke "{\"organizationId\":\"$other\",\"key\":\"$key\"}" "$sam"; done_ok "tokens/revoke: another's"
call /users/whoami '{}' "$bearer"; is "$status" 200 'works still'
call /organizations/tokens/revoke "{\"organizationId\":\"$org\",\"key\":\"${OWNER%%:*}\"}" "$OWNER"; call /users/whoami '{}' "$OWNER"; is "$status" 200 "a user's token is not the organization's to revoke"
request /organizations/members/changes -N -o "$T/held" -d "{\"organizationId\":\"$org\",\"since\":$(sql "SELECT revision FROM organizations WHERE id = '$org'"),\"wait\":20000}" \
    -H "Authorization: Bearer $bearer" & held=$!
wait_for 5 test -s "$T/held"
on /organizations/tokens/revoke ",\"key\":\"$key\""; done_ok 'tokens/revoke'
begun=$(date +%s%3N); wait $held; is $(($(date +%s%3N) - begun < 15000)) 1 'its held poll ends before its time'
is "$(jq -r .reason "$T/held")" unauthorized 'as unauthorized'
is "$(last_event)" 'owner token.revoke host []' 'tokens/revoke: event'
call /users/whoami '{}' "$bearer"; expect 401 unauthorized 'and it works nowhere'

# --- users ---
call /users/tokens/create '{"name":"laptop"}' "$ann"; second=$(field .apiToken.bearer)
is "$status $(field '.apiToken|keys|join(" ")')" '200 bearer expiresAt key lastFour secret' 'users/tokens/create'
call /users/whoami '{}' "$second"; is "$(field .user.id)" "$ann_id" 'another token of hers'
call /users/tokens/list '{}' "$second"; is "$(jq -c '.tokens|map([.name,.env])' <<< "$body")" '[["","live"],["laptop","live"]]' 'users/tokens/list'
call /users/tokens/revoke "{\"key\":\"${second%%:*}\"}" "$mia"; call /users/whoami '{}' "$second"; is "$status" 200 "nobody revokes another's"
call /users/tokens/revoke "{\"key\":\"${second%%:*}\"}" "$second"; done_ok 'users/tokens/revoke: itself'
call /users/whoami '{}' "$second"; expect 401 unauthorized 'it is gone'
org_token member
for path in update:',"name":"x"' tokens/create: tokens/list: tokens/revoke:',"key":"x"'; do
    fields=${path#*:}; call "/users/${path%%:*}" "{${fields#,}}" "$bearer"; expect 403 forbidden "users/${path%%:*}: not with an organization's token"
done
on /organizations/update ',"selfRename":true'; done_ok 'members may rename themselves'
call /users/update '{"username":"ann"}' "$mia"; expect 409 username_taken 'users/update: taken'
call /users/update '{"username":"mary","name":"Mary M."}' "$mia"; is "$status $(jq -c '[.user.username,.user.name]' <<< "$body")" '200 ["mary","Mary M."]' 'users/update'
on /organizations/members/list ''; is "$(jq -c ".members[]|select(.userId==\"$mia_id\")|[.username,.name]" <<< "$body")" '["mary","Mary M."]' 'the listing has it at once'
on /organizations/members/changes ",\"since\":$(($(sql "SELECT revision FROM organizations WHERE id = '$org'") - 1))"
is "$(jq -c '.members|map([.username,.name])' <<< "$body")" '[["mary","Mary M."]]' 'and it is a change'
is "$(last_event)" 'mary user.update mary [mia (mia) -> mary (Mary M.)]' 'users/update: event'

# --- audit ---
# The longest names there can be are in the details whole, and so are their last characters.
sharp=$(printf '𝄞%.0s' {1..100}) clef=$(printf 'a'; printf '𝄢%.0s' {1..99})
for name in "$sharp" "$clef" 'Acme Ltd'; do on /organizations/update ",\"name\":\"$name\""; done
for name in "$sharp" "$clef" 'Mary M.'; do call /users/update "{\"name\":\"$name\"}" "$mia"; done
on /organizations/audit/list ',"limit":6'
ok 'audit/list: valid UTF-8, whatever the names are' iconv -f UTF-8 -t UTF-16 <(printf %s "$body")
is "$(jq -r '.events[1,4].detail' <<< "$body")" "mary ($sharp) -> mary ($clef)"$'\n'"$sharp -> $clef" 'and the names are there'
on /organizations/audit/list '' "$mia"; expect 403 forbidden 'audit/list: a member may not'
on /organizations/audit/list '' "$sam"; is "$status" 200 'audit/list: an admin may'
is "$(jq -r '.events|map(.at)|(. == (sort|reverse))' <<< "$body")" true 'the newest first'
is "$(jq -r ".events[]|select(.action==\"organization.create\")|\"\(.actor) \(.subject) \(.from) \(.requestId|length) \(.id|type)\"" <<< "$body")" \
    "$owner_id $org unix:$UID 16 string" 'who, on whom, from where, by which request'
VIA=tcp on /organizations/update ',"name":"Acme Inc"'; on /organizations/audit/list ',"limit":1'
is "$(field '.events[0].from')" 127.0.0.1 'over TCP: the address'
is "$(events ',"action":"role.remove"')" 'owner role.remove ops []' 'by action'
on /organizations/audit/list ',"action":"role.remove"'; at=$(field '.events[0].at')
is "$(events ",\"action\":\"role.remove\",\"from\":\"$at\",\"to\":\"$at\"" | wc -l)" 1 'from and to are included'
on /organizations/audit/list ',"to":"2026-01-01T00:00:00Z"'; is "$status $(field '.events|length')" '200 0' 'to'
on /organizations/audit/list ',"from":"2126-01-01T00:00:00+02:00"'; is "$status $(field '.events|length')" '200 0' 'from'
for time in 2026-01-02T03:04:05Z 2026-01-02T03:04:05.5-02:30 2026-01-02T03:04:05.123456789+00:00 2024-02-29T23:59:59Z; do
    on /organizations/audit/list ",\"from\":\"$time\""; is "$status" 200 "from '$time'"
done
for time in yesterday 2026-01-01 '2026-01-01T00:00:00' '2026-01-01T00:00:00Zx' '' 2026-1-2T3:4:5Z ' 2026-01-02T03:04:05Z' 2026-01-02T03:04:05.Z \
    2026-02-31T00:00:00Z 2025-02-29T00:00:00Z 2026-01-02T24:00:00Z 2026-01-02T03:04:05+9:5 '2026-01-02T03:04:05+ 1:00' 2026-01-02T03:04:05+24:00 2026-01-02T03:04:05+01:60; do on /organizations/audit/list ",\"from\":\"$time\""; expect 400 invalid "from '$time'"; done
is "$(sql "SELECT count(*) FROM events WHERE organization_id = ''")" 2 "a user's tokens are nobody else's business"

# pages NAME PATH: pages of two are what one page is
pages() {
    local after='' all='' next
    on "$2" ''; local whole; whole=$(jq -c ".$1[]|.id // .key // .userId" <<< "$body")
    is "$(field .next)" null "$2: all of it has no next"
    while :; do
        on "$2" ",\"limit\":2$after"
        all="$all$(jq -c ".$1[]|.id // .key // .userId" <<< "$body")"$'\n'
        next=$(field .next)
        [ "$next" != null ] || break
        after=",\"after\":\"$next\""
    done
    is "$(grep . <<< "$all")" "$whole" "$2: in pages"
    like "$(wc -l <<< "$whole")" '^[3-9]|[0-9]{2}' "$2: several"
    for wrong in ',"limit":0' ',"limit":1001' ',"after":"x"' ',"after":""' ',"after":"1"' ",\"after\":\"1.$(printf %040d 0)\""; do on "$2" "$wrong"; expect 400 invalid "$2: $wrong"; done
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
on /organizations/roles/set ',"role":"last","permissions":[]'; done_ok 'the hundredth role'
on /organizations/roles/set ',"role":"more","permissions":[]'; expect 409 too_many 'one more'
on /organizations/roles/set ',"role":"r1","permissions":[]'; done_ok 'but one that there is may change'

# --- delete ---
refuses delete /organizations/delete ',"name":"Acme Inc"'
on /organizations/delete ',"name":"Acme Inc"' "$ann"; expect 403 forbidden 'delete: an admin may not'
on /organizations/delete ',"name":"acme inc"'; expect 409 name_mismatch 'delete: the name must be typed'
org_token owner
request /organizations/members/changes -N -o "$T/held-delete" -d "{\"organizationId\":\"$org\",\"since\":$(sql "SELECT revision FROM organizations WHERE id = '$org'"),\"wait\":20000}" \
    -H "Authorization: Bearer $ann" & held=$!
wait_for 5 test -s "$T/held-delete"
begun=$(date +%s%3N); on /organizations/delete ',"name":"Acme Inc"'; done_ok 'delete'
wait $held; is $(($(date +%s%3N) - begun < 10000)) 1 'held polls end long before their time'
is "$(jq -r .reason "$T/held-delete")" unauthorized 'held polls end'
call /users/whoami '{}' "$bearer"; expect 401 unauthorized 'its tokens are gone'
on /organizations/get ''; expect 404 organization_not_found 'and so is the organization'
call /organizations/list '{}' "$ann"; is "$body" '{"organizations":[]}' 'for everybody'
is "$(sql "SELECT count(*) FROM events WHERE organization_id = '$org' AND action = 'organization.delete'")" 1 'its events stay in the file'
on /organizations/delete ',"name":"Acme Inc"'; expect 404 organization_not_found 'delete again'

orgd_stop
is "$("$ORGD" check --data "$DATA")" "$DATA: nothing is wrong" 'check finds nothing'
orgd_start
orgd_end
done_testing
