/*
 * A request while it is answered: what the parts of exchange.h share, and nobody else sees. Of the
 * functions, those that answer leave the answer in X->ANSWER. All of them are the loop's, but for
 * exchange_facts_read.
 */
#ifndef ORGD_HTTP_EXCHANGE_STATE_H
#define ORGD_HTTP_EXCHANGE_STATE_H

#include <microhttpd.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "orgd/buffer.h"
#include "orgd/endpoints/dispatch.h"
#include "orgd/http/audience.h"
#include "orgd/http/front.h"
#include "orgd/http/page.h"

#define BUSY_RETRY_S 5

/* What the store says to /healthz and /metrics. */
struct facts {
    bool readable;
    int64_t log_bytes, events;
};

/* A request from its first byte to its answer. */
struct exchange {
    struct job job; /* for a crew */
    struct front *front;
    struct MHD_Connection *connection;
    struct client_connection *via;
    struct peer *peer; /* the connection's, or the one for whom a proxy asks */
    char from[PEER_TEXT_SIZE];
    const char *method, *path; /* libmicrohttpd's, for as long as the request lasts */
    int64_t begun;
    char id[REQUEST_ID_SIZE];
    struct buffer body;
    size_t drained;  /* bytes beyond BODY_MAX */
    bool forwarded;  /* PEER is not the connection's */
    bool dispatched; /* or to be, by a crew */
    struct dispatch_needs needs;
    bool last; /* the connection is closed behind its answer */
    struct request request;
    struct call_answer answer;
    struct held *held; /* a members/changes, while it is held or answered; else NULL */
    struct held poll;  /* its memory */
    struct page_part page;
    struct facts facts;
};

/* --- exchange.c --- */

/* The value of the request's header NAME, or NULL. */
const char *exchange_header(const struct exchange *x, const char *name);

/* Frees the request's body, which counts with those of all requests. */
void exchange_forget_body(struct exchange *x);

/* --- exchange_log.c --- */

/* True when the request had a valid token. */
bool exchange_known(const struct exchange *x);

/* Tells whoever wants to know of an answered request: the metrics and the logs. */
void exchange_log(const struct exchange *x);

/* Replaces the answer by a failure. */
void exchange_fail(struct exchange *x, unsigned status, const char *reason, const char *message);

/* The same, after which the client may try again in BUSY_RETRY_S. */
void exchange_later(struct exchange *x, unsigned status, const char *reason, const char *message);

/* --- exchange_special.c: what needs no dispatcher --- */

bool exchange_health_asked(const struct exchange *x);
bool exchange_metrics_asked(const struct exchange *x);

/* True for those two, and for all else on the listener for /metrics; exchange_special answers it,
 * by X->FACTS. */
bool exchange_special_asked(const struct exchange *x);
void exchange_special(struct front *f, struct exchange *x);

/* Fills FACTS from STORE, on any thread; false when it takes too long for this store. */
bool exchange_facts_read(struct store *store, struct facts *facts);

/* Answers a webhook of a mirrored organization's source: it is read, and nothing else comes of it.
 */
void exchange_hook(struct front *f, struct exchange *x);

/* True for a path of the page. exchange_page answers with a file, or refuses a form; false for a
 * form that may be taken. */
bool exchange_page_asked(const struct front *f, const struct exchange *x);
bool exchange_page(struct front *f, struct exchange *x);

/* --- exchange_reply.c --- */

/* Has libmicrohttpd send the answer, or suspends the connection while a held poll has none. */
enum MHD_Result exchange_reply(struct front *f, struct exchange *x);

#endif
