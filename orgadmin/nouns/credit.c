/* The noun credit. */
#include "orgadmin/nouns/listing.h"
#include "orgadmin/nouns/moment.h"
#include "orgadmin/nouns/nouns.h"
#include "orgadmin/remote/ask_first.h"

enum exit_status credit_list(const struct invocation *inv)
{
    const struct provider_arg args[] = {
        {"all", inv->option[OPTION_ALL] ? "1" : NULL}, {"state", inv->option[OPTION_STATE]}, {0}};
    return listing(inv, OP_CREDIT_LIST, LISTING_ORG, args);
}

enum exit_status credit_create(const struct invocation *inv)
{
    char expires[MOMENT_MAX];
    const struct provider_arg args[] = {
        {"amount", inv->option[OPTION_AMOUNT]},
        {"expires", moment_end(inv->option[OPTION_EXPIRES], expires)},
        {"comment", inv->option[OPTION_COMMENT]},
        {0}};
    if (!args[0].value || !args[1].value)
        return complain(EXIT_USAGE, "a credit needs --amount DOLLARS and --expires TIME");
    return listing(inv, OP_CREDIT_CREATE, LISTING_ORG | LISTING_ONE, args);
}

enum exit_status credit_edit(const struct invocation *inv)
{
    char expires[MOMENT_MAX];
    const struct provider_arg args[] = {
        {"id", inv->arg[0]},
        {"amount", inv->option[OPTION_AMOUNT]},
        {"expires", moment_end(inv->option[OPTION_EXPIRES], expires)},
        {"comment", inv->option[OPTION_COMMENT]},
        {0}};
    if (!args[1].value && !args[2].value && !args[3].value)
        return complain(EXIT_USAGE, "no change is given: give --amount, --expires or --comment");
    return listing(inv, OP_CREDIT_EDIT, LISTING_ORG | LISTING_ONE, args);
}

enum exit_status credit_expire(const struct invocation *inv)
{
    struct connection c;
    const struct provider_arg args[] = {{"id", inv->arg[0]}, {0}};
    enum exit_status status = connection_open_for(inv, OP_CREDIT_EXPIRE, args, &c);
    if (status != EXIT_DONE)
        return status;
    status = ask_first(inv, "yes", "End the credit %s of %s now?", inv->arg[0], c.now.org_name);
    if (status == EXIT_DONE)
        status = connection_run(&c, OP_CREDIT_EXPIRE, args);
    if (status == EXIT_DONE)
        note("The credit %s of %s has ended.", inv->arg[0], c.now.org_name);
    connection_close(&c);
    return status;
}
