/*
 * From a request to an answer: the table of endpoints, and the one way through it: path, method,
 * body, token, organization, permission, handler, commit. Of HTTP it knows struct request and
 * struct call_answer only.
 */
#ifndef ORGD_ENDPOINTS_DISPATCH_H
#define ORGD_ENDPOINTS_DISPATCH_H

#include "orgd/endpoints/call.h"

/* True when a request to PATH may change something. */
bool dispatch_changes(const char *path);

/* Fills *ANSWER with the answer to REQUEST; whatever it changed is durable when this returns, or
 * when the store's batch has ended. */
void dispatch(struct store *store, const struct request *request, struct call_answer *answer);

#endif
