/*
 * When and from where tokens were last used, and what an organization should know of it: its audit
 * events have a sign-in (a token's first use, or one from another address than before), attempts
 * with a wrong secret, that two machines use one token, once a day, that a token listed all
 * members, and that root of a machine broke the glass. A request that only reads must not wait for
 * the disk: all of it is kept in memory, and stored together, once a minute at most. Any thread may
 * note.
 */
#ifndef ORGD_ENDPOINTS_USAGE_H
#define ORGD_ENDPOINTS_USAGE_H

#include "common/break_glass.h"
#include "orgd/store/store.h"

/* The token KEY was used just now by the peer FROM. */
void usage_note(const char *key, const char *from);

/* It was used to list all members. */
void usage_listed(const char *key);

/* Two machines use it (watchers.h). */
void usage_shared(const char *key);
/* It is a machine's, which reports this. Told once, and of one machine once an hour at the most. */
void usage_glass(const char *key, const struct break_glass *glass);

/* The peer FROM showed the token KEY with a wrong secret. */
void usage_mistaken(const char *key, const char *from);

/* Stores a slice of what was noted, if it is time to, in a transaction of its own; on the thread
 * that writes. What cannot be stored is forgotten. */
void usage_store_slice(struct store *store);

/* Stores all of it now; on the same thread. */
void usage_store(struct store *store);

#endif
