/* The tables of orgadmin are whole: help, the manual and completion print them without a look. */
#include <ctype.h>
#include <string.h>

#include "orgadmin/cli/command.h"
#include "orgadmin/nouns/operation.h"
#include "orgadmin/output/records.h"
#include "tests/lib/unit.h"

/* A brief text starts small, for it can stand behind a name, and has no full stop. */
static void check_brief(const char *where, const char *brief)
{
    if (!brief || !*brief || brief[strlen(brief) - 1] == '.')
        fail_msg("%s: the brief text is missing, or ends with a full stop", where);
}

/* Sentences, or none at all. */
static void check_detail(const char *where, const char *detail)
{
    if (detail && (!*detail || detail[strlen(detail) - 1] != '.' || strstr(detail, "  ")))
        fail_msg("%s: the detail is no row of sentences", where);
}

static bool is_known(const struct record_kind *record)
{
    const struct record_kind *const *kind = record_kinds;
    while (*kind && *kind != record)
        kind++;
    return *kind != NULL;
}

static void commands_are_whole(void **state)
{
    (void)state;
    char usage[USAGE_MAX];
    for (const struct command *c = commands; c->noun; c++) {
        command_usage(c, usage);
        check_brief(usage, c->brief);
        check_detail(usage, c->detail);
        if (c->brief && !islower((unsigned char)*c->brief))
            fail_msg("%s: the brief text starts with no small letter", usage);
        if (!c->run)
            fail_msg("%s: nothing runs it", usage);
        if (command_takes(c, OPTION_OUTPUT) != (c->record != NULL))
            fail_msg("%s: --output and a record belong together", usage);
        if (c->record && !is_known(c->record))
            fail_msg("%s: its record is not in record_kinds", usage);
        if (!c->args[0] && c->args[1])
            fail_msg("%s: the first argument is missing", usage);
        if (c->args[1] && c->args[0][0] == '[')
            fail_msg("%s: an argument stands behind one that may be left out", usage);
        if (strlen(usage) >= USAGE_MAX - 1)
            fail_msg("%s: the usage is too long", usage);
    }
}

/* What reaches an API to change something can be tried without being sent. */
static void changes_have_a_dry_run(void **state)
{
    static const char *const others[] = {"list",     "show",   "switch", "explain", "doctor",
                                         "download", "enroll", "who",    "where"};
    (void)state;
    for (const struct command *c = commands; c->noun; c++) {
        bool changes = command_takes(c, OPTION_URL) && c->verb;
        for (size_t i = 0; i < sizeof others / sizeof *others && changes; i++)
            changes = strcmp(c->verb, others[i]) != 0;
        if (changes != command_takes(c, OPTION_DRY_RUN) && c->verb)
            fail_msg("%s %s: --dry-run is %s", c->noun, c->verb, changes ? "missing" : "too much");
    }
}

/* Those of a noun stand together, each with a verb of its own, or the noun is the command. */
static void commands_are_in_order(void **state)
{
    (void)state;
    for (const struct command *c = commands; c->noun; c++) {
        const struct command *first = command_noun(c->noun);
        if (c != first && strcmp(c[-1].noun, c->noun) != 0)
            fail_msg("%s: the commands of the noun are apart", c->noun);
        if (c != first && (!c->verb || !first->verb))
            fail_msg("%s: a verb is missing", c->noun);
        if (c->verb && command_verb(first, c->verb) != c)
            fail_msg("%s %s is there twice", c->noun, c->verb);
    }
}

static void options_are_whole(void **state)
{
    (void)state;
    char help[HELP_MAX];
    for (unsigned o = 0; o < OPTION_COUNT; o++) {
        const struct option_spec *spec = &options[o];
        if (!spec->name || strncmp(spec->name, "--", 2) != 0)
            fail_msg("the option %u has no name", o);
        check_brief(spec->name, spec->brief);
        check_detail(spec->name, spec->detail);
        if (option_find(spec->name, strlen(spec->name)) != (enum option)o)
            fail_msg("%s is there twice", spec->name);
        if (strlen(option_help((enum option)o, help)) >= HELP_MAX - 1)
            fail_msg("%s: the help is too long", spec->name);
    }
}

static void records_are_whole(void **state)
{
    (void)state;
    for (const struct record_kind *const *kind = record_kinds; *kind; kind++) {
        assert_non_null((*kind)->name);
        assert_non_null((*kind)->columns[0].field);
        for (const struct column *c = (*kind)->columns; c->field; c++)
            check_brief(c->field, c->brief);
    }
}

static void operations_have_names_of_their_own(void **state)
{
    (void)state;
    char one[OPERATION_MAX], other[OPERATION_MAX];
    for (unsigned a = 0; a < OP_COUNT; a++) {
        const char *id = operation_id((enum provider_op)a, one);
        if (!*id || strspn(id, "abcdefghijklmnopqrstuvwxyz.-") != strlen(id))
            fail_msg("the operation %u is called \"%s\"", a, id);
        for (unsigned b = a + 1; b < OP_COUNT; b++)
            if (strcmp(id, operation_id((enum provider_op)b, other)) == 0)
                fail_msg("two operations are called \"%s\"", id);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commands_are_whole),
        cmocka_unit_test(commands_are_in_order),
        cmocka_unit_test(changes_have_a_dry_run),
        cmocka_unit_test(options_are_whole),
        cmocka_unit_test(records_are_whole),
        cmocka_unit_test(operations_have_names_of_their_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
