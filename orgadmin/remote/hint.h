/* Lines that a person can paste into a shell. */
#ifndef ORGADMIN_REMOTE_HINT_H
#define ORGADMIN_REMOTE_HINT_H

#include <stddef.h>

#include "orgadmin/invocation.h"

struct context;

#define HINT_MAX      4096
#define HINT_LINE_MAX (HINT_MAX + 512) /* with the text around it */

/* A line under construction; begins as {0}. What does not fit is left out, whole words at a time.
 */
struct hint {
    char text[HINT_MAX];
    size_t used;
};

/* Adds TEXT as it is, or as one word of a shell's command line, with a blank in front. */
void hint_add(struct hint *hint, const char *text);
void hint_word(struct hint *hint, const char *text);

/* Adds NAME and VALUE, unless VALUE is NULL or "". */
void hint_option(struct hint *hint, const char *name, const char *value);

/* Adds those of INV's options that say where a command goes and as whom: --profile to --org. */
void hint_connection(struct hint *hint, const struct invocation *inv);

/* Adds what leads to the login that is in CONTEXT: "--provider NAME --url URL" and further. */
void hint_server(struct hint *hint, const struct context *context);

/* TEXT as one word of a shell's command line, cut to HINT_WORD_MAX, in OUT, which is returned. */
#define HINT_WORD_MAX 1400
const char *shell_word(const char *text, char out[HINT_WORD_MAX]);

#endif
