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
declare -A called=([owner]='an owner' [ann]='an admin' [mia]='a member' [sam]='a stranger' [towner]="an organization's owner token"
    [tadmin]="an organization's admin token" [tmember]="an organization's member token" [bea]='a user with every permission' [tboss]='a token with every permission')

# matrix PATH FIELDS PERMISSION WHO...: 200 for those WHO, 403 that names PERMISSION for the others in the organization,
# 404 for strangers
matrix() {
    local path=$1 fields=$2 permission=$3 who want allowed; shift 3; allowed=" $* "
    for who in owner ann mia towner tadmin tmember sam; do
        local key=$who; [ "$who" = owner ] && key=OWNER
        call "$path" "{\"organizationId\":\"$org\"$fields}" "${!key}"
        case "$allowed" in
        *" $who "*) is "$status" 200 "$path: ${called[$who]} is let in" ;;
        *) if [ "$who" = sam ]; then expect 404 organization_not_found "$path: ${called[$who]} gets 404, as if there were no organization"
           else expect 403 forbidden "$path: ${called[$who]} is refused with 403"; like "$(field .message)" "$permission" "$path: ${called[$who]} is told the missing permission"; fi ;;
        esac
    done
    call "$path" "{\"organizationId\":\"org_00000000000000000000\"$fields}" "$OWNER"
    expect 404 organization_not_found "$path: an unknown organization is answered with 404"
    call "$path" "{\"organizationId\":\"$other\"$fields}" "$towner"
    expect 404 organization_not_found "$path: an organization's token gets 404 for another organization"
    call "$path" "{\"organizationId\":\"$org\"$fields}"
    expect 401 unauthorized "$path: a call without a token is refused with 401"
}
everybody='owner ann mia towner tadmin tmember'
matrix /organizations/get '' org:view $everybody
matrix /organizations/members/list '' members:view $everybody
matrix /organizations/members/changes ',"since":0' members:view $everybody
matrix /organizations/members/keys/list ",\"userId\":\"$mia_id\"" members:view $everybody
matrix /organizations/members/keys/add ",\"userId\":\"$mia_id\",\"key\":\"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDGDdCJnxsvAo+lmSx9Hn3uLMxZ9gRyktyQn2F9M0fj0\"" members:manage owner ann towner tadmin
matrix /organizations/members/keys/remove ",\"userId\":\"$mia_id\",\"fingerprint\":\"SHA256:x\"" members:manage owner ann towner tadmin
matrix /organizations/update ',"keyDays":90' org:manage owner towner
matrix /organizations/members/set-role ",\"userId\":\"$mia_id\",\"role\":\"member\"" members:manage owner ann towner tadmin
matrix /organizations/members/remove ',"userId":"usr_none"' members:manage owner ann towner tadmin
matrix /organizations/invitations/create ',"email":"x@example.org"' members:manage owner ann towner tadmin
matrix /organizations/invitations/list '' members:manage owner ann towner tadmin
matrix /organizations/tokens/create '' org:manage owner towner
matrix /organizations/machines/invite ',"name":"web01"' org:manage owner towner
matrix /organizations/machines/list '' org:manage owner towner
matrix /organizations/machines/revoke ',"id":"mach_none"' org:manage owner towner

# Nobody gives or takes a role that can do more than his own.
for VIA in unix tcp; do
    for who in ann tadmin; do
        call /organizations/members/set-role "{\"organizationId\":\"$org\",\"userId\":\"$mia_id\",\"role\":\"owner\"}" "${!who}"
        expect 403 role_above_own "$VIA: ${called[$who]} makes nobody an owner"
        call /organizations/members/set-role "{\"organizationId\":\"$org\",\"userId\":\"$owner_id\",\"role\":\"member\"}" "${!who}"
        expect 403 role_above_own "$VIA: ${called[$who]} does not demote an owner"
        call /organizations/members/remove "{\"organizationId\":\"$org\",\"userId\":\"$owner_id\"}" "${!who}"
        expect 403 role_above_own "$VIA: ${called[$who]} does not remove an owner"
        call /organizations/invitations/create "{\"organizationId\":\"$org\",\"email\":\"y@example.org\",\"role\":\"owner\"}" "${!who}"
        expect 403 role_above_own "$VIA: ${called[$who]} invites nobody as an owner"
        call /organizations/members/set-role "{\"organizationId\":\"$org\",\"userId\":\"$mia_id\",\"role\":\"admin\"}" "${!who}"
        done_ok "$VIA: ${called[$who]} makes a member an admin"
        call /organizations/members/set-role "{\"organizationId\":\"$org\",\"userId\":\"$mia_id\",\"role\":\"member\"}" "${!who}"
        done_ok "$VIA: ${called[$who]} makes an admin a member"
    done
done

# A role with every permission is not an owner's: only an owner can delete the organization.
call /organizations/roles/set "{\"organizationId\":\"$org\",\"role\":\"boss\",\"permissions\":[\"org:view\",\"org:manage\",\"members:view\",\"members:manage\"]}" "$OWNER"
join "$org" bea boss; bea=$bearer bea_id=$user_id tboss=$(org_token boss)
invited=$(api /organizations/invitations/create "{\"organizationId\":\"$org\",\"email\":\"o@example.org\",\"role\":\"owner\"}" "$OWNER" | jq -r .id)
for who in bea tboss; do
    for use in 'members/set-role to owner':"\"userId\":\"$bea_id\",\"role\":\"owner\"" 'members/set-role of an owner':"\"userId\":\"$owner_id\",\"role\":\"boss\"" \
        'members/remove of an owner':"\"userId\":\"$owner_id\"" 'invitations/create for an owner':'"email":"y@example.org","role":"owner"' 'invitations/resend for an owner':"\"id\":\"$invited\"" \
        'join-codes/create for an owner':'"role":"owner"' 'tokens/create for an owner':'"role":"owner"'; do
        call "/organizations/${use%%[ :]*}" "{\"organizationId\":\"$org\",${use#*:}}" "${!who}"
        expect 403 role_above_own "${use%%:*} is refused to ${called[$who]}"
    done
    call /organizations/delete "{\"organizationId\":\"$org\",\"name\":\"Acme\"}" "${!who}"
    expect 403 forbidden "organizations/delete is refused to ${called[$who]}"
    call /organizations/members/set-role "{\"organizationId\":\"$org\",\"userId\":\"$mia_id\",\"role\":\"boss\"}" "${!who}"
    done_ok "${called[$who]} gives a member the role boss"
    call /organizations/members/set-role "{\"organizationId\":\"$org\",\"userId\":\"$mia_id\",\"role\":\"member\"}" "${!who}"
    done_ok "${called[$who]} takes the role boss from a member"
done
is "$(sql "SELECT role FROM members WHERE user_id = '$owner_id' AND organization_id = '$org'")" owner 'the owner keeps the role owner after all refused calls'

# What only a user's token can do
call /organizations/create '{"name":"X"}' "$towner"
expect 403 forbidden "organizations/create with an organization's token is refused with 403"
token=$(api /organizations/invitations/create "{\"organizationId\":\"$other\",\"email\":\"z@example.org\"}" "$OWNER" | jq -r .token)
call /organizations/invitations/accept "{\"token\":\"$token\",\"username\":\"z\"}" "$towner"
expect 403 forbidden "invitations/accept with an organization's token is refused with 403"
call /organizations/create '{"name":"X"}' "$mia"
expect 403 forbidden 'organizations/create: a user makes an organization only if the operator lets him'

# Tokens that are none
for wrong in 'a word=nonsense' "a secret cut short=${OWNER%?}" "a key alone=${OWNER%:*}" "a key with an empty secret=${OWNER%:*}:" \
    "a key with a wrong secret=${OWNER%:*}:$(printf '%043d' 0)" "a secret without a key=:${OWNER#*:}" "an unknown key=live_00000000000000000000:${OWNER#*:}" \
    "another user's key=${ann%:*}:${OWNER#*:}" "a secret that is too long=${OWNER}A" "a key of 500 digits=$(printf '%0500d' 0):x"; do
    call /users/whoami '{}' "${wrong#*=}"
    expect 401 unauthorized "a token that is ${wrong%%=*} is refused with 401"
done
for path in /organizations/create:'{"name":"X"}' /organizations/list:'{}' /organizations/roles:'{}' /users/whoami:'{}'; do
    call "${path%%:*}" "${path#*:}"
    expect 401 unauthorized "${path%%:*}: a call without a token is refused with 401"
done
call /organizations/invitations/accept "{\"token\":\"$token\",\"username\":\"z\"}" 'nonsense'
expect 401 unauthorized 'invitations/accept with a wrong user token is refused with 401'
like "$(request /users/whoami -i -d '{}')" '^WWW-Authenticate: Bearer' 'the answer 401 names Bearer in the header WWW-Authenticate'
is "$(request /users/whoami -o /dev/null -w '%{http_code}' -d '{}' -H "Authorization: Basic $(printf %s "$OWNER" | base64 -w0)")" 401 'the authorization scheme Basic is refused with 401'

# One who was removed
call /organizations/members/remove "{\"organizationId\":\"$org\",\"userId\":\"$ann_id\"}" "$OWNER"
done_ok 'an owner removes the admin'
for path in get members/list members/remove invitations/list; do
    fields=; [ $path = members/remove ] && fields=',"userId":"usr_none"'
    call /organizations/$path "{\"organizationId\":\"$org\"$fields}" "$ann"
    expect 404 organization_not_found "$path: a removed member gets 404, as if there were no organization"
done
call /organizations/list '{}' "$ann"
is "$status $body" '200 {"organizations":[]}' 'organizations/list of a removed member is empty'
orgd_end
done_testing
