#!/usr/bin/env python3
"""Types into an interactive shell on a terminal of its own: typing.py LOG SHELL [ARGUMENT]...

Lines of standard input are typed one after the other, each when the shell is quiet: it shows nothing new, and waits for nothing but the
terminal. {TAB} in them is the tabulator, and the end of a line is Return.
What the terminal shows goes to LOG. The shell is ended afterwards."""
import os, pty, select, signal, sys, time

FIRST, QUIET, PATIENCE = 3, 0.25, 20


def busy():
    """Whether the shell computes, or has a program that it waits for. A machine that has no time for either makes it quiet, too."""
    tasks = '/proc/%d/task/' % pid
    try:
        for task in os.listdir(tasks):
            with open(tasks + task + '/stat') as stat, open(tasks + task + '/children') as children:
                if stat.read().rpartition(')')[2].split()[0] in 'RD' or children.read().strip():
                    return True
    except OSError: # a thread that has just ended
        return True
    return False


def look(master, log):
    """Copies what comes, until nothing has come for a while; the first of it may take longer."""
    end, last = time.monotonic() + PATIENCE, time.monotonic() + FIRST - QUIET
    while time.monotonic() < end and (time.monotonic() - last < QUIET or busy()):
        if select.select([master], [], [], 0.05)[0]:
            try:
                log.write(os.read(master, 65536))
            except OSError:
                return
            log.flush()
            last = time.monotonic()


pid, master = pty.fork()
if pid == 0:
    os.environ['TERM'] = 'dumb'
    os.execvp(sys.argv[2], sys.argv[2:])
with open(sys.argv[1], 'wb') as log:
    look(master, log)
    for line in sys.stdin:
        parts = line.rstrip('\n').split('{TAB}')
        for i, part in enumerate(parts):
            if part:
                os.write(master, part.encode())
                look(master, log)
            if i < len(parts) - 1:
                os.write(master, b'\t')
                look(master, log)
        os.write(master, b'\r')
        look(master, log)
    os.kill(pid, signal.SIGKILL)
