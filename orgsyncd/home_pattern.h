/* Patterns of home directories: absolute paths with "%u" for a user's name. Pure functions. */
#ifndef ORGSYNCD_HOME_PATTERN_H
#define ORGSYNCD_HOME_PATTERN_H

#include <stdbool.h>
#include <stddef.h>

#include "common/name.h"

#define HOME_NAME_MAX (NAME_MAX_LEN + 11) /* a name, or one with a number behind it */
#define HOME_SIZE     1024                /* of a home directory without fault, with its NUL */

/* What is wrong with PATTERN, a static text; NULL when nothing is. */
const char *home_pattern_fault(const char *pattern);

/* True if A and B are different and can nevertheless give one directory to two names: then a member
 * could choose a name that leads to another member's home. May be true where no two valid names
 * meet. */
bool home_patterns_meet(const char *a, const char *b);

/* Writes PATTERN, which has no fault, with every %u as NAME to OUT; what does not fit is cut. */
void home_expand(char out[HOME_SIZE], const char *pattern, const char *name);

#endif
