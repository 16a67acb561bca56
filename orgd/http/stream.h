/* A members/list that is sent in pieces, each read when the client has taken the one before it.
 * Single-threaded. */
#ifndef ORGD_HTTP_STREAM_H
#define ORGD_HTTP_STREAM_H

#include <microhttpd.h>
#include <stdbool.h>
#include <stddef.h>

#include "orgd/endpoints/call.h"
#include "orgd/http/connection.h"

#define STREAMS_MOST 64 /* at a time: each holds a piece in memory */

/*
 * The response to CLIENT that begins with BEGINNING, which it takes, and goes on as POLL says.
 * *STREAMS counts those that there are, and must outlive them. The caller queues and releases it. A
 * stream that cannot go on breaks off: that is a broken connection, not an answer.
 */
struct MHD_Response *stream_response(struct store *store, size_t *streams, struct buffer *beginning,
                                     const struct poll *poll, struct client_connection *client);

#endif
