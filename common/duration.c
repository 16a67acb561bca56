#include "common/duration.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

bool duration_parse(const char *text, int64_t min, int64_t max, int64_t *ms)
{
    static const struct {
        const char *unit;
        int64_t ms;
    } units[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"d", 86400000}};
    char *end = NULL;
    errno = 0;
    long n = isdigit((unsigned char)*text) ? strtol(text, &end, 10) : -1;
    for (size_t i = 0; n >= 0 && errno == 0 && i < sizeof units / sizeof *units; i++) {
        if (strcmp(end, units[i].unit) != 0)
            continue;
        if (n > max / units[i].ms || n * units[i].ms < min)
            return false;
        *ms = n * units[i].ms;
        return true;
    }
    return false;
}
