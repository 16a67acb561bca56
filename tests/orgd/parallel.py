#!/usr/bin/env python3
"""Many clients at once against orgd. parallel.py URL OWNER-BEARER TEST [ARGUMENT...]; the functions test_* say
which, and print one line: what parallel.t compares."""
import collections, http.client, itertools, json, os, random, socket, sys, threading, time

# $OTHER_URL is a second server of the same data: each thread asks one of them.
hosts = [url.split('//')[1] for url in (sys.argv[1], os.environ.get('OTHER_URL')) if url]
host = hosts[0]
turn = itertools.count()
owner = sys.argv[2]
local = threading.local()


def call(path, body, bearer=None, key=None):
    """(status, object); status 0 when the server is gone."""
    headers = {'Content-Type': 'application/json'}
    if key:
        headers['Idempotency-Key'] = key
    if bearer:
        headers['Authorization'] = 'Bearer ' + bearer
    try:
        if not getattr(local, 'connection', None):
            local.connection = http.client.HTTPConnection(hosts[next(turn) % len(hosts)], timeout=30)
        local.connection.request('POST', '/v1' + path, json.dumps(body), headers)
        response = local.connection.getresponse()
        return response.status, json.loads(response.read())
    except (OSError, http.client.HTTPException, ValueError):
        local.connection = None
        return 0, {}


def change(path, body):
    """The owner's call; with $ONCE the same again, by the same key, until it is known what came of it."""
    key = os.urandom(16).hex() if os.environ.get('ONCE') else None
    end = time.monotonic() + 30
    result = call(path, body, owner, key)
    while key and result[0] in (0, 503) and time.monotonic() < end:
        time.sleep(0.05)
        result = call(path, body, owner, key)
    return result


def at_once(functions):
    """Calls all of them in threads of their own, which begin together; their results."""
    barrier, results = threading.Barrier(len(functions)), [None] * len(functions)

    def run(i):
        barrier.wait()
        results[i] = functions[i]()
    threads = [threading.Thread(target=run, args=(i,)) for i in range(len(functions))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def new_org():
    return call('/organizations/create', {'name': 'Parallel'}, owner)[1]['organization']['id']


def new_user(org, name, role='member'):
    """(id, bearer)"""
    invited = call('/organizations/invitations/create',
                   {'organizationId': org, 'email': name + '@example.org', 'role': role}, owner)[1]
    reply = call('/organizations/invitations/accept', {'token': invited['token'], 'username': name})[1]
    return reply['user']['id'], reply['apiToken']['bearer']


def test_owners(rounds):
    """Owners demote and remove each other, and themselves, all at once: one is always left."""
    me = call('/users/whoami', {}, owner)[1]['user']['id']
    left = []
    for n in range(int(rounds)):
        org = new_org()
        owners = [(me, owner)] + [new_user(org, 'o%d-%d' % (n, i), 'owner') for i in range(7)]

        def attack(victim, bearer, i):
            path, more = (('remove', {}), ('set-role', {'role': 'member'}))[i % 2]
            return lambda: call('/organizations/members/' + path,
                                dict(more, organizationId=org, userId=victim), bearer)
        at_once([attack(owners[(i * 3 + n) % 8][0], owners[i % 8][1], i // 8) for i in range(32)])
        for i in range(8):      # and then everybody leaves
            at_once([attack(o[0], o[1], n) for o in owners])
        for bearer in (o[1] for o in owners):
            status, reply = call('/organizations/members/list', {'organizationId': org}, bearer)
            if status == 200:
                left.append(sum(m['role'] == 'owner' for m in reply['members']))
                break
        else:
            left.append(0)
    print(' '.join(map(str, left)))


def test_join(uses):
    """A join code for N, and 3 N users who all want in."""
    uses = int(uses)
    org, crowd = new_org(), new_org()
    code = call('/organizations/join-codes/create', {'organizationId': org, 'maxUses': uses}, owner)[1]
    users = [new_user(crowd, 'j%d' % i) for i in range(3 * uses)]
    tries = [lambda b=u[1]: call('/organizations/join-codes/join', {'code': code['code']}, b)[0] for u in users]
    random.shuffle(tries)
    counts = collections.Counter(at_once(tries))
    members = call('/organizations/members/list', {'organizationId': org}, owner)[1]['members']
    listed = call('/organizations/join-codes/list', {'organizationId': org}, owner)[1]['joinCodes'][0]
    print(counts[200], counts[404], len(members) - 1, listed['uses'])


def test_accept(rounds):
    """One invitation: its addressee eight times, others with accounts, strangers; then whoever comes later."""
    ends = []
    crowd = new_org()
    right = new_user(crowd, 'right')
    wrong = [new_user(crowd, 'wrong%d' % i) for i in range(6)]
    for n in range(int(rounds)):
        org = new_org()
        token = call('/organizations/invitations/create',
                     {'organizationId': org, 'email': 'RIGHT@example.org'}, owner)[1]['token']
        body = {'token': token}
        tries = [lambda: ('right', call('/organizations/invitations/accept', body, right[1]))] * 8
        tries += [lambda w=w: ('wrong', call('/organizations/invitations/accept', body, w[1])) for w in wrong]
        tries += [lambda i=i: ('stranger', call('/organizations/invitations/accept',
                                                dict(body, username='str%d-%d' % (n, i)))) for i in range(6)]
        random.shuffle(tries)
        done = [who for who, (status, _) in at_once(tries) if status == 200]
        members = call('/organizations/members/list', {'organizationId': org}, owner)[1]['members']
        ends.append('+'.join(done) + '/%d' % (len(members) - 1))
    print(' '.join(ends))


def test_revoke(rounds):
    """A token that 8 clients use all the time, and that holds 8 polls: after the revocation's answer nobody gets in."""
    late, held_ms = 0, 0
    for n in range(int(rounds)):
        org = new_org()
        token = call('/organizations/tokens/create', {'organizationId': org}, owner)[1]['apiToken']
        stop, revoked, good = threading.Event(), [None], []

        def use():
            count = 0
            while not stop.is_set():
                begun = time.monotonic()
                status, _ = call('/organizations/members/list', {'organizationId': org}, token['bearer'])
                count += status == 200
                if status == 200 and revoked[0] and begun > revoked[0]:
                    good.append(begun - revoked[0])
            return count

        def hold():
            call('/organizations/members/changes',
                 {'organizationId': org, 'since': 1, 'wait': 20000}, token['bearer'])
            return time.monotonic()

        def revoke():
            time.sleep(0.3)
            call('/organizations/tokens/revoke', {'organizationId': org, 'key': token['key']}, owner)
            revoked[0] = time.monotonic()
            time.sleep(0.3)
            stop.set()
        results = at_once([use] * 8 + [hold] * 8 + [revoke])
        late += len(good) + (min(results[:8]) == 0)
        held_ms = max(held_ms, *(int((t - revoked[0]) * 1000) for t in results[8:16]))
    print(late, 'prompt' if held_ms < 1000 else 'polls held for %d ms' % held_ms)


def test_writes(seconds, run, log):
    """Mixed changes by 16 clients until the server is gone; each acknowledged one becomes a line of LOG."""
    stop = time.monotonic() + float(seconds)
    orgs = [new_org() for _ in range(4)]
    lines, lock = [], threading.Lock()

    def work(i):
        n = 0
        while time.monotonic() < stop:
            n += 1
            org, name = random.choice(orgs), '%s-%d-%d' % (run, i, n)
            kind = random.randrange(5)
            if kind == 0:
                status, r = change('/organizations/create', {'name': name})
                line = status == 200 and 'organizations id ' + r['organization']['id']
            elif kind == 1:
                status, r = change('/organizations/tokens/create', {'organizationId': org, 'name': name})
                line = status == 200 and 'tokens key ' + r['apiToken']['key']
            elif kind == 2:
                status, r = change('/organizations/join-codes/create', {'organizationId': org})
                line = status == 200 and 'join_codes id ' + r['id']
            elif kind == 3:
                status, r = change('/organizations/invitations/create',
                                   {'organizationId': org, 'email': name + '@example.org'})
                line = status == 200 and 'invitations id ' + r['id']
            else:
                status, r = call('/organizations/invitations/create',
                                 {'organizationId': org, 'email': 'u' + name + '@example.org'}, owner)
                if status == 200:
                    status, r = call('/organizations/invitations/accept', {'token': r['token'], 'username': 'u' + name})
                line = status == 200 and 'members user_id ' + r['user']['id']
            if status == 0:
                return
            if line:
                with lock:
                    lines.append(line)
    at_once([lambda i=i: work(i) for i in range(16)])
    with open(log, 'w') as f:
        f.writelines(line + '\n' for line in lines)
    print(len(lines))


def test_share(polls, org, pid):
    """Many polls, whose clients read nothing, hear of a change of 5000 members: by how many MiB the server grows."""
    def memory():
        with open('/proc/%s/status' % pid) as f:
            return int(next(line for line in f if line.startswith('VmHWM')).split()[1]) >> 10
    address = host.split(':')
    revision = call('/organizations/members/changes', {'organizationId': org, 'since': 9007199254740992}, owner)[1]['revision']
    while (page := call('/organizations/members/changes', {'organizationId': org, 'since': revision}, owner)[1])['members']:
        revision = page['revision']
    body = json.dumps({'organizationId': org, 'since': revision, 'wait': 60000})
    held, answers = [], []
    for _ in range(int(polls)):
        s = socket.socket()
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        s.connect((address[0], int(address[1])))
        s.sendall(('POST /v1/organizations/members/changes HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n'
                   'Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s' % (owner, len(body), body)).encode())
        begin = b''
        while not begin.endswith(b'\r\n\r\n1\r\n\n\r\n'):   # the headers and the heartbeat
            begin += s.recv(1)
        held.append(s)
    before = memory()
    call('/organizations/roles/set', {'organizationId': org, 'role': 'ops', 'permissions': ['members:view']}, owner)
    for s in held:
        begin = b''
        while len(begin.partition(b'{')[2]) < 11 and (more := s.recv(20)):   # behind the heartbeats
            begin += more
        answers.append(begin.partition(b'{')[2][:11])
    after = memory()
    print(set(answers) == {b'"members":['}, after - before)


def test_cut(path, org):
    """A listing of 5000 members, of which little has been read when its token is revoked: how it ends."""
    token = call('/organizations/tokens/create', {'organizationId': org}, owner)[1]['apiToken']
    body = json.dumps({'organizationId': org})
    with socket.socket(socket.AF_UNIX) as s:
        s.connect(path)
        s.sendall(('POST /v1/organizations/members/list HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n'
                   'Authorization: Bearer %s\r\nContent-Length: %d\r\n\r\n%s' % (token['bearer'], len(body), body)).encode())
        reply = s.recv(500)
        call('/organizations/tokens/revoke', {'organizationId': org, 'key': token['key']}, owner)
        while piece := s.recv(65536):
            reply += piece
    print(reply[9:12].decode(), 'whole' if reply.endswith(b'\r\n0\r\n\r\n') else 'cut off')


globals()['test_' + sys.argv[3]](*sys.argv[4:])
