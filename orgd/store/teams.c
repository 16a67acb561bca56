/* Teams of an organization, and who is in them. */
#include "orgd/store/chores.h"
#include "orgd/store/column.h"
#include "orgd/store/database.h"

static void take_team(struct store *s, struct rowset *stmt, struct team *team)
{
    column_text(s, stmt, 0, team->id, sizeof team->id);
    column_text(s, stmt, 1, team->organization, sizeof team->organization);
    column_text(s, stmt, 2, team->slug, sizeof team->slug);
    column_text(s, stmt, 3, team->name, sizeof team->name);
    team->created = column_number(stmt, 4);
}

static bool one_team(struct store *s, struct rowset *stmt, struct team *team)
{
    bool found = statement_row(s, stmt);
    if (found)
        take_team(s, stmt, team);
    statement_end(stmt);
    return found && !s->failed;
}

bool store_team(struct store *s, const char *id, struct team *team)
{
    return one_team(s, statement_begin(s, TEAM_BY_ID, VALUES(value_text(id))), team);
}

bool store_team_named(struct store *s, const char *organization, const char *slug,
                      struct team *team)
{
    return one_team(
        s, statement_begin(s, TEAM_BY_SLUG, VALUES(value_text(organization), value_text(slug))),
        team);
}

int64_t store_team_count(struct store *s, const char *organization)
{
    return statement_number(s, TEAM_COUNT, VALUES(value_text(organization)));
}

void store_teams(struct store *s, const char *organization, const struct cursor *after, int limit,
                 team_visit *each, void *arg)
{
    struct rowset *stmt =
        statement_begin(s, TEAM_LIST,
                        VALUES(value_text(organization), value_number(after->number),
                               value_text(after->id), value_number(limit)));
    while (statement_row(s, stmt)) {
        struct team team;
        take_team(s, stmt, &team);
        each(&team, arg);
    }
    statement_end(stmt);
}

void store_team_add(struct store *s, const struct team *t)
{
    need_lock(s, t->organization);
    statement_run(s, TEAM_ADD,
                  VALUES(value_text(t->id), value_text(t->organization), value_text(t->slug),
                         value_text(t->name), value_number(t->created)));
}

void store_team_update(struct store *s, const struct team *t)
{
    statement_run(s, TEAM_UPDATE,
                  VALUES(value_text(t->id), value_text(t->slug), value_text(t->name)));
    chore_touch_team(s, t->organization, t->id);
}

void store_team_touch(struct store *s, const char *organization, const char *team)
{
    need_lock(s, organization);
    chore_touch_team(s, organization, team);
}

void store_team_remove(struct store *s, const struct team *t, int64_t now)
{
    statement_run(s, TEAM_DELETED, VALUES(value_text(t->id), value_number(now)));
    chore_remove_team(s, t->organization, t->id);
}

static bool changed_one(struct store *s)
{
    return statement_changes(s) > 0 && !s->failed;
}

bool store_team_join(struct store *s, const struct team *team, const char *user)
{
    need_lock(s, team->organization);
    statement_run(s, TEAM_MEMBER_ADD,
                  VALUES(value_text(team->organization), value_text(user), value_text(team->id)));
    return changed_one(s);
}

bool store_team_leave(struct store *s, const struct team *team, const char *user)
{
    need_lock(s, team->organization);
    statement_run(s, TEAM_MEMBER_REMOVE,
                  VALUES(value_text(team->organization), value_text(user), value_text(team->id)));
    return changed_one(s);
}

void store_team_members(struct store *s, const char *team, const char *after, int limit,
                        user_visit *each, void *arg)
{
    struct rowset *stmt = statement_begin(
        s, TEAM_MEMBERS, VALUES(value_text(team), value_text(after), value_number(limit)));
    while (statement_row(s, stmt)) {
        struct user user;
        column_user(s, stmt, 0, &user);
        each(&user, arg);
    }
    statement_end(stmt);
}

void store_teams_leave(struct store *s, const char *organization, const char *user)
{
    statement_run(s, TEAMS_LEAVE, VALUES(value_text(organization), value_text(user)));
}

int64_t store_teams_of(struct store *s, const char *organization, const char *user)
{
    return statement_number(s, TEAMS_OF_COUNT, VALUES(value_text(organization), value_text(user)));
}
