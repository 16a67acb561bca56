#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "orgd/endpoints/endpoints.h"
#include "orgd/endpoints/record.h"

#define USERNAMES_MAX 10 /* of one user, in all his time: each one is kept from everybody else */

void whoami(struct call *call)
{
    const struct token *token = &call->caller;
    cJSON *reply = cJSON_CreateObject();
    struct user user;
    if (caller_kind(&call->caller) == CALLER_ORGANIZATION) {
        cJSON *object = cJSON_AddObjectToObject(reply, "organizationToken");
        cJSON_AddStringToObject(object, "key", token->key);
        cJSON_AddStringToObject(object, "organizationId", token->organization);
        cJSON_AddStringToObject(object, "role", token->role.name);
        cJSON_AddStringToObject(object, "name", token->name);
    } else if (store_user(call->store, token->user, &user)) {
        cJSON_AddItemToObject(reply, "user", user_json(&user));
    }
    call_reply(call, reply);
}

void account(struct call *call)
{
    struct user user;
    if (!call_by_user(call, "have an account") ||
        !store_user(call->store, call->caller.user, &user))
        return;
    cJSON *reply = cJSON_CreateObject();
    cJSON_AddItemToObject(reply, "user", user_json(&user));
    organizations_add(call, reply);
    keys_add(call, reply);
    passkeys_add(call, reply);
    user_tokens_add(call, reply);
    call_reply(call, reply);
}

/* The memberships that a change of the user concerns. */
struct memberships {
    enum membership_reach reach;
    struct buffer ids; /* of their organizations, ID_SIZE each */
};

static void collect(const struct organization *organization, const struct member *member, void *arg)
{
    struct memberships *m = arg;
    if (member->active || m->reach == REACH_FORMER_TOO)
        buffer_add(&m->ids, organization->id, sizeof organization->id, REPLY_MAX);
}

void user_changed(struct call *call, const struct user *user, enum membership_reach reach,
                  enum news_kind news, const char *action, const char *detail)
{
    struct memberships m = {.reach = reach};
    struct member member;
    store_memberships(call->store, user->id, collect, &m);
    call_lock_all(call, &m.ids);
    for (size_t at = 0; at < m.ids.len; at += ID_SIZE) {
        const char *organization = m.ids.data + at;
        if (!store_member(call->store, organization, user->id, &member))
            continue;
        call_member_change(call, organization, &member, news);
        call_event(call, organization, action, user->id, user->username, "%s", detail);
    }
    if (m.ids.len == 0)
        call_event(call, "", action, user->id, user->username, "%s", detail);
    buffer_free(&m.ids);
}

void user_told(struct call *call, const struct user *user, const char *action, const char *detail)
{
    struct memberships m = {.reach = REACH_CURRENT};
    store_memberships(call->store, user->id, collect, &m);
    call_lock_all(call, &m.ids);
    for (size_t at = 0; at < m.ids.len; at += ID_SIZE)
        call_event(call, m.ids.data + at, action, user->id, user->username, "%s", detail);
    if (m.ids.len == 0)
        call_event(call, "", action, user->id, user->username, "%s", detail);
    buffer_free(&m.ids);
}

/* The search for an organization that does not let the member change his username. */
struct objection {
    struct organization organization; /* the first one; its id is "" without one */
};

static void object(const struct organization *organization, const struct member *member, void *arg)
{
    struct objection *objection = arg;
    if (member->active && !objection->organization.id[0] && !organization->self_rename &&
        !role_covers(&member->role, PERMISSION_MEMBERS_MANAGE))
        objection->organization = *organization;
}

/*
 * True if USER may take the username that it has now; else the call has failed. All hosts of all
 * his organizations serve the name, so each of them must agree.
 */
static bool rename_allowed(struct call *call, const struct user *user)
{
    struct objection objection = {0};
    char holder[ID_SIZE];
    store_memberships(call->store, user->id, object, &objection);
    if (objection.organization.id[0]) {
        call_fail(call, 403, "forbidden",
                  "%s does not let its members change their own usernames (members:manage).",
                  objection.organization.name);
        return false;
    }
    if (!call_username(call, user->username, user->id))
        return false;
    if (store_username_holder(call->store, user->username, holder) ||
        store_username_count(call->store, user->id) < USERNAMES_MAX)
        return true;
    call_fail(call, 409, "too_many", "A user has at most %d usernames in all; take back one.",
              USERNAMES_MAX);
    return false;
}

void user_update(struct call *call)
{
    const char *username = call_text(call, "username"), *name = call_text(call, "name");
    struct user user, before;
    char detail[DETAIL_SIZE];
    if (!call_by_user(call, "change a user") ||
        !store_user(call->store, call->caller.user, &before))
        return;
    user = before;
    if (username)
        snprintf(user.username, sizeof user.username, "%s", username);
    if (name)
        snprintf(user.name, sizeof user.name, "%s", name);
    bool renamed = strcmp(user.username, before.username) != 0;
    if (renamed && !rename_allowed(call, &user))
        return;
    if (renamed || strcmp(user.name, before.name) != 0) {
        store_user_update(call->store, &user);
        snprintf(detail, sizeof detail, "%s (%s) -> %s (%s)", before.username, before.name,
                 user.username, user.name);
        user_changed(call, &user, REACH_CURRENT, NEWS_GATHERED, "user.update", detail);
    }
    cJSON *reply = cJSON_CreateObject();
    cJSON_AddItemToObject(reply, "user", user_json(&user));
    call_reply(call, reply);
}
