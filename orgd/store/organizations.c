/* Organizations, and those that a user is a member of. */
#include "orgd/store/column.h"
#include "orgd/store/commits.h"
#include "orgd/store/database.h"

static void take_organization(struct store *s, sqlite3_stmt *stmt, struct organization *o)
{
    column_text(s, stmt, 0, o->id, sizeof o->id);
    column_text(s, stmt, 1, o->name, sizeof o->name);
    o->created = sqlite3_column_int64(stmt, 2);
    o->revision = sqlite3_column_int64(stmt, 3);
    o->self_rename = sqlite3_column_int(stmt, 4) != 0;
}

bool store_organization(struct store *s, const char *id, struct organization *organization)
{
    sqlite3_stmt *stmt = statement_begin(s, ORGANIZATION_BY_ID, VALUES(value_text(id)));
    bool found = statement_row(s, stmt);
    if (found) {
        take_organization(s, stmt, organization);
        organization->commit.number = sqlite3_column_int64(stmt, 5);
        column_tag(s, stmt, 6, organization->commit.tag);
    }
    statement_end(stmt);
    return found && !s->failed;
}

void store_organization_add(struct store *s, const struct organization *o)
{
    statement_run(s, ORGANIZATION_ADD,
                  VALUES(value_text(o->id), value_text(o->name), value_number(o->created),
                         value_number(o->revision), value_number(o->self_rename)));
}

void store_organization_update(struct store *s, const struct organization *o)
{
    statement_run(s, ORGANIZATION_UPDATE,
                  VALUES(value_text(o->id), value_text(o->name), value_number(o->self_rename)));
}

void store_organization_remove(struct store *s, const char *id)
{
    static const enum statement parts[] = {CLEAR_MEMBERS,      CLEAR_INVITATIONS, CLEAR_JOIN_CODES,
                                           CLEAR_TOKENS,       CLEAR_ROLES,       CLEAR_COMMITS,
                                           ORGANIZATION_REMOVE};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        statement_run(s, parts[i], VALUES(value_text(id)));
}

int64_t store_revision_next(struct store *s, const char *organization)
{
    commits_note(s, organization);
    statement_run(s, REVISION_NEXT, VALUES(value_text(organization)));
    return statement_number(s, REVISION, VALUES(value_text(organization)));
}

void store_memberships(struct store *s, const char *user, int64_t proved, membership_visit *each,
                       void *arg)
{
    sqlite3_stmt *stmt =
        statement_begin(s, MEMBERSHIP_LIST, VALUES(value_text(user), value_number(proved)));
    while (statement_row(s, stmt)) {
        struct organization organization;
        struct role role;
        take_organization(s, stmt, &organization);
        column_role(s, stmt, 5, &role);
        each(&organization, &role, arg);
    }
    statement_end(stmt);
}
