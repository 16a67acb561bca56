/*
 * What the store needs of a database: SQLite (sqlite.c), and PostgreSQL (postgresql.c). Everything
 * above it is written once, in the statements of sql.h. An engine tells of a failure by store_fail
 * or the flags of struct store (database.h), and is not asked again before the next transaction.
 */
#ifndef ORGD_STORE_ENGINE_H
#define ORGD_STORE_ENGINE_H

#include <stdbool.h>
#include <stdint.h>

#include "orgd/store/sql.h"
#include "orgd/store/store.h"

struct bound_value;

/* A statement that was begun, on its present row. An engine's own begins with it. */
struct rowset {
    const struct engine *engine;
};

struct engine {
    bool arrays;  /* the statements of each.c take all organizations at once */
    bool gathers; /* changes become durable together (store_gather), one thread makes them all */

    /* As in store.h. A store is the engine's own structure, which begins with struct store. */
    struct store *(*open)(const char *data, enum store_mode mode);
    struct store *(*beside)(const struct store *other);
    void (*close)(struct store *s);
    enum store_news (*watch)(struct store *s);
    bool (*has_room)(struct store *s);
    bool (*make_room)(struct store *s);
    int64_t (*log_bytes)(const struct store *s);
    void (*limit)(struct store *s, int steps);

    /* Begins a transaction: BEGIN_READ, BEGIN_CHANGE, or NEST within one. */
    void (*ready)(struct store *s, enum statement how);
    /* True when a transaction is open. */
    bool (*inside)(const struct store *s);
    /* Keeps other changes of ORGANIZATION waiting, or those that begin without one (NULL). */
    void (*lock)(struct store *s, const char *organization);
    /* Runs HOW, a COMMIT or ROLLBACK, and waits for its outcome. */
    void (*finish)(struct store *s, enum statement how);
    /* Counts the rows that this store has written; NULL where changes are not gathered. */
    int64_t (*written)(const struct store *s);
    /* How long a statement waits for others. */
    void (*patience)(struct store *s, int ms);
    /* store_tell and store_feed_open; NULL where there is one server alone. */
    void (*tell)(struct store *s, const char *what, int news);
    struct store_feed *(*feed)(const struct store *s);

    /* statement_ahead; NULL where a question costs nothing. */
    void (*ahead)(struct store *s, enum statement which, const struct bound_value *values);

    /* database.h has these with a store that may have failed. */
    struct rowset *(*begin)(struct store *s, enum statement which,
                            const struct bound_value *values);
    bool (*row)(struct store *s, struct rowset *stmt);
    void (*end)(struct rowset *stmt);
    void (*run)(struct store *s, enum statement which, const struct bound_value *values);
    int64_t (*changes)(struct store *s);

    /* A column of the row, from 0. TEXT and BYTES are NULL for NULL, and BYTES for none. */
    int64_t (*number)(const struct rowset *stmt, int column);
    const char *(*text)(const struct rowset *stmt, int column);
    const unsigned char *(*bytes)(struct rowset *stmt, int column, int *size);
};

extern const struct engine engine_sqlite, engine_postgresql;

#endif
