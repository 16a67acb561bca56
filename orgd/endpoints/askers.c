#include "orgd/endpoints/askers.h"

#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "orgd/buffer.h"
#include "orgd/secret.h"

#define TOKENS  16384 /* a power of two; two tokens of one place forget each other */
#define KNOWN   8     /* the latest askers of a token */
#define RETURNS 4
#define DAY_MS  (24LL * 3600 * 1000)

struct asked {
    char key[ID_SIZE];
    uint64_t asker[KNOWN]; /* hashes, the latest first; 0 = none */
    unsigned returns;
    int64_t told_ms; /* clock_mono_ms, 0 = never */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct asked *tokens;

static uint64_t hash_of(const char *asker)
{
    uint64_t hash = table_hash(asker, strlen(asker));
    return hash ? hash : 1;
}

/* Puts HASH in front of the others; true if it was one of those behind the first. */
static bool came_back(struct asked *a, uint64_t hash)
{
    size_t i = 0;
    while (i < KNOWN - 1 && a->asker[i] != hash)
        i++;
    bool back = i > 0 && a->asker[i] == hash;
    memmove(a->asker + 1, a->asker, i * sizeof *a->asker);
    a->asker[0] = hash;
    return back;
}

static bool note(struct asked *a, uint64_t hash, int64_t now)
{
    a->returns += came_back(a, hash);
    if (a->returns < RETURNS)
        return false;
    bool tell = a->told_ms == 0 || now - a->told_ms > DAY_MS;
    a->returns = 0;
    if (tell)
        a->told_ms = now;
    return tell;
}

bool askers_note(const char *key, const char *asker)
{
    uint64_t hash = hash_of(asker);
    pthread_mutex_lock(&lock);
    if (!tokens)
        tokens = memory_get(TOKENS * sizeof *tokens);
    struct asked *a = &tokens[table_hash(key, strlen(key)) % TOKENS];
    if (strcmp(a->key, key) != 0) {
        *a = (struct asked){0};
        snprintf(a->key, sizeof a->key, "%s", key);
    }
    bool tell = note(a, hash, clock_mono_ms());
    pthread_mutex_unlock(&lock);
    return tell;
}
