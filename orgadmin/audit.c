/* The noun audit. */
#include <stdio.h>
#include <string.h>

#include "orgadmin/listing.h"
#include "orgadmin/nouns.h"

#define TIME_MAX 40

/* A day alone becomes its first or last moment; everything else is the API's to judge. */
static const char *moment(const char *given, const char *clock, char out[TIME_MAX])
{
    if (!given || strlen(given) != 10 || strspn(given, "0123456789-") != 10)
        return given;
    snprintf(out, TIME_MAX, "%s%s", given, clock);
    return out;
}

enum exit_status audit_list(const struct invocation *inv)
{
    char from[TIME_MAX], to[TIME_MAX];
    const struct provider_arg args[] = {
        {"action", inv->option[OPTION_ACTION]},
        {"from", moment(inv->option[OPTION_FROM], "T00:00:00.000Z", from)},
        {"to", moment(inv->option[OPTION_TO], "T23:59:59.999Z", to)},
        {0}};
    return listing(inv, OP_AUDIT_LIST, LISTING_ORG, args);
}
