/* The noun billing. */
#include "orgadmin/nouns/listing.h"
#include "orgadmin/nouns/nouns.h"

enum exit_status billing_show(const struct invocation *inv)
{
    return listing(inv, OP_BILLING_SHOW, LISTING_ORG | LISTING_ONE, NULL);
}

enum exit_status billing_edit(const struct invocation *inv)
{
    struct connection c;
    struct args args = {0};
    enum exit_status status = args_set(&args, inv);
    if (status == EXIT_DONE && args.count == 0)
        status = complain(EXIT_USAGE, "no change is given: give --set FIELD=VALUE");
    if (status == EXIT_DONE)
        status = connection_open_for(inv, OP_BILLING_EDIT, args.arg, &c);
    if (status != EXIT_DONE)
        return status;
    status = connection_run(&c, OP_BILLING_EDIT, args.arg);
    if (status == EXIT_DONE)
        note("The billing of %s is changed.", c.now.org_name);
    connection_close(&c);
    return status;
}
