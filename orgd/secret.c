#include "orgd/secret.h"

#include <assert.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#define ID_RANDOM_LEN 20

static_assert(SECRET_HASH_SIZE == crypto_generichash_BYTES, "BLAKE2b-256");

void id_make(const char *prefix, char id[ID_SIZE])
{
    static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz0123456789";
    char text[ID_RANDOM_LEN + 1] = "";
    unsigned char random[2 * ID_RANDOM_LEN];
    size_t at = sizeof random;
    for (size_t i = 0; i < ID_RANDOM_LEN;) {
        if (at == sizeof random) {
            randombytes_buf(random, sizeof random);
            at = 0;
        }
        unsigned char byte = random[at++];
        if (byte < 252) /* a multiple of 36: no character is likelier than another */
            text[i++] = alphabet[byte % (sizeof alphabet - 1)];
    }
    snprintf(id, ID_SIZE, "%s%s", prefix, text);
}

void secret_hash(const char *text, unsigned char hash[SECRET_HASH_SIZE])
{
    crypto_generichash(hash, SECRET_HASH_SIZE, (const unsigned char *)text, strlen(text), NULL, 0);
}

void secret_make(struct secret *secret)
{
    unsigned char random[32];
    randombytes_buf(random, sizeof random);
    sodium_bin2base64(secret->text, sizeof secret->text, random, sizeof random,
                      sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    sodium_memzero(random, sizeof random);
    secret_hash(secret->text, secret->hash);
}

bool secret_split(const char *credential, char id[ID_SIZE], unsigned char hash[SECRET_HASH_SIZE])
{
    size_t len = strcspn(credential, ":");
    if (len == 0 || len >= ID_SIZE || credential[len] != ':')
        return false;
    const char *secret = credential + len + 1;
    if (strnlen(secret, SECRET_SIZE) != SECRET_SIZE - 1)
        return false;
    memcpy(id, credential, len);
    id[len] = '\0';
    secret_hash(secret, hash);
    return true;
}

bool secret_same(const unsigned char *a, const unsigned char *b)
{
    return sodium_memcmp(a, b, SECRET_HASH_SIZE) == 0;
}
