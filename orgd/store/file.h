/* The SQLite data file as a whole, for the store: its owner, and the way to open it. */
#ifndef ORGD_STORE_FILE_H
#define ORGD_STORE_FILE_H

#include <sqlite3.h>
#include <stdbool.h>

/*
 * Opens PATH, made when it is not there, for this process alone: *LOCK is a descriptor that holds
 * it until it is closed. False after one line on stderr; *LOCK is then -1 or to be closed.
 */
bool file_claim(const char *path, int *lock);

/* A connection to PATH, to be closed; NULL after one line on stderr. */
sqlite3 *file_connect(const char *path);

#endif
