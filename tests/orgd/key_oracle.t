#!/bin/bash
# Random histories of two organizations and their members' ssh keys: orgd delivers what an oracle says. ROUNDS=N for more of them, SEED=N for one.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/orgd.sh"
only_sqlite 'it is about the data file, which its oracle reads'
need python3
for ((round = 0; round < ${ROUNDS:-1}; round++)); do
    seed=${SEED:-$((RANDOM * 32768 + RANDOM))}
    orgd_start --quota keys=1000000 --quota changes=1000000 --quota caller-changes=1000000
    is "$(python3 -B "$TOP/tests/orgd/key_oracle.py" "$SOCKET" "$OWNER" "$DATA" "$ORGD" "$seed" 400 2>&1)" "400 steps" "400 steps agree with the oracle (SEED=$seed)"
    orgd_end
    rm -f "$DATA"*; OWNER=
done
done_testing
