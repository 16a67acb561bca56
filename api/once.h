/* A change that is made once, however often it has to be sent. */
#ifndef API_ONCE_H
#define API_ONCE_H

#include "api/engine.h"

#define ONCE_HEADER "Idempotency-Key"

/*
 * As engine_exchange, for a change of a provider with a token, whose settings have AGAIN: with a
 * key of its own (draft-ietf-httpapi-idempotency-key-header), by which a server that was heard to
 * keep keys knows it again. Without an answer it is sent again to such a server only; of several
 * failures *ERR is the first.
 */
request_exchange once_exchange;

/* Such a kind's KEEP and EXAMINE. */
extern const char *const once_headers[];
void once_examine(struct provider *provider, struct http_reply *reply);

#endif
