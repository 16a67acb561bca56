/*
 * The processes that watch an organization's members by a token, such as machines: what they say of
 * themselves with their polls. It decides nothing, and is kept in memory alone: behind a start of
 * the server the next polls bring it again. Bounded; any thread may call these.
 */
#ifndef ORGD_ENDPOINTS_WATCHERS_H
#define ORGD_ENDPOINTS_WATCHERS_H

#include <stdbool.h>
#include <stdint.h>

#define PROCESS_MAX         64 /* bytes of its word */
#define REPORT_VERSION_SIZE 32

/* Up to where a machine has applied what it was told, and whose sessions it ended. */
struct report {
    int64_t at;         /* when it came: now_ms */
    int64_t revision;   /* what the machine has applied; 0: nothing that this history knows */
    int64_t made;       /* when it made the snapshot in force: now_ms */
    int64_t ended;      /* the people whose sessions it ended, since its service began */
    int64_t ended_with; /* the revision with which it ended the last ones, 0: not known */
    int64_t ending;     /* the people whose sessions are to end there now */
    char version[REPORT_VERSION_SIZE];
};

/*
 * A process polls by the token KEY. PROCESS (at most PROCESS_MAX bytes, or NULL) is its own word
 * for itself, which is never used again when it has ended; REPORT (or NULL) is kept, and its
 * ended_with filled.
 *
 * A word that comes back although another one has asked meanwhile tells of two machines with one
 * token: a copied disk, or a copied file. True when it is the fourth time that one came back (a
 * request that is late makes two of them), and then not again for a day.
 */
bool watcher_note(const char *key, const char *process, struct report *report);

/* The latest report by the token KEY; false when none is known. */
bool watcher_report(const char *key, struct report *report);

/* The token KEY has ended. */
void watcher_drop(const char *key);

#endif
