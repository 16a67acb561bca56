/*
 * Names that mean something to a machine, or would after the next package is installed: system
 * users and groups, groups whose members are as good as root, users of cloud images, mail aliases.
 * The data is common/reserved-names. Pure functions, thread-safe.
 */
#ifndef COMMON_RESERVED_H
#define COMMON_RESERVED_H

#include <stdbool.h>

/*
 * NULL when somebody else than root may choose NAME for a user or group. Otherwise why not, a
 * static text that follows a colon: "that is the name of a package's system user".
 */
const char *reserved_name(const char *name);

/*
 * The same by NAME's form alone: it begins with '_' or "systemd-", or ends in '.'. No list can free
 * such a name.
 */
const char *reserved_form(const char *name);

/* True when the members of the local group NAME can become root, or read or change what only root
 * should. */
bool reserved_mighty_group(const char *name);

#endif
