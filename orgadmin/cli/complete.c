#include "orgadmin/cli/complete.h"

#include <stdio.h>
#include <string.h>

#include "api/provider.h"
#include "orgadmin/nouns/operation.h"
#include "orgadmin/output/output.h"
#include "orgadmin/remote/context.h"
#include "orgadmin/remote/name_call.h"

/* The command line as far as it is typed. */
struct typed {
    const struct command *command; /* or NULL so far; its verb may be open */
    bool verb;                     /* the verb is known */
    size_t args;                   /* how many arguments stand before the last word */
    bool given[OPTION_COUNT];      /* options */
    struct invocation line;        /* with the options that say where names are from */
    bool elsewhere;                /* others say so, and nobody is asked there */
    enum option open;              /* the last word is the value of this option */
    const char *last;              /* the word that is being typed */
    const char *before;            /* what stays in front of what is offered: "--role=" */
};

static void offer(const struct typed *t, const char *word, const char *help)
{
    if (strncmp(word, t->last, strlen(t->last)) == 0)
        printf("%s%s%s%s\n", t->before, word, help ? "\t" : "", help ? help : "");
}

static void offer_name(void *arg, const char *name)
{
    offer(arg, name, NULL);
}

static enum exit_status offer_profile(void *arg, const char *name)
{
    offer(arg, name, NULL);
    return EXIT_DONE;
}

static void offer_words(const struct typed *t, const char *const *words)
{
    for (; *words; words++)
        offer(t, *words, NULL);
}

/* With LIST one more behind those that commas separate. */
static void offer_columns(struct typed *t, bool list)
{
    char before[256];
    const char *comma = list ? strrchr(t->last, ',') : NULL;
    if (!t->command || !t->command->record)
        return;
    if (comma) {
        snprintf(before, sizeof before, "%s%.*s", t->before, (int)(comma - t->last) + 1, t->last);
        t->before = before;
        t->last = comma + 1;
    }
    for (const struct column *c = t->command->record->columns; c->field; c++)
        offer(t, c->field, c->brief);
    t->before = "";
}

static void offer_names(struct typed *t, enum names kind)
{
    if (!t->elsewhere)
        names_complete(&t->line, kind, offer_name, t);
}

/* Those of every provider. */
static void offer_operations(const struct typed *t)
{
    char id[OPERATION_MAX];
    offer(t, "list", "show the operations with their fields");
    for (unsigned op = 0; op < OP_COUNT; op++)
        offer(t, operation_id(op, id), NULL);
}

/* The values that are always the same. */
static const struct {
    const char *what; /* as usage calls it */
    const char *const words[8];
} values[] = {
    {"FORMAT", {"table", "wide", "json", "jsonl", "yaml", "csv"}},
    {"TYPE", {"aws", "azure"}},
    {"ENV", {"live", "test"}},
    {"STATE", {"active", "pending", "suspended", "removed"}},
};

static bool is_word(const char *what, const char *word)
{
    size_t len = strlen(word);
    return strncmp(what, word, len) == 0 && strchr("].,", what[len]) != NULL;
}

/* WHAT is an argument or a value as usage calls it. */
static void offer_value(struct typed *t, const char *what)
{
    what += *what == '[';
    bool here = t->open != OPTION_COUNT; /* an argument FILE is the API's */
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        if (strcmp(what, values[i].what) == 0)
            offer_words(t, values[i].words);
    if (is_word(what, "PATH") || (here && is_word(what, "FILE")))
        puts(":files");
    else if (is_word(what, "PROVIDER"))
        offer_words(t, provider_names());
    else if (is_word(what, "OPERATION") && !here)
        offer_operations(t);
    else if (is_word(what, "COLUMN"))
        offer_columns(t, what[6] == ',');
    else if (is_word(what, "PROFILE"))
        context_each(offer_profile, t);
    else if (is_word(what, "ORG"))
        offer_names(t, NAMES_ORG);
    else if (is_word(what, "MEMBER"))
        offer_names(t, NAMES_MEMBER);
    else if (is_word(what, "ROLE"))
        offer_names(t, NAMES_ROLE);
}

static void offer_options(const struct typed *t)
{
    for (unsigned o = 0; o < OPTION_COUNT; o++) {
        bool fits = t->verb ? command_takes(t->command, (enum option)o)
                            : o == OPTION_HELP || (o == OPTION_VERSION && !t->command);
        if (fits && (option_repeats((enum option)o) || !t->given[o]))
            offer(t, options[o].name, options[o].brief);
    }
}

static void offer_nouns(const struct typed *t)
{
    for (const struct command *c = commands; c->noun; c++) {
        if (c != commands && strcmp(c->noun, c[-1].noun) == 0)
            continue;
        offer(t, c->noun, c->verb ? NULL : c->brief);
    }
}

static void offer_verbs(const struct typed *t)
{
    const char *noun = t->command->noun;
    for (const struct command *c = t->command; c->noun && strcmp(c->noun, noun) == 0; c++)
        offer(t, c->verb, c->brief);
}

/* Takes a word before the last that is no option. False: nobody knows what could follow. */
static bool take_word(struct typed *t, const char *word)
{
    if (!t->command) {
        t->command = command_noun(word);
        t->verb = t->command && !t->command->verb;
        return t->command != NULL;
    }
    if (!t->verb) {
        t->command = command_verb(t->command, word);
        t->verb = true;
        return t->command != NULL;
    }
    t->args++;
    return true;
}

/* Takes an option, with its value in VALUE when it stands in a word of its own. */
static void take_option(struct typed *t, const char *word, const char *value)
{
    size_t len = strcspn(word, "=");
    enum option o = command_option(word, len);
    if (o == OPTION_COUNT)
        return;
    t->given[o] = true;
    t->elsewhere |= o == OPTION_URL || o == OPTION_PROVIDER || o == OPTION_TOKEN_FILE;
    if (o == OPTION_PROFILE || o == OPTION_ORG || o == OPTION_CA_FILE || o == OPTION_PROXY)
        t->line.option[o] = word[len] == '=' ? word + len + 1 : value;
}

static bool take_words(struct typed *t, int count, char *words[])
{
    for (int i = 0; i < count - 1; i++) {
        enum option o =
            words[i][0] == '-' ? command_option(words[i], strlen(words[i])) : OPTION_COUNT;
        bool valued = o != OPTION_COUNT && options[o].value && !options[o].optional;
        if (words[i][0] == '-' && words[i][1] != '\0')
            take_option(t, words[i], valued && i + 1 < count - 1 ? words[i + 1] : NULL);
        else if (!take_word(t, words[i]))
            return false;
        if (valued && ++i == count - 1)
            t->open = o;
    }
    return true;
}

enum exit_status complete(int count, char *words[])
{
    char before[64];
    struct typed t = {
        .open = OPTION_COUNT, .before = "", .last = count > 0 ? words[count - 1] : ""};
    if (!freopen("/dev/null", "w", stderr) || !take_words(&t, count, words))
        return EXIT_DONE;
    size_t len = strcspn(t.last, "=");
    if (t.open == OPTION_COUNT && t.last[0] == '-' && t.last[len] == '=' &&
        len < sizeof before - 1) {
        t.open = command_option(t.last, len);
        snprintf(before, sizeof before, "%.*s", (int)len + 1, t.last);
        t.before = before;
        t.last += len + 1;
    }
    if (t.open != OPTION_COUNT)
        offer_value(&t, options[t.open].value ? options[t.open].value : "");
    else if (t.last[0] == '-')
        offer_options(&t);
    else if (!t.command)
        offer_nouns(&t);
    else if (!t.verb)
        offer_verbs(&t);
    else if (t.args < COMMAND_ARGS_MAX && t.command->args[t.args])
        offer_value(&t, t.command->args[t.args]);
    return EXIT_DONE;
}
