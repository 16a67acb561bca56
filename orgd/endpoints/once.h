/*
 * Changes that are made once however often they are sent: with the header Idempotency-Key
 * (draft-ietf-httpapi-idempotency-key-header) and the same token, the same request is given the
 * answer that it was given first. What is kept of an answer is sealed with a key that is made of
 * the token's secret, which orgd does not have between two requests: secrets in answers are not
 * stored in clear.
 */
#ifndef ORGD_ENDPOINTS_ONCE_H
#define ORGD_ENDPOINTS_ONCE_H

#include "orgd/endpoints/call.h"

#define ONCE_KEY_MAX 64
#define ONCE_KEPT_MS 86400000 /* how long an answer is kept */

/* True if KEY can be a client's: 1-64 letters, digits, '-' and '_'. */
bool once_key_good(const char *key);

/* All within the transaction of CALL, a change that has a key and an authenticated caller, in this
 * order. True when it was answered: as the time before, or that the key was another request's. */
bool once_answered(struct call *call);
/* False when the key is another caller's, who may be asked about only now that this one is let in:
 * the call has failed. */
bool once_free(struct call *call);
/* Keeps the answer. */
void once_keep(struct call *call);

#endif
