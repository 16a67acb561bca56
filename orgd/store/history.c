#include "orgd/store/history.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RANDOM_SIZE 16
#define NUMBER_MOST INT64_C(9007199254740992)
#define HEX_SIZE    (2 * HISTORY_TAG_SIZE)
#define DIGITS_MOST 16

static_assert(HISTORY_CURSOR_SIZE > 20 + 1 + HEX_SIZE, "any number, '.' and a tag");
static_assert(HISTORY_TAG_SIZE >= crypto_generichash_BYTES_MIN, "BLAKE2b");

void history_cursor(const struct commit *commit, char out[HISTORY_CURSOR_SIZE])
{
    char hex[HEX_SIZE + 1];
    sodium_bin2hex(hex, sizeof hex, commit->tag, sizeof commit->tag);
    snprintf(out, HISTORY_CURSOR_SIZE, "%" PRId64 ".%s", commit->number, hex);
}

bool history_parse(const char *text, struct commit *commit)
{
    size_t digits = strspn(text, "0123456789"), len = 0;
    if (digits == 0 || digits > DIGITS_MOST || text[digits] != '.' ||
        strlen(text + digits + 1) != HEX_SIZE)
        return false;
    commit->number = strtoll(text, NULL, 10);
    return commit->number <= NUMBER_MOST &&
           sodium_hex2bin(commit->tag, sizeof commit->tag, text + digits + 1, HEX_SIZE, NULL, &len,
                          NULL) == 0 &&
           len == HISTORY_TAG_SIZE;
}

bool history_same(const struct commit *a, const struct commit *b)
{
    return a->number == b->number && memcmp(a->tag, b->tag, sizeof a->tag) == 0;
}

void history_begin(struct history_hash *hash, const struct commit *before)
{
    crypto_generichash_init(&hash->state, NULL, 0, HISTORY_TAG_SIZE);
    crypto_generichash_update(&hash->state, before->tag, sizeof before->tag);
}

/* With its NUL, so that no two texts read like two others. */
void history_add_text(struct history_hash *hash, const char *text)
{
    crypto_generichash_update(&hash->state, (const unsigned char *)text, strlen(text) + 1);
}

void history_add_number(struct history_hash *hash, int64_t number)
{
    unsigned char bytes[sizeof number];
    memcpy(bytes, &number, sizeof number);
    crypto_generichash_update(&hash->state, bytes, sizeof bytes);
}

void history_end(struct history_hash *hash, struct commit *commit)
{
    unsigned char random[RANDOM_SIZE];
    randombytes_buf(random, sizeof random);
    crypto_generichash_update(&hash->state, random, sizeof random);
    crypto_generichash_final(&hash->state, commit->tag, sizeof commit->tag);
    commit->number++;
}
