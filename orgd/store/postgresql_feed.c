#include "orgd/store/postgresql_feed.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/log.h"
#include "orgd/buffer.h"
#include "orgd/store/counts.h"
#include "orgd/store/postgresql_link.h"
#include "orgd/store/postgresql_schema.h"

#define LOOK_MS   1000 /* a notice may be lost */
#define ANSWER_MS 3000 /* a connection that answers nothing for so long is dead */
#define PRUNE_MS  60000
#define XID_SIZE  24
#define OLD       "at < now() - interval '10 minutes' AND (SELECT mine FROM own)"

struct store_feed {
    const char *url, *name, *server;
    PGconn *conn;
    char last[XID_SIZE];     /* transactions before it were seen */
    int64_t pruned, watched; /* clock_mono_ms */
};

struct store_feed *feed_new(const char *url, const char *name, const char *server)
{
    struct store_feed *f = memory_get(sizeof *f);
    f->url = url;
    f->name = name;
    f->server = server;
    return f;
}

void store_feed_close(struct store_feed *f)
{
    PQfinish(f->conn);
    free(f);
}

static void feed_lose(struct store_feed *f, const char *why)
{
    link_lost(f->name, why);
    counts_add(COUNTED_LOSS);
    PQfinish(f->conn);
    f->conn = NULL;
}

/* Waits until FD, or WAKE, is readable; false when neither was within MS. */
static bool wait_for(int fd, int wake, int64_t ms)
{
    struct pollfd fds[] = {{.fd = fd, .events = POLLIN}, {.fd = wake, .events = POLLIN}};
    return poll(fds, 2, ms > 0 ? (int)ms : 0) > 0 || errno == EINTR;
}

/* The answer to what was sent, of a server that does answer; else NULL, and the connection is lost.
 */
static PGresult *answer_wait(struct store_feed *f)
{
    int64_t end = clock_mono_ms() + ANSWER_MS, now;
    while (PQisBusy(f->conn)) {
        now = clock_mono_ms();
        if (now >= end || PQconsumeInput(f->conn) != 1) {
            feed_lose(f, now >= end ? "the database does not answer" : PQerrorMessage(f->conn));
            return NULL;
        }
        if (PQisBusy(f->conn))
            wait_for(PQsocket(f->conn), -1, end - now);
    }
    PGresult *result = PQgetResult(f->conn), *more;
    while (result && (more = PQgetResult(f->conn)) != NULL)
        PQclear(more);
    return result;
}

/* The rows of TEXT with its values; NULL when the connection is lost. */
static PGresult *feed_ask(struct store_feed *f, const char *text, int count,
                          const char *const *values)
{
    if (PQsendQueryParams(f->conn, text, count, NULL, values, NULL, NULL, 0) != 1) {
        feed_lose(f, PQerrorMessage(f->conn));
        return NULL;
    }
    PGresult *result = answer_wait(f);
    if (!f->conn || PQresultStatus(result) == PGRES_TUPLES_OK)
        return result;
    feed_lose(f, PQresultErrorMessage(result));
    PQclear(result);
    return NULL;
}

/* Connects and listens; what was changed before has to be looked up by who asks. */
static bool feed_connect(struct store_feed *f)
{
    f->conn = link_open(f->url, f->name);
    if (!f->conn)
        return false;
    if (!postgresql_current(f->conn, f->name)) {
        PQfinish(f->conn);
        f->conn = NULL;
        return false;
    }
    if (!postgresql_share(f->conn)) {
        feed_lose(f, "orgd copy is using it");
        return false;
    }
    if (!link_execute(f->conn, f->name, "LISTEN orgd")) {
        feed_lose(f, PQerrorMessage(f->conn));
        return false;
    }
    PGresult *result = feed_ask(f, "SELECT pg_snapshot_xmin(pg_current_snapshot())", 0, NULL);
    if (result) {
        snprintf(f->last, sizeof f->last, "%s", PQgetvalue(result, 0, 0));
        link_found(f->name);
    }
    PQclear(result);
    return f->conn != NULL;
}

/* Forgets what every server has seen long ago; one server at a time does. */
static void feed_prune(struct store_feed *f)
{
    static const char text[] =
        "WITH own AS MATERIALIZED (SELECT pg_try_advisory_xact_lock(" POSTGRESQL_LOCKS
        ", 2) AS mine),"
        " known AS (DELETE FROM outcomes WHERE " OLD ") DELETE FROM changes WHERE " OLD
        " RETURNING 1";
    int64_t now = clock_mono_ms();
    if (!f->conn || now < f->pruned + PRUNE_MS)
        return;
    f->pruned = now;
    PQclear(feed_ask(f, text, 0, NULL));
}

/* Looks whether changes have to wait for a synchronous standby: there is none, or a session of ours
 * has waited for long. Others' words on their standbys are not for every role to see. */
static void feed_watch(struct store_feed *f)
{
    static const char text[] =
        "SELECT (current_setting('synchronous_standby_names') <> ''"
        " AND NOT EXISTS (SELECT FROM pg_stat_replication)) OR EXISTS (SELECT FROM pg_stat_activity"
        " WHERE usename = current_user AND wait_event = 'SyncRep'"
        " AND state_change < now() - interval '2 seconds')";
    int64_t now = clock_mono_ms();
    if (!f->conn || now < f->watched + LOOK_MS)
        return;
    f->watched = now;
    PGresult *result = feed_ask(f, text, 0, NULL);
    bool waits = result && *PQgetvalue(result, 0, 0) == 't';
    PQclear(result);
    if (!result || !counts_waits(waits))
        return;
    if (waits)
        log_warning("%s: changes wait for a synchronous standby, and none confirms them", f->name);
    else
        log_info("%s: changes are confirmed again", f->name);
}

/* The snapshot is taken once, for the rows and for where the next look begins. */
static bool feed_look(struct store_feed *f, told_visit *each, void *arg)
{
    static const char text[] =
        "SELECT pg_snapshot_xmin(pg_current_snapshot()), c.what, c.news, " POSTGRESQL_TIME
        ", coalesce((extract(epoch FROM clock_timestamp() - c.at) * 1000)::bigint, 0)"
        " FROM (SELECT 1) one"
        " LEFT JOIN (SELECT what, max(news) AS news, min(at) AS at FROM changes"
        " WHERE xid >= $1::xid8 AND server <> $2 GROUP BY what) c ON true";
    const char *const values[] = {f->last, f->server};
    int64_t before = clock_mono_ms();
    PGresult *result = feed_ask(f, text, 2, values);
    if (!result)
        return false;
    link_time(PQgetvalue(result, 0, 3), before);
    int64_t delay = 0;
    for (int i = 0; i < PQntuples(result); i++) {
        int64_t age = strtoll(PQgetvalue(result, i, 4), NULL, 10);
        delay = age > delay ? age : delay;
        if (!PQgetisnull(result, i, 1))
            each(PQgetvalue(result, i, 1), (int)strtol(PQgetvalue(result, i, 2), NULL, 10), arg);
    }
    counts_heard(clock_mono_ms() - before, delay);
    snprintf(f->last, sizeof f->last, "%s", PQgetvalue(result, 0, 0));
    PQclear(result);
    feed_watch(f);
    feed_prune(f);
    return true;
}

/* Waits for a notice, or until it is time to look without one. */
static void notice_wait(struct store_feed *f, int wake)
{
    PGnotify *notice;
    PQconsumeInput(f->conn);
    bool heard = false;
    for (int i = 0; i < 2 && !heard; i++) {
        while ((notice = PQnotifies(f->conn)) != NULL) {
            heard = true;
            counts_add(COUNTED_NOTICE);
            PQfreemem(notice);
        }
        if (!heard && i == 0 && wait_for(PQsocket(f->conn), wake, LOOK_MS))
            PQconsumeInput(f->conn);
    }
}

enum store_heard store_feed_wait(struct store_feed *f, int wake, told_visit *each, void *arg)
{
    if (!f->conn) {
        if (feed_connect(f))
            return HEARD_ALL;
        wait_for(-1, wake, LOOK_MS);
        return HEARD_NOTHING;
    }
    notice_wait(f, wake);
    return feed_look(f, each, arg) ? HEARD_CHANGES : HEARD_NOTHING;
}
