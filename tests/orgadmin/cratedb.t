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
refuses 1 'whoami: .*401 Authentication required\..*log in again' 'login refuses a wrong key' ada login --provider cratedb --url "$URL" --token-file "$T/wrong.token"
like "$err" "orgadmin login --provider cratedb --url $URL\$" 'the printed line for another login has the provider'
ok 'login with a wrong key stores nothing' test ! -e "$T/ada/orgadmin/default.json"
does 'Logged in to .* as ada@example.org. Organization: none chosen' 'login succeeds and chooses none of two organizations' ada login --provider cratedb --url "$URL" --token-file "$T/ada.token"
refuses 3 'no organization is chosen' 'member list refuses without a chosen organization' ada member list
does "^$ACME +acme +org_admin .* 3\$" 'org list prints an organization with the role and the plan' ada org list
does "^$GLOBEX +globex +org_member " 'org list prints the other organization' ada org list
does "The current organization is acme \\($ACME\\)" 'org switch takes a name' ada org switch acme
does "^$ACME +acme" 'org current prints the current organization' ada org current
nothing_sent 'org current'
does '^c4953d0d-.*-000000000001 +ada +ada@example.org +Ada Example' 'whoami prints id, username, address and name' ada whoami
does 'Organization: none chosen' 'login --sudo of a superuser succeeds' sup login --provider cratedb --url "$URL" --token-file "$T/sup.token" --sudo
does "$ACME +acme" 'org list of a superuser prints every organization, since login remembers --sudo' sup org list

# --- organizations ---
does "^$GLOBEX +globex" 'an organization that is not listed can be named by its id' sup org show --provider cratedb --url "$URL" --token-file "$T/sup.token" --org $GLOBEX --sudo
fake '{"fault":{"path":"organizations/$","body":[]}}'
does "^$GLOBEX +globex" 'and by its id where the list is empty' ada org show --org $GLOBEX
does "ops@example.org" 'org show -o wide prints the address' ada org show -o wide
does '"plan":[[:space:]]"3"' 'org show -o json prints the plan' ada org show -o json
refuses 1 'no organization "acmee".*acme' 'org show suggests the right spelling of a mistyped name' ada org show acmee
does 'The current organization is new' 'org create takes a name and a plan' ada org create new --set plan_type=4
changed 'POST /api/v2/organizations/ {"name":"new","plan_type":4}'
does 'new is called newer now' 'org edit changes name and plan' ada org edit --name newer --set plan_type=5
refuses 2 'no change is given' 'org edit refuses to run without a change' ada org edit
nothing_sent 'org edit without a change'
refuses 2 'takes no "colour" for "org edit"; it takes: org name plan_type email' 'org edit refuses an unknown field' ada org edit --set colour=red
is "$(sent | grep -v '^GET')" '' 'a refused org edit sends no change'
refuses 1 'plan_type: Must be one of' 'org edit reports an invalid plan' ada org edit --set plan_type=9
refuses 2 'no terminal to ask on' 'org delete refuses without a terminal and --yes' ada org delete newer
does 'newer .* is deleted' 'org delete --yes deletes an organization' ada org delete newer --yes
like "$(sent | tail -n 1)" '^DELETE /api/v2/organizations/00000000-0000-4000-8000-[0-9]*/$' 'org delete sends DELETE for the organization'
refuses 3 'no organization is chosen' 'org current refuses after its organization was deleted' ada org current
does acme 'org switch takes an organization after a deletion' ada org switch acme

# --- members ---
does "^$MIA +mia +mia@example.org +Mia Example +org_member +active" 'member list prints the role in the current organization' ada member list
is "$(wc -l <<< "$out")" 4 'member list prints every member and a header'
does "^$MIA .* org_admin +active" 'member list --org prints the role in that organization' ada member list --org globex
as ada member list -o json
is "$(jq -r '.organization.name + " " + ([.members[] | .username + ":" + .roles[0]] | join(" "))' <<< "$out")" \
    'acme ada:org_admin mia:org_member bob:org_member' 'member list -o json prints the organization and its members'
does "^$MIA +mia" 'member show takes a login name in capitals' ada member show MIA
as ada billing show -o csv --columns phone; is "$out" $'phone\r\n\'+33123456789\r' 'CSV makes a text of a telephone number'
as ada billing show -o csv --columns phone --raw; is "$out" $'phone\r\n+33123456789\r' 'CSV --raw leaves a telephone number as it is'
does "^$MIA +mia" 'member show takes an e-mail address' ada member show MIA@example.org
refuses 1 'acme has no member "mai".*mia' 'member show suggests the right spelling of a mistyped username' ada member show mai
does '^sam@example.org is added to acme\.$' 'member add says that a known person is added' ada member add sam@example.org
changed "POST $BELOW/users/ {\"user\":\"sam@example.org\",\"role_fqn\":\"org_member\"}"
refuses 1 'sam@example.org is a member of acme already as org_member, and nothing is changed' 'member add without --role refuses a member' ada member add SAM@example.org
is "$(sent | grep -v '^GET')" '' 'member add without --role of a member sends no change'
printf 'ada@example.org\n' > "$T/people"
does 'people:1: ada@example.org is a member of acme already as org_admin' 'member add --file without --role keeps the only admin' ada member add --file "$T/people"
is "$(sent | grep -v '^GET')" '' 'member add --file without --role of a member sends no change'
refuses 1 'pat@example.org is invited to acme already as org_member' 'member add without --role refuses an invited person' ada member add pat@example.org
does '^sam@example.org had the role org_member in acme, and has org_admin now\.$' 'member add --role names the old and the new role' ada member add sam@example.org --role org_admin
does '^eve@example.org is invited to acme\.$' 'member add says that an unknown person is invited' ada member add eve@example.org
printf '%s\n' 'new1@example.org' 'bob@example.org org_admin' 'sam@example.org' > "$T/people"
does '1 of 3 invited to acme, 0 added, 2 changed; 0 there already, 0 failed' 'member add --file counts the invited, added and changed' ada member add --file "$T/people" --role org_member --yes
like "$err" 'people:3: sam@example.org is a member as org_admin, and becomes org_member\.' 'member add --file names the old and the new role first'
printf '%s\n' 'new2@example.org' 'sam@example.org org_admin' > "$T/people"
as ada member add --file "$T/people"
is "$rc/$out/$(sent | grep -v '^GET')" 2// 'member add --file that changes a role sends nothing without --yes'
like "$err" 'Change the roles of 1 of 2 people in acme\? There is no terminal' 'member add --file that changes a role asks'
refuses 1 'acme has no role "root"; there are org_admin org_member' 'member add reports an unknown role' ada member add x@example.org --role root
refuses 2 'takes no "permissions" for "member add"' 'member add refuses --permissions' ada member add x@example.org --permissions a,b
does 'sam has the role org_member in acme' 'member role changes the role of a member' ada member role sam org_member
changed "POST $BELOW/users/ {\"user\":\"c4953d0d-f360-4820-9c43-000000000004\",\"role_fqn\":\"org_member\"}"
refuses 1 'no member "stranger@example.org"' 'member role refuses a person who is no member' ada member role stranger@example.org org_admin
is "$(sent | grep -v ^GET)" '' 'a refused member role invites nobody'
refuses 2 'no terminal to ask on' 'member remove refuses without a terminal and --yes' ada member remove sam
does 'sam is no longer in acme' 'member remove --yes removes a member' ada member remove sam --yes
changed "DELETE $BELOW/users/c4953d0d-f360-4820-9c43-000000000004/"
does 'bob has the role org_member' 'member role demotes an admin beside another' ada member role bob org_member
refuses 2 'the provider "cratedb" takes no "until" for "member role"' 'member role refuses --for' ada member role bob org_admin --for 2h; nothing_sent 'member role with --for'
refuses 2 'takes no "until"' 'member role refuses --until' ada member role bob org_admin --until tomorrow; nothing_sent 'member role with --until'
refuses 1 '403 The last organization admin cannot be removed' 'member remove reports that the last admin cannot be removed' ada member remove ada --yes
refuses 1 '403 Insufficient permissions' 'member add by a plain member is refused' mia member add y@example.org --provider cratedb --url "$URL" --token-file "$T/mia.token" --org acme

# --- invitations ---
does '^invite-pat +pat@example.org +org_member ' 'invitation list prints a pending invitation' ada invitation list
does 'eve@example.org is no longer invited' 'invitation revoke takes an e-mail address' ada invitation revoke eve@example.org --yes
like "$(sent | tail -n 1)" "^DELETE $BELOW/invitations/" 'invitation revoke sends DELETE for the invitation'
token invitation invite-pat
does 'Logged in' 'login of an invited person succeeds' sam login --provider cratedb --url "$URL" --token-file "$T/sam.token"
does "^$ACME +org_member" 'invitation accept prints the organization and the role' sam invitation accept --token-file "$T/invitation.token"
changed 'POST /api/v2/users/me/accept-invite/ {"token":"invite-pat"}'

# --- roles, audit log ---
does '^org_admin +Organization Admin' 'role list prints a role' ada role list
does 'SYSTEM +organization.create +\{"n":0\}' 'audit list prints a system event' ada audit list
is "$(wc -l <<< "$out")" $((121 + $(grep -c organization.remove_user <<< "$out") + $(grep -cE 'role_fqn' <<< "$out"))) 'audit list prints the events of every page'
does 'organization.remove_user' 'audit list --action --from --to prints the matching events' ada audit list --action organization.remove_user --from 2026-01-01 --to 2026-01-02
like "$(sent | tail -n 1)" "^GET $BELOW/auditlogs/\?action=organization.remove_user&from=2026-01-01T00%3A00%3A00.000Z&to=2026-01-02T23%3A59%3A59[^&]*Z&last=" 'audit list sends action, from and to in its query'

# --- billing ---
does '^city +Vienna' 'billing show prints the city' ada billing show
does 'The billing of acme is changed' 'billing edit changes the billing of the organization' ada billing edit --set city=Graz --set line2='Door 5'
like "$(sent | tail -n 1)" "^PUT $BELOW/customer/ .*\"city\":\"Graz\",\"line1\":\"Street 1\",\"line2\":\"Door 5\"" 'billing edit sends the changed and the unchanged fields'
does "Not sent: PUT $BELOW/customer/ .*\"city\":\"Rom\",\"line1\":\"Street 1\"" 'billing edit --dry-run reads, and shows what it would send' ada billing edit --set city=Rom --dry-run
is "$(sent | grep -v '^GET ')" '' 'billing edit --dry-run sends no change'
refuses 2 'takes no "vat" for "billing edit"; it takes: org name email' 'billing edit refuses an unknown field' ada billing edit --set vat=1
refuses 2 'no change is given' 'billing edit refuses to run without a change' ada billing edit

# --- credits ---
does 'active +\$300.00 +\$300.00 +2026-12-24T12:34:56Z +Free Trial' 'credit list prints amounts in dollars' ada credit list
does 'expired +\$50.50' 'credit list --all prints expired credits' ada credit list --all
refuses 1 '403 Insufficient permissions' 'credit create by an admin who is no superuser is refused' ada credit create --amount 5 --expires 2027-01-01
does '\$299.95 +\$299.95 .* 2027-01-01T23:59:59Z +Hello' 'credit create by a superuser prints the credit' sup credit create --org acme --amount 299.95 --expires 2027-01-01 --comment Hello -o wide
like "$(sent | tail -n 1)" "^POST $BELOW/credits/ \{\"amount\":29995,\"expiration_date\":\"2027-01-01T23:59:59[^\"]*Z\",\"comment\":\"Hello\"\}" 'credit create sends the amount in cents'
CREDIT=$(awk 'NR == 2 { print $1 }' <<< "$out")
does '300.00' 'credit edit changes the amount' sup credit edit "$CREDIT" --org acme --amount 300
changed "PATCH $BELOW/credits/$CREDIT/ {\"amount\":30000}"
refuses 2 'no amount such as' 'credit edit refuses an amount of three decimals' sup credit edit "$CREDIT" --org acme --amount 1.005
does 'The credit .* has ended' 'credit expire --yes ends a credit' sup credit expire "$CREDIT" --org acme --yes
changed "DELETE $BELOW/credits/$CREDIT/"
does ' sup +sup@' 'whoami with --region and remembered --sudo succeeds' sup whoami --region eks1
is "$(sent '.headers | [."x-region", ."x-auth-sudo"] | tojson')" '["eks1","1"]' '--region and --sudo are sent as headers'

# --- secrets ---
does 'warehouse +AWS +\*{10}BHQK7I' 'secret list prints name, type and masked key' ada secret list
(umask 077; printf 'access_key=AKIAEXAMPLE\nsecret_key=wJalrX+/=\n' > "$T/aws"; printf 'connection_string=Name=x;Password=y\n' > "$T/azure")
does 's3 +AWS +\*{10}XAMPLE' 'secret create --type aws makes a secret' ada secret create s3 --type aws --secret-file "$T/aws"
changed "POST $BELOW/secrets/ {\"name\":\"s3\",\"type\":\"AWS\",\"data\":{\"aws_secret\":{\"access_key\":\"AKIAEXAMPLE\",\"secret_key\":\"wJalrX+/=\"}}}"
unlike "$out$err" wJalrX 'secret create does not print the values'
does 'Not sent: POST .*"access_key":"\*\*\*","secret_key":"\*\*\*"' 'secret create --dry-run shows stars for the values' ada secret create s9 --type aws --secret-file "$T/aws" --dry-run
is "$(sent | grep -v '^GET ')" '' 'secret create --dry-run sends no change'
does "Not sent: DELETE $BELOW/users/" 'member remove --dry-run shows the request' ada member remove mia --dry-run
is "$(sent | grep -v '^GET ')" '' 'member remove --dry-run sends no change'
does 'blob +AZURE' 'secret create --type azure makes a secret' ada secret create blob --type azure --secret-file "$T/azure"
changed "POST $BELOW/secrets/ {\"name\":\"blob\",\"type\":\"AZURE\",\"data\":{\"azure_secret\":{\"connection_string\":\"Name=x;Password=y\"}}}"
does 'no secret s3 any more' 'secret remove --yes removes a secret' ada secret remove s3 --yes
refuses 2 'AWS, AZURE' 'secret create refuses an unknown type' ada secret create x --type gcp --secret-file "$T/aws"
refuses 2 'type AZURE has no access_key' 'secret create refuses values of another type' ada secret create x --type azure --secret-file "$T/aws"

# --- files ---
does 'nyc_taxi +uploaded +15' 'file list prints a file with state and size' ada file list
head -c 300000 /dev/urandom > "$T/data.bin"
does 'data.bin +uploaded +292.97 KiB' 'file upload prints the stored file' ada file upload "$T/data.bin"
is "$(sent 'select(.path | test("_bucket")) | .method + " " + (.headers | [."content-length", .authorization // "none", .cookie // "none"] | join(" "))')" \
    'PUT 300000 none none' 'file upload sends the content without a credential'
does 'data.bin is in' 'file download writes a file' ada file download data.bin --out "$T/again.bin"
ok 'file download writes the same bytes that were uploaded' cmp "$T/data.bin" "$T/again.bin"
is "$(sent 'select(.path | test("_bucket")) | .method + " " + (.headers | [.authorization // "none", .cookie // "none"] | join(" "))')" \
    'GET none none' 'file download asks the store without a credential'
does '300000' 'file show -o csv prints the bytes' ada file show data.bin -o csv
refuses 2 'exists already' 'file download refuses to overwrite a file' ada file download data.bin --out "$T/again.bin"
does 'no file data.bin any more' 'file remove --yes removes a file' ada file remove data.bin --yes
fake "{\"set\":{\"bucket\":\"$ELSEWHERE/store\"}}"
as ada file upload "$T/data.bin"
is "$rc/$out" 1/ 'file upload to a store on another host that answers 404 fails'
like "$err" 'data.bin: PUT .*/store/[^?]*: 404$' 'a failed file upload hides the signature of the address'
like "$(tail -n 1 "$T/elsewhere.log")" '"method":"PUT","path":"/store/[^"]*","query":"X-Amz-Algorithm' 'file upload asks another host for the content alone'
is "$(jq -r '.headers | has("authorization") or has("cookie")' "$T/elsewhere.log")" false 'file upload sends no credential to another host'
: > "$T/elsewhere.log"
as ada file list
unlike "$out" data.bin 'a failed file upload leaves no empty entry'
fake '{"reset":true}'

# --- what there is not: told before anything is asked ---
for words in 'member grant mia org_admin' 'member revoke mia org_admin --yes' 'invitation create a@b.c' 'invitation resend invite-pat' 'joincode list' \
    'joincode create' 'joincode revoke x --yes' 'role create x --permissions a' 'role edit x --permissions a' 'role remove x --yes' 'token list' 'token create' \
    'token revoke x --yes' 'subscription list'; do
    read -ra command <<< "$words"
    refuses 2 "provider \"cratedb\" has no \"${command[0]} ${command[1]}\"" "orgadmin refuses ${command[0]} ${command[1]}, which CrateDB Cloud has not" ada "${command[@]}"
    nothing_sent "unsupported ${command[0]} ${command[1]}"
done

# --- sessions ---
does 'Logged in' 'login takes a session' ses login --provider cratedb --url "$URL" --token-file "$T/session.token"
does acme 'org switch with a session succeeds' ses org switch acme
fake '{"set":{"renew":true}}'
stored() { jq -r .token "$T/ses/orgadmin/default.json"; }
for n in 1 2 3; do does bob "member list goes on with a renewed session, run $n" ses member list; done
unlike "$(stored)" '^ada-session$' 'member list stores the renewed session'
refuses 1 'no member "nobody"' 'member show with a renewed session reports an unknown member' ses member show nobody
refuses 1 '403' 'member remove with a renewed session reports a refusal' ses member remove ada --yes
does bob 'member list goes on with the session renewed by failed commands' ses member list
fake '{"reset":true,"set":{"browser":true}}'
refuses 1 '302 the credential is not accepted' 'member list reports a session that has ended' ses member list

# --- out of reach ---
fake '{"reset":true}'
fake '{"fault":{"path":"auditlogs","query":"last=","status":429,"headers":{"Retry-After":"9"}}}'
refuses 4 '429' 'audit list fails when a page in the middle answers 429' ada audit list
fake '{"fault":{"path":"users/$","status":200,"body":"<html>","kind":"text/html"}}'
refuses 4 'not JSON' 'member list refuses an answer in HTML' ada member list

elsewhere_unasked
done_testing
