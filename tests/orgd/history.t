#!/bin/bash
# The cursor of members/changes: equal revisions of two histories are not taken for each other, whatever was put back.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/orgd.sh"
only_sqlite 'it is about copies of the data file'
orgd_start
org=$(new_org Acme)
for name in ann bob cid fin; do join "$org" $name member; done
fin_id=$user_id
# changes SINCE [CURSOR]: what the members/changes of a host says; sets $revision and $cursor
changes() {
    call /organizations/members/changes "$(jq -nc --arg org "$org" --argjson since "$1" --arg cursor "${2-}" '{organizationId: $org, since: $since} + if $cursor == "" then {} else {cursor: $cursor} end')" "$OWNER"
    revision=$(field .revision) cursor=$(field .cursor)
}
news() { jq -c '[.complete, (.members | map(.username + " " + .role + " " + .state))]' <<<"$body"; }
set_role() { call /organizations/members/set-role "{\"organizationId\":\"$org\",\"userId\":\"$1\",\"role\":\"$2\"}" "$OWNER"; }
remove() { call /organizations/members/remove "{\"organizationId\":\"$org\",\"userId\":\"$1\"}" "$OWNER"; }

changes 0
is "$(field .complete) $revision" 'true 5' 'since 0 without a cursor lists every member'
like "$cursor" '^[0-9]+\.[0-9a-f]{32}$' 'members/changes gives a cursor'
first=$cursor
changes 5 "$first"
is "$(news) $([ "$cursor" = "$first" ] && echo same)" '[false,[]] same' 'without a new change the cursor stays the same'
set_role "$fin_id" admin
changes 5 "$first"
is "$(news)" '[false,["fin admin active"]]' 'a known cursor gets the changes after it'
unlike "$cursor" "^$first$" 'each commit has a cursor of its own'
before=$cursor
"$ORGD" backup --data "$DATA" "$T/backup.db"
set_role "$fin_id" member
changes 6 "$before"
is "$revision $(news)" '7 [false,["fin member active"]]' 'the host reads revision 7 before the backup is restored'
host=$cursor
orgd_stop

# A backup is put back; what happens then has the revision that the host knows already.
cp "$T/backup.db" "$DATA"; rm -f "$DATA-wal" "$DATA-shm"
orgd_start
remove "$fin_id"
changes 7 "$host"
is "$revision $(news | jq -c '[.[0], (.[1] | map(select(test("fin"))))]')" '7 [true,["fin admin removed"]]' 'revision 7 after a restored backup is told apart: every member is listed'
changes 7
is "$(news)" '[false,[]]' 'a call without a cursor is answered by its revision alone'
changes 9 "$host"
is "$(field .complete)" true 'a revision ahead of the restored data file gets every member'
changes 6 "$before"
is "$(news)" '[false,["fin admin removed"]]' 'a cursor from before the backup is still known after the restore'

# A copy of the running machine, resumed twice, goes two ways under the same numbers.
orgd_stop
cp "$DATA" "$T/image.db"
orgd_start
set_role "$(sql "SELECT id FROM users WHERE username = 'bob'")" admin
changes 0; left=$cursor left_revision=$revision
orgd_stop
cp "$T/image.db" "$DATA"; rm -f "$DATA-wal" "$DATA-shm"
orgd_start
set_role "$(sql "SELECT id FROM users WHERE username = 'bob'")" admin
changes 0
is "$revision $([ "$cursor" = "$left" ] && echo same)" "$left_revision " 'the same change in a resumed copy has the same revision and another cursor'
changes "$left_revision" "$left"
is "$(field .complete)" true 'a cursor of the other resumed copy gets every member'

for bad in 'no number=x' 'no random part=1.' 'no number in front=.00' "a digit too many=1.${cursor#*.}0" "a number too long=99999999999999999.${cursor#*.}" \
    "a negative number=-${cursor}" "sixty letters=$(printf 'a%.0s' {1..60})"; do
    changes "$revision" "${bad#*=}"
    is "$status $(field .complete)" '200 true' "a malformed cursor (${bad%%=*}) gets every member"
done
changes 0 "$cursor"
is "$(field .complete)" true 'since 0 lists every member, whatever the cursor'

# Only so many commits are remembered.
number=${cursor%%.*} known=$cursor at=$revision
sql "UPDATE organizations SET commits = commits + 9999 WHERE id = '$org'"
set_role "$fin_id" member
call /organizations/members/set-role "{\"organizationId\":\"$org\",\"userId\":\"$(sql "SELECT id FROM users WHERE username = 'cid'")\",\"role\":\"admin\"}" "$OWNER"
changes "$at" "$known"
is "$(field .complete) $(sql "SELECT min(number) > $number FROM commits WHERE organization_id = '$org'")" 'true 1' 'a cursor older than 10 000 commits gets every member'
orgd_end

done_testing
