#include "orgd/secret.h"

#include <assert.h>
#include <pthread.h>
#include <sodium.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "orgd/now.h"

#define ID_TIME_LEN   8
#define ID_RANDOM_LEN 12
#define ID_EPOCH_MS   1577836800000 /* 2020; eight digits of base 36 last 89 years */

static_assert(SECRET_HASH_SIZE == crypto_generichash_BYTES, "BLAKE2b-256");

static const char digits[] = "0123456789abcdefghijklmnopqrstuvwxyz"; /* in the order of ASCII */
#define BASE (sizeof digits - 1)

/* The time in milliseconds, so that ids sort by it. */
static void time_write(char text[ID_TIME_LEN])
{
    uint64_t ms = (uint64_t)(now_ms() - ID_EPOCH_MS);
    for (size_t i = ID_TIME_LEN; i > 0; i--) {
        text[i - 1] = digits[ms % BASE];
        ms /= BASE;
    }
}

static void random_write(char text[ID_RANDOM_LEN])
{
    unsigned char random[2 * ID_RANDOM_LEN];
    size_t at = sizeof random;
    for (size_t i = 0; i < ID_RANDOM_LEN;) {
        if (at == sizeof random) {
            randombytes_buf(random, sizeof random);
            at = 0;
        }
        unsigned char byte = random[at++];
        if (byte < 252) /* a multiple of 36: no character is likelier than another */
            text[i++] = digits[byte % BASE];
    }
}

void id_make(const char *prefix, char id[ID_SIZE])
{
    char text[ID_TIME_LEN + ID_RANDOM_LEN + 1] = "";
    time_write(text);
    random_write(text + ID_TIME_LEN);
    snprintf(id, ID_SIZE, "%s%s", prefix, text);
}

static unsigned char table_key[crypto_shorthash_KEYBYTES];

static void table_key_draw(void)
{
    crypto_shorthash_keygen(table_key);
}

uint64_t table_hash(const void *bytes, size_t len)
{
    static pthread_once_t drawn = PTHREAD_ONCE_INIT;
    uint64_t hash;
    static_assert(sizeof hash == crypto_shorthash_BYTES, "one number");
    pthread_once(&drawn, table_key_draw);
    crypto_shorthash((unsigned char *)&hash, bytes, len, table_key);
    return hash;
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
