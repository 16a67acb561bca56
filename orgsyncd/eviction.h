/*
 * The end of all that runs as people who have left, or have lost a role, in a process of its own:
 * systemd-logind is told (lingering off, sessions and their cgroups ended), a child takes the uid
 * and kills what it may, and what sudo started in the person's sessions is found by login uid and
 * cgroup; that is repeated until a look at /proc finds nothing. A bus or a logind that hangs costs
 * a second; whatever became of them, the rest is done. What is of uid 0, of a local user or of a
 * present member is never touched as such.
 */
#ifndef ORGSYNCD_EVICTION_H
#define ORGSYNCD_EVICTION_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/name.h"

enum eviction_kind {
    EVICTION_NOTICE, /* only tells the person, on his terminals, that his sessions are to end */
    EVICTION_END,
    EVICTION_ALL, /* also what only has his login uid, wherever it is */
    /* Of a present member, who has lost a role: */
    EVICTION_ROLE,      /* what EVICTION_END ends; lingering stays as it is */
    EVICTION_TIMESTAMP, /* only sudo's timestamp goes */
};

/* A person who has left, or has lost a role. */
struct eviction {
    enum eviction_kind kind;
    uint32_t uid;
    uint32_t org;                  /* its place in the configuration */
    int32_t notice_s;              /* EVICTION_NOTICE: the time that he has */
    char name[NAME_MAX_LEN + 1];   /* by which he was served, "" = none */
    char remote[TEXT_MAX_LEN + 1]; /* id */
};

/* What became of the eviction with this place in the list. */
struct eviction_result {
    uint32_t place;
    bool refused;    /* the number is another's by now: nothing was done, and that is logged */
    bool present;    /* REFUSED, because the snapshot in force has a present member with the number;
                        the next one may not, so it is tried again */
    uint32_t ended;  /* processes */
    uint32_t left;   /* processes that could not be ended in time */
    uint32_t begun;  /* processes with his login uid elsewhere, which were spared */
    pid_t left_pid;  /* the first of LEFT */
    int32_t took_ms; /* to the end of the last one */
};

/* The patience of whoever waits for the next result: longer than one eviction can take. */
#define EVICTION_MAX_MS 10000

/*
 * Starts the process, which does EVICTIONS one after the other and ends with the caller. *FD
 * becomes readable with each result, and at its end. Returns its pid, or -1 with errno.
 */
pid_t eviction_start(const struct eviction *evictions, uint32_t count, int *fd);

/* Takes a result from FD: 1, 0 when there is none yet, or -1 when there will be no more. */
int eviction_take(int fd, struct eviction_result *result);

#endif
