#!/bin/bash
# GitHub: what goes out for each operation, what a host is told of the members, and what is not believed.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/vendor.sh"
need openssl
openssl genrsa -traditional -out "$T/app.pem" 2048 2> "$T/err"
openssl rsa -in "$T/app.pem" -pubout -out "$T/app.pub" 2> "$T/err"
fake_start github --fault "app_key=$T/app.pub,lag=120"
SETTINGS=(provider=github url="$URL" token=ghp_ada org=acme)
SECRETS=(ghp_ada github_pat_ PRIVATE ghs_99)
BASE=/orgs/acme LONG=ab-ab-ab-ab-ab-ab-ab-ab-ab-ab-ab-ab-abc
used() { curl -sSf --max-time 20 "$URL/_used" | jq "[.[]] | add // 0"; }
with_keys() { grep -c '"keys":\[{' <<< "$OUT"; }

# --- who one is, organizations ---
answers $DONE '^\{"id":"1","username":"ada","name":"Ada"\}$' 'whoami prints id, username and name' whoami
went "$told: the request" 'GET /user'
is "$(sent '.headers | [.authorization, .accept, ."x-github-api-version"] | tojson')" '["Bearer ghp_ada","application/json","2022-11-28"]' 'whoami sends the token and the version of the API'
like "$(sent '.headers."user-agent"')" '^orglogin/' 'whoami sends a User-Agent'
answers $DONE '^\{"id":"acme","name":"acme","description":"Acme"\}$' 'org list prints the organization by its name in paths' 'org list'
went "$told: the request" 'GET /user/orgs?per_page=100'
answers $DONE '"label":"Acme Corp",.*"plan":"team"' 'org show prints name and plan' 'org show'
before 'an unknown option is refused' $USAGE 'no option "colour"; there are app_id, permission, org_id, keys' option.colour=red whoami

# --- members ---
answers $DONE '^\{"id":"1","username":"ada","roles":\["owner"\],"state":"active"\}$' 'member list prints id, login and role' 'member list'
went "$told: the requests" "GET $BASE/members?role=admin&per_page=100" "GET $BASE/members?role=all&per_page=100" 'GET /user/memberships/orgs/acme'
is "$(jq -r '"\(.id) \(.username) \(.roles[0])"' <<< "$OUT" | tr '\n' ,)" "1 ada owner,2 Mia member,3 bob member,4 sus member,5 0zero member,6 $LONG member," \
    'member list prints every person once, and neither bots, outside collaborators nor invited people'
answers $DONE '"id":"2"' 'member list takes a token that only reads' token=github_pat_read_bob 'member list'

# --- complete or nothing ---
answers $REFUSED 'http=404 .*404 Not Found' 'member list by a stranger, who would see one public member, prints nothing' token=ghp_out 'member list'
unlike "$OUT" '"id"' "$told at all"
answers $REFUSED 'lacks the scope read:org' 'member list with a classic token without read:org is refused' token=ghp_bare_mia 'member list'
answers $REFUSED 'http=403 .*not accessible by personal access token' 'member list with a fine-grained token without the permission is refused' token=github_pat_none_ada 'member list'
fake '{"reset":true}'
fake '{"fault":{"path":"user/memberships","sub":[["\"state\":\"active\"","\"state\":\"pending\""]]}}'
answers $REFUSED 'the token.s user is no member of acme' 'member list is refused when the membership is only pending' 'member list'
answers $REFUSED "the organization's name is another one's now: its id is 4711" 'an organization with another id than org_id is refused' option.org_id=9 'member list'
answers $DONE '"id":"1"' 'the organization with the id of org_id is taken' option.org_id=4711 'member list'
fake '{"set":{"hidden":true}}'
answers $BAD 'no owner in the answer' 'a listing without an owner is not believed' 'member list'
fake '{"reset":true}'
fake '{"fault":{"path":"/members","times":0,"headers":{"X-GitHub-SSO":"partial-results; organizations=4711"},"body":[{"id":1,"login":"ada","type":"User"}]}}'
answers $REFUSED 'single sign-on keeps a part' 'a listing of which single sign-on keeps a part is not believed' 'member list'
fake '{"reset":true}'

# --- a host: keys, and what has not changed ---
answers $DONE '^reset' 'a watch prints the members' watch 0 0
is "$(with_keys)" 6 'a watch prints the ssh keys of each member'
like "$OUT" '"username":"ada","roles":\["owner"\],"state":"active","keys":\[\{"type":"ssh-ed25519","blob":"AAAA[^"]*"\}\]' 'a watch prints type and blob of a key'
is "$(sent .path | LC_ALL=C sort | uniq -c | tr -s ' ' | tr '\n' ,)" " 4 $BASE/members, 1 /user/memberships/orgs/acme, 1 /users/0zero/keys, 1 /users/Mia/keys, 1 /users/$LONG/keys, 1 /users/ada/keys, 1 /users/bob/keys, 1 /users/sus/keys," \
    'a watch lists before and after the keys are read'
fake '{"reset":true}'
answers $DONE '^reset' 'a watch goes on' watch 0 0 3
is "$(grep -c '^reset' <<< "$OUT") $(grep -c '^done' <<< "$OUT")" '1 3' 'a watch prints nothing for what has not changed'
is "$(used)" 9 'what has not changed is not counted: 2 listings, the membership, and a key list for each of 6'
is "$(sent '"\(.status) \(.path)"' | grep -v _used | sed -n '12,$p' | LC_ALL=C sort -u | tr '\n' ,)" "304 $BASE/members,304 /user/memberships/orgs/acme," 'a watch asks for the listings and the membership again, with ETags'
answers $DONE '^reset' 'a watch without keys prints the members' option.keys=off watch 0 0
is "$(with_keys) $(sent .path | grep -c keys)" '0 0' 'a watch with keys=off reads none'
fake '{"reset":true,"set":{"noetag":true}}'
answers $DONE '^reset' 'a watch without ETags succeeds' watch 0 0 2
is "$(grep -c '^reset' <<< "$OUT")" 1 'a watch without ETags sees all the same that nothing has changed'

# --- a login changes hands ---
fake '{"reset":true}'
fake '{"fault":{"path":"/members","query":"role=all","after":1,"times":0,"sub":[["\"login\":\"bob\",\"id\":3","\"login\":\"bobby\",\"id\":3"]]}}'
answers $DONE '"id":"3","username":"bobby","roles":\["member"\],"state":"active"\}' 'a member who is renamed while keys are read has no keys: they may be those of the new holder' watch 0 0
is "$(with_keys)" 5 "$told, and the others have theirs"
answers $DONE '^reset' 'a watch before and after a rename' watch 0 0 2
fake '{"reset":true,"fault":{"path":"/members","query":"role=all","times":0,"sub":[["\"login\":\"bob\",\"id\":3","\"login\":\"Mia\",\"id\":3"],["\"login\":\"Mia\",\"id\":2","\"login\":\"mia-2\",\"id\":2"]]}}'
answers $DONE '"id":"3","username":"Mia"' 'a login that is another one'"'"'s in the listing goes with that id' watch 0 0
fake '{"reset":true,"fault":[{"path":"/members","query":"role=all","times":1},{"path":"/members","query":"role=all","after":0,"times":0,"sub":[["\"id\":5,","\"id\":6,"]]}]}'
answers $DONE '"id":"6"' 'a person under two logins is listed once' watch 0 0
is "$(grep -c '"id":"6"' <<< "$OUT")/$(grep '"id":"6"' <<< "$OUT" | grep -c keys)" 1/0 "$told, without keys"

# --- pages ---
fake_start github --members 1234 --fault keys=0
SETTINGS=(provider=github url="$URL" token=ghp_ada org=acme)
answers $DONE '"username":"user001234"' 'member list reads every page' 'member list'
is "$(jq -r .id <<< "$OUT" | sort -u | wc -l) $(wc -l <<< "$OUT")" '1240 1240' 'member list prints everybody of 13 pages once'
is "$(sent .path | grep -c '^/organizations/4711/members$')" 12 'member list follows the links, which go by the id'
fake '{"set":{"limit":100000}}'
# Somebody leaves between two pages: user000094, the last one of the first page, comes to be missed if user000001 goes.
fake '{"fault":{"path":"/members","query":"role=all.*page=2","after":1,"times":1,"sub":[["\\{\"login\":\"user000094\".*?\"site_admin\":false\\},",""]]}}'
answers $DONE '^reset' 'a watch of pages that shift succeeds' option.keys=off watch 0 0 2
is "$(grep -c '^reset' <<< "$OUT") $(grep -c user000094 <<< "$OUT")" '2 2' 'who is missing in one listing only has not left'
fake '{"reset":true,"fault":{"path":"/members","query":"role=all.*page=2","after":1,"times":0,"sub":[["\\{\"login\":\"user000094\".*?\"site_admin\":false\\},",""]]}}'
answers $DONE '^reset' 'a watch of a member who leaves succeeds' option.keys=off watch 0 0 2
is "$(grep -c '^reset' <<< "$OUT") $(grep -c user000094 <<< "$OUT")" '2 1' 'who is missing in two listings has left'
fake '{"reset":true}'

# next BODY-HEADER REGEX NAME: the first page has that Link
next_is() {
    fake "{\"reset\":true,\"fault\":{\"path\":\"/members\",\"times\":0,\"headers\":{\"Link\":\"$1\"},\"body\":[{\"id\":1,\"login\":\"ada\",\"type\":\"User\"}]}}"
    answers $BAD "$2" "$3" 'member list'
}
next_is "<$ELSEWHERE/organizations/4711/members?page=2>; rel=\\\"next\\\"" 'at another place' 'a next page at another port is not asked for'
next_is '<https://api.github.com/organizations/4711/members?page=2>; rel=\"next\"' 'at another place' 'a next page at another host is not asked for'
next_is "<${URL/\/\//\/\/127.0.0.1:80@}/x?page=2>; rel=\\\"next\\\"" 'at another place' 'a next page with a user in its address is not asked for'
next_is "<${URL/127.0.0.1/127.0.0.1.example.com}/x?page=2>; rel=\\\"next\\\"" 'at another place' 'a next page at a host that only begins like ours is not asked for'
next_is "<//${ELSEWHERE#http://}/x?page=2>; rel=\\\"next\\\"" 'at another place' 'a next page without a scheme is not asked for'
next_is "</x/../../y?page=2>; rel=\\\"next\\\"" 'at another place' 'a next page with dots in its path is not asked for'
next_is "<$URL/$(printf '%1100s' '' | tr ' ' x)>; rel=\\\"next\\\"" 'at another place' 'a next page with an address of 1100 bytes is not asked for'
next_is "<$URL/organizations/4711/members?page=2>; rel=\\\"next\\\"" 'in circles|same page' 'a next page that is the same for ever is not believed'
ok "$told: it is found soon" test "$(wc -l < "$LOG")" -lt 10
fake '{"reset":true,"fault":{"path":"/orgs/acme/members","times":0,"headers":{"Link":"<x>; rel=\"prev\", <y>; title=\"rel=next\""},"body":[{"id":1,"login":"ada","type":"User"}]}}'
answers $DONE '^\{"id":"1"' 'a page whose links have no next is the last one' 'member list'

# --- redirects ---
moved() {
    fake "{\"reset\":true,\"fault\":{\"path\":\"$BASE/members\",\"query\":\"role=admin\",\"times\":0,\"status\":$1,\"headers\":{\"Location\":\"$2\"}}}"
    answers "$3" "$4" "$5" 'member list'
}
for status in 301 302 307; do
    moved $status "$URL/organizations/4711/members?role=admin" $DONE '"roles":\["owner"\]' "member list follows a $status at the same place"
    moved $status "$ELSEWHERE/x" $BAD "http=$status .*redirect" "member list follows no $status to another place"
done
moved 303 "$URL/organizations/4711/members" $BAD 'http=303' 'member list follows no 303'
moved 301 "$URL$BASE/members?role=admin" $BAD 'http=301' 'member list ends a redirect to itself'
ok "$told: soon" test "$(wc -l < "$LOG")" -lt 10

# --- limits: 403 means three things ---
SETTINGS=(provider=github url="$URL" token=ghp_ada org=acme)
fake '{"reset":true,"set":{"limit":0}}'
answers $UNREACHABLE 'http=403 retry=3[56][0-9]{2} .*rate limit exceeded' 'the used up hour is no refusal, and says when it ends' 'member list'
fake '{"reset":true,"set":{"secondary":7}}'
answers $UNREACHABLE 'http=403 retry=7 ' 'the secondary limit is no refusal, and says how long to wait' 'member list'
fake '{"reset":true,"set":{"secondary":0}}'
answers $UNREACHABLE 'http=403 retry=60 ' 'the secondary limit without a time waits a minute' 'member list'
fake '{"reset":true,"set":{"secondary":86400}}'
answers $UNREACHABLE 'http=403 retry=3600 ' 'a Retry-After of a day is an hour' 'member list'
fake '{"reset":true,"fault":{"path":"/members","status":429,"body":{"message":"slow"}}}'
answers $UNREACHABLE 'http=429 retry=60 ' '429 without a time waits a minute' 'member list'
fake '{"reset":true,"fault":{"path":"/members","status":403,"body":{"message":"Resource protected by organization SAML enforcement."}}}'
answers $REFUSED 'http=403 retry=0 .*SAML' '403 that is no limit is a refusal' 'member list'
fake '{"reset":true,"fault":{"path":"/keys","status":403,"times":0,"headers":{"Retry-After":"60"},"body":{"message":"rate limit"}}}'
answers $DONE '^reset' 'members are listed while a limit keeps their keys' watch 0 0
is "$(with_keys) $(sent .path | grep -c keys)" '0 1' "$told, and the first refusal ends the reading of keys"
elsewhere_unasked

# 100 hosts, one token, an hour: a listing each minute. What a host has read once costs nothing while nobody changes.
fake_start github --members 20
SETTINGS=(provider=github url="$URL" token=ghp_ada org=acme)
hosts=()
for ((i = 0; i < 10; i++)); do
    "$PROBE" "${SETTINGS[@]}" watch 0 0 60 > "$T/host$i" 2>&1 < /dev/null &
    hosts+=($!)
done
wait "${hosts[@]}"
is "$(cat "$T"/host? | grep -c '^done')" 600 '10 hosts list 60 times each'
diag "requests that counted: $(used) for 10 hosts"
ok '100 hosts that list each minute stay under 5000 requests an hour' test "$(used)" -lt 500
# With fewer requests left than half, nobody's keys are read for the first time: listings go first.
fake '{"reset":true,"set":{"limit":20}}'
answers $DONE '^reset' 'a watch with few requests left succeeds' watch 0 0 5
ok 'keys leave half of the requests to listings' test "$(used)" -le 14
like "$(with_keys) $(grep -c '"keys_unread":true' <<< "$OUT")" '^[1-9][0-9]* [1-9][0-9]*$' 'some members have their keys, and those of the others are unread'

# --- an Enterprise Server ---
fake_start github --fault server
SETTINGS=(provider=github url="$URL/api/v3" token=ghp_ada org=acme)
answers $DONE '"id":"4","username":"sus","roles":\["member"\],"state":"suspended"' 'who is suspended on a server is suspended here' 'member list'
is "$(grep -c '"active"' <<< "$OUT")" 5 "$told, and the others are active"
answers $DONE '"id":"4","username":"sus","roles":\["member"\],"state":"suspended"' 'a watch prints who is suspended' watch 0 0
fake '{"fault":{"path":"/api/v3/user/3$","times":0,"status":502,"body":"x"}}'
answers $UNREACHABLE 'http=502' 'nobody is listed while a suspension cannot be seen' watch 0 0
unlike "$OUT" '^member' "$told at all"

# --- an App ---
fake_start github --fault "app_key=$T/app.pub,lag=120"
SETTINGS=(provider=github url="$URL" token="$(cat "$T/app.pem")" org=acme option.app_id=99)
answers $DONE '"id":"1","username":"ada","roles":\["owner"\]' "an App lists the members with its installation's token" 'member list'
went "$told: the requests" "GET $BASE/installation" 'POST /app/installations/77/access_tokens {"permissions":{"members":"read"}}' \
    "GET $BASE/members?role=admin&per_page=100" "GET $BASE/members?role=all&per_page=100"
is "$(sent '.headers.authorization | length > 200' | tail -n 1)" true 'the token may be longer than 200 characters'
openssl pkcs8 -topk8 -nocrypt -in "$T/app.pem" -out "$T/app8.pem"
answers $DONE '"id":"1"' 'a key in PKCS#8 is taken' token="$(cat "$T/app8.pem")" 'member list'
answers $DONE '^done' 'an App watches' watch 0 0 2
is "$(sent .method | grep -c POST)" 1 "$told with one token"
fake '{"reset":true,"set":{"life":30}}'
answers $DONE '^done' 'an App whose token ends soon gets new ones' option.keys=off watch 0 0 2
ok "$told, in time" test "$(sent .method | grep -c POST)" -gt 1
fake '{"reset":true,"set":{"permission":"none"}}'
answers $REFUSED '422 .*not granted to this installation' 'an App without the permission is refused' 'member list'
fake '{"reset":true,"fault":{"path":"access_tokens","status":201,"body":{"token":"ghs_x","expires_at":"2099-01-01T00:00:00Z","permissions":{"metadata":"read"}}}}'
answers $REFUSED 'lacks the organization permission "Members"' 'a token without the permission is not used' 'member list'
fake '{"reset":true,"fault":{"path":"installation$","sub":[["\"suspended_at\":null","\"suspended_at\":\"2026-01-01T00:00:00Z\""]]}}'
answers $REFUSED 'installation is suspended' 'a suspended installation is refused' 'member list'
fake '{"reset":true}'
SETTINGS=(provider=github url="$URL" org=acme)
before 'a private key without the option app_id is refused' $USAGE '"app_id" is missing' token="$(cat "$T/app.pem")" 'member list'
before 'app_id with a token is refused' $USAGE 'is no private key' token=ghp_ada option.app_id=99 'member list'
before 'a broken key is refused' $USAGE 'private key cannot be used' token=$'-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----' option.app_id=99 'member list'
openssl genrsa -traditional -out "$T/small.pem" 1024 2> "$T/err"
before 'a key of 1024 bits is refused' $USAGE '2048 bits or more' token="$(cat "$T/small.pem")" option.app_id=99 'member list'
openssl ecparam -genkey -name prime256v1 -noout -out "$T/ec.pem"
before 'a key that is not RSA is refused' $USAGE 'no RSA key' token="$(cat "$T/ec.pem")" option.app_id=99 'member list'
before 'an app_id that could not stand in JSON is refused' $USAGE 'no id of an application' token="$(cat "$T/app.pem")" option.app_id='9"' 'member list'

# --- changes ---
SETTINGS=(provider=github url="$URL" token=ghp_ada org=acme)
answers $DONE '^$' 'member role succeeds without output' 'member role' user=2 role=owner
went "$told: the requests" 'GET /user/2' "PUT $BASE/memberships/Mia {\"role\":\"admin\"}"
answers $DONE '^$' 'member role makes a member of an owner' 'member role' user=2 role=member
went "$told: the requests" 'GET /user/2' "PUT $BASE/memberships/Mia {\"role\":\"member\"}"
before 'member role refuses a role that GitHub lacks' $USAGE 'one of: owner, member' 'member role' user=2 role=admin
answers $REFUSED 'http=403 .*last admin' 'member role reports the last owner' 'member role' user=1 role=member
answers $DONE '^$' 'member remove succeeds without output' 'member remove' user=3
went "$told: the requests" 'GET /user/3' "DELETE $BASE/memberships/bob"
answers $REFUSED 'http=404' 'member remove reports who is no member' 'member remove' user=3
answers $DONE '^\{"outcome":"invited","id":"[0-9]+","email":"new@example.com","roles":\["member"\]\}$' 'member add prints the invitation' 'member add' email=new@example.com
went "$told: the request" "POST $BASE/invitations {\"email\":\"new@example.com\",\"role\":\"direct_member\"}"
answers $DONE '"roles":\["owner"\]' 'invitation create with a role prints it' 'invitation create' email=o@example.com role=owner
went "$told: the request" "POST $BASE/invitations {\"email\":\"o@example.com\",\"role\":\"admin\"}"
answers $DONE '^\{"id":"801","email":"pat","roles":\["member"\],"state":"pending","created":"2026-11-01T10:00:00Z","username":"pat","maker":"ada"\}$' 'invitation list prints who is invited by login' 'invitation list'
like "$OUT" '"id":"802","email":"eve@example.com","roles":\["owner"\]' 'invitation list prints who is invited by mail'
answers $DONE '^$' 'invitation revoke succeeds' 'invitation revoke' id=801
went "$told: the request" "DELETE $BASE/invitations/801"
answers $REFUSED 'http=422 .*Validation Failed, data: email or role is not valid' 'member add reports what GitHub says of an address' 'member add' email=nobody
answers $REFUSED 'http=403' 'a token that only reads changes nothing' token=github_pat_read_ada 'member remove' user=2
answers $DONE '^\{"id":"owner"\}$' 'role list prints the roles' 'role list'
answers $DONE '"id":"d120","at":"2026-01-02T03:06:05Z","actor":"1","actor_name":"ada","action":"team.create","subject":"2","subject_name":"Mia"\}' 'audit list prints events with their times' 'audit list'
is "$(jq -r .id <<< "$OUT" | sort -u | wc -l)" 120 'audit list reads every page'
answers $DONE '^$' 'audit list looks for an action and times' 'audit list' action=org.remove_member from=2026-01-01T00:00:00Z
went "$told: the request" "GET $BASE/audit-log?phrase=action%3Aorg.remove_member%20created%3A2026-01-01T00%3A00%3A00Z..%2A&per_page=100"
for operation in 'member grant' 'member suspend' 'invitation resend' 'joincode list' 'token list' 'billing show'; do
    before "the provider github refuses $operation" $UNSUPPORTED "the provider \"github\" has no \"$operation\"" "$operation"
done

# --- hostile answers ---
for credential in ghp_nobody nothing; do
    answers $REFUSED '^error status=1 http=401 .*401 Bad credentials' "whoami reports the bad credential $credential" token=$credential whoami
    is "$(wc -l < "$LOG")" 1 "whoami tries the bad credential $credential once"
done
hostile_answers '/members$' 'member list'
hostile_answers 'audit-log$' 'audit list'
hostile_answers '/invitations$' 'invitation list'
hostile_values 'audit-log$' action 'audit list'
hostile_refusals 'user/memberships/orgs/acme$' 'member list'
for login in '""' 5 null '"a b"' '"a\nb"' "\"$(printf '%40s' '' | tr ' ' x)\"" '["a"]'; do
    HOSTILE_NAME="member list refuses the login ${login:0:20}" hostile $BAD '"login" or "type"|not JSON' "{\"path\":\"/members\",\"times\":0,\"sub\":[[\"\\\"login\\\":\\\"ada\\\"\",\"\\\"login\\\":${login//\"/\\\"}\"]]}" 'member list'
done
for id in 0 -1 1.5 1e999 9007199254740993 '"1"' null true; do
    HOSTILE_NAME="member list refuses the id $id" hostile $BAD 'no "id"|not JSON' "{\"path\":\"/members\",\"times\":0,\"sub\":[[\"\\\"id\\\":1,\",\"\\\"id\\\":${id//\"/\\\"},\"]]}" 'member list'
done
HOSTILE_NAME='member list refuses an empty list' hostile $BAD 'no member in the answer' '{"path":"/members","times":0,"body":[]}' 'member list'
for key in '5' '"ssh-ed25519"' '""' '" AAAA"'; do
    HOSTILE_NAME="a watch refuses the key $key" hostile $BAD 'no ssh key' "{\"path\":\"/keys\",\"times\":0,\"body\":[{\"id\":1,\"key\":${key}}]}" watch 0 0
done
HOSTILE_NAME='a watch takes a member who has gone meanwhile' hostile $DONE '^reset' '{"path":"users/bob/keys","status":404,"body":{"message":"Not Found"}}' watch 0 0
is "$(with_keys)" 5 "$told, without keys"
elsewhere_unasked
done_testing
