#!/bin/bash
# The provider "satusky" against its fake, in both dialects.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/vendor.sh"
fake_start satusky
ORG=0a000000-0000-4000-8000-000000000001
ADA=0c000000-0000-4000-8000-000000000001 MIA=0c000000-0000-4000-8000-000000000002
MEMBERSHIP=0b000000-0000-4000-8000-000000000002 # mia's
SECRETS=(sat_ada sat_mia)
AT=/v1/cli/organizations
TEAM=$AT/id/$ORG/team
SETTINGS=(provider=satusky url="$URL/v1/cli" token=sat_ada org="$ORG" timeout=5000)

# --- the shipped dialect ---

answers $DONE "^\{\"id\":\"$ADA\",\"email\":\"ada@example.com\",\"organization\":\"$ORG\"\}$" 'whoami' whoami
went 'whoami: the token is in the body' 'POST /v1/cli/auth/login {"token":"sat_ada"}'
is "$(sent '.headers | "\(.["x-satusky-api-key"]) \(.["x-satusky-user-email"]) \(.authorization) \(.["content-type"])"')" \
    'sat_ada null null application/json' 'the credential has a header of its own'

answers $DONE "^\{\"id\":\"$ORG\",\"name\":\"acme-prod\",\"namespace\":\"acme-prod-0d4a4f5e\",\"created\":\"2026-01-02T03:04:05Z\",\"updated\"" \
    'org list' 'org list'
is "$(wc -l <<< "$OUT")" 2 'org list: two'
like "$OUT" '"name":"acme-dev","description":"for trying"' 'org list: a description'
went 'org list: the request' "GET $AT/user"
fake '{"fault":{"path":"user$","sub":[["(?s)\"data\":.*","\"data\":null}"]]}}'
answers $DONE '^$' 'org list: null is none' 'org list'
jwt=eyJ$(printf '%1500s' '' | tr ' ' x)
answers $REFUSED 'not accepted' 'whoami with a long token' token="$jwt" whoami
is "$(sent .body.token)" "$jwt" 'which is sent whole'
answers $DONE "^\{\"id\":\"$ORG\",\"name\":\"acme-prod\"" 'org show' 'org show'
went 'org show: the request' "GET $AT/id/$ORG"
answers $DONE "^\{\"id\":\"$ORG\"" 'org find' 'org find' org=$ORG
went 'org find: an id' "GET $AT/id/$ORG"
before 'org find: a name' $USAGE 'acme-prod is no id of an organization' 'org find' org=acme-prod
before 'org find: no UUID' $USAGE 'is no id' 'org find' org=a-b-c-d-e
answers $DONE '^\{"id":"0a000000-0000-4000-8000-000000000004","name":"new","description":"d ü"' 'org create' 'org create' name=new description='d ü'
went 'org create: the request' "POST $AT/create {\"organization_name\":\"new\",\"description\":\"d ü\"}"
answers $DONE '"name":"plain"' 'org create without a description' 'org create' name=plain
went 'org create without a description: the request' "POST $AT/create {\"organization_name\":\"plain\"}"
answers $DONE '^$' 'org delete' 'org delete' org=0a000000-0000-4000-8000-000000000004
went 'org delete: no body' "POST $AT/delete/0a000000-0000-4000-8000-000000000004"
is "$(sent '.headers["content-length"]')" 0 'org delete: and it says so'

answers $DONE "^\{\"id\":\"$ADA\",\"email\":\"ada@example.com\",\"name\":\"Ada Admin\",\"roles\":\[\"admin\"\],\"state\":\"active\",\"joined\":\"2026-01-02T03:04:05Z\"\}$" \
    'member list' 'member list'
is "$(wc -l <<< "$OUT")" 3 'member list: three'
like "$OUT" '"email":"pat@example.com","roles":\["member"\],"state":"active"' 'member list: a name that is null is none'
went 'member list: the request' "GET $TEAM"
answers $DONE '^\{"outcome":"added","id":"0c000000-[^"]*","email":"kim@example.com","roles":\["member"\]\}$' 'member add' 'member add' email=kim@example.com
went 'member add: the role that its client sends' "POST $TEAM/add {\"email\":\"kim@example.com\",\"role\":\"member\"}"
answers $DONE '"email":"new@example.org","roles":\["admin"\]' 'member add with a role' 'member add' email=new@example.org role=admin
went 'member add with a role: the request' "POST $TEAM/add {\"email\":\"new@example.org\",\"role\":\"admin\"}"
answers $DONE '^$' 'member role' 'member role' user=$MIA role=admin
went 'member role: the membership is looked up' "GET $TEAM" "PUT $TEAM/$MEMBERSHIP/role {\"role\":\"admin\"}"
probe 'member list'
like "$OUT" "^\{\"id\":\"$MIA\".*\"roles\":\[\"admin\"\]" 'member role: it has changed'
answers $DONE '^$' 'member remove' 'member remove' user=$MIA
went 'member remove: the membership is looked up' "GET $TEAM" "DELETE $TEAM/$MEMBERSHIP"
probe 'member list'
unlike "$OUT" "$MIA" 'member remove: gone'
answers $DONE "\"id\":\"$MIA\"" 'who comes back' 'member add' email=mia@example.com
answers $REFUSED "status=1 .*GET .*/team: there is no member with the id $MEMBERSHIP" 'has another membership' 'member remove' user=$MEMBERSHIP
went 'but the same id: nothing is removed' "GET $TEAM"
answers $DONE '^reset.*' 'a watch lists everybody' watch 0 0
like "$OUT" "^member .*\"id\":\"$MIA\"" 'the member too'
like "$OUT" '^done 0$' 'and has no revisions'

fake '{"set":{"nobody":true}}'
probe 'member list'
like "$OUT" '^\{"id":"0b000000-0000-4000-8000-000000000003","email":"pat@example.com","roles":\["member"\],"state":"pending"' \
    'who has no account yet is pending, with an id of their own'
like "$OUT" "^\{\"id\":\"$MIA\".*\"state\":\"active\"" 'the others are not'
answers $DONE '^\{"outcome":"invited","id":"0b000000-0000-[^"]*","email":"late@example.org","roles"' 'inviting such a one' 'member add' email=late@example.org
answers $DONE '^$' 'and removing them' 'member remove' user=0b000000-0000-4000-8000-000000000003
went 'by the membership' "GET $TEAM" "DELETE $TEAM/0b000000-0000-4000-8000-000000000003"
answers $REFUSED 'no member with the id 00000000' 'nobody is no one' 'member remove' user=00000000-0000-0000-0000-000000000000
fake '{"reset":true}'

answers $DONE '"name":"acme-prod"' 'an e-mail address' option.email=ada@example.com 'org list'
is "$(sent '.headers["x-satusky-user-email"]')" ada@example.com 'goes into a header'
answers $REFUSED 'code=UNAUTHORIZED .*not of this user' 'a wrong one' option.email=mia@example.com 'org list'

# --- the documented dialect ---

D=(option.dialect=documented org=org_04k2000001)
HEADER='.headers["x-satusky-organization-id"]'
answers $DONE '"id":"org_04k2000001","name":"acme-prod","role":"admin"' 'documented: org list has a role' "${D[@]}" 'org list'
went 'documented: org list' "GET $AT"
answers $DONE '"id":"org_04k2000001"' 'documented: org show' "${D[@]}" 'org show'
went 'documented: org show: as shipped' "GET $AT/id/org_04k2000001"
answers $DONE '"id":"org_04k2000001"' 'documented: org find' "${D[@]}" 'org find' org=org_04k2000001
before 'documented: org find: a name' $USAGE 'is no id' "${D[@]}" 'org find' org=$ORG
answers $DONE '"id":"org_04k2000004","name":"new","role":"admin"' 'documented: org create' "${D[@]}" 'org create' name=new description=d
went 'documented: org create: the request' "POST $AT {\"name\":\"new\",\"description\":\"d\"}"
answers $DONE '^$' 'documented: org delete' "${D[@]}" 'org delete' org=org_04k2000004
went 'documented: org delete: as shipped' "POST $AT/delete/org_04k2000004"
answers $DONE '^\{"id":"usr_000001","email":"ada@example.com"' 'documented: member list' "${D[@]}" 'member list'
went 'documented: member list: the request' "GET $AT/users"
is "$(sent "$HEADER")" org_04k2000001 'documented: the organization is in a header'
answers $DONE '^\{"id":"usr_000001"' 'documented: another organization' "${D[@]}" 'member list' org=org_04k2000002
is "$(sent "$HEADER")" org_04k2000002 'documented: is in it instead'
answers $DONE '"email":"kim@example.com"' 'documented: member add' "${D[@]}" 'member add' email=kim@example.com
went 'documented: member add: the request' "POST $AT/users {\"email\":\"kim@example.com\",\"role\":\"member\"}"
answers $DONE '^$' 'documented: member role' "${D[@]}" 'member role' user=usr_000002 role=admin
went 'documented: member role: the request' "GET $AT/users" "PATCH $AT/users/ogu_01aa000002/role {\"role\":\"admin\"}"
is "$(sent "$HEADER" | sort -u)" org_04k2000001 'documented: both say which organization'
answers $DONE '^$' 'documented: member remove' "${D[@]}" 'member remove' user=usr_000002
went 'documented: member remove: the request' "GET $AT/users" "DELETE $AT/users/ogu_01aa000002"
answers $DONE "\"organization\":\"$ORG\"" 'documented: whoami' "${D[@]}" whoami
fake '{"reset":true}'

# --- no ---

answers $REFUSED 'http=401 .*code=UNAUTHORIZED .*401 UNAUTHORIZED: invalid or expired API key' 'a wrong token' token=sat_x 'org list'
answers $REFUSED 'login: the credential is not accepted: invalid or expired token$' 'a wrong token for whoami' token=sat_x whoami
answers $REFUSED 'the token belongs to no organization' 'a token without an organization' token=sat_loose whoami
answers $REFUSED 'http=403 .*code=FORBIDDEN' 'a member who may not' token=sat_mia 'org delete'
answers $REFUSED 'http=403' 'an organization of others' 'org show' org=0a000000-0000-4000-8000-000000000003
answers $REFUSED 'http=404 .*code=NOT_FOUND .*organization not found' 'no organization' 'org show' org=0a000000-0000-4000-8000-000000000009
answers $REFUSED 'http=400 .*INVALID_ID' 'no id' 'org show' org='a/b?c'
went 'no id: is one segment' "GET $AT/id/a%2Fb%3Fc"
answers $REFUSED 'http=409 .*CONFLICT: user is already a team member' 'a member twice' 'member add' email=mia@example.com
answers $REFUSED 'http=400 .*VALIDATION: role must be' 'a role that there is not' 'member add' email=a@b.c role=boss
fake '{"set":{"quota":2}}'
answers $REFUSED 'http=422 .*code=RESOURCE_EXHAUSTED .*organization limit reached, upgrade your plan$' 'an error that is an object' 'org create' name=more
fake '{"fault":{"status":400,"body":{"error":true,"message":"no","details":{"scope":"organization","limit":10}}}}'
answers $REFUSED 'http=400 .*400 no, scope: organization$' 'details' 'org list'
fake '{"fault":{"status":200,"body":{"error":true,"message":"not today","data":[]}}}'
answers $REFUSED 'http=200 .*200 not today$' 'a 200 that says no' 'org list'
fake '{"fault":{"status":502,"body":"upstream failure: token=hidden","kind":"text/plain"}}'
answers $UNREACHABLE 'http=502 .*502 no reason is given$' 'a body that is no JSON is not shown' 'org list'
fake '{"set":{"rate":1}}'
answers $UNREACHABLE 'http=429 retry=3 code=RATE_LIMITED' 'the rate limit between two requests' 'member role' user=$MIA role=admin
went 'the rate limit: nothing is tried again' "GET $TEAM" "PUT $TEAM/$MEMBERSHIP/role {\"role\":\"admin\"}"
fake '{"set":{"rate":99,"expired":true}}'
answers $REFUSED 'http=401' 'a token that has expired meanwhile' 'member list'
went 'is not tried twice' "GET $TEAM"
fake '{"reset":true}'

# --- before anything is sent ---

for op in 'org edit' 'member grant' 'member revoke' 'invitation list' 'invitation create' 'invitation resend' 'joincode list' 'role list' \
    'token create' 'audit list' 'billing show' 'subscription list' 'credit list' 'secret create' 'file upload'; do
    before "$op" $UNSUPPORTED "status=4 .*\"satusky\" has no \"$op\"" "$op"
done
before 'an argument that is not taken' $UNSUPPORTED '"satusky" takes no "permissions" for "member add"; it takes: org email role$' \
    'member add' email=a@b.c permissions=billing
before 'no address' $USAGE '"email" is missing' 'member add'
before 'no name' $USAGE '"name" is missing' 'org create'
before 'no user' $USAGE '"user" is missing' 'member remove'
before 'no role' $USAGE '"role" is missing' 'member role' user=$MIA
before 'a user that is no segment' $USAGE '"user" cannot be part of a path' 'member remove' user=..
before 'a role that is not UTF-8' $USAGE '"role" is too long or not UTF-8' 'member role' user=$MIA role=$'\xff'
before 'a dialect that there is not' $USAGE '"dialect" cannot be "other"; it is one of: shipped\|documented' option.dialect=other 'org list'
before 'an option that there is not' $USAGE 'no option "region"; there are dialect, email' option.region=eu 'org list'
before 'an e-mail address of two lines' $USAGE '"email" is too long or has control characters' option.email=$'a\nx-satusky-api-key: b' 'org list'
SETTINGS=(provider=satusky url="$URL/v1/cli")
before 'no token' $USAGE 'no credential' whoami
SETTINGS+=(token=sat_ada timeout=5000)
before 'no organization' $USAGE 'no organization' 'member list'
before 'documented: no organization' $USAGE 'no organization' option.dialect=documented 'member list'
SETTINGS+=(org="$ORG")
before 'documented: an organization of two lines' $USAGE 'header' option.dialect=documented 'member list' org=$'a\nb'

# --- hostile answers ---

hostile_answers '/team$' 'member list'
hostile_answers '/create$' 'org create' name=new
hostile_answers '/login$' whoami
hostile_refusals '/role$' 'member role' user=$MIA role=admin
hostile_refusals '/delete/[^/]*$' 'org delete'
hostile_values '/team$' user_email 'member list'
hostile_values '/team$' user_id 'member list'
hostile_values '/team$' role 'member list'
hostile_values '/user$' organization_id 'org list'
hostile_values '/id/[^/]*$' organization_name 'org show'
hostile $BAD '"id" is missing' '{"sub":[["\"(organization_user_id|user_id)\":\"[^\"]*\",",""]]}' 'member list'
hostile $BAD '"roles" is missing' '{"sub":[["\"role\":\"[^\"]*\",",""]]}' 'member list'
hostile $BAD '"data" is missing' '{"sub":[["(?s)\"data\":.*","\"data\":null}"]]}' 'member list'
hostile $BAD '"data" is no array' '{"body":{"error":false,"data":{"user_id":"u"}}}' 'member list'
hostile $BAD '"data" is empty' '{"body":{"error":false,"count":0,"data":[]}}' 'member list'
hostile $BAD '"id" is missing' '{"body":{"error":false,"data":[5,"a",null,[]]}}' 'member list'
hostile $BAD '"data" is no array' '{"path":"team$","body":{"data":5}}' 'member remove' user=$MIA
hostile $REFUSED 'no member with the id' '{"path":"team$","body":{"data":[5,{"user_id":7},{"user_id":"'$MIA'"}]}}' 'member remove' user=$MIA
went 'a member without a membership: nothing is removed' "GET $TEAM"
hostile $USAGE '"user" cannot be part of a path' "{\"sub\":[[\"$MEMBERSHIP\",\"..\"]]}" 'member remove' user=$MIA
went 'a membership that is no segment: nothing is removed' "GET $TEAM"
hostile $BAD 'neither true nor false' '{"sub":[["\"valid\":true","\"valid\":\"yes\""]]}' whoami
hostile $BAD '"organization" is missing' '{"sub":[["\"organization_id\":\"[^\"]*\",",""]]}' whoami
hostile $DONE '^$' '{"path":"role$","status":204}' 'member role' user=$MIA role=admin
hostile $REFUSED 'http=200 .*200 no$' '{"path":"role$","body":{"error":true,"message":"no"}}' 'member role' user=$MIA role=admin

fake '{"reset":true}'
fake '{"fault":{"sub":[["Ada Admin","\\u202eadA\\u001b[2J\\u009b"],["\"tier\":{","\"tier\":{\"error\":true,"]]}}'
answers $DONE '"name":"[^"]*' 'characters that turn and clear a screen' 'member list'
unlike "$OUT" $'\e' 'are data, escaped'
fake '{"reset":true}'
probe 'member list'
like "$OUT" 'Ada Admin' 'afterwards all is well'

elsewhere_unasked
done_testing
