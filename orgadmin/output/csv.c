/* RFC 4180, for spreadsheets and programs. */
#include <stdio.h>
#include <string.h>

#include "orgadmin/output/print.h"

/*
 * A spreadsheet takes a cell that begins so for a formula, and members choose their names. The
 * apostrophe in front makes it a text there.
 */
static bool is_formula(const char *text)
{
    return *text != '\0' && strchr("=+-@", *text) != NULL;
}

static void put_cell(const char *text, bool first, bool raw)
{
    bool quoted = strpbrk(text, ",\"") != NULL;
    if (!first)
        putchar_unlocked(',');
    if (quoted)
        putchar_unlocked('"');
    if (!raw && is_formula(text))
        putchar_unlocked('\'');
    for (; *text; text++) {
        if (*text == '"')
            putchar_unlocked('"');
        putchar_unlocked(*text);
    }
    if (quoted)
        putchar_unlocked('"');
}

void print_csv(const struct view *v, const struct collection *records)
{
    char text[CELL_MAX];
    struct value row[VIEW_MAX];
    for (size_t k = 0; v->header && k < v->count; k++)
        put_cell(v->column[k]->field, k == 0, true);
    if (v->header)
        fputs("\r\n", stdout);
    for (size_t i = 0; i < records->count; i++) {
        view_row(v, records, i, row);
        for (size_t k = 0; k < v->count; k++)
            put_cell(cell_text(&row[k], text), k == 0, v->raw);
        fputs_unlocked("\r\n", stdout);
    }
}
