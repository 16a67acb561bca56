#include <stdio.h>

#include "orgd/endpoints/endpoints.h"
#include "orgd/endpoints/handed_out.h"
#include "orgd/endpoints/record.h"
#include "orgd/now.h"

#define OWN_ROLES_MAX 100

static void add_role(const struct role *role, void *arg)
{
    cJSON_AddItemToObject(arg, role->name, permissions_json(role->permissions));
}

void role_list(struct call *call)
{
    const char *organization = call_text(call, "organizationId");
    if (organization && !call_enter(call, organization, PERMISSION_ORG_VIEW))
        return;
    cJSON *reply = cJSON_CreateObject();
    cJSON *roles = cJSON_AddObjectToObject(reply, "roles");
    for (size_t i = 0; i < ROLES_BUILTIN; i++)
        add_role(&roles_builtin[i], roles);
    if (organization)
        store_roles(call->store, organization, add_role, roles);
    call_reply(call, reply);
}

/* The role that is named in the body; fails the call when it cannot be changed. */
static bool role_named(struct call *call, struct role *role)
{
    const char *name = call_text(call, "role");
    if (role_builtin(name, role)) {
        call_fail(call, 409, "builtin_role", "The role %s is built in.", name);
        return false;
    }
    if (!role_name_valid(name)) {
        call_fail(call, 400, "invalid", "role: must be a-z, then up to 31 of a-z 0-9 _ -");
        return false;
    }
    snprintf(role->name, sizeof role->name, "%s", name);
    return true;
}

/* "org:view members:view" */
static void permissions_text(unsigned permissions, char *text, size_t size)
{
    size_t len = 0;
    text[0] = '\0';
    for (enum permission p = 1; p <= PERMISSION_LAST; p <<= 1) {
        if (permissions & p)
            len += (size_t)snprintf(text + len, size - len, "%s%s", len ? " " : "",
                                    permission_name(p));
    }
}

void role_set(struct call *call)
{
    const char *organization = call->organization.id;
    struct role role = {0}, before = {0};
    char text[100];
    if (!role_named(call, &role))
        return;
    bool there = store_role(call->store, organization, role.name, &before);
    role.permissions =
        permissions_parse(cJSON_GetObjectItemCaseSensitive(call->body, "permissions"));
    if (!call_gives(call, &role, 0) || (there && !call_covers(call, &before)))
        return;
    if (!there && store_role_count(call->store, organization) >= OWN_ROLES_MAX) {
        call_fail(call, 409, "too_many", "An organization has at most %d roles of its own.",
                  OWN_ROLES_MAX);
        return;
    }
    struct withdrawn withdrawn = {0};
    if (!there || before.permissions != role.permissions) {
        store_role_put(call->store, organization, &role);
        store_role_touch(call->store, organization, role.name);
        call_changed(call, organization, NEWS_RIGHTS);
        permissions_text(role.permissions, text, sizeof text);
        call_event(call, organization, "role.set", role.name, role.name, "%s", text);
        if (there)
            handed_out_role_changed(call, &before, &role, &withdrawn);
    }
    cJSON *reply = cJSON_CreateObject();
    cJSON_AddTrueToObject(reply, "ok");
    handed_out_reply(&withdrawn, reply);
    call_reply(call, reply);
}

void role_remove(struct call *call)
{
    const char *organization = call->organization.id;
    struct role role;
    int64_t now = now_ms();
    if (!role_named(call, &role))
        return;
    if (!store_role(call->store, organization, role.name, &role)) {
        call_fail(call, 404, "role_not_found", "The organization has no role %s.", role.name);
        return;
    }
    if (!call_covers(call, &role))
        return;
    if (store_role_used(call->store, organization, role.name, now)) {
        call_fail(call, 409, "role_in_use",
                  "A member, an invitation, a join code or a token has the role %s.", role.name);
        return;
    }
    if (!access_subject_ends(call, role.name, ""))
        return;
    store_role_remove(call->store, organization, role.name, now);
    call_event(call, organization, "role.remove", role.name, role.name, "%s", "");
    call_ok(call);
}
