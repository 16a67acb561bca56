#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "orgd/endpoints/once.h"
#include "orgd/http/exchange_state.h"
#include "orgd/http/head.h"
#include "orgd/http/stream.h"

#define PIECE_SIZE (64U << 10) /* of an answer: a connection has to take one in its time */

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
    if (exchange_health_asked(x))
        return "GET, HEAD";
    return exchange_page_asked(f, x) ? page_methods(x->path) : "POST";
}

static void add_headers(struct MHD_Response *response, const struct exchange *x)
{
    const struct call_answer *answer = &x->answer;
    if (x->page.type) {
        page_headers(response, &x->page);
    } else {
        header_add(response, MHD_HTTP_HEADER_CONTENT_TYPE, "%s",
                   exchange_metrics_asked(x) ? "text/plain; version=0.0.4" : "application/json");
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

enum MHD_Result exchange_reply(struct front *f, struct exchange *x)
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
