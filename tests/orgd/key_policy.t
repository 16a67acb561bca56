#!/bin/bash
# Which ssh keys of its members an organization takes: by who added them, how old they are, and of what type; the keys that an administrator
# gives a member, which count in the administrator's organization alone; and no way around it.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/orgd.sh"
need ssh-keygen
DAY=86400000
line() { [ -e "$T/$1" ] || ssh-keygen -q -t ed25519 -N '' -C "$1" -f "$T/$1"; cat "$T/$1.pub"; }
sk() { (printf '\0\0\0\x1ask-ssh-ed25519@openssh.com\0\0\0\x20'; head -c 32 /dev/urandom; printf '\0\0\0\x04ssh:') | base64 -w0 | sed 's/^/sk-ssh-ed25519@openssh.com /'; }
print() { ssh-keygen -lf "$T/$1.pub" | cut -d' ' -f2; }
# The callers' side: own NAME [BEARER], unown NAME [BEARER]; give ORG USER NAME BEARER [FIELDS], take ORG USER NAME BEARER
own() { call /users/keys/add "$(jq -nc --arg key "$(line "$1")" "{key: \$key} + ${3:-{\}}")" "${2-$ada}"; }
unown() { call /users/keys/remove "{\"fingerprint\":\"$(print "$1")\"}" "${2-$ada}"; }
give() { call /organizations/members/keys/add "$(jq -nc --arg key "$(line "$3")" --arg org "$1" --arg user "$2" "{organizationId: \$org, userId: \$user, key: \$key} + ${5:-{\}}")" "$4"; }
take() { call /organizations/members/keys/remove "{\"organizationId\":\"$1\",\"userId\":\"$2\",\"fingerprint\":\"$(print "$3")\"}" "$4"; }
policy() { call /organizations/update "{\"organizationId\":\"$1\",$2}" "${3-$OWNER}"; }
# has ORG USERNAME: the keys, by their names here, that the organization's hosts are told; ends ORG USERNAME: their ends
name_of() { for file in "$T"/*.pub; do grep -qF "$1" "$file" && basename "$file" .pub; done; }
told() { api /organizations/members/list "{\"organizationId\":\"$1\"}" "$OWNER" | jq -r ".members[] | select(.username == \"$2\") | .keys[] | .$3"; }
has() { for blob in $(told "$1" "$2" blob); do name_of "$blob"; done | sort | xargs; }
ends() { told "$1" "$2" expiresAt | xargs; }
at() { date -u -d "@$(($1 / 1000))" +%FT%TZ; }
now() { date +%s%3N; }
# said ORG USER NAME: what the organization says of a key: given, counts, reason
said() { api /organizations/members/keys/list "{\"organizationId\":\"$1\",\"userId\":\"$2\"}" "$OWNER" | jq -r ".keys[] | select(.fingerprint == \"$(print "$3")\") | \"\(.given) \(.counts) \(.reason)\""; }
revision() { sql "SELECT revision FROM organizations WHERE id = '$1'"; }

orgd_start
org=$(new_org Acme) other=$(new_org Other)
join "$org" ada member; ada=$bearer ada_id=$user_id
join "$org" ann admin; ann=$bearer ann_id=$user_id
join "$org" bob member; bob=$bearer bob_id=$user_id
# ada owns an organization of her own, where eve is an admin
"$ORGD" user let-create ada yes --data "$DATA" > /dev/null
mine=$(api /organizations/create '{"name":"Mine"}' "$ada" | jq -r .organization.id)
token=$(api /organizations/invitations/create "{\"organizationId\":\"$mine\",\"email\":\"eve@example.org\",\"role\":\"admin\"}" "$ada" | jq -r .token)
call /organizations/invitations/accept "{\"token\":\"$token\",\"username\":\"eve\"}"; eve=$(field .apiToken.bearer) eve_id=$(field .user.id)
own one; own two

# --- the policy ---
call /organizations/get "{\"organizationId\":\"$org\"}" "$ada"
is "$(field '.organization | "\(.keyAdders) \(.keyDays) \(.securityKeysOnly)"')" 'members 0 false' 'an organization takes all keys of its members'
for fields in '"keyAdders":"anyone"' '"keyDays":-1' '"keyDays":36501' '"keyDays":1.5' '"securityKeysOnly":"yes"' '"keyAdders":null'; do
    policy "$org" "$fields"; expect 400 invalid "the policy is not $fields"
done
policy "$org" '"keyAdders":"admins"' "$ann"; expect 403 forbidden 'an admin does not set the policy'
policy "$org" '"keyAdders":"admins"' "$ada"; expect 403 forbidden 'a member does not set the policy'
before=$(revision "$org")
policy "$org" '"keyAdders":"members","keyDays":0,"securityKeysOnly":false'; done_ok 'a policy that changes nothing is taken'
is "$(revision "$org")" "$before" 'and tells nobody'

# --- only administrators ---
request /organizations/members/changes -N -o "$T/told" -d "{\"organizationId\":\"$org\",\"since\":$before,\"wait\":30000}" -H "Authorization: Bearer $OWNER" & poll=$!
wait_for 5 test -s "$T/told"
is "$(has "$org" ada)" 'one two' "members' own keys are delivered"
policy "$org" '"keyAdders":"admins"'; done_ok 'an owner lets only administrators add keys'
ok 'hosts are told at once' wait_for 2 grep -q revision "$T/told"; wait $poll
is "$(tail -n 1 "$T/told" | jq -c '[.members[] | select(.username == "ada") | .keys]')" '[[]]' "and have the member's keys no more"
mine_has() { for blob in $(api /organizations/members/list "{\"organizationId\":\"$mine\"}" "$ada" | jq -r '.members[] | select(.username == "ada") | .keys[].blob'); do name_of "$blob"; done | sort | xargs; }
is "$(mine_has)" 'one two' 'in another organization they count'
is "$(said "$org" "$ada_id" one)" 'false false admins_only' 'members/keys/list says why'
own three
is "$status $(field '.key.notes | join(";")')" '200 Acme: only keys that its administrators give count.' 'a key that counts somewhere is added, with a word on where it does not'
own solo "$bob"; expect 409 key_refused 'a key that counts nowhere is refused'
is "$(api /users/keys/list '{}' "$bob" | jq '.keys | length')" 0 'and is not there'
token=$(api /organizations/invitations/create "{\"organizationId\":\"$org\",\"email\":\"zoe@example.org\"}" "$OWNER" | tee "$T/invited" | jq -r .token)
is "$(jq -r .keys "$T/invited")" none 'an invitation says that no key can be brought along'
accept() { call /organizations/invitations/accept "$(jq -nc --arg token "$1" --arg key "$(line "$2")" "{token: \$token, username: \"$3\", key: \$key}")" "${4-}"; }
accept "$token" zoe zoe; expect 409 key_refused 'accepting with a key is no way around it'
is "$(sql "SELECT count(*) FROM users WHERE username = 'zoe'")" 0 'and makes no account'
call /organizations/invitations/accept "{\"token\":\"$token\",\"username\":\"zoe\"}"; is "$status" 200 'without the key the invitation is accepted'

# --- keys that an administrator gives ---
give "$org" "$ada_id" one "$ada"; expect 403 forbidden 'a member gives herself no key'
give "$org" "$ada_id" one "$eve"; expect 404 organization_not_found 'an administrator of another organization gives none'
give "$org" "$ada_id" one "$ann" '{expiresAt: "2099-01-02T03:04:05Z"}'
is "$status $(field '.key | "\(.comment) \(.expiresAt) \(.notes)"')" '200 one 2099-01-02T03:04:05.000Z []' 'an administrator gives a key that the member has'
is "$(has "$org" ada) $(ends "$org" ada)" 'one 2099-01-02T03:04:05Z' 'which counts, until the end that it was given'
is "$(said "$org" "$ada_id" one)" 'true true null' 'members/keys/list says that it was given'
is "$(sql "SELECT actor_name || ' ' || subject_name || ' ' || detail FROM events WHERE action = 'member.key-add'")" "ann ada $(print one), until 2099-01-02T03:04:05.000Z" 'the audit event names both'
give "$org" "$ada_id" desk "$ann"
is "$(has "$org" ada)" 'desk one' 'and one that she has not'
is "$(mine_has)" 'one three two' 'it counts in no other organization'
is "$(api /users/keys/list '{}' "$ada" | jq -r --arg f "$(print desk)" '.keys[] | select(.fingerprint == $f) | "\(.own) \(.givenBy | join(","))"')" "false $org" 'she sees that it was given, and by whom'
is "$(api /organizations/members/keys/list "{\"organizationId\":\"$mine\",\"userId\":\"$ada_id\"}" "$eve" | jq --arg f "$(print desk)" '[.keys[] | select(.fingerprint == $f)] | length')" 0 'another organization does not see it'
give "$org" "$(sql "SELECT user_id FROM members WHERE organization_id = '$org' AND role = 'owner'")" backdoor "$ann"; expect 403 role_above_own 'an admin gives an owner no key: it would open his account'
take "$org" "$(sql "SELECT user_id FROM members WHERE organization_id = '$org' AND role = 'owner'")" backdoor "$ann"; expect 403 role_above_own 'nor takes one'
token=$(api /organizations/tokens/create "{\"organizationId\":\"$org\",\"role\":\"member\"}" "$OWNER" | jq -r .apiToken.bearer)
give "$org" "$ada_id" backdoor "$token"; expect 403 forbidden "a host's token gives none"
call /organizations/members/keys/add "{\"organizationId\":\"$org\",\"userId\":\"$ada_id\",\"key\":\"ssh-ed25519 AAAA\"}" "$ann"; expect 400 invalid_key 'a key that is none is not given'
give "$org" "$eve_id" backdoor "$ann"; expect 404 member_not_found 'who is no member is given none'

# The role of the giver bounds the keys: who becomes an owner is not entered by what an admin gave.
give "$org" "$bob_id" planted "$ann"; is "$status $(has "$org" bob)" '200 planted' 'an admin gives a member a key'
call /organizations/members/set-role "{\"organizationId\":\"$org\",\"userId\":\"$bob_id\",\"role\":\"owner\"}" "$OWNER"
is "$(has "$org" bob) $(said "$org" "$bob_id" planted)" ' true false above_giver' 'which opens nothing when the member becomes an owner'
give "$org" "$bob_id" planted "$OWNER"; is "$status $(has "$org" bob)" '200 planted' 'unless an owner gives it'
call /organizations/members/set-role "{\"organizationId\":\"$org\",\"userId\":\"$bob_id\",\"role\":\"member\"}" "$OWNER"
call /organizations/roles/set "{\"organizationId\":\"$org\",\"role\":\"ops\",\"permissions\":[\"members:view\"]}" "$OWNER"
call /organizations/members/set-role "{\"organizationId\":\"$org\",\"userId\":\"$bob_id\",\"role\":\"ops\"}" "$OWNER"
give "$org" "$bob_id" planted "$ann"; is "$status $(has "$org" bob)" '200 planted' 'an admin gives a key to a member with a role of the organization'
call /organizations/roles/set "{\"organizationId\":\"$org\",\"role\":\"ops\",\"permissions\":[\"org:manage\"]}" "$OWNER"
is "$(has "$org" bob)" '' 'which opens nothing when that role becomes mightier'
call /organizations/members/set-role "{\"organizationId\":\"$org\",\"userId\":\"$bob_id\",\"role\":\"member\"}" "$OWNER"

# --- withdrawn ---
before=$(revision "$org")
take "$org" "$ada_id" one "$ann"; is "$status $(field .removed)" '200 true' 'an administrator withdraws a key'
is "$(has "$org" ada)" desk 'and hosts have it no more'
ok 'which is news' test "$(revision "$org")" -gt "$before"
is "$(sql "SELECT actor_name || ' ' || subject_name || ' ' || detail FROM events WHERE action = 'member.key-remove'")" "ann ada $(print one)" 'the audit event names both, again'
policy "$org" '"keyAdders":"members"'
is "$(has "$org" ada)" 'desk three two' "where members' own keys count, the withdrawn one does not"
is "$(said "$org" "$ada_id" one)" 'false false withdrawn' 'members/keys/list says why'
unown one; own one
is "$status $(has "$org" ada)" '200 desk three two' 'removing and adding it again changes nothing'
is "$(field '.key.notes[0]')" 'Acme: an administrator withdrew this key.' 'and she is told so'
before=$(revision "$org"); take "$org" "$ada_id" one "$ann"; is "$status $(field .removed) $(($(revision "$org") - before))" '200 false 0' 'a key that was withdrawn is not withdrawn again'
call /organizations/members/keys/remove "{\"organizationId\":\"$org\",\"userId\":\"$ada_id\",\"fingerprint\":\"SHA256:none\"}" "$ann"; is "$status $(field .removed)" '200 false' 'a key that is not there is withdrawn, too'
give "$org" "$ada_id" one "$ann"; is "$(has "$org" ada)" 'desk one three two' 'an administrator lets it count again'
before=$(revision "$mine"); unown desk; is "$status $(has "$org" ada)" '200 one three two' 'a member removes what she was given, as her own'
is "$(revision "$mine") $(sql "SELECT count(*) FROM events WHERE organization_id = '$mine' AND detail = '$(print desk)'")" "$before 0" 'of which other organizations do not hear'
unown one; is "$(has "$org" ada),$(mine_has)" 'three two,three two' 'what she removes opens nothing anywhere, although it was given, too'
own one; is "$(has "$org" ada)" 'one three two' 'and she may add it again'

# --- how long ---
shift_back() { sql "UPDATE ssh_keys SET created_at = created_at - $(($2 * DAY)) WHERE fingerprint = '$(print "$1")'"; }
policy "$org" '"keyDays":10'
added=$(sql "SELECT created_at FROM ssh_keys WHERE fingerprint = '$(print two)' AND organization_id = ''")
is "$(said "$org" "$ada_id" two) $(ends "$org" ada | tr " " "\n" | grep -c "$(at $((added + 10 * DAY)))")" "false true null $(sql "SELECT count(*) FROM ssh_keys WHERE user_id = '$ada_id' AND organization_id = '' AND state = 0 AND created_at / 1000 = $added / 1000")" "a key without an end is delivered with the end that the policy gives it"
is "$(api /organizations/members/list "{\"organizationId\":\"$mine\"}" "$ada" | jq -c '[.members[] | select(.username == "ada") | .keys[].expiresAt] | unique')" '[null]' 'elsewhere it has none'
own soon "$ada" "{expiresAt: \"$(at $(($(now) + DAY)))\"}"; is "$status $(field '.key.notes')" '200 []' 'an end that is earlier stays'
own late "$ada" "{expiresAt: \"$(at $(($(now) + 20 * DAY)))\"}"; like "$(field '.key.notes[0]')" '^Acme: this key ends at 20' 'one that is later is told'
shift_back two 11
is "$(said "$org" "$ada_id" two)" 'false false ended' 'a key that is older has ended'
unown two; own two; is "$status $(said "$org" "$ada_id" two)" '200 false false ended' 'removing and adding it again makes it no younger'
like "$(field '.key.notes[0]')" '^Acme: this key has ended by its age, at 20' 'and she is told so'
give "$org" "$ada_id" two "$ann"; expect 409 key_refused 'an administrator cannot make it younger either'
give "$org" "$bob_id" old "$ann"; shift_back old 11; take "$org" "$bob_id" old "$ann"; give "$org" "$bob_id" old "$ann"
expect 409 key_refused 'nor one that an administrator gave'
sql "UPDATE ssh_keys SET state = 1 WHERE fingerprint = '$(print old)'"
own old "$bob"; expect 409 key_refused 'which is as old when the member adds it'
give "$mine" "$ada_id" evil "$ada"; shift_back evil 20
own evil; is "$status $(said "$org" "$ada_id" evil)" '200 false true null' 'what another organization knows of a key does not make it older here'
unown evil
policy "$org" '"keyDays":0'; is "$(said "$org" "$ada_id" two)" 'false true null' 'without the limit it counts again'

# --- security keys ---
policy "$org" '"securityKeysOnly":true'
is "$(has "$org" ada)" '' 'where only security keys count, others do not, at once'
own plain; is "$status $(field '.key.notes[0]')" '200 Acme: only keys of security keys count, types that begin with sk-.' 'and the member is told so'
give "$org" "$ada_id" plain "$ann"; expect 409 key_refused 'an administrator gives none either'
sk > "$T/sk.pub"; touch "$T/sk"; own sk; is "$status $(has "$org" ada)" '200 sk' 'a security key counts'
token=$(api /organizations/invitations/create "{\"organizationId\":\"$org\",\"email\":\"yan@example.org\"}" "$OWNER" | tee "$T/invited" | jq -r .token)
is "$(jq -r .keys "$T/invited")" security 'an invitation says which kind of key can be brought along'
accept "$token" yan yan; expect 409 key_refused 'accepting with another one is refused'
sk > "$T/yan_sk.pub"; touch "$T/yan_sk"; accept "$token" yan_sk yan; is "$status $(has "$org" yan)" '200 yan_sk' 'with a security key it is taken'
policy "$org" '"securityKeysOnly":false'

# --- who leaves, and comes back ---
call /organizations/members/keys/list "{\"organizationId\":\"$org\",\"userId\":\"$ada_id\"}" "$OWNER"
give "$org" "$ada_id" desk2 "$ann"; take "$org" "$ada_id" three "$ann"
call /organizations/members/remove "{\"organizationId\":\"$org\",\"userId\":\"$ada_id\"}" "$OWNER"
is "$(api /organizations/members/changes "{\"organizationId\":\"$org\",\"since\":1}" "$OWNER" | jq -c '.members[] | select(.username == "ada") | [.state, .keys]')" '["removed",[]]' 'of a removed member no key is delivered'
token=$(api /organizations/invitations/create "{\"organizationId\":\"$org\",\"email\":\"ada@example.org\"}" "$OWNER" | jq -r .token)
accept "$token" three ignored "$ada"; expect 409 key_refused 'who comes back does not bring a key that was withdrawn'
call /organizations/invitations/accept "{\"token\":\"$token\"}" "$ada"; is "$status" 200 'a removed member comes back'
is "$(has "$org" ada | grep -c desk2)" 0 'and has not what she was given before'
is "$(has "$org" ada | grep -c three)" 0 'nor what was withdrawn'
ada=$(field .apiToken.bearer)

# --- a token that was stolen ---
join "$org" cid member; cid=$bearer cid_id=$user_id
token=$(api /organizations/invitations/create "{\"organizationId\":\"$other\",\"email\":\"cid@example.org\"}" "$OWNER" | jq -r .token)
call /organizations/invitations/accept "{\"token\":\"$token\"}" "$cid"
own cids "$cid"
call /organizations/members/revoke-tokens "{\"organizationId\":\"$org\",\"userId\":\"$cid_id\"}" "$OWNER"
is "$(field .scope)" organization 'the tokens of a member who is elsewhere, too, are revoked for the organization'
own thief "$cid"; is "$status $(has "$org" cid),$(has "$other" cid)" '200 cids,cids thief' 'a key that such a token adds opens nothing there'
is "$(field '.key.notes[0]') $(said "$org" "$cid_id" thief)" 'Acme: the token that added this key does not open the organization. false false unproved' 'and members/keys/list says why'
unown thief "$cid"; own thief "$cid"; is "$(has "$org" cid)" cids 'nor after it was removed and added again'
fresh=$("$ORGD" user token cid --data "$DATA" | grep -oE 'live_[a-z0-9]{20}:.*')
unown thief "$cid"; own thief "$fresh"; is "$status $(has "$org" cid)" '200 cids thief' 'a token that proves the member adds it'

call /organizations/members/remove "{\"organizationId\":\"$org\",\"userId\":\"$cid_id\"}" "$OWNER"
own thief2 "$fresh"; is "$status" 200 'a token of a removed member adds a key for another organization'
token=$(api /organizations/invitations/create "{\"organizationId\":\"$org\",\"email\":\"cid@example.org\"}" "$OWNER" | jq -r .token)
accept "$token" cidnew ignored "$cid"; is "$status" 200 'the member comes back, with a key'
back=$(field .apiToken.bearer)
is "$(has "$org" cid),$(has "$other" cid)" 'cidnew cids thief,cidnew cids thief thief2' 'and without the key that was added meanwhile'
call /organizations/members/remove "{\"organizationId\":\"$org\",\"userId\":\"$cid_id\"}" "$OWNER"
token=$(api /organizations/invitations/create "{\"organizationId\":\"$org\",\"email\":\"cid@example.org\"}" "$OWNER" | jq -r .token)
accept "$token" thief2 ignored "$back"; is "$status $(has "$org" cid)" '200 cidnew cids thief thief2' 'who brings it along to the invitation vouches for it'
back=$(field .apiToken.bearer)
unown thief2 "$back"; own thief2 "$back"; is "$(has "$org" cid)" 'cidnew cids thief thief2' 'which the token of the return can add'

# --- how many ---
for i in $(seq 40); do
    blob=$( (printf '\0\0\0\x0bssh-ed25519\0\0\0\x20'; head -c 32 /dev/urandom) | base64 -w0)
    call /organizations/members/keys/add "{\"organizationId\":\"$org\",\"userId\":\"$ada_id\",\"key\":\"ssh-ed25519 $blob\"}" "$ann"
    [ "$status" = 200 ] || break
done
is "$i $status $(field .reason)" '33 409 too_many' 'a member is given 32 keys and no more'
is "$(told "$org" ada blob | wc -l)" 32 'hosts are told 32 keys of a member at most'
is "$(told "$org" ada blob | grep -c "$(cut -d' ' -f2 "$T/plain.pub")")" 0 'those that were given first'
is "$(mine_has)" 'late one plain sk soon three two' 'another organization has her own'
own more; is "$status" 200 'and she adds her own as before'
# A thousand are remembered, those that were there for long: who adds many cannot make an old one young, and nobody is kept from adding more.
sql "DELETE FROM ssh_keys WHERE user_id = '$bob_id'"
own bobs "$bob"; shift_back bobs 40; unown bobs "$bob"
sql "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 999) INSERT INTO ssh_keys SELECT '$bob_id', '', 'f' || i, 1, 'ssh-ed25519', '', '', 1, 1 + i, 0, NULL FROM n;
     INSERT INTO ssh_keys SELECT '$bob_id', '$org', 'f1', 3, 'ssh-ed25519', '', '', 1, 0, 0, NULL"
own bobs2 "$bob"; is "$status $(sql "SELECT count(*), min(expires_at) FROM ssh_keys WHERE user_id = '$bob_id' AND state = 1")" '200 999|3' 'of a thousand removed keys the one is forgotten that was there for the shortest time'
is "$(sql "SELECT count(*) FROM ssh_keys WHERE user_id = '$bob_id' AND state = 3")" 0 'with what was thought of it'
policy "$org" '"keyDays":30'; own bobs "$bob"; expect 409 key_refused 'one that was there for long is remembered'
sql "DELETE FROM ssh_keys WHERE user_id = '$bob_id' AND organization_id = '$org'; WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000) INSERT INTO ssh_keys SELECT '$bob_id', '$org', 'g' || i, 2, 'ssh-ed25519', '', '', 1, 0, 0, NULL FROM n"
give "$org" "$bob_id" bobs3 "$ann"; expect 409 too_many 'what was withdrawn is not forgotten: then no more are given'
own bobs3 "$bob"; is "$status" 200 'and a member adds own ones all the same'
policy "$org" '"keyDays":0'

# --- the end ---
is "$("$ORGD" check --data "$DATA" 2>&1)" "$DATA_NAME: nothing is wrong" 'orgd check finds nothing wrong'
call /organizations/delete "{\"organizationId\":\"$org\",\"name\":\"Acme\"}" "$OWNER"
ok 'a deleted organization leaves no key' wait_for 5 eval '[ "$(sql "SELECT count(*) FROM ssh_keys WHERE organization_id = '\''$org'\''")" = 0 ]'
is "$(api /users/keys/list '{}' "$ada" | jq -r '[.keys[] | .givenBy[]] | length')" 0 'and the user sees none of it'
orgd_end
"$ORGD" --data "$DATA" --socket "$SOCKET" --rsa-bits 2047 2> "$T/err"; like "$? $(cat "$T/err")" '^[12] .*--rsa-bits 2047: must be 2048 or more' 'orgd takes no number of RSA bits below 2048'
echo 'rsa_bits = 3072;' > "$T/orgd.conf"; chmod 600 "$T/orgd.conf"
orgd_start --config "$T/orgd.conf"
ssh-keygen -q -t rsa -b 2048 -N '' -f "$T/small"; own small; expect 400 invalid_key 'a smaller RSA key than the configured one is refused'
like "$(field .message)" '2048 bits; this server takes those of 3072' 'and the message has both'
ssh-keygen -q -t rsa -b 3072 -N '' -f "$T/large"; own large; is "$status" 200 'one that is large enough is taken'
orgd_end
done_testing
