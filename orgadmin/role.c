/* The noun role. */
#include <string.h>

#include "orgadmin/confirm.h"
#include "orgadmin/listing.h"
#include "orgadmin/nouns.h"

enum exit_status role_list(const struct invocation *inv)
{
    return listing(inv, OP_ROLE_LIST, LISTING_ANY, NULL);
}

/* True in *KNOWN when the organization has the role. */
static enum exit_status look_up(struct connection *c, const char *role, bool *known)
{
    cJSON *roles;
    enum exit_status status = connection_run(c, OP_ROLE_LIST, NULL, &roles);
    *known = false;
    for (const cJSON *r = roles ? roles->child : NULL; r; r = r->next)
        *known = *known || strcmp(record_text(r, "id"), role) == 0;
    cJSON_Delete(roles);
    return status;
}

/* To make a role and to change one are the same to the API, but not to a person. */
static enum exit_status set(const struct invocation *inv, enum provider_op op)
{
    struct connection c;
    const char *role = inv->arg[0], *permissions = inv->option[OPTION_PERMISSIONS];
    const struct provider_arg args[] = {{"role", role}, {"permissions", permissions}, {0}};
    bool create = op == OP_ROLE_CREATE, known;
    if (!permissions)
        return complain(EXIT_USAGE, "give --permissions PERMISSION,...; orgadmin role list shows "
                                    "which there are");
    enum exit_status status = connection_open_org(inv, &c);
    if (status != EXIT_DONE)
        return status;
    status = look_up(&c, role, &known);
    if (status == EXIT_DONE && known && create)
        status = complain(EXIT_NO, "%s has a role \"%s\" already: orgadmin role edit",
                          c.now.org_name, role);
    else if (status == EXIT_DONE && !known && !create)
        status =
            complain(EXIT_NO, "%s has no role \"%s\": orgadmin role list", c.now.org_name, role);
    if (status == EXIT_DONE)
        status = connection_run(&c, op, args, NULL);
    if (status == EXIT_DONE)
        note("The role %s of %s permits %s.", role, c.now.org_name,
             *permissions ? permissions : "nothing");
    connection_close(&c);
    return status;
}

enum exit_status role_create(const struct invocation *inv)
{
    return set(inv, OP_ROLE_CREATE);
}

enum exit_status role_edit(const struct invocation *inv)
{
    return set(inv, OP_ROLE_EDIT);
}

enum exit_status role_remove(const struct invocation *inv)
{
    struct connection c;
    const struct provider_arg args[] = {{"role", inv->arg[0]}, {0}};
    enum exit_status status = connection_open_org(inv, &c);
    if (status != EXIT_DONE)
        return status;
    status = confirm(inv, "yes", "Remove the role %s from %s?", inv->arg[0], c.now.org_name);
    if (status == EXIT_DONE)
        status = connection_run(&c, OP_ROLE_REMOVE, args, NULL);
    if (status == EXIT_DONE)
        note("%s has no role %s any more.", c.now.org_name, inv->arg[0]);
    connection_close(&c);
    return status;
}
