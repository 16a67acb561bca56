/*
 * The groups of one compilation, and which of them a member is in. One thread.
 */
#ifndef ORGSYNCD_GROUPING_H
#define ORGSYNCD_GROUPING_H

#include <stdbool.h>
#include <stdint.h>

#include "common/local.h"
#include "common/snapshot_writer.h"
#include "orgsyncd/config.h"
#include "orgsyncd/ledger.h"
#include "orgsyncd/naming.h"
#include "orgsyncd/team_groups.h"
#include "orgsyncd/text_map.h"

/* What is kept of a configured group between compilations; begins zero. */
struct group_note {
    const char *fault; /* static; what was reported last, NULL = it is served */
    uint32_t gid;
    uint32_t settled; /* compile.h: the epoch in which all about its name and number was in order */
};

struct grouped {
    uint32_t index; /* in the snapshot; of a mapped group its gid */
    uint32_t stamp; /* the last search that found it */
    bool usable, local;
};

/* The first part is set by the caller and borrowed,
 * the rest is zero. */
struct grouping {
    const struct config *config;
    struct ledger *ledger;
    const struct local_ids *local;
    struct naming *naming;
    struct snapshot_writer *writer;
    struct id_pool *pool;    /* each organization's */
    struct group_note *note; /* each configured group's */
    const struct roster *roster;
    struct teams **teams, **roles; /* each organization's: team_groups.h */
    uint32_t epoch;

    struct grouped *group; /* COUNT of them; the configured ones come first, in their order */
    uint32_t count, served;
    uint32_t primary[SNAPSHOT_ORGS_MAX]; /* each organization's common primary group, 0 = none */
    struct text_map by_text;             /* which groups who has a role or permission is in, ... */
    bool persons;                        /* some group names members */
    uint32_t searches;
    uint32_t *found;
    bool failed; /* the ledger or memory */
};

/* Gives the groups numbers and adds them to the snapshot. Returns 0, or -1. */
int grouping_settle(struct grouping *g);

/* True if a group of organization ORG (index) names the member with ID. */
bool grouping_names(const struct grouping *g, uint32_t org, const char *id);

/* The groups that M, of organization ORG, is in by its lists of roles and permissions, into SPEC:
 * in arrays of G's, which hold until the next call. */
void grouping_of(struct grouping *g, uint32_t org, const struct pipe_member *m,
                 struct snapshot_grants_spec *spec);

/* True if M, of the organization that has it, is in GROUP by its lists of roles and permissions
 * (roster_now). */
bool grouping_has(const struct config_group *group, const struct pipe_member *m);

void grouping_free(struct grouping *g);

#endif
