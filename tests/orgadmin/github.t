#!/bin/bash
# Every command for GitHub, against its fake.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../api/vendor.sh"
. "$(dirname "$0")/vendor.sh"
need openssl
openssl genrsa -traditional -out "$T/app.pem" 2048 2> "$T/openssl"
openssl rsa -in "$T/app.pem" -pubout -out "$T/app.pub" 2> "$T/openssl"
chmod 600 "$T/app.pem"
fake_start github --fault "lag=120,app_key=$T/app.pub"
BASE=/orgs/acme
for n in ada mia out; do token $n ghp_$n; done
token bare ghp_bare_mia

# --- login ---
refuses 1 'whoami: .*401 Bad credentials' 'login refuses a wrong token' no login --provider github --url "$URL" --token-file <(echo ghp_nobody)
does 'Logged in to .* as ada' 'login succeeds' ada login --provider github --url "$URL" --token-file "$T/ada.token"
does '^1 +ada +Ada' 'whoami prints number, login and name' ada whoami
does '^acme +acme' 'org list prints the organization' ada org list
does 'current organization is acme' 'org switch takes the name' ada org switch acme
does 'Acme Corp' 'org show prints the display name' ada org show -o wide

# --- members ---
does '^2 +Mia +member +active$' 'member list prints number, login and role' ada member list
is "$(wc -l <<< "$out")" 7 'member list prints every person and a header'
as ada member list -o json
is "$(jq -r '.organization.id + " " + ([.members[] | .id + ":" + .roles[0]] | join(" "))' <<< "$out")" 'acme 1:owner 2:member 3:member 4:member 5:member 6:member' \
    'member list -o json prints what the provider file reads'
does '^3 +bob' 'member show takes a login' ada member show bob
does '^2 +Mia' 'member show takes a login in small letters' ada member show mia
does '^2 +Mia' 'member show takes a number' ada member show 2
refuses 1 'acme has no member "bbo".*bob' 'member show suggests the right spelling' ada member show bbo
does 'mia has the role owner in acme' 'member role makes an owner' ada member role mia owner
changed "PUT $BASE/memberships/Mia {\"role\":\"admin\"}"
does 'mia has the role member in acme' 'member role makes a member' ada member role mia member
refuses 1 'acme has no role "admin"; there are owner member' 'member role names the roles that there are' ada member role mia admin
refuses 1 '403 You cannot demote the last admin' 'member role reports the last owner' ada member role ada member
does '"role":"admin"' 'member role --dry-run prints the request' ada member role mia owner --dry-run
is "$(sent | grep -v '^GET')" '' 'member role --dry-run changes nothing'
does 'bob is no longer in acme' 'member remove --yes removes a member' ada member remove bob --yes
changed "DELETE $BASE/memberships/bob"
refuses 1 'no member "bob"' 'a removed member is none any more' ada member remove bob --yes
does 'new@example.com is invited to acme' 'member add invites' ada member add new@example.com
changed "POST $BASE/invitations {\"email\":\"new@example.com\",\"role\":\"direct_member\"}"
refuses 2 'takes no "permissions" for "member add"' 'member add refuses --permissions' ada member add x@example.com --permissions a
refuses 1 '404 Not Found' 'member list of a stranger prints nothing' out member list --provider github --url "$URL" --token-file "$T/out.token" --org acme
refuses 1 'lacks the scope read:org' 'member list with a token that sees public members prints nothing' bare member list --provider github --url "$URL" --token-file "$T/bare.token" --org acme
refuses 1 '403' 'member remove by a plain member is refused' mia member remove ada --yes --provider github --url "$URL" --token-file "$T/mia.token" --org acme

# --- invitations, roles, audit log ---
does '^801 +pat +member' 'invitation list prints who is invited by login' ada invitation list
does '^802 +eve@example.com +owner' 'invitation list prints who is invited by address' ada invitation list
does 'o@example.com is invited' 'invitation create with a role' ada invitation create o@example.com --role owner
changed "POST $BASE/invitations {\"email\":\"o@example.com\",\"role\":\"admin\"}"
does 'eve@example.com is no longer invited' 'invitation revoke takes an address' ada invitation revoke eve@example.com --yes
changed "DELETE $BASE/invitations/802"
does 'pat is no longer invited' 'invitation revoke takes a login' ada invitation revoke pat --yes
does '^owner' 'role list prints the roles' ada role list
does 'org.add_member .*Mia' 'audit list prints events' ada audit list
is "$(wc -l <<< "$out")" 121 'audit list reads every page'
does 'team.create' 'audit list --action asks for one action' ada audit list --action team.create --from 2026-01-01
like "$(sent | tail -n 1)" 'phrase=action%3Ateam.create%20created%3A2026-01-01' 'audit list --action and --from send a phrase'
refuses 2 'has no "joincode list"' 'joincode list is refused' ada joincode list
nothing_sent 'joincode list'

# --- teams ---
does '^31 +ops +Ops *$' 'team list prints number, slug and name' ada team list
does '^32 +ops-night +Ops: night +ops$' 'team list prints the parent of a team' ada team list
does '^2 +Mia +maintainer$' 'team show prints a maintainer' ada team show ops
is "$(wc -l <<< "$out")" 2 'team show prints the members alone (bob, of a child team, was removed)'
does '^1 +ada +maintainer$' 'team show prints an owner as a maintainer of each team' ada team show Security
does '^2 +Mia' 'team show takes a number' ada team show 31
refuses 1 'acme has no team "opps".*ops' 'team show suggests the right spelling' ada team show opps
does '0zero is in the team ops' 'team add adds a member' ada team add ops 0zero
changed "PUT $BASE/teams/ops/memberships/0zero {\"role\":\"member\"}"
does 'sus is in the team ops' 'team add --role adds a maintainer' ada team add ops sus --role maintainer
changed "PUT $BASE/teams/ops/memberships/sus {\"role\":\"maintainer\"}"
refuses 2 'no role "admin"; it is one of: maintainer, member' 'team add refuses an unknown role' ada team add ops sus --role admin
refuses 1 'acme has no member "nobody"' 'team add refuses who is no member' ada team add ops nobody
does '^5 +0zero +member$' 'team show prints who was added' ada team show ops
does 'PUT /orgs/acme/teams/ops/memberships/0zero' 'team add --dry-run prints the request' ada team add ops 0zero --dry-run
refuses 2 'no terminal to ask on' 'team remove refuses without a terminal and --yes' ada team remove ops 0zero
does '0zero is no longer in the team ops' 'team remove --yes takes a member out' ada team remove ops 0zero --yes
changed "DELETE $BASE/teams/ops/memberships/0zero"
refuses 1 '404' 'team remove reports who is not in the team' ada team remove ops 0zero --yes

# --- an App ---
does 'Logged in to .* as orglogin' 'login takes the private key of an App' app login --provider github --url "$URL" --provider-option app_id=99 --token-file "$T/app.pem"
does '^99 +orglogin +Orglogin' 'whoami prints the App' app whoami
does '^acme +acme' 'org list prints where the App is installed' app org list
does '^3?1 +ops' 'team list of an App' app team list --org acme
does '^2 +Mia' 'member list takes the private key of an App' app2 member list --provider github --url "$URL" --org acme --provider-option app_id=99 --token-file "$T/app.pem"
fake '{"set":{"permission":"read"}}'
refuses 1 '422 .*not granted' 'an App that may only read has no token that writes' app2 member remove mia --yes --provider github --url "$URL" --org acme \
    --provider-option app_id=99 --provider-option permission=write --token-file "$T/app.pem"
fake '{"set":{"permission":"write"}}'
does 'mia is no longer in acme' 'an App that may write removes a member' app2 member remove mia --yes --provider github --url "$URL" --org acme --provider-option app_id=99 \
    --provider-option permission=write --token-file "$T/app.pem"
elsewhere_unasked
done_testing
