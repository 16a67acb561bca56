#!/bin/bash
# Secrets leave orgd once and stay nowhere; everything else survives a restart and a kill; what the log says.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/orgd.sh"
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

for name in OWNER used ann open host; do
    secret=${!name#*:}
    is "${#secret}" 43 "$name: 256 bits"
    is "$(grep -alF -- "$secret" "$DATA" "$DATA-wal" "$DATA-shm")" '' "$name: not in the data file"
    [ $name = ann ] || is "$(grep -cF -- "$secret" "$ORGD_LOG")" 0 "$name: not in the log"
done
is "$(printf '%s\n' "$OWNER" "$used" "$ann" "$open" "$host" | cut -d: -f2 | sort -u | wc -l)" 5 'no two are the same'
is "$(sql "SELECT group_concat(length(secret_hash)) FROM (SELECT secret_hash FROM tokens UNION ALL SELECT secret_hash FROM invitations)")" '32,32,32,32' \
    'what is stored are hashes'

owner_id=$(api /users/whoami '{}' "$OWNER" | jq -r .user.id)
like "$(cat "$ORGD_LOG")" "^orgd: [0-9a-f]{16} POST /v1/organizations/create 200 $owner_id unix:$UID [0-9]+ bytes [0-9]+ms\$" 'the log names a user by his id'
like "$(cat "$ORGD_LOG")" "^orgd: [0-9a-f]{16} POST /v1/organizations/members/remove 403 ${host%%:*} unix:$UID [0-9]+ bytes [0-9]+ms\$" "and an organization's token by its key"
like "$(cat "$ORGD_LOG")" "^orgd: [0-9a-f]{16} POST /v1/users/whoami 401 - unix:$UID [0-9]+ bytes [0-9]+ms\$" 'a stranger by nothing'
unlike "$(cat "$ORGD_LOG")" 'organizations/get' 'what was read is not logged'
before=$(wc -l < "$ORGD_LOG")
request $'/a%0aorgd:%20POST%20/v1/x%20200%1b[31m' -d '{}' > /dev/null
is "$(($(wc -l < "$ORGD_LOG") - before))" 1 'a path makes one line'
like "$(tail -n 1 "$ORGD_LOG")" '^orgd: [0-9a-f]{16} POST /v1/a\?orgd:\?POST\?/v1/x\?200\?\[31m 404 - unix:[0-9]+ [0-9]+ bytes [0-9]+ms$' 'and one word'

state() {
    call /organizations/members/changes "{\"organizationId\":\"$org\",\"since\":0}" "$OWNER"; echo "$body"
    call /organizations/members/list "{\"organizationId\":\"$org\"}" "$host"; echo "$body"
    call /organizations/invitations/list "{\"organizationId\":\"$org\"}" "$OWNER"; echo "$body"
    call /organizations/list '{}' "$OWNER"; echo "$body"
    call /users/whoami '{}' "$host"; echo "$body"
    call /users/whoami '{}' "$ann"; echo "$body"
}
state > "$T/before"
is "$(jq -c 'select(.ok == false)' "$T/before")" '' 'all of it answers'
orgd_stop
orgd_start
state > "$T/after"
ok 'a restart keeps everything' cmp "$T/before" "$T/after"
kill -KILL "$orgd_pid"; wait "$orgd_pid" 2>/dev/null
orgd_start
state > "$T/killed"
ok 'so does a kill' cmp "$T/before" "$T/killed"
call /organizations/invitations/accept "{\"token\":\"$open\",\"username\":\"bob\"}"
is "$status" 200 'an invitation outlives it'
orgd_end

# A store that fails: 500, nothing happened, and it recovers.
orgd_start
sqlite3 "$DATA" 'BEGIN IMMEDIATE; SELECT 1;' ".shell touch $T/locked; until [ -e $T/unlock ]; do sleep 0.1; done" > /dev/null & lock=$!
ok 'somebody locks the data file' wait_for 10 test -e "$T/locked"
call /organizations/create '{"name":"Locked out"}' "$OWNER"
expect 500 internal 'a locked data file'
like "$(cat "$ORGD_LOG")" 'orgd\.db: database is locked' 'the log says why'
call /users/whoami '{}' "$OWNER"
is "$status" 200 'reading goes on'
touch "$T/unlock"; wait $lock
call /organizations/create '{"name":"Let in"}' "$OWNER"
is "$status" 200 'and writing after that'
sql "UPDATE members SET role = 'king' WHERE organization_id = '$org' AND user_id = '$owner_id'"
call /organizations/get "{\"organizationId\":\"$org\"}" "$OWNER"
expect 500 internal 'a row that is not ours is no answer'
orgd_end
done_testing
