/* Commits of the organizations' histories (history.h): the organizations whose members one
 * transaction changes, and the commit that each of them gets. */
#ifndef ORGD_STORE_COMMITS_H
#define ORGD_STORE_COMMITS_H

#include "orgd/store/database.h"

/* The members of ORGANIZATION are about to change. */
void commits_note(struct store *s, const char *organization);

/* Adds a commit to the history of each organization that was noted since store_begin. */
void commits_write(struct store *s);

/* Forgets the organizations that were noted. */
void commits_forget(struct store *s);

#endif
