#!/bin/bash
# Three orgd behind HAProxy on a PostgreSQL with two synchronous standbys (cluster.py): random changes beside faults by a seed ($SEED), for
# $RUN seconds (LONG=1: half an hour) or, without, one fault; and $ROUNDS failovers. cluster_check.py judges by the order of revisions; it is
# judged itself, by histories that were spoiled and by the promotion of a standby that lacks what was acknowledged.
. "$(dirname "$0")/../lib/tap.sh"
need_root
need ip unshare haproxy python3 openssl psql curl setpriv
[ "$(ulimit -Hn)" = unlimited ] || [ "$(ulimit -Hn)" -ge 19000 ] || skip_all "HAProxy's example needs 19 000 files"
POSTGRESQL=$(ls -d /usr/lib/postgresql/*/bin 2> /dev/null | sort -V | tail -1)
[ -n "$POSTGRESQL" ] || skip_all 'PostgreSQL is not installed (apt-get install postgresql)'
apart=(unshare -n -m -p --fork --kill-child --mount-proc --propagation private)
"${apart[@]}" true 2> /dev/null || skip_all 'no namespaces can be made here'
ORGD=$BUILD/orgd HAPROXY_CFG=$TOP/conf/haproxy.cfg PYTHONPATH=$TOP/tests/orgd
export ORGD POSTGRESQL HAPROXY_CFG PYTHONPATH
chmod 711 "$T"
SEED=${SEED:-$RANDOM} RUN=${RUN:-} ROUNDS=${ROUNDS:-}
[ -z "${LONG-}" ] || RUN=1800
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$T/key.pem" -out "$T/cert.pem" -days 2 -subj /CN=org.example.com \
    -addext subjectAltName=DNS:org.example.com 2> /dev/null
cat "$T/cert.pem" "$T/key.pem" > "$T/both.pem"
mkdir -p /run/netns
# run NAME SECONDS FAULTS [COUNT]: a cluster, from nothing; what it says is in $T/NAME.out, what is wrong in $T/NAME.wrong
run() {
    mkdir "$T/$1"; chmod 711 "$T/$1"
    cp "$T"/*.pem "$T/$1/"
    # shellcheck disable=SC2016 # the inner shell's
    "${apart[@]}" bash -c 'mount -t tmpfs netns /run/netns && exec python3 "$@"' bash "$TOP/tests/orgd/cluster.py" "$T/$1" "$2" "$SEED" "${@:3}" > "$T/$1.out" 2>&1 ||
        diag "$(tail -n 5 "$T/$1"/*.log)"
    diag "$(cat "$T/$1.out")"
    python3 -c 'import cluster_check, json, sys; print(*cluster_check.faults(json.load(open(sys.argv[1]))), sep="\n")' "$T/$1/history.json" > "$T/$1.wrong" 2>&1
}
# good NAME WHAT: nothing is wrong
good() {
    is "$(head -n 20 "$T/$1.wrong")" '' "$2: each answer is what the order of the revisions says (SEED=$SEED)"
    is "$(tail -n 1 "$T/$1.out")" whole "$2: all goes on by itself, and every host knows the last revision"
    ok "$2: there were many" test "$(sed -n "s/^operations:.*'done': \([0-9]*\).*/\1/p" "$T/$1.out")" -gt 50
    is "$(cat "$T/$1"/[abc].log | grep -cE 'ERROR: |runtime error:')" 0 "$2: no log of orgd has a sanitizer report"
}

# --- faults ---
if [ -n "$RUN" ]; then run faults "$RUN" kill_orgd,end_orgd,stop_orgd,cut_orgd,kill_listen,kill_primary,restart_all; else run faults 0 kill_primary 1; fi
good faults 'faults'
is "$(python3 "$TOP/tests/orgd/cluster_check.py" "$T/faults/history.json" | grep -v 'is seen$')" '' 'each way in which a history is spoiled is seen'

# --- failovers ---
if [ -n "$ROUNDS" ]; then
    run failovers 0 kill_primary "$ROUNDS"
    good failovers "$ROUNDS failovers"
    slowest=$(sed -n 's/^from a promotion to the next change: \([0-9]*\)\.\([0-9]*\) s.*/\1\2/p' "$T/failovers.out")
    ok 'changes work within two seconds of a promotion' test "${slowest:-999}" -lt 200
fi

# --- the check would see a standby that was promoted blindly ---
if [ -n "$RUN" ]; then
    run blind 0 blind_promotion 1
    like "$(cat "$T/blind.wrong")" 'was acknowledged' 'the promotion of a standby that lacks what was acknowledged is seen'
fi
done_testing
