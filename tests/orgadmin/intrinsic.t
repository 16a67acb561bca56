#!/bin/bash
# Every command for Intrinsic, against its fake. Waits take no time here, but where one is interrupted.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../api/vendor.sh"
. "$(dirname "$0")/vendor.sh"
need script
SLOW=$ORGADMIN
make_fast "$ORGADMIN"
ORGADMIN=$T/fast
fake_start intrinsic
RM=/api/resourcemanager/v1 AC=/api/accesscontrol/v1
PAT=5f3aa404-2058-41e6-aff4-9252ba6d62e7
for n in ada mia pat max; do token $n key-$n; done
token wrong key-nobody
token invitation $PAT
# What changes something, but for the exchange of the key.
changes() { changed 'POST /api/v1/accountstokens:idtoken {"api_key":"key-ada","do_fan_out":true}' "$@"; }

# --- login ---
refuses 1 'whoami: .*401 the credential is not accepted' 'a wrong key' ada login --provider intrinsic --url "$URL/api" --token-file "$T/wrong.token"
refuses 2 'cannot be intrinsic' 'calling from intrinsic' ada login --provider intrinsic --url "$URL/api" --token-file "$T/ada.token" --provider-option calling_org=intrinsic
refuses 2 'has no option "region"; there are calling_org, auth_url' 'an unknown option' ada login --provider intrinsic --url "$URL/api" --token-file "$T/ada.token" --region x
refuses 2 'cannot be used' 'plain http to another host' ada login --provider intrinsic --url http://example.org --token-file "$T/ada.token"
ok 'none of them is stored' test ! -e "$T/ada/orgadmin/default.json"
does 'Logged in to .* as ada@example.com. Organization: none chosen' 'login' ada login --provider intrinsic --url "$URL/api" --token-file "$T/ada.token" \
    --provider-option calling_org=builder
does 'ada@example.com' 'whoami' ada whoami
refuses 3 'no organization is chosen' 'two customers, none chosen' ada member list

# --- organizations ---
does '^acme +Acme +2025-10-09T08:53:20Z +active +yes *$' 'org list' ada org list
is "$(awk '{ print $1 }' <<< "$out" | tr '\n' ' ')" 'ID acme d3samnj1ap7c72rgeptg ' 'only the customers, by id'
like "$out" 'd3samnj1ap7c72rgeptg +Test EC Customer .* no *$' 'of which one is no member oneself'
does 'builder *$' 'org list -o wide: the parent' ada org list -o wide
does 'The current organization is Test EC Customer' 'org switch by name' ada org switch 'Test EC Customer'
does 'The current organization is Acme \(acme\)' 'org switch by id' ada org switch organizations/acme
does '^acme +Acme' 'org current' ada org current
nothing_sent 'org current'
does '^acme +Acme' 'org show' ada org show
does '^builder +Builder Inc.' 'org show of one that is no customer' ada org show builder
refuses 1 'no organization "Acmee".*Acme' 'an unknown name' ada org show Acmee
does '^c0000000000000000001 +New one' 'org create' ada org create 'New one'
changes "POST $RM/organizations {\"displayName\":\"New one\",\"parentOrganization\":\"organizations/builder\"}"
does 'The current organization is Two \(two\)' 'org create with an id' ada org create Two --set id=two
changes "POST $RM/organizations?organizationId=two {\"displayName\":\"Two\",\"parentOrganization\":\"organizations/builder\"}"
refuses 1 '409 organization "organizations/two" already exists' 'org create: it exists' ada org create Two --set id=two
refuses 2 'takes no "colour" for "org create"; it takes: id name parent operation' 'org create with a colour' ada org create X --set colour=red
nothing_sent 'org create with a colour'
refuses 2 'no terminal to ask on' 'org delete asks' ada org delete two
does 'Two \(two\) is deleted' 'org delete' ada org delete two --yes
changes "DELETE $RM/organizations/two"
does Acme 'back again' ada org switch acme

# --- members ---
does '^mia@example.com +mia@example.com +developer +active' 'member list' ada member list
is "$(awk '{ print $1 }' <<< "$out" | tr '\n' ' ')" 'ID zoe@example.com ada@example.com mia@example.com pat@example.com kim@example.com ' 'members by e-mail, then the invited'
like "$out" '^ada@example.com .* admin, owner +active' 'several roles'
like "$out" '^pat@example.com .* developer, admin +pending' 'the roles of an invitation'
does "pending +$PAT\$" 'member list -o wide: the token' ada member list -o wide
as ada member list -o json
is "$(jq -r '.organization.name + " " + ([.members[] | .id + ":" + .state] | join(" "))' <<< "$out")" \
    'Acme zoe@example.com:active ada@example.com:active mia@example.com:active pat@example.com:pending kim@example.com:pending' 'the export'
does '^"?max@example.com' 'member list --org -o csv' ada member list --org d3samnj1ap7c72rgeptg -o csv
does '^zoe@example.com +Zoe@Example.com' 'member show' ada member show ZOE@example.com
refuses 1 'Acme has no member "mai@example.com".*mia@example.com' 'a mistyped one' ada member show mai@example.com
does '^00000000-0000-4000-8000-000000000002$' 'member add: the token' ada member add bob@example.com --role admin,developer
like "$err" 'bob@example.com is invited to Acme' 'is an invitation'
changes "POST $AC/organizations/acme/invitations {\"email\":\"bob@example.com\",\"roles\":[\"roles/admin\",\"roles/developer\"],\"organization\":\"acme\"}"
refuses 1 '400 unknown role "roles/king"' 'an unknown role' ada member add x@example.com --role king
refuses 2 'takes no "permissions" for "member add"' 'permissions' ada member add x@example.com --permissions a
printf '%s\n' 'new1@example.com' 'new2@example.com admin' > "$T/people"
does '2 of 2 invited to Acme' 'member add --file' ada member add --file "$T/people" --role developer --out "$T/tokens"
does 'mia@example.com has the role admin' 'member grant' ada member grant mia@example.com admin
changes "POST $AC/rolebindings {\"subject\":\"users/mia@example.com\",\"role\":\"roles/admin\",\"resource\":\"organizations/acme\"}"
does 'mia@example.com has the role owner,admin' 'member role' ada member role mia@example.com owner,admin
changes "POST $AC/rolebindings {\"subject\":\"users/mia@example.com\",\"role\":\"roles/owner\",\"resource\":\"organizations/acme\"}" \
    "DELETE $AC/rolebindings/TuGJc2STBB95X%2FQBoFBiOdMLDYRe3T8pJeOY8Q2Qm7s%3D"
does 'no longer has the role owner' 'member revoke' ada member revoke mia@example.com owner --yes
refuses 1 'mia@example.com has no role "owner"' 'member revoke: again' ada member revoke mia@example.com owner --yes
does '^mia@example.com .* admin +active' 'what is left' ada member show mia@example.com
refuses 2 'no terminal to ask on' 'member remove asks' ada member remove mia@example.com
does 'mia@example.com is no longer in Acme' 'member remove' ada member remove mia@example.com --yes
changes "POST $AC/organizations/acme/memberships:deleteByEmail {\"email\":\"mia@example.com\"}"
refuses 1 'no member "mia@example.com"' 'she is gone' ada member show mia@example.com
refuses 1 '400 the last owner cannot be removed' 'the last owner' ada member remove ada@example.com --yes

# --- invitations, roles ---
does "^$PAT +pat@example.com +developer, admin" 'invitation list' ada invitation list
does '^[0-9a-f-]{36}$' 'invitation create' ada invitation create eve@example.com --role developer
does 'The invitation of eve@example.com to Acme is sent again' 'invitation resend' ada invitation resend eve@example.com
does 'eve@example.com is no longer invited' 'invitation revoke' ada invitation revoke eve@example.com --yes
like "$(sent | tail -n 1)" "^POST $AC/organizations/acme/invitations/[0-9a-f-]{36}:cancel$" 'the request: invitation revoke'
does 'as pat@example.com' 'the invited' pat login --provider intrinsic --url "$URL/api" --token-file "$T/pat.token"
does '^The invitation is accepted\.$' 'invitation accept' pat invitation accept --token-file "$T/invitation.token"
does '^pat@example.com .* admin, developer +active' 'who is a member now' ada member show pat@example.com
does '^developer +Developer' 'role list' ada role list
does 'Manages members' 'role list -o wide' ada role list -o wide

# --- long operations ---
fake '{"reset":true,"set":{"finish":2}}'
does 'The current organization is Late' 'org create waits' ada org create Late
is "$(sent | grep -c operations/d3r1)" 2 'and asks twice'
does 'is no longer in Acme' 'member remove waits' ada member remove mia@example.com --org acme --yes
is "$(sent | grep -c "GET $AC/operations/d3r2")" 2 'at its own service'
fake '{"reset":true,"set":{"finish":-1}}'
tty=$(XDG_CONFIG_HOME=$T/ada script -qec "$ORGADMIN org create Never" /dev/null < /dev/null 2>&1)
like "$tty" '0 s of at most 600: waiting for operations/d3r1' 'a terminal shows how long'
like "$tty" '599 s of at most 600' 'each second'
like "$tty" 'org create: operations/d3r1 is not done after 600 s' 'up to the limit'
like "$tty" 'To go on: orgadmin org create Never --operation operations/d3r1' 'and how to go on'
fake '{"set":{"finish":0}}'
does 'The current organization is Never' 'which does' ada org create Never --operation operations/d3r1
is "$(sent | grep -v ^POST)" "GET $RM/operations/d3r1" 'by a look at it'
fake '{"set":{"finish":1,"fail":true}}'
refuses 1 'operations/d3r2 has failed: the workcell did not answer' 'one that fails' ada org create Bad
fake '{"set":{"finish":-1,"fail":false}}'
: > "$LOG"
(trap - INT; XDG_CONFIG_HOME=$T/ada exec "$SLOW" org create 'Slow one' > "$T/out" 2> "$T/err" < /dev/null) &
pid=$!
# The shell's own copy, which it is at first, may catch it too.
catches_int() { [ /proc/$pid/exe -ef "$SLOW" ] && [ $((0x$(sed -n 's/^SigCgt:[[:space:]]*//p' /proc/$pid/status) & 2)) != 0 ]; }
ok 'a real wait begins' wait_for 30 catches_int
kill -INT $pid
wait $pid
is "$?/$(cat "$T/out")" 4/ 'it ends when it is interrupted'
like "$(cat "$T/err")" 'waiting for operations/d3r3: stopped' 'and says what it was waiting for'
like "$(cat "$T/err")" "To go on: orgadmin org create 'Slow one' --operation operations/d3r3" 'and how to go on'

# --- who may not; what is not reached ---
fake '{"reset":true}'
does 'as mia@example.com. Organization: Acme' 'a member' mia login --provider intrinsic --url "$URL/api" --token-file "$T/mia.token"
refuses 1 '403 permission denied' 'may not invite' mia member add x@example.com
refuses 1 '403 not a member of organizations/builder' 'nor call from another organization' mia org list --provider-option calling_org=builder \
    --url "$URL/api" --provider intrinsic --token-file "$T/mia.token"
fake '{"fault":{"path":"invitations$","status":429,"headers":{"Retry-After":"9"}}}'
refuses 4 '429' '429 in mid-listing' ada member list --org acme
fake '{"fault":{"path":"memberships$","body":"<html>","kind":"text/html"}}'
refuses 4 'not JSON' 'a page of HTML' ada member list --org acme
fake "{\"fault\":{\"path\":\"idtoken\",\"times\":0,\"status\":302,\"headers\":{\"Location\":\"$ELSEWHERE/x\"}}}"
refuses 4 'redirect' 'a redirect of the key' ada member list --org acme
fake '{"reset":true}'

# --- what there is not: told before anything is changed ---
for words in 'org edit --name x' 'joincode list' 'joincode create' 'joincode revoke x --yes' 'role create x --permissions a' 'role edit owner --permissions a' \
    'role remove owner --yes' 'token list' 'token create' 'token revoke x --yes' 'audit list' 'billing show' 'billing edit --set a=b' 'subscription list' 'credit list' \
    'credit create --amount 1 --expires 2030-01-01' 'secret list' 'file list' "file upload $T/people"; do
    read -ra command <<< "$words --org acme"
    refuses 2 "provider \"intrinsic\" has no \"${command[0]} ${command[1]}\"" "${command[0]} ${command[1]}" ada "${command[@]}"
    is "$(sent | grep -v -e ^GET -e idtoken)" '' "${command[0]} ${command[1]}: nothing is changed"
done

elsewhere_unasked
done_testing
