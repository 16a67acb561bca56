#include "orgd/endpoints/usage.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/rfc3339.h"
#include "orgd/buffer.h"
#include "orgd/now.h"
#include "orgd/secret.h"

#define NOTES     16384 /* a power of two */
#define FULL      (NOTES / 2)
#define PERIOD_MS 60000
#define SLICE     1000
#define HOUR_MS   (3600LL * 1000)
#define DAY_MS    (24LL * 3600 * 1000)
#define PLACES    (1U << 20) /* bytes: the organizations of a user */

struct noted {
    char key[ID_SIZE]; /* "": a free place */
    struct use use;    /* AT is 0: it was not used */
    bool listed;
    bool shared; /* two machines use it */
    unsigned mistakes;
    char mistaken[PEER_TEXT_SIZE]; /* the peer who made the latest one */
    struct break_glass *glass;     /* that its machine reports, or NULL */
};

static struct {
    pthread_mutex_t lock; /* on NOTES and COUNT */
    struct noted *notes;  /* a hash table, or NULL */
    size_t count;
    int64_t since;           /* clock_mono_ms of the first of them */
    struct noted *taken;     /* what is being stored, or NULL */
    size_t stored;           /* places of it */
    pthread_mutex_t writing; /* on the two: one thread at a time writes */
} usage = {.lock = PTHREAD_MUTEX_INITIALIZER, .writing = PTHREAD_MUTEX_INITIALIZER};

/* What is noted of the token KEY; NULL without room. */
static struct noted *note_of(const char *key)
{
    if (!usage.notes)
        usage.notes = memory_get(NOTES * sizeof *usage.notes);
    size_t i = table_hash(key, strlen(key)) % NOTES;
    while (usage.notes[i].key[0] && strcmp(usage.notes[i].key, key) != 0)
        i = (i + 1) % NOTES;
    struct noted *n = &usage.notes[i];
    if (n->key[0])
        return n;
    if (usage.count == FULL)
        return NULL;
    if (usage.count++ == 0)
        usage.since = clock_mono_ms();
    snprintf(n->key, sizeof n->key, "%s", key);
    return n;
}

void usage_note(const char *key, const char *from)
{
    pthread_mutex_lock(&usage.lock);
    struct noted *n = note_of(key);
    if (n) {
        snprintf(n->use.from, sizeof n->use.from, "%s", from);
        n->use.at = now_ms();
    }
    pthread_mutex_unlock(&usage.lock);
}

void usage_listed(const char *key)
{
    pthread_mutex_lock(&usage.lock);
    struct noted *n = note_of(key);
    if (n)
        n->listed = true;
    pthread_mutex_unlock(&usage.lock);
}

void usage_shared(const char *key)
{
    pthread_mutex_lock(&usage.lock);
    struct noted *n = note_of(key);
    if (n)
        n->shared = true;
    pthread_mutex_unlock(&usage.lock);
}

void usage_glass(const char *key, const struct break_glass *glass)
{
    pthread_mutex_lock(&usage.lock);
    struct noted *n = note_of(key);
    if (n && !n->glass)
        n->glass = memory_get(sizeof *n->glass);
    if (n)
        *n->glass = *glass;
    pthread_mutex_unlock(&usage.lock);
}

void usage_mistaken(const char *key, const char *from)
{
    pthread_mutex_lock(&usage.lock);
    struct noted *n = note_of(key);
    if (n) {
        n->mistakes++;
        snprintf(n->mistaken, sizeof n->mistaken, "%s", from);
    }
    pthread_mutex_unlock(&usage.lock);
}

/* --- events --- */

static void add_place(const struct organization *organization, const struct member *member,
                      void *arg)
{
    if (member->active)
        buffer_add(arg, organization->id, sizeof organization->id, PLACES);
}

/* Writes the event about SUBJECT for the token's organization, or for each of its user's. */
static void event_about(struct store *store, const struct token *token, const char *subject,
                        const char *action, const char *from, const char *detail)
{
    struct event event = {.at = now_ms()};
    struct buffer places = {0};
    struct user user;
    bool own = token->user[0] != '\0';
    snprintf(event.actor, sizeof event.actor, "%s", own ? token->user : token->key);
    snprintf(event.actor_name, sizeof event.actor_name, "%s",
             own && store_user(store, token->user, &user) ? user.username : token->name);
    snprintf(event.action, sizeof event.action, "%s", action);
    snprintf(event.subject, sizeof event.subject, "%s", subject);
    snprintf(event.subject_name, sizeof event.subject_name, "%s", token->name);
    snprintf(event.from, sizeof event.from, "%s", from);
    snprintf(event.detail, sizeof event.detail, "%s", detail);
    if (own)
        store_memberships(store, token->user, add_place, &places);
    else
        buffer_add(&places, token->organization, sizeof token->organization, PLACES);
    for (size_t at = 0; at < places.len; at += ID_SIZE) {
        snprintf(event.organization, sizeof event.organization, "%s", places.data + at);
        store_lock(store, event.organization); /* its events are committed as they are numbered */
        store_event_add(store, &event);
    }
    buffer_free(&places);
}

static void event_write(struct store *store, const struct token *token, const char *action,
                        const char *from, const char *detail)
{
    event_about(store, token, token->key, action, from, detail);
}

/* The token is copied: its machine is marked, and all who read the audit log are told. */
static void shared_store(struct store *store, const struct token *token, const struct noted *n)
{
    struct use seen = {.at = now_ms()};
    snprintf(seen.from, sizeof seen.from, "%s", n->use.from);
    if (token->machine[0])
        store_machine_shared(store, token->machine, &seen);
    event_write(store, token, "token.shared", n->use.from, "two machines use it");
}

static void glass_store(struct store *store, const struct noted *n, const struct token *token)
{
    const struct break_glass *g = n->glass;
    int64_t now = now_ms();
    char begin[RFC3339_SIZE], end[RFC3339_SIZE], detail[DETAIL_SIZE];
    if (!token->machine[0] ||
        !store_machine_glass(store, token->machine, g->begin_ms, now, now - HOUR_MS))
        return;
    snprintf(detail, sizeof detail, "until %s, since %s: %s", rfc3339_print(g->end_ms, end),
             rfc3339_print(g->begin_ms, begin), g->reason);
    event_about(store, token, token->machine, "machine.break-glass", n->use.from, detail);
}

static void note_store(struct store *store, const struct noted *n)
{
    struct token token;
    char detail[64];
    if (!store_token(store, n->key, &token))
        return;
    if (n->use.at && strcmp(n->use.from, token.last.from) != 0) {
        snprintf(detail, sizeof detail, "%s%s", token.last.from[0] ? "before from " : "first use",
                 token.last.from);
        event_write(store, &token, "token.sign-in", n->use.from, detail);
    }
    if (n->use.at)
        store_token_use(store, n->key, &n->use);
    if (n->mistakes > 0) {
        snprintf(detail, sizeof detail, "%u attempts", n->mistakes);
        event_write(store, &token, "token.wrong-secret", n->mistaken, detail);
    }
    if (n->shared)
        shared_store(store, &token, n);
    int64_t now = now_ms();
    if (n->listed && store_token_listed(store, n->key, now, now - DAY_MS))
        event_write(store, &token, "members.list", n->use.from, "");
    if (n->glass)
        glass_store(store, n, &token);
}

/* Begins to store what was noted up to now. */
static void notes_take(void)
{
    pthread_mutex_lock(&usage.lock);
    usage.taken = usage.notes;
    usage.notes = NULL;
    usage.count = 0;
    pthread_mutex_unlock(&usage.lock);
    usage.stored = 0;
}

/* Stores a slice of what was taken. What cannot be stored is forgotten. */
static void slice_store(struct store *store)
{
    if (!store_has_room(store) || !store_begin_change(store, NULL)) {
        store_rollback(store);
        usage.stored = NOTES;
        return;
    }
    for (int left = SLICE; left > 0 && usage.stored < NOTES; usage.stored++) {
        if (!usage.taken[usage.stored].key[0])
            continue;
        note_store(store, &usage.taken[usage.stored]);
        left--;
    }
    store_commit(store);
}

static bool store_due(void)
{
    pthread_mutex_lock(&usage.lock);
    bool due =
        usage.count == FULL || (usage.count > 0 && clock_mono_ms() - usage.since >= PERIOD_MS);
    pthread_mutex_unlock(&usage.lock);
    return due;
}

static void slice_next(struct store *store)
{
    if (!usage.taken && store_due())
        notes_take();
    if (!usage.taken)
        return;
    slice_store(store);
    if (usage.stored < NOTES)
        return;
    for (size_t i = 0; i < NOTES; i++)
        free(usage.taken[i].glass);
    free(usage.taken);
    usage.taken = NULL;
}

void usage_store_slice(struct store *store)
{
    pthread_mutex_lock(&usage.writing);
    slice_next(store);
    pthread_mutex_unlock(&usage.writing);
}

void usage_store(struct store *store)
{
    pthread_mutex_lock(&usage.writing);
    while (usage.taken)
        slice_next(store);
    notes_take();
    while (usage.taken)
        slice_next(store);
    pthread_mutex_unlock(&usage.writing);
}
