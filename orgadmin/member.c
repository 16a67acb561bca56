/* The noun member. */
#include <string.h>

#include "orgadmin/confirm.h"
#include "orgadmin/connection.h"
#include "orgadmin/nouns.h"
#include "orgadmin/output.h"

static void drop_removed(cJSON *members)
{
    for (cJSON *m = members->child, *next; m; m = next) {
        next = m->next;
        if (strcmp(record_text(m, "state"), "removed") == 0)
            cJSON_Delete(cJSON_DetachItemViaPointer(members, m));
    }
}

/* The provider "file" reads this back. MEMBERS is taken over. */
static enum exit_status print_export(const struct invocation *inv, struct connection *c,
                                     cJSON *members)
{
    cJSON *org, *whole = cJSON_CreateObject();
    enum exit_status status = connection_get(c, OP_ORG_SHOW, NULL, &org);
    if (status == EXIT_DONE && cJSON_AddItemToObject(whole, "organization", org) &&
        cJSON_AddItemToObject(whole, "members", members)) {
        status = output_within(inv, whole, members);
    } else {
        if (status == EXIT_DONE)
            status = complain(EXIT_AWAY, "out of memory");
        cJSON_Delete(members);
    }
    cJSON_Delete(whole);
    return status;
}

enum exit_status member_list(const struct invocation *inv)
{
    struct connection c;
    cJSON *members;
    enum exit_status status = connection_open_org(inv, &c);
    if (status != EXIT_DONE)
        return status;
    status = connection_run(&c, OP_MEMBER_LIST, NULL, &members);
    if (status == EXIT_DONE && !inv->option[OPTION_ALL])
        drop_removed(members);
    if (status == EXIT_DONE && output_structured(inv)) {
        status = print_export(inv, &c, members);
    } else {
        if (status == EXIT_DONE)
            status = output(inv, members);
        cJSON_Delete(members);
    }
    connection_close(&c);
    return status;
}

enum exit_status member_show(const struct invocation *inv)
{
    struct connection c;
    cJSON *member;
    enum exit_status status = connection_open_org(inv, &c);
    if (status != EXIT_DONE)
        return status;
    status = connection_find_member(&c, inv->arg[0], &member);
    if (status == EXIT_DONE)
        status = output(inv, member);
    cJSON_Delete(member);
    connection_close(&c);
    return status;
}

enum exit_status member_role(const struct invocation *inv)
{
    struct connection c;
    cJSON *member;
    enum exit_status status = connection_open_org(inv, &c);
    if (status != EXIT_DONE)
        return status;
    status = connection_find_member(&c, inv->arg[0], &member);
    if (status == EXIT_DONE) {
        const struct provider_arg args[] = {
            {"user", record_text(member, "id")}, {"role", inv->arg[1]}, {0}};
        status = connection_run(&c, OP_MEMBER_ROLE, args, NULL);
    }
    if (status == EXIT_DONE)
        note("%s has the role %s in %s.", inv->arg[0], inv->arg[1], c.now.org_name);
    cJSON_Delete(member);
    connection_close(&c);
    return status;
}

enum exit_status member_remove(const struct invocation *inv)
{
    struct connection c;
    cJSON *member;
    enum exit_status status = connection_open_org(inv, &c);
    if (status != EXIT_DONE)
        return status;
    status = connection_find_member(&c, inv->arg[0], &member);
    if (status == EXIT_DONE)
        status = confirm(inv, "yes", "Remove %s (%s, %s) from %s?", inv->arg[0],
                         record_text(member, "email"), record_text(member, "id"), c.now.org_name);
    if (status == EXIT_DONE) {
        const struct provider_arg args[] = {{"user", record_text(member, "id")}, {0}};
        status = connection_run(&c, OP_MEMBER_REMOVE, args, NULL);
    }
    if (status == EXIT_DONE)
        note("%s is no longer in %s.", inv->arg[0], c.now.org_name);
    cJSON_Delete(member);
    connection_close(&c);
    return status;
}
