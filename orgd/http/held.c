#include "orgd/http/held.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "orgd/buffer.h"
#include "orgd/endpoints/endpoints.h"
#include "orgd/http/tally.h"

#define BEAT_MS    5000
#define TICK_MS    100  /* polls that are due within one tick are woken together */
#define BLOCK_SIZE 1024 /* bytes that MHD reserves in each response */
#define NEVER      INT64_MAX

struct held {
    LIST_ENTRY(held) link;
    struct held_set *set;
    struct MHD_Connection *connection;
    struct client_connection *client;
    struct poll poll;
    int64_t end;  /* of the wait, clock_mono_ms */
    int64_t beat; /* next heartbeat */
    bool suspended;
    bool told;           /* a change was committed and the answer is not all sent */
    struct reply *reply; /* the answer; NULL as long as there is none */
    size_t sent;         /* of REPLY */
};

struct held_set {
    LIST_HEAD(, held) polls;
    struct tally by_token, by_organization;
    struct store *store;
    size_t count, most, telling;
    struct reply *latest; /* some poll's answer, which others may share, or NULL */
    int timer;
    int64_t armed; /* when the timer fires */
    bool stopping;
};

struct held_set *held_open(struct store *store, size_t most)
{
    struct held_set *set = memory_get(sizeof *set);
    set->store = store;
    tally_init(&set->by_token);
    tally_init(&set->by_organization);
    set->most = most;
    set->armed = NEVER;
    set->timer = timerfd_create(CLOCK_BOOTTIME, TFD_NONBLOCK | TFD_CLOEXEC);
    if (set->timer >= 0)
        return set;
    log_error("timerfd: %s", strerror(errno));
    free(set);
    return NULL;
}

void held_free(struct held_set *set)
{
    close(set->timer);
    free(set);
}

int held_timer(const struct held_set *set)
{
    return set->timer;
}

size_t held_number(const struct held_set *set)
{
    return set->count;
}

bool held_full(const struct held_set *set)
{
    return set->count >= set->most;
}

void held_count(const struct held_set *set, const struct poll *poll, size_t *of_token,
                size_t *of_organization)
{
    *of_token = tally_get(&set->by_token, poll->key);
    *of_organization = tally_get(&set->by_organization, poll->organization);
}

size_t held_telling(const struct held_set *set)
{
    return set->telling;
}

/* Sets the timer to WHEN, unless it fires earlier. */
static void timer_arm(struct held_set *set, int64_t when)
{
    if (when >= set->armed)
        return;
    struct itimerspec at = {
        .it_value = {.tv_sec = when / 1000, .tv_nsec = (when % 1000) * 1000000}};
    timerfd_settime(set->timer, TFD_TIMER_ABSTIME, &at, NULL);
    set->armed = when;
}

static int64_t due(const struct held *held)
{
    return held->beat < held->end ? held->beat : held->end;
}

static void resume(struct held *held)
{
    if (!held->suspended)
        return;
    held->suspended = false;
    MHD_resume_connection(held->connection);
}

void held_tick(struct held_set *set)
{
    uint64_t fired;
    int64_t now = clock_mono_ms(), next = NEVER;
    struct held *held;
    if (read(set->timer, &fired, sizeof fired) != sizeof fired)
        return;
    LIST_FOREACH(held, &set->polls, link)
    {
        if (due(held) <= now)
            resume(held);
        else if (due(held) < next)
            next = due(held);
    }
    set->armed = NEVER;
    if (next != NEVER)
        timer_arm(set, next > now + TICK_MS ? next : now + TICK_MS);
}

static bool concerns(const struct poll *poll, const struct buffer *ids)
{
    for (size_t at = 0; at < ids->len; at += ID_SIZE)
        if (strcmp(ids->data + at, poll->organization) == 0 ||
            strcmp(ids->data + at, poll->key) == 0)
            return true;
    return false;
}

static void tell(struct held *held)
{
    if (!held->told)
        held->set->telling++;
    held->told = true;
    resume(held);
}

void held_tell_all(struct held_set *set)
{
    struct held *held;
    LIST_FOREACH(held, &set->polls, link)
    {
        if (!held->reply)
            tell(held);
    }
}

void held_tell(struct held_set *set, const struct buffer *ids)
{
    struct held *held;
    LIST_FOREACH(held, &set->polls, link)
    {
        if (!held->reply && concerns(&held->poll, ids))
            tell(held);
    }
}

void held_stop(struct held_set *set)
{
    struct held *held;
    set->stopping = true;
    LIST_FOREACH(held, &set->polls, link)
    resume(held);
}

static void untold(struct held *held)
{
    if (held->told)
        held->set->telling--;
    held->told = false;
}

/* Part of the answer; in the end, the end. */
static ssize_t send_reply(struct held *held, char *out, size_t max)
{
    const struct buffer *text = &held->reply->text;
    size_t n = text->len - held->sent;
    if (text->len == 0)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    if (n == 0)
        return MHD_CONTENT_READER_END_OF_STREAM;
    if (n > max)
        n = max;
    memcpy(out, text->data + held->sent, n);
    held->sent += n;
    return (ssize_t)n;
}

static void look_again(struct held *held, bool last)
{
    struct held_set *set = held->set;
    held->reply = member_changes_again(set->store, &held->poll, last, set->latest);
    if (held->reply)
        set->latest = held->reply;
}

/* MHD asks for more of the response's body. */
static ssize_t held_read(void *arg, uint64_t position, char *out, size_t max)
{
    (void)position; /* counts the heartbeats too */
    struct held *held = arg;
    int64_t now = clock_mono_ms();
    connection_takes(held->client);
    if (held->set->stopping)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    if (!held->reply && (held->told || now >= held->end))
        look_again(held, now >= held->end);
    if (held->reply)
        return send_reply(held, out, max);
    untold(held);
    if (now >= held->beat) {
        held->beat = now + BEAT_MS;
        out[0] = '\n';
        return 1;
    }
    connection_rests(held->client);
    timer_arm(held->set, due(held));
    held->suspended = true;
    MHD_suspend_connection(held->connection);
    return 0;
}

static void held_end(void *arg)
{
    struct held *held = arg;
    untold(held);
    held->set->count--;
    tally_take(&held->set->by_token, held->poll.key);
    tally_take(&held->set->by_organization, held->poll.organization);
    LIST_REMOVE(held, link);
    bool latest = held->set->latest == held->reply;
    if (reply_release(held->reply) && latest)
        held->set->latest = NULL;
    free(held);
}

struct MHD_Response *held_response(struct held_set *set, struct MHD_Connection *connection,
                                   struct client_connection *client, const struct poll *poll)
{
    struct held *held = memory_get(sizeof *held);
    int64_t now = clock_mono_ms();
    held->set = set;
    held->connection = connection;
    held->client = client;
    held->poll = *poll;
    held->end = now + poll->wait_ms;
    held->beat = now; /* the first heartbeat at once: it takes the headers with it */
    LIST_INSERT_HEAD(&set->polls, held, link);
    tally_add(&set->by_token, poll->key);
    tally_add(&set->by_organization, poll->organization);
    set->count++;
    return memory_or_exit(
        MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK_SIZE, held_read, held, held_end),
        BLOCK_SIZE);
}
