#include "orgd/log.h"

#include <stdarg.h>
#include <stdio.h>

#define LINE_SIZE 8192

/* One write, so that lines of several threads do not mix; no allocation, for the line that says
 * that there is no memory. */
__attribute__((format(printf, 1, 0))) static void line_write(const char *format, va_list args)
{
    char line[LINE_SIZE];
    vsnprintf(line, sizeof line, format, args);
    fprintf(stderr, "orgd: %s\n", line);
}

#define LOG_FUNCTION(name)                                                                         \
    void name(const char *format, ...)                                                             \
    {                                                                                              \
        va_list args;                                                                              \
        va_start(args, format);                                                                    \
        line_write(format, args);                                                                  \
        va_end(args);                                                                              \
    }
LOG_FUNCTION(log_error)
LOG_FUNCTION(log_warning)
LOG_FUNCTION(log_info)
LOG_FUNCTION(log_debug)
