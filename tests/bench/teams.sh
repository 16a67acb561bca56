#!/bin/bash
# What a host's fetcher and a relay do at GitHub: the listing of 100 000 members with 1000 teams of a hundred each, by apiprobe, which is the
# provider and nothing else. Its memory, and its processor's time beside that of the same requests by a bare loop of libcurl and cJSON
# (tests/bench/listing.c), in turns: the fake (tests/fakes/github.py) takes most of the time of both.
. "$(dirname "$0")/../lib/tap.sh"
need python3 jq
MEMBERS=${MEMBERS:-100000} TEAMS=${TEAMS:-1000} ROUNDS=${ROUNDS:-3}
python3 -B "$TOP/tests/fakes/github.py" --members "$MEMBERS" --fault "teams=$TEAMS,limit=1000000" --log "$T/requests" >"$T/port" 2>"$T/log" &
wait_for 60 grep -q '^listening on' "$T/port" || { cat "$T/log"; exit 1; }
URL=http://$(sed -n 's/^listening on //p' "$T/port")
# measure OUT COMMAND...: "CPU-SECONDS SECONDS KILOBYTES" of it
measure() {
    python3 -B -c 'import resource, subprocess, sys, time
begun = time.monotonic()
code = subprocess.call(sys.argv[2:], stdout=open(sys.argv[1], "w"))
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print("%.2f %.2f %d" % (used.ru_utime + used.ru_stime, time.monotonic() - begun, used.ru_maxrss) if code == 0 else "failed 0 0")' "$@"
}
lists() { measure "$T/members" "$BUILD/tests/apiprobe" provider=github url="$URL" token=ghp_ada org=acme teams=1 buffered=1 option.keys=off watch 0 0 </dev/null; }
median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

: >"$T/requests"
lists >"$T/first"
jq -r '.path + if .query == "" then "" else "?" + .query end' "$T/requests" >"$T/targets"
printf '%s requests, %s members, %s of them in teams\n' "$(wc -l <"$T/targets")" "$(grep -c '^member ' "$T/members")" "$(grep -c '"slug":"team' "$T/members")"
for round in $(seq "$ROUNDS"); do
    measure "$T/answers" "$BUILD/tests/bench/listing" "$URL" ghp_ada <"$T/targets" >>"$T/bare"
    lists >>"$T/ours"
done
paste <(median <"$T/ours") <(median <"$T/bare") <(cut -d' ' -f2 "$T/ours" | median) <(cut -d' ' -f2 "$T/bare" | median) <(cut -d' ' -f3 "$T/ours" | median) |
    awk '{ printf "%.2f s of the processor, a bare loop %.2f: %.2f times (bar 1.5: %s); %.1f s in all, %.1f; %d MB (bar 60: %s)\n", $1, $2, $1 / $2, $1 / $2 <= 1.5 ? "met" : "missed", $3, $4, $5 / 1024, $5 / 1024 < 60 ? "met" : "missed" }'
