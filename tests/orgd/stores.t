#!/bin/bash
# A good part of orgd's tests once more, with the data in PostgreSQL; STORE=postgresql make check has all of them.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/postgresql.sh"
for name in endpoints once members invitations keys suspend teams access passkeys parallel; do
    STORE=postgresql ROUNDS=1 bash "$TOP/tests/orgd/$name.t" > "$T/out" 2> "$T/err"
    # a test that is left out ends with 0, too
    is "$? $(grep -c '^not ok' "$T/out") $(grep -c '^1\.\.[1-9]' "$T/out")" '0 0 1' "$name.t passes with PostgreSQL"
    [ "$(grep -c '^not ok' "$T/out")" = 0 ] || diag "$(grep -A6 '^not ok' "$T/out" | head -40)" "$(tail -5 "$T/err")"
done
postgresql_start
ok 'the requests that fuzzing found are answered as with a data file' env ORGD_FUZZ_DATA="$DATABASE" "$BUILD/tests/fuzz/orgd_request" "$TOP"/tests/fuzz/seeds/orgd_request/*
postgresql_stop
done_testing
