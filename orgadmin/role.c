/* The noun role. */
#include "orgadmin/listing.h"
#include "orgadmin/nouns.h"

enum exit_status role_list(const struct invocation *inv)
{
    static const struct column columns[] = {
        {"ROLE", "id", false}, {"PERMISSIONS", "permissions", true}, {0}};
    return listing(inv, OP_ROLE_LIST, LISTING_PLAIN, columns);
}
