/*
 * Which member has which name. Names that somebody else than root chose never mean something to
 * this machine: what a member may be called is decided here, and what is bound to whom is in the
 * ledger. One thread.
 */
#ifndef ORGSYNCD_NAMING_H
#define ORGSYNCD_NAMING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/local.h"
#include "orgsyncd/config.h"
#include "orgsyncd/ledger.h"
#include "orgsyncd/roster.h"
#include "orgsyncd/text_map.h"

/* A member who wants a name that nobody has yet. By id, since the rosters may change before it is
 * his turn. */
struct newcomer {
    char wanted[NAME_MAX_LEN + 1];
    uint32_t org;
    char *id;
    struct roster_member *member; /* in his turn; NULL when there is no such newcomer any more */
};

/* Begins zero. Until the next compilation has looked at everybody, those from NEXT on have had no
 * turn. */
struct newcomers {
    struct newcomer *list;
    size_t count, next, room;
    bool sorted;
    uint32_t left[SNAPSHOT_ORGS_MAX]; /* how many from NEXT on are each organization's */
};

void newcomers_free(struct newcomers *newcomers);

/* The state of one compilation. CONFIG, LEDGER, LOCAL, ROSTER and NEWCOMERS are set by the caller
 * and borrowed, the rest is zero. */
struct naming {
    const struct config *config;
    struct ledger *ledger;
    const struct local_ids *local;
    const struct roster *roster; /* one an organization */
    struct newcomers *newcomers;
    struct text_map groups; /* configured ones: naming.c */
    uint32_t complaints;
    bool failed; /* the ledger or memory: the result of the compilation is not to be used */
};

/* Prepares the rest. False when out of memory. */
bool naming_begin(struct naming *n);

/* Notes that /etc/group lacks the group NAME, which the configuration maps: NAME stays the
 * machine's. NAME is borrowed. */
void naming_await_group(struct naming *n, const char *name);

/* True if NAME is the machine's own: a user of /etc/passwd, a group of /etc/group, or a mapped
 * group. */
bool naming_machine_has(const struct naming *n, const char *name);

/* Why nobody but the machine may have NAME, not even a member who had it before: a static text,
 * NULL when a member may. */
const char *naming_forbidden(const struct naming *n, const char *name);

/* Why a group that somebody else than root named is not called NAME: a static text, or NULL. What
 * is bound to whom is another question. */
const char *naming_group_fault(const struct naming *n, const char *name);

/*
 * Decides, for each member of organization ORG (index) in turn, as far as it does not depend on
 * other newcomers: sets WANTED, RESERVED and, where the ledger has it bound to the member, NAME.
 * Who wants one that nobody has yet is added to the newcomers.
 */
void naming_visit(struct naming *n, uint32_t org, struct roster_member *m);

/*
 * Gives newcomers the names that naming_visit left open, to the next MOST of them (0 = to none).
 * Who is more than invited comes before who is not; of several organizations the one that stands
 * first in the configuration; of several members of that one nobody.
 */
void naming_settle_newcomers(struct naming *n, uint32_t most);

/* True when M's name may also be the name of a group of his own. */
bool naming_private_group(const struct naming *n, const struct roster_member *m);

/* Reports COMPLAINT (static) about member M of organization ORG, once until it is another one. */
void naming_complain(struct naming *n, uint32_t org, struct roster_member *m,
                     const char *complaint);

/* Logs how many complaints had no line of their own, and frees what naming_begin made. */
void naming_end(struct naming *n);

#endif
