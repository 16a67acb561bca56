/* The latest replies of members/changes, for those who will ask the same: a fleet that starts asks
 * for all members 10 000 times. Bounded; on the loop's thread. */
#ifndef ORGD_HTTP_REPLY_SHELF_H
#define ORGD_HTTP_REPLY_SHELF_H

#include "orgd/endpoints/look.h"

#define SHELF_SIZE 32

/* Zero it to begin. */
struct reply_shelf {
    struct reply *replies[SHELF_SIZE]; /* the newest first */
};

/* Keeps REPLY, with one holder more, if it is not too long. */
void shelf_keep(struct reply_shelf *shelf, struct reply *reply);

/* The reply that answers POLL now, or NULL. */
struct reply *shelf_find(const struct reply_shelf *shelf, const struct poll *poll);

void shelf_clear(struct reply_shelf *shelf);

#endif
