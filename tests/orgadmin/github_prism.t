#!/bin/bash
# Every command for GitHub, and a host's listing, through Prism, which compares each request and answer with GitHub's own OpenAPI document, the one of Enterprise Cloud, which has all.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/prism.sh"
[ -n "${LONG:-}" ] || skip_all "GitHub's documents are 385 MB: make check-long fetches them"
npm_need @octokit/openapi@23.0.2
WHOLE=$NPM/@octokit/openapi/generated/ghec.json
npm_need @stoplight/prism-cli@5.16.0
OPENAPI=$T
node "$TOP/tests/lib/prune.js" "$WHOLE" "$T/github.json" '^/orgs/\{org\}$' '^/orgs/\{org\}/(members|invitations|teams|audit-log)$' \
    '^/orgs/\{org\}/(memberships|invitations)/\{[a-z_]+\}$' '^/orgs/\{org\}/teams/\{team_slug\}/(members|memberships/\{username\})$' \
    '^/user(/orgs|/memberships/orgs/\{org\}|/\{account_id\})?$' '^/users/\{username\}/keys$' '^/organizations/\{org\}/' ||
    skip_all "GitHub's document cannot be read"
. "$(dirname "$0")/../api/vendor.sh"
. "$(dirname "$0")/vendor.sh"
fake_start github --fault lag=3
prism_start github.json "$URL" || skip_all 'Prism does not start'
token ada ghp_ada

# The document does not have 304, which ETags are for.
known_wrong() { grep -v 'Unable to match the returned status code with those defined in the document: 200,4'; }
clean() { is "$(prism_violations | known_wrong)" '' "Prism finds no violation in the requests of $1"; }
ok_in() { does . "$1 through Prism succeeds" "${@:2}"; }

ok_in login ada login --provider github --url "$PRISM" --token-file "$T/ada.token"
ok_in whoami ada whoami
ok_in 'org list' ada org list
ok_in 'org switch' ada org switch acme
ok_in 'org show' ada org show
clean 'whoami, login and the organization'
ok_in 'member list' ada member list
ok_in 'member role' ada member role bob owner
ok_in 'member role' ada member role bob member
ok_in 'member add' ada member add new@example.com --role owner
ok_in 'member remove' ada member remove bob --yes
clean members
ok_in 'invitation list' ada invitation list
ok_in 'invitation create' ada invitation create x@example.com
ok_in 'invitation revoke' ada invitation revoke new@example.com --yes
ok_in 'role list' ada role list
ok_in 'audit list' ada audit list --action team.create
clean 'invitations and the audit log'
ok_in 'team list' ada team list
ok_in 'team show' ada team show ops
ok_in 'team add' ada team add ops Mia --role maintainer
ok_in 'team remove' ada team remove ops Mia --yes
clean teams
SETTINGS=(provider=github url="$PRISM" token=ghp_ada org=acme)
answers $DONE '^done' 'a watch through Prism succeeds' watch 0 0
like "$OUT" '"username":"ada".*"keys":\[\{' 'a watch through Prism prints keys'
clean 'a watch'

# Had nothing gone through Prism, it would have had nothing to say.
is "$(prism_requests | sed -E 's/[^/]+@[^/]+/ID/; s#/[0-9]+$#/ID#; s#/users/[^/]+#/users/LOGIN#; s#/memberships/(bob|Mia|ada)#/memberships/LOGIN#; s#/teams/ops/#/teams/SLUG/#' | sort -u)" "$(sort -u << 'LIST'
delete /orgs/acme/invitations/ID
delete /orgs/acme/memberships/LOGIN
delete /orgs/acme/teams/SLUG/memberships/LOGIN
get /orgs/acme
get /orgs/acme/audit-log
get /orgs/acme/invitations
get /orgs/acme/members
get /orgs/acme/teams
get /orgs/acme/teams/SLUG/members
get /user
get /user/ID
get /user/memberships/orgs/acme
get /user/orgs
get /users/LOGIN/keys
post /orgs/acme/invitations
put /orgs/acme/memberships/LOGIN
put /orgs/acme/teams/SLUG/memberships/LOGIN
LIST
)" 'orgadmin asks every endpoint of GitHub through Prism'

# Prism sees what is wrong.
curl -sS -X PUT -H 'Authorization: Bearer ghp_ada' -H 'Content-Type: application/json' -d '{"role":"owner"}' "$PRISM/orgs/acme/memberships/bob" > "$T/curl"
seen() { prism_violations | grep -q 'put /orgs/acme/memberships/bob: request\.body\.role'; }
ok 'Prism finds a violation in a role that GitHub lacks' wait_for 10 seen
elsewhere_unasked
done_testing
