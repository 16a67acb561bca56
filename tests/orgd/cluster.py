#!/usr/bin/env python3
"""Three orgd, each in a network namespace of its own, behind HAProxy (conf/haproxy.cfg), on a PostgreSQL with two synchronous standbys;
clients that change memberships at random, hosts that poll, and faults, all by one seed. In a namespace of its own, as root:

  cluster.py DIRECTORY SECONDS SEED FAULT[,FAULT...] [COUNT]

For so many seconds, or until so many faults have been made. One line a fault with what it did; the history for cluster_check.py is
DIRECTORY/history.json. $ORGD is the server, $POSTGRESQL the directory of PostgreSQL's programs, $HAPROXY_CFG the example."""
import asyncio, collections, glob, json, os, random, re, signal, subprocess, sys, time

from hosts import Broken, Connection, Host

D, SECONDS, SEED, FAULTS = sys.argv[1], float(sys.argv[2]), int(sys.argv[3]), sys.argv[4].split(',')
COUNT = int(sys.argv[5]) if len(sys.argv) > 5 else 1 << 30
ORGD, BIN, EXAMPLE = os.environ['ORGD'], os.environ['POSTGRESQL'], os.environ['HAPROXY_CFG']
ORGS, USERS, CLIENTS, HOSTS = 4, 6, 3, 5  # the last three in each organization
POSTGRES = ['setpriv', '--reuid=postgres', '--regid=postgres', '--clear-groups'] if os.getuid() == 0 else []
now = time.monotonic
dice = random.Random(SEED)


def run(*command, check=True, **how):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **how)
    if check and done.returncode != 0:
        raise RuntimeError('%s: %s' % (' '.join(command), done.stdout))
    return done.stdout.strip()


def spawn(log, *command):
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=open(log, 'a'), stderr=subprocess.STDOUT, start_new_session=True)


def kill(process):
    """It and all that it has begun: a machine that is gone."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()


async def until(condition, seconds=30, every=0.05):
    end = now() + seconds
    while not await asyncio.to_thread(condition):
        if now() > end:
            return False
        await asyncio.sleep(every)
    return True


# --- PostgreSQL ---

class Node:
    """One of the three, primary or standby: its settings are the same as the others'."""

    def __init__(self, n):
        self.name, self.address, self.place, self.process = 'n%d' % n, '10.77.2.1%d' % n, '%s/n%d' % (D, n), None
        run('ip', 'address', 'add', self.address + '/32', 'dev', 'lo')
        run('install', '-d', '-o', 'postgres', '-m', '700', self.place) if POSTGRES else os.mkdir(self.place, 0o700)

    def start(self):
        others = ','.join(n.address for n in nodes)
        own = {'listen_addresses': self.address, 'cluster_name': self.name, 'primary_conninfo':
               'host=%s user=orgd dbname=postgres target_session_attrs=read-write connect_timeout=2 application_name=%s' % (others, self.name)}
        self.process = spawn('%s/%s.log' % (D, self.name), *POSTGRES, BIN + '/postgres', '-D', self.place + '/data', '-k', self.place,
                             *(word for setting in own.items() for word in ('-c', '%s=%s' % setting)))

    def query(self, text, check=True, database='orgd'):
        return run('psql', '-XAtq', '-h', self.place, '-U', 'orgd', '-d', database, '-v', 'ON_ERROR_STOP=1', '-c', text, check=check,
                   env=dict(os.environ, PGCONNECT_TIMEOUT='3'))

    def answers(self):
        return subprocess.run([BIN + '/pg_isready', '-q', '-h', self.place], check=False).returncode == 0

    def copy(self, source):
        """Becomes a standby of SOURCE, from nothing."""
        run('rm', '-rf', self.place + '/data')
        run(*POSTGRES, BIN + '/pg_basebackup', '-h', source.address, '-U', 'orgd', '-D', self.place + '/data', '-c', 'fast', '--no-sync')
        run(*POSTGRES, 'touch', self.place + '/data/standby.signal')

    def follow(self, source):
        """A former primary becomes a standby of SOURCE: by pg_rewind, behind a checkpoint there, without which it sees no difference."""
        source.query('CHECKPOINT')
        out = run(*POSTGRES, BIN + '/pg_rewind', '-D', self.place + '/data', '--no-sync', '--source-server=host=%s user=orgd dbname=postgres' % source.address, check=False)
        rewound = 'Done!' in out
        if rewound:
            run(*POSTGRES, 'touch', self.place + '/data/standby.signal')
        else:
            print(out)
            self.copy(source)
        self.start()
        return rewound


# In the postgresql.conf of each node: a standby that becomes the primary waits for standbys, too.
SAME = """
synchronous_standby_names = 'ANY 1 (n1,n2,n3)'
wal_retrieve_retry_interval = 200ms
wal_receiver_timeout = 5s
wal_sender_timeout = 5s
wal_log_hints = on
wal_keep_size = 512MB
max_connections = 200
fsync = off
log_line_prefix = '%m [%p] '
"""


def standbys():
    return [n for n in nodes if n is not primary and n.process]


def in_step(count=2):
    return primary.query("SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming' AND sync_state = 'quorum'", check=False) == str(count)


def received(node):
    return int(node.query("SELECT coalesce(pg_last_wal_receive_lsn(), '0/0') - '0/0'::pg_lsn"))


def receiver(node):
    """The process of NODE that takes the log of the primary."""
    return node.query('SELECT pid FROM pg_stat_wal_receiver', check=False)


# --- orgd ---

class Server:
    def __init__(self, n):
        self.name, self.process = 'abc'[n - 1], None
        self.address, self.gate, self.cable = '10.77.1%d.2' % n, '10.77.1%d.1' % n, 'db%d' % n
        run('ip', 'netns', 'add', self.name)
        for kind, net in (('web', '10.77.1%d' % n), ('db', '10.77.2%d' % n)):
            outside = kind + str(n)
            run('ip', 'link', 'add', outside, 'type', 'veth', 'peer', 'name', kind, 'netns', self.name)
            run('ip', 'address', 'add', net + '.1/24', 'dev', outside)
            run('ip', 'link', 'set', outside, 'up')
            self.inside('ip', 'address', 'add', net + '.2/24', 'dev', kind)
            self.inside('ip', 'link', 'set', kind, 'up')
        self.inside('ip', 'link', 'set', 'lo', 'up')
        self.inside('ip', 'route', 'add', '10.77.2.0/24', 'via', '10.77.2%d.1' % n)

    def inside(self, *command):
        return run('ip', 'netns', 'exec', self.name, *command)

    def start(self):
        self.log = '%s/%s.log' % (D, self.name)
        quotas = [w for q in ('changes', 'caller-changes', 'tokens', 'invitations', 'mails', 'names') for w in ('--quota', q + '=1000000000')]
        self.process = spawn(self.log, 'ip', 'netns', 'exec', self.name, ORGD, '--data', 'postgresql://orgd@%s/orgd' % ','.join(n.address for n in nodes),
                             '--socket', '%s/%s.sock' % (D, self.name), '--owner', 'owner@localhost', '--tls', self.address + ':8443', '--cert', D + '/cert.pem',
                             '--key', D + '/key.pem', '--proxy-protocol', self.gate, '--attempts', '60000', '--connections', '10000', *quotas)

    def healthy(self):
        return run('curl', '-s', '-o', '/dev/null', '-w', '%{http_code}', '--max-time', '2', '--unix-socket', '%s/%s.sock' % (D, self.name),
                   'http://localhost/healthz', check=False) == '200'


def balancer_start():
    text = open(EXAMPLE).read()
    for was, becomes in (('bind :443', 'bind 127.0.0.1:8443'), ('bind :444', 'bind 127.0.0.1:8444'), ('/run/haproxy/admin.sock', D + '/admin.sock'),
                         ('/etc/haproxy/org.example.com.pem', D + '/both.pem'), ('/etc/haproxy/orgd-ca.pem', D + '/cert.pem'),
                         *(('192.0.2.1%d:' % n, '10.77.1%d.2:' % n) for n in (1, 2, 3))):
        assert was in text, was
        text = text.replace(was, becomes)
    open(D + '/haproxy.cfg', 'w').write(text)
    return spawn(D + '/haproxy.log', 'haproxy', '-W', '-f', D + '/haproxy.cfg')


def spread():
    """The connections that each orgd has of hosts, by HAProxy's words."""
    import socket
    with socket.socket(socket.AF_UNIX) as s:
        s.connect(D + '/admin.sock')
        s.sendall(b'show stat\n')
        rows = [line.split(',') for line in s.makefile()]
    held = collections.Counter()
    for row in rows:
        if row[0].startswith('orgd_') and row[1] in 'abc':
            held[row[1]] += int(row[4])
    return [held[n] for n in 'abc']


# --- the organizations, and what is done to them ---

history = {'seed': SEED, 'events': [], 'members': {}, 'founders': {}, 'operations': [], 'answers': []}
ports, stopping = [8443, 8444], False
turn = 0


async def ask(path, body, bearer, timeout=20):
    """One request on a connection of its own: what is lost there is not repeated."""
    global turn
    turn += 1
    connection = Connection('127.0.0.1', ports[turn % 2], '127.0.2.%d' % (turn % 250 + 1))
    try:
        return await connection.ask(path, body, bearer, timeout)
    finally:
        connection.close()


async def sure(path, body, bearer):
    for _ in range(50):
        try:
            status, reply = await ask(path, body, bearer)
            if status == 200:
                return reply
            why = reply
        except Broken as e:
            why = e
        await asyncio.sleep(0.2)
    raise RuntimeError('%s: %s' % (path, why))


class Organization:
    def __init__(self):
        self.users, self.bearer, self.lost, self.busy, self.guess = [], {}, set(), set(), {}

    async def make(self, number, owner_id, owner):
        self.id = (await sure('/organizations/create', {'name': 'Org%d' % number}, owner))['organization']['id']
        history['founders'][self.id] = owner_id
        self.users, self.bearer, self.guess = [owner_id], {owner_id: owner}, {owner_id: ['owner', 'active']}
        self.mail = {owner_id: 'owner@localhost'}
        for i in range(USERS - 1):
            name, role = 'u%dx%d' % (number, i), ('owner', 'admin', 'member')[i % 3]
            token = (await sure('/organizations/invitations/create', {'organizationId': self.id, 'email': name + '@example.org', 'role': role}, owner))['token']
            called = now()
            reply = await sure('/organizations/invitations/accept', {'token': token, 'username': name}, '')
            user = reply['user']['id']
            self.users.append(user)
            self.bearer[user], self.guess[user], self.mail[user] = reply['apiToken']['bearer'], [role, 'active'], name + '@example.org'
            history['operations'].append({'org': self.id, 'kind': 'accept', 'actor': user, 'subject': user, 'role': role, 'end': 'done', 'call': called, 'return': now()})
        self.hosts = [(await sure('/organizations/tokens/create', {'organizationId': self.id}, owner))['apiToken']['bearer'] for _ in range(HOSTS)]

    def owner(self):
        """Who is likely one."""
        return dice.choice([u for u in self.users if self.guess[u] == ['owner', 'active']] or self.users)


PATHS = {'set-role': 'members/set-role', 'remove': 'members/remove', 'suspend': 'members/suspend', 'resume': 'members/resume', 'accept': 'invitations/accept',
         'read': 'members/changes', 'enter': 'get'}
changed = []  # (organization, revision, when its answer came)


async def operate(org, kind, actor, subject, role='', body=None):
    o = {'org': org.id, 'kind': kind, 'actor': actor, 'subject': subject, 'role': role, 'call': now()}
    body = body or {'organizationId': org.id, **({'userId': subject} if kind in ('set-role', 'remove', 'suspend', 'resume') else {}),
                    **({'role': role} if kind == 'set-role' else {}), **({'since': 0} if kind == 'read' else {})}
    reply = {}
    try:
        status, reply = await ask('/organizations/' + PATHS[kind], body, org.bearer[actor])
        o['end'] = 'done' if status == 200 else 'unknown' if reply.get('reason') == 'outcome_unknown' else 'refused'
        if status not in (200, 403, 404, 409):
            outcomes['%d %s' % (status, reply.get('reason'))] += 1
    except Broken:
        o['end'] = 'unknown'
    outcomes[o['end']] += 1
    o['return'] = now() if o['end'] != 'unknown' else 1e12
    o['revision'] = reply.get('revision') if o['end'] == 'done' else None
    history['operations'].append(o)
    if o['end'] == 'done' and kind in ('set-role', 'remove', 'suspend', 'resume'):
        changed.append((org.id, o['revision'], o['return']))
    return o, reply


async def rejoin(org, user):
    actor = org.owner()
    role = dice.choice(['owner', 'admin', 'member', 'member'])
    try:
        status, reply = await ask('/organizations/invitations/create', {'organizationId': org.id, 'email': org.mail[user], 'role': role}, org.bearer[actor])
    except Broken:
        return
    if status != 200:
        if reply['reason'] == 'already_member':
            org.guess[user] = ['member', 'active']
        return
    o, reply = await operate(org, 'accept', user, user, role, {'token': reply['token']})
    if o['end'] == 'done' and 'apiToken' in reply:
        org.bearer[user] = reply['apiToken']['bearer']
        org.lost.discard(user)
    elif o['end'] == 'unknown':
        org.lost.add(user)  # the token of his new membership
    if o['end'] != 'refused':
        org.guess[user] = [role, 'active']


async def one(org):
    actor, subject, chance = org.owner(), dice.choice(org.users), dice.random()
    if subject in org.busy or actor in org.busy:
        return
    if chance < 0.15:
        await operate(org, 'read', actor, '')
    elif chance < 0.3 and subject not in org.lost:
        await operate(org, 'enter', subject, subject)
    elif org.guess[subject][1] == 'removed':
        org.busy.add(subject)
        await rejoin(org, subject)
        org.busy.discard(subject)
    else:
        kind = 'set-role' if chance < 0.7 else 'remove' if chance < 0.85 else 'resume' if org.guess[subject][1] == 'suspended' else 'suspend'
        role = dice.choice(['owner', 'owner', 'admin', 'member']) if kind == 'set-role' else ''
        o, _ = await operate(org, kind, actor, subject, role)
        if o['end'] != 'refused':
            had = org.guess[subject]
            org.guess[subject] = {'set-role': [role, had[1]], 'remove': ['', 'removed'], 'suspend': [had[0], 'suspended'], 'resume': [had[0], 'active']}[kind]


async def client(org):
    while not stopping:
        await one(org)
        await asyncio.sleep(dice.uniform(0.02, 0.2))


def tell(host, called, returned, reply):
    history['answers'].append({'org': host.org, 'host': host.number, 'call': called, 'return': returned, 'revision': reply['revision'], 'cursor': reply['cursor'],
                               'complete': reply['complete'], 'members': {m['userId']: [m['role'], m['state']] for m in reply['members']}})
    host.heard = returned


# --- faults: each leaves all as it was, in the end ---

async def kill_orgd():
    s = dice.choice(servers)
    kill(s.process)
    await asyncio.sleep(2)
    s.start()


async def end_orgd():
    s = dice.choice(servers)
    os.killpg(s.process.pid, signal.SIGTERM)
    await asyncio.to_thread(s.process.wait)
    await asyncio.sleep(1)
    s.start()


async def stop_orgd():
    s = dice.choice(servers)
    os.killpg(s.process.pid, signal.SIGSTOP)
    await asyncio.sleep(6)
    os.killpg(s.process.pid, signal.SIGCONT)


async def cut_orgd():
    """A partition between an orgd and the database."""
    s = dice.choice(servers)
    run('ip', 'link', 'set', s.cable, 'down')
    await asyncio.sleep(8)
    run('ip', 'link', 'set', s.cable, 'up')


async def kill_listen():
    """The connections on which notices come."""
    ended = primary.query("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'orgd' AND (query LIKE 'LISTEN%' OR query LIKE '%FROM changes%')")
    notes.append(ended + ' connections were ended')


async def kill_primary(blind=False):
    """The machine of the primary is gone. A standby may lack what the other one has confirmed; the one that has received more is promoted."""
    global primary
    rest = standbys()
    slow = dice.choice(rest)
    asleep = receiver(slow) if blind or dice.random() < 0.6 else ''
    if asleep:
        os.kill(int(asleep), signal.SIGSTOP)
        await asyncio.sleep(0.5)
    kill(primary.process)
    gone = now()
    primary.process = None
    for way in (signal.SIGTERM, signal.SIGCONT) if asleep else ():  # it ends without what is under way
        os.kill(int(asleep), way)
    await asyncio.sleep(0.3)
    if asleep:
        notes.append('%s lacked %d bytes' % (slow.name, max(map(received, rest)) - received(slow)))
    best = slow if blind else max(rest, key=received)
    begun = now()
    await asyncio.to_thread(best.query, 'SELECT pg_promote()')
    former, primary = [n for n in nodes if not n.process][0], best
    promoted = now()
    await until(lambda: any(when > promoted for _, _, when in changed), 30, 0.01)
    first = min((when for _, _, when in changed if when > promoted), default=None)
    took.append(first - promoted if first else 99)
    notes.append('promotion %.2f s, first change %.2f s behind it, %.2f s behind the kill' % (promoted - begun, took[-1], (first or 0) - gone))
    await until(lambda: in_step(1))
    rewound = await asyncio.to_thread(former.follow, primary)
    notes.append('the former primary %s' % ('was rewound' if rewound else 'was copied anew'))


async def blind_promotion():
    await kill_primary(True)


async def restart_all():
    global balancer
    for process in [balancer] + [s.process for s in servers] + [n.process for n in nodes]:
        kill(process)
    await asyncio.sleep(0.5)
    for n in nodes:
        n.start()
    await until(primary.answers)
    for s in servers:
        s.start()
    balancer = balancer_start()


async def whole():
    """All is well again."""
    good = await until(lambda: all(s.healthy() for s in servers), 60)
    good &= await until(in_step, 60)
    good &= await until(lambda: sum(spread()) >= len(hosts), 60)
    return good


async def fault(name):
    """Makes it, and tells how long no change was answered, and how long the slowest host was without news of one."""
    begun, notes[:] = now(), []
    first, first_told = len(changed), len(history['answers'])
    broken = sum(h.broken + h.refused for h in hosts)
    await globals()[name]()
    made = now()
    good = await whole()
    await asyncio.sleep(2)
    times = [begun] + [when for _, _, when in changed[first:]] + [now()]
    gap = max(b - a for a, b in zip(times, times[1:]))
    slowest = 0
    for host in hosts:
        told = [a for a in history['answers'][first_told:] if a['host'] == host.number]
        for org, revision, when in changed[first:]:
            if org == host.org and when < now() - 2:
                heard = next((a['return'] for a in told if a['revision'] >= revision), now())
                slowest = max(slowest, heard - when)
    print('%s: %s; no change for %.1f s; %d polls broke; the slowest host heard of a change after %.1f s; connections %s; %s'
          % (name, 'whole again after %.1f s' % (now() - 2 - begun) if good else 'NOT WHOLE AGAIN', gap, sum(h.broken + h.refused for h in hosts) - broken, slowest, spread(),
             ', '.join(notes)), flush=True)
    measured[name].append((gap, slowest, sum(h.broken + h.refused for h in hosts) - broken))
    return good


async def main():
    global primary, balancer, stopping
    run(*POSTGRES, BIN + '/initdb', '-D', primary.place + '/data', '-U', 'orgd', '-A', 'trust', '--no-sync', '-E', 'UTF8', '--locale=C')
    with open(primary.place + '/data/pg_hba.conf', 'a') as hba:
        hba.write('host all all 10.77.0.0/16 trust\nhost replication all 10.77.0.0/16 trust\n')
    with open(primary.place + '/data/postgresql.conf', 'a') as conf:
        conf.write(SAME)
    primary.start()
    assert await until(primary.answers)
    run('psql', '-Xq', '-h', primary.place, '-U', 'orgd', '-d', 'postgres', '-c', 'SET synchronous_commit = local', '-c', 'CREATE DATABASE orgd')
    for n in nodes[1:]:
        await asyncio.to_thread(n.copy, primary)
        n.start()
    assert await until(in_step), 'no standbys'
    servers[0].start()
    assert await until(lambda: 'listening' in open(servers[0].log).read()), open(servers[0].log).read()
    owner = re.search(r'^live_\S+$', open(servers[0].log).read(), re.M).group()
    for s in servers[1:]:
        s.start()
    balancer = balancer_start()
    assert await until(lambda: all(s.healthy() for s in servers))
    owner_id = (await sure('/users/whoami', {}, owner))['user']['id']
    for i in range(ORGS):
        orgs.append(Organization())
        await orgs[i].make(i, owner_id, owner)
    for org in orgs:
        for bearer in org.hosts:
            hosts.append(Host(Connection('127.0.0.1', ports[len(hosts) % 2], '127.0.1.%d' % (len(hosts) + 1)), org.id, bearer, 30000, tell))
            hosts[-1].number = len(hosts)
    polls = [asyncio.create_task(h.run()) for h in hosts]
    clients = [asyncio.create_task(client(org)) for org in orgs for _ in range(CLIENTS)]
    await asyncio.sleep(2)
    begun, good, count, queue = now(), True, 0, []
    while good and count < COUNT and (now() - begun < SECONDS or count < COUNT < 1 << 30):
        queue = queue or dice.sample(FAULTS, len(FAULTS))
        good = await fault(queue.pop())
        count += 1
    stopping = True
    await asyncio.gather(*clients)
    print('operations: %s; %d polls were answered' % (dict(outcomes), len(history['answers'])))
    history['events'] = [line.split('|') for line in primary.query("SELECT organization_id, actor, action, subject, detail FROM events ORDER BY id").splitlines()]
    for org in orgs:
        history['members'][org.id] = {}
        for line in primary.query("SELECT user_id, role, active, suspended_at FROM members WHERE organization_id = '%s'" % org.id).splitlines():
            user, role, active, suspended = line.split('|')
            history['members'][org.id][user] = [role, 'suspended' if suspended != '0' else 'active'] if active == '1' else ['', 'removed']
    revisions = {org.id: int(primary.query("SELECT revision FROM organizations WHERE id = '%s'" % org.id)) for org in orgs}
    told = await until(lambda: all(h.position['since'] == revisions[h.org] for h in hosts))
    for task in polls:
        task.cancel()
    json.dump(history, open(D + '/history.json', 'w'))
    for name, all_of in measured.items():
        gaps, slowest, broken = zip(*all_of)
        print('%s: %d times; no change for %.1f s at most, a host heard of one after %.1f s at most, %d polls broke' % (name, len(all_of), max(gaps), max(slowest), sum(broken)))
    print('hosts know the last revision' if told else 'HOSTS DO NOT KNOW THE LAST REVISION', revisions)
    if took:
        print('from a promotion to the next change: %.2f s at most' % max(took))
    print('whole' if good and told else 'NOT WHOLE')


hosts, orgs, notes, took, measured, outcomes = [], [], [], [], collections.defaultdict(list), collections.Counter()
run('ip', 'link', 'set', 'lo', 'up')
nodes = [Node(n) for n in (1, 2, 3)]
servers = [Server(n) for n in (1, 2, 3)]
primary, balancer = nodes[0], None
asyncio.run(main())
