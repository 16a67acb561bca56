/*
 * The ledger: which id and which name belong to whom, for ever, and the last known state of every
 * member, so that a restart needs no network. SQLite at PATH_LEDGER. An id is written here before
 * it is served, and neither an id nor a name is ever given to anybody else. One thread. Functions
 * return 0, or -1 after logging what went wrong.
 */
#ifndef ORGSYNCD_LEDGER_H
#define ORGSYNCD_LEDGER_H

#include <stdbool.h>
#include <stdint.h>

#include "common/local.h"
#include "orgsyncd/roster.h"

struct ledger;

/* Opens the ledger at PATH, which is borrowed; it is made when there is none (mode 0600), and must
 * be trusted (common/file.h) when there is one. With DRY it works on a copy in memory. NULL after
 * logging. */
struct ledger *ledger_open(const char *path, bool dry);
void ledger_close(struct ledger *ledger);

int ledger_begin(struct ledger *ledger);
int ledger_commit(struct ledger *ledger);

/* Puts all known members of the organization with key ORG (its remote id) into ROSTER. */
int ledger_load(struct ledger *ledger, const char *org, struct roster *roster);

/* Stores MEMBER, whose uid must be allocated, and what the brake knows of it where that changed. */
int ledger_store(struct ledger *ledger, const char *org, const struct roster_member *member);

enum ledger_name { LEDGER_NAME_ERROR = -1, LEDGER_NAME_FREE, LEDGER_NAME_OWN, LEDGER_NAME_TAKEN };

/* Whose is NAME? */
enum ledger_name ledger_name(struct ledger *ledger, const char *name, const char *org,
                             const char *remote);

/* Is NAME in the home directory of another member than (ORG, REMOTE)? 1, 0 or -1. */
int ledger_home_taken(struct ledger *ledger, const char *name, const char *org, const char *remote);

/* Binds the free NAME. */
int ledger_bind(struct ledger *ledger, const char *name, const char *org, const char *remote);

/* Takes NAME from whomever it is bound to; his home keeps it. A transaction of its own. */
int ledger_unbind(struct ledger *ledger, const char *name);

/* Whose an id is, in 64 bits: what the snapshot remembers of a member's key. */
uint64_t ledger_identity(const char *org, const char *remote);

/*
 * Keeps the id of a published user from being given to anybody but IDENTITY, when the ledger does
 * not know the id: it was restored from a backup that is older than the snapshot.
 */
int ledger_reserve(struct ledger *ledger, uint32_t id, uint64_t identity);

struct id_range {
    uint32_t first, last;
    bool full; /* it was searched for a free id in vain, which is not done again */
};

/*
 * The id of (ORG, REMOTE), allocated when it has none: the first id from RANGE's first +
 * hash64("ORG/REMOTE") mod the range on, wrapping, that is valid (id_valid), nobody's and no local
 * one. LEDGER_FULL, without a line in the log, when there is none.
 */
enum { LEDGER_FULL = 1 };
int ledger_id(struct ledger *ledger, const char *org, const char *remote, struct id_range *range,
              const struct local_ids *local, uint32_t *id);

#endif
