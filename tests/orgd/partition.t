#!/bin/bash
# A network that is cut between orgd and its database, in a namespace of its own: orgd notices, calls nothing fresh, and goes on.
. "$(dirname "$0")/../lib/tap.sh"
need_root
need ip unshare
if [ -z "${INSIDE-}" ]; then
    unshare -n true 2> /dev/null || skip_all 'no network namespace can be made here'
    export INSIDE=1
    exec unshare -n bash "$0"
fi
STORE=postgresql
ip link set lo up
. "$(dirname "$0")/../lib/orgd.sh"
health() { curl -sS -o /dev/null -w '%{http_code}' --max-time 20 --unix-socket "$SOCKET" http://localhost/healthz; }
health_is() { [ "$(health)" = "$1" ]; }
beats() { wc -c < "$T/poll"; }
rename() { call /organizations/update "{\"organizationId\":\"$org\",\"name\":\"$1\"}" "$OWNER"; }

postgresql_stop
postgresql_start -c listen_addresses=127.0.0.2
DATA='postgresql://orgd@127.0.0.2/orgd'
orgd_start
org=$(new_org Acme)
call /organizations/members/changes "{\"organizationId\":\"$org\",\"since\":0}" "$OWNER"
since=$(field .revision)
request /organizations/members/changes -N --max-time 120 -d "{\"organizationId\":\"$org\",\"since\":$since,\"wait\":100000}" -H "Authorization: Bearer $OWNER" > "$T/poll" 2> /dev/null &
wait_for 10 test -s "$T/poll"

ip link set lo down
begun=$(date +%s%3N)
rename Two
ms=$(($(date +%s%3N) - begun))
is "$status" 503 'a change behind a cut network is refused with 503'
diag "after $ms ms"
ok 'within some seconds' test "$ms" -lt 20000
ok 'healthz says 503' wait_for 20 health_is 503
wait_for 20 eval '[ $(($(date +%s%3N) - begun)) -gt 6000 ]'
before=$(beats)
sleep 6
is "$(beats)" "$before" 'a held poll gets no heartbeat'
ip link set lo up
begun=$(date +%s%3N)
ok 'when the network is back orgd serves again' wait_for 20 health_is 200
diag "after $(($(date +%s%3N) - begun)) ms"
rename Three; is "$status $(sql "SELECT name FROM organizations WHERE id = '$org'")" '200 Three' 'and changes'
ok 'and its polls get heartbeats' wait_for 20 eval '[ "$(beats)" -gt "$before" ]'
join "$org" ann member
ok 'and news' wait_for 10 grep -q '"ann"' "$T/poll"
orgd_end
done_testing
