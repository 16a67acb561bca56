#include "orgadmin/nouns/withdrawn.h"

#include <inttypes.h>

#include "orgadmin/say.h"

static int64_t number_of(const cJSON *reply, const char *field)
{
    const cJSON *number = cJSON_GetObjectItemCaseSensitive(reply, field);
    return cJSON_IsNumber(number) ? (int64_t)number->valuedouble : 0;
}

void withdrawn_tell(const cJSON *reply, const char *which)
{
    int64_t invitations = number_of(reply, "invitations"), codes = number_of(reply, "join_codes");
    if (invitations > 0 || codes > 0)
        note("Withdrawn with it: %" PRId64 " invitation%s and %" PRId64 " join code%s %s.",
             invitations, invitations == 1 ? "" : "s", codes, codes == 1 ? "" : "s", which);
}

bool withdrawn_told(const cJSON *reply)
{
    return cJSON_HasObjectItem(reply, "join_codes");
}

int64_t withdrawn_keys_left(const cJSON *reply)
{
    return number_of(reply, "keys");
}

int64_t withdrawn_tokens_left(const cJSON *reply)
{
    return number_of(reply, "tokens");
}
