#!/bin/bash
# The native provider against orgd itself: the watch and its speed.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/orgd.sh"
PROBE=${APIPROBE:-$BUILD/tests/apiprobe}
orgd_start
org=$(new_org Acme)
mkfifo "$T/in"; exec 8<> "$T/in"
probe() { "$PROBE" url="$URL" token="$OWNER" org="$org" timeout=3000 "$@" <&8 2>&1; }
heard() { grep -q "$1" "$T/out"; }

like "$(probe watch 0 0)" '^reset' 'a watch from revision 0 prints the whole listing'
probe watch 0 0 > "$T/out"
since=$(sed -n 's/^done //p' "$T/out")
like "$(probe watch "$since" 300)" "^heard" 'a held poll hears a heartbeat'
join "$org" bob member
like "$(probe watch "$since" 10000)" '^member .*"username":"bob".*"state":"active"' 'a watch prints a member who joined'

probe watch 0 0 > "$T/out"; since=$(sed -n 's/^done //p' "$T/out")
probe watch "$since" 20000 > "$T/out" &
ok 'a held poll hears a heartbeat at once' wait_for 2 heard '^heard'
start=$(date +%s%N)
api /organizations/members/remove "{\"organizationId\":\"$org\",\"userId\":\"$user_id\"}" "$OWNER" > "$T/removed"
ok 'a held poll prints a removal' wait_for 2 heard '^member .*"state":"removed"'
took=$((($(date +%s%N) - start) / 1000000))
ok 'a held poll prints a removal long before its end' test $took -lt 10000
like "$(probe watch 999999 0)" '^reset' 'a watch from a revision that orgd does not know prints the whole listing'

join "$org" cid member
"$PROBE" url="$URL" token="$bearer" org="$org" watch 1000 20000 <&8 > "$T/all" 2>&1
since=$(sed -n 's/^done //p' "$T/all")
"$PROBE" url="$URL" token="$bearer" org="$org" watch "$since" 20000 <&8 > "$T/out" 2>&1 &
wait_for 2 heard '^heard'
api /organizations/members/remove "{\"organizationId\":\"$org\",\"userId\":\"$user_id\"}" "$OWNER" > "$T/removed"
ok 'a held poll of a removed member ends as unauthorized' wait_for 2 heard 'error status=1 .*code=unauthorized'

probe watch "$(sed -n 's/^done //p' "$T/all")" 20000 > "$T/out" &
orgd_stop
probe watch 1 1000 > "$T/out"
is "$?" 2 'a watch of a server that is gone ends as unreachable'
done_testing
