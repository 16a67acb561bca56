#include <ctype.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "common/log.h"
#include "orgd/endpoints/endpoints.h"
#include "orgd/endpoints/letter.h"
#include "orgd/endpoints/quota.h"
#include "orgd/endpoints/record.h"
#include "orgd/now.h"

#define LETTER_MAX         8192
#define INVITATION_LIFE_MS (7LL * 24 * 3600 * 1000)

/* --- the letter --- */

/* The letterhead's address with the token in its place: percent-encoded in a query, and as it is
 * behind a '#', where mail gateways encode what they find once more. */
static void link_write(const struct letterhead *letterhead, const char *token, struct buffer *out)
{
    static const char place[] = "{token}";
    const char *url = letterhead->invitation_url, *at = strstr(url, place);
    bool fragment = memchr(url, '#', (size_t)(at - url)) != NULL;
    buffer_add(out, url, (size_t)(at - url), LETTER_MAX);
    for (const char *c = token; *c; c++) {
        bool encode = *c == ':' && !fragment;
        buffer_add(out, encode ? "%3A" : c, encode ? 3 : 1, LETTER_MAX);
    }
    buffer_add(out, at + sizeof place - 1, strlen(at + sizeof place - 1), LETTER_MAX);
}

static void letter_write(struct call *call, const struct invitation *invitation, const char *token,
                         const struct buffer *link)
{
    char expires[40], name[MAIL_NAME_SIZE];
    mail_date(invitation->expires, expires, sizeof expires);
    letter_begin(call, invitation->email, invitation->id, "You are invited to an organization");
    letter_add(call,
               "You are invited to join an organization that calls itself\r\n\r\n    \"%s\"\r\n\r\n"
               "with the role %s. The organization has chosen this name. If you expect no\r\n"
               "invitation, ignore this mail.\r\n\r\n",
               mail_name(call->organization.name, name), invitation->role);
    if (link->len > 0)
        letter_add(call, "Accept the invitation here:\r\n\r\n%s\r\n\r\n", link->data);
    letter_add(call, call->request->letterhead->page
                         ? "If the link does not work, that page takes this code, and so does\r\n"
                           "\"orgadmin invitation accept\":"
                         : "Accept with \"orgadmin invitation accept\" and this token:");
    letter_add(call,
               "\r\n\r\n%s\r\n\r\n"
               "The invitation is for the address of this mail and ends on %s.\r\n",
               token, expires);
}

/* EMAIL as mails to it are counted: in lower case, without what is behind a '+', as that reaches
 * the same person. */
static void address_fold(const char *email, char out[EMAIL_SIZE])
{
    const char *at = strchr(email, '@');
    size_t local = strcspn(email, "+@");
    snprintf(out, EMAIL_SIZE, "%.*s%s", (int)local, email, at);
    for (char *c = out; *c; c++)
        *c = (char)tolower((unsigned char)*c);
}

/* True when a mail to EMAIL may be sent now; else REPLY and the log say why not. */
static bool mail_allowed(struct call *call, const char *email, cJSON *reply)
{
    char address[EMAIL_SIZE], text[QUOTA_TEXT_SIZE];
    enum quota quota = QUOTA_COUNT;
    address_fold(email, address);
    if (quota_take(QUOTA_MAILS, call->organization.id) > 0)
        quota = QUOTA_MAILS;
    else if (quota_take(QUOTA_ADDRESS_MAILS, address) > 0)
        quota = QUOTA_ADDRESS_MAILS;
    if (quota == QUOTA_COUNT)
        return true;
    cJSON_AddStringToObject(reply, "unmailed", quota_text(quota, text));
    log_warning("%s mail not sent: %s", call->request->id, text);
    return false;
}

const char *keys_taken(const struct key_policy *policy)
{
    return policy->admins ? "none" : policy->security ? "security" : "any";
}

/* Stores INVITATION with a new secret, and answers with it. */
static void invitation_send(struct call *call, struct invitation *invitation)
{
    const struct letterhead *letterhead = call->request->letterhead;
    char token[CREDENTIAL_SIZE];
    struct secret secret;
    struct buffer link = {0};
    secret_make(&secret);
    memcpy(invitation->hash, secret.hash, sizeof invitation->hash);
    invitation->created = now_ms();
    invitation->expires = invitation->created + INVITATION_LIFE_MS;
    call_shorten(call, PERMISSION_MEMBERS_MANAGE, &invitation->expires);
    invitation->revision = call->organization.revision;
    invitation->shown = !letterhead->from;
    invitation->maker = call_maker(call);
    store_invitation_add(call->store, invitation);

    snprintf(token, sizeof token, "%s:%s", invitation->id, secret.text);
    if (letterhead->invitation_url)
        link_write(letterhead, token, &link);
    cJSON *reply = invitation_json(invitation);
    cJSON_AddStringToObject(reply, "keys", keys_taken(&call->organization.keys));
    if (invitation->shown) {
        cJSON_AddStringToObject(reply, "token", token);
        if (link.len > 0)
            cJSON_AddStringToObject(reply, "link", link.data);
        cJSON_AddFalseToObject(reply, "mailed");
    } else if (mail_allowed(call, invitation->email, reply)) {
        letter_write(call, invitation, token, &link); /* the server adds "mailed" */
    } else {
        cJSON_AddFalseToObject(reply, "mailed");
    }
    call_reply(call, reply);
    buffer_free(&link);
    sodium_memzero(&secret, sizeof secret);
    sodium_memzero(token, sizeof token);
}

/* --- the organization's side --- */

/* The id of EMAIL's account, "" when it has none. */
static const char *holder_of(struct call *call, const char *email, struct user *user)
{
    return store_user_by_email(call->store, email, user) ? user->id : "";
}

/* True when the organization may have an invitation of EMAIL pending, which replaces another one of
 * that address; else the call has failed. */
static bool invitation_room(struct call *call, const char *email)
{
    struct invitation same;
    int64_t count = store_invitations_pending(call->store, call->organization.id, now_ms());
    count -= store_invitation_of(call->store, call->organization.id, email, &same);
    return call_room(call, QUOTA_INVITATIONS, count);
}

void invitation_create(struct call *call)
{
    const char *email = call_text(call, "email"), *organization = call->organization.id;
    const char *username = call_text(call, "username");
    struct user user;
    struct member member;
    struct role role;
    struct invitation invitation = {0};
    if (!call_role(call, &role) || !call_gives(call, &role, 0))
        return;
    if (store_user_by_email(call->store, email, &user) &&
        store_member(call->store, organization, user.id, &member) && member.active) {
        call_fail(call, 409, "already_member", "%s is already a member.", user.email);
        return;
    }
    if ((username && !call_username(call, username, holder_of(call, email, &user))) ||
        !invitation_room(call, email))
        return;
    snprintf(invitation.username, sizeof invitation.username, "%s", username ? username : "");
    id_make("inv_", invitation.id);
    snprintf(invitation.organization, sizeof invitation.organization, "%s", organization);
    snprintf(invitation.email, sizeof invitation.email, "%s", email);
    snprintf(invitation.role, sizeof invitation.role, "%s", role.name);
    call_event(call, organization, "invitation.create", invitation.id, email, "%s", role.name);
    invitation_send(call, &invitation);
}

static bool pending(const struct invitation *invitation)
{
    return invitation->expires > now_ms();
}

/* The pending invitation of the call's organization that the body's id names. */
static bool invitation_named(struct call *call, struct invitation *invitation)
{
    return store_invitation(call->store, call_text(call, "id"), invitation) &&
           strcmp(invitation->organization, call->organization.id) == 0 && pending(invitation);
}

/* The caller could accept with the new token, so he must be able to give the role. */
void invitation_resend(struct call *call)
{
    struct invitation invitation;
    if (!invitation_named(call, &invitation)) {
        call_fail(call, 404, "invitation_not_found", "The organization has no such invitation.");
        return;
    }
    if (!call_gives_name(call, invitation.role))
        return;
    call_event(call, invitation.organization, "invitation.resend", invitation.id, invitation.email,
               "%s", invitation.role);
    invitation_send(call, &invitation);
}

void invitation_remove(struct call *call, const struct invitation *invitation)
{
    store_invitation_remove(call->store, invitation->id);
    if (invitation->expires > 0)
        call_event(call, invitation->organization, "invitation.revoke", invitation->id,
                   invitation->email, "%s", invitation->role);
}

void invitation_revoke(struct call *call)
{
    struct invitation invitation;
    bool there = invitation_named(call, &invitation);
    if (there)
        invitation_remove(call, &invitation);
    call_revoked(call, there);
}

bool invitation_withdraw(struct call *call, const char *email)
{
    struct invitation invitation;
    bool there = store_invitation_of(call->store, call->organization.id, email, &invitation) &&
                 pending(&invitation);
    if (there)
        invitation_remove(call, &invitation);
    return there;
}

static void add_invitation(const struct invitation *invitation, void *arg)
{
    page_add(arg, invitation->created, invitation->id, invitation_json(invitation));
}

void invitation_list(struct call *call)
{
    struct page page;
    if (!call_page(call, &page))
        return;
    store_invitations(call->store, call->organization.id, now_ms(), &page.after, page.limit + 1,
                      add_invitation, &page);
    call_page_reply(call, &page, "invitations");
}

/* --- the invited person's side --- */

/* True if *INVITATION is now a pending one that the body's token opens. */
static bool invitation_find(struct call *call, struct invitation *invitation)
{
    char id[ID_SIZE];
    unsigned char hash[SECRET_HASH_SIZE];
    return secret_split(call_text(call, "token"), id, hash) &&
           store_invitation(call->store, id, invitation) && secret_same(hash, invitation->hash) &&
           pending(invitation);
}

/* The pending invitation that the body's token opens, with its organization locked; fails the call
 * without one. */
static bool invitation_open(struct call *call, struct invitation *invitation)
{
    if (invitation_find(call, invitation)) {
        store_lock(call->store, invitation->organization);
        if (invitation_find(call, invitation))
            return true;
    }
    call_fail(call, 404, "invitation_not_found",
              "There is no such invitation; it may have been used, replaced or have expired.");
    return false;
}

/* The account that the invitation's address gets; fails the call when it cannot. */
static bool account_make(struct call *call, const struct invitation *invitation, struct user *user)
{
    const char *username = call_text(call, "username"), *name = call_text(call, "name");
    if (invitation->username[0])
        username = invitation->username;
    if (!username) {
        call_fail(call, 400, "invalid", "username: is missing (a new account needs one)");
        return false;
    }
    if (store_user_by_email(call->store, invitation->email, user)) {
        call_fail(call, 409, "user_exists", "%s has an account: accept with its token.",
                  invitation->email);
        return false;
    }
    if (!call_username(call, username, "") || !call_member_room(call, invitation->organization, ""))
        return false;
    *user = (struct user){.created = now_ms()};
    id_make("usr_", user->id);
    snprintf(user->email, sizeof user->email, "%s", invitation->email);
    snprintf(user->username, sizeof user->username, "%s", username);
    snprintf(user->name, sizeof user->name, "%s", name ? name : username);
    store_user_add(call->store, user);
    return true;
}

/* True if MEMBER, who was one before or never was, may come in by INVITATION; else the call has
 * failed. */
static bool member_may_return(struct call *call, const struct invitation *invitation,
                              const struct member *member)
{
    if (member->active)
        call_fail(call, 409, "already_member", "You are already a member.");
    else if (invitation->revision < member->revision)
        call_fail(call, 403, "removed",
                  "You were removed after this invitation was made: ask for a new one.");
    else
        return true;
    return false;
}

/* Fills *MEMBER with the caller's account and his former membership, if the invitation is
 * his and he may come in by it; fails the call otherwise. */
static bool account_match(struct call *call, const struct invitation *invitation,
                          struct member *member)
{
    struct user user;
    if (!store_user(call->store, call->caller.user, &user) ||
        strcasecmp(user.email, invitation->email) != 0) {
        call_fail(call, 403, "email_mismatch", "The invitation is for another e-mail address.");
        return false;
    }
    if (invitation->username[0] && strcmp(invitation->username, user.username) != 0) {
        call_fail(call, 409, "username_fixed",
                  "The invitation is for the username %s, and yours is %s: ask for one without a "
                  "username.",
                  invitation->username, user.username);
        return false;
    }
    *member = (struct member){.user = user};
    if (store_member(call->store, invitation->organization, user.id, member))
        return member_may_return(call, invitation, member);
    return call_member_room(call, invitation->organization, user.id);
}

void invitation_accept(struct call *call)
{
    bool stranger = caller_kind(&call->caller) == CALLER_NOBODY;
    struct invitation invitation;
    struct member member = {0};
    char key[ID_SIZE];
    if (!call_by_user(call, "accept an invitation") || !invitation_open(call, &invitation))
        return;
    if (stranger ? !account_make(call, &invitation, &member.user)
                 : !account_match(call, &invitation, &member))
        return;
    member.active = true;
    member.joined = now_ms();
    member.role = (struct role){0};
    member.term = (struct role_term){0};
    snprintf(member.role.name, sizeof member.role.name, "%s", invitation.role);
    store_invitation_use(call->store, invitation.id);
    call_member_change(call, invitation.organization, &member, NEWS_GATHERED);
    if (stranger) /* he is the actor of the event */
        snprintf(call->caller.user, sizeof call->caller.user, "%s", member.user.id);
    call_event(call, invitation.organization, "invitation.accept", member.user.id,
               member.user.username, "%s, %s", invitation.role, invitation.email);
    if (!key_accept(call, &member.user, invitation.organization))
        return;

    cJSON *reply = cJSON_CreateObject();
    cJSON_AddStringToObject(reply, "organizationId", invitation.organization);
    cJSON_AddStringToObject(reply, "role", invitation.role);
    if (stranger)
        cJSON_AddItemToObject(reply, "user", user_json(&member.user));
    bool needs = stranger || !member_opens(&member, invitation.organization, &call->caller);
    if (needs && !token_room(call, (struct token_owner){member.user.id, .user = true})) {
        cJSON_Delete(reply);
        return;
    }
    if (needs)
        user_token_issue(call, member.user.id,
                         stranger || !invitation.shown ? NULL : invitation.organization, reply,
                         key);
    call_reply(call, reply);
}
