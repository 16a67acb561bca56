/* The noun token. */
#include "orgadmin/issue.h"
#include "orgadmin/nouns.h"

enum exit_status token_create(const struct invocation *inv)
{
    const struct provider_arg args[] = {
        {"name", inv->option[OPTION_NAME]}, {"role", inv->option[OPTION_ROLE]}, {0}};
    enum exit_status status = issue(inv, OP_TOKEN_CREATE, args, "bearer");
    if (status == EXIT_DONE)
        note("The token is shown only now.");
    return status;
}
