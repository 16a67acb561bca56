#!/usr/bin/env python3
"""Random histories for the feed of changes: feed.py URL OWNER-BEARER SEED ORGANIZATIONS. For each organization there is a poll at the
server, and a transaction of another writer that begins and commits at random times, each without a notice. Prints how many polls
were told, and how many milliseconds the slowest took after its commit."""
import http.client, json, random, subprocess, sys, threading, time

host, owner, seed, count = sys.argv[1].split('//')[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
SPAN = 3.0  # seconds in which they begin, and that one lasts at most


def call(path, body):
    connection = http.client.HTTPConnection(host, timeout=40)
    connection.request('POST', '/v1' + path, json.dumps(body),
                       {'Content-Type': 'application/json', 'Authorization': 'Bearer ' + owner})
    response = connection.getresponse()
    return connection, response


def answer(path, body):
    return json.loads(call(path, body)[1].read())


def poll(org, told):
    since = answer('/organizations/members/changes', {'organizationId': org, 'since': 0})['revision']
    _, response = call('/organizations/members/changes', {'organizationId': org, 'since': since, 'wait': 20000})
    response.read(1)  # the first heartbeat
    held.release()
    if json.loads(response.read())['revision'] > since:
        told[org] = time.monotonic()


def write(org, begin, lasts, committed):
    """psql's own time of the commit is not known: it is before psql has ended."""
    time.sleep(begin)
    subprocess.run(['psql', '-XAtqc', f"""BEGIN;
        UPDATE organizations SET revision = revision + 1 WHERE id = '{org}';
        UPDATE members SET revision = (SELECT revision FROM organizations WHERE id = '{org}') WHERE organization_id = '{org}';
        INSERT INTO changes (what, news, server) VALUES ('{org}', 1, 'another');
        SELECT pg_sleep({lasts}); COMMIT"""], check=True, stdout=subprocess.DEVNULL)
    committed[org] = time.monotonic()


random.seed(seed)
held, told, committed = threading.Semaphore(0), {}, {}
orgs = [answer('/organizations/create', {'name': 'Feed'})['organization']['id'] for _ in range(count)]
polls = [threading.Thread(target=poll, args=(org, told)) for org in orgs]
writers = [threading.Thread(target=write, args=(org, random.uniform(0, SPAN), random.uniform(0, SPAN), committed)) for org in orgs]
for thread in polls:
    thread.start()
for _ in polls:
    held.acquire()
for thread in writers:
    thread.start()
for thread in polls + writers:
    thread.join()
print(len(told), int(1000 * max(told[org] - committed[org] for org in told)))
