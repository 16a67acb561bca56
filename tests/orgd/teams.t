#!/bin/bash
# Teams of an organization: made, renamed, filled, emptied, deleted; and hosts are told of each member whom it concerns.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/orgd.sh"
orgd_start
org=$(new_org Acme) other=$(new_org Other)
join "$org" ann admin; ann=$bearer ann_id=$user_id
join "$org" bob member; bob=$bearer bob_id=$user_id
join "$other" out owner; out=$bearer out_id=$user_id
on() { call "/organizations/$1" "{\"organizationId\":\"$org\"${2:+,$2}}" "${3-$OWNER}"; }
revision() { on members/changes '"since":0'; field .revision; }
# told SINCE: the changes after it, with the teams
told() { on members/changes "\"since\":$1"; field '[.members[] | "\(.username)(\([.teams[] | .slug] | sort | join(" ")))"] | join(" ")'; }
last_event() { on audit/list '"limit":1'; field '.events[] | "\(.actorName) \(.action) \(.subjectName) [\(.detail)]"'; }
events() { on audit/list; field '.events | length'; }

on teams/create '"name":"Ops Berlin"' "$bob"; expect 403 forbidden 'a member makes no team'
on teams/create '"name":"Ops Berlin"' "$out"; expect 404 organization_not_found 'a stranger makes no team'
on teams/create '"name":"Ops - Berlin"' "$ann"
team=$(field .team.id)
is "$status $(field '"\(.team.slug) \(.team.name)"')" '200 ops-berlin Ops - Berlin' 'a team has a slug that is made from its name'
like "$team" '^team_[a-z0-9]{20}$' 'a team has an id'
is "$(last_event)" "ann team.create Ops - Berlin [ops-berlin]" 'a new team is an audit event'
on teams/create '"name":"ops berlin"'; expect 409 team_exists 'a slug belongs to one team'
on teams/create '"name":"Другие"'; expect 400 invalid 'a name that gives no slug needs one'
on teams/create '"name":"Другие","slug":"others"'; is "$status $(field .team.slug)" '200 others' 'a slug can be given'; others=$(field .team.id)
on teams/create '"name":"x","slug":"Not A Slug"'; expect 400 invalid 'a slug is a name that a group may have'
call /organizations/teams/create "{\"organizationId\":\"$other\",\"name\":\"Ops Berlin\"}" "$OWNER"; foreign=$(field .team.id)
is "$status" 200 'another organization may have a team with the same slug'
on teams/list '' "$bob"; is "$(field '[.teams[].slug] | join(" ")')" 'ops-berlin others' 'a member lists the teams'
on teams/list '"limit":1'; is "$(field '.teams | length')" 1 'teams have pages'
on teams/list "\"limit\":1,\"after\":\"$(field .next)\""; is "$(field '[.teams[].slug] | join(" ")')" others 'the next page goes on'

before=$(revision)
for what in add remove; do
    on teams/$what "\"id\":\"$team\",\"userId\":\"$bob_id\"" "$bob"; expect 403 forbidden "teams/$what: a member is refused with 403"
    on teams/$what "\"id\":\"$foreign\",\"userId\":\"$bob_id\""; expect 404 team_not_found "teams/$what: a team of another organization is not found"
    on teams/$what "\"id\":\"$team\",\"userId\":\"$out_id\""; expect 404 member_not_found "teams/$what: a member of another organization is not found"
done
on teams/add "\"id\":\"$team\",\"userId\":\"$bob_id\"" "$ann"; is "$status $(field .changed)" '200 true' 'a member is put into a team'
is "$(last_event)" "ann team.add bob [ops-berlin, $team]" 'that is an audit event'
is "$(told "$before")" 'bob(ops-berlin)' 'hosts are told of the member and the team'
count=$(events); on teams/add "\"id\":\"$team\",\"userId\":\"$bob_id\""; is "$status $(field .changed)" '200 false' 'a second time changes nothing'
is "$(events)" "$count" 'and writes no event'
on teams/add "\"id\":\"$others\",\"userId\":\"$bob_id\""; on teams/add "\"id\":\"$team\",\"userId\":\"$ann_id\""
on members/list; is "$(field '[.members[] | "\(.username)(\([.teams[] | .slug] | sort | join(" ")))"] | join(" ")')" 'owner() ann(ops-berlin) bob(ops-berlin others)' 'members/list has the teams'
on teams/members "\"id\":\"$team\""; is "$(field '[.users[].username] | sort | join(" ")')" 'ann bob' 'teams/members lists who is in a team'
on teams/members "\"id\":\"$team\",\"limit\":1"; first=$(field '.users[0].username'); on teams/members "\"id\":\"$team\",\"limit\":1,\"after\":\"$(field .next)\""
is "$(sort <<< "$first"$'\n'"$(field '.users[0].username')" | paste -sd' ') $(field .next)" 'ann bob null' 'teams/members has pages'

before=$(revision)
on teams/update "\"id\":\"$team\",\"name\":\"Ops\",\"slug\":\"ops\""; is "$(field '"\(.team.id) \(.team.slug)"')" "$team ops" 'a renamed team keeps its id'
is "$(told "$before" | tr ' ' '\n' | sort | paste -sd' ')" 'ann(ops) bob(ops others)' 'a renamed team is a change of each of its members'
on teams/update "\"id\":\"$team\",\"slug\":\"others\""; expect 409 team_exists 'a team does not take the slug of another'
count=$(events); before=$(revision); on teams/update "\"id\":\"$team\",\"name\":\"Ops\""; is "$(events) $(revision)" "$count $before" 'an update that changes nothing changes nothing'
on teams/remove "\"id\":\"$team\",\"userId\":\"$ann_id\""; is "$status $(field .changed)" '200 true' 'a member is taken out of a team'
is "$(told "$before")" 'ann()' 'hosts are told so'
before=$(revision)
request /organizations/members/changes -d "{\"organizationId\":\"$org\",\"since\":$before,\"wait\":20000}" -H "Authorization: Bearer $OWNER" > "$T/poll" & poll=$!; sleep 0.5
on teams/delete "\"id\":\"$team\""; done_ok 'a team is deleted'
wait $poll; is "$(jq -r '[.members[] | .username] | join(" ")' "$T/poll")" bob 'a held poll is told of who was in a deleted team'
is "$(told "$before")" 'bob(others)' 'a deleted team is gone from its members'
on teams/delete "\"id\":\"$team\""; expect 404 team_not_found 'a deleted team is not found'
on members/remove "\"userId\":\"$bob_id\""
on teams/members "\"id\":\"$others\""; is "$(field '.users | length')" 0 'a removed member is in no team'
on invitations/create '"email":"bob@example.org"'; call /organizations/invitations/accept "{\"token\":\"$(field .token)\"}" "$bob"
before=$(revision); is "$(told $((before - 1)))" 'bob()' 'a member who comes back is in no team'
on teams/add "\"id\":\"$others\",\"userId\":\"$bob_id\""
call /organizations/delete "{\"organizationId\":\"$org\",\"name\":\"Acme\"}" "$OWNER"; done_ok 'an organization with teams is deleted'
is "$(sql 'SELECT count(*) FROM teams')" 1 'its teams go with it'
orgd_end
is "$("$ORGD" check --data "$DATA" 2>&1)" "$DATA_NAME: nothing is wrong" 'orgd check finds no error'
done_testing
