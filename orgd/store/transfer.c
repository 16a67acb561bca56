/* The whole data, copied between a data file and a database, or two of a kind. */
#include <errno.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "orgd/buffer.h"
#include "orgd/store/file.h"
#include "orgd/store/postgresql_link.h"
#include "orgd/store/postgresql_schema.h"
#include "orgd/store/schema.h"
#include "orgd/store/store.h"

#define NAME_SIZE    64
#define COLUMNS_MOST 48
#define QUERY_MOST   (64U << 10)
#define ROW_MOST     (1U << 20)
#define BLOB_MOST    4096
#define FETCHED      "1000" /* rows at a time */
#define HASH_SIZE    32

struct copied_column {
    char name[NAME_SIZE];
    bool bytes; /* read and handed on in hexadecimal */
    int key;    /* its place in the primary key, 0: none */
};

struct copied_table {
    char name[NAME_SIZE];
    struct copied_column columns[COLUMNS_MOST];
    int count;
};

/* Where data come from, or go to. */
struct side {
    char name[PATH_MAX];
    sqlite3 *db;
    PGconn *conn;
    int lock; /* of the data file, -1: none */
    sqlite3_stmt *insert;
};

/* --- text --- */

static void add(struct buffer *out, const char *text)
{
    buffer_add(out, text, strlen(text), ROW_MOST);
}

/* NAME.COLUMN, NAME.COLUMN2: the columns that are to be read, as SIDE has them. */
static void add_columns(struct buffer *out, const struct side *side, const struct copied_table *t)
{
    for (int i = 0; i < t->count; i++) {
        const struct copied_column *c = &t->columns[i];
        add(out, i > 0 ? ", " : "");
        add(out, !c->bytes ? "" : side->db ? "lower(hex(" : "encode(");
        add(out, c->name);
        add(out, !c->bytes ? "" : side->db ? "))" : ", 'hex')");
    }
}

static void add_names(struct buffer *out, const struct copied_table *t)
{
    for (int i = 0; i < t->count; i++) {
        add(out, i > 0 ? ", " : "");
        add(out, t->columns[i].name);
    }
}

/* All rows, in the order of their primary key. */
static void select_make(struct buffer *out, const struct side *side, const struct copied_table *t)
{
    add(out, "SELECT ");
    add_columns(out, side, t);
    add(out, " FROM ");
    add(out, t->name);
    add(out, " ORDER BY ");
    for (int key = 1, i; key <= t->count; key++) {
        for (i = 0; i < t->count && t->columns[i].key != key; i++)
            ;
        if (i < t->count) {
            add(out, key > 1 ? ", " : "");
            add(out, t->columns[i].name);
        }
    }
}

/* --- reading --- */

/* VALUES has a text for each column, NULL for NULL. False ends it. */
typedef bool row_take(const char *const *values, void *arg);

static bool file_rows(struct side *side, const char *query, int count, row_take *each, void *arg)
{
    const char *values[COLUMNS_MOST];
    sqlite3_stmt *stmt = NULL;
    bool good = true;
    int rc = sqlite3_prepare_v2(side->db, query, -1, &stmt, NULL);
    while (good && rc == SQLITE_OK && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
        for (int i = 0; i < count; i++)
            values[i] = (const char *)sqlite3_column_text(stmt, i);
        good = each(values, arg);
        rc = SQLITE_OK;
    }
    if (good && rc != SQLITE_DONE) {
        file_say(side->name, sqlite3_errmsg(side->db));
        good = false;
    }
    sqlite3_finalize(stmt);
    return good;
}

/* The rows of RESULT, whose number is *ROWS. */
static bool result_rows(PGresult *result, int count, row_take *each, void *arg, int *rows)
{
    const char *values[COLUMNS_MOST];
    bool good = PQresultStatus(result) == PGRES_TUPLES_OK && PQnfields(result) == count;
    *rows = good ? PQntuples(result) : 0;
    for (int row = 0; good && row < *rows; row++) {
        for (int i = 0; i < count; i++)
            values[i] = PQgetisnull(result, row, i) ? NULL : PQgetvalue(result, row, i);
        good = each(values, arg);
    }
    return good;
}

static bool database_rows(struct side *side, const char *query, int count, row_take *each,
                          void *arg)
{
    struct buffer declare = {0};
    int rows;
    add(&declare, "DECLARE all_rows NO SCROLL CURSOR FOR ");
    add(&declare, query);
    bool good = link_execute(side->conn, side->name, declare.data);
    buffer_free(&declare);
    do {
        PGresult *result = good ? PQexec(side->conn, "FETCH " FETCHED " FROM all_rows") : NULL;
        good = good && result_rows(result, count, each, arg, &rows);
        PQclear(result);
    } while (good && rows > 0);
    return good && link_execute(side->conn, side->name, "CLOSE all_rows");
}

static bool side_rows(struct side *side, const struct copied_table *t, row_take *each, void *arg)
{
    struct buffer query = {0};
    select_make(&query, side, t);
    bool good = side->db ? file_rows(side, query.data, t->count, each, arg)
                         : database_rows(side, query.data, t->count, each, arg);
    buffer_free(&query);
    return good;
}

/* --- writing --- */

struct copy_target {
    struct side *side;
    const struct copied_table *table;
};

static bool file_bind(sqlite3_stmt *stmt, int i, const struct copied_column *c, const char *value)
{
    unsigned char bytes[BLOB_MOST];
    size_t len = 0;
    if (!value)
        return sqlite3_bind_null(stmt, i) == SQLITE_OK;
    if (!c->bytes)
        return sqlite3_bind_text(stmt, i, value, -1, SQLITE_TRANSIENT) == SQLITE_OK;
    return sodium_hex2bin(bytes, sizeof bytes, value, strlen(value), NULL, &len, NULL) == 0 &&
           sqlite3_bind_blob(stmt, i, len > 0 ? bytes : (const void *)"", (int)len,
                             SQLITE_TRANSIENT) == SQLITE_OK;
}

static bool file_row(const char *const *values, void *arg)
{
    const struct copy_target *w = arg;
    sqlite3_stmt *stmt = w->side->insert;
    bool good = true;
    for (int i = 0; good && i < w->table->count; i++)
        good = file_bind(stmt, i + 1, &w->table->columns[i], values[i]);
    good = good && sqlite3_step(stmt) == SQLITE_DONE;
    if (!good)
        file_say(w->side->name, sqlite3_errmsg(w->side->db));
    sqlite3_reset(stmt);
    return good;
}

/* As COPY's text has it. */
static void add_field(struct buffer *out, const struct copied_column *c, const char *value)
{
    static const char special[] = "\\\t\n\r", letters[] = "\\tnr";
    if (c->bytes && value)
        add(out, "\\\\x");
    for (; value && *value; value++) {
        const char *found = strchr(special, *value);
        char escaped[3] = {'\\', found ? letters[found - special] : '\0', '\0'};
        buffer_add(out, found ? escaped : value, found ? 2 : 1, ROW_MOST);
    }
    if (!value)
        add(out, "\\N");
}

static bool database_row(const char *const *values, void *arg)
{
    const struct copy_target *w = arg;
    struct buffer line = {0};
    for (int i = 0; i < w->table->count; i++) {
        add(&line, i > 0 ? "\t" : "");
        add_field(&line, &w->table->columns[i], values[i]);
    }
    add(&line, "\n");
    bool good = PQputCopyData(w->side->conn, line.data, (int)line.len) == 1;
    if (!good)
        link_lost(w->side->name, PQerrorMessage(w->side->conn));
    buffer_free(&line);
    return good;
}

static bool file_write(struct side *from, struct side *to, const struct copied_table *t)
{
    struct copy_target writing = {to, t};
    struct buffer query = {0};
    add(&query, "INSERT INTO ");
    add(&query, t->name);
    add(&query, " (");
    add_names(&query, t);
    add(&query, ") VALUES (?");
    for (int i = 1; i < t->count; i++)
        add(&query, ", ?");
    add(&query, ")");
    bool good = sqlite3_prepare_v2(to->db, query.data, -1, &to->insert, NULL) == SQLITE_OK;
    if (!good)
        file_say(to->name, sqlite3_errmsg(to->db));
    good = good && side_rows(from, t, file_row, &writing);
    sqlite3_finalize(to->insert);
    buffer_free(&query);
    return good;
}

static bool database_write(struct side *from, struct side *to, const struct copied_table *t)
{
    struct copy_target writing = {to, t};
    struct buffer query = {0};
    add(&query, "COPY ");
    add(&query, t->name);
    add(&query, " (");
    add_names(&query, t);
    add(&query, ") FROM STDIN");
    PGresult *result = PQexec(to->conn, query.data);
    bool good = PQresultStatus(result) == PGRES_COPY_IN;
    PQclear(result);
    buffer_free(&query);
    good = good && side_rows(from, t, database_row, &writing);
    PQputCopyEnd(to->conn, good ? NULL : "it was given up");
    while ((result = PQgetResult(to->conn)) != NULL) {
        const char *why = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
        if (good && why)
            link_lost(to->name, why);
        good = good && !why;
        PQclear(result);
    }
    return good;
}

/* --- comparing --- */

struct sum {
    crypto_generichash_state state;
    int count;
    long long rows;
};

static bool sum_row(const char *const *values, void *arg)
{
    struct sum *sum = arg;
    for (int i = 0; i < sum->count; i++) {
        const char *value = values[i] ? values[i] : "\001";
        crypto_generichash_update(&sum->state, (const unsigned char *)value, strlen(value) + 1);
    }
    sum->rows++;
    return true;
}

static bool table_sum(struct side *side, const struct copied_table *t, unsigned char out[HASH_SIZE],
                      long long *rows)
{
    struct sum sum = {.count = t->count};
    crypto_generichash_init(&sum.state, NULL, 0, HASH_SIZE);
    bool good = side_rows(side, t, sum_row, &sum);
    crypto_generichash_final(&sum.state, out, HASH_SIZE);
    *rows = sum.rows;
    return good;
}

static bool table_same(struct side *from, struct side *to, const struct copied_table *t)
{
    unsigned char one[HASH_SIZE], other[HASH_SIZE];
    long long rows, copied;
    if (!table_sum(from, t, one, &rows) || !table_sum(to, t, other, &copied))
        return false;
    if (rows == copied && memcmp(one, other, sizeof one) == 0)
        return true;
    log_error("%s: the rows of %s differ from those of %s", to->name, t->name, from->name);
    return false;
}

/* --- the tables --- */

static bool column_take(const char *const *values, void *arg)
{
    struct copied_table *t = arg;
    if (t->count == COLUMNS_MOST)
        return false;
    struct copied_column *c = &t->columns[t->count++];
    snprintf(c->name, sizeof c->name, "%s", values[0]);
    c->bytes = strcmp(values[1], "BLOB") == 0;
    c->key = (int)strtol(values[2], NULL, 10);
    return true;
}

struct data_copy {
    struct side from, to, schema; /* an empty data file in memory has the tables */
};

static bool table_transfer(const char *const *values, void *arg)
{
    struct data_copy *tr = arg;
    struct copied_table t = {.count = 0};
    char query[128];
    snprintf(t.name, sizeof t.name, "%s", values[0]);
    snprintf(query, sizeof query, "SELECT name, type, pk FROM pragma_table_info('%s')", t.name);
    return file_rows(&tr->schema, query, 3, column_take, &t) &&
           (tr->to.db ? file_write : database_write)(&tr->from, &tr->to, &t);
}

static bool table_compare(const char *const *values, void *arg)
{
    struct data_copy *tr = arg;
    struct copied_table t = {.count = 0};
    char query[128];
    snprintf(t.name, sizeof t.name, "%s", values[0]);
    snprintf(query, sizeof query, "SELECT name, type, pk FROM pragma_table_info('%s')", t.name);
    return file_rows(&tr->schema, query, 3, column_take, &t) && table_same(&tr->from, &tr->to, &t);
}

/* --- the numbers of events --- */

static bool number_take(const char *const *values, void *arg)
{
    *(long long *)arg = strtoll(values[0], NULL, 10);
    return true;
}

/* No number of an event is given twice, also if the newest was removed. */
static bool events_go_on(struct side *from, struct side *to)
{
    char query[256];
    long long latest = 0;
    if (from->db && !file_rows(from, "SELECT coalesce(max(seq), 0) FROM sqlite_sequence", 1,
                               number_take, &latest))
        return false;
    if (from->conn)
        latest = link_number(from->conn, "SELECT CASE WHEN is_called THEN last_value ELSE 0 END"
                                         " FROM events_id_seq");
    if (latest <= 0)
        return latest == 0;
    if (to->conn) {
        snprintf(query, sizeof query,
                 "SELECT setval('events_id_seq', %lld), setval('touches_id_seq',"
                 " (SELECT coalesce(max(id), 0) + 1 FROM touches))",
                 latest);
        return link_execute(to->conn, to->name, query);
    }
    snprintf(query, sizeof query,
             "DELETE FROM sqlite_sequence WHERE name = 'events';"
             "INSERT INTO sqlite_sequence VALUES ('events', %lld)",
             latest);
    return sqlite3_exec(to->db, query, NULL, NULL, NULL) == SQLITE_OK;
}

/* --- opening --- */

static bool file_open(struct side *side, const char *path, bool target)
{
    bool there = access(path, F_OK) == 0;
    if (there == target) {
        file_say(path, target ? "exists already; a copy replaces nothing" : strerror(ENOENT));
        return false;
    }
    side->db = file_claim(path, &side->lock) ? file_connect(path) : NULL;
    return side->db && (target ? schema_prepare(side->db, path) : schema_current(side->db, path)) &&
           sqlite3_exec(side->db, target ? "BEGIN IMMEDIATE" : "BEGIN", NULL, NULL, NULL) ==
               SQLITE_OK;
}

static bool database_open(struct side *side, const char *url, bool target)
{
    side->conn = link_open(url, side->name);
    if (!side->conn || !postgresql_schema(side->conn, side->name, target))
        return false;
    const char *why = NULL;
    if (!postgresql_claim(side->conn))
        why = "a server is using it";
    else if (target && link_number(side->conn, "SELECT (SELECT count(*) FROM users)"
                                               " + (SELECT count(*) FROM events)") != 0)
        why = "has data already; a copy replaces nothing";
    if (why)
        log_error("%s: %s", side->name, why);
    return !why && link_execute(side->conn, side->name,
                                target ? "BEGIN" : "BEGIN ISOLATION LEVEL REPEATABLE READ");
}

static bool side_open(struct side *side, const char *data, bool target)
{
    side->lock = -1;
    snprintf(side->name, sizeof side->name, "%s", store_name(data));
    return store_is_url(data) ? database_open(side, data, target) : file_open(side, data, target);
}

static bool side_commit(struct side *side)
{
    if (side->conn)
        return link_execute(side->conn, side->name, "COMMIT");
    bool good = sqlite3_exec(side->db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK;
    if (!good)
        file_say(side->name, sqlite3_errmsg(side->db));
    return good;
}

static void side_close(struct side *side)
{
    sqlite3_close(side->db);
    PQfinish(side->conn);
    if (side->lock >= 0)
        close(side->lock);
}

/* What is left of a data file that was not finished. */
static void file_remove(const char *path)
{
    static const char *const suffixes[] = {"", "-wal", "-shm", "-lock"};
    char name[PATH_MAX];
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++)
        if (file_beside(path, suffixes[i], name))
            unlink(name);
}

bool store_transfer(const char *from, const char *to)
{
    static const char tables[] = "SELECT name FROM sqlite_master WHERE type = 'table'"
                                 " AND name NOT LIKE 'sqlite_%' ORDER BY rowid";
    struct data_copy tr = {.schema = {.name = "schema", .lock = -1}, .to.lock = -1};
    bool warned;
    bool good = sqlite3_open(":memory:", &tr.schema.db) == SQLITE_OK &&
                schema_prepare(tr.schema.db, tr.schema.name) && side_open(&tr.from, from, false) &&
                side_open(&tr.to, to, true);
    bool made = good && !store_is_url(to);
    good = good && file_rows(&tr.schema, tables, 1, table_transfer, &tr) &&
           file_rows(&tr.schema, tables, 1, table_compare, &tr) && events_go_on(&tr.from, &tr.to) &&
           side_commit(&tr.to);
    side_close(&tr.from);
    side_close(&tr.to);
    side_close(&tr.schema);
    if (made && !good)
        file_remove(to);
    return good && store_check(to, &warned);
}
