#include "orgadmin/host/span.h"

#include <inttypes.h>
#include <stdio.h>

const char *span(int64_t ms, char out[SPAN_MAX])
{
    static const struct {
        int64_t ms;
        const char *unit;
    } units[] = {{86400000, "d"}, {3600000, "h"}, {60000, "min"}, {1000, "s"}, {1, "ms"}};
    size_t i = 0;
    while (i < 4 && ms < 2 * units[i].ms)
        i++;
    snprintf(out, SPAN_MAX, "%" PRId64 " %s", ms / units[i].ms, units[i].unit);
    return out;
}
