/* Rules who may log in where: API.md, "Access rules". They narrow what the hosts themselves allow.
 */
#include <stdio.h>
#include <string.h>

#include "common/labels.h"
#include "orgd/endpoints/endpoints.h"
#include "orgd/endpoints/record.h"
#include "orgd/now.h"

static cJSON *services_json(const char *services)
{
    cJSON *array = cJSON_CreateArray();
    while (*services) {
        char name[ACCESS_SERVICES_SIZE];
        size_t len = strcspn(services, ",");
        snprintf(name, sizeof name, "%.*s", (int)len, services);
        cJSON_AddItemToArray(array, cJSON_CreateString(name));
        services += len + (services[len] == ',');
    }
    return array;
}

static void add_or_null(cJSON *object, const char *name, const char *text)
{
    if (*text)
        cJSON_AddStringToObject(object, name, text);
    else
        cJSON_AddNullToObject(object, name);
}

static cJSON *rule_json(const struct access_rule *rule)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "id", rule->id);
    add_or_null(object, "role", rule->role);
    add_or_null(object, "team", rule->team);
    add_or_null(object, "teamSlug", rule->slug);
    cJSON_AddStringToObject(object, "labels", rule->labels);
    cJSON_AddItemToObject(object, "services", services_json(rule->services));
    record_time_or_null(object, "createdAt", rule->created);
    return object;
}

cJSON *access_told_json(const struct access_rule *rule)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, rule->team[0] ? "team" : "role",
                            rule->team[0] ? rule->team : rule->role);
    cJSON_AddItemToObject(object, "services", services_json(rule->services));
    return object;
}

static void add_rule(const struct access_rule *rule, void *arg)
{
    page_add(arg, rule->created, rule->id, rule_json(rule));
}

void access_list(struct call *call)
{
    struct page page;
    if (!call_page(call, &page))
        return;
    store_access_list(call->store, call->organization.id, &page.after, page.limit + 1, add_rule,
                      &page);
    call_page_reply(call, &page, "rules");
}

/* --- changes --- */

void access_moved(struct call *call)
{
    const char *organization = call->organization.id;
    call->organization.revision = store_access_moved(call->store, organization);
    call_changed(call, organization, NEWS_LOSS);
}

static void each_rule(struct call *call, access_visit *each, void *arg)
{
    static const struct cursor beginning;
    store_access_list(call->store, call->organization.id, &beginning, ACCESS_RULES_MAX, each, arg);
}

struct label_change {
    struct call *call;
    const char *before, *after;
};

static void touch_team(const struct access_rule *rule, void *arg)
{
    const struct label_change *change = arg;
    if (rule->team[0] && labels_have(change->after, rule->labels) &&
        !labels_have(change->before, rule->labels))
        store_team_touch(change->call->store, rule->organization, rule->team);
}

void access_labels_moved(struct call *call, const char *before, const char *after)
{
    struct label_change change = {call, before, after};
    each_rule(call, touch_team, &change);
    access_moved(call);
}

/* The role or team that the body names; fails the call without exactly one. */
static bool read_subject(struct call *call, struct access_rule *rule)
{
    const char *name = call_text(call, "role"), *id = call_text(call, "team");
    struct role role;
    struct team team;
    if (!name == !id) {
        call_fail(call, 400, "invalid", "role, team: give one of them");
        return false;
    }
    if (name && !call_role_find(call, name, &role)) {
        call_fail(call, 404, "role_not_found", "The organization has no role %s.", name);
        return false;
    }
    if (id && (!store_team(call->store, id, &team) ||
               strcmp(team.organization, call->organization.id) != 0)) {
        call_fail(call, 404, "team_not_found", "The organization has no such team.");
        return false;
    }
    snprintf(rule->role, sizeof rule->role, "%s", name ? role.name : "");
    snprintf(rule->team, sizeof rule->team, "%s", id ? team.id : "");
    snprintf(rule->slug, sizeof rule->slug, "%s", id ? team.slug : "");
    return true;
}

/* The body's services, which were checked, with commas between them. */
static void read_services(const struct call *call, struct access_rule *rule)
{
    const cJSON *item;
    size_t used = 0;
    rule->services[0] = '\0';
    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(call->body, "services"))
    {
        used += (size_t)snprintf(rule->services + used, sizeof rule->services - used, "%s%s",
                                 used ? "," : "", item->valuestring);
    }
}

struct access_search {
    const struct access_rule *wanted;
    bool found;
    int others;
};

static void find_same(const struct access_rule *rule, void *arg)
{
    struct access_search *search = arg;
    const struct access_rule *wanted = search->wanted;
    search->found |=
        strcmp(rule->role, wanted->role) == 0 && strcmp(rule->team, wanted->team) == 0 &&
        strcmp(rule->labels, wanted->labels) == 0 && strcmp(rule->services, wanted->services) == 0;
}

/* True if RULE may be added; else the call has failed. */
static bool may_add(struct call *call, const struct access_rule *rule)
{
    struct access_search search = {.wanted = rule};
    each_rule(call, find_same, &search);
    if (search.found)
        call_fail(call, 409, "access_rule_exists", "The organization has that rule.");
    else if (call->organization.access_rules >= ACCESS_RULES_MAX)
        call_fail(call, 409, "too_many", "An organization has at most %d access rules.",
                  ACCESS_RULES_MAX);
    return !search.found && call->organization.access_rules < ACCESS_RULES_MAX;
}

static void rule_event(struct call *call, const char *action, const struct access_rule *rule)
{
    char name[DISPLAY_SIZE];
    snprintf(name, sizeof name, "%s %s", rule->team[0] ? "team" : "role",
             !rule->team[0]  ? rule->role
             : rule->slug[0] ? rule->slug
                             : rule->team);
    call_event(call, rule->organization, action, rule->id, name, "labels %s; services %s",
               rule->labels[0] ? rule->labels : "any", rule->services[0] ? rule->services : "all");
}

void access_add(struct call *call)
{
    struct access_rule rule = {.created = now_ms()};
    const char *labels = call_text(call, "labels");
    snprintf(rule.organization, sizeof rule.organization, "%s", call->organization.id);
    snprintf(rule.labels, sizeof rule.labels, "%s", labels ? labels : "");
    read_services(call, &rule);
    if (!read_subject(call, &rule) || !may_add(call, &rule))
        return;
    id_make("acc_", rule.id);
    store_access_add(call->store, &rule);
    if (rule.team[0])
        store_team_touch(call->store, rule.organization, rule.team);
    access_moved(call);
    rule_event(call, "access.add", &rule);
    cJSON *reply = cJSON_CreateObject();
    cJSON_AddItemToObject(reply, "rule", rule_json(&rule));
    cJSON_AddNumberToObject(reply, "revision", (double)call->organization.revision);
    call_reply(call, reply);
}

void access_remove(struct call *call)
{
    struct access_rule rule;
    if (!store_access(call->store, call_text(call, "id"), &rule) ||
        strcmp(rule.organization, call->organization.id) != 0) {
        call_fail(call, 404, "access_rule_not_found", "The organization has no such access rule.");
        return;
    }
    store_access_remove(call->store, rule.organization, rule.id);
    access_moved(call);
    rule_event(call, "access.remove", &rule);
    cJSON *reply = cJSON_CreateObject();
    cJSON_AddTrueToObject(reply, "ok");
    cJSON_AddNumberToObject(reply, "revision", (double)call->organization.revision);
    call_reply(call, reply);
}

/* --- what a rule is for goes --- */

static bool is_for(const struct access_rule *rule, const struct access_rule *subject)
{
    return strcmp(rule->role, subject->role) == 0 && strcmp(rule->team, subject->team) == 0;
}

static void count_for(const struct access_rule *rule, void *arg)
{
    struct access_search *search = arg;
    if (is_for(rule, search->wanted))
        search->found = true;
    else
        search->others++;
}

struct access_end {
    struct call *call;
    const struct access_rule *subject;
};

static void end_for(const struct access_rule *rule, void *arg)
{
    const struct access_end *end = arg;
    if (!is_for(rule, end->subject))
        return;
    store_access_remove(end->call->store, rule->organization, rule->id);
    rule_event(end->call, "access.remove", rule);
}

bool access_subject_ends(struct call *call, const char *role, const char *team)
{
    struct access_rule subject = {.created = 0};
    struct access_search search = {.wanted = &subject};
    struct access_end end = {call, &subject};
    snprintf(subject.role, sizeof subject.role, "%s", role);
    snprintf(subject.team, sizeof subject.team, "%s", team);
    if (call->organization.access_rules == 0)
        return true;
    each_rule(call, count_for, &search);
    if (search.found && search.others == 0) {
        call_fail(call, 409, "access_rule_last",
                  "The organization's access rules are all for this %s: without them nothing would "
                  "be narrowed. Remove them first.",
                  *team ? "team" : "role");
        return false;
    }
    if (search.found) {
        each_rule(call, end_for, &end);
        access_moved(call);
    }
    return true;
}
