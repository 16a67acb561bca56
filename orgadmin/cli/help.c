#include "orgadmin/cli/help.h"

#include <stdio.h>
#include <string.h>

#include "orgadmin/output/output.h"

static void print_option(enum option o)
{
    const struct option_spec *spec = &options[o];
    char left[64], help[HELP_MAX];
    snprintf(left, sizeof left, "%s%s%s%s%s%s", spec->letter ? spec->letter : "",
             spec->letter ? ", " : "", spec->name,
             spec->optional ? "[="
             : spec->value  ? " "
                            : "",
             spec->value ? spec->value : "", spec->optional ? "]" : "");
    printf("  %-27s %s\n", left, option_help(o, help));
}

/* A paragraph, in lines that fit a terminal of 80 columns. */
static void print_paragraph(const char *text)
{
    size_t column = 0;
    for (; *text; text++, column++) {
        bool full = *text == ' ' && column + strcspn(text + 1, " ") > 78;
        putchar(full ? '\n' : *text);
        if (full)
            column = 0;
    }
    putchar('\n');
}

void help_command(const struct command *c)
{
    char usage[USAGE_MAX];
    command_usage(c, usage);
    printf("Usage: orgadmin %s [OPTION]...\n\n%c%s.\n", usage, c->brief[0] - 'a' + 'A',
           c->brief + 1);
    if (c->detail)
        print_paragraph(c->detail);
    putchar('\n');
    for (unsigned o = 0; o < OPTION_COUNT; o++)
        if (command_takes(c, (enum option)o))
            print_option((enum option)o);
    if (c->record)
        output_help(c->record);
}

void help_commands(const char *noun)
{
    char usage[USAGE_MAX];
    printf("Usage: orgadmin %s [ARGUMENT]... [OPTION]...\n\n", noun ? noun : "NOUN VERB");
    for (const struct command *c = commands; c->noun; c++) {
        if (noun && strcmp(noun, c->noun) != 0)
            continue;
        command_usage(c, usage);
        printf("  %-29s %s\n", usage, c->brief);
    }
    puts("\nWords of other tools are understood: organizations, members, ls, get, rm, --format and "
         "more.");
    printf("orgadmin COMMAND --help shows the options of a command; see also orgadmin(1).\n");
}
