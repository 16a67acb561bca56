/* Tables for people. */
#include <libsmartcols/libsmartcols.h>

#include "orgadmin/print.h"

static bool add_line(struct libscols_table *table, const struct view *v, const cJSON *record)
{
    char text[CELL_MAX];
    struct libscols_line *line = scols_table_new_line(table, NULL);
    for (size_t i = 0; line && i < v->count; i++) {
        const cJSON *value = cJSON_GetObjectItemCaseSensitive(record, v->column[i]->field);
        if (scols_line_set_data(line, i, cell_text(value, text)) != 0)
            return false;
    }
    return line != NULL;
}

static bool fill(struct libscols_table *table, const struct view *v, const cJSON *records)
{
    char title[TITLE_MAX];
    for (size_t i = 0; i < v->count; i++) {
        unsigned flags = v->column[i]->flags;
        int how = flags & COLUMN_SHORTEN && !v->whole ? SCOLS_FL_TRUNC : 0;
        how |= flags & COLUMN_NUMBER ? SCOLS_FL_RIGHT : 0;
        if (!scols_table_new_column(table, column_title(v->column[i], title), 0, how))
            return false;
    }
    if (cJSON_IsObject(records))
        return add_line(table, v, records);
    for (const cJSON *record = records->child; record; record = record->next)
        if (!add_line(table, v, record))
            return false;
    return true;
}

bool print_table(const struct view *v, const cJSON *records)
{
    struct libscols_table *table = scols_new_table();
    bool done = table && fill(table, v, records);
    done = done && scols_table_enable_noheadings(table, !v->header) == 0;
    if (done && v->whole)
        done = scols_table_set_termforce(table, SCOLS_TERMFORCE_NEVER) == 0;
    done = done && scols_print_table(table) == 0;
    scols_unref_table(table);
    return done;
}
