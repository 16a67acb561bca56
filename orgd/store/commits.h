/* Commits of the organizations' histories (history.h): which organizations one transaction
 * changes, and what it adds to each one's history. */
#ifndef ORGD_STORE_COMMITS_H
#define ORGD_STORE_COMMITS_H

#include "orgd/store/database.h"

/* The members of ORGANIZATION are about to change. */
void commits_note(struct store *s, const char *organization);

/* Adds a commit to the history of each organization that was noted since store_begin. */
void commits_write(struct store *s);

/* Forgets what was noted. */
void commits_forget(struct store *s);

#endif
