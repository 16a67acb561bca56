#!/usr/bin/env python3
"""fleet.py URL BEARER ORG NUMBER DIRECTORY: NUMBER machines, let in and then polling and reporting as orgsyncd does. Machine I applies what it hears I *
40 ms later; the last one only once DIRECTORY/late is there. DIRECTORY/fleet is there when all of them have reported."""
import http.client, json, os, sys, threading, time

url, bearer, org, number, directory = sys.argv[1:]
number = int(number)
ready = threading.Barrier(number + 1)


def call(connection, path, body, token=None):
    headers = {'Content-Type': 'application/json'} | ({'Authorization': 'Bearer ' + token} if token else {})
    connection.request('POST', '/v1/organizations/' + path, json.dumps(body), headers)
    return json.loads(connection.getresponse().read())


def connect():
    return http.client.HTTPConnection(url.removeprefix('http://'), timeout=100)


def machine(token, place):
    connection, known, wait = connect(), {'since': 0}, 0
    while True:
        report = {'age': 0, 'version': '1.4.0', 'ended': 1 if known['since'] and place % 2 else 0, 'ending': 0}
        reply = call(connection, 'members/changes', {'organizationId': org, 'wait': wait, 'report': report, **known}, token)
        if not wait and known['since']:
            ready.wait()
        wait = 60000 if known['since'] else 0
        if reply.get('reason'):
            return
        if known['since'] and place == number - 1:
            while not os.path.exists(directory + '/late'):
                time.sleep(0.05)
            connection = connect() # the server has closed one that was idle for so long
        time.sleep(place * 0.04 if wait else 0)
        known = {'since': reply['revision'], 'cursor': reply['cursor']}


owner = connect()
for i in range(number):
    code = call(owner, 'machines/invite', {'organizationId': org, 'name': f'web{i:02}', 'labels': 'env=prod' if i % 3 else 'env=test,tier=web'}, bearer)['code']
    threading.Thread(target=machine, args=(call(owner, 'machines/enroll', {'code': code})['apiToken']['bearer'], i), daemon=True).start()
call(owner, 'machines/invite', {'organizationId': org, 'name': 'new01'}, bearer)
ready.wait()
open(directory + '/fleet', 'w').close()
time.sleep(600)
