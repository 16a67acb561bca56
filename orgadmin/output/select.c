#include "orgadmin/output/select.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "orgadmin/output/print.h"

/* The column that NAME names, also "role" for "roles"; NULL after a complaint if OPTION is given.
 */
static const struct column *column_of(const struct invocation *inv, const char *name)
{
    char plural[PAIR_NAME_MAX + 1];
    snprintf(plural, sizeof plural, "%ss", name);
    for (const struct column *c = inv->command->record->columns; c->field; c++)
        if (strcasecmp(c->field, name) == 0 || strcasecmp(c->field, plural) == 0)
            return c;
    return column_find(inv->command->record, name, strlen(name), OPTION_FILTER);
}

static long limit_of(const struct invocation *inv)
{
    const char *text = inv->option[OPTION_LIMIT];
    char *end;
    errno = 0;
    long limit = text ? strtol(text, &end, 10) : RECORDS_MAX;
    return text && (*text < '0' || *text > '9' || *end || errno) ? -1 : limit;
}

enum exit_status select_check(const struct invocation *inv)
{
    for (size_t i = 0; i < inv->pairs; i++)
        if (inv->pair[i].option == OPTION_FILTER && !column_of(inv, inv->pair[i].name))
            return EXIT_USAGE;
    if (inv->option[OPTION_STATE] && !column_of(inv, "state"))
        return EXIT_USAGE;
    if (limit_of(inv) < 0)
        return complain(EXIT_USAGE, "--limit: \"%s\" is no number", inv->option[OPTION_LIMIT]);
    return EXIT_DONE;
}

static bool is_switch(bool on, const char *wanted)
{
    return strcasecmp(wanted, on ? "yes" : "no") == 0 ||
           strcasecmp(wanted, on ? "true" : "false") == 0;
}

/* True when COLUMN of record I is WANTED, or a list with it; without regard to case. */
static bool matches(const struct collection *records, size_t i, const struct column *column,
                    const char *wanted)
{
    char text[CELL_MAX];
    struct value value = {0};
    bool known = collection_value(records, i, column->field, &value);
    const char *item = value.text;
    if (known && value.kind == VALUE_SWITCH)
        return is_switch(value.number != 0, wanted);
    int64_t texts = value.kind == VALUE_OBJECTS ? value.number * OBJECT_FIELDS : value.number;
    if (!known || (value.kind != VALUE_LIST && value.kind != VALUE_OBJECTS))
        return strcasecmp(known ? cell_text(&value, text) : "", wanted) == 0;
    for (int64_t n = 0; n < texts; n++, item += strlen(item) + 1)
        if (strcasecmp(item, wanted) == 0)
            return true;
    return false;
}

static bool is_wanted(const struct invocation *inv, const struct collection *records, size_t i)
{
    const char *state = inv->option[OPTION_STATE];
    bool wanted = !state || matches(records, i, column_of(inv, "state"), state);
    for (size_t k = 0; k < inv->pairs && wanted; k++)
        if (inv->pair[k].option == OPTION_FILTER)
            wanted = matches(records, i, column_of(inv, inv->pair[k].name), inv->pair[k].value);
    return wanted;
}

void select_matching(const struct invocation *inv, struct collection *records)
{
    size_t kept = 0;
    for (size_t i = 0; i < records->count; i++)
        if (is_wanted(inv, records, i))
            records->place[kept++] = records->place[i];
    records->count = kept;
}

void select_first(const struct invocation *inv, struct collection *records)
{
    long limit = limit_of(inv);
    if (records->count > (size_t)limit)
        records->count = (size_t)limit;
}
