#include "orgd/endpoints.h"

#include "common/clock.h"
#include "orgd/record.h"

#include <stdio.h>
#include <string.h>

void organization_create(struct call *call)
{
    if (!call_by_user(call, "create an organization"))
        return;
    struct organization organization = {.created = clock_wall_ms()};
    id_make("org_", organization.id);
    snprintf(organization.name, sizeof organization.name, "%s", call_text(call, "name"));
    store_organization_add(call->store, &organization);

    struct member owner = {
        .role = roles_builtin[0], .active = true, .joined = organization.created};
    snprintf(owner.user.id, sizeof owner.user.id, "%s", call->caller.token.user);
    call_member_change(call, organization.id, &owner);
    call_event(call, organization.id, "organization.create", organization.id, organization.name,
               "%s", "");

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

static void add_membership(const struct organization *organization, const struct role *role,
                           void *context)
{
    cJSON *object = organization_json(organization);
    cJSON_AddStringToObject(object, "role", role->name);
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
        add_membership(&organization, &token->role, list);
    call_reply(call, reply);
}

void organization_update(struct call *call)
{
    const struct organization *organization = &call->organization;
    const char *name = call_text(call, "name");
    if (strcmp(name, organization->name) != 0) {
        store_organization_rename(call->store, organization->id, name);
        call_event(call, organization->id, "organization.update", organization->id, name,
                   "%s -> %s", organization->name, name);
    }
    call_ok(call);
}

void organization_delete(struct call *call)
{
    const struct organization *organization = &call->organization;
    if (!role_is_owner(&call->role)) {
        call_fail(call, 403, "forbidden", "Only an owner can delete the organization.");
        return;
    }
    if (strcmp(call_text(call, "name"), organization->name) != 0) {
        call_fail(call, 409, "name_mismatch", "The organization has another name.");
        return;
    }
    call_event(call, organization->id, "organization.delete", organization->id, organization->name,
               "%s", "");
    store_organization_remove(call->store, organization->id);
    call_changed(call, organization->id);
    call_ok(call);
}
