#include "orgd/http/exchange.h"

#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/log.h"
#include "orgd/buffer.h"
#include "orgd/endpoints/dispatch.h"
#include "orgd/endpoints/oauth.h"
#include "orgd/endpoints/once.h"
#include "orgd/endpoints/quota.h"
#include "orgd/endpoints/record.h"
#include "orgd/http/access_log.h"
#include "orgd/http/audience.h"
#include "orgd/http/head.h"
#include "orgd/http/metrics.h"
#include "orgd/http/page.h"
#include "orgd/http/stranger_log.h"
#include "orgd/http/stream.h"

#define DRAIN_MAX     (1U << 20)  /* of a body that is too large, so that its answer is read */
#define BODIES_MAX    (64U << 20) /* of all requests; beyond it only small ones are taken */
#define BODY_SMALL    4096
#define LOG_PATH_SIZE 128
#define LOG_LINE_SIZE 512
#define PIECE_SIZE    (64U << 10) /* of an answer: a connection has to take one in its time */
#define BUSY_RETRY_S  5
#define READS_RESUMED 16 /* in a round */

/* What the store says to /healthz and /metrics. */
struct facts {
    bool readable;
    int64_t log_bytes, events;
};

/* A request from its first byte to its answer. */
struct exchange {
    struct job job; /* for a crew */
    struct front *front;
    struct MHD_Connection *connection;
    struct client_connection *via;
    struct peer *peer; /* the connection's, or the one for whom a proxy asks */
    char from[PEER_TEXT_SIZE];
    const char *method, *path; /* libmicrohttpd's, for as long as the request lasts */
    int64_t begun;
    char id[REQUEST_ID_SIZE];
    struct buffer body;
    size_t drained;  /* bytes beyond BODY_MAX */
    bool forwarded;  /* PEER is not the connection's */
    bool dispatched; /* or to be, by a crew */
    struct dispatch_needs needs;
    bool last; /* the connection is closed behind its answer */
    struct request request;
    struct call_answer answer;
    struct held *held; /* a members/changes, while it is held or answered; else NULL */
    struct held poll;  /* its memory */
    struct page_part page;
    struct facts facts;
};

void front_init(struct front *f)
{
    turns_begin(&f->turns);
    f->run = randombytes_random();
}

/* --- a request --- */

static void body_free(struct front *f, struct exchange *x)
{
    f->bodies -= x->body.size;
    buffer_free(&x->body);
}

/* Makes one word of at most SIZE - 1 characters of a client's text. */
static const char *log_word(char *word, size_t size, const char *text)
{
    size_t i;
    for (i = 0; i < size - 1 && text[i]; i++)
        word[i] = text[i] > ' ' && text[i] <= '~' ? text[i] : '?';
    word[i] = '\0';
    return word;
}

/* PATH as it is logged. A link that a mail gateway has damaged may have a token in its path: the
 * first character that no path of ours has ends it. */
static const char *log_path(char word[LOG_PATH_SIZE], const char *path)
{
    size_t len = strspn(path, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-");
    snprintf(word, LOG_PATH_SIZE, "%.*s", (int)(len < LOG_PATH_SIZE ? len : LOG_PATH_SIZE - 1),
             path);
    return word;
}

static bool health_asked(const struct exchange *x)
{
    return strcmp(x->path, "/healthz") == 0;
}

/* True when the request had a valid token. */
static bool exchange_known(const struct exchange *x)
{
    return strcmp(x->answer.caller, "-") != 0;
}

static void exchange_line(const struct exchange *x, const struct access *a)
{
    char line[LOG_LINE_SIZE];
    bool loggable = x->needs.writer || a->status >= 400;
    if (!loggable && !log_is_debug())
        return;
    snprintf(line, sizeof line, "%s %s %s %u %s %s %zu bytes %lldms", a->id, a->method, a->path,
             a->status, a->caller, a->from, a->bytes, (long long)a->ms);
    if (!loggable)
        log_debug("%s", line);
    else if (a->status >= 400 && !exchange_known(x))
        stranger_log(LOG_INFO, "%s", line);
    else
        log_info("%s", line);
}

/* Tells whoever wants to know of an answered request. */
static void exchange_log(const struct exchange *x)
{
    char method[16], path[LOG_PATH_SIZE];
    struct access access = {.id = x->id,
                            .method = log_word(method, sizeof method, x->method),
                            .path = log_path(path, x->path),
                            .status = x->answer.status,
                            .caller = x->answer.caller,
                            .from = x->from,
                            .bytes = x->answer.body.len,
                            .ms = clock_mono_ms() - x->begun};
    metrics_request(x->path, x->answer.status);
    access_log_write(&access);
    exchange_line(x, &access);
}

/* Replaces the answer. */
static void exchange_fail(struct exchange *x, unsigned status, const char *reason,
                          const char *message)
{
    cJSON *object = error_json(reason, message, x->id);
    char *text = cJSON_PrintUnformatted(object);
    x->answer.rest = ANSWER_WHOLE;
    x->answer.status = status;
    if (!x->answer.caller[0])
        snprintf(x->answer.caller, sizeof x->answer.caller, "-");
    x->answer.letter.to[0] = '\0';
    x->answer.changed.len = 0;
    buffer_free(&x->answer.body);
    buffer_add(&x->answer.body, text, strlen(text), REPLY_MAX);
    cJSON_free(text);
    cJSON_Delete(object);
}

/* Says in the reply, an object, whether the mail was sent. */
static void answer_mailed(struct call_answer *answer, bool sent)
{
    char more[24];
    int len = snprintf(more, sizeof more, ",\"mailed\":%s}", sent ? "true" : "false");
    answer->body.len--; /* the closing brace */
    buffer_add(&answer->body, more, (size_t)len, REPLY_MAX);
}

static void exchange_mailed(bool sent, void *arg)
{
    struct exchange *x = arg;
    metrics_mail(sent);
    answer_mailed(&x->answer, sent);
    connection_resume(x->via, x->connection);
}

/* The log says why a mail was not sent; nobody waits to hear it. */
static void mailed_behind(bool sent, void *arg)
{
    (void)arg;
    metrics_mail(sent);
}

static const char *exchange_header(const struct exchange *x, const char *name)
{
    return MHD_lookup_connection_value(x->connection, MHD_HEADER_KIND, name);
}

static void request_fill(const struct front *f, struct exchange *x)
{
    x->request = (struct request){.method = x->method,
                                  .path = x->path,
                                  .too_large = x->drained > 0,
                                  .id = x->id,
                                  .from = x->from,
                                  .body = x->body.data,
                                  .len = x->body.len,
                                  .letterhead = f->letterhead};
    x->request.authorization = exchange_header(x, MHD_HTTP_HEADER_AUTHORIZATION);
    x->request.content_type = exchange_header(x, MHD_HTTP_HEADER_CONTENT_TYPE);
    x->request.once = exchange_header(x, HEAD_IDEMPOTENCY_KEY);
    if (f->web_origin && !x->via->door->metrics) {
        page_session(&x->page, x->connection, f->web_origin, &x->request);
        page_form(&x->page, x->connection, x->path, &x->request);
    }
    if (!x->via->door->metrics)
        x->needs = dispatch_needs(&x->request);
    if (x->needs.attempt)
        x->request.wait_s = peer_wait_s(x->peer);
}

/* The dispatcher has answered. */
static void exchange_dispatched(struct front *f, struct exchange *x)
{
    dispatch_settle(&x->request, x->peer, &x->answer);
    body_free(f, x);
    if (exchange_known(x))
        connection_known(x->via);
}

/* False when it takes too long for this store. */
static bool facts_read(struct store *store, struct facts *facts)
{
    if (store_begin_read(store)) {
        store_empty(store);
        facts->log_bytes = store_log_bytes(store);
        facts->events = store_event_latest(store);
    }
    enum store_end end = store_commit(store);
    facts->readable = end == STORE_DONE;
    return end != STORE_LONG;
}

/* GET /healthz: whether the store can be read, and whether its changes are confirmed. */
static void exchange_health(struct exchange *x)
{
    static const char good[] = "{\"ok\":true}",
                      waits[] = "{\"ok\":true,\"warning\":\"no_synchronous_standby\"}";
    struct store_counts counts;
    store_counts(&counts);
    if (strcmp(x->method, "GET") != 0 && strcmp(x->method, "HEAD") != 0) {
        exchange_fail(x, 405, "method_not_allowed", "This path is for GET and HEAD.");
    } else if (!x->facts.readable) {
        exchange_fail(x, 503, "unavailable", "The data cannot be read; the server's log says why.");
    } else {
        x->answer.status = 200;
        snprintf(x->answer.caller, sizeof x->answer.caller, "-");
        buffer_add(&x->answer.body, counts.waits ? waits : good,
                   counts.waits ? sizeof waits - 1 : sizeof good - 1, REPLY_MAX);
    }
}

static bool metrics_asked(const struct exchange *x)
{
    return x->via->door->metrics && strcmp(x->path, "/metrics") == 0;
}

/* GET /metrics, on the listener for it. */
static void exchange_metrics(struct front *f, struct exchange *x)
{
    struct metrics_now now = {
        .held = held_number(f->held), .log_bytes = x->facts.log_bytes, .events = x->facts.events};
    crowd_count(x->via->door->crowd, &now.connections, &now.strangers);
    x->answer.status = 200;
    snprintf(x->answer.caller, sizeof x->answer.caller, "-");
    metrics_write(&now, &x->answer.body);
    relay_metrics(f->relay, &x->answer.body);
}

/* A webhook of a mirrored organization's source: it is read, and nothing else comes of it. */
static void exchange_hook(struct front *f, struct exchange *x)
{
    static const char good[] = "{\"ok\":true}";
    unsigned wait_s = peer_wait_s(x->peer);
    if (strcmp(x->method, "POST") != 0) {
        exchange_fail(x, 405, "method_not_allowed", "Every call is POST.");
    } else if (wait_s > 0) {
        exchange_fail(x, 429, "too_many_attempts", "Too many attempts from your address failed.");
        x->answer.retry_s = wait_s;
    } else if (x->drained > 0) {
        exchange_fail(x, 413, "too_large", "The body may have at most 65536 bytes.");
    } else if (!relay_hook(f->relay, x->path, exchange_header(x, "X-Hub-Signature-256"),
                           &x->body)) {
        exchange_fail(x, 401, "unauthorized", "X-Hub-Signature-256 is not this body's.");
        if (x->peer)
            peer_failed(x->peer);
    } else {
        x->answer.status = 200;
        snprintf(x->answer.caller, sizeof x->answer.caller, "-");
        buffer_add(&x->answer.body, good, sizeof good - 1, REPLY_MAX);
    }
    body_free(f, x);
}

static bool page_asked(const struct front *f, const struct exchange *x)
{
    return f->web_origin && page_path(x->path);
}

/* A file of the page, or a form that may not be taken; false for a form that may. */
static bool exchange_page(struct front *f, struct exchange *x)
{
    const char *wrong =
        x->page.form ? page_form_wrong(&x->page, x->connection, f->web_origin) : NULL;
    if (wrong)
        exchange_fail(x, strcmp(wrong, "other_site") == 0 ? 403 : 415, wrong,
                      "The form must come from this page.");
    else if (x->page.form)
        return false;
    else if (strcmp(x->method, "GET") == 0 || strcmp(x->method, "HEAD") == 0)
        page_get(&x->page, x->connection, x->path, &x->answer);
    else
        exchange_fail(x, 405, "method_not_allowed", "This path is for a browser.");
    return true;
}

static void exchange_later(struct exchange *x, unsigned status, const char *reason,
                           const char *message)
{
    exchange_fail(x, status, reason, message);
    x->answer.retry_s = BUSY_RETRY_S;
}

/* The quota that one more poll like POLL would exceed, QUOTA_COUNT for none. */
static enum quota poll_quota(const struct front *f, const struct poll *poll)
{
    size_t of_token, of_organization;
    held_count(f->held, poll, &of_token, &of_organization);
    if (of_token >= quota_most(QUOTA_TOKEN_POLLS))
        return QUOTA_TOKEN_POLLS;
    return of_organization >= quota_most(QUOTA_POLLS) ? QUOTA_POLLS : QUOTA_COUNT;
}

/* A members/changes is held, unless there are too many. */
static void exchange_hold(struct front *f, struct exchange *x, bool late)
{
    char text[QUOTA_TEXT_SIZE];
    struct poll *poll = &x->answer.poll;
    x->last |= f->draining;
    poll->wait_ms = f->draining ? 0 : poll->wait_ms;
    if (poll->fresh && (f->draining || !relay_want(f->relay, poll->organization))) {
        poll->fresh = false;
        poll->wait_ms = 0;
    }
    bool waits = poll->wait_ms > 0 && poll->since == poll->revision;
    enum quota quota = waits ? poll_quota(f, poll) : QUOTA_COUNT;
    if (quota != QUOTA_COUNT)
        exchange_later(x, 429, "quota", quota_text(quota, text));
    else if (waits && held_full(f->held))
        exchange_later(x, 503, "busy", "Too many such requests are open: ask again later.");
    else
        held_add(x->held = &x->poll, f->held, x->connection, x->via, poll, late);
}

/* The answer is there, or what is to be waited for; LATE: by a crew. */
static void exchange_answered(struct front *f, struct exchange *x, bool late)
{
    if (x->answer.rest == ANSWER_HELD)
        exchange_hold(f, x, late);
    else if (x->answer.rest == ANSWER_PIECES && f->streams.count >= STREAMS_MOST)
        exchange_later(x, 503, "busy", "Too many such requests are open: ask again later.");
    oauth_answer(&x->request, &x->answer);
    if (x->page.form)
        page_answer(&x->page, f->web_origin, &x->answer);
    exchange_log(x);
}

/* What needs no dispatcher. */
static bool special_asked(const struct exchange *x)
{
    return health_asked(x) || x->via->door->metrics;
}

static void exchange_special(struct front *f, struct exchange *x)
{
    if (health_asked(x))
        exchange_health(x);
    else if (metrics_asked(x))
        exchange_metrics(f, x);
    else
        exchange_fail(x, 404, "unknown_endpoint", "Only /metrics and /healthz are here.");
    body_free(f, x);
}

/* Answers a request that changes nothing, if that does not take long. */
static bool exchange_quick(struct front *f, struct exchange *x)
{
    if (special_asked(x)) {
        if (!facts_read(f->store, &x->facts))
            return false;
        exchange_special(f, x);
        return true;
    }
    if (relay_hook_path(x->path)) {
        exchange_hook(f, x);
        return true;
    }
    if (page_asked(f, x) && exchange_page(f, x)) {
        body_free(f, x);
        return true;
    }
    if (x->needs.writer || !turns_left(&f->turns, x->job.caller))
        return false;
    int64_t begun = clock_mono_ms();
    bool answered = dispatch(f->store, &x->request, &x->answer);
    turns_use(&f->turns, x->job.caller, begun);
    if (answered)
        exchange_dispatched(f, x);
    return answered;
}

/* --- by a crew --- */

static void answer_free(struct exchange *x)
{
    buffer_free(&x->answer.body);
    buffer_free(&x->answer.changed);
    buffer_free(&x->answer.letter.text);
}

static void exchange_job(struct store *store, struct job *job)
{
    struct exchange *x = (struct exchange *)(void *)job;
    if (special_asked(x)) {
        facts_read(store, &x->facts);
        return;
    }
    answer_free(x); /* of the time before */
    dispatch(store, &x->request, &x->answer);
    x->request.again = true;
}

/* The mail server has to hear of a change before it is answered; the held polls do not. */
static void exchange_settle(struct front *f, struct exchange *x)
{
    if (x->answer.changed.len > 0)
        held_tell(f->held, &x->answer.changed);
    if (x->answer.letter.behind) {
        mail_send(f->mailer, &x->answer.letter, x->id, mailed_behind, NULL);
    } else if (x->answer.letter.to[0]) {
        if (mail_send(f->mailer, &x->answer.letter, x->id, exchange_mailed, x))
            return; /* resumes it */
        answer_mailed(&x->answer, false);
    }
    connection_resume(x->via, x->connection);
}

static void exchange_done(struct job *job)
{
    struct exchange *x = (struct exchange *)(void *)job;
    if (x->needs.attempt)
        peer_attempt_end(x->peer);
    if (special_asked(x))
        exchange_special(x->front, x);
    else
        exchange_dispatched(x->front, x);
    exchange_answered(x->front, x, true);
    exchange_settle(x->front, x);
}

static void exchange_queue(struct front *f, struct exchange *x)
{
    if (x->needs.attempt)
        peer_attempt_begin(x->peer);
    x->job.run = exchange_job;
    x->job.done = exchange_done;
    MHD_suspend_connection(x->connection);
    crew_add(x->needs.writer ? f->changes : f->reads, &x->job);
}

/* --- the answer --- */

static void header_add(struct MHD_Response *response, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void header_add(struct MHD_Response *response, const char *name, const char *format, ...)
{
    char value[ONCE_KEY_MAX + 1];
    va_list args;
    va_start(args, format);
    vsnprintf(value, sizeof value, format, args);
    va_end(args);
    MHD_add_response_header(response, name, value);
}

/* As draft-ietf-httpapi-ratelimit-headers-10 has it. */
static void add_quota(struct MHD_Response *response, const struct peer *peer)
{
    struct peer_quota quota;
    peer_quota(peer, &quota);
    header_add(response, "RateLimit-Policy", "\"attempts\";q=%u;w=60", quota.attempts);
    header_add(response, "RateLimit", "\"attempts\";r=%u;t=%u", quota.left, quota.whole_s);
}

/* The methods of X's path. */
static const char *methods_of(const struct front *f, const struct exchange *x)
{
    if (health_asked(x))
        return "GET, HEAD";
    return page_asked(f, x) ? page_methods(x->path) : "POST";
}

static void add_headers(struct MHD_Response *response, const struct exchange *x)
{
    const struct call_answer *answer = &x->answer;
    if (x->page.type) {
        page_headers(response, &x->page);
    } else {
        header_add(response, MHD_HTTP_HEADER_CONTENT_TYPE, "%s",
                   metrics_asked(x) ? "text/plain; version=0.0.4" : "application/json");
        header_add(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
    }
    if (answer->status == 401)
        header_add(response, MHD_HTTP_HEADER_WWW_AUTHENTICATE, "Bearer");
    if (answer->status == 405)
        header_add(response, MHD_HTTP_HEADER_ALLOW, "%s", methods_of(x->front, x));
    if (answer->session[0])
        page_session_header(response, answer->session);
    if (x->request.once && once_key_good(x->request.once)) /* so the client knows that it counts */
        header_add(response, HEAD_IDEMPOTENCY_KEY, "%s", x->request.once);
    if (answer->retry_s > 0)
        header_add(response, MHD_HTTP_HEADER_RETRY_AFTER, "%u", answer->retry_s);
    if (answer->attempt)
        add_quota(response, x->peer);
    if (x->last)
        header_add(response, MHD_HTTP_HEADER_CONNECTION, "close");
}

/* The answer's text; a held poll has one. */
static void exchange_text(struct exchange *x, struct held_text *text)
{
    static const struct buffer none;
    *text = (struct held_text){{&x->answer.body, &none}, x->answer.body.len};
    if (x->held)
        held_answer(x->held, text);
}

/* A piece of an answer. */
static ssize_t piece_read(void *arg, uint64_t position, char *out, size_t max)
{
    struct exchange *x = arg;
    struct held_text text;
    exchange_text(x, &text);
    connection_takes(x->via);
    return (ssize_t)held_copy(&text, (size_t)position, out, max);
}

/* The response whose body stays in X until exchange_end. */
static struct MHD_Response *whole_response(struct exchange *x)
{
    struct held_text text;
    exchange_text(x, &text);
    bool small = !x->held && text.len <= PIECE_SIZE;
    return memory_or_exit(
        small
            ? MHD_create_response_from_buffer(text.len, text.part[0]->data, MHD_RESPMEM_PERSISTENT)
            : MHD_create_response_from_callback(
                  text.len, text.len < PIECE_SIZE ? text.len : PIECE_SIZE, piece_read, x, NULL),
        text.len);
}

/* The answer to a members/changes that is there, or comes later. */
static struct MHD_Response *held_or_whole(struct exchange *x)
{
    struct held_text text;
    if (!held_answer(x->held, &text))
        return held_response(x->held);
    if (text.len == 0) {
        bool away = held_away(x->held);
        held_drop(x->held);
        x->held = NULL;
        if (away)
            exchange_later(x, 503, "unavailable", "The database cannot be reached now: try again.");
        else
            exchange_fail(x, 500, "internal", "The server could not do that; its log says why.");
    }
    return whole_response(x);
}

static struct MHD_Response *exchange_response(struct front *f, struct exchange *x)
{
    if (x->held)
        return held_or_whole(x);
    return x->answer.rest == ANSWER_PIECES
               ? stream_response(&f->streams, x->connection, x->job.caller, &x->answer, x->via)
               : whole_response(x);
}

static enum MHD_Result exchange_reply(struct front *f, struct exchange *x)
{
    if (x->held && f->stopping)
        return MHD_NO;
    if (x->held && held_looks(x->held)) {
        MHD_suspend_connection(x->connection);
        return MHD_YES;
    }
    struct MHD_Response *response = exchange_response(f, x);
    add_headers(response, x);
    connection_takes(x->via);
    enum MHD_Result queued = MHD_queue_response(x->connection, x->answer.status, response);
    MHD_destroy_response(response);
    return queued;
}

/* A piece of the body. One that is too large is read to its end, within reason, and forgotten. */
static enum MHD_Result exchange_take(struct front *f, struct exchange *x, const char *data,
                                     size_t *size)
{
    size_t had = x->body.size;
    bool fits = x->drained == 0 && buffer_add(&x->body, data, *size, BODY_MAX);
    f->bodies += x->body.size - had;
    if (fits && f->bodies > BODIES_MAX && x->body.size > BODY_SMALL) {
        connection_refuse(x->via, "is disconnected: too many large requests are being sent");
        return MHD_NO;
    }
    if (!fits) {
        body_free(f, x);
        x->drained += *size;
    }
    *size = 0;
    return x->drained <= DRAIN_MAX ? MHD_YES : MHD_NO;
}

/* True when the client announces a body that is not even worth draining. */
static bool announced_too_large(const struct exchange *x)
{
    const char *length = exchange_header(x, MHD_HTTP_HEADER_CONTENT_LENGTH);
    return length && strtoull(length, NULL, 10) > DRAIN_MAX;
}

/* Answers with a failure, before the body, and closes the connection behind it. */
static enum MHD_Result exchange_refuse(struct front *f, struct exchange *x, unsigned status,
                                       const char *reason, const char *message)
{
    connection_rests(x->via);
    x->dispatched = true;
    x->last = true;
    exchange_fail(x, status, reason, message);
    exchange_log(x);
    return exchange_reply(f, x);
}

enum origin { ORIGIN_FOUND, ORIGIN_WRONG, ORIGIN_BUSY };

/* Finds out for whom a trusted proxy asks: for itself, if it does not say. */
static enum origin origin_find(struct exchange *x)
{
    const struct crowd *crowd = x->via->door->crowd;
    struct peer_address address;
    bool too_many;
    switch (forwarded_find(crowd->proxies, x->connection, &address)) {
    case FORWARDED_NOT:
        return ORIGIN_FOUND;
    case FORWARDED_WRONG:
        return ORIGIN_WRONG;
    case FORWARDED:
        break;
    }
    peer_text(&address, x->from);
    x->forwarded = true;
    x->peer = peer_connect(crowd->peers, &address, &too_many);
    return too_many ? ORIGIN_BUSY : ORIGIN_FOUND;
}

/* A connection has one request at a time. */
static struct exchange *exchange_memory(struct client_connection *via)
{
    struct exchange *x = via->spare;
    via->spare = NULL;
    if (!x)
        return memory_get(sizeof *x);
    memset(x, 0, sizeof *x);
    return x;
}

static struct exchange *exchange_new(struct front *f, struct MHD_Connection *connection,
                                     const char *path, const char *method)
{
    struct client_connection *via = connection_of(connection);
    struct exchange *x = exchange_memory(via);
    x->connection = connection;
    x->via = via;
    x->peer = via->peer;
    x->method = method;
    x->path = path;
    x->begun = clock_mono_ms();
    x->front = f;
    snprintf(x->from, sizeof x->from, "%s", x->via->from);
    snprintf(x->id, sizeof x->id, "%08x%08x", f->run, ++f->request);
    return x;
}

/* The request is there. */
static enum MHD_Result exchange_run(struct front *f, struct exchange *x)
{
    if (f->stopping || (f->draining && !health_asked(x)))
        return MHD_NO;
    connection_rests(x->via);
    x->dispatched = true;
    request_fill(f, x);
    if (!exchange_quick(f, x)) {
        exchange_queue(f, x);
        return MHD_YES;
    }
    exchange_answered(f, x, false);
    return exchange_reply(f, x);
}

/* The head of the request is there. */
static enum MHD_Result exchange_begin(struct front *f, struct exchange *x, const char *version)
{
    const struct head_fault *fault = head_check(x->connection, x->method, x->path, version);
    char text[64];
    if (fault)
        return exchange_refuse(f, x, fault->status, fault->reason, fault->message);
    x->path = head_path(x->path);
    x->last = head_chunked(x->connection);
    x->job.caller = turns_place(exchange_header(x, MHD_HTTP_HEADER_AUTHORIZATION));
    switch (x->via->proxy ? origin_find(x) : ORIGIN_FOUND) {
    case ORIGIN_WRONG:
        return exchange_refuse(f, x, 400, "invalid",
                               "X-Forwarded-For: the proxy must add the client's address.");
    case ORIGIN_BUSY:
        x->answer.retry_s = BUSY_RETRY_S;
        return exchange_refuse(f, x, 503, "busy", "Too many requests of your address are open.");
    case ORIGIN_FOUND:
        break;
    }
    if (!announced_too_large(x))
        return MHD_YES;
    snprintf(text, sizeof text, "The body may have at most %d bytes.", BODY_MAX);
    return exchange_refuse(f, x, 413, "too_large", text); /* before the body comes */
}

/* libmicrohttpd calls this at a request's headers, for each piece of its body, at its end, and
 * after a resume. */
enum MHD_Result exchange_handle(void *arg, struct MHD_Connection *connection, const char *path,
                                const char *method, const char *version, const char *data,
                                size_t *size, void **request)
{
    struct front *f = arg;
    if (!*request) {
        *request = exchange_new(f, connection, path, method);
        return exchange_begin(f, *request, version);
    }
    if (*size > 0)
        return exchange_take(f, *request, data, size);
    struct exchange *x = *request;
    return x->dispatched ? exchange_reply(f, x) : exchange_run(f, x);
}

void exchange_end(void *arg, struct MHD_Connection *connection, void **request,
                  enum MHD_RequestTerminationCode code)
{
    struct front *f = arg;
    struct exchange *x = *request;
    (void)connection, (void)code;
    if (!x)
        return;
    connection_owes(x->via);
    if (x->held)
        held_drop(x->held);
    if (x->via->last)
        connection_leave(x->via);
    if (x->forwarded)
        peer_disconnect(x->peer);
    body_free(f, x);
    answer_free(x);
    page_free(&x->page);
    sodium_memzero(x->answer.session, sizeof x->answer.session);
    x->via->spare = x;
    *request = NULL;
}
