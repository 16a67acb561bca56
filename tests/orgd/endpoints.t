#!/bin/bash
# Every endpoint's answer, over the unix socket and over TCP.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/orgd.sh"
orgd_start
TIME='^20[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9]\.[0-9]{3}Z$'
ALL='["org:view","org:manage","members:view","members:manage"]'

for VIA in unix tcp; do
    call /users/whoami '{}' "$OWNER"
    is "$status $(field '.user|keys|join(" ")')" '200 email id name username' "$VIA whoami: a user"
    like "$(field .user.id)" '^usr_[a-z0-9]{20}$' "$VIA whoami: id"
    owner_id=$(field .user.id)

    call /organizations/create '{"name":"Ácme & Söhne"}' "$OWNER"
    is "$status $(field '.organization|keys|join(" ")')" '200 createdAt id name selfRename' "$VIA create"
    like "$(field .organization.id)" '^org_[a-z0-9]{20}$' "$VIA create: id"
    like "$(field .organization.createdAt)" "$TIME" "$VIA create: time"
    org=$(field .organization.id)
    created=$(jq -Sc .organization <<< "$body")

    call /organizations/get "{\"organizationId\":\"$org\"}" "$OWNER"
    is "$status $(jq -Sc .organization <<< "$body")" "200 $created" "$VIA get: what create said"
    is "$(field .organization.name)" 'Ácme & Söhne' "$VIA get: name"

    call /organizations/list '{}' "$OWNER"
    is "$status $(jq -Sc ".organizations[]|select(.id==\"$org\")" <<< "$body")" "200 $(jq -Sc '.+{role:"owner"}' <<< "$created")" "$VIA list"

    call /organizations/roles '{}' "$OWNER"
    is "$status $(jq -c '.roles|[.owner,.admin,.member]' <<< "$body")" \
        "200 [$ALL,[\"org:view\",\"members:view\",\"members:manage\"],[\"org:view\",\"members:view\"]]" "$VIA roles"

    call /organizations/members/list "{\"organizationId\":\"$org\"}" "$OWNER"
    is "$status $(jq -c '.members|map([.userId,.email,.username,.name,.role,.permissions,.state])' <<< "$body")" \
        "200 [[\"$owner_id\",\"owner@localhost\",\"owner\",\"owner\",\"owner\",$ALL,\"active\"]]" "$VIA members/list"
    like "$(field '.members[0].joinedAt')" "$TIME" "$VIA members/list: time"

    call /organizations/invitations/create "{\"organizationId\":\"$org\",\"email\":\"Bob-$VIA@Example.org\"}" "$OWNER"
    is "$status $(field 'keys|join(" ")')" '200 createdAt email expiresAt id mailed maker makerName role token' "$VIA invitations/create"
    is "$(field '"\(.email) \(.role)"')" "Bob-$VIA@Example.org member" "$VIA invitations/create: default role, address as given"
    like "$(field .id)" '^inv_[a-z0-9]{20}$' "$VIA invitations/create: id"
    is "$(jq '(.expiresAt|sub("\\.[0-9]+Z";"Z")|fromdate) - (.createdAt|sub("\\.[0-9]+Z";"Z")|fromdate)' <<< "$body")" 604800 \
        "$VIA invitations/create: for seven days"
    token=$(field .token) invitation=$(jq -Sc 'del(.token,.mailed)' <<< "$body")

    call /organizations/invitations/list "{\"organizationId\":\"$org\"}" "$OWNER"
    is "$status $(jq -Sc .invitations <<< "$body")" "200 [$invitation]" "$VIA invitations/list: that one, without the token"

    call /organizations/invitations/accept "{\"token\":\"$token\",\"username\":\"bob$VIA\",\"name\":\"Bob B.\"}"
    is "$status $(jq -c '[.organizationId,.role,.user.email,.user.username,.user.name]' <<< "$body")" \
        "200 [\"$org\",\"member\",\"Bob-$VIA@Example.org\",\"bob$VIA\",\"Bob B.\"]" "$VIA accept: a new account"
    is "$(jq -r '.apiToken|"\(.key):\(.secret) \(.secret[-4:])"' <<< "$body")" "$(jq -r '.apiToken|"\(.bearer) \(.lastFour)"' <<< "$body")" \
        "$VIA accept: its first token"
    is "$(field '.apiToken|keys|join(" ")')" 'bearer expiresAt key lastFour secret' "$VIA accept: a user's token has no role"
    user_id=$(field .user.id) bearer=$(field .apiToken.bearer)
    call /users/whoami '{}' "$bearer"
    is "$status $(field .user.id)" "200 $user_id" "$VIA accept: the token works"

    other=$(new_org Other)
    token=$(api /organizations/invitations/create "{\"organizationId\":\"$other\",\"email\":\"BOB-$VIA@EXAMPLE.ORG\",\"role\":\"admin\"}" "$OWNER" | jq -r .token)
    call /organizations/invitations/accept "{\"token\":\"$token\"}" "$bearer"
    is "$status $(jq -Sc . <<< "$body")" "200 {\"organizationId\":\"$other\",\"role\":\"admin\"}" "$VIA accept: with a token, without regard to case"

    call /organizations/members/set-role "{\"organizationId\":\"$org\",\"userId\":\"$user_id\",\"role\":\"owner\"}" "$OWNER"
    done_ok "$VIA set-role"
    call /organizations/members/list "{\"organizationId\":\"$org\"}" "$bearer"
    is "$(jq -c ".members[]|select(.userId==\"$user_id\")|[.role,.permissions]" <<< "$body")" "[\"owner\",$ALL]" "$VIA set-role: he has it"

    call /organizations/members/remove "{\"organizationId\":\"$org\",\"userId\":\"$user_id\"}" "$OWNER"
    done_ok "$VIA remove"
    call /organizations/members/list "{\"organizationId\":\"$org\"}" "$OWNER"
    is "$(field '.members|length')" 1 "$VIA remove: he is gone"

    call /organizations/members/changes "{\"organizationId\":\"$org\",\"since\":0}" "$OWNER"
    is "$status $(jq -c '[.revision,.complete,.more,(.members|map([.userId,.state]))]' <<< "$body")" \
        "200 [4,true,false,[[\"$owner_id\",\"active\"],[\"$user_id\",\"removed\"]]]" "$VIA changes"

    call /organizations/tokens/create "{\"organizationId\":\"$org\",\"name\":\"host 7\",\"env\":\"test\",\"role\":\"admin\"}" "$OWNER"
    is "$status $(field '.apiToken|keys|join(" ")')" '200 bearer expiresAt key lastFour role secret' "$VIA tokens/create"
    is "$(jq -r '.apiToken|"\(.key):\(.secret) \(.secret[-4:]) \(.role)"' <<< "$body")" "$(jq -r '.apiToken|"\(.bearer) \(.lastFour)"' <<< "$body") admin" \
        "$VIA tokens/create: bearer, last four, role"
    like "$(field .apiToken.key)" '^test_[a-z0-9]{20}$' "$VIA tokens/create: a test key"
    bearer=$(field .apiToken.bearer)
    call /users/whoami '{}' "$bearer"
    is "$status $(jq -Sc . <<< "$body")" "200 $(jq -nSc --arg k "${bearer%%:*}" --arg o "$org" '{organizationToken:{key:$k,organizationId:$o,role:"admin",name:"host 7"}}')" \
        "$VIA whoami: an organization's token"
    call /organizations/list '{}' "$bearer"
    is "$(jq -c '.organizations|map([.id,.role])' <<< "$body")" "[[\"$org\",\"admin\"]]" "$VIA list: with an organization's token"
    call /organizations/tokens/create "{\"organizationId\":\"$org\"}" "$OWNER"
    like "$(field '"\(.apiToken.role) \(.apiToken.key)"')" '^member live_' "$VIA tokens/create: defaults"
done

replied=$(VIA=tcp request /users/whoami -i -d '{}' -H "authorization: bearer $OWNER")
like "$replied" '^HTTP/1\.1 200' 'the scheme is read without regard to case'
like "$replied" '^Content-Type: application/json' 'replies are JSON'
like "$replied" '^Cache-Control: no-store' 'and not to be stored'
orgd_end
done_testing
