"""key_oracle.py SOCKET OWNER DATA ORGD SEED STEPS: members and administrators of two organizations do random things with ssh keys; after
each of them orgd must deliver what an oracle says, which was written from API.md ("Ssh keys") alone."""
import base64, hashlib, http.client, json, os, random, re, socket, sqlite3, subprocess, sys, time

SOCKET, OWNER, DATA, ORGD, SEED, STEPS = sys.argv[1:7]
DAY = 86400000
REACH = {'owner': 31, 'admin': 13, 'member': 5}
ORGS, PEOPLE, KEYS = 'ab', ('mia', 'max', 'ada', 'adb', 'owa', 'owb'), 6
random.seed(int(SEED))


class Connection(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(SOCKET)


connection = Connection('localhost')


def call(path, body, token=OWNER):
    headers = {'Content-Type': 'application/json', **({'Authorization': 'Bearer ' + token} if token else {})}
    connection.request('POST', '/v1' + path, json.dumps(body), headers)
    reply = connection.getresponse()
    return reply.status, json.loads(reply.read())


def good(path, body, token=OWNER):
    status, reply = call(path, body, token)
    assert status == 200, (path, body, reply)
    return reply


class Key:
    def __init__(self, security):
        def text(data):
            return len(data).to_bytes(4, 'big') + data
        self.security = security
        kind = b'sk-ssh-ed25519@openssh.com' if security else b'ssh-ed25519'
        blob = text(kind) + text(os.urandom(32)) + (text(b'ssh:') if security else b'')
        self.blob = base64.b64encode(blob).decode()
        self.line = kind.decode() + ' ' + self.blob
        self.print = 'SHA256:' + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip('=')


keys = [Key(i % 3 == 0) for i in range(KEYS)]
data = sqlite3.connect(DATA, timeout=20)
org = {o: good('/organizations/create', {'name': 'Org ' + o})['organization']['id'] for o in ORGS}
person, token = {}, {}
role = {}                                                            # of (organization, person): who is in it
policy = {o: {'admins': False, 'days': 0, 'security': False} for o in ORGS}
own = {}                                                             # of (person, key): its end, 0 for none
given = {}                                                           # of (organization, person, key): the giver's reach, and its end
withdrawn, doubted = set(), set()                                    # (organization, person, key)
since = {}                                                           # of (organization or '', person, key): the first time
was_in, stale = set(), set()                                         # (organization, person): whose token does not prove it


def now():
    return time.time() * 1000


def iso(ms):
    return time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(ms // 1000))


def join(o, p, r):
    invited = good('/organizations/invitations/create', {'organizationId': org[o], 'email': p + '@example.org', 'role': r})
    reply = good('/organizations/invitations/accept', {'token': invited['token'], **({} if p in person else {'username': p})}, token.get(p))
    if p not in person:
        person[p], token[p] = reply['user']['id'], reply['apiToken']['bearer']
    role[o, p] = r
    was_in.add((o, p))


def prove(p):
    """A token of the operator's, which opens every organization of P's."""
    time.sleep(0.005)
    out = subprocess.run([ORGD, 'user', 'token', p, '--data', DATA], capture_output=True, text=True).stdout
    token[p] = re.search(r'live_[a-z0-9]{20}:\S+', out).group(0)
    stale.difference_update([(o, p) for o in ORGS])


def end(o, p, k):
    """The end with which the organization's hosts have the key, 0 for none; None: they have not."""
    mine, gift = own.get((p, k)), given.get((o, p, k))
    ends = [] if mine is None or policy[o]['admins'] else [mine]
    if gift and not REACH[role[o, p]] & ~gift[0]:
        ends.append(gift[1])
    if not ends or (o, p, k) in withdrawn | doubted or (policy[o]['security'] and not keys[k].security):
        return None
    latest = 0 if 0 in ends else max(ends)
    if not policy[o]['days']:
        return latest
    aged = min(since[s, p, k] for s in ('', o) if (s, p, k) in since) + policy[o]['days'] * DAY
    return min(latest, aged) if latest else aged


def counts(o, p, k):
    e = end(o, p, k)
    return e is not None and (e == 0 or e > now())


def stored(s, p, k):
    row = data.execute('SELECT created_at FROM ssh_keys WHERE user_id = ? AND organization_id = ? AND fingerprint = ?',
                       (person[p], org.get(s, ''), keys[k].print)).fetchone()
    return row[0] if row else round(now())


def attempt(change, path, body, by):
    """CHANGE what the oracle knows, and CALL; both must agree whether the key counts, or nothing was changed."""
    before = [dict(own), dict(given), set(withdrawn), set(doubted), dict(since)]
    taken = change()
    status, reply = call(path, body, by)
    assert (status, reply.get('reason')) == ((200, None) if taken else (409, 'key_refused')), (path, body, reply, taken)
    if not taken:
        for known, old in zip((own, given, withdrawn, doubted, since), before):
            known.clear()
            known.update(old)


def add_own(o, p, k, e):
    def change():
        own[p, k] = e
        since.setdefault(('', p, k), stored('', p, k))
        for x in [x for x in ORGS if (x, p) in was_in]:
            if (x, p) not in stale:
                doubted.discard((x, p, k))
            elif (x, p, k) not in given and (x, p, k) not in withdrawn:
                doubted.add((x, p, k))
        places = [x for x in ORGS if (x, p) in role]
        return not places or any(counts(x, p, k) for x in places)
    body = {'key': keys[k].line, **({'expiresAt': iso(e)} if e else {})}
    if (p, k) in own:
        assert call('/users/keys/add', body, token[p])[1]['reason'] == 'key_exists'
    else:
        attempt(change, '/users/keys/add', body, token[p])


def remove_own(o, p, k, e):
    there = (p, k) in own or any((x, p, k) in given for x in ORGS)
    assert good('/users/keys/remove', {'fingerprint': keys[k].print}, token[p])['removed'] == there
    own.pop((p, k), None)
    for x in ORGS:
        given.pop((x, p, k), None)


def may_not(o, p, by):
    """The reason why BY may not touch P's keys in the organization, or None."""
    mine = role.get((o, by))
    if mine is None:
        return ('organization_not_found', 'token_outlived')
    if mine == 'member':
        return ('forbidden',)
    if (o, p) not in role:
        return ('member_not_found',)
    return ('role_above_own',) if REACH[role[o, p]] & ~REACH[mine] else None


def give(o, p, k, e):
    by = random.choice(PEOPLE)
    body = {'organizationId': org[o], 'userId': person[p], 'key': keys[k].line, **({'expiresAt': iso(e)} if e else {})}

    def change():
        given[o, p, k] = (REACH[role[o, by]], e)
        withdrawn.discard((o, p, k))
        doubted.discard((o, p, k))
        since.setdefault((o, p, k), stored(o, p, k))
        return counts(o, p, k)
    why = may_not(o, p, by)
    if why:
        assert call('/organizations/members/keys/add', body, token[by])[1].get('reason') in why
    else:
        attempt(change, '/organizations/members/keys/add', body, token[by])


def withdraw(o, p, k, e):
    by = random.choice(PEOPLE)
    status, reply = call('/organizations/members/keys/remove',
                         {'organizationId': org[o], 'userId': person[p], 'fingerprint': keys[k].print}, token[by])
    why = may_not(o, p, by)
    there = (o, p, k) in given or ((p, k) in own and (o, p, k) not in withdrawn)
    assert reply.get('reason') in why if why else (status, reply['removed']) == (200, there), (reply, why, there)
    if there and not why:
        given.pop((o, p, k), None)
        doubted.discard((o, p, k))
        withdrawn.add((o, p, k))
        since.setdefault((o, p, k), stored(o, p, k))


def set_policy(o, p, k, e):
    rules = policy[o]
    rules.update(admins=random.random() < 0.3, days=random.choice((0, 0, 5, 30)), security=random.random() < 0.2)
    good('/organizations/update', {'organizationId': org[o], 'keyAdders': 'admins' if rules['admins'] else 'members',
                                   'keyDays': rules['days'], 'securityKeysOnly': rules['security']})


def set_role(o, p, k, e):
    if (o, p) in role:
        role[o, p] = random.choice(list(REACH))
        good('/organizations/members/set-role', {'organizationId': org[o], 'userId': person[p], 'role': role[o, p]})


def come_and_go(o, p, k, e):
    if (o, p) not in role:
        join(o, p, random.choice(list(REACH)))
        return prove(p)
    good('/organizations/members/remove', {'organizationId': org[o], 'userId': person[p]})
    del role[o, p]
    stale.add((o, p))
    for i in range(KEYS):
        given.pop((o, p, i), None)


def grow_old(o, p, k, e):
    days = random.randrange(10) * DAY
    with data:
        data.execute('UPDATE ssh_keys SET created_at = created_at - ? WHERE user_id = ? AND fingerprint = ?', (days, person[p], keys[k].print))
    for place in [place for place in since if place[1:] == (p, k)]:
        since[place] -= days
    for x in ORGS:  # a listing that was kept is of before
        for more in (1, 0):
            good('/organizations/update', {'organizationId': org[x], 'keyDays': policy[x]['days'] + more})


def check(what):
    for place in since:  # the moment is the server's to say
        at = stored(*place)
        since[place] = at if abs(at - since[place]) < 5000 else since[place]
    for o in ORGS:
        listed = {m['username']: m for m in good('/organizations/members/list', {'organizationId': org[o]})['members']}
        for p in [p for x, p in role if x == o]:
            ends = {keys[k].blob: end(o, p, k) for k in range(KEYS)}
            want = {blob: iso(e) if e else None for blob, e in ends.items() if e is not None}
            told = {key['blob']: key['expiresAt'] for key in listed[p]['keys']}
            assert told == want, (what, o, p, told, want)
            shown = good('/organizations/members/keys/list', {'organizationId': org[o], 'userId': person[p]})['keys']
            assert {key['blob'] for key in shown if key['counts']} == {keys[k].blob for k in range(KEYS) if counts(o, p, k)}, (what, o, p, shown)


for o in ORGS:
    for p, r in (('mia', 'member'), ('max', 'member'), ('ad' + o, 'admin'), ('ow' + o, 'owner')):
        join(o, p, r)
for p in PEOPLE:
    prove(p)
ways = [add_own] * 4 + [give] * 4 + [remove_own, withdraw, withdraw, set_policy, set_policy, set_role, set_role, set_role, come_and_go, come_and_go, grow_old]
for step in range(int(STEPS)):
    e = random.choice((0, 0, (round(now()) // 1000 + random.randrange(1, 60) * 86400) * 1000))
    way = random.choice(ways)
    way(random.choice(ORGS), random.choice(PEOPLE), random.randrange(KEYS), e)
    check((step, way.__name__))
print(STEPS, 'steps')
