/* The noun team. */
#include "orgadmin/nouns/listing.h"
#include "orgadmin/nouns/nouns.h"
#include "orgadmin/remote/ask_first.h"
#include "orgadmin/remote/found.h"

enum exit_status team_list(const struct invocation *inv)
{
    return listing(inv, OP_TEAM_LIST, LISTING_ORG, NULL);
}

enum exit_status team_show(const struct invocation *inv)
{
    struct found f;
    enum exit_status status = found_open(inv, OP_TEAM_SHOW, NULL, OP_TEAM_LIST, &f);
    if (status != EXIT_DONE)
        return status;
    const struct provider_arg args[] = {{f.arg, f.id}, {0}};
    status = listing_all(inv, &f.c, OP_TEAM_SHOW, args);
    found_close(&f);
    return status;
}

/* OP with the team and the member that the arguments name, once QUESTION, of both, is answered; or
 * NULL. Remarks DONE of both. */
static enum exit_status change(const struct invocation *inv, enum provider_op op,
                               const char *question, const char *done)
{
    struct found f;
    cJSON *member = NULL;
    const char *role = inv->option[OPTION_ROLE];
    const struct provider_arg given[] = {{"role", role}, {0}};
    enum exit_status status = found_open(inv, op, given, OP_TEAM_LIST, &f);
    if (status != EXIT_DONE)
        return status;
    status = found_other(&f, inv->arg[1], OP_MEMBER_LIST, &member);
    if (status == EXIT_DONE && question)
        status = ask_first(inv, "yes", "%s %s from the team %s?", question, inv->arg[1],
                           found_text(&f, "slug"));
    const struct provider_arg args[] = {
        {f.arg, f.id}, {"user", record_text(member, "id")}, {"role", role}, {0}};
    if (status == EXIT_DONE)
        status = connection_run(&f.c, op, args);
    if (status == EXIT_DONE)
        note("%s %s the team %s.", inv->arg[1], done, found_text(&f, "slug"));
    cJSON_Delete(member);
    found_close(&f);
    return status;
}

enum exit_status team_add(const struct invocation *inv)
{
    return change(inv, OP_TEAM_ADD, NULL, "is in");
}

enum exit_status team_remove(const struct invocation *inv)
{
    return change(inv, OP_TEAM_REMOVE, "Remove", "is no longer in");
}
