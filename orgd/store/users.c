/* Users, and the usernames that they have and had. */
#include <sodium.h>
#include <stdio.h>

#include "orgd/store/column.h"
#include "orgd/store/database.h"

#define NAMES_MAX 65536 /* bytes */

static bool one_user(struct store *s, struct rowset *stmt, struct user *user)
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

bool store_user_by_username(struct store *s, const char *username, struct user *user)
{
    return one_user(s, statement_begin(s, USER_BY_USERNAME, VALUES(value_text(username))), user);
}

void store_users(struct store *s, const struct cursor *after, int limit, user_visit *each,
                 void *arg)
{
    struct rowset *stmt = statement_begin(
        s, USER_LIST,
        VALUES(value_number(after->number), value_text(after->id), value_number(limit)));
    while (statement_row(s, stmt)) {
        struct user user;
        column_user(s, stmt, 0, &user);
        each(&user, arg);
    }
    statement_end(stmt);
}

/* The form in which an erased user's USERNAME is kept. */
static void username_hash(const char *username, char kept[USERNAME_KEPT_SIZE])
{
    unsigned char hash[SECRET_HASH_SIZE];
    secret_hash(username, hash);
    kept[0] = '#';
    sodium_bin2hex(kept + 1, USERNAME_KEPT_SIZE - 1, hash, sizeof hash);
}

bool store_username_holder(struct store *s, const char *username, char id[ID_SIZE])
{
    char kept[USERNAME_KEPT_SIZE];
    username_hash(username, kept);
    struct rowset *stmt =
        statement_begin(s, USERNAME_HOLDER, VALUES(value_text(username), value_text(kept)));
    bool found = statement_row(s, stmt);
    if (found)
        column_text(s, stmt, 0, id, ID_SIZE);
    statement_end(stmt);
    return found && !s->failed;
}

int64_t store_user_count(struct store *s)
{
    return statement_number(s, USER_COUNT, NO_VALUES);
}

int64_t store_user_left(struct store *s, const char *user)
{
    return statement_number(s, USER_LEFT, VALUES(value_text(user)));
}

int64_t store_username_count(struct store *s, const char *user)
{
    return statement_number(s, USERNAME_COUNT, VALUES(value_text(user)));
}

static void username_keep(struct store *s, const char *username, const char *user)
{
    statement_run(s, USERNAME_ADD, VALUES(value_text(username), value_text(user)));
}

void store_user_add(struct store *s, const struct user *user)
{
    statement_run(s, USER_ADD,
                  VALUES(value_text(user->id), value_text(user->email), value_text(user->username),
                         value_text(user->name), value_number(user->created),
                         value_number(user->disabled)));
    username_keep(s, user->username, user->id);
}

void store_user_update(struct store *s, const struct user *user)
{
    statement_run(s, USER_UPDATE,
                  VALUES(value_text(user->id), value_text(user->email), value_text(user->username),
                         value_text(user->name), value_number(user->disabled)));
    username_keep(s, user->username, user->id);
}

void store_usernames(struct store *s, const char *user, username_visit *each, void *arg)
{
    struct rowset *stmt = statement_begin(s, USERNAME_LIST, VALUES(value_text(user)));
    while (statement_row(s, stmt)) {
        char username[USERNAME_KEPT_SIZE];
        column_text(s, stmt, 0, username, sizeof username);
        each(username, arg);
    }
    statement_end(stmt);
}

/* --- erasure --- */

static void add_username(const char *username, void *arg)
{
    char entry[USERNAME_KEPT_SIZE] = "";
    snprintf(entry, sizeof entry, "%s", username);
    buffer_add(arg, entry, sizeof entry, NAMES_MAX);
}

static void usernames_erase(struct store *s, const char *user)
{
    struct buffer names = {0};
    char kept[USERNAME_KEPT_SIZE];
    store_usernames(s, user, add_username, &names);
    for (size_t at = 0; at < names.len; at += USERNAME_KEPT_SIZE) {
        const char *name = names.data + at;
        if (name[0] == '#')
            continue;
        username_hash(name, kept);
        statement_run(s, USERNAME_REMOVE, VALUES(value_text(name)));
        username_keep(s, kept, user);
    }
    buffer_free(&names);
}

void store_user_erase(struct store *s, const struct user *before, const struct user *after)
{
    statement_run(
        s, ERASE_INVITED,
        VALUES(value_text(before->id), value_text(before->email), value_text(after->email)));
    statement_run(s, ERASE_ACTOR, VALUES(value_text(before->id), value_text(after->username)));
    statement_run(
        s, ERASE_SUBJECT,
        VALUES(value_text(before->id), value_text(after->username), value_text(after->email)));
    statement_run(s, ERASE_RECOVERIES, VALUES(value_text(before->id)));
    statement_run(s, ERASE_KEYS, VALUES(value_text(before->id)));
    usernames_erase(s, before->id);
    store_user_update(s, after);
}

bool store_user_may_create(struct store *s, const char *id)
{
    return statement_number(s, USER_MAY_CREATE, VALUES(value_text(id))) != 0;
}

void store_user_let_create(struct store *s, const char *id, bool may)
{
    statement_run(s, USER_LET_CREATE, VALUES(value_text(id), value_number(may)));
}
