#include "orgd/endpoints.h"

#include "common/clock.h"
#include "orgd/record.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

void token_make(struct store *store, struct token *token, struct secret *secret)
{
    secret_make(secret);
    id_make(token->test ? "test_" : "live_", token->key);
    memcpy(token->hash, secret->hash, sizeof token->hash);
    snprintf(token->last_four, sizeof token->last_four, "%s",
             secret->text + SECRET_SIZE - LAST_FOUR_SIZE);
    token->created = clock_wall_ms();
    store_token_add(store, token);
}

void token_create(struct call *call)
{
    const char *env = call_text(call, "env"), *name = call_text(call, "name");
    struct token token = {.test = env && strcmp(env, "test") == 0};
    if (env && !token.test && strcmp(env, "live") != 0) {
        call_fail(call, 400, "invalid", "env: must be live or test");
        return;
    }
    if (!call_role(call, ROLE_MEMBER, &token.role) || !call_covers(call, token.role))
        return;
    snprintf(token.organization, sizeof token.organization, "%s", call->organization.id);
    snprintf(token.name, sizeof token.name, "%s", name ? name : "");
    struct secret secret;
    token_make(call->store, &token, &secret);

    cJSON *reply = cJSON_CreateObject();
    cJSON_AddItemToObject(reply, "apiToken", token_json(&token, &secret));
    call_reply(call, reply);
    sodium_memzero(&secret, sizeof secret);
}

void whoami(struct call *call)
{
    const struct token *token = &call->caller.token;
    cJSON *reply = cJSON_CreateObject();
    struct user user;
    if (call->caller.kind == CALLER_ORGANIZATION) {
        cJSON *object = cJSON_AddObjectToObject(reply, "organizationToken");
        cJSON_AddStringToObject(object, "key", token->key);
        cJSON_AddStringToObject(object, "organizationId", token->organization);
        cJSON_AddStringToObject(object, "role", role_name(token->role));
        cJSON_AddStringToObject(object, "name", token->name);
    } else if (store_user(call->store, token->user, &user)) {
        cJSON_AddItemToObject(reply, "user", user_json(&user));
    }
    call_reply(call, reply);
}
