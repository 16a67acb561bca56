/*
 * Work that may hang or crash, in a process of its own with a time limit: a PAM stack, a name
 * lookup, another program. It has a session of its own, no terminal and an empty standard input; it
 * ends with us.
 */
#ifndef ORGADMIN_HOST_CHILD_H
#define ORGADMIN_HOST_CHILD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define CHILD_TEXT_MAX 16384

struct child {
    pid_t pid; /* -1: it could not be started, because of the errno CAUSE */
    int cause;
    int fd[2]; /* what it writes to standard output and standard error; -1 at its end */
    int limit_ms;
    int64_t deadline_ms;
    char out[CHILD_TEXT_MAX], err[CHILD_TEXT_MAX]; /* the beginning of both, terminated */
    int status;    /* exit status, or -1 when it did not end by itself */
    char fate[96]; /* "" when it ended by itself; else what became of it, for people */
};

/*
 * Starts WORK(ARG), whose result is the exit status, in a fork that may take LIMIT_MS. To be
 * followed by child_end also when it could not be started; several may run beside each other.
 */
void child_start(struct child *c, int (*work)(void *arg), void *arg, int limit_ms);

/* The same for the program ARGV[0], an absolute path, with a fixed environment; ARGV ends with
 * NULL. */
void child_start_program(struct child *c, const char *const argv[], int limit_ms);

/* Waits for its end, at most until its limit; then it, and what it has started, is killed. True
 * when it ended by itself. */
bool child_end(struct child *c);

#endif
