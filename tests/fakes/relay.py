#!/usr/bin/env python3
"""A relay, orgd's members/changes with one member, ada, that says of its source what it is told: {"set": {"source": VALUE}}; null leaves it out.
Held polls are answered after a second."""
import time
from fake import Fake, Reply

fake = Fake()
MEMBER = {'userId': '1', 'username': 'ada', 'roles': ['owner'], 'state': 'active', 'keys': []}


@fake.start
def start():
    fake.options.setdefault('source', {'age': 0, 'fresh': True})


@fake.route('POST', '/v1/organizations/members/changes')
def changes(request):
    body = request.json()
    first = body['since'] == 0
    reply = {'members': [MEMBER] if first else [], 'revision': 1, 'cursor': '1.x', 'complete': first, 'more': False, 'access': None}
    if fake.options['source'] is not None:
        reply['source'] = fake.options['source']
    if body.get('wait'):
        time.sleep(0.5)
    return reply


@fake.fallback
def nothing(request, allowed):
    return Reply(404, {'ok': False, 'reason': 'unknown_endpoint', 'message': 'There is no such path.', 'requestId': 'x'})


fake.main()
