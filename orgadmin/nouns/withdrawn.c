#include "orgadmin/nouns/withdrawn.h"

#include <inttypes.h>

#include "orgadmin/remote/connection.h"
#include "orgadmin/say.h"

void withdrawn_tell(const cJSON *reply, const char *which)
{
    int64_t invitations = record_number(reply, "invitations"),
            codes = record_number(reply, "join_codes");
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
    return record_number(reply, "keys");
}

int64_t withdrawn_tokens_left(const cJSON *reply)
{
    return record_number(reply, "tokens");
}
