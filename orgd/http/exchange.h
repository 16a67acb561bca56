/*
 * Requests, between libmicrohttpd and the dispatcher: limits, the log, and answers that wait. A
 * change is committed, told to the polls that are held for it, and only then answered; an
 * invitation is answered when its mail is sent or is not. Single-threaded.
 */
#ifndef ORGD_HTTP_EXCHANGE_H
#define ORGD_HTTP_EXCHANGE_H

#include <microhttpd.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "orgd/endpoints/mail.h"
#include "orgd/http/held.h"
#include "orgd/http/turns.h"
#include "orgd/store/store.h"

struct exchange;

/* The state that all requests share. */
struct front {
    struct store *store;
    struct held_set *held;
    struct mailer *mailer; /* NULL when no mail is sent */
    const struct letterhead *letterhead;
    uint32_t run;     /* begins the requests' ids: they differ from one run to the next */
    uint32_t request; /* the latest one's number */
    size_t streams;
    size_t bodies;                   /* bytes that the requests' bodies take while they come */
    bool stopping;                   /* no request is begun any more: nothing would resume it */
    STAILQ_HEAD(, exchange) changes; /* suspended until changes_run */
    STAILQ_HEAD(, exchange) reads;   /* suspended until reads_resume: others come first */
    struct turns turns;              /* the caller of the loop begins each round of it */
    STAILQ_HEAD(, exchange) waiting; /* suspended until the held polls were told */
};

void front_init(struct front *front);

/* For libmicrohttpd: MHD_AccessHandlerCallback and MHD_RequestCompletedCallback, with a struct
 * front. */
enum MHD_Result exchange_handle(void *arg, struct MHD_Connection *connection, const char *path,
                                const char *method, const char *version, const char *data,
                                size_t *size, void **request);
void exchange_end(void *arg, struct MHD_Connection *connection, void **request,
                  enum MHD_RequestTerminationCode code);

/* Lets the first waiting read of each of some callers go on, the longest waiting first. */
void reads_resume(struct front *front);

/*
 * Makes the changes that were asked for since the last time, as far as this round has time, all of
 * them durable at once: one wait for the disk serves many clients. Then tells the held polls.
 */
void changes_run(struct front *front);

/* Lets the answers go that waited for the held polls. */
void waiting_resume(struct front *front);

#endif
