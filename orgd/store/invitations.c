/* Invitations. */
#include "orgd/store/column.h"
#include "orgd/store/database.h"

static void take_invitation(struct store *s, struct rowset *stmt, struct invitation *invitation)
{
    column_text(s, stmt, 0, invitation->id, sizeof invitation->id);
    column_text(s, stmt, 1, invitation->organization, sizeof invitation->organization);
    column_text(s, stmt, 2, invitation->email, sizeof invitation->email);
    column_text(s, stmt, 3, invitation->role, sizeof invitation->role);
    invitation->created = column_number(stmt, 4);
    invitation->expires = column_number(stmt, 5);
    column_hash(s, stmt, 6, invitation->hash);
    column_text(s, stmt, 7, invitation->username, sizeof invitation->username);
    invitation->revision = column_number(stmt, 8);
    invitation->shown = column_number(stmt, 9) != 0;
    column_maker(s, stmt, 10, &invitation->maker);
}

static bool one_invitation(struct store *s, struct rowset *stmt, struct invitation *invitation)
{
    bool found = statement_row(s, stmt);
    if (found)
        take_invitation(s, stmt, invitation);
    statement_end(stmt);
    return found && !s->failed;
}

bool store_invitation(struct store *s, const char *id, struct invitation *invitation)
{
    return one_invitation(s, statement_begin(s, INVITATION_BY_ID, VALUES(value_text(id))),
                          invitation);
}

bool store_invitation_of(struct store *s, const char *organization, const char *email,
                         struct invitation *invitation)
{
    return one_invitation(s,
                          statement_begin(s, INVITATION_BY_EMAIL,
                                          VALUES(value_text(organization), value_text(email))),
                          invitation);
}

static void each_invitation(struct store *s, struct rowset *stmt, invitation_visit *each, void *arg)
{
    while (statement_row(s, stmt)) {
        struct invitation invitation;
        take_invitation(s, stmt, &invitation);
        each(&invitation, arg);
    }
    statement_end(stmt);
}

void store_invitations(struct store *s, const char *organization, int64_t now,
                       const struct cursor *after, int limit, invitation_visit *each, void *arg)
{
    each_invitation(
        s,
        statement_begin(s, INVITATION_LIST,
                        VALUES(value_text(organization), value_number(after->number),
                               value_text(after->id), value_number(limit), value_number(now))),
        each, arg);
}

void store_invitations_made(struct store *s, const char *organization, int64_t now,
                            const char *maker, invitation_visit *each, void *arg)
{
    struct bound_value values[] = {value_text(organization),
                                   value_number(now),
                                   maker ? value_text(maker) : (struct bound_value){0},
                                   {.type = VALUE_END}};
    each_invitation(s, statement_begin(s, maker ? INVITATION_MADE : INVITATION_ALL, values), each,
                    arg);
}

int64_t store_invitations_pending(struct store *s, const char *organization, int64_t now)
{
    return statement_left(s, INVITATION_COUNT, INVITATION_PRUNE, organization, now);
}

void store_invitations_for(struct store *s, const struct user *user, invitation_visit *each,
                           void *arg)
{
    each_invitation(
        s,
        statement_begin(s, INVITATION_FOR, VALUES(value_text(user->id), value_text(user->email))),
        each, arg);
}

void store_invitation_add(struct store *s, const struct invitation *i)
{
    need_lock(s, i->organization);
    store_invitation_remove(s, i->id);
    statement_run(s, INVITATION_PRUNE,
                  VALUES(value_text(i->organization), value_number(i->created)));
    statement_run(s, INVITATION_REPLACE, VALUES(value_text(i->organization), value_text(i->email)));
    statement_run(s, INVITATION_ADD,
                  VALUES(value_text(i->id), value_text(i->organization), value_text(i->email),
                         value_text(i->role), value_number(i->created), value_number(i->expires),
                         value_hash(i->hash), value_text(i->username), value_number(i->revision),
                         value_number(i->shown), value_text(i->maker.id)));
    statement_run(s, INVITATION_MORE, VALUES(value_text(i->organization)));
}

void store_invitation_use(struct store *s, const char *id)
{
    statement_run(s, INVITATION_USE, VALUES(value_text(id)));
}

void store_invitation_remove(struct store *s, const char *id)
{
    statement_run(s, INVITATION_REMOVE, VALUES(value_text(id)));
}
