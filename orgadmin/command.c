#include "orgadmin/command.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/name.h"
#include "common/paths.h"

#define WORDS_MAX    (2 + COMMAND_ARGS_MAX)
#define LINE_MAX_LEN 1024
#define SUGGEST_MAX  24 /* longer words are no slips of the finger */

/* What stands on the command line, before anybody knows what it means. */
struct line {
    const char *word[WORDS_MAX];
    size_t words;
    const char *option[OPTION_COUNT];
};

__attribute__((format(printf, 2, 0))) static void print_clean(const char *prefix,
                                                              const char *format, va_list ap)
{
    char raw[LINE_MAX_LEN], clean[LINE_MAX_LEN];
    if (vsnprintf(raw, sizeof raw, format, ap) < 0)
        raw[0] = '\0';
    fprintf(stderr, "%s%s\n", prefix, text_clean(clean, sizeof clean, raw, false));
}

enum exit_status complain(enum exit_status status, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    print_clean("orgadmin: ", format, ap);
    va_end(ap);
    return status;
}

void note(const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    print_clean("", format, ap);
    va_end(ap);
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Insertions, deletions, changes and swaps of neighbours that make B of A (optimal alignment). */
static size_t edit_distance(const char *a, const char *b)
{
    size_t m = strlen(a), n = strlen(b);
    size_t row[SUGGEST_MAX + 1][SUGGEST_MAX + 1];
    if (m > SUGGEST_MAX || n > SUGGEST_MAX)
        return SUGGEST_MAX;
    for (size_t i = 0; i <= m; i++)
        for (size_t j = 0; j <= n; j++) {
            if (i == 0 || j == 0) {
                row[i][j] = i + j;
                continue;
            }
            size_t change = row[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
            row[i][j] = least(change, least(row[i - 1][j], row[i][j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[i][j] = least(row[i][j], row[i - 2][j - 2] + 1);
        }
    return row[m][n];
}

/* The best of the candidates offered so far. */
struct suggestion {
    const char *word;
    const char *best;
    size_t distance;
};

static void suggestion_offer(struct suggestion *s, const char *candidate)
{
    size_t distance = edit_distance(s->word, candidate);
    size_t enough = strlen(candidate) < 4 ? 1 : 2;
    if (distance <= enough && (!s->best || distance < s->distance)) {
        s->best = candidate;
        s->distance = distance;
    }
}

static enum exit_status unknown(const char *what, const struct suggestion *s, const char *help)
{
    if (s->best)
        return complain(EXIT_USAGE, "unknown %s \"%s\"; did you mean \"%s\"?", what, s->word,
                        s->best);
    return complain(EXIT_USAGE, "unknown %s \"%s\"; see %s", what, s->word, help);
}

static enum exit_status option_unknown(const char *word, size_t len)
{
    char name[LINE_MAX_LEN];
    snprintf(name, sizeof name, "%.*s", (int)len, word);
    struct suggestion s = {.word = name};
    for (size_t i = 0; i < OPTION_COUNT; i++)
        suggestion_offer(&s, options[i].name);
    return unknown("option", &s, "orgadmin --help");
}

/* The option that the first LEN characters of WORD name, or OPTION_COUNT. */
static enum option option_find(const char *word, size_t len)
{
    for (unsigned i = 0; i < OPTION_COUNT; i++)
        if ((strncmp(options[i].name, word, len) == 0 && options[i].name[len] == '\0') ||
            (options[i].brief && strcmp(options[i].brief, word) == 0))
            return (enum option)i;
    return OPTION_COUNT;
}

/* Takes the option at ARGV[*I], with the value behind it. */
static enum exit_status take_option(struct line *line, int argc, char *argv[], int *i)
{
    const char *word = argv[*i];
    size_t len = strcspn(word, "=");
    const char *value = word[len] == '=' ? word + len + 1 : NULL;
    enum option o = option_find(word, len);
    if (o == OPTION_COUNT)
        return option_unknown(word, len);
    const struct option_spec *spec = &options[o];
    if (line->option[o])
        return complain(EXIT_USAGE, "%s is given twice", spec->name);
    if (!spec->value && value)
        return complain(EXIT_USAGE, "%s takes no value", spec->name);
    if (spec->value && !value) {
        if (*i + 1 >= argc)
            return complain(EXIT_USAGE, "%s needs a value: %s %s", spec->name, spec->name,
                            spec->value);
        value = argv[++*i];
    }
    line->option[o] = value ? value : "";
    return EXIT_DONE;
}

static enum exit_status split(int argc, char *argv[], struct line *line)
{
    bool over = false;
    for (int i = 1; i < argc; i++) {
        if (!over && strcmp(argv[i], "--") == 0) {
            over = true;
        } else if (!over && argv[i][0] == '-' && argv[i][1] != '\0') {
            enum exit_status status = take_option(line, argc, argv, &i);
            if (status != EXIT_DONE)
                return status;
        } else if (line->words == WORDS_MAX) {
            return complain(EXIT_USAGE, "\"%s\" is one argument too many", argv[i]);
        } else {
            line->word[line->words++] = argv[i];
        }
    }
    return EXIT_DONE;
}

static void print_usage(const struct command *c, char out[LINE_MAX_LEN])
{
    int n =
        snprintf(out, LINE_MAX_LEN, "%s%s%s", c->noun, c->verb ? " " : "", c->verb ? c->verb : "");
    for (size_t i = 0; i < COMMAND_ARGS_MAX && c->args[i]; i++)
        n += snprintf(out + n, LINE_MAX_LEN - (size_t)n, " %s", c->args[i]);
}

static void print_option(enum option o)
{
    const struct option_spec *spec = &options[o];
    char left[64];
    snprintf(left, sizeof left, "%s%s%s%s%s", spec->brief ? spec->brief : "",
             spec->brief ? ", " : "", spec->name, spec->value ? " " : "",
             spec->value ? spec->value : "");
    printf("  %-22s %s\n", left, spec->help);
}

static void help_command(const struct command *c)
{
    char usage[LINE_MAX_LEN];
    print_usage(c, usage);
    printf("Usage: orgadmin %s [OPTION]...\n\n%s.\n\n", usage, c->help);
    for (unsigned o = 0; o < OPTION_COUNT; o++)
        if ((c->options >> o & 1) || o == OPTION_HELP)
            print_option((enum option)o);
}

/* All commands, or those of NOUN. */
static void help_commands(const char *noun)
{
    char usage[LINE_MAX_LEN];
    printf("Usage: orgadmin %s [ARGUMENT]... [OPTION]...\n\n", noun ? noun : "NOUN VERB");
    for (const struct command *c = commands; c->noun; c++) {
        if (noun && strcmp(noun, c->noun) != 0)
            continue;
        print_usage(c, usage);
        printf("  %-26s %s\n", usage, c->help);
    }
    printf("\norgadmin COMMAND --help shows a command's options; orgadmin(1) tells the rest.\n");
}

static const struct command *noun_find(const char *noun)
{
    for (const struct command *c = commands; c->noun; c++)
        if (strcmp(c->noun, noun) == 0)
            return c;
    return NULL;
}

static enum exit_status noun_unknown(const char *noun)
{
    struct suggestion s = {.word = noun};
    for (const struct command *c = commands; c->noun; c++)
        suggestion_offer(&s, c->noun);
    return unknown("command", &s, "orgadmin --help");
}

/* VERB is NULL when there is none. */
static enum exit_status verb_unknown(const char *noun, const char *verb)
{
    char help[64], verbs[256] = "";
    struct suggestion s = {.word = verb};
    snprintf(help, sizeof help, "orgadmin %s --help", noun);
    size_t used = 0;
    for (const struct command *c = noun_find(noun); c->noun && strcmp(c->noun, noun) == 0; c++) {
        if (verb)
            suggestion_offer(&s, c->verb);
        int n = snprintf(verbs + used, sizeof verbs - used, "%s%s", used ? ", " : "", c->verb);
        used = least(used + (size_t)n, sizeof verbs - 1);
    }
    if (!verb)
        return complain(EXIT_USAGE, "%s what? One of: %s", noun, verbs);
    return unknown("verb", &s, help);
}

static const struct command *verb_find(const struct command *first, const char *verb)
{
    for (const struct command *c = first; c->noun && strcmp(c->noun, first->noun) == 0; c++)
        if (strcmp(c->verb, verb) == 0)
            return c;
    return NULL;
}

/* Checks that the line is what its command takes. */
static enum exit_status fit(const struct line *line, struct invocation *inv)
{
    const struct command *c = inv->command;
    size_t first = c->verb ? 2 : 1, n = 0;
    char usage[LINE_MAX_LEN];
    print_usage(c, usage);
    for (; n < COMMAND_ARGS_MAX && c->args[n]; n++) {
        inv->arg[n] = first + n < line->words ? line->word[first + n] : NULL;
        if (!inv->arg[n] && c->args[n][0] != '[')
            return complain(EXIT_USAGE, "%s is missing; usage: orgadmin %s", c->args[n], usage);
        if (inv->arg[n] && inv->arg[n][0] == '\0')
            return complain(EXIT_USAGE, "%s is empty; usage: orgadmin %s", c->args[n], usage);
    }
    if (line->words > first + n)
        return complain(EXIT_USAGE, "\"%s\" is one argument too many; usage: orgadmin %s",
                        line->word[first + n], usage);
    for (unsigned o = 0; o < OPTION_COUNT; o++)
        if (line->option[o] && !(c->options >> o & 1))
            return complain(EXIT_USAGE, "%s has no meaning for \"%s%s%s\"", options[o].name,
                            c->noun, c->verb ? " " : "", c->verb ? c->verb : "");
    memcpy(inv->option, line->option, sizeof inv->option);
    const char *format = inv->option[OPTION_OUTPUT];
    if (format && strcmp(format, "table") != 0 && strcmp(format, "json") != 0)
        return complain(EXIT_USAGE, "the output is \"table\" or \"json\", not \"%s\"", format);
    return EXIT_DONE;
}

enum exit_status command_main(int argc, char *argv[])
{
    struct line line = {0};
    struct invocation inv = {0};
    enum exit_status status = split(argc, argv, &line);
    if (status != EXIT_DONE)
        return status;
    if (line.option[OPTION_VERSION])
        return printf("orgadmin %s\n", ORG_VERSION) < 0;
    bool help = line.option[OPTION_HELP] != NULL;
    if (line.words == 0 && help) {
        help_commands(NULL);
        return EXIT_DONE;
    }
    if (line.words == 0)
        return complain(EXIT_USAGE, "what is to be done? See orgadmin --help");
    const struct command *first = noun_find(line.word[0]);
    if (!first)
        return noun_unknown(line.word[0]);
    if (first->verb && line.words == 1 && help) {
        help_commands(first->noun);
        return EXIT_DONE;
    }
    const char *verb = line.words > 1 ? line.word[1] : NULL;
    inv.command = first;
    if (first->verb && (!verb || (inv.command = verb_find(first, verb)) == NULL))
        return verb_unknown(first->noun, verb);
    if (help) {
        help_command(inv.command);
        return EXIT_DONE;
    }
    status = fit(&line, &inv);
    return status == EXIT_DONE ? inv.command->run(&inv) : status;
}
