#include "orgadmin/cli/run.h"

#include <stdio.h>
#include <string.h>

#include "common/paths.h"
#include "orgadmin/cli/command.h"
#include "orgadmin/cli/complete.h"
#include "orgadmin/cli/help.h"
#include "orgadmin/cli/manual.h"
#include "orgadmin/cli/words.h"
#include "orgadmin/nouns/moment.h"
#include "orgadmin/output/output.h"
#include "orgadmin/suggest.h"

#define WORDS_MAX (4 + COMMAND_ARGS_MAX + PAIRS_MAX) /* some are two words elsewhere */

/* The words of the command line before they are checked. */
struct line {
    const char *word[WORDS_MAX];
    size_t words;
    char split[WORDS_BUFFER];
    bool turned;            /* the verb stood before the noun */
    struct invocation *inv; /* gets the options */
};

static enum exit_status unknown(const char *what, const struct suggestion *s, const char *help)
{
    char see[SUGGESTION_MAX], text[SUGGESTION_MAX];
    snprintf(see, sizeof see, "; see %s", help);
    return complain(EXIT_USAGE, "unknown %s \"%s\"%s", what, s->word,
                    suggestion_text(s, see, text));
}

static enum exit_status option_unknown(const char *word, size_t len)
{
    char name[SAID_MAX];
    const char *instead = word_instead(word, len);
    snprintf(name, sizeof name, "%.*s", (int)len, word);
    if (instead)
        return complain(EXIT_USAGE, "there is no option %s: %s", name, instead);
    struct suggestion s = {.word = name};
    for (size_t i = 0; i < OPTION_COUNT; i++)
        suggestion_offer(&s, options[i].name);
    words_offer_options(&s);
    const char *ours = word_option(s.best, strlen(s.best));
    if (ours)
        snprintf(s.best, sizeof s.best, "%s", ours);
    return unknown("option", &s, "orgadmin --help");
}

/* Stores NAME=VALUE for OPTION; NAME has LEN bytes. SHOWN is the option as typed, for messages. */
static enum exit_status take_pair(struct invocation *inv, enum option option, const char *shown,
                                  const char *name, size_t len, const char *value)
{
    struct pair *pair = &inv->pair[inv->pairs];
    if (inv->pairs == PAIRS_MAX)
        return complain(EXIT_USAGE, "%s: there are more than %d", shown, PAIRS_MAX);
    if (len == 0 || len >= sizeof pair->name)
        return complain(EXIT_USAGE, "%s: \"%s\" needs a name before the =", shown, name);
    snprintf(pair->name, sizeof pair->name, "%.*s", (int)len, name);
    pair->option = option;
    pair->value = value;
    for (size_t i = 0; i < inv->pairs; i++)
        if (inv->pair[i].option == option && strcmp(inv->pair[i].name, pair->name) == 0)
            return complain(EXIT_USAGE, "%s: \"%s\" is given twice", shown, pair->name);
    inv->pairs++;
    return EXIT_DONE;
}

/* The value of OPTION goes where it belongs. */
static enum exit_status take_value(struct invocation *inv, enum option o, const char *value)
{
    const struct option_spec *spec = &options[o];
    if (inv->option[o] && !option_repeats(o))
        return complain(EXIT_USAGE, "%s is given twice", spec->name);
    if (spec->list)
        return (inv->option[o] = invocation_list(inv, spec->name, value)) ? EXIT_DONE : EXIT_USAGE;
    if (spec->moment && moment_check(spec->name, value) != EXIT_DONE)
        return EXIT_USAGE;
    inv->option[o] = value;
    if (o == OPTION_REGION || o == OPTION_SUDO) /* short for --provider-option region=VALUE */
        return take_pair(inv, OPTION_PROVIDER_OPTION, spec->name, spec->name + 2,
                         strlen(spec->name + 2), o == OPTION_SUDO ? "1" : value);
    if (!option_repeats(o))
        return EXIT_DONE;
    const char *equals = strchr(value, '=');
    if (!equals)
        return complain(EXIT_USAGE, "%s needs %s, not \"%s\"", spec->name, spec->value, value);
    return take_pair(inv, o, spec->name, value, (size_t)(equals - value), equals + 1);
}

/* Takes the option at ARGV[*I], with the value behind it. */
static enum exit_status take_option(struct line *line, int argc, char *argv[], int *i)
{
    const char *word = argv[*i];
    size_t len = strcspn(word, "=");
    bool brief = word[1] != '-' && len > 2; /* "-ojson" */
    enum option o = command_option(word, brief ? 2 : len);
    const char *value = brief ? word + 2 : word[len] == '=' ? word + len + 1 : NULL;
    if (o == OPTION_COUNT)
        return option_unknown(word, len);
    const struct option_spec *spec = &options[o];
    if (!spec->value && value)
        return complain(EXIT_USAGE, "%s takes no value", spec->name);
    if (spec->value && !spec->optional && !value) {
        if (*i + 1 >= argc)
            return complain(EXIT_USAGE, "%s needs a value: %s %s", spec->name, spec->name,
                            spec->value);
        value = argv[++*i];
    }
    return take_value(line->inv, o, value ? value : "");
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

static enum exit_status noun_unknown(const char *noun)
{
    struct suggestion s = {.word = noun};
    for (const struct command *c = commands; c->noun; c++)
        suggestion_offer(&s, c->noun);
    words_offer_nouns(&s);
    if (word_noun(s.best))
        snprintf(s.best, sizeof s.best, "%s", word_noun(s.best));
    return unknown("command", &s, "orgadmin --help");
}

/* Offers to S the words of other tools for the verbs of the noun FIRST; the noun's own is proposed.
 */
static void offer_other_verbs(const struct command *first, struct suggestion *s)
{
    const char *other;
    for (size_t i = 0; (other = word_other_verb(i)) != NULL; i++)
        if (command_verb(first, other))
            suggestion_offer(s, other);
    const struct command *ours = *s->best ? command_verb(first, s->best) : NULL;
    if (ours)
        snprintf(s->best, sizeof s->best, "%s", ours->verb);
}

/* VERB is NULL when there is none. */
static enum exit_status verb_unknown(const char *noun, const char *verb)
{
    char help[64], verbs[256] = "";
    struct suggestion s = {.word = verb};
    snprintf(help, sizeof help, "orgadmin %s --help", noun);
    size_t used = 0;
    for (const struct command *c = command_noun(noun); c->noun && strcmp(c->noun, noun) == 0; c++) {
        if (verb && c->verb)
            suggestion_offer(&s, c->verb);
        int n = snprintf(verbs + used, sizeof verbs - used, "%s%s", used ? ", " : "", c->verb);
        used += (size_t)n < sizeof verbs - used ? (size_t)n : 0;
    }
    if (!verb)
        return complain(EXIT_USAGE, "%s needs a verb, one of: %s", noun, verbs);
    offer_other_verbs(command_noun(noun), &s);
    return unknown("verb", &s, help);
}

/* Takes WORD, which may be NULL, as the argument N of the command with USAGE. */
static enum exit_status take_argument(struct invocation *inv, size_t n, const char *word,
                                      const char *usage)
{
    const char *what = inv->command->args[n];
    inv->arg[n] = word;
    if (!word && *what != '[' && n == 0 && inv->command->args[1] && *inv->command->args[1] != '[')
        return complain(EXIT_USAGE, "%s and %s are missing; usage: orgadmin %s", what,
                        inv->command->args[1], usage);
    if (!word && *what != '[')
        return complain(EXIT_USAGE, "%s is missing; usage: orgadmin %s", what, usage);
    if (word && *word == '\0')
        return complain(EXIT_USAGE, "%s is empty; usage: orgadmin %s", what, usage);
    if (word && strstr(what, "ROLE"))
        inv->arg[n] = invocation_list(inv, "ROLE", word);
    return word && !inv->arg[n] ? EXIT_USAGE : EXIT_DONE;
}

/* Takes the word FIELD=VALUE. */
static enum exit_status take_field(struct invocation *inv, const char *word)
{
    const char *equals = strchr(word, '=');
    if (!equals)
        return complain(EXIT_USAGE, "\"%s\" is no FIELD=VALUE", word);
    return take_pair(inv, OPTION_SET, "FIELD=VALUE", word, (size_t)(equals - word), equals + 1);
}

/* Takes LINE's words from FIRST on as the arguments of the command. */
static enum exit_status take_arguments(const struct line *line, size_t first,
                                       struct invocation *inv)
{
    const char *const *args = inv->command->args;
    char usage[USAGE_MAX];
    size_t n = 0;
    command_usage(inv->command, usage);
    for (; n < COMMAND_ARGS_MAX && args[n]; n++, first++) {
        const char *word = first < line->words ? line->word[first] : NULL;
        if (strchr(args[n], '='))
            for (; first < line->words; first++)
                if (take_field(inv, line->word[first]) != EXIT_DONE)
                    return EXIT_USAGE;
        if (!strchr(args[n], '=') && take_argument(inv, n, word, usage) != EXIT_DONE)
            return EXIT_USAGE;
    }
    if (line->words > first)
        return complain(EXIT_USAGE, "\"%s\" is one argument too many; usage: orgadmin %s",
                        line->word[first], usage);
    return EXIT_DONE;
}

/* Checks that the line is what its command takes. */
static enum exit_status fit(const struct line *line, struct invocation *inv)
{
    const struct command *c = inv->command;
    if (take_arguments(line, c->verb ? 2 : 1, inv) != EXIT_DONE)
        return EXIT_USAGE;
    for (unsigned o = 0; o < OPTION_COUNT; o++)
        if (inv->option[o] && !command_takes(c, (enum option)o))
            return complain(EXIT_USAGE, "%s has no meaning for \"%s%s%s\"", options[o].name,
                            c->noun, c->verb ? " " : "", c->verb ? c->verb : "");
    return output_check(inv);
}

/* LINE's words as orgadmin has them: "help NOUN", "org:user:list", "auth login" and "get members"
 * are known from other tools. */
static void understand(struct line *line)
{
    const char **word = line->word;
    bool help = line->words > 0 && strcmp(word[0], "help") == 0;
    if (help)
        memmove(word, word + 1, --line->words * sizeof *word);
    if (help)
        line->inv->option[OPTION_HELP] = "";
    if (line->words == 1 && strcmp(word[0], "version") == 0)
        line->inv->option[OPTION_VERSION] = "";
    words_split(word, &line->words, WORDS_MAX, line->split);
    words_replace(word, &line->words, WORDS_MAX);
    const struct command *noun = line->words > 1 ? command_noun(word[1]) : NULL;
    if (!noun || !noun->verb || command_noun(word[0]) || !command_verb(noun, word[0]))
        return;
    const char *verb = word[0];
    word[0] = noun->noun;
    word[1] = verb;
    line->turned = true;
}

/* "get" without a name is a listing in other tools. */
static const struct command *list_instead(const struct line *line, const struct command *first,
                                          const struct command *found)
{
    bool one = line->turned || (found->args[0] && found->args[0][0] != '[');
    const struct command *list = one && line->words == 2 && strcmp(line->word[1], "get") == 0
                                     ? command_verb(first, "list")
                                     : NULL;
    return list ? list : found;
}

/* The command that LINE's words name; or its help, or a complaint, and NULL with *STATUS. */
static const struct command *find_command(const struct line *line, bool help,
                                          enum exit_status *status)
{
    *status = EXIT_DONE;
    if (line->words == 0 && help)
        help_commands(NULL);
    else if (line->words == 0)
        *status = complain(EXIT_USAGE, "no command is given; see orgadmin --help");
    if (line->words == 0)
        return NULL;
    const char *verb = line->words > 1 ? line->word[1] : NULL;
    const struct command *first = command_noun(line->word[0]), *found = NULL;
    if (!first)
        *status = noun_unknown(line->word[0]);
    else if (!first->verb)
        found = first;
    else if (!verb && help)
        help_commands(first->noun);
    else if (!verb || (found = command_verb(first, verb)) == NULL)
        *status = verb_unknown(first->noun, verb);
    return found ? list_instead(line, first, found) : NULL;
}

static enum exit_status run_line(struct line *line, struct invocation *inv)
{
    enum exit_status status;
    understand(line);
    if (inv->option[OPTION_VERSION])
        return printf("orgadmin %s\n", ORG_VERSION) < 0;
    bool help = inv->option[OPTION_HELP] != NULL;
    inv->command = find_command(line, help, &status);
    if (!inv->command)
        return status;
    if (help) {
        help_command(inv->command);
        return EXIT_DONE;
    }
    status = fit(line, inv);
    if (status == EXIT_DONE)
        status = inv->command->run(inv);
    return status == EXIT_UNSENT ? EXIT_DONE : status;
}

enum exit_status run(int argc, char *argv[])
{
    struct invocation inv = {0};
    struct line line = {.inv = &inv};
    if (argc > 1 && strcmp(argv[1], "--complete") == 0) /* asked by packaging/completions */
        return complete(argc - 2, argv + 2);
    if (argc == 2 && strcmp(argv[1], "--manual") == 0) /* the reference part of orgadmin(1) */
        return manual_print();
    enum exit_status status = split(argc, argv, &line);
    return status == EXIT_DONE ? run_line(&line, &inv) : status;
}
