#include "orgadmin/host/host_config.h"

#include <errno.h>
#include <libconfig.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/file.h"
#include "common/name.h"
#include "common/paths.h"

#define FILE_MAX (1 << 20)

static void take(const config_setting_t *group, const char *key, char *out, size_t size)
{
    const char *text = NULL;
    if (config_setting_lookup_string(group, key, &text))
        snprintf(out, size, "%s", text);
}

static void take_range(const config_setting_t *range, uint32_t *first, uint32_t *last)
{
    if (!range || !config_setting_is_aggregate(range) || config_setting_length(range) != 2)
        return;
    *first = (uint32_t)config_setting_get_int64_elem(range, 0);
    *last = (uint32_t)config_setting_get_int64_elem(range, 1);
}

static void take_options(const config_setting_t *s, struct host_org *o)
{
    int count = s && config_setting_is_group(s) ? config_setting_length(s) : 0;
    for (int i = 0; i < count && o->options < HOST_OPTIONS_MAX; i++) {
        const char *name = config_setting_name(config_setting_get_elem(s, (unsigned)i));
        snprintf(o->option[o->options].name, sizeof o->option->name, "%s", name);
        take(s, name, o->option[o->options++].value, sizeof o->option->value);
    }
}

static void take_org(const config_setting_t *s, struct host_config *c)
{
    struct host_org *o = &c->org[c->orgs];
    if (!config_setting_is_group(s) || c->orgs == SNAPSHOT_ORGS_MAX)
        return;
    c->orgs++;
    take(s, "name", o->name, sizeof o->name);
    take(s, "provider", o->provider, sizeof o->provider);
    take(s, "url", o->url, sizeof o->url);
    take(s, "id", o->id, sizeof o->id);
    take(s, "token_file", o->token_file, sizeof o->token_file);
    take(s, "ca_file", o->ca_file, sizeof o->ca_file);
    take(s, "proxy", o->proxy, sizeof o->proxy);
    take_options(config_setting_get_member(s, "options"), o);
    take_range(config_setting_get_member(s, "range"), &o->range_first, &o->range_last);
}

/* The group S of everyone is that of its organization, unless there is one already. */
static void take_everyone(const config_setting_t *s, struct host_config *c)
{
    const char *org = NULL;
    config_setting_lookup_string(s, "org", &org);
    for (size_t i = 0; i < c->orgs; i++)
        if (!*c->org[i].everyone && (org ? strcmp(org, c->org[i].name) == 0 : c->orgs == 1))
            take(s, "name", c->org[i].everyone, sizeof c->org[i].everyone);
}

static void take_group(const config_setting_t *s, struct host_config *c)
{
    int local = 0, everyone = 0;
    if (!config_setting_is_group(s))
        return;
    config_setting_lookup_bool(s, "local", &local);
    config_setting_lookup_bool(s, "everyone", &everyone);
    if (local && c->local_groups < HOST_GROUPS_MAX)
        take(s, "name", c->local_group[c->local_groups++], NAME_MAX_LEN + 1);
    else if (!local && everyone)
        take_everyone(s, c);
}

/* True if sudo runs more than one command for COMMAND: by a wildcard, or a whole directory. */
static bool is_wild(const char *command)
{
    size_t path = strcspn(command, " ");
    return strpbrk(command, "*?[") || (path > 0 && command[path - 1] == '/');
}

static void take_sudo(const config_setting_t *s, struct host_config *c)
{
    const config_setting_t *list =
        config_setting_is_group(s) ? config_setting_get_member(s, "commands") : NULL;
    c->sudo++;
    for (int i = 0; list && config_setting_is_aggregate(list) && i < config_setting_length(list);
         i++) {
        const char *command = config_setting_get_string_elem(list, i);
        if (command && !*c->sudo_wild && is_wild(command))
            snprintf(c->sudo_wild, sizeof c->sudo_wild, "%s", command);
    }
}

static void each(const config_t *cfg, const char *key, struct host_config *c,
                 void (*visit)(const config_setting_t *, struct host_config *))
{
    const config_setting_t *list = config_lookup(cfg, key);
    for (int i = 0; list && config_setting_is_list(list) && i < config_setting_length(list); i++)
        visit(config_setting_get_elem(list, (unsigned)i), c);
}

/* The ranges of organizations that have none of their own. */
static void take_shared_range(const config_t *cfg, struct host_config *c)
{
    uint32_t first = ID_RANGE_FIRST, last = ID_RANGE_LAST;
    take_range(config_lookup(cfg, "users.range"), &first, &last);
    for (size_t i = 0; i < c->orgs; i++)
        if (c->org[i].range_first == 0) {
            c->org[i].range_first = first;
            c->org[i].range_last = last;
        }
}

static void take_sessions(const config_t *cfg, struct host_config *c)
{
    const char *text = NULL;
    if (config_lookup_string(cfg, "sessions.on_removal", &text))
        snprintf(c->on_removal, sizeof c->on_removal, "%s", text);
}

/* orgsyncd takes no @include: nobody has looked whose the other file is. */
static bool includes(const char *text)
{
    for (const char *line = text; line; line = strchr(line, '\n')) {
        line += strspn(line, " \t\r\n");
        if (strncmp(line, "@include", 8) == 0)
            return true;
    }
    return false;
}

static int parse(const char *text, struct host_config *c)
{
    config_t cfg;
    config_init(&cfg);
    bool good = !includes(text) && config_read_string(&cfg, text);
    if (good) {
        each(&cfg, "organizations", c, take_org);
        each(&cfg, "groups", c, take_group);
        each(&cfg, "sudo", c, take_sudo);
        take_shared_range(&cfg, c);
        take_sessions(&cfg, c);
    }
    config_destroy(&cfg);
    return good ? 0 : -1;
}

/* The range that an organization's numbers are in, whatever the file says or does not: the ledger
 * has precedence, and the snapshot tells. */
static void take_served_ranges(struct host_config *c)
{
    struct snapshot snapshot;
    struct snapshot_policy policy;
    const char *why;
    if (snapshot_open(&snapshot, PATH_SNAPSHOT, &why) != SNAPSHOT_OK)
        return;
    if (snapshot_policy(&snapshot, &policy) != SNAPSHOT_OK)
        policy.org_count = 0;
    for (uint32_t i = 0; i < policy.org_count; i++)
        for (size_t n = 0; n < c->orgs; n++)
            if (policy.range[i].last && strcmp(policy.org[i], c->org[n].name) == 0) {
                c->org[n].range_first = policy.range[i].first;
                c->org[n].range_last = policy.range[i].last;
            }
    snapshot_close(&snapshot);
}

int host_config_read(const char *path, struct host_config *c, const char **why)
{
    memset(c, 0, sizeof *c);
    *why = "cannot be read";
    char *text = malloc(FILE_MAX);
    if (!text || file_read_trusted(path, FILE_ROOTS, text, FILE_MAX, why) < 0) {
        int saved = errno;
        free(text);
        errno = saved;
        return -1;
    }
    int rc = parse(text, c);
    free(text);
    if (rc == 0)
        take_served_ranges(c);
    *why = "is not sound: orgsyncd --check says where";
    errno = EINVAL;
    return rc;
}
