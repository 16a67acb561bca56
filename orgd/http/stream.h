/* A members/list that is too long for one reply: a response in pieces, each of which a crew makes
 * when the client has taken the one before. Single-threaded but for that. */
#ifndef ORGD_HTTP_STREAM_H
#define ORGD_HTTP_STREAM_H

#include <microhttpd.h>
#include <stddef.h>

#include "orgd/endpoints/listing.h"
#include "orgd/http/connection.h"
#include "orgd/http/crew.h"

#define STREAMS_MOST 64 /* at a time: each holds a piece in memory */

struct stream_set {
    struct crew *reads;
    size_t count;  /* those that are open */
    bool stopping; /* no further piece is made */
};

/* The response to CONNECTION, whose state is CLIENT, that begins with ANSWER's body, which it
 * takes, and goes on as ANSWER's poll says, when it is CALLER's turn (turns_place). The caller
 * queues and releases it. */
struct MHD_Response *stream_response(struct stream_set *set, struct MHD_Connection *connection,
                                     size_t caller, struct call_answer *answer,
                                     struct client_connection *client);

#endif
