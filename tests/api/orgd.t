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

like "$(probe watch 0 0)" '^reset' 'everything, from the beginning'
probe watch 0 0 > "$T/out"
since=$(sed -n 's/^done //p' "$T/out")
like "$(probe watch "$since" 300)" "^heard" 'a poll that is held is heard from'
join "$org" bob member
like "$(probe watch "$since" 10000)" '^member .*"username":"bob".*"state":"active"' 'a member who joined'

probe watch 0 0 > "$T/out"; since=$(sed -n 's/^done //p' "$T/out")
probe watch "$since" 20000 > "$T/out" &
ok 'heard at once' wait_for 2 heard '^heard'
start=$(date +%s%N)
api /organizations/members/remove "{\"organizationId\":\"$org\",\"userId\":\"$user_id\"}" "$OWNER" > "$T/removed"
ok 'a change arrives' wait_for 2 heard '^member .*"state":"removed"'
took=$((($(date +%s%N) - start) / 1000000))
ok "long before the end of the poll ($took ms)" test $took -lt 10000
like "$(probe watch 999999 0)" '^reset' 'a revision that the server does not know begins again'

join "$org" cid member
"$PROBE" url="$URL" token="$bearer" org="$org" watch 1000 20000 <&8 > "$T/all" 2>&1
since=$(sed -n 's/^done //p' "$T/all")
"$PROBE" url="$URL" token="$bearer" org="$org" watch "$since" 20000 <&8 > "$T/out" 2>&1 &
wait_for 2 heard '^heard'
api /organizations/members/remove "{\"organizationId\":\"$org\",\"userId\":\"$user_id\"}" "$OWNER" > "$T/removed"
ok 'who leaves is told so in the held poll' wait_for 2 heard 'error status=1 .*code=unauthorized'

probe watch "$(sed -n 's/^done //p' "$T/all")" 20000 > "$T/out" &
orgd_stop
probe watch 1 1000 > "$T/out"
is "$?" 2 'a server that is gone is not reached'
done_testing
