#include <stdio.h>
#include <string.h>

#include "orgd/http/exchange_state.h"
#include "orgd/http/metrics.h"
#include "orgd/store/counts.h"

bool exchange_health_asked(const struct exchange *x)
{
    return strcmp(x->path, "/healthz") == 0;
}

bool exchange_facts_read(struct store *store, struct facts *facts)
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

bool exchange_metrics_asked(const struct exchange *x)
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

void exchange_hook(struct front *f, struct exchange *x)
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
    exchange_forget_body(x);
}

bool exchange_page_asked(const struct front *f, const struct exchange *x)
{
    return f->web_origin && page_path(x->path);
}

bool exchange_page(struct front *f, struct exchange *x)
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

bool exchange_special_asked(const struct exchange *x)
{
    return exchange_health_asked(x) || x->via->door->metrics;
}

void exchange_special(struct front *f, struct exchange *x)
{
    if (exchange_health_asked(x))
        exchange_health(x);
    else if (exchange_metrics_asked(x))
        exchange_metrics(f, x);
    else
        exchange_fail(x, 404, "unknown_endpoint", "Only /metrics and /healthz are here.");
    exchange_forget_body(x);
}
