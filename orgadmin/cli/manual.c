#include "orgadmin/cli/manual.h"

#include <stdio.h>
#include <string.h>

#include "orgadmin/cli/command.h"
#include "orgadmin/output/output.h"

/* Options of a whole class of commands are described once, not at every command. */
static bool is_common(enum option o)
{
    return (o >= OPTION_ORG && o <= OPTION_RAW) || o == OPTION_HELP;
}

/* A paragraph: a new line at each full stop, as mdoc wants it, and when a line gets long. */
static void print_text(const char *text)
{
    size_t column = 0;
    for (; *text; text++, column++) {
        bool stop = column > 0 && text[-1] == '.';
        if (*text == ' ' && (stop || column + strcspn(text + 1, " ") > 78)) {
            putchar('\n');
            column = 0;
            continue;
        }
        if (*text == '-') /* a hyphen is no minus */
            putchar('\\');
        putchar(*text);
    }
}

static void print_help(const char *brief, const char *detail)
{
    putchar(brief[0] >= 'a' && brief[0] <= 'z' ? brief[0] - 32 : brief[0]);
    print_text(brief + 1);
    puts(".");
    if (detail)
        print_text(detail);
    if (detail)
        putchar('\n');
}

/* The option with its value, between BEFORE and AFTER. */
static void print_flag(const struct option_spec *spec, const char *before, const char *after)
{
    printf("%s \\-%s%s%s%s%s", before, spec->name + 2,
           spec->optional ? " Ns Oo = Ns Ar "
           : spec->value  ? " Ar "
                          : "",
           spec->value ? spec->value : "", spec->optional ? " Oc" : "", after);
}

static void print_command(const struct command *c)
{
    printf(".It Ic %s%s%s", c->noun, c->verb ? " " : "", c->verb ? c->verb : "");
    for (size_t i = 0; i < COMMAND_ARGS_MAX && c->args[i]; i++) {
        bool open = c->args[i][0] == '[';
        printf(" %sAr %.*s", open ? "Op " : "", (int)strcspn(c->args[i] + open, "]"),
               c->args[i] + open);
    }
    for (unsigned o = 0; o < OPTION_COUNT; o++)
        if (command_takes(c, (enum option)o) && !is_common((enum option)o))
            print_flag(&options[o], " Oo Fl", " Oc");
    putchar('\n');
    print_help(c->brief, c->detail);
    if (c->record)
        printf("Prints:\n.Sx %s .\n", c->record->name);
}

static void print_commands(void)
{
    puts(".Sh COMMANDS");
    for (const struct command *c = commands; c->noun; c++) {
        bool first = c == commands, last = !c[1].noun;
        const char *group = c->verb ? c->noun : "Login";
        const char *before = first ? "" : c[-1].verb ? c[-1].noun : "Login";
        const char *after = last ? "" : c[1].verb ? c[1].noun : "Login";
        if (strcmp(group, before) != 0)
            printf(".Ss %s\n.Bl -tag -width Ds\n", group);
        print_command(c);
        if (strcmp(group, after) != 0)
            puts(".El");
    }
}

static void print_options(void)
{
    char help[HELP_MAX];
    puts(".Sh OPTIONS\n.Bl -tag -width Ds");
    for (unsigned o = 0; o < OPTION_COUNT; o++) {
        const struct option_spec *spec = &options[o];
        printf(".It ");
        if (spec->letter)
            printf("Fl %s , ", spec->letter + 1);
        print_flag(spec, "Fl", "\n");
        print_help(option_help((enum option)o, help), spec->detail);
    }
    puts(".El");
}

static const char *type_of(const struct column *c)
{
    if (c->flags & COLUMN_LIST)
        return "list of strings";
    if (c->flags & (COLUMN_NUMBER | COLUMN_DOLLARS))
        return "number";
    return c->flags & COLUMN_SWITCH ? "true or false" : "string";
}

static void print_records(void)
{
    puts(".Sh RECORDS\n"
         "These are the columns of tables and CSV, and the members of the objects of JSON and "
         "YAML.\n"
         "A member whose value is unknown is absent.\n"
         "Names and types do not change; new columns may be added.");
    for (const struct record_kind *const *kind = record_kinds; *kind; kind++) {
        printf(".Ss %s\n.Bl -tag -width organization_id -compact\n", (*kind)->name);
        for (const struct column *c = (*kind)->columns; c->field; c++) {
            printf(".It Cm %s\n", c->field);
            print_text(c->brief);
            printf(" (%s%s)\n", type_of(c), c->flags & COLUMN_WIDE ? "; not in a plain table" : "");
        }
        puts(".El");
    }
}

enum exit_status manual_print(void)
{
    print_commands();
    print_options();
    print_records();
    return EXIT_DONE;
}
