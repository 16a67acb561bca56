/* sshd's settings, as sshd itself understands its configuration. */
#ifndef ORGADMIN_HOST_SSHD_CONFIG_H
#define ORGADMIN_HOST_SSHD_CONFIG_H

#include <stdbool.h>

#include "orgadmin/host/child.h"

#define SSHD_PROGRAM    "/usr/sbin/sshd"
#define SSHD_VALUE_SIZE 1024

/* Asks sshd for the settings that count for USER, of no special place; they are C's text then.
 * False without an answer; C says why. */
bool sshd_ask(struct child *c, const char *user);

/* The value of KEY, in small letters, in TEXT, what sshd_ask gave; "" when it is not there. Returns
 * OUT. */
const char *sshd_value(const char *text, const char *key, char out[SSHD_VALUE_SIZE]);

#endif
