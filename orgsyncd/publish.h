/*
 * Publishes the snapshot of all organizations: decides when one is due, compiles it, in a child
 * process where there are many members, and gives newcomers their names when that can be decided.
 * One thread. Functions that return an int return 0, or -1 after logging; the keeper is then to
 * end, and the next one begins with the state on disk.
 */
#ifndef ORGSYNCD_PUBLISH_H
#define ORGSYNCD_PUBLISH_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "common/local.h"
#include "orgsyncd/compile.h"
#include "orgsyncd/mode.h"
#include "orgsyncd/organization.h"

/* The share of one organization in the time that snapshots take: see publisher_run. */
struct pace {
    int64_t debt_ms, debt_at_ms; /* the unpaid part of that time, and when it was computed */
    int64_t due_ms;              /* its news is not published before this: clock_mono_ms */
};

/* The first four members are set by the caller, the others are zero; the callers of the functions
 * below only read them. */
struct publisher {
    struct organizations *orgs;
    enum keeper_mode mode;
    int64_t begun_ms;    /* when the keeper began: clock_mono_ms */
    uint64_t generation; /* of the snapshot in force, 0 = there is none */

    struct compile_result result; /* of the last snapshot */
    int64_t made_ms;              /* when the last publication began whose snapshot is in force */
    int64_t publish_ms;           /* the duration of the last compilation and publication */
    struct stat snapshot;         /* the last published file */

    pid_t child;      /* publishes a snapshot; 0 = there is no child */
    int child_fd;     /* readable when the child has ended */
    int64_t begin_ms; /* when the last publication began: clock_mono_ms */

    bool names_due; /* every organization was tried, so that the winner of a name does not depend
                       on the order of the answers */
    bool partial;   /* the last compilation saw an answer that was merged in part */
    bool owed;      /* a snapshot is due for another reason than news */
    struct newcomers newcomers;

    struct pace pace[SNAPSHOT_ORGS_MAX];
    int64_t recorded_ms[SNAPSHOT_ORGS_MAX]; /* the confirmed_ms in the file */
    struct group_note *group_note;          /* each configured group's */
    struct teams *teams[SNAPSHOT_ORGS_MAX], *roles[SNAPSHOT_ORGS_MAX]; /* the organizations' */
    struct local_stamp local; /* of the machine's users in the last compilation */
    uint32_t epoch;           /* compile.h */
    int64_t epoch_ms;         /* when it began: clock_mono_ms */
};

/* Publishes the rosters now. No child may be running. With many members it only starts one. */
int publisher_publish(struct publisher *p);

/*
 * Publishes the news that is due, and names the next newcomers when that is possible; beside a
 * child, so that their number causes no delay. Before every organization was tried (or, in a
 * service, had 15 s for that), nothing is published unless an earlier snapshot exists. News of an
 * organization for which snapshots took more than half of the time lately is due later, so that
 * it does not delay the others' news.
 */
int publisher_run(struct publisher *p);

/* When publisher_run has work to do (clock_mono_ms), INT64_MAX when only an event can change that.
 */
int64_t publisher_due(const struct publisher *p);

/* An answer of O is merged with RESULT: publishes it, when it is due, if a member changed or a
 * snapshot is owed; otherwise records the confirmation. */
int publisher_take(struct publisher *p, const struct org_state *o, enum merge_result result);

/* O was heard from: records that in the snapshot in force. When the machine's users have changed or
 * the file is not the published one, a new snapshot is published instead. */
int publisher_confirm(struct publisher *p, const struct org_state *o);

/* The rosters or the ledger were changed by the keeper itself: publishes as soon as possible. */
int publisher_request(struct publisher *p);

/* Waits for the end of the child. */
int publisher_join(struct publisher *p);

/* Publishes all that is not published yet, and waits for the child. */
int publisher_finish(struct publisher *p);

#endif
