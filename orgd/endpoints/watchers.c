#include "orgd/endpoints/watchers.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "common/clock.h"
#include "orgd/buffer.h"
#include "orgd/secret.h"

#define PLACES  16384
#define MOST    131072 /* some 35 MB; beyond it the one that was heard of first goes */
#define KNOWN   8      /* the latest processes of a token */
#define RETURNS 4
#define DAY_MS  (24LL * 3600 * 1000)

struct watcher {
    LIST_ENTRY(watcher) link;
    TAILQ_ENTRY(watcher) age;
    char key[ID_SIZE];
    uint64_t process[KNOWN]; /* hashes of their words, the latest first; 0: none */
    unsigned returns;
    int64_t told_ms;      /* clock_mono_ms, 0: never */
    struct report report; /* AT is 0: none */
};

static LIST_HEAD(place, watcher) places[PLACES];
static TAILQ_HEAD(, watcher) oldest = TAILQ_HEAD_INITIALIZER(oldest);
static size_t count;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* on all of it */

static struct place *place_of(const char *key)
{
    return &places[table_hash(key, strlen(key)) % PLACES];
}

static struct watcher *find(struct place *place, const char *key)
{
    struct watcher *w;
    LIST_FOREACH(w, place, link)
    if (strcmp(w->key, key) == 0)
        return w;
    return NULL;
}

static void drop(struct watcher *w)
{
    LIST_REMOVE(w, link);
    TAILQ_REMOVE(&oldest, w, age);
    count--;
    free(w);
}

/* Of the token KEY, as the one that was heard of last. */
static struct watcher *take(const char *key)
{
    struct place *place = place_of(key);
    struct watcher *w = find(place, key);
    if (w) {
        TAILQ_REMOVE(&oldest, w, age);
    } else {
        w = memory_get(sizeof *w);
        snprintf(w->key, sizeof w->key, "%s", key);
        LIST_INSERT_HEAD(place, w, link);
        count++;
    }
    TAILQ_INSERT_TAIL(&oldest, w, age);
    if (count > MOST)
        drop(TAILQ_FIRST(&oldest));
    return w;
}

/* Puts HASH in front of the others; true if it was one of those behind the first. */
static bool came_back(struct watcher *w, uint64_t hash)
{
    size_t i = 0;
    while (i < KNOWN - 1 && w->process[i] != hash)
        i++;
    bool back = i > 0 && w->process[i] == hash;
    memmove(w->process + 1, w->process, i * sizeof *w->process);
    w->process[0] = hash;
    return back;
}

static bool note_process(struct watcher *w, const char *process)
{
    uint64_t hash = table_hash(process, strlen(process));
    int64_t now = clock_mono_ms();
    w->returns += came_back(w, hash ? hash : 1);
    if (w->returns < RETURNS)
        return false;
    bool tell = w->told_ms == 0 || now - w->told_ms > DAY_MS;
    w->returns = 0;
    if (tell)
        w->told_ms = now;
    return tell;
}

static void keep_report(struct watcher *w, struct report *report)
{
    bool more = w->report.at != 0 && report->ended > w->report.ended;
    report->ended_with = more ? report->revision : w->report.ended_with;
    w->report = *report;
}

bool watcher_note(const char *key, const char *process, struct report *report)
{
    pthread_mutex_lock(&lock);
    struct watcher *w = take(key);
    bool shared = process && note_process(w, process);
    if (report)
        keep_report(w, report);
    pthread_mutex_unlock(&lock);
    return shared;
}

bool watcher_report(const char *key, struct report *report)
{
    pthread_mutex_lock(&lock);
    const struct watcher *w = find(place_of(key), key);
    bool known = w && w->report.at != 0;
    if (known)
        *report = w->report;
    pthread_mutex_unlock(&lock);
    return known;
}

void watcher_drop(const char *key)
{
    pthread_mutex_lock(&lock);
    struct watcher *w = find(place_of(key), key);
    if (w)
        drop(w);
    pthread_mutex_unlock(&lock);
}
