/* The way in when no member gets in: an account of the machine's own that can become root. */
#ifndef ORGADMIN_HOST_RESCUE_H
#define ORGADMIN_HOST_RESCUE_H

#include <stdbool.h>

#include "common/name.h"

/* Finds one: root or a user of /etc/passwd in the group sudo, wheel or admin, with a password in
 * /etc/shadow or ssh keys in its home directory. What else sudoers gives is not looked at. */
bool rescue_find(char name[NAME_MAX_LEN + 1]);

#endif
