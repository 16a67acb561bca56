#include "orgd/endpoints.h"

#include "common/clock.h"
#include "orgd/record.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define INVITATION_LIFE_MS (7LL * 24 * 3600 * 1000)

void invitation_create(struct call *call)
{
    const char *email = call_text(call, "email");
    struct user user;
    struct member member;
    struct invitation invitation = {.created = clock_wall_ms()};
    if (!call_role(call, ROLE_MEMBER, &invitation.role) || !call_covers(call, invitation.role))
        return;
    if (store_user_by_email(call->store, email, &user) &&
        store_member(call->store, call->organization.id, user.id, &member) && member.active) {
        call_fail(call, 409, "already_member", "%s is a member already.", user.email);
        return;
    }
    struct secret secret;
    secret_make(&secret);
    id_make("inv_", invitation.id);
    invitation.expires = invitation.created + INVITATION_LIFE_MS;
    snprintf(invitation.organization, sizeof invitation.organization, "%s", call->organization.id);
    snprintf(invitation.email, sizeof invitation.email, "%s", email);
    memcpy(invitation.hash, secret.hash, sizeof invitation.hash);
    store_invitation_add(call->store, &invitation);

    char credential[CREDENTIAL_SIZE];
    snprintf(credential, sizeof credential, "%s:%s", invitation.id, secret.text);
    cJSON *reply = invitation_json(&invitation);
    cJSON_AddStringToObject(reply, "token", credential);
    call_reply(call, reply);
    sodium_memzero(&secret, sizeof secret);
    sodium_memzero(credential, sizeof credential);
}

static void add_invitation(const struct invitation *invitation, void *context)
{
    cJSON_AddItemToArray(context, invitation_json(invitation));
}

void invitation_list(struct call *call)
{
    cJSON *reply = cJSON_CreateObject();
    cJSON *list = cJSON_AddArrayToObject(reply, "invitations");
    store_invitations(call->store, call->organization.id, clock_wall_ms(), add_invitation, list);
    call_reply(call, reply);
}

/* The pending invitation that the body's token opens; fails the call without one. */
static bool invitation_open(struct call *call, struct invitation *invitation)
{
    char id[ID_SIZE];
    unsigned char hash[SECRET_HASH_SIZE];
    if (secret_split(call_text(call, "token"), id, hash) &&
        store_invitation(call->store, id, invitation) && secret_same(hash, invitation->hash) &&
        invitation->expires > clock_wall_ms())
        return true;
    call_fail(call, 404, "invitation_not_found",
              "There is no such invitation; it may be used, replaced or expired.");
    return false;
}

/* The account that the invitation's address gets; fails the call when it cannot. */
static bool account_make(struct call *call, const struct invitation *invitation, struct user *user)
{
    const char *username = call_text(call, "username"), *name = call_text(call, "name");
    if (!username) {
        call_fail(call, 400, "invalid", "username: is missing (a new account needs one)");
        return false;
    }
    if (store_user_by_email(call->store, invitation->email, user)) {
        call_fail(call, 409, "user_exists", "%s has an account: accept with its token.",
                  invitation->email);
        return false;
    }
    if (store_username_taken(call->store, username)) {
        call_fail(call, 409, "username_taken", "The username %s is taken.", username);
        return false;
    }
    *user = (struct user){.created = clock_wall_ms()};
    id_make("usr_", user->id);
    snprintf(user->email, sizeof user->email, "%s", invitation->email);
    snprintf(user->username, sizeof user->username, "%s", username);
    snprintf(user->name, sizeof user->name, "%s", name ? name : username);
    store_user_add(call->store, user);
    return true;
}

/* The caller's account, if the invitation is his and he is not in yet; fails the call otherwise. */
static bool account_match(struct call *call, const struct invitation *invitation, struct user *user)
{
    struct member member;
    if (!store_user(call->store, call->caller.token.user, user) ||
        strcasecmp(user->email, invitation->email) != 0) {
        call_fail(call, 403, "email_mismatch", "The invitation is for another e-mail address.");
        return false;
    }
    if (store_member(call->store, invitation->organization, user->id, &member) && member.active) {
        call_fail(call, 409, "already_member", "You are a member already.");
        return false;
    }
    return true;
}

/* A new account's first token. */
static void reply_account(struct call *call, cJSON *reply, const struct user *user)
{
    struct token token = {.role = ROLE_MEMBER};
    struct secret secret;
    snprintf(token.user, sizeof token.user, "%s", user->id);
    token_make(call->store, &token, &secret);
    cJSON_AddItemToObject(reply, "user", user_json(user));
    cJSON_AddItemToObject(reply, "apiToken", token_json(&token, &secret));
    sodium_memzero(&secret, sizeof secret);
}

void invitation_accept(struct call *call)
{
    bool stranger = call->caller.kind == CALLER_NOBODY;
    struct invitation invitation;
    struct member member = {.active = true, .joined = clock_wall_ms()};
    if (call->caller.kind == CALLER_ORGANIZATION) {
        call_fail(call, 403, "forbidden", "An organization's token cannot accept an invitation.");
        return;
    }
    if (!invitation_open(call, &invitation))
        return;
    if (stranger ? !account_make(call, &invitation, &member.user)
                 : !account_match(call, &invitation, &member.user))
        return;
    member.role = invitation.role;
    store_invitation_remove(call->store, invitation.id);
    call_member_change(call, invitation.organization, &member);

    cJSON *reply = cJSON_CreateObject();
    cJSON_AddStringToObject(reply, "organizationId", invitation.organization);
    cJSON_AddStringToObject(reply, "role", role_name(invitation.role));
    if (stranger)
        reply_account(call, reply, &member.user);
    call_reply(call, reply);
}
