/* The rows of statements that several files run: the columns from FIRST on. */
#ifndef ORGD_STORE_EACH_H
#define ORGD_STORE_EACH_H

#include "orgd/store/database.h"

/* As SELECT_ORGANIZATION, SELECT_MEMBER_OF and SELECT_ACCESS have them. MEMBER->teams and keys stay
 * until the next row. */
void organization_read(struct store *s, struct rowset *stmt, int first,
                       struct organization *organization);
void member_read(struct store *s, struct rowset *stmt, int first, struct member *member);
void access_read(struct store *s, struct rowset *stmt, int first, struct access_rule *rule);

#endif
