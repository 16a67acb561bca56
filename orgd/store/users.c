/* Users, and the usernames that they have and had. */
#include "orgd/store/column.h"
#include "orgd/store/database.h"

static bool one_user(struct store *s, sqlite3_stmt *stmt, struct user *user)
{
    bool found = statement_row(s, stmt);
    if (found)
        column_user(s, stmt, 0, user);
    statement_end(stmt);
    return found && !s->failed;
}

bool store_empty(struct store *s)
{
    return !statement_any(s, USER_ANY, NO_VALUES);
}

bool store_user(struct store *s, const char *id, struct user *user)
{
    return one_user(s, statement_begin(s, USER_BY_ID, VALUES(value_text(id))), user);
}

bool store_user_by_email(struct store *s, const char *email, struct user *user)
{
    return one_user(s, statement_begin(s, USER_BY_EMAIL, VALUES(value_text(email))), user);
}

bool store_username_holder(struct store *s, const char *username, char id[ID_SIZE])
{
    sqlite3_stmt *stmt = statement_begin(s, USERNAME_HOLDER, VALUES(value_text(username)));
    bool found = statement_row(s, stmt);
    if (found)
        column_text(s, stmt, 0, id, ID_SIZE);
    statement_end(stmt);
    return found && !s->failed;
}

int64_t store_username_count(struct store *s, const char *user)
{
    return statement_number(s, USERNAME_COUNT, VALUES(value_text(user)));
}

static void username_keep(struct store *s, const struct user *user)
{
    statement_run(s, USERNAME_ADD, VALUES(value_text(user->username), value_text(user->id)));
}

void store_user_add(struct store *s, const struct user *user)
{
    statement_run(s, USER_ADD,
                  VALUES(value_text(user->id), value_text(user->email), value_text(user->username),
                         value_text(user->name), value_number(user->created),
                         value_number(user->disabled)));
    username_keep(s, user);
}

void store_user_update(struct store *s, const struct user *user)
{
    statement_run(s, USER_UPDATE,
                  VALUES(value_text(user->id), value_text(user->email), value_text(user->username),
                         value_text(user->name), value_number(user->disabled)));
    username_keep(s, user);
}
