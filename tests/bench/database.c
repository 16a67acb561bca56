/*
 * What PostgreSQL itself does with the statements of one change (tests/bench/database.sh): they are
 * prepared, and sent by SESSIONS threads in libpq's pipeline, without orgd.
 *
 *   database FILE SESSIONS SECONDS ORG,ORG...    prints transactions a second
 *
 * FILE has a line for each step: "Q TEXT", a statement; "V VALUE" or "N", its next parameter; "S",
 * here its results are waited for. A value "@org" is an organization's, which the sessions take in
 * turn, "@new" one that was never used.
 */
#include <libpq-fe.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define STATEMENTS_MOST 64
#define VALUES_MOST     32
#define LINE_MOST       65536
#define SESSIONS_MOST   64
#define ORGS_MOST       64

static struct statement {
    char *text;
    char *values[VALUES_MOST]; /* NULL for NULL */
    int count;
    bool waits;
} statements[STATEMENTS_MOST];
static int statement_count;
static char *orgs[ORGS_MOST];
static int org_count;
static atomic_long done, used;
static int64_t end_ms;

static void die(const char *what)
{
    fprintf(stderr, "bench: %s\n", what);
    exit(1);
}

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void line_take(char *line)
{
    struct statement *s = &statements[statement_count > 0 ? statement_count - 1 : 0];
    line[strcspn(line, "\n")] = '\0';
    if (line[0] == 'Q' && statement_count < STATEMENTS_MOST)
        statements[statement_count++].text = strdup(line + 2);
    else if (line[0] == 'V' && s->count < VALUES_MOST)
        s->values[s->count++] = strdup(line + 2);
    else if (line[0] == 'N' && s->count < VALUES_MOST)
        s->values[s->count++] = NULL;
    else if (line[0] == 'S')
        s->waits = true;
    else
        die("the file cannot be read");
}

static void file_read(const char *path)
{
    static char line[LINE_MOST];
    FILE *file = fopen(path, "r");
    while (file && fgets(line, sizeof line, file))
        line_take(line);
    if (!file || statement_count == 0)
        die(path);
    fclose(file);
}

/* Reads the results of all that was sent, which is COUNT statements and the synchronization. */
static void results_take(PGconn *conn, int count)
{
    for (int i = 0; i <= count; i++) {
        PGresult *result = PQgetResult(conn);
        ExecStatusType status = PQresultStatus(result);
        if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK &&
            status != PGRES_PIPELINE_SYNC)
            die(PQerrorMessage(conn));
        PQclear(result);
        if (status != PGRES_PIPELINE_SYNC)
            PQclear(PQgetResult(conn));
    }
}

static void statement_send(PGconn *conn, int number, const char *org)
{
    const struct statement *s = &statements[number];
    const char *values[VALUES_MOST];
    char name[16], unused[48];
    snprintf(unused, sizeof unused, "bench_%ld_%lld", atomic_fetch_add(&used, 1),
             (long long)end_ms);
    for (int i = 0; i < s->count; i++)
        values[i] = s->values[i] && strcmp(s->values[i], "@org") == 0   ? org
                    : s->values[i] && strcmp(s->values[i], "@new") == 0 ? unused
                                                                        : s->values[i];
    snprintf(name, sizeof name, "s%d", number);
    if (PQsendQueryPrepared(conn, name, s->count, values, NULL, NULL, 0) != 1)
        die(PQerrorMessage(conn));
}

static void change(PGconn *conn, const char *org)
{
    int sent = 0;
    for (int i = 0; i < statement_count; i++) {
        statement_send(conn, i, org);
        sent++;
        if (!statements[i].waits && i < statement_count - 1)
            continue;
        PQpipelineSync(conn);
        results_take(conn, sent);
        sent = 0;
    }
}

static void *session(void *arg)
{
    const char *org = orgs[(size_t)(uintptr_t)arg % (size_t)org_count];
    PGconn *conn = PQconnectdb("");
    char name[16];
    if (PQstatus(conn) != CONNECTION_OK)
        die(PQerrorMessage(conn));
    for (int i = 0; i < statement_count; i++) {
        snprintf(name, sizeof name, "s%d", i);
        PQclear(PQprepare(conn, name, statements[i].text, 0, NULL));
    }
    if (PQenterPipelineMode(conn) != 1)
        die(PQerrorMessage(conn));
    while (now_ms() < end_ms) {
        change(conn, org);
        atomic_fetch_add(&done, 1);
    }
    PQfinish(conn);
    return NULL;
}

int main(int argc, char **argv)
{
    pthread_t threads[SESSIONS_MOST];
    if (argc != 5) {
        fputs("see the head of tests/bench/database.c\n", stderr);
        return 2;
    }
    size_t count = strtoul(argv[2], NULL, 10);
    long seconds = strtol(argv[3], NULL, 10);
    file_read(argv[1]);
    for (char *org = strtok_r(argv[4], ",", &argv[4]); org && org_count < ORGS_MOST;
         org = strtok_r(NULL, ",", &argv[4]))
        orgs[org_count++] = org;
    end_ms = now_ms() + seconds * 1000;
    for (size_t i = 0; i < count && i < SESSIONS_MOST; i++)
        pthread_create(&threads[i], NULL, session, (void *)(uintptr_t)i);
    for (size_t i = 0; i < count && i < SESSIONS_MOST; i++)
        pthread_join(threads[i], NULL);
    printf("%.0f\n", (double)done / (double)seconds);
    return 0;
}
