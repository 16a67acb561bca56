#!/bin/bash
# Usernames: reserved ones are nobody's to choose, the inviter may fix one, a rename needs everybody's leave, and nobody gets a name that
# another had.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/orgd.sh"
out=$("$ORGD" --data "$T/r.db" --socket "$T/r.sock" --owner docker@example.org 2>&1); like "$? $out" '^1 orgd: --owner docker@example.org: the username docker is reserved: .*give --owner-username NAME$' 'a first owner by a reserved name'
start "$T/r.out" '^listening' "$ORGD" --data "$T/r.db" --socket "$T/r.sock" --owner docker@example.org --owner-username dora 2>> "$ORGD_LOG"
kill $started; wait $started
is "$(sqlite3 "$T/r.db" 'SELECT email, username FROM users')" 'docker@example.org|dora' 'with another one he is made'
start "$T/r.out" '^listening' "$ORGD" --data "$T/r.db" --socket "$T/r.sock" --owner root@example.org 2>> "$ORGD_LOG"; is $? 0 'the next start does not look at --owner'
kill $started; wait $started
out=$("$ORGD" --owner-username 1x 2>&1); like "$? $out" '^2 orgd: --owner-username 1x: must be a login name' '--owner-username: no login name'

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
    accept ",\"username\":\"$name\""; expect 409 username_reserved "accept as $name"
done
like "$(field .message)" '^The username root\. is reserved: ' 'says why'
accept ',"username":"ann"'; is "$status" 200 'the invitation is still good'; ann=$(field .apiToken.bearer) ann_id=$(field .user.id)
invite x@example.org ',"username":"docker"'; expect 409 username_reserved 'nor does the inviter give one'

# --- fixed by the inviter ---
invite mia@example.org ',"username":"Mia"'; expect 400 invalid 'no login name'
invite mia@example.org ',"username":"ann"'; expect 409 username_taken "another's"
invite mia@example.org ',"username":"mia.m"'; is "$status $(field .username)" '200 mia.m' 'the inviter fixes the name'
call /organizations/invitations/list "{\"organizationId\":\"$org\"}" "$OWNER"; is "$(field '.invitations[0].username')" mia.m 'it is listed'
accept ',"username":"carol"'; is "$status $(field .user.username)" '200 mia.m' 'and no other is taken'; mia=$(field .apiToken.bearer) mia_id=$(field .user.id)
invite ned@example.org ',"username":"ned"'; accept ''; is "$status $(field .user.username)" '200 ned' 'without a username in accept'; ned=$(field .apiToken.bearer)
invite mia@example.org ',"username":"mia"' "$other"; accept '' "$mia"; expect 409 username_fixed 'an account that is called otherwise does not come in'
invite mia@example.org ',"username":"mia.m"' "$other"; is "$status" 200 'his own name is fixed'
accept '' "$mia"; is "$status" 200 'and he comes in'

# --- renames ---
rename carol "$mia"; expect 403 forbidden 'a member does not rename himself'
like "$(field .message)" '^Acme does not let' 'and is told which organization does not let him'
call /users/update '{"name":"Mia M."}' "$mia"; is "$status $(field .user.name)" '200 Mia M.' 'the name for people is his own'
call /users/update '{"username":"mia.m"}' "$mia"; is "$status" 200 'the name that he has is no rename'
allow "$org" 1; expect 400 invalid 'selfRename is true or false'
call /organizations/update "{\"organizationId\":\"$org\"}" "$OWNER"; expect 400 invalid 'update: nothing'
allow "$org" true; done_ok 'the organization allows it'
call /organizations/get "{\"organizationId\":\"$org\"}" "$ann"; is "$(field '.organization|"\(.name) \(.selfRename)"')" 'Acme true' 'and shows it'
call /organizations/audit/list "{\"organizationId\":\"$org\",\"limit\":1}" "$OWNER"; is "$(field '.events[0]|.action+" "+.detail')" 'organization.update members may change their own usernames' 'it is written down'
rename carol "$mia"; expect 403 forbidden 'each of his organizations must'
like "$(field .message)" '^Other ' 'and the other one does not'
allow "$other" true
rename docker "$mia"; expect 409 username_reserved 'no reserved name even so'
rename ann "$mia"; expect 409 username_taken "nor another's"
rename maria "$mia"; is "$status $(field .user.username)" '200 maria' 'a rename'
rename mia.m "$ann"; expect 409 username_taken 'the name that somebody had is his for ever'
invite new@example.org ',"username":"mia.m"'; expect 409 username_taken 'also for the inviter'
invite new@example.org; accept ',"username":"mia.m"'; expect 409 username_taken 'and for the invited one'
rename mia.m "$mia"; is "$status $(field .user.username)" '200 mia.m' 'he takes it back'
for i in 3 4 5 6 7 8 9 10; do rename "mia$i" "$mia"; is "$status" 200 "name $i"; done
rename mia11 "$mia"; expect 409 too_many 'a user has ten names at most'
rename maria "$mia"; is "$status" 200 'and takes back one of them'
allow "$org" false; done_ok 'it is forbidden again'
rename mia.m "$mia"; expect 403 forbidden 'at once'
call /organizations/members/set-role "{\"organizationId\":\"$org\",\"userId\":\"$mia_id\",\"role\":\"admin\"}" "$OWNER"
rename mia.m "$mia"; is "$status" 200 'with members:manage there it is not asked'

# --- those from before ---
orgd_stop
sql "UPDATE users SET username = 'docker' WHERE id = '$mia_id'; INSERT INTO usernames VALUES ('docker', '$mia_id')"
orgd_start
call /organizations/get "{\"organizationId\":\"$org\"}" "$mia"; is "$status" 200 'who has a reserved name goes on working'
call /users/update '{"name":"Mia"}' "$mia"; is "$status" 200 'and changes his other name'
out=$("$ORGD" check --data "$DATA" 2>&1)
like "$? $out" "^0 orgd: $DATA: warning: user $mia_id has the username docker, which hosts may not serve: " 'check names him'
like "$out" 'nothing is damaged$' 'and finds no damage'
orgd_stop
sql "DELETE FROM usernames WHERE username = 'docker'"
out=$("$ORGD" check --data "$DATA" 2>&1); like "$? $out" "^1 .*user $mia_id has the username docker, which is another's" "check: a name that is not written down"
orgd_start
orgd_end
done_testing
