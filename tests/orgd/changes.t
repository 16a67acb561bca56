#!/bin/bash
# members/changes: what is reported, in which order, in pages; and the polls that are held.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/orgd.sh"
orgd_start
org=$(new_org Acme)
join "$org" ann admin; ann_id=$user_id
join "$org" bob member; bob=$bearer bob_id=$user_id
host=$(api /organizations/tokens/create "{\"organizationId\":\"$org\"}" "$OWNER" | jq -r .apiToken.bearer)
owner_id=$(api /users/whoami '{}' "$OWNER" | jq -r .user.id)
changes() { call /organizations/members/changes "{\"organizationId\":\"$org\",\"since\":$1${2-}}" "${3-$host}"; }
summary() { jq -c '[.revision,.complete,.more,(.members|map(.username+" "+.role+" "+.state))]' <<< "${1-$body}"; }
set_role() { call /organizations/members/set-role "{\"organizationId\":\"$org\",\"userId\":\"$1\",\"role\":\"$2\"}" "$OWNER"; }
invited() { api /organizations/invitations/create "{\"organizationId\":\"$org\",\"email\":\"$1@example.org\",\"role\":\"member\"}" "$OWNER" | jq -r .token; }
# two_gains USER_ID ROLE TOKEN NAME: USER_ID gets ROLE, and NAME joins by TOKEN; one client does both, so that they stand close together on a
# busy machine, too
two_gains() {
    user_id=$(request /organizations/invitations/accept -d "{\"organizationId\":\"$org\",\"userId\":\"$1\",\"role\":\"$2\"}" -H "Authorization: Bearer $OWNER" \
        http://localhost/v1/organizations/members/set-role -o /dev/null --next -sSg --max-time 30 --unix-socket "$SOCKET" -H 'Content-Type: application/json' \
        -d "{\"token\":\"$3\",\"username\":\"$4\"}" | jq -r .user.id)
}
now_ms() { date +%s%3N; }

for VIA in unix tcp; do
    changes 0
    is "$status $(summary)" '200 [3,true,false,["owner owner active","ann admin active","bob member active"]]' "$VIA: since 0 lists every member and is complete"
    changes 1
    is "$status $(summary)" '200 [3,false,false,["ann admin active","bob member active"]]' "$VIA: since 1 lists only later changes"
    changes 3
    is "$status $(summary)" '200 [3,false,false,[]]' "$VIA: since the present revision answers at once with nothing"
    changes 4
    is "$(summary)" '[3,true,false,["owner owner active","ann admin active","bob member active"]]' "$VIA: since a revision that is not reached yet lists every member"
    changes 9007199254740992 ',"wait":600000'
    is "$(field .complete)" true "$VIA: since a revision far beyond the present one is not held"
    changes 0 ',"wait":600000'
    is "$(field .complete)" true "$VIA: since 0 is not held"
    changes 0 ',"wait":600001'
    expect 400 invalid "$VIA: a wait of more than ten minutes is refused with 400"
done
VIA=unix
set_role "$ann_id" member
changes 3
is "$(summary)" '[4,false,false,["ann member active"]]' 'a new role is reported as a change'
set_role "$ann_id" admin
changes 1
is "$(summary)" '[5,false,false,["bob member active","ann admin active"]]' 'each changed member is listed once, the oldest change first'

# --- held polls ---
# hold NAME SINCE WAIT [BEARER]: a poll in the background; its lines get the time in front, in $T/NAME
hold() {
    {
        request /organizations/members/changes -N -d "{\"organizationId\":\"$org\",\"since\":$2,\"wait\":$3}" -H "Authorization: Bearer ${4-$host}" \
            -D "$T/$1.head" -o >(while IFS= read -r line || [ -n "$line" ]; do echo "$(now_ms) $line"; done > "$T/$1") -w '%{http_code} %{exitcode}'
        wait $! # for what writes the lines
    } > "$T/$1.end" 2>/dev/null &
    held=$!
    wait_for 5 grep -q . "$T/$1" || diag "$1: no heartbeat"
}
last() { tail -n 1 "$T/$1" | cut -d' ' -f2-; }

begun=$(now_ms)
hold beats 5 6500
is $(($(now_ms) - begun < 5000)) 1 'a held poll sends its headers and a heartbeat at once'
like "$(cat "$T/beats.head")" '^HTTP/1\.1 200' 'a held poll has the status 200'
beats=$held
VIA=tcp hold unix_tcp 5 30000; tcp=$held
VIA=unix hold unix_bob 5 30000 "$bob"; bobs=$held
call /users/whoami '{}' "$OWNER"
is "$status" 200 'another call is served while polls are held'
sleep 0.3
is "$(cat "$T/beats.end")" '' 'a held poll has no end before its wait is over'
wait "$beats"
is "$(last beats | jq -c 'del(.cursor)')" '{"members":[],"revision":5,"complete":false,"more":false,"access":null}' 'a held poll ends with an empty answer at the end of its wait'
took=$(($(tail -n 1 "$T/beats" | cut -d' ' -f1) - begun))
ok 'a held poll lasts for at least the wait of 6500 ms' test "$took" -ge 6500
is "$(grep -cE '^[0-9]+ $' "$T/beats")" 2 'a poll of 6500 ms has two heartbeats'
took=$(($(sed -n 2p "$T/beats" | cut -d' ' -f1) - $(sed -n 1p "$T/beats" | cut -d' ' -f1)))
ok 'the second heartbeat comes 5 s after the first' test "$took" -ge 4900

begun=$(now_ms)
set_role "$ann_id" member
wait "$tcp"; wait "$bobs"
for name in unix_tcp unix_bob; do
    is "$(summary "$(last $name)")" '[6,false,false,["ann member active"]]' "$name: a held poll answers with the change"
    took=$(($(tail -n 1 "$T/$name" | cut -d' ' -f1) - begun))
    ok "$name: a held poll answers long before the end of its wait" test "$took" -lt 15000
done

hold removed 6 30000; one=$held
hold hers 6 30000 "$bob"; two=$held
call /organizations/members/remove "{\"organizationId\":\"$org\",\"userId\":\"$bob_id\"}" "$OWNER"
wait $one; wait $two
is "$(summary "$(last removed)")" '[7,false,false,["bob member removed"]]' "a held poll is told of a member's removal"
is "$(last hers | jq -r '"\(.ok) \(.reason)"')" 'false unauthorized' "a removed member's own held poll ends with unauthorized"

hold token 7 30000; one=$held
sql "DELETE FROM tokens WHERE key = '${host%%:*}'"
[ "$STORE" = sqlite ] || sql "INSERT INTO changes (what, news, server) VALUES ('${host%%:*}', 2, 'another')" # as another server writes with it
wait $one
set_role "$ann_id" admin
is "$(last token | jq -r '"\(.ok) \(.reason)"')" 'false unauthorized' 'a held poll ends with unauthorized when another process deletes its token'
host=$OWNER

# Another organization's change is none of ours
other=$(new_org Other)
hold quiet 8 8000; one=$held
join "$other" eve member
sleep 0.2
is "$(cat "$T/quiet.end")" '' "another organization's change does not end a held poll"
wait $one
is "$(last quiet | jq -c .members)" '[]' 'a poll without a change in its organization ends empty'

# A loss is told at once. What can wait is told at once to few; where many hear of it, it is gathered for a second.
# fleet COUNT SINCE: as many polls, of one client: sixty clients would take longer to begin than news are gathered
fleet() {
    local i
    rm -f "$T"/fleet*
    for i in $(seq "$1"); do
        : > "$T/fleet$i"
        printf 'url = "%s/v1/organizations/members/changes"\noutput = "%s"\n' "$URL" "$T/fleet$i"
    done | curl -sSN --no-progress-meter -Z --parallel-immediate --parallel-max 100 --max-time 60 -K - -H 'Content-Type: application/json' \
        -H "Authorization: Bearer $host" -d "{\"organizationId\":\"$org\",\"since\":$2,\"wait\":30000}" & fleet=$!
    wait_for 10 eval '[ "$(find "$T" -name "fleet*" -size 1c | wc -l)" = '"$1"' ]' || diag 'not all are held'
}
told() { wait $fleet; took=$(($(now_ms) - begun)); all=$(cat "$T"/fleet* | jq -c .revision | sort | uniq -c | tr -s ' '); } # sets $all, and $took since $begun
hold few 8 30000; one=$held
set_role "$ann_id" owner; wait $one
token=$(invited cyd)
hold few 9 30000; one=$held; begun=$(now_ms)
two_gains "$bob_id" member "$token" cyd; cyd_id=$user_id; wait $one; took=$(($(tail -n 1 "$T/few" | cut -d' ' -f1) - begun))
is "$(summary "$(last few)") $((took < 900))" '[10,false,false,["cyd member active"]] 1' 'few are told of a gain at once, also of one after the other'
fleet 60 10
set_role "$cyd_id" admin; told
is "$all" ' 60 11' 'many are told of a gain at once when nothing was told for a second'
token=$(invited dan)
fleet 60 11
two_gains "$cyd_id" owner "$token" dan; told
is "$all" ' 60 13' 'gains that come soon after are told together'
fleet 60 13; begun=$(now_ms)
set_role "$cyd_id" admin; told
is "$all $((took < 900))" ' 60 14 1' 'a loss is told to many at once'

# Forty polls hear of one change
fleet 40 14; begun=$(now_ms)
set_role "$ann_id" member; told
is "$all" ' 40 15' 'forty held polls answer with the same change'
ok 'forty held polls answer long before the end of their wait' test "$took" -lt 15000

# A client that went away is forgotten
files=$(ls "/proc/$orgd_pid/fd" | wc -l)
hold gone 15 30000; pkill -P "$held" -x curl; wait "$held" 2>/dev/null
ok 'a held poll whose client goes away ends at once' wait_for 3 eval '[ "$(ls "/proc/$orgd_pid/fd" | wc -l)" -le $files ]'
is "$(cat "$T/gone.end")" '' 'a held poll whose client goes away ends without a status'
set_role "$ann_id" admin
is "$status" 200 'a client that went away does not delay a change'

# SIGUSR1 ends the waits of held polls, and their connections, so that they come back elsewhere; the server goes on.
hold released 16 60000; one=$held
kill -USR1 "$orgd_pid"
wait $one
is "$(cat "$T/released.end")" '200 0' 'SIGUSR1 has a held poll answered'
is "$(last released | jq -c '[.revision,.complete,(.members|length)]')" '[16,false,0]' 'with nothing new'
hold kept 16 200; wait "$held"
is "$(cat "$T/kept.end")" '200 0' 'and those that come behind it are held'
python3 - "${URL##*:}" "$OWNER" "$org" "$orgd_pid" > "$T/ends" <<'PY'
import http.client, json, os, signal, sys, time
c = http.client.HTTPConnection('127.0.0.1', int(sys.argv[1]), timeout=30)
def poll(wait):
    c.request('POST', '/v1/organizations/members/changes', json.dumps({'organizationId': sys.argv[3], 'since': 16, 'wait': wait}),
              {'Content-Type': 'application/json', 'Authorization': 'Bearer ' + sys.argv[2]})
    return c.getresponse()
poll(100).read(); fd = c.sock.fileno(); poll(100).read()
print('kept' if c.sock.fileno() == fd else 'closed')
r = poll(20000); r.read(1)
os.kill(int(sys.argv[4]), signal.SIGUSR1)
sock = c.sock
print(json.loads(r.read())['revision'], sock.recv(1))
PY
is "$(paste -sd' ' "$T/ends")" "kept 16 b''" 'SIGUSR1 closes the connection behind the answer, which a poll that ends by itself does not'

# Stopping with polls held: they are answered as at the end of their wait.
hold stopped 16 60000; one=$held
begun=$(now_ms)
orgd_stop
took=$(($(now_ms) - begun))
is "$orgd_status" 0 'SIGTERM ends orgd with status 0 while a poll is held'
ok 'SIGTERM ends orgd long before the end of a held poll' test "$took" -lt 20000
wait $one
is "$(cat "$T/stopped.end")" '200 0' 'SIGTERM has the held poll answered'
is "$(last stopped | jq -c '[.revision,.complete,(.members|length)]')" '[16,false,0]' 'with nothing new'

# A role that may no longer look
orgd_start
call /organizations/roles/set "{\"organizationId\":\"$org\",\"role\":\"ops\",\"permissions\":[\"members:view\"]}" "$OWNER"
join "$org" kim ops
ops=$(api /organizations/tokens/create "{\"organizationId\":\"$org\",\"role\":\"ops\"}" "$OWNER" | jq -r .apiToken.bearer)
hold look 17 30000 "$bearer"; one=$held
hold look_token 17 30000 "$ops"; two=$held
call /organizations/roles/set "{\"organizationId\":\"$org\",\"role\":\"ops\",\"permissions\":[\"org:view\"]}" "$OWNER"
begun=$(now_ms); wait $one; wait $two
is $(($(now_ms) - begun < 10000)) 1 'a poll is answered at once when its role loses members:view'
is "$(last look | jq -r '"\(.ok) \(.reason)"')" 'false unauthorized' "a user's held poll ends with unauthorized when the role loses members:view"
is "$(last look_token | jq -r '"\(.ok) \(.reason)"')" 'false unauthorized' "an organization token's held poll ends with unauthorized when the role loses members:view"

# --- pages ---
big=$(new_org Big)
sql "WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 10003)
     INSERT INTO users (id, email, username, name, created_at) SELECT printf('usr_%020d', i), printf('u%d@example.org', i), printf('u%d', i), printf('User %d', i), i FROM n;
     INSERT INTO members (organization_id, user_id, role, active, joined_at, revision) SELECT '$big', id, 'member', 1, created_at, created_at FROM users WHERE id LIKE 'usr_000000%';
     UPDATE organizations SET revision = 10003 WHERE id = '$big'"
org=$big
page() { jq -c '[.revision,.complete,.more,(.members|length),.members[0].username,.members[-1].username]' <<< "$body"; }
changes 0;     is "$(page)" '[5000,true,true,5000,"owner","u5000"]' 'since 0 of 10003 members gives a first page of 5000'
changes 5000;  is "$(page)" '[10000,false,true,5000,"u5001","u10000"]' 'the second page of 5000 is not complete and has more'
changes 10000; is "$(page)" '[10003,false,false,3,"u10001","u10003"]' 'the last page has the remaining three members'
changes 5003;  is "$(page)" '[10003,false,false,5000,"u5004","u10003"]' 'exactly 5000 changes fit a page without more'
changes 20000; is "$(page)" '[5000,true,true,5000,"owner","u5000"]' 'since a revision that is not reached yet gives the first page again'
call /organizations/members/list "{\"organizationId\":\"$big\"}" "$OWNER"
is "$(field '.members|length')" 10003 'members/list has all 10003 members'
call /organizations/members/remove "{\"organizationId\":\"$big\",\"userId\":\"usr_$(printf '%020d' 7)\"}" "$OWNER"
changes 0;     is "$(page)" '[5001,true,true,5000,"owner","u5001"]' 'a removed member leaves the first page'
changes 10003; is "$(page)" '[10004,false,false,1,"u7","u7"]' 'a removed member is reported at the last revision'
orgd_end

# --- how many polls are held ---
(ulimit -n 200; exec "$ORGD" --data "$DATA" --socket "$SOCKET" > "$T/orgd.out" 2>> "$ORGD_LOG") & orgd_pid=$!
wait_for 10 grep -q listening "$T/orgd.out"
pids=()
for i in $(seq 125); do
    request /organizations/members/changes -N -o "$T/full$i" -w '%{http_code}\n' --max-time 120 -d "{\"organizationId\":\"$big\",\"since\":10004,\"wait\":120000}" \
        -H "Authorization: Bearer $OWNER" > "$T/code$i" 2>/dev/null & pids+=($!)
done
wait_for 90 eval '[ "$(cat "$T"/code* | wc -l)" = 6 ]'
is "$(cat "$T"/code* | sort | uniq -c | tr -s ' ')" ' 6 503' 'six polls beyond the limit are refused with 503 (119 of 136 connections)'
is "$(grep -h busy "$T"/full* | jq -r .reason | sort | uniq -c | tr -s ' ')" ' 6 busy' 'polls beyond the limit are refused with the reason busy'
call /users/whoami '{}' "$OWNER"
is "$status" 200 'another call is served while the limit of polls is reached'
orgd_end
wait "${pids[@]}"
done_testing
