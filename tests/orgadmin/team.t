#!/bin/bash
# The noun team, at orgd: its teams are listed, members are put into them and taken out.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/orgd.sh"
orgd_start
export HOME=$T/home XDG_CONFIG_HOME=$T/config
(umask 077; echo "$OWNER" > "$T/owner")
org=$(new_org Acme)
join "$org" ann member; (umask 077; echo "$bearer" > "$T/ann")
api /organizations/teams/create "{\"organizationId\":\"$org\",\"name\":\"Night shift\",\"slug\":\"night\"}" "$OWNER" > "$T/team"
api /organizations/teams/create "{\"organizationId\":\"$org\",\"name\":\"Day shift\",\"slug\":\"day\"}" "$OWNER" > "$T/other"
who=owner
team() { "$BUILD/orgadmin" team "$@" --org "$org" --url "unix:$SOCKET" --token-file "$T/$who" > "$T/out" 2> "$T/err"; rc=$?; }
said() { cat "$T/out" "$T/err"; }

team list; like "$rc $(said | tr '\n' ' ')" '^0 .*night +Night shift' 'team list prints slug and name'
team show night; like "$rc $(said)" '^0' 'team show prints no member of an empty team'
team add night ann; like "$rc $(said)" '^0 ann is in the team night\.$' 'team add puts a member into a team, by slug and username'
team show 'Night shift'; like "$rc $(said | tr '\n' ' ')" '^0 .*ann +ann@example.org' 'team show prints the members, by name'
team show "$(jq -r .team.id "$T/team")" -o json; is "$rc $(jq -r '.[0].username' "$T/out")" '0 ann' 'team show prints the members, by id, as JSON'
team show day -o json; is "$rc $(jq length "$T/out")" '0 0' 'another team has no member'
team add night ann --role lead; like "$rc $(said)" '^2 .*takes no "role" for "team add"' 'team add refuses a role, which orgd has not'
team add nihgt ann; like "$rc $(said)" '^1 .*no team "nihgt".*night' 'team add suggests the right spelling of a team'
team add night annn; like "$rc $(said)" '^1 .*no member "annn".*ann' 'team add suggests the right spelling of a member'
team add night ann --dry-run; like "$rc $(said)" '^0 .*/v1/organizations/teams/add' 'team add --dry-run prints the request'
team remove night ann < /dev/null; like "$rc $(said)" '^2 .*no terminal to ask on' 'team remove asks'
who=ann; team remove night ann --yes; like "$rc $(said)" '^1 .*403' 'team remove by a plain member is refused'; who=owner
team remove night ann --yes; like "$rc $(said)" '^0 ann is no longer in the team night\.$' 'team remove takes a member out of a team'
team show night -o json; is "$rc $(jq length "$T/out")" '0 0' 'the team has no member any more'
orgd_end
done_testing
