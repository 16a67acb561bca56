#include "orgadmin/output.h"

#include <libsmartcols/libsmartcols.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/name.h"

#define CELL_MAX 4096

bool output_json(const struct invocation *inv)
{
    return inv->option[OPTION_OUTPUT] && strcmp(inv->option[OPTION_OUTPUT], "json") == 0;
}

/* cJSON escapes control characters below space, but a terminal minds more than those. */
static bool clean_strings(cJSON *node)
{
    char clean[CELL_MAX];
    if (cJSON_IsString(node) &&
        !cJSON_SetValuestring(node, text_clean(clean, sizeof clean, node->valuestring, false)))
        return false;
    for (cJSON *child = node->child; child; child = child->next)
        if (!clean_strings(child))
            return false;
    return true;
}

static enum exit_status print_json(const cJSON *records)
{
    cJSON *copy = cJSON_Duplicate(records, true);
    char *text = NULL;
    if (copy && (!isatty(STDOUT_FILENO) || clean_strings(copy)))
        text = cJSON_Print(copy);
    cJSON_Delete(copy);
    if (!text)
        return complain(EXIT_AWAY, "out of memory");
    puts(text);
    cJSON_free(text);
    return EXIT_DONE;
}

/* A field's text, an array's items with commas between, cleaned. */
static void cell_text(const cJSON *value, char out[CELL_MAX])
{
    char raw[CELL_MAX] = "";
    size_t used = 0;
    if (cJSON_IsString(value))
        snprintf(raw, sizeof raw, "%s", value->valuestring);
    for (const cJSON *item = cJSON_IsArray(value) ? value->child : NULL; item; item = item->next) {
        int n = snprintf(raw + used, sizeof raw - used, "%s%s", used ? ", " : "",
                         cJSON_IsString(item) ? item->valuestring : "");
        if (n < 0 || (size_t)n >= sizeof raw - used)
            break;
        used += (size_t)n;
    }
    text_clean(out, CELL_MAX, raw, false);
}

static bool add_line(struct libscols_table *table, const struct column *columns,
                     const cJSON *record)
{
    struct libscols_line *line = scols_table_new_line(table, NULL);
    if (!line)
        return false;
    for (size_t i = 0; columns[i].title; i++) {
        char text[CELL_MAX];
        cell_text(cJSON_GetObjectItemCaseSensitive(record, columns[i].field), text);
        if (scols_line_set_data(line, i, text) != 0)
            return false;
    }
    return true;
}

static bool fill_table(struct libscols_table *table, const struct column *columns,
                       const cJSON *records)
{
    for (size_t i = 0; columns[i].title; i++)
        if (!scols_table_new_column(table, columns[i].title, 0,
                                    columns[i].shorten ? SCOLS_FL_TRUNC : 0))
            return false;
    if (cJSON_IsObject(records))
        return add_line(table, columns, records);
    for (const cJSON *record = records->child; record; record = record->next)
        if (!add_line(table, columns, record))
            return false;
    return true;
}

enum exit_status output(const struct invocation *inv, const struct column *columns,
                        const cJSON *records)
{
    if (output_json(inv))
        return print_json(records);
    struct libscols_table *table = scols_new_table();
    bool done = table && fill_table(table, columns, records) && scols_print_table(table) == 0;
    scols_unref_table(table);
    return done ? EXIT_DONE : complain(EXIT_AWAY, "the table cannot be printed: out of memory");
}
