/* Counts things by an id, such as the held polls of a token. Single-threaded. */
#ifndef ORGD_HTTP_TALLY_H
#define ORGD_HTTP_TALLY_H

#include <stddef.h>
#include <sys/queue.h>

#include "orgd/secret.h"

#define TALLY_PLACES 1024

struct tally_entry;

struct tally {
    LIST_HEAD(, tally_entry) places[TALLY_PLACES];
};

void tally_init(struct tally *tally);

/* The number that was counted for ID. */
size_t tally_get(const struct tally *tally, const char *id);

/* One more for ID, or one less; what is 0 takes no memory. ID has less than ID_SIZE bytes. */
void tally_add(struct tally *tally, const char *id);
void tally_take(struct tally *tally, const char *id);

#endif
