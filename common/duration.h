/* Lengths of time as people write them: in orglogin.conf and on command lines. */
#ifndef COMMON_DURATION_H
#define COMMON_DURATION_H

#include <stdbool.h>
#include <stdint.h>

/* Reads "10s", "500ms", "5m", "12h", "2d" into *MS, from MIN to MAX milliseconds. False, and *MS as
 * it was, for any other text. Thread-safe. */
bool duration_parse(const char *text, int64_t min, int64_t max, int64_t *ms);

#endif
