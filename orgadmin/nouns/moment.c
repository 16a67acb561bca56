#include "orgadmin/nouns/moment.h"

#include <stdio.h>
#include <string.h>

static const char *moment(const char *given, const char *clock, char out[MOMENT_MAX])
{
    if (!given || strlen(given) != 10 || strspn(given, "0123456789-") != 10)
        return given;
    snprintf(out, MOMENT_MAX, "%s%s", given, clock);
    return out;
}

const char *moment_begin(const char *given, char out[MOMENT_MAX])
{
    return moment(given, "T00:00:00.000Z", out);
}

const char *moment_end(const char *given, char out[MOMENT_MAX])
{
    return moment(given, "T23:59:59.999Z", out);
}
