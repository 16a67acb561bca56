/* Programs that wait for a person's approval on the page. */
#include "orgd/store/column.h"
#include "orgd/store/database.h"

static bool take_grant(struct store *s, struct rowset *stmt, struct device_grant *grant)
{
    bool found = statement_row(s, stmt);
    if (found) {
        column_text(s, stmt, 0, grant->id, sizeof grant->id);
        column_hash(s, stmt, 1, grant->hash);
        column_text(s, stmt, 2, grant->user_code, sizeof grant->user_code);
        column_text(s, stmt, 3, grant->host, sizeof grant->host);
        column_text(s, stmt, 4, grant->asked.from, sizeof grant->asked.from);
        grant->asked.at = column_number(stmt, 5);
        grant->expires = column_number(stmt, 6);
        grant->poll_at = column_number(stmt, 7);
        grant->poll_ms = column_number(stmt, 8);
        grant->state = (enum grant_state)column_number(stmt, 9);
        column_text(s, stmt, 10, grant->token, sizeof grant->token);
    }
    statement_end(stmt);
    return found && !s->failed;
}

bool store_grant(struct store *s, const char *id, struct device_grant *grant)
{
    return take_grant(s, statement_begin(s, GRANT_BY_ID, VALUES(value_text(id))), grant);
}

bool store_grant_by_code(struct store *s, const char *user_code, struct device_grant *grant)
{
    return take_grant(s, statement_begin(s, GRANT_BY_CODE, VALUES(value_text(user_code))), grant);
}

int64_t store_grants_left(struct store *s, int64_t past, int64_t now)
{
    statement_run(s, GRANT_PRUNE, VALUES(value_number(past)));
    return statement_number(s, GRANT_COUNT, VALUES(value_number(now)));
}

void store_grant_add(struct store *s, const struct device_grant *g)
{
    statement_run(s, GRANT_ADD,
                  VALUES(value_text(g->id), value_hash(g->hash), value_text(g->user_code),
                         value_text(g->host), value_text(g->asked.from), value_number(g->asked.at),
                         value_number(g->expires), value_number(g->poll_at),
                         value_number(g->poll_ms)));
}

void store_grant_polled(struct store *s, const struct device_grant *g)
{
    statement_run(s, GRANT_POLLED,
                  VALUES(value_text(g->id), value_number(g->poll_at), value_number(g->poll_ms)));
}

bool store_grant_decide(struct store *s, const struct device_grant *g)
{
    statement_run(s, GRANT_DECIDE,
                  VALUES(value_text(g->id), value_number(g->state), value_text(g->token)));
    return statement_changes(s) > 0 && !s->failed;
}

bool store_grant_remove(struct store *s, const char *id)
{
    statement_run(s, GRANT_REMOVE, VALUES(value_text(id)));
    return statement_changes(s) > 0 && !s->failed;
}
