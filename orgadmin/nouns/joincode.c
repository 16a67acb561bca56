/* The noun joincode. */
#include <string.h>

#include "orgadmin/nouns/issue.h"
#include "orgadmin/nouns/listing.h"
#include "orgadmin/nouns/moment.h"
#include "orgadmin/nouns/nouns.h"
#include "orgadmin/nouns/vocabulary.h"
#include "orgadmin/remote/ask_first.h"
#include "orgadmin/remote/found.h"

enum exit_status joincode_list(const struct invocation *inv)
{
    return listing(inv, OP_JOINCODE_LIST, LISTING_ORG, NULL);
}

enum exit_status joincode_create(const struct invocation *inv)
{
    char place[PLACE_MAX], expires[MOMENT_MAX];
    struct connection c;
    const struct provider_arg args[] = {
        {"role", inv->option[OPTION_ROLE]},
        {"max_uses", inv->option[OPTION_MAX_USES]},
        {"expires", moment_end(inv->option[OPTION_EXPIRES], expires)},
        {0}};
    enum exit_status status = connection_open_for(inv, OP_JOINCODE_CREATE, args, &c);
    if (status != EXIT_DONE)
        return status;
    status = vocabulary_check(&c, args[0].value, NULL);
    if (status == EXIT_DONE)
        status = issue(inv, &c, OP_JOINCODE_CREATE, args, "code", NULL);
    if (status == EXIT_DONE)
        note("The code is %s; whoever has it can join %s: orgadmin joincode join",
             issue_place(inv, place), c.now.org_name);
    connection_close(&c);
    return status;
}

enum exit_status joincode_revoke(const struct invocation *inv)
{
    struct found f;
    enum exit_status status = found_open(inv, OP_JOINCODE_REVOKE, NULL, OP_JOINCODE_LIST, &f);
    if (status != EXIT_DONE)
        return status;
    status = ask_first(inv, "yes", "Withdraw the join code %s (%s) of %s?", f.id,
                       found_text(&f, "role"), f.c.now.org_name);
    if (status == EXIT_DONE)
        status = found_run(&f, OP_JOINCODE_REVOKE);
    if (status == EXIT_DONE)
        note("Nobody can join %s with the code %s any more.", f.c.now.org_name, f.id);
    found_close(&f);
    return status;
}

static enum exit_status tell_joined(const struct invocation *inv, const cJSON *joining)
{
    bool already = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(joining, "already"));
    note("You are in %s %s.", record_text(joining, "organization"), already ? "already" : "now");
    return output(inv, joining);
}

enum exit_status joincode_join(const struct invocation *inv)
{
    struct connection c;
    char code[SECRET_MAX] = "";
    const struct provider_arg args[] = {{"code", code}, {0}};
    cJSON *joining = NULL;
    enum exit_status status = connection_open(inv, inv->option[OPTION_TOKEN_FILE], NEED_TOKEN, &c);
    if (status != EXIT_DONE)
        return status;
    status = secret_read(inv->option[OPTION_CODE_FILE], "Join code", code);
    if (status == EXIT_DONE)
        status = connection_get(&c, OP_JOINCODE_JOIN, args, &joining);
    if (status == EXIT_DONE)
        status = tell_joined(inv, joining);
    explicit_bzero(code, sizeof code);
    cJSON_Delete(joining);
    connection_close(&c);
    return status;
}
