#include "orgadmin/output.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "common/name.h"
#include "orgadmin/print.h"
#include "orgadmin/suggest.h"

enum format { FORMAT_TABLE, FORMAT_WIDE, FORMAT_JSON, FORMAT_YAML, FORMAT_CSV, FORMATS };

static const char *const format_names[FORMATS] = {"table", "wide", "json", "yaml", "csv"};

/* FORMATS when there is no such format. */
static enum format format_of(const struct invocation *inv)
{
    unsigned f = 0;
    const char *name = inv->option[OPTION_OUTPUT];
    while (name && f < FORMATS && strcmp(name, format_names[f]) != 0)
        f++;
    return (enum format)f;
}

bool output_structured(const struct invocation *inv)
{
    enum format f = format_of(inv);
    return f == FORMAT_JSON || f == FORMAT_YAML;
}

bool output_plain(const struct invocation *inv)
{
    return format_of(inv) == FORMAT_TABLE && !inv->option[OPTION_COLUMNS];
}

const char *column_title(const struct column *column, char out[TITLE_MAX])
{
    size_t i = 0;
    for (; column->field[i] && i < TITLE_MAX - 1; i++)
        out[i] = (char)(column->field[i] -
                        (column->field[i] >= 'a' && column->field[i] <= 'z' ? 32 : 0));
    out[i] = '\0';
    return out;
}

/* The column that the first LEN characters of NAME name, or NULL after a complaint. */
static const struct column *find(const struct record_kind *kind, const char *name, size_t len,
                                 enum option option)
{
    char word[64], text[SUGGESTION_MAX], all[SUGGESTION_MAX];
    snprintf(word, sizeof word, "%.*s", (int)len, name);
    struct suggestion s = {.word = word};
    size_t used = (size_t)snprintf(all, sizeof all, "; there are");
    for (const struct column *c = kind->columns; c->field; c++) {
        if (strcasecmp(c->field, word) == 0)
            return c;
        suggestion_offer(&s, c->field);
        int n = snprintf(all + used, sizeof all - used, " %s", c->field);
        used += (size_t)n < sizeof all - used ? (size_t)n : 0;
    }
    complain(EXIT_USAGE, "%s: there is no column \"%s\"%s", options[option].name, word,
             suggestion_text(&s, all, text));
    return NULL;
}

/* The columns of a list of names. */
static enum exit_status choose(struct view *v, const struct record_kind *kind, const char *names)
{
    v->count = 0;
    for (;;) {
        size_t len = strcspn(names, ",");
        if (v->count == VIEW_MAX)
            return complain(EXIT_USAGE, "--columns: more than %d columns", VIEW_MAX);
        if ((v->column[v->count++] = find(kind, names, len, OPTION_COLUMNS)) == NULL)
            return EXIT_USAGE;
        if (names[len] == '\0')
            return EXIT_DONE;
        names += len + 1;
    }
}

static enum exit_status view_make(const struct invocation *inv, struct view *v)
{
    enum format format = format_of(inv);
    const struct record_kind *kind = inv->command->record;
    *v = (struct view){.header = !inv->option[OPTION_NO_HEADER], .whole = format == FORMAT_WIDE};
    if (inv->option[OPTION_COLUMNS])
        return choose(v, kind, inv->option[OPTION_COLUMNS]);
    for (const struct column *c = kind->columns; c->field; c++)
        if (format != FORMAT_TABLE || !(c->flags & COLUMN_WIDE))
            v->column[v->count++] = c;
    return EXIT_DONE;
}

enum exit_status output_check(const struct invocation *inv)
{
    struct view v;
    const char *sort = inv->option[OPTION_SORT];
    if (format_of(inv) == FORMATS)
        return complain(EXIT_USAGE, "the output is table, wide, json, yaml or csv, not \"%s\"",
                        inv->option[OPTION_OUTPUT]);
    if (sort && !find(inv->command->record, sort, strlen(sort), OPTION_SORT))
        return EXIT_USAGE;
    return inv->command->record ? view_make(inv, &v) : EXIT_DONE;
}

/* A record on its way to its place. */
struct place {
    cJSON *record;
    char *key;
    double number;
    size_t index; /* what is equal keeps its order */
};

static int compare(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    if (x->number != y->number)
        return x->number < y->number ? -1 : 1;
    int order = strcasecmp(x->key, y->key);
    return order != 0 ? order : x->index < y->index ? -1 : 1;
}

static bool take_places(cJSON *records, const char *field, struct place *places, size_t count)
{
    char text[CELL_MAX];
    bool good = true;
    for (size_t i = 0; i < count; i++) {
        cJSON *record = cJSON_DetachItemViaPointer(records, records->child);
        const cJSON *value = cJSON_GetObjectItemCaseSensitive(record, field);
        places[i] = (struct place){.record = record,
                                   .key = strdup(cell_text(value, text)),
                                   .number = cJSON_IsNumber(value) ? value->valuedouble : 0,
                                   .index = i};
        good = good && places[i].key;
    }
    return good;
}

static bool sort(cJSON *records, const char *field)
{
    size_t count = (size_t)cJSON_GetArraySize(records);
    struct place *places = calloc(count + 1, sizeof *places);
    if (!places)
        return false;
    bool good = take_places(records, field, places, count);
    if (good)
        qsort(places, count, sizeof *places, compare);
    for (size_t i = 0; i < count; i++) {
        cJSON_AddItemToArray(records, places[i].record);
        free(places[i].key);
    }
    free(places);
    return good;
}

/* Leaves in RECORD the fields of the view, in its order. */
static bool narrow(cJSON *record, const struct view *v)
{
    cJSON *kept = cJSON_CreateObject();
    bool good = kept != NULL;
    for (size_t i = 0; good && i < v->count; i++) {
        const char *field = v->column[i]->field;
        cJSON *value = cJSON_DetachItemFromObjectCaseSensitive(record, field);
        if (value && !cJSON_AddItemToObject(kept, field, value)) {
            cJSON_Delete(value);
            good = false;
        }
    }
    if (good) {
        cJSON *rest = record->child;
        record->child = kept->child;
        kept->child = rest;
    }
    cJSON_Delete(kept);
    return good;
}

static bool arrange(const struct invocation *inv, const struct view *v, cJSON *records)
{
    const struct record_kind *kind = inv->command->record;
    const char *by = inv->option[OPTION_SORT];
    if (by && cJSON_IsArray(records) &&
        !sort(records, find(kind, by, strlen(by), OPTION_SORT)->field))
        return false;
    if (!inv->option[OPTION_COLUMNS])
        return true;
    if (cJSON_IsObject(records))
        return narrow(records, v);
    for (cJSON *record = records->child; record; record = record->next)
        if (!narrow(record, v))
            return false;
    return true;
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

const char *cell_text(const cJSON *value, char out[CELL_MAX])
{
    char raw[CELL_MAX] = "";
    size_t used = 0;
    if (cJSON_IsString(value))
        snprintf(raw, sizeof raw, "%s", value->valuestring);
    else if (cJSON_IsNumber(value))
        snprintf(raw, sizeof raw, "%" PRId64, (int64_t)value->valuedouble);
    else if (cJSON_IsBool(value))
        snprintf(raw, sizeof raw, "%s", cJSON_IsTrue(value) ? "yes" : "no");
    for (const cJSON *item = cJSON_IsArray(value) ? value->child : NULL; item; item = item->next) {
        int n = snprintf(raw + used, sizeof raw - used, "%s%s", used ? ", " : "",
                         cJSON_IsString(item) ? item->valuestring : "");
        if (n < 0 || (size_t)n >= sizeof raw - used)
            break;
        used += (size_t)n;
    }
    return text_clean(out, CELL_MAX, raw, false);
}

bool print_json(const cJSON *value)
{
    char *text = cJSON_Print(value);
    if (text)
        puts(text);
    cJSON_free(text);
    return text != NULL;
}

enum exit_status output_within(const struct invocation *inv, cJSON *whole, cJSON *records)
{
    struct view v;
    enum format format = format_of(inv);
    enum exit_status status = view_make(inv, &v);
    if (status != EXIT_DONE)
        return status;
    bool done = arrange(inv, &v, records);
    if (done && output_structured(inv) && isatty(STDOUT_FILENO))
        done = clean_strings(whole);
    if (done && output_structured(inv))
        done = format == FORMAT_JSON ? print_json(whole) : print_yaml(whole);
    else if (done)
        done = format == FORMAT_CSV ? print_csv(&v, records) : print_table(&v, records);
    return done ? EXIT_DONE : complain(EXIT_AWAY, "the output cannot be made: out of memory");
}

enum exit_status output(const struct invocation *inv, cJSON *records)
{
    return output_within(inv, records, records);
}

void output_help(const struct record_kind *kind)
{
    printf("\nColumns:\n");
    for (const struct column *c = kind->columns; c->field; c++)
        printf("  %-22s %s%s\n", c->field, c->help,
               c->flags & COLUMN_WIDE ? " (not in a plain table)" : "");
}
