#include "orgd/store/database.h"

#include "common/log.h"

void store_fail(struct store *s, const char *why)
{
    if (!s->failed)
        log_error("%s: %s", s->name, why);
    s->failed = true;
}

/* --- statements --- */

struct rowset *statement_begin(struct store *s, enum statement which,
                               const struct bound_value *values)
{
    return s->failed ? NULL : s->engine->begin(s, which, values);
}

void statement_ahead(struct store *s, enum statement which, const struct bound_value *values)
{
    if (!s->failed && s->engine->ahead)
        s->engine->ahead(s, which, values);
}

bool statement_row(struct store *s, struct rowset *stmt)
{
    return stmt && !s->failed && s->engine->row(s, stmt);
}

void statement_end(struct rowset *stmt)
{
    if (stmt)
        stmt->engine->end(stmt);
}

void statement_run(struct store *s, enum statement which, const struct bound_value *values)
{
    if (!s->failed)
        s->engine->run(s, which, values);
}

int64_t statement_number(struct store *s, enum statement which, const struct bound_value *values)
{
    struct rowset *stmt = statement_begin(s, which, values);
    int64_t number = statement_row(s, stmt) ? s->engine->number(stmt, 0) : 0;
    statement_end(stmt);
    return number;
}

bool statement_any(struct store *s, enum statement which, const struct bound_value *values)
{
    struct rowset *stmt = statement_begin(s, which, values);
    bool found = statement_row(s, stmt);
    statement_end(stmt);
    return found;
}

int64_t statement_left(struct store *s, enum statement count, enum statement prune,
                       const char *owner, int64_t now)
{
    const struct bound_value *values = VALUES(value_text(owner), value_number(now));
    struct rowset *stmt = statement_begin(s, count, values);
    bool found = statement_row(s, stmt);
    int64_t all = found ? s->engine->number(stmt, 0) : 0;
    bool past = found && s->engine->number(stmt, 1) != 0;
    statement_end(stmt);
    if (!past)
        return all;
    statement_run(s, prune, values);
    return all - statement_changes(s);
}

int64_t statement_changes(struct store *s)
{
    int64_t changes = s->failed ? 0 : s->engine->changes(s);
    return s->failed ? 0 : changes;
}

/* --- the store as a whole --- */

struct store *store_open(const char *data, enum store_mode mode)
{
    return (store_is_url(data) ? &engine_postgresql : &engine_sqlite)->open(data, mode);
}

struct store *store_beside(const struct store *other)
{
    return other->engine->beside(other);
}

void store_close(struct store *s)
{
    buffer_free(&s->locked);
    buffer_free(&s->moved);
    s->engine->close(s);
}

enum store_news store_watch(struct store *s)
{
    return s->engine->watch(s);
}

bool store_has_room(struct store *s)
{
    return s->engine->has_room(s);
}

bool store_full(const struct store *s)
{
    return s->full;
}

bool store_make_room(struct store *s)
{
    return s->engine->make_room(s);
}

int64_t store_log_bytes(const struct store *s)
{
    return s->engine->log_bytes(s);
}

void store_limit(struct store *s, int steps)
{
    s->engine->limit(s, steps);
}

bool store_gathers(const struct store *s)
{
    return s->engine->gathers;
}

void store_tell(struct store *s, const char *what, int news)
{
    if (s->engine->tell)
        s->engine->tell(s, what, news);
}

struct store_feed *store_feed_open(const struct store *s)
{
    return s->engine->feed ? s->engine->feed(s) : NULL;
}
