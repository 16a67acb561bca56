/* From rosters and configuration to a snapshot: names, ids, groups, rules. One thread. */
#ifndef ORGSYNCD_COMPILE_H
#define ORGSYNCD_COMPILE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "orgsyncd/config.h"
#include "orgsyncd/grouping.h"
#include "orgsyncd/ledger.h"
#include "orgsyncd/naming.h"
#include "orgsyncd/roster.h"

/* Which names are given. */
enum compile_names {
    COMPILE_ALL_NAMES,   /* to newcomers too */
    COMPILE_BOUND_NAMES, /* only to whom the ledger binds them: not every organization was heard */
};

struct compile_input {
    const struct config *config;
    struct ledger *ledger;
    struct roster *roster; /* one an organization, in the configuration's order */
    int64_t
        confirmed_ms[SNAPSHOT_ORGS_MAX]; /* wall clock when each was last heard from, 0 = never */
    int64_t now_ms; /* wall clock: of roles with an end those that count then give groups */
    struct org_rules org_rules[SNAPSHOT_ORGS_MAX]; /* that each makes itself */
    struct group_note *group_note;                 /* each configured group's */
    struct teams **teams, **roles;                 /* each organization's */
    enum compile_names names;
    struct newcomers *newcomers; /* who had no turn (NEWCOMERS_MAX, COMPILE_BOUND_NAMES), for
                                    compile_names; NULL: nobody asks */
    uint32_t newcomers_max;      /* so many newcomers have a name and an id at once; 0 = all */
    uint32_t epoch; /* another one when the machine's own users are others: who was settled in it
                       needs no look; 0 = all do */
    uint64_t generation;
    const char *path; /* where the snapshot goes; NULL: nowhere, it is only tried */
};

struct compile_result {
    uint32_t users, active, withheld;
    uint32_t groups;
};

/*
 * Gives every member a name and an id (in the ledger, in one transaction, before anything is
 * published), and publishes the snapshot. A member that cannot be served (no valid name, a name or
 * id that is the machine's own or somebody else's) is withheld and reported once. Of newcomers who
 * want one name, the one of the organization that stands first in the configuration has it, unless
 * that has several. Returns 0, or -1 after logging; the rosters and the ledger are then to be read
 * anew.
 */
int compile(const struct compile_input *input, struct compile_result *result);

/*
 * The same, but the snapshot is made and published by a child process, which takes the rosters as
 * they are now: that is most of the work, and grows with the members of all organizations. *FD is
 * to be given to compile_join when it becomes readable. Returns the child's pid, or -1 after
 * logging.
 */
pid_t compile_detached(const struct compile_input *input, int *fd);

/* Only gives names and ids, to the next newcomers_max of INPUT's newcomers. The cost does not grow
 * with the members, and the rosters may have changed since the last compilation. Returns 0, or -1
 * after logging. */
int compile_names(const struct compile_input *input);

/* Waits for the child's end and closes FD. Returns 0 and *RESULT, or -1 when it did not publish. */
int compile_join(pid_t pid, int fd, struct compile_result *result);

#endif
