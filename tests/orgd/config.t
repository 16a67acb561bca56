#!/bin/bash
# The configuration file, what the server tells a service manager, and the metrics.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/orgd.sh"
only_sqlite 'it is about data files'
need python3
conf=$T/orgd.conf
# refused REGEX NAME LINE...: orgd exits with status 2 and one line that matches
refused() {
    local regex=$1 name=$2 out; shift 2
    printf '%s\n' "$@" > "$conf"
    out=$(timeout 20 "$ORGD" --config "$conf" --data "$T/no.db" --socket "$T/no.sock" 2>&1); like "$? $out" "^2 orgd: $regex" "$name"
}
cat > "$conf" <<CONF
# everything that the command line lacks
data = "$DATA";
socket = "$T/other.sock";
listen = [ "127.0.0.1:0", "127.0.0.1:0" ];
owner = "ann@example.org";
attempts = 5;
debug = true;
quota = ( "user-tokens=2" );
create_organizations = "anyone";
CONF
notified() { python3 - "$T/notify" "$T/notified" <<'PY'
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
out = open(sys.argv[2], 'w')
print('listening on it', flush=True)
while True:
    print(s.recv(4096).decode(), file=out, flush=True)
PY
}
start "$T/n.out" '^listening' notified
NOTIFY_SOCKET=$T/notify WATCHDOG_USEC=4000000 start "$T/orgd.out" '^listening on 127' "$ORGD" --config "$conf" --socket "$SOCKET" 2>> "$ORGD_LOG" || diag "$(cat "$ORGD_LOG")"
orgd_pid=$started
OWNER=$(grep -E '^live_' "$T/orgd.out")
call /users/whoami '{}' "$OWNER"; is "$(field .user.email)" ann@example.org 'a setting of the file is taken'
ok 'an option of the command line wins over the file' test -S "$SOCKET" -a ! -e "$T/other.sock"
is "$(grep -c '^listening on 127' "$T/orgd.out")" 2 'a list of the file gives an option several times'
like "$(cat "$ORGD_LOG")" 'POST /v1/users/whoami 200' 'a setting that is true is a switch'
call /users/tokens/create '{}' "$OWNER"; call /users/tokens/create '{}' "$OWNER"; expect 409 quota 'a quota of the file counts'
wait_for 5 grep -q WATCHDOG "$T/notified"
is "$(head -1 "$T/notified")" READY=1 'the service manager is told when the server is ready'
ok 'the watchdog is told that the loop runs' grep -q '^WATCHDOG=1$' "$T/notified"
like "$("$ORGD" user list --config "$conf" 2>&1)" ' ann ' "the operator's commands find the data file by the file"
orgd_end

rm "$conf"
out=$("$ORGD" --config "$conf" 2>&1); like "$? $out" "^2 orgd: $conf: No such file" 'a file that is named and missing is refused'
refused "$conf:2: there is no setting frob" 'an unknown setting is refused with its line' '' 'frob = 1;'
refused "$conf:1: there is no setting yes" 'a switch of the commands is no setting' 'yes = true;'
refused "$conf:1: syntax error" 'a syntax error is refused with its line' 'data = ;'
refused "$conf:1: data: must be a text, a number" 'a group is refused' 'data = { a = 1; };'
refused "$conf:1: attempts = \"0\": must be 1-" 'a number out of range is refused with its line' 'attempts = 0;'
refused "$conf:2: listen = \"0.0.0.0:1\": plain HTTP is for loopback" 'a wrong value in a list is refused with its line' 'listen = [' '"0.0.0.0:1" ];'
refused '--smtp and --smtp-from go together' 'settings that need each other are checked together' 'smtp = "smtp://127.0.0.1";'
chmod 666 "$conf"; out=$("$ORGD" --config "$conf" 2>&1); like "$? $out" "^2 orgd: $conf: other users can change it" 'a file that others can change is refused'

# --- old events ---
rm -f "$DATA"*; OWNER=
orgd_start; orgd_stop
day=86400000 now=$(($(date +%s) * 1000))
sql "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1200) INSERT INTO events (at, organization_id, actor, actor_name, action, subject, subject_name, detail, origin, request) SELECT $now - 3 * $day + i * $day / 1000, '', '', '', 'x', '', '', i, '', '' FROM n"
orgd_start --keep-events 2
wait_for 15 eval '[ "$(sql "SELECT min(at) > $now - 2 * $day FROM events")" = 1 ]'
left=$(sql 'SELECT count(*) FROM events')
is "$((left > 150 && left <= 200))" 1 'events older than --keep-events are removed, and no others'
orgd_end
out=$("$ORGD" --keep-events 0 2>&1); like "$? $out" '^2 .*--keep-events 0: must be 1-' 'no days are no number of days'

# --- access log ---
log=$T/access.json
orgd_start --access-log "$log"
call /users/whoami '{}' "$OWNER"; owner_id=$(field .user.id); call /users/whoami '{}' 'live_x:y'; request '/a"b%22' -d '{}' > /dev/null
is "$(jq -r '"\(.method) \(.path) \(.status) \(.caller) \(.from)"' "$log" | paste -sd,)" "POST /v1/users/whoami 200 $owner_id unix:$UID,POST /v1/users/whoami 401 - unix:$UID,POST /v1/a 400 - unix:$UID" 'each request is a line of JSON in the access log'
is "$(jq -r '(.time | test("^20[0-9-]{8}T[0-9:]{8}[.][0-9]{3}Z$")) and (.bytes > 0) and (.ms >= 0) and (.id | length == 16)' "$log" | sort -u)" true 'the lines have time, bytes, duration and id'
is "$(grep -c -e "${OWNER#*:}" "$log") $(stat -c %a "$log")" '0 600' 'the access log has no secret, and mode 600'
mv "$log" "$log.1"; kill -HUP "$orgd_pid"; call /users/whoami '{}' "$OWNER"
wait_for 5 test -s "$log"
is "$(wc -l < "$log")" 1 'SIGHUP opens the access log again'
orgd_end
out=$("$ORGD" --data "$T/no.db" --socket "$T/no.sock" --access-log "$T/no/such" 2>&1); like "$? $out" '^1 .*no/such: No such file' 'an access log that cannot be opened is refused'

# --- metrics ---
orgd_start --metrics 127.0.0.1:0
org=$(new_org Acme)
at=$(sed -n 's|^listening on \(127.*\) for /metrics|http://\1|p' "$T/orgd.out")
request /organizations/members/changes -d "{\"organizationId\":\"$org\",\"since\":1,\"wait\":20000}" -H "Authorization: Bearer $OWNER" > /dev/null & poll=$!
call /users/whoami '{}' 'live_x:y'; call /frob '{}' "$OWNER"; sleep 0.3
curl -sS -i "$at/metrics" | tr -d '\r' > "$T/metrics"
like "$(cat "$T/metrics")" '^Content-Type: text/plain; version=0\.0\.4' 'the metrics are text of the exposition format'
has() { is "$(grep -E "^$1 " "$T/metrics" | sed 's/.* //')" "$2" "the metrics count $1"; }
has 'orgd_requests_total\{path="/organizations/create",status="200"\}' 1
has 'orgd_requests_total\{path="/users/whoami",status="401"\}' 1
has 'orgd_requests_total\{path="other",status="404"\}' 1
has orgd_held_polls 1
has orgd_events_total "$(sql 'SELECT max(id) FROM events')"
ok 'the metrics have the connections and the log' test "$(sed -n 's/^orgd_connections //p' "$T/metrics")" -ge 1 -a "$(sed -n 's/^orgd_log_bytes //p' "$T/metrics")" -gt 0
is "$(sed '1,/^$/d' "$T/metrics" | grep -vE '^# (HELP|TYPE) orgd_[a-z_]+ .+$|^orgd_[a-z_]+(\{[a-z]+="[^"]*"(,[a-z]+="[^"]*")*\})? [0-9.e+-]+$')" '' 'each line of the metrics is of the format'
body=$(curl -sS "$at/v1/users/whoami" -H 'Content-Type: application/json' -d '{}' -H "Authorization: Bearer $OWNER"); is "$(field .reason)" unknown_endpoint 'the API is not on the listener for metrics'
body=$(curl -sS "$at/v1/organizations/create" -H 'Content-Type: application/json' -d '{"name":"X"}' -H "Authorization: Bearer $OWNER"); is "$(field .reason)" unknown_endpoint 'changes are not either'
is "$(curl -sS -o /dev/null -w '%{http_code}' "$URL/metrics")" 404 'the metrics are not on the listeners of the API'
out=$("$ORGD" --metrics 0.0.0.0:0 2>&1); like "$? $out" '^2 .*--metrics 0.0.0.0:0: ' 'metrics are for loopback addresses only'
kill $poll
orgd_end
done_testing
