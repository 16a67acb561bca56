#!/bin/bash
# Removed is removed: what a member has handed out ends with him, who was removed comes back by a later invitation only, and what
# is handed out has a maker, an end and a last use that everybody who may can see.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/orgd.sh"
orgd_start
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
is "$status $(summary)" '200 true true 2 1  0' 'removed: what he handed out is counted'
on /organizations/audit/list ',"limit":4'
is "$(field '[.events[]|.action+" "+.subjectName]|sort|join(", ")')" 'invitation.revoke bob2@example.org, invitation.revoke fay@example.org, join-code.revoke , member.remove bob' 'each withdrawal is written down'
code=$own enter "$bob"; expect 404 code_not_found 'not by his own code'
code=$class enter "$bob"; expect 403 removed "not by the owner's code"
token=$second accept ',"username":"bob2"'; expect 404 invitation_not_found 'not by an invitation that he made for another address'
token=$fay accept ',"username":"fay"'; expect 404 invitation_not_found 'nor does anybody else come by one that he made'
token=$gus accept ',"username":"gus"'; is "$status" 200 "another's invitation is good"
remove "$bob_id"; is "$status $(summary)" '200 true false 0 0  0' 'a second removal says that there was nobody'

# --- his own tokens, and how he comes back ---
call /users/tokens/create '{"name":"spare"}' "$bob"; spare=$(field .apiToken.bearer)
sql "INSERT INTO invitations (id, organization_id, email, role, secret_hash, created_at, expires_at, revision) SELECT 'inv_00000000000000000009', '$org', 'BOB@example.org', 'member', secret_hash, 1, 9000000000000, 0 FROM tokens WHERE key = '${bob%%:*}'"
token=inv_00000000000000000009:${bob#*:} accept '' "$bob"; expect 403 removed 'not by an invitation that was made before the removal'
sql "DELETE FROM invitations"
invite bob@example.org member
accept '' "$bob"
is "$status $(field '"\(.role) \(.apiToken|keys|join(" "))"')" '200 member bearer expiresAt key lastFour secret' 'by one that was made after it, with a new token'
fresh=$(field .apiToken.bearer)
call /users/tokens/create '{"name":"later"}' "$bob"; later=$(field .apiToken.bearer)
for old in bob spare later; do
    on /organizations/get '' "${!old}"; expect 403 token_outlived "the token $old is from before the removal, or made with one that is"
    call /organizations/list '{}' "${!old}"; is "$body" '{"organizations":[]}' "and $old is shown no organization"
    call /users/whoami '{}' "${!old}"; is "$status" 200 "but $old is his still"
done
on /organizations/get '' "$fresh"; is "$status" 200 'the new one opens it'
call /users/tokens/create '{"name":"next"}' "$fresh"; next=$(field .apiToken.bearer)
on /organizations/get '' "$next"; is "$status" 200 'so does one that is made with it'
other=$(api /organizations/create '{"name":"Own"}' "$bob" | jq -r .organization.id)
call /organizations/get "{\"organizationId\":\"$other\"}" "$bob"; is "$status" 200 'the old one is good in other organizations'
remove "$bob_id"
sql "UPDATE tokens SET proved_at = 9000000000000 WHERE key = '${fresh%%:*}'" # made while the clock was wrong
invite bob@example.org member; accept '' "$fresh"; remove "$bob_id"
invite bob@example.org member; accept '' "$fresh"; again=$(field .apiToken.bearer)
on /organizations/get '' "$fresh"; expect 403 token_outlived 'also when the clock is put back'
on /organizations/get '' "$again"; is "$status" 200 'and the new one is good'

# --- tokens of the organization ---
join "$org" eva owner; eva=$bearer eva_id=$user_id
on /organizations/tokens/create ',"role":"owner","name":"boss"' "$eva"; boss=$(field .apiToken.bearer)
on /organizations/tokens/create ',"role":"member","name":"host"' "$eva"; host=$(field .apiToken.bearer)
on /organizations/tokens/create ',"role":"admin","name":"child"' "$boss"; child=$(field .apiToken.bearer)
on /organizations/tokens/list ''
is "$(field '[.tokens[]|.name+" "+.makerName+" "+(.makerLeft|tostring)]|join(", ")')" 'boss eva false, host eva false, child eva false' 'tokens/list: who made them, also by way of a token'
invite hal@example.org member "$boss"; hal=$token
code '' "$child"
role "$eva_id" admin
is "$status $(summary)" '200 true null 0 0 boss/owner 1' 'made an admin: what an admin may hand out stays, the token of an owner is named'
on /organizations/invitations/create ',"email":"x@example.org","role":"owner"' "$boss"; expect 403 role_above_own "an ex-owner's token makes no owner"
on /organizations/tokens/create '' "$boss"; expect 403 forbidden 'nor tokens'
like "$(field .message)" "^The token's maker lacks the permission org:manage" 'and is told why'
on /organizations/delete ',"name":"Acme"' "$boss"; expect 403 forbidden 'nor deletes the organization'
invite ivy@example.org member "$boss"; is "$status" 200 'it does what an admin may'
role "$eva_id" member
is "$status $(summary)" '200 true null 2 1 boss/owner,child/admin 2' 'made a member: what she handed out is withdrawn'
token=$hal accept ',"username":"hal"'; expect 404 invitation_not_found 'also what she handed out by a token'
remove "$eva_id"
is "$status $(summary)" '200 true true 0 0 boss/owner,host/member,child/admin 3' 'removed: the tokens that she made are named'
for who in boss child; do
    invite y@example.org member "${!who}"; expect 403 forbidden "$who invites nobody"
    on /organizations/members/list '' "${!who}"; is "$status" 200 "$who may look still"
done
on /organizations/members/changes ',"since":0' "$host"; is "$status" 200 'a host is not cut off'
on /organizations/tokens/list ''; is "$(field '[.tokens[]|.makerLeft]|all')" true 'tokens/list: their maker has left'
invite eva@example.org owner; accept '' "$eva"; eva=$(field .apiToken.bearer)
on /organizations/tokens/create '' "$boss"; expect 403 forbidden 'when she is an owner again, they are not'
on /organizations/roles/set ',"role":"ops","permissions":["org:view","members:view","members:manage"]'
join "$org" kim ops; kim=$bearer kim_id=$user_id
invite lea@example.org ops "$kim"; lea=$token
invite lou@example.org member "$kim"
code '' "$kim"

# --- a role that is changed ---
code ',"role":"ops"'; ops=$code
on /organizations/roles/set ',"role":"ops","permissions":["org:view","members:view","members:manage"]'; is "$(summary)" 'true null 0 0  0' 'a role that stays the same withdraws nothing'
on /organizations/roles/set ',"role":"ops","permissions":["org:view","org:manage","members:view","members:manage"]'
is "$status $(summary)" '200 true null 1 1  0' 'a role that permits more: what gives it is withdrawn'
join "$other" max member; max=$bearer # does nothing: $OWNER is not there
call /organizations/invitations/create "{\"organizationId\":\"$other\",\"email\":\"max@example.org\"}" "$bob"
token=$(field .token) accept ',"username":"max"'; max=$(field .apiToken.bearer)
code=$ops enter "$max"; expect 404 code_not_found 'nobody gets it by an old code'
token=$lea accept ',"username":"lea"'; expect 404 invitation_not_found 'nor by an old invitation'
on /organizations/roles/set ',"role":"ops","permissions":["org:view"]'
is "$status $(summary)" '200 true null 1 1  0' 'a role that permits less: what those who have it handed out is withdrawn'

# --- ends ---
past=2020-01-01T00:00:00Z
for path in join-codes tokens; do
    for end in "\"$past\"" '"soon"' 5 true; do on /organizations/$path/create ",\"expiresAt\":$end"; expect 400 invalid "$path/create: expiresAt $end"; like "$(field .message)" '^expiresAt: ' 'names the field'; done
    on /organizations/$path/create ',"expiresAt":"2099-01-02T03:04:05+01:00"'; is "$(field '.expiresAt // .apiToken.expiresAt')" 2099-01-02T02:04:05.000Z "$path/create: an end"
    on /organizations/$path/create ',"expiresAt":null'; is "$(field '.expiresAt // .apiToken.expiresAt')" null "$path/create: no end"
done
code; end=$(field .expiresAt)
is "$((($(date -d "$end" +%s) - $(date +%s) + 3600) / 86400))" 30 'a code ends after thirty days'
sql "UPDATE join_codes SET expires_at = 1000 WHERE id = '$id'"
enter "$max"; expect 404 code_not_found 'then nobody joins with it'
token_of member "$OWNER"; sql "UPDATE tokens SET expires_at = 1000 WHERE key = '$key'"
call /users/whoami '{}' "$bearer"; expect 401 unauthorized 'a token that has expired is none'
call /users/tokens/create '{"expiresAt":"2099-01-01T00:00:00Z"}' "$max"; is "$(field .apiToken.expiresAt)" 2099-01-01T00:00:00.000Z "a user's token has an end, too"
on /organizations/tokens/create ",\"expiresAt\":\"$(date -u -d '+8 seconds' +%FT%TZ)\""; short=$(field .apiToken.bearer)
revision=$(sql "SELECT revision FROM organizations WHERE id = '$org'")
on /organizations/members/changes ",\"since\":$revision,\"wait\":25000" "$short"; is "$(field .reason)" unauthorized 'a held poll ends with its token'

# --- who made it, and its last use ---
code; on /organizations/join-codes/list ''
is "$(field ".joinCodes[]|select(.id==\"$id\")|[.maker,.makerName,.lastUsedAt,.lastUsedFrom]|@csv")" "\"$owner_id\",\"owner\",,\"\"" 'join-codes/list: its maker; not used'
enter "$max"; on /organizations/join-codes/list ''
is "$(field ".joinCodes[]|select(.id==\"$id\")|[.lastUsedAt>\"2020\",.lastUsedFrom]|@csv")" "true,\"unix:$UID\"" 'join-codes/list: used'
invite nel@example.org member; on /organizations/invitations/list ''
is "$(field '.invitations[]|select(.email=="nel@example.org")|[.maker,.makerName]|@csv')" "\"$owner_id\",\"owner\"" 'invitations/list: its maker'
VIA=tcp on /organizations/get '' "$host"
on /organizations/tokens/list ''
is "$(field '.tokens[]|select(.name=="host")|[.lastUsedAt>"2020",.lastUsedFrom]|@csv')" 'true,"127.0.0.1"' 'tokens/list: used just now, and from where'
call /users/tokens/list '{}' "$max"; is "$(field '.tokens[0]|[.lastUsedAt>"2020",.lastUsedFrom,has("maker")]|@csv')" "true,\"unix:$UID\",false" 'users/tokens/list: the same'
orgd_stop; orgd_start
is "$(sql "SELECT used_from FROM tokens WHERE name = 'host'")" 127.0.0.1 'what was noted is stored when the server ends'

# --- what is not there ---
for path in invitations join-codes tokens; do
    key=id; [ $path = tokens ] && key=key
    on /organizations/$path/revoke ",\"$key\":\"nothing\""; is "$body" '{"ok":true,"revoked":false}' "$path/revoke: nothing was revoked"
done
call /users/tokens/revoke '{"key":"nothing"}' "$OWNER"; is "$body" '{"ok":true,"revoked":false}' 'users/tokens/revoke: nothing was revoked'
code; on /organizations/join-codes/revoke ",\"id\":\"$id\""; is "$body" '{"ok":true,"revoked":true}' 'what is there is'
invite owner@localhost member; expect 409 already_member 'a member is not invited'
call /organizations/invitations/create "{\"organizationId\":\"$other\",\"email\":\"owner@localhost\"}" "$bob"; token=$(field .token)
accept ',"username":"newname"'; expect 409 user_exists 'an invitation opens no account that exists'
orgd_end
done_testing
