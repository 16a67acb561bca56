#!/bin/bash
# Usernames: reserved ones are nobody's to choose, the inviter may fix one, a rename needs everybody's leave, and nobody gets a name that
# another had.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/orgd.sh"
out=$("$ORGD" --data "$T/r.db" --socket "$T/r.sock" --owner docker@example.org 2>&1); like "$? $out" '^1 orgd: --owner docker@example.org: the username docker is reserved: .*give --owner-username NAME$' 'orgd refuses --owner whose username would be reserved'
start "$T/r.out" '^listening' "$ORGD" --data "$T/r.db" --socket "$T/r.sock" --owner docker@example.org --owner-username dora 2>> "$ORGD_LOG"
kill $started; wait $started
is "$(sqlite3 "$T/r.db" 'SELECT email, username FROM users')" 'docker@example.org|dora' '--owner-username gives the first owner another username'
start "$T/r.out" '^listening' "$ORGD" --data "$T/r.db" --socket "$T/r.sock" --owner root@example.org 2>> "$ORGD_LOG"; is $? 0 'the next start ignores --owner'
kill $started; wait $started
out=$("$ORGD" --owner-username 1x 2>&1); like "$? $out" '^2 orgd: --owner-username 1x: must be a login name' 'orgd refuses --owner-username that is no login name'

orgd_start
org=$(new_org Acme) other=$(new_org Other)
# invite EMAIL [FIELDS [ORG]]: sets $token
invite() { call /organizations/invitations/create "{\"organizationId\":\"${3-$org}\",\"email\":\"$1\"${2-}}" "$OWNER"; token=$(field .token); }
accept() { call /organizations/invitations/accept "{\"token\":\"$token\"$1}" "${2-}"; }
rename() { call /users/update "{\"username\":\"$1\"}" "$2"; }
allow() { call /organizations/update "{\"organizationId\":\"$1\",\"selfRename\":$2}" "$OWNER"; }

# --- reserved ---
invite ann@example.org
for name in docker wheel root postgres www-data systemd-x _x orgd admin root.; do
    accept ",\"username\":\"$name\""; expect 409 username_reserved "invitations/accept refuses the reserved username $name"
done
like "$(field .message)" '^The username root\. is reserved: ' 'the refusal of a reserved username says why'
accept ',"username":"ann"'; is "$status" 200 'an invitation is accepted after refused reserved usernames'; ann=$(field .apiToken.bearer) ann_id=$(field .user.id)
invite x@example.org ',"username":"docker"'; expect 409 username_reserved 'invitations/create refuses a reserved username'

# --- fixed by the inviter ---
invite mia@example.org ',"username":"Mia"'; expect 400 invalid 'invitations/create refuses a username that is no login name'
invite mia@example.org ',"username":"ann"'; expect 409 username_taken "invitations/create refuses another user's username"
invite mia@example.org ',"username":"mia.m"'; is "$status $(field .username)" '200 mia.m' 'invitations/create fixes the username'
call /organizations/invitations/list "{\"organizationId\":\"$org\"}" "$OWNER"; is "$(field '.invitations[0].username')" mia.m 'invitations/list shows the fixed username'
accept ',"username":"carol"'; is "$status $(field .user.username)" '200 mia.m' 'invitations/accept takes the fixed username, whatever the invited user asks for'; mia=$(field .apiToken.bearer) mia_id=$(field .user.id)
invite ned@example.org ',"username":"ned"'; accept ''; is "$status $(field .user.username)" '200 ned' 'invitations/accept takes the fixed username when none is asked for'; ned=$(field .apiToken.bearer)
invite mia@example.org ',"username":"mia"' "$other"; accept '' "$mia"; expect 409 username_fixed 'a user of another username does not accept an invitation with a fixed one'
invite mia@example.org ',"username":"mia.m"' "$other"; is "$status" 200 'invitations/create fixes the username that the user has'
accept '' "$mia"; is "$status" 200 'a user accepts an invitation with the username that the user has'

# --- renames ---
rename carol "$mia"; expect 403 forbidden 'a member does not change the own username by default'
like "$(field .message)" '^Acme does not let' 'the refusal of a rename names the organization that forbids it'
call /users/update '{"name":"Mia M."}' "$mia"; is "$status $(field .user.name)" '200 Mia M.' 'a member changes the own display name'
call /users/update '{"username":"mia.m"}' "$mia"; is "$status" 200 'users/update to the present username is no rename'
allow "$org" 1; expect 400 invalid 'organizations/update refuses selfRename 1'
call /organizations/update "{\"organizationId\":\"$org\"}" "$OWNER"; expect 400 invalid 'organizations/update without a field is refused'
allow "$org" true; done_ok 'an organization allows its members to rename themselves'
call /organizations/get "{\"organizationId\":\"$org\"}" "$ann"; is "$(field '.organization|"\(.name) \(.selfRename)"')" 'Acme true' 'organizations/get shows selfRename'
call /organizations/audit/list "{\"organizationId\":\"$org\",\"limit\":1}" "$OWNER"; is "$(field '.events[0]|.action+" "+.detail')" 'organization.update members may change their own usernames' 'allowing renames writes an audit event'
rename carol "$mia"; expect 403 forbidden 'a rename is refused when another organization of the user forbids it'
like "$(field .message)" '^Other ' 'the refusal of a rename names the other organization'
allow "$other" true
rename docker "$mia"; expect 409 username_reserved 'a rename to a reserved username is refused'
rename ann "$mia"; expect 409 username_taken "a rename to another user's username is refused"
rename maria "$mia"; is "$status $(field .user.username)" '200 maria' 'a member changes the own username when every organization allows it'
rename mia.m "$ann"; expect 409 username_taken 'a rename to a former username of another user is refused'
invite new@example.org ',"username":"mia.m"'; expect 409 username_taken 'invitations/create refuses a former username of another user'
invite new@example.org; accept ',"username":"mia.m"'; expect 409 username_taken 'invitations/accept refuses a former username of another user'
rename mia.m "$mia"; is "$status $(field .user.username)" '200 mia.m' 'a user takes back a former username'
for i in 3 4 5 6 7 8 9 10; do rename "mia$i" "$mia"; is "$status" 200 "a user takes the further username mia$i"; done
rename mia11 "$mia"; expect 409 too_many 'an eleventh username of a user is refused'
rename maria "$mia"; is "$status" 200 'a user with ten usernames takes back a former one'
allow "$org" false; done_ok 'an organization forbids renames again'
rename mia.m "$mia"; expect 403 forbidden 'a rename is refused at once when an organization forbids it again'
call /organizations/members/set-role "{\"organizationId\":\"$org\",\"userId\":\"$mia_id\",\"role\":\"admin\"}" "$OWNER"
rename mia.m "$mia"; is "$status" 200 'a member with members:manage changes the own username in spite of selfRename'

# --- those from before ---
orgd_stop
sql "UPDATE users SET username = 'docker' WHERE id = '$mia_id'; INSERT INTO usernames VALUES ('docker', '$mia_id')"
orgd_start
call /organizations/get "{\"organizationId\":\"$org\"}" "$mia"; is "$status" 200 'a user with a reserved username from before is served'
call /users/update '{"name":"Mia"}' "$mia"; is "$status" 200 'a user with a reserved username from before changes the display name'
out=$("$ORGD" check --data "$DATA" 2>&1)
like "$? $out" "^0 orgd: $DATA_NAME: warning: user $mia_id has the username docker, which hosts may not serve: " 'orgd check warns of a reserved username'
like "$out" 'nothing is damaged$' 'orgd check finds no damage in a reserved username'
orgd_stop
sql "DELETE FROM usernames WHERE username = 'docker'"
out=$("$ORGD" check --data "$DATA" 2>&1); like "$? $out" "^1 .*user $mia_id has the username docker, which is another's" "orgd check reports a username that is not among the usernames given away"
orgd_start
orgd_end
done_testing
