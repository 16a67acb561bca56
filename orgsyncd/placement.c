#include "orgsyncd/placement.h"

#include <endian.h>
#include <sodium.h>
#include <string.h>

#include "common/hash.h"
#include "common/name.h"

#define DIGEST_WORDS 8

_Static_assert(DIGEST_WORDS * 8 == crypto_generichash_blake2b_BYTES_MAX, "BLAKE2b-512");

static const char *const words[] = {
    [PLACEMENT_UNKNOWN] = "", [PLACEMENT_WYHASH] = "wyhash", [PLACEMENT_BLAKE2B] = "blake2b"};

const char *placement_word(enum placement placement)
{
    return words[placement];
}

enum placement placement_parse(const char *text)
{
    for (enum placement p = PLACEMENT_WYHASH; p <= PLACEMENT_BLAKE2B; p++)
        if (strcmp(text, words[p]) == 0)
            return p;
    return PLACEMENT_UNKNOWN;
}

/* An owner as the bytes that are hashed. */
struct owner_text {
    char text[2 * TEXT_MAX_LEN + 1];
    size_t len;
};

static void join(struct owner_text *o, const char *org, char separator, const char *remote)
{
    size_t first = strnlen(org, TEXT_MAX_LEN), second = strnlen(remote, TEXT_MAX_LEN);
    memcpy(o->text, org, first);
    o->text[first] = separator;
    memcpy(o->text + first + 1, remote, second);
    o->len = first + 1 + second;
}

/* COUNT 64-bit words of BLAKE2b over O: 2, or up to DIGEST_WORDS. */
static void digest(const struct owner_text *o, uint8_t salt, const char *purpose, uint64_t *word,
                   size_t count)
{
    unsigned char salts[crypto_generichash_blake2b_SALTBYTES] = {salt};
    unsigned char personal[crypto_generichash_blake2b_PERSONALBYTES] = {0};
    memcpy(personal, purpose, strnlen(purpose, sizeof personal));
    crypto_generichash_blake2b_salt_personal((unsigned char *)word, count * 8,
                                             (const unsigned char *)o->text, o->len, NULL, 0, salts,
                                             personal);
    for (size_t i = 0; i < count; i++)
        word[i] = le64toh(word[i]);
}

void placement_begin(struct placement_walk *w, enum placement placement,
                     const struct id_range *range, const char *org, const char *remote)
{
    *w = (struct placement_walk){
        .placement = placement, .range = *range, .org = org, .remote = remote};
    if (placement == PLACEMENT_WYHASH)
        w->word[0] = owner_identity_wyhash(org, remote);
}

bool placement_next(struct placement_walk *w, uint32_t *id)
{
    uint64_t size = (uint64_t)w->range.last - w->range.first + 1, number;
    if (w->probe == PLACEMENT_PROBES)
        return false;
    if (w->placement == PLACEMENT_WYHASH) {
        number = w->word[0] % size + w->probe;
    } else {
        if (w->probe % DIGEST_WORDS == 0) {
            struct owner_text o;
            join(&o, w->org, '\0', w->remote);
            digest(&o, (uint8_t)(w->probe / DIGEST_WORDS), "orglogin ids", w->word, DIGEST_WORDS);
        }
        number = w->word[w->probe % DIGEST_WORDS];
    }
    w->probe++;
    *id = w->range.first + (uint32_t)(number % size);
    return true;
}

bool id_ranges_meet(const struct id_range *a, const struct id_range *b)
{
    return a->first <= b->last && b->first <= a->last;
}

uint64_t owner_identity(const char *org, const char *remote)
{
    struct owner_text o;
    uint64_t number[2];
    join(&o, org, '\0', remote);
    digest(&o, 0, "orglogin owner", number, 2);
    return number[0];
}

uint64_t owner_identity_wyhash(const char *org, const char *remote)
{
    struct owner_text o;
    join(&o, org, '/', remote);
    return hash64(o.text, o.len);
}
