#!/usr/bin/env python3
"""A fake of CrateDB Cloud's API for organizations (/api/v2/). State is in memory and changes; times are a clock of its own.

People (password-like things are made of the name: API key NAME-key:NAME-secret, session cookie NAME-session):
    ada   org_admin of acme,  org_member of globex
    mia   org_member of acme, org_admin of globex; globex comes first in what is listed of her
    bob   org_member of acme
    sam   no organization
    sup   a superuser without an organization: sees and does everything with the header X-Auth-Sudo: 1
    pat@example.org has a pending invitation to acme (token invite-pat), ann@example.org an accepted one
    user000001@example.org and on: --members N of them, org_member of acme
Organizations: acme f6c39580-..., globex 7bbcf777-... (ACME, GLOBEX below). Everybody is NAME@example.org, his id is uid(NAME).
acme has a file nyc_taxi, an AWS secret, an active credit of $300 and an expired one, a customer record and audit events,
--fault events=N of them (default 5; the first, which comes last, is the system's own). A page of audit events has 50.

Options (--fault or /_fake "set"):
    expired   no credential is accepted any more
    browser   who is not authorized gets a redirect to the login page instead of 401
    renew     each answer to a session has a new session in Set-Cookie, and the old one ends
    bucket=URL   uploads and downloads go there instead of here
"""
import base64, datetime, re
from fake import Fake, Reply

ACME, GLOBEX = 'f6c39580-5719-431d-a508-0cee4f9e8209', '7bbcf777-7755-41e0-a0b9-5df748b81c0a'
ROLES = {'org_admin': 'Organization Admin', 'org_member': 'Organization Member', 'project_admin': 'Project Admin',
         'project_member': 'Project Member'}
NAMES = ['ada', 'mia', 'bob', 'sam', 'sup']
PAGE = 50
ORG = r'/api/v2/organizations/([^/]+)/'
fake = Fake(headers=('x-region', 'x-auth-sudo', 'user-agent', 'content-length', 'transfer-encoding'))


def error(status, message, /, **fields):
    return Reply(status, {'message': message, 'success': False, **({'errors': fields} if fields else {})})


fake.bad_json = error(400, 'Bad request', body='Not a valid JSON object.')


class State:
    def __init__(self, count):
        self.ids, self.seconds = 0, 0
        self.users, self.orgs, self.sessions, self.keys = {}, {}, {}, {}
        for n, name in enumerate(NAMES):
            self.add_user(n + 1, name)
        self.orgs[ACME] = self.org(ACME, 'acme', ada='org_admin', mia='org_member', bob='org_member')
        self.orgs[GLOBEX] = self.org(GLOBEX, 'globex', mia='org_admin', ada='org_member')
        for n in range(1, count + 1):
            self.add_user(100000 + n, 'user%06d' % n)
            self.orgs[ACME]['roles'][uid(100000 + n)] = 'org_member'

    def new_id(self):
        self.ids += 1
        return '00000000-0000-4000-8000-%012d' % self.ids

    def now(self):
        self.seconds += 1
        return (datetime.datetime(2026, 1, 2, 3, 4, 5, 598000, datetime.timezone.utc) +
                datetime.timedelta(seconds=self.seconds)).isoformat(timespec='microseconds')

    def dc(self):
        now = self.now()
        return {'created': now, 'modified': now}

    def add_user(self, n, name):
        user = {'uid': uid(n), 'email': name + '@example.org', 'username': name, 'name': name.capitalize() + ' Example',
                'idp': 'cognito', 'picture': 'https://pictures.example.org/%s.png' % name}
        self.users[user['uid']] = user
        if name in NAMES:
            self.sessions[name + '-session'] = user
            self.keys[name + '-key'] = {'key': name + '-key', 'secret': name + '-secret', 'active': True,
                                        'user_id': user['uid'], 'last_used': self.now(), 'dc': self.dc()}

    def org(self, id, name, plan_type=3, **roles):
        return {'id': id, 'name': name, 'plan_type': plan_type, 'email': 'ops@example.org', 'notifications_enabled': True,
                'project_count': 0, 'dc': self.dc(), 'customer': None, 'events': [],
                'roles': {uid(NAMES.index(n) + 1): r for n, r in roles.items()},
                'files': {}, 'secrets': {}, 'credits': {}, 'invitations': {}}


def uid(n):
    return 'c4953d0d-f360-4820-9c43-%012d' % n


@fake.start
def start():
    global state
    state = State(fake.args.members)
    acme = state.orgs[ACME]
    for n in range(int(fake.options.get('events', 5))):
        action = ('organization.create', 'organization.add_user', 'project.create')[min(n, 1 + n % 2)]
        audit(acme, action, state.users[uid(1)] if n else None, n=n)
    acme['files'].update([new_file('nyc_taxi', b'pickup,dropoff\n')])
    acme['secrets'].update([new_secret('warehouse', 'AWS', 'AKIAIOSFODBHQK7I')])
    for amount, status in (30000, 'ACTIVE'), (5050, 'EXPIRED'):
        acme['credits'].update([new_credit(amount, '2026-12-24T12:34:56', 'Free Trial', status)])
    acme['customer'] = {'name': 'Acme GmbH', 'email': 'billing@example.org', 'phone': '+33123456789', 'city': 'Vienna',
                        'country': 'AT', 'line1': 'Street 1', 'line2': None, 'postal_code': '1010',
                        'tax_id': 'ATU12345678', 'tax_id_type': 'eu_vat'}
    for name, status in ('pat', 'PENDING'), ('ann', 'ACCEPTED'):
        invite(acme, name + '@example.org', 'org_member', status, 'invite-' + name)


# --- who asks ---

def session_of(request):
    return next((c[8:] for c in request.headers.get('Cookie', '').split('; ') if c.startswith('session=')), None)


def caller(request):
    kind, _, credential = request.headers.get('Authorization', '').partition(' ')
    session = session_of(request)
    if session:
        return state.sessions.get(session)
    try:
        name, _, secret = base64.b64decode(credential, validate=True).decode().partition(':')
    except ValueError:
        return None
    key = state.keys.get(name)
    if kind == 'Basic' and key and key['secret'] == secret and key['active']:
        return state.users[key['user_id']]


@fake.check
def check(request):
    request.user = None if fake.options.get('expired') else caller(request)
    if not request.user:
        if fake.options.get('browser'):
            raise Reply(302, None, {'Location': '/?rd=' + request.path})
        raise error(401, 'Authentication required.')
    request.sudo = request.user['username'] == 'sup' and request.headers.get('X-Auth-Sudo') == '1'
    request.new_session = None
    if session_of(request) and fake.options.get('renew'):
        del state.sessions[session_of(request)]
        request.new_session = '%s-session-%s' % (request.user['username'], state.new_id()[-4:])
        state.sessions[request.new_session] = request.user


def route(method, path):
    """As fake.route, and sends the renewed session with whatever the answer is."""
    def add(function):
        def answer(request, *args):
            try:
                reply = function(request, *args)
            except Reply as refusal:
                reply = refusal
            reply = reply if isinstance(reply, Reply) else Reply(200, reply)
            if request.new_session:
                reply.headers['Set-Cookie'] = 'session=%s; Secure; HttpOnly; Path=/; SameSite=Lax' % request.new_session
            return reply
        return fake.route(method, path)(answer)
    return add


def org_route(method, below=''):
    """A route below an organization: the function gets it instead of its id; members may look, admins may change."""
    def add(function):
        def answer(request, id, *args):
            org = state.orgs.get(id.lower())
            if not org:
                raise error(404, 'Resource not found.')
            role = 'org_admin' if request.sudo else org['roles'].get(request.user['uid'])
            if not role or (method != 'GET' and role != 'org_admin'):
                raise error(403, 'Insufficient permissions.')
            return function(request, org, *args)
        return route(method, ORG + below)(answer)
    return add


def superuser(request):
    if not request.sudo:
        raise error(403, 'Insufficient permissions.')


@fake.fallback
def fallback(request, allowed):
    if allowed:
        return error(405, 'The method is not allowed for the requested URL.')
    if not request.path.endswith('/'):
        return Reply(308, None, {'Location': request.path + '/'})
    return error(404, 'Resource not found.')


# --- parts ---

def audit(org, action, user, **context):
    actor = {k: user and user[u] for k, u in (('id', 'uid'), ('email', 'email'), ('name', 'name'), ('username', 'username'),
                                              ('picture', 'picture'))}
    org['events'].insert(0, {'id': state.new_id(), 'action': action, 'actor': actor, 'context': context,
                             'created': state.now()})


def shown(org, user):
    return {**{k: org[k] for k in ('id', 'name', 'plan_type', 'email', 'notifications_enabled', 'project_count', 'dc')},
            'role_fqn': org['roles'].get(user['uid'], 'org_admin')}


def roles_of(id):
    orgs = sorted(state.orgs.values(), key=lambda o: o['id'])   # globex before acme
    return [{'organization_id': o['id'], 'role_fqn': o['roles'][id]} for o in orgs if id in o['roles']]


def find_user(word):
    return next((u for u in state.users.values() if word in (u['uid'], u['email'])), None)


def admins(org):
    return [u for u, r in org['roles'].items() if r == 'org_admin']


def invite(org, email, role, status='PENDING', token=None):
    token = token or state.new_id()
    org['invitations'][token] = {'uid': token, 'email': email, 'status': status,
                                 'expiration_date': '2026-02-02T03:04:05.000000+00:00',
                                 'organization_roles': [{'organization_id': org['id'], 'role_fqn': role}]}


def new_file(name, content=None):
    id = state.new_id()
    return id, {'id': id, 'name': name, 'content': content, 'dc': state.dc()}


def file_shown(org, file, create=False):
    url = '%s/%s/%s?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Security-Token=%s&X-Amz-Signature=sig-%%s-%s' % (
        fake.options.get('bucket', 'http://127.0.0.1:%d/_bucket' % fake.port), org['id'], file['id'], 'x' * 1400,
        file['id'][-4:])
    out = {k: file[k] for k in ('id', 'name', 'dc')} | {'organization_id': org['id'], 'status': 'PENDING'}
    if create:
        out['upload_url'] = url % 'put'
    if file['content'] is not None:
        out |= {'status': 'UPLOADED', 'file_size': len(file['content']), 'download_url': url % 'get'}
    return out


def new_secret(name, kind, end):
    id = state.new_id()
    return id, {'id': id, 'name': name, 'type': kind, 'description': '*' * 10 + end[-6:], 'dc': state.dc()}


def new_credit(amount, expires, comment, status='ACTIVE'):
    id = state.new_id()
    return id, {'id': id, 'original_amount': amount, 'remaining_amount': amount, 'expiration_date': expires,
                'start_date': '2026-01-02T03:04:05', 'comment': comment, 'status': status}


def wanted(request, fields, required=()):
    """The body's FIELDS (name: (type, what is wrong, test)); unknown ones are ignored, wrong or missing ones refused."""
    body, errors = request.json(), {}
    for name, (kind, text, good) in fields.items():
        value = body.get(name)
        if value is None:
            if name in required:
                errors[name] = ['Missing data for required field.']
        elif not isinstance(value, kind) or isinstance(value, bool) != (kind is bool) or not good(value):
            errors[name] = [text]
    if errors:
        raise error(400, 'Bad request', **errors)
    return {k: v for k, v in body.items() if k in fields}


def taken(items, id):
    if id not in items:
        raise error(404, 'Resource not found.')
    return items[id]


TEXT = (str, 'Not a valid string.', lambda v: True)
NAME = (str, 'Length must be between 1 and 512.', lambda v: 1 <= len(v) <= 512)
EMAIL = (str, 'Not a valid email address.', lambda v: re.fullmatch(r'[^@\s]+@[^@\s]+', v))
WHEN = (str, 'Not a valid datetime.', lambda v: re.fullmatch(r'\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?', v))
PLAN = (int, 'Must be one of: 1, 2, 3, 4, 5, 6.', lambda v: 1 <= v <= 6)
ROLE = (str, 'Must be one of: org_admin, org_member.', lambda v: v in ('org_admin', 'org_member'))
CENTS = ((int, float), 'Must be greater than 0.', lambda v: v > 0 and v == int(v))


# --- organizations ---

@route('GET', '/api/v2/organizations/')
def organizations(request):
    return [shown(o, request.user) for o in state.orgs.values() if request.sudo or request.user['uid'] in o['roles']]


@route('POST', '/api/v2/organizations/')
def organization_create(request):
    want = wanted(request, {'name': NAME, 'plan_type': PLAN}, ('name',))
    org = state.org(state.new_id(), **want)
    org['roles'][request.user['uid']] = 'org_admin'
    state.orgs[org['id']] = org
    audit(org, 'organization.create', request.user, name=org['name'])
    return Reply(201, shown(org, request.user))


@org_route('GET')
def organization(request, org):
    return shown(org, request.user)


@org_route('PUT')
def organization_edit(request, org):
    org.update(wanted(request, {'name': NAME, 'plan_type': PLAN, 'email': EMAIL,
                                'notifications_enabled': (bool, 'Not a valid boolean.', lambda v: True)}))
    org['dc']['modified'] = state.now()
    audit(org, 'organization.edit', request.user)
    return shown(org, request.user)


@org_route('DELETE')
def organization_delete(request, org):
    del state.orgs[org['id']]
    return Reply(204)


@org_route('GET', 'auditlogs/')
def auditlogs(request, org):
    def arg(name):
        return request.args.get(name, [None])[0]
    for name in 'from', 'to':
        if arg(name) and not WHEN[2](arg(name)):
            raise error(400, 'Bad request', **{name: [WHEN[1]]})
    events = org['events']
    if arg('last'):
        at = [n for n, e in enumerate(events) if e['id'] == arg('last')]
        events = events[at[0] + 1:] if at else []
    return [e for e in events if (not arg('action') or e['action'] == arg('action')) and
            (not arg('from') or e['created'] >= arg('from')) and (not arg('to') or e['created'] <= arg('to'))][:PAGE]


# --- users and invitations ---

@org_route('GET', 'users/')
def users(request, org):
    return [{**state.users[u], 'organization_roles': roles_of(u)} for u in org['roles']]


@org_route('POST', 'users/')
def user_add(request, org):
    want = wanted(request, {'user': NAME, 'role_fqn': ROLE}, ('user', 'role_fqn'))
    user, role = find_user(want['user']), want['role_fqn']
    out = {'organization_id': org['id'], 'role_fqn': role}
    if not user:
        if '@' not in want['user']:
            raise error(404, 'User not found.')
        invite(org, want['user'], role)
        return Reply(201, out | {'added': True, 'invited': True})
    added = user['uid'] not in org['roles']
    if admins(org) == [user['uid']] and role != 'org_admin':
        raise error(403, 'The last organization admin cannot be removed.')
    org['roles'][user['uid']] = role
    audit(org, 'organization.add_user', request.user, user_id=user['uid'], role_fqn=role)
    return Reply(201 if added else 200, out | {'user_id': user['uid'], 'added': added})


@org_route('DELETE', 'users/([^/]+)/')
def user_remove(request, org, word):
    user = find_user(word)
    if not user or user['uid'] not in org['roles']:
        raise error(404, 'User not found.')
    if admins(org) == [user['uid']]:
        raise error(403, 'The last organization admin cannot be removed.')
    del org['roles'][user['uid']]
    audit(org, 'organization.remove_user', request.user, user_id=user['uid'])
    return Reply(204)


@org_route('GET', 'invitations/')
def invitations(request, org):
    status = request.args.get('status', [None])[0]
    return [i for i in org['invitations'].values() if status in (None, i['status'])]


@org_route('DELETE', '(invitations|files|secrets)/([^/]+)/')
def delete(request, org, what, id):
    taken(org[what], id)
    del org[what][id]
    return Reply(204)


@route('POST', '/api/v2/users/me/accept-invite/')
def invitation_accept(request):
    token = wanted(request, {'token': NAME}, ('token',))['token']
    org = next((o for o in state.orgs.values() if token in o['invitations']), None)
    if not org or org['invitations'][token]['status'] != 'PENDING':
        raise error(400, 'Bad request', token=['Invalid token.'])
    invitation = org['invitations'][token]
    invitation['status'] = 'ACCEPTED'
    added = request.user['uid'] not in org['roles']
    role = org['roles'].setdefault(request.user['uid'], invitation['organization_roles'][0]['role_fqn'])
    return Reply(201 if added else 200, {'user_id': request.user['uid'], 'organization_id': org['id'], 'role_fqn': role,
                                         'added': added})


@route('GET', '/api/v2/roles/')
def roles(request):
    return [{'id': id, 'name': name} for id, name in ROLES.items()]


@route('GET', '/api/v2/users/me/')
def me(request):
    mine = roles_of(request.user['uid'])
    return request.user | {'status': 'active', 'is_superuser': request.user['username'] == 'sup', 'hmac': 'a1b2',
                           'organization_id': mine[-1]['organization_id'] if mine else '', 'organization_roles': mine,
                           'project_roles': []}


@route('GET', '/api/v2/users/')
def all_users(request):
    superuser(request)
    return [u if '1' in request.args.get('no-roles', []) else u | {'organization_roles': roles_of(u['uid'])}
            for u in state.users.values()]


# --- API keys ---

def key_shown(key):
    return {k: v for k, v in key.items() if k != 'secret'}


def own_keys(request):
    return {k: v for k, v in state.keys.items() if v['user_id'] == request.user['uid']}


@route('GET', '/api/v2/users/me/api-keys/')
def keys(request):
    return [key_shown(k) for k in own_keys(request).values()]


@route('POST', '/api/v2/users/me/api-keys/')
def key_create(request):
    id = state.new_id()[-6:]
    key = {'key': 'key-' + id, 'secret': 'secret-' + id, 'active': True, 'user_id': request.user['uid'],
           'last_used': state.now(), 'dc': state.dc()}
    state.keys[key['key']] = key
    return {'key': key_shown(key), 'secret': key['secret'], 'success': True}


@route('PATCH', '/api/v2/users/me/api-keys/([^/]+)/')
def key_edit(request, id):
    key = taken(own_keys(request), id)
    key.update(wanted(request, {'active': (bool, 'Not a valid boolean.', lambda v: True)}))
    return key_shown(key)


@route('DELETE', '/api/v2/users/me/api-keys/([^/]+)/')
def key_delete(request, id):
    taken(own_keys(request), id)
    del state.keys[id]
    return Reply(204)


# --- files: the bytes go straight to a bucket, with a signed URL and nothing else ---

@org_route('GET', 'files/')
def files(request, org):
    return [file_shown(org, f) for f in org['files'].values()]


@org_route('POST', 'files/')
def file_create(request, org):
    id, file = new_file(wanted(request, {'name': NAME}, ('name',))['name'])
    org['files'][id] = file
    return Reply(201, file_shown(org, file, create=True))


@org_route('GET', 'files/([^/]+)/')
def file(request, org, id):
    return file_shown(org, taken(org['files'], id))


def bucket(method):
    def add(function):
        def answer(request, org, id):
            if 'Authorization' in request.headers:
                return Reply(400, '<Error><Code>InvalidArgument</Code><Message>Only one auth mechanism allowed</Message></Error>',
                             kind='application/xml')
            if method == 'PUT' and 'Content-Length' not in request.headers:
                return Reply(411, '<Error><Code>MissingContentLength</Code></Error>', kind='application/xml')
            item = state.orgs.get(org, {'files': {}})['files'].get(id)
            if not item or request.args.get('X-Amz-Signature') != ['sig-%s-%s' % (method.lower(), id[-4:])]:
                return Reply(403, '<Error><Code>SignatureDoesNotMatch</Code></Error>', kind='application/xml')
            return function(request, item)
        return fake.route(method, '/_bucket/([^/]+)/([^/]+)', open=True)(answer)
    return add


@bucket('PUT')
def upload(request, item):
    item['content'] = request.raw
    return Reply(200, None, {'ETag': '"0"'})


@bucket('GET')
def download(request, item):
    return Reply(200, item['content'], kind='application/octet-stream')


# --- secrets, credits, the customer ---

@org_route('GET', 'secrets/')
def secrets(request, org):
    return list(org['secrets'].values())


@org_route('POST', 'secrets/')
def secret_create(request, org):
    parts = {'AWS': ('aws_secret', ('access_key', 'secret_key')), 'AZURE': ('azure_secret', ('connection_string',)),
             'MONGODB': ('mongodb_secret', ('connection_string',))}
    want = wanted(request, {'name': NAME, 'type': (str, 'Must be one of: AWS, AZURE, MONGODB.', lambda v: v in parts),
                            'data': (dict, 'Not a valid mapping.', lambda v: True)}, ('name', 'type', 'data'))
    part, names = parts[want['type']]
    data = want['data'].get(part)
    if not isinstance(data, dict) or not all(isinstance(data.get(n), str) and data[n] for n in names):
        raise error(400, 'Bad request', data={part: {n: ['Missing data for required field.'] for n in names}})
    id, secret = new_secret(want['name'], want['type'], data[names[0]])
    org['secrets'][id] = secret
    return Reply(201, secret)


@org_route('GET', 'credits/')
def credits(request, org):
    statuses = request.args.get('status', ['ACTIVE'])[0].split(',')
    if not set(statuses) <= {'ACTIVE', 'EXPIRED'}:
        return error(400, 'Bad request', status=['Must be one of: ACTIVE, EXPIRED.'])
    return [c for c in org['credits'].values() if c['status'] in statuses]


CREDIT = {'amount': CENTS, 'expiration_date': WHEN, 'comment': TEXT}


@org_route('POST', 'credits/')
def credit_create(request, org):
    superuser(request)
    want = wanted(request, CREDIT, ('amount', 'expiration_date'))
    id, credit = new_credit(int(want['amount']), want['expiration_date'][:19], want.get('comment'))
    org['credits'][id] = credit
    return Reply(201, credit)


@org_route('PATCH', 'credits/([^/]+)/')
def credit_edit(request, org, id):
    superuser(request)
    credit, want = taken(org['credits'], id), wanted(request, CREDIT)
    if 'amount' in want:
        more = int(want.pop('amount')) - credit['original_amount']
        if more < 0:
            raise error(400, 'Bad request', amount=['The amount can only be increased.'])
        credit['original_amount'] += more
        credit['remaining_amount'] += more
    credit.update(want)
    return credit


@org_route('DELETE', 'credits/([^/]+)/')
def credit_expire(request, org, id):
    superuser(request)
    taken(org['credits'], id)['status'] = 'EXPIRED'
    return Reply(204)


ADDRESS, TAX = ('city', 'country', 'line1', 'line2', 'postal_code'), ('tax_id', 'tax_id_type')


def customer_shown(org):
    c = org['customer']
    if not c:
        raise error(404, 'Resource not found.')
    return {'organization_id': org['id'], **{k: c[k] for k in ('name', 'email', 'phone')},
            'address': {k: c.get(k) for k in ADDRESS}, 'tax': {k: c.get(k) for k in TAX}}


@org_route('GET', 'customer/')
def customer(request, org):
    return customer_shown(org)


@org_route('PUT', 'customer/')
def customer_edit(request, org):
    fields = {k: TEXT for k in ('phone', *ADDRESS, *TAX)} | {'name': NAME, 'email': EMAIL}
    org['customer'] = wanted(request, fields, ('name', 'email', 'phone', 'country', 'city', 'line1', 'postal_code'))
    return customer_shown(org)


if __name__ == '__main__':
    fake.main()
