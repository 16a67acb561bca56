#!/bin/bash
# A login's account phase with a live confirmation: a real orgd, a real orgsyncd whose long poll is held, and tests/bench/pam.c. And how
# long orgsyncd takes to list everything.
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
access = ( { services = ["*"]; roles = ["owner", "member"]; } );
C

for members in 1 10000 100000; do
    end "$orgd"
    sqlite3 "$T/orgd.db" "BEGIN;
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $members)
        INSERT OR IGNORE INTO users SELECT printf('usr_%020d', i), printf('u%d@acme.example', i), printf('u%07d', i), printf('User %d', i), i FROM n;
        INSERT OR IGNORE INTO members SELECT '$id', id, 'member', 1, created_at, created_at + 10 FROM users WHERE id LIKE 'usr_0000000%';
        UPDATE organizations SET revision = $members + 10; COMMIT;"
    start_orgd
    rm -f "$BUILD/state"/*
    begun=$(date +%s%N)
    "$BUILD/orgsyncd" 2>"$T/orgsyncd.log" &
    orgsyncd=$!
    until getent -s org passwd "$(printf 'u%07d' "$members")" >/dev/null; do sleep 0.02; done
    printf '%9s members: listed, compiled and published in %d ms\n' "$members" $((($(date +%s%N) - begun) / 1000000))
    "$BUILD/tests/bench/pam" olga
    end "$orgsyncd"
done
