/*
 * The table of all commands (commands.c). Parsing, help, suggestions, completion and the reference
 * part of orgadmin(1) are made from it.
 */
#ifndef ORGADMIN_CLI_COMMAND_H
#define ORGADMIN_CLI_COMMAND_H

#include "orgadmin/invocation.h"

extern const struct command commands[]; /* ends with a NULL noun; one noun's stand together */

/* The first command of NOUN, or of what NOUN is another word for (words.h); or NULL. */
const struct command *command_noun(const char *noun);

/* The command of FIRST's noun that VERB, or what it is another word for, names (FIRST itself when
 * it takes none), or NULL. */
const struct command *command_verb(const struct command *first, const char *verb);

/* The option that the first LEN characters of WORD, or what they are another word for, name; or
 * OPTION_COUNT. */
enum option command_option(const char *word, size_t len);

/* True when COMMAND takes OPTION; --help is everybody's. */
bool command_takes(const struct command *command, enum option option);

/* "member role MEMBER ROLE" into OUT. */
#define USAGE_MAX 128
void command_usage(const struct command *command, char out[USAGE_MAX]);

#endif
