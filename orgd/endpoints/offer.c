/* What an invitation offers, for the holder of its token; nothing is used up. */
#include <stdio.h>
#include <string.h>

#include "common/name.h"
#include "orgd/endpoints/endpoints.h"
#include "orgd/endpoints/record.h"
#include "orgd/now.h"

/* The invitation that the body's token opens; fails the call without one. Whoever has the secret
 * hears what became of it, nobody else does. */
static bool offer_find(struct call *call, struct invitation *invitation)
{
    char id[ID_SIZE];
    unsigned char hash[SECRET_HASH_SIZE];
    if (!secret_split(call_text(call, "token"), id, hash) ||
        !store_invitation(call->store, id, invitation) || !secret_same(hash, invitation->hash))
        call_fail(call, 404, "invitation_not_found",
                  "There is no such invitation; it may have been replaced or withdrawn.");
    else if (invitation->expires == 0)
        call_fail(call, 404, "invitation_used", "The invitation was accepted before.");
    else if (invitation->expires <= now_ms())
        call_fail(call, 404, "invitation_expired",
                  "The invitation has expired: ask for a new one.");
    else
        return true;
    return false;
}

/* The inviter by both names, or null when nobody is known. */
static cJSON *inviter_json(struct call *call, const struct invitation *invitation)
{
    struct user user;
    if (!store_user(call->store, invitation->maker.id, &user))
        return cJSON_CreateNull();
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "username", user.username);
    cJSON_AddStringToObject(object, "name", user.name);
    return object;
}

/* "suggestion": the username that the address suggests, if it is free. */
static void add_suggestion(struct call *call, const char *email, cJSON *reply)
{
    char name[NAME_MAX_LEN + 1];
    if (name_fold(email, name) && !call_username_fault(call, name, ""))
        cJSON_AddStringToObject(reply, "suggestion", name);
}

/* "usernameFault": what acceptance would say of the body's username, null for nothing. False: the
 * call has failed, for too many were asked. */
static bool add_fault(struct call *call, const struct invitation *invitation, cJSON *reply)
{
    const char *name = call_text(call, "username"), *fault = "invalid";
    if (!name)
        return true;
    if (!call_rate(call, QUOTA_NAMES, invitation->id))
        return false;
    if (name_valid(name))
        fault = call_username_fault(call, name, "");
    cJSON_AddItemToObject(reply, "usernameFault",
                          fault ? cJSON_CreateString(fault) : cJSON_CreateNull());
    return true;
}

void invitation_offer(struct call *call)
{
    struct invitation invitation;
    struct organization *organization = &call->organization;
    struct user holder;
    struct role role = {0};
    if (!offer_find(call, &invitation))
        return;
    store_organization(call->store, invitation.organization, organization);
    call_role_find(call, invitation.role, &role);
    bool account = store_user_by_email(call->store, invitation.email, &holder);
    cJSON *reply = invitation_json(&invitation);
    cJSON_AddItemToObject(reply, "inviter", inviter_json(call, &invitation));
    cJSON *place = cJSON_AddObjectToObject(reply, "organization");
    cJSON_AddStringToObject(place, "id", organization->id);
    cJSON_AddStringToObject(place, "name", organization->name);
    cJSON_AddItemToObject(reply, "permissions", permissions_json(role.permissions));
    cJSON_AddStringToObject(reply, "keys", keys_taken(&organization->keys));
    cJSON_AddBoolToObject(reply, "account", account);
    if (!account)
        add_suggestion(call, invitation.email, reply);
    if (add_fault(call, &invitation, reply))
        call_reply(call, reply);
    else
        cJSON_Delete(reply);
}
