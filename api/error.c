#include "api/error.h"

#include <stdarg.h>
#include <stdio.h>

#include "common/name.h"

enum api_status api_fail(struct api_error *err, enum api_status status, const char *format, ...)
{
    char raw[2 * sizeof err->message];
    va_list ap;
    va_start(ap, format);
    int n = vsnprintf(raw, sizeof raw, format, ap);
    va_end(ap);
    err->status = status;
    text_clean(err->message, sizeof err->message, n < 0 ? "an unprintable error" : raw, false);
    return status;
}
