#!/bin/bash
# A host of two organizations through a random history: people come, leave, change their roles and choose their names, backups are put back, root edits
# the configuration, other name services have the same names. PAM, `orgadmin host explain` and what really is must agree (agreement.py).
# ROUNDS=1500 is the long form: more than 10000 comparisons.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../lib/root.sh"
inside_root
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/host.sh"

people=(ann bob cid dan eve fin gus hal ivy jon kim leo)
roles=()
for name in "${people[@]}"; do roles+=("$name" member); done
start_orgd
ok 'orgd starts with an organization of twelve people' organize "${roles[@]}"
id=$(by olga org show -o json | jq -r .id)
stop_orgd
cp "$BUILD/tests/libnss_extra.so.2" "/lib/$(uname -m)-linux-gnu/"
sed -i 's/^passwd:.*/passwd: files extra org/' /etc/nsswitch.conf
touch /etc/extra
for service in alpha beta gamma; do echo 'account required pam_org.so debug' >"/etc/pam.d/$service"; done
ORGANIZATION=$id TOKEN=$(cat /root/people/olga/token) URL=$LOCAL T=$T python3 "$TOP/tests/e2e/agreement.py" "${ROUNDS:-150}" ${SEED:+"$SEED"} >"$T/agreement"
is "$?" 0 'agreement.py finishes its random rounds without a fault'
diag "$(grep -v '^good' "$T/agreement")"
for name in compared admitted removed withheld held restored; do
    like "$(grep "^good $name " "$T/agreement")" ' [1-9][0-9]*$' "in a random history $(sed -n "s/^good $name \(.*\): [0-9]*$/\1/p" "$T/agreement")"
done
done_testing
