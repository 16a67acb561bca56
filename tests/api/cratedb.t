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
answers $DONE '^\{"id":"'$ADA'","email":"ada@example.org","username":"ada","name":"Ada Example"\}$' 'whoami' whoami
went 'its request' 'GET /api/v2/users/me/'
is "$(sent '.headers.authorization')" "$BASIC" 'key:secret is HTTP Basic'
is "$(sent '.headers | [.cookie, ."x-region", ."x-auth-sudo", ."content-type"] | tojson')" '[null,null,null,null]' 'and nothing else is sent'
answers $DONE '"username":"ada"' 'a session' token=ada-session whoami
is "$(sent '.headers | [.authorization, .cookie] | tojson')" '[null,"session=ada-session"]' 'is a cookie'
answers $DONE '"username":"sup"' 'region and sudo' "${SUDO[@]}" option.region=eks1.eu-west-1.aws whoami
is "$(sent '.headers | [."x-region", ."x-auth-sudo"] | tojson')" '["eks1.eu-west-1.aws","1"]' 'are headers'
for n in a ab abc abcd abcde; do
    probe token="key:$n" whoami
    is "$(sent .headers.authorization)" "Basic $(printf 'key:%s' "$n" | base64)" "Base64 of ${#n} bytes more"
done
before 'no such option' $USAGE 'no option "regoin"; there are region, sudo' option.regoin=x whoami
before 'sudo is 1' $USAGE '"sudo" cannot be "yes"' option.sudo=yes whoami
before 'a region with two lines' $USAGE 'control characters' option.region=$'eu\r\nX-Auth-Sudo: 1' whoami
for token in 'a;b' 'a,b' 'a"b' 'a\b'; do
    before "the session $token" $USAGE 'cannot stand in a cookie' token="$token" whoami
done

# --- organizations ---
answers $DONE '^\{"id":"'$ACME'","name":"acme","role":"org_admin","created":"2026-01-02T[^"]*","plan":"3","email":"ops@example.org","updated":"[^"]*"\}$' \
    'org list' 'org list'
went 'its request' 'GET /api/v2/organizations/'
is "$(wc -l <<< "$OUT")" 2 'both organizations'
answers $DONE '"name":"acme"' 'org show' 'org show'
went 'its request' "GET $BELOW/"
answers $DONE '"name":"new","role":"org_admin"' 'org create' 'org create' name=new
went 'its request' 'POST /api/v2/organizations/ {"name":"new"}'
is "$(sent '.headers."content-type"')" application/json 'it is JSON'
answers $DONE '"plan":"4"' 'org create with a plan' 'org create' name=new plan_type=4
went 'its request' 'POST /api/v2/organizations/ {"name":"new","plan_type":4}'
NEW=$(jq -r .id <<< "$OUT")
answers $DONE '^$' 'org edit' org="$NEW" 'org edit' name=newer plan_type=5 email=a@example.org
went 'its request' "PUT /api/v2/organizations/$NEW/ {\"name\":\"newer\",\"plan_type\":5,\"email\":\"a@example.org\"}"
answers $DONE '"name":"newer".*"plan":"5","email":"a@example.org"' 'what has changed' org="$NEW" 'org show'
answers $DONE '^$' 'org delete' org="$NEW" 'org delete'
went 'its request' "DELETE /api/v2/organizations/$NEW/"
answers $REFUSED 'http=404 .*404 Resource not found' 'it is gone' org="$NEW" 'org show'
before 'a plan that is no number' $USAGE '"plan_type" is no number' 'org edit' plan_type=pro
before 'an organization that is no segment' $USAGE 'cannot be part of a path' org=.. 'org show'
probe org='a/b?c' 'org show'
went 'an organization with a slash stays one segment' 'GET /api/v2/organizations/a%2Fb%3Fc/'

# --- members ---
answers $DONE '^\{"id":"'$MIA'","email":"mia@example.org","username":"mia","name":"Mia Example","roles":\["org_member"\],"state":"active"\}$' \
    'member list: the role in this organization, not the first that is listed' 'member list'
went 'its request' "GET $BELOW/users/"
is "$(jq -r '.username + " " + .roles[0]' <<< "$OUT" | tr '\n' ,)" 'ada org_admin,mia org_member,bob org_member,' 'all of them'
answers $DONE '"username":"mia".*"roles":\["org_admin"\]' 'the same person in another organization' org=$GLOBEX 'member list'
answers $DONE '"username":"mia".*"roles":\["org_member"\]' 'an id in capitals' org="${ACME^^}" 'member list'
answers $DONE '^\{"outcome":"added","id":"'$SAM'","email":"sam@example.org","roles":\["org_member"\]\}$' 'member add, without a role' \
    'member add' email=sam@example.org
went 'its request' "POST $BELOW/users/ {\"user\":\"sam@example.org\",\"role_fqn\":\"org_member\"}"
answers $DONE '^\{"outcome":"changed",.*"roles":\["org_admin"\]\}$' 'member add of a member changes the role' 'member add' \
    email=sam@example.org role=org_admin
answers $DONE '^\{"outcome":"invited","email":"eve@example.org","roles":\["org_member"\]\}$' 'member add of somebody unknown' 'member add' \
    email=eve@example.org
answers $DONE '^$' 'member role' 'member role' user=$SAM role=org_member
went 'its request' "POST $BELOW/users/ {\"user\":\"$SAM\",\"role_fqn\":\"org_member\"}"
answers $DONE '^$' 'member remove' 'member remove' user=$SAM
went 'its request' "DELETE $BELOW/users/$SAM/"
answers $DONE '"username":"bob"' 'who is removed is not listed' 'member list'
unlike "$OUT" sam 'any more'
answers $REFUSED 'http=403 .*403 The last organization admin cannot be removed' 'the last admin stays' 'member remove' user=$ADA
answers $REFUSED 'http=400 .*Bad request, role_fqn: Must be one of: org_admin, org_member' 'an unknown role' 'member add' email=a@example.org role=root
answers $DONE '"outcome":"added"' 'by e-mail' 'member add' email=sam@example.org
answers $DONE '^$' 'an e-mail' 'member remove' user=sam@example.org
went 'is percent-encoded' "DELETE $BELOW/users/sam%40example.org/"
answers $DONE $'^member .*"ada"' 'watch' watch 0 0
is "$(head -n 1 <<< "$OUT") $(tail -n 1 <<< "$OUT")" 'reset done 0' 'lists everything each time'

# --- invitations ---
answers $DONE '^\{"id":"invite-pat","email":"pat@example.org","roles":\["org_member"\],"state":"pending","expires":"2026-02-02T' 'invitation list' 'invitation list'
went 'its request' "GET $BELOW/invitations/?status=PENDING"
unlike "$OUT" ann@ 'accepted ones are none any more'
answers $DONE '^\{"organization":"'$ACME'","role":"org_member"\}$' 'invitation accept' token=sam-key:sam-secret 'invitation accept' token=invite-pat
went 'its request' 'POST /api/v2/users/me/accept-invite/ {"token":"invite-pat"}'
answers $REFUSED 'token: Invalid token' 'only once' token=bob-key:bob-secret 'invitation accept' token=invite-pat
answers $DONE '^$' 'invitation revoke' 'invitation revoke' id=invite-ann
went 'its request' "DELETE $BELOW/invitations/invite-ann/"

# --- roles, audit log ---
answers $DONE '^\{"id":"org_admin","name":"Organization Admin"\}$' 'role list' 'role list'
went 'its request' 'GET /api/v2/roles/'
fake '{"reset":true}'
answers $DONE '"actor":"SYSTEM","actor_name":"SYSTEM","action":"organization.create","detail":"\{\\"n\\":0\}"\}$' 'audit list: the system itself' 'audit list'
id() { printf '00000000-0000-4000-8000-%012d' "$1"; }
went 'every page until an empty one' "GET $BELOW/auditlogs/" "GET $BELOW/auditlogs/?last=$(id 71)" "GET $BELOW/auditlogs/?last=$(id 21)" \
    "GET $BELOW/auditlogs/?last=$(id 1)"
is "$(jq -r .id <<< "$OUT" | sort -u | wc -l)" 120 'each event once'
like "$OUT" '"at":"2026-01-02T[^"]*","actor":"'$ADA'","actor_name":"ada","action":"organization.add_user"' 'a person'
answers $DONE '"action":"project.create"' 'filters' 'audit list' action=project.create from=2026-01-02T03:04:00+00:00 to=2026-01-03
is "$(jq -r .action <<< "$OUT" | sort -u)/$(wc -l <<< "$OUT")" project.create/59 'are the API'"'"'s'
went 'which gets them with each page' \
    "GET $BELOW/auditlogs/?action=project.create&from=2026-01-02T03%3A04%3A00%2B00%3A00&to=2026-01-03" \
    "GET $BELOW/auditlogs/?action=project.create&from=2026-01-02T03%3A04%3A00%2B00%3A00&to=2026-01-03&last=$(id 22)" \
    "GET $BELOW/auditlogs/?action=project.create&from=2026-01-02T03%3A04%3A00%2B00%3A00&to=2026-01-03&last=$(id 4)"
answers $REFUSED 'http=400 .*400 Bad request, from: Not a valid datetime' 'a bad filter' 'audit list' from=yesterday
answers $DONE '^$' 'nothing is found' 'audit list' action=nothing.such

# --- the customer ---
answers $DONE '^\{"name":"Acme GmbH","email":"billing@example.org","phone":"\+33123456789","country":"AT","city":"Vienna","line1":"Street 1","postal_code":"1010","tax_id":"ATU12345678","tax_id_type":"eu_vat"\}$' \
    'billing show' 'billing show'
went 'its request' "GET $BELOW/customer/"
answers $DONE '^$' 'billing edit' 'billing edit' city=Graz line2='Door 5'
went 'the whole record is sent' "GET $BELOW/customer/" \
    "PUT $BELOW/customer/ {\"name\":\"Acme GmbH\",\"email\":\"billing@example.org\",\"phone\":\"+33123456789\",\"country\":\"AT\",\"city\":\"Graz\",\"line1\":\"Street 1\",\"line2\":\"Door 5\",\"postal_code\":\"1010\",\"tax_id\":\"ATU12345678\",\"tax_id_type\":\"eu_vat\"}"
answers $DONE '"city":"Graz","line1":"Street 1","line2":"Door 5"' 'what has changed' 'billing show'
NEW=$(probe 'org create' name=new; jq -r .id <<< "$OUT")
answers $REFUSED 'http=404' 'no customer yet' org="$NEW" 'billing show'
answers $USAGE '"phone" is missing' 'a first one must be whole' org="$NEW" 'billing edit' name=New email=a@example.org
went 'or nothing is changed' "GET /api/v2/organizations/$NEW/customer/"
answers $DONE '^$' 'a whole one' org="$NEW" 'billing edit' name=New email=a@example.org phone=1 country=AT city=Linz line1=S postal_code=4020
answers $DONE '^\{"name":"New","email":"a@example.org","phone":"1","country":"AT","city":"Linz","line1":"S","postal_code":"4020"\}$' 'is there' org="$NEW" 'billing show'

# --- credits: dollars here, cents there ---
answers $DONE '^\{"id":"[^"]*","state":"active","original":"300.00","remaining":"300.00","starts":"2026-01-02T03:04:05Z","expires":"2026-12-24T12:34:56Z","comment":"Free Trial"\}$' \
    'credit list' 'credit list'
went 'its request' "GET $BELOW/credits/"
answers $DONE '"state":"expired","original":"50.50"' 'expired ones too' 'credit list' all=1
went 'its request' "GET $BELOW/credits/?status=ACTIVE%2CEXPIRED"
answers $DONE '"original":"299.95","remaining":"299.95".*"expires":"2027-01-01T00:00:00Z","comment":"Hello"' 'credit create' "${SUDO[@]}" \
    'credit create' amount=299.95 expires=2027-01-01T00:00:00Z comment=Hello
went 'its request' "POST $BELOW/credits/ {\"amount\":29995,\"expiration_date\":\"2027-01-01T00:00:00Z\",\"comment\":\"Hello\"}"
CREDIT=$(jq -r .id <<< "$OUT")
answers $DONE '"original":"300.00","remaining":"300.00".*"comment":"Hello"' 'credit edit' "${SUDO[@]}" 'credit edit' id="$CREDIT" amount=300
went 'its request' "PATCH $BELOW/credits/$CREDIT/ {\"amount\":30000}"
answers $DONE '"expires":"2028-01-01T00:00:00Z","comment":"Bye"' 'credit edit: the rest' "${SUDO[@]}" 'credit edit' id="$CREDIT" expires=2028-01-01T00:00:00Z comment=Bye
went 'its request' "PATCH $BELOW/credits/$CREDIT/ {\"expiration_date\":\"2028-01-01T00:00:00Z\",\"comment\":\"Bye\"}"
answers $REFUSED 'amount: The amount can only be increased' 'less' "${SUDO[@]}" 'credit edit' id="$CREDIT" amount=1
answers $DONE '^$' 'credit expire' "${SUDO[@]}" 'credit expire' id="$CREDIT"
went 'its request' "DELETE $BELOW/credits/$CREDIT/"
answers $REFUSED 'http=403 .*Insufficient permissions' 'for superusers only' 'credit expire' id="$CREDIT"
for amount in 3e2 -1 0x10 1.5 1.005 '' 99999999999; do
    before "credit create: ${amount@Q}" $USAGE '"amount" is no amount' 'credit create' amount="$amount" expires=2027-01-01
done

# --- secrets ---
answers $DONE '^\{"id":"[^"]*","name":"warehouse","type":"AWS","description":"\*{10}BHQK7I","created":"2026-[^"]*"\}$' 'secret list' 'secret list'
went 'its request' "GET $BELOW/secrets/"
answers $DONE '"name":"s3","type":"AWS","description":"\*{10}XAMPLE"' 'secret create: AWS' 'secret create' name=s3 type=aws access_key=AKIAEXAMPLE secret_key=wJalrX
went 'its request' "POST $BELOW/secrets/ {\"name\":\"s3\",\"type\":\"AWS\",\"data\":{\"aws_secret\":{\"access_key\":\"AKIAEXAMPLE\",\"secret_key\":\"wJalrX\"}}}"
SECRET=$(jq -r .id <<< "$OUT")
answers $DONE '"name":"blob","type":"AZURE"' 'secret create: Azure' 'secret create' name=blob type=AZURE connection_string='Name=x;Password=y+/'
went 'its request' "POST $BELOW/secrets/ {\"name\":\"blob\",\"type\":\"AZURE\",\"data\":{\"azure_secret\":{\"connection_string\":\"Name=x;Password=y+/\"}}}"
answers $DONE '^$' 'secret remove' 'secret remove' id="$SECRET"
went 'its request' "DELETE $BELOW/secrets/$SECRET/"
before 'a secret of an unknown type' $USAGE 'one of: AWS, AZURE' 'secret create' name=s type=GCP
before 'a secret without a type' $USAGE 'one of: AWS, AZURE' 'secret create' name=s
before 'half a secret' $USAGE '"secret_key" is missing' 'secret create' name=s type=AWS access_key=a
before 'the wrong values' $USAGE 'type AZURE has no access_key; it has: connection_string' 'secret create' name=s type=AZURE access_key=wJalrX connection_string=c

# --- files ---
answers $DONE '^\{"id":"[^"]*","name":"nyc_taxi","state":"uploaded","size":15,"created":"2026-[^"]*","download_url":"'"$URL"'/_bucket/[^"]{1500,}"\}$' \
    'file list: presigned addresses are long' 'file list'
went 'its request' "GET $BELOW/files/"
answers $DONE '^\{"id":"[^"]*","name":"data","state":"pending","created":"[^"]*","upload_url":"'"$URL"'/_bucket/[^"]*"\}$' 'file upload' 'file upload' name=data
went 'its request' "POST $BELOW/files/ {\"name\":\"data\"}"
FILE=$(jq -r .id <<< "$OUT")
curl -sS -T "$0" "$(jq -r .upload_url <<< "$OUT")"
answers $DONE "\"state\":\"uploaded\",\"size\":$(wc -c < "$0")," 'file show' 'file show' id="$FILE"
went 'its request' "GET $BELOW/files/$FILE/"
answers $DONE '^$' 'file remove' 'file remove' id="$FILE"
went 'its request' "DELETE $BELOW/files/$FILE/"
answers $REFUSED 'http=404' 'file show: it is gone' 'file show' id="$FILE"

# --- what there is not ---
for operation in 'org find' 'member grant' 'member revoke' 'invitation create' 'invitation resend' 'joincode list' 'joincode create' \
    'joincode revoke' 'joincode join' 'role create' 'role edit' 'role remove' 'token list' 'token create' 'token revoke' 'subscription list'; do
    before "$operation" $UNSUPPORTED "the provider \"cratedb\" has no \"$operation\"" "$operation"
done
before 'permissions' $UNSUPPORTED 'takes no "permissions" for "member add"; it takes: org email role' 'member add' email=a@b.c permissions=x
before 'a name where nobody asks for it' $UNSUPPORTED 'takes no "name" for "org delete"' 'org delete' name=acme
before 'an option of another vendor' $USAGE 'no option "dialect"' option.dialect=documented whoami
SETTINGS=("${SETTINGS[@]:0:3}")
before 'no organization' $USAGE 'no organization is chosen' 'member list'
SETTINGS+=(org="$ACME")

# --- credentials that are not taken ---
for credential in nobody:x ada-key:wrong nobody-session; do
    answers $REFUSED '^error status=1 http=401 .*401 Authentication required\.' "the credential $credential" token=$credential whoami
    is "$(wc -l < "$LOG")" 1 'it is tried once'
done
fake '{"set":{"browser":true}}'
answers $REFUSED '^error status=1 http=302 .*the credential is not accepted' 'the redirect to a login page' token=nobody-session whoami
is "$(wc -l < "$LOG")" 1 'is not followed'
fake '{"reset":true,"set":{"expired":true}}'
answers $REFUSED 'http=401' 'a credential that has expired' 'member list'
fake '{"reset":true,"set":{"renew":true}}'
answers $DONE '"username":"bob"' 'a session that is renewed with each answer' token=ada-session watch 0 0 3
is "$(sent .headers.cookie | uniq | wc -l)/$(sent .status | uniq)" 3/200 'is taken over'
answers $DONE 'organization.create' 'also' token=mia-session 'audit list'
is "$(sent .headers.cookie | uniq | wc -l)/$(sent .status | uniq)" 4/200 'from page to page'

# --- sessions and hostile cookies ---
hostile $DONE '"ada"' '{"path":"users/$","body":[{"uid":"a","username":"ada","organization_roles":[]}],"headers":{"Set-Cookie":"session=; Max-Age=0"}}' \
    token=ada-session watch 0 0 2
is "$(sent .headers.cookie | uniq)" session=ada-session 'a cookie that is taken away does not end the session'
hostile $DONE '"ada"' '{"path":"users/$","body":[{"uid":"a","username":"ada","organization_roles":[]}],"headers":{"Set-Cookie":"session=stolen"}}' watch 0 0 2
is "$(sent '.headers | [.authorization, .cookie] | tojson' | uniq)" "[\"$BASIC\",null]" 'an API key is not given up for a session'
hostile $BAD 'cannot stand in a cookie' '{"path":"users/$","body":[{"uid":"a","organization_roles":[]}],"headers":{"Set-Cookie":"session=\"a b\""}}' \
    token=ada-session 'member list'
for bad in 'a\u0001b' '\u007f' '\u00e9'; do
    hostile $BAD 'cannot stand in a cookie' '{"path":"users/$","body":[{"uid":"a","organization_roles":[]}],"headers":{"Set-Cookie":"session='"$bad"'"}}' \
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
    HOSTILE_NAME="${*:3}: \"$1\" is ${2:0:40}" hostile $BAD "\"$1\"|wrong type, value or length|is missing|not JSON|is no array|occurs twice" \
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
HOSTILE_NAME='roles in other organizations are none here' hostile $DONE '"username":"mia".*"roles":\[\]' \
    "{\"path\":\"users/$\",\"sub\":[[\"$ACME\",\"${ACME%9}8\"]]}" 'member list'
HOSTILE_NAME='an empty list of members' hostile $BAD 'is empty, which cannot be' '{"path":"users/$","body":[]}' 'member list'
HOSTILE_NAME='an empty list of roles' hostile $BAD 'is empty, which cannot be' '{"path":"roles/$","body":[]}' 'role list'
HOSTILE_NAME='fields that nobody knows' hostile $DONE '"roles":\["org_member"\]' \
    '{"path":"users/$","sub":[["\"idp\":","\"roles\":[\"org_admin\"],\"id\":\"root\",\"state\":\"active\",\"x\":null,\"idp\":"]]}' 'member list'
unlike "$OUT" '"root"' 'change nothing'
for added in 1 '"yes"' null; do
    HOSTILE_NAME="added is $added" hostile $BAD '"added" and "invited" are not true or false' \
        "{\"path\":\"users/$\",\"sub\":[[\"(\\\"added\\\":)true\",\"\\\"added\\\":${added//\"/\\\"}\"]]}" 'member add' email=sam@example.org
done
HOSTILE_NAME='an array for an addition' hostile $BAD 'are not true or false' '{"path":"users/$","body":[]}' 'member add' email=sam@example.org
HOSTILE_NAME='success: false' hostile $REFUSED '200 It did not work' '{"path":"users/$","body":{"success":false,"message":"It did not work"}}' 'member role' user=$MIA role=org_admin
for operation in 'org delete' 'org edit name=x' "member remove user=$MIA" "member role user=$MIA role=org_admin" 'billing edit city=x' 'file remove id=x'; do
    read -ra words <<< "$operation"
    HOSTILE_NAME="$operation: a page of HTML is no success" hostile $BAD 'not JSON' \
        '{"path":".","times":0,"status":200,"body":"<!DOCTYPE html><title>CrateDB</title>","kind":"text/html"}' "${words[0]} ${words[1]}" "${words[@]:2}"
done

# the audit log's pages and contexts
event() { printf '{"id":"%s","action":"a","created":"now","actor":{"id":null},"context":{"n":%s}}' "$1" "$2"; }
HOSTILE_NAME='the same page again and again' hostile $BAD 'no other page' "{\"path\":\"auditlogs\",\"times\":0,\"body\":[$(event a 1)]}" 'audit list'
is "$(wc -l < "$LOG")" 2 'is noticed at once'
HOSTILE_NAME='two pages in turn' hostile $BAD 'no other page' \
    "[{\"path\":\"auditlogs\",\"query\":\"last=a$\",\"times\":0,\"body\":[$(event b 2)]},{\"path\":\"auditlogs\",\"times\":0,\"body\":[$(event a 1)]}]" 'audit list'
ok 'they are noticed soon' test "$(wc -l < "$LOG")" -lt 10
HOSTILE_NAME='an endless page' hostile $BAD 'no other page' "{\"path\":\"auditlogs\",\"times\":0,\"body\":[$(event "$(printf '%1024s' '' | tr ' ' a)" 1)]}" 'audit list'
HOSTILE_NAME='429 in mid-listing' hostile $UNREACHABLE 'http=429 retry=9 ' '{"path":"auditlogs","query":"last=","status":429,"headers":{"Retry-After":"9"}}' 'audit list'
HOSTILE_NAME='500 in mid-listing' hostile $UNREACHABLE 'http=500' '{"path":"auditlogs","query":"last=","after":1,"status":500,"body":"no"}' 'audit list'
HOSTILE_NAME='a closed connection in mid-listing' hostile $UNREACHABLE 'status=2' '{"path":"auditlogs","query":"last=","times":0,"drop":true}' 'audit list'
HOSTILE_NAME='a redirect in mid-listing' hostile $REFUSED 'http=302' "{\"path\":\"auditlogs\",\"query\":\"last=\",\"status\":302,\"headers\":{\"Location\":\"$ELSEWHERE/\"}}" 'audit list'
HOSTILE_NAME='a page of another kind in mid-listing' hostile $BAD 'is no array' '{"path":"auditlogs","query":"last=","body":{"id":"x"}}' 'audit list'
HOSTILE_NAME='a long context is cut' hostile $DONE '"detail":"[^"]' \
    "{\"path\":\"auditlogs\",\"sub\":[[\"\\\"context\\\":[{][^}]*[}]\",\"\\\"context\\\":{\\\"ab\\\":\\\"$(printf 'ä%.0s' {1..2000})\\\"}\"]]}" 'audit list'
is "$(jq -r '.detail | utf8bytelength' <<< "$(head -n 1 <<< "$OUT")")" 1023 'between two characters'
HOSTILE_NAME='a context that is none' hostile $DONE '"action":"organization.create"\}$' '{"path":"auditlogs","times":0,"sub":[["\"context\":[{][^}]*[}]","\"context\":[]"]]}' 'audit list'

# what is shown of a refusal
HOSTILE_NAME='control characters' hostile $REFUSED '400 red\[0m text, x: more\[2J' \
    '{"path":"users/me/$","status":400,"body":{"message":"red\u001b[0m text\u202e","errors":{"x":["more\u001b[2J"],"y":{"z":["deep"]},"n":5}}}' whoami
unlike "$OUT" $'\e|\xe2\x80\xae' 'are not shown'

elsewhere_unasked
done_testing
