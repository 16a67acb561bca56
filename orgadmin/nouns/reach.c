#include "orgadmin/nouns/reach.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/labels.h"
#include "common/org_rules.h"

_Static_assert(ORG_RULES_MAX < REACH_RULES_MAX, "one that is to be added has room");

static const cJSON *list_of(const cJSON *record, const char *field)
{
    return cJSON_GetObjectItemCaseSensitive(record, field);
}

static bool list_has(const cJSON *list, const char *text)
{
    const cJSON *item;
    cJSON_ArrayForEach(item, list)
    {
        if (cJSON_IsString(item) && strcmp(item->valuestring, text) == 0)
            return true;
    }
    return false;
}

static bool is_in_team(const cJSON *member, const char *id)
{
    const cJSON *team;
    cJSON_ArrayForEach(team, list_of(member, "teams"))
    {
        const char *own = cJSON_GetStringValue(list_of(team, "id"));
        if (own && strcmp(own, id) == 0)
            return true;
    }
    return false;
}

/* --- the rules --- */

static int add_rule(void *arg, const cJSON *rule)
{
    struct reach *r = arg;
    cJSON *copy = cJSON_Duplicate(rule, true);
    r->failed |=
        cJSON_GetArraySize(r->rules) == REACH_RULES_MAX || !cJSON_AddItemToArray(r->rules, copy);
    return r->failed ? -1 : 0;
}

enum exit_status reach_rules(struct connection *c, struct reach *r)
{
    *r = (struct reach){.rules = cJSON_CreateArray(), .names = cJSON_CreateArray(), .me = ""};
    enum exit_status status = connection_each(c, OP_ACCESS_LIST, NULL, add_rule, r);
    if (r->failed)
        status = complain(EXIT_AWAY, "there are more than %d access rules", REACH_RULES_MAX);
    r->all = (UINT64_C(1) << cJSON_GetArraySize(r->rules)) - 1;
    r->before = r->after = r->all;
    return status;
}

void reach_free(struct reach *r)
{
    cJSON_Delete(r->rules);
    cJSON_Delete(r->names);
    cJSON_Delete(r->user);
    free(r->members);
    free(r->machines);
}

uint64_t reach_of_member(const struct reach *r, const cJSON *member)
{
    const cJSON *rule;
    uint64_t rules = 0, bit = 1;
    cJSON_ArrayForEach(rule, r->rules)
    {
        const char *role = record_text(rule, "role"), *team = record_text(rule, "team");
        if (*team ? is_in_team(member, team) : list_has(list_of(member, "roles"), role))
            rules |= bit;
        bit <<= 1;
    }
    return rules;
}

uint64_t reach_of_labels(const struct reach *r, const char *labels)
{
    const cJSON *rule;
    uint64_t rules = 0, bit = 1;
    cJSON_ArrayForEach(rule, r->rules)
    {
        if (labels_have(labels, record_text(rule, "labels")))
            rules |= bit;
        bit <<= 1;
    }
    return rules;
}

bool reach_is_active(const cJSON *member)
{
    return strcmp(record_text(member, "state"), "active") == 0;
}

/* The rule behind RULE that has a bit in *BITS, which loses it; NULL at the end. */
static const cJSON *next_rule(const struct reach *r, uint64_t *bits)
{
    int i = 0;
    if (!*bits)
        return NULL;
    while (!(*bits >> i & 1))
        i++;
    *bits &= *bits - 1;
    return cJSON_GetArrayItem(r->rules, i);
}

/* True if one of RULES has the service NAME; with NULL, has all. */
static bool admits(const struct reach *r, uint64_t rules, const char *name)
{
    const cJSON *rule;
    while ((rule = next_rule(r, &rules)) != NULL) {
        const cJSON *services = list_of(rule, "services");
        if (!services || !services->child || (name && list_has(services, name)))
            return true;
    }
    return false;
}

cJSON *reach_services(const struct reach *r, uint64_t rules)
{
    cJSON *list = cJSON_CreateArray();
    const cJSON *rule, *service;
    if (admits(r, rules, NULL)) {
        cJSON_AddItemToArray(list, cJSON_CreateString("*"));
        return list;
    }
    while ((rule = next_rule(r, &rules)) != NULL)
        cJSON_ArrayForEach(service, list_of(rule, "services"))
        {
            if (!list_has(list, service->valuestring))
                cJSON_AddItemToArray(list, cJSON_CreateString(service->valuestring));
        }
    return list;
}

cJSON *reach_ids(const struct reach *r, uint64_t rules)
{
    cJSON *list = cJSON_CreateArray();
    const cJSON *rule;
    while ((rule = next_rule(r, &rules)) != NULL)
        cJSON_AddItemToArray(list, cJSON_CreateString(record_text(rule, "id")));
    return list;
}

/* --- who and where --- */

/* *KINDS of *SIZE with room for one more of BYTES each; NULL, and R has failed, without memory. */
static void *grow(struct reach *r, void *kinds, size_t count, size_t bytes)
{
    void *grown = realloc(kinds, (count + 1) * bytes);
    r->failed |= !grown;
    return grown;
}

/* The caller may be known by his id or, where the API says nothing else, by his address. */
static bool is_me(const struct reach *r, const cJSON *member)
{
    return *r->me && strcmp(record_text(member, "id"), r->me) == 0;
}

static void count_member(struct reach *r, struct reach_members *m, const cJSON *member)
{
    const char *name = record_text(member, "username");
    cJSON *text = cJSON_CreateString(*name ? name : record_text(member, "email"));
    if (m->count < REACH_NAMED && text && cJSON_AddItemToArray(r->names, text))
        m->name[m->count] = text->valuestring;
    else
        cJSON_Delete(text);
    r->failed |= !text;
    m->count++;
    m->owners += *r->role && list_has(list_of(member, "roles"), r->role);
    m->me |= is_me(r, member);
}

static int add_member(void *arg, const cJSON *member)
{
    struct reach *r = arg;
    uint64_t rules = reach_of_member(r, member);
    size_t i = 0;
    if (!reach_is_active(member))
        return 0;
    while (i < r->member_kinds && r->members[i].rules != rules)
        i++;
    if (i == r->member_kinds) {
        struct reach_members *grown = grow(r, r->members, i, sizeof *grown);
        if (!grown)
            return -1;
        r->members = grown;
        r->members[r->member_kinds++] = (struct reach_members){.rules = rules};
    }
    count_member(r, &r->members[i], member);
    return r->failed ? -1 : 0;
}

static int add_labels(struct reach *r, const char *before, const char *after)
{
    struct reach_machines m = {.before = reach_of_labels(r, before) & r->before,
                               .after = reach_of_labels(r, after) & r->after};
    size_t i = 0;
    while (i < r->machine_kinds &&
           (r->machines[i].before != m.before || r->machines[i].after != m.after))
        i++;
    if (i == r->machine_kinds) {
        struct reach_machines *grown = grow(r, r->machines, i, sizeof *grown);
        if (!grown)
            return -1;
        r->machines = grown;
        r->machines[r->machine_kinds++] = m;
    }
    r->machines[i].count++;
    return 0;
}

static int add_machine(void *arg, const cJSON *machine)
{
    struct reach *r = arg;
    const char *labels = record_text(machine, "labels");
    bool changes = r->machine && strcmp(record_text(machine, "id"), r->machine) == 0;
    if (!*record_text(machine, "enrolled"))
        return 0;
    return add_labels(r, labels, changes ? r->labels : labels);
}

/* --- what is lost --- */

/* True if members with the rules M lose a service on machines K. */
static bool loses(const struct reach *r, uint64_t m, const struct reach_machines *k)
{
    uint64_t before = m & k->before, after = m & k->after;
    const cJSON *rule, *service;
    if (!r->after || admits(r, after, NULL))
        return false;
    if (!r->before || admits(r, before, NULL))
        return true;
    while ((rule = next_rule(r, &before)) != NULL)
        cJSON_ArrayForEach(service, list_of(rule, "services"))
        {
            if (!admits(r, after, service->valuestring))
                return true;
        }
    return false;
}

struct lockout {
    size_t members, of, machines, on; /* who lose something, of how many; and where */
    size_t owners, owners_left;       /* owners, and those who can log in anywhere afterwards */
    size_t mine;                      /* machines on which the caller loses something */
    bool me_left;                     /* he can log in anywhere afterwards */
    size_t named;
    const char *name[REACH_NAMED];
};

/* Counts what members of the kind M lose. */
static void count_loss(const struct reach *r, const struct reach_members *m, struct lockout *l,
                       bool *lost)
{
    size_t where = 0;
    bool left = false;
    for (size_t i = 0; i < r->machine_kinds; i++) {
        bool here = loses(r, m->rules, &r->machines[i]);
        lost[i] |= here;
        where += here ? r->machines[i].count : 0;
        left |= !r->after || (m->rules & r->machines[i].after) != 0;
    }
    l->of += m->count;
    l->owners += m->owners;
    l->owners_left += left ? m->owners : 0;
    l->me_left |= m->me && left;
    l->mine += m->me ? where : 0;
    l->members += where ? m->count : 0;
    for (size_t i = 0; where && i < m->count && i < REACH_NAMED && l->named < REACH_NAMED; i++)
        l->name[l->named++] = m->name[i];
}

static void tell(const struct connection *c, const struct reach *r, const struct lockout *l)
{
    char names[512] = "", more[32] = "";
    size_t used = 0;
    for (size_t i = 0; i < l->named && used < sizeof names; i++)
        used +=
            (size_t)snprintf(names + used, sizeof names - used, "%s%s", i ? ", " : "", l->name[i]);
    if (l->members > l->named)
        snprintf(more, sizeof more, " and %zu more", l->members - l->named);
    note("%zu of the %zu active members of %s would be refused what the rules allow them now, on "
         "%zu of %zu machines: %s%s.",
         l->members, l->of, c->now.org_name, l->machines, l->on, names, more);
    if (l->mine > 0)
        note("You are one of them, on %zu machine%s%s.", l->mine, l->mine == 1 ? "" : "s",
             l->me_left ? "" : ", and could log in on none");
    if (r->role && *r->role && l->owners > 0 && l->owners_left == 0)
        note("No %s of %s could log in on any machine.", r->role, c->now.org_name);
}

static enum exit_status conclude(const struct connection *c, const struct reach *r, size_t *count)
{
    struct lockout l = {0};
    bool *lost = calloc(r->machine_kinds + 1, sizeof *lost);
    if (!lost)
        return complain(EXIT_AWAY, "out of memory");
    for (size_t i = 0; i < r->member_kinds; i++)
        count_loss(r, &r->members[i], &l, lost);
    for (size_t i = 0; i < r->machine_kinds; i++) {
        l.on += r->machines[i].count;
        l.machines += lost[i] ? r->machines[i].count : 0;
    }
    free(lost);
    *count = l.members;
    if (l.members > 0)
        tell(c, r, &l);
    return EXIT_DONE;
}

/* Without an enrolled machine the organization's hosts have tokens that are no machine's: they
 * count as machines without labels. */
static enum api_status list_machines(struct connection *c, struct reach *r, struct api_error *err)
{
    enum api_status status = connection_try(c, OP_MACHINE_LIST, NULL, add_machine, r, err);
    if (status != API_OK || r->machine_kinds > 0)
        return status;
    note("No machine of %s is enrolled: its hosts count as one without labels.", c->now.org_name);
    return add_labels(r, "", "") < 0 ? API_STOPPED : API_OK;
}

enum exit_status reach_tell(struct connection *c, struct reach *r, size_t *count)
{
    struct api_error err;
    const char *role = provider_owner_role(c->provider);
    r->role = role ? role : "";
    *count = SIZE_MAX;
    if (connection_try(c, OP_WHOAMI, NULL, connection_first, &r->user, &err) == API_OK)
        r->me = record_text(r->user, "id");
    enum api_status status = connection_try(c, OP_MEMBER_LIST, NULL, add_member, r, &err);
    if (status == API_OK)
        status = list_machines(c, r, &err);
    if (r->failed)
        return complain(EXIT_AWAY, "out of memory");
    if (status == API_OK)
        return conclude(c, r, count);
    note("Whom that locks out cannot be told: %s", err.message);
    return EXIT_DONE;
}
