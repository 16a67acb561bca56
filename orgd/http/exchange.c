#include "orgd/http/exchange.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "orgd/endpoints/oauth.h"
#include "orgd/endpoints/quota.h"
#include "orgd/http/exchange_state.h"
#include "orgd/http/head.h"
#include "orgd/http/metrics.h"

#define DRAIN_MAX  (1U << 20)  /* of a body that is too large, so that its answer is read */
#define BODIES_MAX (64U << 20) /* of all requests; beyond it only small ones are taken */
#define BODY_SMALL 4096

void front_init(struct front *f)
{
    turns_begin(&f->turns);
    f->run = randombytes_random();
}

/* --- a request --- */

void exchange_forget_body(struct exchange *x)
{
    x->front->bodies -= x->body.size;
    buffer_free(&x->body);
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

const char *exchange_header(const struct exchange *x, const char *name)
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
static void exchange_dispatched(struct exchange *x)
{
    dispatch_settle(&x->request, x->peer, &x->answer);
    exchange_forget_body(x);
    if (exchange_known(x))
        connection_known(x->via);
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

/* Answers a request that changes nothing, if that does not take long. */
static bool exchange_quick(struct front *f, struct exchange *x)
{
    if (exchange_special_asked(x)) {
        if (!exchange_facts_read(f->store, &x->facts))
            return false;
        exchange_special(f, x);
        return true;
    }
    if (relay_hook_path(x->path)) {
        exchange_hook(f, x);
        return true;
    }
    if (exchange_page_asked(f, x) && exchange_page(f, x)) {
        exchange_forget_body(x);
        return true;
    }
    if (x->needs.writer || !turns_left(&f->turns, x->job.caller))
        return false;
    int64_t begun = clock_mono_ms();
    bool answered = dispatch(f->store, &x->request, &x->answer);
    turns_use(&f->turns, x->job.caller, begun);
    if (answered)
        exchange_dispatched(x);
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
    if (exchange_special_asked(x)) {
        exchange_facts_read(store, &x->facts);
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
    if (exchange_special_asked(x))
        exchange_special(x->front, x);
    else
        exchange_dispatched(x);
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

/* --- taking it --- */

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
        exchange_forget_body(x);
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
    if (f->stopping || (f->draining && !exchange_health_asked(x)))
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
    struct exchange *x = *request;
    (void)arg, (void)connection, (void)code;
    if (!x)
        return;
    connection_owes(x->via);
    if (x->held)
        held_drop(x->held);
    if (x->via->last)
        connection_leave(x->via);
    if (x->forwarded)
        peer_disconnect(x->peer);
    exchange_forget_body(x);
    answer_free(x);
    page_free(&x->page);
    sodium_memzero(x->answer.session, sizeof x->answer.session);
    x->via->spare = x;
    *request = NULL;
}
