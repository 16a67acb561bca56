#!/bin/bash
# Public ssh keys of users: added, listed, delivered with the member, removed; and what is no key that may be used.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/orgd.sh"
need ssh-keygen
# key NAME [OPTION...]: makes $T/NAME and $T/NAME.pub
key() { ssh-keygen -q -N '' -C "$1 of ada" -f "$T/$1" "${@:2}"; }
# add LINE [FIELDS [BEARER]]
add() { call /users/keys/add "$(jq -nc --arg key "$1" "{key: \$key} + ${2:-{\}}")" "${3-$ada}"; }
print() { ssh-keygen -lf "$T/$1.pub" | cut -d' ' -f2; }

orgd_start
org=$(new_org Acme) other=$(new_org Other)
join "$org" ada member; ada=$bearer ada_id=$user_id
join "$org" bob member; bob=$bearer
revision=$(api /organizations/members/changes "{\"organizationId\":\"$org\",\"since\":0}" "$OWNER" | jq .revision)

# --- kinds ---
key ed -t ed25519; key ec -t ecdsa -b 256; key ec384 -t ecdsa -b 384; key ec521 -t ecdsa -b 521; key rsa -t rsa -b 2048
for name in ed ec ec384 ec521 rsa; do
    add "$(cat "$T/$name.pub")"
    is "$status $(field .key.fingerprint) $(field .key.comment) $(field .key.expiresAt)" "200 $(print $name) $name of ada null" "$name: the key is added, with the fingerprint that ssh-keygen tells"
done
is "$(api /users/keys/list '{}' "$ada" | jq -r '[.keys[].fingerprint] | sort | join(" ")')" "$(for name in ed ec ec384 ec521 rsa; do print $name; done | sort | tr '\n' ' ' | sed 's/ $//')" 'all of them are listed'
is "$(api /organizations/members/keys/list "{\"organizationId\":\"$org\",\"userId\":\"$ada_id\"}" "$bob" | jq '.keys | length')" 5 'members see the keys of a member'
call /organizations/members/keys/list "{\"organizationId\":\"$other\",\"userId\":\"$ada_id\"}" "$OWNER"
expect 404 member_not_found 'another organization does not'
is "$(sql "SELECT count(*) FROM events WHERE action = 'user.key-add' AND organization_id = '$org' AND subject = '$ada_id'")" 5 'each is an audit event of her organization'

# --- delivery ---
blob=$(cut -d' ' -f2 "$T/ed.pub")
member='.members[] | select(.username == "ada") | .keys[] | select(.type == "ssh-ed25519")'
is "$(api /organizations/members/list "{\"organizationId\":\"$org\"}" "$OWNER" | jq -c "$member")" "{\"type\":\"ssh-ed25519\",\"blob\":\"$blob\",\"expiresAt\":null}" 'members/list delivers type, blob and end'
is "$(api /organizations/members/changes "{\"organizationId\":\"$org\",\"since\":$revision}" "$OWNER" | jq -c "$member")" "{\"type\":\"ssh-ed25519\",\"blob\":\"$blob\",\"expiresAt\":null}" 'members/changes tells of a key'
is "$(api /organizations/members/changes "{\"organizationId\":\"$org\",\"since\":0}" "$OWNER" | jq -c '.members[] | select(.username == "bob") | .keys')" '[]' 'who has none has an empty list'
add "$(key late -t ed25519 && cat "$T/late.pub")" '{expiresAt: "2099-01-02T03:04:05Z"}'
is "$status $(field .key.expiresAt) $(api /organizations/members/list "{\"organizationId\":\"$org\"}" "$OWNER" | jq -r '.members[].keys[].expiresAt' | grep -v null)" '200 2099-01-02T03:04:05.000Z 2099-01-02T03:04:05Z' 'a key may have an end, which is delivered'
revision=$(api /organizations/members/changes "{\"organizationId\":\"$org\",\"since\":0}" "$OWNER" | jq .revision)
request /organizations/members/changes -N -o "$T/told" -d "{\"organizationId\":\"$org\",\"since\":$revision,\"wait\":30000}" -H "Authorization: Bearer $OWNER" & poll=$!
wait_for 5 test -s "$T/told"
call /users/keys/remove "{\"fingerprint\":\"$(print ed)\"}" "$ada"
is "$status $(field .removed)" '200 true' 'a key is removed'
ok 'a host is told at once' wait_for 2 grep -q revision "$T/told"; wait $poll
is "$(tail -n 1 "$T/told" | jq -c "[$member | .blob == \"$blob\"]")" '[false]' 'and has the key no more'
call /users/keys/remove "{\"fingerprint\":\"$(print ed)\"}" "$ada"
is "$status $(field .removed)" '200 false' 'a key that is not there is removed, too'

# --- what is refused ---
add "$(cat "$T/ec.pub")"; expect 409 key_exists 'a key that the account has'
add "$(cat "$T/ec.pub")" '{}' "$bob"; is "$status" 200 'nobody keeps a key from another user'
add "$(cat "$T/ec")"; expect 400 invalid_key 'a private key'
like "$(field .message)" 'private' 'which is told as such'
add "command=\"sh\" $(cat "$T/late.pub")"; expect 400 invalid_key 'options'
add "cert-authority $(cat "$T/late.pub")"; expect 400 invalid_key 'a certificate authority'
add "$(cat "$T/late.pub")"$'\n'"ssh-ed25519 AAAA"; expect 400 invalid_key 'two lines'
add "ssh-rsa ${blob}"; expect 400 invalid_key 'a type that differs from the one inside'
add "ssh-ed25519 ${blob}AAAA"; expect 400 invalid_key 'bytes behind the key'
key small -t rsa -b 1024; add "$(cat "$T/small.pub")"; expect 400 invalid_key 'RSA below 2048 bits'
add 'hello'; expect 400 invalid_key 'no key at all'
add "$(head -c 20000 /dev/zero | tr '\0' A)"; expect 400 invalid 'a text of 20 000 characters'
add "$(key past -t ed25519 && cat "$T/past.pub")" '{expiresAt: "2001-01-01T00:00:00Z"}'; expect 400 invalid 'an end that is past'
token=$(api /organizations/tokens/create "{\"organizationId\":\"$org\",\"role\":\"admin\"}" "$OWNER" | jq -r .apiToken.bearer)
add "$(cat "$T/past.pub")" '{}' "$token"; expect 403 forbidden "an organization's token has no keys"
# By each of the three ways in, and no key is there afterwards.
token=$(api /organizations/invitations/create "{\"organizationId\":\"$org\",\"email\":\"eve@example.org\"}" "$OWNER" | jq -r .token)
good=$(cat "$T/past.pub") blob=$(cut -d' ' -f2 "$T/past.pub")
hostile() { jq -nc --arg good "$good" --arg blob "$blob" --arg private "$(cat "$T/past")" --rawfile big <(head -c 12000 /dev/zero | base64 -w0) '
    [$good + "\n" + $good, $good + "\r\n" + $good, $good + "\n", "\n" + $good, $good + "\u0000command=\"sh\" " + $good, "command=\"sh\" " + $good, "no-pty,command=\"sh\" " + $good,
     "environment=\"LD_PRELOAD=/tmp/x\" " + $good, "cert-authority " + $good, "restrict\t" + $good, "# " + $good, " " + $good, "ssh-ed25519\t" + $blob, "ssh-rsa " + $blob, "ecdsa-sha2-nistp256 " + $blob,
     "sk-ssh-ed25519@openssh.com " + $blob, "ssh-ed25519-cert-v01@openssh.com " + $blob, "SSH-ED25519 " + $blob, "ssh-ed25519 " + $blob + "====", "ssh-ed25519 " + $blob[1:], "ssh-ed25519 " + $big, $big,
     "ssh-ed25519", "", $private, ($private | gsub("\n"; " ")), "ssh-dss " + $blob]'; }
count=$(hostile | jq length) before=$(sql 'SELECT count(*) FROM ssh_keys')
wrong=0
for ((i = 0; i < count; i++)); do
    line=$(hostile | jq -c ".[$i]")
    call /users/keys/add "{\"key\":$line}" "$bob"; [ "$status" = 400 ] || { wrong=$((wrong + 1)); diag "add $status $line"; }
    call /organizations/members/keys/add "{\"organizationId\":\"$org\",\"userId\":\"$ada_id\",\"key\":$line}" "$OWNER"; [ "$status" = 400 ] || { wrong=$((wrong + 1)); diag "give $status $line"; }
    call /organizations/invitations/accept "{\"token\":\"$token\",\"username\":\"eve\",\"key\":$line}"; [ "$status" = 400 ] || { wrong=$((wrong + 1)); diag "accept $status $line"; }
done
is "$wrong $(($(sql 'SELECT count(*) FROM ssh_keys') - before))" '0 0' "each of $count lines that are no key is refused by each way in"
for i in $(seq 27); do key "n$i" -t ed25519; add "$(cat "$T/n$i.pub")"; done
is "$status" 200 'an account may have 32 keys'
add "$(cat "$T/past.pub")"; expect 409 too_many 'and no more'

# --- the end ---
orgd_stop
"$ORGD" user erase ada --yes --data "$DATA" > /dev/null
is "$(sql "SELECT count(*) FROM ssh_keys WHERE user_id = '$ada_id'") $("$ORGD" check --data "$DATA")" "0 $DATA_NAME: nothing is wrong" 'an erased person has no keys'
orgd_start --quota keys=1
for name in past small2; do [ -e "$T/$name" ] || key $name -t ed25519; add "$(cat "$T/$name.pub")" '{}' "$bob"; done
expect 429 quota 'a user adds so many keys in an hour and no more'
orgd_end
done_testing
