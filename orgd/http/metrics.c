#include "orgd/http/metrics.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "common/clock.h"
#include "orgd/endpoints/table.h"
#include "orgd/store/store.h"

#define PATHS_MAX 96
#define TEXT_MAX  (1U << 20)

static const unsigned statuses[] = {200, 400, 401, 403, 404, 405, 409,
                                    413, 415, 429, 500, 503, 507};
#define STATUSES (sizeof statuses / sizeof *statuses)

static uint64_t requests[PATHS_MAX + 1][STATUSES + 1]; /* the last: other paths, other statuses */
static uint64_t mails[2];
static int64_t longest_round; /* since it was read last */

void metrics_request(const char *path, unsigned status)
{
    const struct endpoint *endpoint = endpoint_find(path, false);
    size_t number = endpoint ? (size_t)(endpoint - endpoint_at(0)) : PATHS_MAX, i = 0;
    while (i < STATUSES && statuses[i] != status)
        i++;
    requests[number < PATHS_MAX ? number : PATHS_MAX][i]++;
}

void metrics_round(int64_t ms)
{
    if (ms > longest_round)
        longest_round = ms;
}

void metrics_mail(bool sent)
{
    mails[sent]++;
}

static void add(struct buffer *out, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void add(struct buffer *out, const char *format, ...)
{
    char line[256];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(line, sizeof line, format, args);
    va_end(args);
    if (len > 0 && (size_t)len < sizeof line)
        buffer_add(out, line, (size_t)len, TEXT_MAX);
}

static void head(struct buffer *out, const char *name, const char *type, const char *help)
{
    add(out, "# HELP orgd_%s %s\n# TYPE orgd_%s %s\n", name, help, name, type);
}

static void gauge(struct buffer *out, const char *name, const char *help, double value)
{
    head(out, name, "gauge", help);
    add(out, "orgd_%s %.15g\n", name, value);
}

static void add_requests(struct buffer *out)
{
    head(out, "requests_total", "counter", "Answered requests, by path and status.");
    for (size_t i = 0; i <= PATHS_MAX; i++) {
        for (size_t j = 0; j <= STATUSES; j++) {
            char status[8] = "other";
            if (requests[i][j] == 0)
                continue;
            if (j < STATUSES)
                snprintf(status, sizeof status, "%u", statuses[j]);
            add(out, "orgd_requests_total{path=\"%s\",status=\"%s\"} %" PRIu64 "\n",
                i < PATHS_MAX ? endpoint_at(i)->path : "other", status, requests[i][j]);
        }
    }
}

static void counter(struct buffer *out, const char *name, const char *help, double value)
{
    head(out, name, "counter", help);
    add(out, "orgd_%s %.15g\n", name, value);
}

/* What is said of a database that servers share. */
static void add_database(const struct store_counts *counts, struct buffer *out)
{
    counter(out, "database_connections_total", "Connections that were made to the database.",
            (double)counts->connections);
    counter(out, "database_losses_total", "Connections to the database that were lost.",
            (double)counts->losses);
    counter(out, "outcomes_total", "Commits without an answer, whose outcome was looked up.",
            (double)counts->outcomes);
    counter(out, "notices_total", "Notices of changes.", (double)counts->notices);
    gauge(out, "feed_age_seconds", "Since the feed of changes has heard from the database.",
          (double)(clock_mono_ms() - counts->heard) / 1000);
    gauge(out, "feed_look_seconds", "What the latest look of the feed took.",
          (double)counts->look_ms / 1000);
    gauge(out, "feed_delay_seconds",
          "Longest time from a change of another server to our hearing of it, since this was read "
          "last.",
          (double)counts->longest_delay_ms / 1000);
    gauge(out, "commits_wait", "1: changes wait for a synchronous standby that is not there.",
          counts->waits);
}

static void add_store(struct buffer *out)
{
    struct store_counts counts;
    store_counts(&counts);
    store_counts_begin();
    counter(out, "commits_total", "Commits that made changes durable.", (double)counts.commits);
    counter(out, "commit_seconds_total", "What they took.", (double)counts.commit_ms / 1000);
    gauge(out, "longest_commit_seconds", "Longest of them since this was read last.",
          (double)counts.longest_commit_ms / 1000);
    counter(out, "again_total", "Transactions that somebody else was in the way of.",
            (double)counts.again);
    if (counts.heard > 0)
        add_database(&counts, out);
}

void metrics_write(const struct metrics_now *now, struct buffer *out)
{
    add_requests(out);
    head(out, "mails_total", "counter", "Mails, by whether the mail server took them.");
    add(out, "orgd_mails_total{sent=\"yes\"} %" PRIu64 "\n", mails[true]);
    add(out, "orgd_mails_total{sent=\"no\"} %" PRIu64 "\n", mails[false]);
    gauge(out, "held_polls", "Held polls of members/changes.", (double)now->held);
    gauge(out, "connections", "Open connections.", (double)now->connections);
    gauge(out, "strangers", "Open connections without a valid token so far.",
          (double)now->strangers);
    gauge(out, "longest_round_seconds", "Longest round of the loop since this was read last.",
          (double)longest_round / 1000);
    gauge(out, "log_bytes", "Size of the data file's write-ahead log.", (double)now->log_bytes);
    head(out, "events_total", "counter", "Audit events ever written.");
    add(out, "orgd_events_total %" PRId64 "\n", now->events);
    add_store(out);
    longest_round = 0;
}
