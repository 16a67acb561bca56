#!/usr/bin/env python3
"""flood.py PATH USERS [COMMAND...]: USERS users, from uid 3000 on, connect to PATH without end: each keeps 40 connections, some with a request that
waits. The first of them starts COMMAND again and again."""
import os, socket, struct, subprocess, sys, time
path, users, command = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
for uid in range(3000, 3000 + users):
    if os.fork():
        continue
    os.setgroups([]); os.setgid(uid); os.setuid(uid)
    mine = []
    while True:
        s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        s.setblocking(False)
        try:
            s.connect(path)
            if len(mine) % 2:
                s.send(struct.pack('=6I32s', 0x3147524f, 1, 1, 60000, 0, 0, b''))
            mine.append(s)
        except OSError:
            s.close()
            time.sleep(0.001)
        if len(mine) > 40:
            mine.pop(0).close()
            if command and uid == 3000:
                subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).wait()
for _ in range(users):
    os.wait()
