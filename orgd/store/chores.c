#include "orgd/store/chores.h"

#include <stdio.h>

#include "orgd/store/column.h"
#include "orgd/store/commits.h"

/* Rows of a slice: of some ten milliseconds. */
#define SLICE 1000

/* Members that get new revisions: a row of the table touches. */
struct touch {
    int64_t id; /* 0: it is not in the table yet */
    char organization[ID_SIZE];
    char role[ROLE_SIZE];
    char team[ID_SIZE];
    int64_t revision;
    char after[ID_SIZE];
};

static int64_t changed(struct store *s)
{
    return statement_changes(s);
}

/* --- revisions --- */

/* The user of the last row of a slice of the team. */
static void team_reach(struct store *s, const struct touch *t, char last[ID_SIZE])
{
    struct rowset *stmt = statement_begin(
        s, TEAM_TOUCHED, VALUES(value_text(t->team), value_text(t->after), value_number(SLICE)));
    last[0] = '\0';
    if (statement_row(s, stmt))
        column_text(s, stmt, 0, last, ID_SIZE);
    statement_end(stmt);
}

static void touch_keep(struct store *s, const struct touch *t)
{
    if (t->id)
        statement_run(s, TOUCH_GO_ON, VALUES(value_number(t->id), value_text(t->after)));
    else
        statement_run(s, TOUCH_ADD,
                      VALUES(value_text(t->organization), value_text(t->role), value_text(t->team),
                             value_number(t->revision), value_text(t->after)));
}

/* Does a slice, and remembers the rest. */
static void touch_slice(struct store *s, struct touch *t)
{
    char last[ID_SIZE] = "";
    commits_note(s, t->organization);
    if (t->team[0])
        team_reach(s, t, last);
    if (t->team[0])
        statement_run(s, TEAM_TOUCH,
                      VALUES(value_text(t->organization), value_text(t->team), value_text(t->after),
                             value_number(SLICE)));
    else if (t->role[0])
        statement_run(s, ROLE_TOUCH,
                      VALUES(value_text(t->organization), value_text(t->role),
                             value_number(t->revision), value_number(SLICE)));
    else
        statement_run(
            s, ALL_TOUCH,
            VALUES(value_text(t->organization), value_number(t->revision), value_number(SLICE)));
    bool more = changed(s) == SLICE;
    statement_run(s, REVISION_LATEST, VALUES(value_text(t->organization)));
    snprintf(t->after, sizeof t->after, "%s", last);
    if (more)
        touch_keep(s, t);
    else if (t->id)
        statement_run(s, TOUCH_DONE, VALUES(value_number(t->id)));
}

void chore_touch_role(struct store *s, const char *organization, const char *role)
{
    struct touch touch = {.revision =
                              statement_number(s, REVISION, VALUES(value_text(organization)))};
    snprintf(touch.organization, sizeof touch.organization, "%s", organization);
    snprintf(touch.role, sizeof touch.role, "%s", role);
    touch_slice(s, &touch);
}

void chore_touch_all(struct store *s, const char *organization)
{
    chore_touch_role(s, organization, "");
}

void chore_touch_team(struct store *s, const char *organization, const char *team)
{
    struct touch touch = {0};
    snprintf(touch.organization, sizeof touch.organization, "%s", organization);
    snprintf(touch.team, sizeof touch.team, "%s", team);
    touch_slice(s, &touch);
}

static bool touch_next(struct store *s, char organization[ID_SIZE])
{
    struct touch touch = {0};
    struct rowset *stmt = statement_begin(s, TOUCH_NEXT, NO_VALUES);
    bool found = statement_row(s, stmt);
    if (found) {
        touch.id = column_number(stmt, 0);
        column_text(s, stmt, 1, touch.organization, sizeof touch.organization);
        column_text(s, stmt, 2, touch.role, sizeof touch.role);
        column_text(s, stmt, 3, touch.team, sizeof touch.team);
        touch.revision = column_number(stmt, 4);
        column_text(s, stmt, 5, touch.after, sizeof touch.after);
    }
    statement_end(stmt);
    if (!found)
        return false;
    store_lock(s, touch.organization);
    touch_slice(s, &touch);
    snprintf(organization, ID_SIZE, "%s", touch.organization);
    return true;
}

/* --- removal --- */

void chore_remove_team(struct store *s, const char *organization, const char *team)
{
    commits_note(s, organization);
    statement_run(
        s, TEAM_TOUCH,
        VALUES(value_text(organization), value_text(team), value_text(""), value_number(SLICE)));
    statement_run(s, REVISION_LATEST, VALUES(value_text(organization)));
    statement_run(s, TEAM_EMPTY,
                  VALUES(value_text(organization), value_text(team), value_number(SLICE)));
    if (changed(s) < SLICE)
        statement_run(s, TEAM_REMOVE, VALUES(value_text(team)));
}

void chore_remove_organization(struct store *s, const char *organization)
{
    static const enum statement parts[] = {
        CLEAR_TOUCHES,    CLEAR_TEAM_MEMBERS, CLEAR_TEAMS,    CLEAR_MEMBERS, CLEAR_INVITATIONS,
        CLEAR_JOIN_CODES, CLEAR_MACHINES,     CLEAR_ACCESS,   CLEAR_TOKENS,  CLEAR_ROLES,
        CLEAR_KEYS,       CLEAR_COMMITS,      CLEAR_MIRRORED, CLEAR_MIRROR};
    int64_t left = SLICE;
    for (size_t i = 0; left > 0 && i < sizeof parts / sizeof *parts; i++) {
        statement_run(s, parts[i], VALUES(value_text(organization), value_number(left)));
        left -= changed(s);
    }
    if (left > 0)
        statement_run(s, ORGANIZATION_REMOVE, VALUES(value_text(organization)));
}

/* The ids of the first row that the statement WHICH answers, an id and perhaps its organization's;
 * false without one. */
static bool marked(struct store *s, enum statement which, char id[ID_SIZE],
                   char organization[ID_SIZE])
{
    struct rowset *stmt = statement_begin(s, which, NO_VALUES);
    bool found = statement_row(s, stmt);
    if (found)
        column_text(s, stmt, 0, id, ID_SIZE);
    if (found && organization)
        column_text(s, stmt, 1, organization, ID_SIZE);
    statement_end(stmt);
    return found && !s->failed;
}

bool store_chore(struct store *s, char organization[ID_SIZE])
{
    char id[ID_SIZE];
    organization[0] = '\0';
    if (marked(s, ORGANIZATION_TO_CLEAR, id, NULL)) {
        store_lock(s, id);
        chore_remove_organization(s, id);
        return true;
    }
    if (marked(s, TEAM_TO_EMPTY, id, organization)) {
        store_lock(s, organization);
        chore_remove_team(s, organization, id);
        return true;
    }
    return touch_next(s, organization);
}
