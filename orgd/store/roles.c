/* The organizations' own roles. */
#include "orgd/store/chores.h"
#include "orgd/store/column.h"
#include "orgd/store/commits.h"
#include "orgd/store/database.h"

static void take_own_role(struct store *s, struct rowset *stmt, struct role *role)
{
    column_text(s, stmt, 0, role->name, sizeof role->name);
    role->permissions = (unsigned)column_number(stmt, 1) & PERMISSIONS_ALL;
}

bool store_role(struct store *s, const char *organization, const char *name, struct role *role)
{
    struct rowset *stmt =
        statement_begin(s, ROLE_BY_NAME, VALUES(value_text(organization), value_text(name)));
    bool found = statement_row(s, stmt);
    if (found)
        take_own_role(s, stmt, role);
    statement_end(stmt);
    return found && !s->failed;
}

void store_roles(struct store *s, const char *organization, role_visit *each, void *arg)
{
    struct rowset *stmt = statement_begin(s, ROLE_LIST, VALUES(value_text(organization)));
    while (statement_row(s, stmt)) {
        struct role role;
        take_own_role(s, stmt, &role);
        each(&role, arg);
    }
    statement_end(stmt);
}

int64_t store_role_count(struct store *s, const char *organization)
{
    return statement_number(s, ROLE_COUNT, VALUES(value_text(organization)));
}

void store_role_put(struct store *s, const char *organization, const struct role *role)
{
    need_lock(s, organization);
    statement_run(
        s, ROLE_PUT,
        VALUES(value_text(organization), value_text(role->name), value_number(role->permissions)));
}

void store_role_remove(struct store *s, const char *organization, const char *name, int64_t now)
{
    need_lock(s, organization);
    statement_run(s, INVITATION_PRUNE, VALUES(value_text(organization), value_number(now)));
    statement_run(s, ROLE_REMOVE, VALUES(value_text(organization), value_text(name)));
}

bool store_role_used(struct store *s, const char *organization, const char *name, int64_t now)
{
    return statement_any(s, ROLE_USED,
                         VALUES(value_text(organization), value_text(name), value_number(now)));
}

void store_role_touch(struct store *s, const char *organization, const char *name)
{
    chore_touch_role(s, organization, name);
}
