#include "orgd/operator/print.h"

#include <stdio.h>
#include <string.h>

#define COLUMNS_MAX 16
#define VALUE_MAX   512
#define INDENT      2

/* The value of ITEM as a person reads it; "-" for nothing. Returns TEXT. */
static const char *value_of(const cJSON *item, char text[VALUE_MAX])
{
    if (cJSON_IsNumber(item))
        snprintf(text, VALUE_MAX, "%.0f", item->valuedouble);
    else if (cJSON_IsBool(item))
        snprintf(text, VALUE_MAX, "%s", cJSON_IsTrue(item) ? "yes" : "no");
    else
        snprintf(text, VALUE_MAX, "%s",
                 cJSON_IsString(item) && *item->valuestring ? item->valuestring : "-");
    return text;
}

/* The columns of a terminal that TEXT takes, one for each character. */
static int width_of(const char *text)
{
    int width = 0;
    for (; *text; text++)
        width += ((unsigned char)*text & 0xc0) != 0x80;
    return width;
}

static void print_cell(const char *text, int width, const char *after)
{
    int space = width - width_of(text);
    printf("%s%*s%s", text, space > 0 ? space : 0, "", after);
}

static int widths_of(const cJSON *list, int widths[COLUMNS_MAX])
{
    const cJSON *row, *cell;
    char text[VALUE_MAX];
    int columns = 0;
    cJSON_ArrayForEach(row, list)
    {
        int i = 0;
        cJSON_ArrayForEach(cell, row)
        {
            if (i == COLUMNS_MAX)
                break;
            int width = width_of(value_of(cell, text));
            if (i == columns)
                widths[columns++] = width_of(cell->string);
            widths[i] = widths[i] > width ? widths[i] : width;
            i++;
        }
    }
    return columns;
}

static void print_row(const cJSON *row, bool heading, const int widths[COLUMNS_MAX], int columns,
                      int indent)
{
    const cJSON *cell;
    char text[VALUE_MAX];
    int i = 0;
    printf("%*s", indent, "");
    cJSON_ArrayForEach(cell, row)
    {
        bool last = i == columns - 1 || !cell->next;
        print_cell(heading ? cell->string : value_of(cell, text), last ? 0 : widths[i],
                   last ? "\n" : "  ");
        if (last)
            return;
        i++;
    }
}

static void print_table(const cJSON *list, int indent)
{
    int widths[COLUMNS_MAX] = {0};
    int columns = widths_of(list, widths);
    const cJSON *row;
    bool first = true;
    cJSON_ArrayForEach(row, list)
    {
        if (first)
            print_row(row, true, widths, columns, indent);
        print_row(row, false, widths, columns, indent);
        first = false;
    }
}

static void print_json(const cJSON *object)
{
    char *text = cJSON_PrintUnformatted(object);
    printf("%s\n", text);
    cJSON_free(text);
}

void print_list(const cJSON *list, bool json)
{
    const cJSON *item;
    if (!json) {
        print_table(list, 0);
        return;
    }
    cJSON_ArrayForEach(item, list)
    {
        print_json(item);
    }
}

/* The fields of an object inside the reply stand on their own. */
static void print_fields(const cJSON *object)
{
    const cJSON *item;
    char text[VALUE_MAX];
    cJSON_ArrayForEach(item, object)
    {
        if (cJSON_IsObject(item)) {
            print_fields(item);
        } else if (cJSON_IsArray(item) && cJSON_IsObject(item->child)) {
            printf("%s:\n", item->string);
            print_table(item, INDENT);
        } else if (cJSON_IsArray(item)) {
            const cJSON *entry;
            printf("%s:", item->string);
            cJSON_ArrayForEach(entry, item)
            {
                printf(" %s", value_of(entry, text));
            }
            printf("\n");
        } else {
            printf("%s: %s\n", item->string, value_of(item, text));
        }
    }
}

void print_reply(const cJSON *reply, bool json)
{
    if (json)
        print_json(reply);
    else
        print_fields(reply);
}
