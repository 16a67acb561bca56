#include "orgd/store/database.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/log.h"
#include "orgd/store/file.h"
#include "orgd/store/reserve.h"
#include "orgd/store/schema.h"

#define STEPS_COUNTED 200 /* at a time */

void store_fail(struct store *s, const char *why)
{
    if (!s->failed)
        log_error("%s: %s", s->path, why);
    s->failed = true;
}

void need_lock(struct store *s, const char *organization)
{
    for (size_t at = 0; at < s->locked.len; at += ID_SIZE)
        if (strcmp(s->locked.data + at, organization) == 0)
            return;
    store_fail(s, "an organization was changed that was not locked");
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

sqlite3_stmt *statement_begin(struct store *s, enum statement which,
                              const struct bound_value *values)
{
    if (s->failed)
        return NULL;
    sqlite3_stmt *stmt = s->cached[which];
    int count = 0, rc = SQLITE_OK;
    for (; values[count].type != VALUE_END && rc == SQLITE_OK; count++)
        rc = value_bind(stmt, count + 1, &values[count]);
    if (rc != SQLITE_OK)
        store_fail(s, sqlite3_errmsg(s->db));
    else if (count != sqlite3_bind_parameter_count(stmt))
        store_fail(s, "a statement has more parameters than values");
    return s->failed ? NULL : stmt;
}

/* A step has ended with RC. */
static void statement_fail(struct store *s, int rc)
{
    int reason = sqlite3_system_errno(s->db);
    s->full |= rc == SQLITE_FULL || (rc == SQLITE_IOERR && (reason == ENOSPC || reason == EDQUOT));
    s->again |= rc == SQLITE_BUSY || rc == SQLITE_LOCKED;
    s->too_long |= rc == SQLITE_INTERRUPT;
    if (s->again || s->too_long)
        s->failed = true; /* whoever runs it again, or not, tells it */
    else
        store_fail(s, sqlite3_errmsg(s->db));
}

bool statement_row(struct store *s, sqlite3_stmt *stmt)
{
    if (!stmt || s->failed)
        return false;
    int rc = sqlite3_step(stmt);
    if (rc == SQLITE_ROW || rc == SQLITE_DONE)
        return rc == SQLITE_ROW;
    statement_fail(s, rc);
    return false;
}

void statement_end(sqlite3_stmt *stmt)
{
    if (!stmt)
        return;
    sqlite3_reset(stmt);
    sqlite3_clear_bindings(stmt);
}

void statement_run(struct store *s, enum statement which, const struct bound_value *values)
{
    statement_any(s, which, values);
}

int64_t statement_number(struct store *s, enum statement which, const struct bound_value *values)
{
    sqlite3_stmt *stmt = statement_begin(s, which, values);
    int64_t number = statement_row(s, stmt) ? sqlite3_column_int64(stmt, 0) : 0;
    statement_end(stmt);
    return number;
}

bool statement_any(struct store *s, enum statement which, const struct bound_value *values)
{
    sqlite3_stmt *stmt = statement_begin(s, which, values);
    bool found = statement_row(s, stmt);
    statement_end(stmt);
    return found;
}

/* --- opening --- */

static bool statements_prepare(struct store *s)
{
    for (size_t i = 0; i < STATEMENT_COUNT; i++) {
        if (sqlite3_prepare_v3(s->db, statement_sql[i], -1, SQLITE_PREPARE_PERSISTENT,
                               &s->cached[i], NULL) != SQLITE_OK) {
            store_fail(s, sqlite3_errmsg(s->db));
            return false;
        }
    }
    return true;
}

/* Copies a file of an older version, before it is migrated, to a file beside it: the only way back
 * to the older orgd. */
static bool database_keep(const struct store *s)
{
    char copy[PATH_MAX], date[FILE_DATE_SIZE];
    int64_t version = schema_version(s->db, s->path);
    if (version == 0 || version == SCHEMA_VERSION)
        return true;
    file_date(date);
    int len = snprintf(copy, sizeof copy, "%s.version-%d.%s", s->path, (int)version, date);
    if (version < 0 || len >= (int)sizeof copy || !store_backup(s->path, copy))
        return false;
    log_info("%s: migrates from version %d to %d; the file as it was is %s", s->path, (int)version,
             SCHEMA_VERSION, copy);
    return true;
}

static bool database_open(struct store *s, enum store_mode mode)
{
    s->db = file_connect(s->path);
    if (!s->db || !file_identify(s->path, &s->identity))
        return false;
    bool ready = mode == STORE_SERVE ? database_keep(s) && schema_prepare(s->db, s->path)
                                     : schema_current(s->db, s->path);
    if (!ready || !statements_prepare(s))
        return false;
    store_watch(s);
    return true;
}

bool database_there(const struct store *s)
{
    struct file_identity now;
    return file_identify(s->path, &now) && now.device == s->identity.device &&
           now.inode == s->identity.inode;
}

bool store_has_room(struct store *s)
{
    if (!s->reserved)
        s->reserved = reserve_take(s->path);
    return s->reserved;
}

bool store_full(const struct store *s)
{
    return s->full;
}

bool store_make_room(struct store *s)
{
    if (s->together || !reserve_release(s->path))
        return false;
    s->reserved = false;
    return true;
}

int64_t store_log_bytes(const struct store *s)
{
    char log[PATH_MAX];
    struct stat st;
    return file_beside(s->path, "-wal", log) && stat(log, &st) == 0 ? st.st_size : 0;
}

enum store_news store_watch(struct store *s)
{
    if (!database_there(s))
        return STORE_LOST;
    s->failed = false;
    int64_t version = statement_number(s, DATA_VERSION, NO_VALUES);
    bool same = version == s->data_version;
    s->data_version = version;
    return same ? STORE_SAME : STORE_CHANGED;
}

struct store *store_open(const char *path, enum store_mode mode)
{
    struct store *s = memory_get(sizeof *s);
    s->path = path;
    s->lock = -1;
    if ((mode == STORE_OPERATE || file_claim(path, &s->lock)) && database_open(s, mode))
        return s;
    store_close(s);
    return NULL;
}

struct store *store_beside(const struct store *other)
{
    struct store *s = memory_get(sizeof *s);
    s->path = other->path;
    s->lock = -1;
    s->db = file_connect(s->path);
    s->identity = other->identity;
    if (s->db && schema_current(s->db, s->path) && statements_prepare(s))
        return s;
    store_close(s);
    return NULL;
}

static int count_steps(void *arg)
{
    struct store *s = arg;
    s->steps += STEPS_COUNTED;
    return s->steps_most > 0 && s->steps > s->steps_most;
}

void store_limit(struct store *s, int steps)
{
    s->steps_most = steps;
    sqlite3_progress_handler(s->db, STEPS_COUNTED, count_steps, s);
}

void store_close(struct store *s)
{
    for (size_t i = 0; i < STATEMENT_COUNT; i++)
        sqlite3_finalize(s->cached[i]);
    sqlite3_close(s->db);
    if (s->lock >= 0)
        close(s->lock);
    buffer_free(&s->locked);
    buffer_free(&s->moved);
    free(s);
}
