#!/usr/bin/env python3
"""The base of the vendors' fakes: a threaded HTTP/1.1 server with a table of routes.

    from fake import Fake, Reply
    fake = Fake(headers=('x-vendor-key',))           # these request headers are logged too

    @fake.start                                      # makes the state: at the start and at each reset
    def start(): fake.people = {...}                 # fake.args.members, fake.options are known here

    @fake.check                                      # before every route that is not open=True
    def check(request): raise Reply(401, {...})

    @fake.route('GET', r'/things/([^/]+)')           # the whole path as sent; groups come percent-decoded
    def thing(request, name): return {...}           # any JSON value, or a Reply

    @fake.fallback                                   # no route has this path (allowed: methods of those that do)
    def fallback(request, allowed): return Reply(404, {...})

    @fake.finish                                     # completes each answer of a route, when faults have edited it
    def finish(request, reply): return reply

    fake.main()

Reply(status, body, headers, kind) is returned or raised. Body: None is no body, str and bytes go out as they are,
anything else as JSON by fake.dumps (replace it for a vendor with its own spacing).
Request: method, path and query (as sent), args (decoded query: a dict of lists), headers, raw (bytes),
json() (raises fake.bad_json, a Reply, when the body is no JSON object), form() (a dict), host.
Functions run one at a time (a lock), so state needs none of its own.

Command line: [--port N] [--log FILE] [--members N] [--fault WORD[=VALUE],...]; the first line of output is
"listening on 127.0.0.1:PORT". Words of --fault go to fake.options, what they mean is the vendor's fake's business, but for
"etags": every GET then has an ETag and knows If-None-Match.
The log has one JSON object a request: method, path, query, headers, body (JSON when it is JSON, else text), status.

POST /_fake (neither checked nor logged) takes an object with any of
    "reset": true                     state, options and faults as at the start
    "set": {"WORD": value}            into fake.options
    "fault": {...} or [{...}, ...]    added to the faults; the first that fits a request is used. Which requests:
        method, path (a regular expression, searched), query (likewise), after (how many to let pass, 0),
        times (how many, 1; 0: all). What happens:
        drop: true                    the connection is closed without an answer
        delay: seconds                before the answer
        status, headers, body, kind   the answer, without asking the route (any of them)
        sub: [[REGEX, TEXT], ...]     edits the text of the route's own answer
Run a fake with python3 -B, which leaves no __pycache__ in the tree. This file as a program is a listener that knows
nothing: it answers 404 and logs."""
import argparse, http.server, json, re, sys, threading, time, traceback, zlib
from urllib.parse import parse_qs, parse_qsl, unquote


FAULT = set('method path query after times drop delay status headers body kind sub'.split())


class Reply(Exception):
    def __init__(self, status=200, body=None, headers=None, kind='application/json'):
        self.status, self.body, self.headers, self.kind = status, body, dict(headers or {}), kind


class Request:
    def __init__(self, fake, method, target, headers, raw):
        self.fake, self.method, self.headers, self.raw = fake, method, headers, raw
        self.path, _, self.query = target.partition('?')
        self.args = parse_qs(self.query, keep_blank_values=True)
        self.host = headers.get('Host', '')

    def json(self):
        try:
            value = json.loads(self.raw)
        except ValueError:
            value = None
        if not isinstance(value, dict):
            raise self.fake.bad_json
        return value

    def form(self):
        return dict(parse_qsl(self.raw.decode('utf-8', 'replace'), keep_blank_values=True))


class Fake:
    def __init__(self, headers=()):
        self.logged = ('authorization', 'cookie', 'content-type', 'if-none-match') + tuple(headers)
        self.routes, self.faults, self.options, self.lock = [], [], {}, threading.RLock()
        self.on_start, self.on_check = lambda: None, lambda request: None
        self.on_fallback = lambda request, allowed: Reply(405 if allowed else 404, {})
        self.on_finish = lambda request, reply: reply
        self.dumps = lambda value: json.dumps(value, separators=(',', ':'))
        self.bad_json = Reply(400, {})
        self.log_file = None

    # --- what a vendor's fake says ---

    def start(self, function):
        self.on_start = function
        return function

    def check(self, function):
        self.on_check = function
        return function

    def finish(self, function):
        self.on_finish = function
        return function

    def fallback(self, function):
        self.on_fallback = function
        return function

    def route(self, method, pattern, open=False):
        def add(function):
            self.routes.append((method, re.compile(pattern), open, function))
            return function
        return add

    # --- a request ---

    def dispatch(self, request):
        fits = [(r, m) for r in self.routes if (m := r[1].fullmatch(request.path))]
        for (method, _, is_open, function), match in fits:
            if method == request.method:
                if not is_open:
                    self.on_check(request)
                return function(request, *(g if g is None else unquote(g) for g in match.groups()))
        self.on_check(request)
        return self.on_fallback(request, [r[0] for r, _ in fits])

    def handle(self, request):
        """The reply and the delay before it; no reply: the connection is dropped."""
        with self.lock:
            fault = self.take_fault(request)
            if fault.get('drop'):
                reply = None
            elif {'status', 'body', 'headers', 'kind'} & set(fault):
                reply = Reply(fault.get('status', 200), fault.get('body'), fault.get('headers'),
                              fault.get('kind', 'application/json'))
            else:
                reply = self.ask(request)
                self.edit(reply, fault.get('sub', ()))
                reply = self.on_finish(request, reply)
                if self.options.get('etags') and request.method == 'GET' and reply.status == 200:
                    reply = self.tag(request, reply)
            self.log(request, reply.status if reply else 0)
        return reply, fault.get('delay', 0)

    def ask(self, request):
        try:
            answer = self.dispatch(request)
        except Reply as reply:
            answer = reply
        except Exception:
            traceback.print_exc()
            answer = Reply(500, 'the fake failed', kind='text/plain')
        return answer if isinstance(answer, Reply) else Reply(200, answer)

    def take_fault(self, request):
        for fault in self.faults:
            if fault.get('method', request.method) != request.method or fault.get('spent') or \
                    not re.search(fault.get('path', ''), request.path) or \
                    not re.search(fault.get('query', ''), request.query):
                continue
            fault['seen'] = fault.get('seen', 0) + 1
            nth, times = fault['seen'] - fault.get('after', 0), fault.get('times', 1)
            fault['spent'] = times > 0 and nth >= times
            if nth > 0:
                return fault
        return {}

    def edit(self, reply, subs):
        if subs:
            text = reply.body if isinstance(reply.body, str) else self.dumps(reply.body)
            for pattern, new in subs:
                text = re.sub(pattern, lambda _: new, text)
            reply.body = text

    def tag(self, request, reply):
        tag = '"%08x"' % zlib.crc32(self.dumps(reply.body).encode())
        same = request.headers.get('If-None-Match') == tag
        return Reply(*(304, None) if same else (200, reply.body), dict(reply.headers, ETag=tag))

    def log(self, request, status):
        if not self.log_file:
            return
        text = request.raw.decode('utf-8', 'replace')
        try:
            body = json.loads(text)
        except ValueError:
            body = text[:1000]
        headers = {n: request.headers[n] for n in self.logged if n in request.headers}
        print(json.dumps({'method': request.method, 'path': request.path, 'query': request.query, 'headers': headers,
                          'body': body, 'status': status}, separators=(',', ':')), file=self.log_file, flush=True)

    # --- control ---

    def reset(self):
        words = [w.partition('=') for w in self.args.fault.split(',') if w]
        self.options, self.faults = {name: value if eq else True for name, eq, value in words}, []
        self.on_start()

    def control(self, raw):
        with self.lock:
            want = json.loads(raw)
            faults = want.get('fault', [])
            faults = faults if isinstance(faults, list) else [faults]
            unknown = (set(want) - {'reset', 'set', 'fault'}).union(*(set(f) - FAULT for f in faults))
            if unknown:             # a fault that never comes would pass for one that does no harm
                return Reply(400, 'the fake knows no %s' % ', '.join(unknown), kind='text/plain')
            if want.get('reset'):
                self.reset()
            self.options.update(want.get('set', {}))
            self.faults += faults
        return Reply(200, {'options': self.options})

    def main(self):
        parser = argparse.ArgumentParser()
        parser.add_argument('--port', type=int, default=0)
        parser.add_argument('--log')
        parser.add_argument('--members', type=int, default=0)
        parser.add_argument('--fault', default='')
        self.args = parser.parse_args()
        self.log_file = open(self.args.log, 'a') if self.args.log else None
        self.reset()
        server = Server(('127.0.0.1', self.args.port), type('FakeHandler', (Handler,), {'fake': self}))
        self.port = server.server_address[1]
        server.run()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    wbufsize = -1                     # an answer goes out in one piece
    disable_nagle_algorithm = True

    def log_message(self, *args):
        pass

    def answer(self):
        raw = self.rfile.read(int(self.headers.get('Content-Length', 0)))
        if self.path == '/_fake':
            return self.send(self.fake.control(raw))
        reply, delay = self.fake.handle(Request(self.fake, self.command, self.path, self.headers, raw))
        time.sleep(delay)
        if reply:
            self.send(reply)
        else:
            self.close_connection = True

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = answer

    def send(self, reply):
        body = reply.body
        if body is None:
            body = b''
        elif not isinstance(body, (str, bytes)):
            body = self.fake.dumps(body)
        if isinstance(body, str):
            body = body.encode('utf-8', 'surrogateescape')
        self.send_response(reply.status)
        if body:
            self.send_header('Content-Type', reply.kind)
        if reply.status != 204:
            self.send_header('Content-Length', str(len(body)))
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != 'HEAD' and reply.status != 204:
            self.wfile.write(body)


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request, address):
        if not isinstance(sys.exc_info()[1], OSError):      # a client may hang up
            super().handle_error(request, address)

    def run(self):
        print('listening on 127.0.0.1:%d' % self.server_address[1], flush=True)
        self.serve_forever()


if __name__ == '__main__':
    Fake().main()
