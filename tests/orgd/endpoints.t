#!/bin/bash
# Every endpoint's answer, over the unix socket and over TCP.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/orgd.sh"
orgd_start
TIME='^20[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9]\.[0-9]{3}Z$'
ALL='["org:view","org:manage","members:view","members:manage","access:manage"]'

for VIA in unix tcp; do
    call /users/whoami '{}' "$OWNER"
    is "$status $(field '.user|keys|join(" ")')" '200 email id name username' "$VIA: whoami with a user's token describes the user"
    like "$(field .user.id)" '^usr_[a-z0-9]{20}$' "$VIA: whoami gives a user's id"
    owner_id=$(field .user.id)

    call /organizations/create '{"name":"Ácme & Söhne"}' "$OWNER"
    is "$status $(field '.organization|keys|join(" ")')" '200 createdAt id keyAdders keyDays name securityKeysOnly selfRename showMachines' "$VIA: organizations/create answers with the new organization"
    like "$(field .organization.id)" '^org_[a-z0-9]{20}$' "$VIA: organizations/create gives an organization's id"
    like "$(field .organization.createdAt)" "$TIME" "$VIA: organizations/create gives the time of creation"
    org=$(field .organization.id)
    created=$(jq -Sc .organization <<< "$body")

    call /organizations/get "{\"organizationId\":\"$org\"}" "$OWNER"
    is "$status $(jq -Sc .organization <<< "$body")" "200 $created" "$VIA: organizations/get answers as organizations/create did"
    is "$(field .organization.name)" 'Ácme & Söhne' "$VIA: organizations/get keeps a name of other than ASCII characters"

    call /organizations/list '{}' "$OWNER"
    is "$status $(jq -Sc ".organizations[]|select(.id==\"$org\")" <<< "$body")" "200 $(jq -Sc '.+{role:"owner",permissions:["org:view","org:manage","members:view","members:manage","access:manage"],revision:1}' <<< "$created")" "$VIA: organizations/list adds the caller's role"

    call /organizations/roles '{}' "$OWNER"
    is "$status $(jq -c '.roles|[.owner,.admin,.member]' <<< "$body")" \
        "200 [$ALL,[\"org:view\",\"members:view\",\"members:manage\"],[\"org:view\",\"members:view\"]]" "$VIA: organizations/roles lists the built-in roles with their permissions"

    call /organizations/members/list "{\"organizationId\":\"$org\"}" "$OWNER"
    is "$status $(jq -c '.members|map([.userId,.email,.username,.name,.role,.permissions,.state])' <<< "$body")" \
        "200 [[\"$owner_id\",\"owner@localhost\",\"owner\",\"owner\",\"owner\",$ALL,\"active\"]]" "$VIA: members/list of a new organization lists its owner"
    like "$(field '.members[0].joinedAt')" "$TIME" "$VIA: members/list gives the time of joining"

    call /organizations/invitations/create "{\"organizationId\":\"$org\",\"email\":\"Bob-$VIA@Example.org\"}" "$OWNER"
    is "$status $(field 'keys|join(" ")')" '200 createdAt email expiresAt id keys mailed maker makerName role token' "$VIA: invitations/create answers with exactly the documented fields"
    is "$(field '"\(.email) \(.role)"')" "Bob-$VIA@Example.org member" "$VIA: invitations/create takes the role member by default, and the address as given"
    like "$(field .id)" '^inv_[a-z0-9]{20}$' "$VIA: invitations/create gives an invitation's id"
    is "$(jq '(.expiresAt|sub("\\.[0-9]+Z";"Z")|fromdate) - (.createdAt|sub("\\.[0-9]+Z";"Z")|fromdate)' <<< "$body")" 604800 \
        "$VIA: an invitation is valid for seven days"
    token=$(field .token) invitation=$(jq -Sc 'del(.token,.mailed,.keys)' <<< "$body")

    call /organizations/invitations/list "{\"organizationId\":\"$org\"}" "$OWNER"
    is "$status $(jq -Sc .invitations <<< "$body")" "200 [$invitation]" "$VIA: invitations/list lists the invitation without its token"

    call /organizations/invitations/accept "{\"token\":\"$token\",\"username\":\"bob$VIA\",\"name\":\"Bob B.\"}"
    is "$status $(jq -c '[.organizationId,.role,.user.email,.user.username,.user.name]' <<< "$body")" \
        "200 [\"$org\",\"member\",\"Bob-$VIA@Example.org\",\"bob$VIA\",\"Bob B.\"]" "$VIA: invitations/accept makes a new account with the invitation's role"
    is "$(jq -r '.apiToken|"\(.key):\(.secret) \(.secret[-4:])"' <<< "$body")" "$(jq -r '.apiToken|"\(.bearer) \(.lastFour)"' <<< "$body")" \
        "$VIA: invitations/accept gives a new account its first token"
    is "$(field '.apiToken|keys|join(" ")')" 'bearer expiresAt key lastFour secret' "$VIA: invitations/accept gives a user's token, which has no role"
    user_id=$(field .user.id) bearer=$(field .apiToken.bearer)
    call /users/whoami '{}' "$bearer"
    is "$status $(field .user.id)" "200 $user_id" "$VIA: the token from invitations/accept acts for the new user"

    other=$(new_org Other)
    token=$(api /organizations/invitations/create "{\"organizationId\":\"$other\",\"email\":\"BOB-$VIA@EXAMPLE.ORG\",\"role\":\"admin\"}" "$OWNER" | jq -r .token)
    call /organizations/invitations/accept "{\"token\":\"$token\"}" "$bearer"
    is "$status $(jq -Sc . <<< "$body")" "200 {\"organizationId\":\"$other\",\"role\":\"admin\"}" "$VIA: invitations/accept with a user's token ignores the address's case"

    call /organizations/members/set-role "{\"organizationId\":\"$org\",\"userId\":\"$user_id\",\"role\":\"owner\"}" "$OWNER"
    done_ok "$VIA: members/set-role makes a member an owner"
    call /organizations/members/list "{\"organizationId\":\"$org\"}" "$bearer"
    is "$(jq -c ".members[]|select(.userId==\"$user_id\")|[.role,.permissions]" <<< "$body")" "[\"owner\",$ALL]" "$VIA: members/list shows the role that members/set-role gave"

    call /organizations/members/remove "{\"organizationId\":\"$org\",\"userId\":\"$user_id\"}" "$OWNER"
    done_ok "$VIA: members/remove removes a member"
    call /organizations/members/list "{\"organizationId\":\"$org\"}" "$OWNER"
    is "$(field '.members|length')" 1 "$VIA: members/list leaves a removed member out"

    call /organizations/members/changes "{\"organizationId\":\"$org\",\"since\":0}" "$OWNER"
    is "$status $(jq -c '[.revision,.complete,.more,(.members|map([.userId,.state]))]' <<< "$body")" \
        "200 [4,true,false,[[\"$owner_id\",\"active\"],[\"$user_id\",\"removed\"]]]" "$VIA: members/changes since 0 lists a removed member as removed"

    call /organizations/tokens/create "{\"organizationId\":\"$org\",\"name\":\"host 7\",\"env\":\"test\",\"role\":\"admin\"}" "$OWNER"
    is "$status $(field '.apiToken|keys|join(" ")')" '200 bearer expiresAt key lastFour role secret' "$VIA: tokens/create answers with exactly the documented fields"
    is "$(jq -r '.apiToken|"\(.key):\(.secret) \(.secret[-4:]) \(.role)"' <<< "$body")" "$(jq -r '.apiToken|"\(.bearer) \(.lastFour)"' <<< "$body") admin" \
        "$VIA: tokens/create gives bearer, last four characters and role consistently"
    like "$(field .apiToken.key)" '^test_[a-z0-9]{20}$' "$VIA: tokens/create with env test gives a test key"
    bearer=$(field .apiToken.bearer)
    call /users/whoami '{}' "$bearer"
    is "$status $(jq -Sc . <<< "$body")" "200 $(jq -nSc --arg k "${bearer%%:*}" --arg o "$org" '{organizationToken:{key:$k,organizationId:$o,role:"admin",name:"host 7"}}')" \
        "$VIA: whoami with an organization's token describes the token"
    call /organizations/list '{}' "$bearer"
    is "$(jq -c '.organizations|map([.id,.role])' <<< "$body")" "[[\"$org\",\"admin\"]]" "$VIA: organizations/list with an organization's token lists that organization"
    call /organizations/tokens/create "{\"organizationId\":\"$org\"}" "$OWNER"
    like "$(field '"\(.apiToken.role) \(.apiToken.key)"')" '^member live_' "$VIA: tokens/create makes a live token with the role member by default"
done

replied=$(VIA=tcp request /users/whoami -i -d '{}' -H "authorization: bearer $OWNER")
like "$replied" '^HTTP/1\.1 200' 'the authorization scheme is read without regard to case'
like "$replied" '^Content-Type: application/json' 'an answer has the content type application/json'
like "$replied" '^Cache-Control: no-store' 'an answer forbids caches to store it'
orgd_end
done_testing
