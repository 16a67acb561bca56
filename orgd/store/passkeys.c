/* Passkeys of users. */
#include "orgd/store/column.h"
#include "orgd/store/database.h"

static void take_passkey(struct store *s, struct rowset *stmt, struct passkey *passkey)
{
    *passkey = (struct passkey){.created = 0};
    column_text(s, stmt, 0, passkey->credential.id, sizeof passkey->credential.id);
    column_text(s, stmt, 1, passkey->user, sizeof passkey->user);
    column_text(s, stmt, 2, passkey->name, sizeof passkey->name);
    column_text(s, stmt, 3, passkey->credential.key, sizeof passkey->credential.key);
    passkey->credential.counter = (uint32_t)column_number(stmt, 4);
    passkey->created = column_number(stmt, 5);
    column_use(s, stmt, 6, &passkey->last);
    passkey->proved = column_number(stmt, 8);
    column_text(s, stmt, 9, passkey->proved_in, sizeof passkey->proved_in);
    passkey->proved_in_at = column_number(stmt, 10);
}

bool store_passkey(struct store *s, const char *id, struct passkey *passkey)
{
    struct rowset *stmt = statement_begin(s, PASSKEY_BY_ID, VALUES(value_text(id)));
    bool found = statement_row(s, stmt);
    if (found)
        take_passkey(s, stmt, passkey);
    statement_end(stmt);
    return found && !s->failed;
}

void store_passkeys(struct store *s, const char *user, passkey_visit *each, void *arg)
{
    struct rowset *stmt = statement_begin(s, PASSKEY_LIST, VALUES(value_text(user)));
    while (statement_row(s, stmt)) {
        struct passkey passkey;
        take_passkey(s, stmt, &passkey);
        each(&passkey, arg);
    }
    statement_end(stmt);
}

int64_t store_passkey_count(struct store *s, const char *user)
{
    return statement_number(s, PASSKEY_COUNT, VALUES(value_text(user)));
}

void store_passkey_add(struct store *s, const struct passkey *p)
{
    statement_run(s, PASSKEY_ADD,
                  VALUES(value_text(p->credential.id), value_text(p->user), value_text(p->name),
                         value_text(p->credential.key), value_number(p->credential.counter),
                         value_number(p->created), value_number(p->proved),
                         value_text(p->proved_in), value_number(p->proved_in_at)));
}

void store_passkey_use(struct store *s, const struct passkey *p)
{
    statement_run(s, PASSKEY_USE,
                  VALUES(value_text(p->credential.id), value_number(p->credential.counter),
                         value_number(p->last.at), value_text(p->last.from)));
}

bool store_passkey_remove(struct store *s, const char *user, const char *id)
{
    statement_run(s, PASSKEY_REMOVE, VALUES(value_text(user), value_text(id)));
    return statement_changes(s) > 0 && !s->failed;
}

void store_passkeys_end(struct store *s, const char *user)
{
    statement_run(s, PASSKEYS_END, VALUES(value_text(user)));
}
