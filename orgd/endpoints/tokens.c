#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "orgd/endpoints/endpoints.h"
#include "orgd/endpoints/record.h"
#include "orgd/now.h"

#define OVERLAP_S      3600
#define OVERLAP_MOST_S (30 * 24 * 3600)

static const char *token_prefix(const struct token *token)
{
    if (token->session)
        return SESSION_PREFIX;
    if (token->link)
        return LINK_PREFIX;
    if (token->device)
        return DEVICE_PREFIX;
    return token->test ? "test_" : "live_";
}

void token_make(struct store *store, struct token *token, struct secret *secret)
{
    secret_make(secret);
    id_make(token_prefix(token), token->key);
    memcpy(token->hash, secret->hash, sizeof token->hash);
    snprintf(token->last_four, sizeof token->last_four, "%s",
             secret->text + SECRET_SIZE - LAST_FOUR_SIZE);
    token->created = now_ms();
    if (!token->proved)
        token->proved = token->created;
    store_token_add(store, token);
}

bool token_room(struct call *call, struct token_owner owner)
{
    return call_room(call, owner.user ? QUOTA_USER_TOKENS : QUOTA_TOKENS,
                     store_tokens_left(call->store, owner, now_ms()));
}

/* Makes the token, and answers with its secret. */
static void token_reply(struct call *call, struct token *token, const char *action)
{
    const char *name = call_text(call, "name");
    struct secret secret;
    char end[TIME_TEXT_SIZE + 8];
    bool user = token->user[0] != '\0';
    struct token_owner owner = {user ? token->user : token->organization, .user = user};
    if (!call_end(call, 0, &token->expires) || !token_room(call, owner))
        return;
    if (!user)
        call_shorten(call, PERMISSION_ORG_MANAGE, &token->expires);
    snprintf(token->name, sizeof token->name, "%s", name ? name : "");
    token_make(call->store, token, &secret);
    call_event(call, token->organization, action, token->key, token->name, "%s%s",
               token->organization[0] ? token->role.name : "",
               end_text(token->expires, end, sizeof end));
    cJSON *reply = cJSON_CreateObject();
    cJSON_AddItemToObject(reply, "apiToken", token_json(token, &secret));
    call_reply(call, reply);
    sodium_memzero(&secret, sizeof secret);
}

void token_create(struct call *call)
{
    const char *env = call_text(call, "env");
    struct token token = {.test = env && strcmp(env, "test") == 0};
    if (env && !token.test && strcmp(env, "live") != 0) {
        call_fail(call, 400, "invalid", "env: must be live or test");
        return;
    }
    if (!call_role(call, &token.role) || !call_covers(call, &token.role))
        return;
    snprintf(token.organization, sizeof token.organization, "%s", call->organization.id);
    token.maker = call_maker(call);
    token_reply(call, &token, "token.create");
}

static void add_token(const struct token *token, void *arg)
{
    page_add(arg, token->created, token->key, token_list_json(token));
}

static void reply_tokens(struct call *call, struct token_owner owner)
{
    struct page page;
    if (!call_page(call, &page))
        return;
    store_tokens(call->store, owner, &page.after, page.limit + 1, add_token, &page);
    call_page_reply(call, &page, "tokens");
}

void token_list(struct call *call)
{
    reply_tokens(call, (struct token_owner){call->organization.id, .user = false});
}

/* The token of OWNER, and no session, that the body's key names; fails the call without one. */
static bool token_named(struct call *call, const char *owner, struct token *token)
{
    if (caller_find(call->store, call_text(call, "key"), token) && !token->session &&
        !token->link &&
        (strcmp(token->organization, owner) == 0 || strcmp(token->user, owner) == 0))
        return true;
    call_fail(call, 404, "token_not_found", "There is no such token; it may have ended.");
    return false;
}

/* The seconds that the old token goes on beside the new one. */
static bool overlap_wanted(struct call *call, int64_t *seconds)
{
    *seconds = cJSON_GetObjectItemCaseSensitive(call->body, "overlap")
                   ? call_number(call, "overlap")
                   : OVERLAP_S;
    if (*seconds <= OVERLAP_MOST_S)
        return true;
    call_fail(call, 400, "invalid", "overlap: must be at most %d seconds", OVERLAP_MOST_S);
    return false;
}

/* Makes a token like OLD, and lets that one end after the overlap. */
static void rotate(struct call *call, const struct token *old, const char *action)
{
    struct token token = *old;
    struct secret secret;
    char detail[ID_SIZE + 48];
    int64_t seconds, now = now_ms();
    bool user = token.user[0] != '\0';
    struct token_owner owner = {user ? token.user : token.organization, .user = user};
    if (!overlap_wanted(call, &seconds) || (seconds > 0 && !token_room(call, owner)))
        return;
    if (!user)
        token.maker = call_maker(call);
    token_make(call->store, &token, &secret);
    if (seconds == 0)
        store_token_remove(call->store, old->key);
    else if (old->expires == 0 || old->expires > now + seconds * 1000)
        store_token_expire(call->store, old->key, now + seconds * 1000);
    call_changed(call, old->key, NEWS_RIGHTS);
    snprintf(detail, sizeof detail, "%s, overlap %lld s", old->key, (long long)seconds);
    call_event(call, token.organization, action, token.key, token.name, "%s", detail);
    cJSON *reply = cJSON_CreateObject();
    cJSON_AddItemToObject(reply, "apiToken", token_json(&token, &secret));
    call_reply(call, reply);
    sodium_memzero(&secret, sizeof secret);
}

void token_rotate(struct call *call)
{
    struct token old;
    if (token_named(call, call->organization.id, &old) && call_covers(call, &old.role))
        rotate(call, &old, "token.rotate");
}

/* Takes away the token that the body names, if it is OWNER's. */
static void revoke(struct call *call, const char *owner, const char *action)
{
    struct token token;
    bool there = store_token(call->store, call_text(call, "key"), &token) &&
                 (strcmp(token.organization, owner) == 0 || strcmp(token.user, owner) == 0);
    if (there) {
        store_token_remove(call->store, token.key);
        call_event(call, token.organization, action, token.key, token.name, "%s", "");
        call_changed(call, token.key, NEWS_RIGHTS);
    }
    call_revoked(call, there);
}

void token_revoke(struct call *call)
{
    revoke(call, call->organization.id, "token.revoke");
}

/* --- a user's own --- */

void user_token_create(struct call *call)
{
    struct token token = {.role = roles_builtin[ROLE_MEMBER]};
    if (!call_by_user(call, "make a user's token"))
        return;
    snprintf(token.user, sizeof token.user, "%s", call->caller.user);
    /* It proves no more than the one it is made with. */
    token.proved = call->caller.proved;
    token.proved_in_at = call->caller.proved_in_at;
    snprintf(token.proved_in, sizeof token.proved_in, "%s", call->caller.proved_in);
    token_reply(call, &token, "user.token-create");
}

static void list_token(const struct token *token, void *arg)
{
    cJSON_AddItemToArray(arg, token_list_json(token));
}

void user_tokens_add(struct call *call, cJSON *reply)
{
    static const struct cursor beginning;
    store_tokens(call->store, (struct token_owner){call->caller.user, .user = true}, &beginning,
                 LIST_MAX, list_token, cJSON_AddArrayToObject(reply, "tokens"));
}

void user_token_list(struct call *call)
{
    if (call_by_user(call, "list a user's tokens"))
        reply_tokens(call, (struct token_owner){call->caller.user, .user = true});
}

int64_t proof_time(struct call *call, const char *user)
{
    int64_t now = now_ms(), left = store_user_left(call->store, user);
    return now > left ? now : left + 1;
}

void user_token_issue(struct call *call, const char *user, const char *organization, cJSON *reply,
                      char key[ID_SIZE])
{
    struct token token = {.role = roles_builtin[ROLE_MEMBER]};
    struct secret secret;
    snprintf(token.user, sizeof token.user, "%s", user);
    if (organization) {
        snprintf(token.proved_in, sizeof token.proved_in, "%s", organization);
        token.proved_in_at = proof_time(call, user);
        token.proved = call->caller.proved;
    } else {
        token.proved = proof_time(call, user);
    }
    token_make(call->store, &token, &secret);
    cJSON_AddItemToObject(reply, "apiToken", token_json(&token, &secret));
    snprintf(key, ID_SIZE, "%s", token.key);
    sodium_memzero(&secret, sizeof secret);
}

struct token_ending {
    const char *kept;
    struct buffer keys; /* ID_SIZE each */
};

static void note_token(const struct token *token, void *arg)
{
    struct token_ending *ending = arg;
    char key[ID_SIZE] = "";
    snprintf(key, sizeof key, "%s", token->key);
    if (strcmp(key, ending->kept) != 0)
        buffer_add(&ending->keys, key, sizeof key, REPLY_MAX);
}

int64_t user_tokens_end(struct call *call, const char *user, const char *kept)
{
    static const struct cursor beginning;
    struct token_ending ending = {.kept = kept};
    store_tokens(call->store, (struct token_owner){user, .user = true}, &beginning, INT_MAX,
                 note_token, &ending);
    for (size_t at = 0; at < ending.keys.len; at += ID_SIZE) {
        store_token_remove(call->store, ending.keys.data + at);
        call_changed(call, ending.keys.data + at, NEWS_RIGHTS);
    }
    store_passkeys_end(call->store, user);
    int64_t count = (int64_t)(ending.keys.len / ID_SIZE);
    buffer_free(&ending.keys);
    return count;
}

void user_token_rotate(struct call *call)
{
    struct token old;
    if (call_by_user(call, "rotate a user's token") && token_named(call, call->caller.user, &old))
        rotate(call, &old, "user.token-rotate");
}

void user_token_revoke(struct call *call)
{
    if (call_by_user(call, "revoke a user's token"))
        revoke(call, call->caller.user, "user.token-revoke");
}
