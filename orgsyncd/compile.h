/* From rosters and configuration to a snapshot: names, ids, groups, rules. One thread. */
#ifndef ORGSYNCD_COMPILE_H
#define ORGSYNCD_COMPILE_H

#include <stdint.h>

#include "orgsyncd/config.h"
#include "orgsyncd/ledger.h"
#include "orgsyncd/roster.h"

struct compile_input {
    const struct config *config;
    struct ledger *ledger;
    struct roster *roster; /* one an organization, in the configuration's order */
    int64_t
        confirmed_ms[SNAPSHOT_ORGS_MAX]; /* wall clock when each was last heard from, 0 = never */
    const char *
        *group_fault; /* CONFIG_GROUPS_MAX: what was reported of each group last, NULL = nothing */
    uint64_t generation;
    const char *path; /* where the snapshot goes; NULL: nowhere, it is only tried */
};

struct compile_result {
    uint32_t users, active, withheld;
    uint32_t groups;
};

/* What identifies the organization in the ledger: its remote id, or its name when it has none. */
const char *compile_org_key(const struct config_org *org);

/*
 * Gives every member a name and an id (in the ledger, in one transaction, before anything is
 * published), and publishes the snapshot. A member that cannot be served (no valid name, a name or
 * id that is the machine's own or somebody else's) is withheld and reported once. Returns 0, or -1
 * after logging; the rosters and the ledger are then to be read anew.
 */
int compile(const struct compile_input *input, struct compile_result *result);

#endif
