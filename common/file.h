/* The one opener and reader for files whose content is believed, secrets among them, and the
 * writing of files that must be whole. */
#ifndef COMMON_FILE_H
#define COMMON_FILE_H

#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>

enum file_trust {
    FILE_ROOTS = 0,  /* owned by root */
    FILE_SECRET = 1, /* also not readable by group or others; it may belong to the caller as well (a
                        person's own token) */
    FILE_GIVEN = 3,  /* a secret as FILE_SECRET, in the file that a person has named: a link of
                        root's  or the caller's is followed, and a pipe is taken */
    FILE_UNMAPPED = 2 /* owned by root, or by whoever this process's user namespace does not map.
                         For names alone: there root's files cannot be told from others' */
};

/*
 * Opens PATH for reading when it can be trusted: no symbolic link, a regular file, not writable
 * by group or others, and what TRUST asks for; checked on the descriptor.
 * Returns a close-on-exec descriptor that the caller closes and fills *ST, or -1 with *WHY a static
 * text; errno is then the failing call's (ELOOP: a symbolic link), or EBADMSG when the file is not
 * trusted. Thread-safe.
 */
int file_open_trusted(const char *path, enum file_trust trust, struct stat *st, const char **why);

/*
 * Reads the text that is left in FD to TEXT, SIZE bytes, and puts a NUL behind it. Returns its
 * length; or -1 with *WHY a static text and errno: EFBIG, it has more than SIZE - 1 bytes; EILSEQ,
 * a NUL is in it; or read's, EINTR too. TEXT is wiped then. Whoever reads a secret wipes TEXT when
 * it is done with. Thread-safe.
 */
ssize_t file_read(int fd, char *text, size_t size, const char **why);

/* Opens PATH as file_open_trusted does and reads it as file_read does; *WHY and errno are theirs.
 */
ssize_t file_read_trusted(const char *path, enum file_trust trust, char *text, size_t size,
                          const char **why);

/* Writes SIZE bytes at DATA to FD. Returns 0; or -1 with errno, some of them may be written then.
 * Thread-safe. */
int file_write(int fd, const void *data, size_t size);

/* Makes the names in the directory of the file PATH durable: one that was given, changed or taken
 * away. Returns 0, or -1 with errno. Thread-safe. */
int file_sync_directory(const char *path);

#endif
