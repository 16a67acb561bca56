#include "orgadmin/nouns/moment.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define DAY_S 86400

/* The number of LEN digits at TEXT, or -1. */
static int number(const char *text, size_t len)
{
    int n = 0;
    for (size_t i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9')
            return -1;
        n = n * 10 + (text[i] - '0');
    }
    return n;
}

/* Reads YYYY-MM-DD at TEXT into *TM; false when there is no such day. */
static bool read_day(const char *text, struct tm *tm)
{
    if (strlen(text) < 10 || text[4] != '-' || text[7] != '-')
        return false;
    *tm = (struct tm){.tm_year = number(text, 4) - 1900,
                      .tm_mon = number(text + 5, 2) - 1,
                      .tm_mday = number(text + 8, 2)};
    struct tm same = *tm;
    return number(text, 4) > 0 && tm->tm_mon >= 0 && tm->tm_mday > 0 && timegm(&same) != -1 &&
           same.tm_mday == tm->tm_mday && same.tm_mon == tm->tm_mon;
}

/* Reads an offset such as +02:00, Z or nothing; false for anything else. */
static bool read_offset(const char *text, int *seconds)
{
    *seconds = 0;
    if (*text == '\0' || strcmp(text, "Z") == 0 || strcmp(text, "z") == 0)
        return true;
    if ((*text != '+' && *text != '-') || strlen(text) != 6 || text[3] != ':')
        return false;
    int hours = number(text + 1, 2), minutes = number(text + 4, 2);
    *seconds = (hours * 60 + minutes) * (*text == '-' ? -60 : 60);
    return hours >= 0 && hours < 24 && minutes >= 0 && minutes < 60;
}

/* Reads THH:MM:SS.fff and an offset at TEXT, for the day in *TM, and writes it in UTC. */
static bool read_time(const char *text, struct tm *tm, char out[MOMENT_MAX])
{
    static const char seconds[] = "%Y-%m-%dT%H:%M:%S";
    char when[MOMENT_MAX];
    int offset;
    if (strlen(text) < 9 || !strchr("Tt ", *text) || text[3] != ':' || text[6] != ':')
        return false;
    tm->tm_hour = number(text + 1, 2);
    tm->tm_min = number(text + 4, 2);
    tm->tm_sec = number(text + 7, 2);
    if (tm->tm_hour < 0 || tm->tm_hour > 23 || tm->tm_min < 0 || tm->tm_min > 59 ||
        tm->tm_sec < 0 || tm->tm_sec > 59)
        return false;
    const char *fraction = text + 9;
    size_t len = *fraction == '.' ? 1 + strspn(fraction + 1, "0123456789") : 0;
    if (len == 1 || len > 10 || !read_offset(fraction + len, &offset))
        return false;
    time_t at = timegm(tm) - offset;
    gmtime_r(&at, tm);
    strftime(when, sizeof when, seconds, tm);
    snprintf(out, MOMENT_MAX, "%.19s%.*sZ", when, (int)len, fraction);
    return true;
}

/* True when GIVEN is a day or a time, which OUT has then; CLOCK is put behind a day. */
static bool read_moment(const char *given, const char *clock, char out[MOMENT_MAX])
{
    static const char *const words[] = {"yesterday", "today", "tomorrow"};
    struct tm tm;
    char day[16];
    for (int i = 0; i < 3; i++) {
        time_t at = time(NULL) + (i - 1) * DAY_S;
        if (strcmp(given, words[i]) != 0)
            continue;
        gmtime_r(&at, &tm);
        strftime(day, sizeof day, "%Y-%m-%d", &tm);
        given = day;
        break;
    }
    if (!read_day(given, &tm))
        return false;
    if (given[10] != '\0')
        return read_time(given + 10, &tm, out);
    snprintf(out, MOMENT_MAX, "%.10s%s", given, clock);
    return true;
}

enum exit_status moment_check(const char *what, const char *given)
{
    char out[MOMENT_MAX];
    return read_moment(given, "", out)
               ? EXIT_DONE
               : complain(EXIT_USAGE, "%s: \"%s\" is no time: give " MOMENT_FORMS, what, given);
}

static const char *moment(const char *given, const char *clock, char out[MOMENT_MAX])
{
    return given && read_moment(given, clock, out) ? out : given;
}

const char *moment_begin(const char *given, char out[MOMENT_MAX])
{
    return moment(given, "T00:00:00.000Z", out);
}

const char *moment_end(const char *given, char out[MOMENT_MAX])
{
    return moment(given, "T23:59:59.999Z", out);
}
