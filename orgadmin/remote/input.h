/* Files that a person has written, or another program. */
#ifndef ORGADMIN_REMOTE_INPUT_H
#define ORGADMIN_REMOTE_INPUT_H

#include "orgadmin/say.h"

#define INPUT_MAX (32U << 20) /* bytes */

/* Reads the text of the file PATH, "-" is standard input, which the caller frees, to *TEXT; *FROM
 * is what messages call the file. EXIT_DONE; EXIT_USAGE after a complaint. */
enum exit_status input_read(const char *path, const char **from, char **text);

#endif
