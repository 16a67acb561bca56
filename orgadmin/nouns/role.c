/* The noun role. */
#include <string.h>

#include "orgadmin/nouns/listing.h"
#include "orgadmin/nouns/nouns.h"
#include "orgadmin/nouns/vocabulary.h"
#include "orgadmin/nouns/withdrawn.h"
#include "orgadmin/remote/ask_first.h"

enum exit_status role_list(const struct invocation *inv)
{
    return listing(inv, OP_ROLE_LIST, LISTING_ANY, NULL);
}

/* To make a role and to change one are the same to the API, but not to a person. */
static enum exit_status set(const struct invocation *inv, enum provider_op op)
{
    struct connection c;
    cJSON *reply = NULL;
    const char *role = inv->arg[0], *permissions = inv->option[OPTION_PERMISSIONS];
    const struct provider_arg args[] = {{"role", role}, {"permissions", permissions}, {0}};
    struct vocabulary v = {NULL, NULL};
    bool create = op == OP_ROLE_CREATE;
    if (!permissions)
        return complain(EXIT_USAGE, "give --permissions PERMISSION,...; orgadmin role list shows "
                                    "the permissions");
    enum exit_status status = connection_open_for(inv, op, args, &c);
    if (status != EXIT_DONE)
        return status;
    status = vocabulary_read(&c, &v);
    bool known = status == EXIT_DONE && vocabulary_has_role(&v, role);
    if (known && create)
        status = complain(EXIT_NO, "%s has a role \"%s\" already: orgadmin role edit",
                          c.now.org_name, role);
    else if (status == EXIT_DONE && !known && !create)
        status = vocabulary_check_roles(&v, &c, "", role);
    if (status == EXIT_DONE)
        status = vocabulary_check_permissions(&v, &c, permissions);
    vocabulary_free(&v);
    if (status == EXIT_DONE)
        status = connection_get(&c, op, args, &reply);
    if (status == EXIT_DONE) {
        note("The role %s of %s permits %s.", role, c.now.org_name,
             *permissions ? permissions : "nothing");
        withdrawn_tell(reply, "of that role, or of those who have it");
    }
    cJSON_Delete(reply);
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
    enum exit_status status = connection_open_for(inv, OP_ROLE_REMOVE, args, &c);
    if (status != EXIT_DONE)
        return status;
    status = ask_first(inv, "yes", "Remove the role %s from %s?", inv->arg[0], c.now.org_name);
    if (status == EXIT_DONE)
        status = connection_run(&c, OP_ROLE_REMOVE, args);
    if (status == EXIT_DONE)
        note("%s has no role %s any more.", c.now.org_name, inv->arg[0]);
    connection_close(&c);
    return status;
}
