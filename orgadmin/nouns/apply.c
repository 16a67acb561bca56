/* The commands export and apply: an organization as a file, and a file as the organization. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/name.h"
#include "orgadmin/nouns/issue.h"
#include "orgadmin/nouns/nouns.h"
#include "orgadmin/nouns/plan.h"
#include "orgadmin/nouns/withdrawn.h"
#include "orgadmin/output/output.h"
#include "orgadmin/remote/ask_first.h"
#include "orgadmin/remote/interrupt.h"

/* --- export --- */

/* A terminal gets nothing that it would obey. */
static void print_line(char *line)
{
    size_t size = strlen(line) + 1, indent = strspn(line, "\t");
    printf("%.*s", (int)indent, line);
    puts(isatty(STDOUT_FILENO) ? text_clean(line, size, line + indent, false) : line + indent);
}

static enum exit_status print_state(const cJSON *state)
{
    char *text = cJSON_Print(state);
    for (char *line = text, *next; line; line = next) {
        next = strchr(line, '\n');
        if (next)
            *next++ = '\0';
        print_line(line);
    }
    cJSON_free(text);
    return text ? EXIT_DONE : complain(EXIT_AWAY, "out of memory");
}

enum exit_status export_state(const struct invocation *inv)
{
    struct connection c;
    cJSON *state;
    enum exit_status status = connection_open_for(inv, OP_MEMBER_LIST, NULL, &c);
    if (status != EXIT_DONE)
        return status;
    status = state_read(&c, &state);
    if (status == EXIT_DONE) {
        state_strip(&c, state);
        status = print_state(state);
    }
    cJSON_Delete(state);
    connection_close(&c);
    return status;
}

/* --- apply --- */

struct application {
    struct connection c;
    const char *from;
    cJSON *then, *now, *me;
    struct plan plan;
    cJSON *invited;
    struct private_file out;
};

/* Runs OP; *REPLY, which the caller deletes, is its record or NULL. */
static enum api_status try(struct application *a, enum provider_op op,
                           const struct provider_arg *args, cJSON **reply, struct api_error *err)
{
    *reply = NULL;
    enum api_status status = connection_try(&a->c, op, args, connection_first, reply, err);
    bool there = op == OP_MEMBER_ADD && strcmp(err->code, "already_member") == 0;
    return status == API_REFUSED && there ? API_OK : status; /* came meanwhile: what was wanted */
}

static enum api_status invite(struct application *a, const struct step *s, struct api_error *err)
{
    const struct provider_arg old[] = {{"id", s->id}, {0}};
    const struct provider_arg args[] = {{"email", s->name},
                                        {"role", s->roles && *s->roles ? s->roles : NULL},
                                        {"permissions", s->permissions},
                                        {"username", s->username},
                                        {0}};
    cJSON *reply = NULL;
    bool revoke = s->kind == STEP_INVITE_AGAIN &&
                  !(provider_add_changes(a->c.provider) & ADD_CHANGES_INVITED);
    enum api_status status = API_OK;
    if (revoke)
        status = connection_try(&a->c, OP_INVITATION_REVOKE, old, NULL, NULL, err);
    if (status == API_OK || status == API_UNSENT)
        status = try(a, OP_MEMBER_ADD, args, &reply, err);
    if (status == API_OK && reply && cJSON_AddItemToArray(a->invited, reply))
        return status;
    cJSON_Delete(reply);
    return status;
}

/* What each other kind of step is to the API. */
static enum provider_op op_of(enum step_kind kind)
{
    static const enum provider_op ops[] = {
        [STEP_ROLE_CREATE] = OP_ROLE_CREATE, [STEP_ROLE_EDIT] = OP_ROLE_EDIT,
        [STEP_PROMOTE] = OP_MEMBER_ROLE,     [STEP_ADD] = OP_MEMBER_ADD,
        [STEP_INVITE_AGAIN] = OP_MEMBER_ADD, [STEP_RIGHTS] = OP_MEMBER_ROLE,
        [STEP_RESUME] = OP_MEMBER_RESUME,    [STEP_REVOKE] = OP_INVITATION_REVOKE,
        [STEP_SUSPEND] = OP_MEMBER_SUSPEND,  [STEP_DEMOTE] = OP_MEMBER_ROLE,
        [STEP_TERM] = OP_MEMBER_ROLE,        [STEP_REMOVE] = OP_MEMBER_REMOVE,
        [STEP_ROLE_REMOVE] = OP_ROLE_REMOVE};
    return ops[kind];
}

static enum api_status run_step(struct application *a, const struct step *s, struct api_error *err)
{
    char which[256];
    cJSON *reply;
    bool role =
        s->kind == STEP_ROLE_CREATE || s->kind == STEP_ROLE_EDIT || s->kind == STEP_ROLE_REMOVE;
    const struct provider_arg of_role[] = {{"role", s->name}, {"permissions", s->permissions}, {0}};
    const struct provider_arg of_person[] = {{s->kind == STEP_REVOKE ? "id" : "user", s->id},
                                             {"role", s->roles},
                                             {"permissions", s->permissions},
                                             {"until", s->until},
                                             {0}};
    if (s->kind == STEP_ADD || s->kind == STEP_INVITE_AGAIN)
        return invite(a, s, err);
    enum api_status status = try(a, op_of(s->kind), role ? of_role : of_person, &reply, err);
    snprintf(which, sizeof which, "that %s made", s->name);
    if (status == API_OK)
        withdrawn_tell(reply, role ? "of that role, or of those who have it" : which);
    cJSON_Delete(reply);
    return status;
}

/* Runs the steps until the end, an interrupt, or an API that does not answer. Nothing is taken away
 * when something could not be given. */
static enum exit_status run_steps(struct application *a)
{
    enum exit_status status = EXIT_DONE;
    char text[STEP_TEXT_MAX];
    for (size_t i = 0; i < a->plan.count && !interrupt_pending(); i++) {
        struct step *s = &a->plan.step[i];
        struct api_error err;
        if (status == EXIT_AWAY || (status != EXIT_DONE && (s->own || s->kind >= STEP_REVOKE)))
            break;
        progress_show(&a->c.progress, "%zu of %zu", i + 1, a->plan.count);
        enum api_status ended = run_step(a, s, &err);
        progress_end(&a->c.progress);
        s->end = ended == API_OK || ended == API_UNSENT ? STEP_DONE : STEP_FAILED;
        if (s->end == STEP_FAILED)
            status = connection_complain(&a->c, step_text(s, text), op_of(s->kind), &err);
    }
    return status;
}

/* Names what was done and what was not. */
static enum exit_status summarize(struct application *a, enum exit_status status)
{
    char text[STEP_TEXT_MAX];
    size_t done = 0;
    for (size_t i = 0; i < a->plan.count; i++)
        done += a->plan.step[i].end == STEP_DONE;
    for (size_t i = 0; done < a->plan.count && i < a->plan.count; i++) {
        const struct step *s = &a->plan.step[i];
        note("%s %s", s->end == STEP_DONE ? "Done:    " : "Not done:", step_text(s, text));
    }
    if (done == a->plan.count) {
        note("%zu of %zu changes are made in %s.", done, a->plan.count, a->c.now.org_name);
        return status;
    }
    note("%zu of %zu changes are made in %s; the same command goes on.", done, a->plan.count,
         a->c.now.org_name);
    return status == EXIT_DONE ? EXIT_NO : status;
}

/* Does what was planned, and hands out the tokens of the invitations. */
static enum exit_status carry_out(const struct invocation *inv, struct application *a)
{
    enum exit_status status = issue_begin(inv, &a->out);
    a->invited = cJSON_CreateArray();
    if (status != EXIT_DONE || !a->invited)
        return status != EXIT_DONE ? status : complain(EXIT_AWAY, "out of memory");
    status = run_steps(a);
    if (a->c.dry_run)
        return status;
    enum exit_status handed = a->invited->child ? issue_many(inv, &a->out, a->invited) : EXIT_DONE;
    status = summarize(a, status);
    return status == EXIT_DONE ? handed : status;
}

/* The file may be of one organization alone. */
static enum exit_status check_organization(const struct application *a)
{
    const cJSON *org = cJSON_GetObjectItemCaseSensitive(a->then, "organization");
    const char *id = record_text(org, "id"), *name = record_text(org, "name");
    bool other =
        *id ? strcmp(id, a->c.now.org_id) != 0 : *name && strcmp(name, a->c.now.org_name) != 0;
    if (!other)
        return EXIT_DONE;
    return complain(EXIT_USAGE,
                    "%s: organization: it is of %s%s%s%s, not of %s (%s); without this field it is "
                    "for any organization",
                    a->from, name, *name && *id ? " (" : "", id, *name && *id ? ")" : "",
                    a->c.now.org_name, a->c.now.org_id);
}

static enum exit_status make_plan(const struct invocation *inv, struct application *a)
{
    struct api_error err;
    enum exit_status status = check_organization(a);
    if (status == EXIT_DONE)
        status = state_read(&a->c, &a->now);
    if (status == EXIT_DONE) /* a token of the organization is nobody */
        connection_try(&a->c, OP_WHOAMI, NULL, connection_first, &a->me, &err);
    const struct plan_input input = {.c = &a->c,
                                     .from = a->from,
                                     .now = a->now,
                                     .then = a->then,
                                     .me = a->me,
                                     .prune = inv->option[OPTION_PRUNE] != NULL};
    return status == EXIT_DONE ? plan_make(&input, &a->plan) : status;
}

static enum exit_status show_and_do(const struct invocation *inv, struct application *a)
{
    char text[STEP_TEXT_MAX];
    for (size_t i = 0; i < a->plan.count; i++)
        note("%s", step_text(&a->plan.step[i], text));
    if (a->plan.unlisted > 0)
        note("%zu in %s %s not in %s, and stay%s; --prune removes them.", a->plan.unlisted,
             a->c.now.org_name, a->plan.unlisted == 1 ? "is" : "are", a->from,
             a->plan.unlisted == 1 ? "s" : "");
    if (a->plan.count == 0) {
        note("%s is as %s says: nothing is changed.", a->c.now.org_name, a->from);
        return EXIT_DONE;
    }
    enum exit_status status =
        ask_first(inv, "yes", "Make these %zu changes in %s?", a->plan.count, a->c.now.org_name);
    interrupt_hold();
    if (status == EXIT_DONE)
        status = carry_out(inv, a);
    fflush(stdout);
    interrupt_release();
    return status;
}

enum exit_status apply_state(const struct invocation *inv)
{
    struct application a = {.out.fd = -1};
    enum exit_status status = state_load(inv->arg[0], &a.from, &a.then);
    if (status != EXIT_DONE)
        return status;
    status = connection_open_for(inv, OP_MEMBER_ADD, NULL, &a.c);
    if (status == EXIT_DONE) {
        a.c.patient = true;
        status = make_plan(inv, &a);
        if (status == EXIT_DONE)
            status = show_and_do(inv, &a);
        connection_close(&a.c);
    }
    private_file_abandon(&a.out);
    plan_free(&a.plan);
    cJSON_Delete(a.invited);
    cJSON_Delete(a.me);
    cJSON_Delete(a.now);
    cJSON_Delete(a.then);
    return status;
}
