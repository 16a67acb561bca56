/* The noun audit. */
#include "orgadmin/nouns/listing.h"
#include "orgadmin/nouns/moment.h"
#include "orgadmin/nouns/nouns.h"

enum exit_status audit_list(const struct invocation *inv)
{
    char from[MOMENT_MAX], to[MOMENT_MAX];
    const struct provider_arg args[] = {{"action", inv->option[OPTION_ACTION]},
                                        {"from", moment_begin(inv->option[OPTION_FROM], from)},
                                        {"to", moment_end(inv->option[OPTION_TO], to)},
                                        {0}};
    return listing(inv, OP_AUDIT_LIST, LISTING_ORG, args);
}
