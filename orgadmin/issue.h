/* Handing out a secret that the API shows only once: an invitation's token, an API token. */
#ifndef ORGADMIN_ISSUE_H
#define ORGADMIN_ISSUE_H

#include "api/provider.h"
#include "orgadmin/command.h"
#include "orgadmin/connection.h"

/*
 * Runs OP in the chosen organization C and hands out the record's FIELD: into the file of --out
 * (mode 0600), whose place is made sure of before anything is asked for; else on standard output,
 * alone, or in the whole record when a format or columns are asked for. With --out what is left of
 * the record, without any secret, is printed when a format or columns are asked for. RECORD, if not
 * NULL, gets a copy that the caller deletes.
 */
enum exit_status issue(const struct invocation *inv, struct connection *c, enum provider_op op,
                       const struct provider_arg *args, const char *field, cJSON **record);

/* Takes the secrets out of RECORD. */
void issue_strip(cJSON *record);

#endif
