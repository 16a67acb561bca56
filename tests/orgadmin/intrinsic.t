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
refuses 1 'whoami: .*401 the credential is not accepted' 'login refuses a wrong key' ada login --provider intrinsic --url "$URL/api" --token-file "$T/wrong.token"
refuses 2 'cannot be intrinsic' 'login refuses the calling organization intrinsic' ada login --provider intrinsic --url "$URL/api" --token-file "$T/ada.token" --provider-option calling_org=intrinsic
refuses 2 'has no option "region"; there are calling_org, auth_url' 'login refuses an option of another provider' ada login --provider intrinsic --url "$URL/api" --token-file "$T/ada.token" --region x
refuses 2 'cannot be used' 'login refuses plain http to another host' ada login --provider intrinsic --url http://example.org --token-file "$T/ada.token"
ok 'a refused login stores nothing' test ! -e "$T/ada/orgadmin/default.json"
does 'Logged in to .* as ada@example.com. Organization: none chosen' 'login succeeds and chooses none of two customers' ada login --provider intrinsic --url "$URL/api" --token-file "$T/ada.token" \
    --provider-option calling_org=builder
does 'ada@example.com' 'whoami prints the address' ada whoami
refuses 3 'no organization is chosen' 'member list refuses without a chosen organization' ada member list

# --- organizations ---
does '^acme +Acme +2025-10-09T08:53:20Z +active +yes *$' 'org list prints a customer with state and membership' ada org list
is "$(awk '{ print $1 }' <<< "$out" | tr '\n' ' ')" 'ID acme d3samnj1ap7c72rgeptg ' 'org list prints only the customers, sorted by id'
like "$out" 'd3samnj1ap7c72rgeptg +Test EC Customer .* no *$' "org list prints a customer without a membership of one's own"
does 'builder *$' 'org list -o wide prints the parent' ada org list -o wide
does 'The current organization is Test EC Customer' 'org switch takes a name' ada org switch 'Test EC Customer'
does 'The current organization is Acme \(acme\)' 'org switch takes an id' ada org switch organizations/acme
does '^acme +Acme' 'org current prints the current organization' ada org current
nothing_sent 'org current'
does '^acme +Acme' 'org show prints the current organization' ada org show
does '^builder +Builder Inc.' 'org show takes an organization that is no customer' ada org show builder
refuses 1 'no organization "Acmee".*Acme' 'org show suggests the right spelling of a mistyped name' ada org show Acmee
does '^c0000000000000000001 +New one' 'org create makes a customer' ada org create 'New one'
changes "POST $RM/organizations {\"displayName\":\"New one\",\"parentOrganization\":\"organizations/builder\"}"
does 'The current organization is Two \(two\)' 'org create --set id makes a customer with that id' ada org create Two --set id=two
changes "POST $RM/organizations?organizationId=two {\"displayName\":\"Two\",\"parentOrganization\":\"organizations/builder\"}"
refuses 1 '409 organization "organizations/two" already exists' 'org create reports an id that exists' ada org create Two --set id=two
refuses 2 'takes no "colour" for "org create"; it takes: id name parent operation' 'org create refuses an unknown field' ada org create X --set colour=red
nothing_sent 'org create with an unknown field'
refuses 2 'no terminal to ask on' 'org delete refuses without a terminal and --yes' ada org delete two
does 'Two \(two\) is deleted' 'org delete --yes deletes a customer' ada org delete two --yes
changes "DELETE $RM/organizations/two"
does Acme 'org switch takes an organization after a deletion' ada org switch acme

# --- members ---
does '^mia@example.com +mia@example.com +developer +active' 'member list prints a member with role and state' ada member list
is "$(awk '{ print $1 }' <<< "$out" | tr '\n' ' ')" 'ID zoe@example.com ada@example.com mia@example.com pat@example.com kim@example.com ' 'member list prints the members sorted by address, then the invited'
like "$out" '^ada@example.com .* admin, owner +active' 'member list prints every role of a member'
like "$out" '^ID .* STATE +TOKEN$' 'member list has a column of tokens, as the vendor has'
like "$out" "pending +$PAT\$" 'and prints the token of an invitation'
like "$out" '^pat@example.com .* developer, admin +pending' 'member list prints the roles of an invitation'
does "pending +$PAT\$" 'member list -o wide prints the token of an invitation' ada member list -o wide
as ada member list -o json
is "$(jq -r '.organization.name + " " + ([.members[] | .id + ":" + .state] | join(" "))' <<< "$out")" \
    'Acme zoe@example.com:active ada@example.com:active mia@example.com:active pat@example.com:pending kim@example.com:pending' 'member list -o json prints the organization and its members'
does '^"?max@example.com' 'member list --org -o csv prints the members of that organization' ada member list --org d3samnj1ap7c72rgeptg -o csv
does '^zoe@example.com +Zoe@Example.com' 'member show takes an address in any case' ada member show ZOE@example.com
refuses 1 'Acme has no member "mai@example.com".*mia@example.com' 'member show suggests the right spelling of a mistyped address' ada member show mai@example.com
does '^00000000-0000-4000-8000-000000000002$' 'member add prints the token of the invitation' ada member add bob@example.com --role admin,developer
like "$err" 'bob@example.com is invited to Acme, by mail\. The token is shown above;' 'member add says that the person is invited, and that the API mails it'
like "$err" 'read the token again: orgadmin member show bob@example.com --columns token$' 'and that the token can be read again'
changes "POST $AC/organizations/acme/invitations {\"email\":\"bob@example.com\",\"roles\":[\"roles/admin\",\"roles/developer\"],\"organization\":\"acme\"}"
as ada member show bob@example.com --columns token; is "$(tail -n 1 <<< "$out")" 00000000-0000-4000-8000-000000000002 'the printed line prints the token again'
refuses 1 'Acme has no role "king"; there are owner admin developer' 'member add reports an unknown role' ada member add x@example.com --role king
refuses 2 'takes no "permissions" for "member add"' 'member add refuses --permissions' ada member add x@example.com --permissions a
printf '%s\n' 'new1@example.com' 'new2@example.com admin' > "$T/people"
does '2 of 2 invited to Acme' 'member add --file invites every address' ada member add --file "$T/people" --role developer --out "$T/tokens"
does '0 of 2 invited to Acme; 2 there already, 0 failed' 'member add --file a second time changes nothing, and ends with 0' ada member add --file "$T/people" --role developer
changes
echo mia@example.com owner > "$T/people"
does 'people:1: mia@example.com is a member of Acme already.*; orgadmin member role gives another role' 'member add --file changes no role where the API changes none' ada member add --file "$T/people"
does 'mia@example.com has the role admin' 'member grant adds a role' ada member grant mia@example.com admin
changes "POST $AC/rolebindings {\"subject\":\"users/mia@example.com\",\"role\":\"roles/admin\",\"resource\":\"organizations/acme\"}"
does "Not sent: POST $AC/rolebindings .*roles/owner" 'member role --dry-run shows what is granted' ada member role mia@example.com owner,admin --dry-run
like "$out" "Not sent: DELETE $AC/rolebindings/" 'member role --dry-run shows what is revoked'
changes
does 'mia@example.com has the role owner,admin' 'member role replaces the roles' ada member role mia@example.com owner,admin
changes "POST $AC/rolebindings {\"subject\":\"users/mia@example.com\",\"role\":\"roles/owner\",\"resource\":\"organizations/acme\"}" \
    "DELETE $AC/rolebindings/TuGJc2STBB95X%2FQBoFBiOdMLDYRe3T8pJeOY8Q2Qm7s%3D"
does 'no longer has the role owner' 'member revoke takes a role away' ada member revoke mia@example.com owner --yes
refuses 1 'mia@example.com has no role "owner"' 'member revoke refuses a role that the member has not' ada member revoke mia@example.com owner --yes
does '^mia@example.com .* admin +active' 'member show prints the remaining role' ada member show mia@example.com
refuses 2 'no terminal to ask on' 'member remove refuses without a terminal and --yes' ada member remove mia@example.com
does 'mia@example.com is no longer in Acme' 'member remove --yes removes a member' ada member remove mia@example.com --yes
changes "POST $AC/organizations/acme/memberships:deleteByEmail {\"email\":\"mia@example.com\"}"
refuses 1 'no member "mia@example.com"' 'member show does not find a removed member' ada member show mia@example.com
refuses 1 '400 the last owner cannot be removed' 'member remove reports that the last owner cannot be removed' ada member remove ada@example.com --yes

# --- invitations, roles ---
does "^$PAT +pat@example.com +developer, admin" 'invitation list prints an invitation with its roles' ada invitation list
does '^[0-9a-f-]{36}$' 'invitation create prints a token' ada invitation create eve@example.com --role developer
does 'The invitation of eve@example.com to Acme is sent again' 'invitation resend takes an e-mail address' ada invitation resend eve@example.com
does 'eve@example.com is no longer invited' 'invitation revoke takes an e-mail address' ada invitation revoke eve@example.com --yes
like "$(sent | tail -n 1)" "^POST $AC/organizations/acme/invitations/[0-9a-f-]{36}:cancel$" 'invitation revoke sends :cancel for the invitation'
does 'as pat@example.com' 'login of an invited person succeeds' pat login --provider intrinsic --url "$URL/api" --token-file "$T/pat.token"
does '^The invitation is accepted\.$' 'invitation accept says that the invitation is accepted' pat invitation accept --token-file "$T/invitation.token"
does '^pat@example.com .* admin, developer +active' 'member show prints a member who has accepted' ada member show pat@example.com
does '^developer +Developer' 'role list prints a role' ada role list
does 'Manages members' 'role list -o wide prints the description of a role' ada role list -o wide

# --- long operations ---
fake '{"reset":true,"set":{"finish":2}}'
does 'The current organization is Late' 'org create waits for a long operation' ada org create Late
is "$(sent | grep -c operations/d3r1)" 2 'org create asks for its operation until it is done'
does 'is no longer in Acme' 'member remove waits for a long operation' ada member remove mia@example.com --org acme --yes
is "$(sent | grep -c "GET $AC/operations/d3r2")" 2 'member remove asks the access control service for its operation'
fake '{"reset":true,"set":{"finish":-1}}'
tty=$(XDG_CONFIG_HOME=$T/ada script -qec "$ORGADMIN org create Never" /dev/null < /dev/null 2>&1)
like "$tty" '0 s of at most 600: waiting for operations/d3r1' 'org create shows on a terminal how long it waits'
like "$tty" '599 s of at most 600' 'org create shows the seconds of its wait'
like "$tty" 'org create: operations/d3r1 is not done after 600 s' 'org create gives up after 600 s'
like "$tty" 'To go on: orgadmin org create Never --operation operations/d3r1' 'org create prints the command that continues the wait'
fake '{"set":{"finish":0}}'
does 'The current organization is Never' 'org create --operation continues a wait' ada org create Never --operation operations/d3r1
is "$(sent | grep -v ^POST)" "GET $RM/operations/d3r1" 'org create --operation asks for that operation alone'
fake '{"set":{"finish":1,"fail":true}}'
as ada org create Bad
like "$rc/$out/${err//$'\n'/ }" '^1//.*operations/d3r2 has failed: the workcell did not answer' 'org create reports an operation that failed'
is "$(head -n 1 "$T/err")" 'waiting for operations/d3r2' 'org create names its operation when the wait begins, also off a terminal'
fake '{"set":{"finish":-1,"fail":false}}'
: > "$LOG"
(trap - INT; XDG_CONFIG_HOME=$T/ada exec "$SLOW" org create 'Slow one' > "$T/out" 2> "$T/err" < /dev/null) &
pid=$!
# The shell's own copy, which it is at first, may catch it too.
catches_int() { [ /proc/$pid/exe -ef "$SLOW" ] && [ $((0x$(sed -n 's/^SigCgt:[[:space:]]*//p' /proc/$pid/status) & 2)) != 0 ]; }
ok 'org create waits in real time' wait_for 30 catches_int
kill -INT $pid
wait $pid
is "$?/$(cat "$T/out")" 4/ 'org create interrupted by SIGINT exits 4'
like "$(cat "$T/err")" 'waiting for operations/d3r3: stopped' 'org create interrupted names the operation it waited for'
like "$(cat "$T/err")" "To go on: orgadmin org create 'Slow one' --operation operations/d3r3" 'org create interrupted prints the command that continues the wait'

# --- who may not; what is not reached ---
fake '{"reset":true}'
does 'as mia@example.com. Organization: Acme' 'login of a plain member succeeds' mia login --provider intrinsic --url "$URL/api" --token-file "$T/mia.token"
refuses 1 '403 permission denied' 'member add by a plain member is refused' mia member add x@example.com
refuses 1 '403 not a member of organizations/builder' 'org list from a calling organization of others is refused' mia org list --provider-option calling_org=builder \
    --url "$URL/api" --provider intrinsic --token-file "$T/mia.token"
fake '{"fault":{"path":"invitations$","status":429,"headers":{"Retry-After":"9"}}}'
refuses 4 '429' 'member list fails when a page in the middle answers 429' ada member list --org acme
fake '{"fault":{"path":"memberships$","body":"<html>","kind":"text/html"}}'
refuses 4 'not JSON' 'member list refuses an answer in HTML' ada member list --org acme
fake "{\"fault\":{\"path\":\"idtoken\",\"times\":0,\"status\":302,\"headers\":{\"Location\":\"$ELSEWHERE/x\"}}}"
refuses 4 'redirect' 'member list refuses a redirect of the key exchange' ada member list --org acme
fake '{"reset":true}'

# --- what there is not: told before anything is changed ---
for words in 'org edit --name x' 'joincode list' 'joincode create' 'joincode revoke x --yes' 'role create x --permissions a' 'role edit owner --permissions a' \
    'role remove owner --yes' 'token list' 'token create' 'token revoke x --yes' 'audit list' 'billing show' 'billing edit --set a=b' 'subscription list' 'credit list' \
    'credit create --amount 1 --expires 2030-01-01' 'secret list' 'file list' "file upload $T/people"; do
    read -ra command <<< "$words --org acme"
    refuses 2 "provider \"intrinsic\" has no \"${command[0]} ${command[1]}\"" "orgadmin refuses ${command[0]} ${command[1]}, which Intrinsic has not" ada "${command[@]}"
    is "$(sent | grep -v -e ^GET -e idtoken)" '' "unsupported ${command[0]} ${command[1]} changes nothing"
done

elsewhere_unasked
done_testing
