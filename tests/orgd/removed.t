#!/bin/bash
# Removed is removed: what a member has handed out ends with him, who was removed comes back by a later invitation only, and what
# is handed out has a maker, an end and a last use that everybody who may can see.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/orgd.sh"
orgd_start --create-organizations anyone
org=$(new_org Acme)
owner_id=$(api /users/whoami '{}' "$OWNER" | jq -r .user.id)
# on PATH FIELDS [BEARER]: a call about $org
on() { call "$1" "{\"organizationId\":\"$org\"$2}" "${3-$OWNER}"; }
# invite EMAIL ROLE [BEARER]: sets $token
invite() { on /organizations/invitations/create ",\"email\":\"$1\",\"role\":\"$2\"" "${3-$OWNER}"; token=$(field .token) id=$(field .id); }
code() { on /organizations/join-codes/create "${1-}" "${2-$OWNER}"; code=$(field .code) id=$(field .id); }
token_of() { on /organizations/tokens/create ",\"role\":\"$1\"" "$2"; bearer=$(field .apiToken.bearer) key=$(field .apiToken.key); }
remove() { on /organizations/members/remove ",\"userId\":\"$1\"" "${2-$OWNER}"; }
role() { on /organizations/members/set-role ",\"userId\":\"$1\",\"role\":\"$2\""; }
enter() { call /organizations/join-codes/join "{\"code\":\"$code\"}" "$1"; }
accept() { call /organizations/invitations/accept "{\"token\":\"$token\"$1}" "${2-}"; }
summary() { field '"\(.ok) \(.removed) \(.withdrawn.invitations) \(.withdrawn.joinCodes) \(.tokens|map(.name+"/"+.role)|join(",")) \(.tokenCount)"'; }

# --- a removed admin, and what he made ---
code '' ; class=$code
join "$org" bob admin; bob=$bearer bob_id=$user_id
code ',"role":"admin"' "$bob"; own=$code
invite bob2@example.org admin "$bob"; second=$token
invite fay@example.org member "$bob"; fay=$token
invite gus@example.org member; gus=$token
remove "$bob_id"
is "$status $(summary)" '200 true true 2 1  0' "members/remove tells what of the member's is withdrawn"
on /organizations/audit/list ',"limit":4'
is "$(field '[.events[]|.action+" "+.subjectName]|sort|join(", ")')" 'invitation.revoke bob2@example.org, invitation.revoke fay@example.org, join-code.revoke , member.remove bob' 'removing a member writes an audit event for each withdrawal'
code=$own enter "$bob"; expect 404 code_not_found 'a removed admin does not come back by the own join code'
code=$class enter "$bob"; expect 403 removed "a removed admin does not come back by the owner's join code"
token=$second accept ',"username":"bob2"'; expect 404 invitation_not_found "a removed admin's invitation for a second address is refused"
token=$fay accept ',"username":"fay"'; expect 404 invitation_not_found "a removed admin's invitation of somebody else is refused"
token=$gus accept ',"username":"gus"'; is "$status" 200 "another maker's invitation is accepted after the removal"
remove "$bob_id"; is "$status $(summary)" '200 true false 0 0  0' 'removing a removed member withdraws nothing'

# --- his own tokens, and how he comes back ---
call /users/tokens/create '{"name":"spare"}' "$bob"; spare=$(field .apiToken.bearer)
sql "INSERT INTO invitations (id, organization_id, email, role, secret_hash, created_at, expires_at, revision) SELECT 'inv_00000000000000000009', '$org', 'BOB@example.org', 'member', secret_hash, 1, 9000000000000, 0 FROM tokens WHERE key = '${bob%%:*}'"
token=inv_00000000000000000009:${bob#*:} accept '' "$bob"; expect 403 removed 'a removed member does not come back by an invitation from before the removal'
sql "DELETE FROM invitations"
invite bob@example.org member
accept '' "$bob"
is "$status $(field '"\(.role) \(.apiToken|keys|join(" "))"')" '200 member bearer expiresAt key lastFour secret' 'a removed member comes back by a later invitation and gets a new token'
fresh=$(field .apiToken.bearer)
call /users/tokens/create '{"name":"later"}' "$bob"; later=$(field .apiToken.bearer)
for old in bob spare later; do
    on /organizations/get '' "${!old}"; expect 403 token_outlived "the token $old from before the removal is refused, although the member is back"
    call /organizations/list '{}' "${!old}"; is "$body" '{"organizations":[]}' "the token $old from before the removal lists no organization"
    call /users/whoami '{}' "${!old}"; is "$status" 200 "the token $old from before the removal is still the user's"
done
on /organizations/get '' "$fresh"; is "$status" 200 'the token given on coming back opens the organization'
call /users/tokens/create '{"name":"next"}' "$fresh"; next=$(field .apiToken.bearer)
on /organizations/get '' "$next"; is "$status" 200 'a token made with the token given on coming back opens the organization'
other=$(api /organizations/create '{"name":"Own"}' "$bob" | jq -r .organization.id)
call /organizations/get "{\"organizationId\":\"$other\"}" "$bob"; is "$status" 200 'a token from before the removal opens another organization'
remove "$bob_id"
sql "UPDATE tokens SET proved_at = 9000000000000 WHERE key = '${fresh%%:*}'" # made while the clock was wrong
invite bob@example.org member; accept '' "$fresh"; remove "$bob_id"
invite bob@example.org member; accept '' "$fresh"; again=$(field .apiToken.bearer)
on /organizations/get '' "$fresh"; expect 403 token_outlived 'a token is outlived by a removal although the clock was put back'
on /organizations/get '' "$again"; is "$status" 200 'the token given on coming back is good although the clock was put back'

# --- tokens of the organization ---
join "$org" eva owner; eva=$bearer eva_id=$user_id
on /organizations/tokens/create ',"role":"owner","name":"boss"' "$eva"; boss=$(field .apiToken.bearer)
on /organizations/tokens/create ',"role":"member","name":"host"' "$eva"; host=$(field .apiToken.bearer)
on /organizations/tokens/create ',"role":"admin","name":"child"' "$boss"; child=$(field .apiToken.bearer)
on /organizations/tokens/list ''
is "$(field '[.tokens[]|.name+" "+.makerName+" "+(.makerLeft|tostring)]|join(", ")')" 'boss eva false, host eva false, child eva false' 'tokens/list tells the maker of a token, even if a token made it'
invite hal@example.org member "$boss"; hal=$token
code '' "$child"
role "$eva_id" admin
is "$status $(summary)" '200 true null 0 0 boss/owner 1' 'an owner made an admin keeps what an admin hands out, the owner token is named'
on /organizations/invitations/create ',"email":"x@example.org","role":"owner"' "$boss"; expect 403 role_above_own "the owner token of a maker who became an admin makes no owner"
on /organizations/tokens/create '' "$boss"; expect 403 forbidden 'the owner token of a maker who became an admin makes no token'
like "$(field .message)" "^The token's maker lacks the permission org:manage" "the refusal names the permission that the token's maker lacks"
on /organizations/delete ',"name":"Acme"' "$boss"; expect 403 forbidden 'the owner token of a maker who became an admin does not delete the organization'
invite ivy@example.org member "$boss"; is "$status" 200 'the owner token of a maker who became an admin invites a member'
role "$eva_id" member
is "$status $(summary)" '200 true null 2 1 boss/owner,child/admin 2' 'an admin made a member has what the admin handed out withdrawn'
token=$hal accept ',"username":"hal"'; expect 404 invitation_not_found 'an invitation made by a token of the admin made a member is refused'
remove "$eva_id"
is "$status $(summary)" '200 true true 0 0 boss/owner,host/member,child/admin 3' 'removing a member names the tokens that the member made'
for who in boss child; do
    invite y@example.org member "${!who}"; expect 403 forbidden "the token $who of a removed maker invites nobody"
    on /organizations/members/list '' "${!who}"; is "$status" 200 "the token $who of a removed maker lists members"
done
on /organizations/members/changes ',"since":0' "$host"; is "$status" 200 'the host token of a removed maker reads members/changes'
on /organizations/tokens/list ''; is "$(field '[.tokens[]|.makerLeft]|all')" true 'tokens/list tells that the maker of a token has left'
invite eva@example.org owner; accept '' "$eva"; eva=$(field .apiToken.bearer)
on /organizations/tokens/create '' "$boss"; expect 403 forbidden "a removed maker's token stays refused when the maker is an owner again"
on /organizations/roles/set ',"role":"ops","permissions":["org:view","members:view","members:manage"]'
join "$org" kim ops; kim=$bearer kim_id=$user_id
invite lea@example.org ops "$kim"; lea=$token
invite lou@example.org member "$kim"
code '' "$kim"

# --- a role that is changed ---
code ',"role":"ops"'; ops=$code
on /organizations/roles/set ',"role":"ops","permissions":["org:view","members:view","members:manage"]'; is "$(summary)" 'true null 0 0  0' 'roles/set to the same permissions withdraws nothing'
on /organizations/roles/set ',"role":"ops","permissions":["org:view","org:manage","members:view","members:manage"]'
is "$status $(summary)" '200 true null 1 1  0' 'roles/set to more permissions withdraws what gives the role'
join "$other" max member; max=$bearer # does nothing: $OWNER is not there
call /organizations/invitations/create "{\"organizationId\":\"$other\",\"email\":\"max@example.org\"}" "$bob"
token=$(field .token) accept ',"username":"max"'; max=$(field .apiToken.bearer)
code=$ops enter "$max"; expect 404 code_not_found 'a join code from before its role got more permissions is refused'
token=$lea accept ',"username":"lea"'; expect 404 invitation_not_found 'an invitation from before its role got more permissions is refused'
on /organizations/roles/set ',"role":"ops","permissions":["org:view"]'
is "$status $(summary)" '200 true null 1 1  0' 'roles/set to fewer permissions withdraws what members of the role handed out'

# --- ends ---
past=2020-01-01T00:00:00Z
for path in join-codes tokens; do
    for end in "\"$past\"" '"soon"' 5 true; do on /organizations/$path/create ",\"expiresAt\":$end"; expect 400 invalid "$path/create refuses expiresAt $end"; like "$(field .message)" '^expiresAt: ' "the refusal of expiresAt $end by $path/create names the field"; done
    on /organizations/$path/create ',"expiresAt":"2099-01-02T03:04:05+01:00"'; is "$(field '.expiresAt // .apiToken.expiresAt')" 2099-01-02T02:04:05.000Z "$path/create takes an end in another time zone"
    on /organizations/$path/create ',"expiresAt":null'; is "$(field '.expiresAt // .apiToken.expiresAt')" null "$path/create takes expiresAt null for no end"
done
code; end=$(field .expiresAt)
is "$((($(date -d "$end" +%s) - $(date +%s) + 3600) / 86400))" 30 'a join code ends after thirty days'
sql "UPDATE join_codes SET expires_at = 1000 WHERE id = '$id'"
enter "$max"; expect 404 code_not_found 'an expired join code is refused'
token_of member "$OWNER"; sql "UPDATE tokens SET expires_at = 1000 WHERE key = '$key'"
call /users/whoami '{}' "$bearer"; expect 401 unauthorized 'an expired token is refused with 401'
call /users/tokens/create '{"expiresAt":"2099-01-01T00:00:00Z"}' "$max"; is "$(field .apiToken.expiresAt)" 2099-01-01T00:00:00.000Z "a user's token may have an end"
on /organizations/tokens/create ",\"expiresAt\":\"$(date -u -d '+8 seconds' +%FT%TZ)\""; short=$(field .apiToken.bearer)
revision=$(sql "SELECT revision FROM organizations WHERE id = '$org'")
on /organizations/members/changes ",\"since\":$revision,\"wait\":25000" "$short"; is "$(field .reason)" unauthorized 'a held poll ends when its token expires'

# --- who made it, and its last use ---
code; on /organizations/join-codes/list ''
is "$(field ".joinCodes[]|select(.id==\"$id\")|[.maker,.makerName,.lastUsedAt,.lastUsedFrom]|@csv")" "\"$owner_id\",\"owner\",,\"\"" 'join-codes/list tells the maker of an unused code'
enter "$max"; on /organizations/join-codes/list ''
is "$(field ".joinCodes[]|select(.id==\"$id\")|[.lastUsedAt>\"2020\",.lastUsedFrom]|@csv")" "true,\"unix:$UID\"" 'join-codes/list tells the last use of a code'
invite nel@example.org member; on /organizations/invitations/list ''
is "$(field '.invitations[]|select(.email=="nel@example.org")|[.maker,.makerName]|@csv')" "\"$owner_id\",\"owner\"" 'invitations/list tells the maker of an invitation'
VIA=tcp on /organizations/get '' "$host"
on /organizations/tokens/list ''
is "$(field '.tokens[]|select(.name=="host")|[.lastUsedAt>"2020",.lastUsedFrom]|@csv')" 'true,"127.0.0.1"' "tokens/list tells the time and the address of a token's last use"
call /users/tokens/list '{}' "$max"; is "$(field '.tokens[0]|[.lastUsedAt>"2020",.lastUsedFrom,has("maker")]|@csv')" "true,\"unix:$UID\",false" 'users/tokens/list tells the last use, and no maker'
orgd_stop; orgd_start
is "$(sql "SELECT used_from FROM tokens WHERE name = 'host'")" 127.0.0.1 'the last use of a token is stored when orgd ends'

# --- what is not there ---
for path in invitations join-codes tokens; do
    key=id; [ $path = tokens ] && key=key
    on /organizations/$path/revoke ",\"$key\":\"nothing\""; is "$body" '{"ok":true,"revoked":false}' "$path/revoke of an unknown id answers that nothing was revoked"
done
call /users/tokens/revoke '{"key":"nothing"}' "$OWNER"; is "$body" '{"ok":true,"revoked":false}' 'users/tokens/revoke of an unknown key answers that nothing was revoked'
code; on /organizations/join-codes/revoke ",\"id\":\"$id\""; is "$body" '{"ok":true,"revoked":true}' 'join-codes/revoke of a pending code answers that it was revoked'
invite owner@localhost member; expect 409 already_member "an active member's address is not invited"
call /organizations/invitations/create "{\"organizationId\":\"$other\",\"email\":\"owner@localhost\"}" "$bob"; token=$(field .token)
accept ',"username":"newname"'; expect 409 user_exists 'an invitation of an address with an account opens no new account'
orgd_end
done_testing
