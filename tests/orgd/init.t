#!/bin/bash
# orgd init: the configuration file, the first user, the questions.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/orgd.sh"
only_sqlite 'it is about the data file'
conf=$T/etc/orgd.conf
TOKEN='^live_[a-z0-9]{20}:[A-Za-z0-9_-]{43}$'
# init ARGUMENT...: sets $rc, $out and $err; its input is no terminal
init() {
    out=$("$ORGD" init --config "$conf" --data "$DATA" --socket "$SOCKET" "$@" 2> "$T/err" < /dev/null)
    rc=$? err=$(cat "$T/err")
}
# nothing NAME: init has failed and made nothing
nothing() { is "$rc $out $(cd "$T" && ls -d etc orgd.db 2> /dev/null)" "1  " "$1"; }

init
like "$err" '^orgd: --owner EMAIL is missing' 'without a terminal an address is required'
nothing 'without an address nothing is made'
init --owner root@acme.example
like "$err" 'username root is reserved: .*give --owner-username NAME$' 'an address whose username is reserved is refused'
nothing 'a reserved username makes nothing'
printf 'no certificate' > "$T/bad.pem"; (umask 077; printf 'no key' > "$T/bad.key")
init --owner ann@acme.example --tls 127.0.0.1:0 --cert "$T/bad.pem" --key "$T/bad.key"
like "$err" 'bad\.(pem|key): ' 'a certificate that cannot be used is refused'
nothing 'a certificate that cannot be used makes nothing'
(umask 022; echo secret > "$T/open.password")
init --owner ann@acme.example --smtp smtp://127.0.0.1 --smtp-from orgd@acme.example --smtp-user x --smtp-password-file "$T/open.password"
like "$err" 'open.password: ' 'a password that everybody can read is refused'
nothing 'a password that everybody can read makes nothing'
: > "$T/journal"
JOURNAL_STREAM=$(stat -c %d:%i "$T/journal") "$ORGD" init --config "$conf" --data "$DATA" --owner ann@acme.example > "$T/journal" 2> "$T/err"
is "$? $(cat "$T/journal") $(ls -d "$T/etc" "$DATA" 2> /dev/null)" '1  ' 'orgd init prints no token to the journal'
"$ORGD" init --config "$conf" --data "$DATA" --owner ann@acme.example > /dev/full 2> "$T/err" < /dev/null
is "$? $(sql 'SELECT count(*) FROM users')" '1 0' 'a token that cannot be shown makes no user'
rm -rf "${conf%/*}" "$DATA"*

# --- the first run ---
settings=(--listen 127.0.0.1:0 --trusted-proxy 127.0.0.1 --quota mails=5 --quota keys=7 --smtp smtp://127.0.0.1:2525 --smtp-from 'orgd@acme.example'
    --invitation-url 'https://acme.example/i#{token}\"' --debug)
init --owner Ann@acme.example --owner-username ann-w "${settings[@]}"
like "$err" 'invitation-url .*: must be' 'a wrong setting is refused as by the server'
settings[13]='https://acme.example/i\#{token}'
init --owner Ann@acme.example --owner-username ann-w "${settings[@]}"
is "$rc" 0 'orgd init succeeds'
like "$out" "$TOKEN" 'the token is all of the standard output'
OWNER=$out
like "$err" "orgadmin login --url unix:$SOCKET" 'the line for the first user is told'
like "$err" 'Ann@acme.example, with the username ann-w' 'the first user is told'
is "$(stat -c '%a' "$T/etc" "$conf" "$DATA" | xargs)" '755 644 600' 'everybody may read the settings, and the owner alone the data'
is "$(ls "$T/etc")" orgd.conf 'nothing else is left beside the settings'
is "$(diff "$TOP/conf/orgd.conf" "$conf" | sed -n 's/^> //p')" "data = \"$DATA\";
socket = \"$SOCKET\";
listen = \"127.0.0.1:0\";
trusted_proxy = \"127.0.0.1\";
invitation_url = \"https://acme.example/i\\\\#{token}\";
smtp = \"smtp://127.0.0.1:2525\";
smtp_from = \"orgd@acme.example\";
quota = [ \"mails=5\", \"keys=7\" ];
debug = \"true\";" 'the file is the annotated example with the settings in their places'
start "$T/orgd.out" '^listening on 127' "$ORGD" --config "$conf" 2>> "$ORGD_LOG"; orgd_pid=$started
call /users/whoami '{}' "$OWNER"
is "$(field '"\(.user.email) \(.user.username)"')" 'Ann@acme.example ann-w' 'a server with these settings knows the first user'
call /organizations/create '{"name":"Acme"}' "$OWNER"; is "$status" 200 'the first user can create an organization'
is "$(grep -c '^live_' "$T/orgd.out")" 0 'the server prints no other token'

# --- again, beside the server ---
before=$(cksum "$conf")
init --owner eve@acme.example --attempts 7
is "$rc $out $(cksum "$conf")" "0  $before" 'orgd init again changes nothing and prints no token'
like "$err" 'orgd.conf: is there, and was not changed' 'orgd init again says that the settings are there'
like "$err" 'has users already; orgd user token EMAIL' 'orgd init again says where another token comes from'
is "$(sql "SELECT count(*) FROM users")" 1 'orgd init again makes no user'
orgd_stop
ln -sf "$T/elsewhere" "$T/etc/orgd.conf.new"; rm -f "$conf"; rm -f "$DATA"*
init --owner ann@acme.example
is "$rc $(stat -c %F "$conf") $(ls "$T/elsewhere" 2> /dev/null)" '0 regular file ' 'a link in the place of the new file leads nowhere'

# --- several at once ---
for i in 1 2 3 4 5 6; do
    "$ORGD" init --config "$T/once.conf" --data "$T/once/orgd.db" --owner "u$i@acme.example" > "$T/once.$i" 2>> "$T/err" < /dev/null & inits[i]=$!
done
for i in 1 2 3 4 5 6; do wait "${inits[i]}" && echo "$i" >> "$T/once.good"; done
winner=$("$ORGD" user list --json --data "$T/once/orgd.db" | jq -r .username)
is "$(cat "$T"/once.[1-6] | grep -cE "$TOKEN") $(grep -cE "$TOKEN" "$T/once.${winner#u}")" '1 1' 'of several at once one makes the first user and prints a token'
ok 'the one that made the first user ends with 0' grep -qx "${winner#u}" "$T/once.good"

# --- where the owner of the directory is not root ---
if [ "$(id -u)" = 0 ]; then
    install -d -m 700 -o nobody "$T/own"
    chmod 711 "$T"
    "$ORGD" init --config "$T/own.conf" --data "$T/own/orgd.db" --owner ann@acme.example > "$T/out" 2> "$T/err" < /dev/null
    is "$? $(find "$T/own" -type f ! -user nobody)" '0 ' 'a data file of root belongs to the owner of its directory'
else
    pass 'a data file of root belongs to the owner of its directory # SKIP needs root'
fi

# --- questions ---
if have script; then
    asked=(init --config "$T/asked.conf" --data "$T/asked/orgd.db" --socket "$SOCKET")
    typed "$T/seen" "$ORGD ${asked[*]} 2>&1 > $T/token" 'first user: ' 'admin\n' 'must be an e-mail' 'admin@acme.example\n' 'Username of the first user: ' 'olga\n' \
        'or none \[none\]: ' 'proxy\n' 'for the proxy' '127.0.0.1:9\n' 'Address of the proxy' '\n' 'Mail server' 'smtp://127.0.0.1\n' 'sender' 'x@acme.example\n' 'Name to log in' '\n'
    like "$(cat "$T/token")" "$TOKEN" 'a person who answers gets a token'
    is "$(grep -vE '^(#|$|data|socket)' "$T/asked.conf" | xargs)" 'listen = 127.0.0.1:9; trusted_proxy = 127.0.0.1; smtp = smtp://127.0.0.1; smtp_from = x@acme.example;' 'the answers are settings'
    like "$(cat "$T/seen")" 'username admin is reserved' 'a reserved username is explained'
    is "$("$ORGD" user list --json --data "$T/asked/orgd.db" | jq -r '"\(.email) \(.username)"')" 'admin@acme.example olga' 'the answers are the first user'
    typed "$T/seen" "$ORGD init --config $T/ended.conf --data $T/ended/orgd.db" 'first user: ' '\004'
    like "$(cat "$T/seen")" 'the answers ended; nothing was done' 'an end of the input is no answer'
    ok 'an end of the input makes nothing' test ! -e "$T/ended.conf" -a ! -e "$T/ended"
else
    pass 'orgd init asks on a terminal # SKIP script is not installed'
fi
is "$(grep -cE 'ERROR: |runtime error:' "$T/err" "$ORGD_LOG" | grep -vc ':0$')" 0 'no sanitizer report'
done_testing
