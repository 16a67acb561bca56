/* The file that an organization's credential is in. */
#ifndef API_TOKEN_FILE_H
#define API_TOKEN_FILE_H

#include <stddef.h>

/*
 * The credential in the file PATH, which belongs to root or to the caller and which nobody else
 * can read; trailing white space is not part of it. At most TOKEN_MAX_LEN bytes; to be freed. NULL
 * with ERROR, SIZE bytes, filled.
 */
char *token_file_read(const char *path, char *error, size_t size);

#endif
