#include "orgd/http/feed.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "orgd/buffer.h"

#define SILENT_MS    5000       /* as long as a heartbeat */
#define CHANGES_MOST (1U << 20) /* bytes; beyond it all is looked at */

struct feed {
    struct store_feed *source;
    struct held_set *held;
    pthread_t thread;
    int event, wake;
    pthread_mutex_t lock;  /* on all below */
    struct buffer changed; /* of struct changed */
    bool all, stopping;
    int64_t reached; /* clock_mono_ms: when the database was heard from */
};

static void add_change(const char *what, int news, void *arg)
{
    struct changed entry = {.news = (enum news_kind)news};
    struct buffer *changed = arg;
    snprintf(entry.id, sizeof entry.id, "%s", what);
    buffer_add(changed, &entry, sizeof entry, CHANGES_MOST);
}

/* Hands over what was heard; false when the feed is to end. */
static bool feed_give(struct feed *f, enum store_heard heard, const struct buffer *changed)
{
    const uint64_t one = 1;
    pthread_mutex_lock(&f->lock);
    if (heard != HEARD_NOTHING)
        f->reached = clock_mono_ms();
    f->all |=
        heard == HEARD_ALL || changed->len + sizeof(struct changed) > CHANGES_MOST ||
        (changed->len > 0 && !buffer_add(&f->changed, changed->data, changed->len, CHANGES_MOST));
    bool news = f->all || f->changed.len > 0, goes_on = !f->stopping;
    pthread_mutex_unlock(&f->lock);
    if (news && write(f->event, &one, sizeof one) != sizeof one)
        log_error("eventfd: %s", strerror(errno));
    return goes_on;
}

static void *feed_run(void *arg)
{
    struct feed *f = arg;
    struct buffer changed = {0};
    enum store_heard heard;
    do {
        changed.len = 0;
        heard = store_feed_wait(f->source, f->wake, add_change, &changed);
    } while (feed_give(f, heard, &changed));
    buffer_free(&changed);
    return NULL;
}

bool feed_open(const struct store *store, struct held_set *held, struct feed **feed)
{
    struct store_feed *source = store_feed_open(store);
    *feed = NULL;
    if (!source)
        return true;
    struct feed *f = memory_get(sizeof *f);
    f->source = source;
    f->held = held;
    f->reached = clock_mono_ms();
    pthread_mutex_init(&f->lock, NULL);
    f->event = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    f->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    int error = f->event < 0 || f->wake < 0 ? errno : pthread_create(&f->thread, NULL, feed_run, f);
    if (error == 0) {
        *feed = f;
        return true;
    }
    log_error("cannot start a thread: %s", strerror(error));
    store_feed_close(source);
    free(f);
    return false;
}

int feed_descriptor(const struct feed *f)
{
    return f->event;
}

void feed_tell(struct feed *f)
{
    uint64_t count;
    if (read(f->event, &count, sizeof count) < 0 && errno != EAGAIN)
        log_error("eventfd: %s", strerror(errno));
    pthread_mutex_lock(&f->lock);
    bool all = f->all;
    struct buffer changed = f->changed;
    f->all = false;
    f->changed = (struct buffer){0};
    pthread_mutex_unlock(&f->lock);
    if (all) {
        held_forget(f->held);
        held_tell_all(f->held);
    } else {
        held_tell(f->held, &changed);
    }
    buffer_free(&changed);
}

void feed_due(struct feed *f)
{
    pthread_mutex_lock(&f->lock);
    held_silence(f->held, clock_mono_ms() > f->reached + SILENT_MS);
    pthread_mutex_unlock(&f->lock);
}

void feed_close(struct feed *f)
{
    const uint64_t one = 1;
    pthread_mutex_lock(&f->lock);
    f->stopping = true;
    pthread_mutex_unlock(&f->lock);
    if (write(f->wake, &one, sizeof one) != sizeof one)
        log_error("eventfd: %s", strerror(errno));
    pthread_join(f->thread, NULL);
    store_feed_close(f->source);
    close(f->event);
    close(f->wake);
    buffer_free(&f->changed);
    free(f);
}
