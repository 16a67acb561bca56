/*
 * The open sessions of members who have left: starts the process that ends them (eviction.h) when a
 * departure is due (departure.h) and the snapshot that refuses the member is in force, or when an
 * administrator asks for it, and records what became of it. One thread; nothing here blocks.
 * Functions that return an int return 0, or -1 when the ledger cannot be written: the keeper is
 * then to end.
 */
#ifndef ORGSYNCD_SESSIONS_H
#define ORGSYNCD_SESSIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/confirm.h"
#include "orgsyncd/eviction.h"
#include "orgsyncd/organization.h"
#include "orgsyncd/publish.h"

/* The people of one process; what is due for others waits for the next one. */
#define SESSIONS_PEOPLE_MAX 256

/* An administrator's wish: at most one at a time. */
enum wish_state {
    WISH_NONE,
    WISH_MADE,  /* waits for the process that is under way */
    WISH_BEGUN, /* the process is for this wish */
    WISH_DONE,  /* TEXT says what became of it */
};

struct session_wish {
    enum wish_state state;
    enum confirm_op op; /* CONFIRM_EVICT, CONFIRM_EVICT_ALL or CONFIRM_EVICT_REMOVED */
    char name[NAME_MAX_LEN + 1];
    bool failed; /* the process did not come to its end */
    bool more;   /* there are more people than one process takes */
    uint32_t people, ended, left, begun, refused;
    pid_t left_pid;
};

/* The first two are set by the caller, the others are zero. */
struct sessions {
    struct organizations *orgs;
    const struct publisher *publisher;

    struct eviction list[SESSIONS_PEOPLE_MAX]; /* of the process that is under way */
    uint32_t count, done;
    bool failing;        /* no process could be started last time */
    pid_t child;         /* 0 = there is none */
    int fd;              /* readable when CHILD has something to say */
    int64_t patience_ms; /* CHILD is killed when it is silent until then: clock_mono_ms */
    struct session_wish wish;
};

/* The members of O, loaded from the ledger, are published or about to be: what an earlier keeper
 * left undone is due then. */
void sessions_load(const struct sessions *s, struct org_state *o);

/* An answer of O was merged: what it makes due is begun when the snapshot with it is in force. To
 * be called before the publisher takes the answer. */
void sessions_note(const struct sessions *s, struct org_state *o);

/* Begins what is due, if nothing is under way. */
void sessions_run(struct sessions *s);

/* Takes what the process has to say; to be called when FD is readable, and in each round. */
int sessions_take(struct sessions *s);

/* When sessions_run or sessions_take has work to do (clock_mono_ms), INT64_MAX when only an event
 * can change that. */
int64_t sessions_due(const struct sessions *s);

/* Accepts the wish of R (CONFIRM_EVICT...), whose ORG is a name, which may fill it. False with WHY
 * when it cannot be. */
bool sessions_wish(struct sessions *s, const struct confirm_request *r, char why[CONFIRM_TEXT_LEN]);

/* True when the wish is done; TEXT says what became of it, *GOOD is false when something is left.
 * Then there can be another one. */
bool sessions_granted(struct sessions *s, char text[CONFIRM_TEXT_LEN], bool *good);

/* Writes the answer to CONFIRM_SESSIONS into TEXT, without the first SKIP members; returns its
 * length, less than SIZE. */
size_t sessions_list(const struct organizations *orgs, uint32_t skip, char *text, size_t size);

/* Ends the process. */
void sessions_end(struct sessions *s);

#endif
