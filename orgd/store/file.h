/* The SQLite data file as a whole, for the store: its owner, its lock, and the ways to open it. */
#ifndef ORGD_STORE_FILE_H
#define ORGD_STORE_FILE_H

#include <limits.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <sys/types.h>

/* One line on stderr: PATH: WHAT. */
void file_say(const char *path, const char *what);

/* "20260102T030405Z", now. */
#define FILE_DATE_SIZE 20
void file_date(char date[FILE_DATE_SIZE]);

/* Makes the name of a file beside PATH; false after one line on stderr. */
bool file_beside(const char *path, const char *suffix, char out[PATH_MAX]);

/*
 * Takes the lock of the data file at PATH, a file beside it: returns a descriptor that holds it
 * until it is closed, or -1 after one line on stderr. *MADE: nobody had ever locked it.
 */
int file_lock(const char *path, bool *made);

/* Gives FD, a file that root has made for the data file at PATH, to the user of the server: the
 * owner of the data file, or of its directory while there is none. False after one line on stderr.
 */
bool file_hand_over(int fd, const char *path);

/*
 * Locks PATH as file_lock does, and makes it when it was never there. False after one line on
 * stderr; *LOCK is then -1 or to be closed.
 */
bool file_claim(const char *path, int *lock);

/* Which file has the name PATH; false when none has. */
struct file_identity {
    dev_t device;
    ino_t inode;
};
bool file_identify(const char *path, struct file_identity *identity);

#define BUSY_MS 2000 /* for a lock, while a person reads the file with the sqlite3 tool */

/* A connection to PATH, to be closed, which waits BUSY_MS for a lock; NULL after one line on
 * stderr. */
sqlite3 *file_connect(const char *path);

/* The same to look at a file, also one that can only be read and has no write-ahead log. */
sqlite3 *file_view(const char *path);

#endif
