/*
 * The groups that patterns in orglogin.conf make of teams and roles: their names and numbers. The
 * number belongs to the team's id for ever, the name to its slug: it passes on when teams are
 * renamed, but never to a member. One thread.
 */
#ifndef ORGSYNCD_TEAM_GROUPS_H
#define ORGSYNCD_TEAM_GROUPS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/local.h"
#include "orgsyncd/config.h"
#include "orgsyncd/ledger.h"
#include "orgsyncd/naming.h"
#include "orgsyncd/teams.h"
#include "orgsyncd/text_map.h"

struct team_group {
    const struct org_team *team; /* its GROUP and GID are the group's */
    uint32_t org;                /* index */
};

/* The first part is set by the caller and borrowed, the rest is zero. */
struct team_groups {
    const struct config *config;
    struct ledger *ledger;
    const struct local_ids *local;
    struct naming *naming;
    const struct roster *roster;   /* one an organization */
    struct teams **teams, **roles; /* the same; roles that members have are added */
    struct id_pool *pool;
    uint32_t epoch;
    uint32_t most; /* so many groups are served */

    struct team_group *group; /* COUNT of them */
    uint32_t count;
    struct text_map taken; /* the names of those */
    uint32_t complaints, beyond;
    bool failed; /* the ledger or memory */
};

/* Fills GROUP. Of two teams that are called the same, the one that had the name keeps it; the other
 * one, and a team whose name is none or is reserved, has its id in the place of the slug, behind a
 * "t". Returns 0, or -1. */
int team_groups_settle(struct team_groups *g);

void team_groups_free(struct team_groups *g);

#endif
