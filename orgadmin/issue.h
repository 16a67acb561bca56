/* Handing out a secret that the API shows only once: an invitation's token, an API token. */
#ifndef ORGADMIN_ISSUE_H
#define ORGADMIN_ISSUE_H

#include "api/provider.h"
#include "orgadmin/command.h"

/*
 * Runs OP and hands out the record's FIELD: into the file of --out (mode 0600), whose place is made
 * sure of before anything is asked for; else on standard output, alone, or with -o json in the
 * whole record. What is left of the record with --out -o json is printed without any secret.
 */
enum exit_status issue(const struct invocation *inv, enum provider_op op,
                       const struct provider_arg *args, const char *field);

#endif
