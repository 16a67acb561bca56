#!/bin/bash
# Upsun and Platform.sh: what goes out for each operation, what is made of the answers, and what is not believed.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/vendor.sh"
fake_start upsun --fault most=2,chunk=1
ACME=01HQZX3J5K6M7N8P9QRSTVWXYZ HOOLI=01HR0000000000000000000001
id() { printf '00000000-0000-4000-8000-%012d' "$1"; }
ADA=$(id 1) BOB=$(id 2) MIA=$(id 3) GIL=$(id 5)
AT=/organizations/$ACME NAMED=/organizations/name%3Dacme-corp
SETTINGS=(provider=upsun url="$URL" token=api-token-1 org="$ACME")
SECRETS=(api-token- access- sig=)
TOKEN='POST /oauth2/token client_id=upsun-cli&client_secret=&grant_type=api_token&api_token=api-token-1'
USERS='GET /ref/users?in=USERS'
SIZE='page%5Bsize%5D=100'

# asked NAME LINE...: "went" without what every probe begins with, and without the names of users in a reference
asked() { is "$(sent | grep -v '^POST /oauth2/token' | sed 's/\(users?in=\).*/\1USERS/')" "$(printf '%s\n' "${@:2}")" "$1"; }
exchanges() { grep -c '"/oauth2/token"' "$LOG"; }

# --- the access token ---
answers $DONE '^\{"id":"'$ADA'","email":"ada@example.com","username":"ada","name":"Ada A"\}$' 'whoami prints id, address, username and name' whoami
went 'whoami exchanges the API token, then asks for the account' "$TOKEN" 'GET /users/me'
is "$(sent '.headers | [.authorization, ."content-type"] | tojson' | tr '\n' ' ' | sed 's/access-[^"]*/access-TOKEN/')" \
    '[null,"application/x-www-form-urlencoded"] ["Bearer access-TOKEN",null] ' 'whoami sends the access token as Bearer'
answers $DONE '"ada"' 'whoami of the provider platformsh prints the account' provider=platformsh whoami
went 'the provider platformsh sends another client_id' "${TOKEN/upsun-cli/platform-cli}" 'GET /users/me'
answers $REFUSED '^error status=1 http=400 .*code=invalid_grant POST http://[^ ]*/oauth2/token: 400 invalid_grant: Invalid API token\.' \
    'whoami reports an unknown API token' token='a+b&c=d/%' whoami
went 'whoami percent-encodes the API token' "${TOKEN%api-token-1}a%2Bb%26c%3Dd%2F%25"
SETTINGS=("${SETTINGS[@]:0:2}")
before 'whoami refuses to run without an API token' $USAGE 'no API token is given' whoami
SETTINGS+=(token=api-token-1 org="$ACME")
before 'whoami refuses an unknown option' $USAGE 'no option "region"; there are auth_url' option.region=x whoami
before 'whoami refuses a plain http auth_url' $USAGE 'the url http://example.com cannot be used' option.auth_url=http://example.com whoami
listen "$T/auth.out" "$TOP/tests/fakes/upsun.py" --log "$T/auth.log"
answers $REFUSED 'http=401 .*code=invalid_token .*401 invalid_token: Invalid access token\.' 'whoami reports an access token of another server' option.auth_url="$heard" whoami
went 'whoami gets one new token after a 401 and tries once more' 'GET /users/me' 'GET /users/me'
is "$(jq -r '.path + " " + .body' "$T/auth.log" | uniq -c | tr -s ' ')" " 2 ${TOKEN#POST }" 'whoami gets both tokens from auth_url'
fake '{"fault":{"path":"/me$","status":401,"body":"{}"}}'
answers $DONE '"ada"' 'whoami goes on after an access token that is refused' whoami
is "$(exchanges) $(sent .headers.authorization | grep -c Bearer)" '2 2' 'whoami renews a refused access token once'
fake '{"fault":{"path":"/members$","query":"after","status":401,"body":"{}"}}'
answers $DONE '"id":"'$GIL'"' 'member list goes on after a 401 in the middle' 'member list'
is "$(exchanges) $(wc -l <<< "$OUT")" '2 5' 'member list renews the token after a 401 in the middle and prints everybody'
probe watch 0 0 2
is "$GOT $(exchanges)" '0 1' 'a watch of two rounds uses one access token'
fake '{"set":{"lifetime":60}}'
probe 'org list'
is "$GOT $(exchanges)" '0 3' 'org list renews an access token in its last minute'
fake '{"set":{"lifetime":61}}'
probe 'org list'
is "$GOT $(exchanges)" '0 1' 'org list keeps an access token until its last minute'
fake '{"reset":true,"fault":{"path":"/me$","times":0,"status":401,"headers":{"WWW-Authenticate":"Bearer error=\"insufficient_user_authentication\""},"body":{"error":"insufficient_user_authentication","error_description":"More is needed.","amr":["mfa"],"max_age":60}}}'
answers $REFUSED 'code=insufficient_user_authentication .*401 insufficient_user_authentication: More is needed\.' 'whoami reports an access token that needs more authentication' whoami
is "$(exchanges)" 2 'whoami renews an insufficient access token once'
fake '{"reset":true}'

# --- organizations ---
answers $DONE '^\{"id":"'$ACME'","name":"acme-corp","label":"ACME Corp","role":"owner","type":"flexible","state":"active","country":"FR","owner":"'$ADA'","namespace":"platformsh","created":"2021-[^"]*","updated":"2021-[^"]*"\}$' \
    'org list prints an organization with its fields' 'org list'
asked "$told: the requests" 'GET /users/me' "GET /users/$ADA/organizations?$SIZE" "GET /users/$ADA/organizations?$SIZE&page%5Bafter%5D=Y3VyOjI6MA%3D%3D"
is "$(jq -r '.name + " " + .role' <<< "$OUT" | tr '\n' ,)" 'acme-corp owner,hooli member,globex owner,' 'org list prints every organization with the role'
answers $DONE '"name":"acme-corp"' 'org show prints the organization' 'org show'
asked 'org show asks by id' "GET $AT"
answers $DONE '"id":"'$ACME'"' 'org find prints the organization' org=acme-corp 'org find'
asked 'org find asks by name' "GET $NAMED"
probe org='ünd/..?' 'org find'
asked 'org find sends any name as one segment' 'GET /organizations/name%3D%C3%BCnd%2F..%3F'
probe org=01HQZX3J5K6M7N8P9QRSTVWXYI 'org find'
asked 'org find takes an id with an I for a name' 'GET /organizations/name%3D01HQZX3J5K6M7N8P9QRSTVWXYI'
answers $DONE '"name":"initech","label":"Initech"' 'org create prints the new organization' 'org create' name=initech label=Initech country=DE type=fixed
asked "$told: the request" 'POST /organizations {"name":"initech","label":"Initech","country":"DE","type":"fixed"}'
is "$(sent '.headers."content-type"' | tail -n 1)" application/json 'org create sends JSON'
answers $DONE '"label":"hooli2"' 'org create without a label prints the name as the label' 'org create' name=hooli2
asked 'org create without a label sends the name as the label' 'POST /organizations {"name":"hooli2","label":"hooli2"}'
answers $REFUSED 'http=409 .*409 Conflict, name: An organization with the name "hooli" already exists\.' 'org create reports a name that is taken' 'org create' name=hooli
answers $DONE '^$' 'org edit succeeds without output' 'org edit' label='ACME 2' country=DE
asked "$told: the request" "PATCH $AT {\"label\":\"ACME 2\",\"country\":\"DE\"}"
answers $DONE '"label":"ACME 2".*"country":"DE"' 'org show prints the edited values' 'org show'
answers $DONE '^$' 'org edit of a name succeeds' org=acme-corp 'org edit' label='ACME 3'
asked 'org edit of a name looks up the id' "GET $NAMED" "PATCH $AT {\"label\":\"ACME 3\"}"
answers $REFUSED '400 Bad Request, country: This value is too long' 'org edit reports a country of six letters' 'org edit' country=FRANCE
answers $DONE '^$' 'org delete succeeds without output' org=initech 'org delete' name=initech
NEW=$(sent .path | sed -n '$s,.*/,,p')
like "$(sent | tail -n 2)" "^GET /organizations/$NEW/subscriptions\?.*
DELETE /organizations/$NEW$" 'org delete looks for subscriptions before'
answers $REFUSED 'http=404 .*404 Not Found, The requested resource was not found' 'org show reports a deleted organization' org="$NEW" 'org show'
answers $REFUSED 'the organization still has subscriptions' 'org delete refuses an organization with subscriptions' 'org delete'
unlike "$(sent)" DELETE 'org delete deletes no organization with subscriptions'
answers $REFUSED 'http=403 .*403 Forbidden, Access denied' 'org edit by a plain member is refused' org=$HOOLI 'org edit' label=x

# --- members ---
answers $DONE '^\{"id":"'$MIA'","email":"Mia@Example.COM","username":"mia","name":"Mia M","roles":\["member"\],"permissions":\["billing","members"\],"state":"active","joined":"2021-[^"]*"\}$' \
    'member list prints a member with roles, permissions, state and time' 'member list'
asked "$told: the requests" "GET $AT" "GET $AT/members?sort=created_at&$SIZE" "$USERS" "$USERS" \
    "GET $AT/members?sort=created_at&$SIZE&page%5Bafter%5D=Y3VyOjI6MA%3D%3D" "$USERS" "$USERS" \
    "GET $AT/members?sort=created_at&$SIZE&page%5Bafter%5D=Y3VyOjQ6MA%3D%3D" "$USERS"
is "$(jq -r .id <<< "$OUT" | sort -u | wc -l)" 5 'member list prints everybody once'
like "$OUT" '"id":"'$ADA'",.*"roles":\["owner"\],"permissions":\[\]' 'member list prints the owner without permissions'
like "$OUT" '^\{"id":"'"$(id 5)"'","roles":\["member"\],"permissions":\["members"\],"state":"active","joined":"[^"]*"\}$' 'member list prints a member whose account is gone'
answers $DONE '"id":"'$GIL'"' 'member list of a name prints the members' org=acme-corp 'member list'
like "$(sent)" "GET $NAMED/members\?sort" 'member list of a name asks by name'
answers $DONE '^member .*"ada"' 'a watch prints the members' watch 0 0
is "$(head -n 1 <<< "$OUT") $(tail -n 1 <<< "$OUT")" 'reset done 0' 'a watch prints the whole listing between reset and done 0'
answers $REFUSED 'the organization "acme-corp" does not show its members to you' 'member list without a link to the members is refused' token=api-token-vic 'member list'
asked 'member list without a link to the members asks for none' "GET $AT"
answers $DONE '"id":"'$GIL'"' 'member list by a member with the link prints the members' token=api-token-mia 'member list'
answers $DONE '^\{"outcome":"invited","id":"[^"]*","email":"new@example.com","permissions":\["members","projects:create"\]\}$' 'member add prints an invitation with permissions' \
    'member add' email=new@example.com permissions=members,projects:create
is "$(sent | tail -n 1)" "POST $AT/invitations {\"email\":\"new@example.com\",\"permissions\":[\"members\",\"projects:create\"],\"force\":false}" 'member add sends address and permissions'
answers $REFUSED 'http=409 .*409 Conflict, An invitation has already been created' 'member add reports a person invited before' 'member add' email=pat@example.com
answers $DONE '^$' 'member role succeeds without output' 'member role' user="$MIA" permissions=billing,plans
asked "$told: the request" "PATCH $AT/members/$MIA {\"permissions\":[\"billing\",\"plans\"]}"
answers $DONE '^$' 'member role without permissions succeeds' org=acme-corp 'member role' user="$MIA" permissions=
asked 'member role of a name looks up the id' "GET $NAMED" "PATCH $AT/members/$MIA {\"permissions\":[]}"
answers $DONE "\"id\":\"$MIA\".*\"permissions\":\[\]" 'member list prints the replaced permissions' 'member list'
answers $REFUSED '400 Bad Request, permissions: One or more' 'member role reports an unknown permission' 'member role' user="$MIA" permissions=root
answers $REFUSED '403 Forbidden, The owner of an organization cannot be updated' 'member role reports that the owner cannot be changed' 'member role' user="$ADA" permissions=billing
before 'member role refuses missing permissions' $USAGE '"permissions" is missing' 'member role' user="$MIA"
answers $DONE '^$' 'member remove succeeds without output' 'member remove' user="$BOB"
asked "$told: the request" "DELETE $AT/members/$BOB"
answers $REFUSED 'http=404' 'member remove reports a removed member' 'member remove' user="$BOB"
before 'member remove refuses a user that is no path segment' $USAGE 'cannot be part of a path' 'member remove' user=..

# --- invitations ---
answers $DONE '^\{"id":"[^"]*","email":"pat@example.com","permissions":\["members"\],"state":"pending","created":"2026-[^"]*"\}$' 'invitation list prints a pending invitation' 'invitation list'
asked "$told: the request" "GET $AT/invitations?$SIZE"
unlike "$OUT" sid@ 'invitation list prints pending invitations alone'
PAT=$(head -n 1 <<< "$OUT" | jq -r .id)
answers $DONE '^\{"id":"[^"]*","email":"z@example.com","permissions":\[\],"state":"pending"' 'invitation create prints the invitation' org=acme-corp 'invitation create' email=z@example.com
asked "$told: the requests" "GET $NAMED" "POST $AT/invitations {\"email\":\"z@example.com\",\"permissions\":[],\"force\":false}"
answers $REFUSED 'http=400 .*400 This field is required\., email: Enter a valid email address\.' 'invitation create reports an invalid address' 'invitation create' email=nobody
answers $DONE '^$' 'invitation revoke succeeds without output' 'invitation revoke' id="$PAT"
asked "$told: the request" "DELETE $AT/invitations/$PAT"
answers $REFUSED 'http=404 .*no reason is given' 'invitation revoke reports a revoked invitation' 'invitation revoke' id="$PAT"

# --- billing ---
answers $DONE '^\{"name":"ACME Corp","company_name":"ACME Corp","company_type":"company","email":"billing@example.com","country":"FR","name_line":"ACME Corp","thoroughfare":"1 rue de Rivoli","premise":"","sub_premise":"","locality":"Paris","dependent_locality":"","administrative_area":"","sub_administrative_area":"","postal_code":"75001","currency":"EUR"\}$' \
    'billing show prints profile and address as one record' 'billing show'
asked "$told: the requests" "GET $AT/profile" "GET $AT/address"
answers $DONE '"locality":"Paris"' 'billing show of a name prints the address' org=acme-corp 'billing show'
asked 'billing show of a name asks by name' "GET $NAMED/profile" "GET $NAMED/address"
answers $DONE '^$' 'billing edit of the address succeeds' 'billing edit' locality=Lyon postal_code=69001
asked 'billing edit sends the address in one request' "PATCH $AT/address {\"locality\":\"Lyon\",\"postal_code\":\"69001\"}"
answers $DONE '^$' 'billing edit of address and profile succeeds' org=acme-corp 'billing edit' company_name=X vat_number= country=DE
asked 'billing edit sends the profile, then the address' "GET $NAMED" "PATCH $AT/profile {\"company_name\":\"X\",\"vat_number\":\"\"}" "PATCH $AT/address {\"country\":\"DE\"}"
answers $DONE '"company_name":"X".*"country":"DE".*"locality":"Lyon".*"vat_number":""' 'billing show prints the edited values' 'billing show'
answers $REFUSED '/address: 400 country: The country must have two letters\.' 'billing edit reports a country of six letters' 'billing edit' country=FRANCE
answers $REFUSED '/profile: 400 Bad Request, billing_contact: This is no valid e-mail' 'billing edit reports an invalid contact' 'billing edit' billing_contact=nobody country=FR
unlike "$(sent)" /address 'billing edit does not send the address after a refused profile'
before 'billing edit refuses to run without a change' $USAGE 'no field to change' 'billing edit'
answers $REFUSED 'http=403' 'billing show without the permission is refused' token=api-token-vic 'billing show'

# --- subscriptions ---
FILTER='filter%5Bstatus%5D%5Bvalue%5D%5B0%5D=active&filter%5Bstatus%5D%5Bvalue%5D%5B1%5D=suspended&filter%5Bstatus%5D%5Boperator%5D=IN&range=50'
answers $DONE '^\{"id":"100","state":"active","plan":"development","project":"proj100","title":"Project 100","region":"eu-3.platform.sh","owner":"'$ADA'","created":"[^"]*","updated":"[^"]*"\}$' \
    'subscription list prints a subscription with its fields' 'subscription list'
asked "$told: the requests" "GET $AT/subscriptions?$FILTER&page=1" "GET $AT/subscriptions?$FILTER&page=2"
is "$(jq -r .id <<< "$OUT" | tr '\n' ,)" 100,101,102,103, 'subscription list prints the active and the suspended alone'
answers $DONE '"id":"103"' 'subscription list of a name prints the subscriptions' org=acme-corp 'subscription list'
asked 'subscription list of a name looks up the id' "GET $NAMED" "GET $AT/subscriptions?$FILTER&page=1" "GET $AT/subscriptions?$FILTER&page=2"
fake '{"reset":true}'

# --- what there is not ---
for operation in 'member grant' 'member revoke' 'invitation resend' 'invitation accept' 'joincode list' 'joincode create' 'joincode revoke' \
    'joincode join' 'role list' 'role create' 'role edit' 'role remove' 'token list' 'token create' 'token revoke' 'audit list' 'credit list' \
    'credit create' 'credit edit' 'credit expire' 'secret list' 'secret create' 'secret remove' 'file list' 'file show' 'file upload' 'file remove'; do
    before "the provider upsun refuses $operation" $UNSUPPORTED "the provider \"upsun\" has no \"$operation\"" "$operation"
done
before 'member add refuses a role' $UNSUPPORTED 'takes no "role" for "member add"; it takes: org email permissions' 'member add' email=a@b.c role=admin
before 'member role refuses a role' $UNSUPPORTED 'takes no "role" for "member role"; it takes: org user permissions' 'member role' user=x role=admin
before 'billing edit refuses a field of another vendor' $UNSUPPORTED 'takes no "city" for "billing edit"; it takes: org company_name .* postal_code' 'billing edit' city=Graz
SETTINGS=("${SETTINGS[@]:0:3}")
for operation in 'member list' 'member remove user=x' 'billing show' 'subscription list' 'org show' 'org edit label=x'; do
    read -ra words <<< "$operation"
    answers $USAGE 'no organization is chosen' "${words[*]:0:2} refuses to run without an organization" "${words[0]} ${words[1]}" "${words[@]:2}"
    asked "$told: no request"
done
answers $USAGE '"" is not an id or name' 'org show refuses an empty organization' org= 'org show'
SETTINGS+=(org="$ACME")

# --- links ---
fake "{\"reset\":true,\"set\":{\"base\":\"$ELSEWHERE\"}}"
answers $DONE '"id":"'$GIL'"' 'member list follows absolute links of another host at its own host' 'member list'
is "$(wc -l <<< "$OUT") $(sent .status | sort -u | tr '\n' ,)" '5 200,' 'member list with absolute links of another host prints everybody'
# links TEXT: in the place of the next page's, or of the users'
links() { printf '{"path":"/members$","times":0,"sub":[["\\"%s\\":[{]\\"href\\":\\"[^\\"]*","\\"%s\\":{\\"href\\":\\"%s"]]}' "$1" "$1" "$2"; }
for href in //evil.example/x x ../x "http:/x" "https://evil.example" '/a/../../x' "/$(printf '%9000s' '' | tr ' ' x)" '/x\ny' 'file:///etc/passwd#x' ''; do
    HOSTILE_NAME="member list refuses the link ${href:0:40} to the next page" hostile $BAD 'same page again|is no link|not JSON' "$(links next "$href")" 'member list'
    HOSTILE_NAME="member list refuses the link ${href:0:40} to the users" hostile $BAD 'users cannot be followed|not JSON' "$(links ref:users:0 "$href")" 'member list'
done
HOSTILE_NAME='member list asks its own host for a next page at another host' hostile $REFUSED 'http=404' "$(links next "$ELSEWHERE/members")" 'member list'
HOSTILE_NAME='member list asks its own host for users at another host' hostile $REFUSED 'http=404' "$(links ref:users:0 "$ELSEWHERE/users")" 'member list'
HOSTILE_NAME='member list refuses a page that links to itself' hostile $BAD 'the next page is the same page again' "$(links next "$AT/members?page%5Bsize%5D=100")" 'member list'
HOSTILE_NAME='member list refuses a user as the next page' hostile $BAD '"items" is missing' "$(links next "/users/me")" 'member list'
fake '{"reset":true,"set":{"circle":true}}'
answers $BAD 'the next page is the same page again' 'member list refuses pages in a circle with new cursors' 'member list'
ok 'member list stops soon at pages in a circle' test "$(wc -l < "$LOG")" -lt 40
answers $BAD 'the next page is the same page again' 'org list refuses pages in a circle with new cursors' 'org list'
HOSTILE_NAME='subscription list refuses subscriptions without end' hostile $BAD 'same page again' '{"path":"subscriptions","times":0,"body":{"items":[{"id":"1"}],"_links":{"next":{"href":"/"}}}}' \
    'subscription list'

# --- trouble in mid-listing ---
for at in '"query":"after"' '"path":"/ref/","after":3'; do
    HOSTILE_NAME="member list fails after 429 at $at" hostile $UNREACHABLE 'http=429 retry=9 ' "{$at,\"status\":429,\"body\":\"{}\",\"headers\":{\"Retry-After\":\"9\"}}" 'member list'
    HOSTILE_NAME="member list fails after 500 at $at" hostile $UNREACHABLE 'http=500' "{$at,\"status\":500,\"body\":\"no\"}" 'member list'
    HOSTILE_NAME="a watch fails after 503 at $at" hostile $UNREACHABLE 'http=503 retry=7' "{$at,\"status\":503,\"headers\":{\"Retry-After\":\"7\"}}" watch 0 0
    unlike "$OUT" '^done' "a watch prints no listing after 503 at $at"
    HOSTILE_NAME="member list fails after a closed connection at $at" hostile $UNREACHABLE 'http=0' "{$at,\"times\":0,\"drop\":true}" 'member list'
    HOSTILE_NAME="member list is refused after 403 at $at" hostile $REFUSED 'http=403' "{$at,\"status\":403,\"body\":{\"title\":\"Forbidden\"}}" 'member list'
    HOSTILE_NAME="member list fails after a redirect at $at" hostile $BAD 'redirect' "{$at,\"status\":302,\"headers\":{\"Location\":\"$ELSEWHERE/\"}}" 'member list'
    HOSTILE_NAME="member list fails after a page of HTML at $at" hostile $BAD 'not JSON' "{$at,\"body\":\"<html>\",\"kind\":\"text/html\"}" 'member list'
    HOSTILE_NAME="member list fails after a list at $at" hostile $BAD 'not a JSON object' "{$at,\"body\":[]}" 'member list'
done
HOSTILE_NAME='member list fails when the token endpoint answers 429' hostile $UNREACHABLE 'oauth2/token: 429' '{"path":"/oauth2/","status":429,"headers":{"Retry-After":"9"}}' 'member list'

# --- hostile tokens ---
token() { printf '{"path":"/oauth2/token","times":0,"body":%s}' "$1"; }
for body in '{}' '[]' '5' '{"access_token":""}' '{"access_token":5}' '{"access_token":null}' '{"access_token":["a"]}' '{"access_token":"a b"}' \
    '{"access_token":"a\r\nX-Evil: 1"}' '{"access_token":"\u00e9"}' '{"access_token":"\u202eabc"}' "{\"access_token\":\"$(printf '%8193s' '' | tr ' ' x)\"}" \
    '{"access_token":"a","token_type":"mac"}' '{"access_token":"a","expires_in":"900"}' '{"access_token":"a","expires_in":-1}' \
    '{"access_token":"a","expires_in":1.5}' '{"access_token":"a","expires_in":12345678901234567890}' '{"access_token":"a","expires_in":[900]}'; do
    HOSTILE_NAME="whoami refuses the token answer ${body:0:60}" hostile $BAD 'not an access token|not a JSON object' "$(token "$body")" whoami
    is "$(sent .path | sort -u)" /oauth2/token "whoami does not use the token answer ${body:0:60}"
done
for body in '{"access_token":"a","access_token":"b"}' '{"access_token":"a\u0000b"}' '<html>' '' '{"access_token":"a","expires_in":1e999}'; do
    HOSTILE_NAME="whoami refuses the token answer ${body@Q}" hostile $BAD 'not an access token|twice|NUL|not JSON|empty' "$(token "$(jq -Rsc . <<< "$body")")" whoami
done
HOSTILE_NAME='whoami uses a token answer without a lifetime' hostile $REFUSED 'http=401' "$(token '{"access_token":"a"}')" whoami
is "$(exchanges)" 2 'whoami renews a token without a lifetime after a 401'
HOSTILE_NAME='whoami uses a token answer of an endless lifetime' hostile $REFUSED 'http=401' "$(token '{"access_token":"a","expires_in":9007199254740991,"token_type":"bearer"}')" whoami
HOSTILE_NAME='whoami refuses a redirect of the token endpoint' hostile $BAD 'redirect' "{\"path\":\"/oauth2/\",\"status\":307,\"headers\":{\"Location\":\"$ELSEWHERE/\"}}" whoami

# --- hostile answers ---
hostile_answers '/users/me$' whoami
hostile_answers '/invitations$' 'invitation list'
hostile_values '/users/me$' id whoami
hostile_values '/members$' user_id 'member list'
hostile_values '/ref/users$' username 'member list'
hostile_values '/ref/users$' id 'member list'
hostile_values '/ref/users$' first_name 'member list'
hostile_values 'acme-corp$' id org=acme-corp 'org show'
hostile_values 'organizations$' name 'org list'
hostile_values 'invitations$' email 'invitation list'
hostile_values 'address$' country 'billing show'

# instead PATH REGEX TEXT STATUS WANT PROBE...: TEXT stands where REGEX stood in the answer
instead() {
    HOSTILE_NAME="${*:6} with ${3:0:50} in the place of ${2:0:40}" hostile "$4" "$5" "$(jq -nc --arg p "$1" --arg r "$2" --arg t "$3" '{path: $p, times: 0, sub: [[$r, $t]]}')" "${@:6}"
}
for owner in '"yes"' 1 null '[]' '{}'; do instead '/members$' '"owner":(true|false)' "\"owner\":$owner" $BAD '"owner" is not true or false' 'member list'; done
instead '/members$' '"owner":(true|false),' '' $BAD '"owner" is not true or false' 'member list'
instead '/members$' '"owner":true' '"owner":false,"owner":true' $BAD 'occurs twice' 'member list'
instead '/members$' '"user_id":"[^"]*",' '' $BAD '"id" is missing' 'member list'
instead '/members$' '"user_id":"[^"]*"' '"user_id":""' $BAD '"id" has a wrong' 'member list'
for permissions in '{}' 5 '[1]' '[["billing"]]' '[null]' "[$(printf '"p",%.0s' {1..300})\"p\"]"; do
    instead '/members$' '"permissions":\[[^]]*\]' "\"permissions\":$permissions" $BAD '"permissions" has a wrong' 'member list'
done
for items in '{}' '"x"' 5 null '[]' '[5]' '["x"]' '[null]' '[[]]' '[{}]'; do
    instead '/members$' '(?s)"items":.*' "\"items\":$items,\"_links\":{}}" $BAD '"items" is|is not true or false|"id" is missing' 'member list'
done
instead '/members$' '"self":\{' '"self":5,"x":{' $DONE '"username":"mia"' 'member list'
for operation in "/members$ member" "/organizations$ org"; do
    for links in '"_links":5' '"_links":[]' '"x":5' '"_links":{"next":5}' '"_links":{"next":{}}' '"_links":{"next":{"href":5}}' '"_links":{"next":{"href":[]}}'; do
        instead "${operation% *}" '"_links":\{"self":\{"href":"[^"]*(members|organizations)\?.*' "$links}" $BAD '"_links" is no object|"next" is no link' "${operation#* } list"
    done
done
instead '/members$' '"ref:users:0":\{' '"ref:users:0":5,"x":{' $BAD 'users cannot be followed' 'member list'
instead '/members$' '"ref:users:\d+":' '"x":' $BAD 'occurs twice' 'member list'
instead '/members$' '"ref:users:' '"x:' $DONE '^\{"id":"'$MIA'","roles":\["member"\]' 'member list'
for user in 5 '"mia"' '[]' true; do instead '/ref/users$' "\"$MIA\":\\{[^}]*\\}" "\"$MIA\":$user" $BAD 'wrong type' 'member list'; done
instead '/ref/users$' "\"$MIA\":\\{[^}]*\\}" "\"$MIA\":{}" $DONE '^\{"id":"'$MIA'","roles":\["member"\]' 'member list'
instead '/ref/users$' "\"id\":\"$MIA\"" "\"id\":\"$BOB\"" $BAD 'a user has a wrong id' 'member list'
instead '/ref/users$' '"(first|last)_name":"Mia"' '"first_name":null' $DONE '"username":"mia","name":"M"' 'member list'
instead '/ref/users$' '"Mia"' '"\u202e\u001b[31m\u0007"' $DONE '"username":"mia","name":"[^"]* M"' 'member list'
instead '/members$' '"user_id":' '"user":{"username":"root"},"roles":["owner"],"display":"x","state":"suspended","user_id":' $DONE \
    '"id":"'$MIA'".*"username":"mia","name":"Mia M","roles":\["member"\]' 'member list'
unlike "$OUT" 'root|suspended' 'member list ignores fields that nobody knows'
instead "$ACME\$" '"members":' '"x":' $REFUSED 'does not show its members' 'member list'
instead 'acme-corp$' '"id":"[^"]*"' '"id":"../x"' $BAD '"id" is missing or none' org=acme-corp 'org edit' label=x
unlike "$(sent)" PATCH 'org edit changes nothing when the id of the answer is none'
for id in 5 '""' '"../.."' '"a/b?c"'; do instead '/users/me$' '"id":"[^"]*"' "\"id\":$id" '[1356]' '^error' 'org list'; done
unlike "$(sent | tail -n 1)" '/b' 'org list sends the id of the account as one segment'
for address in '[]' '"x"' 5 null; do
    HOSTILE_NAME="billing show refuses the address $address" hostile $BAD 'not a JSON object' "{\"path\":\"/address\$\",\"body\":$(jq -c 'tojson' <<< "$address")}" 'billing show'
done
instead '/profile$' '"email":' '"address":{"country":"XX"},"email":' $DONE '"country":"FR"' 'billing show'
for operation in 'org delete' 'org edit label=x' "member remove user=$MIA" "member role user=$MIA permissions=" 'billing edit country=FR' 'invitation revoke id=x'; do
    read -ra words <<< "$operation"
    HOSTILE_NAME="${words[*]:0:2} takes a 200 in HTML for a failure" hostile $BAD 'not JSON' \
        '{"path":"^/org","times":0,"status":200,"body":"<!DOCTYPE html><title>Log in</title>","kind":"text/html"}' "${words[0]} ${words[1]}" "${words[@]:2}"
done
for subscription in '{"id":-1}' '{"id":1.5}' '{"id":12345678901234567890}' '{"id":true}' '{"status":"active"}' '"x"'; do
    HOSTILE_NAME="subscription list refuses the subscription $subscription" hostile $BAD '"id"' "{\"path\":\"subscriptions\",\"body\":{\"items\":[$subscription]}}" 'subscription list'
done

# --- what is shown of a refusal ---
HOSTILE_NAME='whoami reports a refusal with control characters' hostile $REFUSED '400 Bad.*Request, x' \
    '{"path":"/me$","status":400,"body":{"title":"Bad\u001b[2J\u202e Request","status":"Invalid input","code":400,"detail":{"x":["a\u0007b"],"y":{"z":1},"n":5}}}' whoami
unlike "$OUT" $'[\001-\011\013-\037]|\u202e' 'whoami prints no control character of a refusal'
HOSTILE_NAME='whoami reports a refusal whose status is a number' hostile $REFUSED '404 Not Found, Gone\.' '{"path":"/me$","status":404,"body":{"status":404,"title":"Not Found","detail":"Gone."}}' whoami
HOSTILE_NAME='whoami reports a refusal that is an array' hostile $REFUSED 'no reason is given' '{"path":"/me$","status":400,"body":["x"]}' whoami

elsewhere_unasked
done_testing
