/* What members run here, and what those who left have planned and own, by the snapshot's numbers.
 */
#ifndef ORGADMIN_HOST_DEPARTED_H
#define ORGADMIN_HOST_DEPARTED_H

#include <stdbool.h>

#include "common/process.h"
#include "common/snapshot.h"

/* "removed"; static. */
const char *departed_state_word(enum member_state state);

/* True if USER is removed or suspended. */
bool departed_is(const struct snapshot_user *user);

/* Shows VISIT each process that is tied to a member, active or not, until it returns false. */
typedef bool departed_process_visit(const struct process *p, const struct snapshot_user *member,
                                    enum process_tie tie, void *arg);
void departed_each_process(const struct snapshot *snapshot, departed_process_visit *visit,
                           void *arg);

#endif
