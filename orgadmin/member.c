/* The noun member. */
#include <string.h>

#include "orgadmin/confirm.h"
#include "orgadmin/connection.h"
#include "orgadmin/nouns.h"
#include "orgadmin/output.h"

struct gathering {
    struct collection members;
    bool removed; /* these too */
};

static int gather(void *arg, const cJSON *member)
{
    struct gathering *g = arg;
    if (!g->removed && strcmp(record_text(member, "state"), "removed") == 0)
        return 0;
    return collection_sink(&g->members, member);
}

/* The provider "file" reads this back. */
static enum exit_status print_export(const struct invocation *inv, struct connection *c,
                                     struct collection *members)
{
    cJSON *org;
    enum exit_status status = connection_get(c, OP_ORG_SHOW, NULL, &org);
    if (status == EXIT_DONE)
        status = org ? output_export(inv, org, members)
                     : complain(EXIT_AWAY, "org show: there is no organization in the answer");
    cJSON_Delete(org);
    return status;
}

enum exit_status member_list(const struct invocation *inv)
{
    struct connection c;
    struct gathering g = {.removed = inv->option[OPTION_ALL] != NULL};
    enum exit_status status = connection_open_for(inv, OP_MEMBER_LIST, NULL, &c);
    if (status != EXIT_DONE)
        return status;
    status = connection_each(&c, OP_MEMBER_LIST, NULL, gather, &g);
    if (status == EXIT_DONE && output_structured(inv))
        status = print_export(inv, &c, &g.members);
    else if (status == EXIT_DONE)
        status = output_list(inv, &g.members);
    collection_free(&g.members);
    connection_close(&c);
    return status;
}

/* The member whom the first argument names. */
struct target {
    struct connection c;
    cJSON *member;
    const char *name, *email, *id;
};

/* True when TEXT can be nothing but the id of one of orgd's users (orgd/API.md). */
static bool is_id(const struct connection *c, const char *text)
{
    return strcmp(c->now.provider, "native") == 0 && strncmp(text, "usr_", 4) == 0 &&
           strlen(text) == 24 && strspn(text + 4, "abcdefghijklmnopqrstuvwxyz0123456789") == 20;
}

/* For OP with ROLE and PERMISSIONS. EXIT_DONE: to be closed; otherwise there is nothing to close.
 */
static enum exit_status target_open(const struct invocation *inv, enum provider_op op,
                                    const char *role, const char *permissions, struct target *t)
{
    const struct provider_arg args[] = {{"role", role}, {"permissions", permissions}, {0}};
    enum exit_status status = connection_open_for(inv, op, args, &t->c);
    if (status != EXIT_DONE)
        return status;
    t->name = t->id = inv->arg[0];
    t->email = "";
    t->member = NULL;
    if (op == OP_MEMBER_ROLE && is_id(&t->c, t->id)) /* nothing is asked, and orgd knows him */
        return EXIT_DONE;
    status = connection_find_member(&t->c, t->name, &t->member);
    if (status != EXIT_DONE)
        connection_close(&t->c);
    t->email = record_text(t->member, "email");
    t->id = record_text(t->member, "id");
    return status;
}

static void target_close(struct target *t)
{
    cJSON_Delete(t->member);
    connection_close(&t->c);
}

static enum exit_status run(struct target *t, enum provider_op op, const char *role,
                            const char *permissions)
{
    const struct provider_arg args[] = {
        {"user", t->id}, {"role", role}, {"permissions", permissions}, {0}};
    return connection_run(&t->c, op, args);
}

enum exit_status member_show(const struct invocation *inv)
{
    struct target t;
    enum exit_status status = target_open(inv, OP_MEMBER_LIST, NULL, NULL, &t);
    if (status != EXIT_DONE)
        return status;
    status = output(inv, t.member);
    target_close(&t);
    return status;
}

enum exit_status member_role(const struct invocation *inv)
{
    struct target t;
    const char *role = inv->arg[1], *permissions = inv->option[OPTION_PERMISSIONS];
    if (!role && !permissions)
        return complain(EXIT_USAGE, "which role? Give ROLE, or --permissions PERMISSION,...");
    enum exit_status status = target_open(inv, OP_MEMBER_ROLE, role, permissions, &t);
    if (status != EXIT_DONE)
        return status;
    status = run(&t, OP_MEMBER_ROLE, role, permissions);
    if (status == EXIT_DONE && role)
        note("%s has the role %s in %s.", t.name, role, t.c.now.org_name);
    if (status == EXIT_DONE && permissions)
        note("%s has %s%s in %s.", t.name, *permissions ? "the permissions " : "no permissions",
             permissions, t.c.now.org_name);
    target_close(&t);
    return status;
}

enum exit_status member_grant(const struct invocation *inv)
{
    struct target t;
    enum exit_status status = target_open(inv, OP_MEMBER_GRANT, inv->arg[1], NULL, &t);
    if (status != EXIT_DONE)
        return status;
    status = run(&t, OP_MEMBER_GRANT, inv->arg[1], NULL);
    if (status == EXIT_DONE)
        note("%s has the role %s in %s.", t.name, inv->arg[1], t.c.now.org_name);
    target_close(&t);
    return status;
}

enum exit_status member_revoke(const struct invocation *inv)
{
    struct target t;
    enum exit_status status = target_open(inv, OP_MEMBER_REVOKE, inv->arg[1], NULL, &t);
    if (status != EXIT_DONE)
        return status;
    status = confirm(inv, "yes", "Take the role %s in %s from %s (%s)?", inv->arg[1],
                     t.c.now.org_name, t.name, t.email);
    if (status == EXIT_DONE)
        status = run(&t, OP_MEMBER_REVOKE, inv->arg[1], NULL);
    if (status == EXIT_DONE)
        note("%s has no longer the role %s in %s.", t.name, inv->arg[1], t.c.now.org_name);
    target_close(&t);
    return status;
}

enum exit_status member_remove(const struct invocation *inv)
{
    struct target t;
    enum exit_status status = target_open(inv, OP_MEMBER_REMOVE, NULL, NULL, &t);
    if (status != EXIT_DONE)
        return status;
    status =
        confirm(inv, "yes", "Remove %s (%s, %s) from %s?", t.name, t.email, t.id, t.c.now.org_name);
    if (status == EXIT_DONE)
        status = run(&t, OP_MEMBER_REMOVE, NULL, NULL);
    if (status == EXIT_DONE)
        note("%s is no longer in %s.", t.name, t.c.now.org_name);
    target_close(&t);
    return status;
}
