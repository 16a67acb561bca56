/* SHA-256 (FIPS 180-4), for the fingerprints of keys. */
#ifndef COMMON_SHA256_H
#define COMMON_SHA256_H

#include <stddef.h>
#include <stdint.h>

#define SHA256_SIZE 32

/* Writes the hash of LEN bytes at DATA to OUT. Thread-safe. */
void sha256(const void *data, size_t len, uint8_t out[SHA256_SIZE]);

#endif
