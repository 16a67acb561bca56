#!/bin/bash
# orglogin-keys beside orgsyncd: a key that was withdrawn opens nothing from the next login on, also while others flood orgsyncd; without
# orgsyncd the file's age counts; a clock that is wrong opens nothing. What it does with its surroundings and with the command behind it.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../lib/root.sh"
inside_root
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/host.sh"
. "$(dirname "$0")/../lib/keys.sh"
need python3

USERS=12 # of a flood, from uid 3000 on
start_syslog
start_sshd
useradd --create-home --shell /bin/bash larry
configure_file_provider
for name in ada mia larry chained; do key $name; done
key ada2; key ada3
sed -i -e 's/login_max_age = "10s"/login_max_age = "0s"/' -e 's/offline_grace = "12h"/offline_grace = "1h"/' -e 's/poll = "60s"/poll = "1h"/' $CONF
is "$(grep -cE '(max_age|grace|poll)[a-z_]* = "(0s|1h)"' $CONF)" 3 'the configuration is set'
organization ada:admin mia:member
log() { grep -c "orglogin-keys.*$1" $AUTH_LOG; }
ms() { echo $(($(date +%s%N) / 1000000)); }

# --- confirmed ---
orgsyncd 2>>"$T/orgsyncd.log" &
daemon=$!
ok 'orgsyncd hears from the organization' wait_for 10 eval 'orgadmin host status -o json | jq -e ".[0].heard != \"never\" and .[0].trouble == \"\""' || orgadmin host status -o json
is "$(stat -c '%U %G %a' /run/orglogin/orgsyncd-keys.sock)" 'root orglogin-keys 660' 'orglogin-keys has a socket of orgsyncd that nobody else can open'
is "$(as mia id -un)" mia 'sshd admits a member by the key'
without_keys mia
is "$(as mia id -un)" '' 'and refuses the key that the organization has not any more, at the very next login'
with_key mia mia
is "$(as mia id -un)" mia 'and admits it again'
cat >"$T/ask.py" <<'PYTHON'
"""As orglogin-keys, asks OP of orgsyncd at the socket of orglogin-keys; prints the status of the answer."""
import grp, os, pwd, socket, struct, sys
os.setgroups([]); os.setgid(grp.getgrnam('orglogin-keys').gr_gid); os.setuid(pwd.getpwnam('orglogin-keys').pw_uid)
s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
s.connect('/run/orglogin/orgsyncd-keys.sock')
s.send(struct.pack('=6I32s', 0x3147524f, int(sys.argv[1]), 0, 1000, 0, 0, b'ada' if sys.argv[1] == '9' else b''))
answer = s.recv(4096)
print(struct.unpack('=2I', answer[:8])[1] if answer else 'none')
PYTHON
for op in 2 3 9; do is "$(python3 -B "$T/ask.py" $op)" 2 "orgsyncd refuses orglogin-keys the request $op, which is root's"; done
is "$(python3 -B "$T/ask.py" 7)" none 'orgsyncd does not tell orglogin-keys who is withheld'

# --- a flood ---
setsid python3 -B "$TOP/tests/lib/flood.py" /run/orglogin/orgsyncd.sock $USERS $KEYS ada 2>/dev/null &
flood=$!
sleep 1
right=0
for _ in 1 2 3 4 5; do
    without_keys mia; [ -z "$(told mia)" ] && right=$((right + 1))
    with_key mia mia; [ -n "$(told mia)" ] && right=$((right + 1))
done
ok 'the flood goes on all the while' kill -0 $flood
kill -- -$flood
is "$right" 10 "each answer is confirmed while $USERS users flood the socket for all"
before=$(ms)
seq 1000 | setpriv --reuid 4000 --regid 4000 --clear-groups xargs -P 20 -I{} $KEYS ada >"$T/strangers" 2>&1
is "$(sort -u "$T/strangers")" "$(lines_of ada ada2 ada3 | sort)" 'a stranger who starts the command a thousand times sees keys, which are public'
is "$(as ada id -un)" ada "sshd admits a member afterwards ($(($(ms) - before)) ms)"

# --- orgsyncd hangs, and is away ---
kill -STOP $daemon $(pgrep -P $daemon); before=$(ms)
is "$(told mia)" "$(lines_of mia)" 'while orgsyncd hangs, the snapshot counts'
took=$(($(ms) - before))
ok "the command waits for its answer for timeout and little more: $took ms" test $took -ge 1900 -a $took -lt 4000
kill -CONT $daemon $(pgrep -P $daemon)
kill $daemon; wait $daemon 2>/dev/null
before=$(ms)
is "$(told mia)" "$(lines_of mia)" 'without orgsyncd the snapshot counts'
ok 'and nothing is waited for' test $(($(ms) - before)) -lt 1000
is "$(as mia id -un)" mia 'sshd admits a member while orgsyncd is away'

# The clock: of the last confirmation, and an end in an hour
without_keys mia; with_key mia mia "$(date -u -d '+2 hours' +%FT%TZ)"; with_key mia larry; update
at() { echo "$1" >/run/clock; setpriv --reuid orglogin-keys --regid orglogin-keys --clear-groups env -i LD_PRELOAD="$BUILD/tests/clock.so" $KEYS mia; }
is "$(at 0)" "$(lines_of mia larry)" 'a key counts before its end'
is "$(at -30)" "$(lines_of larry)" 'by a clock that reads less than the last confirmation no key counts that has an end'
is "$(at -3600)" '' 'by a clock that is far too early no key counts: nothing tells how old the snapshot is'
is "$(at 3000)" "$(lines_of mia larry)" 'within offline_grace keys count'
is "$(at 3700)" '' 'beyond offline_grace none does'
like "$(tail -n 1 $AUTH_LOG)" 'orglogin-keys.*user=mia keys=none reason=stale' 'the log tells why'
sed -i 's/offline_grace = "1h"/offline_grace = "12h"/' $CONF; update
is "$(at 7300)" "$(lines_of larry)" 'a key that has ended does not count offline either'
rm /run/clock

# --- the snapshot ---
cp -p $SNAPSHOT "$T/snapshot"
at_keys=$(od -An -tu4 -j116 -N4 $SNAPSHOT)
damage() { cp -p "$T/snapshot" $SNAPSHOT; printf '%s' "$2" | dd of=$SNAPSHOT bs=1 seek="$1" conv=notrunc status=none; }
size=$(stat -c %s $SNAPSHOT) wrong=0
for ((at = at_keys * 8; at < size; at += 3)); do
    damage $at xyz
    out=$(told mia) || wrong=$((wrong + 1))
    [ -z "$out" ] || [ "$out" = "$(lines_of mia larry)" ] || { wrong=$((wrong + 1)); diag "$at of $((at_keys * 8)) $size: $(echo "$out" | od -c | head -5)"; }
done
is "$wrong" 0 'of a damaged key section the command prints all or nothing'
ok 'the log tells that' test "$(log 'keys are damaged')" -gt 3
is "$(id -un mia)" mia 'names do not depend on it'
truncate -s 700 $SNAPSHOT
is "$(told mia)$?" 0 'a snapshot that is cut has no keys, and the status is 0'
like "$(tail -n 1 $AUTH_LOG)" 'reason=unavailable .*snapshot is truncated' 'the log tells why'
rm $SNAPSHOT
is "$(told mia)$?" 0 'without a snapshot there are no keys, and the status is 0'
chmod 666 "$T/snapshot"; cp -p "$T/snapshot" $SNAPSHOT
is "$(told mia)" '' 'a snapshot that others may write has no keys'
rm $SNAPSHOT; update

# --- its surroundings ---
is "$(told mia | head -c 0; echo "${PIPESTATUS[0]}")" 0 'the command ends with 0 when nobody reads'
run() { setpriv --reuid orglogin-keys --regid orglogin-keys --clear-groups "$@"; }
run $KEYS mia >&-; is $? 0 'and without a standard output'
run $KEYS mia >/dev/full; is $? 0 'and where nothing can be written'
env -i TZ=/etc/shadow LD_LIBRARY_PATH=/tmp MALLOC_TRACE=/tmp/x LOCALDOMAIN=x PATH=/nowhere HOME=/nowhere USER=root LOGNAME=root $KEYS mia >"$T/out"
is "$(cat "$T/out")" "$(lines_of mia larry)" 'the environment changes nothing'
is "$(ulimit -v 20000; told mia)" "$(lines_of mia larry)" 'it needs little memory'
(ulimit -n 5; run $KEYS mia >"$T/out"); is $? 0 'and ends with 0 with few descriptors'

# --- --chain ---
program() { printf '#!/bin/sh\n%s\n' "$2" >"/usr/local/bin/$1"; chmod 755 "/usr/local/bin/$1"; }
chained() { told "$1" --chain "/usr/local/bin/$2" "${@:3}"; }
program more 'echo "for $1"; printf "\\000\\377 end"; id -un; id -Gn'
is "$(chained mia more mia | tr '\0\377' 01)" "$(lines_of mia larry; echo 'for mia'; printf '01 end'; echo orglogin-keys; echo orglogin-keys)" \
    'the command behind ours runs with the same rights, and its output follows as it is'
is "$(chained larry more larry | head -n 1)" 'for larry' 'it runs for local users as well'
is "$(chained nobody-at-all more x | head -n 1)" 'for x' 'and for strangers'
program hangs 'echo first; sleep 60; echo second'
before=$(ms); out=$(chained mia hangs); took=$(($(ms) - before))
is "$out" "$(lines_of mia larry; echo first)" 'of one that hangs what it has printed counts'
ok "after 5 s it is ended: $took ms" test $took -ge 4900 -a $took -lt 8000
is "$(pgrep -c sleep)" 0 'with what it has started'
like "$(tail -n 1 $AUTH_LOG)" '/usr/local/bin/hangs is not done within 5 s' 'the log tells that'
program leaves 'echo first; setsid sleep 77 & exit 3'
before=$(ms); out=$(chained mia leaves); took=$(($(ms) - before))
is "$out" "$(lines_of mia larry; echo first)" 'of one that leaves a process behind what it has printed counts'
ok "which is not waited for: $took ms" test $took -lt 2000
pkill -f 'sleep 77'
program babbles 'setsid yes & sleep 0.1'
before=$(ms); chained mia babbles | tail -c 10 >"$T/out"; took=$(($(ms) - before))
ok "one that leaves a babbling process behind is ended: $took ms" test $took -lt 8000
pkill yes
program floods 'exec yes'
out=$(chained mia floods | wc -c)
ok "of one that prints without end 16 MiB are passed on: $out" test "$out" -gt 1000000 -a "$out" -le $(((16 << 20) + 65536 + 1000))
like "$(cat $AUTH_LOG)" '/usr/local/bin/floods prints more than 16 MiB' 'the log tells that'
program silent 'exec >&-; sleep 0.5'
is "$(chained mia silent)" "$(lines_of mia larry)" 'one that closes its output is waited for'
program dies 'kill -9 $$'
is "$(chained mia dies)$?" "$(lines_of mia larry)0" 'of one that dies nothing is missed'
is "$(told mia --chain /usr/local/bin/none-such)$?" "$(lines_of mia larry)0" 'nor of one that is not there'
wait_for 10 eval 'tail -n 1 $AUTH_LOG | grep -q none-such'
like "$(tail -n 1 $AUTH_LOG)" 'none-such cannot be run' 'the log tells that'
is "$(told mia --chain more)$?" "$(lines_of mia larry)0" 'one without a path is not looked for'
chained mia floods | head -n 1 >"$T/out"
is "${PIPESTATUS[0]} $(pgrep -c yes)" '0 0' 'when nobody reads any more, it is ended'

# By sshd, which does not read options of ours, and does those of the command behind.
program known "[ \"\$1\" != larry ] || cat /root-keys"
cp /root/keys/chained.pub /root-keys
sed -i 's|^\(Match Group.*\)|AuthorizedKeysCommand /usr/libexec/orglogin/orglogin-keys %u %U --chain /usr/local/bin/known %u\nAuthorizedKeysCommandUser orglogin-keys\n\1|' /etc/ssh/sshd_config.d/orglogin.conf
kill "$(cat /run/sshd.pid)"
ok 'sshd ends' wait_for 5 eval '[ ! -e /run/sshd.pid ]'
start_sshd
is "$(KEY=chained as larry id -un)" larry 'sshd admits a local user whose key the command behind ours knows'
is "$(KEY=mia as larry id -un)" '' "and none by a member's key"
is "$(KEY=mia as root id -un)" '' "nor root"
is "$(KEY=mia as mia id -un)" mia 'and the member still'
done_testing
