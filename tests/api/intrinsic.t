#!/bin/bash
# Intrinsic: the key and its token, long-running operations, members joined of three listings. Waits take no time here, but for one.
. "$(dirname "$0")/../lib/tap.sh"
. "$TOP/tests/api/vendor.sh"
SLOW=$PROBE
make_fast "$PROBE"
PROBE=$T/fast

fake_start intrinsic
SECRETS=(key-ada eyJ)
STOPPED=6
# as [SETTING...]: the probes' settings from here on; none: ada, who calls from builder and manages acme
as() { SETTINGS=(provider=intrinsic url="$URL/api" "${@-token=key-ada}"); [ $# != 0 ] || SETTINGS+=(org=acme option.calling_org=builder); }
as
RM=/api/resourcemanager/v1 AC=/api/accesscontrol/v1
PAT=5f3aa404-2058-41e6-aff4-9252ba6d62e7
KEY='POST /api/v1/accountstokens:idtoken {"api_key":"key-ada","do_fan_out":true}'
fresh() { fake '{"reset":true}'; [ $# = 0 ] || fake "$1"; }
# gave NAME LINE...: what the last probe printed
gave() { is "$OUT" "$(printf '%s\n' "${@:2}")" "$1"; }
keys_sent() { sent '.path' | grep -c idtoken; }

# --- each operation: what went out, what came back ---
answers $DONE '' 'whoami succeeds' whoami
gave 'whoami prints the account of the token' '{"id":"ada@example.com","email":"ada@example.com"}'
went 'whoami exchanges the key and sends no other request' "$KEY"
is "$(sent '.headers | keys | join(" ")')" 'content-type' 'the exchange of the key has no credential in its headers'

answers $DONE '' 'org list succeeds' 'org list'
gave 'org list prints the customers of the calling organization, sorted' \
    '{"id":"acme","name":"Acme","state":"active","parent":"builder","created":"2025-10-09T08:53:20Z","member":true}' \
    '{"id":"d3samnj1ap7c72rgeptg","name":"Test EC Customer","state":"active","parent":"builder","created":"2025-10-09T08:53:20Z","member":false}'
went 'org list asks for both listings' "$KEY" "GET $RM/organizations" "GET $RM/organizations?filter=is_member%28%29"
is "$(sent 'select(.method == "GET") | .headers | [.authorization[:11], (.cookie | gsub("eyJ[^;]*"; "JWT")), ."x-intrinsic-org"] | join(" ")' | uniq)" \
    'Bearer eyJh auth-proxy=JWT; org-id=builder builder' 'org list sends the headers of the client of the vendor'
is "$(sent 'select(.method == "GET") | .headers | (.cookie | split(";")[0] | split("=")[1]) == .authorization[7:]' | uniq)" true 'org list sends the same token as Bearer and as cookie'

as token=key-ada org=acme
answers $DONE '' 'org list without a calling organization succeeds' 'org list'
is "$(jq -r '"\(.id) \(.member)"' <<< "$OUT" | tr '\n' ' ')" 'acme true builder true d3samnj1ap7c72rgeptg false rivalco true ' 'org list without a calling organization prints every organization'
is "$(sent 'select(.method == "GET") | .headers | [keys[], (.cookie | test("org-id"))] | map(tostring) | join(" ")' | uniq)" \
    'authorization cookie false' 'org list without a calling organization names none in its headers'
answers $DONE '' 'org create without a calling organization succeeds' 'org create' name=Own parent=organizations/builder
went 'org create without a calling organization sends the given parent' "$KEY" "POST $RM/organizations {\"displayName\":\"Own\",\"parentOrganization\":\"organizations/builder\"}"
as token=key-ada org=organizations/acme option.calling_org=organizations/builder

for how in 'org show' 'org find org=organizations/acme'; do
    # shellcheck disable=SC2086 # words
    set -- $how
    answers $DONE '' "$how succeeds" "$1 $2" "${@:3}"
    gave "$how prints the organization" '{"id":"acme","name":"Acme","state":"active","parent":"builder","created":"2025-10-09T08:53:20Z"}'
    went "$how sends one request" "$KEY" "GET $RM/organizations/acme"
done
fresh
answers $DONE '' 'org create succeeds' 'org create' name='Neu & Söhne'
gave 'org create prints the bare id of the live server' '{"id":"c0000000000000000001","name":"Neu & Söhne","state":"active","parent":"builder","created":"2025-10-09T08:53:20Z"}'
went 'org create sends the parent once' "$KEY" "POST $RM/organizations {\"displayName\":\"Neu & Söhne\",\"parentOrganization\":\"organizations/builder\"}"
is "$(sent '.headers["x-intrinsic-org"] // "-"' | tr '\n' ' ')" '- builder ' 'org create names the calling organization in a header, without its prefix'
fake '{"set":{"prefixed":true}}'
answers $DONE '"id":"chosen"' 'org create removes the prefix from the id of the answer' 'org create' name=C id=chosen
went 'org create sends a chosen id' "$KEY" "POST $RM/organizations?organizationId=chosen {\"displayName\":\"C\",\"parentOrganization\":\"organizations/builder\"}"
answers $REFUSED 'http=409 .*already exists' 'org create reports an id that exists' 'org create' name=C id=chosen
answers $DONE '' 'org delete succeeds' 'org delete' org=chosen
went 'org delete sends one request' "$KEY" "DELETE $RM/organizations/chosen"

answers $DONE '' 'member list succeeds' 'member list'
gave 'member list prints the members by address, then the invited' '{"id":"zoe@example.com","email":"Zoe@Example.com","roles":["developer"],"state":"active"}' \
    '{"id":"ada@example.com","email":"ada@example.com","roles":["admin","owner"],"state":"active"}' \
    '{"id":"mia@example.com","email":"mia@example.com","roles":["developer"],"state":"active"}' \
    "{\"id\":\"pat@example.com\",\"email\":\"pat@example.com\",\"roles\":[\"developer\",\"admin\"],\"state\":\"pending\",\"token\":\"$PAT\"}" \
    '{"id":"kim@example.com","email":"kim@example.com","roles":[],"state":"pending","token":"00000000-0000-4000-8000-000000000001"}'
went 'member list asks for three listings' "$KEY" "GET $AC/organizations/acme/memberships" "GET $AC/organizations/acme/invitations" "GET $AC/organizations/acme/rolebindings"
members=$OUT
answers $DONE '' 'member list of another organization succeeds' 'member list' org=organizations/d3samnj1ap7c72rgeptg
gave 'member list of another organization prints its members' '{"id":"max@example.com","email":"max@example.com","roles":["owner"],"state":"active"}'
answers $DONE '' 'a watch of two rounds succeeds' watch 0 0 2
gave 'a watch prints the whole listing in each round' "$(for _ in 1 2; do echo reset; sed 's/^/member /' <<< "$members"; echo "done 0"; done)"
is "$(keys_sent)" 1 'a watch of two rounds exchanges the key once'

answers $DONE '' 'member add succeeds' 'member add' email=bob@example.com role=admin,roles/developer
gave 'member add prints an invitation' '{"outcome":"invited","id":"00000000-0000-4000-8000-000000000002","email":"bob@example.com","roles":["admin","developer"],"token":"00000000-0000-4000-8000-000000000002"}'
went 'member add sends both roles' "$KEY" "POST $AC/organizations/acme/invitations {\"email\":\"bob@example.com\",\"roles\":[\"roles/admin\",\"roles/developer\"],\"organization\":\"acme\"}"
answers $REFUSED 'http=409 .*already invited' 'member add reports a person invited before' 'member add' email=bob@example.com
answers $REFUSED 'http=400 .*unknown role "roles/king"' 'member add reports an unknown role' 'member add' email=k@example.com role=king
answers $DONE '' 'invitation create succeeds' 'invitation create' email=joe@example.com
gave 'invitation create prints the invitation' '{"id":"00000000-0000-4000-8000-000000000003","email":"joe@example.com","roles":[],"token":"00000000-0000-4000-8000-000000000003","state":"pending"}'
went 'invitation create without a role sends none' "$KEY" "POST $AC/organizations/acme/invitations {\"email\":\"joe@example.com\",\"organization\":\"acme\"}"
answers $DONE '' 'invitation list succeeds' 'invitation list'
is "$(head -n 1 <<< "$OUT")" "{\"id\":\"$PAT\",\"email\":\"pat@example.com\",\"roles\":[\"developer\",\"admin\"],\"state\":\"pending\"}" 'invitation list prints the roles of an invitation'
is "$(jq -r .email <<< "$OUT" | tr '\n' ' ')" 'pat@example.com kim@example.com bob@example.com joe@example.com ' 'invitation list prints every invitation'
went 'invitation list sends one request' "$KEY" "GET $AC/organizations/acme/invitations"
for verb in 'resend resend' 'revoke cancel'; do
    answers $DONE '^$' "invitation ${verb% *} succeeds" "invitation ${verb% *}" id=$PAT
    went "invitation ${verb% *} sends one request" "$KEY" "POST $AC/organizations/acme/invitations/$PAT:${verb#* }"
done
answers $REFUSED 'http=404 .*invitation not found' 'invitation revoke reports a revoked invitation' 'invitation revoke' id=$PAT
answers $DONE '' 'role list succeeds' 'role list'
is "$(head -n 1 <<< "$OUT")" '{"id":"owner","name":"Owner","description":"Everything"}' 'role list prints id, name and description of a role'
went 'role list sends one request' "$KEY" "GET $AC/roles"

fresh
roles_of() { probe 'member list'; jq -c "select(.id == \"$1\").roles" <<< "$OUT"; }
answers $DONE '^$' 'member grant succeeds' 'member grant' user=mia@example.com role=roles/admin
went 'member grant makes one role binding' "$KEY" "POST $AC/rolebindings {\"subject\":\"users/mia@example.com\",\"role\":\"roles/admin\",\"resource\":\"organizations/acme\"}"
answers $DONE '^$' 'member role succeeds' 'member role' user=Mia@Example.com role=owner,roles/admin
went 'member role grants the missing role, then revokes the surplus one' "$KEY" "GET $AC/organizations/acme/rolebindings" \
    "POST $AC/rolebindings {\"subject\":\"users/Mia@Example.com\",\"role\":\"roles/owner\",\"resource\":\"organizations/acme\"}" \
    "DELETE $AC/rolebindings/TuGJc2STBB95X%2FQBoFBiOdMLDYRe3T8pJeOY8Q2Qm7s%3D"
is "$(roles_of mia@example.com)" '["admin","owner"]' 'member list prints the roles that member role has set'
answers $DONE '^$' 'member revoke succeeds' 'member revoke' user=mia@example.com role=roles/owner
is "$(roles_of mia@example.com)" '["admin"]' 'member list prints the roles without the revoked one'
answers $REFUSED 'mia@example.com has no role "owner" in acme' 'member revoke reports a role that the member has not' 'member revoke' user=mia@example.com role=owner
went 'member revoke of a missing role sends no change' "$KEY" "GET $AC/organizations/acme/rolebindings"
answers $DONE '^$' 'member remove succeeds' 'member remove' user=mia@example.com
went 'member remove sends the e-mail address' "$KEY" "POST $AC/organizations/acme/memberships:deleteByEmail {\"email\":\"mia@example.com\"}"
is "$(roles_of mia@example.com)" '' 'member list does not print a removed member'
answers $REFUSED 'http=400 .*last owner' 'member remove reports that the last owner cannot be removed' 'member remove' user=ada@example.com
as token=key-pat
answers $REFUSED 'invitations/\*+:apply: 404' 'invitation accept refuses an unknown token without printing it' 'invitation accept' token=5f3aa404-nobody
answers $DONE '^\{\}$' 'invitation accept succeeds' 'invitation accept' token=$PAT
went 'invitation accept sends an empty object' "${KEY/ada/pat}" "POST /api/v1/accountsinvitations/invitations/$PAT:apply {}"
as
is "$(roles_of pat@example.com)" '["admin","developer"]' 'member list prints a member who has accepted'
fresh '{"fault":{"path":"memberships$","sub":[["mia@","pat@"]]}}'
probe 'member list'
is "$(grep -c pat@ <<< "$OUT")" 1 'member list prints a member with a pending invitation once'

# --- operations ---
fresh '{"set":{"finish":3}}'
answers $DONE '"id":"c0000000000000000001"' 'org create waits for an operation of three looks' progress=100 'org create' name=Later
went 'org create asks the resource manager for its operation' "$KEY" "POST $RM/organizations {\"displayName\":\"Later\",\"parentOrganization\":\"organizations/builder\"}" \
    "GET $RM/operations/d3r1" "GET $RM/operations/d3r1" "GET $RM/operations/d3r1"
is "$(sed -n 's/^progress \([0-9]*\).*/\1/p' <<< "$OUT" | tr '\n' ' ')" '0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 ' 'org create looks every 5 s and reports progress every second'
like "$OUT" '^progress 0/600 waiting for operations/d3r1' 'org create reports the name of the operation and the limit'
fake '{"set":{"finish":1}}'
answers $DONE '^$' 'member remove waits for its operation' 'member remove' user=mia@example.com
went 'member remove asks the access control service for its operation' "$KEY" "POST $AC/organizations/acme/memberships:deleteByEmail {\"email\":\"mia@example.com\"}" "GET $AC/operations/d3r2"
answers $DONE '^$' 'member role waits for its operations' 'member role' user=zoe@example.com role=admin
went 'member role waits for each role binding' "$KEY" "GET $AC/organizations/acme/rolebindings" \
    "POST $AC/rolebindings {\"subject\":\"users/zoe@example.com\",\"role\":\"roles/admin\",\"resource\":\"organizations/acme\"}" "GET $AC/operations/d3r3" \
    "DELETE $AC/rolebindings/%2BwE9WqyrHkB6IMIKCKecvP6vP4v3FHYE75HyP4tr6E8%3D" "GET $AC/operations/d3r4"
as token=key-pat
answers $DONE '^\{\}$' 'invitation accept waits until it is applied' 'invitation accept' token=$PAT
went 'invitation accept calls apply again to wait' "${KEY/ada/pat}" "POST /api/v1/accountsinvitations/invitations/$PAT:apply {}" "POST /api/v1/accountsinvitations/invitations/$PAT:apply {}"
as

fresh '{"set":{"finish":-1}}'
answers $UNREACHABLE 'operations/d3r1 is not done after 600 s' 'org create gives up on an operation that never ends' 'org create' name=Never
is "$(sent '.path' | grep -c operations/)" 120 'org create looks at an operation for ten minutes'
answers $STOPPED 'waiting for operations/d3r1: stopped' 'org create waits for a named operation and can be stopped' progress=7 'org create' operation=operations/d3r1
went 'org create of a named operation asks for it until it is stopped' "$KEY" "GET $RM/operations/d3r1" "GET $RM/operations/d3r1"
fake '{"set":{"finish":0}}'
answers $DONE '"name":"Never"' 'org create of a named operation that is done prints the organization' 'org create' operation=d3r1
went 'org create of a named operation that is done looks once' "$KEY" "GET $RM/operations/d3r1"
answers $REFUSED 'http=404 .*operation "operations/nothing" not found' 'org create reports an unknown operation' 'org create' operation=nothing
fake '{"set":{"finish":1,"fail":true}}'
answers $REFUSED 'operations/d3r2 has failed: the workcell did not answer' 'org create reports an operation that failed' 'org create' name=Bad
answers $REFUSED 'operations/d3r3 has failed' 'member remove reports an operation that failed' 'member remove' user=mia@example.com
fresh '{"set":{"finish":2},"fault":{"path":"operations/d3r1","after":1,"status":503,"headers":{"Retry-After":"9"}}}'
answers $UNREACHABLE 'retry=9 .*waiting for operations/d3r1: .* 503' 'org create names its operation when the service is down meanwhile' 'org create' name=Down
fresh '{"set":{"finish":2},"fault":{"path":"operations/d3r1","status":401}}'
answers $DONE '"name":"Long"' 'org create goes on when its token ends during the wait' 'org create' name=Long
is "$(keys_sent)" 2 'org create renews a token that ends during the wait'
fresh '{"set":{"finish":1}}'
PROBE=$SLOW
begin=$(date +%s%N)
answers $DONE '"name":"Real"' 'org create waits in real time' 'org create' name=Real
took=$((($(date +%s%N) - begin) / 1000000))
if [ $took -ge 5000 ]; then pass 'org create looks after five real seconds'; else fail 'org create looks after five real seconds'; fi
PROBE=$T/fast

# --- the key and the token ---
fresh
answers $REFUSED 'http=401 .*idtoken: 401 the credential is not accepted' 'whoami reports a wrong key' token=key-nobody whoami
is "$(keys_sent)" 3 'whoami tries a refused key three times'
for fault in '"status":401' '"status":500' '"status":503' '"status":401,"times":2'; do
    fresh "{\"fault\":{\"path\":\"idtoken\",$fault}}"
    answers $DONE '"id":"ada' "whoami tries the key again after $fault" whoami
done
for fault in '"status":429,"headers":{"Retry-After":"3"}' '"status":503,"headers":{"Retry-After":"3"}' '"status":403' '"drop":true' \
    "\"status\":302,\"headers\":{\"Location\":\"$ELSEWHERE/x\"}"; do
    fresh "{\"fault\":{\"path\":\"idtoken\",\"times\":0,$fault}}"
    answers "[$REFUSED$UNREACHABLE$BAD]" 'idtoken: ' "whoami fails after the key exchange answers ${fault//$ELSEWHERE/http://elsewhere}" whoami
    is "$(keys_sent)" 1 "whoami does not try the key again after ${fault//$ELSEWHERE/http://elsewhere}"
done
fresh '{"fault":{"path":"idtoken","times":0,"status":401}}'
answers $STOPPED 'exchanging the API key: stopped' 'whoami can be stopped between two tries of the key' progress=1 whoami
fresh '{"set":{"ttl":59}}'
probe 'org list'
is "$GOT/$(keys_sent)" 0/2 'org list renews a token with less than a minute to live'
fake '{"set":{"ttl":100}}'
probe 'org list'
is "$GOT/$(keys_sent)" 0/1 'org list keeps a token with more than a minute to live'
fresh '{"fault":{"path":"rolebindings","status":401,"body":"token is expired\n","kind":"text/plain"}}'
answers $DONE '"id":"mia' 'member list goes on after a 401 in the middle' 'member list'
is "$(sent '.path' | sed 's,.*/,,' | tr '\n' ' ')" 'accountstokens:idtoken memberships invitations rolebindings accountstokens:idtoken rolebindings ' 'member list renews the token once after a 401 and repeats the request'
fresh '{"fault":{"path":"roles$","times":0,"status":401,"body":"no\n","kind":"text/plain"}}'
answers $REFUSED 'http=401 .*the credential is not accepted' 'role list reports a token refused twice' 'role list'
is "$(keys_sent)" 2 'role list renews a refused token once'
fresh
as token=key-mia org=acme option.calling_org=acme
answers $REFUSED 'http=403 .*permission denied' 'member add by a plain member is refused' 'member add' email=x@example.com
as token=key-mia option.calling_org=rival
answers $REFUSED 'http=403 .*not a member of organizations/rival' 'org list from a calling organization of others is refused' 'org list'
as
jwt() { printf '%s.%s.x' "$(printf '{}' | base64 -w0 | tr -d =)" "$(printf %s "$1" | base64 -w0 | tr '+/' '-_' | tr -d =)"; }
tokens=0
for token in '""' 5 null '"a.b"' '"a..c"' '"a.b.c.d"' '"a.b.c\r\nX-Evil: 1"' '"a.b c.d"' "\"$(printf '%9000s' '' | tr ' ' x).a.b\"" \
    "\"$(jwt '{"exp":"9999999999"}')\"" "\"$(jwt '{"exp":-1}')\"" "\"$(jwt '{"exp":1e999}')\"" "\"$(jwt '{"exp":12345678901234567890}')\"" \
    "\"$(jwt '{}')\"" "\"$(jwt '[]')\"" "\"$(jwt '{"exp":9999999999}')\\r\\nX-Evil: 1\"" "\"$(jwt '{"exp":9999999999}'); org-id=x\"" "\"$(jwt '{"exp":9999999999}').y\"" \
    "\"$(jwt '{"exp":1,"exp":9999999999}')\"" "\"$(jwt '{"exp":9999999999')\""; do
    fresh "$(jq -nc --arg b "{\"idToken\":$token}" '{fault:{path:"idtoken",body:$b}}')"
    answers $BAD '"idToken" is missing or is not a token' "role list refuses the token number $((++tokens)) that is none: ${token:0:40}" 'role list'
    is "$(sent .path | grep -c roles)" 0 "role list does not use the token number $tokens that is none"
done
fresh "$(jq -nc --arg b "{\"idToken\":\"$(jwt '{"exp":9999999999,"uid":"U-7"}')\"}" '{fault:{path:"idtoken",body:$b}}')"
answers $DONE '^\{"id":"u-7"\}$' 'whoami takes the account from a token without an e-mail address' whoami
listen "$T/door.out" "$TOP/tests/fakes/intrinsic.py" --log "$T/door.log"
answers $REFUSED 'http=401' 'role list reports a token of another auth_url' option.auth_url="$heard/api" 'role list'
is "$(keys_sent)/$(jq -r .path "$T/door.log" | uniq -c | xargs)" '0/2 /api/v1/accountstokens:idtoken' 'auth_url gets the key exchange alone'

# --- pages ---
fresh '{"set":{"pages":1}}'
answers $DONE '' 'org list in pages succeeds' 'org list'
is "$(wc -l <<< "$OUT")" 2 'org list in pages prints one list'
is "$(sent 'select(.method == "GET") | .query' | tr '\n' ' ')" \
    ' pageToken=1 pageToken=2 pageToken=3 filter=is_member%28%29 filter=is_member%28%29&pageToken=1 filter=is_member%28%29&pageToken=2 ' 'org list asks for page after page'
probe 'role list'
is "$(jq -r .id <<< "$OUT" | tr '\n' ' ')" 'owner admin developer orgCreator ' 'role list in pages prints every role'
for next in 1 2; do
    fake '{"reset":true,"set":{"pages":1}}'
    fake "{\"fault\":{\"path\":\"roles\$\",\"times\":0,\"sub\":[[\"\\\"nextPageToken\\\":\\\"[^\\\"]*\\\"\",\"\\\"nextPageToken\\\":\\\"$next\\\"\"]]}}"
    answers $BAD 'the next page is the same page again' "role list refuses pages in a circle at page $next" 'role list'
done
fake '{"reset":true,"set":{"pages":1},"fault":{"query":"pageToken=2","status":429,"headers":{"Retry-After":"11"}}}'
answers $UNREACHABLE 'http=429 retry=11' 'org list reports 429 in the middle of its pages' 'org list'
is "$(grep -c '"id"' <<< "$OUT")" 0 'org list prints nothing when a later page fails'

# --- nothing is sent ---
for op in 'org edit name=x' 'token list' 'token create' 'token revoke key=k' 'joincode list' 'joincode create' 'joincode join code=c' 'joincode revoke id=i' \
    'role create role=r permissions=p' 'role edit role=r permissions=p' 'role remove role=r' 'audit list' 'billing show' 'billing edit' 'subscription list' \
    'credit list' 'credit create amount=1 expires=2' 'credit edit id=1' 'credit expire id=1' 'secret list' 'secret create name=n type=t' 'secret remove id=1' \
    'file list' 'file show id=1' 'file upload name=n' 'file remove id=1'; do
    # shellcheck disable=SC2086 # words
    set -- $op
    before "the provider intrinsic refuses $1 $2" $UNSUPPORTED "the provider \"intrinsic\" has no \"$1 $2\"" "$1 $2" "${@:3}"
done
before 'member add refuses permissions' $UNSUPPORTED 'takes no "permissions" for "member add"; it takes: org email role' 'member add' email=a@b permissions=x
before 'org list refuses a filter' $UNSUPPORTED 'takes no "filter"' 'org list' filter=x
before 'member list refuses an organization with a path' $USAGE 'not (the|an) id' 'member list' org=../x
before 'org show refuses an organization with a path' $USAGE 'not (the|an) id' 'org show' org='a/b'
before 'member role refuses to run without a user' $USAGE '"user" is missing' 'member role' role=x
before 'member revoke refuses to run without a role' $USAGE '"role" is missing' 'member revoke' user=x
as token=key-ada
before 'member list refuses to run without an organization' $USAGE 'no organization is chosen' 'member list'
before 'member role refuses to run without an organization' $USAGE 'no organization is chosen' 'member role' user=a@b role=c
as org=acme
before 'whoami refuses to run without a key' $USAGE 'no API key is given' whoami
for org in intrinsic organizations/intrinsic '' 'a;b=c' $'a\nb' A "$(printf '%65s' '' | tr ' ' x)"; do
    as token=key-ada option.calling_org="$org"
    before "whoami refuses calling_org ${org@Q}" $USAGE 'cannot be intrinsic|not the id of an organization|control characters' whoami
done
as
before 'whoami refuses a plain http auth_url' $USAGE 'cannot be used' option.auth_url=http://example.org whoami
before 'whoami refuses an unknown option' $USAGE 'has no option "region"; there are calling_org, auth_url' option.region=x whoami

# --- hostile answers ---
hostile_answers 'memberships$' 'member list'
hostile_values 'memberships$' email 'member list'
hostile_values 'rolebindings$' role 'member list'
for key in subject resource; do HOSTILE_NAME="member list refuses a role binding without its $key" hostile $BAD 'is missing' "{\"path\":\"rolebindings\$\",\"sub\":[[\"\\\"$key\\\"\",\"\\\"x\\\"\"]]}" 'member list'; done
HOSTILE_NAME='member list refuses an invitation with a role that is a number' hostile $BAD '"roles" has a wrong' '{"path":"invitations$","sub":[["\"roles\":\\[\\]","\"roles\":[\"a\",1]"]]}' 'member list'
HOSTILE_NAME='invitation list refuses an invitation without an id' hostile $BAD '"id" has a wrong' '{"path":"invitations$","sub":[["organizations/acme/invitations/[^\"]*","organizations/acme/invitations/"]]}' 'invitation list'
HOSTILE_NAME='member list accepts a customer without members and invitations' hostile $DONE '^$' '{"path":"(memberships|invitations)$","times":0,"body":"{\"memberships\":[],\"invitations\":[]}"}' 'member list' # a new customer
HOSTILE_NAME='a watch refuses a customer without members and invitations' hostile $BAD 'the list of members is empty' '{"path":"(memberships|invitations)$","times":0,"body":"{\"memberships\":[],\"invitations\":[]}"}' watch 0 0
HOSTILE_NAME='a watch refuses a customer without members, whoever is invited' hostile $BAD 'the list of members is empty' '{"path":"memberships$","times":0,"body":"{\"memberships\":[]}"}' watch 0 0 # who is invited is none
HOSTILE_NAME='member list refuses memberships that are no array' hostile $BAD 'is no array' '{"path":"memberships$","body":"{\"memberships\":{}}"}' 'member list'
HOSTILE_NAME='member list refuses a member with 257 roles' hostile $BAD '"ada@example.com" has more than 256 roles' "$(jq -nc '{path:"rolebindings$",body:({roleBindings:[range(257)|{name:"n",subject:"users/ada@example.com",role:"r\(.)",resource:"organizations/acme"}]}|tojson)}')" 'member list'
HOSTILE_NAME='member list fails when the invitations answer 503' hostile $UNREACHABLE 'http=503' '{"path":"invitations$","status":503}' 'member list'
is "$(grep -c '"id"' <<< "$OUT")" 0 'member list prints nothing when a later listing fails'
fresh '{"fault":{"path":"rolebindings$","sub":[["\"resource\":\"organizations/acme\"","\"resource\":\"organizations/rival\""]]}}'
is "$(roles_of ada@example.com)" '[]' 'member list prints no role of another organization'
fresh "$(jq -nc '{fault:{path:"rolebindings$",body:({roleBindings:[range(3)|{name:"n\(.)",subject:"users/ada@example.com",role:"roles/owner",resource:"organizations/acme"}]}|tojson)}}')"
is "$(roles_of ada@example.com)" '["owner"]' 'member list prints a role bound three times once'
fresh '{"fault":{"path":"memberships$","sub":[["mia@example","\\u001b[2J\\u202emia@example"]]}}'
answers $DONE '"email":"\\u001b\[2J.*mia@example' 'member list accepts control characters in an address' 'member list'
for body in 5 '"x"' '{}' '{"name":5,"done":true}' '{"name":"operations/","done":true}' '{"name":"operations/x","done":"yes"}' '{"name":"operations/x","done":1}'; do
    HOSTILE_NAME="member remove refuses the operation $body" hostile $BAD 'not an operation' "$(jq -nc --arg b "$body" '{path:"deleteByEmail",body:$b}')" 'member remove' user=mia@example.com
done
HOSTILE_NAME='org create refuses a done operation without a response' hostile $BAD '"response" is missing' '{"path":"organizations$","method":"POST","body":"{\"name\":\"operations/x\",\"done\":true}"}' 'org create' name=x
HOSTILE_NAME='org create refuses a response that is no object' hostile $BAD '"response" is no object' '{"path":"organizations$","method":"POST","body":"{\"name\":\"operations/x\",\"done\":true,\"response\":[]}"}' 'org create' name=x
HOSTILE_NAME='org create reports a failed operation whose error is a number' hostile $REFUSED 'has failed: no reason is given' '{"path":"organizations$","method":"POST","body":"{\"name\":\"operations/x\",\"done\":true,\"error\":5}"}' 'org create' name=x
HOSTILE_NAME='org create asks for an operation named ../x as one segment' hostile $REFUSED 'operations/\.\./x' '{"path":"organizations$","method":"POST","body":"{\"name\":\"operations/../x\",\"done\":false}"}' 'org create' name=x
is "$(sent '.path' | tail -n 1)" "$RM/operations/..%2Fx" 'org create sends the name of an operation as one segment'
HOSTILE_NAME='org show refuses an organization without an id' hostile $BAD '"id" has a wrong' '{"path":"organizations/acme$","sub":[["organizations/acme","organizations/"]]}' 'org show'
HOSTILE_NAME='org show refuses a name that is an object' hostile $BAD '"name" has a wrong' '{"path":"organizations/acme$","sub":[["\"Acme\"","{}"]]}' 'org show'
for what in resend revoke; do
    HOSTILE_NAME="invitation $what refuses a page of HTML" hostile $BAD 'does not claim to be JSON' '{"path":":(resend|cancel)$","body":"<html>log in</html>","kind":"text/html"}' "invitation $what" id=$PAT
done
HOSTILE_NAME='role list reports a refusal with control characters' hostile $REFUSED 'http=403' '{"path":"roles$","status":403,"body":"{\"code\":7,\"message\":\"\\u001b[31mno\\u202e\\u0007\"}"}' 'role list'
unlike "$OUT" $'\e|\a|\xe2\x80\xae' 'role list prints no control character of a refusal'
elsewhere_unasked

# --- many ---
listen "$T/many.out" "$TOP/tests/fakes/intrinsic.py" --members 3000
answers $DONE '^\{"id":"user003000@example.com","email":"user003000@example.com","roles":\["developer"\],"state":"active"\}$' 'member list reads 3000 members' url="$heard/api" 'member list'
is "$(wc -l <<< "$OUT")" 3005 'member list prints each of 3000 members and the others'

done_testing
