/* What was read of a source becomes the members of the organization that mirrors it. */
#ifndef ORGD_ENDPOINTS_MIRROR_STORE_H
#define ORGD_ENDPOINTS_MIRROR_STORE_H

#include "orgd/endpoints/call.h"
#include "orgd/source/reading.h"

/* How far it has come. */
struct mirror_place {
    bool walked;                   /* those that there were have been compared */
    char after[MIRROR_ID_MAX + 1]; /* they were, up to this id */
    size_t next;                   /* the next member of the reading */
    int64_t added, changed, removed;
};

enum mirror_end {
    MIRROR_MORE,       /* call again */
    MIRROR_DONE,       /* the reading is stored whole */
    MIRROR_SUPERSEDED, /* one that began later is there already */
    MIRROR_ANEW,       /* others were stored since: what has changed since then is not all */
    MIRROR_LOST        /* the store failed: nothing of this slice happened */
};

struct mirror_slice {
    char organization[ID_SIZE];
    const struct source_listing *reading;
    bool *known;  /* for each of its members: there is a row, which was compared */
    int64_t turn; /* of the reading */
    int64_t last; /* of the one that this server stored last, 0: none */
    int64_t read; /* when the reading began, wall clock */
    struct mirror_place from;
    /* Filled by mirror_store: */
    struct mirror_place to;
    enum mirror_end end;
    struct changed news; /* its id is "" for none */
};

/* Stores a slice, of one or two thousand members at most, in one transaction. */
void mirror_store(struct store *store, struct mirror_slice *slice);

#endif
