"""Hosts that hold polls of members/changes one after the other, as orgsyncd does: each on a connection that it keeps as long as it is
kept, and makes anew otherwise, at once after an answer and soon after a failure."""
import asyncio, json, ssl, time

TLS = ssl.create_default_context()
TLS.check_hostname, TLS.verify_mode = False, ssl.CERT_NONE


class Broken(Exception):
    """The connection ended within the answer or before it."""


class Connection:
    def __init__(self, address, port, source=None, tls=True):
        self.address, self.port, self.source, self.tls, self.writer = address, port, source, tls, None

    async def ask(self, path, body, bearer, timeout):
        """(status, object). Whatever is no whole answer is Broken. A kept connection that ended before a byte of the answer came is
        no failure: the request is sent on a new one, as libcurl does it."""
        for kept in ((True, False) if self.writer else (False,)):
            self.begun = False
            try:
                return await asyncio.wait_for(self.exchange(path, body, bearer), timeout)
            except (OSError, asyncio.TimeoutError, asyncio.IncompleteReadError, ValueError, IndexError, ssl.SSLError) as e:
                self.close()
                if not kept or self.begun or isinstance(e, asyncio.TimeoutError):
                    raise Broken(repr(e))

    async def exchange(self, path, body, bearer):
        if not self.writer:
            local = (self.source, 0) if self.source else None
            self.reader, self.writer = await asyncio.open_connection(self.address, self.port, ssl=TLS if self.tls else None, local_addr=local)
        text = json.dumps(body).encode()
        self.writer.write(('POST /v1%s HTTP/1.1\r\nHost: org\r\nContent-Type: application/json\r\n%sContent-Length: %d\r\n\r\n'
                           % (path, 'Authorization: Bearer %s\r\n' % bearer if bearer else '', len(text))).encode() + text)
        first = await self.reader.readexactly(1)
        self.begun = True
        head = (first + await self.reader.readuntil(b'\r\n\r\n')).decode().lower()
        reply = b''
        if 'transfer-encoding: chunked' in head:
            while (size := int(await self.reader.readuntil(b'\r\n'), 16)) > 0:
                reply += (await self.reader.readexactly(size + 2))[:-2]
            await self.reader.readexactly(2)
        else:
            reply = await self.reader.readexactly(int(head.split('content-length: ')[1].split('\r\n')[0]))
        if 'connection: close' in head or self.reader.at_eof():
            self.close()
        return int(head.split()[1]), json.loads(reply)

    def close(self):
        if self.writer:
            self.writer.close()
        self.writer = None


class Host:
    """TELL is called with each answer: (host, called, returned, object)."""

    def __init__(self, connection, org, bearer, wait=60000, tell=lambda *_: None):
        self.connection, self.org, self.bearer, self.wait, self.tell = connection, org, bearer, wait, tell
        self.position = {'since': 0}
        self.answers = self.broken = self.refused = 0
        self.why = ''  # of the latest failure

    async def run(self):
        while True:
            called = time.monotonic()
            try:
                status, reply = await self.connection.ask('/organizations/members/changes', dict(self.position, organizationId=self.org, wait=self.wait),
                                                          self.bearer, self.wait / 1000 + 20)
            except Broken as e:
                self.broken += 1
                self.why = str(e)
                await asyncio.sleep(0.1)
                continue
            if status != 200 or 'revision' not in reply:
                self.refused += 1
                self.why = '%d %s' % (status, reply)
                await asyncio.sleep(0.3)
                continue
            self.answers += 1
            self.position = {'since': reply['revision'], 'cursor': reply['cursor']}
            self.tell(self, called, time.monotonic(), reply)
