#!/bin/bash
# orgd copy: a data file goes into a database and back, whole, and nothing is replaced or left half.
. "$(dirname "$0")/../lib/tap.sh"
STORE=postgresql
. "$(dirname "$0")/../lib/orgd.sh"
url=$DATA url_name=$DATA_NAME
DATA=$T/orgd.db STORE=sqlite # the server's, to begin with

orgd_start
org=$(new_org 'Acme \ "quoted" ünï')
join "$org" ann admin; ann_id=$user_id ann=$bearer
join "$org" bob member
call /organizations/members/remove "{\"organizationId\":\"$org\",\"userId\":\"$user_id\"}" "$OWNER"
call /organizations/roles/set "{\"organizationId\":\"$org\",\"role\":\"ops\",\"permissions\":[\"members:view\"]}" "$OWNER"
call /organizations/teams/create "{\"organizationId\":\"$org\",\"slug\":\"core\",\"name\":\"Core\"}" "$OWNER"
call /organizations/teams/add "{\"organizationId\":\"$org\",\"team\":\"core\",\"userId\":\"$ann_id\"}" "$OWNER"
call /organizations/invitations/create "{\"organizationId\":\"$org\",\"email\":\"Carl@Example.org\",\"role\":\"ops\"}" "$OWNER"; invited=$(field .token)
call /organizations/join-codes/create "{\"organizationId\":\"$org\",\"maxUses\":3}" "$OWNER"
call /organizations/tokens/create "{\"organizationId\":\"$org\"}" "$OWNER"; host=$(field .apiToken.bearer)
for i in 1 2 3; do call /organizations/machines/invite "{\"organizationId\":\"$org\",\"name\":\"web$i\"}" "$OWNER"; done
call /organizations/members/changes "{\"organizationId\":\"$org\",\"since\":0}" "$host"
cursor=$(field .cursor) revision=$(field .revision)
out=$("$ORGD" copy "$DATA" "$url" 2>&1)
like "$? $out" '^1 .*another orgd is using it' 'a data file that a server uses is not copied'
orgd_stop
sqlite3 "$DATA" "UPDATE events SET detail = 'a' || char(9) || 'b' || char(10) || 'c' || char(13) || '\\d \\N \\.' WHERE id = 2" # all that COPY has a word for
sqlite3 "$DATA" .dump | grep -v sqlite_sequence | sort > "$T/before.sql"
latest=$(sqlite3 "$DATA" "SELECT seq FROM sqlite_sequence WHERE name = 'events'")

is "$("$ORGD" copy "$DATA" "$url" 2>&1)" "$(printf '%s\n' "$url_name: has all of $DATA")" 'a data file is copied into a database'
out=$("$ORGD" copy "$DATA" "$url" 2>&1)
like "$? $out" '^1 .*has data already' 'a database that has data is not copied into'
sqlite_data=$DATA DATA=$url STORE=postgresql
orgd_start
call /organizations/members/changes "{\"organizationId\":\"$org\",\"since\":$revision,\"cursor\":\"$cursor\"}" "$host"
is "$status $(field '"\(.complete) \(.members|length) \(.cursor)"')" "200 false 0 $cursor" 'a host goes on with its cursor and its token'
call /users/whoami '{}' "$ann"; is "$status $(field .user.username)" '200 ann' "a user's token is valid"
call /organizations/invitations/accept "{\"token\":\"$invited\",\"username\":\"carl\"}"; is "$status" 200 'an invitation is accepted'
is "$(sql 'SELECT min(id) > '"$latest"' FROM (SELECT id FROM events ORDER BY id DESC LIMIT 1) x')" t 'events are numbered on'
out=$("$ORGD" copy "$url" "$T/back.db" 2>&1)
like "$? $out" '^1 .*a server is using it' 'a database that a server uses is not copied'
orgd_stop

sql "DELETE FROM events WHERE id > $latest" # what the server has done since is taken back
is "$("$ORGD" copy "$url" "$T/back.db" 2>&1)" "$T/back.db: has all of $url_name" 'a database is copied into a data file'
out=$("$ORGD" copy "$url" "$T/back.db" 2>&1)
like "$? $out" '^1 .*exists already' 'a file that is there is not replaced'
is "$(stat -c %a "$T/back.db")" 600 'the file has mode 600'
DATA=$T/back.db STORE=sqlite
orgd_start
call /organizations/members/list "{\"organizationId\":\"$org\"}" "$host"
is "$status $(field '[.members[].username] | sort | join(" ")')" '200 ann carl owner' 'and is served'
orgd_stop

# Without a change in between every row is the same.
query 'DROP SCHEMA public CASCADE; CREATE SCHEMA public' > /dev/null
"$ORGD" copy "$sqlite_data" "$url" > /dev/null && "$ORGD" copy "$url" "$T/again.db" > /dev/null
is "$(sqlite3 "$T/again.db" .dump | grep -v sqlite_sequence | sort | diff "$T/before.sql" - | head -5)" '' 'there and back every row is the same'

# A fault in the middle leaves nothing.
query 'DROP SCHEMA public CASCADE; CREATE SCHEMA public' > /dev/null
sqlite3 "$sqlite_data" "UPDATE users SET name = CAST(x'ff' AS TEXT) WHERE username = 'ann'"
out=$("$ORGD" copy "$sqlite_data" "$url" 2>&1)
like "$? $out" '^1 .*invalid byte sequence' 'what PostgreSQL does not take is refused'
is "$(query 'SELECT count(*) FROM users')" 0 'and nothing is left of it'
out=$("$ORGD" copy "$sqlite_data" "$T/no/where.db" 2>&1); is "$? $(ls "$T/no" 2>&1 | wc -l)" '1 1' 'a place that is not there is refused'
out=$("$ORGD" copy "$sqlite_data" 2>&1); is $? 2 'copy takes two words'
out=$("$ORGD" copy "$sqlite_data" 'postgresql://orgd:secret123@localhost/orgd' 2>&1); unlike "$? $out" '^0|secret123' 'a password on the command line is refused, and not shown'
done_testing
