/* JSON, indented with tabs: what cJSON_Print would make of it, without the tree. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "orgadmin/output/print.h"

static void put(const char *text)
{
    fputs_unlocked(text, stdout);
}

static void put_indent(unsigned depth)
{
    while (depth-- > 0)
        putchar_unlocked('\t');
}

static void put_escape(unsigned char c)
{
    static const char letters[] = "\"\\\b\f\n\r\t", escapes[] = "\"\\bfnrt";
    const char *letter = strchr(letters, c);
    if (letter)
        printf("\\%c", escapes[letter - letters]);
    else
        printf("\\u%04x", c);
}

static void put_string(const struct view *v, const char *text)
{
    char clean[CELL_MAX];
    putchar_unlocked('"');
    for (const char *s = view_text(v, text, clean); *s; s++) {
        unsigned char c = (unsigned char)*s;
        if (c < ' ' || c == '"' || c == '\\')
            put_escape(c);
        else
            putchar_unlocked(c);
    }
    putchar_unlocked('"');
}

/* The object whose texts begin at ITEM. Returns the text behind them. */
static const char *put_object(const struct view *v, const object_fields *fields, const char *item)
{
    const char *before = "{";
    for (int i = 0; i < OBJECT_FIELDS; i++, item += strlen(item) + 1) {
        if (!*item)
            continue;
        put(before);
        put_string(v, (*fields)[i]);
        put(": ");
        put_string(v, item);
        before = ", ";
    }
    put(*before == '{' ? "{}" : "}");
    return item;
}

static void put_value(const struct view *v, const struct value *value)
{
    char clean[CELL_MAX];
    const char *item = value->text;
    switch (value->kind) {
    case VALUE_TEXT:
        put_string(v, value->text);
        break;
    case VALUE_JSON:
        put(view_text(v, value->text, clean));
        break;
    case VALUE_NUMBER:
        printf("%" PRId64, value->number);
        break;
    case VALUE_SWITCH:
        put(value->number ? "true" : "false");
        break;
    case VALUE_LIST:
        putchar_unlocked('[');
        for (int64_t i = 0; i < value->number; i++, item += strlen(item) + 1) {
            put(i > 0 ? ", " : "");
            put_string(v, item);
        }
        putchar_unlocked(']');
        break;
    case VALUE_OBJECTS:
        putchar_unlocked('[');
        for (int64_t i = 0; i < value->number; i++) {
            put(i > 0 ? ", " : "");
            item = put_object(v, value->fields, item);
        }
        putchar_unlocked(']');
    }
}

static void put_record(const struct view *v, const struct collection *records, size_t i,
                       unsigned depth)
{
    struct value value;
    const char *before = "{\n";
    for (size_t at = 0; view_next(v, records, i, &at, &value); before = ",\n") {
        put(before);
        put_indent(depth + 1);
        put_string(v, value.field);
        put(":\t");
        put_value(v, &value);
    }
    put(*before == '{' ? before : "\n");
    put_indent(depth);
    putchar_unlocked('}');
}

static void put_list(const struct view *v, const struct collection *records, unsigned depth)
{
    putchar_unlocked('[');
    for (size_t i = 0; i < records->count; i++) {
        put(i > 0 ? ", " : "");
        put_record(v, records, i, depth + 1);
    }
    putchar_unlocked(']');
}

/* A record on each line, for programs that read line by line. */
void print_jsonl(const struct view *v, const struct collection *records)
{
    struct value value;
    for (size_t i = 0; i < records->count; i++) {
        const char *before = "{";
        for (size_t at = 0; view_next(v, records, i, &at, &value); before = ",") {
            put(before);
            put_string(v, value.field);
            put(":");
            put_value(v, &value);
        }
        put(*before == '{' ? "{}\n" : "}\n");
    }
}

void print_json(const struct view *v, const struct collection *records)
{
    const struct view all = {.clean = v->clean};
    if (v->organization) {
        put("{\n\t\"organization\":\t");
        put_record(&all, v->organization, 0, 1);
        put(",\n\t\"members\":\t");
        put_list(v, records, 1);
        put("\n}\n");
        return;
    }
    if (v->one)
        put_record(v, records, 0, 0);
    else
        put_list(v, records, 0);
    putchar_unlocked('\n');
}
