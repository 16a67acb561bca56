#include "orgadmin/output/output.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "common/name.h"
#include "orgadmin/output/print.h"
#include "orgadmin/output/select.h"
#include "orgadmin/suggest.h"

enum format {
    FORMAT_TABLE,
    FORMAT_WIDE,
    FORMAT_JSON,
    FORMAT_JSONL,
    FORMAT_YAML,
    FORMAT_CSV,
    FORMATS
};

static const char *const format_names[FORMATS] = {"table", "wide", "json", "jsonl", "yaml", "csv"};

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
    for (; i < TITLE_MAX - 1 && column->field[i]; i++)
        out[i] = (char)(column->field[i] -
                        (column->field[i] >= 'a' && column->field[i] <= 'z' ? 32 : 0));
    out[i] = '\0';
    return out;
}

const struct column *column_find(const struct record_kind *kind, const char *name, size_t len,
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
        if ((v->column[v->count++] = column_find(kind, names, len, OPTION_COLUMNS)) == NULL)
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
    *v = (struct view){.header = !inv->option[OPTION_NO_HEADER],
                       .raw = inv->option[OPTION_RAW] != NULL,
                       .whole = format == FORMAT_WIDE,
                       .chosen = inv->option[OPTION_COLUMNS] != NULL,
                       .clean = isatty(STDOUT_FILENO)};
    if (v->chosen)
        return choose(v, kind, inv->option[OPTION_COLUMNS]);
    for (const struct column *c = kind->columns; c->field && v->count < VIEW_MAX; c++)
        if (format != FORMAT_TABLE || !(c->flags & COLUMN_WIDE))
            v->column[v->count++] = c;
    return EXIT_DONE;
}

enum exit_status output_check(const struct invocation *inv)
{
    struct view v;
    const char *sort = inv->option[OPTION_SORT];
    if (format_of(inv) == FORMATS)
        return complain(
            EXIT_USAGE,
            "the output is table, wide, json, jsonl, yaml or csv, not \"%s\"; --org names "
            "an organization",
            inv->option[OPTION_OUTPUT]);
    if (sort && !column_find(inv->command->record, sort, strlen(sort), OPTION_SORT))
        return EXIT_USAGE;
    if (inv->command->record && select_check(inv) != EXIT_DONE)
        return EXIT_USAGE;
    return inv->command->record ? view_make(inv, &v) : EXIT_DONE;
}

bool view_next(const struct view *v, const struct collection *records, size_t i, size_t *at,
               struct value *value)
{
    if (!v->chosen)
        return collection_next(records, i, at, value);
    while (*at < v->count)
        if (collection_value(records, i, v->column[(*at)++]->field, value))
            return true;
    return false;
}

void view_row(const struct view *v, const struct collection *records, size_t i,
              struct value row[VIEW_MAX])
{
    struct value value;
    for (size_t k = 0; k < v->count; k++)
        row[k].field = NULL;
    for (size_t at = 0; collection_next(records, i, &at, &value);)
        for (size_t k = 0; k < v->count; k++)
            if (strcmp(v->column[k]->field, value.field) == 0)
                row[k] = value;
}

/* True when text_clean would change nothing: what nearly every text is. */
static bool is_clean(const char *text)
{
    while (*text >= ' ' && *text <= '~')
        text++;
    return *text == '\0';
}

const char *view_text(const struct view *v, const char *text, char out[CELL_MAX])
{
    return v->clean && !is_clean(text) ? text_clean(out, CELL_MAX, text, false) : text;
}

/* What stands for the object whose texts begin at *ITEM, which moves behind them: a team's slug, or
 * its id without one. */
static const char *object_text(const char **item)
{
    const char *first = *item, *second = first + strlen(first) + 1;
    for (int i = 0; i < OBJECT_FIELDS; i++)
        *item += strlen(*item) + 1;
    return *second ? second : first;
}

const char *cell_text(const struct value *value, char out[CELL_MAX])
{
    char raw[CELL_MAX];
    size_t used = 0;
    const char *item = value->field ? value->text : "";
    if (!value->field || value->kind == VALUE_TEXT || value->kind == VALUE_JSON)
        return is_clean(item) ? item : text_clean(out, CELL_MAX, item, false);
    if (value->kind == VALUE_SWITCH)
        return value->number ? "yes" : "no";
    if (value->kind == VALUE_NUMBER) {
        snprintf(out, CELL_MAX, "%" PRId64, value->number);
        return out;
    }
    raw[0] = '\0';
    for (int64_t i = 0; i < value->number; i++) {
        const char *text = item;
        if (value->kind == VALUE_OBJECTS)
            text = object_text(&item);
        else
            item += strlen(item) + 1;
        int n = snprintf(raw + used, sizeof raw - used, "%s%s", used ? ", " : "", text);
        if (n < 0 || (size_t)n >= sizeof raw - used)
            break;
        used += (size_t)n;
    }
    return text_clean(out, CELL_MAX, raw, false);
}

/* A record on its way to its place. */
struct place {
    size_t at, key; /* where it is, and where its key is in the keys */
    int64_t number;
    size_t index; /* what is equal keeps its order */
};

static int compare(const void *a, const void *b, void *arg)
{
    const struct place *x = a, *y = b;
    const char *keys = arg;
    if (x->number != y->number)
        return x->number < y->number ? -1 : 1;
    int order = strcasecmp(keys + x->key, keys + y->key);
    return order != 0 ? order : x->index < y->index ? -1 : 1;
}

/* Writes the keys behind each other, and notes where. */
static void take_places(const struct collection *records, const struct column *by,
                        struct place *places, FILE *keys)
{
    char text[CELL_MAX];
    size_t used = 0;
    for (size_t i = 0; i < records->count; i++) {
        struct value value = {0};
        bool known = collection_value(records, i, by->field, &value);
        const char *key = known ? cell_text(&value, text) : "";
        int64_t number = known && value.kind == VALUE_NUMBER ? value.number : 0;
        if (by->flags & COLUMN_DOLLARS)
            number = (int64_t)(strtod(key, NULL) * 100);
        places[i] =
            (struct place){.at = records->place[i], .key = used, .number = number, .index = i};
        used += fwrite(key, 1, strlen(key) + 1, keys);
    }
}

static bool sort(struct collection *records, const struct column *by)
{
    char *keys = NULL;
    size_t size;
    FILE *stream = open_memstream(&keys, &size);
    struct place *places = calloc(records->count + 1, sizeof *places);
    bool good = stream && places;
    if (good)
        take_places(records, by, places, stream);
    good = good && !ferror(stream);
    if (stream)
        good = fclose(stream) == 0 && good;
    if (good)
        qsort_r(places, records->count, sizeof *places, compare, keys);
    for (size_t i = 0; good && i < records->count; i++)
        records->place[i] = places[i].at;
    free(places);
    free(keys);
    return good;
}

/* A record as one line for each of its members. */
static bool set_upright(struct view *v, const struct collection *record, struct collection *lines)
{
    static const struct column columns[] = {{"field", 0, NULL}, {"value", COLUMN_SHORTEN, NULL}};
    char text[CELL_MAX];
    struct value row[VIEW_MAX];
    bool good = true;
    view_row(v, record, 0, row);
    for (size_t k = 0; good && k < v->count; k++) {
        const char *cell = cell_text(&row[k], text);
        cJSON *line = *cell || v->chosen ? cJSON_CreateObject() : NULL;
        if (!*cell && !v->chosen)
            continue;
        good = cJSON_AddStringToObject(line, "field", v->column[k]->field) &&
               cJSON_AddStringToObject(line, "value", cell) && collection_add(lines, line);
        cJSON_Delete(line);
    }
    v->column[0] = &columns[0];
    v->column[1] = &columns[1];
    v->count = 2;
    return good;
}

static bool print_upright(const struct view *view, const struct collection *record)
{
    struct view v = *view;
    struct collection lines = {0};
    bool done = set_upright(&v, record, &lines) && print_table(&v, &lines);
    collection_free(&lines);
    return done;
}

static bool print(const struct invocation *inv, const struct view *v,
                  const struct collection *records)
{
    switch (format_of(inv)) {
    case FORMAT_JSON:
        print_json(v, records);
        return true;
    case FORMAT_JSONL:
        print_jsonl(v, records);
        return true;
    case FORMAT_YAML:
        return print_yaml(v, records);
    case FORMAT_CSV:
        print_csv(v, records);
        return true;
    default:
        return inv->command->record->upright && v->one ? print_upright(v, records)
                                                       : print_table(v, records);
    }
}

/* ONE: it is one record, no list of one. */
static enum exit_status show(const struct invocation *inv, const struct collection *organization,
                             bool one, struct collection *records)
{
    struct view v;
    const char *by = inv->option[OPTION_SORT];
    enum exit_status status = view_make(inv, &v);
    if (status != EXIT_DONE)
        return status;
    v.one = one;
    v.organization = organization;
    if (!one)
        select_matching(inv, records);
    bool done =
        !by || sort(records, column_find(inv->command->record, by, strlen(by), OPTION_SORT));
    if (!one)
        select_first(inv, records);
    done = done && print(inv, &v, records);
    if (done && !one && records->count == 0 && format_of(inv) <= FORMAT_WIDE)
        note("No %ss.", inv->command->record->name);
    done = done || ferror(stdout); /* main tells that */
    return done ? EXIT_DONE : complain(EXIT_AWAY, "the output cannot be made: out of memory");
}

enum exit_status output_list(const struct invocation *inv, struct collection *records)
{
    return show(inv, NULL, false, records);
}

enum exit_status output_export(const struct invocation *inv, const cJSON *organization,
                               struct collection *members)
{
    struct collection org = {0};
    enum exit_status status = collection_add(&org, organization)
                                  ? show(inv, &org, false, members)
                                  : complain(EXIT_AWAY, "out of memory");
    collection_free(&org);
    return status;
}

enum exit_status output(const struct invocation *inv, const cJSON *records)
{
    struct collection c = {0};
    bool one = cJSON_IsObject(records), good = !one || collection_add(&c, records);
    for (const cJSON *r = one ? NULL : records->child; r && good; r = r->next)
        good = collection_add(&c, r);
    enum exit_status status =
        good ? show(inv, NULL, one, &c) : complain(EXIT_AWAY, "out of memory");
    collection_free(&c);
    return status;
}

void output_json(bool one, const struct collection *records)
{
    const struct view v = {.clean = isatty(STDOUT_FILENO), .one = one};
    print_json(&v, records);
}

void output_help(const struct record_kind *kind)
{
    printf("\nColumns:\n");
    for (const struct column *c = kind->columns; c->field; c++)
        printf("  %-27s %s%s\n", c->field, c->brief,
               c->flags & COLUMN_WIDE ? " (not in a plain table)" : "");
}
