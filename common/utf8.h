/* UTF-8 as RFC 3629 defines it: shortest forms only, no surrogates, nothing beyond U+10FFFF. */
#ifndef COMMON_UTF8_H
#define COMMON_UTF8_H

#include <stddef.h>
#include <stdint.h>

/*
 * Decodes the first character of TEXT, which ends with a NUL, into *CODE. Returns its length of 1
 * to 4 bytes (1 and code 0 for the NUL), or 0 when the bytes are no character; *CODE is undefined
 * then.
 */
size_t utf8_decode(const char *text, uint32_t *code);

#endif
