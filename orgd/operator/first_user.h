/* The first user of a data file, who can create an organization and invite the others. */
#ifndef ORGD_OPERATOR_FIRST_USER_H
#define ORGD_OPERATOR_FIRST_USER_H

#include <stdbool.h>

#include "orgd/operator/options.h"
#include "orgd/store/store.h"

/* True if the token must not be printed, as standard output is the journal. */
bool first_user_exposed(void);

/* Fills the names of the first user from the options, which have an owner. False after one line on
 * stderr. */
bool first_user_name(const struct options *o, struct user *user);

/*
 * Makes the user and a token of the user, within a change of STORE, which has no user. The token,
 * KEY:SECRET, is a line of standard output, which is written before the caller commits, as the
 * token cannot be read again. False after one line on stderr; the caller rolls back.
 */
bool first_user_make(struct store *store, const struct options *o, struct user *user);

#endif
