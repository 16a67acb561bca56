/* Public ssh keys of users. */
#include "orgd/store/column.h"
#include "orgd/store/database.h"

void store_key_add(struct store *s, const char *user, const struct user_key *k)
{
    statement_run(s, KEY_ADD,
                  VALUES(value_text(user), value_text(k->fingerprint), value_text(k->type),
                         value_text(k->blob), value_text(k->comment), value_number(k->created),
                         value_number(k->expires)));
}

bool store_key_remove(struct store *s, const char *user, const char *fingerprint)
{
    statement_run(s, KEY_REMOVE, VALUES(value_text(user), value_text(fingerprint)));
    return statement_number(s, CHANGES, NO_VALUES) > 0 && !s->failed;
}

void store_keys(struct store *s, const char *user, user_key_visit *each, void *arg)
{
    sqlite3_stmt *stmt = statement_begin(s, KEY_LIST, VALUES(value_text(user)));
    while (statement_row(s, stmt)) {
        struct user_key key;
        column_text(s, stmt, 0, key.fingerprint, sizeof key.fingerprint);
        column_text(s, stmt, 1, key.type, sizeof key.type);
        column_text(s, stmt, 2, key.blob, sizeof key.blob);
        column_text(s, stmt, 3, key.comment, sizeof key.comment);
        key.created = sqlite3_column_int64(stmt, 4);
        key.expires = sqlite3_column_int64(stmt, 5);
        each(&key, arg);
    }
    statement_end(stmt);
}
