/*
 * The processes of this machine as /proc tells of them, and how each is tied to a user: for what
 * runs of a member who has left. A process may end at any moment; one that ends while it is looked
 * at is not there. Thread-safe; no memory is allocated but opendir(3)'s.
 */
#ifndef COMMON_PROCESS_H
#define COMMON_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define PROCESS_NO_LOGIN   UINT32_MAX
#define PROCESS_CGROUP_MAX 512
#define PROCESS_NAME_MAX   64

struct process {
    pid_t pid;
    uint32_t uid[4];             /* real, effective, saved, of the file system */
    uint32_t loginuid;           /* who logged in; PROCESS_NO_LOGIN: nobody, or it is not known */
    char name[PROCESS_NAME_MAX]; /* escaped by the kernel: no control characters */
};

/* How a process belongs to a user. */
enum process_tie {
    PROCESS_STRANGE, /* it does not */
    PROCESS_OWN,     /* it runs as the user */
    PROCESS_SESSION, /* it runs as another, and was begun in a session of the user's, in whose
                        cgroup it still is: by sudo, say */
    PROCESS_BEGUN,   /* the user began it, somehow: also a service that he started anew by sudo */
};

/* Fills *P. False when there is no such process, or it has ended and only waits to be reaped. */
bool process_read(pid_t pid, struct process *p);

/* The path of the process's cgroup in the hierarchy that systemd uses, "" when it cannot be told.
 */
void process_cgroup(pid_t pid, char path[PROCESS_CGROUP_MAX]);

/* The command line of the process, its arguments apart by blanks, into TEXT; "" when it has none.
 * It is whatever the process says. */
void process_command(pid_t pid, char *text, size_t size);

/* How P belongs to the user UID. */
enum process_tie process_tie(const struct process *p, uint32_t uid);

/* Shows VISIT all processes but the caller until it returns false. Returns false with errno when
 * /proc cannot be read. */
typedef bool process_visit(const struct process *p, void *arg);
bool process_each(process_visit *visit, void *arg);

/* Sends SIGNAL to the process of P if it is still that process and still tied to UID by TIE.
 * Returns true when it was sent. */
bool process_signal(const struct process *p, uint32_t uid, enum process_tie tie, int signal);

#endif
