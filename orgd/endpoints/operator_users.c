/* What the operator does with accounts. */
#include <stdio.h>
#include <string.h>

#include "orgd/endpoints/endpoints.h"
#include "orgd/endpoints/handed_out.h"
#include "orgd/endpoints/record.h"
#include "orgd/now.h"

bool operator_user(struct call *call, struct user *user)
{
    const char *who = call_text(call, "user");
    if (store_user(call->store, who, user) || store_user_by_email(call->store, who, user) ||
        store_user_by_username(call->store, who, user))
        return true;
    call_fail(call, 404, "user_not_found",
              "There is no account with the id, the address or the username %s.", who);
    return false;
}

static void reply_account(struct call *call, const struct user *user)
{
    cJSON *reply = cJSON_CreateObject();
    cJSON_AddItemToObject(reply, "user", account_json(user));
    call_reply(call, reply);
}

/* --- looking --- */

static void add_account(const struct user *user, void *arg)
{
    page_add(arg, user->created, user->id, account_json(user));
}

void operator_user_list(struct call *call)
{
    struct page page;
    if (!call_page(call, &page))
        return;
    store_users(call->store, &page.after, page.limit + 1, add_account, &page);
    call_page_reply(call, &page, "users");
}

static void add_place(const struct organization *organization, const struct member *member,
                      void *arg)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "id", organization->id);
    cJSON_AddStringToObject(object, "name", organization->name);
    cJSON_AddStringToObject(object, "role", member->role.name);
    cJSON_AddStringToObject(object, "state", state_name(member));
    cJSON_AddItemToArray(arg, object);
}

static void add_user_token(const struct token *token, void *arg)
{
    cJSON_AddItemToArray(arg, token_list_json(token));
}

static void add_username(const char *username, void *arg)
{
    cJSON_AddItemToArray(arg, cJSON_CreateString(username));
}

void operator_user_show(struct call *call)
{
    static const struct cursor beginning;
    struct user user;
    if (!operator_user(call, &user))
        return;
    cJSON *reply = cJSON_CreateObject();
    cJSON_AddItemToObject(reply, "user", account_json(&user));
    store_usernames(call->store, user.id, add_username, cJSON_AddArrayToObject(reply, "usernames"));
    store_memberships(call->store, user.id, add_place,
                      cJSON_AddArrayToObject(reply, "organizations"));
    store_tokens(call->store, (struct token_owner){user.id, .user = true}, &beginning, LIST_MAX,
                 add_user_token, cJSON_AddArrayToObject(reply, "tokens"));
    call_reply(call, reply);
}

/* --- tokens --- */

/* Whoever asks the operator has lost his tokens, or fears for them. */
void operator_user_token(struct call *call)
{
    struct user user;
    int64_t ended = 0;
    char detail[64], key[ID_SIZE];
    if (!operator_user(call, &user))
        return;
    if (user.disabled) {
        call_fail(call, 409, "disabled", "The account of %s is disabled: enable it first.",
                  user.username);
        return;
    }
    if (cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(call->body, "endOthers")))
        ended = user_tokens_end(call, user.id, "");
    cJSON *reply = cJSON_CreateObject();
    cJSON_AddItemToObject(reply, "user", account_json(&user));
    user_token_issue(call, user.id, NULL, reply, key);
    cJSON_AddNumberToObject(reply, "ended", (double)ended);
    snprintf(detail, sizeof detail, "a token was made, %lld ended", (long long)ended);
    user_changed(call, &user, REACH_CURRENT, NEWS_GATHERED, "user.token", detail);
    call_reply(call, reply);
}

/* --- state --- */

static void add_ownerless(const struct organization *organization, const struct member *member,
                          void *arg)
{
    struct call *call = arg;
    if (member->active && store_owners(call->store, organization->id) == 0)
        buffer_add(&call->answer->body, organization->id, sizeof organization->id, REPLY_MAX);
}

/* Names the organizations of USER that have no owner now but suspended ones: only the operator can
 * help them. */
static void reply_ownerless(struct call *call, const struct user *user)
{
    struct buffer *ids = &call->answer->body; /* nothing is in it before call_reply */
    store_memberships(call->store, user->id, add_ownerless, call);
    cJSON *reply = cJSON_CreateObject();
    cJSON_AddItemToObject(reply, "user", account_json(user));
    cJSON *list = cJSON_AddArrayToObject(reply, "withoutOwner");
    for (size_t at = 0; at < ids->len; at += ID_SIZE)
        cJSON_AddItemToArray(list, cJSON_CreateString(ids->data + at));
    buffer_free(ids);
    call_reply(call, reply);
}

static void user_switch(struct call *call, int64_t disabled, const char *action)
{
    struct user user;
    if (!operator_user(call, &user))
        return;
    if (!user.disabled != !disabled) {
        user.disabled = disabled;
        store_user_update(call->store, &user);
        user_changed(call, &user, REACH_CURRENT, disabled ? NEWS_LOSS : NEWS_GATHERED, action, "");
    }
    reply_ownerless(call, &user);
}

void operator_user_disable(struct call *call)
{
    user_switch(call, now_ms(), "user.disable");
}

void operator_user_enable(struct call *call)
{
    user_switch(call, 0, "user.enable");
}

/* Who may create organizations where not everybody may. */
void operator_user_let_create(struct call *call)
{
    struct user user;
    const char *may = call_text(call, "may");
    bool yes = strcmp(may, "yes") == 0;
    if (!yes && strcmp(may, "no") != 0) {
        call_fail(call, 400, "invalid", "%s: must be yes or no", may);
        return;
    }
    if (!operator_user(call, &user))
        return;
    if (store_user_may_create(call->store, user.id) != yes) {
        store_user_let_create(call->store, user.id, yes);
        call_event(call, "", "user.let-create", user.id, user.username, "%s", may);
    }
    reply_account(call, &user);
}

/* --- names --- */

static void user_replace(struct call *call, const struct user *user, const char *action,
                         const char *from, const char *to)
{
    char detail[DETAIL_SIZE];
    if (strcmp(from, to) != 0) {
        snprintf(detail, sizeof detail, "%s -> %s", from, to);
        store_user_update(call->store, user);
        user_changed(call, user, REACH_CURRENT, NEWS_GATHERED, action, detail);
    }
    reply_account(call, user);
}

void operator_user_rename(struct call *call)
{
    struct user user, before;
    const char *username = call_text(call, "username");
    if (!operator_user(call, &before) || !call_username(call, username, before.id))
        return;
    user = before;
    snprintf(user.username, sizeof user.username, "%s", username);
    user_replace(call, &user, "user.rename", before.username, user.username);
}

void operator_user_set_email(struct call *call)
{
    struct user user, before, other;
    const char *email = call_text(call, "email");
    if (!operator_user(call, &before))
        return;
    if (store_user_by_email(call->store, email, &other) && strcmp(other.id, before.id) != 0) {
        call_fail(call, 409, "user_exists", "%s is the address of %s (%s).", email, other.username,
                  other.id);
        return;
    }
    user = before;
    snprintf(user.email, sizeof user.email, "%s", email);
    user_replace(call, &user, "user.set-email", before.email, user.email);
}

/* --- erasure --- */

static void note_place(const struct organization *organization, const struct member *member,
                       void *arg)
{
    if (member->active)
        buffer_add(arg, organization->id, sizeof organization->id, REPLY_MAX);
}

static void note_invitation(const struct invitation *invitation, void *arg)
{
    buffer_add(arg, invitation->id, sizeof invitation->id, REPLY_MAX);
}

/* Takes USER out of each organization; false when the call has failed, for he is the last owner of
 * one. */
static bool leave_all(struct call *call, const struct user *user)
{
    struct buffer ids = {0};
    struct member member;
    bool good = true;
    store_memberships(call->store, user->id, note_place, &ids);
    call_lock_all(call, &ids);
    for (size_t at = 0; good && at < ids.len; at += ID_SIZE) {
        struct withdrawn withdrawn = {0};
        good = store_organization(call->store, ids.data + at, &call->organization) &&
               store_member(call->store, ids.data + at, user->id, &member) &&
               member_spare(call, &member);
        if (good)
            member_leave(call, &member, &withdrawn);
        cJSON_Delete(withdrawn.list);
    }
    buffer_free(&ids);
    return good;
}

static void invitations_withdraw(struct call *call, const struct user *user)
{
    struct buffer ids = {0};
    struct invitation invitation;
    store_invitations_for(call->store, user, note_invitation, &ids);
    for (size_t at = 0; at < ids.len; at += ID_SIZE)
        if (store_invitation(call->store, ids.data + at, &invitation)) {
            store_lock(call->store, invitation.organization);
            invitation_remove(call, &invitation);
        }
    buffer_free(&ids);
}

/* "former-17": the first from the number of users on that nobody has or had. */
static void former_name(struct call *call, char name[NAME_MAX_LEN + 1])
{
    char holder[ID_SIZE];
    int64_t number = store_user_count(call->store);
    do
        snprintf(name, NAME_MAX_LEN + 1, "former-%lld", (long long)number++);
    while (store_username_holder(call->store, name, holder));
}

void operator_user_erase(struct call *call)
{
    struct user before, after = {0};
    if (!operator_user(call, &before) || !leave_all(call, &before))
        return;
    user_tokens_end(call, before.id, "");
    invitations_withdraw(call, &before);
    former_name(call, after.username);
    snprintf(after.id, sizeof after.id, "%s", before.id);
    snprintf(after.email, sizeof after.email, "%s@erased.invalid", after.username);
    snprintf(after.name, sizeof after.name, "%s", after.username);
    after.created = before.created;
    after.disabled = now_ms();
    store_user_erase(call->store, &before, &after);
    user_changed(call, &after, REACH_FORMER_TOO, NEWS_LOSS, "user.erase", "");
    reply_account(call, &after);
}
