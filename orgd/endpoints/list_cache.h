/*
 * The members/list replies of some organizations, as they were made last: a reply holds for as long
 * as its organization has the same revision in the same history. Bounded; thread-safe.
 */
#ifndef ORGD_ENDPOINTS_LIST_CACHE_H
#define ORGD_ENDPOINTS_LIST_CACHE_H

#include "orgd/buffer.h"
#include "orgd/store/store.h"

/* Adds the reply to OUT; false when it is not there. */
bool list_cache_get(const struct organization *organization, struct buffer *out);

/* Keeps a copy of REPLY. */
void list_cache_put(const struct organization *organization, const struct buffer *reply);

#endif
