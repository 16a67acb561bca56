#include "orgadmin/say.h"

#include <stdarg.h>
#include <stdio.h>

#include "common/name.h"

__attribute__((format(printf, 2, 0))) static void print_clean(const char *prefix,
                                                              const char *format, va_list ap)
{
    char raw[SAID_MAX], clean[SAID_MAX];
    if (vsnprintf(raw, sizeof raw, format, ap) < 0)
        raw[0] = '\0';
    fflush(stdout); /* what was printed before stands before, also where both go to one place */
    fprintf(stderr, "%s%s\n", prefix, text_clean(clean, sizeof clean, raw, false));
}

enum exit_status complain(enum exit_status status, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    print_clean("orgadmin: ", format, ap);
    va_end(ap);
    return status;
}

void note(const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    print_clean("", format, ap);
    va_end(ap);
}
