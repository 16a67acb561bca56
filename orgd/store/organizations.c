/* Organizations. */
#include "orgd/store/chores.h"
#include "orgd/store/column.h"
#include "orgd/store/commits.h"
#include "orgd/store/database.h"
#include "orgd/store/each.h"

void organization_read(struct store *s, struct rowset *stmt, int first, struct organization *o)
{
    column_organization(s, stmt, first, o);
    o->commit.number = column_number(stmt, first + 9);
    column_tag(s, stmt, first + 10, o->commit.tag);
    o->access_rules = column_number(stmt, first + 11);
    o->access_revision = column_number(stmt, first + 12);
    o->mirrored = column_number(stmt, first + 13) != 0;
    o->unread = column_number(stmt, first + 13) == 2;
}

bool store_organization(struct store *s, const char *id, struct organization *organization)
{
    struct rowset *stmt = statement_begin(s, ORGANIZATION_BY_ID, VALUES(value_text(id)));
    bool found = statement_row(s, stmt);
    if (found)
        organization_read(s, stmt, 0, organization);
    statement_end(stmt);
    return found && !s->failed;
}

void store_organization_add(struct store *s, const struct organization *o)
{
    store_lock(s, o->id);
    statement_run(s, ORGANIZATION_ADD,
                  VALUES(value_text(o->id), value_text(o->name), value_number(o->created),
                         value_number(o->revision), value_number(o->self_rename),
                         value_number(o->keys.admins), value_number(o->keys.days),
                         value_number(o->keys.security), value_number(o->show_machines)));
}

void store_organization_update(struct store *s, const struct organization *o)
{
    need_lock(s, o->id);
    statement_run(s, ORGANIZATION_UPDATE,
                  VALUES(value_text(o->id), value_text(o->name), value_number(o->self_rename),
                         value_number(o->keys.admins), value_number(o->keys.days),
                         value_number(o->keys.security), value_number(o->show_machines)));
}

void store_organization_remove(struct store *s, const char *id, int64_t now)
{
    need_lock(s, id);
    statement_run(s, ORGANIZATION_DELETED, VALUES(value_text(id), value_number(now)));
    chore_remove_organization(s, id);
}

int64_t store_revision_next(struct store *s, const char *organization)
{
    commits_note(s, organization);
    statement_run(s, REVISION_NEXT, VALUES(value_text(organization)));
    return statement_number(s, REVISION, VALUES(value_text(organization)));
}

bool store_organization_named(struct store *s, const char *name, struct organization *organization)
{
    char id[ID_SIZE] = "";
    struct rowset *stmt = statement_begin(s, ORGANIZATION_BY_NAME, VALUES(value_text(name)));
    if (statement_row(s, stmt))
        column_text(s, stmt, 0, id, sizeof id);
    bool one = id[0] && !statement_row(s, stmt);
    statement_end(stmt);
    return one && store_organization(s, id, organization);
}

void store_organizations(struct store *s, const struct cursor *after, int limit,
                         organization_visit *each, void *arg)
{
    struct rowset *stmt = statement_begin(
        s, ORGANIZATION_LIST,
        VALUES(value_number(after->number), value_text(after->id), value_number(limit)));
    while (statement_row(s, stmt)) {
        struct organization organization;
        column_organization(s, stmt, 0, &organization);
        each(&organization, arg);
    }
    statement_end(stmt);
}
