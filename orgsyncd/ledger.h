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
#include "common/org_rules.h"
#include "orgsyncd/placement.h"
#include "orgsyncd/roster.h"
#include "orgsyncd/teams.h"

struct ledger;

/* Groups are in the ledger beside the members, by their names, under an organization that cannot
 * exist. */
#define LEDGER_GROUPS ""

/* Opens the ledger at PATH, which is borrowed; it is made when there is none (mode 0600), and must
 * be trusted (common/file.h) when there is one. LEDGER_COPY works on a copy in memory, and leaves
 * the file as it is. NULL after logging. */
enum ledger_use { LEDGER_FILE, LEDGER_COPY };
struct ledger *ledger_open(const char *path, enum ledger_use use);
void ledger_close(struct ledger *ledger);

int ledger_begin(struct ledger *ledger);
int ledger_commit(struct ledger *ledger);

/* The rules of the organization with key ORG for this machine: what was stored last. */
int ledger_org_rules(struct ledger *ledger, const char *org, struct org_rules_kept *rules);
int ledger_store_org_rules(struct ledger *ledger, const char *org, const struct org_rules *rules);

/* Puts the teams that are stored under OWNER into TEAMS; and stores TEAM. OWNER also has their
 * numbers and names: ledger_owner. */
int ledger_load_teams(struct ledger *ledger, const char *owner, struct teams *teams);
int ledger_store_team(struct ledger *ledger, const char *owner, const struct org_team *team);

/* Who has what belongs to the teams, or to the groups of roles, of the organization with key ORG;
 * into OWNER. */
#define LEDGER_OWNER_SIZE (TEXT_MAX_LEN + 16)
enum ledger_owner { LEDGER_TEAMS, LEDGER_ROLES };
void ledger_owner(enum ledger_owner kind, const char *org, char owner[LEDGER_OWNER_SIZE]);

/* The team of ORG that is recorded for SLUG: 1 with its ID, 0 when there is none, or -1; and
 * records one. */
int ledger_team_pin(struct ledger *ledger, const char *org, const char *slug,
                    char id[TEXT_MAX_LEN + 1]);
int ledger_pin_team(struct ledger *ledger, const char *org, const char *slug, const char *id);

/* Drops what is recorded for the slugs of ORG that KEEP refuses. */
int ledger_unpin_teams(struct ledger *ledger, const char *org,
                       bool (*keep)(const char *slug, void *arg), void *arg);

/* Puts all known members of the organization with key ORG (its remote id) into ROSTER. */
int ledger_load(struct ledger *ledger, const char *org, struct roster *roster);

/* Stores MEMBER, whose uid must be allocated, and what the brake knows of it and its departure
 * where that changed. */
int ledger_store(struct ledger *ledger, const char *org, const struct roster_member *member);

enum ledger_name { LEDGER_NAME_ERROR = -1, LEDGER_NAME_FREE, LEDGER_NAME_OWN, LEDGER_NAME_TAKEN };

/* Returns the owner of NAME, as seen from (ORG, REMOTE). */
enum ledger_name ledger_name(struct ledger *ledger, const char *name, const char *org,
                             const char *remote);

/* Returns 1 if another member than (ORG, REMOTE) has NAME in the home directory, 0 if not, or -1.
 */
int ledger_home_taken(struct ledger *ledger, const char *name, const char *org, const char *remote);

/* Binds the free NAME. */
int ledger_bind(struct ledger *ledger, const char *name, const char *org, const char *remote);

/* Takes NAME from whomever it is bound to; his home keeps it. A transaction of its own. */
int ledger_unbind(struct ledger *ledger, const char *name);

/* Returns the placement of ids: the recorded one; PLACEMENT_WYHASH in a ledger that has ids and no
 * record, which is from before there was a choice; PLACEMENT_UNKNOWN in one without ids. */
enum placement ledger_placement(const struct ledger *ledger);

/* Records what ledger_placement says, or PLACEMENT where that is PLACEMENT_UNKNOWN. */
int ledger_record_placement(struct ledger *ledger, enum placement placement);

/* The range in which the ids of the organization with key ORG are placed: 1 with *RANGE filled, 0
 * when none is recorded, or -1. */
int ledger_range(struct ledger *ledger, const char *org, struct id_range *range);
int ledger_record_range(struct ledger *ledger, const char *org, const struct id_range *range);

/* The lowest and the highest id of the members of ORG: 1 with *EXTENT filled, 0 when it has none,
 * or -1. Costs as much as it has members. */
int ledger_extent(struct ledger *ledger, const char *org, struct id_range *extent);

enum owner_hash { OWNER_WYHASH, OWNER_BLAKE2B }; /* which function an identity is of */

/*
 * Keeps the id of a published user or group from being given to anybody but its owner, who has
 * IDENTITY (orgsyncd/placement.h), when the ledger does not know the id: it was restored from a
 * backup that is older than the snapshot, or is new. Of several ids with one IDENTITY, the first
 * goes to its owner and the others to nobody.
 */
int ledger_reserve(struct ledger *ledger, uint32_t id, uint64_t identity, enum owner_hash hash);

/* After so many owners in a row found no free id in a pool, it is not searched again. */
#define POOL_VAIN_MAX 64

/* Where the ids of one organization are looked for; made anew for each compile. */
struct id_pool {
    enum placement placement;
    struct id_range range;
    unsigned vain; /* owners in a row who found no free id; begins with 0 */
};

/*
 * The id of (ORG, REMOTE), allocated when it has none: the first of its PLACEMENT_PROBES ids in
 * POOL that is valid (id_valid), nobody's and no local one. LEDGER_FULL, without a line in the log
 * and with *ID as it was, when there is none. The cost has a bound, however REMOTE and those before
 * it were chosen.
 */
enum { LEDGER_FULL = 1 };
int ledger_id(struct ledger *ledger, const char *org, const char *remote, struct id_pool *pool,
              const struct local_ids *local, uint32_t *id);

#endif
