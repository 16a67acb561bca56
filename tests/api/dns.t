#!/bin/bash
# A name server that says nothing is waited for as long as any other part of a request, not until the resolver gives up.
. "$(dirname "$0")/../lib/tap.sh"
need_root
need python3 unshare ip
PROBE=${APIPROBE:-$BUILD/tests/apiprobe}
[ $# = 0 ] && { unshare -mn true 2> /dev/null || skip_all "no namespaces here"; exec unshare -mn "$0" inside; }

ip link set lo up
printf 'nameserver 127.0.0.77\noptions timeout:30 attempts:1\n' > "$T/resolv.conf"
printf 'hosts: files dns\n' > "$T/nsswitch.conf"
mount --bind "$T/resolv.conf" /etc/resolv.conf && mount --bind "$T/nsswitch.conf" /etc/nsswitch.conf || skip_all "nothing can be mounted here"
python3 -c 'import socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("127.0.0.77", 53))
print("ready", flush=True)
while True: s.recv(4096); print("asked", flush=True)' > "$T/server" &
wait_for 10 grep -q ready "$T/server"

begun=$(date +%s)
like "$("$PROBE" url=https://org.example.com token=k timeout=500 whoami 2>&1 < /dev/null)" 'status=2 .*timed out' 'whoami with a silent name server ends as unreachable'
took=$(($(date +%s) - begun))
ok 'whoami asks the silent name server' grep -q asked "$T/server"
ok 'whoami with a silent name server ends before the resolver gives up' test $took -lt 15
done_testing
