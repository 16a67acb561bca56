#!/bin/bash
# The sockets at which orgsyncd is asked: whoever floods the one for all keeps no login of sshd or sudo from its confirmation, and
# nobody but root makes the host ask the vendor more often than login_max_age says.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../lib/root.sh"
inside_root
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/host.sh"

LOGINS=8
USERS=16 # first uid 3000
start_syslog
start_sshd
new_key ada
listen "$T/port" python3 -B "$TOP/tests/fakes/satusky.py" --log "$T/satusky.log" --fault finish=0 2>"$T/fake.err"
fake=$started control=$heard/_fake
(umask 077 && echo sat_ada >/etc/orglogin/vendor.token)
cat >$CONF <<CONFIG
organizations = ({ name = "acme"; provider = "satusky"; url = "$heard/v1/cli"; id = "0a000000-0000-4000-8000-000000000001";
                   token_file = "/etc/orglogin/vendor.token"; });
groups = ({ name = "acme"; org = "acme"; everyone = true; });
access = ({ services = ["*"]; org = "acme"; everyone = true; });
freshness = { login_max_age = "5s"; timeout = "2s"; offline_grace = "1h"; poll = "1h"; };
CONFIG
orgsyncd 2>"$T/orgsyncd.log" &
daemon=$!
ok 'orgsyncd publishes the members' wait_for 20 getent passwd ada
asked() { wc -l <"$T/satusky.log"; }

# --- who may cause requests ---
cat >"$T/ask.py" <<'PYTHON'
"""Asks orgsyncd, as the user UID, for a confirmation of this moment, for SECONDS; prints how often it was answered."""
import os, socket, struct, sys, time
path, uid, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
os.setgroups([]); os.setgid(uid); os.setuid(uid)
end, answers = time.monotonic() + seconds, 0
while time.monotonic() < end:
    s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    s.connect(path)
    s.send(struct.pack('=6I32s', 0x3147524f, 1, 0, 500, 0, 0, b''))
    answers += len(s.recv(4096)) > 0
    s.close()
    time.sleep(0.05)
print(answers)
PYTHON
before=$(asked) begun=$EPOCHSECONDS
answers=$(python3 -B "$T/ask.py" /run/orglogin/orgsyncd.sock 3000 8)
ok 'orgsyncd answers a user who asks all the time' test "$answers" -gt 20
# A listing of this vendor is up to two requests.
ok 'a user makes the host ask the vendor once in login_max_age at the most' test $(($(asked) - before)) -le $((2 * ((EPOCHSECONDS - begun) / 5 + 1)))
out=$(python3 -B "$T/ask.py" /run/orglogin/orgsyncd-root.sock 3000 1 2>&1)
like "$out" PermissionError 'a user cannot connect to the socket of root'

# --- a flood ---
setsid python3 -B "$TOP/tests/lib/flood.py" /run/orglogin/orgsyncd.sock $USERS 2>/dev/null &
flood=$!
sleep 2
: >$AUTH_LOG
admitted=0 told=0
for ((i = 0; i < LOGINS; i++)); do
    [ "$(as ada id -un)" = ada ] && admitted=$((admitted + 1))
    orgadmin host status >"$T/status" 2>&1 && told=$((told + 1))
done
ok 'the flood goes on all the while' kill -0 $flood
kill -- -$flood
is "$admitted" $LOGINS "sshd admits a member while $USERS users flood the socket"
is "$(grep -c 'reason=rule' $AUTH_LOG) $(grep -c 'reason=offline' $AUTH_LOG)" "$LOGINS 0" 'every login is confirmed while others flood the socket'
is "$told" $LOGINS 'orgsyncd answers host status of root while others flood the socket' || diag "$(cat "$T/status")"
ok 'orgsyncd answers other users after the flood' wait_for 10 eval "su -s /bin/sh nobody -c 'orgadmin host metrics' >/dev/null"
kill $daemon $fake
done_testing
