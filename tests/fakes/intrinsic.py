#!/usr/bin/env python3
"""Intrinsic's portal: the token exchange and the grpc-gateway of resource manager, access control, invitations and
discovery, below /api (base url: http://127.0.0.1:PORT/api).

API keys: key-ada, key-mia, key-pat, key-max. People and their roles:
    builder   "Builder Inc."      top      ada owner, orgCreator; bea admin
    acme      "Acme"              builder  ada owner, admin; mia developer; Zoe@Example.com developer (bound as zoe@...)
    d3samnj1ap7c72rgeptg "Test EC Customer"  builder  max owner
    rivalco   "Rival's customer"  rival    ada developer; max owner
    rival     "Rival"             top      max owner; gone "Gone" is a soft-deleted customer of builder
E-mails are NAME@example.com. Invitations of acme: pat (admin, developer; token 5f3aa404-2058-41e6-aff4-9252ba6d62e7)
and kim (no roles; token 00000000-0000-4000-8000-000000000001). What is new gets numbered names: operations/d3r1,
organizations/c0000000000000000001, token 00000000-0000-4000-8000-000000000002. --members N: user000001.. in acme, developers.

Who reads an organization is its member or a member of its parent; who changes it is owner or admin of either; who creates one
is orgCreator of the parent. Words of --fault and of "set" (see fake.py):
    finish=N    operations end at their Nth poll (0: in the first reply; -1: never)      fail  and then as failed
    prefixed    a new organization's name in the operation has "organizations/" in front (the live server has it not)
    pages=N     organizations and roles come in pages of N                                ttl=S  life of a token
    expire      all tokens end now                                                        noorg  x-intrinsic-org is not read"""
import base64, hashlib, json, os, random, re, sys, time
from urllib.parse import quote

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from fake import Fake, Reply

HTTP = {2: 500, 3: 400, 4: 504, 5: 404, 6: 409, 7: 403, 8: 429, 9: 400, 12: 501, 13: 500, 14: 503, 16: 401}
TYPE = 'type.googleapis.com/'
PROTO = TYPE + 'intrinsic_proto.accounts.'
EMPTY = {'@type': TYPE + 'google.protobuf.Empty', 'value': {}}
ROLES = [{'name': 'roles/' + name, 'displayName': shown, 'description': said} for name, shown, said in (
    ('owner', 'Owner', 'Everything'), ('admin', 'Admin', 'Manages members'), ('developer', 'Developer', ''),
    ('orgCreator', 'Organization creator', 'Creates customer organizations'))]
fake = Fake(headers=('x-intrinsic-org', 'apikey-token'))


def spaced(value):
    """protojson puts a space behind a comma at random."""
    dumped = json.dumps(value, ensure_ascii=False, separators=('\x00', ':'))
    return re.sub('\x00', lambda _: random.choice((',', ', ')), dumped)


fake.dumps = spaced


def error(code, message):
    return Reply(HTTP[code], {'code': code, 'message': message, 'details': []})


fake.bad_json = error(3, 'proto: syntax error (line 1:1): unexpected token')


def route(method, pattern, open=False):
    return fake.route(method, '/api' + pattern, open)


@fake.fallback
def fallback(request, allowed):
    if not request.path.startswith('/api/'):
        return Reply(404, '<!doctype html><title>Flowstate</title>', kind='text/html')
    return error(12, 'Method Not Allowed') if allowed else error(5, 'Not Found')


# --- state ---

def person(name):
    return name if '@' in name else name + '@example.com'


def organization(name, shown, parent='', members=(), state='ACTIVE'):
    fake.organizations[name] = {
        'name': 'organizations/' + name, 'displayName': shown, 'state': state, 'projects': [],
        'parentOrganization': parent and 'organizations/' + parent, 'createTime': '2025-10-09T08:53:20Z',
        'deleteTime': '2025-11-01T00:00:00Z' if state == 'DELETED' else None}
    fake.members[name] = [person(m.partition('=')[0]) for m in members]
    fake.invitations[name] = {}
    for member in members:
        who, _, roles = member.partition('=')
        for role in roles.split('+'):
            bind(person(who).lower(), role, name)


def bind(email, role, org):
    name = base64.b64encode(hashlib.sha256(('%s %s %s' % (email, role, org)).encode()).digest()).decode()
    fake.bindings[name] = {'name': 'rolebindings/' + name, 'subject': 'users/' + email, 'role': 'roles/' + role,
                           'resource': 'organizations/' + org}
    return fake.bindings[name]


def invite(org, email, roles, token=None):
    token = token or '00000000-0000-4000-8000-%012d' % number('invitations')
    fake.invitations[org][token] = {'name': 'organizations/%s/invitations/%s' % (org, token), 'organization':
                                    'organizations/' + org, 'email': email, 'roles': roles, 'state': 'pending'}
    return fake.invitations[org][token]


def number(what):
    fake.numbers[what] = fake.numbers.get(what, 0) + 1
    return fake.numbers[what]


@fake.start
def start():
    fake.organizations, fake.members, fake.invitations, fake.bindings = {}, {}, {}, {}
    fake.tokens, fake.operations, fake.applied, fake.numbers = {}, {}, {}, {}
    organization('rivalco', "Rival's customer", 'rival', ('ada=developer', 'max=owner'))
    organization('rival', 'Rival', '', ('max=owner',))
    organization('d3samnj1ap7c72rgeptg', 'Test EC Customer', 'builder', ('max=owner',))
    organization('builder', 'Builder Inc.', '', ('ada=owner+orgCreator', 'bea=admin'))
    organization('acme', 'Acme', 'builder', ('mia=developer', 'Zoe@Example.com=developer', 'ada=owner+admin'))
    organization('gone', 'Gone', 'builder', (), 'DELETED')
    bind('old@example.com', 'admin', 'acme')                    # no member any more
    invite('acme', 'pat@example.com', ['roles/developer', 'roles/admin'], '5f3aa404-2058-41e6-aff4-9252ba6d62e7')
    invite('acme', 'kim@example.com', [])
    for i in range(1, fake.args.members + 1):
        fake.members['acme'].append('user%06d@example.com' % i)
        bind('user%06d@example.com' % i, 'developer', 'acme')


# --- who asks ---

@route('POST', '/v1/accountstokens:idtoken', open=True)
def idtoken(request):
    want = request.json()
    key = want.get('api_key', want.get('apiKey'))
    if not isinstance(key, str) or key[:4] != 'key-' or key[4:] not in ('ada', 'mia', 'pat', 'max'):
        return Reply(401, 'invalid api key\n', kind='text/plain')
    email, exp = person(key[4:]), int(time.time()) + int(fake.options.get('ttl', 3600))
    parts = ({'alg': 'ES256', 'typ': 'JWT'}, {'email': email, 'email_verified': True, 'uid': 'u-' + key[4:], 'user_id':
             'u-' + key[4:], 'authorized': True, 'ps': ['builder'], 'exp': exp, 'serial': number('tokens')})
    words = [base64.urlsafe_b64encode(json.dumps(p).encode()).decode().rstrip('=') for p in parts]
    token = '.'.join(words + ['c2lnbmF0dXJl'])
    fake.tokens[token] = (email, exp)
    return {'idToken': token}


def cookies(request):
    pairs = (c.strip().partition('=') for c in request.headers.get('Cookie', '').split(';'))
    return {name: value for name, _, value in pairs}


@fake.check
def check(request):
    if fake.options.pop('expire', False):
        fake.tokens.clear()
    sent, bearer = cookies(request), request.headers.get('Authorization', '')
    token = sent.get('auth-proxy') or sent.get('onprem-token') or sent.get('portal-token') or \
        request.headers.get('apikey-token') or (bearer[7:] if bearer.startswith('Bearer ') else None)
    if not token:
        raise Reply(401, 'no credentials in the request\n', kind='text/plain')
    if token.count('.') != 2:
        raise Reply(400, 'malformed token\n', kind='text/plain')
    request.email, exp = fake.tokens.get(token, (None, 0))
    if exp <= time.time():
        raise Reply(401, 'token is expired or not valid\n', kind='text/plain')
    header = None if fake.options.get('noorg') else request.headers.get('x-intrinsic-org')
    request.org = header or sent.get('org-id')
    if header and header != sent.get('org-id', header):
        raise Reply(400, 'org-id and x-intrinsic-org differ\n', kind='text/plain')
    if request.org and request.email not in fake.members.get(request.org, ()):
        raise error(7, 'not a member of organizations/' + request.org)


def parent_of(org):
    return fake.organizations[org]['parentOrganization'].removeprefix('organizations/')


def roles_of(email, org):
    return {b['role'][6:] for b in fake.bindings.values()
            if b['resource'] == 'organizations/' + org and b['subject'] == 'users/' + email}


def reads(email, org):
    return email in fake.members[org] or email in fake.members.get(parent_of(org), ())


def need(request, org, changes=False):
    if org not in fake.organizations or not reads(request.email, org):
        raise error(5, 'organization "organizations/%s" not found' % org)
    if changes and not {'owner', 'admin'} & (roles_of(request.email, org) | roles_of(request.email, parent_of(org))):
        raise error(7, 'permission denied')


# --- operations: WORK is done, and gives the response, when one ends well ---

def operation(service, work, kind):
    name = 'operations/d3r%d' % number('operations')
    fake.operations[service, name] = {'polls': 0, 'work': work, 'reply': {
        'name': name, 'metadata': {'@type': PROTO + kind}, 'done': False}}
    return advance(service, name)


def advance(service, name):
    state = fake.operations.get((service, name))
    if not state:
        raise error(5, 'operation "%s" not found' % name)
    reply, limit = state['reply'], int(fake.options.get('finish', 0))
    if not reply['done'] and 0 <= limit <= state['polls']:
        reply['done'] = True
        if fake.options.get('fail'):
            reply['error'] = {'code': 13, 'message': 'the workcell did not answer', 'details': []}
        else:
            reply['response'] = state['work']() or EMPTY
    state['polls'] += 1
    return reply


@route('GET', '/(resourcemanager|accesscontrol)/v1/operations/([^/%]+)')
def get_operation(request, service, name):
    return advance(service, 'operations/' + name)


# --- resource manager ---

def page(request, what, items):
    """All items unless the server learns to page."""
    size, first = int(fake.options.get('pages', 0)) or len(items), int(request.args.get('pageToken', ['0'])[0] or 0)
    return {what: items[first:first + size], 'nextPageToken': str(first + size) if first + size < len(items) else ''}


@route('GET', '/resourcemanager/v1/organizations')
def list_organizations(request):
    condition = request.args.get('filter', [''])[0]
    if condition not in ('', 'is_member()'):
        return error(3, 'invalid filter')
    deleted = request.args.get('showDeleted') == ['true']
    return page(request, 'organizations', [o for name, o in fake.organizations.items() if reads(request.email, name) and (
        deleted or o['state'] != 'DELETED') and (not condition or request.email in fake.members[name])])


@route('GET', '/resourcemanager/v1/organizations/([^/]+)')
def get_organization(request, org):
    need(request, org)
    return fake.organizations[org]


@route('POST', '/resourcemanager/v1/organizations')
def create_organization(request):
    want = request.json()
    display = want.get('displayName', want.get('display_name', ''))
    parent = (want.get('parentOrganization') or request.org or '').removeprefix('organizations/')
    org = request.args.get('organizationId', [''])[0]
    if not display or not isinstance(display, str):
        return error(3, 'display_name is required')
    if not parent or 'orgCreator' not in roles_of(request.email, parent):
        return error(7, 'permission denied')
    if org and not re.fullmatch('[a-z][a-z0-9_-]{0,63}', org):
        return error(3, 'invalid organization_id')
    if org in fake.organizations:
        return error(6, 'organization "organizations/%s" already exists' % org)
    org = org or 'c%019d' % number('organizations')
    organization(org, display, parent, (request.email + '=owner',), 'CREATING')

    def work():
        fake.organizations[org]['state'] = 'ACTIVE'
        prefix = 'organizations/' if fake.options.get('prefixed') else ''
        return {'@type': PROTO + 'resourcemanager.v1.Organization', **fake.organizations[org], 'name': prefix + org}
    return operation('resourcemanager', work, 'resourcemanager.v1.CreateOrganizationOperationMetadata')


@route('DELETE', '/resourcemanager/v1/organizations/([^/]+)')
def delete_organization(request, org):
    need(request, org, True)

    def work():
        fake.organizations[org].update(state='DELETED', deleteTime='2026-11-01T00:00:00Z')
    return operation('resourcemanager', work, 'resourcemanager.v1.DeleteOrganizationOperationMetadata')


# --- access control ---

@route('GET', '/accesscontrol/v1/organizations/([^/]+)/memberships')
def list_memberships(request, org):
    need(request, org)
    return {'memberships': [{'email': m, 'organization': 'organizations/' + org} for m in fake.members[org]]}


@route('POST', '/accesscontrol/v1/organizations/([^/]+)/memberships:deleteByEmail')
def delete_membership(request, org):
    need(request, org, True)
    email = request.json().get('email', '').lower()
    found = [m for m in fake.members[org] if m.lower() == email]
    if not found:
        return error(5, 'membership of "%s" not found' % email)
    owners = {b['subject'] for b in fake.bindings.values() if b['resource'] == 'organizations/' + org and b['role'] == 'roles/owner'}
    if owners == {'users/' + email}:
        return error(9, 'the last owner cannot be removed')

    def work():
        fake.members[org] = [m for m in fake.members[org] if m.lower() != email]
        fake.bindings = {name: b for name, b in fake.bindings.items()
                         if (b['subject'], b['resource']) != ('users/' + email, 'organizations/' + org)}
    return operation('accesscontrol', work, 'accesscontrol.v1.DeleteOrganizationMembershipMetadata')


@route('GET', '/accesscontrol/v1/organizations/([^/]+)/invitations')
def list_invitations(request, org):
    need(request, org)
    return {'invitations': list(fake.invitations[org].values())}


@route('POST', '/accesscontrol/v1/organizations/([^/]+)/invitations')
def create_invitation(request, org):
    need(request, org, True)
    want = request.json()
    email, roles = want.get('email', ''), want.get('roles', [])
    if not re.fullmatch('[^@ ]+@[^@ ]+', email):
        return error(3, 'invalid email')
    if unknown := [r for r in roles if r not in [known['name'] for known in ROLES]]:
        return error(3, 'unknown role "%s"' % unknown[0])
    if email.lower() in [m.lower() for m in fake.members[org]]:
        return error(6, 'user is already a member')
    if email.lower() in [i['email'].lower() for i in fake.invitations[org].values()]:
        return error(6, 'user is already invited')
    return invite(org, email, roles)


@route('POST', '/accesscontrol/v1/organizations/([^/]+)/invitations/([^/:]+):(cancel|resend)')
def change_invitation(request, org, token, verb):
    need(request, org, True)
    if token not in fake.invitations[org]:
        return error(5, 'invitation not found')
    if verb == 'cancel':
        del fake.invitations[org][token]
    return {}


@route('GET', '/accesscontrol/v1/organizations/([^/]+)/rolebindings')
def list_bindings(request, org):
    need(request, org)
    return {'roleBindings': [b for b in fake.bindings.values() if b['resource'] == 'organizations/' + org]}


@route('POST', '/accesscontrol/v1/rolebindings')
def create_binding(request):
    want = request.json()
    subject, role, org = want.get('subject', ''), want.get('role', ''), want.get('resource', '').removeprefix('organizations/')
    need(request, org, True)
    if not re.fullmatch('users/[^@]+@.+', subject) or role not in [r['name'] for r in ROLES]:
        return error(3, 'invalid subject or role')
    if role[6:] in roles_of(subject[6:].lower(), org):
        return error(6, 'role binding already exists')

    def work():
        return {'@type': PROTO + 'accesscontrol.v1.RoleBinding', **bind(subject[6:].lower(), role[6:], org)}
    return operation('accesscontrol', work, 'accesscontrol.v1.CreateRoleBindingMetadata')


@route('DELETE', '/accesscontrol/v1/rolebindings/([^/]+)')
def delete_binding(request, name):
    if name not in fake.bindings:
        return error(5, 'role binding not found')
    need(request, fake.bindings[name]['resource'][14:], True)
    return operation('accesscontrol', lambda: fake.bindings.pop(name) and None, 'accesscontrol.v1.DeleteRoleBindingMetadata')


@route('GET', '/accesscontrol/v1/roles')
def list_roles(request):
    return page(request, 'roles', ROLES)


@route('GET', '/accesscontrol/v1/organizations/([^/]+)/permissions/([^/]+)/granted')
def permission(request, org, name):
    need(request, org)
    granted = bool({'owner', 'admin'} & roles_of(request.email, org))
    return {'name': 'organizations/%s/permissions/%s/granted' % (org, quote(name)), 'granted': granted}


# --- invitations, discovery ---

@route('POST', '/v1/accountsinvitations/invitations/([^/:]+):apply')
def apply(request, token):
    if token in fake.applied:                      # the only way to poll
        return advance('invitations', fake.applied[token])
    org = next((o for o, all in fake.invitations.items() if token in all), None)
    if not org:
        return error(5, 'invitation not found')
    invitation = fake.invitations[org][token]
    if invitation['email'].lower() != request.email:
        return error(7, 'the invitation is for another user')

    def work():
        del fake.invitations[org][token]
        fake.members[org].append(request.email)
        for role in invitation['roles']:
            bind(request.email, role[6:], org)
    reply = operation('invitations', work, 'invitations.v1.ApplyInvitationMetadata')
    fake.applied[token] = reply['name']
    return reply


@route('GET', '/v1/accountsdiscovery/organizations')
def discover(request):
    return {'organizations': [{'name': name, 'project': 'intrinsic-' + name, 'displayName': o['displayName']}
                              for name, o in fake.organizations.items() if request.email in fake.members[name]]}


@route('GET', '/(?:resourcemanager/v1|accesscontrol/v1|v1/accountsinvitations):ping')
def ping(request):
    return {}


fake.main()
