#!/bin/bash
# Secrets leave orgd once and stay nowhere; everything else survives a restart and a kill; what the log says.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/orgd.sh"
only_sqlite 'it is about the data file'
orgd_start
org=$(new_org Acme)
call /organizations/invitations/create "{\"organizationId\":\"$org\",\"email\":\"ann@example.org\"}" "$OWNER"
used=$(field .token)
call /organizations/invitations/accept "{\"token\":\"$used\",\"username\":\"ann\"}"
ann=$(field .apiToken.bearer) ann_id=$(field .user.id)
call /organizations/invitations/create "{\"organizationId\":\"$org\",\"email\":\"bob@example.org\"}" "$OWNER"
open=$(field .token)
call /organizations/tokens/create "{\"organizationId\":\"$org\",\"name\":\"host\"}" "$OWNER"
host=$(field .apiToken.bearer)
call /users/whoami '{}' "${ann}x"
call /organizations/members/remove "{\"organizationId\":\"$org\",\"userId\":\"$ann_id\"}" "$host"
call /organizations/get "{\"organizationId\":\"$org\"}" "$OWNER"
call "/$ann" '{}' 'live_x:y'

declare -A called=([OWNER]='the first token' [used]='a used invitation' [ann]="a user's token" [open]='a pending invitation' [host]="an organization's token")
for name in OWNER used ann open host; do
    secret=${!name#*:}
    is "${#secret}" 43 "the secret of ${called[$name]} has 256 bits"
    is "$(grep -alF -- "$secret" "$DATA" "$DATA-wal" "$DATA-shm")" '' "the secret of ${called[$name]} is not in the data file"
    [ $name = ann ] || is "$(grep -cF -- "$secret" "$ORGD_LOG")" 0 "the secret of ${called[$name]} is not in the log"
done
is "$(printf '%s\n' "$OWNER" "$used" "$ann" "$open" "$host" | cut -d: -f2 | sort -u | wc -l)" 5 'the five secrets differ'
is "$(sql "SELECT group_concat(length(secret_hash)) FROM (SELECT secret_hash FROM tokens UNION ALL SELECT secret_hash FROM invitations)")" '32,32,32,32' \
    'the data file stores hashes of 32 bytes'

owner_id=$(api /users/whoami '{}' "$OWNER" | jq -r .user.id)
like "$(cat "$ORGD_LOG")" "^orgd: [0-9a-f]{16} POST /v1/organizations/create 200 $owner_id unix:$UID [0-9]+ bytes [0-9]+ms\$" 'the log names a user by the id'
like "$(cat "$ORGD_LOG")" "^orgd: [0-9a-f]{16} POST /v1/organizations/members/remove 403 ${host%%:*} unix:$UID [0-9]+ bytes [0-9]+ms\$" "the log names an organization's token by its key"
like "$(cat "$ORGD_LOG")" "^orgd: [0-9a-f]{16} POST /v1/users/whoami 401 - unix:$UID [0-9]+ bytes [0-9]+ms\$" 'the log names a caller with a wrong token by nothing'
unlike "$(cat "$ORGD_LOG")" 'organizations/get' 'the log has no line for a call that reads'
before=$(wc -l < "$ORGD_LOG")
request $'/a%0aorgd:%20POST%20/v1/x%20200%1b[31m' -d '{}' > /dev/null
is "$(($(wc -l < "$ORGD_LOG") - before))" 1 'a path with a line feed makes one line in the log'
like "$(tail -n 1 "$ORGD_LOG")" '^orgd: [0-9a-f]{16} POST /v1/a 400 - unix:[0-9]+ [0-9]+ bytes [0-9]+ms$' 'a path is logged up to what no path of ours has'

state() {
    call /organizations/members/changes "{\"organizationId\":\"$org\",\"since\":0}" "$OWNER"; echo "$body"
    call /organizations/members/list "{\"organizationId\":\"$org\"}" "$host"; echo "$body"
    call /organizations/invitations/list "{\"organizationId\":\"$org\"}" "$OWNER"; echo "$body"
    call /organizations/list '{}' "$OWNER"; echo "$body"
    call /users/whoami '{}' "$host"; echo "$body"
    call /users/whoami '{}' "$ann"; echo "$body"
}
state > "$T/before"
is "$(jq -c 'select(.ok == false)' "$T/before")" '' 'every call of the comparison answers without an error'
orgd_stop
orgd_start
state > "$T/after"
ok 'a restart keeps what six calls answer' cmp "$T/before" "$T/after"
kill -KILL "$orgd_pid"; wait "$orgd_pid" 2>/dev/null
orgd_start
state > "$T/killed"
ok 'a kill -9 keeps what six calls answer' cmp "$T/before" "$T/killed"
call /organizations/invitations/accept "{\"token\":\"$open\",\"username\":\"bob\"}"
is "$status" 200 'an invitation from before a kill -9 is accepted'
orgd_end

# Ids: of their time, so that new rows of a table lie together; and apart
orgd_start
for i in 1 2 3 4 5 6 7 8 9; do api /organizations/create '{"name":"Ids"}' "$OWNER" | jq -r .organization.id; sleep 0.01; done > "$T/ids"
is "$(sort -c "$T/ids" 2>&1; grep -cE '^org_[0-9a-z]{20}$' "$T/ids")" 9 'the ids of one kind sort in the order in which they were made'
is "$(cut -c13- "$T/ids" | sort -u | wc -l)" 9 'the rest of an id is nothing that one could count on'
orgd_end

# A store that fails: 500, nothing happened, and it recovers.
orgd_start
sqlite3 "$DATA" 'BEGIN IMMEDIATE; SELECT 1;' ".shell touch $T/locked; until [ -e $T/unlock ]; do sleep 0.1; done" > /dev/null & lock=$!
ok 'another process locks the data file' wait_for 10 test -e "$T/locked"
call /organizations/create '{"name":"Locked out"}' "$OWNER"
expect 503 busy 'a change is refused with 503 while the data file is locked'
like "$(cat "$ORGD_LOG")" 'the data stay locked by another process' 'the log says that the data file is locked'
call /users/whoami '{}' "$OWNER"
is "$status" 200 'reading goes on while the data file is locked'
begun=$(date +%s) pids=()
for i in 1 2 3 4 5 6 7 8; do request /organizations/create -o "$T/locked$i" -d '{"name":"Locked out"}' -H "Authorization: Bearer $OWNER" & pids+=($!); done
wait "${pids[@]}"
is "$(jq -rs 'map(.reason)|join(" ")' "$T"/locked[1-8]) $(($(date +%s) - begun < 16))" 'busy busy busy busy busy busy busy busy 1' \
    'changes that wait for the same lock wait for it together'
touch "$T/unlock"; wait $lock
call /organizations/create '{"name":"Let in"}' "$OWNER"
is "$status" 200 'changes are made again after the data file was locked'
rm -f "$T/locked" "$T/unlock"
sqlite3 "$DATA" 'BEGIN IMMEDIATE; SELECT 1;' ".shell touch $T/locked; sleep 5" > /dev/null & lock=$!
wait_for 10 test -e "$T/locked"
call /organizations/create '{"name":"Waited"}' "$OWNER"
wait $lock
is "$status $(sql "SELECT count(*) FROM organizations WHERE name = 'Waited'") $(sql "SELECT count(*) FROM events WHERE action = 'organization.create' AND subject_name = 'Waited'")" '200 1 1' 'a change that met a lock is run again, and made once'
sql "UPDATE members SET role = 'king' WHERE organization_id = '$org' AND user_id = '$owner_id'"
call /organizations/get "{\"organizationId\":\"$org\"}" "$OWNER"
expect 500 internal 'a member with an unknown role in the data file is answered with 500'
orgd_end
done_testing
