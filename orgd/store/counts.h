/* What the stores of the process have counted, for store_counts (store.h). Any thread. */
#ifndef ORGD_STORE_COUNTS_H
#define ORGD_STORE_COUNTS_H

#include "orgd/store/store.h"

/* A change took MS to become durable. */
void counts_commit(int64_t ms);

/* One more of them. */
enum counted { COUNTED_AGAIN, COUNTED_OUTCOME, COUNTED_CONNECTION, COUNTED_LOSS, COUNTED_NOTICE };
void counts_add(enum counted what);

/* The feed has heard from the database, which took MS to answer; it told of changes, the oldest of
 * which was DELAY_MS old, 0: of none. */
void counts_heard(int64_t ms, int64_t delay_ms);

/* Whether changes wait for a synchronous standby that is not there; true if that is news. */
bool counts_waits(bool waits);

#endif
