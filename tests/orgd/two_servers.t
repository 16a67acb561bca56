#!/bin/bash
# Several orgd on one PostgreSQL: they start at once, hear of each other's changes, and decide as one.
. "$(dirname "$0")/../lib/tap.sh"
STORE=postgresql
. "$(dirname "$0")/../lib/orgd.sh"
need python3 openssl
ORIGIN=https://org.acme.example

# --- a first start of three at once ---
for n in 1 2 3; do
    "$ORGD" --data "$DATA" --socket "$T/first$n.sock" --owner "owner@localhost" > "$T/first$n" 2> "$T/first$n.log" &
    firsts="${firsts-} $!"
done
for n in 1 2 3; do wait_for 30 grep -q '^listening' "$T/first$n" || diag "$(cat "$T/first$n.log")"; done
is "$(cat "$T"/first[123] | grep -c '^live_') $(sql 'SELECT count(*) FROM users')" '1 1' 'three servers start at once on an empty database: one of them makes the first user'
kill $firsts; for pid in $firsts; do wait "$pid"; done
OWNER=$(grep -h '^live_' "$T"/first[123])
orgd_start --web-origin $ORIGIN --quota organizations=100000 --quota memberships=100000
A_URL=$URL A_SOCKET=$SOCKET a_pid=$orgd_pid
start "$T/b.out" '^listening on 127' "$ORGD" --data "$DATA" --socket "$T/b.sock" --listen 127.0.0.1:0 --attempts 60000 --quota organizations=100000 \
    --quota memberships=100000 --web-origin $ORIGIN 2> "$T/b.log" || { diag "$(cat "$T/b.log")"; exit 1; }
b_pid=$started B_URL=http://$(sed -n 's/^listening on \(127[^ ]*\)$/\1/p' "$T/b.out")
at_a() { SOCKET=$A_SOCKET; }
at_b() { SOCKET=$T/b.sock; }

# --- a program begins at one, a person approves at the other, and the first gives the token ---
openssl genpkey -algorithm ED25519 -out "$T/owner.pem" 2>/dev/null
# proof WHAT COUNT: with the challenge of the server that is asked
proof() { python3 "$TOP/tests/orgd/authenticator.py" "$1" "$T/owner.pem" $ORIGIN "$(api /users/passkeys/begin '{}' | jq -r .challenge)" count="$2"; }
page() { request "$1" -H 'Sec-Fetch-Site: same-origin' -b "__Host-orgd=${session-}" --data-binary "$2" "${@:3}"; }
poll() { call /users/device/token "{\"grant_type\":\"urn:ietf:params:oauth:grant-type:device_code\",\"client_id\":\"orgadmin\",\"device_code\":\"$device\"}"; }
at_a
call /users/passkeys/add "$(proof create 1)" "$OWNER"
call /users/device/authorize '{"client_id":"orgadmin","host":"web01"}'; device=$(field .device_code) code=$(field .user_code)
at_b
poll; is "$status $(field .error)" '400 authorization_pending' 'a program may ask the other server'
page /users/sign-in "$(proof get 2)" -D "$T/heads" >/dev/null
session=$(tr -d '\r' <"$T/heads" | sed -n 's/^Set-Cookie: __Host-orgd=\([^;]*\);.*/\1/Ip')
is "$(page /users/device/show "{\"userCode\":\"$code\"}" | jq -r .host)" web01 'the page of the other server shows what the program said'
is "$(page /users/device/approve "$(proof get 3 | jq -c --arg code "$code" '. + {userCode:$code}')" | jq -r .ok)" true 'and approves it'
at_a
poll; is "$status $(field .token_type)" '200 Bearer' 'the first gives the token'
call /users/whoami '{}' "$(field .access_token)"; is "$status" 200 'which works'
at_b; poll; is "$status $(field .error)" '400 invalid_grant' 'and no server gives another one'
at_a

# --- what one changes the other tells ---
org=$(new_org Acme)
join "$org" ann member; ann_id=$user_id
join "$org" bob member; bob_id=$user_id
call /organizations/tokens/create "{\"organizationId\":\"$org\"}" "$OWNER"; host=$(field .apiToken.bearer) key=$(field .apiToken.key)
at_b
call /organizations/members/list "{\"organizationId\":\"$org\"}" "$host"
is "$status $(field '.members|length')" '200 3' 'what one server was told the other lists at once'
# hold NAME BEARER: a poll at b in the background, which knows what there is; its answer and when it came are in $T/NAME
hold() {
    call /organizations/members/changes "{\"organizationId\":\"$org\",\"since\":0}" "$2"
    local since; since=$(field .revision)
    { request /organizations/members/changes -N -d "{\"organizationId\":\"$org\",\"since\":$since,\"wait\":60000}" -H "Authorization: Bearer $2" |
        while IFS= read -r line || [ -n "$line" ]; do echo "$(date +%s%3N) $line"; done; } > "$T/$1" &
    wait_for 10 grep -q . "$T/$1"
}
answered() { tail -n 1 "$T/$1" | grep -q '{'; }
# took NAME: milliseconds from $begun to the answer
took() { wait_for 30 answered "$1"; echo $(($(tail -n 1 "$T/$1" | cut -d' ' -f1) - begun)); }
hold removal "$host"
at_a; begun=$(date +%s%3N)
call /organizations/members/remove "{\"organizationId\":\"$org\",\"userId\":\"$ann_id\"}" "$OWNER"
ms=$(took removal)
like "$(cat "$T/removal")" "\"$ann_id\".*\"removed\"" 'a removal at one server reaches the polls of the other'
diag "$ms ms"
ok 'at once, and not with the next look of a second' test "$ms" -lt 900
at_b; hold token "$host"
at_a; begun=$(date +%s%3N)
call /organizations/tokens/revoke "{\"organizationId\":\"$org\",\"key\":\"$key\"}" "$OWNER"
ms=$(took token)
like "$(tail -n 1 "$T/token")" unauthorized 'a token that is revoked at one server ends its polls at the other'
call /organizations/tokens/create "{\"organizationId\":\"$org\"}" "$OWNER"; host=$(field .apiToken.bearer)
at_b; hold disabled "$host"
"$ORGD" user disable bob@example.org --data "$DATA" > /dev/null
took disabled > /dev/null
like "$(tail -n 1 "$T/disabled")" "\"$bob_id\".*\"suspended\"" "an operator's command reaches the polls of a server"

# --- a change with a key is made once, at whichever server ---
once() { request /organizations/teams/create -H 'Idempotency-Key: one' -H "Authorization: Bearer $OWNER" -d "{\"organizationId\":\"$org\",\"name\":\"Twice\"}"; }
at_a; first=$(once)
at_b; is "$(once)" "$first" 'a change that is sent with its key to another server, too, has the first answer'
like "$first $(sql "SELECT count(*) FROM teams WHERE name = 'Twice'")" '"name":"Twice".* 1$' 'and is made once'

# --- the notices are lost: the look of each second finds what they were about ---
hold quiet "$host"
at_a
sql "UPDATE organizations SET revision = revision + 1 WHERE id = '$org';
    UPDATE members SET role = 'admin', revision = (SELECT revision FROM organizations WHERE id = '$org') WHERE organization_id = '$org' AND user_id = '$bob_id';
    INSERT INTO changes (what, news, server) VALUES ('$org', 1, 'another')" # as of a server that ended between its commit and its notice
begun=$(date +%s%3N); took quiet > /dev/null
like "$(tail -n 1 "$T/quiet")" "\"$bob_id\".*\"admin\"" 'a change whose notice was lost is told all the same'

# --- many organizations change at once: one look for all their polls ---
query "ALTER SYSTEM SET log_statement = 'all'"; query 'SELECT pg_reload_conf()' > /dev/null
at_a; many=()
for n in $(seq 30); do many+=("$(new_org "Many$n")"); done
at_b; polls=()
for id in "${many[@]}"; do
    request /organizations/members/changes -N -d "{\"organizationId\":\"$id\",\"since\":1,\"wait\":60000}" -H "Authorization: Bearer $OWNER" > "$T/many.$id" &
    polls+=($!)
done
held() { cat "$T"/many.org_* | grep -c '^$'; } # heartbeats
wait_for 20 eval '[ "$(held)" -ge 30 ]'
told() { grep -l '"carl"' "$T"/many.org_* | wc -l; }
from=$(wc -c < "$T/postgresql.log")
ids=$(printf "'%s'," "${many[@]}")
sql "BEGIN; INSERT INTO users (id, email, username, name, created_at) VALUES ('usr_carl', 'carl@example.org', 'carl', 'Carl', 1); INSERT INTO usernames VALUES ('carl', 'usr_carl');
    UPDATE organizations SET revision = revision + 1 WHERE id IN (${ids%,});
    INSERT INTO members (organization_id, user_id, role, active, joined_at, revision) SELECT id, 'usr_carl', 'member', 1, 1, revision FROM organizations WHERE id IN (${ids%,});
    INSERT INTO changes (what, news, server) SELECT id, 1, 'another' FROM organizations WHERE id IN (${ids%,});
    COMMIT"
ok 'thirty organizations change at once, and all their polls are told' wait_for 20 eval '[ "$(told)" = 30 ]'
wait "${polls[@]}"
query 'ALTER SYSTEM RESET log_statement'; query 'SELECT pg_reload_conf()' > /dev/null
looks() { tail -c +"$from" "$T/postgresql.log" | grep -c "execute s[0-9]*: .*m\.revision > "; }
diag "$(looks) statements"
ok 'by one statement for all of them, or two' test "$(looks)" -le 2 -a "$(looks)" -ge 1

seed=${SEED:-$RANDOM} histories=${HISTORIES:-40}
told=$(timeout 120 python3 "$TOP/tests/orgd/feed.py" "$B_URL" "$OWNER" "$seed" "$histories" 2>&1)
is "${told% *}" "$histories" "of transactions that commit in any order, without a notice, none is left out (SEED=$seed)"
diag "the slowest was told ${told#* } ms after its commit"
ok 'and each is told soon, and not at the end of its poll' test "${told#* }" -lt 6000

# --- they decide as one ---
parallel() { timeout 300 python3 "$TOP/tests/orgd/parallel.py" "$A_URL" "$OWNER" "$@" 2>&1; }
OTHER_URL=$B_URL; export OTHER_URL
is "$(parallel owners 4)" '1 1 1 1' 'eight owners remove each other at two servers: one owner is left'
is "$(parallel join 20)" '20 40 20 20' '60 users try a join code for 20 at two servers: 20 join, 40 are refused'
is "$(parallel accept 6)" 'right/1 right/1 right/1 right/1 right/1 right/1' 'an invitation is accepted once at two servers'
is "$(sql 'SELECT count(*) FROM (SELECT 1 FROM commits GROUP BY organization_id, number HAVING count(*) > 1) x')" 0 'no commit has a number twice'
is "$("$ORGD" check --data "$DATA" 2>&1)" "$DATA_NAME: nothing is wrong" 'orgd check finds no contradiction'
kill "$b_pid"; wait "$b_pid"; is $? 0 'the other server ends with status 0'
is "$(grep -cE 'ERROR: |runtime error:' "$T/b.log")" 0 'its log has no sanitizer report'
SOCKET=$A_SOCKET orgd_pid=$a_pid
orgd_end
done_testing
