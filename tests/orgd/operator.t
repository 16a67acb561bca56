#!/bin/bash
# What the operator does on the machine itself, with the server running and without: accounts, organizations, events. Nothing of it is to be had over a socket.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/orgd.sh"
orgd_start --owner owner@example.org
org=$(new_org Acme) other=$(new_org Other)
owner_id=$(api /users/whoami '{}' "$OWNER" | jq -r .user.id)
join "$org" ann admin; ann=$bearer ann_id=$user_id
join "$org" bob member; bob=$bearer bob_id=$user_id
join "$other" out owner; out=$bearer out_id=$user_id
at() { call "/organizations/$1" "{\"organizationId\":\"$org\"${2:+,$2}}" "${3-$OWNER}"; }
# op ARGUMENT...: sets $out_text and $op_status
op() { out_text=$("$ORGD" "$@" --data "$DATA" 2>&1 < /dev/null); op_status=$?; }
works() { local name=$1; shift; op "$@"; is "$op_status" 0 "$name"; [ $op_status = 0 ] || diag "$out_text"; }
# fails STATUS REGEX NAME ARGUMENT...
fails() { local want=$1 regex=$2 name=$3; shift 3; op "$@"; like "$op_status $out_text" "^$want .*$regex" "$name"; }
events() { "$ORGD" events list --json --data "$DATA" "$@" | jq -r '"\(.actorName) \(.action) \(.subjectName) [\(.detail)]"'; }
# within 5 s a held poll of the organization is told what follows
held() { request /organizations/members/changes -d "{\"organizationId\":\"$org\",\"since\":$(at members/changes '"since":0'; field .revision),\"wait\":20000}" -H "Authorization: Bearer ${1-$OWNER}" > "$T/poll" & poll=$!; sleep 0.5; }
told() { wait_for 10 grep -q "^{" "$T/poll"; jq -r '.members[]? | "\(.username) \(.email) \(.state)"' "$T/poll"; }

for path in users/list users/token events/list organizations/delete; do
    call "/operator/$path" '{"user":"ann"}' "$OWNER"; expect 404 unknown_endpoint "no socket leads to operator/$path"
done

# --- looking ---
works 'user list works beside a running server' user list
is "$(awk 'NR == 1 || $3 == "ann" { print $1, $2, $3 }' <<< "$out_text" | sed "s/$ann_id/ID/")" $'id email username\nID ann@example.org ann' 'user list prints a table with a heading'
is "$(wc -l <<< "$out_text")" 5 'user list has a line for each account'
is "$("$ORGD" user list --json --data "$DATA" | jq -r '.username + " " + .state' | paste -sd,)" 'owner active,ann active,bob active,out active' 'user list --json prints an object a line'
for who in "$ann_id" ann ANN@example.org; do
    op user show "$who"; like "$out_text" "^id: $ann_id\$" "user show finds an account by ${who/usr_*/id}"
done
like "$(sed -n '/^organizations:/,$p' <<< "$out_text")" "^  $org +Acme +admin +active\$" 'user show lists the organizations'
like "$(sed -n '/^tokens:/,$p' <<< "$out_text")" "^  ${ann%%:*} " 'user show lists the tokens'
unlike "$out_text" "${ann#*:}" 'user show prints no secret'
fails 1 'no account with the id, the address or the username nobody' 'user show of nobody fails with the reason' user show nobody
op org list; like "$out_text" "^$org +Acme" 'org list prints the organizations'

# --- tokens ---
held "$ann"
works 'user token makes a token beside a running server' user token ann
token=$(sed -n 's/^bearer: //p' <<< "$out_text")
call /users/whoami '{}' "$token"; is "$(field .user.username)" ann 'the token of the operator is accepted'
at get '' "$token"; is "$status" 200 "the token of the operator opens the account's organization"
call /users/whoami '{}' "$ann"; is "$status" 200 'user token keeps the other tokens'
like "$(told)" 'ann ann@example.org active' 'a held poll of a running server is told of an operator command'
held "$ann"
works 'user token --end-others makes a token' user token ann@example.org --end-others
token=$(sed -n 's/^bearer: //p' <<< "$out_text")
like "$out_text" '^ended: 2$' 'user token --end-others says how many tokens ended'
call /users/whoami '{}' "$ann"; is "$status" 401 'user token --end-others ends the other tokens'
wait $poll; like "$(cat "$T/poll")" '"reason":"unauthorized"' 'the held poll of an ended token ends'
ann=$token
is "$(events --org "$org" | head -1)" 'operator user.token ann [a token was made, 2 ended]' 'user token writes an audit event that the owners see'
at members/remove "\"userId\":\"$bob_id\""; at invitations/create '"email":"bob@example.org"'
call /organizations/invitations/accept "{\"token\":\"$(field .token)\"}" "$bob"
at get '' "$bob"; expect 403 token_outlived 'a token from before a removal does not open the organization'
op user token bob; bob=$(sed -n 's/^bearer: //p' <<< "$out_text")
at get '' "$bob"; is "$status" 200 'a token of the operator opens the organization of a member who was removed before'

# --- state ---
held
works 'user disable works beside a running server' user disable bob
is "$(told)" 'bob bob@example.org suspended' 'a disabled account is told to hosts as suspended'
call /users/whoami '{}' "$bob"; expect 401 unauthorized 'the tokens of a disabled account are refused'
fails 1 'The account of bob is disabled' 'a disabled account gets no token' user token bob
op user disable bob; is "$(events --org "$org" | grep -c user.disable)" 1 'a second user disable writes no event'
works 'user enable works' user enable bob
call /users/whoami '{}' "$bob"; is "$status" 200 'the tokens of an enabled account are accepted again'
op user disable out; like "$out_text" "^withoutOwner:\$" 'user disable of one of two owners names no organization'
op user enable out
at tokens/create '"role":"owner","name":"deploy"'; deploy=$(field .apiToken.bearer)
op user disable owner
like "$out_text" "^withoutOwner: $org\$" 'user disable names an organization that has no owner now'
at invitations/create '"email":"x@example.org"' "$deploy"; expect 403 forbidden "an organization token of a disabled account's changes nothing"
op user enable owner

# --- who creates organizations ---
call /organizations/create '{"name":"Mine"}' "$bob"; expect 403 forbidden 'a user creates no organization'
works 'user let-create yes works' user let-create bob yes
call /organizations/create '{"name":"Mine"}' "$bob"; is "$status" 200 'whom the operator lets creates an organization'
works 'user let-create no works' user let-create bob no
call /organizations/create '{"name":"Mine 2"}' "$bob"; expect 403 forbidden 'whom the operator lets no more creates none'
fails 1 'must be yes or no' 'user let-create takes yes or no' user let-create bob maybe

# --- names ---
held
works 'user rename works' user rename bob robert
is "$(told)" 'robert bob@example.org active' 'a rename is told to hosts'
fails 1 'is or was another user' 'user rename to a name of another fails' user rename ann robert
fails 1 'is reserved' 'user rename to a reserved name fails' user rename ann root
fails 1 'must be a login name' 'user rename to no login name fails' user rename ann 'A B'
works 'user set-email works' user set-email robert robert@example.org
fails 1 'is the address of ann' 'user set-email to the address of another fails' user set-email robert Ann@example.org
is "$(events --org "$org" | head -2)" $'operator user.set-email robert [bob@example.org -> robert@example.org]\noperator user.rename robert [bob -> robert]' 'names are changed with audit events'

# --- organizations ---
held
works 'org owner makes a member an owner' org owner "$org" ann
like "$(told)" 'ann ann@example.org active' 'a new owner is told to hosts'
at update '"name":"Acme 2"' "$ann"; is "$status" 200 'the new owner may what owners may'
works 'org owner makes a stranger an owner' org owner 'Acme 2' out@example.org
at get '' "$out"; is "$status" 200 'an owner who was a stranger is let in'
is "$(events --org "$org" | head -1)" 'operator member.set-role out [none -> owner]' 'org owner writes an audit event'
fails 1 'There is no organization' 'org owner of no organization fails' org owner nothing ann
fails 1 'without a terminal it needs --yes' 'org delete asks first' org delete "$other"
works 'org delete --yes deletes an organization' org delete "$other" --yes
call /organizations/get "{\"organizationId\":\"$other\"}" "$out"; expect 404 organization_not_found 'a deleted organization is gone'
is "$(events --org "$other" | head -1)" 'operator organization.delete Other []' 'the events of a deleted organization stay readable to the operator'

# --- erasure ---
join "$org" dora admin; dora=$bearer dora_id=$user_id
api /users/update '{"name":"Dora Miller"}' "$dora" > /dev/null
op user rename dora theodora; op user set-email theodora dora.miller@example.org
at invitations/create '"email":"dora@example.org"' "$ann"
third=$(new_org Third)
call /organizations/invitations/create "{\"organizationId\":\"$third\",\"email\":\"dora.miller@example.org\"}" "$OWNER"; pending=$(field .token)
at invitations/create '"email":"guest@example.org"' "$dora"
fails 1 'without a terminal it needs --yes' 'user erase asks first' user erase theodora
held
works 'user erase works beside a running server' user erase theodora --yes
former=$(sed -n 's/^username: //p' <<< "$out_text")
like "$former" '^former-[0-9]+$' 'an erased account has a name that names nobody'
like "$(told)" "^$former $former@erased\.invalid removed\$" 'hosts are told that the erased account is removed, under its new name'
is "$(dump | grep -iE "dora|miller")" '' 'no table has a name or an address of an erased person'
op user show "$dora_id"; like "$out_text" '^state: disabled$' 'the number of an erased account stays bound'
call /users/whoami '{}' "$dora"; is "$status" 401 'the tokens of an erased account are refused'
call /organizations/invitations/accept "{\"token\":\"$pending\",\"username\":\"new\"}"; expect 404 invitation_not_found 'invitations for an erased person are withdrawn'
at invitations/create '"email":"x1@example.org"'
for name in dora theodora; do
    call /organizations/invitations/accept "{\"token\":\"$(field .token)\",\"username\":\"$name\"}"; expect 409 username_taken "the former username $name of an erased person is not given away"
    at invitations/create '"email":"x1@example.org"'
done
op user erase "$owner_id" --yes; like "$op_status $out_text" '^1 .*last owner' 'the last owner of an organization is not erased'
orgd_end
for file in "$DATA" "$DATA"-wal; do
    [ -e "$file" ] && is "$(LC_ALL=C grep -aicE 'theodora|miller' "$file")" 0 "no byte of ${file##*/} has a name of the erased person after the end of the server"
done
is "$("$ORGD" check --data "$DATA" 2>&1)" "$DATA_NAME: nothing is wrong" 'orgd check finds no error after the commands'

# --- without a server ---
works 'user token works without a server' user token ann --end-others
ann=$(sed -n 's/^bearer: //p' <<< "$out_text")
fails 1 'a time that has passed' 'events prune of a time to come fails' events prune 2100-01-01T00:00:00Z
sleep 1
works 'events prune works without a server' events prune "$(date -u +%FT%TZ)"
like "$out_text" '^pruned: [1-9][0-9]*$' 'events prune says how many events it removed'
is "$(events | wc -l) $(events | cut -d' ' -f1-2)" '1 operator events.prune' 'what is left of the events is that they were pruned'
fails 1 'must be a time like' 'events prune of no time fails' events prune yesterday
orgd_start
call /users/whoami '{}' "$ann"; is "$status" 200 'a token that was made without a server is accepted by it'
for i in 1 2 3; do call /users/update "{\"name\":\"Ann $i\"}" "$ann"; done
op events prune 2000-01-01T00:00:00Z; like "$out_text" '^pruned: 0$' 'events prune keeps what is newer'
is "$(events --org "$org" | grep -vc token.sign-in)" 3 'events prune of nothing writes no event'
orgd_end

# --- mistakes ---
fails 2 'unknown command' 'an unknown noun is a mistake' frob list
fails 2 'unknown command' 'an unknown verb is a mistake' user frob
fails 2 'unknown command' 'a noun alone is a mistake' user
fails 2 'an argument is missing' 'a missing argument is a mistake' user show
fails 2 'unexpected argument' 'one argument more is a mistake' user show ann bob
out_text=$("$ORGD" user list --data "$T/none.db" 2>&1); like "$? $out_text" '^1 .*none\.db: unable to open' 'a missing data file fails with the reason'
ok 'a command makes no data file' test ! -e "$T/none.db"

# --- root beside a server with a user of its own ---
if [ "$(id -u)" = 0 ] && have setpriv; then
    mkdir -m 700 "$T/own"; chown 65534:65534 "$T/own"; chmod 711 "$T"
    DATA=$T/own/orgd.db SOCKET=$T/own/orgd.sock OWNER=
    cp "$ORGD" "$T/own/orgd"; real=$ORGD
    as_user() { printf '#!/bin/bash\nexec setpriv --reuid 65534 --regid 65534 --clear-groups -- "%s" "$@"\n' "$T/own/orgd" > "$T/user-orgd"; chmod 755 "$T/user-orgd"; ORGD=$T/user-orgd; }
    as_user; orgd_start; ORGD=$real
    works "root's user list works beside a server of another user" user list
    ORGD=$T/user-orgd orgd_stop
    works "root's user token works without the server" user token owner
    token=$(sed -n 's/^bearer: //p' <<< "$out_text")
    is "$(find "$T/own" ! -user 65534 ! -name orgd)" '' 'root leaves no file of its own in the data directory'
    ORGD=$T/user-orgd; orgd_start
    call /users/whoami '{}' "$token"; is "$status" 200 'the server of another user starts after root worked on its data file'
    orgd_end
else
    pass "root beside a server of another user # SKIP needs root"
fi
done_testing
