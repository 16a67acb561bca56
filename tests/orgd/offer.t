#!/bin/bash
# What an invitation offers, told to the holder of its token; it uses nothing up, and tells others nothing.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/orgd.sh"
orgd_start --quota names=5
org=$(new_org 'Acme <b>')
invite() { call /organizations/invitations/create "{\"organizationId\":\"$org\",\"email\":\"$1\"${2-}}" "$OWNER"; token=$(field .token) id=$(field .id); }
offer() { call /organizations/invitations/offer "{\"token\":\"$token\"${1-}}" "${2-}"; }

for VIA in unix tcp; do
    invite "Mia-$VIA@Example.org" ',"role":"owner"'
    offer
    is "$status $(field 'keys|join(" ")')" '200 account createdAt email expiresAt id inviter keys maker makerName organization permissions role suggestion' "$VIA: an offer has exactly the documented fields"
    is "$(jq -c '[.organization.name,.role,.email,.inviter.username,.keys,.account,.suggestion,(.permissions|index("org:manage") != null)]' <<< "$body")" \
        "[\"Acme <b>\",\"owner\",\"Mia-$VIA@Example.org\",\"owner\",\"any\",false,\"mia-$VIA\",true]" \
        "$VIA: it tells who invites to what, in which role, and suggests a username"
    unlike "$body" "${token#*:}" "$VIA: an offer does not repeat the secret"
    offer; is "$status" 200 "$VIA: an offer can be looked at again"
    for pair in root=username_reserved owner=username_taken Root=invalid '../x=invalid' "free-$VIA=null"; do
        offer ",\"username\":\"${pair%=*}\""
        is "$status $(field .usernameFault)" "200 ${pair#*=}" "$VIA: an offer says ${pair#*=} of the username ${pair%=*}"
    done
    offer ',"username":"six"'; expect 429 quota "$VIA: an invitation asks for so many usernames an hour"
    offer; is "$status" 200 "$VIA: the offer itself is still told"
    call /organizations/invitations/accept "{\"token\":\"$token\",\"username\":\"mia$VIA\"}"
    is "$status" 200 "$VIA: an invitation that was looked at is accepted"
    offer; expect 404 invitation_used "$VIA: the offer of an accepted invitation says so"
    call /organizations/invitations/accept "{\"token\":\"$token\",\"username\":\"mia2$VIA\"}"; expect 404 invitation_not_found "$VIA: it is accepted once"
    token="${token%:*}:$(printf 'A%.0s' {1..43})"; offer; expect 404 invitation_not_found "$VIA: whoever has not the secret does not hear that it was used"
done
on_list() { call /organizations/invitations/list "{\"organizationId\":\"$org\"}" "$OWNER"; field '.invitations|length'; }
is "$(on_list)" 0 'an accepted invitation is on no list'
call /organizations/invitations/revoke "{\"organizationId\":\"$org\",\"id\":\"$id\"}" "$OWNER"; is "$status $(field .revoked)" '200 false' 'an accepted invitation cannot be revoked'
call /organizations/invitations/resend "{\"organizationId\":\"$org\",\"id\":\"$id\"}" "$OWNER"; expect 404 invitation_not_found 'an accepted invitation cannot be sent again'

invite late@example.org
sql "UPDATE invitations SET expires_at = 1 WHERE id = '$id'"
offer; expect 404 invitation_expired 'the offer of an expired invitation says so'
invite fix@example.org ',"username":"fixed"'
offer; is "$(field .username)" fixed 'an offer has the username that the inviter chose'
invite 'Wi+rd@example.org'
offer; is "$status $(field 'has("suggestion")')" '200 false' 'an address that is no username suggests none'
invite Owner@LOCALHOST.example; offer; is "$(field 'has("suggestion")')" false 'a username that is taken is not suggested'
call /organizations/invitations/create "{\"organizationId\":\"$(new_org Two)\",\"email\":\"Mia-tcp@example.org\"}" "$OWNER"; token=$(field .token)
offer; is "$status $(field .account)" '200 true' 'an offer says that the address has an account, as acceptance does'
call /organizations/invitations/accept "{\"token\":\"$token\",\"username\":\"mia9\"}"; expect 409 user_exists 'and the invitation does not open that account'
offer '' live_x:y; expect 401 unauthorized 'a wrong token beside the invitation is refused'

invite gone@example.org
call /organizations/invitations/revoke "{\"organizationId\":\"$org\",\"id\":\"$id\"}" "$OWNER"
offer; expect 404 invitation_not_found 'a revoked invitation offers nothing'
call /organizations/update "{\"organizationId\":\"$org\",\"keyAdders\":\"admins\"}" "$OWNER"
invite ned@example.org; offer; is "$(field .keys)" none 'an offer says that no key can be brought along'
orgd_stop; orgd_start --attempts 3
for i in 1 2 3; do token=inv_x:y offer; done; expect 404 invitation_not_found 'three guesses are answered'
token=inv_x:y offer; expect 429 too_many_attempts 'a guess beyond is not looked at'
offer; expect 429 too_many_attempts 'nor is a good token of the same peer'
orgd_end
done_testing
