/* Public ssh keys of users. */
#include <assert.h>
#include <stdio.h>

#include "orgd/store/column.h"
#include "orgd/store/database.h"

static_assert(KEY_THERE == 0 && KEY_REMOVED == 1 && KEY_WITHDRAWN == 2 && KEY_DOUBTED == 3,
              "statements.h names them");

void store_key_put(struct store *s, const char *user, const struct user_key *k)
{
    if (k->organization[0])
        need_lock(s, k->organization);
    statement_run(s, KEY_PUT,
                  VALUES(value_text(user), value_text(k->organization), value_text(k->fingerprint),
                         value_number(k->state), value_text(k->type), value_text(k->blob),
                         value_text(k->comment), value_number(k->created), value_number(k->expires),
                         value_number(k->reach), value_text(k->maker)));
}

void store_key_trust(struct store *s, const char *organization, const char *user,
                     const char *fingerprint, bool trusted)
{
    need_lock(s, organization);
    statement_run(s, trusted ? KEY_TRUST : KEY_DOUBT,
                  VALUES(value_text(user), value_text(organization), value_text(fingerprint)));
}

bool store_key_remove(struct store *s, const char *user, const char *fingerprint, int64_t now)
{
    statement_run(s, KEY_REMOVE,
                  VALUES(value_text(user), value_text(fingerprint), value_number(now)));
    return statement_changes(s) > 0 && !s->failed;
}

void store_keys_leave(struct store *s, const char *organization, const char *user, int64_t now)
{
    need_lock(s, organization);
    statement_run(s, KEYS_LEAVE,
                  VALUES(value_text(user), value_text(organization), value_number(now)));
}

bool store_key_forget(struct store *s, const char *user, const struct user_key *key)
{
    statement_run(
        s, KEY_FORGET,
        VALUES(value_text(user), value_text(key->organization), value_text(key->fingerprint)));
    bool forgotten = statement_changes(s) > 0 && !s->failed;
    statement_run(s, KEY_FORGET_DOUBTS, VALUES(value_text(user)));
    return forgotten;
}

int64_t store_key_count(struct store *s, const char *user, const char *organization)
{
    return statement_number(s, KEY_COUNT, VALUES(value_text(user), value_text(organization)));
}

int64_t store_keys_given(struct store *s, const char *organization, const char *maker)
{
    return statement_number(s, KEY_GIVEN_COUNT,
                            VALUES(value_text(organization), value_text(maker)));
}

/* The columns that all queries of keys have. */
static void take_key(struct store *s, struct rowset *stmt, struct user_key *key)
{
    *key = (struct user_key){.state = KEY_THERE};
    column_text(s, stmt, 0, key->fingerprint, sizeof key->fingerprint);
    column_text(s, stmt, 1, key->type, sizeof key->type);
    column_text(s, stmt, 2, key->blob, sizeof key->blob);
    column_text(s, stmt, 3, key->comment, sizeof key->comment);
    key->created = column_number(stmt, 4);
    key->expires = column_number(stmt, 5);
}

void store_keys(struct store *s, const char *user, user_key_visit *each, void *arg)
{
    struct rowset *stmt = statement_begin(s, KEY_LIST, VALUES(value_text(user)));
    while (statement_row(s, stmt)) {
        struct user_key key;
        take_key(s, stmt, &key);
        column_text(s, stmt, 6, key.organization, sizeof key.organization);
        each(&key, arg);
    }
    statement_end(stmt);
}

static void each_member_key(struct store *s, struct rowset *stmt, member_key_visit *each, void *arg)
{
    while (statement_row(s, stmt)) {
        struct member_key key;
        take_key(s, stmt, &key.key);
        if (key.key.expires == STORE_FOREVER)
            key.key.expires = 0;
        key.given = column_number(stmt, 6) != 0;
        key.reason = column_lent(stmt, 7);
        column_text(s, stmt, 8, key.key.organization, sizeof key.key.organization);
        column_text(s, stmt, 9, key.organization_name, sizeof key.organization_name);
        each(&key, arg);
    }
    statement_end(stmt);
}

void store_member_keys(struct store *s, const char *organization, const char *user,
                       member_key_visit *each, void *arg)
{
    each_member_key(
        s, statement_begin(s, KEY_LIST_MEMBER, VALUES(value_text(user), value_text(organization))),
        each, arg);
}

void store_key_places(struct store *s, const char *user, const char *fingerprint,
                      member_key_visit *each, void *arg)
{
    each_member_key(
        s, statement_begin(s, KEY_PLACES, VALUES(value_text(user), value_text(fingerprint))), each,
        arg);
}
