#include "orgsyncd/config.h"

#include <errno.h>
#include <inttypes.h>
#include <libconfig.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "api/provider.h"
#include "common/confirm.h"
#include "common/file.h"
#include "common/name.h"
#include "common/reserved.h"
#include "orgsyncd/config_value.h"
#include "orgsyncd/home_pattern.h"
#include "orgsyncd/sudo_command.h"
#include "orgsyncd/text_map.h"

#define CONFIG_FILE_MAX (16 << 20)
/* A longer warning would be a way to stay. */
#define SESSIONS_WARN_MAX_MS 3600000

static void free_list(struct text_list *list)
{
    free((void *)(uintptr_t)list->first);
}

/* true, false or "auto". */
static void set_group_members(struct parse *p, const config_setting_t *users)
{
    const config_setting_t *s = config_setting_get_member(users, "group_members");
    if (!s)
        return;
    const char *text = config_setting_get_string(s);
    if (config_setting_type(s) == CONFIG_TYPE_BOOL)
        p->config->group_members =
            config_setting_get_bool(s) ? GROUP_MEMBERS_ALWAYS : GROUP_MEMBERS_NEVER;
    else if (text && strcmp(text, "auto") == 0)
        p->config->group_members = GROUP_MEMBERS_AUTO;
    else
        config_complain(p, s, "\"group_members\" must be true, false or \"auto\"");
}

static const struct config_org *find_org(const struct config *c, const char *name)
{
    for (uint32_t i = 0; i < c->org_count; i++)
        if (strcmp(c->org[i].name, name) == 0)
            return &c->org[i];
    return NULL;
}

/* The organization that "org" in GROUP names; with a single one configured it may be left out. */
static char *org_reference(struct parse *p, const config_setting_t *group, const char *what)
{
    const char *name = value_string(p, group, "org", what, p->config->org_count != 1);
    if (p->failed)
        return NULL;
    if (!name)
        return p->config->org[0].name;
    const struct config_org *org = find_org(p->config, name);
    if (!org)
        config_complain(p, config_setting_get_member(group, "org"),
                        "%s names organization \"%s\", which is not configured", what, name);
    return org ? org->name : NULL;
}

const char *config_org_key(const struct config_org *org)
{
    return org->id ? org->id : org->name;
}

struct id_range config_org_range(const struct config *c, const struct config_org *org)
{
    if (org->range_first)
        return (struct id_range){org->range_first, org->range_last};
    if (c->range_first)
        return (struct id_range){c->range_first, c->range_last};
    return (struct id_range){ID_RANGE_FIRST, ID_RANGE_LAST};
}

struct provider_settings config_provider(const struct config_org *org)
{
    return (struct provider_settings){.provider = org->provider,
                                      .url = org->url,
                                      .org = org->id,
                                      .ca_file = org->ca_file,
                                      .proxy = org->proxy,
                                      .teams = org->teams,
                                      .options = org->option};
}

static bool opens(const struct provider_settings *settings, struct api_error *err)
{
    struct provider *provider = provider_open(settings, err);
    provider_close(provider);
    return provider != NULL;
}

/* Provider, url and options are what the provider itself says they are; nothing is sent. */
static void check_provider(struct parse *p, const config_setting_t *s, const struct config_org *org)
{
    struct provider_settings settings = config_provider(org);
    struct api_error err, other;
    if (opens(&settings, &err))
        return;
    settings.options = NULL;
    const char *at = !provider_known(org->provider) ? "provider"
                     : opens(&settings, &other)     ? "options"
                     : org->url                     ? "url"
                                                    : "provider";
    config_complain(p, config_setting_get_member(s, at), "organization \"%s\": %s", org->name,
                    err.message);
}

/* Members, their ids and names belong to what config_org_key says: no two may be one there. */
static void check_key(struct parse *p, const config_setting_t *s, const struct config_org *org)
{
    for (const struct config_org *other = p->config->org; other < org; other++)
        if (strcmp(config_org_key(other), config_org_key(org)) == 0)
            config_complain(
                p, s,
                "organizations \"%s\" and \"%s\" have the same id, \"%s\": each needs its own",
                other->name, org->name, config_org_key(org));
}

/* A proxy that nothing would go through was meant to be gone through. */
static void check_proxy(struct parse *p, const config_setting_t *s, const struct config_org *org)
{
    const char *url = org->url ? org->url : provider_url(org->provider);
    if (org->proxy && url && strncasecmp(url, "https://", 8) != 0)
        config_complain(
            p, config_setting_get_member(s, "proxy"),
            "organization \"%s\": only https:// goes through a proxy, and its url is none",
            org->name);
}

/* Options of a single vendor: options = { dialect = "documented"; }. */
static void set_options(struct parse *p, const config_setting_t *group, struct config_org *org)
{
    const config_setting_t *s = config_setting_get_member(group, "options");
    if (!s)
        return;
    if (!config_setting_is_group(s) || config_setting_length(s) > CONFIG_OPTIONS_MAX) {
        config_complain(p, s,
                        "\"options\" must be at most %d strings in braces, { name = \"value\"; }",
                        CONFIG_OPTIONS_MAX);
        return;
    }
    for (int i = 0; i < config_setting_length(s) && !p->failed; i++) {
        const char *name = config_setting_name(config_setting_get_elem(s, (unsigned)i));
        const char *value = value_string(p, s, name, "the options", VALUE_REQUIRED);
        if (value)
            org->option[i] = (struct provider_arg){value_copy(p, name), value_copy(p, value)};
    }
}

static bool range_valid(int64_t first, int64_t last)
{
    return first >= 1000 && last <= INT32_MAX && last - first >= 999 &&
           (last < 61184 || first > 65535);
}

/* The "range" of GROUP, where it has one. */
static void set_range(struct parse *p, const config_setting_t *group, uint32_t *range_first,
                      uint32_t *range_last)
{
    const config_setting_t *s = config_setting_get_member(group, "range");
    if (!s)
        return;
    int64_t first = config_setting_is_aggregate(s) && config_setting_length(s) == 2
                        ? config_setting_get_int64_elem(s, 0)
                        : -1;
    int64_t last = first >= 0 ? config_setting_get_int64_elem(s, 1) : -1;
    if (!range_valid(first, last)) {
        config_complain(
            p, s,
            "\"range\" must be [first, last] with 1000 <= first, last <= 2147483647, at least "
            "1000 ids, and "
            "nothing of 61184-65535");
        return;
    }
    *range_first = (uint32_t)first;
    *range_last = (uint32_t)last;
}

static void parse_org(struct parse *p, const config_setting_t *s)
{
    static const char *const keys[] = {"name",    "provider", "url",     "id",    "token_file",
                                       "ca_file", "proxy",    "options", "range", NULL};
    if (!value_only_keys(p, s, "an organization", keys))
        return;
    const char *name = value_string(p, s, "name", "an organization", VALUE_REQUIRED);
    if (p->failed)
        return;
    if (!name_valid(name) || strlen(name) >= CONFIRM_ORG_LEN) {
        config_complain(
            p, s, "organization name \"%s\" must be [a-z_][a-z0-9_.-]*, at most %d characters",
            name, CONFIRM_ORG_LEN - 1);
        return;
    }
    if (find_org(p->config, name)) {
        config_complain(p, s, "organization \"%s\" is there twice", name);
        return;
    }
    struct config_org *org = &p->config->org[p->config->org_count];
    p->config->org_count++;
    org->name = value_copy(p, name);
    value_set_string(p, s, "provider", "an organization", VALUE_REQUIRED, &org->provider);
    value_set_string(p, s, "url", "an organization", VALUE_OPTIONAL, &org->url);
    value_set_string(p, s, "id", "an organization", VALUE_OPTIONAL, &org->id);
    value_set_string(p, s, "token_file", "an organization", VALUE_OPTIONAL, &org->token_file);
    value_set_string(p, s, "ca_file", "an organization", VALUE_OPTIONAL, &org->ca_file);
    value_set_string(p, s, "proxy", "an organization", VALUE_OPTIONAL, &org->proxy);
    set_options(p, s, org);
    set_range(p, s, &org->range_first, &org->range_last);
    if (!p->failed)
        check_provider(p, s, org);
    if (!p->failed)
        check_proxy(p, s, org);
    if (!p->failed)
        check_key(p, s, org);
}

static void parse_list(struct parse *p, const config_t *cfg, const char *key, int max,
                       void (*parse)(struct parse *, const config_setting_t *))
{
    const config_setting_t *list = config_lookup(cfg, key);
    if (!list || p->failed)
        return;
    if (!config_setting_is_list(list)) {
        config_complain(p, list, "\"%s\" must be a list of groups, ( { ... }, { ... } )", key);
        return;
    }
    if (config_setting_length(list) > max) {
        config_complain(p, list, "\"%s\" has %d entries, at most %d are possible", key,
                        config_setting_length(list), max);
        return;
    }
    for (int i = 0; i < config_setting_length(list) && !p->failed; i++)
        parse(p, config_setting_get_elem(list, (unsigned)i));
}

/* --- teams --- */

/* A copy, which free_list frees. */
static struct text_list copy_list(struct parse *p, const struct text_list *list)
{
    size_t size = text_list_size(list);
    char *text = malloc(size + 1);
    if (!text) {
        config_complain(p, NULL, "out of memory");
        return (struct text_list){0};
    }
    if (size > 0)
        memcpy(text, list->first, size);
    return (struct text_list){text, list->count};
}

/* The "teams" of GROUP, a rule or group of ORG whose roles are in INTO. Returns them. */
static struct text_list set_teams(struct parse *p, const config_setting_t *group, const char *org,
                                  struct text_list *into)
{
    struct config *c = p->config;
    struct text_list teams = {0};
    value_set_list(p, group, "teams", &teams);
    if (!teams.count)
        return teams;
    struct config_teams *t = realloc(c->teams, (c->team_count + 1) * sizeof *t);
    if (!t) {
        config_complain(p, group, "out of memory");
        free_list(&teams);
        return (struct text_list){0};
    }
    c->teams = t;
    t = &c->teams[c->team_count++];
    *t = (struct config_teams){
        .org = org, .teams = teams, .roles = copy_list(p, into), .into = into};
    return teams;
}

void config_group_name(const struct config_group *g, const char *text, char out[NAME_MAX_LEN + 1])
{
    const char *at = strstr(g->name, "%t");
    int n = snprintf(out, NAME_MAX_LEN + 1, "%.*s%s%s", (int)(at - g->name), g->name, text, at + 2);
    for (char *c = out; *c; c++)
        if (*c >= 'A' && *c <= 'Z')
            *c = (char)(*c - 'A' + 'a');
    if (n > NAME_MAX_LEN || !name_valid(out))
        out[0] = '\0';
}

const struct config_group *config_pattern(const struct config *c, const char *org,
                                          enum group_each each)
{
    for (uint32_t i = 0; i < c->group_count; i++)
        if (c->group[i].each == each && strcmp(c->group[i].org, org) == 0)
            return &c->group[i];
    return NULL;
}

/* True if KEY of GROUP is "*", instead of a list. */
static bool is_each(struct parse *p, const config_setting_t *group, const char *key)
{
    const config_setting_t *s = config_setting_get_member(group, key);
    const char *text = s ? config_setting_get_string(s) : NULL;
    if (text && strcmp(text, "*") != 0)
        config_complain(p, s, "\"%s\" must be an array, or \"*\" for a group of each", key);
    return text != NULL;
}

/* True if G names who is in it. */
static bool names_members(const struct config_group *g)
{
    return g->everyone || g->roles.count || g->teams.count || g->permissions.count ||
           g->members.count;
}

/* "%t" once, and something around it: what is called so alone could be any group of the machine. */
static void check_pattern_name(struct parse *p, const config_setting_t *at,
                               const struct config_group *g)
{
    const char *mark = strchr(g->name, '%');
    char name[NAME_MAX_LEN + 1];
    if (!mark || mark[1] != 't' || strchr(mark + 1, '%') || strcmp(g->name, "%t") == 0) {
        config_complain(
            p, at,
            "the name of a group of each team or role must have %%t once, and something "
            "around it: \"acme-%%t\"");
        return;
    }
    config_group_name(g, "a", name);
    if (!*name || reserved_form(name))
        config_complain(p, at, "\"%s\" makes no group names, which are [a-z_][a-z0-9_.-]*: %s",
                        g->name, *name ? reserved_form(name) : "\"acme-%t\" does");
}

static void check_pattern(struct parse *p, const config_setting_t *s, const struct config_group *g)
{
    check_pattern_name(p, config_setting_get_member(s, "name"), g);
    if (g->local || names_members(g))
        config_complain(p, s, "a group of each team or role has nothing but name and org beside");
    for (const struct config_group *other = p->config->group; other < g; other++)
        if (other->each == g->each && other->org == g->org)
            config_complain(p, s, "there are two patterns for the groups of \"%s\"", g->org);
}

/* What G is, once its keys are read. */
static void check_members(struct parse *p, const config_setting_t *s, const struct config_group *g)
{
    if (g->each)
        check_pattern(p, s, g);
    else if (!names_members(g))
        config_complain(
            p, s,
            "group \"%s\" has nobody: give roles, teams, permissions, members, or everyone = true",
            g->name);
}

static void parse_group(struct parse *p, const config_setting_t *s)
{
    static const char *const keys[] = {"name",  "org",         "local",   "everyone", "roles",
                                       "teams", "permissions", "members", NULL};
    if (!value_only_keys(p, s, "a group", keys))
        return;
    struct config_group *g = &p->config->group[p->config->group_count++];
    value_set_string(p, s, "name", "a group", VALUE_REQUIRED, &g->name);
    bool teams = is_each(p, s, "teams"), roles = is_each(p, s, "roles");
    g->each = teams ? EACH_TEAM : roles ? EACH_ROLE : EACH_NOTHING;
    if (!p->failed && teams && roles)
        config_complain(p, s, "a pattern is for teams or for roles");
    if (!p->failed && !g->each && !name_valid(g->name))
        config_complain(p, s, "group name \"%s\" must be [a-z_][a-z0-9_.-]*, at most %d characters",
                        g->name, NAME_MAX_LEN);
    if (p->failed)
        return;
    value_set_bool(p, s, "local", &g->local);
    g->org = org_reference(p, s, "a group");
    value_set_bool(p, s, "everyone", &g->everyone);
    if (!roles)
        value_set_list(p, s, "roles", &g->roles);
    if (!teams)
        g->teams = set_teams(p, s, g->org, &g->roles);
    value_set_list(p, s, "permissions", &g->permissions);
    value_set_list(p, s, "members", &g->members);
    if (!p->failed)
        check_members(p, s, g);
}

/* Only a mapped group may be there several times. */
static void check_group(struct parse *p, const config_setting_t *s, struct text_map *names,
                        uint32_t i)
{
    const struct config_group *g = &p->config->group[i];
    const struct text_entry *other = text_map_find(names, 0, g->name);
    if (other && !(p->config->group[other->value].local && g->local))
        config_complain(p, s, "group \"%s\" is there twice", g->name);
    else if (!other && !text_map_add(names, 0, g->name, i))
        config_complain(p, s, "out of memory");
}

static void parse_groups(struct parse *p, const config_t *cfg)
{
    const config_setting_t *list = config_lookup(cfg, "groups");
    struct text_map names = {0};
    size_t count = list ? (size_t)config_setting_length(list) : 0;
    p->config->group = calloc(count + 1, sizeof *p->config->group);
    if (!p->config->group)
        config_complain(p, list, "out of memory");
    parse_list(p, cfg, "groups", CONFIG_GROUPS_MAX, parse_group);
    for (uint32_t i = 0; i < p->config->group_count && !p->failed; i++)
        check_group(p, config_setting_get_elem(list, i), &names, i);
    text_map_free(&names);
}

static void parse_rule(struct parse *p, const config_setting_t *s)
{
    static const char *const keys[] = {"services", "org",         "everyone",    "roles",
                                       "teams",    "permissions", "break_glass", NULL};
    if (!value_only_keys(p, s, "an access rule", keys))
        return;
    struct rule *rule = &p->config->rules.rule[p->config->rules.count++];
    rule->org = org_reference(p, s, "an access rule");
    value_set_bool(p, s, "everyone", &rule->everyone);
    value_set_bool(p, s, "break_glass", &rule->break_glass);
    value_set_list(p, s, "services", &rule->services);
    value_set_list(p, s, "roles", &rule->roles);
    struct text_list teams = set_teams(p, s, rule->org, &rule->roles);
    value_set_list(p, s, "permissions", &rule->permissions);
    if (!p->failed && !rule->services.count)
        config_complain(p, s, "an access rule lacks \"services\": [\"*\"] is every service");
    if (!p->failed && !rule->everyone && !rule->roles.count && !teams.count &&
        !rule->permissions.count)
        config_complain(
            p, s,
            "an access rule admits nobody: give roles, teams, permissions, or everyone = true");
}

/* A copy of the pattern KEY of GROUP in *OUT; leaves *OUT alone where there is none. */
static void set_home(struct parse *p, const config_setting_t *group, const char *what, char **out)
{
    const char *home = value_string(p, group, "home", what, VALUE_OPTIONAL);
    const char *fault = home ? home_pattern_fault(home) : NULL;
    if (fault)
        config_complain(p, config_setting_get_member(group, "home"), "\"home\" %s", fault);
    if (!home || p->failed)
        return;
    free(*out);
    *out = value_copy(p, home);
}

/* The same for the shell; *LINE is where it stands. */
static void set_shell(struct parse *p, const config_setting_t *group, const char *what, char **out,
                      int *line)
{
    const config_setting_t *s = config_setting_get_member(group, "shell");
    const char *shell = value_string(p, group, "shell", what, VALUE_OPTIONAL);
    if (shell && (shell[0] != '/' || strchr(shell, ':')))
        config_complain(p, s, "\"shell\" must be an absolute path");
    if (!shell || p->failed)
        return;
    free(*out);
    *out = value_copy(p, shell);
    *line = (int)config_setting_source_line(s);
}

static void parse_account(struct parse *p, const config_setting_t *s)
{
    static const char *const keys[] = {"org",     "everyone", "roles", "permissions",
                                       "members", "home",     "shell", NULL};
    if (!value_only_keys(p, s, "an entry of accounts", keys))
        return;
    struct config_account *a = &p->config->account[p->config->account_count++];
    a->org = org_reference(p, s, "an entry of accounts");
    value_set_bool(p, s, "everyone", &a->everyone);
    value_set_list(p, s, "roles", &a->roles);
    value_set_list(p, s, "permissions", &a->permissions);
    value_set_list(p, s, "members", &a->members);
    set_home(p, s, "an entry of accounts", &a->home);
    set_shell(p, s, "an entry of accounts", &a->shell, &a->line);
    if (!p->failed && !a->everyone && !a->roles.count && !a->permissions.count && !a->members.count)
        config_complain(p, s,
                        "an entry of accounts is of nobody: give roles, permissions, members, or "
                        "everyone = true");
    if (!p->failed && !a->home && !a->shell)
        config_complain(p, s, "an entry of accounts lacks \"home\" and \"shell\"");
}

/* One directory belongs to one member, whatever name another one chooses. */
static void check_homes(struct parse *p, const config_t *cfg)
{
    const struct config *c = p->config;
    const config_setting_t *list = config_lookup(cfg, "accounts");
    for (uint32_t i = 0; i < c->account_count && !p->failed; i++)
        for (uint32_t n = 0; n <= i && c->account[i].home; n++) {
            const char *other = n < i ? c->account[n].home : c->home;
            if (other && home_patterns_meet(c->account[i].home, other))
                config_complain(p, config_setting_get_elem(list, i),
                                "\"home\" %s and %s can be one directory of two members",
                                c->account[i].home, other);
        }
}

/* --- sudo --- */

static bool is_within(const struct text_list *a, const struct text_list *b)
{
    const char *text = a->first;
    for (uint32_t i = 0; i < a->count; i++, text = text_list_next(text))
        if (!text_list_has(b, text))
            return false;
    return true;
}

static bool same_set(const struct text_list *a, const struct text_list *b)
{
    return is_within(a, b) && is_within(b, a);
}

/* The group of ORG that has exactly those members; NULL when there is none. A local group has other
 * members beside them. */
static const struct config_group *exact_group(const struct config *c, const char *org,
                                              const struct text_list *roles,
                                              const struct text_list *teams,
                                              const struct text_list *members)
{
    for (uint32_t i = 0; i < c->group_count; i++) {
        const struct config_group *g = &c->group[i];
        if (!g->local && g->org == org && !g->everyone && !g->permissions.count &&
            same_set(&g->roles, roles) && same_set(&g->teams, teams) &&
            same_set(&g->members, members))
            return g;
    }
    return NULL;
}

static void print_list(FILE *f, const char *key, const struct text_list *list)
{
    const char *text = list->first;
    for (uint32_t i = 0; i < list->count; i++, text = text_list_next(text))
        fprintf(f, "%s%s\"%s\"", i ? "" : key, i ? ", " : " = [", text);
    if (list->count)
        fputs("]; ", f);
}

/* Complains with the group that is to be added. */
static void complain_group(struct parse *p, const config_setting_t *s, const char *org,
                           const struct text_list *roles, const struct text_list *teams,
                           const struct text_list *members)
{
    char text[384] = "";
    FILE *f = fmemopen(text, sizeof text, "w");
    if (!f) {
        config_complain(p, s, "out of memory");
        return;
    }
    fprintf(f, "{ name = \"%s-sudo\"; org = \"%s\"; ", org, org);
    print_list(f, "roles", roles);
    print_list(f, "teams", teams);
    print_list(f, "members", members);
    putc('}', f);
    fclose(f);
    text[sizeof text - 1] = '\0';
    config_complain(p, s, "no group has exactly these members: add to \"groups\" %s", text);
}

static void check_commands(struct parse *p, const config_setting_t *s,
                           const struct text_list *commands)
{
    const char *command = commands->first;
    const config_setting_t *at = config_setting_get_member(s, "commands");
    if (!commands->count)
        config_complain(p, s, "an entry of sudo lacks \"commands\": [\"ALL\"] is every command");
    for (uint32_t i = 0; i < commands->count; i++, command = text_list_next(command)) {
        const char *fault = sudo_command_fault(command);
        if (fault)
            config_complain(p, at, "\"%s\" in \"commands\" %s", command, fault);
        else if (sudo_command_is_all(command) && commands->count > 1)
            config_complain(p, at, "\"ALL\" in \"commands\" is every command: it stands alone");
    }
}

/* Its roles and members are only needed to find the group that has them. */
static void parse_sudo(struct parse *p, const config_setting_t *s)
{
    static const char *const keys[] = {"org",      "roles",    "teams", "members",
                                       "commands", "nopasswd", NULL};
    if (!value_only_keys(p, s, "an entry of sudo", keys))
        return;
    struct config_sudo *sudo = &p->config->sudo[p->config->sudo_count++];
    struct text_list roles = {0}, teams = {0}, members = {0};
    const char *org = org_reference(p, s, "an entry of sudo");
    value_set_list(p, s, "roles", &roles);
    value_set_list(p, s, "teams", &teams);
    value_set_list(p, s, "members", &members);
    value_set_list(p, s, "commands", &sudo->commands);
    value_set_bool(p, s, "nopasswd", &sudo->nopasswd);
    if (!p->failed && !roles.count && !teams.count && !members.count)
        config_complain(p, s, "an entry of sudo is of nobody: give roles, teams or members");
    if (!p->failed)
        check_commands(p, s, &sudo->commands);
    if (!p->failed && !(sudo->group = exact_group(p->config, org, &roles, &teams, &members)))
        complain_group(p, s, org, &roles, &teams, &members);
    free_list(&roles);
    free_list(&teams);
    free_list(&members);
}

static void set_placement(struct parse *p, const config_setting_t *users)
{
    const char *text = value_string(p, users, "placement", "users", VALUE_OPTIONAL);
    if (!text)
        return;
    p->config->placement = placement_parse(text);
    if (p->config->placement == PLACEMENT_UNKNOWN)
        config_complain(
            p, config_setting_get_member(users, "placement"),
            "\"placement\" must be \"blake2b\", or \"wyhash\" where the fleet began with it");
}

/* No organization can take up another one's numbers. Those that have no range of their own share
 * users.range: a file from before there were others goes on counting. Where the file says nothing,
 * the ledger may know: numbers_read looks again. */
static void check_ranges(struct parse *p, const config_t *cfg)
{
    const struct config *c = p->config;
    const config_setting_t *list = config_lookup(cfg, "organizations");
    for (uint32_t i = 0; i < c->org_count && !p->failed; i++)
        for (uint32_t n = 0; n < i; n++) {
            struct id_range a = config_org_range(c, &c->org[i]),
                            b = config_org_range(c, &c->org[n]);
            bool both_shared = !c->org[i].range_first && !c->org[n].range_first;
            bool said = c->range_first || (c->org[i].range_first && c->org[n].range_first);
            if (both_shared || !said || !id_ranges_meet(&a, &b))
                continue;
            config_complain(p, config_setting_get_elem(list, i),
                            "organizations \"%s\" and \"%s\" have ids in common, %" PRIu32
                            "-%" PRIu32 "%s: their ranges must lie apart",
                            c->org[n].name, c->org[i].name, a.first > b.first ? a.first : b.first,
                            a.last < b.last ? a.last : b.last,
                            c->org[i].range_first && c->org[n].range_first
                                ? ""
                                : " (without a range of its own an organization has users.range)");
        }
}

void config_user_name(const struct config *c, const char *remote, char out[NAME_MAX_LEN + 1])
{
    const char *at = strstr(c->name, "%u");
    int n =
        snprintf(out, NAME_MAX_LEN + 1, "%.*s%s%s", (int)(at - c->name), c->name, remote, at + 2);
    if (n > NAME_MAX_LEN || !name_valid(out))
        out[0] = '\0';
}

/* "%u" once, and around it what a name may have; and no name that no member may have. */
static void parse_user_name(struct parse *p, const config_setting_t *users)
{
    const config_setting_t *s = config_setting_get_member(users, "name");
    const char *pattern = value_string(p, users, "name", "users", VALUE_OPTIONAL);
    const char *at = pattern ? strchr(pattern, '%') : NULL;
    char name[NAME_MAX_LEN + 1];
    if (!pattern)
        return;
    if (!at || at[1] != 'u' || strchr(at + 1, '%')) {
        config_complain(
            p, s, "\"name\" must have %%u once, which is the member's own name: \"acme-%%u\"");
        return;
    }
    free(p->config->name);
    p->config->name = value_copy(p, pattern);
    if (p->failed)
        return;
    config_user_name(p->config, "a", name);
    if (!*name)
        config_complain(
            p, s,
            "\"name\" must make names of [a-z_][a-z0-9_.-]*, at most %d characters, and "
            "\"%s\" does not",
            NAME_MAX_LEN, pattern);
    else if (reserved_form(name))
        config_complain(p, s, "\"name\" must not be \"%s\": %s", pattern, reserved_form(name));
}

static void set_names(struct parse *p, const config_setting_t *users, const char *key,
                      struct text_list *out)
{
    const config_setting_t *s = config_setting_get_member(users, key);
    value_set_list(p, users, key, out);
    const char *name = out->first;
    for (uint32_t i = 0; i < out->count && !p->failed; i++, name = text_list_next(name))
        if (!name_valid(name))
            config_complain(p, s, "\"%s\" has \"%s\", which is no login name", key, name);
}

static void parse_reserved(struct parse *p, const config_setting_t *users)
{
    const config_setting_t *s = config_setting_get_member(users, "allowed");
    set_names(p, users, "reserved", &p->config->reserved);
    set_names(p, users, "allowed", &p->config->allowed);
    const char *name = p->config->allowed.first;
    for (uint32_t i = 0; i < p->config->allowed.count && !p->failed;
         i++, name = text_list_next(name))
        if (reserved_form(name))
            config_complain(p, s, "\"allowed\" cannot free \"%s\": %s", name, reserved_form(name));
        else if (text_list_has(&p->config->reserved, name))
            config_complain(p, s, "\"%s\" is in \"reserved\" and in \"allowed\"", name);
}

static const struct config_group *everyone_group(const struct config *c,
                                                 const struct config_org *org)
{
    for (uint32_t i = 0; i < c->group_count; i++)
        if (!c->group[i].local && c->group[i].everyone && c->group[i].org == org->name)
            return &c->group[i];
    return NULL;
}

/* Without groups of their own, members need one to be in. */
static void check_primary_groups(struct parse *p, const config_t *cfg)
{
    for (uint32_t i = 0; i < p->config->org_count && !p->failed; i++)
        if (!p->config->private_groups && !everyone_group(p->config, &p->config->org[i]))
            config_complain(
                p, config_lookup(cfg, "users.private_groups"),
                "\"private_groups = false\" needs a group of organization \"%s\" with "
                "everyone = true, which is not a local one: it is its members' primary group",
                p->config->org[i].name);
}

void config_print_notes(const struct config *c)
{
    for (uint32_t i = 0; i < c->group_count; i++) {
        const struct config_group *g = &c->group[i];
        const char *why = g->local || g->each ? NULL : reserved_name(g->name);
        if (why)
            printf("group \"%s\" has a reserved name: %s\n", c->group[i].name, why);
    }
    const char *name = c->allowed.first;
    for (uint32_t i = 0; i < c->allowed.count; i++, name = text_list_next(name)) {
        const char *why = reserved_name(name);
        printf("users.allowed lets a member be \"%s\": %s\n", name,
               why ? why : "it is not reserved, and needs no entry");
    }
    name = c->reserved.first;
    for (uint32_t i = 0; i < c->reserved.count; i++, name = text_list_next(name))
        printf("users.reserved lets no member be \"%s\"\n", name);
}

static void parse_users(struct parse *p, const config_t *cfg)
{
    static const char *const keys[] = {"range",         "placement",      "name",    "home",
                                       "shell",         "reserved",       "allowed", "enumerate",
                                       "group_members", "private_groups", NULL};
    const config_setting_t *s = config_lookup(cfg, "users");
    if (!s || p->failed || !value_only_keys(p, s, "users", keys))
        return;
    set_range(p, s, &p->config->range_first, &p->config->range_last);
    set_placement(p, s);
    parse_user_name(p, s);
    parse_reserved(p, s);
    set_home(p, s, "users", &p->config->home);
    set_shell(p, s, "users", &p->config->shell, &p->config->shell_line);
    value_set_bool(p, s, "enumerate", &p->config->enumerate);
    set_group_members(p, s);
    value_set_bool(p, s, "private_groups", &p->config->private_groups);
}

static bool shell_known(const char *shell)
{
    bool known = false;
    setusershell();
    for (const char *line; !known && (line = getusershell());)
        known = strcmp(line, shell) == 0;
    endusershell();
    return known;
}

/* The first shell of C that /etc/shells lacks, with its line; NULL when there is none. */
static const char *unknown_shell(const struct config *c, int *line)
{
    *line = c->shell_line;
    if (!shell_known(c->shell))
        return c->shell;
    for (uint32_t i = 0; i < c->account_count; i++) {
        *line = c->account[i].line;
        if (c->account[i].shell && !shell_known(c->account[i].shell))
            return c->account[i].shell;
    }
    return NULL;
}

bool config_shells_known(const struct config *c, const char *path, char error[CONFIG_ERROR_LEN])
{
    int line;
    const char *shell = access("/etc/shells", F_OK) == 0 ? unknown_shell(c, &line) : NULL;
    if (shell)
        snprintf(error, CONFIG_ERROR_LEN,
                 "%s:%d: the shell %s is not in /etc/shells, which has the login shells of this "
                 "machine",
                 path, line ? line : 1, shell);
    return shell == NULL;
}

static void parse_freshness(struct parse *p, const config_t *cfg)
{
    static const char *const keys[] = {"login_max_age", "timeout", "offline_grace", "poll", NULL};
    int64_t max_age = 10000, timeout = 2000, grace = 12 * 3600000LL, poll = 60000;
    const config_setting_t *s = config_lookup(cfg, "freshness");
    if (s && !p->failed && value_only_keys(p, s, "freshness", keys)) {
        value_set_duration(p, s, "login_max_age", 0, 86400000, &max_age);
        value_set_duration(p, s, "timeout", 0, 30000, &timeout);
        value_set_duration(p, s, "offline_grace", 0, 365 * 86400000LL, &grace);
        value_set_duration(p, s, "poll", 1000, 86400000, &poll);
    }
    p->config->login_max_age_ms = (int)max_age;
    p->config->timeout_ms = (int)timeout;
    p->config->offline_grace_s = (int)(grace / 1000);
    p->config->poll_ms = (int)poll;
}

/* What "sessions" says in KEY. */
static enum sessions_ending read_ending(struct parse *p, const config_setting_t *sessions,
                                        const char *key, enum value_need need)
{
    const char *text = value_string(p, sessions, key, "sessions", need);
    if (!text)
        return SESSIONS_UNSAID;
    if (strcmp(text, "end") == 0)
        return SESSIONS_END;
    if (strcmp(text, "keep") != 0)
        config_complain(p, config_setting_get_member(sessions, key),
                        "\"%s\" must be \"end\" or \"keep\"", key);
    return SESSIONS_KEEP;
}

static void parse_sessions(struct parse *p, const config_t *cfg)
{
    static const char *const keys[] = {"on_removal", "on_role_loss", "warn", "except_roles", NULL};
    const config_setting_t *s = config_lookup(cfg, "sessions");
    if (!s || p->failed || !value_only_keys(p, s, "sessions", keys))
        return;
    p->config->sessions.on_removal = read_ending(p, s, "on_removal", VALUE_REQUIRED);
    p->config->sessions.on_role_loss = read_ending(p, s, "on_role_loss", VALUE_OPTIONAL);
    value_set_duration(p, s, "warn", 0, SESSIONS_WARN_MAX_MS, &p->config->sessions.warn_ms);
    const config_setting_t *roles = config_setting_get_member(s, "except_roles");
    if (roles && (!config_setting_is_aggregate(roles) || config_setting_length(roles) > 0))
        value_set_list(p, s, "except_roles", &p->config->sessions.except_roles);
}

static void note_teams(struct config *c)
{
    for (uint32_t i = 0; i < c->org_count; i++) {
        struct config_org *org = &c->org[i];
        org->teams = config_pattern(c, org->name, EACH_TEAM) != NULL;
        for (uint32_t n = 0; n < c->team_count; n++)
            org->teams |= c->teams[n].org == org->name;
    }
}

static void parse_all(struct parse *p, const config_t *cfg)
{
    static const char *const keys[] = {"organizations", "users",    "accounts",  "groups", "access",
                                       "sudo",          "sessions", "freshness", NULL};
    if (!value_only_keys(p, config_root_setting(cfg), "the file", keys))
        return;
    parse_list(p, cfg, "organizations", SNAPSHOT_ORGS_MAX, parse_org);
    if (!p->failed && p->config->org_count == 0)
        config_complain(p, NULL, "\"organizations\" is missing or empty");
    parse_users(p, cfg);
    check_ranges(p, cfg);
    parse_list(p, cfg, "accounts", CONFIG_ACCOUNTS_MAX, parse_account);
    check_homes(p, cfg);
    parse_groups(p, cfg);
    check_primary_groups(p, cfg);
    parse_list(p, cfg, "access", RULES_MAX, parse_rule);
    parse_list(p, cfg, "sudo", CONFIG_SUDO_MAX, parse_sudo);
    parse_sessions(p, cfg);
    parse_freshness(p, cfg);
    if (!p->failed)
        note_teams(p->config);
}

/* The whole file as one string, to be freed; NULL with ERROR filled. */
static char *read_config(const char *path, char error[CONFIG_ERROR_LEN])
{
    const char *why = "cannot be read";
    char *text = malloc(CONFIG_FILE_MAX);
    if (text && file_read_trusted(path, FILE_ROOTS, text, CONFIG_FILE_MAX, &why) >= 0)
        return text;
    if (text && errno == EFBIG)
        snprintf(error, CONFIG_ERROR_LEN, "%s: has more than %d bytes", path, CONFIG_FILE_MAX - 1);
    else
        snprintf(error, CONFIG_ERROR_LEN, "%s: %s", path, why);
    free(text);
    return NULL;
}

/* @include would pull in files that nobody has checked the owner of. Returns its line, 0 when there
 * is none. */
static int include_line(const char *text)
{
    int number = 1;
    for (const char *line = text; line; number++) {
        if (strncmp(line + strspn(line, " \t"), "@include", 8) == 0)
            return number;
        line = strchr(line, '\n');
        line = line ? line + 1 : NULL;
    }
    return 0;
}

static struct config *config_new(void)
{
    struct config *c = calloc(1, sizeof *c);
    if (!c)
        return NULL;
    c->group_members = GROUP_MEMBERS_AUTO;
    c->private_groups = true;
    c->name = strdup("%u");
    c->home = strdup("/home/%u");
    c->shell = strdup("/bin/bash");
    if (c->name && c->home && c->shell)
        return c;
    config_free(c);
    return NULL;
}

static bool parse_text(struct parse *p, config_t *cfg, const char *text)
{
    int include = include_line(text);
    if (!p->config)
        return config_complain(p, NULL, "out of memory");
    if (include == 0 && config_read_string(cfg, text)) {
        parse_all(p, cfg);
        return !p->failed;
    }
    snprintf(p->error, CONFIG_ERROR_LEN, "%s:%d: %s", p->path,
             include ? include : config_error_line(cfg),
             include ? "@include is not possible here" : config_error_text(cfg));
    return false;
}

struct config *config_load(const char *path, char error[CONFIG_ERROR_LEN])
{
    char *text = read_config(path, error);
    if (!text)
        return NULL;
    config_t cfg;
    config_init(&cfg);
    struct parse p = {
        .config = config_new(), .path = path, .error = error, .size = CONFIG_ERROR_LEN};
    bool fine = parse_text(&p, &cfg, text);
    config_destroy(&cfg);
    free(text);
    if (fine)
        return p.config;
    config_free(p.config);
    return NULL;
}

static void free_org(struct config_org *o)
{
    char *text[] = {o->name, o->provider, o->url, o->id, o->token_file, o->ca_file, o->proxy};
    for (size_t n = 0; n < sizeof text / sizeof *text; n++)
        free(text[n]);
    for (const struct provider_arg *a = o->option; a->name; a++) {
        free((void *)(uintptr_t)a->name);
        free((void *)(uintptr_t)a->value);
    }
}

static void free_account(struct config_account *a)
{
    free_list(&a->roles);
    free_list(&a->permissions);
    free_list(&a->members);
    free(a->home);
    free(a->shell);
}

void config_free(struct config *c)
{
    if (!c)
        return;
    for (uint32_t i = 0; i < c->org_count; i++)
        free_org(&c->org[i]);
    for (uint32_t i = 0; i < c->account_count; i++)
        free_account(&c->account[i]);
    for (uint32_t i = 0; i < c->group_count; i++) {
        free(c->group[i].name);
        free_list(&c->group[i].roles);
        free_list(&c->group[i].permissions);
        free_list(&c->group[i].members);
    }
    free(c->group);
    for (uint32_t i = 0; i < c->team_count; i++) {
        free_list(&c->teams[i].teams);
        free_list(&c->teams[i].roles);
    }
    free(c->teams);
    for (uint32_t i = 0; i < c->sudo_count; i++)
        free_list(&c->sudo[i].commands);
    for (size_t i = 0; i < c->rules.count; i++) {
        free_list(&c->rules.rule[i].services);
        free_list(&c->rules.rule[i].roles);
        free_list(&c->rules.rule[i].permissions);
    }
    free_list(&c->sessions.except_roles);
    free_list(&c->reserved);
    free_list(&c->allowed);
    free(c->name);
    free(c->home);
    free(c->shell);
    free(c);
}
