/* Passkeys, and the sessions of browsers that people begin with them. */
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "orgd/endpoints/endpoints.h"
#include "orgd/endpoints/record.h"
#include "orgd/now.h"

#define PASSKEYS_MAX    20
#define SESSION_LIFE_MS (12LL * 3600 * 1000)
#define LINK_LIFE_MS    (5LL * 60 * 1000)
#define LINK_SIZE       (256 + CREDENTIAL_SIZE)

bool page_there(struct call *call)
{
    if (!call->request->web_origin)
        call_fail(call, 409, "no_page", "This server has no page (orgd --web-origin).");
    return call->request->web_origin;
}

void passkey_begin(struct call *call)
{
    char challenge[WEBAUTHN_CHALLENGE_SIZE], host[WEBAUTHN_HOST_SIZE];
    if (!page_there(call))
        return;
    webauthn_challenge(challenge);
    cJSON *reply = cJSON_CreateObject();
    cJSON_AddStringToObject(reply, "challenge", challenge);
    cJSON_AddStringToObject(reply, "rpId", webauthn_host(call->request->web_origin, host));
    call_reply(call, reply);
}

static cJSON *passkey_json(const struct passkey *passkey)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "id", passkey->credential.id);
    cJSON_AddStringToObject(object, "name", passkey->name);
    record_time_or_null(object, "createdAt", passkey->created);
    record_time_or_null(object, "lastUsedAt", passkey->last.at);
    cJSON_AddStringToObject(object, "lastUsedFrom", passkey->last.from);
    return object;
}

/* What the body has of the browser's. */
static struct webauthn_proof proof_of(const struct call *call)
{
    return (struct webauthn_proof){.client_data = call_text(call, "clientData"),
                                   .authenticator_data = call_text(call, "authenticatorData"),
                                   .signature = call_text(call, "signature"),
                                   .request = call->request->id};
}

/* Fills what the caller's token proves, and the passkey with it. */
static void passkey_fill(const struct call *call, struct passkey *passkey)
{
    const struct token *token = &call->caller;
    const char *name = call_text(call, "name");
    snprintf(passkey->user, sizeof passkey->user, "%s", token->user);
    snprintf(passkey->name, sizeof passkey->name, "%s", name ? name : "");
    passkey->created = now_ms();
    passkey->proved = token->proved;
    passkey->proved_in_at = token->proved_in_at;
    snprintf(passkey->proved_in, sizeof passkey->proved_in, "%s", token->proved_in);
}

void passkey_add(struct call *call)
{
    struct webauthn_proof proof = proof_of(call);
    struct passkey passkey = {0}, same;
    if (!call_by_user(call, "have passkeys") || !page_there(call))
        return;
    if (store_passkey_count(call->store, call->caller.user) >= PASSKEYS_MAX) {
        call_fail(call, 409, "too_many", "An account has at most %d passkeys.", PASSKEYS_MAX);
        return;
    }
    const char *wrong = webauthn_register(&proof, call->request->web_origin, &passkey.credential);
    if (wrong) {
        call_fail(call, 400, "invalid_passkey", "The passkey cannot be taken: %s.", wrong);
        return;
    }
    if (store_passkey(call->store, passkey.credential.id, &same)) {
        call_fail(call, 409, "passkey_exists", "There is such a passkey already.");
        return;
    }
    passkey_fill(call, &passkey);
    store_passkey_add(call->store, &passkey);
    call_event(call, "", "user.passkey-add", passkey.user, passkey.name, "%s", "");
    cJSON *reply = cJSON_CreateObject();
    cJSON_AddItemToObject(reply, "passkey", passkey_json(&passkey));
    call_reply(call, reply);
}

static void add_passkey(const struct passkey *passkey, void *arg)
{
    cJSON_AddItemToArray(arg, passkey_json(passkey));
}

void passkeys_add(struct call *call, cJSON *reply)
{
    store_passkeys(call->store, call->caller.user, add_passkey,
                   cJSON_AddArrayToObject(reply, "passkeys"));
}

void passkey_list(struct call *call)
{
    if (!call_by_user(call, "have passkeys"))
        return;
    cJSON *reply = cJSON_CreateObject();
    passkeys_add(call, reply);
    call_reply(call, reply);
}

void passkey_remove(struct call *call)
{
    struct passkey passkey;
    if (!call_by_user(call, "have passkeys"))
        return;
    bool there = store_passkey(call->store, call_text(call, "id"), &passkey) &&
                 store_passkey_remove(call->store, call->caller.user, passkey.credential.id);
    if (there)
        call_event(call, "", "user.passkey-remove", passkey.user, passkey.name, "%s", "");
    cJSON *reply = cJSON_CreateObject();
    cJSON_AddTrueToObject(reply, "ok");
    cJSON_AddBoolToObject(reply, "removed", there);
    call_reply(call, reply);
}

/* --- sessions --- */

bool passkey_proved(struct call *call, struct passkey *passkey, struct user *user)
{
    struct webauthn_proof proof = proof_of(call);
    const char *wrong = "nobody has it here";
    if (store_passkey(call->store, call_text(call, "id"), passkey) &&
        store_user(call->store, passkey->user, user) && !user->disabled)
        wrong = webauthn_verify(&proof, call->request->web_origin, &passkey->credential);
    if (wrong)
        call_fail(call, 403, "invalid_passkey", "The passkey does not sign you in: %s.", wrong);
    if (wrong)
        return false;
    passkey->last.at = now_ms();
    snprintf(passkey->last.from, sizeof passkey->last.from, "%s", call->request->from);
    store_passkey_use(call->store, passkey);
    return true;
}

void passkey_proofs(const struct passkey *passkey, struct token *token)
{
    token->proved = passkey->proved;
    token->proved_in_at = passkey->proved_in_at;
    snprintf(token->proved_in, sizeof token->proved_in, "%s", passkey->proved_in);
}

/* The session that the browser had ends. */
static void session_end(struct call *call)
{
    if (!call->caller.session)
        return;
    store_token_remove(call->store, call->caller.key);
    call_changed(call, call->caller.key, NEWS_RIGHTS);
}

void user_token_make(struct call *call, struct token *token, const char *user, const char *name,
                     int64_t life_ms, char credential[CREDENTIAL_SIZE])
{
    struct secret secret;
    const char *own = call_text(call, "name");
    token->role = roles_builtin[ROLE_MEMBER];
    snprintf(token->user, sizeof token->user, "%s", user);
    snprintf(token->name, sizeof token->name, "%s", own ? own : name);
    token->expires = now_ms() + life_ms;
    token_make(call->store, token, &secret);
    snprintf(credential, CREDENTIAL_SIZE, "%s:%s", token->key, secret.text);
    sodium_memzero(&secret, sizeof secret);
}

/* Gives the browser the session TOKEN, whose proofs are filled, of USER, who has signed in BY. */
static void session_begin(struct call *call, struct token *token, const struct user *user,
                          const char *by)
{
    session_end(call);
    if (!token_room(call, (struct token_owner){user->id, .user = true}))
        return;
    token->session = true;
    user_token_make(call, token, user->id, "", SESSION_LIFE_MS, call->answer->session);
    snprintf(call->caller.user, sizeof call->caller.user, "%s", user->id); /* the event's actor */
    call_event(call, "", "user.sign-in", user->id, token->name, "%s", by);
    cJSON *reply = cJSON_CreateObject();
    cJSON_AddItemToObject(reply, "user", user_json(user));
    call_reply(call, reply);
}

bool page_asks(struct call *call)
{
    if (!page_there(call))
        return false;
    if (!call->request->same_site)
        call_fail(call, 403, "other_site", "Only the page of this server signs people in.");
    return call->request->same_site;
}

void sign_in(struct call *call)
{
    struct passkey passkey;
    struct user user;
    struct token token = {0};
    if (!page_asks(call) || !passkey_proved(call, &passkey, &user))
        return;
    passkey_proofs(&passkey, &token);
    session_begin(call, &token, &user, passkey.name);
}

/* --- links --- */

/* What FROM proves, for TO. */
static void proofs_copy(const struct token *from, struct token *to)
{
    to->proved = from->proved;
    to->proved_in_at = from->proved_in_at;
    snprintf(to->proved_in, sizeof to->proved_in, "%s", from->proved_in);
}

void sign_in_link(struct call *call)
{
    const char *user = call->caller.user;
    char credential[CREDENTIAL_SIZE], link[LINK_SIZE];
    struct token token = {.link = true};
    if (!call_by_user(call, "sign in to the page") || !page_there(call) ||
        !token_room(call, (struct token_owner){user, .user = true}))
        return;
    proofs_copy(&call->caller, &token);
    user_token_make(call, &token, user, "sign-in link", LINK_LIFE_MS, credential);
    snprintf(link, sizeof link, "%s/#%s", call->request->web_origin, credential);
    cJSON *reply = cJSON_CreateObject();
    cJSON_AddStringToObject(reply, "link", link);
    record_time_or_null(reply, "expiresAt", token.expires);
    call_reply(call, reply);
    sodium_memzero(credential, sizeof credential);
    sodium_memzero(link, sizeof link);
}

/* The account that the body's code opens, a link's or a mailed one's, and what that proves, for
 * TOKEN; false without one. The code is used up. */
static bool link_open(struct call *call, struct token *token, struct user *user)
{
    struct token link;
    char key[ID_SIZE];
    unsigned char hash[SECRET_HASH_SIZE];
    const char *code = call_text(call, "code");
    if (mailed_link_open(call, code, user)) {
        token->proved = proof_time(call, user->id);
        return true;
    }
    if (!secret_split(code, key, hash) || !caller_find(call->store, key, &link) || !link.link ||
        !secret_same(hash, link.hash) || !store_user(call->store, link.user, user) ||
        user->disabled)
        return false;
    store_token_remove(call->store, link.key);
    proofs_copy(&link, token);
    return true;
}

void sign_in_by_link(struct call *call)
{
    struct token token = {0};
    struct user user;
    if (!page_asks(call))
        return;
    if (link_open(call, &token, &user))
        session_begin(call, &token, &user, "link");
    else
        call_fail(call, 404, "link_not_found",
                  "There is no such link; it may have been used or have expired.");
}

void sign_out(struct call *call)
{
    session_end(call);
    call_revoked(call, call->caller.session);
}
