/* The noun secret: what the organization keeps for others to use. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "orgadmin/nouns/listing.h"
#include "orgadmin/nouns/nouns.h"
#include "orgadmin/nouns/secret_fields.h"
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
    else
        status = secret_fields_read(c, OP_SECRET_CREATE, file, &args, values);
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
