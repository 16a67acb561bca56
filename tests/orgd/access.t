#!/bin/bash
# Access rules: who may log in where. They are told to each machine as far as they concern it, at once, and nobody ends them all who may not.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/orgd.sh"
orgd_start
org=$(new_org Acme) other=$(new_org Other)
join "$org" ann admin; ann=$bearer ann_id=$user_id
join "$org" mia member; mia=$bearer
on() { call "/organizations/$1" "{\"organizationId\":\"$org\"${2:+,$2}}" "${3-$OWNER}"; }
in_other() { call "/organizations/$1" "{\"organizationId\":\"$other\"${2:+,$2}}" "$OWNER"; }
machine() { # NAME LABELS: sets $machine_id, and $bearer to its token
    on machines/invite "\"name\":\"$1\",\"labels\":\"$2\""
    machine_id=$(field .id)
    call /organizations/machines/enroll "{\"code\":\"$(field .code)\"}"
    bearer=$(field .apiToken.bearer)
}
told() { on members/changes '"since":0' "${1-$OWNER}"; field '.access | tostring'; }
machine web env=prod,tier=web; web=$bearer web_id=$machine_id
machine dev env=dev; dev=$bearer dev_id=$machine_id
machine bare ''; bare=$bearer

# --- none ---
is "$(told "$web")" null 'without a rule a machine is told that there is none'
on access/list; is "$status $(field '"\(.rules) \(.next)"')" '200 [] null' 'access/list of an organization without rules'

# --- what a rule may be ---
for wrong in '' '"labels":"env=prod"' '"role":"admin","team":"team_x"' '"role":""'; do
    on access/add "$wrong"
    like "$status" '^40[04]$' "access/add refuses ${wrong:-nothing}"
done
for wrong in '"labels":"env"' '"labels":"A=1"' '"services":"sshd"' '"services":["*"]' '"services":[""]' '"services":["a b"]' '"services":["sshd","sshd"]' '"services":[1]' \
    "\"services\":[\"$(printf '%065d' 0)\"]" "\"services\":[$(printf '"%030d",' {1..9})\"x\"]"; do
    on access/add "\"role\":\"admin\",$wrong"
    expect 400 invalid "access/add refuses ${wrong:0:50}"
done
on access/add '"role":"nobody"'; expect 404 role_not_found 'access/add refuses a role that is not there'
foreign=$(api /organizations/teams/create "{\"organizationId\":\"$other\",\"name\":\"Theirs\"}" "$OWNER" | jq -r .team.id)
on access/add "\"team\":\"$foreign\""; expect 404 team_not_found "access/add refuses another organization's team"

# --- who may ---
on access/add '"role":"admin"' "$ann"; expect 403 forbidden 'an admin makes no access rule'
on access/list '' "$mia"; is "$status" 200 'a member reads the access rules'
on access/list '' "$web"; expect 403 forbidden "a machine's token reads no access rules but its own"
on roles/set '"role":"gate","permissions":["org:view","access:manage"]'; is "$status" 200 'a role may have access:manage'
join "$org" gil gate; gil=$bearer
on access/add '"role":"admin","labels":"env=prod","services":["sshd","sudo"]' "$gil"
is "$status $(field '.rule | "\(.role) \(.team) \(.labels) \(.services)"')" '200 admin null env=prod ["sshd","sudo"]' 'who has access:manage makes an access rule'
rule=$(field .rule.id) revision=$(field .revision)
like "$rule" '^acc_[a-z0-9]{20}$' 'it has an id'
is "$(sql "SELECT count(*) FROM organizations WHERE id = '$org' AND revision = $revision AND access_revision = $revision AND access_count = 1")" 1 "it is a revision of the organization's"
on access/add '"role":"admin","labels":"env=prod","services":["sshd","sudo"]'; expect 409 access_rule_exists 'the same rule once more is refused'
in_other access/remove "\"id\":\"$rule\""; expect 404 access_rule_not_found "another organization's rule is not removed"
on access/remove "\"id\":\"$rule\"" "$ann"; expect 403 forbidden 'an admin removes no access rule'

# --- what each machine is told ---
is "$(told "$web")" '[{"role":"admin","services":["sshd","sudo"]}]' 'a machine with the labels is told the rule'
is "$(told "$dev")" '[]' 'a machine without them is told that no rule lets anybody in'
is "$(told "$bare") $(told) $(told "$ann")" '[] [] []' "so is one without labels, and a token that is no machine's"
team=$(api /organizations/teams/create "{\"organizationId\":\"$org\",\"name\":\"Ops\"}" "$OWNER" | jq -r .team.id)
on teams/add "\"id\":\"$team\",\"userId\":\"$ann_id\""
before=$(sql "SELECT revision FROM members WHERE organization_id = '$org' AND user_id = '$ann_id'")
on access/add "\"team\":\"$team\""
is "$status $(field '.rule | "\(.role) \(.team) \(.teamSlug) \(.labels) \(.services)"')" "200 null $team ops  []" 'a rule for a team, all machines and all services'
team_rule=$(field .rule.id)
is "$(sql "SELECT count(*) FROM members WHERE organization_id = '$org' AND user_id = '$ann_id' AND revision > $before")" 1 'the members of the team are told again, with it'
is "$(told "$dev")" "[{\"team\":\"$team\",\"services\":[]}]" 'a rule without labels is told to every machine'
is "$(told "$web" | jq -c 'map(.role // .team)')" "[\"admin\",\"$team\"]" 'a machine is told all of its rules, in their order'
on access/list; is "$(field '[.rules[].id] | tostring')" "[\"$rule\",\"$team_rule\"]" 'access/list has both'
on access/list '"limit":1'; is "$(field '.rules | length')" 1 'access/list has pages'
on access/list "\"limit\":1,\"after\":\"$(field .next)\""; is "$(field '.rules[0].id')" "$team_rule" 'and the next one'

# --- held polls hear of it at once ---
# hold FILE BEARER: a poll from the present on
hold() {
    local now
    now=$(sql "SELECT revision FROM organizations WHERE id = '$org'")
    api /organizations/members/changes "{\"organizationId\":\"$org\",\"since\":$now,\"wait\":20000}" "$2" >"$1" &
    sleep 0.3
}
came() { wait_for 5 test -s "$1" && tr -d '\n' <"$1" | jq -c "$2"; }
hold "$T/web" "$web"; hold "$T/dev" "$dev"
on access/add '"role":"owner","labels":"env=dev"'; dev_rule=$(field .rule.id)
is "$(came "$T/web" '.access | length') $(came "$T/dev" '.access | length')" '2 2' 'a new rule is told to held polls at once, to each what concerns it'
rm "$T/web" "$T/dev"; hold "$T/web" "$web"; hold "$T/dev" "$dev"
on machines/set-labels "\"id\":\"$web_id\",\"labels\":\"env=dev\"" "$ann"; expect 403 forbidden 'an admin gives a machine no labels'
in_other machines/set-labels "\"id\":\"$web_id\",\"labels\":\"env=dev\""; expect 404 machine_not_found "nobody gives another organization's machine labels"
on machines/set-labels "\"id\":\"$web_id\",\"labels\":\"env\""; expect 400 invalid 'labels must be labels'
on machines/set-labels "\"id\":\"$web_id\",\"labels\":\"env=dev\""
is "$status $(field .machine.labels)" '200 env=dev' 'an owner gives a machine other labels'
is "$(came "$T/web" '[.access[] | .role // .team] | tostring')" "\"[\\\"$team\\\",\\\"owner\\\"]\"" 'its held poll is told the rules of the new labels at once'
on machines/set-labels "\"id\":\"$web_id\",\"labels\":\"env=dev\""
is "$(sql "SELECT count(*) FROM events WHERE action = 'machine.set-labels' AND detail = 'env=prod,tier=web -> env=dev'")" 1 'the same labels once more are no change'
on machines/invite '"name":"web","labels":"env=prod"'
is "$(told "$web" | jq -c 'map(.role // .team)')" "[\"admin\",\"$team\"]" 'labels by a new code count at once, too'
rm "$T/web" "$T/dev"; hold "$T/dev" "$dev"
on access/remove "\"id\":\"$dev_rule\""; done_ok 'a rule is removed'
is "$(came "$T/dev" '.access | length')" 1 'a removed rule is told at once'
on access/remove "\"id\":\"$dev_rule\""; expect 404 access_rule_not_found 'a removed rule is removed once'
# A poll that was begun with one set of labels, and answered after they changed: 40 times between two sets.
stale=0
for i in {1..20}; do
    on machines/set-labels "\"id\":\"$web_id\",\"labels\":\"env=x$i\"" &
    got=$(api /organizations/members/changes "{\"organizationId\":\"$org\",\"since\":$(sql "SELECT revision FROM organizations WHERE id = '$org'"),\"wait\":300}" "$web" | tr -d '\n' | jq -r '"\(.revision) \(.access | length)"')
    sleep 0.05
    [ "${got#* }" = 1 ] || [ "${got% *}" -lt "$(sql "SELECT access_revision FROM organizations WHERE id = '$org'")" ] || stale=$((stale + 1))
done
is "$stale" 0 'no poll is told the rules of labels that its machine had before'
on machines/set-labels "\"id\":\"$web_id\",\"labels\":\"env=prod\""

# --- what a rule is for goes ---
on teams/delete "\"id\":\"$team\"" "$ann"; done_ok 'a team that a rule is for is deleted'
on access/list; is "$(field '[.rules[].role] | tostring')" '["admin"]' 'its rule goes with it'
team=$(api /organizations/teams/create "{\"organizationId\":\"$org\",\"name\":\"Ops\"}" "$OWNER" | jq -r .team.id)
on access/add "\"team\":\"$team\""
on access/remove "\"id\":\"$rule\""
on teams/delete "\"id\":\"$team\"" "$ann"; expect 409 access_rule_last 'who may not make rules cannot end all of them by deleting a team'
on roles/set '"role":"spare","permissions":["org:view"]'
on access/add '"role":"spare","labels":"env=prod"'
on roles/remove '"role":"spare"'; done_ok 'a role that a rule is for is removed'
on access/list; is "$(field '[.rules[].teamSlug] | tostring')" '["ops"]' 'and its rule'
is "$(api /organizations/audit/list "{\"organizationId\":\"$org\"}" "$OWNER" | jq -r '[.events[] | select(.action | startswith("access.")) | "\(.actorName) \(.action) \(.subjectName) \(.detail)"] | reverse | .[0,3,-1]')" \
    'gil access.add role admin labels env=prod; services sshd,sudo
owner access.remove role owner labels env=dev; services all
owner access.remove role spare labels env=prod; services all' 'the audit log has who made and removed which rule'

# --- races and limits ---
for i in {1..8}; do api /organizations/access/add "{\"organizationId\":\"$org\",\"role\":\"owner\",\"labels\":\"a=b\"}" "$OWNER" >"$T/race.$i" & done
wait_for 10 sh -c "test \$(cat '$T'/race.* | wc -l) = 8"
is "$(cat "$T"/race.* | jq -r '.reason // "made"' | sort | uniq -c | xargs)" '7 access_rule_exists 1 made' 'of eight who make the same rule at the same time one does'
sql "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 57) INSERT INTO access_rules SELECT 'acc_' || i, '$org', 'owner', '', 'n=' || i, '', i FROM n; UPDATE organizations SET access_count = access_count + 57 WHERE id = '$org'"
on access/add '"role":"owner","labels":"c=d"'; is "$status" 200 'the sixtieth rule is made'
on access/add '"role":"owner","labels":"e=f"'; expect 409 too_many 'the sixty-first is refused'
is "$("$ORGD" check --data "$DATA" 2>&1)" "$DATA_NAME: nothing is wrong" 'orgd check finds the data sound'
sql "INSERT INTO access_rules VALUES ('acc_x', '$org', 'gone', '', '', '', 1); UPDATE organizations SET access_count = access_count + 1 WHERE id = '$org'"
like "$("$ORGD" check --data "$DATA" 2>&1)" 'access rule acc_x of .* is for nobody' 'orgd check tells of a rule for nobody'
on delete '"name":"Acme"'; done_ok 'an organization with rules is deleted'
no_rules() { [ "$(sql 'SELECT count(*) FROM access_rules')" = 0 ]; }
ok 'its rules go with it' wait_for 10 no_rules
counted 'quotas count what there is'
orgd_end
done_testing
