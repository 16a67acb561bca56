/* Join codes. */
#include "orgd/store/column.h"
#include "orgd/store/database.h"

static void take_join_code(struct store *s, struct rowset *stmt, struct join_code *code)
{
    column_text(s, stmt, 0, code->id, sizeof code->id);
    column_text(s, stmt, 1, code->organization, sizeof code->organization);
    column_text(s, stmt, 2, code->role, sizeof code->role);
    code->max_uses = column_number(stmt, 3);
    code->uses = column_number(stmt, 4);
    code->created = column_number(stmt, 5);
    column_hash(s, stmt, 6, code->hash);
    code->expires = column_number(stmt, 7);
    column_use(s, stmt, 8, &code->last);
    column_maker(s, stmt, 10, &code->maker);
}

bool store_join_code(struct store *s, const char *id, struct join_code *code)
{
    struct rowset *stmt = statement_begin(s, JOIN_CODE_BY_ID, VALUES(value_text(id)));
    bool found = statement_row(s, stmt);
    if (found)
        take_join_code(s, stmt, code);
    statement_end(stmt);
    return found && !s->failed;
}

static void each_join_code(struct store *s, struct rowset *stmt, join_code_visit *each, void *arg)
{
    while (statement_row(s, stmt)) {
        struct join_code code;
        take_join_code(s, stmt, &code);
        each(&code, arg);
    }
    statement_end(stmt);
}

void store_join_codes(struct store *s, const char *organization, const struct cursor *after,
                      int limit, join_code_visit *each, void *arg)
{
    each_join_code(s,
                   statement_begin(s, JOIN_CODE_LIST,
                                   VALUES(value_text(organization), value_number(after->number),
                                          value_text(after->id), value_number(limit))),
                   each, arg);
}

void store_join_codes_made(struct store *s, const char *organization, const char *maker,
                           join_code_visit *each, void *arg)
{
    struct bound_value values[] = {value_text(organization),
                                   maker ? value_text(maker) : (struct bound_value){0},
                                   {.type = VALUE_END}};
    each_join_code(s, statement_begin(s, maker ? JOIN_CODE_MADE : JOIN_CODE_ALL, values), each,
                   arg);
}

int64_t store_join_codes_left(struct store *s, const char *organization, int64_t now)
{
    return statement_left(s, JOIN_CODE_COUNT, JOIN_CODE_PRUNE, organization, now);
}

void store_join_code_add(struct store *s, const struct join_code *c)
{
    need_lock(s, c->organization);
    statement_run(s, JOIN_CODE_ADD,
                  VALUES(value_text(c->id), value_text(c->organization), value_text(c->role),
                         value_number(c->max_uses), value_number(c->uses), value_number(c->created),
                         value_hash(c->hash), value_number(c->expires), value_number(c->last.at),
                         value_text(c->last.from), value_text(c->maker.id)));
    statement_run(s, JOIN_CODE_MORE, VALUES(value_text(c->organization)));
}

void store_join_code_use(struct store *s, const char *id, const struct use *use)
{
    statement_run(s, JOIN_CODE_USE,
                  VALUES(value_text(id), value_number(use->at), value_text(use->from)));
}

void store_join_code_remove(struct store *s, const char *id)
{
    statement_run(s, JOIN_CODE_REMOVE, VALUES(value_text(id)));
}
