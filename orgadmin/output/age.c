#include "orgadmin/output/age.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

const char *age_of(const char *text, char out[AGE_MAX])
{
    static const struct {
        long seconds;
        const char *unit;
    } units[] = {{365L * 86400, "y"}, {86400, "d"}, {3600, "h"}, {60, "min"}, {1, "s"}};
    struct tm tm = {0};
    const char *end = strlen(text) < 20 ? NULL : strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
    size_t fraction = end && *end == '.' ? 1 + strspn(end + 1, "0123456789") : 0;
    if (!end || (strcmp(end + fraction, "Z") != 0 && strcmp(end + fraction, "+00:00") != 0))
        return text;
    long past = (long)(time(NULL) - timegm(&tm)), size = past < 0 ? -past : past;
    size_t i = 0;
    while (i < 4 && size < 2 * units[i].seconds)
        i++;
    snprintf(out, AGE_MAX, past < 0 ? "in %ld %s" : "%ld %s ago", size / units[i].seconds,
             units[i].unit);
    return out;
}
