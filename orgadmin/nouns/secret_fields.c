#include "orgadmin/nouns/secret_fields.h"

#include <stdio.h>
#include <string.h>

#define FAULT_MAX 256

/* The secrets that OP takes, in OUT, which is returned. */
static const char *names_of(const struct connection *c, enum provider_op op, char out[FAULT_MAX])
{
    char takes[PROVIDER_TAKES_MAX], name[PAIR_NAME_MAX];
    size_t used = 0;
    provider_takes(c->provider, op, takes);
    snprintf(out, FAULT_MAX, "none");
    for (const char *w = takes; *w; w += strcspn(w, " "), w += *w == ' ') {
        snprintf(name, sizeof name, "%.*s", (int)strcspn(w, " "), w);
        int n = provider_arg_secret(name)
                    ? snprintf(out + used, FAULT_MAX - used, "%s%s", used ? ", " : "", name)
                    : 0;
        used += (size_t)n < FAULT_MAX - used ? (size_t)n : 0;
    }
    return out;
}

/* Takes LINE, number NUMBER of FILE, without its end. What stands there may be the secret itself:
 * no word of it is in the complaint. */
static enum exit_status take_line(const struct connection *c, enum provider_op op, const char *file,
                                  unsigned number, char *line, struct args *args)
{
    char names[FAULT_MAX];
    char *equals = strchr(line, '=');
    if (equals)
        *equals = '\0';
    if (!equals || args->count == ARGS_MAX)
        return complain(EXIT_USAGE, "%s:%u: it is no line FIELD=VALUE", file, number);
    if (!provider_arg_secret(line) || !connection_takes(c, op, line))
        return complain(EXIT_USAGE,
                        "%s:%u: it is no line FIELD=VALUE with a field that secrets have: %s", file,
                        number, names_of(c, op, names));
    if (!equals[1])
        return complain(EXIT_USAGE, "%s:%u: the field has no value", file, number);
    args_add(args, line, equals + 1);
    return EXIT_DONE;
}

enum exit_status secret_fields_read(const struct connection *c, enum provider_op op,
                                    const char *file, struct args *args, char text[SECRET_FILE_MAX])
{
    enum exit_status status = secret_read_lines(file, text);
    const char *shown = strcmp(file, "-") == 0 ? "standard input" : file;
    unsigned number = 1;
    for (char *line = text, *next; line && status == EXIT_DONE; line = next, number++) {
        next = strchr(line, '\n');
        if (next)
            *next++ = '\0';
        size_t len = strlen(line);
        if (len > 0 && line[len - 1] == '\r')
            line[--len] = '\0';
        if (len > 0)
            status = take_line(c, op, shown, number, line, args);
    }
    return status;
}
