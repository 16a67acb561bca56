/* The noun member. */
#include <string.h>

#include "orgadmin/confirm.h"
#include "orgadmin/found.h"
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

enum exit_status member_show(const struct invocation *inv)
{
    struct found f;
    enum exit_status status = found_open(inv, OP_MEMBER_LIST, NULL, OP_MEMBER_LIST, &f);
    if (status != EXIT_DONE)
        return status;
    status = output(inv, f.record);
    found_close(&f);
    return status;
}

static enum exit_status run(struct found *f, enum provider_op op, const char *role,
                            const char *permissions)
{
    const struct provider_arg args[] = {
        {f->arg, f->id}, {"role", role}, {"permissions", permissions}, {0}};
    return connection_run(&f->c, op, args);
}

/* OP, which gives ROLE or PERMISSIONS. */
static enum exit_status give(const struct invocation *inv, enum provider_op op, const char *role,
                             const char *permissions)
{
    struct found f;
    const struct provider_arg args[] = {{"role", role}, {"permissions", permissions}, {0}};
    enum exit_status status = found_open(inv, op, args, OP_MEMBER_LIST, &f);
    if (status != EXIT_DONE)
        return status;
    status = run(&f, op, role, permissions);
    if (status == EXIT_DONE && role)
        note("%s has the role %s in %s.", inv->arg[0], role, f.c.now.org_name);
    if (status == EXIT_DONE && permissions)
        note("%s has %s%s in %s.", inv->arg[0],
             *permissions ? "the permissions " : "no permissions", permissions, f.c.now.org_name);
    found_close(&f);
    return status;
}

enum exit_status member_role(const struct invocation *inv)
{
    const char *role = inv->arg[1], *permissions = inv->option[OPTION_PERMISSIONS];
    if (!role && !permissions)
        return complain(EXIT_USAGE, "which role? Give ROLE, or --permissions PERMISSION,...");
    return give(inv, OP_MEMBER_ROLE, role, permissions);
}

enum exit_status member_grant(const struct invocation *inv)
{
    return give(inv, OP_MEMBER_GRANT, inv->arg[1], NULL);
}

enum exit_status member_revoke(const struct invocation *inv)
{
    struct found f;
    const char *name = inv->arg[0], *role = inv->arg[1];
    const struct provider_arg args[] = {{"role", role}, {0}};
    enum exit_status status = found_open(inv, OP_MEMBER_REVOKE, args, OP_MEMBER_LIST, &f);
    if (status != EXIT_DONE)
        return status;
    status = confirm(inv, "yes", "Take the role %s in %s from %s (%s)?", role, f.c.now.org_name,
                     name, found_text(&f, "email"));
    if (status == EXIT_DONE)
        status = run(&f, OP_MEMBER_REVOKE, role, NULL);
    if (status == EXIT_DONE)
        note("%s has no longer the role %s in %s.", name, role, f.c.now.org_name);
    found_close(&f);
    return status;
}

static double number_of(const cJSON *record, const char *field)
{
    const cJSON *number = cJSON_GetObjectItemCaseSensitive(record, field);
    return cJSON_IsNumber(number) ? number->valuedouble : 0;
}

/* Names a token that the user *MAKER made. */
static int name_token(void *maker, const cJSON *token)
{
    if (strcmp(record_text(token, "maker"), *(const char *const *)maker) == 0)
        note("  %s %s (%s)", record_text(token, "key"), record_text(token, "name"),
             record_text(token, "role"));
    return 0;
}

/* What the member had handed out: what is withdrawn with him, and what somebody must decide upon.
 */
static void tell_handed_out(struct found *f, const cJSON *reply)
{
    double invitations = number_of(reply, "invitations"), codes = number_of(reply, "join_codes");
    const char *username = found_text(f, "username");
    if (invitations > 0 || codes > 0)
        note("Withdrawn with it: %.0f invitation%s and %.0f join code%s that %s made.", invitations,
             invitations == 1 ? "" : "s", codes, codes == 1 ? "" : "s", username);
    if (!(number_of(reply, "tokens") > 0))
        return;
    note("Tokens that %s made go on reading; orgadmin token revoke ends one:", username);
    struct api_error err;
    connection_try(&f->c, OP_TOKEN_LIST, NULL, name_token, &username, &err);
}

enum exit_status member_remove(const struct invocation *inv)
{
    struct found f;
    cJSON *reply = NULL;
    const char *name = inv->arg[0];
    enum exit_status status = found_open(inv, OP_MEMBER_REMOVE, NULL, OP_MEMBER_LIST, &f);
    if (status != EXIT_DONE)
        return status;
    status = confirm(inv, "yes", "Remove %s (%s, %s) from %s?", name, found_text(&f, "email"), f.id,
                     f.c.now.org_name);
    if (status == EXIT_DONE)
        status = found_run_reply(&f, OP_MEMBER_REMOVE, &reply);
    if (status == EXIT_DONE) {
        note("%s is no longer in %s.", name, f.c.now.org_name);
        tell_handed_out(&f, reply);
    }
    cJSON_Delete(reply);
    found_close(&f);
    return status;
}
