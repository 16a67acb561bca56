/*
 * The members/list replies of some organizations, as they were made last: a reply holds for as long
 * as its organization has the same revision. Bounded; thread-safe.
 */
#ifndef ORGD_ENDPOINTS_LIST_CACHE_H
#define ORGD_ENDPOINTS_LIST_CACHE_H

#include <stdint.h>

#include "orgd/buffer.h"

/* Adds the reply to OUT; false when it is not there. */
bool list_cache_get(const char *organization, int64_t revision, struct buffer *out);

/* Keeps a copy of REPLY. */
void list_cache_put(const char *organization, int64_t revision, const struct buffer *reply);

#endif
