#include "orgd/endpoints/letter.h"

#include <stdarg.h>
#include <stdio.h>

#include "orgd/now.h"

#define LETTER_MAX 8192

void letter_begin(struct call *call, const char *to, const char *about, const char *subject)
{
    struct letter *letter = &call->answer->letter;
    snprintf(letter->to, sizeof letter->to, "%s", to);
    snprintf(letter->about, sizeof letter->about, "%s", about);
    snprintf(letter->organization, sizeof letter->organization, "%s", call->organization.id);
    letter->subject = subject;
    letter->date = now_ms();
}

void letter_add(struct call *call, const char *format, ...)
{
    char text[1024];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (len > 0 && (size_t)len < sizeof text)
        buffer_add(&call->answer->letter.text, text, (size_t)len, LETTER_MAX);
}
