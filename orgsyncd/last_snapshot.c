#include "orgsyncd/last_snapshot.h"

#include <stdlib.h>
#include <string.h>

#include "common/paths.h"

static void read_confirmations(struct organizations *orgs, const struct snapshot *s)
{
    struct snapshot_policy *policy = malloc(sizeof *policy);
    if (policy && snapshot_policy(s, policy) == SNAPSHOT_OK)
        for (uint32_t i = 0; i < orgs->count; i++)
            for (uint32_t n = 0; n < policy->org_count; n++)
                if (strcmp(policy->org[n], orgs->org[i].config->name) == 0)
                    orgs->org[i].in_force.confirmed_ms = snapshot_confirmed(s, n);
    free(policy);
}

static int reserve_groups(struct ledger *ledger, const struct snapshot *s)
{
    uint64_t cursor = 0;
    struct snapshot_group group;
    while (snapshot_next_group(s, &cursor, &group) == SNAPSHOT_OK) {
        uint64_t identity =
            group.identity ? group.identity : owner_identity(LEDGER_GROUPS, group.name);
        if (ledger_reserve(ledger, group.gid, identity, OWNER_BLAKE2B) < 0)
            return -1;
    }
    return 0;
}

static int reserve_users(struct ledger *ledger, const struct snapshot *s)
{
    uint64_t cursor = 0;
    struct snapshot_user user;
    bool blake2b = snapshot_u32(s, SNAPSHOT_AT_FLAGS) & SNAPSHOT_OWNER_BLAKE2B;
    while (snapshot_next_user(s, &cursor, &user) == SNAPSHOT_OK)
        if (ledger_reserve(ledger, user.uid, user.identity,
                           blake2b ? OWNER_BLAKE2B : OWNER_WYHASH) < 0)
            return -1;
    return 0;
}

int last_snapshot_read(struct organizations *orgs, uint64_t *generation)
{
    struct snapshot s;
    const char *why;
    if (snapshot_open(&s, PATH_SNAPSHOT, &why) != SNAPSHOT_OK)
        return 0;
    *generation = snapshot_u64(&s, SNAPSHOT_AT_GENERATION);
    read_confirmations(orgs, &s);
    int rc = ledger_begin(orgs->ledger);
    if (rc == 0)
        rc = reserve_users(orgs->ledger, &s);
    if (rc == 0)
        rc = reserve_groups(orgs->ledger, &s);
    if (rc == 0)
        rc = ledger_commit(orgs->ledger);
    snapshot_close(&s);
    return rc;
}
