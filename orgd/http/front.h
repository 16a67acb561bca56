/* What all requests share (exchange.h). Single-threaded. */
#ifndef ORGD_HTTP_FRONT_H
#define ORGD_HTTP_FRONT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "orgd/endpoints/mail.h"
#include "orgd/http/crew.h"
#include "orgd/http/held.h"
#include "orgd/http/relay.h"
#include "orgd/http/stream.h"
#include "orgd/http/turns.h"
#include "orgd/store/store.h"

struct front {
    struct store *store;          /* for what is quick */
    struct crew *reads, *changes; /* for what is not, and for what changes something */
    struct held_set *held;
    struct source_relay *relay;
    struct mailer *mailer; /* NULL when no mail is sent */
    const struct letterhead *letterhead;
    const char *web_origin; /* of the page; NULL: there is no page */
    uint32_t run;           /* begins the requests' ids: they differ from one run to the next */
    uint32_t request;       /* the latest one's number */
    struct stream_set streams;
    size_t bodies;      /* bytes that the requests' bodies take while they come */
    bool draining;      /* no request is taken any more; polls are answered, and not held */
    bool stopping;      /* no request is begun any more: nothing would resume it */
    struct turns turns; /* the caller of the loop begins each round of it */
};

#endif
