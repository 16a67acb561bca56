#!/bin/bash
# orgadmin export and apply: the round trip, what a file may not say, the order, what fails in the middle, and nobody locked out.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/orgd.sh"
need python3
ORGADMIN=$BUILD/orgadmin
umask 022
unset ORGADMIN_ORG ORGADMIN_TOKEN_FILE ORGADMIN_PROFILE
export XDG_CONFIG_HOME=$T/config
orgd_start --owner ann@example.org
(umask 077; printf '%s\n' "$OWNER" > "$T/ann.token")
run() { out=$("$ORGADMIN" "$@" 2> "$T/err" < "${INPUT:-/dev/null}"); rc=$?; err=$(cat "$T/err"); }
run login --url "unix:$SOCKET" --token-file "$T/ann.token"
run org create Acme
ACME=$("$ORGADMIN" org current -o json | jq -r .id)
for who in 'bob admin' 'cid member' 'dan member'; do join "$ACME" $who; (umask 077; echo "$bearer" > "$T/${who% *}.token"); done
run role create viewer --permissions members:view,org:view
run invitation create eve@example.org --role admin --username eve9
run member suspend dan --yes
# who: what there is, in one line
who() { "$ORGADMIN" export | jq -r '[(.roles[] | "\(.id):\(.permissions | join("+"))"), (.members[] | "\(.email)=\(.roles[0])\(if .state then "!" else "" end)"), (.invitations[] | "\(.email)?\(.roles[0])\(.username // "")")] | join(" ")' | sed 's/@example.org//g'; }
ALL='viewer:members:view+org:view ann=owner bob=admin cid=member dan=member! eve?admineve9'
# file JQ-EXPRESSION: $T/state is the export, changed so
file() { jq "$1" "$T/export" > "$T/state"; }
# refused NAME REGEX JQ [OPTION...]: the file is refused before anything is sent
refused() {
    local name=$1 regex=$2; file "$3"; shift 3
    run apply "$T/state" --yes "$@"
    if [ "$rc" != 0 ] && [ "$rc" != 4 ] && [ "$out/$(who)" = "/$ALL" ] && grep -Eq -- "$regex" <<< "$err"; then pass "$name"
    else fail "$name" "want: /$regex/" "exit status $rc" "$out" "$err" "$(who)"; fi
}

# --- the round trip ---
run export; is "$rc/$err" 0/ 'export ends with 0'
printf '%s\n' "$out" > "$T/export"
is "$(who)" "$ALL" 'export has members, roles and invitations'
is "$(jq -c '[keys[], (.invitations[0] | keys[])]' "$T/export")" '["invitations","members","organization","roles","email","roles","username"]' 'export has no secret and no id of an invitation'
run apply "$T/export"; is "$rc/$out/$err" "0//Acme is as $T/export says: nothing is changed." 'apply of an export changes nothing, and asks nothing'
run apply "$T/export" --prune; is "$rc/$(who)" "0/$ALL" 'not even with --prune'
INPUT=$T/export run apply -; is "$rc" 0 'apply - reads standard input'
is "$("$ORGADMIN" export | sha256sum)" "$(sha256sum < "$T/export")" 'two exports are the same, byte for byte'
run member add --org "$ACME" --file "$T/export"; like "$err" '0 of . invited to Acme' 'an export is a file of people, too'

# --- what a file may not say ---
refused 'a mistyped field is named, with its place' 'state: members\[1\]\.rolse: there is no such field; did you mean "roles"' '.members[1] |= (.rolse = .roles | del(.roles))'
refused 'a mistyped section is named' 'state: member: there is no such field; did you mean "members"' '.member = .members'
refused 'a wrong type is named' 'state: members\[0\]\.roles: it is no list of words' '.members[0].roles = "owner"'
refused 'a comma in a role is refused' 'members\[0\]\.roles: it is no word' '.members[0].roles = ["owner,admin"]'
refused 'an unknown state is refused' 'members\[3\]\.state: it is neither "active" nor "suspended"' '.members[3].state = "removed"'
refused 'an address with a line break is refused' 'invitations\[0\]\.email: it is no text' '.invitations[0].email = "a@b\nc@d"'
refused 'an invitation without an address is refused' 'invitations\[0\]\.email: it is missing' 'del(.invitations[0].email)'
refused 'a member without a name is refused' 'members\[1\]: it has neither "email" nor "id"' '.members[1] |= del(.email, .id)'
refused 'an address twice is refused' 'members\[4\]\.email: BOB@example.org is there already, at members\[1\]|members\[1\]\.email: bob@example.org is there already' '.members += [{"email":"BOB@example.org","roles":["member"]}]'
refused 'an address twice is refused, also with the same roles' 'is there already' '.members += [.members[1]]'
refused 'a member who is invited as well is refused' 'invitations\[1\]\.email: cid@example.org is there already, at members\[2\]' '.invitations += [{"email":"cid@example.org","roles":["admin"]}]'
refused 'one person by id and by address is refused' 'members\[4\]: that is bob@example.org, who is at members\[1\] already' '.members[1] |= del(.email) | .members += [{"email":"bob@example.org","roles":["member"]}]'
refused "another member's id is refused" "the id is cid@example.org's, and the address is another member's" '.members[1].id = .members[2].id | .members |= del(.[2])'
refused 'an unknown role is refused' 'members\[1\]\.roles: Acme has no role "adnim"; did you mean "admin"' '.members[1].roles = ["adnim"]'
refused 'two roles are refused' 'members\[1\]\.roles: a person has one role here' '.members[1].roles = ["admin","member"]'
refused 'no role is refused' 'members\[1\]\.roles: bob@example.org has the role admin, and the last role is taken from nobody' '.members[1].roles = []'
refused 'a role that goes and is used is refused' 'members\[1\]\.roles: Acme has no role "viewer"' '.members[1].roles = ["viewer"] | .roles = []' --prune
refused 'a fixed role is refused' 'roles\[1\]\.id: owner, admin and member are fixed' '.roles += [{"id":"admin","permissions":[]}]'
refused 'an unknown permission is refused' 'roles\[0\]\.permissions: there is no such permission' '.roles[0].permissions = ["members:vew"]'
refused 'permissions of single members are refused' 'members\[1\]\.permissions: the provider "native" cannot set that' '.members[1].permissions = []'
refused 'another organization is refused' 'organization: it is of Other \(org_other\), not of Acme' '.organization = {"id":"org_other","name":"Other"}' --prune
refused 'an invited person is not suspended' 'members\[4\]\.state: eve@example.org is only invited' '.members += [{"email":"eve@example.org","state":"suspended"}] | .invitations = []'
refused 'nobody is invited by an id alone' 'nobody has the id usr_gone' '.members += [{"id":"usr_gone"}]'
printf '{"members":[]' > "$T/state"; run apply "$T/state"; is "$rc/$(who)" "2/$ALL" 'half a file is refused'
printf '{"members":[],"members":[]}' > "$T/state"; run apply "$T/state" --yes --prune; is "$rc/$(who)" "2/$ALL" 'a section twice is refused'
printf '[]' > "$T/state"; run apply "$T/state"; like "$rc/$err" '^2/.*it is no object' 'a list is refused'

# --- nobody is locked out ---
refused 'the last owner is not removed' 'Acme would have no owner any more: nothing is changed' '.members |= .[1:]' --prune
refused 'the last owner is not demoted' 'Acme would have no owner any more' '.members[0].roles = ["admin"]'
refused 'the last owner is not suspended' 'Acme would have no owner any more' '.members[0].state = "suspended"'
refused 'an owner who is only invited does not count' 'Acme would have no owner any more' '.members[0].roles = ["admin"] | .invitations[0].roles = ["owner"]'
refused 'a suspended owner does not count' 'Acme would have no owner any more' '.members[0].roles = ["admin"] | .members[3].roles = ["owner"]'
refused 'nor does one who stays suspended' 'Acme would have no owner any more' '.members[0].roles = ["admin"] | .members[3] |= (del(.state) | .roles = ["owner"])'
refused 'an empty file removes nobody' 'Acme would have no owner any more' '{"members":[]}' --prune

# --- without --prune nobody goes; it asks; a dry run ---
file '.members |= map(select(.email != "cid@example.org")) | .invitations = [] | .roles = []'
run apply "$T/state" --yes; is "$rc/$(who)" "0/$ALL" 'what is not in the file stays'
like "$err" '3 in Acme are not in .*state, and stay; --prune removes them\.' 'and is counted'
run apply "$T/state" --prune; is "$rc/$(who)" "2/$ALL" 'without --yes and without a terminal nothing is changed'
like "$err" '^- cid@example.org: member$' 'the difference is shown first'
like "$err" '^- invitation of eve@example.org: admin$' 'with the invitations'
run apply "$T/state" --prune --dry-run; is "$rc/$(who)" "0/$ALL" '--dry-run changes nothing'
is "$(sed 's,Not sent: POST /v1/organizations/\([a-z/]*\) .*,\1,' <<< "$out" | xargs)" 'invitations/revoke members/remove roles/remove' '--dry-run shows the requests, in their order'
file '{members: [], invitations: []}'; file '{invitations: []}'; run apply "$T/state" --prune --yes
is "$rc/$(who)" "0/${ALL% eve*}" 'only the kinds that the file has are pruned'
run invitation create eve@example.org --role admin --username eve9

# --- changes ---
file '.members[1].roles = ["owner"] | .members[2].roles = ["viewer"] | del(.members[3].state) | .members[3].state = "active" | .roles += [{"id":"ops","permissions":["members:view"]}] | .roles[0].permissions = ["members:view"] |
    .invitations[0].roles = ["ops"] | .invitations += [{"email":"fay@example.org","roles":["member"]}] | .members += [{"email":"gus@example.org","roles":["admin"]}]'
run apply "$T/state" --yes --out "$T/tokens"
is "$rc/$(who)" '0/ops:members:view viewer:members:view ann=owner bob=owner cid=viewer dan=member eve?opseve9 fay?member gus?admin' 'apply makes what the file says'
is "$(cut -d' ' -f1 "$T/tokens" | xargs)/$(stat -c %a "$T/tokens")" 'fay@example.org gus@example.org eve@example.org/600' 'the tokens of the invitations are in --out'
is "$(sed -n 's/^\([-+~] [^:]*\):.*/\1/p' <<< "$err" | tr '\n' ',')" '+ role ops,~ role viewer,~ bob@example.org,+ fay@example.org,+ gus@example.org,~ invitation of eve@example.org,~ cid@example.org,~ dan@example.org,' 'what is needed comes first'
run apply "$T/state" --yes; is "$rc/$out" 0/ 'a second apply changes nothing'
run apply "$T/export" --yes; run apply "$T/export" --yes --prune; is "$rc/$(who)" "0/$ALL" 'the first export brings everything back'
file '.members |= map(.email |= ascii_upcase)'; run apply "$T/state" --prune --yes; is "$rc/$(who)" "0/$ALL" 'capitals of an address are no difference'
file '.members |= map(.id = null | del(.id)) | del(.organization)'; run apply "$T/state" --prune --yes; is "$rc/$(who)" "0/$ALL" 'ids and the organization may be left out'

# --- oneself ---
file '.members[0].roles = ["member"] | .members[1].roles = ["owner"] | .members |= map(select(.email != "cid@example.org"))'
run apply "$T/state" --prune --yes
is "$rc" 0 'one may demote oneself, when somebody else is an owner then'
is "$(grep -c 'yourself' <<< "$err")/$(sed -n 's/^\([-+~] .*\)/\1/p' <<< "$err" | tail -n 1)" '1/~ ann@example.org (yourself): owner -> member' 'which is said, and comes last'
is "$("$ORGADMIN" member list --token-file "$T/bob.token" --url "unix:$SOCKET" -o json | jq -r '[.members[] | .username + "=" + .roles[0]] | join(" ")')" 'ann=member bob=owner dan=member' 'and everything else was done before'
as_bob() { run "$@" --token-file "$T/bob.token" --url "unix:$SOCKET" --org Acme; }
like "$err" '^Withdrawn with it: 1 invitation' 'an invitation that goes with the rights of who made it is told'
as_bob member role ann owner; run member role bob admin
run apply "$T/export" --yes -o json
call /organizations/invitations/accept "{\"token\":\"$(jq -r '.[] | select(.email == "cid@example.org").token' <<< "$out")\"}" "$(cat "$T/cid.token")"
is "$(who)" "$ALL" 'all is as before'

# --- who may not ---
file '.members[0].roles = ["owner"] | .members[2].roles = ["owner"] | .members |= map(select(.email != "dan@example.org"))'
as_bob apply "$T/state" --prune --yes
is "$rc/$(who)" "1/$ALL" 'an admin makes no owner, and nobody is removed when that fails'
like "$err" '^orgadmin: ~ cid@example.org: member -> owner: member role in Acme: .*403' 'what failed is named'
like "$err" '^Not done: - dan@example.org: member$' 'what was not tried is named'
like "$err" '^0 of 2 changes are made in Acme; the same command goes on\.$' 'and counted'
run apply "$T/state" --yes --token-file "$T/cid.token" --url "unix:$SOCKET" --org Acme; is "$out/$(who)" "/$ALL" 'a plain member changes nothing'

# --- one change fails ---
file '.members[1].roles = ["member"] | .invitations += [{"email":"e@v@e","roles":["member"]},{"email":"fay@example.org","roles":["member"]}] | .members |= map(select(.email != "dan@example.org"))'
run apply "$T/state" --prune --yes
is "$rc/$(who)" "1/${ALL/bob=admin/bob=member} fay?member" 'the others are made, and nothing is taken away'
like "$err" '^Done: +\+ fay@example.org: member$' 'what was done is named'
like "$out" 'fay@example.org +member' 'the tokens of what was done are not lost'
file '.members[1].roles = ["member"] | .invitations += [{"email":"fay@example.org","roles":["member"]}] | .members |= map(select(.email != "dan@example.org"))'
run apply "$T/state" --prune --yes
is "$rc/$(sed -n 's/^\([-+~] .*\)/\1/p' <<< "$err")" '0/- dan@example.org: member' 'the same command goes on with what is left'

# --- roles with an end ---
join "$ACME" ivy member
hour=$(date -u -d '+1 hour' +%FT%H:%M:%SZ) day=$(date -u -d '+1 day' +%FT%H:%M:%SZ)
run member role ivy admin --until "$hour"
ivy() { "$ORGADMIN" member list -o json | jq -r '.members[] | select(.username == "ivy") | "\(.roles[0]) \(.roles_after[0] // "-") \(.role_ends[:19] // "-")"'; }
state() { "$ORGADMIN" export | jq "(.members[] | select(.email == \"ivy@example.org\")) |= ($1)" > "$T/state"; run apply "$T/state" --yes; }
is "$("$ORGADMIN" export | jq -r '.members[] | select(.email == "ivy@example.org") | "\(.roles[0]) \(.temporary_role) \(.temporary_until[:19])"')" "member admin ${hour%Z}" 'export has the role without an end, and beside it the one that ends'
state .; is "$rc/$(ivy)" "0/admin member ${hour%Z}" 'apply of such an export keeps the role and its end'
like "$err" 'nothing is changed' 'and changes nothing'
state 'del(.temporary_role, .temporary_until)'; is "$rc/$(ivy)" "0/admin member ${hour%Z}" 'a file that says nothing of it takes no role before its end'
state "del(.temporary_role, .temporary_until) | .roles = [\"viewer\"]"; is "$rc/$(ivy)" "0/admin viewer ${hour%Z}" 'another role without an end goes behind it'
state ".temporary_until = \"$day\""; is "$rc/$(ivy)" "0/admin viewer ${day%Z}" 'apply moves the end'
like "$err" "ivy@example.org: admin until $day" 'and shows it'
state '.temporary_until = "2020-01-01T00:00:00Z"'; is "$rc/$(ivy)" "0/admin viewer ${day%Z}" 'an end in the file that has come says nothing any more'
state '.roles = ["admin"] | del(.temporary_role, .temporary_until)'; is "$rc/$(ivy)" '0/admin - -' 'a role without an end that the file wants takes its place'
state ".temporary_role = \"owner\" | .temporary_until = \"$hour\""; is "$rc/$(ivy)" "0/owner admin ${hour%Z}" 'apply gives a role with an end'
state '.roles = ["member"]'; is "$rc/$(ivy)" "0/owner member ${hour%Z}" 'and gives it again behind another one'
state '.temporary_until = "soon"'; like "$rc/$err" '^2/.*temporary_until: it is no time' 'an end that is no time is refused'
state 'del(.temporary_until)'; like "$rc/$err" '^1/.*temporary_until: it is missing' 'a role for a while without an end is refused'
state '.temporary_role = "onwer"'; like "$rc/$err" 'temporary_role: Acme has no role "onwer"; did you mean "owner"' 'an unknown role is refused there, too'

orgd_end
done_testing
