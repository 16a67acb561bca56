#!/usr/bin/env python3
"""A fake of GitHub's REST API for organizations (version 2022-11-28), also below /api/v3 as on an Enterprise Server.

People (id, login): 1 ada owner, 2 Mia, 3 bob, 4 sus (suspended where it is a server), 5 0zero, 6 a login of 39 characters,
7 Build-Bot, of the type Bot; members of acme (id 4711). Only ada shows her membership in public. 20 col is an outside
collaborator, 21 out a stranger, 22 pat is invited. Teams: 31 ops with its child 32 ops-night, 33 security. --members N more are
user000001 and on, with the ids from 1000. Each has KEYS below, taken from the id; --fault keys=N makes it N for each.
Tokens: ghp_LOGIN (classic, scopes read:org and admin:org), ghp_bare_LOGIN (classic, without scopes), github_pat_LOGIN
(fine-grained, Members: write), github_pat_read_LOGIN (Members: read), github_pat_none_LOGIN (none). The App 99 has installation
77; its key is --fault app_key=FILE (PEM, public), and its tokens are as long as the new ones.

Kept from the facts: per_page is 30, at most 100; links go to /organizations/ID/...; without membership the list has the public
members alone, with status 200; ETags are weak, and a 304 is not counted; 403 or 429 is a no, the hour's limit or the secondary
one; a User-Agent is a must; team members include those of child teams; an owner is a maintainer of each team.

Options (--fault or /_fake "set"):
    limit=N      requests of an hour and token (5000)
    noetag       no ETags
    secondary=N  each reply is the secondary limit, with N for Retry-After (0: without)
    lag=N        audit events (0)
    permission=X what the App may do with members (write); none: nothing
    hidden       the owner is not shown
    teams=N      teams more, from the id 1000 and team0000 on, each of a hundred of the --members, one after the other
    keys_dir=DIR the keys of each are the lines of DIR/LOGIN (in small letters), if there is such a file
Not of the API: GET /_used is how many requests counted, for each token."""
import base64, hashlib, json, pathlib, re, subprocess, time, zlib
from fake import Fake, Reply

ORG_ID, APP, INSTALLATION = 4711, 99, 77
LONG = 'ab-' * 12 + 'abc'
BASE = r'(?:/api/v3)?'
fake = Fake(headers=('user-agent', 'accept', 'x-github-api-version'))


def error(status, message, headers=None, **more):
    return Reply(status, {'message': message, 'documentation_url': 'https://docs.github.com/rest', 'status': str(status), **more}, headers)


fake.bad_json = error(400, 'Problems parsing JSON')


class State:
    def __init__(self, count, key_count):
        self.key_count, self.used, self.tokens, self.ids = key_count, {}, {}, 900
        self.reset_at = int(time.time()) + 3600
        self.users = {}
        for id, login in ((1, 'ada'), (2, 'Mia'), (3, 'bob'), (4, 'sus'), (5, '0zero'), (6, LONG), (7, 'Build-Bot'), (20, 'col'), (21, 'out'), (22, 'pat'),
                          (23, 'sam')):
            self.users[id] = {'id': id, 'login': login, 'type': 'Bot' if id == 7 else 'User', 'suspended': id == 4}
        self.members = {id: 'admin' if id == 1 else 'member' for id in range(1, 8)}
        for n in range(1, count + 1):
            self.users[999 + n] = {'id': 999 + n, 'login': 'user%06d' % n, 'type': 'User', 'suspended': False}
            self.members[999 + n] = 'member'
        self.public, self.outside = {1}, {20}
        self.invitations = {801: {'id': 801, 'login': 'pat', 'email': None, 'role': 'direct_member', 'created_at': '2026-11-01T10:00:00Z'},
                            802: {'id': 802, 'login': None, 'email': 'eve@example.com', 'role': 'admin', 'created_at': '2026-11-02T10:00:00Z'}}
        self.teams = {31: {'id': 31, 'slug': 'ops', 'name': 'Ops', 'parent': None, 'members': {2: 'maintainer'}},
                      32: {'id': 32, 'slug': 'ops-night', 'name': 'Ops: night', 'parent': 31, 'members': {3: 'member'}},
                      33: {'id': 33, 'slug': 'security', 'name': 'Security', 'parent': None, 'members': {1: 'member'}}}

        people = [999 + n for n in range(1, count + 1)]
        for n in range(int(fake.options.get('teams', 0))):
            ids = people[n * 100 % max(count, 1):][:100]
            self.teams[1000 + n] = {'id': 1000 + n, 'slug': 'team%04d' % n, 'name': 'Team %d' % n, 'parent': None, 'members': dict.fromkeys(ids, 'member')}

    def new_id(self):
        self.ids += 1
        return self.ids

    def by_login(self, login):
        return next((u for u in self.users.values() if u['login'].lower() == login.lower()), None)

    def keys_of(self, id):
        if 'keys_dir' in fake.options:
            file = pathlib.Path(fake.options['keys_dir'], self.users[id]['login'].lower())
            return file.read_text().splitlines() if file.exists() else []
        return ['ssh-ed25519 ' + key_blob(id, n) for n in range(self.key_count)]


def key_blob(id, n):
    """A well-formed key, the same each time."""
    def text(b):
        return len(b).to_bytes(4, 'big') + b
    return base64.b64encode(text(b'ssh-ed25519') + text(hashlib.sha256(b'%d %d' % (id, n)).digest())).decode()


@fake.start
def start():
    fake.state = State(fake.args.members, int(fake.options.get('keys', 1)))


# --- who asks ---

def app_modulus():
    text = subprocess.run(['openssl', 'rsa', '-pubin', '-in', fake.options['app_key'], '-noout', '-modulus'], capture_output=True, text=True, check=True).stdout
    return int(text.partition('=')[2], 16)


def app_signed(token):
    """RFC 7515 and 8017, by hand: the right header, times, and signature."""
    parts = token.split('.')
    if len(parts) != 3 or 'app_key' not in fake.options:
        return False
    head, claims, signature = (base64.urlsafe_b64decode(p + '=' * (-len(p) % 4)) for p in parts)
    head, claims, n = json.loads(head), json.loads(claims), app_modulus()
    size = (n.bit_length() + 7) // 8
    digest = bytes.fromhex('3031300d060960864801650304020105000420') + hashlib.sha256('.'.join(parts[:2]).encode()).digest()
    want = b'\0\1' + b'\xff' * (size - 3 - len(digest)) + b'\0' + digest
    now = time.time()
    return head == {'alg': 'RS256', 'typ': 'JWT'} and claims['iss'] == APP and claims['iat'] <= now - 25 and now < claims['exp'] <= claims['iat'] + 600 and \
        pow(int.from_bytes(signature, 'big'), 65537, n).to_bytes(size, 'big') == want


def caller(request):
    """Sets request.user (None for an App), .scopes (None: no classic token), .members (what is permitted)."""
    kind, _, token = request.headers.get('Authorization', '').partition(' ')
    request.user, request.scopes, request.members, request.token = None, None, '', token
    if kind.lower() not in ('bearer', 'token'):
        raise error(401, 'Requires authentication')
    if token in fake.state.tokens:
        request.members = fake.state.tokens[token]
        return
    if token.count('.') == 2 and app_signed(token):
        request.members = 'app'
        return
    for prefix, scopes, members in (('ghp_bare_', '', ''), ('ghp_', 'admin:org, read:org', 'write'), ('github_pat_read_', None, 'read'),
                                    ('github_pat_none_', None, ''), ('github_pat_', None, 'write')):
        user = token.startswith(prefix) and fake.state.by_login(token[len(prefix):])
        if user:
            request.user, request.scopes, request.members = user, scopes, members
            return
    raise error(401, 'Bad credentials')


def is_member(request):
    return request.members == 'app' or request.token in fake.state.tokens or (request.user or {}).get('id') in fake.state.members


def sees_all(request):
    return is_member(request) and request.members in ('read', 'write')


def must(request, what):
    """403 unless the token may, and its user is an owner where that is needed."""
    owner = request.user is None or fake.state.members.get(request.user['id']) == 'admin'
    if request.members not in (('read', 'write') if what == 'read' else ('write',)) or (what == 'write' and not owner):
        word = 'Resource not accessible by personal access token' if request.scopes is None else 'Must have admin rights to Repository.'
        raise error(403, word, {'X-Accepted-GitHub-Permissions': 'members=' + what})


def limited(request, limit):
    secondary = fake.options.get('secondary')
    if secondary is not None:
        raise error(403, 'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.',
                    {'Retry-After': str(secondary)} if int(secondary) else {})
    if fake.state.used.get(request.token, 0) >= limit:
        raise error(403, 'API rate limit exceeded for user ID %s.' % (request.user or {'id': 0})['id'])


@fake.finish
def counted(request, reply):
    """What each reply has: limits, ETag, scopes; what is as it was is not counted."""
    if not hasattr(request, 'limit'):
        return reply
    used, limit = fake.state.used, request.limit
    if reply.status == 200 and request.method == 'GET' and not fake.options.get('noetag'):
        tag = 'W/"%08x"' % zlib.crc32((fake.dumps(reply.body) + str(reply.headers.get('Link'))).encode())
        if request.headers.get('If-None-Match') == tag:
            reply = Reply(304, None, reply.headers)
        reply.headers['ETag'] = tag
    if reply.status != 304:
        used[request.token] = used.get(request.token, 0) + 1
    reply.headers.update({'X-RateLimit-Limit': str(limit), 'X-RateLimit-Remaining': str(max(0, limit - used.get(request.token, 0))),
                          'X-RateLimit-Reset': str(fake.state.reset_at), 'X-RateLimit-Resource': 'core'})
    if getattr(request, 'scopes', None) is not None:
        reply.headers['X-OAuth-Scopes'] = request.scopes
    return reply


def api(method, pattern):
    def add(function):
        def run(request, *args):
            request.limit, request.token = int(fake.options.get('limit', 5000)), ''
            try:
                if not request.headers.get('User-Agent'):
                    raise error(403, 'Request forbidden by administrative rules.')
                if request.headers.get('X-GitHub-Api-Version', '2022-11-28') != '2022-11-28':
                    raise error(400, 'This version of the API is not known.')
                caller(request)
                limited(request, request.limit)
                answer = function(request, *args)
            except Reply as reply:
                answer = reply
            return answer if isinstance(answer, Reply) else Reply(200, answer)
        fake.route(method, BASE + pattern, open=True)(run)
        return function
    return add


@fake.fallback
def nothing(request, allowed):
    return error(404, 'Not Found')


def paged(request, items, path, show=lambda item: item):
    """A page of ITEMS as SHOW makes them, with links to the others at PATH, which is by id."""
    def number(name, otherwise):
        text = request.args.get(name, [''])[0]
        return int(text) if text.isdigit() and int(text) > 0 else otherwise
    size, page = min(number('per_page', 30), 100), number('page', 1)
    pages, links = max(1, -(-len(items) // size)), []
    prefix = '/api/v3' if request.path.startswith('/api/v3/') else ''
    rest = '&'.join('%s=%s' % (k, v[0]) for k, v in request.args.items() if k != 'page')

    def link(n, rel):
        links.append('<http://%s%s%s?%s&page=%d>; rel="%s"' % (request.host, prefix, path, rest, n, rel))
    if page > 1:
        link(page - 1, 'prev')
    if page < pages:
        link(page + 1, 'next')
        link(pages, 'last')
    if page > 1:
        link(1, 'first')
    return Reply(200, [show(i) for i in items[(page - 1) * size:page * size]], {'Link': ', '.join(links)} if links else {})


def simple(user):
    url = 'https://api.github.com/users/' + user['login']
    return {'login': user['login'], 'id': user['id'], 'node_id': 'U_%d' % user['id'], 'avatar_url': url + '.png', 'gravatar_id': '', 'url': url,
            'html_url': url, 'followers_url': url, 'following_url': url, 'gists_url': url, 'starred_url': url, 'subscriptions_url': url,
            'organizations_url': url, 'repos_url': url, 'events_url': url, 'received_events_url': url, 'type': user['type'], 'site_admin': False}


def org_simple():
    url = 'https://api.github.com/orgs/acme'
    return {'login': 'acme', 'id': ORG_ID, 'node_id': 'O_1', 'url': url, 'repos_url': url, 'events_url': url, 'hooks_url': url, 'issues_url': url,
            'members_url': url, 'public_members_url': url, 'avatar_url': url, 'description': 'Acme'}


def in_org(name):
    if name.lower() != 'acme' and name != str(ORG_ID):
        raise error(404, 'Not Found')


def user_of(login):
    user = fake.state.by_login(login)
    if not user:
        raise error(404, 'Not Found')
    return user


# --- users ---

def full(user):
    more = {'name': user['login'].title(), 'email': None, 'created_at': '2020-01-01T00:00:00Z', 'updated_at': '2026-01-01T00:00:00Z',
            'public_repos': 1, 'public_gists': 0, 'followers': 0, 'following': 0, 'company': None, 'blog': '', 'location': None, 'hireable': None, 'bio': None}
    if user['suspended'] and fake.options.get('server'):
        more['suspended_at'] = '2026-10-01T00:00:00Z'
    return {**simple(user), **more}


@api('GET', '/user')
def me(request):
    if not request.user:
        raise error(403, 'Resource not accessible by integration')
    return full(request.user)


@api('GET', r'/user/(\d+)')
def user_by_id(request, id):
    user = fake.state.users.get(int(id))
    if not user:
        raise error(404, 'Not Found')
    return full(user)


@api('GET', r'/users/([^/]+)')
def user_by_login(request, login):
    return full(user_of(login))


@api('GET', r'/users/([^/]+)/keys')
def keys(request, login):
    user = user_of(login)
    return paged(request, [{'id': user['id'] * 100 + n, 'key': key, 'created_at': '2026-01-01T00:00:00Z', 'last_used': None}
                           for n, key in enumerate(fake.state.keys_of(user['id']))], '/user/%d/keys' % user['id'])


@api('GET', '/user/orgs')
def orgs(request):
    return paged(request, [org_simple()] if is_member(request) else [], '/user/orgs')


@api('GET', r'/user/memberships/orgs/([^/]+)')
def my_membership(request, org):
    in_org(org)
    if not request.user or request.user['id'] not in fake.state.members:
        raise error(404, 'Not Found')
    if request.scopes is None and request.members not in ('read', 'write'):
        raise error(403, 'Resource not accessible by personal access token')
    return membership(request.user)


# --- organization ---

def membership(user, state='active'):
    return {'url': 'https://api.github.com/orgs/acme/memberships/' + user['login'], 'state': state, 'role': fake.state.members.get(user['id'], 'member'),
            'organization_url': 'https://api.github.com/orgs/acme', 'direct_membership': True, 'enterprise_teams_providing_indirect_membership': [],
            'organization': org_simple(), 'user': simple(user)}


@api('GET', r'/orgs/([^/]+)')
def org(request, name):
    in_org(name)
    return {**org_simple(), 'name': 'Acme Corp', 'email': 'ops@example.com', 'created_at': '2019-01-01T00:00:00Z', 'updated_at': '2026-01-01T00:00:00Z',
            'plan': {'name': 'team', 'space': 1, 'private_repos': 1}, 'html_url': 'https://github.com/acme', 'has_organization_projects': True,
            'has_repository_projects': True, 'public_repos': 1, 'public_gists': 0, 'followers': 0, 'following': 0, 'type': 'Organization', 'archived_at': None}


@api('GET', r'/(?:orgs|organizations)/([^/]+)/members')
def members(request, name):
    in_org(name)
    role = request.args.get('role', ['all'])[0]
    if role not in ('all', 'admin', 'member'):
        raise error(422, 'Validation Failed', errors=[{'resource': 'Member', 'field': 'role', 'code': 'invalid', 'message': 'role is not one of all, admin, member'}])
    ids = [i for i, r in fake.state.members.items() if role in ('all', r) and (sees_all(request) or i in fake.state.public)]
    return paged(request, [i for i in ids if not (fake.options.get('hidden') and i == 1)], '/organizations/%d/members' % ORG_ID,
                 lambda i: simple(fake.state.users[i]))


@api('GET', r'/orgs/([^/]+)/memberships/([^/]+)')
def membership_show(request, name, login):
    in_org(name)
    must(request, 'read')
    user = user_of(login)
    if user['id'] not in fake.state.members:
        raise error(404, 'Not Found')
    return membership(user)


@api('PUT', r'/orgs/([^/]+)/memberships/([^/]+)')
def membership_set(request, name, login):
    in_org(name)
    must(request, 'write')
    user, role = user_of(login), request.json().get('role', 'member')
    if role not in ('admin', 'member'):
        raise error(422, 'Validation Failed', errors=[{'resource': 'OrganizationMembership', 'field': 'role', 'code': 'invalid'}])
    if user['id'] not in fake.state.members:
        return {**membership(user, 'pending'), 'role': role}
    if role == 'member' and [i for i, r in fake.state.members.items() if r == 'admin'] == [user['id']]:
        raise error(403, 'You cannot demote the last admin to a non-admin.')
    fake.state.members[user['id']] = role
    return membership(user)


@api('DELETE', r'/orgs/([^/]+)/memberships/([^/]+)')
def membership_remove(request, name, login):
    in_org(name)
    must(request, 'write')
    user = user_of(login)
    if user['id'] not in fake.state.members:
        raise error(404, 'Not Found')
    if [i for i, r in fake.state.members.items() if r == 'admin'] == [user['id']]:
        raise error(403, 'You cannot remove the last owner.')
    del fake.state.members[user['id']]
    for team in fake.state.teams.values():
        team['members'].pop(user['id'], None)
    return Reply(204)


@api('GET', r'/orgs/([^/]+)/outside_collaborators')
def outside(request, name):
    in_org(name)
    must(request, 'read')
    return paged(request, [simple(fake.state.users[i]) for i in sorted(fake.state.outside)], '/organizations/%d/outside_collaborators' % ORG_ID)


# --- invitations ---

def invitation(i):
    return {**i, 'failed_at': None, 'failed_reason': None, 'inviter': simple(fake.state.users[1]), 'team_count': 0, 'node_id': 'I_%d' % i['id'],
            'invitation_teams_url': 'https://api.github.com/organizations/4711/invitations/%d/teams' % i['id'], 'invitation_source': 'member'}


@api('GET', r'/(?:orgs|organizations)/([^/]+)/invitations')
def invitations(request, name):
    in_org(name)
    must(request, 'read')
    return paged(request, [invitation(i) for i in fake.state.invitations.values()], '/organizations/%d/invitations' % ORG_ID)


@api('POST', r'/orgs/([^/]+)/invitations')
def invite(request, name):
    in_org(name)
    must(request, 'write')
    body = request.json()
    role, email, user = body.get('role', 'direct_member'), body.get('email'), fake.state.users.get(body.get('invitee_id'))
    if role not in ('admin', 'direct_member', 'billing_manager', 'reinstate') or not (email or user) or (email and '@' not in email):
        raise error(422, 'Validation Failed', errors=[{'resource': 'OrganizationInvitation', 'field': 'data', 'code': 'unprocessable',
                                                       'message': 'email or role is not valid'}])
    if user and user['id'] in fake.state.members:
        raise error(422, 'Validation Failed', errors=[{'resource': 'OrganizationInvitation', 'field': 'data', 'code': 'unprocessable',
                                                       'message': 'Invitee is already a part of this organization'}])
    id = fake.state.new_id()
    fake.state.invitations[id] = {'id': id, 'login': user['login'] if user else None, 'email': email, 'role': role, 'created_at': '2026-11-03T10:00:00Z'}
    return Reply(201, invitation(fake.state.invitations[id]))


@api('DELETE', r'/orgs/([^/]+)/invitations/(\d+)')
def invitation_cancel(request, name, id):
    in_org(name)
    must(request, 'write')
    if not fake.state.invitations.pop(int(id), None):
        raise error(404, 'Not Found')
    return Reply(204)


# --- teams ---

def team_shown(team, nested=False):
    url = 'https://api.github.com/organizations/4711/team/%d' % team['id']
    shown = {'id': team['id'], 'node_id': 'T_%d' % team['id'], 'url': url, 'html_url': url, 'members_url': url + '/members{/member}',
             'repositories_url': url + '/repos', 'name': team['name'], 'slug': team['slug'], 'description': None, 'privacy': 'closed',
             'notification_setting': 'notifications_enabled', 'permission': 'pull', 'type': 'organization', 'organization_id': ORG_ID}
    if not nested:
        shown['parent'] = team_shown(fake.state.teams[team['parent']], True) if team['parent'] else None
    return shown


def team_of(name, slug):
    in_org(name)
    team = next((t for t in fake.state.teams.values() if t['slug'] == slug), None)
    if not team:
        raise error(404, 'Not Found')
    return team


def team_members(team):
    all = dict(team['members'])
    for child in fake.state.teams.values():
        if child['parent'] == team['id']:
            all = {**{i: 'member' for i in team_members(child)}, **all}
    return {i: 'maintainer' if fake.state.members.get(i) == 'admin' else r for i, r in all.items()}


@api('GET', r'/(?:orgs|organizations)/([^/]+)/teams')
def teams(request, name):
    in_org(name)
    must(request, 'read')
    return paged(request, [team_shown(t) for t in fake.state.teams.values()], '/organizations/%d/teams' % ORG_ID)


@api('GET', r'/orgs/([^/]+)/teams/([^/]+)/members')
def team_list(request, name, slug):
    team = team_of(name, slug)
    must(request, 'read')
    role = request.args.get('role', ['all'])[0]
    return paged(request, [simple(fake.state.users[i]) for i, r in sorted(team_members(team).items()) if role in ('all', r)],
                 '/organizations/%d/team/%d/members' % (ORG_ID, team['id']))


@api('GET', r'/organizations/4711/team/(\d+)/members')
def team_list_by_id(request, id):
    return team_list(request, 'acme', fake.state.teams[int(id)]['slug'])


@api('PUT', r'/orgs/([^/]+)/teams/([^/]+)/memberships/([^/]+)')
def team_add(request, name, slug, login):
    team, user, role = team_of(name, slug), user_of(login), request.json().get('role', 'member')
    must(request, 'write')
    if role not in ('member', 'maintainer'):
        raise error(422, 'Validation Failed', errors=[{'resource': 'TeamMember', 'field': 'role', 'code': 'invalid'}])
    state = 'active' if user['id'] in fake.state.members else 'pending'
    if state == 'active':
        team['members'][user['id']] = role
    return {'url': 'https://api.github.com/teams/%d/memberships/%s' % (team['id'], user['login']), 'role': role, 'state': state}


@api('DELETE', r'/orgs/([^/]+)/teams/([^/]+)/memberships/([^/]+)')
def team_remove(request, name, slug, login):
    team, user = team_of(name, slug), user_of(login)
    must(request, 'write')
    if user['id'] not in team['members']:
        raise error(404, 'Not Found')
    del team['members'][user['id']]
    return Reply(204)


# --- audit log, limits, App ---

@api('GET', r'/(?:orgs|organizations)/([^/]+)/audit-log')
def audit(request, name):
    in_org(name)
    must(request, 'write')
    action = re.search(r'action:(\S+)', request.args.get('phrase', [''])[0])
    events = [{'@timestamp': 1767323045000 + 1000 * n, '_document_id': 'd%d' % n, 'action': 'org.add_member' if n % 2 else 'team.create', 'actor': 'ada',
               'actor_id': 1, 'created_at': 1767323045000 + 1000 * n, 'org': 'acme', 'org_id': ORG_ID, 'user': 'Mia', 'user_id': 2}
              for n in range(int(fake.options.get('lag', 0)), 0, -1)]
    return paged(request, [e for e in events if not action or e['action'] == action[1]], '/organizations/%d/audit-log' % ORG_ID)


@fake.route('GET', BASE + '/rate_limit', open=True)
def rate_limit(request):
    caller(request)
    limit, used = int(fake.options.get('limit', 5000)), fake.state.used.get(request.token, 0)
    return {'resources': {'core': {'limit': limit, 'used': used, 'remaining': limit - used, 'reset': fake.state.reset_at}}}


def as_app(request):
    if request.members != 'app':
        raise error(401, 'A JSON web token could not be decoded')


@api('GET', '/app')
def app(request):
    as_app(request)
    return {'id': APP, 'slug': 'orglogin', 'name': 'Orglogin', 'permissions': {'members': fake.options.get('permission', 'write')}}


@api('GET', '/app/installations')
def installations(request):
    as_app(request)
    return [{'id': INSTALLATION, 'account': org_simple(), 'app_id': APP}]


@api('GET', r'/orgs/([^/]+)/installation')
def installation(request, name):
    as_app(request)
    in_org(name)
    return {'id': INSTALLATION, 'account': org_simple(), 'app_id': APP, 'app_slug': 'orglogin', 'target_type': 'Organization', 'target_id': ORG_ID,
            'permissions': {'members': fake.options.get('permission', 'write')}, 'suspended_at': None, 'suspended_by': None}


@api('POST', r'/app/installations/(\d+)/access_tokens')
def access_token(request, id):
    as_app(request)
    if int(id) != INSTALLATION:
        raise error(404, 'Not Found')
    has, wanted = fake.options.get('permission', 'write'), request.json().get('permissions', {}).get('members', 'read')
    if has == 'none' or (has == 'read' and wanted == 'write'):
        raise error(422, 'The permissions requested are not granted to this installation.')
    token = 'ghs_%d_%s' % (APP, base64.urlsafe_b64encode(b'%d ' % fake.state.new_id() * 150).decode().rstrip('='))
    fake.state.tokens[token] = wanted
    expires = time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(time.time() + int(fake.options.get('life', 3600))))
    return Reply(201, {'token': token, 'expires_at': expires, 'permissions': {'members': wanted, 'metadata': 'read'}, 'repository_selection': 'all'})


# --- not of the API ---

@fake.route('GET', '/_used', open=True)
def used(request):
    return fake.state.used


if __name__ == '__main__':
    fake.main()
