/* In place of common/log.c: formats each line, so that a sanitizer sees its arguments, and drops
 * it. */
#ifndef TESTS_LIB_QUIET_LOG_H
#define TESTS_LIB_QUIET_LOG_H

#include <stdarg.h>
#include <stdio.h>

#include "common/log.h"

void log_line(int priority, const char *format, ...)
{
    char line[2048];
    va_list args;
    (void)priority;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
}

bool log_is_debug(void)
{
    return false;
}

#endif
