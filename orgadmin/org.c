/* The noun org. */
#include <string.h>

#include "orgadmin/connection.h"
#include "orgadmin/listing.h"
#include "orgadmin/nouns.h"
#include "orgadmin/output.h"

static const struct column columns[] = {
    {"ID", "id", false},
    {"NAME", "name", true},
    {"ROLE", "role", false},
    {"CREATED", "created", false},
    {0},
};

/* Stores the chosen organization as the current one. */
static enum exit_status make_current(const struct connection *c)
{
    struct private_file file;
    enum exit_status status = context_begin(&file);
    if (status == EXIT_DONE)
        status = context_save(&file, &c->now);
    if (status == EXIT_DONE)
        note("The current organization is %s (%s).", c->now.org_name, c->now.org_id);
    return status;
}

enum exit_status org_create(const struct invocation *inv)
{
    struct connection c;
    cJSON *org;
    const struct provider_arg args[] = {{"name", inv->arg[0]}, {0}};
    enum exit_status status = connection_open(inv, inv->option[OPTION_TOKEN_FILE], NEED_TOKEN, &c);
    if (status != EXIT_DONE)
        return status;
    status = connection_get(&c, OP_ORG_CREATE, args, &org);
    if (status == EXIT_DONE)
        status = output(inv, columns, org);
    if (status == EXIT_DONE && c.logged_in)
        status = connection_set_org(&c, org);
    if (status == EXIT_DONE && c.logged_in)
        status = make_current(&c);
    cJSON_Delete(org);
    connection_close(&c);
    return status;
}

enum exit_status org_list(const struct invocation *inv)
{
    return listing(inv, OP_ORG_LIST, LISTING_PLAIN, columns);
}

enum exit_status org_show(const struct invocation *inv)
{
    struct invocation named = *inv;
    if (inv->arg[0] && inv->option[OPTION_ORG])
        return complain(EXIT_USAGE, "give the organization once: \"%s\" or --org", inv->arg[0]);
    if (inv->arg[0])
        named.option[OPTION_ORG] = inv->arg[0];
    return listing(&named, OP_ORG_SHOW, LISTING_ORG | LISTING_ONE, columns);
}

enum exit_status org_switch(const struct invocation *inv)
{
    struct connection c;
    enum exit_status status = connection_open(inv, NULL, NEED_TOKEN, &c);
    if (status != EXIT_DONE)
        return status;
    if (!c.logged_in)
        status = complain(EXIT_USAGE, "ORGADMIN_TOKEN_FILE is set: only a login has a current "
                                      "organization");
    if (status == EXIT_DONE)
        status = connection_find_org(&c, inv->arg[0]);
    if (status == EXIT_DONE)
        status = make_current(&c);
    connection_close(&c);
    return status;
}

enum exit_status org_current(const struct invocation *inv)
{
    static const struct column brief[] = {{"ID", "id", false}, {"NAME", "name", true}, {0}};
    struct context stored;
    enum exit_status status = context_load(&stored);
    if (status != EXIT_DONE)
        return status;
    if (!*stored.org_id)
        return complain(EXIT_SETUP, *stored.url
                                        ? "no organization is chosen: orgadmin org switch ORG"
                                        : "not logged in: orgadmin login --url URL");
    cJSON *org = cJSON_CreateObject();
    if (cJSON_AddStringToObject(org, "id", stored.org_id) &&
        cJSON_AddStringToObject(org, "name", stored.org_name))
        status = output(inv, brief, org);
    else
        status = complain(EXIT_AWAY, "out of memory");
    explicit_bzero(&stored, sizeof stored);
    cJSON_Delete(org);
    return status;
}
