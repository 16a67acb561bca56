/* Machines: the hosts that an organization knows. Each comes with a code that works once, and gets
 * a token that reads the members. */
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "common/labels.h"
#include "orgd/endpoints/endpoints.h"
#include "orgd/endpoints/record.h"
#include "orgd/endpoints/watchers.h"
#include "orgd/now.h"

#define CODE_LIFE_MS (3600LL * 1000)
#define USABLE_MOST  100 /* machines that a caller is told at once */

static void code_reply(struct call *call, const struct machine *machine, const char *secret)
{
    char credential[CREDENTIAL_SIZE];
    snprintf(credential, sizeof credential, "%s:%s", machine->id, secret);
    cJSON *reply = machine_json(machine);
    cJSON_AddStringToObject(reply, "code", credential);
    call_reply(call, reply);
    sodium_memzero(credential, sizeof credential);
}

/* A machine that is known gets a new code, and keeps its token until the code is used. */
void machine_invite(struct call *call)
{
    const char *name = call_text(call, "name"), *labels = call_text(call, "labels");
    const char *ca = call_text(call, "ca"), *organization = call->organization.id;
    const char *numbers = call_text(call, "numbers");
    int64_t now = now_ms(), left = store_machines_left(call->store, organization, now);
    struct machine machine = {.created = now};
    struct secret secret;
    bool known = store_machine_named(call->store, organization, name, &machine);
    bool moves = known && labels && strcmp(labels, machine.labels) != 0;
    char before[MACHINE_LABELS_SIZE];
    snprintf(before, sizeof before, "%s", machine.labels);
    if (!known && !call_room(call, QUOTA_MACHINES, left))
        return;
    if (!known)
        id_make("mach_", machine.id);
    snprintf(machine.organization, sizeof machine.organization, "%s", organization);
    snprintf(machine.name, sizeof machine.name, "%s", name);
    if (labels)
        snprintf(machine.labels, sizeof machine.labels, "%s", labels);
    if (numbers)
        snprintf(machine.numbers, sizeof machine.numbers, "%s", numbers);
    else if (!machine.numbers[0]) /* a fleet has the same on all */
        store_machine_numbers(call->store, organization, machine.numbers);
    snprintf(machine.ca, sizeof machine.ca, "%s", ca ? ca : "");
    machine.expires = now + CODE_LIFE_MS;
    call_shorten(call, PERMISSION_ORG_MANAGE, &machine.expires);
    machine.maker = call_maker(call);
    secret_make(&secret);
    memcpy(machine.hash, secret.hash, sizeof machine.hash);
    store_machine_put(call->store, &machine);
    if (moves)
        access_labels_moved(call, before, labels);
    call_event(call, organization, "machine.invite", machine.id, machine.name, "%s",
               machine.labels);
    code_reply(call, &machine, secret.text);
    sodium_memzero(&secret, sizeof secret);
}

struct machine_page {
    struct page page;
    int64_t revision; /* of the organization */
};

static void add_machine(const struct machine *machine, void *arg)
{
    struct machine_page *list = arg;
    struct report report;
    cJSON *object = machine_json(machine);
    bool known = watcher_report(machine->token, &report);
    cJSON_AddItemToObject(object, "report",
                          known ? report_json(&report, list->revision) : cJSON_CreateNull());
    page_add(&list->page, machine->created, machine->id, object);
}

void machine_list(struct call *call)
{
    struct machine_page list = {.revision = call->organization.revision};
    if (!call_page(call, &list.page))
        return;
    store_machines(call->store, call->organization.id, &list.page.after, list.page.limit + 1,
                   add_machine, &list);
    call_page_reply(call, &list.page, "machines");
}

/* --- proof --- */

#define MISSING_MOST 100 /* machines that are named */

struct applied_progress {
    int64_t revision;
    int64_t machines, applied, ended, ending;
    cJSON *missing;
};

/* One that has not applied the revision. */
static void add_missing(struct applied_progress *p, const struct machine *machine, int64_t heard)
{
    if (cJSON_GetArraySize(p->missing) == MISSING_MOST)
        return;
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "id", machine->id);
    cJSON_AddStringToObject(object, "name", machine->name);
    record_time_or_null(object, "heardAt", heard);
    cJSON_AddItemToArray(p->missing, object);
}

static void count_machine(const struct machine *machine, void *arg)
{
    struct applied_progress *p = arg;
    struct report report = {0};
    bool known = watcher_report(machine->token, &report);
    bool applied = known && report.revision > 0 && report.revision >= p->revision;
    p->machines++;
    p->applied += applied;
    p->ended += applied && report.ended_with >= p->revision;
    p->ending += applied && report.ending > 0;
    if (!applied)
        add_missing(p, machine, report.at > machine->last.at ? report.at : machine->last.at);
}

/* How far a change has come. */
void machine_applied(struct call *call)
{
    struct applied_progress p = {.revision = call_number(call, "revision"),
                                 .missing = cJSON_CreateArray()};
    store_machines_enrolled(call->store, call->organization.id, count_machine, &p);
    cJSON *reply = cJSON_CreateObject();
    cJSON_AddNumberToObject(reply, "machines", (double)p.machines);
    cJSON_AddNumberToObject(reply, "applied", (double)p.applied);
    cJSON_AddNumberToObject(reply, "ended", (double)p.ended);
    cJSON_AddNumberToObject(reply, "ending", (double)p.ending);
    cJSON_AddItemToObject(reply, "missing", p.missing);
    call_reply(call, reply);
}

/* --- where the caller may log in --- */

#define LOGIN_SERVICE "sshd"

/* Labels of machines on which the caller may log in, as the access rules that concern him have
 * them. */
struct usable_search {
    const struct call *call;
    cJSON *teams; /* of the caller; NULL without any */
    struct told_labels {
        char labels[MACHINE_LABELS_SIZE];
    } rules[ACCESS_RULES_MAX];
    size_t count;
    bool all; /* the organization has no rules */
    cJSON *machines;
    bool more;
};

static void note_teams(const struct organization *organization, const struct member *member,
                       void *arg)
{
    struct usable_search *search = arg;
    if (member->teams && strcmp(organization->id, search->call->organization.id) == 0)
        search->teams = cJSON_Parse(member->teams);
}

static bool in_team(const cJSON *teams, const char *id)
{
    const cJSON *team;
    cJSON_ArrayForEach(team, teams)
    {
        const char *other = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(team, "id"));
        if (other && strcmp(other, id) == 0)
            return true;
    }
    return false;
}

/* True if the list SERVICES, with commas, has the one by which people log in; "" has all. */
static bool logs_in(const char *services)
{
    size_t len = sizeof LOGIN_SERVICE - 1;
    for (const char *at = services; *at; at += strcspn(at, ","), at += *at == ',')
        if (strcspn(at, ",") == len && strncmp(at, LOGIN_SERVICE, len) == 0)
            return true;
    return services[0] == '\0';
}

static void note_rule(const struct access_rule *rule, void *arg)
{
    struct usable_search *search = arg;
    bool mine = rule->team[0] ? in_team(search->teams, rule->team)
                              : strcmp(rule->role, search->call->role.name) == 0;
    if (!mine || !logs_in(rule->services) || search->count == ACCESS_RULES_MAX)
        return;
    snprintf(search->rules[search->count++].labels, MACHINE_LABELS_SIZE, "%s", rule->labels);
}

static void note_usable(const struct machine *machine, void *arg)
{
    struct usable_search *search = arg;
    bool usable = search->all;
    for (size_t i = 0; i < search->count && !usable; i++)
        usable = labels_have(machine->labels, search->rules[i].labels);
    if (usable && cJSON_GetArraySize(search->machines) == USABLE_MOST)
        search->more = true;
    else if (usable)
        cJSON_AddItemToArray(search->machines, cJSON_CreateString(machine->name));
}

static void usable_find(struct call *call, struct usable_search *search)
{
    static const struct cursor beginning;
    const char *organization = call->organization.id;
    store_memberships(call->store, call->caller.user, note_teams, search);
    store_access_list(call->store, organization, &beginning, ACCESS_RULES_MAX, note_rule, search);
    store_machines_enrolled(call->store, organization, note_usable, search);
    cJSON_Delete(search->teams);
}

/* The machines on which the caller may log in as far as the organization decides that, and shows
 * it. */
void machine_usable(struct call *call)
{
    bool shown =
        call->organization.show_machines || role_covers(&call->role, PERMISSION_ORG_MANAGE);
    struct usable_search search = {
        .call = call, .all = call->organization.access_rules == 0, .machines = cJSON_CreateArray()};
    if (call_by_user(call, "log in to a machine")) {
        cJSON *reply = cJSON_CreateObject();
        if (shown)
            usable_find(call, &search);
        cJSON_AddBoolToObject(reply, "shown", shown);
        cJSON_AddItemToObject(reply, "machines", search.machines);
        cJSON_AddBoolToObject(reply, "more", search.more);
        call_reply(call, reply);
    } else {
        cJSON_Delete(search.machines);
    }
}

/* Where the organization has access rules, the machine is told those that concern it now. */
void machine_set_labels(struct call *call)
{
    const char *labels = call_text(call, "labels");
    struct machine machine;
    if (!store_machine(call->store, call_text(call, "id"), &machine) ||
        strcmp(machine.organization, call->organization.id) != 0) {
        call_fail(call, 404, "machine_not_found", "The organization has no such machine.");
        return;
    }
    if (strcmp(machine.labels, labels) != 0) {
        store_machine_set_labels(call->store, &machine, labels);
        access_labels_moved(call, machine.labels, labels);
        call_event(call, machine.organization, "machine.set-labels", machine.id, machine.name,
                   "%s -> %s", machine.labels, labels);
        snprintf(machine.labels, sizeof machine.labels, "%s", labels);
    }
    cJSON *reply = cJSON_CreateObject();
    cJSON_AddItemToObject(reply, "machine", machine_json(&machine));
    cJSON_AddNumberToObject(reply, "revision", (double)call->organization.revision);
    call_reply(call, reply);
}

/* --- its tokens --- */

static void note_key(const struct token *token, void *arg)
{
    char key[ID_SIZE] = "";
    snprintf(key, sizeof key, "%s", token->key);
    buffer_add(arg, key, sizeof key, REPLY_MAX);
}

/* Ends MACHINE's tokens, and the polls that are held for them. */
static void end_tokens(struct call *call, const struct machine *machine)
{
    struct buffer keys = {0};
    store_machine_tokens(call->store, machine->id, note_key, &keys);
    for (size_t at = 0; at < keys.len; at += ID_SIZE) {
        store_token_remove(call->store, keys.data + at);
        watcher_drop(keys.data + at);
        call_changed(call, keys.data + at, NEWS_RIGHTS);
    }
    buffer_free(&keys);
}

void machine_revoke(struct call *call)
{
    struct machine machine;
    bool there = store_machine(call->store, call_text(call, "id"), &machine) &&
                 strcmp(machine.organization, call->organization.id) == 0;
    if (there) {
        end_tokens(call, &machine);
        store_machine_remove(call->store, machine.id);
        call_event(call, machine.organization, "machine.revoke", machine.id, machine.name, "%s",
                   "");
    }
    call_revoked(call, there);
}

/* --- enrolment --- */

/* True if *MACHINE is now the one whose code, used or not, the body has. */
static bool code_find(struct call *call, struct machine *machine)
{
    char id[ID_SIZE];
    unsigned char hash[SECRET_HASH_SIZE];
    return secret_split(call_text(call, "code"), id, hash) &&
           store_machine(call->store, id, machine) && secret_same(hash, machine->hash);
}

/* A code is worth what its maker could do now. One from before makers were known has none. */
static bool maker_can(struct call *call, const struct machine *machine)
{
    struct member member = {0};
    return !machine->maker.id[0] ||
           (store_member(call->store, machine->organization, machine->maker.id, &member) &&
            membership_state(&member) == MEMBERSHIP_ACTIVE &&
            role_covers(&member.role, PERMISSION_ORG_MANAGE));
}

/* Somebody has a code that was used. The first one is told to all who read the audit log, each is
 * counted. */
static void refuse_again(struct call *call, const struct machine *machine)
{
    struct use use = {.at = now_ms()};
    snprintf(use.from, sizeof use.from, "%s", call->request->from);
    store_machine_refused(call->store, machine->id, &use);
    if (machine->refused == 0)
        call_event(call, machine->organization, "machine.refuse", machine->id, machine->name,
                   "the code was used from %s", machine->enrolled.from);
    call->keep = true;
    call_fail(call, 403, "code_used",
              "The code was used before: if that was not this machine, revoke %s.", machine->name);
}

/* The machine whose unused code the body has, with its organization locked; else the call has
 * failed. */
static bool code_open(struct call *call, struct machine *machine)
{
    bool found = code_find(call, machine);
    if (found) {
        store_lock(call->store, machine->organization);
        found = code_find(call, machine);
    }
    if (found && machine->expires == 0) {
        refuse_again(call, machine);
        return false;
    }
    if (found && machine->expires > now_ms() && maker_can(call, machine) &&
        store_organization(call->store, machine->organization, &call->organization))
        return true;
    call_fail(call, 404, "code_not_found",
              "There is no such code for a machine; it may have expired or been replaced.");
    return false;
}

static void enroll_reply(struct call *call, const struct machine *machine,
                         const struct token *token, const struct secret *secret)
{
    cJSON *reply = cJSON_CreateObject();
    cJSON_AddStringToObject(reply, "organizationId", machine->organization);
    cJSON_AddStringToObject(reply, "organizationName", call->organization.name);
    cJSON_AddStringToObject(reply, "id", machine->id);
    cJSON_AddStringToObject(reply, "name", machine->name);
    cJSON_AddStringToObject(reply, "labels", machine->labels);
    cJSON_AddStringToObject(reply, "ca", machine->ca);
    cJSON_AddStringToObject(reply, "numbers", machine->numbers);
    cJSON_AddItemToObject(reply, "apiToken", token_json(token, secret));
    call_reply(call, reply);
}

void machine_enroll(struct call *call)
{
    struct machine machine;
    struct secret secret;
    struct token token = {.role = roles_builtin[ROLE_MEMBER]};
    struct use use = {.at = now_ms()};
    if (!code_open(call, &machine))
        return;
    end_tokens(call, &machine);
    if (!token_room(call, (struct token_owner){machine.organization, .user = false}))
        return;
    snprintf(token.organization, sizeof token.organization, "%s", machine.organization);
    snprintf(token.machine, sizeof token.machine, "%s", machine.id);
    snprintf(token.name, sizeof token.name, "%s", machine.name);
    token.maker = machine.maker;
    token_make(call->store, &token, &secret);
    snprintf(use.from, sizeof use.from, "%s", call->request->from);
    store_machine_enrolled(call->store, machine.id, &use);
    call_event(call, machine.organization, "machine.enroll", machine.id, machine.name, "%s",
               token.key);
    enroll_reply(call, &machine, &token, &secret);
    sodium_memzero(&secret, sizeof secret);
}
