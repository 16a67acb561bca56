/*
 * What the store needs from time to time, done once a second by the crew that changes: a look
 * whether another process changed the data, and whether they are still there; the uses of tokens;
 * events that are too old; roles that have come to their end; a slice of what goes through many
 * rows. It shows the watchdog that loop and crew are alive. On the loop's thread.
 */
#ifndef ORGD_HTTP_UPKEEP_H
#define ORGD_HTTP_UPKEEP_H

#include "orgd/http/front.h"

#define UPKEEP_MS 1000

struct upkeep {
    struct job job;
    struct front *front;
    unsigned keep_events_days; /* 0: for ever */
    bool running;
    int64_t begun;  /* clock_mono_ms */
    int64_t shown;  /* clock_mono_ms when the watchdog heard of us */
    int64_t expire; /* clock_mono_ms when old events are looked for again */
    int64_t forget; /* the same for kept answers */
    bool lost;      /* the data file is: the server must end */
    /* What came of the job: */
    enum store_news news;
    bool more;              /* a chore is not done yet */
    struct changed changed; /* the organization whose members it changed, or "" */
};

/* FRONT must stay. */
void upkeep_init(struct upkeep *upkeep, struct front *front, unsigned keep_events_days);

/* To be called once in UPKEEP_MS. */
void upkeep_due(struct upkeep *upkeep);

#endif
