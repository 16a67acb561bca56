#include "orgd/http/stranger_log.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include "common/clock.h"
#include "common/log.h"

#define LINES_AT_ONCE 20
#define LINE_MS       1000 /* of each line beyond */
#define LINE_SIZE     512
#define COUNT_MS      10000 /* between two counts */

static int64_t paid;           /* clock_mono_ms when all written lines are paid for */
static int64_t counted;        /* the earliest time of the next count */
static unsigned long left_out; /* since the last count */

void stranger_log(int priority, const char *format, ...)
{
    char line[LINE_SIZE];
    va_list args;
    int64_t now = clock_mono_ms();
    if (paid < now)
        paid = now;
    if (paid + LINE_MS > now + LINES_AT_ONCE * LINE_MS) {
        if (left_out++ == 0 && counted < now)
            counted = now + COUNT_MS;
        return;
    }
    paid += LINE_MS;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    log_line(priority, "%s", line);
}

int stranger_log_count(void)
{
    int64_t wait = counted - clock_mono_ms();
    if (left_out == 0)
        return -1;
    if (wait > 0)
        return (int)wait;
    stranger_log_end();
    return -1;
}

void stranger_log_end(void)
{
    if (left_out > 0)
        log_warning("%lu lines about requests and connections without a valid token were left out",
                    left_out);
    left_out = 0;
}
