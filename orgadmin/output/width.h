/* The width of text on a terminal. */
#ifndef ORGADMIN_OUTPUT_WIDTH_H
#define ORGADMIN_OUTPUT_WIDTH_H

#include <stddef.h>
#include <wchar.h>

/* The columns that one character at *S takes on a terminal; *S goes behind it. STATE begins as {0}.
 * A locale without UTF-8 is no reason to lose a name: its bytes pass as they are. */
size_t character_width(const char **s, mbstate_t *state);

size_t text_width(const char *text);

#endif
