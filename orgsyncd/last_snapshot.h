/* What a keeper that begins takes from the last published snapshot. One thread. */
#ifndef ORGSYNCD_LAST_SNAPSHOT_H
#define ORGSYNCD_LAST_SNAPSHOT_H

#include <stdint.h>

#include "orgsyncd/organization.h"

/*
 * Takes from the snapshot at PATH_SNAPSHOT: *GENERATION; the time of each organization's last
 * confirmation; and each id, which is reserved in the ledger for the owner that it was published
 * for, since the ledger may have been restored from an older backup. Without a readable snapshot
 * nothing changes. Returns 0, or -1 after logging when the ledger cannot be written.
 */
int last_snapshot_read(struct organizations *orgs, uint64_t *generation);

#endif
