/*
 * When and from where tokens were last used. A request that only reads must not wait for the disk:
 * uses are kept in memory, and stored together, once a minute at most. Not thread-safe.
 */
#ifndef ORGD_ENDPOINTS_USAGE_H
#define ORGD_ENDPOINTS_USAGE_H

#include "orgd/store/store.h"

/* The token KEY was used just now by the peer FROM. */
void usage_note(const char *key, const char *from);

/* True when it is time to store the noted uses. */
bool usage_due(void);

/* Stores the noted uses, in a transaction of its own. Uses that cannot be stored are forgotten. */
void usage_store(struct store *store);

#endif
