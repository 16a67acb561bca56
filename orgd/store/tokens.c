/* Tokens of users and of organizations. */
#include <stdio.h>
#include <string.h>

#include "orgd/store/column.h"
#include "orgd/store/database.h"

static void take_token(struct store *s, struct rowset *stmt, struct token *token)
{
    column_text(s, stmt, 0, token->key, sizeof token->key);
    token->session = strncmp(token->key, SESSION_PREFIX, sizeof SESSION_PREFIX - 1) == 0;
    token->link = strncmp(token->key, LINK_PREFIX, sizeof LINK_PREFIX - 1) == 0;
    token->device = strncmp(token->key, DEVICE_PREFIX, sizeof DEVICE_PREFIX - 1) == 0;
    column_hash(s, stmt, 1, token->hash);
    column_text(s, stmt, 2, token->last_four, sizeof token->last_four);
    column_text(s, stmt, 3, token->user, sizeof token->user);
    column_text(s, stmt, 4, token->organization, sizeof token->organization);
    column_role(s, stmt, 5, &token->role);
    column_text(s, stmt, 7, token->name, sizeof token->name);
    token->test = column_number(stmt, 8) != 0;
    token->created = column_number(stmt, 9);
    token->expires = column_number(stmt, 10);
    token->proved = column_number(stmt, 11);
    token->maker_left = column_number(stmt, 12) != 0;
    column_use(s, stmt, 13, &token->last);
    column_maker(s, stmt, 15, &token->maker);
    token->disabled = column_number(stmt, 17) != 0;
    column_text(s, stmt, 18, token->proved_in, sizeof token->proved_in);
    token->proved_in_at = column_number(stmt, 19);
    column_text(s, stmt, 20, token->machine, sizeof token->machine);
}

static struct token_holder *holder_of(struct store *s, const char *key)
{
    return &s->holders[table_hash(key, strlen(key)) % HOLDERS];
}

void store_expect(struct store *s, const char *key, const char *organization)
{
    const struct token_holder *holder = holder_of(s, key);
    if (!organization)
        return;
    statement_ahead(s, TOKEN_BY_KEY, VALUES(value_text(key)));
    if (strcmp(holder->key, key) == 0)
        statement_ahead(s, MEMBER_BY_USER,
                        VALUES(value_text(organization), value_text(holder->user)));
    statement_ahead(s, ORGANIZATION_BY_ID, VALUES(value_text(organization)));
}

bool store_token(struct store *s, const char *key, struct token *token)
{
    struct rowset *stmt = statement_begin(s, TOKEN_BY_KEY, VALUES(value_text(key)));
    bool found = statement_row(s, stmt);
    if (found) {
        struct token_holder *holder = holder_of(s, key);
        take_token(s, stmt, token);
        snprintf(holder->key, sizeof holder->key, "%s", key);
        snprintf(holder->user, sizeof holder->user, "%s",
                 token->user[0] ? token->user : token->maker.id);
    }
    statement_end(stmt);
    return found && !s->failed;
}

void store_token_add(struct store *s, const struct token *t)
{
    if (t->organization[0]) {
        need_lock(s, t->organization);
        statement_run(s, TOKEN_MORE, VALUES(value_text(t->organization)));
    }
    statement_run(s, TOKEN_ADD,
                  VALUES(value_text(t->key), value_hash(t->hash), value_text(t->last_four),
                         value_text(t->user), value_text(t->organization), value_text(t->role.name),
                         value_text(t->name), value_number(t->test), value_number(t->created),
                         value_number(t->expires), value_number(t->proved), value_text(t->maker.id),
                         value_text(t->proved_in), value_number(t->proved_in_at),
                         value_text(t->machine)));
}

static void each_token(struct store *s, struct rowset *stmt, token_visit *each, void *arg)
{
    while (statement_row(s, stmt)) {
        struct token token;
        take_token(s, stmt, &token);
        each(&token, arg);
    }
    statement_end(stmt);
}

void store_tokens(struct store *s, struct token_owner owner, const struct cursor *after, int limit,
                  token_visit *each, void *arg)
{
    each_token(s,
               statement_begin(s, owner.user ? TOKEN_LIST_USER : TOKEN_LIST,
                               VALUES(value_text(owner.id), value_number(after->number),
                                      value_text(after->id), value_number(limit))),
               each, arg);
}

int64_t store_tokens_left(struct store *s, struct token_owner owner, int64_t now)
{
    return statement_left(s, owner.user ? TOKEN_COUNT_USER : TOKEN_COUNT,
                          owner.user ? TOKEN_PRUNE_USER : TOKEN_PRUNE, owner.id, now);
}

void store_tokens_made(struct store *s, const char *organization, const char *maker,
                       token_visit *each, void *arg)
{
    each_token(s,
               statement_begin(s, TOKEN_MADE, VALUES(value_text(organization), value_text(maker))),
               each, arg);
}

void store_machine_tokens(struct store *s, const char *machine, token_visit *each, void *arg)
{
    each_token(s, statement_begin(s, TOKEN_MACHINE, VALUES(value_text(machine))), each, arg);
}

void store_tokens_maker_left(struct store *s, const char *organization, const char *maker)
{
    statement_run(s, TOKEN_MAKER_LEFT, VALUES(value_text(organization), value_text(maker)));
}

void store_token_use(struct store *s, const char *key, const struct use *use)
{
    statement_run(s, TOKEN_USE,
                  VALUES(value_text(key), value_number(use->at), value_text(use->from)));
}

int64_t store_token_proved(struct store *s, const char *user)
{
    return statement_number(s, TOKEN_PROVED, VALUES(value_text(user)));
}

bool store_token_listed(struct store *s, const char *key, int64_t at, int64_t since)
{
    statement_run(s, TOKEN_LISTED, VALUES(value_text(key), value_number(at), value_number(since)));
    return statement_changes(s) > 0 && !s->failed;
}

void store_token_expire(struct store *s, const char *key, int64_t at)
{
    statement_run(s, TOKEN_EXPIRE, VALUES(value_text(key), value_number(at)));
}

void store_token_remove(struct store *s, const char *key)
{
    statement_run(s, TOKEN_REMOVE, VALUES(value_text(key)));
}
