/* Transactions, and those that become durable together. */
#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "orgd/store/commits.h"
#include "orgd/store/counts.h"
#include "orgd/store/database.h"

/* Bytes of the organizations that one change can lock: as many as a user is in. */
#define LOCKED_MOST (16U << 20)

#define GATHER_BUSY_MS 6000 /* a few times BUSY_MS: that of many who wait as one */

/* ALONE: between store_gather and store_settle it can be undone without the others, for which
 * SQLite copies each page that it writes. */
static bool begin(struct store *s, enum statement how, bool alone)
{
    s->failed = s->full = s->again = s->too_long = s->away = s->unknown = false;
    s->locked.len = 0;
    s->changes = how == BEGIN_CHANGE;
    s->nested = s->together && alone;
    s->within = s->together && !alone;
    commits_forget(s);
    if (s->together && !s->engine->inside(s)) /* those before this one are undone already */
        s->failed = true;
    if (!s->failed && !s->within)
        s->engine->ready(s, s->nested ? NEST : how);
    if (s->within)
        s->written = s->engine->written(s);
    return !s->failed;
}

bool store_begin_read(struct store *s)
{
    return begin(s, BEGIN_READ, false);
}

static bool begin_change(struct store *s, const char *organization, bool alone)
{
    if (!begin(s, BEGIN_CHANGE, alone))
        return false;
    if (organization)
        store_lock(s, organization);
    else
        s->engine->lock(s, NULL);
    return !s->failed;
}

bool store_begin_change(struct store *s, const char *organization)
{
    return begin_change(s, organization, true);
}

bool store_begin_checked(struct store *s, const char *organization)
{
    return begin_change(s, organization, false);
}

static bool locked(const struct store *s, const char *organization)
{
    for (size_t at = 0; at < s->locked.len; at += ID_SIZE)
        if (strcmp(s->locked.data + at, organization) == 0)
            return true;
    return false;
}

void need_lock(struct store *s, const char *organization)
{
    if (!locked(s, organization))
        store_fail(s, "an organization was changed that was not locked");
}

void store_lock(struct store *s, const char *organization)
{
    char id[ID_SIZE] = "";
    snprintf(id, sizeof id, "%s", organization);
    if (locked(s, id))
        return;
    if (!buffer_add(&s->locked, id, sizeof id, LOCKED_MOST))
        store_fail(s, "one change is of too many organizations");
    if (!s->failed)
        s->engine->lock(s, id);
}

/* The end of a transaction that was undone. */
static enum store_end undone(const struct store *s, bool sound)
{
    if (sound)
        return STORE_DONE;
    if (s->again)
        counts_add(COUNTED_AGAIN);
    if (s->unknown || s->away)
        return s->unknown ? STORE_UNKNOWN : STORE_AWAY;
    return s->again ? STORE_AGAIN : s->too_long ? STORE_LONG : STORE_FAILED;
}

enum store_end store_commit(struct store *s)
{
    commits_write(s);
    int64_t begun = clock_mono_ms();
    if (!s->failed && !s->within)
        s->engine->finish(s, s->nested ? NEST_COMMIT : COMMIT);
    if (!s->failed && s->changes && !s->together)
        counts_commit(clock_mono_ms() - begun);
    return s->failed ? store_rollback(s) : STORE_DONE;
}

enum store_end store_rollback(struct store *s)
{
    bool sound = !s->failed;
    s->failed = false;
    if (!s->engine->inside(s)) /* a failed statement has rolled back by itself */
        return undone(s, sound);
    if (s->within && s->written == s->engine->written(s)) /* there is nothing to undo */
        return undone(s, sound);
    s->engine->finish(s, s->nested ? NEST_ROLLBACK : ROLLBACK);
    if (s->nested && !s->failed)
        s->engine->finish(s, NEST_COMMIT);
    return undone(s, sound && !s->failed);
}

/* While another process holds the file all wait for it here, and not each of them once more. */
bool store_gather(struct store *s)
{
    s->engine->patience(s, GATHER_BUSY_MS);
    s->together = store_begin_change(s, NULL);
    if (!s->together && store_rollback(s) == STORE_AGAIN)
        s->engine->patience(s, 0);
    return s->together;
}

bool store_settle(struct store *s)
{
    s->together = s->nested = s->within = false;
    s->failed = false;
    return s->engine->inside(s) && store_commit(s) == STORE_DONE;
}
