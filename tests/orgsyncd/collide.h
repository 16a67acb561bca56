/*
 * Owners with one hash64, as many as wanted: where eight bytes equal the running seed of wyhash,
 * the product is 0 and the eight bytes before them no longer count.
 */
#ifndef TESTS_COLLIDE_H
#define TESTS_COLLIDE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define COLLIDE_LEN 64 /* of a remote id, with its NUL */

__extension__ typedef unsigned __int128 collide_product;

static inline uint64_t collide_mix(uint64_t a, uint64_t b)
{
    collide_product product = (collide_product)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static inline uint64_t collide_word(const char *p)
{
    uint64_t v = 0;
    for (int i = 7; i >= 0; i--)
        v = v << 8 | (uint8_t)p[i];
    return v;
}

/* The remote id number N of the family FAMILY of organization ORG (at most 6 characters): all of
 * one family have the same hash64("ORG/REMOTE"). */
static inline void collide_remote(const char *org, unsigned family, unsigned n,
                                  char remote[COLLIDE_LEN])
{
    const uint64_t secret_0 = 0x2d358dccaa6c78a5ULL, secret_1 = 0x8bb84b93962eacc9ULL;
    char key[17], seed_text[9] = "";
    size_t skip = strlen(org) + 1;
    for (uint64_t salt = 0;; salt++) {
        snprintf(key, sizeof key, "%s/%04x%0*llx", org, family & 0xffff, (int)(16 - skip - 4),
                 (unsigned long long)salt);
        uint64_t seed = collide_mix(collide_word(key) ^ secret_1,
                                    collide_word(key + 8) ^ collide_mix(secret_0, secret_1));
        bool text = true;
        for (int i = 0; i < 8; i++) {
            seed_text[i] = (char)(seed >> 8 * i);
            text &= seed_text[i] > ' ' && seed_text[i] <= '~';
        }
        if (text)
            break;
    }
    snprintf(remote, COLLIDE_LEN, "%s%08x%s-tail-of-it", key + skip, n, seed_text);
}

/* Makes REMOTE, of a family of ORG's, the one with number N. */
static inline void collide_number(const char *org, unsigned n, char remote[COLLIDE_LEN])
{
    char number[9];
    snprintf(number, sizeof number, "%08x", n);
    memcpy(remote + 16 - strlen(org) - 1, number, 8);
}

#endif
