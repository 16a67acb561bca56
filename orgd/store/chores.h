/* Work that goes through many rows (store_chore in store.h): its beginning. */
#ifndef ORGD_STORE_CHORES_H
#define ORGD_STORE_CHORES_H

#include "orgd/store/database.h"

/* Gives the active members of ORGANIZATION that have ROLE, those in TEAM, or all, new revisions: a
 * slice of them now. */
void chore_touch_role(struct store *s, const char *organization, const char *role);
void chore_touch_team(struct store *s, const char *organization, const char *team);
void chore_touch_all(struct store *s, const char *organization);

/* Takes a slice of the members out of TEAM, which is marked as deleted, and TEAM with the last. */
void chore_remove_team(struct store *s, const char *organization, const char *team);

/* Removes a slice of what is in ORGANIZATION, which is marked as deleted, and it with the last. */
void chore_remove_organization(struct store *s, const char *organization);

#endif
