#!/usr/bin/env python3
"""agreement.py ROUNDS [SEED]: random histories of a host of two organizations, for agreement.t.

"acme" is on a real orgd, whose database and token are agreement.t's; "other" is a file whose members choose their names. In each round things
happen, the host is synced, and for some names and services three must agree: libpam with pam_org.so, `orgadmin host explain`, and the model, which
knows what was done. The ledger says which member has which number, the brake's table whose loss is held: these follow rules of their own."""
import ctypes, json, os, random, re, shutil, signal, socket, sqlite3, subprocess, sys, time, urllib.request

CONF, MEMBERS, LEDGER = '/etc/orglogin/orglogin.conf', '/etc/orglogin/members.json', '/var/lib/orglogin/ids.db'
DATA = '/var/lib/orgd.db'
SERVICES = ['alpha', 'beta', 'gamma']
ROLES = {'acme': ['owner', 'admin', 'member'], 'other': ['admin', 'member', 'guest']}
# Names that members of "other" choose: people's, those of the first organization, reserved ones, and what can be no name.
CHOSEN = ['mia', 'noa', 'oli', 'pia', 'quy', 'rob', 'sue', 'tom', 'uma', 'vic', 'ann', 'bob', 'olga', 'docker', 'wheel', 'jenkins', 'root.adm',
          'sshd', 'daemon', 'acme', '9lives', 'x' * 40]
NUMBERS = [5003, 60100, 61500, 200000, 250000, 299999, 300001, 350000]
random_seed = int(sys.argv[2]) if len(sys.argv) > 2 else int(time.time())
chance = random.Random(random_seed)
counts = dict.fromkeys(['compared', 'admitted', 'removed', 'withheld', 'held', 'restored'], 0)


def one_in(n):
    return chance.randrange(n) == 0


# --- PAM, in this process; what pam_org.so logs comes to a socket of ours ---

class Message(ctypes.Structure):
    _fields_ = [('style', ctypes.c_int), ('text', ctypes.c_char_p)]


CONVERSE = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int, ctypes.c_void_p, ctypes.POINTER(ctypes.c_void_p), ctypes.c_void_p)


class Conversation(ctypes.Structure):
    _fields_ = [('converse', CONVERSE), ('data', ctypes.c_void_p)]


libc, libpam = ctypes.CDLL(None), ctypes.CDLL('libpam.so.0')
libc.calloc.restype = ctypes.c_void_p
libpam.pam_acct_mgmt.argtypes = libpam.pam_end.argtypes = [ctypes.c_void_p, ctypes.c_int]


@CONVERSE
def converse(n, _messages, replies, _data):
    replies[0] = libc.calloc(n, 16)
    return 0


conversation = Conversation(converse, None)
if os.path.exists('/dev/log'):
    os.unlink('/dev/log')
log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
log.bind('/dev/log')
log.setblocking(False)


def logged():
    lines = []
    try:
        while True:
            lines.append(log.recv(8192).decode())
    except BlockingIOError:
        return ''.join(lines)


def by_pam(name, service):
    """What PAM returns, and the reason in the log."""
    handle = ctypes.c_void_p()
    logged()
    if libpam.pam_start(service.encode(), name.encode(), ctypes.byref(conversation), ctypes.byref(handle)) != 0:
        raise SystemExit('pam_start failed')
    status = libpam.pam_acct_mgmt(handle, 0)
    libpam.pam_end(handle, status)
    lines = logged()
    reason = re.search(r' reason=(\w+) ', lines)
    return status, reason.group(1) if reason else lines


def by_explain(name, service):
    """The decision and the reason, and whether it says that somebody is withheld."""
    text = subprocess.run(['orgadmin', 'host', 'explain', name, service], capture_output=True, text=True).stdout
    decision = re.search(r'^decision +([a-z ]+) \(([a-z_]+)\)$', text, re.M)
    return decision.group(1) if decision else text, decision.group(2) if decision else '', '\nwithheld ' in text


# --- the world, and the model of it ---

class World:
    def __init__(self):
        self.member = {'acme': {}, 'other': {}}  # id: [username, role, state]
        self.backup = None
        self.rules = []
        self.local = {}  # name: number, in /etc/passwd
        self.extra = {}  # name: number, of another name service
        self.passwd = open('/etc/passwd').read()
        self.serial = 0
        self.orgd = self.orgsyncd = None

    def start_orgd(self):
        self.orgd = subprocess.Popen(['orgd', '--data', DATA, '--owner', 'owner@localhost', '--listen', os.environ['URL'][7:], '--attempts', '60000'], stdout=subprocess.PIPE,
                                     stderr=subprocess.DEVNULL, text=True)
        while 'listening on 127' not in self.orgd.stdout.readline():
            if self.orgd.poll() is not None:
                raise SystemExit('orgd does not start')

    def stop_orgd(self):
        self.orgd.terminate()
        self.orgd.wait()

    def start_orgsyncd(self):
        self.orgsyncd = subprocess.Popen(['orgsyncd'], stderr=open(os.environ['T'] + '/orgsyncd.log', 'a'))
        while subprocess.run(['orgadmin', 'host', 'status'], capture_output=True).returncode != 0:
            if self.orgsyncd.poll() is not None:
                raise SystemExit('orgsyncd does not start: ' + open(os.environ['T'] + '/orgsyncd.log').read()[-2000:])
            time.sleep(0.02)

    def stop_orgsyncd(self):
        self.orgsyncd.terminate()
        self.orgsyncd.wait()

    def call(self, path, bearer=None, **fields):
        headers = {'Content-Type': 'application/json'}
        if bearer:
            headers['Authorization'] = 'Bearer ' + bearer
        request = urllib.request.Request(os.environ['URL'] + '/v1/organizations' + path, json.dumps(fields).encode(), headers)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def at_acme(self, path, **fields):
        return self.call(path, os.environ['TOKEN'], organizationId=os.environ['ORGANIZATION'], **fields)

    def read_acme(self):
        for m in sorted(self.at_acme('/members/list', limit=100)['members'], key=lambda m: m['username']):
            self.member['acme'][m['userId']] = [m['username'], m['role'], 'active']

    # What can happen.

    def acme_role(self):
        who = self.somebody('acme')
        if who:
            role = chance.choice(['admin', 'member'])
            self.at_acme('/members/set-role', userId=who, role=role)
            self.member['acme'][who][1] = role

    def acme_remove(self):
        who = self.somebody('acme')
        if who:
            self.at_acme('/members/remove', userId=who)
            del self.member['acme'][who]

    def acme_invite(self):
        self.serial += 1
        name, role = 'new%d' % self.serial, chance.choice(['admin', 'member'])
        token = self.at_acme('/invitations/create', email=name + '@acme.example', role=role)['token']
        self.call('/invitations/accept', token=token, username=name)
        self.read_acme()

    def acme_backup(self):
        path = os.environ['T'] + '/backup.db'
        if os.path.exists(path):
            os.unlink(path)
        subprocess.run(['orgd', 'backup', '--data', DATA, path], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.backup = {who: list(m) for who, m in self.member['acme'].items()}

    def acme_restore(self):
        if not self.backup:
            return
        self.stop_orgd()
        shutil.copyfile(os.environ['T'] + '/backup.db', DATA)
        for tail in '-wal', '-shm':
            if os.path.exists(DATA + tail):
                os.unlink(DATA + tail)
        self.start_orgd()
        self.member['acme'] = {who: list(m) for who, m in self.backup.items()}
        counts['restored'] += 1

    def other_member(self):
        who = 'usr_%d' % chance.randrange(24)
        m = self.member['other'].get(who)
        if m and one_in(3):
            del self.member['other'][who]
        elif m and one_in(2):
            m[1] = chance.choice(ROLES['other'])
        elif m and one_in(2):
            m[0] = chance.choice(CHOSEN)
        else:
            state = chance.choice(['pending', 'suspended']) if one_in(4) else 'active'
            self.member['other'][who] = [m[0] if m else chance.choice(CHOSEN), chance.choice(ROLES['other']), state]
        self.write_other()

    def write_other(self):
        members = [{'id': who, 'email': who + '@other.example', 'username': m[0], 'name': who, 'roles': [m[1]], 'state': m[2]}
                   for who, m in self.member['other'].items()]
        write(MEMBERS, json.dumps({'organization': {'id': 'org_other', 'name': 'other'}, 'members': members}))

    def namesakes(self):
        names = [m[0] for members in self.member.values() for m in members.values() if re.fullmatch('[a-z]+[0-9]*', m[0])] + ['zoe']
        self.local = {chance.choice(names): chance.choice(NUMBERS)} if one_in(3) else {}
        self.extra = {chance.choice(names): chance.choice(NUMBERS) for _ in range(chance.randrange(4))}
        have = {line.split(':')[0] for line in self.passwd.splitlines()}
        self.local = {name: number for name, number in self.local.items() if name not in have}
        write('/etc/passwd', self.passwd + ''.join(entry(*e) for e in self.local.items()))
        write('/etc/extra', ''.join(entry(*e) for e in self.extra.items()))

    def configure(self):
        self.rules = [{'services': [chance.choice(SERVICES + ['*'])], 'org': org, 'everyone': one_in(4), 'role': chance.choice(ROLES[org]),
                       'glass': one_in(3)}
                      for org in (chance.choice(['acme', 'other']) for _ in range(chance.randrange(1, 6)))]
        rules = ',\n'.join('{ services = ["%s"]; org = "%s"; %s; break_glass = %s; }' % (
            r['services'][0], r['org'], 'everyone = true' if r['everyone'] else 'roles = ["%s"]' % r['role'], str(r['glass']).lower()) for r in self.rules)
        self.pattern = 'x-%u' if one_in(3) else '%u'
        lists = ('reserved = ["pia", "kim"];' if one_in(3) else '') + ('allowed = ["jenkins"];' if one_in(3) else '')
        group = ', { name = "%s"; org = "other"; roles = ["admin"]; }' % chance.choice(['mia', 'gus', 'deployers']) if one_in(3) else ''
        write(CONF, '''organizations = (
  { name = "acme"; provider = "native"; url = "%s"; id = "%s"; token_file = "/etc/orglogin/acme.token"; range = [200000, 299999]; },
  { name = "other"; provider = "file"; url = "%s"; id = "org_other"; range = [300000, 399999]; });
users = { placement = "blake2b"; private_groups = %s; name = "%s"; %s };
groups = ( { name = "staffers"; org = "acme"; everyone = true; }, { name = "others"; org = "other"; everyone = true; }%s );
access = (%s);
freshness = { login_max_age = "10s"; timeout = "2s"; offline_grace = "%s"; poll = "60s"; };
''' % (os.environ['URL'], os.environ['ORGANIZATION'], MEMBERS, chance.choice(['true', 'false']), self.pattern, lists, group, rules,
            chance.choice(['0s', '1h'])))
        if self.orgsyncd:
            self.stop_orgsyncd()
            self.start_orgsyncd()

    def break_glass(self):
        """It opens nothing: the organizations are heard from."""
        options = ['--end'] if one_in(3) else ['--for', '1h', '--reason', 'a storm']
        subprocess.run(['orgadmin', 'host', 'break-glass'] + options, capture_output=True, check=True)

    def accept(self):
        subprocess.run(['orgadmin', 'host', 'sync', '--accept'], capture_output=True)

    def somebody(self, org):
        ids = [who for who, m in self.member[org].items() if m[1] != 'owner']
        return chance.choice(ids) if ids else None

    # What must be.

    def rule_matches(self, org, role, service):
        return any(r['org'] == org and r['services'][0] in ('*', service) and (r['everyone'] or r['role'] == role) for r in self.rules)

    def expected(self, name, service, holder, held):
        """The reasons that may be; none where it is not for the model to say."""
        if name in self.local or name in self.passwd_names():
            return ['local']
        number = self.extra.get(name)
        if number and number < 200000:
            return ['foreign']
        if number and (not holder or number != holder[2]):
            return ['number']  # one of the organizations', and not his
        if not holder:
            return ['pending', 'stranger'] if self.is_lent(name) else ['stranger']
        org, who, _uid = holder
        if (org, who) in held:
            return []
        m = self.member[org].get(who)
        if not m:
            return ['removed']
        if m[2] != 'active':
            return [m[2]]
        return ['rule' if self.rule_matches(org, m[1], service) else 'role']

    def is_lent(self, name):
        """May it be the name of somebody who is only invited? The ledger does not have it."""
        return any(m[2] == 'pending' and self.pattern.replace('%u', m[0]) == name for m in self.member['other'].values())

    def passwd_names(self):
        return {line.split(':')[0] for line in self.passwd.splitlines()} - {'root'}


def entry(name, number):
    return '%s:x:%d:100::/:/bin/sh\n' % (name, number)


def write(path, text):
    with open(path + '.new', 'w') as f:
        f.write(text)
    os.rename(path + '.new', path)


def ledger():
    """Who has which local name, and whose loss is held."""
    word = {os.environ['ORGANIZATION']: 'acme', 'org_other': 'other'}
    db = sqlite3.connect(LEDGER, timeout=30)
    try:
        holders = {name: (word[org], who, uid) for org, who, uid, name in db.execute("SELECT org, remote, id, name FROM members WHERE name<>''")}
        held = {(word[org], who) for org, who in db.execute('SELECT org, remote FROM brake WHERE held')}
    finally:
        db.close()
    return holders, held


def served(name):
    """Does our name service give the name's account?"""
    return subprocess.run(['getent', '-s', 'org', 'passwd', name], capture_output=True).returncode == 0


def disagreement(world, name, service, holders, held):
    """Says what does not agree; '' when all does."""
    status, reason = by_pam(name, service)
    decision, explained, withheld = by_explain(name, service)
    if reason != explained or (status == 0) != (decision == 'allowed'):
        return 'PAM: %d %s, explain: %s (%s)' % (status, reason, decision, explained)
    want = world.expected(name, service, holders.get(name), held)
    if name in holders and reason == 'stranger' and not served(name):
        org, who, _uid = holders[name]
        want = ['stranger'] if withheld or who not in world.member[org] else ['to be served, or told withheld']
    if want and reason not in want:
        return 'PAM and explain: %s, must be: %s' % (reason, ' or '.join(want))
    counts['compared'] += 1
    counts['admitted'] += status == 0
    counts['removed'] += reason == 'removed'
    return ''


def unexplained(world, holders):
    """Says of one of those who have no name what root is not told; '' when he is."""
    named = {(org, who) for org, who, _uid in holders.values()}
    without = [who for who, m in world.member['other'].items() if m[2] == 'active' and ('other', who) not in named]
    if not without:
        return ''
    who = chance.choice(without)
    counts['withheld'] += 1
    return '' if by_explain(who, 'alpha')[2] else '%s has no name, and nobody says why' % who


def check_round(world, number):
    subprocess.run(['orgadmin', 'host', 'sync'], capture_output=True)
    holders, held = ledger()
    counts['held'] += len(held)
    now = [world.pattern.replace('%u', m[0]) for members in world.member.values() for m in members.values() if len(m[0]) < 32]
    ever = sorted(set(list(holders) + CHOSEN[:-1] + ['zoe', 'mallory']))
    wrong = unexplained(world, holders)
    for name in chance.choices(now, k=4) + chance.choices(ever, k=4):
        service = chance.choice(SERVICES)
        wrong = wrong or disagreement(world, name, service, holders, held)
        if wrong:
            raise SystemExit('seed %d, round %d, %s at %s: %s\nholder: %s, held: %s\nmembers: %s\n%s\n%s%s' % (
                random_seed, number, name, service, wrong, holders.get(name), held, world.member, open(CONF).read(),
                *(subprocess.run(['orgadmin', 'host', 'explain', who, service], capture_output=True, text=True).stdout
                  for who in (name, holders.get(name, [''] * 3)[1]))))


def main():
    world = World()
    world.start_orgd()
    world.read_acme()
    world.write_other()
    world.configure()
    world.start_orgsyncd()
    often = [world.acme_role, world.acme_remove, world.acme_invite, world.other_member, world.other_member, world.other_member]
    seldom = [world.acme_backup, world.acme_restore, world.namesakes, world.configure, world.accept, world.break_glass]
    for number in range(int(sys.argv[1])):
        for _ in range(chance.randrange(1, 5)):
            chance.choice(seldom if one_in(6) else often)()
        check_round(world, number)
    world.stop_orgsyncd()
    world.stop_orgd()


signal.signal(signal.SIGPIPE, signal.SIG_DFL)
try:
    main()
finally:
    print('seed %d' % random_seed)
    print('good compared decisions of PAM and host explain are the same, and what they must be: %d' % counts['compared'])
    print('good admitted somebody was admitted: %d' % counts['admitted'])
    print('good removed somebody was refused as removed: %d' % counts['removed'])
    print('good withheld somebody was withheld, with a reason: %d' % counts['withheld'])
    print('good held a loss was held by the brake: %d' % counts['held'])
    print('good restored a backup was put back: %d' % counts['restored'])
