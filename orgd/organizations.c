#include "orgd/endpoints.h"

#include "common/clock.h"
#include "orgd/record.h"

#include <stdio.h>

void organization_create(struct call *call)
{
    if (call->caller.kind != CALLER_USER) {
        call_fail(call, 403, "forbidden", "Only a user's token can create an organization.");
        return;
    }
    struct organization organization = {.created = clock_wall_ms()};
    id_make("org_", organization.id);
    snprintf(organization.name, sizeof organization.name, "%s", call_text(call, "name"));
    store_organization_add(call->store, &organization);

    struct member owner = {.role = ROLE_OWNER, .active = true, .joined = organization.created};
    snprintf(owner.user.id, sizeof owner.user.id, "%s", call->caller.token.user);
    call_member_change(call, organization.id, &owner);

    cJSON *reply = cJSON_CreateObject();
    cJSON_AddItemToObject(reply, "organization", organization_json(&organization));
    call_reply(call, reply);
}

void organization_get(struct call *call)
{
    cJSON *reply = cJSON_CreateObject();
    cJSON_AddItemToObject(reply, "organization", organization_json(&call->organization));
    call_reply(call, reply);
}

static void add_membership(const struct organization *organization, enum role role, void *context)
{
    cJSON *object = organization_json(organization);
    cJSON_AddStringToObject(object, "role", role_name(role));
    cJSON_AddItemToArray(context, object);
}

void organization_list(struct call *call)
{
    cJSON *reply = cJSON_CreateObject();
    cJSON *list = cJSON_AddArrayToObject(reply, "organizations");
    const struct token *token = &call->caller.token;
    struct organization organization;
    if (call->caller.kind == CALLER_USER)
        store_memberships(call->store, token->user, add_membership, list);
    else if (store_organization(call->store, token->organization, &organization))
        add_membership(&organization, token->role, list);
    call_reply(call, reply);
}

void organization_roles(struct call *call)
{
    cJSON *reply = cJSON_CreateObject();
    cJSON *roles = cJSON_AddObjectToObject(reply, "roles");
    for (enum role r = ROLE_COUNT; r-- > 0;) {
        cJSON *list = cJSON_AddArrayToObject(roles, role_name(r));
        for (enum permission p = 1; p <= PERMISSION_LAST; p <<= 1)
            if (role_permissions(r) & p)
                cJSON_AddItemToArray(list, cJSON_CreateString(permission_name(p)));
    }
    call_reply(call, reply);
}
