#include "orgsyncd/grouping.h"

#include <stdlib.h>
#include <string.h>

#include "common/log.h"

/* The kinds of text that put a member into a group. */
enum by { BY_ROLE, BY_PERMISSION, BY_PERSON, BY_EVERYONE, BYS };

static uint32_t kind(uint32_t org, enum by by)
{
    return org * BYS + by;
}

/* The index of the organization that has the group. */
static uint32_t group_org(const struct grouping *g, const struct config_group *group)
{
    uint32_t i = 0;
    while (i + 1 < g->config->org_count && g->config->org[i].name != group->org)
        i++;
    return i;
}

/* --- numbers --- */

/* The number of a group of /etc/group; or what is wrong with mapping it. */
static const char *local_group(struct grouping *g, const struct config_group *group, uint32_t *gid)
{
    if (local_ids_group(g->local, group->name, gid))
        return *gid == 0 ? "it is root's: that is never mapped" : NULL;
    naming_await_group(g->naming, group->name);
    return "/etc/group has none of that name to be mapped";
}

/* The number of a group of our own, allocated when it has none; or why it cannot be served. Root
 * named it: a member who has that name keeps it as a user's. */
static const char *own_group(struct grouping *g, const struct config_group *group, uint32_t *gid)
{
    const char *name = group->name;
    if (naming_machine_has(g->naming, name))
        return "the machine has a user or group of that name";
    enum ledger_name owner = ledger_name(g->ledger, name, LEDGER_GROUPS, name);
    int rc =
        ledger_id(g->ledger, LEDGER_GROUPS, name, &g->pool[group_org(g, group)], g->local, gid);
    if (rc == LEDGER_FULL)
        return "no number is free for it in the organization's range";
    g->failed |=
        rc < 0 || owner == LEDGER_NAME_ERROR ||
        (owner == LEDGER_NAME_FREE && ledger_bind(g->ledger, name, LEDGER_GROUPS, name) < 0);
    return local_ids_id(g->local, *gid) ? "the machine has a user or group of its number" : NULL;
}

static void settle_group(struct grouping *g, uint32_t i)
{
    const struct config_group *group = &g->config->group[i];
    struct group_note *note = &g->note[i];
    if (!group->local && g->epoch && note->settled == g->epoch)
        return;
    const char *fault =
        group->local ? local_group(g, group, &note->gid) : own_group(g, group, &note->gid);
    if (fault && fault != note->fault)
        log_warning("group \"%s\" is not served: %s", group->name, fault);
    note->fault = fault;
    note->settled = fault ? 0 : g->epoch;
}

/* --- who is in which --- */

static void add_entry(struct grouping *g, uint32_t org, enum by by, const char *text, uint32_t i)
{
    g->failed |= !text_map_add(&g->by_text, kind(org, by), text, i);
}

static void add_entries(struct grouping *g, uint32_t org, enum by by, const struct text_list *list,
                        uint32_t i)
{
    const char *text = list->first;
    for (uint32_t n = 0; n < list->count; n++, text = text_list_next(text))
        add_entry(g, org, by, text, i);
}

/* The first group of everyone in ORG is its members' primary one. */
static void add_group(struct grouping *g, uint32_t i)
{
    const struct config_group *group = &g->config->group[i];
    uint32_t org = group_org(g, group);
    g->group[i] = (struct grouped){.index = g->note[i].gid, .usable = true, .local = group->local};
    if (group->everyone && !group->local && g->primary[org] == 0)
        g->primary[org] = g->note[i].gid;
    if (!group->local) {
        uint64_t identity = owner_identity(LEDGER_GROUPS, group->name);
        g->group[i].index = snapshot_writer_group(g->writer, group->name, g->note[i].gid, identity);
        g->served++;
    }
    g->persons |= group->members.count > 0;
    if (group->everyone)
        add_entry(g, org, BY_EVERYONE, "", i);
    add_entries(g, org, BY_ROLE, &group->roles, i);
    add_entries(g, org, BY_PERMISSION, &group->permissions, i);
    add_entries(g, org, BY_PERSON, &group->members, i);
}

static void add_team_group(struct grouping *g, uint32_t i, const struct team_group *group)
{
    const struct org_team *team = group->team;
    char owner[LEDGER_OWNER_SIZE];
    ledger_owner(team_is_role(team->role) ? LEDGER_TEAMS : LEDGER_ROLES,
                 config_org_key(&g->config->org[group->org]), owner);
    uint64_t identity = owner_identity(owner, team->id);
    g->group[i] = (struct grouped){
        .index = snapshot_writer_group(g->writer, team->group, team->gid, identity),
        .usable = true};
    g->served++;
    add_entry(g, group->org, BY_ROLE, team->role, i);
}

/* Makes room for the COUNT groups. */
static void begin(struct grouping *g, uint32_t count)
{
    g->count = count;
    g->group = calloc((size_t)count + 1, sizeof *g->group);
    g->found = calloc(2 * (size_t)count + 2, sizeof *g->found);
    g->failed |= !g->group || !g->found;
}

int grouping_settle(struct grouping *g)
{
    uint32_t configured = g->config->group_count;
    struct team_groups more = {.config = g->config,
                               .ledger = g->ledger,
                               .local = g->local,
                               .naming = g->naming,
                               .roster = g->roster,
                               .teams = g->teams,
                               .roles = g->roles,
                               .pool = g->pool,
                               .epoch = g->epoch,
                               .most = CONFIG_GROUPS_MAX - configured};
    for (uint32_t i = 0; i < configured && !g->failed; i++)
        if (!g->config->group[i].each)
            settle_group(g, i);
    g->failed |= team_groups_settle(&more) < 0;
    if (!g->failed)
        begin(g, configured + more.count);
    for (uint32_t i = 0; i < configured && !g->failed; i++)
        if (!g->config->group[i].each && !g->note[i].fault)
            add_group(g, i);
    for (uint32_t i = 0; i < more.count && !g->failed; i++)
        add_team_group(g, configured + i, &more.group[i]);
    team_groups_free(&more);
    return g->failed ? -1 : 0;
}

bool grouping_names(const struct grouping *g, uint32_t org, const char *id)
{
    return g->persons && text_map_find(&g->by_text, kind(org, BY_PERSON), id);
}

/* Adds the groups of TEXT to the COUNT that were found. Returns how many there are. */
static uint32_t find(struct grouping *g, uint32_t org, enum by by, const char *text, uint32_t count)
{
    const struct text_entry *e = text_map_find(&g->by_text, kind(org, by), text);
    for (; e; e = text_map_next(&g->by_text, e)) {
        struct grouped *group = &g->group[e->value];
        if (group->stamp != g->searches)
            g->found[count++] = e->value;
        group->stamp = g->searches;
    }
    return count;
}

static uint32_t find_all(struct grouping *g, uint32_t org, enum by by, const struct text_list *list,
                         uint32_t count)
{
    const char *text = list->first;
    for (uint32_t i = 0; i < list->count; i++, text = text_list_next(text))
        count = find(g, org, by, text, count);
    return count;
}

static int by_number(const void *a, const void *b)
{
    uint32_t one = *(const uint32_t *)a, other = *(const uint32_t *)b;
    return (one > other) - (one < other);
}

void grouping_of(struct grouping *g, uint32_t org, const struct pipe_member *m,
                 struct snapshot_grants_spec *spec)
{
    g->searches++;
    uint32_t count = find(g, org, BY_EVERYONE, "", 0);
    count = find_all(g, org, BY_ROLE, &m->roles, count);
    count = find_all(g, org, BY_PERMISSION, &m->permissions, count);
    if (g->persons)
        count = find(g, org, BY_PERSON, m->id, count);
    qsort(g->found, count, sizeof *g->found, by_number); /* in the configuration's order */
    uint32_t *local = g->found + g->count + 1, own = 0;
    spec->local_count = 0;
    for (uint32_t i = 0; i < count; i++) {
        const struct grouped *group = &g->group[g->found[i]];
        if (group->local)
            local[spec->local_count++] = group->index;
        else
            g->found[own++] = group->index;
    }
    spec->groups = g->found;
    spec->local_gids = local;
    spec->group_count = own;
}

bool grouping_has(const struct config_group *group, const struct pipe_member *m)
{
    return group->everyone || text_lists_meet(&group->roles, &m->roles) ||
           text_lists_meet(&group->permissions, &m->permissions) ||
           text_list_has(&group->members, m->id);
}

void grouping_free(struct grouping *g)
{
    text_map_free(&g->by_text);
    free(g->group);
    free(g->found);
    g->group = NULL;
    g->found = NULL;
}
