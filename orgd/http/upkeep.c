#include "orgd/http/upkeep.h"

#include "common/clock.h"
#include "common/log.h"
#include "common/notify.h"
#include "orgd/endpoints/endpoints.h"
#include "orgd/endpoints/once.h"
#include "orgd/endpoints/usage.h"
#include "orgd/now.h"

#define DAY_MS       86400000LL
#define EXPIRE_MS    60000
#define EXPIRE_SLICE 500 /* rows */
#define STUCK_MS     900000

/* Removes audit events that are too old, a slice at a time. */
static void events_expire(struct upkeep *u, struct store *store)
{
    unsigned days = u->keep_events_days;
    int64_t now = clock_mono_ms(), count = 0;
    if (days == 0 || now < u->expire)
        return;
    if (store_begin_change(store, NULL))
        count = store_events_prune(store, now_ms() - days * DAY_MS, EXPIRE_SLICE);
    if (store_commit(store) != STORE_DONE || count == 0)
        u->expire = now + EXPIRE_MS;
}

/* Removes answers that were kept long enough. */
static void answers_expire(struct upkeep *u, struct store *store)
{
    int64_t now = clock_mono_ms(), count = 0;
    if (now < u->forget)
        return;
    if (store_begin_change(store, NULL))
        count = store_answers_prune(store, now_ms() - ONCE_KEPT_MS, EXPIRE_SLICE);
    if (store_commit(store) != STORE_DONE || count == 0)
        u->forget = now + EXPIRE_MS;
}

/* A slice of what goes through many rows. */
static bool chore_run(struct upkeep *u, struct store *store)
{
    bool more = store_begin_change(store, NULL) && store_chore(store, u->changed.id);
    if (more && u->changed.id[0])
        store_tell(store, u->changed.id, NEWS_GATHERED);
    return store_commit(store) == STORE_DONE && more;
}

static void upkeep_job(struct store *store, struct job *job)
{
    struct upkeep *u = (struct upkeep *)(void *)job;
    u->news = store_watch(store);
    u->more = false;
    u->changed = (struct changed){.news = NEWS_GATHERED};
    if (u->news == STORE_LOST)
        return;
    store_has_room(store);
    usage_store_slice(store);
    events_expire(u, store);
    answers_expire(u, store);
    u->more = member_term_end(store, &u->changed) || chore_run(u, store);
}

static void upkeep_start(struct upkeep *u)
{
    u->running = true;
    u->begun = clock_mono_ms();
    crew_add(u->front->changes, &u->job);
}

static void upkeep_done(struct job *job)
{
    struct upkeep *u = (struct upkeep *)(void *)job;
    const struct buffer changed = {.data = (char *)&u->changed, .len = sizeof u->changed};
    u->running = false;
    if (u->news == STORE_LOST) {
        log_error("the data file was moved, removed or replaced: put it back, and start again");
        u->lost = true;
        return;
    }
    if (u->news == STORE_CHANGED)
        held_tell_all(u->front->held);
    if (u->more && u->changed.id[0])
        held_tell(u->front->held, &changed);
    if (u->more && !u->front->stopping)
        upkeep_start(u);
}

void upkeep_init(struct upkeep *u, struct front *front, unsigned keep_events_days)
{
    *u = (struct upkeep){.job = {.run = upkeep_job, .done = upkeep_done},
                         .front = front,
                         .keep_events_days = keep_events_days};
}

/* A crew that waits for another process, which holds the data file, is alive: restarting it would
 * help nobody. */
static void watchdog_show(struct upkeep *u, int64_t now)
{
    if (now < u->shown + UPKEEP_MS || (u->running && now > u->begun + STUCK_MS))
        return;
    u->shown = now;
    if (notify_watchdog_ms() > 0)
        notify("WATCHDOG=1");
}

void upkeep_due(struct upkeep *u)
{
    int64_t now = clock_mono_ms();
    watchdog_show(u, now);
    if (!u->running && now >= u->begun + UPKEEP_MS)
        upkeep_start(u);
}
