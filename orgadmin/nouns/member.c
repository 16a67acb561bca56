/* The noun member. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "orgadmin/nouns/applied.h"
#include "orgadmin/nouns/nouns.h"
#include "orgadmin/nouns/vocabulary.h"
#include "orgadmin/nouns/withdrawn.h"
#include "orgadmin/output/output.h"
#include "orgadmin/remote/ask_first.h"
#include "orgadmin/remote/found.h"

struct member_gathering {
    struct collection members;
    bool removed; /* these too */
};

static int gather(void *arg, const cJSON *member)
{
    struct member_gathering *g = arg;
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
    struct member_gathering g = {.removed = inv->option[OPTION_ALL] != NULL};
    enum exit_status status = connection_open_for(inv, OP_MEMBER_LIST, NULL, &c);
    if (status != EXIT_DONE)
        return status;
    status = connection_each(&c, OP_MEMBER_LIST, NULL, gather, &g);
    if (status == EXIT_DONE && output_structured(inv))
        status = print_export(inv, &c, &g.members);
    else if (status == EXIT_DONE)
        status = output_list(inv, &g.members);
    bool listed = provider_invites(c.provider) & INVITES_LISTED;
    if (status == EXIT_DONE && listed && g.members.count > 0 && output_plain(inv))
        note("This API does not tell who is only invited: such people are listed as active.");
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

/* *REPLY, which the caller frees, is NULL where the API's answer says nothing. */
static enum exit_status run(struct found *f, enum provider_op op, const char *role,
                            const char *permissions, cJSON **reply)
{
    const struct provider_arg args[] = {
        {f->arg, f->id}, {"role", role}, {"permissions", permissions}, {0}};
    return connection_get(&f->c, op, args, reply);
}

/* Of what the member had handed out. */
static void tell_withdrawn(const struct found *f, const cJSON *reply)
{
    char which[256];
    snprintf(which, sizeof which, "that %s made", found_text(f, "username"));
    withdrawn_tell(reply, which);
    int64_t keys = withdrawn_keys_left(reply);
    if (keys > 0)
        note("%" PRId64 " ssh key%s that %s gave to members still count%s; orgadmin audit list "
             "--action member.key-add names them, key remove --member withdraws one.",
             keys, keys == 1 ? "" : "s", found_text(f, "username"), keys == 1 ? "s" : "");
}

/* Tells of invitations, join codes and tokens that the member's new role does not allow. */
static void tell_beyond(const struct found *f, const cJSON *reply)
{
    int64_t tokens = withdrawn_tokens_left(reply);
    tell_withdrawn(f, reply);
    if (tokens > 0)
        note("%" PRId64 " token%s that %s made can do more than that; orgadmin token list shows "
             "them.",
             tokens, tokens == 1 ? "" : "s", found_text(f, "username"));
}

/* OP, which gives ROLE or PERMISSIONS. */
static enum exit_status give(const struct invocation *inv, enum provider_op op, const char *role,
                             const char *permissions)
{
    struct found f;
    const struct provider_arg args[] = {{"role", role}, {"permissions", permissions}, {0}};
    cJSON *reply = NULL;
    enum exit_status status = found_open(inv, op, args, OP_MEMBER_LIST, &f);
    if (status != EXIT_DONE)
        return status;
    status = applied_check(inv, &f.c);
    if (status == EXIT_DONE)
        status = vocabulary_check(&f.c, role, permissions);
    if (status == EXIT_DONE)
        status = run(&f, op, role, permissions, &reply);
    if (status == EXIT_DONE && role)
        note("%s has the role %s in %s.", inv->arg[0], role, f.c.now.org_name);
    if (status == EXIT_DONE && permissions)
        note("%s has %s%s in %s.", inv->arg[0],
             *permissions ? "the permissions " : "no permissions", permissions, f.c.now.org_name);
    if (status == EXIT_DONE)
        tell_beyond(&f, reply);
    if (status == EXIT_DONE)
        status = applied_wait(inv, &f.c, reply);
    cJSON_Delete(reply);
    found_close(&f);
    return status;
}

enum exit_status member_role(const struct invocation *inv)
{
    const char *role = inv->arg[1], *permissions = inv->option[OPTION_PERMISSIONS];
    if (!role && !permissions)
        return complain(EXIT_USAGE,
                        "the role is missing: give ROLE, or --permissions PERMISSION,...");
    return give(inv, OP_MEMBER_ROLE, role, permissions);
}

enum exit_status member_grant(const struct invocation *inv)
{
    return give(inv, OP_MEMBER_GRANT, inv->arg[1], NULL);
}

enum exit_status member_revoke(const struct invocation *inv)
{
    struct found f;
    cJSON *reply = NULL;
    const char *name = inv->arg[0], *role = inv->arg[1];
    const struct provider_arg args[] = {{"role", role}, {0}};
    enum exit_status status = found_open(inv, OP_MEMBER_REVOKE, args, OP_MEMBER_LIST, &f);
    if (status != EXIT_DONE)
        return status;
    status = ask_first(inv, "yes", "Take the role %s in %s from %s (%s)?", role, f.c.now.org_name,
                       name, found_text(&f, "email"));
    if (status == EXIT_DONE)
        status = run(&f, OP_MEMBER_REVOKE, role, NULL, &reply);
    if (status == EXIT_DONE)
        note("%s no longer has the role %s in %s.", name, role, f.c.now.org_name);
    if (status == EXIT_DONE)
        tell_beyond(&f, reply);
    cJSON_Delete(reply);
    found_close(&f);
    return status;
}

/* Names a token that the user made whose username *ARG is. */
static int name_token(void *arg, const cJSON *token)
{
    if (strcmp(record_text(token, "maker"), *(const char *const *)arg) == 0)
        note("  %s %s (%s)", record_text(token, "key"), record_text(token, "name"),
             record_text(token, "role"));
    return 0;
}

/* Names the tokens that the member made, who is gone or suspended. */
static void name_tokens(struct found *f)
{
    struct api_error err;
    const char *username = found_text(f, "username");
    note("These tokens that %s made can still read; orgadmin token revoke ends one:", username);
    connection_try(&f->c, OP_TOKEN_LIST, NULL, name_token, &username, &err);
}

/* Of what is open: all, and what the user USERNAME made. */
struct open_things {
    const char *username;
    int64_t all, made;
};

static int count_open(void *arg, const cJSON *record)
{
    struct open_things *o = arg;
    o->all++;
    o->made += *o->username && strcmp(record_text(record, "maker"), o->username) == 0;
    return 0;
}

/* Counts what OP lists; nothing where the API lacks OP or refuses it. */
static struct open_things count_things(struct found *f, enum provider_op op)
{
    struct api_error err;
    struct open_things o = {.username = found_text(f, "username")};
    if (!connection_takes(&f->c, op, NULL) ||
        connection_try(&f->c, op, NULL, count_open, &o, &err) != API_OK)
        return (struct open_things){0};
    return o;
}

/* Tells, before the question, what the member made that lets others in. */
static void tell_made(const struct invocation *inv, struct found *f)
{
    if (inv->option[OPTION_YES]) /* who does not ask is told what was withdrawn */
        return;
    struct open_things codes = count_things(f, OP_JOINCODE_LIST);
    struct open_things tokens = count_things(f, OP_TOKEN_LIST);
    if (codes.made > 0 || tokens.made > 0)
        note("%s made %" PRId64 " open join code%s and %" PRId64 " token%s of %s.", inv->arg[0],
             codes.made, codes.made == 1 ? "" : "s", tokens.made, tokens.made == 1 ? "" : "s",
             f->c.now.org_name);
}

/* Tells of the join codes of an API that withdraws none, and does not say who made them. */
static void tell_left(struct found *f)
{
    char line[HINT_LINE_MAX];
    if (count_things(f, OP_JOINCODE_LIST).all > 0)
        note("%s", connection_hint(&f->c,
                                   "Whoever knows a join code can come back: see orgadmin "
                                   "joincode list",
                                   line));
}

/* Takes a member's rights away. */
struct parting {
    enum provider_op op;
    const char *verb;            /* of the question */
    const char *becomes, *until; /* of the remark, around the organization's name */
};

static enum exit_status part(const struct invocation *inv, const struct parting *p)
{
    struct found f;
    cJSON *reply = NULL;
    const char *name = inv->arg[0];
    enum exit_status status = found_open(inv, p->op, NULL, OP_MEMBER_LIST, &f);
    if (status != EXIT_DONE)
        return status;
    status = applied_check(inv, &f.c);
    if (status == EXIT_DONE)
        tell_made(inv, &f);
    if (status == EXIT_DONE)
        status = ask_first(inv, "yes", "%s %s (%s, %s) from %s?", p->verb, name,
                           found_text(&f, "email"), f.id, f.c.now.org_name);
    if (status == EXIT_DONE)
        status = found_run_reply(&f, p->op, &reply);
    if (status == EXIT_DONE) {
        note("%s is %s %s%s.", name, p->becomes, f.c.now.org_name, p->until);
        tell_withdrawn(&f, reply);
        if (withdrawn_tokens_left(reply) > 0)
            name_tokens(&f);
        if (!withdrawn_told(reply))
            tell_left(&f);
        status = applied_wait(inv, &f.c, reply);
    }
    cJSON_Delete(reply);
    found_close(&f);
    return status;
}

enum exit_status member_suspend(const struct invocation *inv)
{
    static const struct parting suspension = {OP_MEMBER_SUSPEND, "Suspend", "suspended from",
                                              " until orgadmin member resume"};
    return part(inv, &suspension);
}

enum exit_status member_resume(const struct invocation *inv)
{
    struct found f;
    cJSON *reply = NULL;
    enum exit_status status = found_open(inv, OP_MEMBER_RESUME, NULL, OP_MEMBER_LIST, &f);
    if (status != EXIT_DONE)
        return status;
    status = applied_check(inv, &f.c);
    if (status == EXIT_DONE)
        status = found_run_reply(&f, OP_MEMBER_RESUME, &reply);
    if (status == EXIT_DONE) {
        note("%s is an active member of %s again.", inv->arg[0], f.c.now.org_name);
        status = applied_wait(inv, &f.c, reply);
    }
    cJSON_Delete(reply);
    found_close(&f);
    return status;
}

enum exit_status member_end_tokens(const struct invocation *inv)
{
    struct found f;
    cJSON *reply = NULL;
    const char *name = inv->arg[0];
    enum exit_status status = found_open(inv, OP_MEMBER_END_TOKENS, NULL, OP_MEMBER_LIST, &f);
    if (status != EXIT_DONE)
        return status;
    status = ask_first(inv, "yes", "End all tokens of %s (%s, %s) in %s?", name,
                       found_text(&f, "email"), f.id, f.c.now.org_name);
    if (status == EXIT_DONE)
        status = found_run_reply(&f, OP_MEMBER_END_TOKENS, &reply);
    if (status == EXIT_DONE && strcmp(record_text(reply, "scope"), "account") == 0)
        note("All tokens of %s ended. A new one comes by orgadmin user recover, or from the "
             "server's operator.",
             name);
    else if (status == EXIT_DONE)
        note("%s is in other organizations, too: the tokens ended for %s alone. One that opens it "
             "again comes by orgadmin user recover, or from the server's operator.",
             name, f.c.now.org_name);
    cJSON_Delete(reply);
    found_close(&f);
    return status;
}

enum exit_status member_remove(const struct invocation *inv)
{
    static const struct parting removal = {OP_MEMBER_REMOVE, "Remove", "no longer in", ""};
    return part(inv, &removal);
}
