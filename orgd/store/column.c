#include "orgd/store/column.h"

#include <string.h>

int64_t column_number(const struct rowset *stmt, int column)
{
    return stmt->engine->number(stmt, column);
}

const char *column_lent(const struct rowset *stmt, int column)
{
    return stmt->engine->text(stmt, column);
}

void column_text(struct store *s, struct rowset *stmt, int column, char *out, size_t size)
{
    const char *text = column_lent(stmt, column);
    size_t len = text ? strlen(text) : 0;
    if (len >= size) {
        store_fail(s, "a text in the data is too long");
        len = 0;
    }
    memcpy(out, text ? text : "", len);
    out[len] = '\0';
}

void column_hash(struct store *s, struct rowset *stmt, int column, unsigned char *out)
{
    int size;
    const unsigned char *bytes = stmt->engine->bytes(stmt, column, &size);
    if (!bytes || size != SECRET_HASH_SIZE) {
        store_fail(s, "a secret's hash in the data is damaged");
        return;
    }
    memcpy(out, bytes, SECRET_HASH_SIZE);
}

void column_tag(struct store *s, struct rowset *stmt, int column, unsigned char *out)
{
    int size;
    const unsigned char *bytes = stmt->engine->bytes(stmt, column, &size);
    memset(out, 0, HISTORY_TAG_SIZE);
    if (bytes && size == HISTORY_TAG_SIZE)
        memcpy(out, bytes, HISTORY_TAG_SIZE);
    else if (bytes)
        store_fail(s, "a commit's tag in the data is damaged");
}

void column_role_or_gone(struct store *s, struct rowset *stmt, int column, struct role *role)
{
    column_text(s, stmt, column, role->name, sizeof role->name);
    if (!role_builtin(role->name, role))
        role->permissions = (unsigned)column_number(stmt, column + 1) & PERMISSIONS_ALL;
}

void column_role(struct store *s, struct rowset *stmt, int column, struct role *role)
{
    column_role_or_gone(s, stmt, column, role);
    if (!role_builtin(role->name, role) && !column_lent(stmt, column + 1))
        store_fail(s, "an unknown role in the data");
}

void column_user(struct store *s, struct rowset *stmt, int column, struct user *user)
{
    column_text(s, stmt, column, user->id, sizeof user->id);
    column_text(s, stmt, column + 1, user->email, sizeof user->email);
    column_text(s, stmt, column + 2, user->username, sizeof user->username);
    column_text(s, stmt, column + 3, user->name, sizeof user->name);
    user->created = column_number(stmt, column + 4);
    user->disabled = column_number(stmt, column + 5);
}

void column_organization(struct store *s, struct rowset *stmt, int column, struct organization *o)
{
    column_text(s, stmt, column, o->id, sizeof o->id);
    column_text(s, stmt, column + 1, o->name, sizeof o->name);
    o->created = column_number(stmt, column + 2);
    o->revision = column_number(stmt, column + 3);
    o->self_rename = column_number(stmt, column + 4) != 0;
    o->keys.admins = column_number(stmt, column + 5) != 0;
    o->keys.days = column_number(stmt, column + 6);
    o->keys.security = column_number(stmt, column + 7) != 0;
    o->show_machines = column_number(stmt, column + 8) != 0;
}

void column_maker(struct store *s, struct rowset *stmt, int column, struct maker *maker)
{
    column_text(s, stmt, column, maker->id, sizeof maker->id);
    column_text(s, stmt, column + 1, maker->name, sizeof maker->name);
}

void column_use(struct store *s, struct rowset *stmt, int column, struct use *use)
{
    use->at = column_number(stmt, column);
    column_text(s, stmt, column + 1, use->from, sizeof use->from);
}
