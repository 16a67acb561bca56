#!/bin/bash
# Every command for CrateDB Cloud, against its fake.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../api/vendor.sh"
. "$(dirname "$0")/vendor.sh"
fake_start cratedb --fault events=120
ACME=f6c39580-5719-431d-a508-0cee4f9e8209 GLOBEX=7bbcf777-7755-41e0-a0b9-5df748b81c0a
MIA=c4953d0d-f360-4820-9c43-000000000002
BELOW=/api/v2/organizations/$ACME
for n in ada mia sam sup; do token $n $n-key:$n-secret; done
token session ada-session
token wrong ada-key:wrong

# --- login ---
refuses 1 'whoami: .*401 Authentication required\..*log in again' 'a wrong key' ada login --provider cratedb --url "$URL" --token-file "$T/wrong.token"
ok 'is not stored' test ! -e "$T/ada/orgadmin/default.json"
does 'Logged in to .* as ada@example.org. Organization: none chosen' 'login' ada login --provider cratedb --url "$URL" --token-file "$T/ada.token"
refuses 3 'no organization is chosen' 'two organizations, none chosen' ada member list
does "^$ACME +acme +org_admin .* 3\$" 'org list' ada org list
does "^$GLOBEX +globex +org_member " 'org list: the other one' ada org list
does "The current organization is acme \\($ACME\\)" 'org switch by name' ada org switch acme
does "^$ACME +acme" 'org current' ada org current
nothing_sent 'org current'
does '^c4953d0d-.*-000000000001 +ada +ada@example.org +Ada Example' 'whoami' ada whoami
does 'Organization: none chosen' 'another one' sup login --provider cratedb --url "$URL" --token-file "$T/sup.token" --sudo
does "$ACME +acme" 'a superuser sees every organization, and login remembers --sudo' sup org list

# --- organizations ---
does "ops@example.org" 'org show -o wide' ada org show -o wide
does '"plan":[[:space:]]"3"' 'org show -o json' ada org show -o json
refuses 1 'no organization "acmee".*acme' 'an unknown name' ada org show acmee
does 'The current organization is new' 'org create' ada org create new --set plan_type=4
changed 'POST /api/v2/organizations/ {"name":"new","plan_type":4}'
does 'new is called newer now' 'org edit' ada org edit --name newer --set plan_type=5
refuses 2 'no change is given' 'org edit of nothing' ada org edit
nothing_sent 'org edit of nothing'
refuses 2 'takes no "colour" for "org edit"; it takes: org name plan_type email' 'org edit of something else' ada org edit --set colour=red
is "$(sent | grep -v '^GET')" '' 'changes nothing'
refuses 1 'plan_type: Must be one of' 'a plan that there is not' ada org edit --set plan_type=9
refuses 2 'no terminal to ask on' 'org delete asks' ada org delete newer
does 'newer .* is deleted' 'org delete' ada org delete newer --yes
like "$(sent | tail -n 1)" '^DELETE /api/v2/organizations/00000000-0000-4000-8000-[0-9]*/$' 'the request: org delete'
refuses 3 'no organization is chosen' 'and none is current' ada org current
does acme 'back again' ada org switch acme

# --- members ---
does "^$MIA +mia +mia@example.org +Mia Example +org_member +active" 'member list: the role in this organization' ada member list
is "$(wc -l <<< "$out")" 4 'all of them, and a header'
does "^$MIA .* org_admin +active" 'member list --org' ada member list --org globex
as ada member list -o json
is "$(jq -r '.organization.name + " " + ([.members[] | .username + ":" + .roles[0]] | join(" "))' <<< "$out")" \
    'acme ada:org_admin mia:org_member bob:org_member' 'the export'
does "^$MIA +mia" 'member show by e-mail' ada member show MIA@example.org
refuses 1 'acme has no member "mai".*mia' 'a mistyped one' ada member show mai
does '^sam@example.org is added to acme\.$' 'member add: added' ada member add sam@example.org
changed "POST $BELOW/users/ {\"user\":\"sam@example.org\",\"role_fqn\":\"org_member\"}"
does '^sam@example.org was a member of acme before and is changed\.$' 'member add: changed' ada member add sam@example.org --role org_admin
does '^eve@example.org is invited to acme\.$' 'member add: invited' ada member add eve@example.org
printf '%s\n' 'new1@example.org' 'bob@example.org org_admin' 'sam@example.org' > "$T/people"
does '1 of 3 invited to acme, 0 added, 2 changed; 0 members already, 0 failed' 'member add --file' ada member add --file "$T/people" --role org_member
refuses 1 'role_fqn: Must be one of' 'an unknown role' ada member add x@example.org --role root
refuses 2 'takes no "permissions" for "member add"' 'permissions' ada member add x@example.org --permissions a,b
does 'sam has the role org_member in acme' 'member role' ada member role sam org_member
changed "POST $BELOW/users/ {\"user\":\"c4953d0d-f360-4820-9c43-000000000004\",\"role_fqn\":\"org_member\"}"
refuses 1 'no member "stranger@example.org"' 'member role of a stranger' ada member role stranger@example.org org_admin
is "$(sent | grep -v ^GET)" '' 'invites nobody'
refuses 2 'no terminal to ask on' 'member remove asks' ada member remove sam
does 'sam is no longer in acme' 'member remove' ada member remove sam --yes
changed "DELETE $BELOW/users/c4953d0d-f360-4820-9c43-000000000004/"
does 'bob has the role org_member' 'one admin' ada member role bob org_member
refuses 1 '403 The last organization admin cannot be removed' 'the last admin' ada member remove ada --yes
refuses 1 '403 Insufficient permissions' 'who is no admin' mia member add y@example.org --provider cratedb --url "$URL" --token-file "$T/mia.token" --org acme

# --- invitations ---
does '^invite-pat +pat@example.org +org_member ' 'invitation list' ada invitation list
does 'eve@example.org is no longer invited' 'invitation revoke by e-mail' ada invitation revoke eve@example.org --yes
like "$(sent | tail -n 1)" "^DELETE $BELOW/invitations/" 'the request: invitation revoke'
token invitation invite-pat
does 'Logged in' 'sam' sam login --provider cratedb --url "$URL" --token-file "$T/sam.token"
does "^$ACME +org_member" 'invitation accept' sam invitation accept --token-file "$T/invitation.token"
changed 'POST /api/v2/users/me/accept-invite/ {"token":"invite-pat"}'

# --- roles, audit log ---
does '^org_admin +Organization Admin' 'role list' ada role list
does 'SYSTEM +organization.create +\{"n":0\}' 'audit list' ada audit list
is "$(wc -l <<< "$out")" $((121 + $(grep -c organization.remove_user <<< "$out") + $(grep -cE 'role_fqn' <<< "$out"))) 'every page'
does 'organization.remove_user' 'audit list --action' ada audit list --action organization.remove_user --from 2026-01-01 --to 2026-01-02
like "$(sent | tail -n 1)" "^GET $BELOW/auditlogs/\?action=organization.remove_user&from=2026-01-01T00%3A00%3A00.000Z&to=2026-01-02T23%3A59%3A59[^&]*Z&last=" 'the request: audit list'

# --- billing ---
does '^city +Vienna' 'billing show' ada billing show
does 'The billing of acme is changed' 'billing edit' ada billing edit --set city=Graz --set line2='Door 5'
like "$(sent | tail -n 1)" "^PUT $BELOW/customer/ .*\"city\":\"Graz\",\"line1\":\"Street 1\",\"line2\":\"Door 5\"" 'the request: billing edit'
refuses 2 'takes no "vat" for "billing edit"; it takes: org name email' 'a field that there is not' ada billing edit --set vat=1
refuses 2 'no change is given' 'billing edit of nothing' ada billing edit

# --- credits ---
does 'active +300.00 +300.00 +2026-12-24T12:34:56Z +Free Trial' 'credit list: dollars' ada credit list
does 'expired +50.50' 'credit list --all' ada credit list --all
refuses 1 '403 Insufficient permissions' 'credits are for superusers' ada credit create --amount 5 --expires 2027-01-01
does '299.95 +299.95 .* 2027-01-01T23:59:59Z +Hello' 'credit create' sup credit create --org acme --amount 299.95 --expires 2027-01-01 --comment Hello -o wide
like "$(sent | tail -n 1)" "^POST $BELOW/credits/ \{\"amount\":29995,\"expiration_date\":\"2027-01-01T23:59:59[^\"]*Z\",\"comment\":\"Hello\"\}" 'cents are sent'
CREDIT=$(awk 'NR == 2 { print $1 }' <<< "$out")
does '300.00' 'credit edit' sup credit edit "$CREDIT" --org acme --amount 300
changed "PATCH $BELOW/credits/$CREDIT/ {\"amount\":30000}"
refuses 2 'no amount such as' 'an odd amount' sup credit edit "$CREDIT" --org acme --amount 1.005
does 'The credit .* has ended' 'credit expire' sup credit expire "$CREDIT" --org acme --yes
changed "DELETE $BELOW/credits/$CREDIT/"
does ' sup +sup@' 'sudo and region' sup whoami --region eks1
is "$(sent '.headers | [."x-region", ."x-auth-sudo"] | tojson')" '["eks1","1"]' 'are headers'

# --- secrets ---
does 'warehouse +AWS +\*{10}BHQK7I' 'secret list' ada secret list
(umask 077; printf 'access_key=AKIAEXAMPLE\nsecret_key=wJalrX+/=\n' > "$T/aws"; printf 'connection_string=Name=x;Password=y\n' > "$T/azure")
does 's3 +AWS +\*{10}XAMPLE' 'secret create --type aws' ada secret create s3 --type aws --secret-file "$T/aws"
changed "POST $BELOW/secrets/ {\"name\":\"s3\",\"type\":\"AWS\",\"data\":{\"aws_secret\":{\"access_key\":\"AKIAEXAMPLE\",\"secret_key\":\"wJalrX+/=\"}}}"
unlike "$out$err" wJalrX 'its value is not shown'
does 'blob +AZURE' 'secret create --type azure' ada secret create blob --type azure --secret-file "$T/azure"
changed "POST $BELOW/secrets/ {\"name\":\"blob\",\"type\":\"AZURE\",\"data\":{\"azure_secret\":{\"connection_string\":\"Name=x;Password=y\"}}}"
does 'no secret s3 any more' 'secret remove' ada secret remove s3 --yes
refuses 2 'AWS, AZURE' 'another type' ada secret create x --type gcp --secret-file "$T/aws"
refuses 2 'type AZURE has no access_key' 'the wrong values' ada secret create x --type azure --secret-file "$T/aws"

# --- files ---
does 'nyc_taxi +uploaded +15' 'file list' ada file list
head -c 300000 /dev/urandom > "$T/data.bin"
does 'data.bin +uploaded +300000' 'file upload' ada file upload "$T/data.bin"
is "$(sent 'select(.path | test("_bucket")) | .method + " " + (.headers | [."content-length", .authorization // "none", .cookie // "none"] | join(" "))')" \
    'PUT 300000 none none' 'its bytes go without a credential'
does 'data.bin is in' 'file download' ada file download data.bin --out "$T/again.bin"
ok 'the same bytes' cmp "$T/data.bin" "$T/again.bin"
is "$(sent 'select(.path | test("_bucket")) | .method + " " + (.headers | [.authorization // "none", .cookie // "none"] | join(" "))')" \
    'GET none none' 'without a credential too'
does '300000' 'file show' ada file show data.bin
refuses 2 'exists already' 'file download over something' ada file download data.bin --out "$T/again.bin"
does 'no file data.bin any more' 'file remove' ada file remove data.bin --yes
fake "{\"set\":{\"bucket\":\"$ELSEWHERE/store\"}}"
as ada file upload "$T/data.bin"
is "$rc/$out" 1/ 'another host, which has no such place'
like "$err" 'data.bin: PUT .*/store/[^?]*: 404$' 'says so; what signs the address is not shown'
like "$(tail -n 1 "$T/elsewhere.log")" '"method":"PUT","path":"/store/[^"]*","query":"X-Amz-Algorithm' 'it is asked for just that'
is "$(jq -r '.headers | has("authorization") or has("cookie")' "$T/elsewhere.log")" false 'and gets no credential'
: > "$T/elsewhere.log"
as ada file list
unlike "$out" data.bin 'the empty entry is gone again'
fake '{"reset":true}'

# --- what there is not: told before anything is asked ---
for words in 'member grant mia org_admin' 'member revoke mia org_admin --yes' 'invitation create a@b.c' 'invitation resend invite-pat' 'joincode list' \
    'joincode create' 'joincode revoke x --yes' 'role create x --permissions a' 'role edit x --permissions a' 'role remove x --yes' 'token list' 'token create' \
    'token revoke x --yes' 'subscription list'; do
    read -ra command <<< "$words"
    refuses 2 "provider \"cratedb\" has no \"${command[0]} ${command[1]}\"" "${command[0]} ${command[1]}" ada "${command[@]}"
    nothing_sent "${command[0]} ${command[1]}"
done

# --- sessions ---
does 'Logged in' 'login with a session' ses login --provider cratedb --url "$URL" --token-file "$T/session.token"
does acme 'org switch' ses org switch acme
fake '{"set":{"renew":true}}'
stored() { jq -r .token "$T/ses/orgadmin/default.json"; }
for n in 1 2 3; do does bob "a session that is renewed: $n" ses member list; done
unlike "$(stored)" '^ada-session$' 'the new one is stored'
refuses 1 'no member "nobody"' 'also when the command' ses member show nobody
refuses 1 '403' 'fails' ses member remove ada --yes
does bob 'the session goes on' ses member list
fake '{"reset":true,"set":{"browser":true}}'
refuses 1 '302 the credential is not accepted' 'a session that has ended' ses member list

# --- out of reach ---
fake '{"reset":true}'
fake '{"fault":{"path":"auditlogs","query":"last=","status":429,"headers":{"Retry-After":"9"}}}'
refuses 4 '429' '429 in mid-listing' ada audit list
fake '{"fault":{"path":"users/$","status":200,"body":"<html>","kind":"text/html"}}'
refuses 4 'not JSON' 'a page of HTML' ada member list

elsewhere_unasked
done_testing
