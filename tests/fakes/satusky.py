#!/usr/bin/env python3
"""A fake of Satusky's organizations API, in both of its dialects. See fake.py for the command line and the control.

Tokens       sat_ada, sat_mia, sat_zoe: who they say. sat_loose: valid, but its token belongs to no organization.
             sat_old: has expired. All others: invalid. {"set": {"expired": true}} expires all of them.
Organizations acme-prod (uuid('org', 1), the tokens' own) and acme-dev (2) of ada, umbrella (3) of zoe.
Members      of acme-prod: ada (admin, Ada Admin), mia (member, Mia Member), pat (member, invited: no name), then
             --members N more: m000001@example.com, ... Of acme-dev: ada. E-mails are NAME@example.com.
             Their ids: uuid('member', n) and uuid('user', n), n counted from 1 in this order (ada of acme-dev is
             member 4, zoe of umbrella 5).
Known users  are ada, mia, zoe and kim: who else is added gets an invitation and has no name yet, and with
             {"set": {"nobody": true}} no user_id but zeros.
Quota        {"set": {"quota": N}}: an organization more than N (5) is refused with 422.
Rate limit   {"set": {"rate": N}}: N more requests are answered, then come 429 with Retry-After: 3.

The documented dialect gives no path for the list of members, the one organization and its deletion: here they are the
shipped ones under the documented prefix, GET /organizations/users, GET /organizations/id/ID, POST
/organizations/delete/ID. It says that the active organization goes "in the request context": here that is the header
x-satusky-organization-id, without which it is the token's own. Its ids are org_..., ogu_... and usr_...

Nobody has published which statuses and codes the server uses: those below are the usual ones."""
import re
from fake import Fake, Reply

BASE = '/v1/cli'
ROLES = ('admin', 'member')
NAMES = {'ada': 'Ada Admin', 'mia': 'Mia Member', 'zoe': 'Zoe Zed', 'kim': 'Kim Known'}
TOKENS = {'sat_ada': 'ada', 'sat_mia': 'mia', 'sat_zoe': 'zoe', 'sat_loose': 'zoe'}
KINDS = {'org': ('0a000000', 'org_04k2'), 'member': ('0b000000', 'ogu_01aa'), 'user': ('0c000000', 'usr_')}
UUID = r'[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}'

fake = Fake(headers=('content-length', 'x-satusky-api-key', 'x-satusky-user-email', 'x-satusky-organization-id'))


def uuid(kind, n):
    return '%s-0000-4000-8000-%012d' % (KINDS[kind][0], n)


def identity(kind, n, documented):
    return '%s%06d' % (KINDS[kind][1], n) if documented else uuid(kind, n)


def error(status, message, code, headers=None):
    return Reply(status, {'error': True, 'code': code, 'message': message, 'details': None,
                          'retryable': status == 429, 'remediation': [], 'request_id': 'req-1'}, headers)


def envelope(data=None, message='ok', **more):
    return Reply(200, {'error': False, 'message': message, **more, 'data': data})


fake.bad_json = error(400, 'invalid request body', 'BAD_REQUEST')


@fake.start
def start():
    fake.last = dict.fromkeys(KINDS, 0)
    fake.users, fake.orgs = {}, {}
    for name in ('ada', 'mia', 'pat', 'zoe', 'kim'):
        user_id(name + '@example.com')
    acme = new_org('acme-prod', None, [('ada', 'admin'), ('mia', 'member'), ('pat', 'member')])
    new_org('acme-dev', 'for trying', [('ada', 'admin')])
    new_org('umbrella', None, [('zoe', 'admin')])
    for n in range(fake.args.members):
        new_member(acme, 'm%06d@example.com' % (n + 1), 'member')


def next_id(kind):
    fake.last[kind] += 1
    return fake.last[kind]


def user_id(email):
    if email not in fake.users:
        fake.users[email] = next_id('user')
    return fake.users[email]


def new_org(name, description, people):
    org = {'n': next_id('org'), 'name': name, 'description': description, 'members': {}}
    fake.orgs[org['n']] = org
    for user, role in people:
        new_member(org, user + '@example.com', role)
    return org


def new_member(org, email, role):
    n = next_id('member')
    org['members'][n] = {'n': n, 'email': email, 'role': role}
    return org['members'][n]


def show_org(org, documented, role=None):
    namespace = '%s-%08x' % (org['name'], 0x0d4a4f5d + org['n'])
    shown = {'organization_id': identity('org', org['n'], documented), 'organization_name': org['name'],
             'namespace': namespace, 'created_at': '2026-01-02T03:04:05Z', 'updated_at': '2026-01-02T03:04:05Z',
             'tier': {'name': 'starter', 'seats': None}}
    if org['description']:
        shown['description'] = org['description']
    if documented and role:
        shown['role'] = role
    return shown


def show_member(org, member, documented):
    user = identity('user', user_id(member['email']), documented)
    if fake.options.get('nobody') and member['email'].partition('@')[0] not in NAMES:
        user = '00000000-0000-0000-0000-000000000000'
    return {'organization_user_id': identity('member', member['n'], documented),
            'user_id': user, 'organization_id': identity('org', org['n'], documented),
            'user_email': member['email'], 'user_name': NAMES.get(member['email'].partition('@')[0]),
            'role': member['role'], 'created_at': '2026-01-02T03:04:05Z', 'last_seen': None}


def find(things, kind, text, documented):
    """A bad id is a bad request, an unknown one is not found."""
    shape = KINDS[kind][1] + r'\d{6}' if documented else UUID
    if not re.fullmatch(shape, text):
        raise error(400, 'invalid %s id' % kind, 'INVALID_ID')
    for n, thing in things.items():
        if identity(kind, n, documented) == text:
            return thing
    raise error(404, '%s not found' % {'org': 'organization', 'member': 'team member'}[kind], 'NOT_FOUND')


def my_member(request, org):
    return next((m for m in org['members'].values() if m['email'] == request.email), None)


def my_org(request, org_id, documented, admin=False):
    org = find(fake.orgs, 'org', org_id, documented)
    me = my_member(request, org)
    if not me or (admin and me['role'] != 'admin'):
        raise error(403, 'you do not have permission for this organization', 'FORBIDDEN')
    return org


def active_org(request, admin=False):
    org_id = request.headers.get('x-satusky-organization-id', identity('org', 1, True))
    return my_org(request, org_id, True, admin)


# --- who asks ---

@fake.check
def check(request):
    token = request.headers.get('x-satusky-api-key')
    if not token:
        raise error(401, 'API key is required', 'UNAUTHORIZED')
    if token not in TOKENS or fake.options.get('expired'):
        raise error(401, 'invalid or expired API key', 'UNAUTHORIZED')
    request.email = TOKENS[token] + '@example.com'
    if request.headers.get('x-satusky-user-email', request.email) != request.email:
        raise error(401, 'the API key is not of this user', 'UNAUTHORIZED')
    if 'rate' in fake.options:
        if fake.options['rate'] == 0:
            raise error(429, 'rate limit reached', 'RATE_LIMITED', {'Retry-After': '3'})
        fake.options['rate'] -= 1


@fake.fallback
def fallback(request, allowed):
    if allowed:
        return error(405, 'method not allowed', 'METHOD')
    return Reply(404, '404 page not found', kind='text/plain')


@fake.route('POST', BASE + '/auth/login', open=True)
def login(request):
    """Flat, and always 200: an invalid token is told in the body."""
    token = request.json().get('token')
    if not request.headers.get('x-satusky-api-key'):
        return error(401, 'API key is required', 'UNAUTHORIZED')
    if token not in TOKENS or token != request.headers['x-satusky-api-key'] or fake.options.get('expired'):
        return {'valid': False, 'is_active': token == 'sat_old', 'message': 'invalid or expired token'}
    email = TOKENS[token] + '@example.com'
    loose = token == 'sat_loose' or 1 not in fake.orgs
    org = {} if loose else show_org(fake.orgs[1], False)
    return {'valid': True, 'expires_at': '2030-01-01T00:00:00Z', 'is_active': True, 'token_id': uuid('user', 99),
            'user_id': uuid('user', user_id(email)), 'user_email': email, 'user_config_key': 'k-' + TOKENS[token],
            'organization_id': org.get('organization_id', ''),
            'organization_name': org.get('organization_name', ''),
            'namespace': org.get('namespace', ''), 'message': 'token is valid'}


# --- organizations: what both dialects share ---

def list_orgs(request, documented):
    mine = [(org, my_member(request, org)) for org in fake.orgs.values()]
    shown = [show_org(org, documented, me['role']) for org, me in mine if me]
    return envelope(shown, 'organizations retrieved', count=len(shown))


def create_org(request, key, documented):
    want = request.json()
    name = want.get(key)
    if not isinstance(name, str) or not name:
        return error(400, '%s is required' % key, 'VALIDATION')
    if any(org['name'] == name for org in fake.orgs.values()):
        return error(409, 'organization name is taken', 'CONFLICT')
    if sum(1 for org in fake.orgs.values() if my_member(request, org)) >= fake.options.get('quota', 5):
        return exhausted()
    org = new_org(name, want.get('description'), [(TOKENS[request.headers['x-satusky-api-key']], 'admin')])
    return envelope(show_org(org, documented, 'admin'), 'organization created')


def exhausted():
    quota = fake.options.get('quota', 5)
    return Reply(422, {'success': False, 'error': {
        'code': 'RESOURCE_EXHAUSTED', 'message': 'organization limit reached', 'type': 'limit',
        'resource': 'organizations', 'requested': 1, 'available': 0, 'limit': quota,
        'suggestion': 'upgrade your plan', 'can_upgrade': True, 'current_tier': 'starter', 'next_tier': 'team'}})


@fake.route('GET', BASE + '/organizations/user')
def shipped_list(request):
    return list_orgs(request, False)


@fake.route('GET', BASE + '/organizations')
def documented_list(request):
    return list_orgs(request, True)


@fake.route('POST', BASE + '/organizations/create')
def shipped_create(request):
    return create_org(request, 'organization_name', False)


@fake.route('POST', BASE + '/organizations')
def documented_create(request):
    return create_org(request, 'name', True)


@fake.route('GET', BASE + r'/organizations/id/([^/]+)')
def get_org(request, org_id):
    documented = org_id.startswith('org_')
    return envelope(show_org(my_org(request, org_id, documented), documented), 'organization retrieved')


@fake.route('POST', BASE + r'/organizations/delete/([^/]+)')
def delete_org(request, org_id):
    org = my_org(request, org_id, org_id.startswith('org_'), admin=True)
    del fake.orgs[org['n']]
    return Reply(200, {'error': False, 'message': 'organization deleted'})


# --- members ---

def list_members(org, documented):
    shown = [show_member(org, m, documented) for m in org['members'].values()]
    return envelope(shown, 'team retrieved', count=len(shown))


def role_of(want, default=None):
    role = want.get('role', default)
    if role not in ROLES:
        raise error(400, 'role must be admin or member', 'VALIDATION')
    return role


def add_member(request, org, documented):
    want = request.json()
    email, role = want.get('email'), role_of(want, 'member')
    if not isinstance(email, str) or not re.fullmatch(r'[^@\s]+@[^@\s]+', email):
        return error(400, 'email is invalid', 'VALIDATION')
    if any(m['email'] == email for m in org['members'].values()):
        return error(409, 'user is already a team member', 'CONFLICT')
    member = new_member(org, email, role)
    known = email.partition('@')[0] in NAMES
    return envelope(show_member(org, member, documented), 'team member added' if known else 'invitation sent')


def set_role(request, org, member_id, documented):
    find(org['members'], 'member', member_id, documented)['role'] = role_of(request.json())
    return envelope(None, 'role updated')


def remove_member(org, member_id, documented):
    del org['members'][find(org['members'], 'member', member_id, documented)['n']]
    return Reply(200)


TEAM = BASE + r'/organizations/id/([^/]+)/team'
USERS = BASE + '/organizations/users'

fake.route('GET', TEAM)(lambda r, org: list_members(my_org(r, org, False), False))
fake.route('POST', TEAM + '/add')(lambda r, org: add_member(r, my_org(r, org, False, True), False))
fake.route('PUT', TEAM + '/([^/]+)/role')(lambda r, org, m: set_role(r, my_org(r, org, False, True), m, False))
fake.route('DELETE', TEAM + '/([^/]+)')(lambda r, org, m: remove_member(my_org(r, org, False, True), m, False))
fake.route('GET', USERS)(lambda r: list_members(active_org(r), True))
fake.route('POST', USERS)(lambda r: add_member(r, active_org(r, True), True))
fake.route('PATCH', USERS + '/([^/]+)/role')(lambda r, m: set_role(r, active_org(r, True), m, True))
fake.route('DELETE', USERS + '/([^/]+)')(lambda r, m: remove_member(active_org(r, True), m, True))

if __name__ == '__main__':
    fake.main()
