/* The one opener for files whose content is believed. */
#ifndef COMMON_FILE_H
#define COMMON_FILE_H

#include <sys/stat.h>

enum file_trust {
    FILE_ROOTS = 0,  /* owned by root */
    FILE_SECRET = 1, /* also not readable by group or others; it may belong to the caller as well (a
                        person's own token) */
    FILE_UNMAPPED = 2 /* owned by root, or by whoever this process's user namespace does not map.
                         For names alone: there root's files cannot be told from others' */
};

/*
 * Opens PATH for reading when it can be trusted: not a symbolic link, a regular file, not writable
 * by group or others, and what TRUST asks for; checked on the descriptor.
 * Returns a close-on-exec descriptor that the caller closes and fills *ST, or -1 with *WHY a static
 * text; errno is then the failing call's (ELOOP: a symbolic link), or EBADMSG when the file is not
 * trusted. Thread-safe.
 */
int file_open_trusted(const char *path, enum file_trust trust, struct stat *st, const char **why);

#endif
