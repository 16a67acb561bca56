/* The noun member. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "common/duration.h"
#include "common/rfc3339.h"
#include "orgadmin/nouns/applied.h"
#include "orgadmin/nouns/moment.h"
#include "orgadmin/nouns/nouns.h"
#include "orgadmin/nouns/vocabulary.h"
#include "orgadmin/nouns/withdrawn.h"
#include "orgadmin/output/output.h"
#include "orgadmin/remote/ask_first.h"
#include "orgadmin/remote/found.h"

/* What --for takes. */
#define FOR_MIN_MS 1000
#define FOR_MAX_MS (366LL * 24 * 3600 * 1000)

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

/* What a member gets, or loses. */
struct gift {
    enum provider_op op;
    const char *role, *permissions; /* one of them */
    const char *until;              /* RFC 3339, NULL: for good */
};

/* *REPLY, which the caller frees, is NULL where the API's answer says nothing. */
static enum exit_status run(struct found *f, const struct gift *g, cJSON **reply)
{
    const struct provider_arg args[] = {{f->arg, f->id},
                                        {"role", g->role},
                                        {"permissions", g->permissions},
                                        {"until", g->until},
                                        {0}};
    return connection_get(&f->c, g->op, args, reply);
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

/* An API that knows no ends may have ignored the one that it was told. */
static enum exit_status check_end(const struct gift *g, const char *who, const cJSON *reply)
{
    if (!g->until || *record_text(reply, "until"))
        return EXIT_DONE;
    return complain(EXIT_AWAY,
                    "the API has given %s the role %s without an end: it does not know --for and "
                    "--until; take the role back",
                    who, g->role);
}

static void tell_gift(const struct gift *g, const char *who, const char *org)
{
    const char *until = g->until ? ", until " : "";
    if (g->role)
        note("%s has the role %s in %s%s%s.", who, g->role, org, until, g->until ? g->until : "");
    else
        note("%s has %s%s in %s.", who, *g->permissions ? "the permissions " : "no permissions",
             g->permissions, org);
}

static enum exit_status give(const struct invocation *inv, const struct gift *g)
{
    struct found f;
    const struct provider_arg args[] = {
        {"role", g->role}, {"permissions", g->permissions}, {"until", g->until}, {0}};
    cJSON *reply = NULL;
    enum exit_status status = found_open(inv, g->op, args, OP_MEMBER_LIST, &f);
    if (status != EXIT_DONE)
        return status;
    status = applied_check(inv, &f.c);
    if (status == EXIT_DONE)
        status = vocabulary_check(&f.c, g->role, g->permissions);
    if (status == EXIT_DONE)
        status = run(&f, g, &reply);
    if (status == EXIT_DONE && !inv->option[OPTION_DRY_RUN])
        status = check_end(g, inv->arg[0], reply);
    if (status == EXIT_DONE) {
        tell_gift(g, inv->arg[0], f.c.now.org_name);
        tell_beyond(&f, reply);
        status = applied_wait(inv, &f.c, reply);
    }
    cJSON_Delete(reply);
    found_close(&f);
    return status;
}

/* The time that --for or --until gives, in OUT and *UNTIL, which is NULL without them. */
static enum exit_status read_until(const struct invocation *inv, char out[MOMENT_MAX],
                                   const char **until)
{
    const char *length = inv->option[OPTION_FOR], *end = inv->option[OPTION_UNTIL];
    int64_t ms;
    *until = NULL;
    if (length && end)
        return complain(EXIT_USAGE, "give either --for or --until");
    if (length && !duration_parse(length, FOR_MIN_MS, FOR_MAX_MS, &ms))
        return complain(EXIT_USAGE,
                        "--for must be a time such as 2h (units s, m, h, d) from 1s to 366d, not "
                        "\"%s\"",
                        length);
    if (length)
        *until = rfc3339_print(clock_wall_ms() + ms, out);
    else if (end && moment_check("--until", end) == EXIT_DONE)
        *until = moment_end(end, out);
    else if (end)
        return EXIT_USAGE;
    return EXIT_DONE;
}

enum exit_status member_role(const struct invocation *inv)
{
    struct gift g = {
        .op = OP_MEMBER_ROLE, .role = inv->arg[1], .permissions = inv->option[OPTION_PERMISSIONS]};
    char until[MOMENT_MAX];
    enum exit_status status = read_until(inv, until, &g.until);
    if (status != EXIT_DONE)
        return status;
    if (!g.role && !g.permissions)
        return complain(EXIT_USAGE,
                        "the role is missing: give ROLE, or --permissions PERMISSION,...");
    if (g.until && !g.role)
        return complain(EXIT_USAGE, "--for and --until are for a ROLE");
    return give(inv, &g);
}

enum exit_status member_grant(const struct invocation *inv)
{
    return give(inv, &(struct gift){.op = OP_MEMBER_GRANT, .role = inv->arg[1]});
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
        status = run(&f, &(struct gift){.op = OP_MEMBER_REVOKE, .role = role}, &reply);
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
