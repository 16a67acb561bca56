#!/bin/bash
# Every command for Upsun and Platform.sh, against their fake.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../api/vendor.sh"
. "$(dirname "$0")/vendor.sh"
fake_start upsun
ACME=01HQZX3J5K6M7N8P9QRSTVWXYZ HOOLI=01HR0000000000000000000001
id() { printf '00000000-0000-4000-8000-%012d' "$1"; }
ADA=$(id 1) BOB=$(id 2) MIA=$(id 3) GIL=$(id 5)
AT=/organizations/$ACME
for n in ada mia vic tom; do token $n api-token-$n; done
token wrong api-token-wrong
# posted REQUEST...: "changed" without the exchange of the token
posted() { is "$(sent | grep -v '^GET ' | grep -v '^POST /oauth2/token')" "$(printf '%s\n' "$@")" "$told: the changes sent"; }

# --- login ---
refuses 1 'oauth2/token: 400 invalid_grant: Invalid API token' 'login refuses a wrong token' ada login --provider upsun --url "$URL" --token-file "$T/wrong.token"
ok 'login with a wrong token stores nothing' test ! -e "$T/ada/orgadmin/default.json"
does 'Logged in to .* as ada@example.com. Organization: none chosen' 'login succeeds and chooses none of three organizations' ada login --provider upsun --url "$URL" --token-file "$T/ada.token"
refuses 3 'no organization is chosen' 'member list refuses without a chosen organization' ada member list
does "^$ACME +acme-corp +ACME Corp +owner +2021-[^ ]+ +active +FR" "org list prints an organization of one's own" ada org list
does "^$HOOLI +hooli +Hooli +member" 'org list prints an organization of another owner' ada org list
does "The current organization is acme-corp \\($ACME\\)" 'org switch takes a name' ada org switch acme-corp
is "$(sent | tail -n 1)" 'GET /organizations/name%3Dacme-corp' 'org switch by name asks the API for that name'
does "^$ACME +acme-corp" 'org current prints the current organization' ada org current
nothing_sent 'org current'
does "^$ADA +ada +ada@example.com +Ada A" 'whoami prints id, username, address and name' ada whoami
does 'Organization: acme-corp' 'login chooses the organization of a person in no other' vic login --provider upsun --url "$URL" --token-file "$T/vic.token"
unlike "$(cat "$T"/*/orgadmin/*.json)" 'access-' 'login stores no access token'

# --- organizations ---
does "platformsh" 'org show -o wide prints the vendor' ada org show -o wide
does "\"owner\":[[:space:]]\"$ADA\"" 'org show -o json prints the owner' ada org show -o json
does "^$HOOLI +hooli" 'org show takes an id' ada org show $HOOLI
refuses 1 'no organization "acme-crop".*acme-corp' 'org show suggests the right spelling of a mistyped name' ada org show acme-crop
does 'The current organization is initech' 'org create takes name, label, country and type' ada org create initech --set label='Initech Inc.' --set country=DE --set type=flexible
posted 'POST /organizations {"name":"initech","label":"Initech Inc.","country":"DE","type":"flexible"}'
refuses 1 'org create: .*409 Conflict, name: An organization with the name "initech" already exists' 'org create reports a name that is taken' ada org create initech
does 'initech is changed' 'org edit --set changes label and country' ada org edit --set label=Initech --set country=AT
like "$(sent | tail -n 1)" '^PATCH /organizations/[0-9A-Z]{26} \{"label":"Initech","country":"AT"\}$' 'org edit sends the changed fields alone'
does 'initech is called initrode now' 'org edit --name renames an organization' ada org edit --name initrode
does 'initrode is so already: nothing is sent' 'org edit with unchanged values changes nothing' ada org edit --name initrode --set country=AT
posted
refuses 2 'no change is given' 'org edit refuses to run without a change' ada org edit
refuses 2 'takes no "plan" for "org edit"; it takes: org name label country' 'org edit refuses an unknown field' ada org edit --set plan=x
refuses 1 '400 Bad Request, country: This value is too long' 'org edit reports a country of six letters' ada org edit --set country=FRANCE
refuses 2 'no terminal to ask on' 'org delete refuses without a terminal and --yes' ada org delete initrode
does 'initrode .* is deleted' 'org delete --yes deletes an organization' ada org delete initrode --yes
like "$(sent | tail -n 1)" '^DELETE /organizations/[0-9A-Z]{26}$' 'org delete sends DELETE for the organization'
refuses 1 'acme-corp: the organization still has subscriptions' 'org delete refuses an organization with subscriptions' ada org delete acme-corp --yes
posted
does acme-corp 'org switch takes an organization after a deletion' ada org switch acme-corp

# --- members ---
does "^$MIA +mia +Mia@Example.COM +Mia M +member +active +2021-" 'member list prints id, username, address, name, role, state and time' ada member list
is "$(wc -l <<< "$out")" 6 'member list prints every member and a header'
does "^$MIA .* member +billing, members +active" 'member list -o wide prints permissions' ada member list -o wide
like "$out" "^$ADA .* owner +active" 'member list -o wide prints no permissions of the owner'
like "$out" "^$GIL +member +members +active" 'member list prints a member whose account is gone'
does "^$MIA +mia .* owner " 'member list --org prints the members of that organization' ada member list --org hooli
as ada member list -o json
is "$(jq -r '.organization.name + " " + ([.members[] | (.username // "?") + ":" + .roles[0] + ":" + (.permissions | join("+"))] | join(" "))' <<< "$out")" \
    'acme-corp ada:owner: bob:member:admin mia:member:billing+members vic:member:projects:list ?:member:members' 'member list -o json prints the organization and its members'
does "^$MIA +mia" 'member show takes an e-mail address' ada member show MIA@example.com
does "^$GIL +member" 'member show takes an id' ada member show "$GIL"
refuses 1 'acme-corp has no member "mai".*mia' 'member show suggests the right spelling of a mistyped username' ada member show mai
does '^eve@example.com is invited to acme-corp\.$' 'member add --permissions invites a person' ada member add eve@example.com --permissions members,projects:create
posted "POST $AT/invitations {\"email\":\"eve@example.com\",\"permissions\":[\"members\",\"projects:create\"],\"force\":false}"
refuses 1 'Mia@Example.COM is a member of acme-corp already as member, and nothing is changed; orgadmin member role changes that' 'member add refuses a person who is a member' ada member add mia@example.com --permissions plans
posted
refuses 1 '409 Conflict, An invitation has already been created' 'member add reports a person invited before' ada member add eve@example.com
printf '%s\n' 'new1@example.com' 'MIA@example.com' 'new2@example.com # without more' > "$T/people"
does '2 of 3 invited to acme-corp; 1 there already, 0 failed' 'member add --file invites all but the members' ada member add --file "$T/people" --permissions billing
posted "POST $AT/invitations {\"email\":\"new1@example.com\",\"permissions\":[\"billing\"],\"force\":false}" \
    "POST $AT/invitations {\"email\":\"new2@example.com\",\"permissions\":[\"billing\"],\"force\":false}"
does '0 of 3 invited to acme-corp; 3 there already, 0 failed' 'member add --file a second time changes nothing, and ends with 0' ada member add --file "$T/people" --permissions billing
posted
seq -f 'p%g@example.com' 20 > "$T/twenty"
does '20 of 20 invited to acme-corp' 'member add --file invites twenty' ada member add --file "$T/twenty"
is "$(sent .path | grep -c '/members$')/$(sent .path | grep -c '/invitations$')" 1/21 'twenty addresses are one listing of the members and one of the invitations'
for n in $(seq 20); do as ada invitation revoke "p$n@example.com" --yes; done
as ada member list -o csv; printf '%s\r\n' "$out" > "$T/listing"
does '0 of 4 invited to acme-corp; 4 there already' 'a listing in CSV is taken by member add --file' ada member add --file <(grep -v ',,,,member' "$T/listing")
posted
printf 'email,permissions\nperm@example.com,"billing, plans"\n' > "$T/perm"
does '1 of 1 invited' 'CSV has permissions' ada member add --file "$T/perm"
posted "POST $AT/invitations {\"email\":\"perm@example.com\",\"permissions\":[\"billing\",\"plans\"],\"force\":false}"
refuses 2 'takes no "role" for "member add"; it takes: org email permissions' 'member add refuses --role' ada member add x@example.com --role admin
refuses 1 'permissions: One or more of the given values is invalid' 'member add reports an unknown permission' ada member add x@example.com --permissions root
does 'mia has the permissions billing,plans in acme-corp' 'member role --permissions sets permissions' ada member role mia --permissions billing,plans
posted "PATCH $AT/members/$MIA {\"permissions\":[\"billing\",\"plans\"]}"
does "^$MIA .* billing, plans " 'member list -o wide prints the replaced permissions' ada member list -o wide
does 'mia has no permissions in acme-corp' 'member role --permissions without a value takes all away' ada member role mia --permissions ''
posted "PATCH $AT/members/$MIA {\"permissions\":[]}"
refuses 2 'takes no "role" for "member role"; it takes: org user permissions' 'member role refuses a role' ada member role mia owner
posted
refuses 1 '403 Forbidden, The owner of an organization cannot be updated' 'member role reports that the owner cannot be changed' ada member role ada --permissions billing
refuses 2 'no terminal to ask on' 'member remove refuses without a terminal and --yes' ada member remove bob
does 'bob@example.com is no longer in acme-corp' 'member remove --yes takes an address' ada member remove bob@example.com --yes
posted "DELETE $AT/members/$BOB"
refuses 1 'no member "bob@example.com"' 'member remove does not find a removed member' ada member remove bob@example.com --yes
refuses 1 '403 Forbidden, The owner of an organization cannot be removed' 'member remove reports that the owner cannot be removed' ada member remove ada --yes
refuses 1 'the organization "acme-corp" does not show its members to you: this needs the permission "members"' 'member list without the permission members is refused' vic member list
refuses 1 'does not show its members' 'member add without the permission members is refused' vic member add x@example.com

does 'sue@example.com is invited' 'member add --permissions takes blanks behind commas' ada member add sue@example.com --permissions 'billing, plans' --permissions members
posted "POST $AT/invitations {\"email\":\"sue@example.com\",\"permissions\":[\"billing\",\"plans\",\"members\"],\"force\":false}"

# --- invitations ---
does '^[0-9a-f-]{36} +pat@example.com +members +2026-' 'invitation list prints a pending invitation' ada invitation list
like "$out" 'new1@example.com +billing' 'invitation list prints the permissions of an invitation'
unlike "$out" 'sid@example.com' 'invitation list leaves out a failed invitation'
does 'pat@example.com is no longer invited' 'invitation revoke takes an e-mail address' ada invitation revoke pat@example.com --yes
posted "DELETE $AT/invitations/$(id 501)"
does 'zoe@example.com is invited to acme-corp' 'invitation create --permissions invites a person' ada invitation create zoe@example.com --permissions plans
posted "POST $AT/invitations {\"email\":\"zoe@example.com\",\"permissions\":[\"plans\"],\"force\":false}"

# --- billing ---
does '^locality +Paris' 'billing show prints the address' ada billing show
like "$out" '^company_name +ACME Corp' 'billing show prints the profile beside the address'
does 'The billing of acme-corp is changed' 'billing edit changes the address' ada billing edit --set locality=Lyon --set postal_code=69001
posted "PATCH $AT/address {\"locality\":\"Lyon\",\"postal_code\":\"69001\"}"
as ada billing edit --set vat_number=FR9 --set locality=Nice --dry-run
is "$out" "Not sent: PATCH $AT/profile {\"vat_number\":\"FR9\"}
Not sent: PATCH $AT/address {\"locality\":\"Nice\"}" 'billing edit --dry-run shows both requests'
posted
does 'is changed' 'billing edit changes the profile' ada billing edit --set vat_number=FR1
posted "PATCH $AT/profile {\"vat_number\":\"FR1\"}"
does '"locality":[[:space:]]*"Lyon"' 'billing show -o json prints the address' ada billing show -o json
is "$(jq -r '.vat_number' <<< "$out")" FR1 'billing show -o json prints the profile'
refuses 1 '/address: 400 country: The country must have two letters' 'billing edit reports a country of six letters' ada billing edit --set country=FRANCE
refuses 1 'the profile is changed, the address is not: .*country must have two letters' 'billing edit tells which of its two requests was done' ada billing edit --set company_name=Both --set country=FRANCE
refuses 2 'takes no "city" for "billing edit"; it takes: org company_name' 'billing edit refuses an unknown field' ada billing edit --set city=Graz
refuses 2 'no change is given' 'billing edit refuses to run without a change' ada billing edit
refuses 1 '403 Forbidden' 'billing show without the permission is refused' vic billing show

# --- subscriptions ---
does '^102 +suspended +development +proj102 +Project 102 +eu-3.platform.sh' 'subscription list prints state, type, project and region' ada subscription list
is "$(wc -l <<< "$out")" 5 'subscription list prints the active and the suspended alone'
does '^103 +active' 'subscription list reads every page' ada subscription list --org acme-corp -o wide

# --- the other name, another place for tokens ---
listen "$T/auth.out" "$TOP/tests/fakes/upsun.py" --log "$T/auth.log"
AUTH=$heard
does '"ada"|ada@' 'whoami --provider platformsh succeeds' tom whoami --provider platformsh --url "$URL" --token-file "$T/ada.token"
like "$(sent | head -n 1)" '^POST /oauth2/token client_id=platform-cli&client_secret=&' 'the provider platformsh sends another client_id'
as tom org list --provider upsun --url "$URL" --provider-option auth_url="$AUTH" --token-file "$T/ada.token"
is "$rc $(sent .path | sort -u)" '1 /users/me' 'org list with auth_url sends no token request to --url'
like "$(jq -r '.path + " " + .body' "$T/auth.log")" '^/oauth2/token .*&api_token=api-token-ada$' 'org list with auth_url sends the API token to auth_url'
does 'Organization: none chosen' 'login chooses no organization for a person in none' tom login --provider platformsh --url "$URL" --token-file "$T/tom.token" --provider-option auth_url="$URL"
as tom org list --provider-option auth_url="$AUTH"
is "$rc $(sent) $(wc -l < "$T/auth.log")" '2  2' 'org list sends a stored token to no other auth_url'
refuses 2 'no option "region"; there are auth_url' 'whoami refuses an option of another provider' ada whoami --region eu

# --- what there is not: told before anything is asked ---
for words in 'member grant mia owner' 'member revoke mia owner --yes' 'invitation resend zoe@example.com' 'joincode list' 'joincode create' \
    'joincode revoke x --yes' 'role list' 'role create x --permissions a' 'role edit x --permissions a' 'role remove x --yes' 'token list' \
    'token create' 'token revoke x --yes' 'audit list' 'credit list' 'credit create --amount 1 --expires 2027-01-01' 'credit expire x --yes' \
    'secret list' 'secret remove x --yes' 'file list' 'file show x' 'file remove x --yes'; do
    read -ra command <<< "$words"
    refuses 2 "provider \"upsun\" has no \"${command[0]} ${command[1]}\"" "orgadmin refuses ${command[0]} ${command[1]}, which Upsun has not" ada "${command[@]}"
    nothing_sent "unsupported ${command[0]} ${command[1]}"
done

# --- out of reach ---
fake '{"fault":{"path":"/me$","status":401,"body":"{}"}}'
does ada 'whoami gets a new access token when the old one is refused' ada whoami
fake '{"reset":true,"set":{"most":2},"fault":{"query":"after","status":429,"headers":{"Retry-After":"9"}}}'
refuses 4 '429' 'member list fails when a page in the middle answers 429' ada member list
fake '{"fault":{"path":"/ref/users","status":503}}'
refuses 4 '503' 'member list fails when the usernames answer 503' ada member list
fake '{"fault":{"path":"/members$","body":"<html>","kind":"text/html"}}'
refuses 4 'not JSON' 'member list refuses an answer in HTML' ada member list
fake "{\"reset\":true,\"set\":{\"base\":\"$ELSEWHERE\"}}"
does "^$MIA +mia" 'member list follows no link to another host' ada member list

elsewhere_unasked
done_testing
