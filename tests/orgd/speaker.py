"""A proxy that speaks the PROXY protocol, version 2: connections from 127.0.0.9 to orgd that begin with its header."""
import json, socket, ssl, struct

SIGNATURE = b'\r\n\r\n\0\r\nQUIT\n'
LOCAL, PROXY = 0x20, 0x21
proxy = '127.0.0.9'


def header(client=None, command=PROXY, family=None, extra=b'', length=None, signature=SIGNATURE, data=None):
    """The header for CLIENT, an address; without one the proxy's own connection's."""
    if data is None and client is None:
        command, family, data = LOCAL, 0, b''
    elif data is None:
        of = socket.AF_INET6 if ':' in client else socket.AF_INET
        family = family or (0x21 if ':' in client else 0x11)
        data = socket.inet_pton(of, client) + socket.inet_pton(of, '::1' if ':' in client else '127.0.0.1') + struct.pack('>HH', 40000, 443)
    data += extra
    return signature + struct.pack('>BBH', command, family, len(data) if length is None else length) + data


def connect(port, first=b'', source=proxy, tls=False):
    s = socket.create_connection(('127.0.0.1', port), 30, (source, 0))
    s.sendall(first)
    if tls:
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        s = context.wrap_socket(s)
    return s


def request(path='/users/whoami', body=None, bearer='live_x:y'):
    text = json.dumps(body or {}).encode()
    return ('POST /v1%s HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n'
            % (path, bearer, len(text))).encode() + text


HEALTH = b'GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n'


def status(s):
    """The status of the answer, 'closed' if there is none."""
    try:
        return s.recv(12)[9:].decode() or 'closed'
    except ConnectionError:
        return 'closed'


def ask(port, first, text, **how):
    try:
        with connect(port, first, **how) as s:
            s.sendall(text)
            return status(s)
    except (ConnectionError, ssl.SSLError):
        return 'closed'
