/*
 * A connection to PostgreSQL: of whichever host can be written to, with sessions that cannot hold
 * anything for long behind a network that is cut. Messages have no password: libpq is given the
 * URL, and nobody else.
 */
#ifndef ORGD_STORE_POSTGRESQL_LINK_H
#define ORGD_STORE_POSTGRESQL_LINK_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stdint.h>

/* Numbers of our advisory locks begin with it. */
#define POSTGRESQL_LOCKS "1869768548"

/* What tells the time of the database, in milliseconds; link_time hears it (now.h). */
#define POSTGRESQL_TIME "(extract(epoch FROM clock_timestamp()) * 1000)::bigint"
void link_time(const char *told, int64_t before);

/* A new connection to URL. NULL when there is none now: the first
 * time in a row, and again when the reason is another, one line on stderr tells of it as NAME. */
PGconn *link_open(const char *url, const char *name);

/* The connection is lost because of WHY: one line, unless it is known. */
void link_lost(const char *name, const char *why);

/* A connection is in use again: one line, if one was lost. */
void link_found(const char *name);

/* Runs TEXT, without pipeline; false after one line on stderr. */
bool link_execute(PGconn *conn, const char *name, const char *text);

/* The integer that the query TEXT answers, -1 without one. */
long long link_number(PGconn *conn, const char *text);

#endif
