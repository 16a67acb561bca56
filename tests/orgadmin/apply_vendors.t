#!/bin/bash
# orgadmin export and apply at the vendors: what each can set, what it cannot, and a listing that fails in the middle.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../api/vendor.sh"
. "$(dirname "$0")/vendor.sh"
make_fast "$ORGADMIN"
ORGADMIN=$T/fast
vendor=''
# vendor NAME TOKEN ORG [BASE [OPTION...]]: a fresh fake, and a login
vendor() {
    vendor=$1
    fake_start "$1"
    token ada "$2"
    rm -rf "$T/ada"
    as ada login --provider "$1" --url "$URL${4-}" --token-file "$T/ada.token" "${@:5}"
    as ada org switch "$3"
    as ada export; printf '%s\n' "$out" > "$T/export"
    as ada apply "$T/export" --prune
    is "$rc/$(made)" 0/ "$vendor: the round trip changes nothing"
    like "$err" 'nothing is changed' "$vendor: and says so"
}
# what was sent and changes something: METHOD TARGET BODY
made() { sent | grep -v '^GET \|/oauth2/token\|accountstokens:idtoken\|/auth/login'; }
file() { jq "$1" "$T/export" > "$T/state"; }
applies() { file "$1"; as ada apply "$T/state" --yes "${@:2}"; } # JQ [OPTION...]
# incomplete FAULT NAME: with the fault a listing is not complete
incomplete() {
    fake "{\"fault\":$1}"
    as ada apply "$T/state" --prune --yes
    is "$rc/$out/$(made)" 4// "$vendor: $2 removes nobody"
}

# --- upsun ---
vendor upsun api-token-ada acme-corp
is "$(jq -c '[.members[] | has("roles")] + [.invitations[] | has("id")] | unique' "$T/export")" '[false]' 'upsun: what cannot be set is not exported'
ORG=$(jq -r .organization.id "$T/export")
applies '(.members[] | select((.email // "" | ascii_downcase) == "mia@example.com").permissions) = ["plans"] | .invitations += [{"email":"new@example.com","permissions":["billing"]}]'
is "$rc/$(made | sed "s/[0-9a-f-]\{36\}/ID/")" "0/POST /organizations/$ORG/invitations {\"email\":\"new@example.com\",\"permissions\":[\"billing\"],\"force\":false}
PATCH /organizations/$ORG/members/ID {\"permissions\":[\"plans\"]}" 'upsun: permissions are set, and people invited'
as ada apply "$T/state"; is "$rc/$(made)" 0/ 'upsun: a second apply changes nothing'
applies '.invitations[0].permissions = ["plans"]'
is "$rc/$(made | grep invitations | sed 's/[0-9a-f-]\{36\}/ID/')" "0/DELETE /organizations/$ORG/invitations/ID
POST /organizations/$ORG/invitations {\"email\":\"pat@example.com\",\"permissions\":[\"plans\"],\"force\":false}" 'upsun: an invitation with other permissions takes the place of the old one'
applies '.members[0].roles = ["member"]'; is "$rc/$(made)" 1/ 'upsun: a role is refused'
like "$err" 'members\[0\]\.roles: the provider "upsun" cannot set that' 'upsun: and named'
applies '.members |= map(select(.email != "ada@example.com"))' --prune; is "$rc/$(made)" 1/ 'upsun: the owner is not removed'
fake '{"reset":true}'
applies '.members |= map(select(.email))' --prune; is "$rc/$(made)" 1/ 'upsun: who has no address could be anybody: nobody is removed'
like "$err" 'does not show the addresses of 1 members' 'upsun: and that is said'
fake '{"reset":true,"set":{"most":2}}'
file '.members |= map(select((.email // "" | ascii_downcase) != "mia@example.com"))'
incomplete '{"query":"after","status":429,"headers":{"Retry-After":"9"}}' 'a page in the middle that answers 429'
incomplete '{"path":"/ref/users","status":503}' 'users that are not told'
incomplete '{"path":"/invitations$","status":500}' 'a failing list of invitations'
incomplete '{"path":"/members$","body":{"items":[],"_links":{}}}' 'an empty list'
as ada apply "$T/state" --prune --yes; like "$(made)" "^DELETE /organizations/$ORG/members/[0-9a-f-]*$" 'upsun: a complete listing removes the one who is left out'

# --- cratedb ---
vendor cratedb ada-key:ada-secret acme
ORG=$(jq -r .organization.id "$T/export")
applies '(.members[] | select(.email == "mia@example.org").roles) = ["org_admin"] | (.members[] | select(.email == "ada@example.org").roles) = ["org_member"]'
is "$rc/$(made | sed 's/.*"role_fqn":"\([a-z_]*\)".*/\1/' | xargs)" '0/org_admin org_member' 'cratedb: who is to be an admin comes first, oneself last'
vendor cratedb ada-key:ada-secret acme
applies '.members |= map(select(.email != "ada@example.org"))' --prune; is "$rc/$(made)" 1/ 'cratedb: the only admin is not removed'
like "$err" 'would have no org_admin any more' 'cratedb: and that is said'
file '.members |= map(select(.email != "mia@example.org"))'
incomplete '{"path":"users/$","body":[]}' 'an empty list'
fake '{"fault":{"path":"users/$","sub":[["mia@example.org","bob@example.org"]]}}'
file '.members |= map(del(.id))'; as ada apply "$T/state" --yes
is "$rc/$(made)" 1/ 'cratedb: an address that two members have names nobody'
like "$err" 'members\[1\]\.email: two members have this address: give the id' 'cratedb: and that is said'
fake '{"reset":true}'
file '.members |= map(select(.email != "mia@example.org"))'
incomplete '{"path":"invitations/$","status":503}' 'a failing list of invitations'

# --- satusky: who is invited is in the list of members ---
vendor satusky sat_ada acme-prod /v1/cli
applies '.members |= map(select(.email != "ada@example.com"))' --prune; is "$rc/$(made)" 1/ 'satusky: the only admin is not removed'
fake '{"set":{"nobody":true}}'
applies '.members += [{"email":"late@example.org","roles":["member"]}]'; is "$rc" 0 'satusky: a person without an account is invited'
as ada apply "$T/state" --prune; is "$rc/$(made)" 0/ 'satusky: and a second apply changes nothing'
file '.invitations = []'; as ada apply "$T/state" --prune --yes; like "$(made)" '^DELETE ' 'satusky: an invitation that is left out goes'
as ada apply "$T/export" --prune; is "$rc/$(made)" 0/ 'satusky: then all is as before'

# --- intrinsic: an invitation is a token, and is never exported ---
vendor intrinsic key-ada acme /api --provider-option calling_org=builder
unlike "$(cat "$T/export")" '5f3aa404' 'intrinsic: no token is exported'
applies '(.members[] | select((.email // "" | ascii_downcase) == "mia@example.com").roles) = ["developer","admin"] | .invitations += [{"email":"new@example.com","roles":["developer"]}]'
is "$rc" 0 'intrinsic: roles are set, and people invited'
as ada apply "$T/state" --prune; is "$rc/$(made)" 0/ 'intrinsic: a second apply changes nothing, whatever the order of the roles'
elsewhere_unasked
done_testing
