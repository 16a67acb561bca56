#include "orgd/call.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MESSAGE_MAX 512

static const cJSON *field(const struct call *call, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(call->body, name);
}

const char *call_text(const struct call *call, const char *name)
{
    return cJSON_GetStringValue(field(call, name));
}

int64_t call_number(const struct call *call, const char *name)
{
    const cJSON *item = field(call, name);
    return item ? (int64_t)item->valuedouble : 0; /* the dispatcher saw that it is a whole number */
}

bool call_role(struct call *call, enum role otherwise, enum role *role)
{
    const char *name = call_text(call, "role");
    *role = otherwise;
    if (!name || role_parse(name, role))
        return true;
    call_fail(call, 400, "invalid", "role: must be owner, admin or member");
    return false;
}

bool call_covers(struct call *call, enum role role)
{
    if (role_covers(call->role, role))
        return true;
    call_fail(call, 403, "role_above_own", "The role %s can do more than yours, %s.",
              role_name(role), role_name(call->role));
    return false;
}

void call_reply(struct call *call, cJSON *object)
{
    char *text = cJSON_PrintUnformatted(object);
    call->status = 200;
    buffer_add(&call->reply, text, strlen(text), REPLY_MAX);
    cJSON_free(text);
    cJSON_Delete(object);
}

void call_ok(struct call *call)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddTrueToObject(object, "ok");
    call_reply(call, object);
}

void call_fail(struct call *call, unsigned status, const char *reason, const char *format, ...)
{
    char message[MESSAGE_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);

    cJSON *object = cJSON_CreateObject();
    cJSON_AddFalseToObject(object, "ok");
    cJSON_AddStringToObject(object, "reason", reason);
    cJSON_AddStringToObject(object, "message", message);
    buffer_free(&call->reply);
    call_reply(call, object);
    call->status = status;
}

void call_member_change(struct call *call, const char *organization, struct member *member)
{
    member->revision = store_revision_next(call->store, organization);
    store_member_put(call->store, organization, member);
    snprintf(call->changed, sizeof call->changed, "%s", organization);
}

bool caller_find(struct store *store, const char *key, struct caller *caller)
{
    if (!store_token(store, key, &caller->token))
        return false;
    caller->kind = caller->token.user[0] ? CALLER_USER : CALLER_ORGANIZATION;
    return true;
}

bool caller_role(struct store *store, const struct caller *caller, const char *organization,
                 enum role *role)
{
    struct member member;
    switch (caller->kind) {
    case CALLER_USER:
        if (!store_member(store, organization, caller->token.user, &member) || !member.active)
            return false;
        *role = member.role;
        return true;
    case CALLER_ORGANIZATION:
        *role = caller->token.role;
        return strcmp(caller->token.organization, organization) == 0;
    case CALLER_NOBODY:
        break;
    }
    return false;
}
