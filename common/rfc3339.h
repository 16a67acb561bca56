/* Times as RFC 3339 writes them. */
#ifndef COMMON_RFC3339_H
#define COMMON_RFC3339_H

#include <stdbool.h>
#include <stdint.h>

/* Reads 2026-01-02T03:04:05Z, also with a fraction or another offset, into *MS, wall clock in ms.
 * False, and *MS as it was, for any other text. Thread-safe. */
bool rfc3339_parse(const char *text, int64_t *ms);

#endif
