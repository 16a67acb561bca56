/* The SQLite data file as a whole, for the store: whose it is, its schema, and the schema's
 * versions. */
#ifndef ORGD_STORE_FILE_H
#define ORGD_STORE_FILE_H

#include <sqlite3.h>
#include <stdbool.h>

/*
 * Opens PATH, made when MAKE and it is not there, for this process alone: *LOCK is a descriptor
 * that holds it until it is closed. False after one line on stderr; *LOCK is then -1 or to be
 * closed.
 */
bool data_claim(const char *path, int *lock);

/* A connection to PATH, to be closed; NULL after one line on stderr. */
sqlite3 *data_connect(const char *path);

/* Makes the schema in a new data file, or brings an older one up to date. False after one line on
 * stderr, the file being what it was. */
bool data_schema(sqlite3 *db, const char *path);

#endif
