#!/bin/bash
# Every command for Satusky, against its fake, in both of its dialects.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../api/vendor.sh"
. "$(dirname "$0")/vendor.sh"
fake_start satusky --members 3
ACME=0a000000-0000-4000-8000-000000000001 DEV=0a000000-0000-4000-8000-000000000002 ZOES=0a000000-0000-4000-8000-000000000003
AT=/v1/cli/organizations
TEAM=$AT/id/$ACME/team
for n in ada mia loose; do token $n sat_$n; done
token wrong sat_x
THERE=(--provider satusky --url "$URL/v1/cli")

# --- login ---
refuses 1 'whoami: .*login: the credential is not accepted: invalid or expired token' 'login refuses a wrong token' \
    ada login "${THERE[@]}" --token-file "$T/wrong.token"
unlike "$err" 'sat_' 'login does not print the wrong token'
refuses 1 'the token belongs to no organization' 'login refuses a token of no organization' ada login "${THERE[@]}" --token-file "$T/loose.token"
ok 'a refused login stores nothing' test ! -e "$T/ada/orgadmin/default.json"
does 'Logged in to .*/v1/cli as ada@example.com\. Organization: acme-prod\.' 'login succeeds and chooses the organization of the token' ada login "${THERE[@]}" --token-file "$T/ada.token"
is "$(sent '"\(.path) \(.headers["x-satusky-user-email"])"' | tr '\n' ' ')" "/v1/cli/auth/login null $AT/user ada@example.com " 'login sends the address once it is known, as the client does'
as ada org list; is "$(sent '.headers["x-satusky-user-email"]')" ada@example.com 'later commands send the address in a header'
does "^0c000000-[0-9-]*1 +ada@example.com +$ACME\$" 'whoami prints the organization of the token' ada whoami

# --- organizations ---
does "^$ACME acme-prod +2026" 'org list prints an organization' ada org list
is "$(wc -l <<< "$out")" 3 'org list prints both organizations and a header'
went 'org list sends one request' "GET $AT/user"
does 'The current organization is acme-prod' 'org switch takes a name' ada org switch acme-prod
went 'org switch by name asks for the list' "GET $AT/user"
does 'The current organization is acme-dev' 'org switch takes an id' ada org switch $DEV
went 'org switch by id asks for that organization' "GET $AT/id/$DEV"
refuses 1 'no organization "acme-pro" .*acme-prod' 'org switch suggests the right spelling of a mistyped name' ada org switch acme-pro
refuses 1 '403 FORBIDDEN' 'org switch to an organization of others is refused' ada org switch $ZOES
does "^$DEV acme-dev" 'org current prints the organization chosen last' ada org current
nothing_sent 'org current'
does "^$DEV acme-dev .* acme-dev-0d4a4f5f" 'org show -o wide prints the namespace' ada org show -o wide
does 'The current organization is new' 'org create takes a name and a description' ada org create new --set description=hello
went 'org create sends name and description' "POST $AT/create {\"organization_name\":\"new\",\"description\":\"hello\"}"
does '^description: hello$' 'org show -o yaml prints the description' ada org show -o yaml
refuses 2 'takes no "colour" for "org create"; it takes: name description' 'org create refuses an unknown field' ada org create x --set colour=red
nothing_sent 'org create with an unknown field'
refuses 2 'no terminal to ask on' 'org delete refuses without a terminal and --yes' ada org delete new
is "$(sent | grep -v '^GET')" '' 'a refused org delete sends no change'
does 'new .* is deleted' 'org delete --yes deletes an organization' ada org delete new --yes
changed "POST $AT/delete/0a000000-0000-4000-8000-000000000004"
refuses 3 'no organization is chosen' 'org current refuses after its organization was deleted' ada org current
refuses 1 '403 FORBIDDEN: you do not have permission' 'org delete by a plain member is refused' mia "${THERE[@]}" --token-file "$T/mia.token" org delete acme-prod --yes
refuses 1 '409 CONFLICT: organization name is taken' 'org create reports a name that is taken' ada org create acme-dev
fake '{"set":{"quota":2}}'
refuses 1 '422 RESOURCE_EXHAUSTED: organization limit reached, upgrade your plan' 'org create reports the limit of organizations' ada org create more
fake '{"set":{"quota":5}}'

# --- members ---
does acme-prod 'org switch takes an organization after a deletion' ada org switch acme-prod
does '^0c000000-[0-9-]*1 ada@example.com +Ada Admin +admin +active' 'member list prints id, address, name, role and state' ada member list
is "$(wc -l <<< "$out")" 7 'member list prints every member and a header'
went 'member list sends one request' "GET $TEAM"
is "$err" 'This API does not tell who is only invited: such people are listed as active.' 'member list says what the API does not tell'
as ada member list -o csv; is "$err" '' 'and keeps it from programs'
as ada member list -o json
is "$(jq -r '"\(.organization.name) \(.members | length) \(.members[1].email) \(.members[1].roles[0])"' <<< "$out")" \
    'acme-prod 6 mia@example.com member' 'member list -o json prints the organization and its members'
does 'mia@example.com +Mia Member +member' 'member show takes an e-mail address' ada member show mia@example.com
does 'mia@example.com +Mia Member' 'member show takes the name that a host gives a member' ada member show mia
does '^mia has the role member in acme-prod\.$' 'member role takes the name that a host gives a member' ada member role mia member
refuses 1 'acme-prod has no member "mia@example.co"' 'member show refuses an unknown address' ada member show mia@example.co
does '^kim@example.com is added to acme-prod\.$' 'member add says that a known person is added' ada member add kim@example.com
changed "POST $TEAM/add {\"email\":\"kim@example.com\",\"role\":\"member\"}"
does '^boss@example.org is added' 'member add --role adds an admin' ada member add boss@example.org --role admin
changed "POST $TEAM/add {\"email\":\"boss@example.org\",\"role\":\"admin\"}"
fake '{"set":{"nobody":true}}'
does '^late@example.org is invited to acme-prod\.$' 'member add says that a person without an account is invited' ada member add late@example.org
does 'late@example.org +member +pending' 'member list prints an invited person as pending' ada member list
does 'late@example.org is no longer' 'member remove --yes removes a pending person' ada member remove late@example.org --yes
fake '{"set":{"nobody":false}}'
refuses 1 '409 CONFLICT: user is already a team member' 'member add reports a person who is a member' ada member add kim@example.com
refuses 2 'takes no "permissions" for "member add"' 'member add refuses --permissions' ada member add x@example.org --permissions billing
is "$(sent | grep -v '^GET')" '' 'a refused member add sends no change'
printf 'one@example.org admin\nkim@example.com\ntwo@example.org\n' > "$T/list"
as ada member add --file "$T/list"
is "$rc" 0 'member add --file ends with 0 when one person is a member'
like "$err" 'list:2: kim@example.com is a member of acme-prod already as member\.' 'member add --file names who is a member'
like "$err" '2 added, 0 changed; 1 there already, 0 failed, 0 not tried\.$' 'member add --file counts the added and the members'
as ada member add --file "$T/list"
is "$rc/$(sent | grep -v '^GET ')" 0/ 'member add --file a second time changes nothing, and ends with 0'
does "Not sent: PUT $TEAM/0b000000-0000-4000-8000-000000000002/role \{\"role\":\"admin\"\}" 'member role --dry-run finds the membership and shows the request' ada member role mia@example.com admin --dry-run
is "$(sent | grep -v '^GET ')" '' 'member role --dry-run sends no change'
does '^mia@example.com has the role admin in acme-prod\.$' 'member role changes the role of a member' ada member role mia@example.com admin
changed "PUT $TEAM/0b000000-0000-4000-8000-000000000002/role {\"role\":\"admin\"}"
refuses 1 '400 VALIDATION: role must be admin or member' 'member role reports an unknown role' ada member role mia@example.com boss
refuses 2 'no terminal to ask on' 'member remove refuses without a terminal and --yes' ada member remove mia@example.com
does '^mia@example.com is no longer in acme-prod\.$' 'member remove --yes removes a member' ada member remove mia@example.com --yes
changed "DELETE $TEAM/0b000000-0000-4000-8000-000000000002"
refuses 1 'has no member "mia@example.com"' 'member show does not find a removed member' ada member show mia@example.com

fake '{"fault":{"path":"team$","body":{"error":false,"count":0,"data":[]}}}'
as ada member list; is "$rc/$err" '0/No members.' 'member list takes an empty team'

# --- what there is not ---
for command in 'org edit --name z' 'member grant ada@example.com admin' 'member revoke ada@example.com admin --yes' 'invitation list' 'joincode list' \
    'role list' 'token list' 'audit list' 'billing show' 'subscription list' 'credit list' 'secret list' 'file list'; do
    read -r noun verb _ <<< "$command"
    refuses 2 "\"satusky\" has no \"$noun $verb\"" "orgadmin refuses $noun $verb, which Satusky has not" ada $command
    is "$(sent | grep -v '^GET')" '' "unsupported $noun $verb sends no change"
done

# --- the documented dialect, without a login ---
D=("${THERE[@]}" --token-file "$T/ada.token" --provider-option dialect=documented)
does '^org_04k2000001 acme-prod admin' 'org list in the documented dialect prints the role' nobody "${D[@]}" org list
went 'org list in the documented dialect sends one request' "GET $AT"
does '^usr_000001 +ada@example.com' 'member list in the documented dialect prints a member' nobody "${D[@]}" --org acme-prod member list
went 'member list in the documented dialect sends two requests' "GET $AT" "GET $AT/users"
is "$(sent '.headers["x-satusky-organization-id"]' | tail -n 1)" org_04k2000001 'member list in the documented dialect names the organization in a header'
D+=(--org org_04k2000001)
does 'added' 'member add in the documented dialect adds an admin' nobody "${D[@]}" member add mia@example.com --role admin
changed "POST $AT/users {\"email\":\"mia@example.com\",\"role\":\"admin\"}"
membership=$(curl -sS -H 'x-satusky-api-key: sat_ada' "$URL$AT/users" | jq -r '.data[] | select(.user_email == "mia@example.com").organization_user_id')
does "$membership" 'member list -o wide in the documented dialect prints the id of the membership' nobody "${D[@]}" member list -o wide
like "$membership" '^ogu_' 'which begins with ogu_'
as nobody "${D[@]}" member list; unlike "$out" ogu_ 'a plain table leaves it out'
does "$membership has the role admin" 'member role takes the id of a membership' nobody "${D[@]}" member role "$membership" admin
changed "PATCH $AT/users/$membership/role {\"role\":\"admin\"}"
does 'has the role member' 'member role in the documented dialect changes the role' nobody "${D[@]}" member role mia@example.com member
changed "PATCH $AT/users/$membership/role {\"role\":\"member\"}"
does 'no longer' 'member remove in the documented dialect removes a member' nobody "${D[@]}" member remove mia@example.com --yes
changed "DELETE $AT/users/$membership"
does 'Logged in' 'login in the documented dialect succeeds' doc login "${THERE[@]}" --token-file "$T/ada.token" --provider-option dialect=documented
does '^org_04k2000001' 'login stores the documented dialect' doc org list
does 'The current organization is new' 'org create in the documented dialect makes an organization' doc org create new --set description=d
changed "POST $AT {\"name\":\"new\",\"description\":\"d\"}"
does 'is deleted' 'org delete in the documented dialect deletes an organization' doc org delete new --yes
refuses 2 '"dialect" cannot be "x"; it is one of: shipped\|documented' 'orgadmin refuses an unknown dialect' doc --provider-option dialect=x org list
does acme-prod 'org list takes the option email' ada --provider-option email=ada@example.com org list
is "$(sent '.headers["x-satusky-user-email"]')" ada@example.com 'the option email is sent as a header'

# --- an API that does not answer as it should ---
fake '{"set":{"rate":0}}'
refuses 4 '429 RATE_LIMITED: rate limit reached; try: repeat the command later' 'org list reports the rate limit' ada org list
fake '{"reset":true}'
fake '{"fault":{"path":"team$","status":502,"body":"<html>"}}'
refuses 4 '502' 'member list fails when a gateway answers 502' ada member list
fake '{"fault":{"path":"role$","body":"<html>Log in</html>","kind":"text/html"}}'
refuses 4 'does not claim to be JSON' 'member role fails when a portal answers 200 in HTML' ada member role mia@example.com admin
fake '{"set":{"expired":true}}'
refuses 1 '401 UNAUTHORIZED.*log in again' 'member list reports an expired token' ada member list

elsewhere_unasked
done_testing
