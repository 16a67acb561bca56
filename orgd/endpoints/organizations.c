#include <stdio.h>
#include <string.h>

#include "orgd/endpoints/endpoints.h"
#include "orgd/endpoints/record.h"
#include "orgd/now.h"

static bool anyone_creates;

void organizations_by_anyone(void)
{
    anyone_creates = true;
}

/* True when the caller may create one more organization; else the call has failed. */
static bool create_allowed(struct call *call)
{
    const char *user = call->caller.user;
    if (!call_by_user(call, "create an organization"))
        return false;
    if (!anyone_creates && !store_user_may_create(call->store, user)) {
        call_fail(call, 403, "forbidden",
                  "On this server the operator decides who may create organizations, and you may "
                  "not: ask the operator.");
        return false;
    }
    return call_room(call, QUOTA_ORGANIZATIONS, store_membership_count_owned(call->store, user)) &&
           call_room(call, QUOTA_MEMBERSHIPS, store_membership_count(call->store, user));
}

void organization_create(struct call *call)
{
    if (!create_allowed(call))
        return;
    struct organization organization = {.created = now_ms()};
    id_make("org_", organization.id);
    snprintf(organization.name, sizeof organization.name, "%s", call_text(call, "name"));
    store_organization_add(call->store, &organization);

    struct member owner = {
        .role = roles_builtin[ROLE_OWNER], .active = true, .joined = organization.created};
    snprintf(owner.user.id, sizeof owner.user.id, "%s", call->caller.user);
    call_member_change(call, organization.id, &owner, NEWS_GATHERED);
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

struct membership_listing {
    const struct token *caller;
    cJSON *list;
};

/* With what the caller, whose ROLE lasts for TERM, may do there. */
static void list_organization(cJSON *list, const struct organization *organization,
                              const struct role *role, const struct role_term *term)
{
    cJSON *object = organization_json(organization);
    cJSON_AddNumberToObject(object, "revision", (double)organization->revision);
    role_add_json(object, role, term);
    cJSON_AddItemToArray(list, object);
}

static void add_membership(const struct organization *organization, const struct member *member,
                           void *arg)
{
    const struct membership_listing *listing = arg;
    if (member_opens(member, organization->id, listing->caller))
        list_organization(listing->list, organization, &member->role, &member->term);
}

void organizations_add(struct call *call, cJSON *reply)
{
    static const struct role_term endless;
    cJSON *list = cJSON_AddArrayToObject(reply, "organizations");
    const struct token *token = &call->caller;
    struct organization organization;
    struct membership_listing listing = {.caller = token, .list = list};
    if (caller_kind(&call->caller) == CALLER_USER)
        store_memberships(call->store, token->user, add_membership, &listing);
    else if (store_organization(call->store, token->organization, &organization))
        list_organization(list, &organization, &token->role, &endless);
}

void organization_list(struct call *call)
{
    cJSON *reply = cJSON_CreateObject();
    organizations_add(call, reply);
    call_reply(call, reply);
}

/* AFTER has what the body wants; false when it wants nothing. */
static bool update_read(const struct call *call, struct organization *after)
{
    const char *name = call_text(call, "name"), *adders = call_text(call, "keyAdders");
    const cJSON *rename = cJSON_GetObjectItemCaseSensitive(call->body, "selfRename");
    const cJSON *days = cJSON_GetObjectItemCaseSensitive(call->body, "keyDays");
    const cJSON *security = cJSON_GetObjectItemCaseSensitive(call->body, "securityKeysOnly");
    const cJSON *show = cJSON_GetObjectItemCaseSensitive(call->body, "showMachines");
    if (name)
        snprintf(after->name, sizeof after->name, "%s", name);
    if (rename)
        after->self_rename = cJSON_IsTrue(rename);
    if (adders)
        after->keys.admins = strcmp(adders, "admins") == 0;
    if (days)
        after->keys.days = call_number(call, "keyDays");
    if (security)
        after->keys.security = cJSON_IsTrue(security);
    if (show)
        after->show_machines = cJSON_IsTrue(show);
    return name || rename || adders || days || security || show;
}

/* "ssh keys: given by administrators, for 90 days, of security keys" */
static void policy_text(const struct key_policy *policy, char *text, size_t size)
{
    char days[40] = "";
    if (policy->days)
        snprintf(days, sizeof days, ", for %lld days", (long long)policy->days);
    snprintf(text, size, "ssh keys: %s%s%s",
             policy->admins ? "given by administrators" : "the members' own", days,
             policy->security ? ", of security keys" : "");
}

/* Which keys hosts are to take changes for every member, at once. */
static bool policy_changed(struct call *call, const struct organization *before,
                           const struct organization *after)
{
    const struct key_policy *was = &before->keys, *now = &after->keys;
    char text[128];
    if (was->admins == now->admins && was->days == now->days && was->security == now->security)
        return false;
    policy_text(now, text, sizeof text);
    call_event(call, after->id, "organization.update", after->id, after->name, "%s", text);
    store_members_touch(call->store, after->id);
    call_changed(call, after->id, NEWS_LOSS);
    return true;
}

/* True if a switch for the members is set another way; each is an event. */
static bool switches_changed(struct call *call, const struct organization *before,
                             const struct organization *after)
{
    bool rename = after->self_rename != before->self_rename;
    bool show = after->show_machines != before->show_machines;
    if (rename)
        call_event(call, after->id, "organization.update", after->id, after->name,
                   "members %s their own usernames",
                   after->self_rename ? "may change" : "no longer change");
    if (show)
        call_event(call, after->id, "organization.update", after->id, after->name,
                   "members %s on which machines they may log in",
                   after->show_machines ? "are told" : "are no longer told");
    return rename || show;
}

void organization_update(struct call *call)
{
    const struct organization *before = &call->organization;
    struct organization after = *before;
    if (!update_read(call, &after)) {
        call_fail(call, 400, "invalid", "name: is missing, and so is everything else to change");
        return;
    }
    bool renamed = strcmp(after.name, before->name) != 0;
    if (renamed)
        call_event(call, after.id, "organization.update", after.id, after.name, "%s -> %s",
                   before->name, after.name);
    bool switched = switches_changed(call, before, &after);
    bool other_keys = policy_changed(call, before, &after);
    if (renamed || switched || other_keys)
        store_organization_update(call->store, &after);
    call_ok(call);
}

void organization_end(struct call *call)
{
    const struct organization *organization = &call->organization;
    call_event(call, organization->id, "organization.delete", organization->id, organization->name,
               "%s", "");
    store_organization_remove(call->store, organization->id, now_ms());
    call_changed(call, organization->id, NEWS_RIGHTS);
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
    organization_end(call);
    call_ok(call);
}
