#!/bin/bash
# The page of the account and the organization in a real browser, beside an orgd with members and with machines that report as orgsyncd does. Its
# pictures are in build/page.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/browser.sh"
. "$(dirname "$0")/../lib/orgd.sh"
only_sqlite 'a browser sees no difference'
need python3 ssh-keygen
MACHINES=24
MARK='<img src=x onerror=alert(1)>'
mkdir "$T/out"
PORT=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
ORIGIN=http://localhost:$PORT
VIA=tcp
orgd_start --web-origin "$ORIGIN" --listen "127.0.0.1:$PORT"
resident() { awk '/^VmRSS/ { print $2 }' "/proc/$orgd_pid/status"; }
on() { call "/organizations/$1" "$(jq -nc --arg o "$org" "{organizationId:\$o} + {$2}")" "$OWNER"; }
marked() { jq -nc --arg m "$MARK" "$1"; }

# --- an organization like others ---
org=$(new_org Acme)
for name in mia ned zoe; do join "$org" $name member; declare "$name=$bearer" "${name}_id=$user_id"; done
sql "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 70)
    INSERT INTO users (id, email, username, name, created_at) SELECT printf('usr_%020d', i), 'u' || i || '@acme.example', 'u' || i, 'Uma ' || i, 1 FROM n"
sql "INSERT INTO members (organization_id, user_id, role, active, joined_at, revision) SELECT '$org', id, 'member', 1, 4000000000000 + CAST(substr(id, 5) AS INTEGER), 100 + CAST(substr(id, 5) AS INTEGER) FROM users WHERE name LIKE 'Uma %'"
sql "UPDATE organizations SET revision = 200 WHERE id = '$org'"
on members/set-role "userId:\"$ned_id\",role:\"admin\",until:\"2099-01-02T03:04:05Z\""
on roles/set 'role:"ops",permissions:["org:view","members:view","org:manage"]'; on roles/set 'role:"constructor",permissions:["org:view"]'
on update 'showMachines:true'
on teams/create 'name:"Operations"'
on access/add 'role:"ops",labels:"env=prod",services:["sshd","sudo"]'; on access/add 'role:"member"'
python3 "$TOP/tests/e2e/fleet.py" "$URL" "$OWNER" "$org" $MACHINES "$T/out" 2>"$T/fleet.log" &
fleet=$!
wait_for 30 test -e "$T/out/fleet"

# --- one in which all that people choose is markup ---
marked_org=$(new_org "$MARK & Co")
acme=$org org=$marked_org
ssh-keygen -q -t ed25519 -N '' -C "$MARK" -f "$T/key"
join "$org" mark owner; mark=$bearer mark_id=$user_id
call /users/update "$(marked '{name:$m}')" "$mark"
call /users/keys/add "$(jq -n --arg k "$(cat "$T/key.pub")" '{key:$k}')" "$mark"
call /users/tokens/create "$(marked '{name:$m}')" "$mark"
on teams/create "name:\"$MARK\""; on teams/add "id:\"$(field .team.id)\",userId:\"$mark_id\""
on access/add "role:\"owner\""
on tokens/create "name:\"$MARK\""
on machines/invite 'name:"web01",labels:"env=prod"'
on invitations/create 'email:"o'"'"'neil@example.org"'
on join-codes/create ''
jq -n --arg acme "$acme" --arg marked "$marked_org" --arg mark "$MARK" --arg data "$DATA" --arg key "$(cat "$T/key.pub")" --argjson machines $MACHINES \
    --arg owner "$OWNER" --arg ned "$ned" --arg mia "$mia" --arg marker "$mark" '$ARGS.named' >"$T/out/world"

org=$acme # the API is used as much as by the page
for i in $(seq 40); do for path in members/list audit/list machines/list teams/list invitations/list; do on $path 'limit:100' & done; wait_for 10 eval '[ "$(jobs -rp | wc -l)" -le 2 ]'; done
before=$(resident)
stories organization_page.mjs "$ORIGIN" "$T/out"
after=$(resident)
ok "the page takes at most 5 MB of memory (orgd had $before kB before, and has $after kB)" [ $((after - before)) -le 5120 ]
is "$(cat "$T/fleet.log")" '' 'the machines have polled'
kill $fleet
orgd_end
done_testing
