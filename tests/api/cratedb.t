#!/bin/bash
# CrateDB Cloud: what goes out for each operation, what is made of the answers, and what is not believed.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/vendor.sh"
fake_start cratedb --fault events=120
ACME=f6c39580-5719-431d-a508-0cee4f9e8209 GLOBEX=7bbcf777-7755-41e0-a0b9-5df748b81c0a
ADA=c4953d0d-f360-4820-9c43-000000000001 MIA=c4953d0d-f360-4820-9c43-000000000002 SAM=c4953d0d-f360-4820-9c43-000000000004
BASIC=$(printf 'Basic %s' "$(printf 'ada-key:ada-secret' | base64)")
BELOW=/api/v2/organizations/$ACME
SETTINGS=(provider=cratedb url="$URL" token=ada-key:ada-secret org="$ACME")
SUDO=(token=sup-key:sup-secret option.sudo=1)
SECRETS=(ada-secret ada-session "${BASIC#Basic }" wJalrX Password=)

# --- who one is ---
answers $DONE '^\{"id":"'$ADA'","email":"ada@example.org","username":"ada","name":"Ada Example"\}$' 'whoami prints id, address, username and name' whoami
went "$told: the request" 'GET /api/v2/users/me/'
is "$(sent '.headers.authorization')" "$BASIC" 'whoami sends key and secret as HTTP Basic'
is "$(sent '.headers | [.cookie, ."x-region", ."x-auth-sudo", ."content-type"] | tojson')" '[null,"_any_",null,null]' 'whoami sends no cookie, sudo or content type unasked, and any region, as the client does'
answers $DONE '"username":"ada"' 'whoami with a session prints the account' token=ada-session whoami
is "$(sent '.headers | [.authorization, .cookie] | tojson')" '[null,"session=ada-session"]' 'whoami sends a session as a cookie'
answers $DONE '"username":"sup"' 'whoami with region and sudo prints the superuser' "${SUDO[@]}" option.region=eks1.eu-west-1.aws whoami
is "$(sent '.headers | [."x-region", ."x-auth-sudo"] | tojson')" '["eks1.eu-west-1.aws","1"]' 'whoami sends region and sudo as headers'
for n in a ab abc abcd abcde; do
    probe token="key:$n" whoami
    is "$(sent .headers.authorization)" "Basic $(printf 'key:%s' "$n" | base64)" "whoami encodes a secret of ${#n} bytes as Base64"
done
before 'whoami refuses an unknown option' $USAGE 'no option "regoin"; there are region, sudo' option.regoin=x whoami
before 'whoami refuses an option sudo other than 1' $USAGE '"sudo" cannot be "yes"' option.sudo=yes whoami
before 'whoami refuses a region of two lines' $USAGE 'control characters' option.region=$'eu\r\nX-Auth-Sudo: 1' whoami
for token in 'a;b' 'a,b' 'a"b' 'a\b'; do
    before "whoami refuses the session $token, which no cookie can hold" $USAGE 'cannot stand in a cookie' token="$token" whoami
done

# --- organizations ---
answers $DONE '^\{"id":"'$ACME'","name":"acme","role":"org_admin","created":"2026-01-02T[^"]*","plan":"3","email":"ops@example.org","updated":"[^"]*"\}$' \
    'org list prints an organization with role, plan and times' 'org list'
went "$told: the request" 'GET /api/v2/organizations/'
is "$(wc -l <<< "$OUT")" 2 'org list prints both organizations'
answers $DONE '"name":"acme"' 'org show prints the organization' 'org show'
went "$told: the request" "GET $BELOW/"
answers $DONE '"name":"new","role":"org_admin"' 'org create prints the new organization' 'org create' name=new
went "$told: the request" 'POST /api/v2/organizations/ {"name":"new"}'
is "$(sent '.headers."content-type"')" application/json 'org create sends JSON'
answers $DONE '"plan":"4"' 'org create with a plan prints the plan' 'org create' name=new plan_type=4
went "$told: the request" 'POST /api/v2/organizations/ {"name":"new","plan_type":4}'
NEW=$(jq -r .id <<< "$OUT")
answers $DONE '^$' 'org edit succeeds without output' org="$NEW" 'org edit' name=newer plan_type=5 email=a@example.org
went "$told: the request" "PUT /api/v2/organizations/$NEW/ {\"name\":\"newer\",\"plan_type\":5,\"email\":\"a@example.org\"}"
answers $DONE '"name":"newer".*"plan":"5","email":"a@example.org"' 'org show prints the edited values' org="$NEW" 'org show'
answers $DONE '^$' 'org delete succeeds without output' org="$NEW" 'org delete'
went "$told: the request" "DELETE /api/v2/organizations/$NEW/"
answers $REFUSED 'http=404 .*404 Resource not found' 'org show reports a deleted organization' org="$NEW" 'org show'
before 'org edit refuses a plan that is no number' $USAGE '"plan_type" is no number' 'org edit' plan_type=pro
before 'org show refuses an organization that is no path segment' $USAGE 'cannot be part of a path' org=.. 'org show'
probe org='a/b?c' 'org show'
went 'org show sends an organization with a slash as one segment' 'GET /api/v2/organizations/a%2Fb%3Fc/'

# --- members ---
answers $DONE '^\{"id":"'$MIA'","email":"mia@example.org","username":"mia","name":"Mia Example","roles":\["org_member"\],"state":"active"\}$' \
    'member list prints the role in this organization, not the first role' 'member list'
went "$told: the request" "GET $BELOW/users/"
is "$(jq -r '.username + " " + .roles[0]' <<< "$OUT" | tr '\n' ,)" 'ada org_admin,mia org_member,bob org_member,' 'member list prints every member'
answers $DONE '"username":"mia".*"roles":\["org_admin"\]' 'member list prints the role of the same person in another organization' org=$GLOBEX 'member list'
answers $DONE '"username":"mia".*"roles":\["org_member"\]' 'member list takes the id of the organization in capitals' org="${ACME^^}" 'member list'
answers $DONE '^\{"outcome":"added","id":"'$SAM'","email":"sam@example.org","roles":\["org_member"\]\}$' 'member add without a role prints an added member' \
    'member add' email=sam@example.org
went "$told: the request" "POST $BELOW/users/ {\"user\":\"sam@example.org\",\"role_fqn\":\"org_member\"}"
answers $DONE '^\{"outcome":"changed",.*"roles":\["org_admin"\]\}$' 'member add of a former member prints a changed role' 'member add' \
    email=sam@example.org role=org_admin
answers $DONE '^\{"outcome":"invited","email":"eve@example.org","roles":\["org_member"\]\}$' 'member add of an unknown person prints an invitation' 'member add' \
    email=eve@example.org
answers $DONE '^$' 'member role succeeds without output' 'member role' user=$SAM role=org_member
went "$told: the request" "POST $BELOW/users/ {\"user\":\"$SAM\",\"role_fqn\":\"org_member\"}"
answers $DONE '^$' 'member remove succeeds without output' 'member remove' user=$SAM
went "$told: the request" "DELETE $BELOW/users/$SAM/"
answers $DONE '"username":"bob"' 'member list prints the remaining members' 'member list'
unlike "$OUT" sam 'member list does not print a removed member'
answers $REFUSED 'http=403 .*403 The last organization admin cannot be removed' 'member remove reports that the last admin cannot be removed' 'member remove' user=$ADA
answers $REFUSED 'http=400 .*Bad request, role_fqn: Must be one of: org_admin, org_member' 'member add reports an unknown role' 'member add' email=a@example.org role=root
answers $DONE '"outcome":"added"' 'member add of an address prints an added member' 'member add' email=sam@example.org
answers $DONE '^$' 'member remove takes an e-mail address' 'member remove' user=sam@example.org
went 'member remove percent-encodes an e-mail address' "DELETE $BELOW/users/sam%40example.org/"
answers $DONE $'^member .*"ada"' 'a watch prints the members' watch 0 0
is "$(head -n 1 <<< "$OUT") $(tail -n 1 <<< "$OUT")" 'reset done 0' 'a watch prints the whole listing between reset and done 0'

# --- invitations ---
answers $DONE '^\{"id":"invite-pat","email":"pat@example.org","roles":\["org_member"\],"state":"pending","expires":"2026-02-02T' 'invitation list prints a pending invitation' 'invitation list'
went "$told: the request" "GET $BELOW/invitations/?status=PENDING"
unlike "$OUT" ann@ 'invitation list does not print an accepted invitation'
answers $DONE '^\{"organization":"'$ACME'","role":"org_member"\}$' 'invitation accept prints organization and role' token=sam-key:sam-secret 'invitation accept' token=invite-pat
went "$told: the request" 'POST /api/v2/users/me/accept-invite/ {"token":"invite-pat"}'
answers $REFUSED 'token: Invalid token' 'invitation accept refuses a used token' token=bob-key:bob-secret 'invitation accept' token=invite-pat
answers $DONE '^$' 'invitation revoke succeeds without output' 'invitation revoke' id=invite-ann
went "$told: the request" "DELETE $BELOW/invitations/invite-ann/"

# --- roles, audit log ---
answers $DONE '^\{"id":"org_admin","name":"Organization Admin"\}$' 'role list prints id and name of a role' 'role list'
went "$told: the request" 'GET /api/v2/roles/'
fake '{"reset":true}'
answers $DONE '"actor":"SYSTEM","actor_name":"SYSTEM","action":"organization.create","detail":\{"n":0\}\}$' 'audit list prints an event of the system' 'audit list'
id() { printf '00000000-0000-4000-8000-%012d' "$1"; }
went 'audit list asks for pages until an empty one' "GET $BELOW/auditlogs/" "GET $BELOW/auditlogs/?last=$(id 71)" "GET $BELOW/auditlogs/?last=$(id 21)" \
    "GET $BELOW/auditlogs/?last=$(id 1)"
is "$(jq -r .id <<< "$OUT" | sort -u | wc -l)" 120 'audit list prints every event once'
like "$OUT" '"at":"2026-01-02T[^"]*","actor":"'$ADA'","actor_name":"ada","actor_email":"ada@example.org","action":"organization.add_user"' 'audit list prints the actor of an event'
answers $DONE '"action":"project.create"' 'audit list with filters prints matching events' 'audit list' action=project.create from=2026-01-02T03:04:00+00:00 to=2026-01-03
is "$(jq -r .action <<< "$OUT" | sort -u)/$(wc -l <<< "$OUT")" project.create/59 'audit list with filters prints matching events alone'
went 'audit list sends its filters with every page' \
    "GET $BELOW/auditlogs/?action=project.create&from=2026-01-02T03%3A04%3A00%2B00%3A00&to=2026-01-03" \
    "GET $BELOW/auditlogs/?action=project.create&from=2026-01-02T03%3A04%3A00%2B00%3A00&to=2026-01-03&last=$(id 22)" \
    "GET $BELOW/auditlogs/?action=project.create&from=2026-01-02T03%3A04%3A00%2B00%3A00&to=2026-01-03&last=$(id 4)"
answers $REFUSED 'http=400 .*400 Bad request, from: Not a valid datetime' 'audit list reports an invalid filter' 'audit list' from=yesterday
answers $DONE '^$' 'audit list prints nothing when nothing matches' 'audit list' action=nothing.such

# --- the customer ---
answers $DONE '^\{"name":"Acme GmbH","email":"billing@example.org","phone":"\+33123456789","country":"AT","city":"Vienna","line1":"Street 1","postal_code":"1010","tax_id":"ATU12345678","tax_id_type":"eu_vat"\}$' \
    'billing show prints the fields with a value' 'billing show'
went "$told: the request" "GET $BELOW/customer/"
answers $DONE '^$' 'billing edit succeeds without output' 'billing edit' city=Graz line2='Door 5'
went 'billing edit sends the whole record' "GET $BELOW/customer/" \
    "PUT $BELOW/customer/ {\"name\":\"Acme GmbH\",\"email\":\"billing@example.org\",\"phone\":\"+33123456789\",\"country\":\"AT\",\"city\":\"Graz\",\"line1\":\"Street 1\",\"line2\":\"Door 5\",\"postal_code\":\"1010\",\"tax_id\":\"ATU12345678\",\"tax_id_type\":\"eu_vat\"}"
answers $DONE '"city":"Graz","line1":"Street 1","line2":"Door 5"' 'billing show prints the edited values' 'billing show'
NEW=$(probe 'org create' name=new; jq -r .id <<< "$OUT")
answers $REFUSED 'http=404' 'billing show reports an organization without a customer record' org="$NEW" 'billing show'
answers $USAGE '5 arguments are missing: phone, country, city, line1, postal_code' 'billing edit refuses an incomplete first record' org="$NEW" 'billing edit' name=New email=a@example.org
went 'billing edit with an incomplete first record changes nothing' "GET /api/v2/organizations/$NEW/customer/"
answers $DONE '^$' 'billing edit takes a complete first record' org="$NEW" 'billing edit' name=New email=a@example.org phone=1 country=AT city=Linz line1=S postal_code=4020
answers $DONE '^\{"name":"New","email":"a@example.org","phone":"1","country":"AT","city":"Linz","line1":"S","postal_code":"4020"\}$' 'billing show prints the first record' org="$NEW" 'billing show'

# --- credits: dollars here, cents there ---
answers $DONE '^\{"id":"[^"]*","state":"active","original":300.00,"remaining":300.00,"starts":"2026-01-02T03:04:05Z","expires":"2026-12-24T12:34:56Z","comment":"Free Trial"\}$' \
    'credit list prints amounts in dollars' 'credit list'
went "$told: the request" "GET $BELOW/credits/"
answers $DONE '"state":"expired","original":50.50' 'credit list with all prints expired credits' 'credit list' all=1
went "$told: the request" "GET $BELOW/credits/?status=ACTIVE%2CEXPIRED"
answers $DONE '"original":299.95,"remaining":299.95.*"expires":"2027-01-01T00:00:00Z","comment":"Hello"' 'credit create prints the new credit' "${SUDO[@]}" \
    'credit create' amount=299.95 expires=2027-01-01T00:00:00Z comment=Hello
went "$told: the request" "POST $BELOW/credits/ {\"amount\":29995,\"expiration_date\":\"2027-01-01T00:00:00Z\",\"comment\":\"Hello\"}"
CREDIT=$(jq -r .id <<< "$OUT")
answers $DONE '"original":300.00,"remaining":300.00.*"comment":"Hello"' 'credit edit of the amount prints the credit' "${SUDO[@]}" 'credit edit' id="$CREDIT" amount=300
went "$told: the request" "PATCH $BELOW/credits/$CREDIT/ {\"amount\":30000}"
answers $DONE '"expires":"2028-01-01T00:00:00Z","comment":"Bye"' 'credit edit of expiry and comment prints the credit' "${SUDO[@]}" 'credit edit' id="$CREDIT" expires=2028-01-01T00:00:00Z comment=Bye
went "$told: the request" "PATCH $BELOW/credits/$CREDIT/ {\"expiration_date\":\"2028-01-01T00:00:00Z\",\"comment\":\"Bye\"}"
answers $REFUSED 'amount: The amount can only be increased' 'credit edit reports an amount that is lower' "${SUDO[@]}" 'credit edit' id="$CREDIT" amount=1
answers $DONE '^$' 'credit expire by a superuser succeeds' "${SUDO[@]}" 'credit expire' id="$CREDIT"
went "$told: the request" "DELETE $BELOW/credits/$CREDIT/"
answers $REFUSED 'http=403 .*Insufficient permissions' 'credit expire by others is refused' 'credit expire' id="$CREDIT"
for amount in 3e2 -1 0x10 1.5 1.005 '' 99999999999; do
    before "credit create refuses the amount ${amount@Q}" $USAGE '"amount" is no amount' 'credit create' amount="$amount" expires=2027-01-01
done

# --- secrets ---
answers $DONE '^\{"id":"[^"]*","name":"warehouse","type":"AWS","description":"\*{10}BHQK7I","created":"2026-[^"]*"\}$' 'secret list prints a masked secret' 'secret list'
went "$told: the request" "GET $BELOW/secrets/"
answers $DONE '"name":"s3","type":"AWS","description":"\*{10}XAMPLE"' 'secret create of type AWS prints the secret' 'secret create' name=s3 type=aws access_key=AKIAEXAMPLE secret_key=wJalrX
went "$told: the request" "POST $BELOW/secrets/ {\"name\":\"s3\",\"type\":\"AWS\",\"data\":{\"aws_secret\":{\"access_key\":\"AKIAEXAMPLE\",\"secret_key\":\"wJalrX\"}}}"
SECRET=$(jq -r .id <<< "$OUT")
answers $DONE '"name":"blob","type":"AZURE"' 'secret create of type Azure prints the secret' 'secret create' name=blob type=AZURE connection_string='Name=x;Password=y+/'
went "$told: the request" "POST $BELOW/secrets/ {\"name\":\"blob\",\"type\":\"AZURE\",\"data\":{\"azure_secret\":{\"connection_string\":\"Name=x;Password=y+/\"}}}"
answers $DONE '^$' 'secret remove succeeds without output' 'secret remove' id="$SECRET"
went "$told: the request" "DELETE $BELOW/secrets/$SECRET/"
before 'secret create refuses an unknown type' $USAGE 'one of: AWS, AZURE' 'secret create' name=s type=GCP
before 'secret create refuses to run without a type' $USAGE 'one of: AWS, AZURE' 'secret create' name=s
before 'secret create refuses a missing value' $USAGE '"secret_key" is missing' 'secret create' name=s type=AWS access_key=a
before 'secret create refuses values of another type' $USAGE 'type AZURE has no access_key; it has: connection_string' 'secret create' name=s type=AZURE access_key=wJalrX connection_string=c

# --- files ---
answers $DONE '^\{"id":"[^"]*","name":"nyc_taxi","state":"uploaded","size":15,"created":"2026-[^"]*","download_url":"'"$URL"'/_bucket/[^"]{1500,}"\}$' \
    'file list prints a download address of more than 1500 characters' 'file list'
went "$told: the request" "GET $BELOW/files/"
answers $DONE '^\{"id":"[^"]*","name":"data","state":"pending","created":"[^"]*","upload_url":"'"$URL"'/_bucket/[^"]*"\}$' 'file upload prints the new entry' 'file upload' name=data
went "$told: the request" "POST $BELOW/files/ {\"name\":\"data\"}"
FILE=$(jq -r .id <<< "$OUT")
curl -sS -T "$0" "$(jq -r .upload_url <<< "$OUT")"
answers $DONE "\"state\":\"uploaded\",\"size\":$(wc -c < "$0")," 'file show prints state and size' 'file show' id="$FILE"
went "$told: the request" "GET $BELOW/files/$FILE/"
answers $DONE '^$' 'file remove succeeds without output' 'file remove' id="$FILE"
went "$told: the request" "DELETE $BELOW/files/$FILE/"
answers $REFUSED 'http=404' 'file show reports a removed file' 'file show' id="$FILE"

# --- what there is not ---
for operation in 'org find' 'member grant' 'member revoke' 'invitation create' 'invitation resend' 'joincode list' 'joincode create' \
    'joincode revoke' 'joincode join' 'role create' 'role edit' 'role remove' 'token list' 'token create' 'token revoke' 'subscription list'; do
    before "the provider cratedb refuses $operation" $UNSUPPORTED "the provider \"cratedb\" has no \"$operation\"" "$operation"
done
before 'member add refuses permissions' $UNSUPPORTED 'takes no "permissions" for "member add"; it takes: org email role' 'member add' email=a@b.c permissions=x
before 'org delete refuses a name' $UNSUPPORTED 'takes no "name" for "org delete"' 'org delete' name=acme
before 'whoami refuses an option of another provider' $USAGE 'no option "dialect"' option.dialect=documented whoami
SETTINGS=("${SETTINGS[@]:0:3}")
before 'member list refuses to run without an organization' $USAGE 'no organization is chosen' 'member list'
SETTINGS+=(org="$ACME")

# --- credentials that are not taken ---
for credential in nobody:x ada-key:wrong nobody-session; do
    answers $REFUSED '^error status=1 http=401 .*401 Authentication required\.' "whoami reports the bad credential $credential" token=$credential whoami
    is "$(wc -l < "$LOG")" 1 "whoami tries the bad credential $credential once"
done
fake '{"set":{"browser":true}}'
answers $REFUSED '^error status=1 http=302 .*the credential is not accepted' 'whoami takes the redirect to a login page for a refusal' token=nobody-session whoami
is "$(wc -l < "$LOG")" 1 'whoami does not follow the redirect to a login page'
fake '{"reset":true,"set":{"expired":true}}'
answers $REFUSED 'http=401' 'member list reports a credential that has expired' 'member list'
fake '{"reset":true,"set":{"renew":true}}'
answers $DONE '"username":"bob"' 'a watch goes on with a session that each answer renews' token=ada-session watch 0 0 3
is "$(sent .headers.cookie | uniq | wc -l)/$(sent .status | uniq)" 3/200 'a watch sends the renewed session'
answers $DONE 'organization.create' 'audit list goes on with a session that each answer renews' token=mia-session 'audit list'
is "$(sent .headers.cookie | uniq | wc -l)/$(sent .status | uniq)" 4/200 'audit list sends the renewed session from page to page'

# --- sessions and hostile cookies ---
HOSTILE_NAME='a watch goes on when an answer deletes the cookie' hostile $DONE '"ada"' '{"path":"users/$","body":[{"uid":"a","username":"ada","organization_roles":[]}],"headers":{"Set-Cookie":"session=; Max-Age=0"}}' \
    token=ada-session watch 0 0 2
is "$(sent .headers.cookie | uniq)" session=ada-session 'a watch keeps the session when an answer deletes the cookie'
HOSTILE_NAME='a watch goes on when an answer sets a session for an API key' hostile $DONE '"ada"' '{"path":"users/$","body":[{"uid":"a","username":"ada","organization_roles":[]}],"headers":{"Set-Cookie":"session=stolen"}}' watch 0 0 2
is "$(sent '.headers | [.authorization, .cookie] | tojson' | uniq)" "[\"$BASIC\",null]" 'a watch keeps the API key when an answer sets a session'
HOSTILE_NAME='member list refuses a new session with a blank' hostile $BAD 'cannot stand in a cookie' '{"path":"users/$","body":[{"uid":"a","organization_roles":[]}],"headers":{"Set-Cookie":"session=\"a b\""}}' \
    token=ada-session 'member list'
for bad in 'a\u0001b' '\u007f' '\u00e9'; do
    HOSTILE_NAME="member list refuses the new session $bad" hostile $BAD 'cannot stand in a cookie' '{"path":"users/$","body":[{"uid":"a","organization_roles":[]}],"headers":{"Set-Cookie":"session='"$bad"'"}}' \
        token=ada-session 'member list'
done

# --- hostile answers ---
hostile_answers 'users/$' 'member list'
hostile_answers 'auditlogs/$' 'audit list'
hostile_answers 'users/me/$' whoami
hostile_values 'users/$' uid 'member list'
hostile_values 'users/$' username 'member list'
hostile_values 'users/$' role_fqn 'member list'
hostile_values 'auditlogs/$' action 'audit list'
hostile_values 'organizations/$' name 'org list'
hostile_values 'files/$' name 'file list'

# value KEY VALUE PROBE...: the number or object KEY is VALUE instead, at $at
value() {
    local shown=${2//$ACME/ID}
    HOSTILE_NAME="${*:3} refuses ${shown:0:60} for \"$1\"" hostile $BAD "\"$1\"|wrong type, value or length|is missing|not JSON|is no array|occurs twice" \
        "{\"path\":\"$at\",\"times\":0,\"sub\":[[\"\\\"$1\\\":([0-9.]+|true|false|\\\\[.*?\\\\])\",\"\\\"$1\\\":${2//\"/\\\"}\"]]}" "${@:3}"
}
at='credits/$'
for n in -1 1.5 1e999 9007199254740993 '"300"' true '[]' '{}' null; do value original_amount "$n" 'credit list'; done
at='files/$'
for n in -1 1.5 1e999 9007199254740993 '"15"' '[]'; do value file_size "$n" 'file list'; done
at='organizations/$'
for n in -1 1.5 1e999 9007199254740993 true '[]'; do value plan_type "$n" 'org list'; done
at='users/$'
MANY=$(printf "{\"organization_id\":\"$ACME\",\"role_fqn\":\"r\"},%.0s" {1..300})
for n in null '"org_admin"' '{}' 5 '[1]' '["org_admin"]' '[null]' '[{}]' '[{"role_fqn":"org_admin"}]' "[{\"organization_id\":\"$ACME\"}]" \
    "[{\"organization_id\":\"$ACME\",\"role_fqn\":[\"org_admin\"]}]" "[${MANY%,}]"; do
    value organization_roles "$n" 'member list'
done
HOSTILE_NAME='member list prints no role of another organization' hostile $DONE '"username":"mia".*"roles":\[\]' \
    "{\"path\":\"users/$\",\"sub\":[[\"$ACME\",\"${ACME%9}8\"]]}" 'member list'
HOSTILE_NAME='member list refuses an empty list' hostile $BAD 'is empty, which is impossible' '{"path":"users/$","body":[]}' 'member list'
HOSTILE_NAME='role list refuses an empty list' hostile $BAD 'is empty, which is impossible' '{"path":"roles/$","body":[]}' 'role list'
HOSTILE_NAME='member list accepts fields that nobody knows' hostile $DONE '"roles":\["org_member"\]' \
    '{"path":"users/$","sub":[["\"idp\":","\"roles\":[\"org_admin\"],\"id\":\"root\",\"state\":\"active\",\"x\":null,\"idp\":"]]}' 'member list'
unlike "$OUT" '"root"' 'member list ignores fields that nobody knows'
for added in 1 '"yes"' null; do
    HOSTILE_NAME="member add refuses $added for \"added\"" hostile $BAD '"added" and "invited" are not true or false' \
        "{\"path\":\"users/$\",\"sub\":[[\"(\\\"added\\\":)true\",\"\\\"added\\\":${added//\"/\\\"}\"]]}" 'member add' email=sam@example.org
done
HOSTILE_NAME='member add refuses an array' hostile $BAD 'are not true or false' '{"path":"users/$","body":[]}' 'member add' email=sam@example.org
HOSTILE_NAME='member role takes a 200 with success false for a refusal' hostile $REFUSED '200 It did not work' '{"path":"users/$","body":{"success":false,"message":"It did not work"}}' 'member role' user=$MIA role=org_admin
for operation in 'org delete' 'org edit name=x' "member remove user=$MIA" "member role user=$MIA role=org_admin" 'billing edit city=x' 'file remove id=x'; do
    read -ra words <<< "$operation"
    HOSTILE_NAME="${words[*]:0:2} takes a 200 in HTML for a failure" hostile $BAD 'not JSON' \
        '{"path":".","times":0,"status":200,"body":"<!DOCTYPE html><title>CrateDB</title>","kind":"text/html"}' "${words[0]} ${words[1]}" "${words[@]:2}"
done

# the audit log's pages and contexts
event() { printf '{"id":"%s","action":"a","created":"now","actor":{"id":null},"context":{"n":%s}}' "$1" "$2"; }
HOSTILE_NAME='audit list refuses a page that repeats for ever' hostile $BAD 'same page again' "{\"path\":\"auditlogs\",\"times\":0,\"body\":[$(event a 1)]}" 'audit list'
is "$(wc -l < "$LOG")" 2 'audit list stops at the first repeated page'
HOSTILE_NAME='audit list refuses two pages in a circle' hostile $BAD 'same page again' \
    "[{\"path\":\"auditlogs\",\"query\":\"last=a$\",\"times\":0,\"body\":[$(event b 2)]},{\"path\":\"auditlogs\",\"times\":0,\"body\":[$(event a 1)]}]" 'audit list'
ok 'audit list stops soon at pages in a circle' test "$(wc -l < "$LOG")" -lt 10
HOSTILE_NAME='audit list refuses a page with an id of 1024 bytes that repeats' hostile $BAD 'same page again' "{\"path\":\"auditlogs\",\"times\":0,\"body\":[$(event "$(printf '%1024s' '' | tr ' ' a)" 1)]}" 'audit list'
HOSTILE_NAME='audit list fails when a later page answers 429' hostile $UNREACHABLE 'http=429 retry=9 ' '{"path":"auditlogs","query":"last=","status":429,"headers":{"Retry-After":"9"}}' 'audit list'
HOSTILE_NAME='audit list fails when a later page answers 500' hostile $UNREACHABLE 'http=500' '{"path":"auditlogs","query":"last=","after":1,"status":500,"body":"no"}' 'audit list'
HOSTILE_NAME='audit list fails when a later page closes the connection' hostile $UNREACHABLE 'status=2' '{"path":"auditlogs","query":"last=","times":0,"drop":true}' 'audit list'
HOSTILE_NAME='audit list fails when a later page redirects' hostile $REFUSED 'http=302' "{\"path\":\"auditlogs\",\"query\":\"last=\",\"status\":302,\"headers\":{\"Location\":\"$ELSEWHERE/\"}}" 'audit list'
HOSTILE_NAME='audit list refuses a later page that is no array' hostile $BAD 'is no array' '{"path":"auditlogs","query":"last=","body":{"id":"x"}}' 'audit list'
HOSTILE_NAME='audit list prints a long context' hostile $DONE '"detail":"[^"]' \
    "{\"path\":\"auditlogs\",\"sub\":[[\"\\\"context\\\":[{][^}]*[}]\",\"\\\"context\\\":{\\\"ab\\\":\\\"$(printf 'ä%.0s' {1..2000})\\\"}\"]]}" 'audit list'
is "$(jq -r '.detail | utf8bytelength' <<< "$(head -n 1 <<< "$OUT")")" 1023 'audit list cuts a long context between two characters'
HOSTILE_NAME='audit list leaves out a context that is an array' hostile $DONE '"action":"organization.create"\}$' '{"path":"auditlogs","times":0,"sub":[["\"context\":[{][^}]*[}]","\"context\":[]"]]}' 'audit list'

# what is shown of a refusal
HOSTILE_NAME='whoami reports a refusal with control characters' hostile $REFUSED '400 red\[0m text, x: more\[2J' \
    '{"path":"users/me/$","status":400,"body":{"message":"red\u001b[0m text\u202e","errors":{"x":["more\u001b[2J"],"y":{"z":["deep"]},"n":5}}}' whoami
unlike "$OUT" $'\e|\xe2\x80\xae' 'whoami prints no control character of a refusal'

elsewhere_unasked
done_testing
