/* member add: one person, or a file of them. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "orgadmin/nouns/invite.h"
#include "orgadmin/nouns/issue.h"
#include "orgadmin/nouns/nouns.h"
#include "orgadmin/nouns/people.h"
#include "orgadmin/nouns/roster.h"
#include "orgadmin/nouns/vocabulary.h"
#include "orgadmin/output/output.h"
#include "orgadmin/remote/ask_first.h"
#include "orgadmin/remote/interrupt.h"

#define FAULTS_SHOWN 20

struct batch {
    struct people people;
    const char *permissions; /* for all of them that have none, or NULL */
    cJSON *invited;
    struct person_roster roster; /* who is there */
    size_t added, changed;       /* of INVITED */
    size_t already, failed;
    size_t unsent; /* with --dry-run: who would have been */
    struct progress progress;
    struct private_file remainder, out;
};

/* Where E stands in the file: "team:3". Returns OUT. */
#define ABOUT_MAX 512
static const char *place_of(const struct batch *b, const struct person *e, char out[ABOUT_MAX])
{
    snprintf(out, ABOUT_MAX, "%s%s%zu", b->people.from, b->people.place, e->number);
    return out;
}

/* Makes sure of the places for what is shown once, and for what is left. */
static enum exit_status begin_files(const struct invocation *inv, struct batch *b)
{
    const char *out = inv->option[OPTION_OUT], *remainder = inv->option[OPTION_REMAINDER];
    if (out && remainder && strcmp(out, remainder) == 0)
        return complain(EXIT_USAGE, "--out and --remainder are the same file");
    enum exit_status status = issue_begin(inv, &b->out);
    if (status != EXIT_DONE)
        return status;
    if (remainder && private_file_begin(&b->remainder, remainder) < 0)
        return complain(EXIT_USAGE, "--remainder %s: %s", remainder, strerror(errno));
    return EXIT_DONE;
}

/* Fits the people to what the API takes: a listing tells more than that, what was typed does not.
 */
static void fit_people(const struct invocation *inv, const struct connection *c, struct batch *b)
{
    bool roles = b->people.plain || connection_takes(c, OP_MEMBER_ADD, "role");
    bool permissions = connection_takes(c, OP_MEMBER_ADD, "permissions");
    for (size_t i = 0; i < b->people.count; i++) {
        struct person *e = &b->people.person[i];
        if (!roles || !e->role)
            e->role = inv->option[OPTION_ROLE];
        if (!permissions || !e->permissions)
            e->permissions = b->permissions;
    }
}

/* Looks at the role of each line, when the API lists its roles. */
static enum exit_status check_roles(struct connection *c, const struct batch *b)
{
    struct vocabulary v = {NULL, NULL};
    size_t faults = 0, given = 0;
    for (size_t i = 0; i < b->people.count; i++)
        given += b->people.person[i].role != NULL;
    if (given == 0 || !connection_takes(c, OP_ROLE_LIST, NULL))
        return EXIT_DONE;
    enum exit_status status = vocabulary_read(c, &v);
    for (size_t i = 0; status == EXIT_DONE && i < b->people.count && faults < FAULTS_SHOWN; i++) {
        char place[ABOUT_MAX], about[ABOUT_MAX + 2];
        const struct person *e = &b->people.person[i];
        snprintf(about, sizeof about, "%s: ", place_of(b, e, place));
        faults += vocabulary_check_roles(&v, c, about, e->role) != EXIT_DONE;
    }
    vocabulary_free(&v);
    return faults ? complain(EXIT_NO, "%s: nobody is invited", b->people.from) : status;
}

/* Tells of each person whose role the file changes, and asks. */
static enum exit_status ask_about_changes(const struct invocation *inv, const struct connection *c,
                                          const struct batch *b)
{
    size_t changes = 0;
    char place[ABOUT_MAX];
    for (size_t i = 0; i < b->people.count; i++) {
        const struct person *e = &b->people.person[i];
        const struct roster_entry *known = roster_find(&b->roster, e->email);
        if (!known || roster_keeps(&b->roster, known, e->role))
            continue;
        changes++;
        note("%s: %s is %s as %s, and becomes %s.", place_of(b, e, place), e->email,
             known->member ? "a member" : "invited", known->role, e->role);
    }
    return changes == 0 ? EXIT_DONE
                        : ask_first(inv, "yes", "Change the roles of %zu of %zu people in %s?",
                                    changes, b->people.count, c->now.org_name);
}

/* Tells of a person who is there already, without whom the others are added. */
static void skip(const struct connection *c, struct batch *b, struct person *e,
                 const struct roster_entry *known)
{
    char place[ABOUT_MAX];
    bool other = e->role && *known->role && strcmp(e->role, known->role) != 0;
    e->done = true;
    b->already++;
    progress_end(&b->progress);
    note("%s: %s is %s %s already%s%s%s.", place_of(b, e, place), e->email,
         known->member ? "a member of" : "invited to", c->now.org_name, *known->role ? " as " : "",
         known->role,
         !other          ? ""
         : known->member ? "; orgadmin member role gives another role"
                         : "; another role needs a new invitation");
}

/* A member already is what was wanted. */
static bool is_member_already(const struct api_error *err)
{
    return err->status == API_REFUSED && strcmp(err->code, "already_member") == 0;
}

/* Keeps what has become of an address. RECORD is taken over. */
static void take_addition(struct batch *b, cJSON *record)
{
    const char *outcome = record_text(record, "outcome");
    b->added += strcmp(outcome, "added") == 0;
    b->changed += strcmp(outcome, "changed") == 0;
    if (!cJSON_AddItemToArray(b->invited, record))
        cJSON_Delete(record);
}

static enum exit_status invite(struct connection *c, struct batch *b, struct person *e)
{
    char place[ABOUT_MAX], about[2 * ABOUT_MAX];
    cJSON *record = NULL;
    struct api_error err;
    const struct roster_entry *known = roster_find(&b->roster, e->email);
    const struct provider_arg args[] = {{"email", e->email},
                                        {"role", e->role},
                                        {"permissions", e->permissions},
                                        {"username", roster_username(known)},
                                        {0}};
    if (roster_keeps(&b->roster, known, e->role)) {
        skip(c, b, e, known);
        return EXIT_DONE;
    }
    enum api_status status =
        connection_try(c, OP_MEMBER_ADD, args, connection_first, &record, &err);
    if (status == API_OK) {
        take_addition(b, record);
        e->done = true;
        return EXIT_DONE;
    }
    cJSON_Delete(record);
    progress_end(&b->progress);
    if (status == API_UNSENT) {
        b->unsent++;
        return EXIT_DONE;
    }
    e->done = is_member_already(&err);
    if (e->done) {
        b->already++;
        note("%s: %s is a member of %s already.", place_of(b, e, place), e->email, c->now.org_name);
        return EXIT_DONE;
    }
    b->failed++;
    snprintf(about, sizeof about, "%s: %s", place_of(b, e, place), e->email);
    return connection_complain(c, about, OP_MEMBER_ADD, &err);
}

/* Invites one after the other until the end, an interrupt, or an API that does not answer. */
static enum exit_status invite_all(struct connection *c, struct batch *b)
{
    enum exit_status status = EXIT_DONE;
    for (size_t i = 0; i < b->people.count && !interrupt_pending() && status != EXIT_AWAY; i++) {
        progress_show(&b->progress, "%zu of %zu", i + 1, b->people.count);
        enum exit_status now = invite(c, b, &b->people.person[i]);
        if (now != EXIT_DONE)
            status = now;
    }
    progress_end(&b->progress);
    return status;
}

/* What is left, for another --file: plain lines, or CSV where people have permissions. */
static void put_remainder(const struct people *p, FILE *stream)
{
    bool csv = false;
    for (size_t i = 0; i < p->count; i++)
        csv = csv || (!p->plain && p->person[i].permissions);
    if (csv)
        fputs("email,roles,permissions\r\n", stream);
    for (size_t i = 0; i < p->count; i++) {
        const struct person *e = &p->person[i];
        const char *role = e->role ? e->role : "", *more = e->permissions ? e->permissions : "";
        if (e->done)
            continue;
        if (csv)
            fprintf(stream, "%s,\"%s\",\"%s\"\r\n", e->email, role, more);
        else
            fprintf(stream, "%s%s%s\n", e->email, *role ? " " : "", role);
    }
}

static enum exit_status write_remainder(struct batch *b, size_t *left)
{
    char *text = NULL;
    size_t len = 0;
    *left = 0;
    for (size_t i = 0; i < b->people.count; i++)
        *left += !b->people.person[i].done;
    if (b->remainder.fd < 0)
        return EXIT_DONE;
    FILE *stream = open_memstream(&text, &len);
    if (stream && *left > 0)
        put_remainder(&b->people, stream);
    if (stream)
        fclose(stream);
    return issue_text(&b->remainder, text, len);
}

/* The roles stand in the remainder; the tokens of this run stay where they are. */
static void tell_how_to_go_on(const struct invocation *inv, const struct connection *c)
{
    char out[PRIVATE_PATH_MAX + 16] = "";
    struct hint line = {.used = 0};
    const char *remainder = inv->option[OPTION_REMAINDER];
    hint_option(&line, "--file", remainder);
    hint_option(&line, "--remainder", remainder);
    if (inv->option[OPTION_PERMISSIONS])
        hint_option(&line, "--permissions", inv->option[OPTION_PERMISSIONS]);
    for (int n = 2; inv->option[OPTION_OUT] && n < 1000; n++) {
        snprintf(out, sizeof out, "%s.%d", inv->option[OPTION_OUT], n);
        if (access(out, F_OK) != 0)
            break;
    }
    hint_option(&line, "--out", out);
    if (inv->option[OPTION_YES])
        hint_add(&line, "--yes");
    note("To go on: orgadmin member add%s%s", line.text, c->given.text);
}

static void summarize(const struct invocation *inv, const struct connection *c,
                      const struct batch *b, size_t done, size_t left)
{
    char others[64] = "";
    if (b->added + b->changed > 0)
        snprintf(others, sizeof others, ", %zu added, %zu changed", b->added, b->changed);
    note("%zu of %zu invited to %s%s; %zu there already, %zu failed, %zu not tried.",
         done - b->added - b->changed, b->people.count, c->now.org_name, others, b->already,
         b->failed, left - b->failed);
    if (left > 0 && inv->option[OPTION_REMAINDER])
        tell_how_to_go_on(inv, c);
}

static enum exit_status run_batch(const struct invocation *inv, struct connection *c,
                                  struct batch *b)
{
    size_t left, invited;
    enum exit_status status = begin_files(inv, b);
    if (status != EXIT_DONE)
        return status;
    status = invite_all(c, b);
    if (c->dry_run) {
        note("%zu of %zu would be sent for %s; %zu there already.", b->unsent, b->people.count,
             c->now.org_name, b->already);
        return status;
    }
    invited = (size_t)cJSON_GetArraySize(b->invited);
    enum exit_status handed = issue_many(inv, &b->out, b->invited),
                     kept = write_remainder(b, &left);
    summarize(inv, c, b, invited, left);
    if (status == EXIT_AWAY)
        return status;
    if (handed != EXIT_DONE || kept != EXIT_DONE)
        return handed != EXIT_DONE ? handed : kept;
    return left > 0 ? EXIT_NO : EXIT_DONE;
}

/* With a connection: everything is looked at before anything is sent. */
static enum exit_status add_people(const struct invocation *inv, struct connection *c,
                                   struct batch *b)
{
    fit_people(inv, c, b);
    enum exit_status status = check_roles(c, b);
    if (status == EXIT_DONE)
        status = roster_read(c, NULL, &b->roster);
    if (status == EXIT_DONE)
        status = ask_about_changes(inv, c, b);
    interrupt_hold();
    if (status == EXIT_DONE)
        status = run_batch(inv, c, b);
    fflush(stdout);
    interrupt_release();
    return status;
}

static enum exit_status add_many(const struct invocation *inv)
{
    struct connection c;
    struct batch b = {.remainder.fd = -1,
                      .out.fd = -1,
                      .permissions = inv->option[OPTION_PERMISSIONS],
                      .invited = cJSON_CreateArray()};
    const struct provider_arg args[] = {
        {"role", inv->option[OPTION_ROLE]}, {"permissions", b.permissions}, {0}};
    enum exit_status status = b.invited ? people_read(inv->option[OPTION_FILE], &b.people)
                                        : complain(EXIT_AWAY, "out of memory");
    if (status == EXIT_DONE)
        status = connection_open_for(inv, OP_MEMBER_ADD, args, &c);
    if (status == EXIT_DONE) {
        c.patient = true;
        status = add_people(inv, &c, &b);
        connection_close(&c);
    }
    roster_free(&b.roster);
    private_file_abandon(&b.remainder);
    private_file_abandon(&b.out);
    cJSON_Delete(b.invited);
    people_free(&b.people);
    return status;
}

enum exit_status member_add(const struct invocation *inv)
{
    bool many = inv->option[OPTION_FILE] != NULL;
    if (many && inv->arg[0])
        return complain(EXIT_USAGE, "give EMAIL or --file, not both");
    if (!many && !inv->arg[0])
        return complain(EXIT_USAGE, "an address is missing: give EMAIL, or --file FILE");
    if (!many && inv->option[OPTION_REMAINDER])
        return complain(EXIT_USAGE, "--remainder belongs to --file");
    if (many && inv->option[OPTION_USERNAME])
        return complain(EXIT_USAGE, "--username belongs to one address, not to --file");
    return many ? add_many(inv) : invite_person(inv, OP_MEMBER_ADD);
}
