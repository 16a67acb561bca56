#!/usr/bin/env python3
"""turns.py URL FLOOD-BEARER ORG PATH FIELDS BEARER ORG: one caller sends many requests at once, then another one changes
something. Prints the status of the change and how many of the flood were unanswered when the change was answered."""
import json, select, socket, sys

url, flooder, flooded, path, fields, bearer, org = sys.argv[1:]
FLOOD = 300
host, port = url.removeprefix('http://').split(':')


def ask(path, body, bearer):
    text = json.dumps(body)
    s = socket.create_connection((host, int(port)))
    s.sendall(f'POST /v1{path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\nAuthorization: Bearer {bearer}\r\nContent-Length: {len(text)}\r\n\r\n{text}'.encode())
    return s


flood = [ask(path, {'organizationId': flooded, **json.loads(fields)}, flooder) for _ in range(FLOOD)]
change = ask('/organizations/update', {'organizationId': org, 'name': 'Changed'}, bearer)
open_, heads = set(flood) | {change}, {}
while change in open_:
    for s in select.select(list(open_), [], [], 60)[0]:
        data = s.recv(1 << 16)
        heads.setdefault(s, data[:16])
        if not data:
            open_.discard(s)
print(heads[change].decode().split(' ')[1], len(open_))
