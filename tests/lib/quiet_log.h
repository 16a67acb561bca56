/* In place of common/log.c: formats each line, so that a sanitizer sees its arguments, and drops
 * it. */
#ifndef TESTS_LIB_QUIET_LOG_H
#define TESTS_LIB_QUIET_LOG_H

#include <stdarg.h>
#include <stdio.h>

#include "common/log.h"

#define QUIET(function)                                                                            \
    void function(const char *format, ...)                                                         \
    {                                                                                              \
        char line[2048];                                                                           \
        va_list args;                                                                              \
        va_start(args, format);                                                                    \
        vsnprintf(line, sizeof line, format, args);                                                \
        va_end(args);                                                                              \
    }

QUIET(log_error)
QUIET(log_warning)
QUIET(log_info)
QUIET(log_debug)

bool log_is_debug(void)
{
    return false;
}

#endif
