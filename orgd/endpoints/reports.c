#include "orgd/endpoints/reports.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "orgd/buffer.h"
#include "orgd/secret.h"

#define PLACES  16384
#define MOST    131072 /* some 25 MB; beyond it the one that came first goes */
#define NOTHING (-1)   /* is known of a machine before its first report */

struct kept {
    LIST_ENTRY(kept) link;
    TAILQ_ENTRY(kept) age;
    char key[ID_SIZE];
    struct report report;
};

static LIST_HEAD(place, kept) places[PLACES];
static TAILQ_HEAD(, kept) oldest = TAILQ_HEAD_INITIALIZER(oldest);
static size_t count;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* on all of it */

static struct place *place_of(const char *key)
{
    return &places[table_hash(key, strlen(key)) % PLACES];
}

static struct kept *find(const char *key)
{
    struct kept *k;
    LIST_FOREACH(k, place_of(key), link)
    if (strcmp(k->key, key) == 0)
        return k;
    return NULL;
}

static void drop(struct kept *k)
{
    LIST_REMOVE(k, link);
    TAILQ_REMOVE(&oldest, k, age);
    count--;
    free(k);
}

static struct kept *add(const char *key)
{
    struct kept *k = memory_get(sizeof *k);
    if (count == MOST)
        drop(TAILQ_FIRST(&oldest));
    snprintf(k->key, sizeof k->key, "%s", key);
    k->report.ended = NOTHING;
    LIST_INSERT_HEAD(place_of(key), k, link);
    TAILQ_INSERT_TAIL(&oldest, k, age);
    count++;
    return k;
}

void report_keep(const char *key, struct report *report)
{
    pthread_mutex_lock(&lock);
    struct kept *k = find(key);
    if (!k)
        k = add(key);
    bool more = k->report.ended != NOTHING && report->ended > k->report.ended;
    report->ended_with = more ? report->revision : k->report.ended_with;
    k->report = *report;
    TAILQ_REMOVE(&oldest, k, age);
    TAILQ_INSERT_TAIL(&oldest, k, age);
    pthread_mutex_unlock(&lock);
}

bool report_find(const char *key, struct report *report)
{
    pthread_mutex_lock(&lock);
    const struct kept *k = find(key);
    if (k)
        *report = k->report;
    pthread_mutex_unlock(&lock);
    return k != NULL;
}

void report_drop(const char *key)
{
    pthread_mutex_lock(&lock);
    struct kept *k = find(key);
    if (k)
        drop(k);
    pthread_mutex_unlock(&lock);
}
