#!/bin/bash
# Every command for Intrinsic through Prism, which compares each request and answer with the OpenAPI document of Intrinsic's services. The
# exchange of the key is not in that document and goes past Prism.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/prism.sh"
prism_need intrinsic.json
. "$(dirname "$0")/../api/vendor.sh"
. "$(dirname "$0")/vendor.sh"
fake_start intrinsic
prism_start intrinsic.json "$URL/api" || skip_all 'Prism does not start'
PAT=5f3aa404-2058-41e6-aff4-9252ba6d62e7
token ada key-ada
token pat key-pat
token invitation $PAT

# The document has no null; the gateway writes one for the time at which what was not deleted was.
known_wrong() { grep -Ev 'response\.body\.(organizations\.[0-9]+\.)?deleteTime .* must be string'; }
clean() { is "$(prism_violations | known_wrong)" '' "Prism finds no violation in the requests of $1"; }
ok_in() { does . "$1 through Prism succeeds" "${@:2}"; }

for n in ada pat; do
    ok_in "login of $n" $n login --provider intrinsic --url "$PRISM" --provider-option auth_url="$URL/api" --token-file "$T/$n.token"
done
ok_in 'login with calling_org' ada login --provider intrinsic --url "$PRISM" --provider-option auth_url="$URL/api" \
    --provider-option calling_org=builder --token-file "$T/ada.token"
ok_in whoami ada whoami
ok_in 'org list' ada org list
like "$(prism_violations)" 'deleteTime' 'Prism still finds the known violation of deleteTime'
ok_in 'org create' ada org create New
ok_in 'org create with an id' ada org create Two --set id=two
fake '{"set":{"finish":1}}'
ok_in 'org delete of a long operation' ada org delete two --yes
fake '{"set":{"finish":0}}'
ok_in 'org create --operation' ada org create New --operation d3r1
ok_in 'org switch' ada org switch acme
ok_in 'org show' ada org show
refuses 1 '409' 'org create through Prism refuses an id that exists' ada org create A --set id=acme
clean 'whoami, login and the organizations'

ok_in 'member list' ada member list
ok_in 'member list -o json' ada member list -o json
ok_in 'member show' ada member show mia@example.com
ok_in 'member add with roles' ada member add bob@example.com --role admin,developer
ok_in 'member add without a role' ada member add joe@example.com
ok_in 'member role' ada member role mia@example.com owner,admin
ok_in 'member grant' ada member grant mia@example.com developer
ok_in 'member revoke' ada member revoke mia@example.com owner --yes
fake '{"set":{"finish":1}}'
ok_in 'member remove of a long operation' ada member remove mia@example.com --yes
fake '{"set":{"finish":0}}'
refuses 1 '400' 'member remove through Prism reports that the last owner cannot be removed' ada member remove ada@example.com --yes
ok_in 'invitation list' ada invitation list
ok_in 'invitation create' ada invitation create eve@example.com --role developer
ok_in 'invitation resend' ada invitation resend eve@example.com
ok_in 'invitation revoke' ada invitation revoke eve@example.com --yes
does '' 'invitation accept through Prism succeeds' pat invitation accept --token-file "$T/invitation.token"
ok_in 'role list' ada role list
clean 'members, invitations and roles'

# Had nothing gone through Prism, it would have had nothing to say.
is "$(prism_requests | sed -E 's/organizations\/[^/]+/organizations\/ID/; s/\/(invitations|rolebindings|operations)\/[^:]+/\/\1\/ID/' | sort -u)" "$(sort -u << 'LIST'
delete /accesscontrol/v1/rolebindings/ID
delete /resourcemanager/v1/organizations/ID
get /accesscontrol/v1/operations/ID
get /accesscontrol/v1/organizations/ID/invitations
get /accesscontrol/v1/organizations/ID/memberships
get /accesscontrol/v1/organizations/ID/rolebindings
get /accesscontrol/v1/roles
get /resourcemanager/v1/operations/ID
get /resourcemanager/v1/organizations
get /resourcemanager/v1/organizations/ID
post /accesscontrol/v1/organizations/ID/invitations
post /accesscontrol/v1/organizations/ID/invitations/ID:cancel
post /accesscontrol/v1/organizations/ID/invitations/ID:resend
post /accesscontrol/v1/organizations/ID/memberships:deleteByEmail
post /accesscontrol/v1/rolebindings
post /resourcemanager/v1/organizations
post /v1/accountsinvitations/invitations/ID:apply
LIST
)" 'orgadmin asks every endpoint of Intrinsic through Prism'

# Prism sees what is wrong.
fake '{"fault":{"path":"roles$","sub":[["\"roles/owner\"","5"]]}}'
as ada role list
seen() { prism_violations | grep -q 'get /accesscontrol/v1/roles: response\.body\.roles\.0\.name'; }
ok 'Prism finds a violation in a role name that is a number' wait_for 10 seen
elsewhere_unasked
done_testing
