/* The noun secret: what the organization keeps for others to use. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "orgadmin/nouns/listing.h"
#include "orgadmin/nouns/nouns.h"
#include "orgadmin/remote/ask_first.h"
#include "orgadmin/remote/found.h"

#define FIELDS_MAX 4

enum exit_status secret_list(const struct invocation *inv)
{
    return listing(inv, OP_SECRET_LIST, LISTING_ORG, NULL);
}

/* The fields of each type of secret. */
static const struct {
    const char *type;
    const char *field[FIELDS_MAX + 1];
} types[] = {
    {"aws", {"access_key", "secret_key"}},
    {"azure", {"connection_string"}},
};

/* The values are asked for, one after the other. */
static enum exit_status ask(const char *type, struct args *args, char values[SECRET_FILE_MAX])
{
    size_t t = 0;
    while (t < sizeof types / sizeof *types && strcasecmp(types[t].type, type) != 0)
        t++;
    if (t == sizeof types / sizeof *types)
        return complain(EXIT_USAGE,
                        "the fields of a secret of the type \"%s\" are unknown: give "
                        "--secret-file FILE",
                        type);
    for (const char *const *field = types[t].field; *field; field++, values += SECRET_MAX) {
        enum exit_status status = secret_read(NULL, *field, values);
        if (status != EXIT_DONE)
            return status;
        args_add(args, *field, values);
    }
    return EXIT_DONE;
}

/* True when FIELD is of the secret's value, and not of the secret itself. */
static bool is_field(const struct connection *c, const char *field)
{
    static const char *const others[] = {"org", "name", "type"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (strcmp(field, others[i]) == 0)
            return false;
    return connection_takes(c, OP_SECRET_CREATE, field);
}

/* The fault of LINE, cut behind FIELD, or NULL. What stands there may be the secret itself: no word
 * of it is in the complaint. */
static const char *fault_of(const struct connection *c, const struct args *args, const char *field,
                            const char *value)
{
    if (!value || args->count == ARGS_MAX)
        return "it is no line FIELD=VALUE";
    if (!is_field(c, field))
        return "it is no line FIELD=VALUE with a field that secrets have: access_key and "
               "secret_key for aws, connection_string for azure";
    return *value ? NULL : "the field has no value";
}

/* The values are the lines FIELD=VALUE in TEXT, which is cut. */
static enum exit_status parse(const struct connection *c, const char *file, struct args *args,
                              char *text)
{
    unsigned number = 1;
    for (char *line = text, *next; line; line = next, number++) {
        next = strchr(line, '\n');
        if (next)
            *next++ = '\0';
        size_t len = strlen(line);
        if (len > 0 && line[len - 1] == '\r')
            line[--len] = '\0';
        char *equals = strchr(line, '=');
        if (len == 0)
            continue;
        if (equals)
            *equals = '\0';
        const char *fault = fault_of(c, args, line, equals ? equals + 1 : NULL);
        if (fault)
            return complain(EXIT_USAGE, "%s:%u: %s", file, number, fault);
        args_add(args, line, equals + 1);
    }
    return EXIT_DONE;
}

static enum exit_status create(const struct invocation *inv, struct connection *c,
                               char values[SECRET_FILE_MAX])
{
    const char *type = inv->option[OPTION_TYPE], *file = inv->option[OPTION_SECRET_FILE];
    struct args args = {0};
    cJSON *secret = NULL;
    enum exit_status status;
    args_add(&args, "name", inv->arg[0]);
    args_add(&args, "type", type);
    if (!file)
        status = ask(type, &args, values);
    else if ((status = secret_read_lines(file, values)) == EXIT_DONE)
        status = parse(c, strcmp(file, "-") == 0 ? "standard input" : file, &args, values);
    if (status == EXIT_DONE)
        status = connection_get(c, OP_SECRET_CREATE, args.arg, &secret);
    if (status == EXIT_DONE && secret)
        status = output(inv, secret);
    cJSON_Delete(secret);
    return status;
}

enum exit_status secret_create(const struct invocation *inv)
{
    struct connection c;
    char values[SECRET_FILE_MAX];
    _Static_assert(FIELDS_MAX * SECRET_MAX <= SECRET_FILE_MAX, "each value has its place");
    if (!inv->option[OPTION_TYPE])
        return complain(EXIT_USAGE, "the type is missing: give --type aws or --type azure");
    enum exit_status status = connection_open_for(inv, OP_SECRET_CREATE, NULL, &c);
    if (status != EXIT_DONE)
        return status;
    status = create(inv, &c, values);
    explicit_bzero(values, sizeof values);
    connection_close(&c);
    return status;
}

enum exit_status secret_remove(const struct invocation *inv)
{
    struct found f;
    enum exit_status status = found_open(inv, OP_SECRET_REMOVE, NULL, OP_SECRET_LIST, &f);
    if (status != EXIT_DONE)
        return status;
    status = ask_first(inv, "yes", "Remove the secret %s (%s) from %s?", found_text(&f, "name"),
                       f.id, f.c.now.org_name);
    if (status == EXIT_DONE)
        status = found_run(&f, OP_SECRET_REMOVE);
    if (status == EXIT_DONE)
        note("%s has no secret %s any more.", f.c.now.org_name, found_text(&f, "name"));
    found_close(&f);
    return status;
}
