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
refuses 1 'whoami: .*login: the credential is not accepted: invalid or expired token' 'a wrong token' \
    ada login "${THERE[@]}" --token-file "$T/wrong.token"
unlike "$err" 'sat_' 'is not shown'
refuses 1 'the token belongs to no organization' 'a token of no organization' ada login "${THERE[@]}" --token-file "$T/loose.token"
ok 'neither is stored' test ! -e "$T/ada/orgadmin/default.json"
does 'Logged in to .*/v1/cli as ada@example.com\. Organization: acme-prod\.' 'login' ada login "${THERE[@]}" --token-file "$T/ada.token"
does "^0c000000-[0-9-]*1 +ada@example.com +$ACME\$" 'whoami: with the organization of the token' ada whoami

# --- organizations ---
does "^$ACME acme-prod +2026" 'org list' ada org list
is "$(wc -l <<< "$out")" 3 'org list: both, and a header'
went 'org list: the request' "GET $AT/user"
does 'The current organization is acme-prod' 'org switch by name' ada org switch acme-prod
went 'looks in the list' "GET $AT/user"
does 'The current organization is acme-dev' 'org switch by id' ada org switch $DEV
went 'asks for it' "GET $AT/id/$DEV"
refuses 1 'no organization "acme-pro" .*acme-prod' 'org switch to one that there is not' ada org switch acme-pro
refuses 1 '403 FORBIDDEN' 'org switch to one of others' ada org switch $ZOES
does "^$DEV acme-dev" 'org current: the one that was chosen' ada org current
nothing_sent 'org current'
does "^$DEV acme-dev .* acme-dev-0d4a4f5f" 'org show -o wide: the namespace' ada org show -o wide
does 'The current organization is new' 'org create' ada org create new --set description=hello
went 'org create: the request' "POST $AT/create {\"organization_name\":\"new\",\"description\":\"hello\"}"
does '^description: hello$' 'org show -o yaml' ada org show -o yaml
refuses 2 'takes no "colour" for "org create"; it takes: name description' 'a field that there is not' ada org create x --set colour=red
nothing_sent 'a field that there is not'
refuses 2 'no terminal to ask on' 'org delete asks' ada org delete new
is "$(sent | grep -v '^GET')" '' 'and deletes nothing'
does 'new .* is deleted' 'org delete' ada org delete new --yes
changed "POST $AT/delete/0a000000-0000-4000-8000-000000000004"
refuses 3 'no organization is chosen' 'and none is current' ada org current
refuses 1 '403 FORBIDDEN: you do not have permission' 'org delete by a member' mia "${THERE[@]}" --token-file "$T/mia.token" org delete acme-prod --yes
refuses 1 '409 CONFLICT: organization name is taken' 'org create of a name that is taken' ada org create acme-dev
fake '{"set":{"quota":2}}'
refuses 1 '422 RESOURCE_EXHAUSTED: organization limit reached, upgrade your plan' 'org create beyond the limit' ada org create more
fake '{"set":{"quota":5}}'

# --- members ---
does acme-prod 'back again' ada org switch acme-prod
does '^0c000000-[0-9-]*1 ada@example.com +Ada Admin +admin +active' 'member list' ada member list
is "$(wc -l <<< "$out")" 7 'member list: all of them, and a header'
went 'member list: the request' "GET $TEAM"
as ada member list -o json
is "$(jq -r '"\(.organization.name) \(.members | length) \(.members[1].email) \(.members[1].roles[0])"' <<< "$out")" \
    'acme-prod 6 mia@example.com member' 'member list -o json: an export'
does 'mia@example.com +Mia Member +member' 'member show' ada member show mia@example.com
refuses 1 'acme-prod has no member "mia@example.co"' 'member show of nobody' ada member show mia@example.co
does '^kim@example.com is added to acme-prod\.$' 'member add of somebody known' ada member add kim@example.com
changed "POST $TEAM/add {\"email\":\"kim@example.com\",\"role\":\"member\"}"
does '^boss@example.org is added' 'member add with a role' ada member add boss@example.org --role admin
changed "POST $TEAM/add {\"email\":\"boss@example.org\",\"role\":\"admin\"}"
fake '{"set":{"nobody":true}}'
does '^late@example.org is invited to acme-prod\.$' 'member add of somebody without an account' ada member add late@example.org
does 'late@example.org +member +pending' 'who is pending' ada member list
does 'late@example.org is no longer' 'and can be removed' ada member remove late@example.org --yes
fake '{"set":{"nobody":false}}'
refuses 1 '409 CONFLICT: user is already a team member' 'member add of a member' ada member add kim@example.com
refuses 2 'takes no "permissions" for "member add"' 'permissions' ada member add x@example.org --permissions billing
is "$(sent | grep -v '^GET')" '' 'are not sent'
printf 'one@example.org admin\nkim@example.com\ntwo@example.org\n' > "$T/list"
as ada member add --file "$T/list"
is "$rc" 1 'member add --file, one of them a member'
like "$err" 'list:2: kim@example.com: .*409 CONFLICT' 'tells the line'
like "$err" '2 added, 0 changed; 0 members already, 1 failed, 0 not tried\.$' 'and how many'
does '^mia@example.com has the role admin in acme-prod\.$' 'member role' ada member role mia@example.com admin
changed "PUT $TEAM/0b000000-0000-4000-8000-000000000002/role {\"role\":\"admin\"}"
refuses 1 '400 VALIDATION: role must be admin or member' 'a role that there is not' ada member role mia@example.com boss
refuses 2 'no terminal to ask on' 'member remove asks' ada member remove mia@example.com
does '^mia@example.com is no longer in acme-prod\.$' 'member remove' ada member remove mia@example.com --yes
changed "DELETE $TEAM/0b000000-0000-4000-8000-000000000002"
refuses 1 'has no member "mia@example.com"' 'who is gone' ada member show mia@example.com

# --- what there is not ---
for command in 'org edit --name z' 'member grant ada@example.com admin' 'member revoke ada@example.com admin --yes' 'invitation list' 'joincode list' \
    'role list' 'token list' 'audit list' 'billing show' 'subscription list' 'credit list' 'secret list' 'file list'; do
    read -r noun verb _ <<< "$command"
    refuses 2 "\"satusky\" has no \"$noun $verb\"" "$noun $verb" ada $command
    is "$(sent | grep -v '^GET')" '' "$noun $verb: changes nothing"
done

# --- the documented dialect, without a login ---
D=("${THERE[@]}" --token-file "$T/ada.token" --provider-option dialect=documented)
does '^org_04k2000001 acme-prod admin' 'documented: org list, with the role' nobody "${D[@]}" org list
went 'documented: org list: the request' "GET $AT"
does '^usr_000001 +ada@example.com' 'documented: member list' nobody "${D[@]}" --org acme-prod member list
went 'documented: member list: the requests' "GET $AT" "GET $AT/users"
is "$(sent '.headers["x-satusky-organization-id"]' | tail -n 1)" org_04k2000001 'documented: the organization is in a header'
D+=(--org org_04k2000001)
does 'added' 'documented: member add' nobody "${D[@]}" member add mia@example.com --role admin
changed "POST $AT/users {\"email\":\"mia@example.com\",\"role\":\"admin\"}"
membership=$(curl -sS -H 'x-satusky-api-key: sat_ada' "$URL$AT/users" | jq -r '.data[] | select(.user_email == "mia@example.com").organization_user_id')
does 'has the role member' 'documented: member role' nobody "${D[@]}" member role mia@example.com member
changed "PATCH $AT/users/$membership/role {\"role\":\"member\"}"
does 'no longer' 'documented: member remove' nobody "${D[@]}" member remove mia@example.com --yes
changed "DELETE $AT/users/$membership"
does 'Logged in' 'documented: login' doc login "${THERE[@]}" --token-file "$T/ada.token" --provider-option dialect=documented
does '^org_04k2000001' 'documented: is remembered' doc org list
does 'The current organization is new' 'documented: org create' doc org create new --set description=d
changed "POST $AT {\"name\":\"new\",\"description\":\"d\"}"
does 'is deleted' 'documented: org delete' doc org delete new --yes
refuses 2 '"dialect" cannot be "x"; it is one of: shipped\|documented' 'a dialect that there is not' doc --provider-option dialect=x org list
does acme-prod 'an e-mail address' ada --provider-option email=ada@example.com org list
is "$(sent '.headers["x-satusky-user-email"]')" ada@example.com 'is sent along'

# --- an API that does not answer as it should ---
fake '{"set":{"rate":0}}'
refuses 4 '429 RATE_LIMITED: rate limit reached; try: repeat the command later' 'too many requests' ada org list
fake '{"reset":true}'
fake '{"fault":{"path":"team$","status":502,"body":"<html>"}}'
refuses 4 '502' 'a gateway that fails' ada member list
fake '{"fault":{"path":"role$","body":"<html>Log in</html>","kind":"text/html"}}'
refuses 4 'does not claim to be JSON' 'a portal in between does not pass for a success' ada member role mia@example.com admin
fake '{"set":{"expired":true}}'
refuses 1 '401 UNAUTHORIZED.*log in again' 'a token that has expired' ada member list

elsewhere_unasked
done_testing
