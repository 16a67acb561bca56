/* The noun token. */
#include <string.h>

#include "orgadmin/nouns/issue.h"
#include "orgadmin/nouns/listing.h"
#include "orgadmin/nouns/moment.h"
#include "orgadmin/nouns/nouns.h"
#include "orgadmin/nouns/vocabulary.h"
#include "orgadmin/remote/ask_first.h"
#include "orgadmin/remote/found.h"

enum exit_status token_list(const struct invocation *inv)
{
    return inv->option[OPTION_MINE] ? listing(inv, OP_OWN_TOKEN_LIST, LISTING_PLAIN, NULL)
                                    : listing(inv, OP_TOKEN_LIST, LISTING_ORG, NULL);
}

enum exit_status token_create(const struct invocation *inv)
{
    char place[PLACE_MAX], expires[MOMENT_MAX];
    struct connection c;
    bool mine = inv->option[OPTION_MINE];
    enum provider_op op = mine ? OP_OWN_TOKEN_CREATE : OP_TOKEN_CREATE;
    const struct provider_arg args[] = {
        {"name", inv->option[OPTION_NAME]},
        {"expires", moment_end(inv->option[OPTION_EXPIRES], expires)},
        {"role", inv->option[OPTION_ROLE]},
        {"env", inv->option[OPTION_ENV]},
        {0}};
    if (mine && (args[2].value || args[3].value))
        return complain(EXIT_USAGE,
                        "%s is for a token of the organization; your own token can do "
                        "what you can",
                        args[2].value ? "--role" : "--env");
    if (args[3].value && strcmp(args[3].value, "live") != 0 && strcmp(args[3].value, "test") != 0)
        return complain(EXIT_USAGE, "--env is live or test, not \"%s\"", args[3].value);
    enum exit_status status =
        mine ? connection_open(inv, inv->option[OPTION_TOKEN_FILE], NEED_TOKEN, &c)
             : connection_open_for(inv, op, args, &c);
    if (status != EXIT_DONE)
        return status;
    status = vocabulary_check(&c, args[2].value, NULL);
    if (status == EXIT_DONE)
        status = issue(inv, &c, op, args, "bearer", NULL);
    if (status == EXIT_DONE)
        note("The token is %s.", issue_place(inv, place));
    connection_close(&c);
    return status;
}

enum exit_status token_revoke(const struct invocation *inv)
{
    struct found f;
    bool mine = inv->option[OPTION_MINE];
    enum provider_op op = mine ? OP_OWN_TOKEN_REVOKE : OP_TOKEN_REVOKE;
    enum exit_status status = mine ? found_open_own(inv, OP_OWN_TOKEN_LIST, &f)
                                   : found_open(inv, op, NULL, OP_TOKEN_LIST, &f);
    if (status != EXIT_DONE)
        return status;
    const char *name = found_text(&f, "name"), *role = found_text(&f, "role");
    status = ask_first(inv, "yes", "Make the token %s (%s%s%s) of %s invalid?", f.id, name,
                       *name && *role ? ", " : "", role, f.c.now.org_name);
    if (status == EXIT_DONE)
        status = found_run(&f, op);
    if (status == EXIT_DONE)
        note("The token %s is no longer valid%s%s.", f.id, mine ? "" : " in ",
             mine ? "" : f.c.now.org_name);
    found_close(&f);
    return status;
}
