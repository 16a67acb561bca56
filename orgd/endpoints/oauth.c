#include "orgd/endpoints/oauth.h"

#include <string.h>

#include "orgd/endpoints/table.h"

/* The reasons that OAuth has, too; others are "invalid_request". */
static const char *error_of(const char *reason)
{
    static const char *const errors[] = {"authorization_pending",  "slow_down",
                                         "access_denied",          "expired_token",
                                         "invalid_client",         "invalid_grant",
                                         "unsupported_grant_type", "temporarily_unavailable"};
    for (size_t i = 0; reason && i < sizeof errors / sizeof *errors; i++)
        if (strcmp(errors[i], reason) == 0)
            return errors[i];
    return "invalid_request";
}

void oauth_answer(const struct request *request, struct call_answer *answer)
{
    enum oauth_call kind = request->endpoint ? request->endpoint->oauth : OAUTH_NOT;
    unsigned status = answer->status;
    bool later = status == 429 || status == 503;
    if (kind == OAUTH_NOT || status < 400)
        return;
    cJSON *object = cJSON_ParseWithLength(answer->body.data, answer->body.len);
    const cJSON *reason = cJSON_GetObjectItemCaseSensitive(object, "reason");
    const char *busy = kind == OAUTH_POLL ? "slow_down" : "temporarily_unavailable";
    cJSON_AddStringToObject(object, "error", error_of(later ? busy : cJSON_GetStringValue(reason)));
    if (later && kind == OAUTH_POLL)
        cJSON_SetValuestring(cJSON_GetObjectItemCaseSensitive(object, "reason"), busy);
    if (status == 403 || status == 404 || status == 409 || (later && kind == OAUTH_POLL))
        answer->status = 400;
    char *text = cJSON_PrintUnformatted(object);
    answer->body.len = 0;
    buffer_add(&answer->body, text, strlen(text), REPLY_MAX);
    cJSON_free(text);
    cJSON_Delete(object);
}
