/* Mirrored organizations: how their sources are read, and the members that were read there. */
#include "orgd/store/mirrors.h"

#include "orgd/store/column.h"
#include "orgd/store/commits.h"

static void take_mirror(struct store *s, struct rowset *stmt, struct mirror *m)
{
    column_text(s, stmt, 0, m->organization, sizeof m->organization);
    column_text(s, stmt, 1, m->provider, sizeof m->provider);
    column_text(s, stmt, 2, m->url, sizeof m->url);
    column_text(s, stmt, 3, m->token_file, sizeof m->token_file);
    column_text(s, stmt, 4, m->ca_file, sizeof m->ca_file);
    column_text(s, stmt, 5, m->proxy, sizeof m->proxy);
    column_text(s, stmt, 6, m->options, sizeof m->options);
    column_text(s, stmt, 7, m->hook_file, sizeof m->hook_file);
    m->poll_ms = column_number(stmt, 8);
    m->turn = column_number(stmt, 9);
    m->applied = column_number(stmt, 10);
    m->read = column_number(stmt, 11);
    m->failed = column_number(stmt, 12);
    column_text(s, stmt, 13, m->failure, sizeof m->failure);
}

bool store_mirror(struct store *s, const char *organization, struct mirror *mirror)
{
    struct rowset *stmt = statement_begin(s, MIRROR_BY_ID, VALUES(value_text(organization)));
    bool found = statement_row(s, stmt);
    if (found)
        take_mirror(s, stmt, mirror);
    statement_end(stmt);
    return found && !s->failed;
}

bool mirror_there(struct store *s, const char *organization)
{
    return statement_any(s, MIRROR_TURN, VALUES(value_text(organization)));
}

void store_mirrors(struct store *s, const char *after, int limit, mirror_visit *each, void *arg)
{
    struct rowset *stmt =
        statement_begin(s, MIRROR_LIST, VALUES(value_text(after), value_number(limit)));
    while (statement_row(s, stmt)) {
        struct mirror mirror;
        take_mirror(s, stmt, &mirror);
        each(&mirror, arg);
    }
    statement_end(stmt);
}

void store_mirror_add(struct store *s, const struct mirror *m)
{
    need_lock(s, m->organization);
    statement_run(s, MIRROR_ADD,
                  VALUES(value_text(m->organization), value_text(m->provider), value_text(m->url),
                         value_text(m->token_file), value_text(m->ca_file), value_text(m->proxy),
                         value_text(m->options), value_text(m->hook_file), value_number(m->poll_ms),
                         value_number(m->turn)));
}

int64_t store_mirror_begin(struct store *s, const char *organization)
{
    need_lock(s, organization);
    statement_run(s, MIRROR_BEGIN, VALUES(value_text(organization)));
    return statement_number(s, MIRROR_TURN, VALUES(value_text(organization)));
}

int64_t store_mirror_applied(struct store *s, const char *organization)
{
    return statement_number(s, MIRROR_APPLIED, VALUES(value_text(organization)));
}

void store_mirror_claim(struct store *s, const char *organization, int64_t turn)
{
    need_lock(s, organization);
    statement_run(s, MIRROR_CLAIM, VALUES(value_text(organization), value_number(turn)));
}

void store_mirror_read(struct store *s, const char *organization, int64_t read)
{
    need_lock(s, organization);
    statement_run(s, MIRROR_READ, VALUES(value_text(organization), value_number(read)));
}

void store_mirror_failed(struct store *s, const char *organization, int64_t failed, const char *why)
{
    need_lock(s, organization);
    statement_run(s, MIRROR_FAILED,
                  VALUES(value_text(organization), value_number(failed), value_text(why)));
}

/* --- members --- */

/* The row of STMT, for as long as it is there; false when it is damaged. */
static bool take_mirrored(struct store *s, const struct rowset *stmt, struct mirrored *m)
{
    *m = (struct mirrored){.id = column_lent(stmt, 0),
                           .revision = column_number(stmt, 1),
                           .there = column_number(stmt, 2) != 0,
                           .record = column_lent(stmt, 3),
                           .keys = column_lent(stmt, 4)};
    if (m->id && m->record && m->keys)
        return true;
    store_fail(s, "a mirrored member has no record");
    return false;
}

static void each_mirrored(struct store *s, struct rowset *stmt, mirrored_visit *each, void *arg)
{
    struct mirrored member;
    while (statement_row(s, stmt) && take_mirrored(s, stmt, &member))
        each(&member, arg);
    statement_end(stmt);
}

bool store_mirrored(struct store *s, const char *organization, const char *id, mirrored_visit *each,
                    void *arg)
{
    struct mirrored member;
    struct rowset *stmt =
        statement_begin(s, MIRRORED_BY_ID, VALUES(value_text(organization), value_text(id)));
    bool found = statement_row(s, stmt) && take_mirrored(s, stmt, &member);
    if (found)
        each(&member, arg);
    statement_end(stmt);
    return found;
}

void store_mirrored_walk(struct store *s, const char *organization, const char *after, int limit,
                         mirrored_visit *each, void *arg)
{
    each_mirrored(
        s,
        statement_begin(s, MIRRORED_WALK,
                        VALUES(value_text(organization), value_text(after), value_number(limit))),
        each, arg);
}

void mirrored_list(struct store *s, enum statement which, const char *organization, int64_t since,
                   int limit, mirrored_visit *each, void *arg)
{
    each_mirrored(
        s,
        statement_begin(s, which,
                        VALUES(value_text(organization), value_number(since), value_number(limit))),
        each, arg);
}

int64_t store_mirrored_count(struct store *s, const char *organization)
{
    return statement_number(s, MIRRORED_COUNT, VALUES(value_text(organization)));
}

void store_mirrored_put(struct store *s, const char *organization, const struct mirrored *members,
                        size_t count)
{
    if (count == 0)
        return;
    commits_note(s, organization);
    int64_t revision = statement_number(s, REVISION, VALUES(value_text(organization)));
    for (size_t i = 0; i < count; i++)
        statement_run(s, MIRRORED_PUT,
                      VALUES(value_text(organization), value_text(members[i].id),
                             value_number(++revision), value_number(members[i].there),
                             value_text(members[i].record), value_text(members[i].keys)));
    statement_run(s, REVISION_SET, VALUES(value_text(organization), value_number(revision)));
}
