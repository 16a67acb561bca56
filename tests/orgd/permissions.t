#!/bin/bash
# Who may do what: each role with a user's token and with an organization's, strangers, and roles above one's own.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/orgd.sh"
orgd_start
org=$(new_org Acme) other=$(new_org Other)
join "$org" ann admin; ann=$bearer ann_id=$user_id
join "$org" mia member; mia=$bearer mia_id=$user_id
join "$other" sam owner; sam=$bearer
owner_id=$(api /users/whoami '{}' "$OWNER" | jq -r .user.id)
org_token() { api /organizations/tokens/create "{\"organizationId\":\"$org\",\"role\":\"$1\"}" "$OWNER" | jq -r .apiToken.bearer; }
towner=$(org_token owner) tadmin=$(org_token admin) tmember=$(org_token member)

# matrix PATH FIELDS PERMISSION WHO...: 200 for those WHO, 403 that names PERMISSION for the others in the organization,
# 404 for strangers
matrix() {
    local path=$1 fields=$2 permission=$3 who want allowed; shift 3; allowed=" $* "
    for who in owner ann mia towner tadmin tmember sam; do
        local key=$who; [ "$who" = owner ] && key=OWNER
        call "$path" "{\"organizationId\":\"$org\"$fields}" "${!key}"
        case "$allowed" in
        *" $who "*) is "$status" 200 "$path: $who may" ;;
        *) if [ "$who" = sam ]; then expect 404 organization_not_found "$path: a stranger finds nothing"
           else expect 403 forbidden "$path: $who may not"; like "$(field .message)" "$permission" "$path: $who is told what is missing"; fi ;;
        esac
    done
    call "$path" "{\"organizationId\":\"org_00000000000000000000\"$fields}" "$OWNER"
    expect 404 organization_not_found "$path: no such organization"
    call "$path" "{\"organizationId\":\"$other\"$fields}" "$towner"
    expect 404 organization_not_found "$path: an organization's token acts in its own only"
    call "$path" "{\"organizationId\":\"$org\"$fields}"
    expect 401 unauthorized "$path: no token"
}
everybody='owner ann mia towner tadmin tmember'
matrix /organizations/get '' org:view $everybody
matrix /organizations/members/list '' members:view $everybody
matrix /organizations/members/changes ',"since":0' members:view $everybody
matrix /organizations/members/set-role ",\"userId\":\"$mia_id\",\"role\":\"member\"" members:manage owner ann towner tadmin
matrix /organizations/members/remove ',"userId":"usr_none"' members:manage owner ann towner tadmin
matrix /organizations/invitations/create ',"email":"x@example.org"' members:manage owner ann towner tadmin
matrix /organizations/invitations/list '' members:manage owner ann towner tadmin
matrix /organizations/tokens/create '' org:manage owner towner

# Nobody gives or takes a role that can do more than his own.
for VIA in unix tcp; do
    for who in ann tadmin; do
        call /organizations/members/set-role "{\"organizationId\":\"$org\",\"userId\":\"$mia_id\",\"role\":\"owner\"}" "${!who}"
        expect 403 role_above_own "$VIA $who makes no owner"
        call /organizations/members/set-role "{\"organizationId\":\"$org\",\"userId\":\"$owner_id\",\"role\":\"member\"}" "${!who}"
        expect 403 role_above_own "$VIA $who demotes no owner"
        call /organizations/members/remove "{\"organizationId\":\"$org\",\"userId\":\"$owner_id\"}" "${!who}"
        expect 403 role_above_own "$VIA $who removes no owner"
        call /organizations/invitations/create "{\"organizationId\":\"$org\",\"email\":\"y@example.org\",\"role\":\"owner\"}" "${!who}"
        expect 403 role_above_own "$VIA $who invites no owner"
        call /organizations/members/set-role "{\"organizationId\":\"$org\",\"userId\":\"$mia_id\",\"role\":\"admin\"}" "${!who}"
        done_ok "$VIA $who makes an admin"
        call /organizations/members/set-role "{\"organizationId\":\"$org\",\"userId\":\"$mia_id\",\"role\":\"member\"}" "${!who}"
        done_ok "$VIA $who demotes an admin"
    done
done

# A role with every permission is not an owner's: only an owner can delete the organization.
call /organizations/roles/set "{\"organizationId\":\"$org\",\"role\":\"boss\",\"permissions\":[\"org:view\",\"org:manage\",\"members:view\",\"members:manage\"]}" "$OWNER"
join "$org" bea boss; bea=$bearer bea_id=$user_id tboss=$(org_token boss)
invited=$(api /organizations/invitations/create "{\"organizationId\":\"$org\",\"email\":\"o@example.org\",\"role\":\"owner\"}" "$OWNER" | jq -r .id)
for who in bea tboss; do
    for use in members/set-role:"\"userId\":\"$bea_id\",\"role\":\"owner\"" members/set-role:"\"userId\":\"$owner_id\",\"role\":\"boss\"" \
        members/remove:"\"userId\":\"$owner_id\"" invitations/create:'"email":"y@example.org","role":"owner"' invitations/resend:"\"id\":\"$invited\"" \
        join-codes/create:'"role":"owner"' tokens/create:'"role":"owner"'; do
        call "/organizations/${use%%:*}" "{\"organizationId\":\"$org\",${use#*:}}" "${!who}"
        expect 403 role_above_own "$who: ${use%%:*}: all permissions make no owner"
    done
    call /organizations/delete "{\"organizationId\":\"$org\",\"name\":\"Acme\"}" "${!who}"
    expect 403 forbidden "$who: nor delete the organization"
    call /organizations/members/set-role "{\"organizationId\":\"$org\",\"userId\":\"$mia_id\",\"role\":\"boss\"}" "${!who}"
    done_ok "$who: but give what one has"
    call /organizations/members/set-role "{\"organizationId\":\"$org\",\"userId\":\"$mia_id\",\"role\":\"member\"}" "${!who}"
    done_ok "$who: and take it"
done
is "$(sql "SELECT role FROM members WHERE user_id = '$owner_id' AND organization_id = '$org'")" owner 'the owner is one still'

# What only a user's token can do
call /organizations/create '{"name":"X"}' "$towner"
expect 403 forbidden "create: not with an organization's token"
token=$(api /organizations/invitations/create "{\"organizationId\":\"$other\",\"email\":\"z@example.org\"}" "$OWNER" | jq -r .token)
call /organizations/invitations/accept "{\"token\":\"$token\",\"username\":\"z\"}" "$towner"
expect 403 forbidden "accept: not with an organization's token"
call /organizations/create '{"name":"X"}' "$mia"
is "$status" 200 'create: any user may'

# Tokens that are none
for wrong in nonsense "${OWNER%?}" "${OWNER%:*}" "${OWNER%:*}:" "${OWNER%:*}:$(printf '%043d' 0)" ":${OWNER#*:}" "live_00000000000000000000:${OWNER#*:}" \
    "${ann%:*}:${OWNER#*:}" "${OWNER}A" "$(printf '%0500d' 0):x"; do
    call /users/whoami '{}' "$wrong"
    expect 401 unauthorized "token ${wrong:0:40}"
done
for path in /organizations/create:'{"name":"X"}' /organizations/list:'{}' /organizations/roles:'{}' /users/whoami:'{}'; do
    call "${path%%:*}" "${path#*:}"
    expect 401 unauthorized "${path%%:*}: no token"
done
call /organizations/invitations/accept "{\"token\":\"$token\",\"username\":\"z\"}" 'nonsense'
expect 401 unauthorized 'accept: a wrong token is not the same as none'
like "$(request /users/whoami -i -d '{}')" '^WWW-Authenticate: Bearer' '401 says what it wants'
is "$(request /users/whoami -o /dev/null -w '%{http_code}' -d '{}' -H "Authorization: Basic $(printf %s "$OWNER" | base64 -w0)")" 401 'no other scheme'

# One who was removed
call /organizations/members/remove "{\"organizationId\":\"$org\",\"userId\":\"$ann_id\"}" "$OWNER"
done_ok 'ann is removed'
for path in get members/list members/remove invitations/list; do
    fields=; [ $path = members/remove ] && fields=',"userId":"usr_none"'
    call /organizations/$path "{\"organizationId\":\"$org\"$fields}" "$ann"
    expect 404 organization_not_found "$path: her token is good, the organization is gone for her"
done
call /organizations/list '{}' "$ann"
is "$status $body" '200 {"organizations":[]}' 'and no longer listed'
orgd_end
done_testing
