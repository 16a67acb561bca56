#!/bin/bash
# What one user or organization may have and do: quotas of stocks and rates, who may create organizations, and the audit log's pages.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/orgd.sh"
small=(--quota join-codes=3 --quota invitations=2 --quota tokens=3 --quota machines=2 --quota user-tokens=2 --quota organizations=3 --quota memberships=4 --quota members=4)
orgd_start "${small[@]}" --quota polls=2 --quota token-polls=1
org=$(new_org Acme)
on() { call "$1" "{\"organizationId\":\"$org\"${2-}}" "${3-$OWNER}"; }
# over NAME N CALL: the last call exceeded the quota NAME, whose number is N
over() {
    is "$status $(field .reason)" '409 quota' "$3 is refused with 409 quota"
    like "$(field .message)" " at most $2 .*\(quota $1\)\.\$" "$3: the refusal names the quota $1 and its number"
}
events() { sql 'SELECT count(*) FROM events'; }

# --- stocks ---
for i in 1 2 3; do on /organizations/join-codes/create; id=$(field .id) code=$(field .code); done
is "$status" 200 'as many join codes are made as the quota says'
before=$(events)
on /organizations/join-codes/create; over join-codes 3 'one join code too many'
is "$(events)" "$before" 'a call that a quota refuses writes no event'
on /organizations/join-codes/revoke ",\"id\":\"$id\""; done_ok 'a join code is revoked when the quota is reached'
on /organizations/join-codes/create; is "$status" 200 'a join code is made in the place of a revoked one'; id=$(field .id)
sql "UPDATE join_codes SET expires_at = 1 WHERE id = '$id'"
on /organizations/join-codes/create; is "$status" 200 'a join code is made in the place of one that has expired'; code=$(field .code)
on /organizations/machines/invite ',"name":"m1"'; on /organizations/machines/invite ',"name":"m2"'; is "$status" 200 'as many machines are invited as the quota says'
on /organizations/machines/invite ',"name":"m3"'; over machines 2 'one machine too many'
on /organizations/machines/invite ',"name":"m2"'; is "$status" 200 'a known machine gets a new code when the quota is reached'
sql "UPDATE machines SET expires_at = 1 WHERE name = 'm1'"
on /organizations/machines/invite ',"name":"m3"'; is "$status" 200 'a machine is invited in the place of one that never came'

invite() { on /organizations/invitations/create ",\"email\":\"$1@example.org\""; token=$(field .token); }
invite a; first=$token; invite b
invite c; over invitations 2 'one pending invitation too many'
invite b; is "$status" 200 'an invitation replaces one for the same address when the quota is reached'
sql "UPDATE invitations SET expires_at = 1 WHERE email = 'b@example.org'"
invite c; is "$status" 200 'an invitation is made in the place of one that has expired'

for i in 1 2 3; do on /organizations/tokens/create; key=$(field .apiToken.key); done
on /organizations/tokens/create; over tokens 3 'one token of an organization too many'
sql "UPDATE tokens SET expires_at = 1 WHERE key = '$key'"
on /organizations/tokens/create; is "$status" 200 'a token is made in the place of one that has expired'
host=$(field .apiToken.bearer)
call /users/tokens/create '{}' "$OWNER"; second=$(field .apiToken.bearer)
call /users/tokens/create '{}' "$OWNER"; over user-tokens 2 "one token of a user's too many"
call /users/tokens/revoke "{\"key\":\"${second%%:*}\"}" "$OWNER"; done_ok "a user's token is revoked when the quota is reached"
call /users/tokens/create '{}' "$OWNER"; is "$status" 200 "a user's token is made in the place of a revoked one"; second=$(field .apiToken.bearer)

call /organizations/invitations/accept "{\"token\":\"$first\",\"username\":\"ann\"}"; ann=$(field .apiToken.bearer) ann_id=$(field .user.id)
is "$status" 200 'an invitation is accepted below the quotas'
new_org B > "$T/b"; new_org C > "$T/c"
call /organizations/create '{"name":"D"}' "$OWNER"; over organizations 3 'one organization of an owner too many'

# --- the right to create ---
before=$(events)
call /organizations/create '{"name":"Own"}' "$ann"; expect 403 forbidden 'a member may not create an organization'
like "$(field .message)" 'operator decides who may create organizations' 'the refusal says who decides'
is "$(events)" "$before" 'a refused organization writes no event'
counted 'quotas count what there is'
sql "UPDATE users SET may_create = 1 WHERE id = '$ann_id'"
call /organizations/create '{"name":"Own"}' "$ann"; is "$status" 200 'a user whom the operator lets creates an organization'
call /organizations/create '{"name":"Own 2"}' "$host"; expect 403 forbidden "an organization's token creates no organization"
sql "UPDATE users SET may_create = 0"

# --- members: who has left counts, as the row of each stays ---
sql "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2) INSERT INTO users (id, email, username, name, created_at) SELECT 'usr_' || i, 'u' || i || '@x', 'u' || i, 'U', i FROM n;
     INSERT INTO members (organization_id, user_id, role, active, joined_at, revision) SELECT '$org', id, 'member', 0, 1, 100 + created_at FROM users WHERE created_at < 3; UPDATE organizations SET revision = 200 WHERE id = '$org'"
sql "DELETE FROM invitations"; invite late
call /organizations/invitations/accept "{\"token\":\"$token\",\"username\":\"late\"}"; over members 4 'one member too many'
is "$(sql "SELECT count(*) FROM users WHERE username = 'late'")" 0 'an account that a quota refuses is not made'
on /organizations/members/remove ",\"userId\":\"$ann_id\""; done_ok 'a member is removed when the quota is reached'
invite a; call /organizations/invitations/accept "{\"token\":\"$token\"}" "$ann"; is "$status" 200 'a former member comes back when the quota is reached'
sql "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 4) INSERT INTO organizations (id, name, created_at, revision) SELECT 'org_' || i, 'O', i, 1 FROM n;
     INSERT INTO members (organization_id, user_id, role, active, joined_at, revision) SELECT id, '$ann_id', 'member', 0, 1, 1 FROM organizations WHERE created_at < 9"
sql "UPDATE organizations SET revision = 3 WHERE id = '$org'; DELETE FROM members WHERE organization_id = '$org' AND user_id = '$ann_id'"
call /organizations/join-codes/join "{\"code\":\"$code\"}" "$ann"; over memberships 4 'one membership of a user too many'

# --- held polls ---
acme=$org org=$(cat "$T/b")
sql "UPDATE tokens SET organization_id = '$org' WHERE key = '${host%%:*}'"
held() { request /organizations/members/changes -N -d "{\"organizationId\":\"$org\",\"since\":$revision,\"wait\":20000}" -H "Authorization: Bearer $1" -o "$2" -w '%{http_code}' > "$2.status" & }
on /organizations/members/changes ',"since":0'; revision=$(field .revision)
held "$OWNER" "$T/held1"; wait_for 10 test -s "$T/held1"
on /organizations/members/changes ",\"since\":$revision,\"wait\":20000"
is "$status $(field .reason)" '429 quota' 'one held poll of a token too many is refused with 429 quota'
like "$(field .message)" 'A token has at most 1 held polls \(quota token-polls\)' 'the refusal names the quota of a token'
held "$host" "$T/held2"; wait_for 10 test -s "$T/held2"
on /organizations/members/changes ",\"since\":$revision,\"wait\":20000" "$second"
is "$status $(field .message)" '429 An organization has at most 2 held polls (quota polls).' 'one held poll of an organization too many is refused with 429'
on /organizations/members/changes ",\"since\":0,\"wait\":20000" "$second"; is "$status" 200 'a poll that has something to tell is answered all the same'
org=$acme
orgd_end

# --- rates ---
orgd_start --quota caller-changes=5 --quota changes=8 --create-organizations anyone
sql "DELETE FROM members WHERE user_id = '$ann_id'"
call /organizations/create '{"name":"Own"}' "$ann"; is "$status" 200 'with --create-organizations anyone every user creates organizations'
own=$(field .organization.id)
rename() { call /organizations/update "{\"organizationId\":\"$own\",\"name\":\"N$1\"}" "${2-$ann}"; }
for i in 1 2 3 4; do rename "$i"; done
is "$status" 200 'a caller makes as many changes an hour as the quota says'
before=$(events)
call /users/tokens/create '{}' "$ann"
is "$status $(field .reason)" '429 quota' 'one change of a caller too many is refused with 429 quota'
like "$(field .message)" 'A caller makes at most 5 changes an hour \(quota caller-changes\)' 'the refusal names the quota of a caller'
is "$(events)" "$before" 'a change that a rate refuses writes no event'
like "$(request /users/tokens/create -i -d '{}' -H "Authorization: Bearer $ann")" '^Retry-After: [1-9]' 'a refusal by a rate says when to try again'
call /organizations/get "{\"organizationId\":\"$own\"}" "$ann"; is "$status" 200 'who changed too much still reads'
call /organizations/delete "{\"organizationId\":\"$own\",\"name\":\"N4\"}" "$ann"; done_ok 'who changed too much still deletes'
rename 5 "$OWNER"; is "$status" 404 "a stranger's refused change does not count"
for i in 1 2 3 4; do on /organizations/update ",\"name\":\"A$i\""; done; is "$status" 200 "another caller's changes are not refused"
admin=$(on /organizations/tokens/create ',"role":"owner"'; field .apiToken.bearer)
sql 'DELETE FROM tokens WHERE user_id IS NULL'
on /organizations/tokens/create ',"role":"owner"'; is "$status" 429 'the sixth change of a caller is refused'
orgd_stop; orgd_start --quota caller-changes=5 --quota changes=8 --quota user-tokens=9
on /organizations/tokens/create ',"role":"owner"'; admin=$(field .apiToken.bearer)
for i in 1 2 3 4; do on /organizations/update ",\"name\":\"B$i\""; done
for i in 5 6 7; do on /organizations/update ",\"name\":\"B$i\"" "$admin"; done; is "$status" 200 'an organization is changed as often as the quota says'
on /organizations/update ',"name":"B8"' "$admin"
is "$status $(field .message)" '429 An organization has at most 8 changes an hour (quota changes).' 'one change of an organization too many is refused with 429'
on /organizations/tokens/revoke ",\"key\":\"${admin%%:*}\""; done_ok 'a token is revoked when the organization was changed too often'
orgd_end
# A change of a user counts once for each organization.
orgd_start --quota caller-changes=6
call /users/update '{"name":"Olga"}' "$OWNER"; is "$status" 200 'a user of several organizations changes the name'
call /users/update '{"name":"Olga O."}' "$OWNER"
call /users/update '{"name":"Olga Owner"}' "$OWNER"; is "$status $(field .reason)" '429 quota' 'a change counts for each organization that it changes'
orgd_stop

# --- the command line ---
for setting in join-codes join-codes= join-codes=0 join-codes=-1 join-codes=1x join-codes=1000000001 join-code=5 =5 'join-codes= 5'; do
    out=$(timeout 20 "$ORGD" --data "$T/no.db" --socket "$T/no.sock" --quota "$setting" 2>&1); like "$? $out" '^2 orgd: --quota .*must be NAME=N' "orgd refuses --quota '$setting'"
done
out=$(timeout 20 "$ORGD" --data "$T/no.db" --socket "$T/no.sock" --create-organizations somebody 2>&1); like "$? $out" '^2 orgd: --create-organizations somebody: must be operator or anyone' 'orgd refuses --create-organizations somebody'
for name in organizations memberships members invitations join-codes machines tokens user-tokens polls token-polls changes caller-changes keys mails address-mails; do
    like "$("$ORGD" --help)" "^  $name=[0-9]+: " "orgd --help has the quota $name and its number"
    ok "orgd(8) has the quota $name" grep -q -- "^\.It .*$name" "$TOP/packaging/man/orgd.8"
done

# --- pages of the audit log ---
orgd_start
sql "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000) INSERT INTO events (at, organization_id, actor, actor_name, action, subject, subject_name, detail, origin, request)
     SELECT 1000 * (i / 2), '$org', '', '', CASE WHEN i % 1000 = 0 THEN 'role.remove' ELSE 'join-code.create' END, '', '', '' || i, '', '' FROM n"
all=() after=null
while :; do
    on /organizations/audit/list ",\"action\":\"join-code.create\",\"to\":\"1980-01-01T00:00:00Z\",\"limit\":1000$([ "$after" = null ] || echo ",\"after\":\"$after\"")"
    mapfile -t -O "${#all[@]}" all < <(field '.events[].detail'); after=$(field .next)
    [ "$status" = 200 ] && [ "$after" != null ] || break
done
is "${all[*]}" "$(seq 3000 -1 1 | grep -v 000 | xargs)" 'the pages of audit/list have each event once, the newest first, also of one time'
on /organizations/audit/list ',"action":"role.remove","limit":2'; is "$(field '[.events[].detail]|join(" ")')" '3000 2000' 'a filter that matches little fills the page'
on /organizations/audit/list ",\"action\":\"role.remove\",\"after\":\"$(field .next)\""; is "$(field '"\([.events[].detail]|join(" ")) \(.next)"')" '1000 null' 'the last page of a filter ends the listing'
on /organizations/audit/list ',"action":"role.remove","from":"1970-01-01T00:16:40Z","to":"1970-01-01T00:16:40Z"'; is "$(field '[.events[].detail]|join(" ")')" 2000 'audit/list with times and an action lists what matches'
orgd_end
done_testing
