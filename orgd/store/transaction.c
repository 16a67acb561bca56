/* Transactions, and batches of them. */
#include "orgd/store/commits.h"
#include "orgd/store/database.h"

bool store_begin(struct store *s, enum store_use use)
{
    s->failed = false;
    s->full = false;
    commits_forget(s);
    if (s->batch && sqlite3_get_autocommit(s->db))
        store_fail(s, "the changes before this one were lost");
    if (use == STORE_CHANGE && !s->batch && !database_there(s))
        store_fail(s, "the data file was moved, removed or replaced");
    enum statement how = s->batch ? NEST : use == STORE_CHANGE ? BEGIN_CHANGE : BEGIN_READ;
    statement_run(s, how, NO_VALUES);
    return !s->failed;
}

bool store_commit(struct store *s)
{
    commits_write(s);
    statement_run(s, s->batch ? NEST_COMMIT : COMMIT, NO_VALUES);
    if (!s->failed)
        return true;
    store_rollback(s);
    return false;
}

bool store_rollback(struct store *s)
{
    bool sound = !s->failed;
    s->failed = false;
    if (sqlite3_get_autocommit(s->db)) /* a failed statement has rolled back by itself */
        return sound;
    statement_run(s, s->batch ? NEST_ROLLBACK : ROLLBACK, NO_VALUES);
    if (s->batch)
        statement_run(s, NEST_COMMIT, NO_VALUES);
    return sound && !s->failed;
}

bool store_batch_begin(struct store *s)
{
    s->batch = store_begin(s, STORE_CHANGE);
    return s->batch;
}

bool store_batch_end(struct store *s)
{
    s->batch = false;
    s->failed = false;
    return !sqlite3_get_autocommit(s->db) && store_commit(s);
}
