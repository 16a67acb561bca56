#!/usr/bin/env python3
"""crowd.py URL BEARER ORG SINCE USER: 400 polls at once with one token, of a caller who knows all there is. Prints how many are answered though nothing
was changed, and how many are told of a change."""
import json, select, socket, sys, time

url, bearer, org, since, user = sys.argv[1:]
host, port = url.removeprefix('http://').split(':')


def ask(path, body):
    text = json.dumps(body)
    s = socket.create_connection((host, int(port)))
    s.sendall(f'POST /v1/organizations/{path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAuthorization: Bearer {bearer}\r\nContent-Length: {len(text)}\r\n\r\n{text}'.encode())
    return s


def answered(polls, seconds, enough):
    end = time.monotonic() + seconds
    while time.monotonic() < end and sum(b'revision' in text for text in polls.values()) < enough:
        for s in select.select(list(polls), [], [], 0.1)[0]:
            polls[s] += s.recv(1 << 16)
    return sum(b'revision' in text for text in polls.values())


polls = {ask('members/changes', {'organizationId': org, 'since': int(since), 'wait': 60000}): b'' for _ in range(400)}
early = answered(polls, 1.5, 400)
change = ask('members/set-role', {'organizationId': org, 'userId': user, 'role': 'admin'})
print(early, answered(polls, 20, 400))
