/* Device sign-in (RFC 8628): a program without a token asks, and a person approves on the page. */
#include <ctype.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "orgd/endpoints/endpoints.h"
#include "orgd/endpoints/record.h"
#include "orgd/now.h"

#define GRANT_LIFE_MS  (5LL * 60 * 1000)
#define GRANT_KEPT_MS  (10LL * 60 * 1000) /* behind its end, so that the program can be told */
#define POLL_MS        5000
#define SLOWER_MS      5000
#define DEVICE_LIFE_MS (30LL * 24 * 3600 * 1000)
#define CODES_TRIED    4

#define CLIENT_ID  "orgadmin"
#define GRANT_TYPE "urn:ietf:params:oauth:grant-type:device_code"

/* Without vowels, so that no code is a word, and without what looks like something else. */
static const char letters[] = "BCDFGHJKLMNPQRSTVWXZ";
#define HALF ((USER_CODE_SIZE - 2) / 2)

/* --- for the program --- */

static bool client_known(struct call *call)
{
    if (strcmp(call_text(call, "client_id"), CLIENT_ID) == 0)
        return true;
    call_fail(call, 400, "invalid_client", "client_id: must be " CLIENT_ID);
    return false;
}

static void user_code_draw(char code[USER_CODE_SIZE])
{
    for (size_t i = 0; i < USER_CODE_SIZE - 1; i++)
        code[i] = i == HALF ? '-' : letters[randombytes_uniform(sizeof letters - 1)];
    code[USER_CODE_SIZE - 1] = '\0';
}

/* One that no other program waits with; else the call has failed. */
static bool user_code_make(struct call *call, char code[USER_CODE_SIZE])
{
    struct device_grant other;
    for (int i = 0; i < CODES_TRIED; i++) {
        user_code_draw(code);
        if (!store_grant_by_code(call->store, code, &other))
            return true;
    }
    call_fail(call, 503, "busy", "Too many programs wait for an approval: try again.");
    return false;
}

static void authorize_reply(struct call *call, const struct device_grant *grant, const char *secret)
{
    char text[256 + CREDENTIAL_SIZE];
    const char *origin = call->request->web_origin;
    cJSON *reply = cJSON_CreateObject();
    snprintf(text, sizeof text, "%s:%s", grant->id, secret);
    cJSON_AddStringToObject(reply, "device_code", text);
    cJSON_AddStringToObject(reply, "user_code", grant->user_code);
    snprintf(text, sizeof text, "%s/device", origin);
    cJSON_AddStringToObject(reply, "verification_uri", text);
    snprintf(text, sizeof text, "%s/device#%s", origin, grant->user_code);
    cJSON_AddStringToObject(reply, "verification_uri_complete", text);
    cJSON_AddNumberToObject(reply, "expires_in", (double)(GRANT_LIFE_MS / 1000));
    cJSON_AddNumberToObject(reply, "interval", (double)(grant->poll_ms / 1000));
    call_reply(call, reply);
}

void device_authorize(struct call *call)
{
    int64_t now = now_ms();
    struct device_grant grant = {
        .asked.at = now, .expires = now + GRANT_LIFE_MS, .poll_at = now, .poll_ms = POLL_MS};
    const char *host = call_text(call, "host");
    struct secret secret;
    if (!page_there(call) || !client_known(call) ||
        !call_room(call, QUOTA_GRANTS, store_grants_left(call->store, now - GRANT_KEPT_MS, now)) ||
        !user_code_make(call, grant.user_code))
        return;
    secret_make(&secret);
    id_make("grnt_", grant.id);
    memcpy(grant.hash, secret.hash, sizeof grant.hash);
    snprintf(grant.host, sizeof grant.host, "%s", host ? host : "");
    snprintf(grant.asked.from, sizeof grant.asked.from, "%s", call->request->from);
    store_grant_add(call->store, &grant);
    authorize_reply(call, &grant, secret.text);
    sodium_memzero(&secret, sizeof secret);
}

/* The grant whose device code the body has; fails the call without one. */
static bool grant_opened(struct call *call, struct device_grant *grant)
{
    char id[ID_SIZE];
    unsigned char hash[SECRET_HASH_SIZE];
    if (secret_split(call_text(call, "device_code"), id, hash) &&
        store_grant(call->store, id, grant) && secret_same(hash, grant->hash))
        return true;
    call_fail(call, 404, "invalid_grant", "There is no such device code; it may have been used.");
    return false;
}

/*
 * True if the program asks when it may. One time too early is forgiven, for a program that is
 * started twice; after the next it has to wait longer between all that follow.
 */
static bool poll_in_time(struct device_grant *grant, int64_t now)
{
    bool early = now < grant->poll_at - grant->poll_ms;
    if (early)
        grant->poll_ms += SLOWER_MS;
    int64_t from = early ? now + grant->poll_ms : now > grant->poll_at ? now : grant->poll_at;
    grant->poll_at = from + grant->poll_ms;
    return !early;
}

/* Nobody has decided. Too early a program has failed an attempt. */
static void grant_wait(struct call *call, struct device_grant *grant, int64_t now)
{
    bool in_time = poll_in_time(grant, now);
    store_grant_polled(call->store, grant);
    call->keep = true;
    if (in_time)
        call_fail(call, 400, "authorization_pending", "Nobody has approved it yet: ask again.");
    else
        call_fail(call, 403, "slow_down", "Ask every %d seconds from now on.",
                  (int)(grant->poll_ms / 1000));
}

/* Takes the place of the token that the approval made, of which nobody knows the secret. */
static void grant_issue(struct call *call, const struct device_grant *grant)
{
    struct token token;
    struct secret secret;
    char bearer[CREDENTIAL_SIZE];
    if (!caller_find(call->store, grant->token, &token) ||
        !store_grant_remove(call->store, grant->id)) {
        call_fail(call, 403, "access_denied", "The approval was taken back.");
        return;
    }
    store_token_remove(call->store, grant->token);
    token.expires = now_ms() + DEVICE_LIFE_MS;
    token_make(call->store, &token, &secret);
    snprintf(call->caller.user, sizeof call->caller.user, "%s", token.user); /* the event's actor */
    call_event(call, "", "user.token-create", token.key, token.name, "%s", "device");
    snprintf(bearer, sizeof bearer, "%s:%s", token.key, secret.text);
    cJSON *reply = cJSON_CreateObject();
    cJSON_AddStringToObject(reply, "access_token", bearer);
    cJSON_AddStringToObject(reply, "token_type", "Bearer");
    cJSON_AddNumberToObject(reply, "expires_in", (double)(DEVICE_LIFE_MS / 1000));
    call_reply(call, reply);
    sodium_memzero(bearer, sizeof bearer);
    sodium_memzero(&secret, sizeof secret);
}

void device_token(struct call *call)
{
    struct device_grant grant;
    int64_t now = now_ms();
    if (!page_there(call) || !client_known(call))
        return;
    if (strcmp(call_text(call, "grant_type"), GRANT_TYPE) != 0)
        call_fail(call, 400, "unsupported_grant_type", "grant_type: must be " GRANT_TYPE);
    else if (!grant_opened(call, &grant))
        return;
    else if (grant.state == GRANT_DENIED)
        call_fail(call, 403, "access_denied", "It was denied on the page.");
    else if (grant.expires <= now)
        call_fail(call, 403, "expired_token", "Nobody approved it in time: begin again.");
    else if (grant.state == GRANT_APPROVED)
        grant_issue(call, &grant);
    else
        grant_wait(call, &grant, now);
}

/* --- for the page --- */

/* CODE as it is stored, of what a person typed, in any case and with any marks between; false when
 * it can be none. */
static bool user_code_read(const char *text, char code[USER_CODE_SIZE])
{
    size_t len = 0;
    for (; *text; text++) {
        int letter = toupper((unsigned char)*text);
        if (strchr(" -\t", letter))
            continue;
        if (!strchr(letters, letter) || len == USER_CODE_SIZE - 1)
            return false;
        if (len == HALF)
            code[len++] = '-';
        code[len++] = (char)letter;
    }
    code[len] = '\0';
    return len == USER_CODE_SIZE - 1;
}

/* The grant that waits with the body's code, for a person who is signed in to the page; else the
 * call has failed. Who guesses is slowed down: by his address, his account, and all together. */
static bool grant_named(struct call *call, struct device_grant *grant)
{
    char code[USER_CODE_SIZE];
    if (!call->caller.session) {
        call_fail(call, 403, "forbidden", "Only who is signed in to the page can see that.");
        return false;
    }
    if (!call_rate(call, QUOTA_CODES, call->caller.user) || !call_rate(call, QUOTA_ALL_CODES, ""))
        return false;
    if (user_code_read(call_text(call, "userCode"), code) &&
        store_grant_by_code(call->store, code, grant) && grant->state == GRANT_PENDING &&
        grant->expires > now_ms())
        return true;
    call_fail(call, 404, "code_not_found",
              "No program waits with such a code; it may have been used or have expired.");
    return false;
}

void device_show(struct call *call)
{
    struct device_grant grant;
    if (!grant_named(call, &grant))
        return;
    cJSON *reply = cJSON_CreateObject();
    cJSON_AddStringToObject(reply, "host", grant.host);
    cJSON_AddStringToObject(reply, "from", grant.asked.from);
    record_time_or_null(reply, "askedAt", grant.asked.at);
    record_time_or_null(reply, "expiresAt", grant.expires);
    call_reply(call, reply);
}

/* Decides the grant, once, with the audit event ACTION; else the call has failed. */
static bool grant_decide(struct call *call, struct device_grant *grant, enum grant_state state,
                         const char *action)
{
    const struct token *caller = &call->caller;
    struct user user = {0};
    grant->state = state;
    if (!store_grant_decide(call->store, grant)) {
        call_fail(call, 404, "code_not_found", "Somebody else has just decided.");
        return false;
    }
    store_user(call->store, caller->user, &user);
    call_event(call, "", action, user.id, user.username, "%s, %s", grant->host, grant->asked.from);
    return true;
}

/* The passkey proves the signed-in person anew; else the call has failed. */
static bool caller_proved(struct call *call, struct passkey *passkey)
{
    struct user user;
    if (!passkey_proved(call, passkey, &user))
        return false;
    if (strcmp(user.id, call->caller.user) == 0)
        return true;
    call_fail(call, 403, "invalid_passkey", "The passkey is another account's.");
    return false;
}

void device_approve(struct call *call)
{
    struct device_grant grant;
    struct passkey passkey;
    struct token token = {.device = true};
    char credential[CREDENTIAL_SIZE];
    const char *user = call->caller.user;
    if (!grant_named(call, &grant) || !caller_proved(call, &passkey) ||
        !token_room(call, (struct token_owner){user, .user = true}))
        return;
    passkey_proofs(&passkey, &token);
    user_token_make(call, &token, user, grant.host, GRANT_LIFE_MS, credential);
    sodium_memzero(credential, sizeof credential); /* the program's own will be another one */
    snprintf(grant.token, sizeof grant.token, "%s", token.key);
    if (grant_decide(call, &grant, GRANT_APPROVED, "user.device-approve"))
        call_ok(call);
}

void device_deny(struct call *call)
{
    struct device_grant grant;
    if (grant_named(call, &grant) && grant_decide(call, &grant, GRANT_DENIED, "user.device-deny"))
        call_ok(call);
}
