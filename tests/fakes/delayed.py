#!/usr/bin/env python3
"""An organization's API whose held reply is late: members/changes of orgd, told what to do by GET.
Says where it listens. Ann (owner) and bob (member) are at revision 10; then
  /do/eleven   bob becomes an admin: the reply to the held poll is written, and its bytes stay here; heartbeats end
  /do/twelve   bob is removed
  /do/release  now the bytes of 11 go; who asks from there is kept waiting for ever
  /log         what was asked, a line each: "SINCE held" or "SINCE at once", and "lost", "late" for the bytes of 11
"""
import http.server, json, threading
from fake import Server

ANN = {"userId": "usr_ann", "email": "ann@x.org", "username": "ann", "name": "Ann", "role": "owner"}
BOB = {"userId": "usr_bob", "email": "bob@x.org", "username": "bob", "name": "Bob", "role": "member"}
CHANGES = {11: dict(BOB, role="admin"), 12: dict(BOB, role="admin", state="removed")}
BEAT = 0.3

lock = threading.Condition()
log = []
state = {"revision": 10, "withheld": False, "released": False, "holds": 0}


def reply(since):
    """What came after SINCE, as the organization is now."""
    now = state["revision"]
    if since == 0:
        bob = {10: [BOB], 11: [CHANGES[11]], 12: []}[now]
        return {"revision": now, "complete": True, "more": False, "members": [ANN] + bob}
    changed = [CHANGES[now]] if since < now else []
    return {"revision": now, "complete": False, "more": False, "members": changed}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def log_message(self, *args):
        pass

    def answer(self, text):
        self.send_response(200)
        self.send_header('Content-Type', 'application/json')
        self.send_header('Content-Length', str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def chunk(self, text):
        data = text.encode()
        self.wfile.write(b'%x\r\n%s\r\n' % (len(data), data))
        self.wfile.flush()

    def hold(self, since):
        self.send_response(200)
        self.send_header('Content-Type', 'application/json')
        self.send_header('Transfer-Encoding', 'chunked')
        self.end_headers()
        self.chunk('\n')
        with lock:
            state["holds"] += 1
            mine = state["holds"]
            while state["revision"] == since and lock.wait(BEAT) is not None:
                if state["revision"] == since:
                    self.chunk('\n')
            text = json.dumps(reply(since))
            if since == 10 and mine == state["holds"]:
                state["withheld"] = True
                lock.notify_all()
                lock.wait_for(lambda: state["released"])
        try:
            self.chunk(text)
            self.chunk('')
            # The other end is gone, or has all of it.
            self.connection.settimeout(30)
            word = 'late' if self.rfile.read(1) else 'lost'
        except OSError:
            word = 'lost'
        with lock:
            log.append(word)
        self.close_connection = True

    def do_GET(self):
        with lock:
            if self.path == '/do/eleven':
                state["revision"] = 11
                lock.notify_all()
                lock.wait_for(lambda: state["withheld"])
            elif self.path == '/do/twelve':
                state["revision"] = 12
                lock.notify_all()
            elif self.path == '/do/release':
                state["released"] = True
                lock.notify_all()
            text = '\n'.join(log)
        self.answer(text)

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers.get('Content-Length', 0))))
        since, wait = body['since'], body.get('wait', 0)
        with lock:
            log.append('%d %s' % (since, 'held' if wait else 'at once'))
            stuck = since == 11
            now = state["revision"]
        if stuck:
            threading.Event().wait()
        if wait and since == now:
            self.hold(since)
        else:
            self.answer(json.dumps(reply(since)))


Server(('127.0.0.1', 0), Handler).run()
