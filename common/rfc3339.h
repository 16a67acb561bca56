/* Times as RFC 3339 writes them. */
#ifndef COMMON_RFC3339_H
#define COMMON_RFC3339_H

#include <stdbool.h>
#include <stdint.h>

/* Reads 2026-01-02T03:04:05Z, also with a fraction or another offset, into *MS, wall clock in ms.
 * False, and *MS as it was, for any other text. Thread-safe. */
bool rfc3339_parse(const char *text, int64_t *ms);

/* Writes MS, from 0 to the year 9999, as 2026-01-02T03:04:05Z to TEXT; returns it. Thread-safe. */
#define RFC3339_SIZE 32
const char *rfc3339_print(int64_t ms, char text[RFC3339_SIZE]);

#endif
