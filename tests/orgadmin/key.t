#!/bin/bash
# One's own ssh keys: added from a file, from standard input or from ~/.ssh, listed and removed; a private key never leaves the machine.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/orgd.sh"
need ssh-keygen
orgd_start
export HOME=$T/home XDG_CONFIG_HOME=$T/config
mkdir -p "$HOME/.ssh"
org=$(new_org Acme)
join "$org" ada member; (umask 077; echo "$bearer" > "$T/ada")
(umask 077; echo "$OWNER" > "$T/owner")
key() { "$BUILD/orgadmin" key "$@" --url "unix:$SOCKET" --token-file "$T/$who" > "$T/out" 2> "$T/err"; rc=$?; }
said() { cat "$T/out" "$T/err"; }
make_key() { ssh-keygen -q -t ed25519 -N '' -C "$2" -f "$1"; }
print() { ssh-keygen -lf "$1" | cut -d' ' -f2; }
make_key "$T/one" 'ada one'; make_key "$T/two" 'ada two'
who=ada

# --- add ---
key add "$T/one.pub" -o json; is "$rc $(jq -r '.fingerprint + " " + .comment' "$T/out")" "0 $(print "$T/one.pub") ada one" 'key add takes a .pub file'
key add - --expires 2099-01-01 -o json < "$T/two.pub"; is "$rc $(jq -r '.expires[:10]' "$T/out")" '0 2099-01-01' 'and standard input, and an end'
key add "$T/one.pub"; like "$rc $(said)" '^1 .*The account has the key SHA256:' 'the API refuses a key that is there'
before=$(wc -l < "$ORGD_LOG")
key add "$T/one"; like "$rc $(said)" "^2 .*$T/one: the key .*private" 'a private key is refused'
is "$(tail -n "+$((before + 1))" "$ORGD_LOG" | grep -c keys)" 0 'and is not sent'
key add "$T/nothing"; like "$rc $(said)" "^2 .*$T/nothing: No such file" 'a file that is not there is named'
(echo '# a remark'; echo; echo "command=\"sh\" $(cat "$T/one.pub")") > "$T/options"
key add "$T/options"; like "$rc $(said)" "^2 .*$T/options: the key" 'options are refused'
key add; like "$rc $(said)" "^2 .*which FILE\\? $HOME/.ssh has no public key; ssh-keygen -t ed25519 makes one" 'key add without a file and without a key says how to make one'
make_key "$HOME/.ssh/id_ed25519" 'ada home'
key add < /dev/null; like "$rc $(said)" '^2 .*--yes' 'key add without a file asks first'
key add --yes -o json; is "$rc $(jq -r .comment "$T/out")" '0 ada home' 'and takes the only key in ~/.ssh'
make_key "$HOME/.ssh/id_other" 'ada other'
key add --yes; like "$rc $(said)" '^2 .*which FILE\? .* has 2 public keys' 'it does not choose between two'

# --- list ---
key list -o json; is "$(jq -r '[.[].comment] | sort | join(",")' "$T/out")" 'ada home,ada one,ada two' 'key list lists the own keys'
who=owner
key list ada -o json --org "$org"; is "$(jq length "$T/out")" 3 "key list MEMBER lists a member's"
key list -o json; is "$(jq -c . "$T/out")" '[]' 'the owner has none'
key list nobody --org "$org"; like "$rc $(said)" '^1 .*no member "nobody"' 'an unknown member is named'

# --- remove ---
who=ada
key remove 'ada one' < /dev/null; like "$rc $(said)" '^2 .*--yes' 'key remove asks first'
key remove 'ada one' --yes; like "$rc $(said)" "^0 The key $(print "$T/one.pub" | sed 's/[+]/[+]/g') opens nothing any more\\." 'key remove removes a key by its comment'
key remove "$(print "$T/two.pub")" --yes; is "$rc" 0 'and by its fingerprint'
key remove 'ada one' --yes; like "$rc $(said)" '^1 .*your account has no key "ada one"' 'a key that is not there is named'
key list -o json; is "$(jq -r '.[].comment' "$T/out")" 'ada home' 'the other one stays'
# --- with an invitation ---
who=owner
"$BUILD/orgadmin" invitation create 'Zoe.Z@example.org' --url "unix:$SOCKET" --token-file "$T/owner" --org "$org" --out "$T/zoe" 2> "$T/err"
hint=$(sed -n 's/.*can accept: orgadmin //p' "$T/err")
is "$hint" "invitation accept --url unix:$SOCKET --username zoe.z --key ~/.ssh/id_ed25519.pub" 'the hint of an invitation is whole'
eval "\"\$BUILD/orgadmin\" $hint --token-file $T/zoe" > "$T/out" 2>&1; is $? 0 'and works as it is'
rm -rf "$XDG_CONFIG_HOME"
invite() { api /organizations/invitations/create "{\"organizationId\":\"$org\",\"email\":\"$1@example.org\"}" "$OWNER" | jq -r .token > "$T/invitation"; chmod 600 "$T/invitation"; }
accept() { "$BUILD/orgadmin" invitation accept --url "unix:$SOCKET" --token-file "$T/invitation" "$@" > "$T/out" 2> "$T/err"; rc=$?; }
invite eve
accept --username eve --key "$T/one"; like "$rc $(said)" '^2 .*private' 'invitation accept --key refuses a private key'
accept --username eve --key "$T/one.pub"; is "$rc" 0 'invitation accept takes a key'
is "$(sql "SELECT fingerprint FROM ssh_keys JOIN users ON id = user_id WHERE username = 'eve'")" "$(print "$T/one.pub")" 'which the new account has'
is "$(sql "SELECT count(*) FROM events WHERE action = 'user.key-add' AND subject_name = 'eve'")" 1 'and an audit event tells'
orgd_end
done_testing
