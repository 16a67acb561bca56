#!/bin/bash
# A host against a real orgd: how long orgsyncd takes to list everything and to bring one change, what memory it takes, confirmations a
# second, and a login's account phase with a live confirmation (tests/bench/pam.c).
set -eu
cd "$(dirname "$0")/../.."
[ "$(id -u)" = 0 ] || { echo "bench: needs root"; exit 0; }
[ "${1:-}" = inside ] || exec unshare --mount --pid --fork --kill-child --mount-proc "$0" inside

T=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null; rm -rf "$T"' EXIT
chmod 711 "$T"
export XDG_CONFIG_HOME=$T LD_LIBRARY_PATH=$BUILD
mkdir -p "$BUILD/etc" "$BUILD/state"
{ cat /etc/passwd; echo 'orgsync:x:399:399::/:/usr/sbin/nologin'; } >"$T/passwd"
mount --bind "$T/passwd" /etc/passwd

start_orgd() {
    : >"$T/out"
    "$BUILD/orgd" --data "$T/orgd.db" --socket "$T/orgd.sock" --owner olga@acme.example >"$T/out" 2>"$T/orgd.log" &
    orgd=$!
    until grep -q listening "$T/out"; do sleep 0.02; done
}
admin() { "$BUILD/orgadmin" --url "unix:$T/orgd.sock" --token-file "$T/owner" "$@"; }
end() { kill "$1" && wait "$1" || true; }

start_orgd
grep -Eo '^[^ ]+:[^ ]+$' "$T/out" | head -1 >"$T/owner"
chmod 600 "$T/owner"
admin org create acme >/dev/null
admin token create --org acme --role member --out "$T/host.token" >/dev/null 2>&1
id=$(admin org list -o json | jq -r '.[0].id')
cat >"$BUILD/etc/orglogin.conf" <<C
organizations = ( { name = "acme"; provider = "native"; url = "unix:$T/orgd.sock"; token_file = "$T/host.token"; id = "$id"; } );
groups = ( { name = "bench-admins"; roles = ["admin"]; } );
access = ( { services = ["*"]; roles = ["owner", "member"]; } );
C

memory() { # of orgsyncd's children, their peaks in MB
    for pid in $(ps -o pid= --ppid "$orgsyncd"); do
        awk -v who="$(ps -o user= "$pid")" '/VmHWM/ { printf "%s %d MB  ", who == "root" ? "keeper" : "fetcher", $2 / 1000 }' "/proc/$pid/status"
    done
}
# set_role ROLE: the last member's, told to orgd
set_role() {
    curl -sSf --unix-socket "$T/orgd.sock" -H "Authorization: Bearer $(cat "$T/owner")" -H 'Content-Type: application/json' \
        -d "{\"organizationId\":\"$id\",\"userId\":\"$(printf 'usr_%020d' "$members")\",\"role\":\"$1\"}" \
        http://localhost/v1/organizations/members/set-role >/dev/null
}
# in_force GROUPS: waits until he has so many
in_force() {
    local user
    user=$(printf 'u%07d' "$members")
    until [ "$(getent -s org initgroups "$user" | wc -w)" = "$1" ]; do sleep 0.002; done
}
keeper_ticks() { awk '{ print $14 + $15 }' "/proc/$(ps -o pid=,user= --ppid "$orgsyncd" | awk '$2 == "root" { print $1 }')/stat"; }
# change: how long after orgd has answered the last member's new role is in his groups, and the keeper's processor time for it;
# the middle of CHANGES
CHANGES=5
change() {
    local i ticks begun
    in_force 1
    for ((i = 0; i < CHANGES; i++)); do
        ticks=$(keeper_ticks)
        set_role admin
        begun=$(date +%s%N)
        in_force 2
        echo "$((($(date +%s%N) - begun) / 1000000)) $((($(keeper_ticks) - ticks) * 1000 / $(getconf CLK_TCK)))"
        set_role member
        in_force 1
    done | sort -n | awk -v middle=$(((CHANGES + 1) / 2)) 'NR == middle { printf "%d ms (processor time of the keeper: %d ms)", $1, $2 }'
}
for members in ${SIZES:-1 10000 100000 1000000}; do
    end "$orgd"
    sqlite3 "$T/orgd.db" "BEGIN;
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $members)
        INSERT OR IGNORE INTO users SELECT printf('usr_%020d', i), printf('u%d@acme.example', i), printf('u%07d', i), printf('User %d', i), i FROM n;
        INSERT OR IGNORE INTO members (organization_id, user_id, role, active, joined_at, revision) SELECT '$id', id, 'member', 1, created_at, created_at + 10 FROM users WHERE id LIKE 'usr_0000000%';
        UPDATE organizations SET revision = $members + 10; COMMIT;"
    start_orgd
    rm -f "$BUILD/state"/*
    begun=$(date +%s%N)
    "$BUILD/orgsyncd" 2>"$T/orgsyncd.log" &
    orgsyncd=$!
    until getent -s org passwd "$(printf 'u%07d' "$members")" >/dev/null; do sleep 0.02; done
    printf '%9s members: listed, compiled and published in %d ms\n' "$members" $((($(date +%s%N) - begun) / 1000000))
    printf '  one change is in force after %s\n' "$(change)"
    printf '  peak memory: %s\n' "$(memory)"
    "$BUILD/tests/bench/confirm"
    "$BUILD/tests/bench/pam" olga
    end "$orgsyncd"
done
