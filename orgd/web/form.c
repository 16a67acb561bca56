#include "orgd/web/form.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "orgd/buffer.h"

static const char blanks[] = " \t\r\n";

bool is_form(const char *type)
{
    static const char form[] = "application/x-www-form-urlencoded";
    return type && strncasecmp(type, form, sizeof form - 1) == 0 &&
           strchr("; \t", type[sizeof form - 1]);
}

static int hex_digit(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = memchr(digits, c >= 'A' && c <= 'F' ? c - 'A' + 'a' : c, 16);
    return at ? (int)(at - digits) : -1;
}

/* Decodes the LEN bytes at TEXT in place of COPY; false for what is no encoding, or has a NUL. */
static bool decode(const char *text, size_t len, char *copy)
{
    for (size_t i = 0; i < len; i++) {
        char c = text[i] == '+' ? ' ' : text[i];
        if (c == '%') {
            int high = len - i > 2 ? hex_digit(text[i + 1]) : -1;
            int low = len - i > 2 ? hex_digit(text[i + 2]) : -1;
            if (high < 0 || low < 0)
                return false;
            c = (char)(high * 16 + low);
            i += 2;
        }
        if (c == '\0')
            return false;
        *copy++ = c;
    }
    *copy = '\0';
    return true;
}

static void trim(char *text)
{
    size_t before = strspn(text, blanks), len = strlen(text + before);
    while (len > 0 && strchr(blanks, text[before + len - 1]))
        len--;
    memmove(text, text + before, len);
    text[len] = '\0';
}

/* The encoded value of the field NAME, of *VALUE_LEN bytes; NULL when it is not there once. */
static const char *value_find(const char *body, size_t len, const char *name, size_t *value_len)
{
    size_t name_len = strlen(name);
    const char *end = body + len, *found = NULL;
    for (;;) {
        const char *next = memchr(body, '&', (size_t)(end - body));
        size_t field = next ? (size_t)(next - body) : (size_t)(end - body);
        if (field > name_len && body[name_len] == '=' && memcmp(body, name, name_len) == 0) {
            if (found)
                return NULL;
            found = body + name_len + 1;
            *value_len = field - name_len - 1;
        }
        if (!next)
            return found;
        body = next + 1;
    }
}

char *form_value(const char *body, size_t len, const char *name)
{
    size_t value_len = 0;
    const char *value = len > 0 ? value_find(body, len, name, &value_len) : NULL;
    if (!value)
        return NULL;
    char *text = memory_get(value_len + 1);
    bool good = decode(value, value_len, text);
    if (good)
        trim(text);
    if (good && *text)
        return text;
    free(text);
    return NULL;
}
