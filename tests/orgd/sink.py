#!/usr/bin/env python3
"""A mail server for tests: sink.py MODE DIRECTORY. Says where it listens. MODE: take (each mail becomes a file of
DIRECTORY), login (the same, for user "orgd" with password "secret" only), refuse (no recipient is good),
hang (never says a word), drop (hangs up after DATA)."""
import base64, itertools, os, socketserver, sys, time

mode, directory = sys.argv[1:3]
number = itertools.count(1)


class Session(socketserver.StreamRequestHandler):
    def say(self, text):
        self.wfile.write(text.encode() + b'\r\n')

    def line(self):
        return self.rfile.readline().decode(errors='replace').rstrip('\r\n')

    def handle(self):
        if mode == 'hang':
            time.sleep(60)
            return
        self.envelope, self.known = [], mode != 'login'
        self.say('220 sink')
        while True:
            line = self.line()
            word = line.upper().split(' ')[0]
            if not line or word == 'QUIT':
                return
            if word == 'EHLO':
                self.say('250-sink\r\n250-AUTH PLAIN\r\n250 8BITMIME')
            elif word == 'AUTH':
                sent = line.split(' ')[2] if line.count(' ') == 2 else (self.say('334 '), self.line())[1]
                self.known = base64.b64decode(sent) == b'\0orgd\0secret'
                self.say('235 welcome' if self.known else '535 no such user\x1b[31m')
            elif word in ('MAIL', 'RCPT'):
                self.envelope.append(line)
                good = self.known and not (mode == 'refuse' and word == 'RCPT')
                self.say('250 good' if good else '550 no such user here')
            elif word == 'DATA':
                self.data()
            else:
                self.say('250 whatever')

    def data(self):
        self.say('354 go on')
        lines = []
        while (line := self.line()) != '.':
            lines.append(line[1:] if line.startswith('.') else line)
        if mode == 'drop':
            self.connection.close()
            return
        name = os.path.join(directory, '%d' % next(number))
        with open(name + '.new', 'w') as f:
            f.write('\n'.join(self.envelope + lines) + '\n')
        os.rename(name + '.new', name)
        self.say('250 taken')


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = allow_reuse_address = True


with Server(('127.0.0.1', 0), Session) as server:
    print('listening on 127.0.0.1:%d' % server.server_address[1], flush=True)
    server.serve_forever()
