#!/bin/bash
# A full disk: what cannot be written is refused and not half there, what was acknowledged stays, and it goes on with room again.
. "$(dirname "$0")/../lib/tap.sh"
if [ $# = 0 ]; then # its file system is nobody else's
    unshare --mount --propagation private true 2> /dev/null || skip_all 'no namespaces here'
    exec unshare --mount --propagation private "$0" inside
fi
. "$(dirname "$0")/../lib/orgd.sh"
only_sqlite 'it is about the disk of the data file'
need python3; need_root
mkdir "$T/small"
mount -t tmpfs -o size=12m,mode=700 none "$T/small" || skip_all 'cannot mount here'
trap 'cd /; umount "$T/small"; tap_cleanup' EXIT
DATA=$T/small/orgd.db
orgd_start
fill() { head -c 20M /dev/zero > "$T/small/ballast$1" 2> /dev/null; }
timeout 300 python3 "$TOP/tests/orgd/parallel.py" "$URL" "$OWNER" writes 2 f "$T/acknowledged" > "$T/count" & writer=$!
wait_for 20 eval '[ "$(sql "SELECT count(*) FROM events")" -gt 20 ]'
fill 1; wait $writer; acknowledged=$(cat "$T/count")
ok "changes are acknowledged until the disk is full" test "$acknowledged" -gt 0
rm "$T/small/ballast1"
org=$(new_org Acme)
at() { call "/organizations/$1" "{\"organizationId\":\"$org\"${2:+,$2}}" "${3-$OWNER}"; }
ids=() tokens=() keys=()
for i in 1 2 3 4 5 6 7 8 9 10; do join "$org" "u$i" member; ids+=("$user_id") tokens+=("$bearer"); done
at tokens/create '"role":"member"'; host=$(field .apiToken.bearer)
at invitations/create '"email":"x@example.org"'; invitation=$(field .id)
at join-codes/create; code=$(field .id)
at members/keys/add "\"userId\":\"${ids[4]}\",\"key\":\"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDGDdCJnxsvAo+lmSx9Hn3uLMxZ9gRyktyQn2F9M0fj0\""; print=$(field .key.fingerprint)
at members/changes '"since":0'; revision=$(field .revision)
like "$(stat -c '%a %b' "$DATA-reserve")" '^600 [1-9]' 'room is kept beside the data file'
orgd_stop; orgd_start # its log begins anew, and has no room of its own
fill 2
refused() { call /organizations/create '{"name":"No room"}' "$OWNER"; expect 507 disk_full "$1"; }
refused 'a change on a full disk is refused with 507'
like "$(field .message)" 'disk of the server is full; removals' 'the answer says that the disk is full and what goes on'
call /users/whoami '{}' "$OWNER"; is "$status" 200 'reading goes on while the disk is full'
request /organizations/members/changes -d "{\"organizationId\":\"$org\",\"since\":$revision,\"wait\":20000}" -H "Authorization: Bearer $host" > "$T/poll" & poll=$!
sleep 0.5
at members/remove "\"userId\":\"${ids[0]}\""; is "$status $(field .removed)" '200 true' 'a member is removed while the disk is full'
wait $poll; is "$(jq -r '.members[] | "\(.username) \(.state)"' "$T/poll")" 'u1 removed' 'hosts are told of a removal while the disk is full'
refused 'a change is refused with the room that was kept for removals'
at members/suspend "\"userId\":\"${ids[1]}\""; done_ok 'a member is suspended while the disk is full'
at members/revoke-tokens "\"userId\":\"${ids[2]}\""; done_ok "a member's tokens are revoked while the disk is full"
at members/set-role "\"userId\":\"${ids[3]}\",\"role\":\"member\""; done_ok 'a member gets another role while the disk is full'
at invitations/revoke "\"id\":\"$invitation\""; is "$status $(field .revoked)" '200 true' 'an invitation is revoked while the disk is full'
at join-codes/revoke "\"id\":\"$code\""; is "$status $(field .revoked)" '200 true' 'a join code is revoked while the disk is full'
at tokens/revoke "\"key\":\"${host%%:*}\""; is "$status $(field .revoked)" '200 true' 'a token is revoked while the disk is full'
at members/keys/remove "\"userId\":\"${ids[4]}\",\"fingerprint\":\"$print\""; is "$status $(field .removed)" '200 true' "a member's ssh key is withdrawn while the disk is full"
at update '"keyAdders":"admins"'; done_ok "members' own ssh keys are refused while the disk is full"
"$ORGD" user disable u5 --data "$DATA" > /dev/null; is $? 0 'the operator disables an account while the disk is full'
# Side by side: the changes of one round become durable together, and the removals among them anyway.
pids=()
for i in 6 7 8 9; do
    request /organizations/members/remove -o "$T/removed$i" -d "{\"organizationId\":\"$org\",\"userId\":\"${ids[i]}\"}" -H "Authorization: Bearer $OWNER" & pids+=($!)
    request /organizations/create -o "$T/created$i" -d '{"name":"No room"}' -H "Authorization: Bearer $OWNER" & pids+=($!)
done
wait "${pids[@]}"
is "$(jq -s 'map(.removed)|all' "$T"/removed*) $(jq -rs 'map(.reason)|unique|join(" ")' "$T"/created*)" 'true disk_full' 'removals beside refused changes are made'
like "$(cat "$ORGD_LOG")" 'there is no room for the 4 MB that are kept for removals' 'the log says that the room is used'
rm "$T/small/ballast2"
call /organizations/create '{"name":"Room"}' "$OWNER"; is "$status" 200 'changes are made again when the disk has room'
ok 'the room for removals is taken again' test -s "$DATA-reserve"
is "$(while read -r table column id; do echo "SELECT '$id' WHERE NOT EXISTS (SELECT 1 FROM $table WHERE $column = '$id');"; done < "$T/acknowledged" | sqlite3 "$DATA" | wc -l)" 0 \
    'every change acknowledged before the disk was full is in the data file'
is "$(sql "SELECT count(*) FROM organizations WHERE name = 'No room'")" 0 'a change refused on a full disk is not in the data file'
orgd_stop
is "$("$ORGD" check --data "$DATA" 2>&1)" "$DATA: nothing is wrong" 'orgd check finds no error after a full disk'
orgd_start
is "$(at members/list; field '.members | length')" 6 'the removals of a full disk last'
orgd_end

# What is run again by itself, because what it was to become durable with had no room, counts once for its quota.
orgd_start --quota caller-changes=60
fill 4; pids=()
for i in $(seq 40); do request /organizations/create -o "$T/once$i" -d '{"name":"Once"}' -H "Authorization: Bearer $OWNER" & pids+=($!); done
wait "${pids[@]}"
is "$(jq -rs 'map(.reason)|unique|join(" ")' "$T"/once*)" disk_full 'forty changes side by side are refused on a full disk'
rm "$T/small/ballast4"
pids=(); for i in $(seq 20); do request /organizations/create -o "$T/once$i" -d '{"name":"Once"}' -H "Authorization: Bearer $OWNER" & pids+=($!); done
wait "${pids[@]}"
rm -f "$T"/once{21..40}
is "$(jq -rs 'map(.reason)|unique|join(" ")' "$T"/once*)" '' 'a change that was run twice took its quota once'
orgd_end

# A file of an older version is not migrated where its copy has no room.
rm -f "$DATA"*
(umask 077; sqlite3 "$DATA" < "$TOP/tests/orgd/version-4.sql" > /dev/null)
before=$(sqlite3 "$DATA" .dump | md5sum)
fill 3
out=$("$ORGD" --data "$DATA" --socket "$T/s" 2>&1); like "$? $out" '^1 .*(full|disk I/O error|No space)' 'a file of an older version is not migrated where it cannot be copied'
rm "$T/small/ballast3"
is "$(sqlite3 "$DATA" .dump | md5sum)" "$before" 'such a file stays what it was'
is "$(find "$T/small" -name '*version*')" '' 'such a start leaves no half copy'
done_testing
