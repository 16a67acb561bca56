/*
 * From a request to an answer: the table of endpoints, and the one way through it: path, method,
 * body, token, organization, permission, handler, commit. Knows nothing of HTTP beyond what stands
 * in these two structures.
 */
#ifndef ORGD_ENDPOINTS_DISPATCH_H
#define ORGD_ENDPOINTS_DISPATCH_H

#include "orgd/endpoints/call.h"

#define CALLER_NAME_SIZE ID_SIZE

struct request {
    const char *method;
    const char *path;
    const char *authorization; /* the header's value or NULL */
    const char *body;          /* LEN bytes; may be NULL when LEN is 0 */
    size_t len;
    bool too_large;    /* there was more than BODY_MAX, and BODY is not all of it */
    const char *id;    /* for errors, the log and audit events */
    const char *from;  /* what the peer is called there */
    struct peer *peer; /* whose failed attempts are counted; NULL when nobody's are */
    const struct letterhead *letterhead;
};

struct answer {
    unsigned status;
    struct buffer body; /* the caller frees it */
    bool hold;          /* 200, and the body comes later: see POLL */
    bool pieces;        /* 200, BODY is the beginning, and the rest comes later: see POLL */
    struct poll poll;
    struct buffer changed;         /* as in struct call; the caller frees it */
    struct letter letter;          /* to be sent, and "mailed" added; the caller frees its text */
    unsigned retry_s;              /* with 429: when to try again */
    bool loggable;                 /* it failed, or it may have changed something */
    char caller[CALLER_NAME_SIZE]; /* the user's id or the token's key, "-" when there is none */
};

/* True when a request to PATH may change something. */
bool dispatch_changes(const char *path);

/* Answers REQUEST; whatever it changed is durable when this returns, or when the store's batch has
 * ended. */
void dispatch(struct store *store, const struct request *request, struct answer *answer);

#endif
