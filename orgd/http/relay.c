#include "orgd/http/relay.h"

#include <errno.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "orgd/endpoints/mirror_store.h"
#include "orgd/endpoints/source_age.h"
#include "orgd/now.h"
#include "orgd/source/source.h"

#define RELOAD_MS  1000 /* between two looks at which mirrors there are */
#define TELL_MS    5000 /* between two readings without a change that all hosts are told of */
#define APART_MS   500  /* between the beginnings of two readings of a source */
#define RETRY_MIN  1000
#define RETRY_MAX  60000
#define HOOK_PATH  "/v1/mirrors/hook/"
#define TEXT_MOST  (1U << 20)
#define SOURCE_ALL INT64_MAX

enum link_state {
    LINK_RESTS,
    LINK_BEGINS, /* a job takes the number of the next reading */
    LINK_READS,  /* the source's thread does */
    LINK_STORES, /* a job stores what was read */
    LINK_NOTES   /* a job stores that it failed */
};

/* A mirrored organization. */
struct source_link {
    struct job job; /* of BEGINS, STORES and NOTES */
    struct source_relay *relay;
    struct mirror mirror;
    struct source *source; /* NULL: it cannot be opened, as the failure says */
    enum link_state state;
    bool gone;                 /* it is no mirror any more, or another one: freed when it rests */
    bool listed;               /* it was found in the list that is being gone through */
    bool wanted;               /* a reading that begins now */
    bool anew;                 /* that reads everything, whatever is known */
    bool stored;               /* the job has done what it should */
    int64_t begun;             /* clock_mono_ms of the last reading */
    int64_t took;              /* that one */
    int64_t told;              /* clock_mono_ms: all hosts were told of one */
    int64_t due;               /* of the next one */
    int64_t retry;             /* none before that: the source has said so */
    int64_t last;              /* the number of the reading that was stored last, 0: none */
    int64_t turn;              /* of the one that is under way */
    unsigned failures;         /* in a row */
    uint64_t readings, failed; /* for /metrics */
    char failure[MIRROR_WHY_SIZE];
    struct mirror_slice slice;
};

struct source_relay {
    struct job job; /* that lists the mirrors */
    struct crew *reads, *changes;
    struct held_set *held;
    bool stopping;
    int event;
    bool listing;
    bool there; /* the list could be read */
    int64_t listed;
    struct source_link *links[MIRRORS_MAX];
    struct mirror *found; /* MIRRORS_MAX */
    size_t found_count;
};

static int64_t around(int64_t ms)
{
    return ms - ms / 4 + (int64_t)randombytes_uniform((uint32_t)(ms / 2 + 1));
}

/* --- the end of a reading --- */

static void rest(struct source_link *l)
{
    free(l->slice.known);
    l->slice = (struct mirror_slice){.known = NULL};
    l->state = LINK_RESTS;
}

/* Stores that it fails; nothing depends on it. */
static void note_job(struct store *store, struct job *job)
{
    struct source_link *l = (struct source_link *)(void *)job;
    if (store_begin_change(store, l->mirror.organization))
        store_mirror_failed(store, l->mirror.organization, now_ms(), l->failure);
    store_commit(store);
}

static void note_done(struct job *job)
{
    rest((struct source_link *)(void *)job);
}

static void job_start(struct source_link *l, enum link_state state,
                      void (*run)(struct store *store, struct job *job),
                      void (*done)(struct job *job))
{
    l->state = state;
    l->job = (struct job){.run = run, .done = done};
    crew_add(l->relay->changes, &l->job);
}

/* The reading came to nothing because of WHY; it is not to be tried again for RETRY_S. Whoever
 * waits for it waits no more. */
static void fail(struct source_link *l, const char *why, int retry_s)
{
    int64_t now = clock_mono_ms(), asked = retry_s * 1000LL;
    int64_t wait = RETRY_MIN << (l->failures < 6 ? l->failures : 6);
    wait = wait < RETRY_MAX ? wait : RETRY_MAX;
    l->failures++;
    l->failed++;
    l->retry = asked > 0 ? now + asked + around(asked / 4) : 0;
    l->due = now + around(wait);
    snprintf(l->failure, sizeof l->failure, "%s", why);
    held_source_read(l->relay->held, l->mirror.organization, now, false);
    rest(l);
    if (l->failures > 1)
        return;
    log_warning("%s: its source cannot be read: %s", l->mirror.organization, why);
    if (!l->relay->stopping)
        job_start(l, LINK_NOTES, note_job, note_done);
}

/* The reading is stored whole. */
static void succeed(struct source_link *l, int64_t as_of_ms)
{
    if (l->failures > 0)
        log_info("%s: its source can be read again", l->mirror.organization);
    l->failures = 0;
    l->readings++;
    l->last = l->turn;
    l->anew = false;
    l->failure[0] = '\0';
    l->due = l->begun + around(l->mirror.poll_ms);
    l->took = clock_mono_ms() - l->begun;
    source_note(l->mirror.organization, as_of_ms);
}

/* True if all hosts are told of the reading that has ended: one that wants to know often does not
 * make the others busy. */
static bool for_all(struct source_link *l)
{
    int64_t now = clock_mono_ms();
    bool told = now < l->told + TELL_MS && !l->slice.news.id[0];
    if (!told)
        l->told = now;
    return !told;
}

/* --- storing --- */

static void store_job(struct store *store, struct job *job)
{
    struct source_link *l = (struct source_link *)(void *)job;
    mirror_store(store, &l->slice);
}

static void store_done(struct job *job);

static void store_start(struct source_link *l)
{
    job_start(l, LINK_STORES, store_job, store_done);
}

static void tell(const struct source_link *l, const struct mirror_slice *slice)
{
    const struct buffer changed = {.data = (char *)(uintptr_t)&slice->news,
                                   .len = sizeof slice->news};
    if (slice->news.id[0])
        held_tell(l->relay->held, &changed);
}

static void store_done(struct job *job)
{
    struct source_link *l = (struct source_link *)(void *)job;
    struct held_set *held = l->relay->held;
    struct mirror_slice *slice = &l->slice;
    switch (slice->end) {
    case MIRROR_MORE:
        tell(l, slice);
        slice->from = slice->to;
        if (!l->relay->stopping)
            store_start(l);
        return;
    case MIRROR_DONE:
        succeed(l, slice->reading->as_of_ms);
        tell(l, slice);
        held_source_read(held, l->mirror.organization, slice->reading->begun_ms, for_all(l));
        rest(l);
        return;
    case MIRROR_SUPERSEDED:
    case MIRROR_ANEW:
        l->anew = l->wanted = true;
        rest(l);
        return;
    case MIRROR_LOST:
        l->anew = true;
        fail(l, "what was read cannot be stored", 0);
        return;
    }
}

static void reading_ended(struct source_link *l, const struct source_listing *r)
{
    if (!r->good) {
        fail(l, r->failure, r->retry_s);
        return;
    }
    l->slice = (struct mirror_slice){.reading = r,
                                     .known = memory_get(r->count + 1),
                                     .turn = l->turn,
                                     .last = l->last,
                                     .read = now_ms() - (clock_mono_ms() - r->as_of_ms)};
    snprintf(l->slice.organization, sizeof l->slice.organization, "%s", l->mirror.organization);
    l->anew = true; /* until it is stored: the source does not tell it again */
    store_start(l);
}

void relay_take(struct source_relay *relay)
{
    uint64_t count;
    if (read(relay->event, &count, sizeof count) < 0 && errno != EAGAIN)
        log_error("eventfd: %s", strerror(errno));
    for (size_t i = 0; i < MIRRORS_MAX; i++) {
        struct source_link *l = relay->links[i];
        const struct source_listing *r =
            l && l->state == LINK_READS ? source_reading(l->source) : NULL;
        if (r && l->gone)
            rest(l);
        else if (r && !relay->stopping)
            reading_ended(l, r);
    }
}

/* --- the beginning of a reading --- */

static void begin_job(struct store *store, struct job *job)
{
    struct source_link *l = (struct source_link *)(void *)job;
    const char *id = l->mirror.organization;
    l->turn = store_begin_change(store, id) ? store_mirror_begin(store, id) : 0;
    l->stored = store_commit(store) == STORE_DONE && l->turn > 0;
}

static void begin_done(struct job *job)
{
    struct source_link *l = (struct source_link *)(void *)job;
    if (l->relay->stopping) {
        rest(l);
    } else if (!l->stored) {
        fail(l, "its turn cannot be stored", 0);
    } else {
        l->state = LINK_READS;
        source_begin(l->source, l->anew);
    }
}

static void begin(struct source_link *l, int64_t now)
{
    l->wanted = false;
    l->begun = now;
    job_start(l, LINK_BEGINS, begin_job, begin_done);
}

/* When the next reading of L begins: clock_mono_ms. */
static int64_t begins_at(const struct source_link *l)
{
    int64_t at = l->wanted ? 0 : l->due;
    int64_t apart = l->failures > 0 ? RETRY_MIN : APART_MS;
    int64_t earliest = l->begun + (apart > 2 * l->took ? apart : 2 * l->took);
    if (l->state != LINK_RESTS || !l->source || l->gone)
        return SOURCE_ALL;
    if (earliest < l->retry)
        earliest = l->retry;
    return at > earliest ? at : earliest;
}

/* --- which mirrors there are --- */

static void add_found(const struct mirror *mirror, void *arg)
{
    struct source_relay *relay = arg;
    if (relay->found_count < MIRRORS_MAX)
        relay->found[relay->found_count++] = *mirror;
}

static void list_job(struct store *store, struct job *job)
{
    struct source_relay *relay = (struct source_relay *)(void *)job;
    relay->found_count = 0;
    if (store_begin_read(store))
        store_mirrors(store, "", MIRRORS_MAX, add_found, relay);
    relay->there = store_commit(store) == STORE_DONE;
}

static struct source_link *link_of(const struct source_relay *relay, const char *organization)
{
    for (size_t i = 0; i < MIRRORS_MAX; i++) {
        struct source_link *l = relay->links[i];
        if (l && !l->gone && strcmp(l->mirror.organization, organization) == 0)
            return l;
    }
    return NULL;
}

/* True if both read the same source in the same way. */
static bool same_source(const struct mirror *a, const struct mirror *b)
{
    return strcmp(a->provider, b->provider) == 0 && strcmp(a->url, b->url) == 0 &&
           strcmp(a->token_file, b->token_file) == 0 && strcmp(a->ca_file, b->ca_file) == 0 &&
           strcmp(a->proxy, b->proxy) == 0 && strcmp(a->options, b->options) == 0 &&
           strcmp(a->hook_file, b->hook_file) == 0 && a->poll_ms == b->poll_ms;
}

static void link_open(struct source_relay *relay, const struct mirror *mirror)
{
    size_t i = 0;
    while (i < MIRRORS_MAX && relay->links[i])
        i++;
    if (i == MIRRORS_MAX)
        return;
    struct source_link *l = relay->links[i] = memory_get(sizeof *l);
    l->relay = relay;
    l->mirror = *mirror;
    l->listed = l->wanted = true;
    l->source = source_open(mirror, relay->event, l->failure);
    if (l->source)
        return;
    char why[MIRROR_WHY_SIZE];
    snprintf(why, sizeof why, "%s", l->failure);
    fail(l, why, 0);
}

/* A source that cannot be opened, as its token's file is wrong, is tried again. */
static void link_reopen(struct source_link *l)
{
    char why[MIRROR_WHY_SIZE];
    if (l->source || l->state != LINK_RESTS || clock_mono_ms() < l->due)
        return;
    l->source = source_open(&l->mirror, l->relay->event, why);
    if (!l->source)
        fail(l, why, 0);
    else
        l->wanted = true;
}

static void link_free(struct source_link *l)
{
    source_note(l->mirror.organization, 0);
    if (l->source)
        source_close(l->source);
    free(l->slice.known);
    free(l);
}

/* Frees what is gone, as soon as nothing of it is under way: the loop waits for no thread that
 * reads, and only has it end. */
static void sweep(struct source_relay *relay)
{
    for (size_t i = 0; i < MIRRORS_MAX; i++) {
        struct source_link *l = relay->links[i];
        if (l && l->gone && l->state == LINK_READS)
            source_end(l->source);
        if (!l || !l->gone || l->state != LINK_RESTS)
            continue;
        link_free(l);
        relay->links[i] = NULL;
    }
}

static void list_done(struct job *job)
{
    struct source_relay *relay = (struct source_relay *)(void *)job;
    relay->listing = false;
    if (!relay->there || relay->stopping)
        return;
    for (size_t i = 0; i < MIRRORS_MAX; i++)
        if (relay->links[i])
            relay->links[i]->listed = false;
    for (size_t i = 0; i < relay->found_count; i++) {
        struct source_link *l = link_of(relay, relay->found[i].organization);
        if (l && same_source(&l->mirror, &relay->found[i]))
            l->listed = true;
    }
    for (size_t i = 0; i < MIRRORS_MAX; i++)
        if (relay->links[i])
            relay->links[i]->gone |= !relay->links[i]->listed;
    sweep(relay);
    for (size_t i = 0; i < relay->found_count; i++) {
        struct source_link *l = link_of(relay, relay->found[i].organization);
        if (l)
            link_reopen(l);
        else
            link_open(relay, &relay->found[i]);
    }
}

/* --- the loop --- */

void relay_due(struct source_relay *relay)
{
    int64_t now = clock_mono_ms();
    if (!relay->listing && now >= relay->listed + RELOAD_MS) {
        relay->listing = true;
        relay->listed = now;
        relay->job = (struct job){.run = list_job, .done = list_done};
        crew_add(relay->reads, &relay->job);
    }
    for (size_t i = 0; i < MIRRORS_MAX; i++)
        if (relay->links[i] && begins_at(relay->links[i]) <= now)
            begin(relay->links[i], now);
}

int relay_timeout(const struct source_relay *relay)
{
    int64_t now = clock_mono_ms(), next = relay->listing ? SOURCE_ALL : relay->listed + RELOAD_MS;
    for (size_t i = 0; i < MIRRORS_MAX; i++) {
        int64_t at = relay->links[i] ? begins_at(relay->links[i]) : SOURCE_ALL;
        next = at < next ? at : next;
    }
    if (next == SOURCE_ALL)
        return -1;
    return next <= now ? 0 : next - now < INT32_MAX ? (int)(next - now) : INT32_MAX;
}

bool relay_want(struct source_relay *relay, const char *organization)
{
    struct source_link *l = link_of(relay, organization);
    int64_t now = clock_mono_ms();
    if (!l || !l->source || now < l->retry || (l->failures > 0 && now < l->begun + RETRY_MIN))
        return false;
    l->wanted = true;
    return true;
}

/* --- webhooks --- */

bool relay_hook_path(const char *path)
{
    return strncmp(path, HOOK_PATH, strlen(HOOK_PATH)) == 0;
}

bool relay_hook(struct source_relay *relay, const char *path, const char *signature,
                const struct buffer *body)
{
    struct source_link *l = link_of(relay, path + strlen(HOOK_PATH));
    if (!l || !l->source || !source_hook_signed(l->source, signature, body->data, body->len))
        return false;
    l->wanted = true;
    return true;
}

/* --- metrics --- */

static void add_line(struct buffer *out, const char *name, const char *organization, double value)
{
    char line[256];
    int len = snprintf(line, sizeof line, "orgd_mirror_%s{organization=\"%s\"} %.15g\n", name,
                       organization, value);
    buffer_add(out, line, (size_t)len, TEXT_MOST);
}

static void add_head(struct buffer *out, const char *name, const char *type, const char *help)
{
    char line[256];
    int len = snprintf(line, sizeof line, "# HELP orgd_mirror_%s %s\n# TYPE orgd_mirror_%s %s\n",
                       name, help, name, type);
    buffer_add(out, line, (size_t)len, TEXT_MOST);
}

void relay_metrics(const struct source_relay *relay, struct buffer *out)
{
    static const struct {
        const char *name, *type, *help;
    } about[] = {{"age_seconds", "gauge", "Since the source was last read whole; -1 is never."},
                 {"readings_total", "counter", "Readings of the source that were stored."},
                 {"failures_total", "counter", "Readings of the source that failed."}};
    for (size_t n = 0; n < sizeof about / sizeof *about; n++) {
        add_head(out, about[n].name, about[n].type, about[n].help);
        for (size_t i = 0; i < MIRRORS_MAX; i++) {
            const struct source_link *l = relay->links[i];
            if (!l || l->gone)
                continue;
            int64_t begun = source_begun(l->mirror.organization);
            double age = begun ? (double)(clock_mono_ms() - begun) / 1000 : -1;
            add_line(out, about[n].name, l->mirror.organization,
                     n == 0   ? age
                     : n == 1 ? (double)l->readings
                              : (double)l->failed);
        }
    }
}

/* --- open and close --- */

struct source_relay *relay_open(struct crew *reads, struct crew *changes, struct held_set *held)
{
    struct source_relay *relay = memory_get(sizeof *relay);
    relay->reads = reads;
    relay->changes = changes;
    relay->held = held;
    relay->found = memory_get(MIRRORS_MAX * sizeof *relay->found);
    relay->event = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (relay->event >= 0)
        return relay;
    log_error("eventfd: %s", strerror(errno));
    relay_free(relay);
    return NULL;
}

int relay_descriptor(const struct source_relay *relay)
{
    return relay->event;
}

void relay_stop(struct source_relay *relay)
{
    relay->stopping = true;
    for (size_t i = 0; i < MIRRORS_MAX; i++) {
        struct source_link *l = relay->links[i];
        if (l && l->state == LINK_READS) {
            source_close(l->source);
            l->source = NULL;
        }
    }
}

void relay_free(struct source_relay *relay)
{
    for (size_t i = 0; i < MIRRORS_MAX; i++)
        if (relay->links[i])
            link_free(relay->links[i]);
    if (relay->event >= 0)
        close(relay->event);
    free(relay->found);
    free(relay);
}
