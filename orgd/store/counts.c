#include "orgd/store/counts.h"

#include <pthread.h>

#include "common/clock.h"

static struct {
    pthread_mutex_t lock;
    struct store_counts now;
} counts = {.lock = PTHREAD_MUTEX_INITIALIZER};

void counts_commit(int64_t ms)
{
    pthread_mutex_lock(&counts.lock);
    counts.now.commits++;
    counts.now.commit_ms += ms;
    if (ms > counts.now.longest_commit_ms)
        counts.now.longest_commit_ms = ms;
    pthread_mutex_unlock(&counts.lock);
}

void counts_add(enum counted what)
{
    int64_t *const places[] = {
        [COUNTED_AGAIN] = &counts.now.again,
        [COUNTED_OUTCOME] = &counts.now.outcomes,
        [COUNTED_CONNECTION] = &counts.now.connections,
        [COUNTED_LOSS] = &counts.now.losses,
        [COUNTED_NOTICE] = &counts.now.notices,
    };
    pthread_mutex_lock(&counts.lock);
    ++*places[what];
    pthread_mutex_unlock(&counts.lock);
}

void counts_heard(int64_t ms, int64_t delay_ms)
{
    pthread_mutex_lock(&counts.lock);
    counts.now.heard = clock_mono_ms();
    counts.now.look_ms = ms;
    if (delay_ms > counts.now.longest_delay_ms)
        counts.now.longest_delay_ms = delay_ms;
    pthread_mutex_unlock(&counts.lock);
}

bool counts_waits(bool waits)
{
    pthread_mutex_lock(&counts.lock);
    bool news = counts.now.waits != waits;
    counts.now.waits = waits;
    pthread_mutex_unlock(&counts.lock);
    return news;
}

void store_counts(struct store_counts *out)
{
    pthread_mutex_lock(&counts.lock);
    *out = counts.now;
    pthread_mutex_unlock(&counts.lock);
}

void store_counts_begin(void)
{
    pthread_mutex_lock(&counts.lock);
    counts.now.longest_commit_ms = counts.now.longest_delay_ms = 0;
    pthread_mutex_unlock(&counts.lock);
}
