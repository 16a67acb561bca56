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
answers $DONE '' 'whoami' whoami
gave 'the token says who one is' '{"id":"ada@example.com","email":"ada@example.com"}'
went 'the key is exchanged, which is all' "$KEY"
is "$(sent '.headers | keys | join(" ")')" 'content-type' 'the exchange has no credential in its headers'

answers $DONE '' 'org list' 'org list'
gave 'the customers of the calling organization, sorted' \
    '{"id":"acme","name":"Acme","state":"active","parent":"builder","created":"2025-10-09T08:53:20Z","member":true}' \
    '{"id":"d3samnj1ap7c72rgeptg","name":"Test EC Customer","state":"active","parent":"builder","created":"2025-10-09T08:53:20Z","member":false}'
went 'both listings' "$KEY" "GET $RM/organizations" "GET $RM/organizations?filter=is_member%28%29"
is "$(sent 'select(.method == "GET") | .headers | [.authorization[:11], (.cookie | gsub("eyJ[^;]*"; "JWT")), ."x-intrinsic-org"] | join(" ")' | uniq)" \
    'Bearer eyJh auth-proxy=JWT; org-id=builder builder' 'the headers of the vendor'"'"'s client'
is "$(sent 'select(.method == "GET") | .headers | (.cookie | split(";")[0] | split("=")[1]) == .authorization[7:]' | uniq)" true 'the same token in both'

as token=key-ada org=acme
answers $DONE '' 'org list without a calling organization' 'org list'
is "$(jq -r '"\(.id) \(.member)"' <<< "$OUT" | tr '\n' ' ')" 'acme true builder true d3samnj1ap7c72rgeptg false rivalco true ' 'is not filtered'
is "$(sent 'select(.method == "GET") | .headers | [keys[], (.cookie | test("org-id"))] | map(tostring) | join(" ")' | uniq)" \
    'authorization cookie false' 'and tells no organization'
answers $DONE '' 'org create without one' 'org create' name=Own parent=organizations/builder
went 'takes the parent that is given' "$KEY" "POST $RM/organizations {\"displayName\":\"Own\",\"parentOrganization\":\"organizations/builder\"}"
as token=key-ada org=organizations/acme option.calling_org=organizations/builder

for how in 'org show' 'org find org=organizations/acme'; do
    # shellcheck disable=SC2086 # words
    set -- $how
    answers $DONE '' "$how" "$1 $2" "${@:3}"
    gave "$how: the organization" '{"id":"acme","name":"Acme","state":"active","parent":"builder","created":"2025-10-09T08:53:20Z"}'
    went "$how: one request" "$KEY" "GET $RM/organizations/acme"
done
fresh
answers $DONE '' 'org create' 'org create' name='Neu & Söhne'
gave 'the live server gives a bare id' '{"id":"c0000000000000000001","name":"Neu & Söhne","state":"active","parent":"builder","created":"2025-10-09T08:53:20Z"}'
went 'with the parent said twice' "$KEY" "POST $RM/organizations {\"displayName\":\"Neu & Söhne\",\"parentOrganization\":\"organizations/builder\"}"
is "$(sent '.headers["x-intrinsic-org"] // "-"' | tr '\n' ' ')" '- builder ' 'the calling organization, without its prefix'
fake '{"set":{"prefixed":true}}'
answers $DONE '"id":"chosen"' 'the description gives it a prefix' 'org create' name=C id=chosen
went 'the id is chosen' "$KEY" "POST $RM/organizations?organizationId=chosen {\"displayName\":\"C\",\"parentOrganization\":\"organizations/builder\"}"
answers $REFUSED 'http=409 .*already exists' 'org create: it exists' 'org create' name=C id=chosen
answers $DONE '' 'org delete' 'org delete' org=chosen
went 'one request' "$KEY" "DELETE $RM/organizations/chosen"

answers $DONE '' 'member list' 'member list'
gave 'members by e-mail, then the invited' '{"id":"zoe@example.com","email":"Zoe@Example.com","roles":["developer"],"state":"active"}' \
    '{"id":"ada@example.com","email":"ada@example.com","roles":["admin","owner"],"state":"active"}' \
    '{"id":"mia@example.com","email":"mia@example.com","roles":["developer"],"state":"active"}' \
    "{\"id\":\"pat@example.com\",\"email\":\"pat@example.com\",\"roles\":[\"developer\",\"admin\"],\"state\":\"pending\",\"token\":\"$PAT\"}" \
    '{"id":"kim@example.com","email":"kim@example.com","roles":[],"state":"pending","token":"00000000-0000-4000-8000-000000000001"}'
went 'three listings' "$KEY" "GET $AC/organizations/acme/memberships" "GET $AC/organizations/acme/invitations" "GET $AC/organizations/acme/rolebindings"
members=$OUT
answers $DONE '' 'member list of another organization' 'member list' org=organizations/d3samnj1ap7c72rgeptg
gave 'has its own members' '{"id":"max@example.com","email":"max@example.com","roles":["owner"],"state":"active"}'
answers $DONE '' 'watch' watch 0 0 2
gave 'is that listing each time' "$(for _ in 1 2; do echo reset; sed 's/^/member /' <<< "$members"; echo "done 0"; done)"
is "$(keys_sent)" 1 'with one token'

answers $DONE '' 'member add' 'member add' email=bob@example.com role=admin,roles/developer
gave 'is an invitation' '{"outcome":"invited","id":"00000000-0000-4000-8000-000000000002","email":"bob@example.com","roles":["admin","developer"],"token":"00000000-0000-4000-8000-000000000002"}'
went 'with both roles' "$KEY" "POST $AC/organizations/acme/invitations {\"email\":\"bob@example.com\",\"roles\":[\"roles/admin\",\"roles/developer\"],\"organization\":\"acme\"}"
answers $REFUSED 'http=409 .*already invited' 'member add: again' 'member add' email=bob@example.com
answers $REFUSED 'http=400 .*unknown role "roles/king"' 'member add: no such role' 'member add' email=k@example.com role=king
answers $DONE '' 'invitation create' 'invitation create' email=joe@example.com
gave 'an invitation' '{"id":"00000000-0000-4000-8000-000000000003","email":"joe@example.com","roles":[],"token":"00000000-0000-4000-8000-000000000003","state":"pending"}'
went 'without roles' "$KEY" "POST $AC/organizations/acme/invitations {\"email\":\"joe@example.com\",\"organization\":\"acme\"}"
answers $DONE '' 'invitation list' 'invitation list'
is "$(head -n 1 <<< "$OUT")" "{\"id\":\"$PAT\",\"email\":\"pat@example.com\",\"roles\":[\"developer\",\"admin\"],\"state\":\"pending\"}" 'the invitations'
is "$(jq -r .email <<< "$OUT" | tr '\n' ' ')" 'pat@example.com kim@example.com bob@example.com joe@example.com ' 'all of them'
went 'one request' "$KEY" "GET $AC/organizations/acme/invitations"
for verb in 'resend resend' 'revoke cancel'; do
    answers $DONE '^$' "invitation ${verb% *}" "invitation ${verb% *}" id=$PAT
    went 'one request' "$KEY" "POST $AC/organizations/acme/invitations/$PAT:${verb#* }"
done
answers $REFUSED 'http=404 .*invitation not found' 'invitation revoke: again' 'invitation revoke' id=$PAT
answers $DONE '' 'role list' 'role list'
is "$(head -n 1 <<< "$OUT")" '{"id":"owner","name":"Owner","description":"Everything"}' 'the roles'
went 'one request' "$KEY" "GET $AC/roles"

fresh
roles_of() { probe 'member list'; jq -c "select(.id == \"$1\").roles" <<< "$OUT"; }
answers $DONE '^$' 'member grant' 'member grant' user=mia@example.com role=roles/admin
went 'one role binding' "$KEY" "POST $AC/rolebindings {\"subject\":\"users/mia@example.com\",\"role\":\"roles/admin\",\"resource\":\"organizations/acme\"}"
answers $DONE '^$' 'member role' 'member role' user=Mia@Example.com role=owner,roles/admin
went 'what is missing is granted, then what is too much revoked, by a name that has a slash' "$KEY" "GET $AC/organizations/acme/rolebindings" \
    "POST $AC/rolebindings {\"subject\":\"users/Mia@Example.com\",\"role\":\"roles/owner\",\"resource\":\"organizations/acme\"}" \
    "DELETE $AC/rolebindings/TuGJc2STBB95X%2FQBoFBiOdMLDYRe3T8pJeOY8Q2Qm7s%3D"
is "$(roles_of mia@example.com)" '["admin","owner"]' 'she has these roles now'
answers $DONE '^$' 'member revoke' 'member revoke' user=mia@example.com role=roles/owner
is "$(roles_of mia@example.com)" '["admin"]' 'one less'
answers $REFUSED 'mia@example.com has no role "owner" in acme' 'member revoke: again' 'member revoke' user=mia@example.com role=owner
went 'asks what she has, no more' "$KEY" "GET $AC/organizations/acme/rolebindings"
answers $DONE '^$' 'member remove' 'member remove' user=mia@example.com
went 'by e-mail' "$KEY" "POST $AC/organizations/acme/memberships:deleteByEmail {\"email\":\"mia@example.com\"}"
is "$(roles_of mia@example.com)" '' 'she is gone'
answers $REFUSED 'http=400 .*last owner' 'member remove: the last owner' 'member remove' user=ada@example.com
as token=key-pat
answers $REFUSED 'invitations/\*+:apply: 404' 'an unknown token, which is not shown' 'invitation accept' token=5f3aa404-nobody
answers $DONE '^\{\}$' 'invitation accept' 'invitation accept' token=$PAT
went 'with an empty object' "${KEY/ada/pat}" "POST /api/v1/accountsinvitations/invitations/$PAT:apply {}"
as
is "$(roles_of pat@example.com)" '["admin","developer"]' 'pat is a member'
fresh '{"fault":{"path":"memberships$","sub":[["mia@","pat@"]]}}'
probe 'member list'
is "$(grep -c pat@ <<< "$OUT")" 1 'who is a member is not pending as well'

# --- operations ---
fresh '{"set":{"finish":3}}'
answers $DONE '"id":"c0000000000000000001"' 'org create: it takes three looks' progress=100 'org create' name=Later
went 'at its own service' "$KEY" "POST $RM/organizations {\"displayName\":\"Later\",\"parentOrganization\":\"organizations/builder\"}" \
    "GET $RM/operations/d3r1" "GET $RM/operations/d3r1" "GET $RM/operations/d3r1"
is "$(sed -n 's/^progress \([0-9]*\).*/\1/p' <<< "$OUT" | tr '\n' ' ')" '0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 ' 'every five seconds, told each second'
like "$OUT" '^progress 0/600 waiting for operations/d3r1' 'with its name and the limit'
fake '{"set":{"finish":1}}'
answers $DONE '^$' 'member remove waits' 'member remove' user=mia@example.com
went 'at the other service' "$KEY" "POST $AC/organizations/acme/memberships:deleteByEmail {\"email\":\"mia@example.com\"}" "GET $AC/operations/d3r2"
answers $DONE '^$' 'role bindings wait' 'member role' user=zoe@example.com role=admin
went 'each for its own' "$KEY" "GET $AC/organizations/acme/rolebindings" \
    "POST $AC/rolebindings {\"subject\":\"users/zoe@example.com\",\"role\":\"roles/admin\",\"resource\":\"organizations/acme\"}" "GET $AC/operations/d3r3" \
    "DELETE $AC/rolebindings/%2BwE9WqyrHkB6IMIKCKecvP6vP4v3FHYE75HyP4tr6E8%3D" "GET $AC/operations/d3r4"
as token=key-pat
answers $DONE '^\{\}$' 'invitation accept waits' 'invitation accept' token=$PAT
went 'by calling again' "${KEY/ada/pat}" "POST /api/v1/accountsinvitations/invitations/$PAT:apply {}" "POST /api/v1/accountsinvitations/invitations/$PAT:apply {}"
as

fresh '{"set":{"finish":-1}}'
answers $UNREACHABLE 'operations/d3r1 is not done after 600 s' 'org create: never' 'org create' name=Never
is "$(sent '.path' | grep -c operations/)" 120 'asked for ten minutes'
answers $STOPPED 'waiting for operations/d3r1: stopped' 'one waits for it again' progress=7 'org create' operation=operations/d3r1
went 'by its name, and is stopped' "$KEY" "GET $RM/operations/d3r1" "GET $RM/operations/d3r1"
fake '{"set":{"finish":0}}'
answers $DONE '"name":"Never"' 'and it is done' 'org create' operation=d3r1
went 'at once' "$KEY" "GET $RM/operations/d3r1"
answers $REFUSED 'http=404 .*operation "operations/nothing" not found' 'an operation that is not there' 'org create' operation=nothing
fake '{"set":{"finish":1,"fail":true}}'
answers $REFUSED 'operations/d3r2 has failed: the workcell did not answer' 'org create fails in the end' 'org create' name=Bad
answers $REFUSED 'operations/d3r3 has failed' 'so does member remove' 'member remove' user=mia@example.com
fresh '{"set":{"finish":2},"fault":{"path":"operations/d3r1","after":1,"status":503,"headers":{"Retry-After":"9"}}}'
answers $UNREACHABLE 'retry=9 .*waiting for operations/d3r1: .* 503' 'it is down in between: one knows how to go on' 'org create' name=Down
fresh '{"set":{"finish":2},"fault":{"path":"operations/d3r1","status":401}}'
answers $DONE '"name":"Long"' 'the token ends in between' 'org create' name=Long
is "$(keys_sent)" 2 'and is renewed'
fresh '{"set":{"finish":1}}'
PROBE=$SLOW
begin=$(date +%s%N)
answers $DONE '"name":"Real"' 'a real wait' 'org create' name=Real
took=$((($(date +%s%N) - begin) / 1000000))
if [ $took -ge 5000 ]; then pass "of five seconds: $took ms"; else fail "of five seconds: $took ms"; fi
PROBE=$T/fast

# --- the key and the token ---
fresh
answers $REFUSED 'http=401 .*idtoken: 401 the credential is not accepted' 'a wrong key' token=key-nobody whoami
is "$(keys_sent)" 3 'is tried three times: the vendor says that it may pass'
for fault in '"status":401' '"status":500' '"status":503' '"status":401,"times":2'; do
    fresh "{\"fault\":{\"path\":\"idtoken\",$fault}}"
    answers $DONE '"id":"ada' "it passes: $fault" whoami
done
for fault in '"status":429,"headers":{"Retry-After":"3"}' '"status":503,"headers":{"Retry-After":"3"}' '"status":403' '"drop":true' \
    "\"status\":302,\"headers\":{\"Location\":\"$ELSEWHERE/x\"}"; do
    fresh "{\"fault\":{\"path\":\"idtoken\",\"times\":0,$fault}}"
    answers "[$REFUSED$UNREACHABLE$BAD]" 'idtoken: ' "it does not pass: $fault" whoami
    is "$(keys_sent)" 1 'and is not tried again'
done
fresh '{"fault":{"path":"idtoken","times":0,"status":401}}'
answers $STOPPED 'exchanging the API key: stopped' 'the waits between can be stopped' progress=1 whoami
fresh '{"set":{"ttl":59}}'
probe 'org list'
is "$GOT/$(keys_sent)" 0/2 'a token with less than a minute to live is renewed'
fake '{"set":{"ttl":100}}'
probe 'org list'
is "$GOT/$(keys_sent)" 0/1 'one with more is not'
fresh '{"fault":{"path":"rolebindings","status":401,"body":"token is expired\n","kind":"text/plain"}}'
answers $DONE '"id":"mia' 'a token that is no good any more' 'member list'
is "$(sent '.path' | sed 's,.*/,,' | tr '\n' ' ')" 'accountstokens:idtoken memberships invitations rolebindings accountstokens:idtoken rolebindings ' 'is renewed once, and the request sent again'
fresh '{"fault":{"path":"roles$","times":0,"status":401,"body":"no\n","kind":"text/plain"}}'
answers $REFUSED 'http=401 .*the credential is not accepted' 'and no good again' 'role list'
is "$(keys_sent)" 2 'is not renewed for ever'
fresh
as token=key-mia org=acme option.calling_org=acme
answers $REFUSED 'http=403 .*permission denied' 'a member may not' 'member add' email=x@example.com
as token=key-mia option.calling_org=rival
answers $REFUSED 'http=403 .*not a member of organizations/rival' 'nor may who does not belong there' 'org list'
as
jwt() { printf '%s.%s.x' "$(printf '{}' | base64 -w0 | tr -d =)" "$(printf %s "$1" | base64 -w0 | tr '+/' '-_' | tr -d =)"; }
for token in '""' 5 null '"a.b"' '"a..c"' '"a.b.c.d"' '"a.b.c\r\nX-Evil: 1"' '"a.b c.d"' "\"$(printf '%9000s' '' | tr ' ' x).a.b\"" \
    "\"$(jwt '{"exp":"9999999999"}')\"" "\"$(jwt '{"exp":-1}')\"" "\"$(jwt '{"exp":1e999}')\"" "\"$(jwt '{"exp":12345678901234567890}')\"" \
    "\"$(jwt '{}')\"" "\"$(jwt '[]')\"" "\"$(jwt '{"exp":9999999999}')\\r\\nX-Evil: 1\"" "\"$(jwt '{"exp":9999999999}'); org-id=x\"" "\"$(jwt '{"exp":9999999999}').y\"" \
    "\"$(jwt '{"exp":1,"exp":9999999999}')\"" "\"$(jwt '{"exp":9999999999')\""; do
    fresh "$(jq -nc --arg b "{\"idToken\":$token}" '{fault:{path:"idtoken",body:$b}}')"
    answers $BAD '"idToken" is missing or is no token' "a token: ${token:0:60}" 'role list'
    is "$(sent .path | grep -c roles)" 0 'is not used'
done
fresh "$(jq -nc --arg b "{\"idToken\":\"$(jwt '{"exp":9999999999,"uid":"U-7"}')\"}" '{fault:{path:"idtoken",body:$b}}')"
answers $DONE '^\{"id":"u-7"\}$' 'a token without an e-mail' whoami
listen "$T/door.out" "$TOP/tests/fakes/intrinsic.py" --log "$T/door.log"
answers $REFUSED 'http=401' 'auth_url: a token of another place' option.auth_url="$heard/api" 'role list'
is "$(keys_sent)/$(jq -r .path "$T/door.log" | uniq -c | xargs)" '0/2 /api/v1/accountstokens:idtoken' 'the key goes there, and only that'

# --- pages ---
fresh '{"set":{"pages":1}}'
answers $DONE '' 'org list in pages' 'org list'
is "$(wc -l <<< "$OUT")" 2 'is one list'
is "$(sent 'select(.method == "GET") | .query' | tr '\n' ' ')" \
    ' pageToken=1 pageToken=2 pageToken=3 filter=is_member%28%29 filter=is_member%28%29&pageToken=1 filter=is_member%28%29&pageToken=2 ' 'page after page'
probe 'role list'
is "$(jq -r .id <<< "$OUT" | tr '\n' ' ')" 'owner admin developer orgCreator ' 'roles in pages'
for next in 1 2; do
    fake '{"reset":true,"set":{"pages":1}}'
    fake "{\"fault\":{\"path\":\"roles\$\",\"times\":0,\"sub\":[[\"\\\"nextPageToken\\\":\\\"[^\\\"]*\\\"\",\"\\\"nextPageToken\\\":\\\"$next\\\"\"]]}}"
    answers $BAD 'the next page is no other page' "pages in a circle at $next" 'role list'
done
fake '{"reset":true,"set":{"pages":1},"fault":{"query":"pageToken=2","status":429,"headers":{"Retry-After":"11"}}}'
answers $UNREACHABLE 'http=429 retry=11' 'too many requests in mid-listing' 'org list'
is "$(grep -c '"id"' <<< "$OUT")" 0 'nothing is half listed'

# --- nothing is sent ---
for op in 'org edit name=x' 'token list' 'token create' 'token revoke key=k' 'joincode list' 'joincode create' 'joincode join code=c' 'joincode revoke id=i' \
    'role create role=r permissions=p' 'role edit role=r permissions=p' 'role remove role=r' 'audit list' 'billing show' 'billing edit' 'subscription list' \
    'credit list' 'credit create amount=1 expires=2' 'credit edit id=1' 'credit expire id=1' 'secret list' 'secret create name=n type=t' 'secret remove id=1' \
    'file list' 'file show id=1' 'file upload name=n' 'file remove id=1'; do
    # shellcheck disable=SC2086 # words
    set -- $op
    before "$op" $UNSUPPORTED "the provider \"intrinsic\" has no \"$1 $2\"" "$1 $2" "${@:3}"
done
before 'permissions' $UNSUPPORTED 'takes no "permissions" for "member add"; it takes: org email role' 'member add' email=a@b permissions=x
before 'a filter of one'"'"'s own' $UNSUPPORTED 'takes no "filter"' 'org list' filter=x
before 'a path' $USAGE 'no id' 'member list' org=../x
before 'a path' $USAGE 'no id' 'org show' org='a/b'
before 'no user' $USAGE '"user" is missing' 'member role' role=x
before 'no role' $USAGE '"role" is missing' 'member revoke' user=x
as token=key-ada
before 'no organization' $USAGE 'no organization is chosen' 'member list'
before 'no organization' $USAGE 'no organization is chosen' 'member role' user=a@b role=c
as org=acme
before 'no key' $USAGE 'no API key is given' whoami
for org in intrinsic organizations/intrinsic '' 'a;b=c' $'a\nb' A "$(printf '%65s' '' | tr ' ' x)"; do
    as token=key-ada option.calling_org="$org"
    before "calling_org ${org@Q}" $USAGE 'cannot be intrinsic|no id of an organization|control characters' whoami
done
as
before 'plain http elsewhere' $USAGE 'cannot be used' option.auth_url=http://example.org whoami
before 'an unknown option' $USAGE 'has no option "region"; there are calling_org, auth_url' option.region=x whoami

# --- hostile answers ---
hostile_answers 'memberships$' 'member list'
hostile_values 'memberships$' email 'member list'
hostile_values 'rolebindings$' role 'member list'
for key in subject resource; do HOSTILE_NAME="$key is missing" hostile $BAD 'is missing' "{\"path\":\"rolebindings\$\",\"sub\":[[\"\\\"$key\\\"\",\"\\\"x\\\"\"]]}" 'member list'; done
hostile $BAD '"roles" has a wrong' '{"path":"invitations$","sub":[["\"roles\":\\[\\]","\"roles\":[\"a\",1]"]]}' 'member list'
hostile $BAD '"id" has a wrong' '{"path":"invitations$","sub":[["organizations/acme/invitations/[^\"]*","organizations/acme/invitations/"]]}' 'invitation list'
hostile $DONE '^$' '{"path":"(memberships|invitations)$","times":0,"body":"{\"memberships\":[],\"invitations\":[]}"}' 'member list' # a new customer
hostile $BAD 'the list of members is empty' '{"path":"(memberships|invitations)$","times":0,"body":"{\"memberships\":[],\"invitations\":[]}"}' watch 0 0
hostile $BAD 'the list of members is empty' '{"path":"memberships$","times":0,"body":"{\"memberships\":[]}"}' watch 0 0 # who is invited is none
hostile $BAD 'is no array' '{"path":"memberships$","body":"{\"memberships\":{}}"}' 'member list'
hostile $BAD '"ada@example.com" has more than 256 roles' "$(jq -nc '{path:"rolebindings$",body:({roleBindings:[range(257)|{name:"n",subject:"users/ada@example.com",role:"r\(.)",resource:"organizations/acme"}]}|tojson)}')" 'member list'
hostile $UNREACHABLE 'http=503' '{"path":"invitations$","status":503}' 'member list'
is "$(grep -c '"id"' <<< "$OUT")" 0 'nothing is half listed'
fresh '{"fault":{"path":"rolebindings$","sub":[["\"resource\":\"organizations/acme\"","\"resource\":\"organizations/rival\""]]}}'
is "$(roles_of ada@example.com)" '[]' 'a role in another organization is none here'
fresh "$(jq -nc '{fault:{path:"rolebindings$",body:({roleBindings:[range(3)|{name:"n\(.)",subject:"users/ada@example.com",role:"roles/owner",resource:"organizations/acme"}]}|tojson)}}')"
is "$(roles_of ada@example.com)" '["owner"]' 'a role that is bound three times is one role'
fresh '{"fault":{"path":"memberships$","sub":[["mia@example","\\u001b[2J\\u202emia@example"]]}}'
answers $DONE '"email":"\\u001b\[2J.*mia@example' 'strange characters in an e-mail are data here' 'member list'
for body in 5 '"x"' '{}' '{"name":5,"done":true}' '{"name":"operations/","done":true}' '{"name":"operations/x","done":"yes"}' '{"name":"operations/x","done":1}'; do
    hostile $BAD 'no operation' "$(jq -nc --arg b "$body" '{path:"deleteByEmail",body:$b}')" 'member remove' user=mia@example.com
done
hostile $BAD '"response" is missing' '{"path":"organizations$","method":"POST","body":"{\"name\":\"operations/x\",\"done\":true}"}' 'org create' name=x
hostile $BAD '"response" is no object' '{"path":"organizations$","method":"POST","body":"{\"name\":\"operations/x\",\"done\":true,\"response\":[]}"}' 'org create' name=x
hostile $REFUSED 'has failed: no reason is given' '{"path":"organizations$","method":"POST","body":"{\"name\":\"operations/x\",\"done\":true,\"error\":5}"}' 'org create' name=x
hostile $REFUSED 'operations/\.\./x' '{"path":"organizations$","method":"POST","body":"{\"name\":\"operations/../x\",\"done\":false}"}' 'org create' name=x
is "$(sent '.path' | tail -n 1)" "$RM/operations/..%2Fx" 'an operation cannot be another path'
hostile $BAD '"id" has a wrong' '{"path":"organizations/acme$","sub":[["organizations/acme","organizations/"]]}' 'org show'
hostile $BAD '"name" has a wrong' '{"path":"organizations/acme$","sub":[["\"Acme\"","{}"]]}' 'org show'
for what in resend revoke; do
    hostile $BAD 'does not claim to be JSON' '{"path":":(resend|cancel)$","body":"<html>log in</html>","kind":"text/html"}' "invitation $what" id=$PAT
done
hostile $REFUSED 'http=403' '{"path":"roles$","status":403,"body":"{\"code\":7,\"message\":\"\\u001b[31mno\\u202e\\u0007\"}"}' 'role list'
unlike "$OUT" $'\e|\a|\xe2\x80\xae' 'a refusal is shown without its control characters'
elsewhere_unasked

# --- many ---
listen "$T/many.out" "$TOP/tests/fakes/intrinsic.py" --members 3000
answers $DONE '^\{"id":"user003000@example.com","email":"user003000@example.com","roles":\["developer"\],"state":"active"\}$' 'many members' url="$heard/api" 'member list'
is "$(wc -l <<< "$OUT")" 3005 'all of them'

done_testing
