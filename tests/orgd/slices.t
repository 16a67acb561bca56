#!/bin/bash
# What goes through many rows is done in slices: at once for whoever asks, and the rest while others are served, also behind a kill.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/orgd.sh"
PEOPLE=2500
# crowd ORG ROLE: PEOPLE members of it
crowd() {
    sql "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $PEOPLE)
         INSERT INTO users (id, email, username, name, created_at) SELECT printf('usr_%020d', i), printf('u%d@example.org', i), printf('u%d', i), printf('User %d', i), i FROM n WHERE true ON CONFLICT DO NOTHING;
         INSERT INTO usernames (username, user_id) SELECT username, id FROM users WHERE id LIKE 'usr_00000%' ON CONFLICT DO NOTHING;
         INSERT INTO members (organization_id, user_id, role, active, joined_at, revision) SELECT '$1', id, '$2', 1, created_at, created_at + 100 FROM users WHERE id LIKE 'usr_00000%';
         UPDATE organizations SET revision = $PEOPLE + 100 WHERE id = '$1'"
}
rows() { sql "SELECT count(*) FROM $1 WHERE organization_id = '$2'"; }
# later ORG REVISION: the members that have a later one
later() { sql "SELECT count(*) FROM members WHERE organization_id = '$1' AND revision > $2"; }

orgd_start
org=$(new_org Big)
call /organizations/roles/set "{\"organizationId\":\"$org\",\"role\":\"ops\",\"permissions\":[\"org:view\"]}" "$OWNER"
crowd "$org" ops

# --- a role that many have ---
before=$((PEOPLE + 100))
call /organizations/roles/set "{\"organizationId\":\"$org\",\"role\":\"ops\",\"permissions\":[\"org:view\",\"members:view\"]}" "$OWNER"
first=$(later "$org" $before)
is "$status $((first < PEOPLE))" '200 1' 'the change of a role is answered before all of its holders have a new revision'
is "$(sql "SELECT permissions FROM roles WHERE organization_id = '$org'")" 5 'the role itself is changed at once'
ok 'and then all have one' wait_for 20 eval '[ "$(later "$org" $before)" = $PEOPLE ]'
is "$(sql "SELECT count(DISTINCT revision), max(revision) FROM members WHERE organization_id = '$org' AND role = 'ops'")" "$PEOPLE|$((before + PEOPLE))" 'each his own, and the organization the last'
ok 'nothing is left to do' wait_for 5 eval '[ "$(sql "SELECT count(*) FROM touches")" = 0 ]'
is "$(sql "SELECT count(*) FROM commits WHERE organization_id = '$org'")" "$((1 + 3))" 'a slice is a commit of the history'

# --- a team that many are in ---
call /organizations/teams/create "{\"organizationId\":\"$org\",\"name\":\"All\"}" "$OWNER"; team=$(field .team.id)
sql "INSERT INTO team_members SELECT organization_id, user_id, '$team' FROM members WHERE organization_id = '$org' AND role = 'ops'"
before=$(sql "SELECT revision FROM organizations WHERE id = '$org'")
call /organizations/teams/update "{\"organizationId\":\"$org\",\"id\":\"$team\",\"name\":\"Everybody\"}" "$OWNER"
ok 'the name of a team reaches all who are in it' wait_for 20 eval '[ "$(later "$org" $before)" = $PEOPLE ]'
before=$(sql "SELECT revision FROM organizations WHERE id = '$org'")
call /organizations/teams/delete "{\"organizationId\":\"$org\",\"id\":\"$team\"}" "$OWNER"
is "$status $(api /organizations/teams/list "{\"organizationId\":\"$org\"}" "$OWNER" | jq -c .teams)" '200 []' 'a deleted team is gone at once'
is "$(api /organizations/members/changes "{\"organizationId\":\"$org\",\"since\":$before}" "$OWNER" | jq '[.members[].teams[]] | length')" 0 'and nobody is in it any more'
call /organizations/teams/create "{\"organizationId\":\"$org\",\"name\":\"Everybody\"}" "$OWNER"
is "$status" 200 'another team takes its name at once'
ok 'then its members have new revisions, and its rows are gone' wait_for 20 eval '[ "$(later "$org" $before) $(rows team_members "$org") $(sql "SELECT count(*) FROM teams WHERE id = '"'$team'"'")" = "$PEOPLE 0 0" ]'

# --- the key policy of many ---
sql "INSERT INTO ssh_keys SELECT id, '', 'SHA256:' || id, 0, 'ssh-ed25519', 'AAAA', '', 1, 0, 0, NULL FROM users WHERE id LIKE 'usr_00000%'"
before=$(sql "SELECT revision FROM organizations WHERE id = '$org'")
request /organizations/members/changes -N -o "$T/told" -d "{\"organizationId\":\"$org\",\"since\":$before,\"wait\":30000}" -H "Authorization: Bearer $OWNER" & poll=$!
wait_for 5 test -s "$T/told"
call /organizations/update "{\"organizationId\":\"$org\",\"keyAdders\":\"admins\"}" "$OWNER"
is "$status $(api /organizations/members/list "{\"organizationId\":\"$org\"}" "$OWNER" | jq '[.members[].keys[]] | length')" '200 0' 'a key policy counts for everybody who is listed, at once'
ok 'a held poll is told of it at once' wait_for 2 grep -q revision "$T/told"; wait $poll
ok 'and then of everybody' wait_for 20 eval '[ "$(later "$org" $before)" = $((PEOPLE + 1)) ]'
is "$(api /organizations/members/changes "{\"organizationId\":\"$org\",\"since\":$before}" "$OWNER" | jq -c '[(.members | length), ([.members[].keys[]] | length), .more]')" "[$((PEOPLE + 1)),0,false]" 'with no key left'

# --- an organization of many, and a server that is killed ---
token=$(api /organizations/tokens/create "{\"organizationId\":\"$org\"}" "$OWNER" | jq -r .apiToken.bearer)
call /organizations/invitations/create "{\"organizationId\":\"$org\",\"email\":\"new@example.org\"}" "$OWNER"; invitation=$(field .token)
call /organizations/join-codes/create "{\"organizationId\":\"$org\"}" "$OWNER"; code=$(field .code)
call /organizations/delete "{\"organizationId\":\"$org\",\"name\":\"Big\"}" "$OWNER"
is "$status" 200 'an organization of many is deleted'
kill -9 "$orgd_pid"; wait "$orgd_pid" 2> /dev/null
is $(($(rows members "$org") > 0)) 1 'a kill leaves rows of it'
is "$("$ORGD" check --data "$DATA" 2>&1)" "$DATA_NAME: nothing is wrong" 'and orgd check finds nothing wrong'
orgd_start
call /organizations/get "{\"organizationId\":\"$org\"}" "$OWNER"
is "$status $(field .reason)" '404 organization_not_found' 'nobody sees it any more'
is "$(api /organizations/list '{}' "$OWNER" | jq -c .organizations)" '[]' 'its owner is in none'
call /users/whoami '{}' "$token"; is "$status" 401 'its token opens nothing'
call /organizations/invitations/accept "{\"token\":\"$invitation\",\"username\":\"new\"}"; is "$status" 404 'nor does its invitation'
join "$(new_org Other)" mia member
call /organizations/join-codes/join "{\"code\":\"$code\"}" "$bearer"; is "$status" 404 'nor its join code'
ok 'its rows go after the start' wait_for 20 eval '[ "$(sql "SELECT count(*) FROM organizations WHERE id = '"'$org'"'")" = 0 ]'
for table in members invitations join_codes tokens roles commits teams team_members touches; do
    is "$(rows $table "$org")" 0 "none of $table is left"
done
is $(($(rows events "$org") > 0)) 1 'its events stay'

# --- the operator's command, without a server ---
org=$(new_org Again); crowd "$org" member
orgd_end
is "$("$ORGD" org delete "$org" --yes --data "$DATA" 2>&1 | tail -1)$(rows members "$org")$(sql "SELECT count(*) FROM organizations WHERE id = '$org'")" 'ok: yes00' 'orgd org delete removes all of it before it ends'
is "$("$ORGD" check --data "$DATA" 2>&1)" "$DATA_NAME: nothing is wrong" 'and nothing is wrong then'
done_testing
