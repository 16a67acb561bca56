#include "orgadmin/output/width.h"

#include <string.h>

size_t character_width(const char **s, mbstate_t *state)
{
    wchar_t c;
    size_t len = mbrtowc(&c, *s, strlen(*s), state);
    if (len > strlen(*s)) {
        *state = (mbstate_t){0};
        return ((unsigned char)*(*s)++ & 0xc0) != 0x80;
    }
    *s += len;
    int width = wcwidth(c);
    return width > 0 ? (size_t)width : 0;
}

size_t text_width(const char *text)
{
    const char *s = text;
    while (*s >= ' ' && *s <= '~')
        s++;
    size_t width = (size_t)(s - text);
    mbstate_t state = {0};
    while (*s)
        width += character_width(&s, &state);
    return width;
}
