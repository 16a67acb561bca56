/*
 * The commands of orgd that are not serving (orgd(8), "The operator"): accounts, organizations and
 * events, which go through the same dispatcher as the requests, and the data file as a whole.
 */
#ifndef ORGD_OPERATOR_COMMAND_H
#define ORGD_OPERATOR_COMMAND_H

#include "orgd/operator/options.h"

/* Runs the command that O's words name. Returns the exit status: 0 done, 1 it could not be done, 2
 * there is no such command; the last two after one line on stderr. */
int command_run(const struct options *o);

#endif
