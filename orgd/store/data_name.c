/* The data as they are named on a command line: a file, or a database of PostgreSQL. */
#include <libpq-fe.h>
#include <stdio.h>
#include <string.h>

#include "orgd/store/store.h"

#define NAME_SIZE 256

bool store_is_url(const char *data)
{
    return strncmp(data, "postgresql://", 13) == 0 || strncmp(data, "postgres://", 11) == 0;
}

/* The value of KEYWORD, "" without one. */
static const char *option(const PQconninfoOption *options, const char *keyword)
{
    for (; options && options->keyword; options++)
        if (strcmp(options->keyword, keyword) == 0)
            return options->val ? options->val : "";
    return "";
}

const char *store_name(const char *data)
{
    static char name[NAME_SIZE];
    if (!store_is_url(data))
        return data;
    PQconninfoOption *options = PQconninfoParse(data, NULL);
    const char *service = option(options, "service");
    snprintf(name, sizeof name, "postgresql://%s/%s%s%s", option(options, "host"),
             option(options, "dbname"), service[0] ? "?service=" : "", service);
    PQconninfoFree(options);
    return name;
}

bool store_url_good(const char *data, bool *secret)
{
    PQconninfoOption *options = PQconninfoParse(data, NULL);
    *secret = option(options, "password")[0] || option(options, "sslpassword")[0];
    bool good = options != NULL;
    PQconninfoFree(options);
    return good;
}
