#include "orgadmin/cli/command.h"

#include <stdio.h>
#include <string.h>

#include "orgadmin/cli/words.h"

const struct command *command_noun(const char *noun)
{
    const char *known = word_noun(noun);
    for (const struct command *c = commands; c->noun; c++)
        if (strcmp(c->noun, known ? known : noun) == 0)
            return c;
    return NULL;
}

static const struct command *find_verb(const struct command *first, const char *verb)
{
    for (const struct command *c = first; c->noun && strcmp(c->noun, first->noun) == 0; c++)
        if (strcmp(c->verb, verb) == 0)
            return c;
    return NULL;
}

const struct command *command_verb(const struct command *first, const char *verb)
{
    const char *known = verb;
    const struct command *found = first->verb ? find_verb(first, verb) : first;
    for (size_t i = 0; !found && (known = word_verb(verb, i)) != NULL; i++)
        found = find_verb(first, known);
    return found;
}

enum option command_option(const char *word, size_t len)
{
    const char *known = word_option(word, len);
    return known ? option_find(known, strlen(known)) : option_find(word, len);
}

bool command_takes(const struct command *c, enum option o)
{
    bool lists = c->verb && strcmp(c->verb, "list") == 0;
    if (o == OPTION_FILTER || o == OPTION_STATE || o == OPTION_LIMIT)
        return lists && c->record;
    const unsigned char *own = c->options;
    while (own && *own != OPTION_HELP && *own != o)
        own++;
    return own ? *own == o : o == OPTION_HELP;
}

void command_usage(const struct command *c, char out[USAGE_MAX])
{
    int n = snprintf(out, USAGE_MAX, "%s%s%s", c->noun, c->verb ? " " : "", c->verb ? c->verb : "");
    for (size_t i = 0; i < COMMAND_ARGS_MAX && c->args[i]; i++)
        n += snprintf(out + n, USAGE_MAX - (size_t)n, " %s", c->args[i]);
}
