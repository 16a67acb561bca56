/*
 * The access log: a line of JSON for each answered request, in a file of its own. One a process;
 * single-threaded.
 */
#ifndef ORGD_HTTP_ACCESS_LOG_H
#define ORGD_HTTP_ACCESS_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An answered request. The texts are of printable ASCII. */
struct access {
    const char *id, *method, *path, *caller, *from;
    unsigned status;
    size_t bytes; /* of the answer, as far as it is known */
    int64_t ms;   /* from the request's head to its answer */
};

/* Opens the log at PATH, made with mode 0600 when it is not there, or opens it again after it was
 * moved away. False after one line on stderr; a log that was open goes on then. */
bool access_log_open(const char *path);

/* Writes the line; without an open log nothing. What cannot be written is lost, and told once. */
void access_log_write(const struct access *access);

void access_log_close(void);

#endif
