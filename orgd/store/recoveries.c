/* Codes that open an account whose tokens are lost. */
#include "orgd/store/column.h"
#include "orgd/store/database.h"

#define KEPT_MS (24LL * 3600 * 1000) /* to be counted */

bool store_recovery(struct store *s, const char *id, struct recovery *recovery)
{
    struct rowset *stmt = statement_begin(s, RECOVERY_BY_ID, VALUES(value_text(id)));
    bool found = statement_row(s, stmt);
    if (found) {
        column_text(s, stmt, 0, recovery->id, sizeof recovery->id);
        column_text(s, stmt, 1, recovery->user, sizeof recovery->user);
        column_hash(s, stmt, 2, recovery->hash);
        recovery->created = column_number(stmt, 3);
        recovery->expires = column_number(stmt, 4);
    }
    statement_end(stmt);
    return found && !s->failed;
}

int64_t store_recovery_count(struct store *s, const char *user, int64_t since)
{
    return statement_number(s, RECOVERY_COUNT, VALUES(value_text(user), value_number(since)));
}

void store_recovery_add(struct store *s, const struct recovery *r)
{
    statement_run(s, RECOVERY_PRUNE, VALUES(value_number(r->created - KEPT_MS)));
    store_recovery_end(s, r->user);
    statement_run(s, RECOVERY_PUT,
                  VALUES(value_text(r->id), value_text(r->user), value_hash(r->hash),
                         value_number(r->created), value_number(r->expires)));
}

void store_recovery_end(struct store *s, const char *user)
{
    statement_run(s, RECOVERY_END, VALUES(value_text(user)));
}
