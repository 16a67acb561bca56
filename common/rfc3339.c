#include "common/rfc3339.h"

#include <string.h>
#include <time.h>

#define DATE_FORMAT "%Y-%m-%dT%H:%M:%S"

/* Z, or +HH:MM before or behind it, in minutes. */
static bool offset_parse(const char *text, int *minutes)
{
    struct tm tm = {0};
    char exact[16];
    *minutes = 0;
    if (strcmp(text, "Z") == 0)
        return true;
    if ((text[0] != '+' && text[0] != '-') || !strptime(text + 1, "%H:%M", &tm))
        return false;
    *minutes = (tm.tm_hour * 60 + tm.tm_min) * (text[0] == '-' ? -1 : 1);
    strftime(exact, sizeof exact, "%H:%M", &tm);
    return strcmp(text + 1, exact) == 0;
}

/* Reads 2026-01-02T03:04:05 as it would be written, and moves *TEXT behind it: strptime is content
 * with less, and with a 31st of February. */
static bool date_parse(const char **text, time_t *seconds)
{
    struct tm tm = {0};
    char exact[32];
    const char *end = strptime(*text, DATE_FORMAT, &tm);
    if (!end)
        return false;
    *seconds = timegm(&tm);
    size_t len = strftime(exact, sizeof exact, DATE_FORMAT, &tm);
    bool same = len == (size_t)(end - *text) && memcmp(exact, *text, len) == 0;
    *text = end;
    return same;
}

bool rfc3339_parse(const char *text, int64_t *ms)
{
    time_t seconds;
    int minutes, fraction = 0, unit = 100;
    if (!date_parse(&text, &seconds))
        return false;
    if (*text == '.') {
        const char *digits = ++text;
        for (; *text >= '0' && *text <= '9'; text++, unit /= 10)
            fraction += (*text - '0') * unit;
        if (text == digits)
            return false;
    }
    if (!offset_parse(text, &minutes))
        return false;
    *ms = ((int64_t)seconds - minutes * 60LL) * 1000 + fraction;
    return true;
}

const char *rfc3339_print(int64_t ms, char text[RFC3339_SIZE])
{
    time_t seconds = (time_t)(ms / 1000);
    struct tm tm;
    if (!gmtime_r(&seconds, &tm) || strftime(text, RFC3339_SIZE, DATE_FORMAT "Z", &tm) == 0)
        text[0] = '\0';
    return text;
}
