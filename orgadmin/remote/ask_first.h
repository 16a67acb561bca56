/* Nothing is taken away by a slip: a person is asked for it, or a script says --yes. */
#ifndef ORGADMIN_REMOTE_ASK_FIRST_H
#define ORGADMIN_REMOTE_ASK_FIRST_H

#include "orgadmin/invocation.h"

/*
 * Asks the question that FORMAT makes; ANSWER, typed, is a yes; of "yes" the first letter is
 * enough. EXIT_DONE, also with --yes, and with --dry-run; EXIT_USAGE after a complaint for every
 * other answer, and when there is no terminal to ask on.
 */
__attribute__((format(printf, 3, 4))) enum exit_status
ask_first(const struct invocation *inv, const char *answer, const char *format, ...);

#endif
