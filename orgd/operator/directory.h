/* The directory that a file is going to be in. */
#ifndef ORGD_OPERATOR_DIRECTORY_H
#define ORGD_OPERATOR_DIRECTORY_H

#include <sys/types.h>

/* Makes the directory of the file PATH with MODE, whatever the umask is, when it is missing; not
 * the one above it. Any other fault of it shows when the file is opened. */
void directory_make(const char *path, mode_t mode);

#endif
