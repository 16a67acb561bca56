/*
 * From a request to an answer: the table of endpoints, and the one way through it: path, method,
 * body, token, organization, permission, handler, commit. Knows nothing of HTTP beyond what stands
 * in these two structures.
 */
#ifndef ORGD_DISPATCH_H
#define ORGD_DISPATCH_H

#include "orgd/call.h"

#define CALLER_NAME_SIZE ID_SIZE

struct request {
    const char *method;
    const char *path;
    const char *authorization; /* the header's value or NULL */
    const char *body;          /* LEN bytes; may be NULL when LEN is 0 */
    size_t len;
    bool too_large; /* there was more than BODY_MAX, and BODY is not all of it */
};

struct answer {
    unsigned status;
    struct buffer body; /* the caller frees it */
    bool hold;          /* 200, and the body comes later: see POLL */
    struct poll poll;
    char changed[ID_SIZE];         /* the organization whose held polls must be told, or empty */
    bool loggable;                 /* it failed, or it may have changed something */
    char caller[CALLER_NAME_SIZE]; /* the user's id or the token's key, "-" when there is none */
};

/* Answers REQUEST; whatever it changed is durable when this returns. */
void dispatch(struct store *store, const struct request *request, struct answer *answer);

#endif
