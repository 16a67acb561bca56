#include "orgsyncd/log.h"

#include <stdarg.h>
#include <stdio.h>

#include "common/name.h"

static bool debug;

void log_debug_on(void)
{
    debug = true;
}

bool log_is_debug(void)
{
    return debug;
}

void log_line(const char *format, ...)
{
    char line[1024], clean[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    /* One write, so that lines of several processes do not mix. */
    fprintf(stderr, "orgsyncd: %s\n", text_clean(clean, sizeof clean, line, false));
}
