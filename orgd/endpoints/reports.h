/*
 * What machines say of themselves with their polls: up to where they have applied what they were
 * told, and whose sessions they ended. It decides nothing, and is kept in memory alone: behind a
 * start of the server the next polls bring it again. Bounded; any thread may call these.
 */
#ifndef ORGD_ENDPOINTS_REPORTS_H
#define ORGD_ENDPOINTS_REPORTS_H

#include <stdbool.h>
#include <stdint.h>

#define REPORT_VERSION_SIZE 32

struct report {
    int64_t at;         /* when it came: clock_wall_ms */
    int64_t revision;   /* what the machine has applied; 0: nothing that this history knows */
    int64_t made;       /* when it made the snapshot in force: clock_wall_ms */
    int64_t ended;      /* the people whose sessions it ended, since its service began */
    int64_t ended_with; /* the revision with which it ended the last ones, 0: not known */
    int64_t ending;     /* the people whose sessions are to end there now */
    char version[REPORT_VERSION_SIZE];
};

/* Keeps REPORT, of the machine that calls by the token KEY, and fills its ended_with. */
void report_keep(const char *key, struct report *report);

/* False when nothing is known. */
bool report_find(const char *key, struct report *report);

/* The token KEY has ended. */
void report_drop(const char *key);

#endif
