#!/bin/bash
# Every command for Platform.sh through Prism, which compares each request and answer with Platform.sh's own OpenAPI document.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/prism.sh"
prism_need platformsh.json
. "$(dirname "$0")/../api/vendor.sh"
. "$(dirname "$0")/vendor.sh"
fake_start upsun --fault most=2,chunk=1
prism_start platformsh.json "$URL" || skip_all 'Prism does not start'
token ada api-token-ada
token vic api-token-vic
LOGIN=(login --provider platformsh --url "$PRISM" --provider-option auth_url="$URL") # tokens are another server's

# The document wants a string for an error's "status" and an object for its "detail". The vendor's services put a number and a text there
# too, as its own client knows.
known_wrong() { grep -Ev ': response\.body\.(status Response body property status must be string|detail Response body property detail must be object)$'; }
clean() { is "$(prism_violations | known_wrong)" '' "Prism finds no violation in the requests of $1"; }
ok_in() { does . "$1 through Prism succeeds" "${@:2}"; }

ok_in 'login of ada' ada "${LOGIN[@]}" --token-file "$T/ada.token"
ok_in 'login of vic' vic "${LOGIN[@]}" --token-file "$T/vic.token"
ok_in whoami ada whoami
ok_in 'org list' ada org list
ok_in 'org switch' ada org switch acme-corp
ok_in 'org show' ada org show
ok_in 'org create' ada org create initech --set label=Initech --set country=DE --set type=fixed
ok_in 'org edit' ada org edit --name initrode --set label=Initrode --set country=AT
refuses 1 400 'org create through Prism reports an empty label' ada org create initrode --set label=''
ok_in 'org delete' ada org delete initrode --yes
ok_in 'a second org switch' ada org switch acme-corp
clean 'whoami, login and the organizations'

ok_in 'member list' ada member list
ok_in 'member list -o json' ada member list -o json
ok_in 'member list --org of a name' ada member list --org hooli
ok_in 'member show' ada member show mia
ok_in 'member add --permissions' ada member add eve@example.com --permissions members,projects:create
ok_in 'member add without permissions' ada member add zoe@example.com
refuses 1 409 'member add through Prism reports a person invited before' ada member add eve@example.com
ok_in 'member role' ada member role mia --permissions billing,plans
ok_in 'member role of no permissions' ada member role mia --permissions ''
refuses 1 403 'member role through Prism refuses to change the owner' ada member role ada --permissions billing
ok_in 'member remove' ada member remove bob --yes
refuses 1 403 'member remove through Prism refuses to remove the owner' ada member remove ada --yes
refuses 1 'does not show its members' 'member list through Prism is refused without the permission members' vic member list
ok_in 'invitation list' ada invitation list
ok_in 'invitation create' ada invitation create kim@example.com --permissions plans
ok_in 'invitation revoke' ada invitation revoke pat@example.com --yes
refuses 1 'needs the permission "members"' 'invitation create through Prism is refused without the permission' vic invitation create x@example.com
clean 'members and invitations'

ok_in 'billing show' ada billing show
ok_in 'billing edit of the address' ada billing edit --set country=DE --set locality=Berlin --set postal_code=10115
ok_in 'billing edit of the profile' ada billing edit --set company_name=X --set vat_number=DE1 --set billing_contact=a@example.com \
    --set security_contact=b@example.com --set default_catalog=https://example.com/c --set project_options_url=https://example.com/o
ok_in 'billing show after the edits' ada billing show
refuses 1 400 'billing edit through Prism reports a country of seven letters' ada billing edit --set country=GERMANY
refuses 1 403 'billing show through Prism is refused without the permission' vic billing show
ok_in 'subscription list' ada subscription list
clean 'billing and subscriptions'

went_through() { prism_requests | sed -E 's/[0-9A-Z]{26}|name%3D[a-z-]+/ORG/; s/[0-9a-f-]{36}/ID/; s/\?.*//' | sort -u; }
is "$(went_through)" "$(sort << 'REQUESTS'
delete /organizations/ORG
delete /organizations/ORG/invitations/ID
delete /organizations/ORG/members/ID
get /organizations/ORG
get /organizations/ORG/address
get /organizations/ORG/invitations
get /organizations/ORG/members
get /organizations/ORG/profile
get /organizations/ORG/subscriptions
get /ref/users
get /users/ID/organizations
get /users/me
patch /organizations/ORG
patch /organizations/ORG/address
patch /organizations/ORG/members/ID
patch /organizations/ORG/profile
post /organizations
post /organizations/ORG/invitations
REQUESTS
)" 'orgadmin sends every kind of request of Platform.sh through Prism'

# That it would be noticed.
fake '{"fault":{"path":"/me$","status":200,"body":{"id":"x"}}}'
as ada whoami
like "$(prism_violations | known_wrong)" 'get /users/me: ' 'Prism finds a violation in an incomplete account'
done_testing
