#include "orgd/store/column.h"

#include <string.h>

void column_text(struct store *s, sqlite3_stmt *stmt, int column, char *out, size_t size)
{
    const char *text = (const char *)sqlite3_column_text(stmt, column);
    size_t len = text ? strlen(text) : 0;
    if (len >= size) {
        store_fail(s, "a text in the data file is too long");
        len = 0;
    }
    memcpy(out, text ? text : "", len);
    out[len] = '\0';
}

void column_hash(struct store *s, sqlite3_stmt *stmt, int column, unsigned char *out)
{
    const void *blob = sqlite3_column_blob(stmt, column);
    if (!blob || sqlite3_column_bytes(stmt, column) != SECRET_HASH_SIZE) {
        store_fail(s, "a secret's hash in the data file is damaged");
        return;
    }
    memcpy(out, blob, SECRET_HASH_SIZE);
}

void column_tag(struct store *s, sqlite3_stmt *stmt, int column, unsigned char *out)
{
    const void *blob = sqlite3_column_blob(stmt, column);
    memset(out, 0, HISTORY_TAG_SIZE);
    if (blob && sqlite3_column_bytes(stmt, column) == HISTORY_TAG_SIZE)
        memcpy(out, blob, HISTORY_TAG_SIZE);
    else if (blob)
        store_fail(s, "a commit's tag in the data file is damaged");
}

void column_role_or_gone(struct store *s, sqlite3_stmt *stmt, int column, struct role *role)
{
    column_text(s, stmt, column, role->name, sizeof role->name);
    if (!role_builtin(role->name, role))
        role->permissions = (unsigned)sqlite3_column_int(stmt, column + 1) & PERMISSIONS_ALL;
}

void column_role(struct store *s, sqlite3_stmt *stmt, int column, struct role *role)
{
    column_role_or_gone(s, stmt, column, role);
    if (!role_builtin(role->name, role) && sqlite3_column_type(stmt, column + 1) != SQLITE_INTEGER)
        store_fail(s, "an unknown role in the data file");
}

void column_user(struct store *s, sqlite3_stmt *stmt, int column, struct user *user)
{
    column_text(s, stmt, column, user->id, sizeof user->id);
    column_text(s, stmt, column + 1, user->email, sizeof user->email);
    column_text(s, stmt, column + 2, user->username, sizeof user->username);
    column_text(s, stmt, column + 3, user->name, sizeof user->name);
    user->created = sqlite3_column_int64(stmt, column + 4);
    user->disabled = sqlite3_column_int64(stmt, column + 5);
}

void column_organization(struct store *s, sqlite3_stmt *stmt, int column, struct organization *o)
{
    column_text(s, stmt, column, o->id, sizeof o->id);
    column_text(s, stmt, column + 1, o->name, sizeof o->name);
    o->created = sqlite3_column_int64(stmt, column + 2);
    o->revision = sqlite3_column_int64(stmt, column + 3);
    o->self_rename = sqlite3_column_int(stmt, column + 4) != 0;
    o->keys.admins = sqlite3_column_int(stmt, column + 5) != 0;
    o->keys.days = sqlite3_column_int64(stmt, column + 6);
    o->keys.security = sqlite3_column_int(stmt, column + 7) != 0;
}

void column_maker(struct store *s, sqlite3_stmt *stmt, int column, struct maker *maker)
{
    column_text(s, stmt, column, maker->id, sizeof maker->id);
    column_text(s, stmt, column + 1, maker->name, sizeof maker->name);
}

void column_use(struct store *s, sqlite3_stmt *stmt, int column, struct use *use)
{
    use->at = sqlite3_column_int64(stmt, column);
    column_text(s, stmt, column + 1, use->from, sizeof use->from);
}
