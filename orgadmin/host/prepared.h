/* host enroll --prepare: an image remembers how its machine is to enroll, at its first boot. */
#ifndef ORGADMIN_HOST_PREPARED_H
#define ORGADMIN_HOST_PREPARED_H

#include <stdbool.h>

#include "orgadmin/invocation.h"

/*
 * Writes down INV's server, pin, name and code for the first boot, for root alone, and lets
 * orglogin-first-boot.service run then. Without a code, that boot takes it from the credential
 * orglogin.code of the service manager. In the place of what was prepared before.
 */
enum exit_status prepared_write(const struct invocation *inv);

/* INV, or COPY: INV with what was prepared, if INV names no server and no login. NULL after a
 * complaint. */
const struct invocation *prepared_read(const struct invocation *inv, struct invocation *copy);

/* Forgets what was prepared. */
void prepared_forget(void);

#endif
