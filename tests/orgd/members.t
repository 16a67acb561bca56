#!/bin/bash
# Changing and removing members; there is always an owner left.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/orgd.sh"
orgd_start
owner_id=$(api /users/whoami '{}' "$OWNER" | jq -r .user.id)
revision() { sql "SELECT revision FROM organizations WHERE id = '$1'"; }
set_role() { call /organizations/members/set-role "{\"organizationId\":\"$1\",\"userId\":\"$2\",\"role\":\"$3\"}" "${4-$OWNER}"; }
remove() { call /organizations/members/remove "{\"organizationId\":\"$1\",\"userId\":\"$2\"}" "${3-$OWNER}"; }

for VIA in unix tcp; do
    org=$(new_org Acme)
    join "$org" "ann$VIA" admin; ann=$bearer ann_id=$user_id

    set_role "$org" "$owner_id" admin
    expect 409 last_owner "$VIA: the last owner does not lose the role owner"
    remove "$org" "$owner_id"
    expect 409 last_owner "$VIA: the last owner is not removed"
    set_role "$org" "$owner_id" owner
    done_ok "$VIA: the last owner may be given the role owner again"
    is "$(revision "$org")" 2 "$VIA: giving a member the role that the member has is no change"

    set_role "$org" "$ann_id" nobody
    expect 400 invalid "$VIA: set-role to an unknown role is refused with 400"
    like "$(field .message)" '^role:' "$VIA: the refusal of an unknown role names the field"
    set_role "$org" usr_00000000000000000000 admin
    expect 404 member_not_found "$VIA: set-role of an unknown user is refused with 404"

    set_role "$org" "$ann_id" owner
    done_ok "$VIA: a second owner is made"
    is "$(revision "$org")" 3 "$VIA: making a second owner is one change"
    set_role "$org" "$owner_id" member "$ann"
    done_ok "$VIA: one of two owners loses the role owner"
    remove "$org" "$ann_id" "$ann"
    expect 409 last_owner "$VIA: the owner who is left does not leave"
    set_role "$org" "$owner_id" owner "$ann"
    remove "$org" "$ann_id" "$ann"
    done_ok "$VIA: an owner leaves when there is another"

    before=$(revision "$org")
    remove "$org" "$ann_id"
    done_ok "$VIA: removing a removed member answers 200"
    remove "$org" usr_00000000000000000000
    done_ok "$VIA: removing a user who never was a member answers 200"
    is "$(revision "$org")" "$before" "$VIA: removing somebody who is no member is no change"
    set_role "$org" "$ann_id" admin
    expect 404 member_not_found "$VIA: set-role of a removed member is refused with 404"

    # She comes back: the same account, active again, with the role of the invitation.
    token=$(api /organizations/invitations/create "{\"organizationId\":\"$org\",\"email\":\"ann$VIA@example.org\"}" "$OWNER" | jq -r .token)
    call /organizations/invitations/accept "{\"token\":\"$token\"}" "$ann"
    is "$status $(field .role)" '200 member' "$VIA: a removed member accepts a new invitation"
    call /organizations/members/changes "{\"organizationId\":\"$org\",\"since\":$before}" "$OWNER"
    is "$(jq -c '[.revision,(.members|map([.userId,.state,.role]))]' <<< "$body")" "[$((before + 1)),[[\"$ann_id\",\"active\",\"member\"]]]" \
        "$VIA: members/changes reports a member who came back as active"
done

# Two owners remove each other at the same time, often: exactly one survives.
VIA=unix survivors=
for round in 1 2 3 4 5 6 7 8; do
    org=$(new_org "Round $round")
    join "$org" "eva$round" owner
    # Different ways of stopping to be an owner, and different transports
    request /organizations/members/remove -o "$T/one" -d "{\"organizationId\":\"$org\",\"userId\":\"$user_id\"}" -H "Authorization: Bearer $OWNER" &
    one=$!
    if [ $((round % 2)) = 0 ]; then path=remove fields=; else path=set-role fields=',"role":"member"'; fi
    VIA=tcp request /organizations/members/$path -o "$T/two" -d "{\"organizationId\":\"$org\",\"userId\":\"$owner_id\"$fields}" -H "Authorization: Bearer $bearer" &
    wait $one $!
    oks=$(jq -s 'map(select(.ok))|length' "$T/one" "$T/two")
    owners=$(sql "SELECT count(*) FROM members WHERE organization_id = '$org' AND role = 'owner' AND active = 1")
    survivors="$survivors $oks/$owners"
done
is "$survivors" ' 1/1 1/1 1/1 1/1 1/1 1/1 1/1 1/1' 'two owners remove each other at once: one call succeeds, one owner is left'
orgd_end
done_testing
