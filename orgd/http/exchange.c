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
#include "orgd/endpoints/quota.h"
#include "orgd/endpoints/record.h"
#include "orgd/http/access_log.h"
#include "orgd/http/head.h"
#include "orgd/http/metrics.h"
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

/* A request from its first byte to its answer. */
struct exchange {
    STAILQ_ENTRY(exchange) link;
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
    bool dispatched; /* or to be, by changes_run */
    bool changes;    /* it may change something */
    bool last;       /* the connection is closed behind its answer */
    bool turn;       /* reads_resume has let it go on */
    size_t caller;   /* his place in the front's lists */
    struct call_answer answer;
};

void front_init(struct front *f)
{
    STAILQ_INIT(&f->changes);
    STAILQ_INIT(&f->reads);
    STAILQ_INIT(&f->waiting);
    turns_init(&f->turns);
    f->run = randombytes_random();
}

/* --- turns --- */

void reads_resume(struct front *f)
{
    bool had[CALLERS] = {false};
    struct exchange *x;
    int resumed = 0;
    STAILQ_HEAD(, exchange) later = STAILQ_HEAD_INITIALIZER(later);
    while ((x = STAILQ_FIRST(&f->reads)) != NULL) {
        STAILQ_REMOVE_HEAD(&f->reads, link);
        if ((had[x->caller] || resumed == READS_RESUMED) && !f->stopping) {
            STAILQ_INSERT_TAIL(&later, x, link);
            continue;
        }
        had[x->caller] = x->turn = true;
        resumed++;
        MHD_resume_connection(x->connection);
    }
    STAILQ_CONCAT(&f->reads, &later);
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
    bool loggable = x->changes || a->status >= 400;
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
                            .path = log_word(path, sizeof path, x->path),
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
    MHD_resume_connection(x->connection);
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

static void exchange_dispatch(struct front *f, struct exchange *x)
{
    struct request request = {.method = x->method,
                              .path = x->path,
                              .too_large = x->drained > 0,
                              .id = x->id,
                              .from = x->from,
                              .peer = x->peer,
                              .letterhead = f->letterhead};
    int64_t begun = clock_mono_ms();
    request.authorization = exchange_header(x, MHD_HTTP_HEADER_AUTHORIZATION);
    request.content_type = exchange_header(x, MHD_HTTP_HEADER_CONTENT_TYPE);
    request.body = x->body.data;
    request.len = x->body.len;
    dispatch(f->store, &request, &x->answer);
    turns_use(&f->turns, x->caller, begun);
    if (exchange_known(x))
        connection_known(x->via);
}

/* GET /healthz: whether the store can be read. */
static void exchange_health(struct front *f, struct exchange *x)
{
    static const char good[] = "{\"ok\":true}";
    bool readable = store_begin(f->store, STORE_READ);
    if (readable) {
        store_empty(f->store);
        readable = store_commit(f->store);
    }
    if (strcmp(x->method, "GET") != 0 && strcmp(x->method, "HEAD") != 0) {
        exchange_fail(x, 405, "method_not_allowed", "This path is for GET and HEAD.");
    } else if (!readable) {
        exchange_fail(x, 503, "unavailable", "The data cannot be read; the server's log says why.");
    } else {
        x->answer.status = 200;
        snprintf(x->answer.caller, sizeof x->answer.caller, "-");
        buffer_add(&x->answer.body, good, sizeof good - 1, REPLY_MAX);
    }
}

static bool metrics_asked(const struct exchange *x)
{
    return x->via->door->metrics && strcmp(x->path, "/metrics") == 0;
}

/* GET /metrics, on the listener for it. */
static void exchange_metrics(struct front *f, struct exchange *x)
{
    struct metrics_now now = {.held = held_number(f->held)};
    crowd_count(x->via->door->crowd, &now.connections, &now.strangers);
    if (store_begin(f->store, STORE_READ)) {
        now.log_bytes = store_log_bytes(f->store);
        now.events = store_event_latest(f->store);
        store_commit(f->store);
    }
    x->answer.status = 200;
    snprintf(x->answer.caller, sizeof x->answer.caller, "-");
    metrics_write(&now, &x->answer.body);
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

/* Answers a request that changes nothing. */
static void exchange_read(struct front *f, struct exchange *x)
{
    char text[QUOTA_TEXT_SIZE];
    enum quota quota = QUOTA_COUNT;
    if (health_asked(x))
        exchange_health(f, x);
    else if (metrics_asked(x))
        exchange_metrics(f, x);
    else if (x->via->door->metrics)
        exchange_fail(x, 404, "unknown_endpoint", "Only /metrics and /healthz are here.");
    else
        exchange_dispatch(f, x);
    body_free(f, x);
    if (x->answer.rest == ANSWER_HELD)
        quota = poll_quota(f, &x->answer.poll);
    if (quota != QUOTA_COUNT)
        exchange_later(x, 429, "quota", quota_text(quota, text));
    else if ((x->answer.rest == ANSWER_HELD && held_full(f->held)) ||
             (x->answer.rest == ANSWER_PIECES && f->streams >= STREAMS_MOST))
        exchange_later(x, 503, "busy", "Too many such requests are open: ask again later.");
    exchange_log(x);
}

/* The change is durable, or did not happen. It is answered when the held polls and the mail server
 * have heard of it. */
static void exchange_settle(struct front *f, struct exchange *x)
{
    exchange_log(x);
    if (x->answer.changed.len > 0)
        held_tell(f->held, &x->answer.changed);
    if (x->answer.letter.behind) {
        mail_send(f->mailer, &x->answer.letter, x->id, mailed_behind, NULL);
    } else if (x->answer.letter.to[0]) {
        if (mail_send(f->mailer, &x->answer.letter, x->id, exchange_mailed, x))
            return; /* resumes it */
        answer_mailed(&x->answer, false);
    }
    STAILQ_INSERT_TAIL(&f->waiting, x, link);
}

static void answer_free(struct exchange *x)
{
    buffer_free(&x->answer.body);
    buffer_free(&x->answer.changed);
    buffer_free(&x->answer.letter.text);
}

/* The changes become durable together. When that fails each is made by itself, so that one that
 * cannot be does not take the others with it: on a full disk removals go on. */
void changes_run(struct front *f)
{
    struct exchange *x;
    STAILQ_HEAD(, exchange) now = STAILQ_HEAD_INITIALIZER(now);
    STAILQ_HEAD(, exchange) later = STAILQ_HEAD_INITIALIZER(later);
    if (STAILQ_EMPTY(&f->changes))
        return;
    bool good = store_batch_begin(f->store);
    while ((x = STAILQ_FIRST(&f->changes)) != NULL) {
        STAILQ_REMOVE_HEAD(&f->changes, link);
        if (!STAILQ_EMPTY(&now) && !turns_left(&f->turns, x->caller)) {
            STAILQ_INSERT_TAIL(&later, x, link);
            continue;
        }
        STAILQ_INSERT_TAIL(&now, x, link);
        if (good)
            exchange_dispatch(f, x);
    }
    STAILQ_CONCAT(&f->changes, &later);
    good = good && store_batch_end(f->store);
    while ((x = STAILQ_FIRST(&now)) != NULL) {
        STAILQ_REMOVE_HEAD(&now, link);
        if (!good) {
            answer_free(x);
            exchange_dispatch(f, x);
        }
        body_free(f, x);
        exchange_settle(f, x);
    }
}

void waiting_resume(struct front *f)
{
    struct exchange *x;
    while ((x = STAILQ_FIRST(&f->waiting)) != NULL) {
        STAILQ_REMOVE_HEAD(&f->waiting, link);
        MHD_resume_connection(x->connection);
    }
}

static void header_add(struct MHD_Response *response, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void header_add(struct MHD_Response *response, const char *name, const char *format, ...)
{
    char value[64];
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

static void add_headers(struct MHD_Response *response, const struct exchange *x)
{
    const struct call_answer *answer = &x->answer;
    header_add(response, MHD_HTTP_HEADER_CONTENT_TYPE, "%s",
               metrics_asked(x) ? "text/plain; version=0.0.4" : "application/json");
    header_add(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
    if (answer->status == 401)
        header_add(response, MHD_HTTP_HEADER_WWW_AUTHENTICATE, "Bearer");
    if (answer->status == 405)
        header_add(response, MHD_HTTP_HEADER_ALLOW, "%s", health_asked(x) ? "GET, HEAD" : "POST");
    if (answer->retry_s > 0)
        header_add(response, MHD_HTTP_HEADER_RETRY_AFTER, "%u", answer->retry_s);
    if (answer->attempt)
        add_quota(response, x->peer);
    if (x->last)
        header_add(response, MHD_HTTP_HEADER_CONNECTION, "close");
}

/* A piece of an answer that is larger than one. */
static ssize_t piece_read(void *arg, uint64_t position, char *out, size_t max)
{
    struct exchange *x = arg;
    size_t n = x->answer.body.len - (size_t)position;
    if (n > max)
        n = max;
    memcpy(out, x->answer.body.data + position, n);
    connection_takes(x->via);
    return (ssize_t)n;
}

/* The response whose body stays in X until exchange_end. */
static struct MHD_Response *whole_response(struct exchange *x)
{
    struct buffer *body = &x->answer.body;
    return memory_or_exit(
        body->len > PIECE_SIZE
            ? MHD_create_response_from_callback(body->len, PIECE_SIZE, piece_read, x, NULL)
            : MHD_create_response_from_buffer(body->len, body->data, MHD_RESPMEM_PERSISTENT),
        body->len);
}

static struct MHD_Response *exchange_response(struct front *f, struct exchange *x)
{
    struct call_answer *answer = &x->answer;
    switch (answer->rest) {
    case ANSWER_HELD:
        return held_response(f->held, x->connection, x->via, &answer->poll);
    case ANSWER_PIECES:
        return stream_response(f->store, &f->streams, &answer->body, &answer->poll, x->via);
    case ANSWER_WHOLE:
        break;
    }
    return whole_response(x);
}

static enum MHD_Result exchange_reply(struct front *f, struct exchange *x)
{
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

static struct exchange *exchange_new(struct front *f, struct MHD_Connection *connection,
                                     const char *path, const char *method)
{
    struct exchange *x = memory_get(sizeof *x);
    x->connection = connection;
    x->via = connection_of(connection);
    x->peer = x->via->peer;
    x->method = method;
    x->path = path;
    x->begun = clock_mono_ms();
    snprintf(x->from, sizeof x->from, "%s", x->via->from);
    snprintf(x->id, sizeof x->id, "%08x%08x", f->run, ++f->request);
    return x;
}

static void exchange_queue(struct front *f, struct exchange *x)
{
    if (x->changes)
        STAILQ_INSERT_TAIL(&f->changes, x, link);
    else
        STAILQ_INSERT_TAIL(&f->reads, x, link);
    MHD_suspend_connection(x->connection);
}

/* The request is there. */
static enum MHD_Result exchange_run(struct front *f, struct exchange *x)
{
    if (f->stopping)
        return MHD_NO;
    connection_rests(x->via);
    x->changes = !x->via->door->metrics && dispatch_changes(x->path);
    x->dispatched = x->changes || x->turn || turns_left(&f->turns, x->caller);
    if (!x->dispatched || x->changes) {
        exchange_queue(f, x);
        return MHD_YES;
    }
    exchange_read(f, x);
    return exchange_reply(f, x);
}

/* The head of the request is there. */
static enum MHD_Result exchange_begin(struct front *f, struct exchange *x, const char *version)
{
    const struct head_fault *fault = head_check(x->connection, x->method, x->path, version);
    if (fault)
        return exchange_refuse(f, x, fault->status, fault->reason, fault->message);
    x->path = head_path(x->path);
    x->last = head_chunked(x->connection);
    x->caller = turns_place(&f->turns, exchange_header(x, MHD_HTTP_HEADER_AUTHORIZATION));
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
    x->drained = DRAIN_MAX;
    x->turn = true; /* the refusal goes out before the body comes */
    return exchange_run(f, x);
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
    if (x->forwarded)
        peer_disconnect(x->peer);
    body_free(f, x);
    answer_free(x);
    free(x);
    *request = NULL;
}
