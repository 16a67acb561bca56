#include "orgd/record.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define DISPLAY_MAX 100 /* characters */

static void add_time(cJSON *object, const char *name, int64_t ms)
{
    char date[32], text[40];
    time_t seconds = (time_t)(ms / 1000);
    struct tm tm;
    gmtime_r(&seconds, &tm);
    strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(text, sizeof text, "%s.%03dZ", date, (int)(ms % 1000));
    cJSON_AddStringToObject(object, name, text);
}

cJSON *organization_json(const struct organization *organization)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "id", organization->id);
    cJSON_AddStringToObject(object, "name", organization->name);
    add_time(object, "createdAt", organization->created);
    return object;
}

static cJSON *person_json(const struct user *user, const char *id_name)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, id_name, user->id);
    cJSON_AddStringToObject(object, "email", user->email);
    cJSON_AddStringToObject(object, "username", user->username);
    cJSON_AddStringToObject(object, "name", user->name);
    return object;
}

cJSON *user_json(const struct user *user)
{
    return person_json(user, "id");
}

cJSON *member_json(const struct member *member)
{
    cJSON *object = person_json(&member->user, "userId");
    cJSON_AddStringToObject(object, "role", role_name(member->role));
    cJSON *permissions = cJSON_AddArrayToObject(object, "permissions");
    for (enum permission p = 1; p <= PERMISSION_LAST; p <<= 1)
        if (role_permissions(member->role) & p)
            cJSON_AddItemToArray(permissions, cJSON_CreateString(permission_name(p)));
    cJSON_AddStringToObject(object, "state", member->active ? "active" : "removed");
    add_time(object, "joinedAt", member->joined);
    return object;
}

cJSON *invitation_json(const struct invitation *invitation)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "id", invitation->id);
    cJSON_AddStringToObject(object, "email", invitation->email);
    cJSON_AddStringToObject(object, "role", role_name(invitation->role));
    add_time(object, "createdAt", invitation->created);
    add_time(object, "expiresAt", invitation->expires);
    return object;
}

cJSON *token_json(const struct token *token, const struct secret *secret)
{
    char bearer[CREDENTIAL_SIZE];
    snprintf(bearer, sizeof bearer, "%s:%s", token->key, secret->text);
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "key", token->key);
    cJSON_AddStringToObject(object, "secret", secret->text);
    cJSON_AddStringToObject(object, "lastFour", token->last_four);
    cJSON_AddStringToObject(object, "bearer", bearer);
    if (token->organization[0])
        cJSON_AddStringToObject(object, "role", role_name(token->role));
    return object;
}

bool email_valid(const char *email)
{
    size_t len = strnlen(email, EMAIL_SIZE);
    if (len >= EMAIL_SIZE)
        return false;
    const char *at = strchr(email, '@');
    if (!at || at == email || at[1] == '\0' || strchr(at + 1, '@'))
        return false;
    for (size_t i = 0; i < len; i++)
        if (email[i] <= ' ' || email[i] > '~')
            return false;
    return true;
}

bool display_valid(const char *name)
{
    char clean[DISPLAY_SIZE + 1]; /* one more than fits, so that what is too long differs */
    if (strcmp(text_clean(clean, sizeof clean, name, false), name) != 0)
        return false;
    size_t characters = 0;
    for (const char *c = name; *c; c++)
        if (((unsigned char)*c & 0xc0) != 0x80)
            characters++;
    return characters >= 1 && characters <= DISPLAY_MAX;
}
