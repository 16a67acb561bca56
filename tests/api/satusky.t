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

answers $DONE "^\{\"id\":\"$ADA\",\"email\":\"ada@example.com\",\"organization\":\"$ORG\"\}$" 'whoami prints id, address and organization' whoami
went 'whoami sends the token in the body' 'POST /v1/cli/auth/login {"token":"sat_ada"}'
is "$(sent '.headers | "\(.["x-satusky-api-key"]) \(.["x-satusky-user-email"]) \(.authorization) \(.["content-type"])"')" \
    'sat_ada null null application/json' 'whoami sends the token in a header of its own'

answers $DONE "^\{\"id\":\"$ORG\",\"name\":\"acme-prod\",\"namespace\":\"acme-prod-0d4a4f5e\",\"created\":\"2026-01-02T03:04:05Z\",\"updated\"" \
    'org list prints an organization' 'org list'
is "$(wc -l <<< "$OUT")" 2 'org list prints both organizations'
like "$OUT" '"name":"acme-dev","description":"for trying"' 'org list prints a description'
went 'org list sends one request' "GET $AT/user"
fake '{"fault":{"path":"user$","sub":[["(?s)\"data\":.*","\"data\":null}"]]}}'
answers $DONE '^$' 'org list takes null for an empty list' 'org list'
jwt=eyJ$(printf '%1500s' '' | tr ' ' x)
answers $REFUSED 'not accepted' 'whoami refuses a long token that nobody has' token="$jwt" whoami
is "$(sent .body.token)" "$jwt" 'whoami sends a long token whole'
answers $DONE "^\{\"id\":\"$ORG\",\"name\":\"acme-prod\"" 'org show prints the organization' 'org show'
went 'org show sends one request' "GET $AT/id/$ORG"
answers $DONE "^\{\"id\":\"$ORG\"" 'org find of an id prints the organization' 'org find' org=$ORG
went 'org find sends the id' "GET $AT/id/$ORG"
before 'org find refuses a name' $USAGE 'acme-prod is not the id of an organization' 'org find' org=acme-prod
before 'org find refuses an id that is no UUID' $USAGE 'is not the id' 'org find' org=a-b-c-d-e
answers $DONE '^\{"id":"0a000000-0000-4000-8000-000000000004","name":"new","description":"d ü"' 'org create prints the new organization' 'org create' name=new description='d ü'
went 'org create sends name and description' "POST $AT/create {\"organization_name\":\"new\",\"description\":\"d ü\"}"
answers $DONE '"name":"plain"' 'org create without a description prints the new organization' 'org create' name=plain
went 'org create without a description sends the name alone' "POST $AT/create {\"organization_name\":\"plain\"}"
answers $DONE '^$' 'org delete succeeds without output' 'org delete' org=0a000000-0000-4000-8000-000000000004
went 'org delete sends no body' "POST $AT/delete/0a000000-0000-4000-8000-000000000004"
is "$(sent '.headers["content-length"]')" 0 'org delete sends Content-Length 0'

answers $DONE "^\{\"id\":\"$ADA\",\"email\":\"ada@example.com\",\"name\":\"Ada Admin\",\"roles\":\[\"admin\"\],\"state\":\"active\",\"joined\":\"2026-01-02T03:04:05Z\",\"membership\":\"0b000000-[0-9a-f-]*1\"\}$" \
    'member list prints id, address, name, role, state and time' 'member list'
is "$(wc -l <<< "$OUT")" 3 'member list prints three members'
like "$OUT" '"email":"pat@example.com","roles":\["member"\],"state":"active"' 'member list leaves out a name that is null'
went 'member list sends one request' "GET $TEAM"
answers $DONE '^\{"outcome":"added","id":"0c000000-[^"]*","email":"kim@example.com","roles":\["member"\]\}$' 'member add prints the added member' 'member add' email=kim@example.com
went 'member add sends the role member by default' "POST $TEAM/add {\"email\":\"kim@example.com\",\"role\":\"member\"}"
answers $DONE '"email":"new@example.org","roles":\["admin"\]' 'member add with a role prints the added admin' 'member add' email=new@example.org role=admin
went 'member add with a role sends that role' "POST $TEAM/add {\"email\":\"new@example.org\",\"role\":\"admin\"}"
answers $DONE '^$' 'member role succeeds without output' 'member role' user=$MIA role=admin
went 'member role looks the membership up' "GET $TEAM" "PUT $TEAM/$MEMBERSHIP/role {\"role\":\"admin\"}"
probe 'member list'
like "$OUT" "^\{\"id\":\"$MIA\".*\"roles\":\[\"admin\"\]" 'member list prints the changed role'
answers $DONE '^$' 'member remove succeeds without output' 'member remove' user=$MIA
went 'member remove looks the membership up' "GET $TEAM" "DELETE $TEAM/$MEMBERSHIP"
probe 'member list'
unlike "$OUT" "$MIA" 'member list does not print a removed member'
answers $DONE "\"id\":\"$MIA\"" 'member add prints a member who returns' 'member add' email=mia@example.com
answers $REFUSED "status=1 .*GET .*/team: there is no member with the id $MEMBERSHIP" 'member remove refuses the old membership of a returned member' 'member remove' user=$MEMBERSHIP
went 'member remove of an old membership removes nothing' "GET $TEAM"
answers $DONE '^reset.*' 'a watch begins with reset' watch 0 0
like "$OUT" "^member .*\"id\":\"$MIA\"" 'a watch prints every member'
like "$OUT" '^done 0$' 'a watch ends with revision 0'

fake '{"set":{"nobody":true}}'
probe 'member list'
like "$OUT" '^\{"id":"0b000000-0000-4000-8000-000000000003","email":"pat@example.com","roles":\["member"\],"state":"pending"' \
    'member list prints a person without an account as pending, with an id'
like "$OUT" "^\{\"id\":\"$MIA\".*\"state\":\"active\"" 'member list prints the other members as active'
answers $DONE '^\{"outcome":"invited","id":"0b000000-0000-[^"]*","email":"late@example.org","roles"' 'member add prints a person without an account as invited' 'member add' email=late@example.org
answers $DONE '^$' 'member remove of a pending person succeeds' 'member remove' user=0b000000-0000-4000-8000-000000000003
went 'member remove of a pending person looks the membership up' "GET $TEAM" "DELETE $TEAM/0b000000-0000-4000-8000-000000000003"
answers $REFUSED 'no member with the id 00000000' 'member remove refuses the empty UUID' 'member remove' user=00000000-0000-0000-0000-000000000000
fake '{"reset":true}'

answers $DONE '"name":"acme-prod"' 'org list with the option email succeeds' option.email=ada@example.com 'org list'
is "$(sent '.headers["x-satusky-user-email"]')" ada@example.com 'org list sends the option email in a header'
answers $REFUSED 'code=UNAUTHORIZED .*not of this user' 'org list with the e-mail address of another user is refused' option.email=mia@example.com 'org list'

# --- the documented dialect ---

D=(option.dialect=documented org=org_04k2000001)
HEADER='.headers["x-satusky-organization-id"]'
answers $DONE '"id":"org_04k2000001","name":"acme-prod","role":"admin"' 'org list in the documented dialect prints the role' "${D[@]}" 'org list'
went 'org list in the documented dialect sends one request' "GET $AT"
answers $DONE '"id":"org_04k2000001"' 'org show in the documented dialect prints the organization' "${D[@]}" 'org show'
went 'org show in the documented dialect sends the request of the shipped one' "GET $AT/id/org_04k2000001"
answers $DONE '"id":"org_04k2000001"' 'org find in the documented dialect of an id prints the organization' "${D[@]}" 'org find' org=org_04k2000001
before 'org find in the documented dialect refuses a UUID' $USAGE 'is not the id' "${D[@]}" 'org find' org=$ORG
answers $DONE '"id":"org_04k2000004","name":"new","role":"admin"' 'org create in the documented dialect prints the new organization' "${D[@]}" 'org create' name=new description=d
went 'org create in the documented dialect sends name and description' "POST $AT {\"name\":\"new\",\"description\":\"d\"}"
answers $DONE '^$' 'org delete in the documented dialect succeeds' "${D[@]}" 'org delete' org=org_04k2000004
went 'org delete in the documented dialect sends the request of the shipped one' "POST $AT/delete/org_04k2000004"
answers $DONE '^\{"id":"usr_000001","email":"ada@example.com"' 'member list in the documented dialect prints the members' "${D[@]}" 'member list'
went 'member list in the documented dialect sends one request' "GET $AT/users"
is "$(sent "$HEADER")" org_04k2000001 'member list in the documented dialect names the organization in a header'
answers $DONE '^\{"id":"usr_000001"' 'member list in the documented dialect takes another organization' "${D[@]}" 'member list' org=org_04k2000002
is "$(sent "$HEADER")" org_04k2000002 'member list in the documented dialect names another organization in the header'
answers $DONE '"email":"kim@example.com"' 'member add in the documented dialect prints the added member' "${D[@]}" 'member add' email=kim@example.com
went 'member add in the documented dialect sends address and role' "POST $AT/users {\"email\":\"kim@example.com\",\"role\":\"member\"}"
answers $DONE '^$' 'member role in the documented dialect succeeds' "${D[@]}" 'member role' user=usr_000002 role=admin
went 'member role in the documented dialect looks the membership up' "GET $AT/users" "PATCH $AT/users/ogu_01aa000002/role {\"role\":\"admin\"}"
is "$(sent "$HEADER" | sort -u)" org_04k2000001 'member role in the documented dialect names the organization in both requests'
answers $DONE '^$' 'member remove in the documented dialect succeeds' "${D[@]}" 'member remove' user=usr_000002
went 'member remove in the documented dialect looks the membership up' "GET $AT/users" "DELETE $AT/users/ogu_01aa000002"
answers $DONE "\"organization\":\"$ORG\"" 'whoami in the documented dialect prints the organization' "${D[@]}" whoami
fake '{"reset":true}'

# --- no ---

answers $REFUSED 'http=401 .*code=UNAUTHORIZED .*401 UNAUTHORIZED: invalid or expired API key' 'org list reports a wrong token' token=sat_x 'org list'
answers $REFUSED 'login: the credential is not accepted: invalid or expired token$' 'whoami reports a wrong token' token=sat_x whoami
answers $REFUSED 'the token belongs to no organization' 'whoami refuses a token without an organization' token=sat_loose whoami
answers $REFUSED 'http=403 .*code=FORBIDDEN' 'org delete by a plain member is refused' token=sat_mia 'org delete'
answers $REFUSED 'http=403' 'org show of an organization of others is refused' 'org show' org=0a000000-0000-4000-8000-000000000003
answers $REFUSED 'http=404 .*code=NOT_FOUND .*organization not found' 'org show reports an unknown organization' 'org show' org=0a000000-0000-4000-8000-000000000009
answers $REFUSED 'http=400 .*INVALID_ID' 'org show reports an id that is none' 'org show' org='a/b?c'
went 'org show sends an id with a slash as one segment' "GET $AT/id/a%2Fb%3Fc"
answers $REFUSED 'http=409 .*CONFLICT: user is already a team member' 'member add reports a person who is a member' 'member add' email=mia@example.com
answers $REFUSED 'http=400 .*VALIDATION: role must be' 'member add reports an unknown role' 'member add' email=a@b.c role=boss
fake '{"set":{"quota":2}}'
answers $REFUSED 'http=422 .*code=RESOURCE_EXHAUSTED .*organization limit reached, upgrade your plan$' 'org create reports an error that is an object' 'org create' name=more
fake '{"fault":{"status":400,"body":{"error":true,"message":"no","details":{"scope":"organization","limit":10}}}}'
answers $REFUSED 'http=400 .*400 no, scope: organization$' 'org list reports the details of an error' 'org list'
fake '{"fault":{"status":200,"body":{"error":true,"message":"not today","data":[]}}}'
answers $REFUSED 'http=200 .*200 not today$' 'org list takes a 200 with an error for a refusal' 'org list'
fake '{"fault":{"status":502,"body":"upstream failure: token=hidden","kind":"text/plain"}}'
answers $UNREACHABLE 'http=502 .*502 no reason is given$' 'org list does not print an error body that is no JSON' 'org list'
fake '{"set":{"rate":1}}'
answers $UNREACHABLE 'http=429 retry=3 code=RATE_LIMITED' 'member role reports the rate limit between its two requests' 'member role' user=$MIA role=admin
went 'member role under the rate limit tries nothing again' "GET $TEAM" "PUT $TEAM/$MEMBERSHIP/role {\"role\":\"admin\"}"
fake '{"set":{"rate":99,"expired":true}}'
answers $REFUSED 'http=401' 'member list reports a token that has expired' 'member list'
went 'member list does not try an expired token twice' "GET $TEAM"
fake '{"reset":true}'

# --- before anything is sent ---

for op in 'org edit' 'member grant' 'member revoke' 'invitation list' 'invitation create' 'invitation resend' 'joincode list' 'role list' \
    'token create' 'audit list' 'billing show' 'subscription list' 'credit list' 'secret create' 'file upload'; do
    before "the provider satusky refuses $op" $UNSUPPORTED "status=4 .*\"satusky\" has no \"$op\"" "$op"
done
before 'member add refuses an argument that the vendor does not take' $UNSUPPORTED '"satusky" takes no "permissions" for "member add"; it takes: org email role$' \
    'member add' email=a@b.c permissions=billing
before 'member add refuses to run without an address' $USAGE '"email" is missing' 'member add'
before 'org create refuses to run without a name' $USAGE '"name" is missing' 'org create'
before 'member remove refuses to run without a user' $USAGE '"user" is missing' 'member remove'
before 'member role refuses to run without a role' $USAGE '"role" is missing' 'member role' user=$MIA
before 'member remove refuses a user that is no path segment' $USAGE '"user" cannot be part of a path' 'member remove' user=..
before 'member role refuses a role that is not UTF-8' $USAGE '"role" is too long or not UTF-8' 'member role' user=$MIA role=$'\xff'
before 'org list refuses an unknown dialect' $USAGE '"dialect" cannot be "other"; it is one of: shipped\|documented' option.dialect=other 'org list'
before 'org list refuses an unknown option' $USAGE 'no option "region"; there are dialect, email' option.region=eu 'org list'
before 'org list refuses an e-mail address of two lines' $USAGE '"email" is too long or has control characters' option.email=$'a\nx-satusky-api-key: b' 'org list'
SETTINGS=(provider=satusky url="$URL/v1/cli")
before 'whoami refuses to run without a token' $USAGE 'no credential' whoami
SETTINGS+=(token=sat_ada timeout=5000)
before 'member list refuses to run without an organization' $USAGE 'no organization' 'member list'
before 'member list in the documented dialect refuses to run without an organization' $USAGE 'no organization' option.dialect=documented 'member list'
SETTINGS+=(org="$ORG")
before 'member list in the documented dialect refuses an organization of two lines' $USAGE 'header' option.dialect=documented 'member list' org=$'a\nb'

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
HOSTILE_NAME='member list refuses a member without an id' hostile $BAD '"id" is missing' '{"sub":[["\"(organization_user_id|user_id)\":\"[^\"]*\",",""]]}' 'member list'
HOSTILE_NAME='member list refuses a member without a role' hostile $BAD '"roles" is missing' '{"sub":[["\"role\":\"[^\"]*\",",""]]}' 'member list'
HOSTILE_NAME='member list refuses data that is an object' hostile $BAD '"data" is no array' '{"body":{"error":false,"data":{"user_id":"u"}}}' 'member list'
fake '{"fault":{"path":"team$","body":{"error":false,"count":0,"data":[]}}}'
answers $DONE '^$' 'member list takes an empty team' 'member list'
fake '{"fault":{"path":"team$","body":{"error":false,"count":0,"data":null}}}'
answers $DONE '^$' 'member list takes null for an empty team' 'member list'
HOSTILE_NAME='member list refuses members that are no objects' hostile $BAD '"id" is missing' '{"body":{"error":false,"data":[5,"a",null,[]]}}' 'member list'
HOSTILE_NAME='member remove refuses data that is a number' hostile $BAD '"data" is no array' '{"path":"team$","body":{"data":5}}' 'member remove' user=$MIA
HOSTILE_NAME='member remove finds no member without a membership' hostile $REFUSED 'no member with the id' '{"path":"team$","body":{"data":[5,{"user_id":7},{"user_id":"'$MIA'"}]}}' 'member remove' user=$MIA
went 'member remove changes nothing for a member without a membership' "GET $TEAM"
HOSTILE_NAME='member remove refuses a membership that is no path segment' hostile $USAGE '"user" cannot be part of a path' "{\"sub\":[[\"$MEMBERSHIP\",\"..\"]]}" 'member remove' user=$MIA
went 'member remove changes nothing for a membership that is no path segment' "GET $TEAM"
HOSTILE_NAME='whoami refuses a validity that is no boolean' hostile $BAD 'neither true nor false' '{"sub":[["\"valid\":true","\"valid\":\"yes\""]]}' whoami
HOSTILE_NAME='whoami refuses an account without an organization' hostile $BAD '"organization" is missing' '{"sub":[["\"organization_id\":\"[^\"]*\",",""]]}' whoami
HOSTILE_NAME='member role accepts a 204' hostile $DONE '^$' '{"path":"role$","status":204}' 'member role' user=$MIA role=admin
HOSTILE_NAME='member role takes a 200 with an error for a refusal' hostile $REFUSED 'http=200 .*200 no$' '{"path":"role$","body":{"error":true,"message":"no"}}' 'member role' user=$MIA role=admin

fake '{"reset":true}'
fake '{"fault":{"sub":[["Ada Admin","\\u202eadA\\u001b[2J\\u009b"],["\"tier\":{","\"tier\":{\"error\":true,"]]}}'
answers $DONE '"name":"[^"]*' 'member list accepts a name with control characters' 'member list'
unlike "$OUT" $'\e' 'member list escapes the control characters of a name'
fake '{"reset":true}'
probe 'member list'
like "$OUT" 'Ada Admin' 'member list reads the usual answer after the hostile ones'

elsewhere_unasked
done_testing
