/* The tables of the data file: their definition, and the steps that bring an older file up to
 * date. */
#ifndef ORGD_STORE_SCHEMA_H
#define ORGD_STORE_SCHEMA_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#define SCHEMA_VERSION 10
/* The oldest version whose orgd may go on with a database of this one, while it is being replaced:
 * its statements mean the same there. Files belong to one orgd, and need none. */
#define SCHEMA_COMPATIBLE 10

/* The version of the file at PATH, which DB has open; 0 for an empty one, -1 after one line on
 * stderr. */
int64_t schema_version(sqlite3 *db, const char *path);

/* True for a file of this version, whose connection is then set up; false after one line on stderr.
 */
bool schema_current(sqlite3 *db, const char *path);

/* Makes the schema in a new data file, or brings an older one up to date. False after one line on
 * stderr, the file being what it was. */
bool schema_prepare(sqlite3 *db, const char *path);

#endif
