#!/bin/bash
# A change whose answer is lost is sent again by orgadmin as the same request: it is made once, and its answer, a secret among them, arrives.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/orgd.sh"
need python3
export HOME=$T XDG_CONFIG_HOME=$T/config
orgd_start
(umask 077; echo "$OWNER" > "$T/owner")
org=$(new_org Acme)
join "$org" ada member
listen "$T/port" python3 "$TOP/tests/orgadmin/lossy.py" "$SOCKET" "$T"; relay=$started
run() { : > "$T/requests"; "$BUILD/orgadmin" "${@:2}" --url "$heard" --token-file "$T/owner" --org "$org" > "$T/out" 2> "$T/err" <<< "$1"; rc=$?; }
events() { sql "SELECT count(*) FROM events WHERE action = '$1'"; }
keys() { awk -v p="$1" '$1 == p { print $2 }' "$T/requests"; }

echo cut > "$T/plan"
run '' token create --role member --name ci
like "$rc $(cat "$T/out")" '^0 .*live_[a-z0-9]{20}:[A-Za-z0-9_-]{43}' 'the token whose answer was lost arrives'
like "$(cat "$T/err")" 'it is sent again as the same request, which is carried out once' 'a person is told'
is "$(events token.create) $(keys /v1/organizations/tokens/create | wc -l) $(keys /v1/organizations/tokens/create | sort -u | grep -cE '^[0-9a-f]{32}$')" '1 2 1' 'it was sent twice with one key, and made once'
printf 'drop\n502\n' > "$T/plan"
run '' member role ada admin
is "$rc $(events member.set-role)" '0 1' 'one that did not arrive is made, and one whose answer a proxy had for itself'
is "$(keys /v1/organizations/members/set-role | wc -l)" 3 'after three attempts'
: > "$T/plan"
run '' member role ada member
ok 'the next change has another key' test "$(keys /v1/organizations/members/set-role | sort -u)" != ''
is "$(grep -c 'sent again' "$T/err")" 0 'and nothing is said of it'
is "$(grep -c 'members/list [0-9a-f]' "$T/requests")" 0 'what only reads has none'
printf 'cut\n' > "$T/plan"
"$BUILD/orgadmin" org create Other --url "$heard" --token-file "$T/owner" > "$T/out" 2> "$T/err"; rc=$?
is "$rc $(events organization.create)" '0 2' 'without a request before it the server is asked whether it keeps keys'
printf '502\n%.0s' {1..9} > "$T/plan"
: > "$T/requests"
"$BUILD/orgadmin" joincode create --role member --url "$heard" --token-file "$T/owner" --org "$org" > "$T/out" 2> "$T/err" & waiting=$!
wait_for 20 eval '[ "$(keys /v1/organizations/join-codes/create | wc -l)" -ge 3 ]'
kill -INT "$waiting"; wait "$waiting"; rc=$?
like "$rc $(cat "$T/err")" '^4 .*502' 'a signal ends the attempts, and what was the matter is said'
is "$(events join-code.create) $(keys /v1/organizations/join-codes/create | sort -u | wc -l)" '1 1' 'all of them were one change'
echo old > "$T/plan"
run '' token create --role member --name old
like "$rc $(cat "$T/err")" '^4 .*(without an answer|may have been done)' 'a server that does not keep keys is not sent it again'
is "$(keys /v1/organizations/tokens/create | wc -l)" 1 'but once'
kill "$relay"
orgd_end
done_testing
