/* One line on standard error that tells how far something is, on a terminal only; it is redrawn,
 * and taken away at the end. */
#ifndef ORGADMIN_REMOTE_PROGRESS_H
#define ORGADMIN_REMOTE_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
    bool shown; /* the line is there */
    bool bytes; /* what progress_tell counts are bytes, no seconds */
    bool named; /* what is waited for is said */
};

/* Draws the line anew. */
__attribute__((format(printf, 2, 3))) void progress_show(struct progress *p, const char *format,
                                                         ...);
void progress_end(struct progress *p);

/* A provider_progress whose ARG is a struct progress: stops when a signal came. What takes long and
 * has an end is said once, also where there is no terminal. */
int progress_tell(void *arg, const char *what, int64_t done, int64_t total);

#endif
