#!/bin/bash
# orgadmin lists 100 000 members page by page: its memory, and its time beside that of the same requests by a bare loop of libcurl and
# cJSON (tests/bench/listing.c), in turns. BUILD has orgadmin and tests/bench/listing. The server is a fake in Python (tests/fakes/upsun.py),
# which takes most of the time of both: so the processor's time that each of them takes itself is compared, and the whole beside it.
. "$(dirname "$0")/../lib/tap.sh"
need python3
MEMBERS=${MEMBERS:-100000} ROUNDS=${ROUNDS:-3} ORG=01HQZX3J5K6M7N8P9QRSTVWXYZ
python3 -B "$TOP/tests/fakes/upsun.py" --members "$MEMBERS" --fault chunk=100 >"$T/port" 2>"$T/log" &
wait_for 60 grep -q '^listening on' "$T/port" || { cat "$T/log"; exit 1; }
URL=http://$(sed -n 's/^listening on //p' "$T/port")
(umask 077 && echo api-token-ada >"$T/token")

# measure COMMAND...: "SECONDS CPU-SECONDS KILOBYTES" of it
measure() {
    python3 -B -c 'import resource, subprocess, sys, time
begun = time.monotonic()
code = subprocess.call(sys.argv[1:], stdout=open("'"$T/out"'", "w"))
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print("%.2f %.2f %d" % (time.monotonic() - begun, used.ru_utime + used.ru_stime, used.ru_maxrss) if code == 0 else "failed 0 0")' "$@"
}
list() { measure "$BUILD/orgadmin" member list --provider upsun --url "$URL" --token-file "$T/token" --org $ORG -o "$1"; }
median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

printf '%-10s %8s %8s %8s\n' "$MEMBERS" 's' 'CPU s' 'MB'
for round in $(seq "$ROUNDS"); do
    measure "$BUILD/tests/bench/listing" "$URL" api-token-ada $ORG >>"$T/bare"
    for format in table csv json; do list $format >>"$T/$format"; done
done
for what in bare table csv json; do
    for n in 1 2 3; do cut -d' ' -f$n "$T/$what" | median >"$T/$what.$n"; done
    printf '%-10s %8s %8s %8.0f\n' $what "$(cat "$T/$what.1")" "$(cat "$T/$what.2")" "$(($(cat "$T/$what.3") / 1024))"
done
for format in table csv json; do
    paste "$T/$format.1" "$T/bare.1" "$T/$format.2" "$T/bare.2" "$T/$format.3" |
        awk -v f=$format '{ printf "%-6s %.2f times the time (bar 1.5: %s), %.2f times the CPU time, %d MB (bar 60: %s)\n", f, $1 / $2, $1 / $2 <= 1.5 ? "met" : "missed", $3 / $4, $5 / 1024, $5 / 1024 < 60 ? "met" : "missed" }'
done
