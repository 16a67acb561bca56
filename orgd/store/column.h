/*
 * Reads the columns of a statement's row into the records of store.h. COLUMN is the first one, from
 * 0. A value that does not fit was not written by orgd: then the store has failed.
 */
#ifndef ORGD_STORE_COLUMN_H
#define ORGD_STORE_COLUMN_H

#include "orgd/store/database.h"

/* One column: a number, or whether something is so; 0 for NULL. */
int64_t column_number(const struct rowset *stmt, int column);

/* One column, for as long as the row is the statement's; NULL for NULL. */
const char *column_lent(const struct rowset *stmt, int column);

/* One column; "" for NULL. */
void column_text(struct store *s, struct rowset *stmt, int column, char *out, size_t size);

/* One column: SECRET_HASH_SIZE bytes. */
void column_hash(struct store *s, struct rowset *stmt, int column, unsigned char *out);

/* One column: HISTORY_TAG_SIZE bytes, zeros for an organization that has no commit yet. */
void column_tag(struct store *s, struct rowset *stmt, int column, unsigned char *out);

/* Two columns: a role's name, and its permissions if it is the organization's own. Another name is
 * a failure. */
void column_role(struct store *s, struct rowset *stmt, int column, struct role *role);
/* The same for a role that may be gone: then it permits nothing. */
void column_role_or_gone(struct store *s, struct rowset *stmt, int column, struct role *role);

/* Six columns: id, email, username, name, created_at, disabled_at. */
void column_user(struct store *s, struct rowset *stmt, int column, struct user *user);

/* Nine columns: id, name, created_at, revision, self_rename, key_admins, key_days, key_security,
 * show_machines. */
void column_organization(struct store *s, struct rowset *stmt, int column, struct organization *o);

/* Two columns: a maker's id and his username. */
void column_maker(struct store *s, struct rowset *stmt, int column, struct maker *maker);

/* Two columns: the time and origin of the last use. */
void column_use(struct store *s, struct rowset *stmt, int column, struct use *use);

#endif
