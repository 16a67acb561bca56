#!/bin/bash
# Invitations: whose they are, how long they last, and that each is accepted once.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/orgd.sh"
orgd_start
org=$(new_org Acme)
join "$org" ann member; ann=$bearer ann_id=$user_id
invite() { call /organizations/invitations/create "{\"organizationId\":\"${2-$org}\",\"email\":\"$1\"}" "$OWNER"; token=$(field .token); }
accept() { call /organizations/invitations/accept "{\"token\":\"$token\"$1}" "${2-}"; }
pending() { api /organizations/invitations/list "{\"organizationId\":\"$org\"}" "$OWNER" | jq -r '.invitations|map(.email)|join(" ")'; }

for VIA in unix tcp; do
    invite ANN@example.org
    expect 409 already_member "$VIA: a member's address is not invited"
    call /organizations/invitations/create "{\"organizationId\":\"$org\",\"email\":\"x@example.org\",\"role\":\"king\"}" "$OWNER"
    expect 400 invalid "$VIA: an invitation with an unknown role is refused"

    invite "bob$VIA@example.org"; first=$token
    accept '' "$ann"
    expect 403 email_mismatch "$VIA: a user does not accept an invitation of another address"
    is "$(pending)" "bob$VIA@example.org" "$VIA: an invitation stays pending when another user tries it"
    invite "BOB$VIA@example.org"
    is "$(pending)" "BOB$VIA@example.org" "$VIA: a second invitation of an address replaces the first"
    second=$token token=$first
    accept ",\"username\":\"bob$VIA\""
    expect 404 invitation_not_found "$VIA: the token of a replaced invitation is refused"
    token=$second
    accept ''
    expect 400 invalid "$VIA: a new account without a username is refused"
    like "$(field .message)" '^username:' "$VIA: the refusal of a missing username names the field"
    accept ',"username":"ann"'
    expect 409 username_taken "$VIA: a new account with a taken username is refused"
    accept ",\"username\":\"bob$VIA\""
    is "$status $(field .user.name)" "200 bob$VIA" "$VIA: an accepted invitation takes the username as the name"
    bob=$(field .apiToken.bearer)
    accept ",\"username\":\"bob2$VIA\""
    expect 404 invitation_not_found "$VIA: a used invitation is refused without a user's token"
    accept '' "$bob"
    expect 404 invitation_not_found "$VIA: a used invitation is refused with the user's token"
    is "$(pending)" '' "$VIA: a used invitation is not pending"

    other=$(new_org Other)
    invite "Bob$VIA@example.org" "$other"
    accept ',"username":"bob3"'
    expect 409 user_exists "$VIA: an address with an account gets no second account"
    accept '' "$bob"
    is "$status" 200 "$VIA: an address with an account accepts with that account's token"

    for wrong in 'a word=x' "an unknown id=inv_00000000000000000000:$(printf '%043d' 0)" "a secret cut short=${token%?}" "a wrong secret=${token%:*}:$(printf '%043d' 0)" \
        "a user's token=$OWNER"; do
        token=${wrong#*=} accept ',"username":"eve"'
        expect 404 invitation_not_found "$VIA: ${wrong%%=*} in the place of an invitation's token is refused"
    done

    invite "late$VIA@example.org"
    sql "UPDATE invitations SET expires_at = 1000 WHERE email = 'late$VIA@example.org'"
    is "$(pending)" '' "$VIA: an expired invitation is not pending"
    accept ",\"username\":\"late$VIA\""
    expect 404 invitation_not_found "$VIA: an expired invitation is not accepted"
    for path in resend revoke; do
        call /organizations/invitations/$path "{\"organizationId\":\"$org\",\"id\":\"${token%%:*}\"}" "$OWNER"
        is "$status" "$([ "$path" = resend ] && echo 404 || echo 200)" "$VIA: invitations/$path answers as if an expired invitation were not there"
    done
    is "$(sql "SELECT count(*) FROM events WHERE subject = '${token%%:*}' AND action <> 'invitation.create'")" 0 "$VIA: resend and revoke of an expired invitation write no audit event"
    invite "later$VIA@example.org"
    id=${token%%:*} token=${token%%:*}:$(printf '%043d' 0)
    accept ',"username":"eve"'
    expect 404 invitation_not_found "$VIA: a pending invitation with a wrong secret is refused"
    token=$id:
    accept ',"username":"eve"'
    expect 404 invitation_not_found "$VIA: a pending invitation with an empty secret is refused"
    is "$(sql 'SELECT count(*) FROM invitations WHERE expires_at = 1000')" 0 "$VIA: a later invitation deletes the expired ones"
    sql 'DELETE FROM invitations'
done

# The same invitation at the same time, as a stranger and as a user: one wins.
wins=
for round in 1 2 3 4 5 6; do
    invite "carl$round@example.org"
    request /organizations/invitations/accept -o "$T/one" -d "{\"token\":\"$token\",\"username\":\"carl$round\"}" &
    one=$!
    VIA=tcp request /organizations/invitations/accept -o "$T/two" -d "{\"token\":\"$token\",\"username\":\"karl$round\"}" &
    wait $one $!
    wins="$wins $(jq -sr 'map(.role//.reason)|sort|join("+")' "$T/one" "$T/two")"
    wins="$wins/$(sql "SELECT count(*) FROM users WHERE email = 'carl$round@example.org'")"
done
is "$wins" "$(for i in 1 2 3 4 5 6; do printf ' invitation_not_found+member/1'; done)" 'two strangers accept at once: one account and one membership are made'
third=$(new_org Third)
invite ann@example.org "$third"
for i in 1 2 3 4; do
    request /organizations/invitations/accept -o "$T/ann$i" -d "{\"token\":\"$token\"}" -H "Authorization: Bearer $ann" &
    pids[i]=$!
done
wait "${pids[@]}"
is "$(jq -sr 'map(.role//.reason)|sort|join(" ")' "$T"/ann?)" 'invitation_not_found invitation_not_found invitation_not_found member' 'a user accepts four times at once: one call succeeds'
is "$(sql "SELECT revision FROM organizations WHERE id = '$third'")" 2 'a user who accepts four times at once makes one change'

# An invitation that is overtaken by a membership does not change the role.
invite dora@example.org; early=$token
fourth=$(new_org Fourth)
join "$fourth" dora member
sql "INSERT INTO members (organization_id, user_id, role, active, joined_at, revision) VALUES ('$org', '$user_id', 'admin', 1, 0, 1000)"
token=$early accept '' "$bearer"
expect 409 already_member 'an invitation of a user who has become a member otherwise is refused'

# One who is removed does not come back with an invitation that was made before he was in.
fifth=$(new_org Fifth)
call /organizations/invitations/create "{\"organizationId\":\"$fifth\",\"email\":\"ANN@example.org\",\"role\":\"admin\"}" "$OWNER"
early=$(field .token) id=$(field .id)
code=$(api /organizations/join-codes/create "{\"organizationId\":\"$fifth\"}" "$OWNER" | jq -r .code)
call /organizations/join-codes/join "{\"code\":\"$code\"}" "$ann"
is "$status" 200 'an invited user joins with a code'
call /organizations/invitations/create "{\"organizationId\":\"$fifth\",\"email\":\"ann2@example.org\"}" "$OWNER"
call /organizations/members/remove "{\"organizationId\":\"$fifth\",\"userId\":\"$ann_id\"}" "$OWNER"
done_ok 'the member who joined with a code is removed'
token=$early accept '' "$ann"
expect 404 invitation_not_found "a removed member's earlier invitation is refused"
call /organizations/audit/list "{\"organizationId\":\"$fifth\",\"action\":\"invitation.revoke\"}" "$OWNER"
is "$(jq -c '.events|map([.subject,.subjectName,.detail])' <<< "$body")" "[[\"$id\",\"ANN@example.org\",\"admin\"]]" 'removing a member writes an audit event for the withdrawn invitation'
call /organizations/invitations/list "{\"organizationId\":\"$fifth\"}" "$OWNER"
is "$(jq -r '.invitations[].email' <<< "$body")" ann2@example.org "removing a member leaves another address's invitation pending"
call /organizations/invitations/create "{\"organizationId\":\"$fifth\",\"email\":\"ann@example.org\"}" "$OWNER"
sql "UPDATE invitations SET expires_at = 1000 WHERE email = 'ann@example.org'"
call /organizations/join-codes/join "{\"code\":\"$code\"}" "$ann"
call /organizations/members/remove "{\"organizationId\":\"$fifth\",\"userId\":\"$ann_id\"}" "$OWNER"
call /organizations/audit/list "{\"organizationId\":\"$fifth\",\"action\":\"invitation.revoke\"}" "$OWNER"
is "$(field '.events|length')" 1 'removing a member withdraws no expired invitation'
counted 'quotas count what there is'
orgd_end
done_testing
