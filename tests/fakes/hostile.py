#!/usr/bin/env python3
"""A server that answers badly. The first segment of the path chooses how: see the table BODIES and
the functions do_*. Says where it listens; --tls CERT KEY for https. Each request goes to --log FILE."""
import argparse, email.utils, http.server, json, socket, ssl, sys, time
from fake import Server

ANN = '{"userId":"usr_ann","email":"ann@x.org","username":"ann","name":"Ann","role":"owner"}'
GOOD = '{"ok":true,"members":[%s],"user":{"id":"usr_ann"},"organizations":[{"id":"org_1","name":"acme"}],"roles":{"owner":["org:view"],"admin":["org:view"]},' \
       '"organization":{"id":"org_1","name":"acme"},"revision":3,"complete":true,"more":false}' % ANN


def members(*items):
    return '{"members":[%s]}' % ','.join(items)


def changes(revision='3', complete='true', more='false', items=(ANN,)):
    return '{"revision":%s,"complete":%s,"more":%s,"members":[%s]}' % (revision, complete, more, ','.join(items))


HOSTILE = [{"userId": "usr_%d" % i, "role": "member", "username": name, "email": name + "@x.org",
            "name": name} for i, name in enumerate(
                ["root", "../x", "a\nb", "esc\x1b[2J", "\u202eevil", "\u009b31m", "a:b", "x" * 900, ""])]

# Names that a spreadsheet or a reader of YAML takes for something else.
SPREADSHEET = [{"userId": "usr_" + user, "role": "owner", "username": user, "email": user + "@x.org", "name": name}
               for user, name in (("ann", 'Ann "the boss", A.'), ("bob", "=HYPERLINK(1)"), ("cid", "two\nlines"),
                                  ("dan", "+1"), ("eve", "@SUM(A1)"), ("fay", "-2"), ("gus", "true"))]
SPREADSHEET[0]["keys"] = [{"type": "ssh-ed25519", "blob": "AAAA", "comment": "x", "expiresAt": None},
                          {"type": "no", "blob": "\"\n", "expiresAt": "2027-01-01T00:00:00Z"}]
SPREADSHEET[1]["keys"] = []
CODES = [{"id": i, "role": "member", "uses": uses, "maxUses": most} for i, uses, most in
         (("a", 10, None), ("b", 9, None), ("c", 2, 5))]

# name: (status, body, headers)
BODIES = {
    'good': (200, GOOD, {}),
    'empty': (200, '', {}),
    'truncated': (200, GOOD[:-20], {}),
    'trailing': (200, GOOD + '{}', {}),
    'array': (200, '[]', {}),
    'noarray': (200, '{}', {}),
    'objectlist': (200, '{"members":{}}', {}),
    'nomembers': (200, members(), {}),
    'noid': (200, members('{"role":"owner"}'), {}),
    'emptyid': (200, members('{"userId":"","role":"owner"}'), {}),
    'numberid': (200, members('{"userId":12345678901234567890,"role":"owner"}'), {}),
    'norole': (200, members('{"userId":"u"}'), {}),
    'wrongtype': (200, members('{"userId":"u","role":"owner","email":["a"]}'), {}),
    'wronglist': (200, members('{"userId":"u","roles":["a",1]}'), {}),
    'badstate': (200, members('{"userId":"u","role":"owner","state":"root"}'), {}),
    'notobject': (200, members('"ann"'), {}),
    'longtext': (200, members('{"userId":"u","role":"owner","name":"%s"}' % ('x' * 1025)), {}),
    'duplicate': (200, members('{"userId":"u","role":"member","role":"owner"}'), {}),
    'nul': (200, members('{"userId":"u","role":"owner","username":"root\\u0000x"}'), {}),
    'badutf8': (200, members('{"userId":"u","role":"owner","name":"\udcff"}'), {}),
    'surrogate': (200, members('{"userId":"u","role":"owner","name":"\\ud800"}'), {}),
    'deep': (200, '{"members":' + '[' * 100000 + ']' * 100000 + '}', {}),
    'manykeys': (200, '{' + ','.join('"k%d":1' % i for i in range(100000)) + '}', {}),
    'big': (200, '{"pad":"' + 'x' * 10000000 + '"}', {}),
    'hostile': (200, json.dumps({"members": HOSTILE, "organizations": [{"id": "org_1", "name": "\x1b[31macme"}],
                                 "organization": {"id": "org_1", "name": "acme"}}), {}),
    'codes': (200, json.dumps({"ok": True, "members": SPREADSHEET, "joinCodes": CODES, "organizations": [{"id": "org_1", "name": "acme"}]}), {}),
    'spreadsheet': (200, json.dumps({"members": SPREADSHEET, "joinCodes": CODES, "roles": {"owner": ["org:view"]},
                                     "organizations": [{"id": "org_1", "name": "acme"}],
                                     "organization": {"id": "org_1", "name": "acme"}}), {}),
    'badcount': (200, '{"joinCodes":[{"id":"a","uses":-1}]}', {}),
    'bigcount': (200, '{"joinCodes":[{"id":"a","uses":9007199254740993}]}', {}),
    'textcount': (200, '{"joinCodes":[{"id":"a","uses":"1"}]}', {}),
    'badbool': (200, '{"organizationId":"org_1","alreadyMember":"yes"}', {}),
    'samepage': (200, '{"events":[{"id":"e1","at":"now","action":"x"}],"next":"again"}', {}),
    'longcursor': (200, '{"events":[],"next":"%s"}' % ('x' * 600), {}),
    'notok': (200, '{"ok":false,"reason":"unauthorized","message":"ended"}', {}),
    'okmissing': (200, '{"done":true}', {}),
    '400': (400, '{"ok":false,"reason":"invalid","message":"email: what\\u001b[2J?"}', {}),
    '401': (401, '', {}),
    '409a': (409, '{"error":"last_owner"}', {}),
    '409b': (409, '{"error":{"code":"last_owner","message":"the last one"}}', {}),
    '409c': (409, '{"code":"last_owner","message":"the last one"}', {}),
    'echo': (403, '{"reason":"key:secret","message":"key:secret? no key:secret"}', {}),
    '408': (408, '', {}),
    '404html': (404, '<html>nothing</html>', {}),
    '500': (500, '<html>oops</html>', {}),
    '503': (503, '{"reason":"busy"}', {'Retry-After': '7'}),
    '429': (429, '{"reason":"slow_down"}', {'Retry-After': '120'}),
    '429long': (429, '', {'Retry-After': '99999999999999999999'}),
    'redirect': (302, '', {'Location': 'http://127.0.0.1:1/'}),
    'keys': (200, changes(items=(ANN[:-1] + ',"keys":[{"type":"ssh-ed25519","blob":"AAAA","comment":"x","expiresAt":null},'
                                 '{"type":"t","blob":"","expiresAt":"2027-01-01T00:00:00Z"}]}',)), {}),
    'keystext': (200, changes(items=(ANN[:-1] + ',"keys":"ssh-ed25519 AAAA"}',)), {}),
    'revtext': (200, changes('"3"'), {}),
    'revzero': (200, changes('0'), {}),
    'revneg': (200, changes('-1'), {}),
    'revfrac': (200, changes('3.5'), {}),
    'revhuge': (200, changes('9007199254740993'), {}),
    'revinf': (200, changes('1e999'), {}),
    'revmissing': (200, '{"complete":true,"more":false,"members":[%s]}' % ANN, {}),
    'incomplete': (200, changes(complete='false'), {}),
    'emptyall': (200, changes(items=()), {}),
    'forever': (200, changes(more='true'), {}),
    'stuck': (200, changes(complete='false', items=()), {}),
    'still': (200, changes('5', complete='false'), {}),
    'stillmore': (200, changes('5', complete='false', more='true', items=()), {}),
    'backwards': (200, changes('2', complete='false'), {}),
    'cursornumber': (200, changes()[:-1] + ',"cursor":7}', {}),
    'cursorlong': (200, changes()[:-1] + ',"cursor":"%s"}' % ('x' * 300), {}),
    'cursorspace': (200, changes()[:-1] + ',"cursor":"a b"}', {}),
    'moretext': (200, changes(more='"no"'), {}),
    **{'access' + name: (200, changes(items=(ANN[:-1] + ',"teams":[{"id":"t1","slug":"ops"},{"id":"t2"}]}',))[:-1] + ',"access":%s}' % access, {})
       for name, access in (
           ('null', 'null'), ('none', '[]'), ('some', '[{"role":"admin","services":["sshd","sudo"]},{"team":"t1","services":[]}]'),
           ('text', '"admin"'), ('object', '{}'), ('true', 'true'), ('neither', '[{"services":[]}]'), ('both', '[{"role":"a","team":"t1","services":[]}]'),
           ('empty', '[{"role":"","services":[]}]'), ('number', '[{"role":7,"services":[]}]'), ('service', '[{"role":"a","services":"sshd"}]'),
           ('noservices', '[{"role":"a"}]'), ('blank', '[{"role":"a","services":[""]}]'), ('control', '[{"role":"a\\u0007","services":[]}]'),
           ('many', '[' + ','.join(61 * ['{"role":"a","services":[]}']) + ']'), ('long', '[{"role":"a","services":["%s"]}]' % ('x' * 30000)))},
    'nested': (200, '{"organizations":[{"organization":{"id":"org_1","name":"acme"},"role":"owner"}],'
               '"invitation":{"id":"inv_1","email":"b@x.org","role":"member"},"token":"secret"}', {}),
}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def log_message(self, *args):
        pass

    def send(self, status, body, headers, length=None, kind='application/json'):
        data = body.encode('utf-8', 'surrogateescape')
        self.send_response(status)
        self.send_header('Content-Type', kind)
        self.send_header('Content-Length', str(len(data) if length is None else length))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def do_CONNECT(self):
        self.log('CONNECT %s %s' % (self.path, self.headers.get('Authorization')))
        self.send_error(403)

    def log(self, text):
        if ARGS.log:
            with open(ARGS.log, 'a') as f:
                f.write(text + '\n')

    def chunk(self, text):
        data = text.encode()
        self.wfile.write(b'%x\r\n%s\r\n' % (len(data), data))
        self.wfile.flush()

    def hold(self, kind='application/json', status=200):
        self.send_response(status)
        self.send_header('Content-Type', kind)
        self.send_header('Transfer-Encoding', 'chunked')
        self.end_headers()
        self.wfile.flush()

    # --- answers that take a function ---

    def do_html(self):
        self.send(200, '<!DOCTYPE html><title>Log in</title>', {}, kind='text/html')

    def do_half(self):
        self.send(200, GOOD, {}, length=len(GOOD) + 100)
        self.close_connection = True

    def do_nothing(self):
        time.sleep(30)

    def do_429date(self):
        self.send(429, '', {'Retry-After': email.utils.formatdate(time.time() + 300, usegmt=True)})

    def do_garbage(self):
        self.wfile.write(b'SSH-2.0-OpenSSH_9.2\r\n')
        self.close_connection = True

    def do_held(self):
        self.hold()
        for _ in range(3):
            self.chunk('\n')
            time.sleep(0.3)
        self.chunk(changes('9', complete='false'))
        self.chunk('')

    def do_heldhtml(self):
        self.hold(kind='text/html')
        self.chunk('\n')
        time.sleep(0.3)
        self.chunk('<html>')
        self.chunk('')

    def do_heldno(self):
        self.hold()
        self.chunk('\n')
        time.sleep(0.3)
        self.chunk('{"ok":false,"reason":"unauthorized","message":"The token ended."}')
        self.chunk('')

    def do_stall(self):
        self.hold()
        self.chunk('\n')
        time.sleep(40)

    def do_whispering(self):
        self.hold()
        for _ in range(60):
            self.chunk('\n')
            time.sleep(0.5)

    def do_heldlong(self):
        if 'whoami' in self.path:
            return self.send(200, GOOD, {})
        self.do_whispering()

    def do_older(self):
        if self.path.endswith('/changes'):
            self.send(404, '<html>Cannot POST</html>', {}, kind='text/html')
        else:
            self.send(200, GOOD, {})

    def do_whole(self):
        """No pages: who asks for a part has made a mistake."""
        if 'limit' in self.body:
            self.send(400, '{"reason":"invalid","message":"limit: unknown field"}', {})
        else:
            self.send(200, GOOD, {})

    def do_lostpage(self):
        """The second page of members is refused."""
        if 'after' in self.body:
            self.send(400, '{"reason":"invalid","message":"after: unknown page"}', {})
        elif self.path.endswith('/members/list'):
            self.send(200, GOOD[:-1] + ',"next":"2"}', {})
        else:
            self.send(200, GOOD, {})

    def do_unknown(self):
        if self.path.endswith('/changes'):
            self.send(404, '{"ok":false,"reason":"unknown_endpoint"}', {})
        else:
            self.send(200, GOOD, {})

    def do_noorg(self):
        self.send(404, '{"ok":false,"reason":"organization_not_found"}', {})

    def do_pages(self):
        since = self.body.get('since')
        if since == 0:
            self.send(200, changes('5', more='true'), {})
        else:
            self.send(200, changes('9', complete='false', items=[ANN.replace('ann', 'bob')]), {})

    def do_cursors(self):
        """Only who has our cursor knows what we know."""
        known = self.body.get('cursor') == 'here.3' and self.body['since'] == 3
        self.send(200, changes(complete='false' if known else 'true', items=() if known else (ANN,))[:-1] +
                  ',"cursor":"here.3"}', {})

    def do_nocursors(self):
        """A server of the version before: a field that it does not know is a mistake."""
        if set(self.body) - {'organizationId', 'since', 'wait'}:
            self.send(400, '{"ok":false,"reason":"invalid","message":"cursor: unknown field"}', {})
        else:
            since = self.body['since']
            self.send(200, changes(complete='false' if since == 3 else 'true', items=() if since == 3 else (ANN,)), {})

    def do_events(self):
        after = int(self.body.get('after') or 0)
        self.send(200, json.dumps({"events": [{"id": "e%d" % (after + i), "at": "t", "action": "x"} for i in range(3)],
                                   "next": str(after + 3) if after < 297 else None}), {})

    def do_emptymembers(self):
        last = 'after' in self.body
        self.send(200, '{"members":[%s],"next":%s}' % ('' if last else ANN, 'null' if last else '"1"'), {})

    def invite(self):
        email = self.body.get('email')
        if not email:
            return self.send(200, json.dumps({**json.loads(GOOD), "invitations": [], "roles": {"admin": []}}), {})
        self.send(200, json.dumps({"id": "inv_1", "email": email, "role": "member", "token": "inv_1:secret"}), {})

    def do_slowinvite(self):
        if 'email' in self.body:
            time.sleep(0.5)
        self.invite()

    def do_dieinvite(self):
        if self.body.get('email', '').startswith('p2'):
            self.send(503, '{"reason":"busy"}', {})
        else:
            self.invite()

    def do_POST(self):
        raw = self.rfile.read(int(self.headers.get('Content-Length', 0)))
        self.body = json.loads(raw or b'{}')
        self.log('%s %s %s %s' % (self.command, self.path, self.headers.get('Authorization'), raw.decode()))
        how = self.path.split('/')[1]
        if how in BODIES:
            self.send(*BODIES[how])
        else:
            getattr(self, 'do_' + how)()

    do_GET = do_POST


parser = argparse.ArgumentParser()
parser.add_argument('--tls', nargs=2)
parser.add_argument('--log')
ARGS = parser.parse_args()
server = Server(('127.0.0.1', 0), Handler)
if ARGS.tls:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*ARGS.tls)
    server.socket = context.wrap_socket(server.socket, server_side=True)
server.run()
