#include "orgd/http/turns.h"

#include <string.h>

#include "common/clock.h"
#include "orgd/secret.h"

void turns_begin(struct turns *turns)
{
    memset(turns->used, 0, sizeof turns->used);
    turns->used_all = 0;
}

size_t turns_place(const char *authorization)
{
    size_t len = authorization ? strcspn(authorization, ":") : 0;
    return table_hash(authorization, len) % CALLERS;
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
