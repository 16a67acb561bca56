/*
 * The users and groups that the packages of this machine create: the files of sysusers.d(5). They
 * may not be in /etc/passwd yet, or come back there with the next boot.
 */
#ifndef COMMON_SYSUSERS_H
#define COMMON_SYSUSERS_H

#include <stdbool.h>
#include <stddef.h>

/* The directories of the files, in no order of importance; ends with NULL. */
extern const char *const sysusers_directories[];

/*
 * Calls VISIT for each name of a user or group in the files, once or more, until it returns false.
 * A file that another one masks counts as well; a name with a specifier ("%") does not. True when
 * all was read; false when VISIT has ended it, or with errno when a file or directory that exists
 * cannot be read. Thread-safe.
 */
typedef bool sysusers_visit(const char *name, void *arg);
bool sysusers_each(sysusers_visit *visit, void *arg);

#endif
