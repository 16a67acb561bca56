/* RFC 4180, for spreadsheets and programs. */
#include <stdio.h>
#include <string.h>

#include "orgadmin/print.h"

/*
 * A spreadsheet takes a cell that begins so for a formula, and members choose their names. The
 * apostrophe in front makes it a text there.
 */
static bool is_formula(const char *text)
{
    return *text != '\0' && strchr("=+-@", *text) != NULL;
}

static void put_cell(const char *text, bool first)
{
    bool quoted = strpbrk(text, ",\"") != NULL;
    if (!first)
        putchar(',');
    if (quoted)
        putchar('"');
    if (is_formula(text))
        putchar('\'');
    for (; *text; text++) {
        if (*text == '"')
            putchar('"');
        putchar(*text);
    }
    if (quoted)
        putchar('"');
}

static void put_line(const struct view *v, const cJSON *record)
{
    char text[CELL_MAX];
    for (size_t i = 0; i < v->count; i++)
        put_cell(cell_text(cJSON_GetObjectItemCaseSensitive(record, v->column[i]->field), text),
                 i == 0);
    fputs("\r\n", stdout);
}

bool print_csv(const struct view *v, const cJSON *records)
{
    for (size_t i = 0; v->header && i < v->count; i++)
        put_cell(v->column[i]->field, i == 0);
    if (v->header)
        fputs("\r\n", stdout);
    if (cJSON_IsObject(records))
        put_line(v, records);
    for (const cJSON *r = cJSON_IsArray(records) ? records->child : NULL; r; r = r->next)
        put_line(v, r);
    return true;
}
