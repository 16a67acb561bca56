#include "common/base64.h"

#include <string.h>

#define LETTERS_AND_DIGITS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

static const char digits[] = LETTERS_AND_DIGITS "+/", url_digits[] = LETTERS_AND_DIGITS "-_";

bool base64_encode(const void *data, size_t len, char *out, size_t size)
{
    if (len > size || (len + 2) / 3 * 4 >= size)
        return false;
    for (const unsigned char *in = data; len > 0; in += 3) {
        size_t n = len < 3 ? len : 3;
        unsigned bits =
            (unsigned)in[0] << 16 | (n > 1 ? (unsigned)in[1] << 8 : 0) | (n > 2 ? in[2] : 0);
        *out++ = digits[bits >> 18];
        *out++ = digits[bits >> 12 & 63];
        *out++ = n > 1 ? digits[bits >> 6 & 63] : '=';
        *out++ = n > 2 ? digits[bits & 63] : '=';
        len -= n;
    }
    *out = '\0';
    return true;
}

/* Without padding; ALPHABET has 64 characters. */
static long decode(const char *alphabet, const char *text, size_t len, void *out, size_t size)
{
    unsigned char *to = out;
    unsigned bits = 0, unused = 0; /* the last UNUSED of BITS belong to the next byte */
    size_t n = 0;
    for (size_t i = 0; i < len; i++) {
        const char *digit = memchr(alphabet, text[i], 64);
        if (!digit)
            return -1;
        bits = (bits << 6 | (unsigned)(digit - alphabet)) & 0xfff;
        unused += 6;
        if (unused < 8)
            continue;
        if (n == size)
            return -1;
        unused -= 8;
        to[n++] = (unsigned char)(bits >> unused);
    }
    return unused < 6 && (bits & ((1U << unused) - 1)) == 0 ? (long)n : -1;
}

long base64url_decode(const char *text, size_t len, void *out, size_t size)
{
    return decode(url_digits, text, len, out, size);
}

long base64_decode(const char *text, size_t len, void *out, size_t size)
{
    if (len % 4 != 0)
        return -1;
    for (int padding = 0; padding < 2 && len > 0 && text[len - 1] == '='; padding++)
        len--;
    return decode(digits, text, len, out, size);
}
