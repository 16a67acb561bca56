/* The noun subscription. */
#include "orgadmin/nouns/listing.h"
#include "orgadmin/nouns/nouns.h"

enum exit_status subscription_list(const struct invocation *inv)
{
    return listing(inv, OP_SUBSCRIPTION_LIST, LISTING_ORG, NULL);
}
