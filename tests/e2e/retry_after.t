#!/bin/bash
# An API that tells everybody "Retry-After: 6" is not asked before that, and hosts do not come back in the same moment.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../lib/root.sh"
inside_root
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/host.sh"

FETCHERS=8 # of one orgsyncd: each decides as the fetcher of a host of its own does
listen "$T/port" python3 -B "$TOP/tests/fakes/satusky.py" --log "$T/satusky.log" --fault finish=0 2>"$T/fake.err"
fake=$started
python3 -B -c 'import sys, urllib.request; urllib.request.urlopen(sys.argv[1], sys.argv[2].encode())' "$heard/_fake" \
    '{"fault": {"times": 0, "status": 429, "headers": {"Retry-After": "6"}}}'
(umask 077 && echo sat_ada >/etc/orglogin/vendor.token)
{
    echo 'organizations = ('
    for ((i = 1; i <= FETCHERS; i++)); do
        echo "  { name = \"org$i\"; provider = \"satusky\"; url = \"$heard/v1/cli\"; id = \"0a000000-0000-4000-8000-00000000000$i\";"
        echo "    token_file = \"/etc/orglogin/vendor.token\"; range = [$((i * 1000000)), $((i * 1000000 + 999999))]; }$([ $i = $FETCHERS ] || echo ,)"
    done
    echo '); groups = (); access = ();'
} >$CONF
orgsyncd 2>"$T/orgsyncd.log" &
daemon=$!
asked() { wc -l <"$T/satusky.log"; }
ok 'orgsyncd asks the API for each organization' wait_for 20 eval "[ \$(asked) -ge $FETCHERS ]"
begun=${EPOCHREALTIME/./} early=$(asked)
sleep 5
is "$(asked)" "$early" 'orgsyncd does not ask the API before the time that Retry-After tells'
first='' last='' seen=$early
while [ "$seen" -lt $((early + FETCHERS)) ] && [ $((${EPOCHREALTIME/./} - begun)) -lt 20000000 ]; do
    now=$(asked)
    if [ "$now" -gt "$seen" ]; then
        last=$(((${EPOCHREALTIME/./} - begun) / 1000)) first=${first:-$last} seen=$now
    fi
    sleep 0.1
done
ok 'orgsyncd asks the API again for each organization' test "$seen" -ge $((early + FETCHERS))
ok 'fetchers that got the same Retry-After come back over more than half a second' test $((last - first)) -gt 500 || diag "from $first ms to $last ms"
kill $daemon $fake
done_testing
