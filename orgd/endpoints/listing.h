/*
 * Listings of members that go on after their request was dispatched: the pieces of a long
 * members/list, and the replies of members/changes. Any thread may call these with a store of its
 * own; a reply's holders are the business of one thread.
 */
#ifndef ORGD_ENDPOINTS_LISTING_H
#define ORGD_ENDPOINTS_LISTING_H

#include "orgd/endpoints/call.h"

#define READ_RUNS_MOST 3 /* of a read whose connection was lost */

/* Finds out whether POLL's caller may still ask, and which labels his machine has; the store's end
 * of it. */
enum store_end poll_allowed(struct store *store, struct poll *poll, bool *may);

/* Writes what POLL is told whose caller may not. */
void poll_ended(const struct poll *poll, struct buffer *out);

/*
 * Writes the next piece of a members/list into REPLY and moves POLL->after; *END when it was the
 * last. False when the caller is not let in any more, or the store failed.
 */
bool member_list_again(struct store *store, struct poll *poll, struct buffer *reply, bool *end);

#endif
