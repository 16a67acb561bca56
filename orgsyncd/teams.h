/*
 * The teams of one organization as the keeper knows them, by their ids; or its roles, where groups
 * are made of those. What has left stays, so that its group goes on having a name. One thread.
 *
 * A member's teams are in the list of roles, as TEAM_ROLE and the id of each: so what rules, groups
 * and the brake do with roles they do with teams.
 */
#ifndef ORGSYNCD_TEAMS_H
#define ORGSYNCD_TEAMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/name.h"
#include "common/org_rules.h"
#include "orgsyncd/pipe.h"

#define TEAM_ROLE ORG_RULES_TEAM

/* So many are known of an organization; further ones are not. */
#define TEAMS_MAX 131072

/* One allocation; the texts lie behind it. */
struct org_team {
    const char *role; /* TEAM_ROLE and ID; of a role the same as ID */
    const char *id, *slug, *name, *parent;
    char group[NAME_MAX_LEN + 1]; /* the name of its group, "" = it never had one */
    uint32_t gid;                 /* 0: not looked up yet */
    uint32_t settled;             /* compile.h: the epoch in which GROUP and GID were in order */
    bool changed;                 /* to be stored in the ledger */
    const char *complaint;        /* static; what was reported of its group last */
};

/* Begins zero. */
struct teams {
    void *tree; /* of struct org_team, tsearch(3) */
    size_t count;
};

/* True if ROLE, of a member's list, is a team. */
bool team_is_role(const char *role);

/* Puts T in the place of the team with its id, whose group passes to it. Returns 1, 0 when nothing
 * differs or there are TEAMS_MAX already, or -1 when out of memory. */
int teams_put(struct teams *teams, const struct pipe_team *t);

/* The same for a role. */
int teams_put_role(struct teams *teams, const char *role);

/* The team with ID, or SLUG, or NULL. The latter looks at each. */
struct org_team *teams_find(const struct teams *teams, const char *id);
struct org_team *teams_slug(const struct teams *teams, const char *slug);

/* Calls VISIT for each in the order of the ids. */
void teams_each(const struct teams *teams, void (*visit)(struct org_team *team, void *arg),
                void *arg);

void teams_free(struct teams *teams);

#endif
