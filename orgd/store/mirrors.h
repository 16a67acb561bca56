/* The members of mirrored organizations, for the listings of members (members.c). */
#ifndef ORGD_STORE_MIRRORS_H
#define ORGD_STORE_MIRRORS_H

#include "orgd/store/database.h"

/* True if ORGANIZATION is mirrored. */
bool mirror_there(struct store *s, const char *organization);

/* At most LIMIT rows of WHICH, a statement of the members behind the revision SINCE. */
void mirrored_list(struct store *s, enum statement which, const char *organization, int64_t since,
                   int limit, mirrored_visit *each, void *arg);

#endif
