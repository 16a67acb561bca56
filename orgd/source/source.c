#include "orgd/source/source.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sodium.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/provider.h"
#include "api/token_file.h"
#include "common/clock.h"
#include "common/log.h"

#define OPTIONS_MOST   16
#define SIGNATURE_MARK "sha256="

enum source_state { SOURCE_RESTS, SOURCE_READS, SOURCE_HAS_READ };

struct source {
    struct mirror mirror;
    char *token, *secret;           /* NULL: none */
    char options[MIRROR_TEXT_SIZE]; /* with NULs */
    struct provider_arg option[OPTIONS_MOST + 1];
    struct provider *provider;
    int wake;
    pthread_t thread;
    bool started;
    pthread_mutex_t lock; /* on STATE and ENDS */
    pthread_cond_t change;
    enum source_state state;
    atomic_bool ends;
    /* The thread's while it reads, else the loop's: */
    bool anew;
    struct watch_position at;
    struct source_listing reading;
    const char *fault; /* of what was to be kept */
};

/* --- one reading --- */

static void take_reset(void *arg)
{
    struct source *s = arg;
    int64_t begun_ms = s->reading.begun_ms, as_of_ms = s->reading.as_of_ms;
    reading_clear(&s->reading);
    s->reading.begun_ms = begun_ms;
    s->reading.as_of_ms = as_of_ms;
    s->reading.complete = true;
}

static int take_member(void *arg, const cJSON *record)
{
    struct source *s = arg;
    if (!s->fault)
        s->fault = reading_add(&s->reading, record);
    return s->ends || s->fault;
}

/* The source is a relay itself: it is as old as what that has read. */
static void take_age(void *arg, int64_t age_ms, bool fresh)
{
    struct source *s = arg;
    struct source_listing *r = &s->reading;
    if (!fresh)
        r->as_of_ms = age_ms >= 0 && age_ms < r->begun_ms ? r->begun_ms - age_ms : 0;
}

/* A source tells each machine its own rules; those of the relay's token are not those of the
 * machines behind it, which would admit too many without any. */
static int take_rules(void *arg, const struct org_rules *rules)
{
    struct source *s = arg;
    if (rules->narrowed && !s->fault)
        s->fault = "the organization has access rules, which a relay cannot pass on";
    return s->fault != NULL;
}

static int go_on(void *arg)
{
    const struct source *s = arg;
    return s->ends;
}

static void fail(struct source *s, const char *why, int retry_s)
{
    s->reading.good = false;
    s->reading.retry_s = retry_s;
    snprintf(s->reading.failure, sizeof s->reading.failure, "%s", why);
}

static void read_source(struct source *s)
{
    struct api_error err;
    struct source_listing *r = &s->reading;
    struct watch_position at = s->at;
    struct provider_watcher watcher = {.arg = s,
                                       .reset = take_reset,
                                       .member = take_member,
                                       .rules = take_rules,
                                       .source = take_age,
                                       .idle_fd = -1,
                                       .want_fresh = true};
    if (s->anew)
        at = (struct watch_position){0};
    reading_clear(r);
    s->fault = NULL;
    r->begun_ms = r->as_of_ms = clock_mono_ms();
    enum api_status status = provider_watch(s->provider, &at, 0, &watcher, &err);
    if (status == API_OK && !s->fault)
        s->fault = reading_end(r);
    r->good = status == API_OK && !s->fault;
    if (s->fault || status != API_OK)
        fail(s, s->fault ? s->fault : err.message, s->fault ? 0 : err.retry_after_s);
    else if (r->complete && r->count == 0)
        fail(s, "the listing has no member that hosts take", 0);
    else if (r->as_of_ms == 0)
        fail(s, "the source is a relay, and does not say when it read its own", 0);
    else
        s->at = at;
}

/* --- the thread --- */

static bool wait_for_work(struct source *s)
{
    pthread_mutex_lock(&s->lock);
    while (s->state != SOURCE_READS && !s->ends)
        pthread_cond_wait(&s->change, &s->lock);
    bool reads = s->state == SOURCE_READS; /* what was begun ends as a reading, if a failed one */
    pthread_mutex_unlock(&s->lock);
    return reads;
}

static void *thread_main(void *arg)
{
    const uint64_t one = 1;
    struct source *s = arg;
    while (wait_for_work(s)) {
        read_source(s);
        pthread_mutex_lock(&s->lock);
        s->state = SOURCE_HAS_READ;
        pthread_mutex_unlock(&s->lock);
        if (write(s->wake, &one, sizeof one) != sizeof one)
            log_error("eventfd: %s", strerror(errno));
    }
    return NULL;
}

/* --- opening --- */

/* The options as the API takes them; false when they are too many. */
static bool options_split(struct source *s)
{
    size_t count = 0;
    snprintf(s->options, sizeof s->options, "%s", s->mirror.options);
    for (char *line = s->options, *end; (end = strchr(line, '\n')) != NULL; line = end + 1) {
        char *value = strchr(line, '=');
        if (!value || value > end || count == OPTIONS_MOST)
            return false;
        *value = *end = '\0';
        s->option[count++] = (struct provider_arg){line, value + 1};
    }
    return true;
}

/* Reads the file PATH, if it is not "", into *SECRET. */
static bool secret_open(const char *path, char **secret, char why[MIRROR_WHY_SIZE])
{
    *secret = *path ? token_file_read(path, why, MIRROR_WHY_SIZE) : NULL;
    return !*path || *secret;
}

static bool provider_start(struct source *s, char why[MIRROR_WHY_SIZE])
{
    struct api_error err;
    const struct mirror *m = &s->mirror;
    struct provider_settings settings = {.provider = m->provider,
                                         .url = *m->url ? m->url : NULL,
                                         .token = s->token,
                                         .org = m->organization,
                                         .teams = true,
                                         .ca_file = *m->ca_file ? m->ca_file : NULL,
                                         .proxy = *m->proxy ? m->proxy : NULL,
                                         .options = s->option,
                                         .alive = go_on,
                                         .alive_arg = s};
    s->provider = provider_open(&settings, &err);
    if (!s->provider)
        snprintf(why, MIRROR_WHY_SIZE, "%s", err.message);
    return s->provider != NULL;
}

static struct source *source_make(const struct mirror *m, char why[MIRROR_WHY_SIZE])
{
    struct source *s = memory_get(sizeof *s);
    s->mirror = *m;
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->change, NULL);
    if (!options_split(s))
        snprintf(why, MIRROR_WHY_SIZE, "its options are not at most %d of NAME=VALUE",
                 OPTIONS_MOST);
    else if (secret_open(m->token_file, &s->token, why) &&
             secret_open(m->hook_file, &s->secret, why) && provider_start(s, why))
        return s;
    source_close(s);
    return NULL;
}

/* The files are the server's user's, who alone may read them, and root asks. */
static bool owner_take(const char *path)
{
    struct stat st;
    if (geteuid() != 0 || !*path || stat(path, &st) < 0 || st.st_uid == 0)
        return false;
    return seteuid(st.st_uid) == 0;
}

bool source_good(const struct mirror *m, char why[MIRROR_WHY_SIZE])
{
    bool other = owner_take(m->token_file);
    struct source *s = source_make(m, why);
    if (other && seteuid(0) < 0)
        log_error("seteuid: %s", strerror(errno));
    if (!s)
        return false;
    source_close(s);
    return true;
}

struct source *source_open(const struct mirror *m, int wake, char why[MIRROR_WHY_SIZE])
{
    struct source *s = source_make(m, why);
    if (!s)
        return NULL;
    s->wake = wake;
    int error = pthread_create(&s->thread, NULL, thread_main, s);
    s->started = error == 0;
    if (s->started)
        return s;
    snprintf(why, MIRROR_WHY_SIZE, "cannot start a thread: %s", strerror(error));
    source_close(s);
    return NULL;
}

static void secret_free(char *secret)
{
    if (secret)
        sodium_memzero(secret, strlen(secret));
    free(secret);
}

void source_end(struct source *s)
{
    pthread_mutex_lock(&s->lock);
    s->ends = true;
    pthread_cond_signal(&s->change);
    pthread_mutex_unlock(&s->lock);
}

void source_close(struct source *s)
{
    source_end(s);
    if (s->started)
        pthread_join(s->thread, NULL);
    provider_close(s->provider);
    reading_free(&s->reading);
    secret_free(s->token);
    secret_free(s->secret);
    pthread_mutex_destroy(&s->lock);
    pthread_cond_destroy(&s->change);
    free(s);
}

/* --- the loop --- */

void source_begin(struct source *s, bool anew)
{
    pthread_mutex_lock(&s->lock);
    s->anew = anew;
    s->state = SOURCE_READS;
    pthread_cond_signal(&s->change);
    pthread_mutex_unlock(&s->lock);
}

const struct source_listing *source_reading(struct source *s)
{
    pthread_mutex_lock(&s->lock);
    bool ended = s->state == SOURCE_HAS_READ;
    pthread_mutex_unlock(&s->lock);
    return ended ? &s->reading : NULL;
}

bool source_hook_signed(const struct source *s, const char *signature, const void *body, size_t len)
{
    unsigned char own[crypto_auth_hmacsha256_BYTES], given[crypto_auth_hmacsha256_BYTES];
    crypto_auth_hmacsha256_state state;
    size_t size = 0, mark = strlen(SIGNATURE_MARK);
    const char *end = NULL;
    if (!s->secret || !signature || strncmp(signature, SIGNATURE_MARK, mark) != 0 ||
        sodium_hex2bin(given, sizeof given, signature + mark, strlen(signature + mark), NULL, &size,
                       &end) != 0 ||
        size != sizeof given || *end)
        return false;
    crypto_auth_hmacsha256_init(&state, (const unsigned char *)s->secret, strlen(s->secret));
    crypto_auth_hmacsha256_update(&state, body, len);
    crypto_auth_hmacsha256_final(&state, own);
    return sodium_memcmp(own, given, sizeof own) == 0;
}
