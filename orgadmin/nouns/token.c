/* The noun token. */
#include "orgadmin/nouns/issue.h"
#include "orgadmin/nouns/listing.h"
#include "orgadmin/nouns/moment.h"
#include "orgadmin/nouns/nouns.h"
#include "orgadmin/remote/ask_first.h"
#include "orgadmin/remote/found.h"

enum exit_status token_list(const struct invocation *inv)
{
    return listing(inv, OP_TOKEN_LIST, LISTING_ORG, NULL);
}

enum exit_status token_create(const struct invocation *inv)
{
    char place[PLACE_MAX], expires[MOMENT_MAX];
    struct connection c;
    const struct provider_arg args[] = {
        {"name", inv->option[OPTION_NAME]},
        {"role", inv->option[OPTION_ROLE]},
        {"expires", moment_end(inv->option[OPTION_EXPIRES], expires)},
        {0}};
    enum exit_status status = connection_open_for(inv, OP_TOKEN_CREATE, args, &c);
    if (status != EXIT_DONE)
        return status;
    status = issue(inv, &c, OP_TOKEN_CREATE, args, "bearer", NULL);
    if (status == EXIT_DONE)
        note("The token is %s.", issue_place(inv, place));
    connection_close(&c);
    return status;
}

enum exit_status token_revoke(const struct invocation *inv)
{
    struct found f;
    enum exit_status status = found_open(inv, OP_TOKEN_REVOKE, NULL, OP_TOKEN_LIST, &f);
    if (status != EXIT_DONE)
        return status;
    const char *name = found_text(&f, "name");
    status = ask_first(inv, "yes", "Make the token %s (%s%s%s) of %s invalid?", f.id, name,
                       *name ? ", " : "", found_text(&f, "role"), f.c.now.org_name);
    if (status == EXIT_DONE)
        status = found_run(&f, OP_TOKEN_REVOKE);
    if (status == EXIT_DONE)
        note("The token %s is no longer valid in %s.", f.id, f.c.now.org_name);
    found_close(&f);
    return status;
}
