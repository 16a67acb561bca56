/* Members as JSON text, so that a long list is never held as a tree. */
#ifndef ORGD_ENDPOINTS_MEMBER_LIST_H
#define ORGD_ENDPOINTS_MEMBER_LIST_H

#include "orgd/endpoints/call.h"

/* A user whose membership was changed in the revision. */
struct changed_user {
    char id[ID_SIZE];
    int64_t revision;
};

#define PASSED_MOST 5000 /* members whom one search passes over */

struct member_list {
    struct buffer *out;
    int count;
    int most;
    const char *match;    /* NULL, or folded: only those who have it in their names or address */
    int passed;           /* who have it not */
    int64_t revision;     /* of the last member that was written */
    struct cursor after;  /* behind the last one that was looked at */
    bool more;            /* there are more than MOST, or PASSED_MOST were passed over */
    bool full;            /* OUT has not all of it */
    struct buffer *users; /* NULL, or for struct changed_user of those changed after LET_IN */
    int64_t let_in;
};

void listing_text(struct member_list *listing, const char *text);

/* A member_visit; ARG is the struct member_list. */
void listing_add(const struct member *member, void *arg);

#endif
