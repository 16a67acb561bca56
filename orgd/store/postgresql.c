/*
 * The engine for PostgreSQL: several servers share one database. A statement whose rows nobody
 * waits for goes out with the next one (libpq's pipeline), so that a change takes a round trip for
 * each of its questions, and one for all that it writes.
 */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/clock.h"
#include "orgd/store/counts.h"
#include "orgd/store/database.h"
#include "orgd/store/postgresql_feed.h"
#include "orgd/store/postgresql_link.h"
#include "orgd/store/postgresql_schema.h"

#define PARAMETERS_MOST  24
#define SQL_MOST         16384
#define NUMBER_SIZE      24
#define NAME_SIZE        256
#define QUEUED_MOST      100 /* statements whose outcome nobody has asked for */
#define BYTES_MOST       64
#define RETRY_MS         1000 /* between looks for a database that is away */
#define KEY_SIZE         33
#define OUTCOME_MS       8000 /* for which the outcome of a COMMIT is looked for */
#define OUTCOME_PAUSE_MS 200
#define AHEAD_MOST       4
#define AHEAD_SIZE       (4 * ID_SIZE)

struct pg_rowset {
    struct rowset rowset;
    PGresult *result;
    int row;
    unsigned char bytes[BYTES_MOST];
    int parameters;
};

/* A statement that was sent before its answer is wanted. */
struct ahead {
    enum statement which;
    char values[AHEAD_SIZE];
    int64_t number;   /* of the statements that were sent */
    PGresult *result; /* NULL: it was not read yet */
};

struct postgresql {
    struct store store;
    const char *url;
    PGconn *conn; /* NULL: lost */
    struct pg_rowset cached[STATEMENT_COUNT];
    struct ahead ahead[AHEAD_MOST];
    int aheads;
    int64_t sent;    /* statements, by this connection */
    int queued;      /* statements that were sent, and whose results were not read */
    bool inside;     /* a transaction is open, as far as we know */
    bool writes;     /* it changes something */
    bool committing; /* COMMIT was sent */
    bool limited;    /* for who cannot wait for a round trip */
    int owed;        /* results of a read that was ended, with a synchronization behind them */
    bool told;       /* the transaction has a notice for other servers */
    bool wrote;      /* it has written something */
    int64_t changes; /* rows of the latest statement that was read */
    int64_t tried;   /* clock_mono_ms of the latest connection that failed, 0: none */
    char name[NAME_SIZE];
    char server[KEY_SIZE]; /* tells the changes of this server from others' */
};

static struct postgresql *pg_of(struct store *s)
{
    return (struct postgresql *)s;
}

static struct pg_rowset *rowset_of(const struct rowset *stmt)
{
    return (struct pg_rowset *)(uintptr_t)stmt;
}

static void key_make(char key[KEY_SIZE])
{
    unsigned char random[(KEY_SIZE - 1) / 2];
    randombytes_buf(random, sizeof random);
    sodium_bin2hex(key, KEY_SIZE, random, sizeof random);
}

/* --- failures --- */

static bool state_is(const char *state, const char *const *states)
{
    while (*states && strncmp(state, *states, strlen(*states)) != 0)
        states++;
    return *states != NULL;
}

/* What was asked ahead counts no more. */
static void ahead_drop(struct postgresql *p)
{
    while (p->aheads > 0)
        PQclear(p->ahead[--p->aheads].result);
}

/* The connection is gone, with all that was not committed. */
static void pg_lose(struct postgresql *p, const char *why)
{
    struct store *s = &p->store;
    link_lost(s->name, why);
    counts_add(COUNTED_LOSS);
    PQfinish(p->conn);
    p->conn = NULL;
    p->queued = 0;
    p->owed = 0;
    ahead_drop(p);
    s->unknown |= p->committing && p->writes && !s->failed;
    s->again |= !s->unknown && !s->failed && p->inside;
    s->away |= !s->unknown && !s->again;
    p->inside = p->committing = false;
    s->failed = true;
}

/* A statement has failed. What the server says can quote rows: its first line alone is told. */
static void result_fail(struct postgresql *p, const PGresult *result)
{
    /* A deadlock, a serialization failure, a unique value that somebody else has taken meanwhile, a
     * lock that was not to be had. */
    static const char *const again[] = {"40001", "40P01", "23505", "55P03", NULL};
    static const char *const lost[] = {"57P", "08", "25006", "25P03", NULL};
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *why = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    struct store *s = &p->store;
    if (s->failed)
        return;
    if (!state || state_is(state, lost)) {
        pg_lose(p, why ? why : PQresultErrorMessage(result));
        return;
    }
    s->full |= strcmp(state, "53100") == 0;
    s->again |= state_is(state, again);
    if (s->again)
        s->failed = true; /* whoever runs it again, or not, tells it */
    else
        store_fail(s, why ? why : state);
}

/* --- statements --- */

/* Reads the result of the oldest statement that was sent: NULL when it failed. */
static PGresult *result_read(struct postgresql *p)
{
    PGresult *result = PQgetResult(p->conn), *more;
    ExecStatusType status = PQresultStatus(result);
    p->queued--;
    while (result && (more = PQgetResult(p->conn)) != NULL)
        PQclear(more);
    if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) {
        p->changes = strtoll(PQcmdTuples(result), NULL, 10);
        return result;
    }
    if (status == PGRES_PIPELINE_ABORTED)
        p->store.failed = true;
    else if (result && PQstatus(p->conn) == CONNECTION_OK)
        result_fail(p, result);
    else
        pg_lose(p, PQerrorMessage(p->conn));
    PQclear(result);
    return NULL;
}

/* Keeps RESULT, of the oldest statement that was sent, if it was asked ahead. */
static bool ahead_keep(struct postgresql *p, int64_t number, PGresult *result)
{
    for (int i = 0; i < p->aheads; i++) {
        if (p->ahead[i].number != number || !result)
            continue;
        p->ahead[i].result = result;
        return true;
    }
    return false;
}

/* Reads the end of what results_ask asked for, behind which the server has forgotten a failure. */
static void results_end(struct postgresql *p)
{
    if (!p->conn)
        return;
    PGresult *result = PQgetResult(p->conn);
    if (PQresultStatus(result) != PGRES_PIPELINE_SYNC)
        pg_lose(p, PQerrorMessage(p->conn));
    PQclear(result);
}

/* Reads what a read of before has left. */
static void owed_read(struct postgresql *p)
{
    int owed = p->owed;
    p->owed = 0;
    for (; p->conn && owed > 0; owed--) {
        PQclear(result_read(p));
        if (owed == 1)
            results_end(p);
    }
}

/* Reads the results of all that was sent but the LEFT newest. */
static void results_drain(struct postgresql *p, int left)
{
    owed_read(p);
    while (p->conn && p->queued > left) {
        int64_t number = p->sent - p->queued;
        PGresult *result = result_read(p);
        if (!ahead_keep(p, number, result))
            PQclear(result);
    }
}

/* Sends a statement; false when that failed. */
static bool statement_send(struct postgresql *p, enum statement which,
                           const struct bound_value *values)
{
    char name[16], numbers[PARAMETERS_MOST][NUMBER_SIZE];
    const char *texts[PARAMETERS_MOST];
    int sizes[PARAMETERS_MOST], binary[PARAMETERS_MOST], count = 0;
    for (; count < PARAMETERS_MOST && values[count].type != VALUE_END; count++) {
        const struct bound_value *v = &values[count];
        snprintf(numbers[count], NUMBER_SIZE, "%lld",
                 v->type == VALUE_NUMBER ? (long long)v->number : 0);
        texts[count] = v->type == VALUE_TEXT     ? v->text
                       : v->type == VALUE_NUMBER ? numbers[count]
                                                 : (const char *)v->bytes;
        binary[count] = v->type == VALUE_BYTES;
        sizes[count] = v->type == VALUE_BYTES ? v->size : 0;
    }
    if (count != p->cached[which].parameters) {
        store_fail(&p->store, "a statement has more parameters than values");
        return false;
    }
    snprintf(name, sizeof name, "s%d", which);
    if (PQsendQueryPrepared(p->conn, name, count, texts, sizes, binary, 0) != 1) {
        pg_lose(p, PQerrorMessage(p->conn));
        return false;
    }
    p->queued++;
    p->sent++;
    return true;
}

/* Asks for the results of all that was sent. It is a synchronization in the midst of a transaction,
 * too: only behind one does the server count how long the session does nothing. */
static bool results_ask(struct postgresql *p)
{
    if (p->conn && PQpipelineSync(p->conn) == 1)
        return true;
    if (p->conn)
        pg_lose(p, PQerrorMessage(p->conn));
    return false;
}

/* Waits until all that was sent is done. */
static void pg_sync(struct postgresql *p)
{
    if (!results_ask(p))
        return;
    results_drain(p, 0);
    results_end(p);
}

/* Sends a statement and waits for its answer; NULL when that failed. */
static PGresult *statement_ask(struct postgresql *p, enum statement which,
                               const struct bound_value *values)
{
    if (!statement_send(p, which, values) || !results_ask(p))
        return NULL;
    results_drain(p, 1);
    PGresult *result = p->conn ? result_read(p) : NULL;
    results_end(p);
    return result;
}

/* The texts of VALUES in one; false when they are too long, or no texts. */
static bool ahead_values(const struct bound_value *values, char out[AHEAD_SIZE])
{
    size_t len = 0;
    out[0] = '\0';
    for (; values->type == VALUE_TEXT; values++) {
        int n = snprintf(out + len, AHEAD_SIZE - len, "%s\n", values->text);
        if (n < 0 || (size_t)n >= AHEAD_SIZE - len)
            return false;
        len += (size_t)n;
    }
    return values->type == VALUE_END;
}

static void pg_ahead(struct store *s, enum statement which, const struct bound_value *values)
{
    struct postgresql *p = pg_of(s);
    struct ahead *ahead = &p->ahead[p->aheads];
    if (p->aheads == AHEAD_MOST || !ahead_values(values, ahead->values) ||
        !statement_send(p, which, values))
        return;
    ahead->which = which;
    ahead->number = p->sent - 1;
    ahead->result = NULL;
    p->aheads++;
}

/* The answer to WHICH with VALUES that was asked ahead; each counts once. NULL: there is none. */
static PGresult *ahead_take(struct postgresql *p, enum statement which,
                            const struct bound_value *values)
{
    char wanted[AHEAD_SIZE];
    int i = 0;
    if (p->aheads == 0 || !ahead_values(values, wanted))
        return NULL;
    while (i < p->aheads && (p->ahead[i].which != which || strcmp(p->ahead[i].values, wanted) != 0))
        i++;
    if (i == p->aheads)
        return NULL;
    if (!p->ahead[i].result)
        pg_sync(p);
    if (p->aheads == 0) /* the connection was lost */
        return NULL;
    PGresult *result = p->ahead[i].result;
    p->ahead[i] = p->ahead[--p->aheads];
    return result;
}

static struct rowset *pg_begin(struct store *s, enum statement which,
                               const struct bound_value *values)
{
    struct postgresql *p = pg_of(s);
    struct pg_rowset *stmt = &p->cached[which];
    PGresult *result = ahead_take(p, which, values);
    if (!result && !s->failed)
        result = statement_ask(p, which, values);
    if (s->failed || !result) {
        PQclear(result);
        return NULL;
    }
    PQclear(stmt->result);
    stmt->result = result;
    stmt->row = -1;
    return &stmt->rowset;
}

static bool pg_row(struct store *s, struct rowset *stmt)
{
    struct pg_rowset *r = rowset_of(stmt);
    (void)s;
    return ++r->row < PQntuples(r->result);
}

static void pg_end(struct rowset *stmt)
{
    struct pg_rowset *r = rowset_of(stmt);
    PQclear(r->result);
    r->result = NULL;
}

static void pg_run(struct store *s, enum statement which, const struct bound_value *values)
{
    struct postgresql *p = pg_of(s);
    p->wrote = true;
    ahead_drop(p);
    if (statement_send(p, which, values) && p->queued > QUEUED_MOST)
        pg_sync(p);
}

static int64_t pg_changes(struct store *s)
{
    struct postgresql *p = pg_of(s);
    if (p->queued > 0)
        pg_sync(p);
    return p->changes;
}

static const char *pg_text(const struct rowset *stmt, int column)
{
    const struct pg_rowset *r = rowset_of(stmt);
    return PQgetisnull(r->result, r->row, column) ? NULL : PQgetvalue(r->result, r->row, column);
}

static int64_t pg_number(const struct rowset *stmt, int column)
{
    const char *text = pg_text(stmt, column);
    return !text ? 0 : *text == 't' ? 1 : strtoll(text, NULL, 10);
}

static const unsigned char *pg_bytes(struct rowset *stmt, int column, int *size)
{
    struct pg_rowset *r = rowset_of(stmt);
    const char *text = pg_text(stmt, column);
    size_t len = 0;
    *size = 0;
    if (!text || strncmp(text, "\\x", 2) != 0 || !text[2])
        return NULL;
    if (sodium_hex2bin(r->bytes, sizeof r->bytes, text + 2, strlen(text + 2), NULL, &len, NULL) ==
        0)
        *size = (int)len;
    return r->bytes;
}

/* --- connections --- */

/* TEXT with PostgreSQL's parameters, and their number. */
static int statement_translate(const char *text, char out[SQL_MOST])
{
    int most = 0;
    size_t i = 0;
    for (; i < SQL_MOST - 1 && text[i]; i++) {
        out[i] = text[i] == '?' ? '$' : text[i];
        long number = text[i] == '?' ? strtol(text + i + 1, NULL, 10) : 0;
        most = number > most ? (int)number : most;
    }
    out[i] = '\0';
    return most;
}

static bool statements_prepare(struct postgresql *p)
{
    char text[SQL_MOST], name[16];
    for (int i = 0; i < STATEMENT_COUNT; i++) {
        if (!statement_postgresql[i])
            continue;
        p->cached[i].parameters = statement_translate(statement_postgresql[i], text);
        snprintf(name, sizeof name, "s%d", i);
        if (PQsendPrepare(p->conn, name, text, 0, NULL) != 1)
            return false;
        p->queued++;
        p->sent++;
    }
    return true;
}

/* Makes CONN, in pipeline mode, the store's. */
static bool pg_take(struct postgresql *p, PGconn *conn)
{
    p->conn = conn;
    p->queued = p->owed = 0;
    p->inside = p->committing = false;
    p->store.failed = false;
    if (!statements_prepare(p))
        pg_lose(p, PQerrorMessage(conn));
    else
        pg_sync(p);
    if (p->conn && p->store.failed) {
        PQfinish(p->conn);
        p->conn = NULL;
    }
    return p->conn != NULL;
}

/* Makes CONN, which may be NULL, the store's if it is GOOD; else it is closed. */
static bool pg_use(struct postgresql *p, PGconn *conn, bool good)
{
    if (!good || PQenterPipelineMode(conn) != 1) {
        PQfinish(conn);
        return false;
    }
    link_found(p->name);
    return pg_take(p, conn);
}

/* Connects again, unless that was tried just now. */
static bool pg_reach(struct postgresql *p)
{
    int64_t now = clock_mono_ms();
    if (p->conn)
        return true;
    if (p->tried && now < p->tried + RETRY_MS)
        return false;
    PGconn *conn = link_open(p->url, p->name);
    bool good = pg_use(p, conn, conn && postgresql_current(conn, p->name));
    p->tried = good ? 0 : clock_mono_ms();
    return good;
}

/* --- transactions --- */

static void pg_ready(struct store *s, enum statement how)
{
    struct postgresql *p = pg_of(s);
    p->writes = how == BEGIN_CHANGE;
    ahead_drop(p);
    p->committing = p->told = p->wrote = false;
    if (p->limited) {
        s->too_long = s->failed = true;
        return;
    }
    if (!pg_reach(p)) {
        s->away = s->failed = true;
        return;
    }
    p->inside = true;
    statement_send(p, how, NO_VALUES);
}

static bool pg_inside(const struct store *s)
{
    return ((const struct postgresql *)s)->inside;
}

static void pg_lock(struct store *s, const char *organization)
{
    ahead_drop(pg_of(s));
    if (organization)
        statement_send(pg_of(s), LOCK_ORGANIZATION, VALUES(value_text(organization)));
    else
        statement_send(pg_of(s), LOCK_REST, NO_VALUES);
}

/*
 * Finds out whether the transaction with KEY, whose COMMIT had no answer, was made, by writing the
 * key as it did: if it was there, the change was made, and it is as durable as this; if not, it is
 * ours now, and the change cannot be made any more. A transaction that still runs is waited for.
 * False when that cannot be found out either.
 */
static bool outcome_ask(struct postgresql *p, const char *key, bool *made)
{
    struct store *s = &p->store;
    p->tried = 0;
    p->committing = false;
    s->failed = s->again = s->away = s->unknown = false;
    if (!pg_reach(p))
        return false;
    struct rowset *stmt = pg_begin(s, OUTCOME_CLAIM, VALUES(value_text(key)));
    bool found = stmt && pg_row(s, stmt);
    *made = found && pg_number(stmt, 0);
    if (stmt)
        pg_end(stmt);
    return found;
}

static void outcome_find(struct postgresql *p, const char *key)
{
    const struct timespec pause = {.tv_nsec = OUTCOME_PAUSE_MS * 1000000L};
    struct store *s = &p->store;
    int64_t end = clock_mono_ms() + OUTCOME_MS;
    bool made = false, known;
    while (!(known = outcome_ask(p, key, &made)) && clock_mono_ms() < end)
        nanosleep(&pause, NULL);
    s->again = known && !made;
    s->unknown = !known;
    s->away = false;
    s->failed = !known || !made;
}

/* Sends COMMIT, and behind it, in a transaction of its own that no commit waits for, a notice to
 * the other servers. When COMMIT is done, so is the change. */
static void commit_send(struct postgresql *p, const char *key)
{
    struct store *s = &p->store;
    bool told = p->told;
    p->committing = true;
    if ((p->wrote && !statement_send(p, OUTCOME_ADD, VALUES(value_text(key)))) ||
        !statement_send(p, COMMIT, NO_VALUES) || (told && !statement_send(p, NOTIFY, NO_VALUES)) ||
        !results_ask(p))
        return;
    results_drain(p, told);
    bool done = !s->failed;
    results_drain(p, 0);
    results_end(p);
    if (!done)
        return;
    p->inside = p->committing = false;
    s->failed = s->again = s->away = s->unknown = false;
}

/* Ends a read: all that it asked for is there, and nothing depends on how it ends. */
static void read_end(struct postgresql *p)
{
    if (!statement_send(p, COMMIT, NO_VALUES) || !results_ask(p))
        return;
    p->owed = p->queued;
    p->inside = false;
}

static void pg_commit(struct postgresql *p)
{
    char key[KEY_SIZE];
    key_make(key);
    commit_send(p, key);
    if (!p->store.unknown || !p->wrote)
        return;
    counts_add(COUNTED_OUTCOME);
    outcome_find(p, key);
}

static void pg_finish(struct store *s, enum statement how)
{
    struct postgresql *p = pg_of(s);
    ahead_drop(p);
    if (how == ROLLBACK && p->conn && p->queued > 0)
        pg_sync(p); /* else it would be left out, behind a failure */
    if (p->conn && how == COMMIT && !p->writes && p->owed == 0)
        read_end(p);
    else if (p->conn && how == COMMIT)
        pg_commit(p);
    else if (p->conn && statement_send(p, how, NO_VALUES))
        pg_sync(p);
    if (how == ROLLBACK)
        p->inside = false;
}

static void pg_patience(struct store *s, int ms)
{
    (void)s;
    (void)ms;
}

/* A round trip is always too long for who cannot wait. */
static void pg_limit(struct store *s, int steps)
{
    pg_of(s)->limited = steps > 0;
}

static void pg_tell(struct store *s, const char *what, int news)
{
    struct postgresql *p = pg_of(s);
    p->told = true;
    statement_run(s, TELL, VALUES(value_text(what), value_number(news), value_text(p->server)));
}

/* --- opening --- */

static bool pg_has_room(struct store *s)
{
    (void)s;
    return true;
}

static bool pg_make_room(struct store *s)
{
    (void)s;
    return false;
}

static int64_t pg_log_bytes(const struct store *s)
{
    (void)s;
    return 0;
}

/* Its changes come by the feed. */
static enum store_news pg_watch(struct store *s)
{
    (void)s;
    return STORE_SAME;
}

static struct postgresql *pg_new(const char *url)
{
    struct postgresql *p = memory_get(sizeof *p);
    p->store.engine = &engine_postgresql;
    p->url = url;
    snprintf(p->name, sizeof p->name, "%s", store_name(url));
    p->store.name = p->name;
    for (size_t i = 0; i < STATEMENT_COUNT; i++)
        p->cached[i].rowset.engine = &engine_postgresql;
    return p;
}

static void pg_close(struct store *s)
{
    struct postgresql *p = pg_of(s);
    ahead_drop(p);
    for (size_t i = 0; i < STATEMENT_COUNT; i++)
        PQclear(p->cached[i].result);
    PQfinish(p->conn);
    free(p);
}

static struct store *pg_open(const char *url, enum store_mode mode)
{
    struct postgresql *p = pg_new(url);
    PGconn *conn = link_open(url, p->name);
    key_make(p->server);
    if (pg_use(p, conn, conn && postgresql_schema(conn, p->name, mode == STORE_SERVE)))
        return &p->store;
    pg_close(&p->store);
    return NULL;
}

static struct store *pg_beside(const struct store *other)
{
    const struct postgresql *from = (const struct postgresql *)other;
    struct postgresql *p = pg_new(from->url);
    memcpy(p->server, from->server, sizeof p->server);
    if (pg_reach(p))
        return &p->store;
    pg_close(&p->store);
    return NULL;
}

static struct store_feed *pg_feed(const struct store *s)
{
    const struct postgresql *p = (const struct postgresql *)s;
    return feed_new(p->url, p->name, p->server);
}

const struct engine engine_postgresql = {
    .arrays = true,
    .open = pg_open,
    .beside = pg_beside,
    .close = pg_close,
    .watch = pg_watch,
    .has_room = pg_has_room,
    .make_room = pg_make_room,
    .log_bytes = pg_log_bytes,
    .limit = pg_limit,
    .ready = pg_ready,
    .inside = pg_inside,
    .lock = pg_lock,
    .finish = pg_finish,
    .patience = pg_patience,
    .tell = pg_tell,
    .feed = pg_feed,
    .ahead = pg_ahead,
    .begin = pg_begin,
    .row = pg_row,
    .end = pg_end,
    .run = pg_run,
    .changes = pg_changes,
    .number = pg_number,
    .text = pg_text,
    .bytes = pg_bytes,
};
