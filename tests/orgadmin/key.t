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
key list --member ada -o json --org "$org"; is "$(jq length "$T/out")" 3 "key list --member lists a member's"
key list -o json; is "$(jq -c . "$T/out")" '[]' 'the owner has none'
key list --member nobody --org "$org"; like "$rc $(said)" '^1 .*no member "nobody"' 'an unknown member is named'

# --- remove ---
who=ada
key remove 'ada one' < /dev/null; like "$rc $(said)" '^2 .*--yes' 'key remove asks first'
key remove 'ada one' --yes; like "$rc $(said)" "^0 The key $(print "$T/one.pub" | sed 's/[+]/[+]/g') opens nothing any more\\." 'key remove removes a key by its comment'
key remove "$(print "$T/two.pub")" --yes; is "$rc" 0 'and by its fingerprint'
key remove 'ada one' --yes; like "$rc $(said)" '^1 .*your account has no key "ada one"' 'a key that is not there is named'
key list -o json; is "$(jq -r '.[].comment' "$T/out")" 'ada home' 'the other one stays'
# --- a member's, and the policy of the organization ---
who=owner
key add "$T/two.pub" --member ada --org "$org" -o json; is "$rc $(jq -r '.fingerprint + " " + .comment' "$T/out")" "0 $(print "$T/two.pub") ada two" 'key add --member gives a key'
who=ada; key list; like "$(cat "$T/out")" "GIVEN_BY.*" 'key list has a column for who gave a key'; like "$(cat "$T/out")" "ada two .*$org\$" 'with the organization'; who=owner
key list --member ada --org "$org" -o json; is "$(jq -r '[.[] | "\(.comment) \(.given) \(.counts)"] | sort | join(", ")' "$T/out")" 'ada home false true, ada two true true' 'key list --member tells which were given, and which count'
key add --member ada --org "$org"; like "$rc $(said)" '^2 .*which FILE\?' 'key add --member wants a file'
key add "$T/one" --member ada --org "$org"; like "$rc $(said)" '^2 .*private' 'it takes no private key'
key add "$T/one.pub" --member nobody --org "$org"; like "$rc $(said)" '^1 .*no member "nobody"' 'an unknown member is named, again'
org_edit() { "$BUILD/orgadmin" org edit "$org" --url "unix:$SOCKET" --token-file "$T/owner" "$@" > "$T/out" 2> "$T/err"; rc=$?; }
org_edit --set key_adders=admins --set key_days=30 --set security_keys_only=no; is "$rc" 0 'org edit sets the policy'
"$BUILD/orgadmin" org show "$org" --url "unix:$SOCKET" --token-file "$T/owner" -o json > "$T/out"; is "$(jq -r '"\(.key_adders) \(.key_days) \(.security_keys_only)"' "$T/out")" 'admins 30 false' 'org show shows it'
org_edit --set key_days=many; like "$rc $(said)" '^2 .*"key_days" is no number' 'org edit names a number of days that is none'
org_edit --set key_adders=all; like "$rc $(said)" '^1 .*keyAdders: must be members or admins' 'and who may add keys that is nobody'
who=ada
key add "$T/one.pub"; like "$rc $(said)" '^1 .*Acme: only keys that its administrators give count' 'a key that counts nowhere is refused with the reason'
key list --member ada --org "$org" -o json; is "$(jq -r '[.[] | "\(.comment) \(.counts) \(.reason)"] | sort | join(", ")' "$T/out")" 'ada home false admins_only, ada two true null' 'key list --member tells why a key does not count'
key remove 'ada two' --member ada --org "$org" --yes; like "$rc $(said)" '^1 .*403 forbidden' 'a member withdraws no key so'
who=owner
key remove 'ada two' --member ada --org "$org" < /dev/null; like "$rc $(said)" '^2 .*--yes' 'key remove --member asks first'
key remove 'ada two' --member ada --org "$org" --yes; like "$rc $(said)" '^0 The key .* of ada opens nothing in Acme any more' 'key remove --member withdraws a key'
key remove 'ada two' --member ada --org "$org" --yes; like "$rc $(said)" '^1 .*ada has no key "ada two"' 'one that is not there is named'
org_edit --set key_adders=members; who=ada
key add "$T/one.pub"; like "$rc $(cat "$T/err")" '^0 Acme: this key ends at 20' 'key add tells of an end that the organization sets'
join "$org" max admin; (umask 077; echo "$bearer" > "$T/max")
who=max; key add "$T/two.pub" --member ada --org "$org"; key add "$T/two.pub" --member owner --org "$org"; like "$rc $(said)" '^1 .*role_above_own' 'an admin gives an owner no key'
"$BUILD/orgadmin" member role max member --org "$org" --url "unix:$SOCKET" --token-file "$T/owner" 2> "$T/err"
like "$(cat "$T/err")" '1 ssh key that max gave to members still counts; orgadmin audit list --action member.key-add names them' 'member role tells of keys that an admin gave'
# The comment of a key is its owner's choice: it shields no other key.
ssh-keygen -q -t ed25519 -N '' -C "$(print "$T/two.pub")" -f "$T/shield"; who=ada; key add "$T/shield.pub"
who=owner; key remove "$(print "$T/two.pub")" --member ada --org "$org" --yes; like "$rc $(said)" "^0 The key $(print "$T/two.pub" | sed 's/[+]/[+]/g') of ada" 'a comment that is a fingerprint does not stand before it'
org_edit --set key_days=0

# --- with an invitation ---
who=owner
"$BUILD/orgadmin" invitation create 'Zoe.Z@example.org' --url "unix:$SOCKET" --token-file "$T/owner" --org "$org" --out "$T/zoe" 2> "$T/err"
hint=$(sed -n 's/.*can accept: orgadmin //p' "$T/err") curl=$(sed -n 's/^Without orgadmin.*account.s token: //p' "$T/err")
is "$hint" "invitation accept --url unix:$SOCKET --username zoe.z --key ~/.ssh/id_ed25519.pub" 'the hint of an invitation is whole'
eval "\"\$BUILD/orgadmin\" $hint --token-file $T/zoe" > "$T/out" 2>&1; is $? 0 'and works as it is'
rm -rf "$XDG_CONFIG_HOME"
# The line for whom has no orgadmin, as it is: by several shells, with several kinds of names and addresses, and what ps may see of it.
cat > "$T/curl" <<'SH'
#!/bin/sh
printf '%s\n' "$@" >> "$SEEN"
exec "$CURL" "$@"
SH
mkdir "$T/bin"; mv "$T/curl" "$T/bin/curl"; chmod 755 "$T/bin/curl"; SEEN=$T/seen CURL=$(command -v curl); export SEEN CURL
hinted() { # hinted NAME [OPTION...]: invites NAME, whose hint becomes $hint and $curl; the token is in $T/token
    rm -f "$T/token"
    "$BUILD/orgadmin" invitation create "$1@example.org" --org "$org" --token-file "$T/owner" --out "$T/token" "${@:2}" 2> "$T/err" || diag "$(cat "$T/err")"
    hint=$(sed -n 's/.*can accept: orgadmin //p' "$T/err") curl=$(sed -n 's/^Without orgadmin.*account.s token: //p' "$T/err")
}
pasted() { : > "$SEEN"; (cd /; PATH=$T/bin:$PATH "$1" -c "$curl" < "$T/token") > "$T/out" 2> "$T/err"; }
keys_of() { sql "SELECT fingerprint FROM ssh_keys JOIN users ON id = user_id WHERE username = '$1'"; }
ssh-keygen -q -t ed25519 -N '' -C 'a "quoted" \comment' -f "$T/quoted"; cp "$T/quoted.pub" "$HOME/.ssh/id_ed25519.pub"
for shell in sh bash; do
    hinted "curl-$shell" --url "unix:$SOCKET"; pasted $shell
    is "$(sed 's/^Token: //' "$T/out" | jq -r '"\(.role) \(.user.username) \(.apiToken.bearer | length > 40)"')" "member curl-$shell true" "the line with curl works as it is, pasted to $shell" || diag "$curl $(cat "$T/out" "$T/err")"
    is "$(keys_of "curl-$shell")" "$(print "$T/quoted.pub")" 'with the key, whatever its comment is'
    is "$(grep -c "$(cut -c1-20 "$T/token")" "$SEEN") $(grep -c Content-Type "$SEEN")" '0 1' 'and with no secret among the arguments of a program'
done
hinted tcp --url "$URL"; pasted sh; is "$(keys_of tcp)" "$(print "$T/quoted.pub")" 'the line with curl works for an address with a port'
hinted slash --url "$URL/"; pasted sh; is "$(keys_of slash)" "$(print "$T/quoted.pub")" 'and for one that ends with a slash'
mkdir "$T/a 'b"; ln "$SOCKET" "$T/a 'b/s" 2> /dev/null || ln -s "$SOCKET" "$T/a 'b/s"
hinted odd --url "unix:$T/a 'b/s"; pasted sh; is "$(keys_of odd)" "$(print "$T/quoted.pub")" 'and for a socket in a place with a blank and a quotation mark'
hinted odd2 --url "unix:$T/a 'b/s"; eval "\"\$BUILD/orgadmin\" $hint --token-file $T/token" > "$T/out" 2>&1; is "$? $(keys_of odd2)" "0 $(print "$T/quoted.pub")" 'and so does the line with orgadmin'
rm -rf "$XDG_CONFIG_HOME"
# Both lines on a terminal, as a person pastes them, who then pastes the token.
hinted pasted --url "unix:$SOCKET"
PATH=$BUILD:$PATH typed "$T/seen.tty" "orgadmin $hint" 'Token of the invitation' "$(cat "$T/token")\n"
is "$? $(keys_of pasted) $(grep -c "$(cut -c1-30 "$T/token")" "$T/seen.tty")" "0 $(print "$T/quoted.pub") 0" 'the line with orgadmin, pasted to a terminal, asks for the token, and does not show it'
rm -rf "$XDG_CONFIG_HOME"
hinted pasted2 --url "unix:$SOCKET"
PATH=$T/bin:$PATH typed "$T/seen.tty" "$curl" 'Token:' "$(cat "$T/token")\n"
is "$? $(keys_of pasted2)" "0 $(print "$T/quoted.pub")" 'and so does the line with curl'
org_edit --set key_adders=admins; hinted none --url "unix:$SOCKET"
unlike "$hint$curl" 'id_ed25519' 'where only administrators add keys, the hint has none'
pasted sh; is "$(sed 's/^Token: //' "$T/out" | jq -r .user.username)" none 'and works'
org_edit --set key_adders=members --set security_keys_only=yes; hinted secure --url "unix:$SOCKET"
like "$hint$curl" 'id_ed25519_sk.pub.*id_ed25519_sk.pub' 'where only security keys count, the hint has one of those'
org_edit --set security_keys_only=no
invite() { api /organizations/invitations/create "{\"organizationId\":\"$org\",\"email\":\"$1@example.org\"}" "$OWNER" | jq -r .token > "$T/invitation"; chmod 600 "$T/invitation"; }
accept() { "$BUILD/orgadmin" invitation accept --url "unix:$SOCKET" --token-file "$T/invitation" "$@" > "$T/out" 2> "$T/err"; rc=$?; }
invite eve
accept --username eve --key "$T/one"; like "$rc $(said)" '^2 .*private' 'invitation accept --key refuses a private key'
accept --username eve --key "$T/one.pub"; is "$rc" 0 'invitation accept takes a key'
is "$(sql "SELECT fingerprint FROM ssh_keys JOIN users ON id = user_id WHERE username = 'eve'")" "$(print "$T/one.pub")" 'which the new account has'
is "$(sql "SELECT count(*) FROM events WHERE action = 'user.key-add' AND subject_name = 'eve'")" 1 'and an audit event tells'
orgd_end
done_testing
