/*
 * The audience of an organization: the polls that are held for it (held.h), and the looks that find
 * out what they are told. All of it on the loop's thread, but for the looks themselves.
 */
#ifndef ORGD_HTTP_AUDIENCE_H
#define ORGD_HTTP_AUDIENCE_H

#include <microhttpd.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/queue.h>

#include "orgd/endpoints/look.h"
#include "orgd/http/connection.h"
#include "orgd/http/crew.h"
#include "orgd/http/reply_shelf.h"
#include "orgd/http/tally.h"

#define AUDIENCES 1024 /* places of the hash table */

/* The next look. */
enum again { AGAIN_NOT, AGAIN_ASKED, AGAIN_ALL };

/* The polls of one organization. It exists while there are any, or a look is on its way, and for a
 * while after they were told: they come back. */
struct audience {
    LIST_ENTRY(audience) link;
    STAILQ_ENTRY(audience) wait; /* of the set, for the next looks that run together */
    struct job job;              /* that runs LOOK alone */
    struct look look;
    struct held_set *set;
    LIST_HEAD(, held) polls;
    size_t count;
    char organization[ID_SIZE];
    bool told_many;   /* polls at that look */
    int64_t told_at;  /* clock_mono_ms of the latest look for all of them, 0: never */
    int64_t told;     /* the revision that it found */
    bool news;        /* something changed since */
    bool looking;     /* the job is on its way */
    bool for_all;     /* it is for all, not only for those who ask */
    enum again again; /* when it is done */
};

struct held {
    LIST_ENTRY(held) link;     /* of its audience */
    TAILQ_ENTRY(held) to_tell; /* of the set, if QUEUED */
    struct held_set *set;
    struct audience *audience;
    struct MHD_Connection *connection;
    struct client_connection *client;
    struct tally_entry *of_token;
    int64_t end;  /* of the wait, clock_mono_ms */
    int64_t beat; /* next heartbeat */
    bool asks;    /* for a look now */
    bool over;    /* the wait is: that there is nothing new is an answer, too */
    bool begun;   /* the streaming response has */
    bool suspended;
    bool leaves; /* the client will send nothing more, or has gone */
    bool queued;
    bool doubt;             /* whether its caller may still ask has to be looked at */
    struct doubt *doubting; /* that look, while it is on its way; else NULL */
    bool broken;            /* the store failed: there will be no answer */
    bool away;              /* because it cannot be reached */
    struct reply *reply;    /* the answer; NULL as long as there is none */
    struct buffer ended;    /* the answer to a caller who may not ask any more */
    struct buffer tail;     /* of the answer, for this poll alone */
    size_t sent;            /* of the answer */
    struct poll poll;       /* behind what telling looks at, which lies close together */
};

/* Looks that run together: those that came while the ones before were on their way. */
#define TOGETHER_MOST 64
struct together {
    struct job job;
    struct audience *audiences[TOGETHER_MOST];
    size_t count; /* 0: it is not on its way */
};

struct held_set {
    STAILQ_HEAD(, audience) to_look;
    struct together together;
    struct reply_shelf shelf;
    LIST_HEAD(, audience) audiences[AUDIENCES];
    TAILQ_HEAD(, held) to_tell;
    struct tally by_token;
    struct store *store;
    struct crew *reads;
    size_t count, most;
    int timer;
    int ends;      /* epoll: the connections of the polls, for their end */
    int64_t armed; /* when the timer fires */
    bool silent;   /* no heartbeats */
    bool stopping;
};

/* The audience of ORGANIZATION; the former is NULL when there is none, the latter makes one. */
struct audience *audience_find(const struct held_set *set, const char *organization);
struct audience *audience_of(struct held_set *set, const char *organization);

/* Frees A if it is not needed any more; and all, which have no poll. */
void audience_leave(struct audience *a);
void audiences_free(struct held_set *set);

/* When A is due to be told of news that can wait: clock_mono_ms. */
int64_t audience_due(const struct audience *a);

/* Has looked up what the polls of A wait for, or those of them that ask: what several know alike
 * once. */
void audience_look(struct audience *a, bool for_all);

/* Has A told of NEWS, now or when it is due. */
void audience_tell(struct audience *a, enum news_kind news);

/* HELD goes on in its turn (held_resume_some). */
void held_queue(struct held *held);

/* Gives HELD its answer. */
void held_give(struct held *held, struct reply *reply);

/* True when HELD has an answer, or will get none. */
bool held_answered(const struct held *held);

/* Sets the timer of SET to WHEN (clock_mono_ms), unless it fires earlier. */
void held_arm(struct held_set *set, int64_t when);

#endif
