/* Members and tombstones. */
#include "orgd/now.h"
#include "orgd/store/chores.h"
#include "orgd/store/column.h"
#include "orgd/store/database.h"
#include "orgd/store/each.h"
#include "orgd/store/mirrors.h"

/* The role of MEMBER, who is active: its end counts at once, whether or not it is stored yet. */
static void take_role(struct store *s, struct rowset *stmt, int first, struct member *member)
{
    column_role(s, stmt, first + 6, &member->role);
    if (member->term.ends == 0)
        return;
    column_role(s, stmt, first + 14, &member->term.after);
    if (member->term.ends > now_ms())
        return;
    member->role = member->term.after;
    member->term = (struct role_term){0};
}

/* The columns that statements.h calls MEMBER_COLUMNS, from FIRST on. */
static void take_member(struct store *s, struct rowset *stmt, int first, struct member *member)
{
    column_user(s, stmt, first, &member->user);
    member->active = column_number(stmt, first + 8) != 0;
    member->joined = column_number(stmt, first + 9);
    member->revision = column_number(stmt, first + 10);
    member->removed = column_number(stmt, first + 11);
    member->suspended = column_number(stmt, first + 12);
    member->term = (struct role_term){.ends = column_number(stmt, first + 13)};
    member->teams = member->keys = NULL;
    member->mirrored = NULL;
    if (member->active)
        take_role(s, stmt, first, member);
    else
        column_role_or_gone(s, stmt, first + 6, &member->role);
}

enum membership_state membership_state(const struct member *member)
{
    if (!member->active)
        return MEMBERSHIP_REMOVED;
    return member->suspended || member->user.disabled ? MEMBERSHIP_SUSPENDED : MEMBERSHIP_ACTIVE;
}

bool store_member(struct store *s, const char *organization, const char *user,
                  struct member *member)
{
    struct rowset *stmt =
        statement_begin(s, MEMBER_BY_USER, VALUES(value_text(organization), value_text(user)));
    bool found = statement_row(s, stmt);
    if (found)
        take_member(s, stmt, 0, member);
    statement_end(stmt);
    return found && !s->failed;
}

void store_member_put(struct store *s, const char *organization, const struct member *member)
{
    need_lock(s, organization);
    statement_run(s, MEMBER_PUT,
                  VALUES(value_text(organization), value_text(member->user.id),
                         value_text(member->role.name), value_number(member->active),
                         value_number(member->joined), value_number(member->revision),
                         value_number(member->removed), value_number(member->suspended),
                         value_number(member->term.ends), value_text(member->term.after.name)));
}

bool store_term_over(struct store *s, int64_t now, char organization[ID_SIZE], char user[ID_SIZE],
                     char role[ROLE_SIZE])
{
    struct rowset *stmt = statement_begin(s, TERM_OVER, VALUES(value_number(now)));
    bool found = statement_row(s, stmt);
    if (found) {
        column_text(s, stmt, 0, organization, ID_SIZE);
        column_text(s, stmt, 1, user, ID_SIZE);
        column_text(s, stmt, 2, role, ROLE_SIZE);
    }
    statement_end(stmt);
    return found && !s->failed;
}

void store_members_touch(struct store *s, const char *organization)
{
    chore_touch_all(s, organization);
}

int64_t store_owners(struct store *s, const char *organization)
{
    return statement_number(s, OWNER_COUNT, VALUES(value_text(organization)));
}

int64_t store_member_count(struct store *s, const char *organization, int64_t most)
{
    return statement_number(s, MEMBER_COUNT, VALUES(value_text(organization), value_number(most)));
}

int64_t store_membership_count(struct store *s, const char *user)
{
    return statement_number(s, MEMBERSHIP_COUNT, VALUES(value_text(user)));
}

int64_t store_membership_count_owned(struct store *s, const char *user)
{
    return statement_number(s, MEMBERSHIP_COUNT_OWNED, VALUES(value_text(user)));
}

void member_read(struct store *s, struct rowset *stmt, int first, struct member *member)
{
    take_member(s, stmt, first, member);
    member->teams = column_lent(stmt, first + 16);
    member->keys = column_lent(stmt, first + 17);
}

static void each_member(struct store *s, struct rowset *stmt, member_visit *each, void *arg)
{
    while (statement_row(s, stmt)) {
        struct member member;
        member_read(s, stmt, 0, &member);
        each(&member, arg);
    }
    statement_end(stmt);
}

/* The visit of a member that a mirror has. */
struct mirrored_call {
    member_visit *each;
    void *arg;
};

static void pass_mirrored(const struct mirrored *mirrored, void *arg)
{
    const struct mirrored_call *call = arg;
    struct member member = {.active = mirrored->there,
                            .revision = mirrored->revision,
                            .joined = mirrored->revision,
                            .mirrored = mirrored};
    call->each(&member, call->arg);
}

void store_members(struct store *s, const char *organization, const struct cursor *after, int limit,
                   member_visit *each, void *arg)
{
    struct mirrored_call call = {each, arg};
    if (mirror_there(s, organization)) {
        mirrored_list(s, MIRRORED_LIST, organization, after->number, limit, pass_mirrored, &call);
        return;
    }
    each_member(s,
                statement_begin(s, MEMBER_LIST,
                                VALUES(value_text(organization), value_number(after->number),
                                       value_text(after->id), value_number(limit))),
                each, arg);
}

void store_changes(struct store *s, const char *organization, int64_t since, int limit,
                   member_visit *each, void *arg)
{
    struct mirrored_call call = {each, arg};
    if (mirror_there(s, organization)) {
        mirrored_list(s, MIRRORED_CHANGES, organization, since, limit, pass_mirrored, &call);
        return;
    }
    each_member(
        s,
        statement_begin(s, MEMBER_CHANGES,
                        VALUES(value_text(organization), value_number(since), value_number(limit))),
        each, arg);
}

void store_memberships(struct store *s, const char *user, membership_visit *each, void *arg)
{
    struct rowset *stmt = statement_begin(s, MEMBERSHIP_LIST, VALUES(value_text(user)));
    while (statement_row(s, stmt)) {
        struct organization organization;
        struct member member;
        column_organization(s, stmt, 0, &organization);
        take_member(s, stmt, 9, &member);
        member.teams = column_lent(stmt, 25);
        each(&organization, &member, arg);
    }
    statement_end(stmt);
}
