#include "orgd/store/postgresql_link.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/log.h"
#include "orgd/now.h"
#include "orgd/store/counts.h"

#define WHY_SIZE 256

/* What is known to be wrong, so that many threads tell it once. */
static struct {
    pthread_mutex_t lock;
    char why[WHY_SIZE]; /* "": nothing */
} trouble = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* The first line of WHY. */
static void first_line(const char *why, char out[WHY_SIZE])
{
    snprintf(out, WHY_SIZE, "%.*s", (int)strcspn(why, "\n"), why);
}

void link_lost(const char *name, const char *why)
{
    char line[WHY_SIZE];
    first_line(why, line);
    pthread_mutex_lock(&trouble.lock);
    if (strcmp(trouble.why, line) != 0)
        log_error("%s: %s", name, line);
    memcpy(trouble.why, line, sizeof line);
    pthread_mutex_unlock(&trouble.lock);
}

void link_found(const char *name)
{
    pthread_mutex_lock(&trouble.lock);
    if (trouble.why[0])
        log_info("%s: is reached again", name);
    trouble.why[0] = '\0';
    pthread_mutex_unlock(&trouble.lock);
}

/* A server's remarks are for its own log. */
static void ignore_notice(void *arg, const PGresult *result)
{
    (void)arg;
    (void)result;
}

/* What the session needs: whoever is cut off holds nothing for longer than that. A lock is waited
 * for longer than a dead session can hold it. Each statement is planned once: planning a page of
 * members takes several times as long as reading it. */
static const char session[] =
    "SET client_min_messages = warning; SET idle_in_transaction_session_timeout = '3s';"
    "SET lock_timeout = '4s'; SET tcp_keepalives_idle = 2; SET tcp_keepalives_interval = 1;"
    "SET tcp_keepalives_count = 2; SET tcp_user_timeout = 3000; SET TimeZone = 'UTC';"
    "SET bytea_output = 'hex'; SET standard_conforming_strings = on; SET jit = off;"
    "SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off";

bool link_execute(PGconn *conn, const char *name, const char *text)
{
    PGresult *result = PQexec(conn, text);
    ExecStatusType status = PQresultStatus(result);
    bool good = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
    const char *why = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    if (!good)
        link_lost(name, why ? why : PQerrorMessage(conn));
    PQclear(result);
    return good;
}

long long link_number(PGconn *conn, const char *text)
{
    PGresult *result = PQexec(conn, text);
    long long number = -1;
    if (PQresultStatus(result) == PGRES_TUPLES_OK && PQntuples(result) == 1)
        number = strtoll(PQgetvalue(result, 0, 0), NULL, 10);
    PQclear(result);
    return number;
}

void link_time(const char *told, int64_t before)
{
    now_learn(strtoll(told, NULL, 10), before, clock_mono_ms());
}

/* Hears the time of a new session; false after one line on stderr. */
static bool time_ask(PGconn *conn, const char *name)
{
    int64_t before = clock_mono_ms();
    PGresult *result = PQexec(conn, "SELECT " POSTGRESQL_TIME);
    bool good = PQresultStatus(result) == PGRES_TUPLES_OK;
    if (good)
        link_time(PQgetvalue(result, 0, 0), before);
    else
        link_lost(name, PQerrorMessage(conn));
    PQclear(result);
    return good;
}

PGconn *link_open(const char *url, const char *name)
{
    /* What stands before the URL can stand in it otherwise, what stands behind it cannot. */
    static const char *const keywords[] = {"connect_timeout",
                                           "keepalives_idle",
                                           "keepalives_interval",
                                           "keepalives_count",
                                           "tcp_user_timeout",
                                           "application_name",
                                           "dbname",
                                           "target_session_attrs",
                                           "client_encoding",
                                           NULL};
    const char *const values[] = {"2",    "2", "1",          "2",    "3000",
                                  "orgd", url, "read-write", "UTF8", NULL};
    PGconn *conn = PQconnectdbParams(keywords, values, 1);
    bool good = PQstatus(conn) == CONNECTION_OK;
    if (!good)
        link_lost(name, PQerrorMessage(conn));
    else if (strcmp(PQparameterStatus(conn, "server_encoding"), "UTF8") != 0) {
        link_lost(name, "the encoding of the database must be UTF8");
        good = false;
    }
    if (good) {
        PQsetNoticeReceiver(conn, ignore_notice, NULL);
        good = link_execute(conn, name, session) && time_ask(conn, name);
    }
    if (good) {
        counts_add(COUNTED_CONNECTION);
        return conn;
    }
    PQfinish(conn);
    return NULL;
}
