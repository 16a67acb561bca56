#include "orgadmin/nouns/own_role.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define ROLES_SIZE 512

/* A record that is looked for, and the roles in it. */
struct role_search {
    const char *id, *email;
    char roles[ROLES_SIZE];
};

static int search_org(void *arg, const cJSON *org)
{
    struct role_search *s = arg;
    if (strcmp(record_text(org, "id"), s->id) == 0)
        snprintf(s->roles, sizeof s->roles, "%s", record_text(org, "role"));
    return 0;
}

static int search_member(void *arg, const cJSON *member)
{
    struct role_search *s = arg;
    size_t used = 0;
    const cJSON *roles = cJSON_GetObjectItemCaseSensitive(member, "roles");
    bool is = (*s->id && strcmp(record_text(member, "id"), s->id) == 0) ||
              (*s->email && strcasecmp(record_text(member, "email"), s->email) == 0);
    for (const cJSON *r = is && roles ? roles->child : NULL; r; r = r->next) {
        int n = snprintf(s->roles + used, sizeof s->roles - used, "%s%s", used ? "," : "",
                         cJSON_IsString(r) ? r->valuestring : "");
        used += (size_t)n < sizeof s->roles - used ? (size_t)n : 0;
    }
    return is ? -1 : 0;
}

/* Runs OP if the provider has it; what it fails with is nobody's business. */
static void look(struct connection *c, enum provider_op op, provider_sink *sink, void *arg)
{
    struct api_error err;
    if (connection_takes(c, op, NULL))
        connection_try(c, op, NULL, sink, arg, &err);
}

/* The roles of the member that the credential is of; a token of the organization has its own. */
static void find_as_member(struct connection *c, char roles[ROLES_SIZE])
{
    cJSON *user = NULL;
    look(c, OP_WHOAMI, connection_first, &user);
    struct role_search s = {.id = record_text(user, "id"), .email = record_text(user, "email")};
    snprintf(s.roles, sizeof s.roles, "%s", record_text(user, "role"));
    if (!*s.roles && user)
        look(c, OP_MEMBER_LIST, search_member, &s);
    memcpy(roles, s.roles, ROLES_SIZE);
    cJSON_Delete(user);
}

void own_role_add(struct connection *c, cJSON *org)
{
    struct role_search s = {.id = record_text(org, "id")};
    if (*record_text(org, "role"))
        return;
    look(c, OP_ORG_LIST, search_org, &s);
    if (!*s.roles)
        find_as_member(c, s.roles);
    if (*s.roles)
        cJSON_AddStringToObject(org, "role", s.roles);
}
