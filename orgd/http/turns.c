#include "orgd/http/turns.h"

#include <string.h>

#include "common/clock.h"

void turns_init(struct turns *turns)
{
    randombytes_buf(turns->key, sizeof turns->key);
    turns_begin(turns);
}

void turns_begin(struct turns *turns)
{
    memset(turns->used, 0, sizeof turns->used);
    turns->used_all = 0;
}

size_t turns_place(const struct turns *turns, const char *authorization)
{
    unsigned char hash[crypto_shorthash_BYTES];
    size_t len = authorization ? strcspn(authorization, ":") : 0;
    crypto_shorthash(hash, (const unsigned char *)authorization, len, turns->key);
    return hash[0] % CALLERS;
}

bool turns_left(const struct turns *turns, size_t place)
{
    return turns->used[place] < TURN_MS && turns->used_all < ROUND_MS;
}

void turns_use(struct turns *turns, size_t place, int64_t begun)
{
    int64_t ms = clock_mono_ms() - begun;
    turns->used[place] += ms;
    turns->used_all += ms;
}
