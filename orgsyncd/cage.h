/* The start of a fetcher: a process of its own user, apart from every other one of that user. */
#ifndef ORGSYNCD_CAGE_H
#define ORGSYNCD_CAGE_H

#include <signal.h>
#include <stdint.h>
#include <sys/types.h>

enum cage_kind {
    CAGE_APART, /* first process of a pid namespace: it sees no process but itself */
    CAGE_PLAIN  /* for who may not make one: the filter alone keeps it from the others */
};

struct cage {
    enum cage_kind kind;
    uint32_t uid, gid; /* what root becomes; without meaning for others */
    int parent;        /* pidfd of the calling process, whose end ends the child */
    int pipe;          /* kept as descriptor CAGE_PIPE; every other one is closed */
    sigset_t mask;     /* the child's signal mask */
};

#define CAGE_PIPE 3

/* The limits of a caged process. Processes and threads are counted for the user, not the process:
 * all fetchers share them. */
#define CAGE_MEMORY      (4ULL << 30) /* bytes of address space */
#define CAGE_DESCRIPTORS 256
#define CAGE_PROCESSES   512

/*
 * Starts RUN(ARG) in a child: a session of its own, the user and group of CAGE, no other groups, no
 * capability, the limits above, and behind the filter (sandbox.h). The child ends with what RUN
 * returns, 0 to 99, or with an enum of cage_fault() when it could not be caged; RUN is not called
 * then. Returns its pid, or -1 with errno: EPERM when CAGE_APART needs a capability that we have
 * not. For a process with one thread.
 *
 * In a pid namespace of its own the child is process 1: SIGKILL ends it, SIGTERM does not, and
 * abort() ends it by signal 11.
 */
pid_t cage_start(const struct cage *cage, int (*run)(void *arg), void *arg);

/* Why a child with WAIT_STATUS (of waitpid) was never caged, static; NULL when it was. */
const char *cage_fault(int wait_status);

#endif
