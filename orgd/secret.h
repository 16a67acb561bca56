/*
 * Ids and secrets. A credential is ID:SECRET; the id is public and finds the row, of the secret
 * only a BLAKE2b-256 hash is stored. A secret has 256 random bits, so that no slow password hash is
 * needed. Call sodium_init() once before.
 */
#ifndef ORGD_SECRET_H
#define ORGD_SECRET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ID_SIZE                                                                                    \
    64 /* ours have 25 characters at most; of a mirrored organization it is the source's */
#define SECRET_SIZE      44 /* 32 bytes in base64url without padding, and the NUL */
#define SECRET_HASH_SIZE 32
#define CREDENTIAL_SIZE  (ID_SIZE + SECRET_SIZE)

/* Fills ID with PREFIX (at most 5 characters) and 20 of [a-z0-9]: eight for the time, so that a new
 * row's place in an index is behind those that are there and many new rows share a page, and twelve
 * random ones (62 bits). An id can be told apart from all others; it is no secret. */
void id_make(const char *prefix, char id[ID_SIZE]);

/* A hash of LEN bytes for tables in memory. Its key is drawn in each process, so that nobody can
 * choose what shares a place. Any thread. */
uint64_t table_hash(const void *bytes, size_t len);

struct secret {
    char text[SECRET_SIZE];
    unsigned char hash[SECRET_HASH_SIZE];
};

/* Makes a new secret. The caller wipes TEXT (sodium_memzero) when it has been shown. */
void secret_make(struct secret *secret);

/* The hash of TEXT, as it is stored. */
void secret_hash(const char *text, unsigned char hash[SECRET_HASH_SIZE]);

/* Splits CREDENTIAL at its ':' into ID and the hash of the secret; false when it has not the form
 * of one. */
bool secret_split(const char *credential, char id[ID_SIZE], unsigned char hash[SECRET_HASH_SIZE]);

/* Compares two hashes in constant time. */
bool secret_same(const unsigned char *a, const unsigned char *b);

#endif
