#include "orgd/http/held.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/queue.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "orgd/buffer.h"
#include "orgd/http/audience.h"

/* Polls that go on in one round of the loop: for each round libmicrohttpd looks at all that it has
 * suspended. */
#define RESUMED    2048
#define BEAT_MS    5000
#define TICK_MS    100  /* polls that are due within one tick are woken together */
#define BLOCK_SIZE 256  /* bytes that MHD reserves in each response, for clients of HTTP/1.0 */
#define ENDS       256  /* clients that have gone, at a time */
#define GATHERED   4096 /* bytes of an answer that is sent with its end, at once */
#define NEVER      INT64_MAX

/* A look whether the caller of a poll may still ask, which takes longer than the loop may. */
struct doubt {
    struct job job;
    struct held *held; /* NULL: it has gone meanwhile */
    struct poll poll;
    enum store_end end;
    bool may;
};

struct held_set *held_open(struct store *store, struct crew *reads, size_t most)
{
    struct held_set *set = memory_get(sizeof *set);
    set->store = store;
    set->reads = reads;
    set->most = most;
    set->armed = NEVER;
    tally_init(&set->by_token);
    TAILQ_INIT(&set->to_tell);
    STAILQ_INIT(&set->to_look);
    for (size_t i = 0; i < AUDIENCES; i++)
        LIST_INIT(&set->audiences[i]);
    set->timer = timerfd_create(CLOCK_BOOTTIME, TFD_NONBLOCK | TFD_CLOEXEC);
    set->ends = epoll_create1(EPOLL_CLOEXEC);
    if (set->timer >= 0 && set->ends >= 0)
        return set;
    log_error("held polls: %s", strerror(errno));
    held_free(set);
    return NULL;
}

void held_free(struct held_set *set)
{
    shelf_clear(&set->shelf);
    audiences_free(set);
    tally_free(&set->by_token);
    if (set->timer >= 0)
        close(set->timer);
    if (set->ends >= 0)
        close(set->ends);
    free(set);
}

int held_timer(const struct held_set *set)
{
    return set->timer;
}

int held_ends_descriptor(const struct held_set *set)
{
    return set->ends;
}

size_t held_number(const struct held_set *set)
{
    return set->count;
}

bool held_full(const struct held_set *set)
{
    return set->count >= set->most;
}

void held_arm(struct held_set *set, int64_t when)
{
    if (when >= set->armed)
        return;
    struct itimerspec at = {
        .it_value = {.tv_sec = when / 1000, .tv_nsec = (when % 1000) * 1000000}};
    timerfd_settime(set->timer, TFD_TIMER_ABSTIME, &at, NULL);
    set->armed = when;
}

void held_count(const struct held_set *set, const struct poll *poll, size_t *of_token,
                size_t *of_organization)
{
    const struct audience *a = audience_find(set, poll->organization);
    *of_token = tally_get(&set->by_token, poll->key);
    *of_organization = a ? a->count : 0;
}

/* --- telling --- */

static void resume(struct held *held)
{
    if (!held->suspended)
        return;
    held->suspended = false;
    if (held->begun)
        connection_gather(held->client);
    connection_resume(held->client, held->connection);
}

static void unqueue(struct held *held)
{
    if (held->queued)
        TAILQ_REMOVE(&held->set->to_tell, held, to_tell);
    held->queued = false;
}

bool held_queued(const struct held_set *set)
{
    return !TAILQ_EMPTY(&set->to_tell);
}

void held_resume_some(struct held_set *set)
{
    struct held *held;
    for (int i = 0; i < RESUMED && (held = TAILQ_FIRST(&set->to_tell)) != NULL; i++) {
        unqueue(held);
        resume(held);
    }
}

/* The polls with the token KEY look whether they may go on. */
static void token_tell(struct held_set *set, const char *key)
{
    struct audience *a;
    struct held *held;
    if (tally_get(&set->by_token, key) == 0)
        return;
    for (size_t i = 0; i < AUDIENCES; i++)
        LIST_FOREACH(a, &set->audiences[i], link)
    LIST_FOREACH(held, &a->polls, link)
    {
        if (strcmp(held->poll.key, key) != 0)
            continue;
        held->doubt = true;
        held_queue(held);
    }
}

void held_tell(struct held_set *set, const struct buffer *changed)
{
    for (size_t at = 0; at < changed->len; at += sizeof(struct changed)) {
        struct changed entry;
        memcpy(&entry, changed->data + at, sizeof entry);
        struct audience *a = audience_find(set, entry.id);
        if (a)
            audience_tell(a, entry.news);
        else if (entry.news == NEWS_RIGHTS)
            token_tell(set, entry.id);
    }
}

void held_source_read(struct held_set *set, const char *organization, int64_t begun_ms,
                      bool for_all)
{
    struct audience *a = audience_find(set, organization);
    struct held *held;
    bool asks = false;
    if (!a)
        return;
    LIST_FOREACH(held, &a->polls, link)
    {
        bool ends = held->poll.fresh ? held->poll.arrived_ms <= begun_ms : for_all;
        if (!ends || held->asks || held_answered(held))
            continue;
        held->over = held->asks = asks = true;
    }
    if (asks)
        audience_look(a, false);
}

void held_tell_all(struct held_set *set)
{
    struct audience *a;
    for (size_t i = 0; i < AUDIENCES; i++)
        LIST_FOREACH(a, &set->audiences[i], link)
    audience_tell(a, NEWS_RIGHTS);
}

void held_release(struct held_set *set)
{
    struct audience *a;
    struct held *held;
    for (size_t i = 0; i < AUDIENCES; i++)
        LIST_FOREACH(a, &set->audiences[i], link)
    LIST_FOREACH(held, &a->polls, link)
    {
        held->end = held->end == NEVER ? NEVER : 0;
        held->client->last = true;
        held_queue(held);
    }
}

void held_forget(struct held_set *set)
{
    shelf_clear(&set->shelf);
}

void held_silence(struct held_set *set, bool silent)
{
    set->silent = silent;
}

/* --- time --- */

static int64_t due(const struct held *held)
{
    if (!held->begun || !held->suspended)
        return NEVER;
    return held->beat < held->end ? held->beat : held->end;
}

/* Queues the polls of A that are due; returns when the next thing of A is. */
static int64_t audience_tick(struct audience *a, int64_t now)
{
    int64_t next = NEVER;
    struct held *held;
    LIST_FOREACH(held, &a->polls, link)
    {
        if (due(held) <= now)
            held_queue(held);
        else if (due(held) < next)
            next = due(held);
    }
    if (a->news && audience_due(a) <= now)
        audience_look(a, true);
    else if (a->news && audience_due(a) < next)
        next = audience_due(a);
    return next;
}

void held_tick(struct held_set *set)
{
    uint64_t fired;
    int64_t now = clock_mono_ms(), next = NEVER;
    struct audience *a;
    if (read(set->timer, &fired, sizeof fired) != sizeof fired)
        return;
    for (size_t i = 0; i < AUDIENCES; i++)
        LIST_FOREACH(a, &set->audiences[i], link)
        {
            int64_t then = audience_tick(a, now);
            next = then < next ? then : next;
        }
    set->armed = NEVER;
    if (next != NEVER)
        held_arm(set, next > now + TICK_MS ? next : now + TICK_MS);
}

/* libmicrohttpd does not look at a suspended connection, and a fleet that comes again would meet
 * its former polls: heartbeats show whether anybody is there. */
static void end_watch(struct held *held)
{
    struct client_connection *c = held->client;
    struct epoll_event event = {.events = EPOLLRDHUP | EPOLLET, .data.ptr = c};
    if (!c->watched)
        c->watched = epoll_ctl(held->set->ends, EPOLL_CTL_ADD, c->fd, &event) == 0;
}

void held_ends(struct held_set *set)
{
    struct epoll_event events[ENDS];
    int n = epoll_wait(set->ends, events, ENDS, 0);
    for (int i = 0; i < n; i++) {
        const struct client_connection *c = events[i].data.ptr;
        if (!c->held)
            continue;
        c->held->leaves = true;
        c->held->beat = 0;
        resume(c->held);
    }
}

/* --- a poll --- */

/* What is known already is answered; what may be news is looked up, unless it is gathered. */
static void held_begin(struct held *held, bool late)
{
    const struct poll *poll = &held->poll;
    const struct audience *a = held->audience;
    bool news = poll->since == 0 || poll->since != poll->revision;
    bool gathers = a->news && poll->since > 0 && poll->since >= a->told;
    struct reply *kept = shelf_find(&held->set->shelf, poll);
    held->over = poll->wait_ms <= 0;
    held->asks = held->over || (!poll->fresh && (late || (news && !gathers)));
    if (kept && held->asks && (news || held->over))
        held_give(held, kept);
    else if (held->asks)
        audience_look(held->audience, false);
}

void held_add(struct held *held, struct held_set *set, struct MHD_Connection *connection,
              struct client_connection *client, const struct poll *poll, bool late)
{
    struct audience *a = audience_of(set, poll->organization);
    int64_t now = clock_mono_ms();
    *held = (struct held){
        .set = set,
        .audience = a,
        .connection = connection,
        .client = client,
        .poll = *poll,
        .end = now + poll->wait_ms,
        .beat = now, /* the first heartbeat at once: it takes the headers with it */
    };
    client->held = held;
    end_watch(held);
    LIST_INSERT_HEAD(&a->polls, held, link);
    a->count++;
    held->of_token = tally_add(&set->by_token, poll->key);
    set->count++;
    held_begin(held, late);
}

void held_drop(struct held *held)
{
    struct held_set *set = held->set;
    unqueue(held);
    if (held->doubting)
        held->doubting->held = NULL;
    connection_push(held->client);
    held->client->held = NULL;
    set->count--;
    tally_take(held->of_token);
    LIST_REMOVE(held, link);
    held->audience->count--;
    audience_leave(held->audience);
    reply_release(held->reply);
    buffer_free(&held->ended);
    buffer_free(&held->tail);
}

/* --- whether the caller may still ask --- */

static void doubt_answer(struct held *held, enum store_end end, bool may)
{
    held->away = end == STORE_AWAY;
    if (end == STORE_AWAY && held->begun)
        held->doubt = true; /* it is looked up when the store is there again */
    else if (end != STORE_DONE)
        held->broken = true;
    else if (!may)
        poll_ended(&held->poll, &held->ended);
}

static void doubt_job(struct store *store, struct job *job)
{
    struct doubt *doubt = (struct doubt *)(void *)job;
    doubt->end = poll_allowed(store, &doubt->poll, &doubt->may);
}

static void doubt_done(struct job *job)
{
    struct doubt *doubt = (struct doubt *)(void *)job;
    struct held *held = doubt->held;
    if (held) {
        held->doubting = NULL;
        memcpy(held->poll.labels, doubt->poll.labels, sizeof held->poll.labels);
        doubt_answer(held, doubt->end, doubt->may);
        if (held_answered(held) || !held->doubt)
            held_queue(held);
    }
    free(doubt);
}

static void doubt_look(struct held *held)
{
    struct doubt *doubt = memory_get(sizeof *doubt);
    doubt->job =
        (struct job){.run = doubt_job, .done = doubt_done, .caller = turns_place(held->poll.key)};
    doubt->held = held;
    doubt->poll = held->poll;
    held->doubting = doubt;
    crew_add(held->set->reads, &doubt->job);
}

/* Settles whether the caller may still ask; false while that is looked up. */
static bool doubt_settle(struct held *held)
{
    bool may;
    if (!held->doubt || held->doubting || held->ended.len > 0 || held->sent > 0)
        return !held->doubting;
    held->doubt = false;
    enum store_end end = poll_allowed(held->set->store, &held->poll, &may);
    if (end != STORE_LONG)
        doubt_answer(held, end, may);
    else if (held->set->stopping)
        held->broken = true;
    else
        doubt_look(held);
    return !held->doubting;
}

bool held_away(const struct held *held)
{
    return held->away;
}

bool held_looks(struct held *held)
{
    held->suspended = !held->begun && held->asks && !held_answered(held) && !held->set->stopping;
    return held->suspended;
}

bool held_answer(struct held *held, struct held_text *text)
{
    static const struct buffer none;
    *text = (struct held_text){{&none, &none}, 0};
    if (!doubt_settle(held))
        return false;
    if (held->ended.len > 0) {
        text->part[0] = &held->ended;
    } else if (!held->broken && held->reply && held->reply->text.len > 0) {
        if (held->tail.len == 0)
            reply_end(held->reply, &held->poll, &held->tail);
        text->part[0] = &held->reply->text;
        text->part[1] = &held->tail;
    }
    text->len = text->part[0]->len + text->part[1]->len;
    return held_answered(held);
}

size_t held_copy(const struct held_text *text, size_t at, char *out, size_t max)
{
    const struct buffer *first = text->part[0], *second = text->part[1];
    size_t n = at < first->len ? first->len - at : 0, m;
    n = n < max ? n : max;
    if (n > 0)
        memcpy(out, first->data + at, n);
    at = at + n - first->len;
    m = n < max && at < second->len ? second->len - at : 0;
    m = m < max - n ? m : max - n;
    if (m > 0)
        memcpy(out + n, second->data + at, m);
    return n + m;
}

/* Part of the answer; in the end, the end. */
static ssize_t send_answer(struct held *held, const struct held_text *text, char *out, size_t max)
{
    size_t n = text->len - held->sent;
    if (text->len == 0)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    if (n == 0)
        return MHD_CONTENT_READER_END_OF_STREAM;
    if (text->len > GATHERED)
        connection_push(held->client);
    n = held_copy(text, held->sent, out, max);
    held->sent += n;
    return (ssize_t)n;
}

static void held_suspend(struct held *held)
{
    connection_rests(held->client);
    held->suspended = true;
    if (due(held) != NEVER)
        held_arm(held->set, due(held));
    MHD_suspend_connection(held->connection);
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
    struct held_text text;
    if (held_answer(held, &text))
        return send_answer(held, &text, out, max);
    if (now >= held->end) {
        held->end = NEVER;
        held->asks = held->over = held->doubt = true; /* the token may have ended with the wait */
        audience_look(held->audience, false);
    }
    if (now >= held->beat) {
        held->beat = now + (held->leaves ? TICK_MS : BEAT_MS);
        if (!held->set->silent || held->leaves) {
            out[0] = '\n';
            return 1;
        }
    }
    /* Nobody takes it, and nothing more is sent; with the end of this reply libmicrohttpd sees the
     * connection's. */
    if (!connection_push(held->client))
        return MHD_CONTENT_READER_END_OF_STREAM;
    held_suspend(held);
    return 0;
}

struct MHD_Response *held_response(struct held *held)
{
    held->begun = true;
    connection_gather(held->client);
    return memory_or_exit(
        MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK_SIZE, held_read, held, NULL),
        BLOCK_SIZE);
}

void held_stop(struct held_set *set)
{
    struct audience *a;
    struct held *held;
    set->stopping = true;
    for (size_t i = 0; i < AUDIENCES; i++)
        LIST_FOREACH(a, &set->audiences[i], link)
    LIST_FOREACH(held, &a->polls, link)
    resume(held);
}
