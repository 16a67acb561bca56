/* Transactions, and those that become durable together. */
#include <stdio.h>

#include "orgd/store/commits.h"
#include "orgd/store/database.h"

/* Bytes of the organizations that one change can lock: as many as a user is in. */
#define LOCKED_MOST (16U << 20)

#define GATHER_BUSY_MS 6000 /* a few times BUSY_MS: that of many who wait as one */

static bool begin(struct store *s, enum statement how)
{
    s->failed = s->full = s->again = s->too_long = false;
    s->steps = 0;
    s->locked.len = 0;
    commits_forget(s);
    if (s->together && sqlite3_get_autocommit(s->db))
        store_fail(s, "the changes before this one were lost");
    if (how == BEGIN_CHANGE && !s->together && !database_there(s))
        store_fail(s, "the data file was moved, removed or replaced");
    statement_run(s, s->together ? NEST : how, NO_VALUES);
    return !s->failed;
}

bool store_begin_read(struct store *s)
{
    return begin(s, BEGIN_READ);
}

/* There is one writer at a time: the whole file is locked. */
bool store_begin_change(struct store *s, const char *organization)
{
    if (!begin(s, BEGIN_CHANGE))
        return false;
    if (organization)
        store_lock(s, organization);
    return !s->failed;
}

void store_lock(struct store *s, const char *organization)
{
    char id[ID_SIZE] = "";
    snprintf(id, sizeof id, "%s", organization);
    if (!buffer_add(&s->locked, id, sizeof id, LOCKED_MOST))
        store_fail(s, "one change is of too many organizations");
}

/* The end of a transaction that was undone. */
static enum store_end undone(const struct store *s, bool sound)
{
    if (sound)
        return STORE_DONE;
    return s->again ? STORE_AGAIN : s->too_long ? STORE_LONG : STORE_FAILED;
}

enum store_end store_commit(struct store *s)
{
    commits_write(s);
    s->steps = 0;
    statement_run(s, s->together ? NEST_COMMIT : COMMIT, NO_VALUES);
    return s->failed ? store_rollback(s) : STORE_DONE;
}

enum store_end store_rollback(struct store *s)
{
    bool sound = !s->failed;
    s->failed = false;
    s->steps = 0;                      /* what took too long has an end all the same */
    if (sqlite3_get_autocommit(s->db)) /* a failed statement has rolled back by itself */
        return undone(s, sound);
    statement_run(s, s->together ? NEST_ROLLBACK : ROLLBACK, NO_VALUES);
    if (s->together)
        statement_run(s, NEST_COMMIT, NO_VALUES);
    return undone(s, sound && !s->failed);
}

/* While another process holds the file all wait for it here, and not each of them once more. */
bool store_gather(struct store *s)
{
    sqlite3_busy_timeout(s->db, GATHER_BUSY_MS);
    s->together = store_begin_change(s, NULL);
    if (!s->together && store_rollback(s) == STORE_AGAIN)
        sqlite3_busy_timeout(s->db, 0);
    return s->together;
}

bool store_settle(struct store *s)
{
    s->together = false;
    s->failed = false;
    return !sqlite3_get_autocommit(s->db) && store_commit(s) == STORE_DONE;
}
