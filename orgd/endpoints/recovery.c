/* The way back into an account whose tokens are lost or stolen: a code that goes by mail alone. */
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "orgd/endpoints/endpoints.h"
#include "orgd/endpoints/letter.h"
#include "orgd/endpoints/record.h"
#include "orgd/now.h"

#define CODE_LIFE_MS (3600LL * 1000)
#define DAY_MS       (24LL * 3600 * 1000)
#define CODES_A_DAY  3

#define CODE_PREFIX "rec_"  /* of a code, which gives a token */
#define MAIL_PREFIX "mail_" /* of a link to the page, which signs in there */

static void code_letter(struct call *call, const struct user *user, const char *code,
                        const char *expires)
{
    letter_add(call,
               "Somebody, perhaps you, asked for a way back into the account %s.\r\n\r\n"
               "\"orgadmin user recover\" makes a new token with this code, and ends the others:"
               "\r\n\r\n%s\r\n\r\n"
               "The code works once, until %s. If you did not ask for it, do nothing, and give it "
               "to nobody.\r\n",
               user->username, code, expires);
}

static void link_letter(struct call *call, const struct user *user, const char *code,
                        const char *expires)
{
    letter_add(
        call,
        "Somebody, perhaps you, asked for a link that signs in to the page as %s:"
        "\r\n\r\n%s/#%s\r\n\r\n"
        "The link works once, until %s. Whoever has it is you: if you did not ask for it, do "
        "nothing, and give it to nobody.\r\n",
        user->username, call->request->web_origin, code, expires);
}

/* What is mailed on request, to the account's address. */
static const struct mailed {
    const char *prefix; /* of its id */
    const char *subject;
    void (*letter)(struct call *call, const struct user *user, const char *code,
                   const char *expires);
} code_mailed = {CODE_PREFIX, "Your account: a code to recover it", code_letter},
  link_mailed = {MAIL_PREFIX, "Your account: a link to sign in", link_letter};

static void mail_write(struct call *call, const struct mailed *mailed, const struct user *user,
                       const struct recovery *recovery, const char *secret)
{
    char expires[40], code[CREDENTIAL_SIZE];
    snprintf(code, sizeof code, "%s:%s", recovery->id, secret);
    mail_date(recovery->expires, expires, sizeof expires);
    letter_begin(call, user->email, recovery->id, mailed->subject);
    call->answer->letter.behind = true;
    mailed->letter(call, user, code, expires);
    sodium_memzero(code, sizeof code);
}

/* The account of the body's address, if it gets a mail now. The same is asked of the store whether
 * or not there is one. */
static bool account_due(struct call *call, int64_t now, struct user *user)
{
    bool found = store_user_by_email(call->store, call_text(call, "email"), user);
    int64_t count = store_recovery_count(call->store, user->id, now - DAY_MS);
    return found && !user->disabled && count < CODES_A_DAY;
}

/* The answer, and the time that it takes, are the same whether or not anybody has the address: a
 * row is written each time, and the mail goes behind the answer. */
static void mail_on_request(struct call *call, const struct mailed *mailed)
{
    struct user user = {0};
    struct secret secret;
    struct recovery recovery = {.id = "rec_", .created = now_ms()};
    secret_make(&secret);
    memcpy(recovery.hash, secret.hash, sizeof recovery.hash);
    if (account_due(call, recovery.created, &user)) {
        id_make(mailed->prefix, recovery.id);
        snprintf(recovery.user, sizeof recovery.user, "%s", user.id);
        recovery.expires = recovery.created + CODE_LIFE_MS;
        mail_write(call, mailed, &user, &recovery, secret.text);
    }
    store_recovery_add(call->store, &recovery);
    sodium_memzero(&secret, sizeof secret);
    call_ok(call);
}

/* True if mail is sent; else the call has failed. */
static bool mail_there(struct call *call, const char *otherwise)
{
    if (!call->request->letterhead->from)
        call_fail(call, 409, "no_mail", "This server sends no mail: %s.", otherwise);
    return call->request->letterhead->from;
}

void user_recover(struct call *call)
{
    if (mail_there(call, "ask its operator for a token (orgd user token)"))
        mail_on_request(call, &code_mailed);
}

void sign_in_by_mail(struct call *call)
{
    if (page_asks(call) && mail_there(call, "orgadmin login --web makes a link"))
        mail_on_request(call, &link_mailed);
}

/* The account that CODE of the kind PREFIX opens; false when there is none. */
static bool code_opens(struct call *call, const char *prefix, const char *code, struct user *user)
{
    struct recovery recovery;
    char id[ID_SIZE];
    unsigned char hash[SECRET_HASH_SIZE];
    return secret_split(code, id, hash) && strncmp(id, prefix, strlen(prefix)) == 0 &&
           store_recovery(call->store, id, &recovery) && secret_same(hash, recovery.hash) &&
           recovery.expires > now_ms() && store_user(call->store, recovery.user, user) &&
           !user->disabled;
}

bool mailed_link_open(struct call *call, const char *code, struct user *user)
{
    if (!code_opens(call, MAIL_PREFIX, code, user))
        return false;
    store_recovery_end(call->store, user->id);
    snprintf(call->caller.user, sizeof call->caller.user, "%s", user->id); /* the events' actor */
    user_told(call, user, "user.sign-in-by-mail", "");
    return true;
}

void user_recover_confirm(struct call *call)
{
    struct user user;
    char key[ID_SIZE], detail[64];
    if (!code_opens(call, CODE_PREFIX, call_text(call, "code"), &user)) {
        call_fail(call, 404, "code_not_found",
                  "There is no such code; it may have been used, replaced or have expired.");
        return;
    }
    store_recovery_end(call->store, user.id);
    cJSON *reply = cJSON_CreateObject();
    cJSON_AddItemToObject(reply, "user", user_json(&user));
    user_token_issue(call, user.id, NULL, reply, key);
    bool keep = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(call->body, "keepTokens"));
    int64_t ended = keep ? 0 : user_tokens_end(call, user.id, key);
    cJSON_AddNumberToObject(reply, "ended", (double)ended);
    snprintf(detail, sizeof detail, "%lld tokens ended", (long long)ended);
    snprintf(call->caller.user, sizeof call->caller.user, "%s", user.id); /* the events' actor */
    user_changed(call, &user, REACH_CURRENT, NEWS_GATHERED, "user.recover", detail);
    call_reply(call, reply);
}
