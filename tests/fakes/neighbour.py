#!/usr/bin/env python3
"""An organization that does to a host what it can: members/changes of orgd, by a server that means harm. Says where it listens.
neighbour.py COUNT NAME...: it has COUNT members, the first of whom are called NAME... as another organization's are. Each poll is
answered at once with all of them in another role, or is kept waiting without a byte, or has a byte now and then.
"""
import http.server, itertools, json, sys, threading, time
from fake import Server

COUNT, NAMES = int(sys.argv[1]), sys.argv[2:]
PAGE = 5000
ROLES = ('member', 'admin')


def member(number, role):
    name = NAMES[number] if number < len(NAMES) else 'n%d' % number
    return {'userId': 'usr_%d' % number, 'email': name + '@neighbour.example', 'username': name, 'name': 'N', 'role': role}


def page(start, role):
    return json.dumps([member(i, role) for i in range(start, min(start + PAGE, COUNT))]).encode()


PAGES = [[page(start, role) for start in range(0, COUNT, PAGE)] for role in ROLES]
EACH = len(PAGES[0])
moods = itertools.cycle(('flood', 'flood', 'hang', 'flood', 'trickle'))
lock = threading.Lock()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def log_message(self, *args):
        pass

    def head(self, name, value):
        self.send_response(200)
        self.send_header('Content-Type', 'application/json')
        self.send_header(name, value)
        self.end_headers()

    def give(self, since):
        """The page after revision SINCE: EACH revisions are everybody, once."""
        at = since % EACH
        more = b'true' if at + 1 < EACH else b'false'
        body = b'{"revision":%d,"complete":%s,"more":%s,"members":%s}' % (
            since + 1, b'false' if since else b'true', more, PAGES[since // EACH % len(ROLES)][at])
        self.head('Content-Length', str(len(body)))
        self.wfile.write(body)

    def trickle(self, seconds):
        self.head('Transfer-Encoding', 'chunked')
        for _ in range(seconds * 2):
            self.wfile.write(b'1\r\n \r\n')
            time.sleep(0.5)
        self.close_connection = True

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers.get('Content-Length', 0))))
        since = body['since']
        mood = 'flood'
        if since and since % EACH == 0:
            with lock:
                mood = next(moods)
        if mood == 'hang':
            time.sleep(10)
        elif mood == 'trickle':
            return self.trickle(5)
        self.give(since)


Server(('127.0.0.1', 0), Handler).run()
