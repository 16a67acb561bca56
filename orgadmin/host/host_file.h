/* Small files of root's, copied and compared with owner and mode. */
#ifndef ORGADMIN_HOST_HOST_FILE_H
#define ORGADMIN_HOST_HOST_FILE_H

#include <stdbool.h>

#define HOST_PATH_MAX 1024

/* Makes a durable copy of the file FROM, of at most 1 MB, with owner and mode, at TO, where there
 * is none. 0; or -1 with errno, nothing is left then. */
int host_file_copy(const char *from, const char *to);

/* Moves the file FROM to TO, in the place of another one; to another file system by such a copy.
 * False with errno, FROM is there then. */
bool host_file_move(const char *from, const char *to);

/* True if the two files are alike in all that a copy has. */
bool host_file_same(const char *one, const char *other);

/* Removes the directory at PATH and what is in it, as far as that is possible. */
void host_directory_remove(const char *path);

#endif
