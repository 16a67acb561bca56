#!/usr/bin/env python3
"""The organizations API of Upsun and Platform.sh, with the token endpoint below the same address. See fake.py.

People (id: 00000000-0000-4000-8000-00000000000N; API token api-token-NAME; e-mail NAME@example.com, mia's in capitals):
    1 ada  owner of acme-corp and of globex; in hooli with "members"
    2 bob  acme-corp: admin
    3 mia  acme-corp: billing, members; owner of hooli
    4 vic  acme-corp: projects:list, and so without any link but "self" and "subscriptions"
    5 gil  acme-corp: members; his account is gone: the reference to him is null
    6 tom  in no organization
    pat@example.com has a pending invitation to acme-corp, sid@example.com one that failed
The token "api-token-1" is ada's too. Members of --members N are m1..mN, all in acme-corp.
Organizations: acme-corp (flexible, 5 subscriptions: 3 active, 1 suspended, 1 deleted), hooli and globex (none).

Options (--fault, or "set" at /_fake):
    most=N        items on a page at most, whatever is asked for (without a word 20)
    chunk=N       users of one ref:users link (50)
    lifetime=N    seconds, "expires_in" of access tokens (900)
    expire        true: all access tokens given until now are dead (it goes back to false by itself)
    base=ORIGIN   in front of every href: absolute links, and links to other hosts
    circle=true   a listing begins again after its last page, with new cursors"""
import base64, hashlib, json, re
from urllib.parse import parse_qsl, quote, urlencode
from fake import Fake, Reply

fake = Fake()
ACME, HOOLI, GLOBEX = '01HQZX3J5K6M7N8P9QRSTVWXYZ', '01HR0000000000000000000001', '01HR0000000000000000000002'
ID, ULID = r'([0-9A-HJKMNP-TV-Z]{26})', r'[0-9A-HJKMNP-TV-Z]{26}'
ANY = r'(%s|name%%3D[^/]+)' % ULID              # where a name will do
THEN = '2021-01-27T13:58:38.069680Z'
NOW = '2026-11-02T09:00:00.000000Z'
PERMISSIONS = ('admin', 'billing', 'members', 'plans', 'projects:create', 'projects:list')
LINKS = {None: ('subscriptions',), 'members': ('members', 'create-member', 'mfa-enforcement'),
         'billing': ('address', 'profile', 'payment-source', 'orders', 'vouchers', 'apply-voucher'),
         'plans': ('create-subscription', 'estimate-subscription'), 'admin': ('update',), 'owner': ('delete',)}


def uuid(n):
    return '00000000-0000-4000-8000-%012d' % n


def problem(status, title, detail, **more):
    return Reply(status, {'status': status, 'title': title, 'detail': detail, 'code': status, **more},
                 kind='application/problem+json')


NOT_FOUND = problem(404, 'Not Found', 'The requested resource was not found.')
FORBIDDEN = problem(403, 'Forbidden', 'Access denied.')
UNAUTHORIZED = Reply(401, {'error': 'invalid_token', 'error_description': 'Invalid access token.'},
                     {'WWW-Authenticate': 'Bearer realm="api", error="invalid_token"'})
fake.bad_json = problem(400, 'Bad Request', 'The body is not a JSON object.')


def person(n, name):
    return {'id': uuid(n), 'username': name, 'email': name + '@example.com', 'first_name': name.title(),
            'last_name': name[0].upper(), 'picture': 'https://accounts.example.com/%s.png' % name,
            'mfa_enabled': False, 'sso_enabled': False}


def member(n, permissions=(), owner=False, at=THEN):
    return {'user_id': uuid(n), 'permissions': list(permissions), 'owner': owner, 'created_at': at, 'updated_at': at}


def organization(id, name, label, owner, members):
    fake.orgs[id] = {
        'org': {'id': id, 'type': 'flexible', 'owner_id': uuid(owner), 'namespace': 'platformsh', 'name': name,
                'label': label, 'country': 'FR', 'capabilities': [], 'vendor': 'upsun', 'billing_account_id': '4711',
                'billing_legacy': False, 'status': 'active', 'created_at': THEN, 'updated_at': THEN,
                'x_future': {'nested': [1, None]}},
        'members': {m['user_id']: m for m in [member(owner, owner=True)] + members},
        'invitations': {}, 'subscriptions': [],
        'address': dict(dict.fromkeys(('premise', 'sub_premise', 'administrative_area', 'sub_administrative_area',
                                       'dependent_locality'), ''), country='FR', name_line=label,
                        thoroughfare='1 rue de Rivoli', locality='Paris', postal_code='75001'),
        'profile': {'id': uuid(900), 'display_name': label, 'email': 'billing@example.com', 'username': name,
                    'type': 'organization', 'company_name': label, 'company_type': 'company', 'currency': 'EUR',
                    'vat_number': None, 'billing_contact': None, 'security_contact': None, 'default_catalog': None,
                    'project_options_url': None, 'invoiced': False, 'created_at': THEN, 'updated_at': THEN}}
    return fake.orgs[id]


def subscription(n, status):
    return {'id': str(n), 'status': status, 'owner': uuid(1), 'vendor': 'upsun', 'plan': 'development',
            'owner_info': {'type': 'organization', 'username': 'acme-corp', 'display_name': 'ACME Corp'},
            'environments': 3, 'storage': 5120, 'user_licenses': 1, 'project_id': 'proj%d' % n,
            'project_endpoint': 'https://eu-3.example.com/api/projects/proj%d' % n, 'project_title': 'Project %d' % n,
            'project_region': 'eu-3.platform.sh', 'project_region_label': 'Dublin, Ireland (eu-3)',
            'project_ui': 'https://console.example.com/acme-corp/proj%d' % n, 'created_at': THEN, 'updated_at': THEN}


def invite(org, email, permissions, state='pending'):
    fake.serial += 1
    new = {'id': uuid(500 + fake.serial), 'state': state, 'organization_id': org['org']['id'], 'email': email,
           'owner': {'id': uuid(1), 'display_name': 'Ada A'}, 'created_at': NOW, 'updated_at': NOW,
           'finished_at': NOW if state == 'error' else None, 'permissions': permissions}
    org['invitations'][new['id']] = new
    return new


@fake.start
def start():
    fake.serial, fake.access, fake.refresh, fake.orgs = 0, {}, {}, {}
    fake.users = {uuid(n): person(n, name) for n, name in enumerate(('ada', 'bob', 'mia', 'vic', 'gil', 'tom'), 1)}
    fake.users[uuid(3)]['email'] = 'Mia@Example.COM'
    fake.tokens = {'api-token-' + u['username']: u['id'] for u in fake.users.values()}
    fake.tokens['api-token-1'] = uuid(1)
    fake.gone = {uuid(5)}
    acme = organization(ACME, 'acme-corp', 'ACME Corp', 1, [
        member(2, ['admin']), member(3, ['billing', 'members']), member(4, ['projects:list']), member(5, ['members'])])
    organization(HOOLI, 'hooli', 'Hooli', 3, [member(1, ['members'])])
    organization(GLOBEX, 'globex', 'Globex', 1, [])
    invite(acme, 'pat@example.com', ['members'])
    invite(acme, 'sid@example.com', ['billing'], 'error')
    acme['subscriptions'] = [subscription(100 + n, s)
                             for n, s in enumerate(('active', 'active', 'suspended', 'active', 'deleted'))]
    for n in range(1, fake.args.members + 1):
        fake.users[uuid(100000 + n)] = person(100000 + n, 'm%d' % n)
        acme['members'][uuid(100000 + n)] = member(100000 + n, ['projects:list'], at=NOW)


def option(name, otherwise):
    return int(fake.options.get(name, otherwise))


# --- tokens ---

@fake.check
def check(request):
    if fake.options.get('expire'):
        fake.access, fake.options['expire'] = {}, False
    kind, _, token = request.headers.get('Authorization', '').partition(' ')
    if kind != 'Bearer' or token not in fake.access:
        raise UNAUTHORIZED
    request.me = fake.access[token]


@fake.route('POST', '/oauth2/token', open=True)
def token(request):
    form = request.form()
    if not request.headers.get('Content-Type', '').startswith('application/x-www-form-urlencoded'):
        return oauth_error('invalid_request', 'The body is no form.')
    basic = base64.b64encode(b'platform-api-user:').decode()
    if form.get('client_id') not in ('platform-cli', 'upsun-cli') and \
            request.headers.get('Authorization') != 'Basic ' + basic:
        return oauth_error('invalid_client', 'Client authentication failed.', 401)
    known = {'api_token': fake.tokens.get(form.get('api_token')),
             'refresh_token': fake.refresh.pop(form.get('refresh_token'), None)}
    if form.get('grant_type') not in known:
        return oauth_error('unsupported_grant_type', 'The grant type is not supported.')
    user = known[form['grant_type']]
    if not user:
        return oauth_error('invalid_grant', 'Invalid API token.')
    fake.serial += 1
    access = 'access-%d-%d-%s' % (fake.port, fake.serial, fake.users[user]['username'])
    fake.access[access] = fake.refresh['refresh-' + access] = user
    return {'access_token': access, 'expires_in': option('lifetime', 900), 'token_type': 'bearer', 'scope': '',
            'refresh_token': 'refresh-' + access}


@fake.route('POST', '/oauth2/revoke', open=True)
def revoke(request):
    for known in fake.access, fake.refresh:
        known.pop(request.form().get('token'), None)
    return Reply(200)


def oauth_error(error, text, status=400):
    return Reply(status, {'error': error, 'error_description': text})


# --- links, pages, permissions ---

def link(path, method=None):
    return {'href': fake.options.get('base', '') + path, **({'method': method} if method else {})}


def signature(ids):
    return hashlib.sha256(b'upsun' + ids.encode()).hexdigest()[:16]


def user_links(ids):
    ids, chunk = sorted(set(ids)), option('chunk', 50)
    parts = [','.join(ids[i:i + chunk]) for i in range(0, len(ids), chunk)]
    return {'ref:users:%d' % n: link('/ref/users?in=%s&sig=%s' % (quote(part, safe=''), signature(part)))
            for n, part in enumerate(parts)}


def size_and_start(request):
    try:
        size = int(request.args.get('page[size]', ['20'])[0])
        after = request.args.get('page[after]', request.args.get('page[before]', [None]))[0]
        start = int(base64.urlsafe_b64decode(after).split(b':')[1]) if after else 0
    except ValueError:
        raise problem(400, 'Bad Request', {'page': ['Invalid cursor.']})
    if not 1 <= size <= 100:
        raise problem(400, 'Bad Request', {'page[size]': 'The value must be between 1 and 100.'})
    return min(size, option('most', size)), start


def page_link(request, drop, **more):
    query = [(k, v) for k, v in parse_qsl(request.query) if k not in drop]
    return link(request.path + '?' + urlencode(query + list(more.items())))


def page(request, items):
    """The items of the page that is asked for, the links around it, and how many there are in all."""
    for field in request.args.get('sort', ())[:1]:
        if field == 'created_at':               # they stand so already, and may be 100 000
            break
        items = sorted(items, key=lambda i: i.get(field.lstrip('-')) or '', reverse=field[0] == '-')
    size, start = size_and_start(request)
    circle = 'circle' in fake.options
    links = {'self': link(request.path + ('?' + request.query if request.query else ''))}
    cursor = ('page[after]', 'page[before]')
    following = 0 if circle and start + size >= len(items) else start + size
    for name, there, at in (('next', circle or following < len(items), following), ('previous', start > 0, start - size)):
        if there:
            fake.serial += circle
            at = base64.urlsafe_b64encode(b'cur:%d:%d' % (max(at, 0), fake.serial if circle else 0)).decode()
            links[name] = page_link(request, cursor, **{cursor[name == 'previous']: at})
    return items[start:start + size], links, len(items)


def find(request, id, permission=None):
    """The organization, when the one who asks may do that in it."""
    name = id.partition('name=')[2]
    for org in fake.orgs.values():
        if org['org']['name'] == name if name else org['org']['id'] == id:
            if request.me not in org['members'] or (permission and permission not in rights(request, org)):
                raise FORBIDDEN
            return org
    raise NOT_FOUND


def rights(request, org):
    me = org['members'][request.me]
    if me['owner']:
        return (None, 'owner') + PERMISSIONS
    return (None,) + (PERMISSIONS if 'admin' in me['permissions'] else tuple(me['permissions']))


def organization_view(request, org):
    at = '/organizations/' + org['org']['id']
    path = {'create-member': '/members', 'update': '', 'delete': '', 'apply-voucher': '/vouchers/apply',
            'create-subscription': '/subscriptions', 'estimate-subscription': '/subscriptions/estimate'}
    method = {'create-member': 'POST', 'update': 'PATCH', 'delete': 'DELETE', 'apply-voucher': 'POST',
              'create-subscription': 'POST'}
    names = [n for right, names in LINKS.items() if right in rights(request, org) for n in names]
    links = {n: link(at + path.get(n, '/' + n), method.get(n)) for n in names}
    return {**org['org'], '_links': {'self': link(at), **links}}


def member_view(request, org, m, references=True):
    at = '/organizations/%s/members/%s' % (org['org']['id'], m['user_id'])
    may = 'members' in rights(request, org) and not m['owner']
    links = {'update': link(at, 'PATCH'), 'delete': link(at, 'DELETE')} if may else {}
    level = 'admin' if m['owner'] or 'admin' in m['permissions'] else 'viewer'
    return {'id': m['user_id'], 'organization_id': org['org']['id'], **m, 'level': level,
            '_links': {'self': link(at), **links, **(user_links([m['user_id']]) if references else {})}}


def change(target, request, allowed):
    """Writes what the body has into TARGET; what is read-only or unknown is ignored, as there."""
    target.update({k: v for k, v in request.json().items() if k in allowed})
    if 'updated_at' in target:
        target['updated_at'] = NOW


# --- users and organizations ---

@fake.route('GET', '/users/me')
def me(request):
    user = {k: v for k, v in fake.users[request.me].items() if k[-8:] != '_enabled'}
    return {**user, 'deactivated': False, 'namespace': 'platformsh', 'email_verified': True, 'company': 'ACME',
            'website': 'https://example.com', 'country': 'FR', 'created_at': THEN, 'updated_at': THEN}


@fake.route('GET', '/ref/users')
def references(request):
    ids = request.args.get('in', [''])[0]
    if request.args.get('sig', [''])[0] != signature(ids):
        return Reply(400, {'status': 400, 'title': 'Bad Request', 'detail': 'Invalid signature.'})
    return {u: None if u in fake.gone else fake.users.get(u) for u in ids.split(',')}


def listing(request, wanted):
    items, links, count = page(request, [o['org'] for o in fake.orgs.values() if wanted(o)])
    views = [organization_view(request, fake.orgs[o['id']]) for o in items]
    return {'count': count, 'items': views, '_links': {**links, **user_links(o['owner_id'] for o in items)}}


@fake.route('GET', '/users/([^/]+)/organizations')
def my_organizations(request, user):
    if user != request.me:
        raise FORBIDDEN
    return listing(request, lambda o: user in o['members'])


@fake.route('GET', '/organizations')
def organizations(request):
    owner = request.args.get('filter[owner_id][eq]', [None])[0]
    return listing(request, lambda o: request.me in o['members'] and owner in (None, o['org']['owner_id']))


@fake.route('POST', '/organizations')
def create(request):
    body = request.json()
    if not isinstance(body.get('label'), str) or not body['label']:
        return problem(400, 'Bad Request', {'label': ['This field is required.']}, message='Invalid input')
    name = body.get('name') or re.sub('[^a-z0-9]+', '-', body['label'].lower())
    if any(o['org']['name'] == name for o in fake.orgs.values()):
        return problem(409, 'Conflict', {'name': 'An organization with the name "%s" already exists.' % name})
    new = organization('01HS%022d' % len(fake.orgs), name, body['label'], int(request.me[-12:]), [])
    new['org'].update({k: body[k] for k in ('country', 'type') if k in body})
    return Reply(201, organization_view(request, new))


@fake.route('GET', '/organizations/' + ANY)
def show(request, id):
    return organization_view(request, find(request, id))


@fake.route('PATCH', '/organizations/' + ID)
def edit(request, id):
    org = find(request, id, 'admin')
    if len(request.json().get('country', '')) not in (0, 2):
        return problem(400, 'Bad Request', {'country': ['This value is too long. It should have 2 characters.']})
    change(org['org'], request, ('name', 'label', 'country'))
    return organization_view(request, org)


@fake.route('DELETE', '/organizations/' + ID)
def delete(request, id):
    if find(request, id, 'owner')['subscriptions']:
        return problem(400, 'Bad Request', 'The organization still owns projects.')
    del fake.orgs[id]
    return Reply(204)


# --- members and invitations ---

def granted(request):
    asked = request.json().get('permissions', [])
    if not isinstance(asked, list) or not all(p in PERMISSIONS for p in asked):
        raise problem(400, 'Bad Request', {'permissions': ['One or more of the given values is invalid.']})
    return asked


@fake.route('GET', '/organizations/' + ANY + '/members')
def members(request, id):
    org = find(request, id, 'members')
    items, links, count = page(request, list(org['members'].values()))
    return {'count': count, 'items': [member_view(request, org, m, references=False) for m in items],
            '_links': {**links, **user_links(m['user_id'] for m in items)}}


@fake.route('POST', '/organizations/' + ID + '/members')
def add(request, id):
    org, user = find(request, id, 'members'), request.json().get('user_id')
    if user not in fake.users or user in org['members']:
        return problem(400, 'Bad Request', {'user_id': ['This user cannot be added.']})
    org['members'][user] = member(int(user[-12:]), granted(request), at=NOW)
    return Reply(201, member_view(request, org, org['members'][user]))


def one_member(request, id, user, permission='members'):
    org = find(request, id, permission)
    if user not in org['members']:
        raise NOT_FOUND
    return org, org['members'][user]


@fake.route('GET', '/organizations/' + ANY + '/members/([^/]+)')
def show_member(request, id, user):
    return member_view(request, *one_member(request, id, user))


@fake.route('PATCH', '/organizations/' + ID + '/members/([^/]+)')
def update_member(request, id, user):
    org, m = one_member(request, id, user)
    if m['owner']:
        return problem(403, 'Forbidden', 'The owner of an organization cannot be updated.')
    m['permissions'], m['updated_at'] = granted(request), NOW
    return member_view(request, org, m)


@fake.route('DELETE', '/organizations/' + ID + '/members/([^/]+)')
def remove_member(request, id, user):
    org, m = one_member(request, id, user)
    if m['owner']:
        return problem(403, 'Forbidden', 'The owner of an organization cannot be removed.')
    del org['members'][user]
    return Reply(204)


@fake.route('GET', '/organizations/' + ID + '/invitations')
def invitations(request, id):
    state = request.args.get('filter[state]', request.args.get('filter[state][eq]', ['pending']))[0]
    return page(request, [i for i in find(request, id, 'members')['invitations'].values() if i['state'] == state])[0]


@fake.route('POST', '/organizations/' + ID + '/invitations')
def create_invitation(request, id):
    org, body = find(request, id, 'members'), request.json()
    email = body.get('email')
    if not isinstance(email, str) or '@' not in email:
        return Reply(400, {'status': 'Invalid input', 'title': 'Bad Request', 'code': 400,
                           'message': 'This field is required.', 'detail': {'email': ['Enter a valid email address.']}})
    pending = [i for i in org['invitations'].values() if i['email'] == email and i['state'] == 'pending']
    if pending and not body.get('force'):
        return Reply(409, {'status': 409, 'title': 'Conflict', 'code': 409,
                           'detail': 'An invitation has already been created for this email address.'})
    for old in pending:
        old['state'] = 'cancelled'
    return Reply(201, invite(org, email, granted(request)))


@fake.route('DELETE', '/organizations/' + ID + '/invitations/([^/]+)')
def delete_invitation(request, id, invitation):
    found = find(request, id, 'members')['invitations'].get(invitation)
    if not found or found['state'] != 'pending':
        return Reply(404)
    found['state'] = 'cancelled'
    return Reply(204)


# --- billing ---

@fake.route('GET', '/organizations/' + ANY + '/address')
def address(request, id):
    return find(request, id, 'billing')['address']


@fake.route('PATCH', '/organizations/' + ID + '/address')
def edit_address(request, id):
    where = find(request, id, 'billing')['address']
    if len(request.json().get('country', 'FR')) != 2:      # a flat map
        return Reply(400, {'country': 'The country must have two letters.'}, kind='application/problem+json')
    change(where, request, tuple(where))
    return where


def profile_view(org):
    return {**org['profile'], '_links': {'self': link('/organizations/%s/profile' % org['org']['id'])}}


@fake.route('GET', '/organizations/' + ANY + '/profile')
def profile(request, id):
    return profile_view(find(request, id, 'billing'))


@fake.route('PATCH', '/organizations/' + ID + '/profile')
def edit_profile(request, id):
    org = find(request, id, 'billing')
    if '@' not in (request.json().get('billing_contact') or '@'):
        return problem(400, 'Bad Request', {'billing_contact': 'This is no valid e-mail address.'})
    change(org['profile'], request, ('company_name', 'billing_contact', 'security_contact', 'vat_number',
                                     'default_catalog', 'project_options_url'))
    return profile_view(org)


@fake.route('GET', '/organizations/' + ID + '/subscriptions')
def subscriptions(request, id):
    items = find(request, id)['subscriptions']
    asked = [v[0] for k, v in request.args.items() if re.fullmatch(r'filter\[status\](\[value\]\[\d+\])?', k)]
    items = [s for s in items if s['status'] in (asked or ('active', 'suspended'))]
    if not {'range', 'page'} & set(request.args):
        part, links, _ = page(request, items)
        return {'items': part, '_links': links}
    size, number = (int(request.args.get(k, [d])[0]) for k, d in (('range', '20'), ('page', '1')))
    if not 1 <= size <= 50 or number < 1:
        return problem(400, 'Bad Request', {'range': ['The value must be between 1 and 50.']})
    size = min(size, option('most', size))
    links = {'self': link(request.path + '?' + request.query)}
    if number * size < len(items):
        links['next'] = page_link(request, ('page',), page=number + 1)
    return {'items': items[(number - 1) * size:number * size], '_links': links}


@fake.fallback
def fallback(request, allowed):
    return problem(405, 'Method Not Allowed', '%s is not allowed here.' % request.method) if allowed else NOT_FOUND


fake.main()
