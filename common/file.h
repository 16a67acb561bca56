/* The one opener for files whose content is believed. */
#ifndef COMMON_FILE_H
#define COMMON_FILE_H

#include <sys/stat.h>

/*
 * Opens PATH for reading when it can be trusted: not a symbolic link, a regular file, owned by
 * root, not writable by group or others; checked on the descriptor. With SECRET the file must not
 * be readable by group or others either and may also belong to the caller (a person's own token).
 * Returns a close-on-exec descriptor that the caller closes and fills *ST, or -1 with *WHY a static
 * text; errno is then the failing call's, or EPERM when the file is not trusted. Thread-safe.
 */
int file_open_trusted(const char *path, int secret, struct stat *st, const char **why);

#endif
