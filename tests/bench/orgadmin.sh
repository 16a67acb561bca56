#!/bin/bash
# How long a person waits for orgadmin: what sends nothing beside /bin/true, a listing of 50 members beside curl with the same request; in turns.
# BUILD has orgadmin, orgd and tests/bench/spawn.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/orgd.sh"
ROUNDS=${ROUNDS:-200}
export XDG_CONFIG_HOME=$T/config
unset ORGADMIN_ORG ORGADMIN_TOKEN_FILE ORGADMIN_PROFILE ORGADMIN_URL ORGADMIN_TOKEN
orgd_start --owner ann@example.org
(umask 077; printf '%s\n' "$OWNER" > "$T/token")
org=$(new_org Acme)
for n in $(seq 49); do join "$org" "user$n" member; done
"$BUILD/orgadmin" login --url "$URL" --token-file "$T/token" 2> "$T/err" || { cat "$T/err"; exit 1; }
is "$("$BUILD/orgadmin" member list --no-header | wc -l)" 50 'there are 50 members' | grep -v ^ok

beside() { # beside BAR NAME MILLISECONDS NAME MILLISECONDS
    awk -v bar="$1" -v a="$2" -v x="$3" -v b="$4" -v y="$5" 'BEGIN { printf "%-24s %6.2f ms, %-10s %6.2f ms: %.2f times (bar %s: %s)\n", a, x, b, y, x / y, bar, x / y <= bar ? "met" : "missed" }'
}
mapfile -t ms < <("$BUILD/tests/bench/spawn" "$ROUNDS" /bin/true -- "$BUILD/orgadmin" org current -- "$BUILD/orgadmin" --help)
beside 5 'orgadmin org current' "${ms[1]}" /bin/true "${ms[0]}"
beside 5 'orgadmin --help' "${ms[2]}" /bin/true "${ms[0]}"
printf 'header = "Authorization: Bearer %s"\n' "$OWNER" > "$T/curlrc" # no token on a command line
mapfile -t ms < <("$BUILD/tests/bench/spawn" "$ROUNDS" curl -sS -K "$T/curlrc" -H 'Content-Type: application/json' -d "{\"organizationId\":\"$org\",\"limit\":1000}" "$URL/v1/organizations/members/list" -- \
    "$BUILD/orgadmin" member list)
beside 3 'orgadmin member list' "${ms[1]}" curl "${ms[0]}"
orgd_stop
