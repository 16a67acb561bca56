/*
 * From a request to an answer: the table of endpoints, and the one way through it: path, method,
 * body, token, organization, permission, handler, commit. Of HTTP it knows struct request and
 * struct call_answer only.
 */
#ifndef ORGD_ENDPOINTS_DISPATCH_H
#define ORGD_ENDPOINTS_DISPATCH_H

#include "orgd/endpoints/call.h"

/* What REQUEST, whose path is known, needs: a store that may write; to be counted as an attempt of
 * its peer (peer_attempt_begin). It fills REQUEST->endpoint. */
struct dispatch_needs {
    bool writer, attempt;
};
struct dispatch_needs dispatch_needs(struct request *request);

/*
 * Fills *ANSWER with the answer to REQUEST, behind dispatch_needs. Whatever it changed is durable
 * when this returns, or after store_settle. False when it reads more than STORE's limit: another
 * store must answer. Any thread may call it with a store of its own.
 */
bool dispatch(struct store *store, const struct request *request, struct call_answer *answer);

/* Counts a failed attempt of PEER (NULL: nobody's), and replaces an answer that PEER, who has made
 * too many, must not have. On the thread of the peers. */
void dispatch_settle(const struct request *request, struct peer *peer, struct call_answer *answer);

#endif
