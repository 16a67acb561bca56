/* The noun invitation. */
#include <stdio.h>
#include <string.h>

#include "orgadmin/nouns/invite.h"
#include "orgadmin/nouns/issue.h"
#include "orgadmin/nouns/key.h"
#include "orgadmin/nouns/listing.h"
#include "orgadmin/nouns/nouns.h"
#include "orgadmin/remote/ask_first.h"
#include "orgadmin/remote/found.h"

enum exit_status invitation_list(const struct invocation *inv)
{
    return listing(inv, OP_INVITATION_LIST, LISTING_ORG, NULL);
}

enum exit_status invitation_create(const struct invocation *inv)
{
    return invite_person(inv, OP_INVITATION_CREATE);
}

enum exit_status invitation_revoke(const struct invocation *inv)
{
    struct found f;
    enum exit_status status = found_open(inv, OP_INVITATION_REVOKE, NULL, OP_INVITATION_LIST, &f);
    if (status != EXIT_DONE)
        return status;
    const char *email = found_text(&f, "email"), *org = f.c.now.org_name;
    status = ask_first(inv, "yes", "Withdraw the invitation of %s to %s?", email, org);
    if (status == EXIT_DONE)
        status = found_run(&f, OP_INVITATION_REVOKE);
    if (status == EXIT_DONE)
        note("%s is no longer invited to %s.", email, org);
    found_close(&f);
    return status;
}

enum exit_status invitation_resend(const struct invocation *inv)
{
    struct found f;
    cJSON *invited = NULL;
    enum exit_status status = found_open(inv, OP_INVITATION_RESEND, NULL, OP_INVITATION_LIST, &f);
    if (status != EXIT_DONE)
        return status;
    const char *email = found_text(&f, "email");
    const struct provider_arg args[] = {{"id", f.id}, {0}};
    status = issue(inv, &f.c, OP_INVITATION_RESEND, args, "token", &invited);
    if (status == EXIT_DONE && invited)
        invitation_note(inv, &f.c, email, invited);
    else if (status == EXIT_DONE)
        note("The invitation of %s to %s is sent again.", email, f.c.now.org_name);
    cJSON_Delete(invited);
    found_close(&f);
    return status;
}

/* Stores the account that was made as the login, first of all its token, which is shown only now.
 */
static enum exit_status become(struct connection *c, struct private_file *file,
                               const cJSON *acceptance)
{
    struct context *now = &c->now;
    const char *bearer = record_text(acceptance, "bearer");
    if (*bearer == '\0' || strlen(bearer) >= sizeof now->token)
        return complain(EXIT_AWAY,
                        "the invitation is accepted, but the answer has no usable token");
    memcpy(now->token, bearer, strlen(bearer) + 1);
    const char *email = record_text(acceptance, "email"); /* what login would call it */
    snprintf(now->account, sizeof now->account, "%s",
             *email ? email : record_text(acceptance, "username"));
    enum exit_status status = context_save(file, now);
    if (status == EXIT_DONE)
        status = connection_reopen(c);
    if (status == EXIT_DONE)
        status = connection_find_org(c, record_text(acceptance, "organization"));
    if (status == EXIT_DONE)
        status = context_begin(file, now->profile);
    if (status == EXIT_DONE)
        status = context_save(file, now);
    if (status == EXIT_DONE)
        status = context_use(now->profile);
    if (status == EXIT_DONE)
        note("Logged in to %s as %s. Organization: %s.", now->url,
             record_text(acceptance, "username"), now->org_name);
    return status;
}

/* Not every API tells of which organization the invitation was. */
static void tell_accepted(const char *org)
{
    note("The invitation is accepted%s%s.", *org ? ": you are in " : "", org);
}

static enum exit_status accept_with(const struct invocation *inv, struct connection *c,
                                    const char *token, const char *key)
{
    const struct provider_arg args[] = {{"token", token},
                                        {"username", inv->option[OPTION_USERNAME]},
                                        {"name", inv->option[OPTION_NAME]},
                                        {"key", key},
                                        {0}};
    struct private_file file = {.fd = -1};
    cJSON *acceptance = NULL;
    bool anonymous = *c->now.token == '\0';
    enum exit_status status = anonymous ? context_begin(&file, c->now.profile) : EXIT_DONE;
    if (status == EXIT_DONE)
        status = connection_get(c, OP_INVITATION_ACCEPT, args, &acceptance);
    if (status == EXIT_DONE && anonymous)
        status = become(c, &file, acceptance);
    if (status == EXIT_DONE && !anonymous)
        tell_accepted(record_text(acceptance, "organization"));
    if (status == EXIT_DONE) {
        cJSON_DeleteItemFromObjectCaseSensitive(acceptance, "bearer");
        status = output(inv, acceptance);
    }
    private_file_abandon(&file);
    cJSON_Delete(acceptance);
    return status;
}

enum exit_status invitation_accept(const struct invocation *inv)
{
    struct connection c;
    char token[SECRET_MAX] = "";
    struct key_file key = {.path = ""};
    enum exit_status status = connection_open(inv, NULL, NEED_URL, &c);
    if (status != EXIT_DONE)
        return status;
    bool anonymous = *c.now.token == '\0';
    if (anonymous)
        status = context_vacant(inv->option[OPTION_PROFILE], c.now.url, NULL, c.now.profile);
    if (status == EXIT_DONE && anonymous && !inv->option[OPTION_USERNAME])
        status = complain(EXIT_USAGE,
                          "you are not logged in to %s, so an account is made: give "
                          "--username USER",
                          c.now.url);
    else if (!anonymous && (inv->option[OPTION_USERNAME] || inv->option[OPTION_NAME]))
        status = complain(EXIT_USAGE,
                          "you are logged in to %s: --username and --name are for a new "
                          "account",
                          c.now.url);
    if (status == EXIT_DONE && inv->option[OPTION_KEY])
        status = key_read_from(inv->option[OPTION_KEY], &key);
    if (status == EXIT_DONE)
        status = secret_read(inv->option[OPTION_TOKEN_FILE], "Token of the invitation", token);
    if (status == EXIT_DONE)
        status = accept_with(inv, &c, token, key.line[0] ? key.line : NULL);
    explicit_bzero(token, sizeof token);
    connection_close(&c);
    return status;
}
