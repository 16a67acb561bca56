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
posted() { is "$(sent | grep -v '^GET ' | grep -v '^POST /oauth2/token')" "$(printf '%s\n' "$@")" "what is sent: ${1-nothing}"; }

# --- login ---
refuses 1 'oauth2/token: 400 invalid_grant: Invalid API token' 'a wrong token' ada login --provider upsun --url "$URL" --token-file "$T/wrong.token"
ok 'is not stored' test ! -e "$T/ada/orgadmin/default.json"
does 'Logged in to .* as ada@example.com. Organization: none chosen' 'login' ada login --provider upsun --url "$URL" --token-file "$T/ada.token"
refuses 3 'no organization is chosen' 'three organizations, none chosen' ada member list
does "^$ACME +acme-corp +ACME Corp +owner +2021-[^ ]+ +active +FR" 'org list' ada org list
does "^$HOOLI +hooli +Hooli +member" 'org list: somebody else'"'"'s' ada org list
does "The current organization is acme-corp \\($ACME\\)" 'org switch by name' ada org switch acme-corp
is "$(sent | tail -n 1)" 'GET /organizations/name%3Dacme-corp' 'the API finds it'
does "^$ACME +acme-corp" 'org current' ada org current
nothing_sent 'org current'
does "^$ADA +ada +ada@example.com +Ada A" 'whoami' ada whoami
does 'Organization: acme-corp' 'who is in one organization only has it chosen' vic login --provider upsun --url "$URL" --token-file "$T/vic.token"
unlike "$(cat "$T"/*/orgadmin/*.json)" 'access-' 'access tokens are not stored'

# --- organizations ---
does "platformsh" 'org show -o wide' ada org show -o wide
does "\"owner\":[[:space:]]\"$ADA\"" 'org show -o json' ada org show -o json
does "^$HOOLI +hooli" 'org show by id' ada org show $HOOLI
refuses 1 'no organization "acme-crop".*acme-corp' 'an unknown name' ada org show acme-crop
does 'The current organization is initech' 'org create' ada org create initech --set label='Initech Inc.' --set country=DE --set type=flexible
posted 'POST /organizations {"name":"initech","label":"Initech Inc.","country":"DE","type":"flexible"}'
refuses 1 'org create: .*409 Conflict, name: An organization with the name "initech" already exists' 'a name that is taken' ada org create initech
does 'initech is changed' 'org edit' ada org edit --set label=Initech --set country=AT
like "$(sent | tail -n 1)" '^PATCH /organizations/[0-9A-Z]{26} \{"label":"Initech","country":"AT"\}$' 'the request: org edit'
does 'initech is called initrode now' 'org edit --name' ada org edit --name initrode
refuses 2 'no change is given' 'org edit of nothing' ada org edit
refuses 2 'takes no "plan" for "org edit"; it takes: org name label country' 'org edit of something else' ada org edit --set plan=x
refuses 1 '400 Bad Request, country: This value is too long' 'a bad country' ada org edit --set country=FRANCE
refuses 2 'no terminal to ask on' 'org delete asks' ada org delete initrode
does 'initrode .* is deleted' 'org delete' ada org delete initrode --yes
like "$(sent | tail -n 1)" '^DELETE /organizations/[0-9A-Z]{26}$' 'the request: org delete'
refuses 1 'acme-corp: the organization still has subscriptions' 'one with subscriptions stays' ada org delete acme-corp --yes
posted
does acme-corp 'back again' ada org switch acme-corp

# --- members ---
does "^$MIA +mia +Mia@Example.COM +Mia M +member +active +2021-" 'member list' ada member list
is "$(wc -l <<< "$out")" 6 'all of them, and a header'
does "^$MIA .* member +billing, members +active" 'member list -o wide' ada member list -o wide
like "$out" "^$ADA .* owner +active" 'the owner needs no permissions'
like "$out" "^$GIL +member +members +active" 'one whose account is gone'
does "^$MIA +mia .* owner " 'member list --org' ada member list --org hooli
as ada member list -o json
is "$(jq -r '.organization.name + " " + ([.members[] | (.username // "?") + ":" + .roles[0] + ":" + (.permissions | join("+"))] | join(" "))' <<< "$out")" \
    'acme-corp ada:owner: bob:member:admin mia:member:billing+members vic:member:projects:list ?:member:members' 'the export'
does "^$MIA +mia" 'member show by e-mail' ada member show MIA@example.com
does "^$GIL +member" 'member show by id' ada member show "$GIL"
refuses 1 'acme-corp has no member "mai".*mia' 'a mistyped one' ada member show mai
does '^eve@example.com is invited to acme-corp\.$' 'member add' ada member add eve@example.com --permissions members,projects:create
posted "POST $AT/invitations {\"email\":\"eve@example.com\",\"permissions\":[\"members\",\"projects:create\"],\"force\":false}"
refuses 1 'mia@example.com is a member already' 'member add of a member' ada member add mia@example.com --permissions plans
posted
refuses 1 '409 Conflict, An invitation has already been created' 'member add of somebody invited' ada member add eve@example.com
printf '%s\n' 'new1@example.com' 'MIA@example.com' 'new2@example.com # without more' > "$T/people"
does '2 of 3 invited to acme-corp; 1 members already, 0 failed' 'member add --file' ada member add --file "$T/people" --permissions billing
posted "POST $AT/invitations {\"email\":\"new1@example.com\",\"permissions\":[\"billing\"],\"force\":false}" \
    "POST $AT/invitations {\"email\":\"new2@example.com\",\"permissions\":[\"billing\"],\"force\":false}"
refuses 2 'takes no "role" for "member add"; it takes: org email permissions' 'a role' ada member add x@example.com --role admin
refuses 1 'permissions: One or more of the given values is invalid' 'an unknown permission' ada member add x@example.com --permissions root
does 'mia has the permissions billing,plans in acme-corp' 'member role' ada member role mia --permissions billing,plans
posted "PATCH $AT/members/$MIA {\"permissions\":[\"billing\",\"plans\"]}"
does "^$MIA .* billing, plans " 'they are replaced' ada member list -o wide
does 'mia has no permissions in acme-corp' 'member role: none' ada member role mia --permissions ''
posted "PATCH $AT/members/$MIA {\"permissions\":[]}"
refuses 2 'takes no "role" for "member role"; it takes: org user permissions' 'member role with a role' ada member role mia owner
posted
refuses 1 '403 Forbidden, The owner of an organization cannot be updated' 'the owner' ada member role ada --permissions billing
refuses 2 'no terminal to ask on' 'member remove asks' ada member remove bob
does 'bob@example.com is no longer in acme-corp' 'member remove' ada member remove bob@example.com --yes
posted "DELETE $AT/members/$BOB"
refuses 1 'no member "bob@example.com"' 'who is removed' ada member remove bob@example.com --yes
refuses 1 '403 Forbidden, The owner of an organization cannot be removed' 'the owner stays' ada member remove ada --yes
refuses 1 'the organization "acme-corp" does not show its members to you: this needs the permission "members"' 'who may not list them' vic member list
refuses 1 'does not show its members' 'nor add anybody' vic member add x@example.com

# --- invitations ---
does '^[0-9a-f-]{36} +pat@example.com +members +2026-' 'invitation list' ada invitation list
like "$out" 'new1@example.com +billing' 'with what they permit'
unlike "$out" 'sid@example.com' 'one that failed is none'
does 'pat@example.com is no longer invited' 'invitation revoke by e-mail' ada invitation revoke pat@example.com --yes
posted "DELETE $AT/invitations/$(id 501)"
does 'zoe@example.com is invited to acme-corp' 'invitation create' ada invitation create zoe@example.com --permissions plans
posted "POST $AT/invitations {\"email\":\"zoe@example.com\",\"permissions\":[\"plans\"],\"force\":false}"

# --- billing ---
does '^locality +Paris' 'billing show' ada billing show
like "$out" '^company_name +ACME Corp' 'the address and the profile'
does 'The billing of acme-corp is changed' 'billing edit' ada billing edit --set locality=Lyon --set postal_code=69001
posted "PATCH $AT/address {\"locality\":\"Lyon\",\"postal_code\":\"69001\"}"
does 'is changed' 'billing edit: the profile' ada billing edit --set vat_number=FR1
posted "PATCH $AT/profile {\"vat_number\":\"FR1\"}"
does '"locality":[[:space:]]*"Lyon"' 'billing show -o json' ada billing show -o json
is "$(jq -r '.vat_number' <<< "$out")" FR1 'has both'
refuses 1 '/address: 400 country: The country must have two letters' 'a bad country' ada billing edit --set country=FRANCE
refuses 2 'takes no "city" for "billing edit"; it takes: org company_name' 'a field that there is not' ada billing edit --set city=Graz
refuses 2 'no change is given' 'billing edit of nothing' ada billing edit
refuses 1 '403 Forbidden' 'who may not see it' vic billing show

# --- subscriptions ---
does '^102 +suspended +development +proj102 +Project 102 +eu-3.platform.sh' 'subscription list' ada subscription list
is "$(wc -l <<< "$out")" 5 'those that are active or suspended'
does '^103 +active' 'subscription list: pages' ada subscription list --org acme-corp -o wide

# --- the other name, another place for tokens ---
listen "$T/auth.out" "$TOP/tests/fakes/upsun.py" --log "$T/auth.log"
AUTH=$heard
does '"ada"|ada@' 'Platform.sh' tom whoami --provider platformsh --url "$URL" --token-file "$T/ada.token"
like "$(sent | head -n 1)" '^POST /oauth2/token client_id=platform-cli&client_secret=&' 'is another client'
as tom org list --provider upsun --url "$URL" --provider-option auth_url="$AUTH" --token-file "$T/ada.token"
is "$rc $(sent .path | sort -u)" '1 /users/me' 'auth_url: the API token goes there'
like "$(jq -r '.path + " " + .body' "$T/auth.log")" '^/oauth2/token .*&api_token=api-token-ada$' 'and only there'
does 'Organization: none chosen' 'who is in none' tom login --provider platformsh --url "$URL" --token-file "$T/tom.token" --provider-option auth_url="$URL"
as tom org list --provider-option auth_url="$AUTH"
is "$rc $(sent) $(wc -l < "$T/auth.log")" '2  2' 'a stored token goes to no other auth_url'
refuses 2 'no option "region"; there are auth_url' 'an option of another vendor' ada whoami --region eu

# --- what there is not: told before anything is asked ---
for words in 'member grant mia owner' 'member revoke mia owner --yes' 'invitation resend zoe@example.com' 'joincode list' 'joincode create' \
    'joincode revoke x --yes' 'role list' 'role create x --permissions a' 'role edit x --permissions a' 'role remove x --yes' 'token list' \
    'token create' 'token revoke x --yes' 'audit list' 'credit list' 'credit create --amount 1 --expires 2027-01-01' 'credit expire x --yes' \
    'secret list' 'secret remove x --yes' 'file list' 'file show x' 'file remove x --yes'; do
    read -ra command <<< "$words"
    refuses 2 "provider \"upsun\" has no \"${command[0]} ${command[1]}\"" "${command[0]} ${command[1]}" ada "${command[@]}"
    nothing_sent "${command[0]} ${command[1]}"
done

# --- out of reach ---
fake '{"fault":{"path":"/me$","status":401,"body":"{}"}}'
does ada 'an access token that has died' ada whoami
fake '{"reset":true,"set":{"most":2},"fault":{"query":"after","status":429,"headers":{"Retry-After":"9"}}}'
refuses 4 '429' '429 in mid-listing' ada member list
fake '{"fault":{"path":"/ref/users","status":503}}'
refuses 4 '503' '503 for the names' ada member list
fake '{"fault":{"path":"/members$","body":"<html>","kind":"text/html"}}'
refuses 4 'not JSON' 'a page of HTML' ada member list
fake "{\"reset\":true,\"set\":{\"base\":\"$ELSEWHERE\"}}"
does "^$MIA +mia" 'links to another host' ada member list

elsewhere_unasked
done_testing
