/* Members whom this machine's orgsyncd does not serve as they would be, as it tells root. */
#ifndef ORGADMIN_HOST_WITHHELD_H
#define ORGADMIN_HOST_WITHHELD_H

#include <stdbool.h>
#include <stdint.h>

#include "common/name.h"

/* The fields of CONFIRM_WITHHELD (common/confirm.h); the strings are VISIT's for the call. */
struct withheld {
    const char *org, *id, *wanted, *name, *email, *standing, *why;
};

/* Shows VISIT those members, and returns what rows_each (rows.h) returns. */
typedef bool withheld_visit(const struct withheld *member, void *arg);
int64_t withheld_each(withheld_visit *visit, void *arg);

/* Fills NAME with the login name of the member whose remote id or e-mail WHO is. Returns how many
 * members with such a name there are; 0 also when orgsyncd does not tell (as above). */
unsigned member_served(const char *who, char name[NAME_MAX_LEN + 1]);

/* True when MEMBER is who WHO means: his remote id, e-mail, local name or the name that he asks
 * for. */
bool withheld_is(const struct withheld *member, const char *who);

#endif
