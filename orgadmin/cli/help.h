/* --help, on standard output. */
#ifndef ORGADMIN_CLI_HELP_H
#define ORGADMIN_CLI_HELP_H

#include "orgadmin/cli/command.h"

/* COMMAND's arguments, options and columns. */
void help_command(const struct command *command);

/* All commands, or those of NOUN. */
void help_commands(const char *noun);

#endif
