/*
 * The teams that orglogin.conf names, by id or slug. A rule goes by the id: a slug is looked up
 * once and recorded, so that no other team takes over what it gives by taking its name. One thread.
 */
#ifndef ORGSYNCD_TEAM_RULES_H
#define ORGSYNCD_TEAM_RULES_H

#include <stdbool.h>

#include "orgsyncd/config.h"
#include "orgsyncd/ledger.h"
#include "orgsyncd/teams.h"

/* Puts the teams of ORG that CONFIG names into the roles of its rules and groups, as far as TEAMS
 * has them. Returns 1 if those are others now, 0, or -1 when out of memory or by the ledger. */
int team_rules_resolve(const struct config *config, const struct config_org *org,
                       const struct teams *teams, struct ledger *ledger);

/* The same when the keeper begins: forgets which team a slug was that CONFIG does not name any
 * more. Returns 0 or -1. */
int team_rules_begin(const struct config *config, const struct config_org *org,
                     const struct teams *teams, struct ledger *ledger);

/* Prints, for orgsyncd --check, which team each of those names is. */
void team_rules_print(const struct config *config, const struct config_org *org,
                      const struct teams *teams, struct ledger *ledger);

#endif
