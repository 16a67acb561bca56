/* Is a home directory fit for a member? Whoever may put something there, or in its place, decides
 * what a login runs. */
#ifndef COMMON_HOME_H
#define COMMON_HOME_H

#include <stdbool.h>
#include <stdint.h>

#define HOME_WHY_MAX 512

/*
 * True if PATH may be the home of UID: it is a directory of UID's, or one of root's that nobody
 * else can write to, or it is not there; and all directories above it, as far as they are there,
 * are root's and nobody else can write to them. Then nobody but root and UID can change that, so
 * that the answer holds. PATH itself is no symbolic link; above it links are followed. False with
 * WHY one line, "/srv/pub is writable by group or others", which can have any bytes of PATH. Has a
 * directory mounted that is mounted on use. Thread-safe; errno is changed.
 */
bool home_fit(const char *path, uint32_t uid, char why[HOME_WHY_MAX]);

#endif
