#include "common/hash.h"

#include <endian.h>
#include <string.h>

#define SECRET_0 0x2d358dccaa6c78a5ULL
#define SECRET_1 0x8bb84b93962eacc9ULL
#define SECRET_2 0x4b33a62ed433d4a3ULL
#define SECRET_3 0x4d5a2da51de1aa47ULL

static inline uint64_t read64(const uint8_t *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof v);
    return le64toh(v);
}

static inline uint64_t read32(const uint8_t *p)
{
    uint32_t v;
    memcpy(&v, p, sizeof v);
    return le32toh(v);
}

/* The low half of the product; *HIGH gets the other one. */
static inline uint64_t multiply(uint64_t a, uint64_t b, uint64_t *high)
{
#ifdef __SIZEOF_INT128__
    __extension__ unsigned __int128 product = (unsigned __int128)a * b;
    *high = (uint64_t)(product >> 64);
    return (uint64_t)product;
#else /* 32-bit machines: column by column */
    uint64_t a0 = (uint32_t)a, a1 = a >> 32, b0 = (uint32_t)b, b1 = b >> 32;
    uint64_t low = a0 * b0, middle = a1 * b0 + (low >> 32), other = a0 * b1 + (uint32_t)middle;
    *high = a1 * b1 + (middle >> 32) + (other >> 32);
    return other << 32 | (uint32_t)low;
#endif
}

/* Both halves of the product, folded into one. */
static inline uint64_t mix(uint64_t a, uint64_t b)
{
    uint64_t high, low = multiply(a, b, &high);
    return low ^ high;
}

/* The first and the last 8 bytes of up to 16, overlapping when there are fewer. */
static inline void read_short(const uint8_t *p, size_t len, uint64_t *a, uint64_t *b)
{
    *a = *b = 0;
    if (len >= 4) {
        size_t step = len >> 3 << 2;
        *a = read32(p) << 32 | read32(p + step);
        *b = read32(p + len - 4) << 32 | read32(p + len - 4 - step);
    } else if (len > 0) {
        *a = (uint64_t)p[0] << 16 | (uint64_t)p[len >> 1] << 8 | p[len - 1];
    }
}

/* Three lanes over whole 48-byte stripes, which go to COPY too when it is not NULL. */
static inline const uint8_t *stripes(uint8_t *copy, const uint8_t *p, size_t *left, uint64_t *seed)
{
    /* cppcheck-suppress duplicateAssignExpression ; both lanes begin with the seed */
    uint64_t lane1 = *seed, lane2 = *seed;
    for (; *left >= 48; p += 48, *left -= 48) {
        *seed = mix(read64(p) ^ SECRET_1, read64(p + 8) ^ *seed);
        lane1 = mix(read64(p + 16) ^ SECRET_2, read64(p + 24) ^ lane1);
        lane2 = mix(read64(p + 32) ^ SECRET_3, read64(p + 40) ^ lane2);
        if (copy) {
            memcpy(copy, p, 48);
            copy += 48;
        }
    }
    *seed ^= lane1 ^ lane2;
    return p;
}

static inline uint64_t finish(uint64_t a, uint64_t b, uint64_t seed, size_t len)
{
    uint64_t high, low = multiply(a ^ SECRET_1, b ^ seed, &high);
    return mix(low ^ SECRET_0 ^ len, high ^ SECRET_1);
}

static inline uint64_t hash_long(uint8_t *copy, const uint8_t *p, size_t len)
{
    uint64_t seed = mix(SECRET_0, SECRET_1);
    size_t left = len;
    if (left >= 48)
        p = stripes(copy, p, &left, &seed);
    if (copy)
        memcpy(copy + (len - left), p, left);
    for (; left > 16; p += 16, left -= 16)
        seed = mix(read64(p) ^ SECRET_1, read64(p + 8) ^ seed);
    return finish(read64(p + left - 16), read64(p + left - 8), seed, len);
}

uint64_t hash64(const void *data, size_t len)
{
    uint64_t a, b;
    if (len > 16)
        return hash_long(NULL, data, len);
    read_short(data, len, &a, &b);
    return finish(a, b, mix(SECRET_0, SECRET_1), len);
}

uint64_t hash64_copy(void *copy, const void *data, size_t len)
{
    if (len > 16)
        return hash_long(copy, data, len);
    memcpy(copy, data, len);
    return hash64(data, len);
}
