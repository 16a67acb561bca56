#include "orgd/web/template.h"

#include <stdbool.h>
#include <string.h>

#define PAGE_MAX_BYTES (1U << 20)

void template_value(struct template *t, const char *name, const char *text)
{
    if (!text || t->value_count == TEMPLATE_VALUES)
        return;
    t->values[t->value_count].name = name;
    t->values[t->value_count++].text = text;
}

void template_show(struct template *t, const char *name)
{
    if (name && t->part_count < TEMPLATE_PARTS)
        t->parts[t->part_count++] = name;
}

static void add(struct buffer *out, const char *text, size_t len)
{
    buffer_add(out, text, len, PAGE_MAX_BYTES);
}

static void add_escaped(struct buffer *out, const char *text)
{
    static const struct {
        char c;
        const char *text;
    } escapes[] = {{'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', "&quot;"}, {'\'', "&#39;"}};
    for (; *text; text++) {
        size_t i = 0, count = sizeof escapes / sizeof *escapes;
        while (i < count && escapes[i].c != *text)
            i++;
        if (i < count)
            add(out, escapes[i].text, strlen(escapes[i].text));
        else
            add(out, text, 1);
    }
}

static bool name_is(const char *name, const char *text, size_t len)
{
    return strlen(name) == len && memcmp(name, text, len) == 0;
}

static void add_value(const struct template *t, const char *name, size_t len, struct buffer *out)
{
    for (size_t i = 0; i < t->value_count; i++)
        if (name_is(t->values[i].name, name, len))
            add_escaped(out, t->values[i].text);
}

static void add_hidden(const struct template *t, const char *name, size_t len, struct buffer *out)
{
    static const char hidden[] = " hidden";
    for (size_t i = 0; i < t->part_count; i++)
        if (name_is(t->parts[i], name, len))
            return;
    add(out, hidden, sizeof hidden - 1);
}

void template_write(const struct template *t, const char *page, size_t len, struct buffer *out)
{
    const char *end = page + len, *place;
    while ((place = memmem(page, (size_t)(end - page), "{{", 2)) != NULL) {
        const char *close = memmem(place, (size_t)(end - place), "}}", 2);
        if (!close || close - place < 3)
            break;
        add(out, page, (size_t)(place - page));
        size_t name = (size_t)(close - place) - 3;
        if (place[2] == '=')
            add_value(t, place + 3, name, out);
        else
            add_hidden(t, place + 3, name, out);
        page = close + 2;
    }
    add(out, page, (size_t)(end - page));
}
