/* The reference part of orgadmin(1): commands, options, records, in mdoc(7). */
#ifndef ORGADMIN_CLI_MANUAL_H
#define ORGADMIN_CLI_MANUAL_H

#include "orgadmin/cli/command.h"

/* Prints it. packaging/man/orgadmin.1 holds the same text, and tests/orgadmin/manual.t says so. */
enum exit_status manual_print(void);

#endif
