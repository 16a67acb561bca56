#!/bin/bash
# Other clients of GitHub's API at the same fake: @octokit/rest and PyGithub see the same members, and change them by the same requests.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/npm.sh"
. "$(dirname "$0")/../api/vendor.sh"
. "$(dirname "$0")/vendor.sh"
[ -n "${LONG:-}" ] || skip_all 'make check-long installs those clients'
need jq
/usr/bin/python3 -c 'import github' 2>/dev/null || skip_all 'python3-github is not installed'
npm_need @octokit/rest@22.0.1
fake_start github
token ada ghp_ada
as ada login --provider github --url "$URL" --token-file "$T/ada.token"
as ada org switch acme
changes() { sent '"\(.method) \(.path) \(.body | tostring | if . == "" then "" else fromjson | tojson end)"' | sed 's/ $//' | grep -v ^GET; }
sent() { jq -rS "$1" "$LOG"; }
# anew: the fake and its log as they began
anew() { curl -sS -d '{"reset":true}' "$URL/_fake" > /dev/null; : > "$LOG"; }

# --- ours ---
as ada member list -o json
ours=$(jq -r '.members | map(.id + " " + .username + " " + .roles[0]) | sort[]' <<< "$out")
like "$ours" '^1 ada owner' 'orgadmin lists the members'
: > "$T/ours"
while read -r line; do
    # shellcheck disable=SC2086 # words
    as ada $line
    [ "$rc" = 0 ] || fail "orgadmin $line" "$err"
    changes >> "$T/ours"
done <<'COMMANDS'
member role mia owner
member role mia member
member remove bob --yes
member add new@example.com
invitation create o@example.com --role owner
invitation revoke eve@example.com --yes
invitation revoke pat --yes
team add security mia --role maintainer
team remove security mia --yes
COMMANDS
is "$(wc -l < "$T/ours")" 9 'orgadmin makes nine changes, each by one request'

# --- octokit ---
anew
cat > "$T/octokit.mjs" <<'JAVASCRIPT'
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
const [library, baseUrl, auth] = process.argv.slice(2);
const { Octokit } = await import(pathToFileURL(createRequire(library + '/').resolve('@octokit/rest')));
const octokit = new Octokit({ auth, baseUrl, log: { debug() {}, info() {}, warn() {}, error: console.error } });
const { orgs, teams } = octokit.rest, org = 'acme';
for (const [role, name] of [['admin', 'owner'], ['member', 'member']])
    for (const member of await octokit.paginate(orgs.listMembers, { org, role, per_page: 100 }))
        if (member.type === 'User') // a program is no person
            console.log(member.id, member.login.toLowerCase(), name);
await orgs.setMembershipForUser({ org, username: 'Mia', role: 'admin' });
await orgs.setMembershipForUser({ org, username: 'Mia', role: 'member' });
await orgs.removeMembershipForUser({ org, username: 'bob' });
await orgs.createInvitation({ org, email: 'new@example.com', role: 'direct_member' });
await orgs.createInvitation({ org, email: 'o@example.com', role: 'admin' });
for (const invitation_id of [802, 801])
    await orgs.cancelInvitation({ org, invitation_id });
await teams.addOrUpdateMembershipForUserInOrg({ org, team_slug: 'security', username: 'Mia', role: 'maintainer' });
await teams.removeMembershipForUserInOrg({ org, team_slug: 'security', username: 'Mia' });
JAVASCRIPT
node "$T/octokit.mjs" "$NPM" "$URL" ghp_ada > "$T/members" 2> "$T/octokit.err" || diag "$(cat "$T/octokit.err")"
is "$(sort "$T/members")" "$(tr '[:upper:]' '[:lower:]' <<< "$ours" | sort)" 'octokit lists the same members'
is "$(changes)" "$(cat "$T/ours")" 'and changes them by the same requests'

# --- PyGithub, which goes by the addresses in answers: those of teams are another way to the same ---
anew
cat > "$T/pygithub.py" <<'PYTHON'
import sys, requests
url, token = sys.argv[1:]
request = requests.Session.request
def here(session, method, target, *rest, **more): # the answers name GitHub's own host
    return request(session, method, target.replace('https://api.github.com:443', url).replace('https://api.github.com', url), *rest, **more)
requests.Session.request = here
from github import Github
g = Github(token, per_page=100)
org = g.get_organization('acme')
for role, name in (('admin', 'owner'), ('member', 'member')):
    for member in org.get_members(role=role):
        if member.type == 'User':
            print(member.id, member.login.lower(), name)
mia = g.get_user('Mia')
org.add_to_members(mia, 'admin')
org.add_to_members(mia, 'member')
org.remove_from_membership(g.get_user('bob'))
org.invite_user(email='new@example.com', role='direct_member')
org.invite_user(email='o@example.com', role='admin')
PYTHON
/usr/bin/python3 "$T/pygithub.py" "$URL" ghp_ada > "$T/members" 2> "$T/pygithub.err" || diag "$(tail -3 "$T/pygithub.err")"
is "$(sort "$T/members")" "$(tr '[:upper:]' '[:lower:]' <<< "$ours" | sort)" 'PyGithub lists the same members'
is "$(changes)" "$(head -n 5 "$T/ours")" 'and changes them by the same requests'
done_testing
