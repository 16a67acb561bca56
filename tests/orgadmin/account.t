#!/bin/bash
# One's own account and tokens, the way back into an account, and what an administrator does with a member without removing him.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/orgd.sh"
need python3
mkdir "$T/mails"
listen "$T/port" python3 "$TOP/tests/orgd/sink.py" take "$T/mails" 2> "$T/sink.log"; sink=$started
orgd_start
export HOME=$T XDG_CONFIG_HOME=$T/config
org=$(new_org Acme)
join "$org" ann owner; (umask 077; echo "$bearer" > "$T/ann")
join "$org" bob member; (umask 077; echo "$bearer" > "$T/bob"); bob_id=$user_id
orgd_stop
orgd_start --smtp "smtp://127.0.0.1:${heard##*:}" --smtp-from orgd@example.org
URLS="unix:$SOCKET"
by() { "$BUILD/orgadmin" "${@:2}" --url "$URLS" --token-file "$T/$1" > "$T/out" 2> "$T/err"; rc=$?; }
in_org() { by "$@" --org "$org"; }
said() { cat "$T/out" "$T/err"; }

# --- one's own ---
by bob login --web; like "$rc $(said)" '^1 .*This server has no page' 'login --web needs a server with a page'
orgd_stop; orgd_start --smtp "smtp://127.0.0.1:${heard##*:}" --smtp-from orgd@example.org --web-origin https://acme.example
by bob login --web; like "$rc $(cat "$T/out")" '^0 https://acme.example/#link_[a-z0-9]{20}:[A-Za-z0-9_-]{43}$' 'login --web prints a link to the page, and nothing else'
like "$(cat "$T/err")" 'within five minutes' 'and says how long it lasts'
by bob login --web --dry-run; like "$rc $(said)" '/v1/users/sign-in/link' 'login --web --dry-run shows the request'
by bob user show -o json; is "$(jq -r .username "$T/out")" bob 'user show prints the account'
by bob user edit --name 'Bob B.' -o json; is "$rc $(jq -r .name "$T/out")" '0 Bob B.' 'user edit changes the name'
by bob user edit; like "$rc $(said)" '^2 .*nothing is to be changed: give --name or --username' 'user edit without a change is a mistake'
by bob user edit --username robert; like "$rc $(said)" '^1 .*does not let its members change their own usernames' 'user edit says why a login name is not changed'
by bob token create --mine --name laptop; is "$rc" 0 'token create --mine makes a token'
(umask 077; cp "$T/out" "$T/laptop")
by laptop user show -o json; is "$(jq -r .username "$T/out")" bob "token create --mine prints a token of the user's own"
by bob token list --mine -o json; is "$(jq -r '[.[].name] | sort | join(",")' "$T/out")" ',laptop,sign-in link' 'token list --mine lists the own tokens'
by bob token create --mine --role admin; like "$rc $(said)" '^2 .*--role is for a token of the organization' 'token create --mine refuses --role'
by bob token revoke --mine nothing --yes; like "$rc $(said)" '^1 .*your account has no token "nothing"' 'token revoke --mine of no token fails with the reason'
by bob token revoke --mine laptop --yes; like "$rc $(said)" '^0 The token live_[a-z0-9]* is no longer valid\.' 'token revoke --mine ends an own token by its name'
by laptop user show; is "$rc" 1 'a revoked token is refused'

# --- a member who stays ---
in_org ann member suspend bob; like "$rc $(said)" '^2 .*--yes' 'member suspend asks first'
in_org bob joincode list; in_org ann member role bob admin; in_org bob joincode create
in_org ann member suspend bob --yes
like "$rc $(said)" '^0 bob is suspended from Acme until orgadmin member resume\.' 'member suspend suspends a member'
like "$(said)" 'Withdrawn with it: 0 invitations and 1 join code that bob made' 'member suspend tells what was withdrawn'
in_org ann member show bob -o json; is "$(jq -r .state "$T/out")" suspended 'member show shows the state'
in_org bob member list; like "$rc $(said)" '^1 .*you are in no organization' 'a suspended member is in no organization'
in_org ann member resume bob@example.org; like "$rc $(said)" '^0 bob@example.org is an active member of Acme again' 'member resume ends a suspension'
in_org bob member list; is "$rc" 0 'a resumed member works again'
in_org ann member end-tokens bob --yes
like "$rc $(said)" '^0 All tokens of bob ended\. A new one comes by orgadmin user recover' 'member end-tokens ends the tokens of a member'
by bob user show; is "$rc" 1 'an ended token is refused'

# --- the way back ---
"$BUILD/orgadmin" user recover bob@example.org --url "$URLS" > "$T/out" 2> "$T/err"; rc=$?
like "$rc $(said)" "^0 If bob@example.org has an account at unix:.*, a code is on its way there by mail" 'user recover has a code mailed'
wait_for 10 test -s "$T/mails/1"; sleep 0.5
code=$(sed 1,2d "$T/mails/1" | python3 -c 'import email.policy, sys
print(email.message_from_binary_file(sys.stdin.buffer, policy=email.policy.default).get_body(("plain",)).get_content(), end="")' | grep -oE '^rec_[a-z0-9]{20}:[A-Za-z0-9_-]{43}$')
echo wrong | "$BUILD/orgadmin" user recover --url "$URLS" --token-file - > "$T/out" 2> "$T/err"; rc=$?
like "$rc $(said)" '^1 .*There is no such code' 'user recover refuses a wrong code'
echo "$code" | "$BUILD/orgadmin" user recover --url "$URLS" --token-file - > "$T/out" 2> "$T/err"; rc=$?
like "$rc $(said)" "^0 Logged in to unix:.* as bob\. 0 other tokens ended\." 'user recover logs in with a new token'
is "$("$BUILD/orgadmin" whoami -o json | jq -r .username)" bob 'the login of the recovered account works'
is "$(grep -cF -- "$code" "$ORGD_LOG")" 0 'the log of orgd has no code'
# A login whose token is dead is replaced by the recovery.
op_token=$("$ORGD" user token bob --end-others --data "$DATA" | sed -n 's/^bearer: //p')
"$BUILD/orgadmin" whoami > "$T/out" 2> "$T/err"; is $? 1 'a login whose token ended is refused'
"$BUILD/orgadmin" user recover bob@example.org > "$T/out" 2> "$T/err"; is $? 0 'user recover works from a login whose token ended'
wait_for 10 test -s "$T/mails/2"; sleep 0.5
code=$(sed 1,2d "$T/mails/2" | python3 -c 'import email.policy, sys
print(email.message_from_binary_file(sys.stdin.buffer, policy=email.policy.default).get_body(("plain",)).get_content(), end="")' | grep -oE '^rec_[a-z0-9]{20}:[A-Za-z0-9_-]{43}$')
echo "$code" | "$BUILD/orgadmin" user recover --keep-tokens --token-file - > "$T/out" 2> "$T/err"; is $? 0 'user recover --keep-tokens logs in again'
is "$("$BUILD/orgadmin" whoami -o json | jq -r .username)" bob 'the recovered login is the one in use'
(umask 077; echo "$op_token" > "$T/op"); by op user show; is "$rc" 0 'user recover --keep-tokens keeps the other tokens'
is "$("$BUILD/orgadmin" context list -o json | jq length)" 1 'a recovery from a login makes no second login'
# --- invitations by mail ---
in_org ann invitation create guest@example.org; like "$rc $(said)" '^0 guest@example.org is invited to Acme, by mail\.' 'an invitation by mail prints no token'
kill "$sink"; wait "$sink" 2> /dev/null
in_org ann invitation create late@example.org; like "$rc $(said)" '^0 late@example.org is invited to Acme, but the mail could not be sent: orgadmin invitation resend late@example.org' 'an invitation whose mail fails says what to do'
orgd_end
done_testing
