/*
 * wyhash, final version 4 (github.com/wangyi-fudan/wyhash, Unlicense), seed 0 and the default
 * secret: for the snapshot's tables and check words, and for ids, which is why it must never
 * change.
 */
#ifndef COMMON_HASH_H
#define COMMON_HASH_H

#include <stddef.h>
#include <stdint.h>

/* The 64-bit hash of LEN bytes; the same on every machine. Not keyed: no defence against chosen
 * collisions. */
uint64_t hash64(const void *data, size_t len);

/* The same, of bytes that are copied to COPY on the way: much data is read once instead of twice.
 */
uint64_t hash64_copy(void *copy, const void *data, size_t len);

#endif
