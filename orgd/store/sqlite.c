/* The engine for SQLite: one data file, which one server has open. */
#include <errno.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/log.h"
#include "orgd/store/database.h"
#include "orgd/store/file.h"
#include "orgd/store/reserve.h"
#include "orgd/store/schema.h"

#define STEPS_COUNTED 200 /* at a time */

struct sqlite_rowset {
    struct rowset rowset;
    sqlite3_stmt *stmt;
};

struct sqlite {
    struct store store;
    sqlite3 *db;
    struct sqlite_rowset cached[STATEMENT_COUNT];
    struct file_identity identity; /* of the file that was opened */
    int64_t data_version;          /* what SQLite counts other connections' commits by */
    int lock;                      /* on the data file for as long as it is ours */
    int steps_most;                /* of its machine, for a transaction that reads; 0: any number */
    int steps;                     /* that this one has taken */
    bool reserved;                 /* room is kept */
};

static struct sqlite *sqlite_of(struct store *s)
{
    return (struct sqlite *)s;
}

static sqlite3_stmt *stmt_of(const struct rowset *stmt)
{
    return ((const struct sqlite_rowset *)stmt)->stmt;
}

/* --- statements --- */

static int value_bind(sqlite3_stmt *stmt, int parameter, const struct bound_value *value)
{
    switch (value->type) {
    case VALUE_TEXT:
        return sqlite3_bind_text(stmt, parameter, value->text, -1, SQLITE_STATIC);
    case VALUE_NUMBER:
        return sqlite3_bind_int64(stmt, parameter, value->number);
    case VALUE_BYTES:
        return sqlite3_bind_blob(stmt, parameter, value->bytes, value->size, SQLITE_STATIC);
    case VALUE_END:
        break;
    }
    return SQLITE_MISUSE;
}

static struct rowset *sqlite_begin(struct store *s, enum statement which,
                                   const struct bound_value *values)
{
    struct sqlite *q = sqlite_of(s);
    sqlite3_stmt *stmt = q->cached[which].stmt;
    int count = 0, rc = SQLITE_OK;
    for (; values[count].type != VALUE_END && rc == SQLITE_OK; count++)
        rc = value_bind(stmt, count + 1, &values[count]);
    if (rc != SQLITE_OK)
        store_fail(s, sqlite3_errmsg(q->db));
    else if (count != sqlite3_bind_parameter_count(stmt))
        store_fail(s, "a statement has more parameters than values");
    return s->failed ? NULL : &q->cached[which].rowset;
}

/* A step has ended with RC. */
static void step_fail(struct store *s, int rc)
{
    sqlite3 *db = sqlite_of(s)->db;
    int reason = sqlite3_system_errno(db);
    s->full |= rc == SQLITE_FULL || (rc == SQLITE_IOERR && (reason == ENOSPC || reason == EDQUOT));
    s->again |= rc == SQLITE_BUSY || rc == SQLITE_LOCKED;
    s->too_long |= rc == SQLITE_INTERRUPT;
    if (s->again || s->too_long)
        s->failed = true; /* whoever runs it again, or not, tells it */
    else
        store_fail(s, sqlite3_errmsg(db));
}

static bool sqlite_row(struct store *s, struct rowset *stmt)
{
    int rc = sqlite3_step(stmt_of(stmt));
    if (rc == SQLITE_ROW || rc == SQLITE_DONE)
        return rc == SQLITE_ROW;
    step_fail(s, rc);
    return false;
}

static void sqlite_end(struct rowset *stmt)
{
    sqlite3_reset(stmt_of(stmt));
    sqlite3_clear_bindings(stmt_of(stmt));
}

static void sqlite_run(struct store *s, enum statement which, const struct bound_value *values)
{
    struct rowset *stmt = sqlite_begin(s, which, values);
    if (!stmt)
        return;
    sqlite_row(s, stmt);
    sqlite_end(stmt);
}

static int64_t sqlite_changes(struct store *s)
{
    return sqlite3_changes(sqlite_of(s)->db);
}

static int64_t sqlite_number(const struct rowset *stmt, int column)
{
    return sqlite3_column_int64(stmt_of(stmt), column);
}

static const char *sqlite_text(const struct rowset *stmt, int column)
{
    return (const char *)sqlite3_column_text(stmt_of(stmt), column);
}

static const unsigned char *sqlite_bytes(struct rowset *stmt, int column, int *size)
{
    const unsigned char *bytes = sqlite3_column_blob(stmt_of(stmt), column);
    *size = sqlite3_column_bytes(stmt_of(stmt), column);
    return bytes;
}

/* --- transactions --- */

static bool file_there(const struct sqlite *q)
{
    struct file_identity now;
    return file_identify(q->store.name, &now) && now.device == q->identity.device &&
           now.inode == q->identity.inode;
}

static void sqlite_ready(struct store *s, enum statement how)
{
    struct sqlite *q = sqlite_of(s);
    q->steps = 0;
    if (how == BEGIN_CHANGE && !file_there(q))
        store_fail(s, "the data file was moved, removed or replaced");
    else
        sqlite_run(s, how, NO_VALUES);
}

static bool sqlite_inside(const struct store *s)
{
    return !sqlite3_get_autocommit(((const struct sqlite *)s)->db);
}

/* There is one writer at a time: the whole file is locked. */
static void sqlite_lock(struct store *s, const char *organization)
{
    (void)s;
    (void)organization;
}

static void sqlite_finish(struct store *s, enum statement how)
{
    sqlite_of(s)->steps = 0; /* what took too long has an end all the same */
    sqlite_run(s, how, NO_VALUES);
}

static int64_t sqlite_written(const struct store *s)
{
    return sqlite3_total_changes(((const struct sqlite *)s)->db);
}

static void sqlite_patience(struct store *s, int ms)
{
    sqlite3_busy_timeout(sqlite_of(s)->db, ms);
}

static int count_steps(void *arg)
{
    struct sqlite *q = arg;
    q->steps += STEPS_COUNTED;
    return q->steps_most > 0 && q->steps > q->steps_most;
}

static void sqlite_limit(struct store *s, int steps)
{
    struct sqlite *q = sqlite_of(s);
    q->steps_most = steps;
    sqlite3_progress_handler(q->db, STEPS_COUNTED, count_steps, q);
}

/* --- the file --- */

static bool sqlite_has_room(struct store *s)
{
    struct sqlite *q = sqlite_of(s);
    if (!q->reserved)
        q->reserved = reserve_take(s->name);
    return q->reserved;
}

static bool sqlite_make_room(struct store *s)
{
    if (s->together || !reserve_release(s->name))
        return false;
    sqlite_of(s)->reserved = false;
    return true;
}

static int64_t sqlite_log_bytes(const struct store *s)
{
    char log[PATH_MAX];
    struct stat st;
    return file_beside(s->name, "-wal", log) && stat(log, &st) == 0 ? st.st_size : 0;
}

static enum store_news sqlite_watch(struct store *s)
{
    struct sqlite *q = sqlite_of(s);
    if (!file_there(q))
        return STORE_LOST;
    s->failed = false;
    int64_t version = statement_number(s, DATA_VERSION, NO_VALUES);
    bool same = version == q->data_version;
    q->data_version = version;
    return same ? STORE_SAME : STORE_CHANGED;
}

/* --- opening --- */

static bool statements_prepare(struct sqlite *q)
{
    for (size_t i = 0; i < STATEMENT_COUNT; i++) {
        q->cached[i].rowset.engine = &engine_sqlite;
        if (statement_sql[i] &&
            sqlite3_prepare_v3(q->db, statement_sql[i], -1, SQLITE_PREPARE_PERSISTENT,
                               &q->cached[i].stmt, NULL) != SQLITE_OK) {
            store_fail(&q->store, sqlite3_errmsg(q->db));
            return false;
        }
    }
    return true;
}

/* Copies a file of an older version, before it is migrated, to a file beside it: the only way back
 * to the older orgd. */
static bool file_keep(const struct sqlite *q)
{
    const char *path = q->store.name;
    char copy[PATH_MAX], date[FILE_DATE_SIZE];
    int64_t version = schema_version(q->db, path);
    if (version == 0 || version == SCHEMA_VERSION)
        return true;
    file_date(date);
    int len = snprintf(copy, sizeof copy, "%s.version-%d.%s", path, (int)version, date);
    if (version < 0 || len >= (int)sizeof copy || !store_backup(path, copy))
        return false;
    log_info("%s: migrates from version %d to %d; the file as it was is %s", path, (int)version,
             SCHEMA_VERSION, copy);
    return true;
}

static bool file_open(struct sqlite *q, enum store_mode mode)
{
    const char *path = q->store.name;
    q->db = file_connect(path);
    if (!q->db || !file_identify(path, &q->identity))
        return false;
    bool ready = mode == STORE_SERVE ? file_keep(q) && schema_prepare(q->db, path)
                                     : schema_current(q->db, path);
    if (!ready || !statements_prepare(q))
        return false;
    sqlite_watch(&q->store);
    return true;
}

static struct sqlite *sqlite_new(const char *path)
{
    struct sqlite *q = memory_get(sizeof *q);
    q->store.engine = &engine_sqlite;
    q->store.name = path;
    q->lock = -1;
    return q;
}

static void sqlite_close(struct store *s)
{
    struct sqlite *q = sqlite_of(s);
    for (size_t i = 0; i < STATEMENT_COUNT; i++)
        sqlite3_finalize(q->cached[i].stmt);
    sqlite3_close(q->db);
    if (q->lock >= 0)
        close(q->lock);
    free(q);
}

static struct store *sqlite_open(const char *path, enum store_mode mode)
{
    struct sqlite *q = sqlite_new(path);
    if ((mode == STORE_OPERATE || file_claim(path, &q->lock)) && file_open(q, mode))
        return &q->store;
    sqlite_close(&q->store);
    return NULL;
}

static struct store *sqlite_beside(const struct store *other)
{
    struct sqlite *q = sqlite_new(other->name);
    q->db = file_connect(other->name);
    q->identity = ((const struct sqlite *)other)->identity;
    if (q->db && schema_current(q->db, other->name) && statements_prepare(q))
        return &q->store;
    sqlite_close(&q->store);
    return NULL;
}

const struct engine engine_sqlite = {
    .gathers = true,
    .open = sqlite_open,
    .beside = sqlite_beside,
    .close = sqlite_close,
    .watch = sqlite_watch,
    .has_room = sqlite_has_room,
    .make_room = sqlite_make_room,
    .log_bytes = sqlite_log_bytes,
    .limit = sqlite_limit,
    .ready = sqlite_ready,
    .inside = sqlite_inside,
    .lock = sqlite_lock,
    .finish = sqlite_finish,
    .written = sqlite_written,
    .patience = sqlite_patience,
    .begin = sqlite_begin,
    .row = sqlite_row,
    .end = sqlite_end,
    .run = sqlite_run,
    .changes = sqlite_changes,
    .number = sqlite_number,
    .text = sqlite_text,
    .bytes = sqlite_bytes,
};
