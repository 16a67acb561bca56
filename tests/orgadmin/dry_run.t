#!/bin/bash
# --dry-run: each command that changes something shows its request, and sends none.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/orgd.sh"
need ssh-keygen
ORGADMIN=$BUILD/orgadmin
umask 022
unset ORGADMIN_ORG ORGADMIN_TOKEN_FILE ORGADMIN_PROFILE
export XDG_CONFIG_HOME=$T/config HOME=$T
orgd_start --owner ann@example.org
(umask 077; printf '%s\n' "$OWNER" > "$T/ann.token"; echo inv_secretsecret:secretsecret > "$T/secret")
run() { out=$("$ORGADMIN" "$@" 2> "$T/err" < "${INPUT:-/dev/null}"); rc=$?; err=$(cat "$T/err"); }
run login --url "unix:$SOCKET" --token-file "$T/ann.token"
run org create Acme
ACME=$("$ORGADMIN" org current -o json | jq -r .id)
join "$ACME" bob member; BOB=$user_id
run invitation create eve@example.org; run role create viewer --permissions members:view; run token create --name t1; run joincode create
run machine invite web01
ssh-keygen -q -t ed25519 -N '' -C one -f "$T/one"; ssh-keygen -q -t ed25519 -N '' -C two -f "$T/two"; run key add "$T/one.pub"; run key add "$T/one.pub" --member bob
CODE=$("$ORGADMIN" joincode list -o json | jq -r '.[0].id')
# what the server and the login have; that something was read, or a token used, is no change
present() {
    sqlite3 "$DATA" .dump | grep -v "^INSERT INTO tokens\|'[a-z]*\.list'\|'token.sign-in'\|sqlite_sequence"
    sql 'SELECT count(*) FROM tokens'
    find "$T/config" -name '*.json' -exec sha256sum {} +
}
# unsent PATH BODY COMMAND...: one request of that path is shown, whose body has BODY; nothing is changed, nobody is asked
unsent() {
    local path=$1 body=$2 before; shift 2
    before=$(present)
    run "$@" --dry-run
    if [ "$rc/$err/$(present)" = "0//$before" ] && [[ $out == "Not sent: POST /v1/$path {"*"$body"*"}" ]]; then pass "$1 $2 --dry-run sends nothing, and shows it"
    else fail "$1 $2 --dry-run sends nothing, and shows it" "exit status $rc" "$out" "$err"; fi
}
unsent users/update '"name":"Ann"' user edit --name Ann
unsent users/recover ann@example.org user recover ann@example.org
unsent organizations/create '"name":"Other"' org create Other
unsent organizations/update '"name":"New"' org edit --name New
unsent organizations/delete "\"organizationId\":\"$ACME\",\"name\":\"Acme\"" org delete Acme
unsent organizations/invitations/create '"email":"new@example.org","role":"admin"' member add new@example.org --role admin
unsent organizations/invitations/create '"email":"new@example.org"' invitation create new@example.org
unsent organizations/members/set-role "\"userId\":\"$BOB\",\"role\":\"admin\"" member role bob admin
unsent organizations/members/set-role "\"userId\":\"$BOB\",\"role\":\"admin\",\"until\":\"2050-01-02T03:04:05Z\"" member role bob admin --until 2050-01-02T03:04:05Z
unsent organizations/members/set-role "\"role\":\"admin\",\"until\":\"$(date -u -d '+2 hours' +%FT%H:)" member role bob admin --for 2h
unsent organizations/members/suspend "$BOB" member suspend bob
unsent organizations/members/revoke-tokens "$BOB" member end-tokens bob
unsent organizations/members/remove "$BOB" member remove bob
unsent organizations/members/resume "$BOB" member resume bob
unsent organizations/invitations/revoke '"id":"' invitation revoke eve@example.org
unsent organizations/invitations/resend '"id":"' invitation resend eve@example.org
unsent organizations/join-codes/create '"organizationId"' joincode create
unsent organizations/join-codes/revoke "$CODE" joincode revoke "$CODE"
unsent organizations/machines/invite '"name":"web02"' machine invite web02
unsent organizations/machines/revoke '"id":"' machine revoke web01
unsent organizations/roles/set '"role":"ops","permissions":["members:view"]' role create ops --permissions members:view
unsent organizations/roles/set '"role":"viewer","permissions":["org:view"]' role edit viewer --permissions org:view
unsent organizations/roles/remove viewer role remove viewer
unsent users/keys/add two key add "$T/two.pub"
unsent users/keys/remove SHA256: key remove one
unsent organizations/members/keys/add two key add "$T/two.pub" --member bob
unsent organizations/members/keys/remove SHA256: key remove one --member bob
unsent organizations/tokens/create '"name":"t2"' token create --name t2
unsent organizations/tokens/revoke '"key":"' token revoke t1
unsent users/tokens/create '"name":"t3"' token create --mine --name t3
unsent organizations/invitations/accept '"token":"***"' invitation accept --token-file "$T/secret"
unsent organizations/join-codes/join '"code":"***"' joincode join --code-file "$T/secret"
unsent organizations/members/remove "$BOB" api member.remove user="$BOB"
run invitation accept --url "unix:$SOCKET" --profile other --username carl --token-file "$T/secret" --dry-run
is "$rc/$(find "$T/config" -name 'other*')" 0/ 'invitation accept --dry-run stores no login'

# --- mistakes are found all the same ---
run member role nobody admin --dry-run; is "$rc/$out" 1/ 'a member who is not there is refused'
run member role bob adnim --dry-run; is "$rc/$out" 1/ 'a role that is not there is refused'
run member list --dry-run; is "$rc/$out" 2/ 'a listing has no dry run'
run org edit --name Acme --dry-run; is "$rc/$out" 0/ 'what changes nothing shows nothing'

# --- many, and files ---
before=$(present)
printf 'a@example.org admin\neve@example.org\nb@example.org\n' > "$T/team"
run member add --file "$T/team" --remainder "$T/left" --out "$T/tokens" --dry-run
is "$rc/$(sed 's/.*"email":"\([^"]*\).*/\1/' <<< "$out" | xargs)" '0/a@example.org b@example.org' 'member add --file shows each request'
like "$err" '2 of 3 would be sent for Acme; 1 there already' 'and counts them'
is "$(present)/$(ls "$T/left" "$T/tokens" 2> /dev/null)" "$before/" 'and sends none, and writes no file'
run member add --file <(echo eve@example.org admin) --dry-run
is "$rc/$(grep -c 'Not sent' <<< "$out")" 0/1 'a changed role is shown, and nobody is asked'
run machine invite web03 --out "$T/line" --dry-run; ok 'machine invite --out writes no file' test ! -e "$T/line"
orgd_end
done_testing
