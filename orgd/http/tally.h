/* Counts things by an id, such as the held polls of a token. Single-threaded. */
#ifndef ORGD_HTTP_TALLY_H
#define ORGD_HTTP_TALLY_H

#include <stddef.h>
#include <sys/queue.h>

#include "orgd/secret.h"

#define TALLY_PLACES 16384

struct tally_entry;
LIST_HEAD(tally_place, tally_entry);

struct tally {
    struct tally_place places[TALLY_PLACES];
};

void tally_init(struct tally *tally);

void tally_free(struct tally *tally);

/* The number that was counted for ID. */
size_t tally_get(const struct tally *tally, const char *id);

/* One more for ID, which has less than ID_SIZE bytes. Returns what tally_take takes. */
struct tally_entry *tally_add(struct tally *tally, const char *id);
/* One less; the entry of what is 0 is used again for another id, so that there are at most as many
 * as ids were counted at a time. */
void tally_take(struct tally_entry *entry);

#endif
