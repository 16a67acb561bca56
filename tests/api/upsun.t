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
answers $DONE '^\{"id":"'$ADA'","email":"ada@example.com","username":"ada","name":"Ada A"\}$' 'whoami' whoami
went 'the API token is exchanged' "$TOKEN" 'GET /users/me'
is "$(sent '.headers | [.authorization, ."content-type"] | tojson' | tr '\n' ' ' | sed 's/access-[^"]*/access-TOKEN/')" \
    '[null,"application/x-www-form-urlencoded"] ["Bearer access-TOKEN",null] ' 'for an access token'
answers $DONE '"ada"' 'Platform.sh' provider=platformsh whoami
went 'is another client' "${TOKEN/upsun-cli/platform-cli}" 'GET /users/me'
answers $REFUSED '^error status=1 http=400 .*code=invalid_grant POST http://[^ ]*/oauth2/token: 400 invalid_grant: Invalid API token\.' \
    'a token that nobody knows' token='a+b&c=d/%' whoami
went 'is percent-encoded' "${TOKEN%api-token-1}a%2Bb%26c%3Dd%2F%25"
SETTINGS=("${SETTINGS[@]:0:2}")
before 'no token' $USAGE 'no API token is given' whoami
SETTINGS+=(token=api-token-1 org="$ACME")
before 'no such option' $USAGE 'no option "region"; there are auth_url' option.region=x whoami
before 'an address that is none' $USAGE 'the url http://example.com cannot be used' option.auth_url=http://example.com whoami
listen "$T/auth.out" "$TOP/tests/fakes/upsun.py" --log "$T/auth.log"
answers $REFUSED 'http=401 .*code=invalid_token .*401 invalid_token: Invalid access token\.' 'tokens from elsewhere' option.auth_url="$heard" whoami
went 'a 401 means one new token and one more try' 'GET /users/me' 'GET /users/me'
is "$(jq -r '.path + " " + .body' "$T/auth.log" | uniq -c | tr -s ' ')" " 2 ${TOKEN#POST }" 'which is obtained there'
fake '{"fault":{"path":"/me$","status":401,"body":"{}"}}'
answers $DONE '"ada"' 'an access token that is dead' whoami
is "$(exchanges) $(sent .headers.authorization | grep -c Bearer)" '2 2' 'is renewed once'
fake '{"fault":{"path":"/members$","query":"after","status":401,"body":"{}"}}'
answers $DONE '"id":"'$GIL'"' 'also in the middle of a listing' 'member list'
is "$(exchanges) $(wc -l <<< "$OUT")" '2 5' 'which goes on'
probe watch 0 0 2
is "$GOT $(exchanges)" '0 1' 'one access token serves many requests'
fake '{"set":{"lifetime":60}}'
probe 'org list'
is "$GOT $(exchanges)" '0 3' 'but not in its last minute'
fake '{"set":{"lifetime":61}}'
probe 'org list'
is "$GOT $(exchanges)" '0 1' 'only then'
fake '{"reset":true,"fault":{"path":"/me$","times":0,"status":401,"headers":{"WWW-Authenticate":"Bearer error=\"insufficient_user_authentication\""},"body":{"error":"insufficient_user_authentication","error_description":"More is needed.","amr":["mfa"],"max_age":60}}}'
answers $REFUSED 'code=insufficient_user_authentication .*401 insufficient_user_authentication: More is needed\.' 'one that does not suffice' whoami
is "$(exchanges)" 2 'is not renewed for ever'
fake '{"reset":true}'

# --- organizations ---
answers $DONE '^\{"id":"'$ACME'","name":"acme-corp","label":"ACME Corp","role":"owner","type":"flexible","state":"active","country":"FR","owner":"'$ADA'","namespace":"platformsh","created":"2021-[^"]*","updated":"2021-[^"]*"\}$' \
    'org list' 'org list'
asked 'its requests' 'GET /users/me' "GET /users/$ADA/organizations?$SIZE" "GET /users/$ADA/organizations?$SIZE&page%5Bafter%5D=Y3VyOjI6MA%3D%3D"
is "$(jq -r '.name + " " + .role' <<< "$OUT" | tr '\n' ,)" 'acme-corp owner,hooli member,globex owner,' 'all of them, and what one is there'
answers $DONE '"name":"acme-corp"' 'org show' 'org show'
asked 'by id' "GET $AT"
answers $DONE '"id":"'$ACME'"' 'org find' org=acme-corp 'org find'
asked 'by name' "GET $NAMED"
probe org='ünd/..?' 'org find'
asked 'any name is one segment' 'GET /organizations/name%3D%C3%BCnd%2F..%3F'
probe org=01HQZX3J5K6M7N8P9QRSTVWXYI 'org find'
asked 'an I is in no id' 'GET /organizations/name%3D01HQZX3J5K6M7N8P9QRSTVWXYI'
answers $DONE '"name":"initech","label":"Initech"' 'org create' 'org create' name=initech label=Initech country=DE type=fixed
asked 'its request' 'POST /organizations {"name":"initech","label":"Initech","country":"DE","type":"fixed"}'
is "$(sent '.headers."content-type"' | tail -n 1)" application/json 'it is JSON'
answers $DONE '"label":"hooli2"' 'org create without a label' 'org create' name=hooli2
asked 'has its name for one' 'POST /organizations {"name":"hooli2","label":"hooli2"}'
answers $REFUSED 'http=409 .*409 Conflict, name: An organization with the name "hooli" already exists\.' 'a name that is taken' 'org create' name=hooli
answers $DONE '^$' 'org edit' 'org edit' label='ACME 2' country=DE
asked 'its request' "PATCH $AT {\"label\":\"ACME 2\",\"country\":\"DE\"}"
answers $DONE '"label":"ACME 2".*"country":"DE"' 'what has changed' 'org show'
answers $DONE '^$' 'org edit by name' org=acme-corp 'org edit' label='ACME 3'
asked 'goes by id' "GET $NAMED" "PATCH $AT {\"label\":\"ACME 3\"}"
answers $REFUSED '400 Bad Request, country: This value is too long' 'a bad country' 'org edit' country=FRANCE
answers $DONE '^$' 'org delete' org=initech 'org delete' name=initech
NEW=$(sent .path | sed -n '$s,.*/,,p')
like "$(sent | tail -n 2)" "^GET /organizations/$NEW/subscriptions\?.*
DELETE /organizations/$NEW$" 'when it has no subscriptions'
answers $REFUSED 'http=404 .*404 Not Found, The requested resource was not found' 'it is gone' org="$NEW" 'org show'
answers $REFUSED 'the organization still has subscriptions' 'one that has some' 'org delete'
unlike "$(sent)" DELETE 'is not deleted'
answers $REFUSED 'http=403 .*403 Forbidden, Access denied' 'somebody else may not' org=$HOOLI 'org edit' label=x

# --- members ---
answers $DONE '^\{"id":"'$MIA'","email":"Mia@Example.COM","username":"mia","name":"Mia M","roles":\["member"\],"permissions":\["billing","members"\],"state":"active","joined":"2021-[^"]*"\}$' \
    'member list' 'member list'
asked 'its requests' "GET $AT" "GET $AT/members?sort=created_at&$SIZE" "$USERS" "$USERS" \
    "GET $AT/members?sort=created_at&$SIZE&page%5Bafter%5D=Y3VyOjI6MA%3D%3D" "$USERS" "$USERS" \
    "GET $AT/members?sort=created_at&$SIZE&page%5Bafter%5D=Y3VyOjQ6MA%3D%3D" "$USERS"
is "$(jq -r .id <<< "$OUT" | sort -u | wc -l)" 5 'everybody once'
like "$OUT" '"id":"'$ADA'",.*"roles":\["owner"\],"permissions":\[\]' 'the owner'
like "$OUT" '^\{"id":"'"$(id 5)"'","roles":\["member"\],"permissions":\["members"\],"state":"active","joined":"[^"]*"\}$' 'a user that is gone'
answers $DONE '"id":"'$GIL'"' 'member list by name' org=acme-corp 'member list'
like "$(sent)" "GET $NAMED/members\?sort" 'goes by name'
answers $DONE '^member .*"ada"' 'watch' watch 0 0
is "$(head -n 1 <<< "$OUT") $(tail -n 1 <<< "$OUT")" 'reset done 0' 'lists everything each time'
answers $REFUSED 'the organization "acme-corp" does not show its members to you' 'who has no link to the members' token=api-token-vic 'member list'
asked 'does not ask for them' "GET $AT"
answers $DONE '"id":"'$GIL'"' 'who has one' token=api-token-mia 'member list'
answers $DONE '^\{"outcome":"invited","id":"[^"]*","email":"new@example.com","permissions":\["members","projects:create"\]\}$' 'member add' \
    'member add' email=new@example.com permissions=members,projects:create
is "$(sent | tail -n 1)" "POST $AT/invitations {\"email\":\"new@example.com\",\"permissions\":[\"members\",\"projects:create\"],\"force\":false}" 'its request'
answers $REFUSED 'code=already_member MIA@example.com is a member already' 'member add of a member' 'member add' email=MIA@example.com
unlike "$(sent | tail -n 1)" invitations 'invites nobody'
answers $REFUSED 'does not show its members' 'member add without the right' token=api-token-vic 'member add' email=a@b.c
answers $REFUSED 'http=409 .*409 Conflict, An invitation has already been created' 'member add of somebody pending' 'member add' email=pat@example.com
answers $DONE '^$' 'member role' 'member role' user="$MIA" permissions=billing,plans
asked 'its request' "PATCH $AT/members/$MIA {\"permissions\":[\"billing\",\"plans\"]}"
answers $DONE '^$' 'member role: none' org=acme-corp 'member role' user="$MIA" permissions=
asked 'by name' "GET $NAMED" "PATCH $AT/members/$MIA {\"permissions\":[]}"
answers $DONE "\"id\":\"$MIA\".*\"permissions\":\[\]" 'it has replaced them' 'member list'
answers $REFUSED '400 Bad Request, permissions: One or more' 'a permission that there is not' 'member role' user="$MIA" permissions=root
answers $REFUSED '403 Forbidden, The owner of an organization cannot be updated' 'the owner' 'member role' user="$ADA" permissions=billing
before 'no permissions are not "none"' $USAGE '"permissions" is missing' 'member role' user="$MIA"
answers $DONE '^$' 'member remove' 'member remove' user="$BOB"
asked 'its request' "DELETE $AT/members/$BOB"
answers $REFUSED 'http=404' 'who is removed is gone' 'member remove' user="$BOB"
before 'a user that is no segment' $USAGE 'cannot be part of a path' 'member remove' user=..

# --- invitations ---
answers $DONE '^\{"id":"[^"]*","email":"pat@example.com","permissions":\["members"\],"state":"pending","created":"2026-[^"]*"\}$' 'invitation list' 'invitation list'
asked 'its request' "GET $AT/invitations?$SIZE"
unlike "$OUT" sid@ 'only those that are pending'
PAT=$(head -n 1 <<< "$OUT" | jq -r .id)
answers $DONE '^\{"id":"[^"]*","email":"z@example.com","permissions":\[\],"state":"pending"' 'invitation create' org=acme-corp 'invitation create' email=z@example.com
asked 'its requests' "GET $NAMED" "POST $AT/invitations {\"email\":\"z@example.com\",\"permissions\":[],\"force\":false}"
answers $REFUSED 'http=400 .*400 This field is required\., email: Enter a valid email address\.' 'no e-mail address' 'invitation create' email=nobody
answers $DONE '^$' 'invitation revoke' 'invitation revoke' id="$PAT"
asked 'its request' "DELETE $AT/invitations/$PAT"
answers $REFUSED 'http=404 .*no reason is given' 'once' 'invitation revoke' id="$PAT"

# --- billing ---
answers $DONE '^\{"name":"ACME Corp","company_name":"ACME Corp","company_type":"company","email":"billing@example.com","country":"FR","name_line":"ACME Corp","thoroughfare":"1 rue de Rivoli","premise":"","sub_premise":"","locality":"Paris","dependent_locality":"","administrative_area":"","sub_administrative_area":"","postal_code":"75001","currency":"EUR"\}$' \
    'billing show' 'billing show'
asked 'its requests' "GET $AT/profile" "GET $AT/address"
answers $DONE '"locality":"Paris"' 'billing show by name' org=acme-corp 'billing show'
asked 'goes by name' "GET $NAMED/profile" "GET $NAMED/address"
answers $DONE '^$' 'billing edit: the address' 'billing edit' locality=Lyon postal_code=69001
asked 'all at once' "PATCH $AT/address {\"locality\":\"Lyon\",\"postal_code\":\"69001\"}"
answers $DONE '^$' 'billing edit: both' org=acme-corp 'billing edit' company_name=X vat_number= country=DE
asked 'one after the other' "GET $NAMED" "PATCH $AT/profile {\"company_name\":\"X\",\"vat_number\":\"\"}" "PATCH $AT/address {\"country\":\"DE\"}"
answers $DONE '"company_name":"X".*"country":"DE".*"locality":"Lyon".*"vat_number":""' 'what has changed' 'billing show'
answers $REFUSED '/address: 400 country: The country must have two letters\.' 'a bad country' 'billing edit' country=FRANCE
answers $REFUSED '/profile: 400 Bad Request, billing_contact: This is no valid e-mail' 'a bad contact' 'billing edit' billing_contact=nobody country=FR
unlike "$(sent)" /address 'and the rest is not tried'
before 'billing edit: nothing' $USAGE 'nothing is given' 'billing edit'
answers $REFUSED 'http=403' 'who may not see it' token=api-token-vic 'billing show'

# --- subscriptions ---
FILTER='filter%5Bstatus%5D%5Bvalue%5D%5B0%5D=active&filter%5Bstatus%5D%5Bvalue%5D%5B1%5D=suspended&filter%5Bstatus%5D%5Boperator%5D=IN&range=50'
answers $DONE '^\{"id":"100","state":"active","plan":"development","project":"proj100","title":"Project 100","region":"eu-3.platform.sh","owner":"'$ADA'","created":"[^"]*","updated":"[^"]*"\}$' \
    'subscription list' 'subscription list'
asked 'its requests' "GET $AT/subscriptions?$FILTER&page=1" "GET $AT/subscriptions?$FILTER&page=2"
is "$(jq -r .id <<< "$OUT" | tr '\n' ,)" 100,101,102,103, 'those that are active or suspended'
answers $DONE '"id":"103"' 'subscription list by name' org=acme-corp 'subscription list'
asked 'goes by id' "GET $NAMED" "GET $AT/subscriptions?$FILTER&page=1" "GET $AT/subscriptions?$FILTER&page=2"
fake '{"reset":true}'

# --- what there is not ---
for operation in 'member grant' 'member revoke' 'invitation resend' 'invitation accept' 'joincode list' 'joincode create' 'joincode revoke' \
    'joincode join' 'role list' 'role create' 'role edit' 'role remove' 'token list' 'token create' 'token revoke' 'audit list' 'credit list' \
    'credit create' 'credit edit' 'credit expire' 'secret list' 'secret create' 'secret remove' 'file list' 'file show' 'file upload' 'file remove'; do
    before "$operation" $UNSUPPORTED "the provider \"upsun\" has no \"$operation\"" "$operation"
done
before 'a role' $UNSUPPORTED 'takes no "role" for "member add"; it takes: org email permissions' 'member add' email=a@b.c role=admin
before 'a role in its place' $UNSUPPORTED 'takes no "role" for "member role"; it takes: org user permissions' 'member role' user=x role=admin
before 'somebody else'"'"'s field' $UNSUPPORTED 'takes no "city" for "billing edit"; it takes: org company_name .* postal_code' 'billing edit' city=Graz
SETTINGS=("${SETTINGS[@]:0:3}")
for operation in 'member list' 'member remove user=x' 'billing show' 'subscription list' 'org show' 'org edit label=x'; do
    read -ra words <<< "$operation"
    answers $USAGE 'no organization is chosen' "$operation: no organization" "${words[0]} ${words[1]}" "${words[@]:2}"
    asked 'nothing is asked'
done
answers $USAGE '"" is no id or name' 'an empty organization' org= 'org show'
SETTINGS+=(org="$ACME")

# --- links ---
fake "{\"reset\":true,\"set\":{\"base\":\"$ELSEWHERE\"}}"
answers $DONE '"id":"'$GIL'"' 'links that are absolute and name another host' 'member list'
is "$(wc -l <<< "$OUT") $(sent .status | sort -u | tr '\n' ,)" '5 200,' 'are followed here'
# links TEXT: in the place of the next page's, or of the users'
links() { printf '{"path":"/members$","times":0,"sub":[["\\"%s\\":[{]\\"href\\":\\"[^\\"]*","\\"%s\\":{\\"href\\":\\"%s"]]}' "$1" "$1" "$2"; }
for href in //evil.example/x x ../x "http:/x" "https://evil.example" '/a/../../x' "/$(printf '%9000s' '' | tr ' ' x)" '/x\ny' 'file:///etc/passwd#x' ''; do
    HOSTILE_NAME="the next page is ${href:0:40}" hostile $BAD 'no other page|is no link|not JSON' "$(links next "$href")" 'member list'
    HOSTILE_NAME="the users are at ${href:0:40}" hostile $BAD 'users cannot be followed|not JSON' "$(links ref:users:0 "$href")" 'member list'
done
HOSTILE_NAME='the next page at another host' hostile $REFUSED 'http=404' "$(links next "$ELSEWHERE/members")" 'member list'
HOSTILE_NAME='the users at another host' hostile $REFUSED 'http=404' "$(links ref:users:0 "$ELSEWHERE/users")" 'member list'
HOSTILE_NAME='the page itself is the next' hostile $BAD 'the next page is no other page' "$(links next "$AT/members?page%5Bsize%5D=100")" 'member list'
HOSTILE_NAME='a page of users is no page of members' hostile $BAD '"items" is missing' "$(links next "/users/me")" 'member list'
fake '{"reset":true,"set":{"circle":true}}'
answers $BAD 'the next page is no other page' 'pages in a circle, with new cursors' 'member list'
ok 'are noticed soon' test "$(wc -l < "$LOG")" -lt 40
answers $BAD 'the next page is no other page' 'also of organizations' 'org list'
HOSTILE_NAME='subscriptions without end' hostile $BAD 'no other page' '{"path":"subscriptions","times":0,"body":{"items":[{"id":"1"}],"_links":{"next":{"href":"/"}}}}' \
    'subscription list'

# --- trouble in mid-listing ---
for at in '"query":"after"' '"path":"/ref/","after":3'; do
    HOSTILE_NAME="429 at $at" hostile $UNREACHABLE 'http=429 retry=9 ' "{$at,\"status\":429,\"body\":\"{}\",\"headers\":{\"Retry-After\":\"9\"}}" 'member list'
    HOSTILE_NAME="500 at $at" hostile $UNREACHABLE 'http=500' "{$at,\"status\":500,\"body\":\"no\"}" 'member list'
    HOSTILE_NAME="503 at $at" hostile $UNREACHABLE 'http=503 retry=7' "{$at,\"status\":503,\"headers\":{\"Retry-After\":\"7\"}}" watch 0 0
    unlike "$OUT" '^done' 'is no listing'
    HOSTILE_NAME="a closed connection at $at" hostile $UNREACHABLE 'http=0' "{$at,\"times\":0,\"drop\":true}" 'member list'
    HOSTILE_NAME="403 at $at" hostile $REFUSED 'http=403' "{$at,\"status\":403,\"body\":{\"title\":\"Forbidden\"}}" 'member list'
    HOSTILE_NAME="a redirect at $at" hostile $BAD 'redirect' "{$at,\"status\":302,\"headers\":{\"Location\":\"$ELSEWHERE/\"}}" 'member list'
    HOSTILE_NAME="a page of HTML at $at" hostile $BAD 'not JSON' "{$at,\"body\":\"<html>\",\"kind\":\"text/html\"}" 'member list'
    HOSTILE_NAME="a list at $at" hostile $BAD 'no JSON object' "{$at,\"body\":[]}" 'member list'
done
HOSTILE_NAME='429 for a token' hostile $UNREACHABLE 'oauth2/token: 429' '{"path":"/oauth2/","status":429,"headers":{"Retry-After":"9"}}' 'member list'

# --- hostile tokens ---
token() { printf '{"path":"/oauth2/token","times":0,"body":%s}' "$1"; }
for body in '{}' '[]' '5' '{"access_token":""}' '{"access_token":5}' '{"access_token":null}' '{"access_token":["a"]}' '{"access_token":"a b"}' \
    '{"access_token":"a\r\nX-Evil: 1"}' '{"access_token":"\u00e9"}' '{"access_token":"\u202eabc"}' "{\"access_token\":\"$(printf '%8193s' '' | tr ' ' x)\"}" \
    '{"access_token":"a","token_type":"mac"}' '{"access_token":"a","expires_in":"900"}' '{"access_token":"a","expires_in":-1}' \
    '{"access_token":"a","expires_in":1.5}' '{"access_token":"a","expires_in":12345678901234567890}' '{"access_token":"a","expires_in":[900]}'; do
    HOSTILE_NAME="the token is ${body:0:60}" hostile $BAD 'no access token|no JSON object' "$(token "$body")" whoami
    is "$(sent .path | sort -u)" /oauth2/token 'and is not used'
done
for body in '{"access_token":"a","access_token":"b"}' '{"access_token":"a\u0000b"}' '<html>' '' '{"access_token":"a","expires_in":1e999}'; do
    HOSTILE_NAME="the token is '$body'" hostile $BAD 'no access token|twice|NUL|not JSON|empty' "$(token "$(jq -Rsc . <<< "$body")")" whoami
done
HOSTILE_NAME='only a token' hostile $REFUSED 'http=401' "$(token '{"access_token":"a"}')" whoami
is "$(exchanges)" 2 'serves until it does not'
HOSTILE_NAME='a token that lives for ever' hostile $REFUSED 'http=401' "$(token '{"access_token":"a","expires_in":9007199254740991,"token_type":"bearer"}')" whoami
HOSTILE_NAME='a redirect to another token endpoint' hostile $BAD 'redirect' "{\"path\":\"/oauth2/\",\"status\":307,\"headers\":{\"Location\":\"$ELSEWHERE/\"}}" whoami

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
    HOSTILE_NAME="${*:6}: $2 becomes ${3:0:50}" hostile "$4" "$5" "$(jq -nc --arg p "$1" --arg r "$2" --arg t "$3" '{path: $p, times: 0, sub: [[$r, $t]]}')" "${@:6}"
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
unlike "$OUT" 'root|suspended' 'fields that nobody knows change nothing'
instead "$ACME\$" '"members":' '"x":' $REFUSED 'does not show its members' 'member list'
instead 'acme-corp$' '"id":"[^"]*"' '"id":"../x"' $BAD '"id" is missing or none' org=acme-corp 'org edit' label=x
unlike "$(sent)" PATCH 'nothing is changed by an id that is none'
for id in 5 '""' '"../.."' '"a/b?c"'; do instead '/users/me$' '"id":"[^"]*"' "\"id\":$id" '[1356]' '^error' 'org list'; done
unlike "$(sent | tail -n 1)" '/b' 'an id is one segment'
for address in '[]' '"x"' 5 null; do
    HOSTILE_NAME="the address is $address" hostile $BAD 'no JSON object' "{\"path\":\"/address\$\",\"body\":$(jq -c 'tojson' <<< "$address")}" 'billing show'
done
instead '/profile$' '"email":' '"address":{"country":"XX"},"email":' $DONE '"country":"FR"' 'billing show'
for operation in 'org delete' 'org edit label=x' "member remove user=$MIA" "member role user=$MIA permissions=" 'billing edit country=FR' 'invitation revoke id=x'; do
    read -ra words <<< "$operation"
    HOSTILE_NAME="$operation: a page of HTML is no success" hostile $BAD 'not JSON' \
        '{"path":"^/org","times":0,"status":200,"body":"<!DOCTYPE html><title>Log in</title>","kind":"text/html"}' "${words[0]} ${words[1]}" "${words[@]:2}"
done
for subscription in '{"id":-1}' '{"id":1.5}' '{"id":12345678901234567890}' '{"id":true}' '{"status":"active"}' '"x"'; do
    HOSTILE_NAME="a subscription is $subscription" hostile $BAD '"id"' "{\"path\":\"subscriptions\",\"body\":{\"items\":[$subscription]}}" 'subscription list'
done

# --- what is shown of a refusal ---
HOSTILE_NAME='control characters' hostile $REFUSED '400 Bad.*Request, x' \
    '{"path":"/me$","status":400,"body":{"title":"Bad\u001b[2J\u202e Request","status":"Invalid input","code":400,"detail":{"x":["a\u0007b"],"y":{"z":1},"n":5}}}' whoami
unlike "$OUT" $'[\001-\011\013-\037]|\u202e' 'are not shown'
HOSTILE_NAME='status is a number' hostile $REFUSED '404 Not Found, Gone\.' '{"path":"/me$","status":404,"body":{"status":404,"title":"Not Found","detail":"Gone."}}' whoami
HOSTILE_NAME='a refusal that is an array' hostile $REFUSED 'no reason is given' '{"path":"/me$","status":400,"body":["x"]}' whoami

elsewhere_unasked
done_testing
