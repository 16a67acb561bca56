#!/usr/bin/env python3
"""lossy.py SOCKET DIRECTORY: relays requests to the orgd at SOCKET, and prints "listening on HOST:PORT".

Each request with an Idempotency-Key that is no whoami takes the next line of DIRECTORY/plan:
  cut    orgd gets it, its answer does not arrive
  drop   orgd does not get it, and there is no answer
  502    orgd gets it, the answer is another one
  old    as cut; and from then on orgd never sees a key, as if it did not know them
Without a line it is relayed. DIRECTORY/requests has a line for each: the path and its key."""
import http.client
import http.server
import os
import socket
import sys

socket_path, directory = sys.argv[1:]
plan = os.path.join(directory, 'plan')
old = False


class Connection(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(socket_path)


def next_of_plan():
    with open(plan) as f:
        lines = f.read().split('\n')
    with open(plan, 'w') as f:
        f.write('\n'.join(lines[1:]))
    return lines[0]


class Relay(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def log_message(self, *_):
        pass

    def relay(self, body):
        headers = {k: v for k, v in self.headers.items() if k != 'Host' and not (old and k == 'Idempotency-Key')}
        connection = Connection('localhost')
        connection.request('POST', self.path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.getheaders(), answer.read()

    def do_POST(self):
        global old
        body = self.rfile.read(int(self.headers['Content-Length']))
        key = self.headers.get('Idempotency-Key', '')
        with open(os.path.join(directory, 'requests'), 'a') as f:
            f.write(f'{self.path} {key}\n')
        what = next_of_plan() if key and 'whoami' not in self.path else ''
        old = old or what == 'old'
        if what == 'drop':
            self.close_connection = True
            return
        status, headers, text = self.relay(body)
        if what in ('cut', 'old'):
            self.close_connection = True
            return
        if what == '502':
            status, headers, text = 502, [], b''
        self.send_response_only(status)
        for name, value in headers:
            if name.lower() not in ('connection', 'content-length', 'transfer-encoding'):
                self.send_header(name, value)
        self.send_header('Content-Length', str(len(text)))
        self.end_headers()
        self.wfile.write(text)


server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Relay)
print('listening on 127.0.0.1:%d' % server.server_address[1], flush=True)
server.serve_forever()
