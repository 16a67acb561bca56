/* login and whoami. */
#include <string.h>

#include "orgadmin/connection.h"
#include "orgadmin/listing.h"
#include "orgadmin/nouns.h"
#include "orgadmin/output.h"

static const struct column columns[] = {
    {"ID", "id", false},
    {"USERNAME", "username", false},
    {"EMAIL", "email", true},
    {"NAME", "name", true},
    {"ORGANIZATION", "organization", false},
    {"ROLE", "role", false},
    {0},
};

static const char *who(const cJSON *user)
{
    const char *const fields[] = {"email", "username", "name", "id"};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (*record_text(user, fields[i]))
            return record_text(user, fields[i]);
    return "somebody";
}

/* A token of an organization, and a user who is in just one, need not choose. */
static enum exit_status choose_only_org(struct connection *c)
{
    cJSON *list;
    enum exit_status status = connection_run(c, OP_ORG_LIST, NULL, &list);
    if (status == EXIT_DONE && cJSON_GetArraySize(list) == 1)
        status = connection_set_org(c, list->child);
    cJSON_Delete(list);
    return status;
}

enum exit_status login(const struct invocation *inv)
{
    struct connection c;
    struct private_file file;
    cJSON *user = NULL;
    if (!inv->option[OPTION_URL])
        return complain(EXIT_USAGE, "login needs --url URL");
    enum exit_status status = connection_open(inv, inv->option[OPTION_TOKEN_FILE], NEED_LOGIN, &c);
    if (status != EXIT_DONE)
        return status;
    status = connection_get(&c, OP_WHOAMI, NULL, &user);
    if (status == EXIT_DONE)
        status = choose_only_org(&c);
    if (status == EXIT_DONE)
        status = context_begin(&file);
    if (status == EXIT_DONE)
        status = context_save(&file, &c.now);
    if (status == EXIT_DONE)
        note("Logged in to %s as %s. Organization: %s.", c.now.url, who(user),
             *c.now.org_name ? c.now.org_name : "none chosen");
    cJSON_Delete(user);
    connection_close(&c);
    return status;
}

enum exit_status whoami(const struct invocation *inv)
{
    return listing(inv, OP_WHOAMI, LISTING_ONE, columns);
}
