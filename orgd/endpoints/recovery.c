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

static void code_mail(struct call *call, const struct user *user, const struct recovery *recovery,
                      const char *secret)
{
    char expires[40];
    mail_date(recovery->expires, expires, sizeof expires);
    letter_begin(call, user->email, recovery->id, "Your account: a code to recover it");
    call->answer->letter.behind = true;
    letter_add(call,
               "Somebody, perhaps you, asked for a way back into the account %s.\r\n\r\n"
               "\"orgadmin user recover\" makes a new token with this code, and ends the others:"
               "\r\n\r\n%s:%s\r\n\r\n"
               "The code works once, until %s. If you did not ask for it, do nothing, and give it "
               "to nobody.\r\n",
               user->username, recovery->id, secret, expires);
}

/* The account of the body's address, if it gets a code now. */
static bool account_due(struct call *call, int64_t now, struct user *user)
{
    return store_user_by_email(call->store, call_text(call, "email"), user) && !user->disabled &&
           store_recovery_count(call->store, user->id, now - DAY_MS) < CODES_A_DAY;
}

/* The answer, and the time that it takes, are the same whether or not anybody has the address: a
 * row is written each time, and the mail goes behind the answer. */
void user_recover(struct call *call)
{
    struct user user = {0};
    struct secret secret;
    if (!call->request->letterhead->from) {
        call_fail(call, 409, "no_mail",
                  "This server sends no mail: ask its operator for a token (orgd user token).");
        return;
    }
    struct recovery recovery = {.id = "rec_", .created = now_ms()};
    secret_make(&secret);
    memcpy(recovery.hash, secret.hash, sizeof recovery.hash);
    if (account_due(call, recovery.created, &user)) {
        id_make("rec_", recovery.id);
        snprintf(recovery.user, sizeof recovery.user, "%s", user.id);
        recovery.expires = recovery.created + CODE_LIFE_MS;
        code_mail(call, &user, &recovery, secret.text);
    }
    store_recovery_add(call->store, &recovery);
    sodium_memzero(&secret, sizeof secret);
    call_ok(call);
}

/* The account that the body's code opens; fails the call without one. */
static bool code_open(struct call *call, struct user *user)
{
    struct recovery recovery;
    char id[ID_SIZE];
    unsigned char hash[SECRET_HASH_SIZE];
    if (secret_split(call_text(call, "code"), id, hash) &&
        store_recovery(call->store, id, &recovery) && secret_same(hash, recovery.hash) &&
        recovery.expires > now_ms() && store_user(call->store, recovery.user, user) &&
        !user->disabled)
        return true;
    call_fail(call, 404, "code_not_found",
              "There is no such code; it may have been used, replaced or have expired.");
    return false;
}

void user_recover_confirm(struct call *call)
{
    struct user user;
    char key[ID_SIZE], detail[64];
    if (!code_open(call, &user))
        return;
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
