/* The noun user: the account that one is logged in with, and the way back into it. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "orgadmin/nouns/listing.h"
#include "orgadmin/nouns/nouns.h"
#include "orgadmin/output/output.h"
#include "orgadmin/remote/connection.h"
#include "orgadmin/remote/credential.h"
#include "orgadmin/remote/interrupt.h"

enum exit_status user_show(const struct invocation *inv)
{
    return listing(inv, OP_WHOAMI, LISTING_ONE, NULL);
}

enum exit_status user_edit(const struct invocation *inv)
{
    const struct provider_arg args[] = {
        {"name", inv->option[OPTION_NAME]}, {"username", inv->option[OPTION_USERNAME]}, {0}};
    if (!args[0].value && !args[1].value)
        return complain(EXIT_USAGE, "nothing is to be changed: give --name or --username");
    return listing(inv, OP_USER_EDIT, LISTING_ONE, args);
}

/* --- recovery --- */

/* Connects without a token: the stored one is lost, stolen or ended. */
static enum exit_status open_as_nobody(const struct invocation *inv, struct connection *c)
{
    enum exit_status status = connection_open(inv, NULL, NEED_URL, c);
    if (status != EXIT_DONE)
        return status;
    explicit_bzero(c->now.token, sizeof c->now.token);
    status = connection_reopen(c);
    if (status != EXIT_DONE)
        connection_close(c);
    return status;
}

static enum exit_status ask_for_code(const struct invocation *inv)
{
    struct connection c;
    struct hint line = {.used = 0};
    const struct provider_arg args[] = {{"email", inv->arg[0]}, {0}};
    enum exit_status status = open_as_nobody(inv, &c);
    if (status != EXIT_DONE)
        return status;
    status = connection_run(&c, OP_USER_RECOVER, args);
    hint_option(&line, "--profile", inv->option[OPTION_PROFILE]);
    hint_server(&line, &c.now);
    if (status == EXIT_DONE)
        note(
            "If %s has an account at %s, a code is on its way there by mail. It works once, for an "
            "hour: orgadmin user recover%s",
            inv->arg[0], c.now.url, line.text);
    connection_close(&c);
    return status;
}

/* Stores the account's new token as the login. */
static enum exit_status become(struct connection *c, struct private_file *file,
                               const cJSON *recovery)
{
    struct context *now = &c->now;
    const char *bearer = record_text(recovery, "bearer"), *email = record_text(recovery, "email");
    if (strlen(bearer) >= sizeof now->token)
        return complain(EXIT_AWAY, "the account is recovered, but the answer has no usable token");
    memcpy(now->token, bearer, strlen(bearer) + 1);
    snprintf(now->account, sizeof now->account, "%s",
             *email ? email : record_text(recovery, "username"));
    enum exit_status status = context_save(file, now);
    if (status == EXIT_DONE)
        status = context_use(now->profile);
    if (status == EXIT_DONE)
        note("Logged in to %s as %s. %.0f other tokens ended.", now->url,
             record_text(recovery, "username"),
             cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(recovery, "ended")));
    return status;
}

static enum exit_status confirm(const struct invocation *inv, struct connection *c,
                                const char *code)
{
    const struct provider_arg args[] = {
        {"code", code}, {"keep", inv->option[OPTION_KEEP_TOKENS] ? "true" : NULL}, {0}};
    struct private_file file = {.fd = -1};
    cJSON *recovery = NULL;
    enum exit_status status = context_begin(&file, c->now.profile);
    interrupt_hold(); /* the token comes once */
    if (status == EXIT_DONE)
        status = connection_get(c, OP_USER_CONFIRM, args, &recovery);
    if (status == EXIT_DONE)
        status = become(c, &file, recovery);
    interrupt_release();
    private_file_abandon(&file);
    cJSON_Delete(recovery);
    return status;
}

static enum exit_status use_code(const struct invocation *inv)
{
    struct connection c;
    char code[SECRET_MAX] = "";
    enum exit_status status = open_as_nobody(inv, &c);
    if (status != EXIT_DONE)
        return status;
    if (!c.logged_in)
        status = context_vacant(inv->option[OPTION_PROFILE], c.now.url, NULL, c.now.profile);
    if (status == EXIT_DONE)
        status = secret_read(inv->option[OPTION_TOKEN_FILE], "Code from the mail", code);
    if (status == EXIT_DONE)
        status = confirm(inv, &c, code);
    explicit_bzero(code, sizeof code);
    connection_close(&c);
    return status;
}

enum exit_status user_recover(const struct invocation *inv)
{
    return inv->arg[0] ? ask_for_code(inv) : use_code(inv);
}
