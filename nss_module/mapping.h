/*
 * The process's mapping of the snapshot, shared by all its threads. A lookup holds it between
 * mapping_enter and mapping_leave; the hot path is two atomic additions and makes no system call. A
 * newer snapshot is noticed at once by the superseded word, and a file that was removed or put
 * there by other means within CHECK_MS. A process that cannot open the file any more (a chroot, a
 * seccomp filter, no descriptor left), or whose module is older than the file's format, goes on
 * with what it has mapped.
 */
#ifndef NSS_MODULE_MAPPING_H
#define NSS_MODULE_MAPPING_H

#include <stdatomic.h>

#include "common/snapshot.h"

struct mapping_hold {
    _Atomic unsigned *readers; /* NULL: the hold has a mapping of its own */
    struct snapshot own;
};

/*
 * Returns the snapshot and fills *HOLD, which mapping_leave must be given in the same thread; or
 * NULL when there is no usable one, with *ERRNOP as nss_fault has it. errno, which ERRNOP usually
 * points to, is not touched otherwise. Thread-safe, also in a child after fork.
 */
const struct snapshot *mapping_enter(struct mapping_hold *hold, int *errnop);
void mapping_leave(struct mapping_hold *hold);

#endif
