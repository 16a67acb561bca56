#!/usr/bin/env python3
"""Answers the confirm protocol on the socket PATH with what stands in the file REPLY: five lines
STATUS GENERATION AGE_MS HELD TEXT. What it says of numbers stands in REPLY.numbers, if that is there. What it was asked goes to the file LOG."""
import socket, struct, sys

path, reply, log = sys.argv[1:4]
server = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
server.bind(path)
server.listen()
while True:
    client, _ = server.accept()
    request = client.recv(1024)
    magic, op, age, wait, reason, unused, org = struct.unpack('=IIIIII32s', request)
    with open(log, 'a') as f:
        f.write('op=%d org=%s\n' % (op, org.rstrip(b'\0').decode()))
    if op == 8: # how numbers are given: the file REPLY.numbers, as text
        try:
            client.send(open(reply + '.numbers', 'rb').read())
            client.close()
            continue
        except OSError:
            pass
    lines = open(reply, 'rb').read().split(b'\n')
    status, generation, heard, held = (int(x) for x in lines[:4])
    try:
        client.send(struct.pack('=IIQqII168s', magic, status, generation, heard, 3, held, lines[4]))
    except OSError:
        pass
    client.close()
