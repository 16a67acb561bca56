/* Files that hold a secret: written beside their place, mode 0600, and put there whole. */
#ifndef ORGADMIN_REMOTE_PRIVATE_FILE_H
#define ORGADMIN_REMOTE_PRIVATE_FILE_H

#include <stdbool.h>
#include <stddef.h>

#define PRIVATE_PATH_MAX 1024

struct private_file {
    int fd;     /* -1 when closed */
    bool fresh; /* nothing may have its place */
    char path[PRIVATE_PATH_MAX];
    char temporary[PRIVATE_PATH_MAX + 8];
};

/*
 * Begins a file that will stand at PATH. Done before a secret is asked for, so that one that is
 * shown only once has a place to go; until the end of the file interrupts wait (interrupt.h).
 * Returns 0; or -1 with errno, nothing is left then.
 */
int private_file_begin(struct private_file *f, const char *path);

/* The same for a secret that is shown only once: what stands at PATH is kept, and the errno is
 * EEXIST. Only an empty file, as mktemp makes it, is no loss. */
int private_file_begin_new(struct private_file *f, const char *path);

/* Writes LEN bytes, syncs and renames. Returns 0; or -1 with errno, nothing is left then. */
int private_file_commit(struct private_file *f, const void *data, size_t len);

/* The same without syncing, for what may be lost with the power. */
int private_file_place(struct private_file *f, const void *data, size_t len);

/*
 * Puts what was written to F->fd in its place: for what is no secret, with the mode that a new file
 * gets. Only with REPLACE in the place of another file: else -1 with EEXIST.
 */
int private_file_finish(struct private_file *f, bool replace);

/* Forgets a file that was begun; no harm after commit. */
void private_file_abandon(struct private_file *f);

/* Removes the file at PATH for good. Returns 0; or -1 with errno. */
int private_file_remove(const char *path);

#endif
