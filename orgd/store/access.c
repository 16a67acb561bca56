/* Rules who may log in where. */
#include "orgd/store/column.h"
#include "orgd/store/database.h"
#include "orgd/store/each.h"

void access_read(struct store *s, struct rowset *stmt, int first, struct access_rule *r)
{
    column_text(s, stmt, first, r->id, sizeof r->id);
    column_text(s, stmt, first + 1, r->organization, sizeof r->organization);
    column_text(s, stmt, first + 2, r->role, sizeof r->role);
    column_text(s, stmt, first + 3, r->team, sizeof r->team);
    column_text(s, stmt, first + 4, r->labels, sizeof r->labels);
    column_text(s, stmt, first + 5, r->services, sizeof r->services);
    r->created = column_number(stmt, first + 6);
    column_text(s, stmt, first + 7, r->slug, sizeof r->slug);
}

bool store_access(struct store *s, const char *id, struct access_rule *rule)
{
    struct rowset *stmt = statement_begin(s, ACCESS_BY_ID, VALUES(value_text(id)));
    bool found = statement_row(s, stmt);
    if (found)
        access_read(s, stmt, 0, rule);
    statement_end(stmt);
    return found && !s->failed;
}

void store_access_list(struct store *s, const char *organization, const struct cursor *after,
                       int limit, access_visit *each, void *arg)
{
    struct rowset *stmt =
        statement_begin(s, ACCESS_LIST,
                        VALUES(value_text(organization), value_number(after->number),
                               value_text(after->id), value_number(limit)));
    while (statement_row(s, stmt)) {
        struct access_rule rule;
        access_read(s, stmt, 0, &rule);
        each(&rule, arg);
    }
    statement_end(stmt);
}

int64_t store_access_moved(struct store *s, const char *organization)
{
    int64_t revision = store_revision_next(s, organization);
    statement_run(s, ACCESS_MOVED, VALUES(value_text(organization)));
    return revision;
}

void store_access_add(struct store *s, const struct access_rule *r)
{
    need_lock(s, r->organization);
    statement_run(s, ACCESS_ADD,
                  VALUES(value_text(r->id), value_text(r->organization), value_text(r->role),
                         value_text(r->team), value_text(r->labels), value_text(r->services),
                         value_number(r->created)));
    statement_run(s, ACCESS_MORE, VALUES(value_text(r->organization)));
}

void store_access_remove(struct store *s, const char *organization, const char *id)
{
    need_lock(s, organization);
    statement_run(s, ACCESS_REMOVE, VALUES(value_text(id)));
}
