/*
 * A crew: threads that do jobs beside the loop, each with a store of its own, because a store may
 * take long to answer. Callers have their turns one after the other, however many jobs each of them
 * has, and one caller alone never occupies all threads. But for the jobs themselves everything here
 * happens on the loop's thread.
 */
#ifndef ORGD_HTTP_CREW_H
#define ORGD_HTTP_CREW_H

#include <stddef.h>
#include <sys/queue.h>

#include "orgd/http/turns.h"
#include "orgd/store/store.h"

/* Part of whatever is to be done; it must stay until DONE is called. */
struct job {
    STAILQ_ENTRY(job) link;
    size_t caller; /* his place, turns_place */
    /* On a thread of the crew. Of jobs that change something it may be called once more, and then
     * nothing of the first time counts. */
    void (*run)(struct store *store, struct job *job);
    void (*done)(struct job *job); /* on the loop's thread, by crew_done */
};

enum crew_kind {
    CREW_READS,
    CREW_CHANGES /* jobs that wait become durable together, if the store gathers them: one wait for
                    the disk for all */
};

struct crew;

/* THREADS with stores of STORE's data, which must be closed behind the crew. NULL after one line on
 * stderr. */
struct crew *crew_open(const struct store *store, enum crew_kind kind, unsigned threads);

void crew_add(struct crew *crew, struct job *job);

/* A descriptor that is readable when crew_done is due; that calls DONE of each job that was done.
 */
int crew_descriptor(const struct crew *crew);
void crew_done(struct crew *crew);

/* Waits for all jobs that were added, and ends the threads; crew_done is due once more behind it.
 */
void crew_stop(struct crew *crew);
void crew_free(struct crew *crew);

#endif
