/* Base64 (RFC 4648) of what goes into headers, comes in tokens, and is in ssh keys. */
#ifndef COMMON_BASE64_H
#define COMMON_BASE64_H

#include <stdbool.h>
#include <stddef.h>

/* Writes the base64 (section 4, with padding) of LEN bytes at DATA and a NUL to OUT, SIZE bytes.
 * Returns false, and OUT has no meaning, when it does not fit. */
bool base64_encode(const void *data, size_t len, char *out, size_t size);

/*
 * Decodes LEN characters at TEXT, base64url without padding (section 5), to OUT, SIZE bytes.
 * Returns how many bytes they are; or -1 when they are more than SIZE, and for another character, a
 * length that no bytes have, and bits behind the last byte that are not 0.
 */
long base64url_decode(const char *text, size_t len, void *out, size_t size);

/* The same of base64 with padding (section 4). */
long base64_decode(const char *text, size_t len, void *out, size_t size);

#endif
