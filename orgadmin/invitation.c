/* The noun invitation, and member add, which is the same by another name. */
#include <string.h>

#include "orgadmin/connection.h"
#include "orgadmin/issue.h"
#include "orgadmin/listing.h"
#include "orgadmin/nouns.h"
#include "orgadmin/output.h"

enum exit_status invitation_list(const struct invocation *inv)
{
    static const struct column columns[] = {
        {"ID", "id", false},          {"EMAIL", "email", true},      {"ROLES", "roles", false},
        {"CREATED", "created", true}, {"EXPIRES", "expires", false}, {0},
    };
    return listing(inv, OP_INVITATION_LIST, LISTING_ORG, columns);
}

static enum exit_status invite(const struct invocation *inv, enum provider_op op)
{
    const struct provider_arg args[] = {
        {"email", inv->arg[0]}, {"role", inv->option[OPTION_ROLE]}, {0}};
    enum exit_status status = issue(inv, op, args, "token");
    if (status == EXIT_DONE)
        note("%s is invited. The token is shown only now; who has it can accept: orgadmin "
             "invitation "
             "accept",
             inv->arg[0]);
    return status;
}

enum exit_status invitation_create(const struct invocation *inv)
{
    return invite(inv, OP_INVITATION_CREATE);
}

enum exit_status member_add(const struct invocation *inv)
{
    return invite(inv, OP_MEMBER_ADD);
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
    enum exit_status status = context_save(file, now);
    if (status == EXIT_DONE)
        status = connection_reopen(c);
    if (status == EXIT_DONE)
        status = connection_find_org(c, record_text(acceptance, "organization"));
    if (status == EXIT_DONE)
        status = context_begin(file);
    if (status == EXIT_DONE)
        status = context_save(file, now);
    if (status == EXIT_DONE)
        note("Logged in to %s as %s. Organization: %s.", now->url,
             record_text(acceptance, "username"), now->org_name);
    return status;
}

static enum exit_status accept_with(const struct invocation *inv, struct connection *c,
                                    const char *token)
{
    static const struct column columns[] = {{"ORGANIZATION", "organization", false},
                                            {"ROLE", "role", false},
                                            {"USERNAME", "username", false},
                                            {0}};
    const struct provider_arg args[] = {{"token", token},
                                        {"username", inv->option[OPTION_USERNAME]},
                                        {"name", inv->option[OPTION_NAME]},
                                        {0}};
    struct private_file file = {.fd = -1};
    cJSON *acceptance = NULL;
    bool anonymous = *c->now.token == '\0';
    enum exit_status status = anonymous ? context_begin(&file) : EXIT_DONE;
    if (status == EXIT_DONE)
        status = connection_get(c, OP_INVITATION_ACCEPT, args, &acceptance);
    if (status == EXIT_DONE && anonymous)
        status = become(c, &file, acceptance);
    if (status == EXIT_DONE) {
        cJSON_DeleteItemFromObjectCaseSensitive(acceptance, "bearer");
        status = output(inv, columns, acceptance);
    }
    private_file_abandon(&file);
    cJSON_Delete(acceptance);
    return status;
}

enum exit_status invitation_accept(const struct invocation *inv)
{
    struct connection c;
    char token[SECRET_MAX] = "";
    enum exit_status status = connection_open(inv, NULL, NEED_URL, &c);
    if (status != EXIT_DONE)
        return status;
    bool anonymous = *c.now.token == '\0';
    if (anonymous && !inv->option[OPTION_USERNAME])
        status = complain(EXIT_USAGE,
                          "you are not logged in to %s, so an account is made: give "
                          "--username USER",
                          c.now.url);
    else if (!anonymous && (inv->option[OPTION_USERNAME] || inv->option[OPTION_NAME]))
        status = complain(EXIT_USAGE,
                          "you are logged in to %s: --username and --name are for a new "
                          "account",
                          c.now.url);
    if (status == EXIT_DONE)
        status = secret_read(inv->option[OPTION_TOKEN_FILE], "Token of the invitation", token);
    if (status == EXIT_DONE)
        status = accept_with(inv, &c, token);
    explicit_bzero(token, sizeof token);
    connection_close(&c);
    return status;
}
