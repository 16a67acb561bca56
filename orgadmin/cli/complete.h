/* Completion, the same for every shell: packaging/completions asks for what could stand next. */
#ifndef ORGADMIN_CLI_COMPLETE_H
#define ORGADMIN_CLI_COMPLETE_H

#include "orgadmin/cli/command.h"

/*
 * WORDS are the command line's words behind "orgadmin" up to the one that is being typed, which is
 * the last. Prints what it could become, a line each, with a tab and a description behind it where
 * there is one; the line ":files" means a file's name. Names may be asked for
 * (orgadmin/remote/name_call.h); nothing is said on standard error. Returns EXIT_DONE.
 */
enum exit_status complete(int count, char *words[]);

#endif
