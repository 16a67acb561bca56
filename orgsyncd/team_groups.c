#include "orgsyncd/team_groups.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"

/* At most so many complaints of one compilation have a line in the log. */
#define COMPLAINTS_LOGGED 100

/* A team, or role, that wants a name. */
struct candidate {
    struct org_team *team;
    char wanted[NAME_MAX_LEN + 1]; /* "" = its slug makes no name */
    bool rival;                    /* another one wants the same name */
    bool alive;                    /* of a rival: somebody is in it */
    bool loses;                    /* the name is another one's */
};

/* The candidates of one pattern. */
struct round {
    struct team_groups *groups;
    const struct config_group *pattern;
    uint32_t org;
    char owner[LEDGER_OWNER_SIZE]; /* in the ledger */
    struct candidate *list;
    uint32_t count;
    struct text_map rivals; /* by what members have in their lists of roles */
    const struct text_list *last;
};

/* --- who wants which name --- */

static void add_candidate(struct org_team *team, void *arg)
{
    struct round *r = arg;
    struct candidate *c = &r->list[r->count++];
    *c = (struct candidate){.team = team};
    if (*team->slug)
        config_group_name(r->pattern, team->slug, c->wanted);
}

static int by_wanted(const void *a, const void *b)
{
    const struct candidate *one = a, *other = b;
    int order = strcmp(one->wanted, other->wanted);
    return order ? order : strcmp(one->team->id, other->team->id);
}

static void find_rivals(struct round *r)
{
    for (uint32_t i = 1; i < r->count; i++)
        if (*r->list[i].wanted && strcmp(r->list[i - 1].wanted, r->list[i].wanted) == 0)
            r->list[i - 1].rival = r->list[i].rival = true;
    for (uint32_t i = 0; i < r->count; i++)
        if (r->list[i].rival)
            r->groups->failed |= !text_map_add(&r->rivals, 0, r->list[i].team->role, i);
}

static void look_at_roles(struct round *r, const struct text_list *list)
{
    const char *role = list->first;
    for (uint32_t i = 0; i < list->count; i++, role = text_list_next(role)) {
        const struct text_entry *e = text_map_find(&r->rivals, 0, role);
        if (e)
            r->list[e->value].alive = true;
    }
}

static void look_at_member(struct roster_member *m, void *arg)
{
    if (m->remote.state == MEMBER_REMOVED)
        return;
    look_at_roles(arg, &m->remote.roles);
    look_at_roles(arg, &m->remote.term.roles);
}

/* The winner of the COUNT rivals for a name: of those whom somebody is in, or of all if nobody is
 * in any, the one that had it; else the only one. NULL: nobody, since it is not ours to say. */
static const struct candidate *winner(const struct candidate *rival, uint32_t count)
{
    const struct candidate *only = NULL;
    uint32_t alive = 0;
    for (uint32_t i = 0; i < count; i++)
        alive += rival[i].alive;
    for (uint32_t i = 0; i < count; i++) {
        if (alive > 0 && !rival[i].alive)
            continue;
        if (strcmp(rival[i].team->group, rival[i].wanted) == 0)
            return &rival[i];
        only = &rival[i];
    }
    return alive == 1 ? only : NULL;
}

/* The name of TEAM's group is another one's by now. */
static void forget_name(struct round *r, struct org_team *team)
{
    struct team_groups *g = r->groups;
    team->group[0] = '\0';
    team->settled = 0;
    g->failed |= ledger_store_team(g->ledger, r->owner, team) < 0;
}

static void settle_rivals(struct round *r)
{
    for (uint32_t first = 0, end; first < r->count; first = end) {
        end = first + 1;
        while (end < r->count && r->list[first].rival &&
               strcmp(r->list[first].wanted, r->list[end].wanted) == 0)
            end++;
        const struct candidate *best = winner(&r->list[first], end - first);
        for (uint32_t i = first; i < end && r->list[first].rival; i++) {
            struct candidate *c = &r->list[i];
            c->loses = c != best;
            if (c->loses && best && strcmp(c->team->group, c->wanted) == 0)
                forget_name(r, c->team);
        }
    }
}

/* --- who has it --- */

static const char *name_fault(struct round *r, const char *name)
{
    struct team_groups *g = r->groups;
    if (text_map_find(&g->taken, 0, name))
        return "another group has that name";
    const char *fault = naming_group_fault(g->naming, name);
    if (fault)
        return fault;
    switch (ledger_name(g->ledger, name, r->owner, "")) {
    case LEDGER_NAME_FREE:
        g->failed |= ledger_bind(g->ledger, name, r->owner, "") < 0;
        return NULL;
    case LEDGER_NAME_OWN:
        return NULL;
    case LEDGER_NAME_TAKEN:
        return "a member, or a group of something else, has or had that name";
    case LEDGER_NAME_ERROR:
        break;
    }
    g->failed = true;
    return NULL;
}

static const char *number_fault(struct round *r, struct org_team *team)
{
    struct team_groups *g = r->groups;
    int rc = ledger_id(g->ledger, r->owner, team->id, &g->pool[r->org], g->local, &team->gid);
    g->failed |= rc < 0;
    if (rc == LEDGER_FULL)
        return "no number is free for it in the organization's range";
    return local_ids_id(g->local, team->gid) ? "the machine has a user or group of its number"
                                             : NULL;
}

/* Reports FAULT (static), once until it is another one. Returns whether it is. */
static bool complain(struct round *r, struct org_team *team, const char *name, const char *fault)
{
    struct team_groups *g = r->groups;
    bool news = fault != team->complaint && g->complaints++ < COMPLAINTS_LOGGED;
    if (news)
        log_warning("%s: the %s \"%s\" (%s) is not group \"%s\": %s", g->config->org[r->org].name,
                    r->pattern->each == EACH_TEAM ? "team" : "role", team->slug, team->id, name,
                    fault);
    team->complaint = fault;
    return news;
}

/* Serves C's team as NAME. Returns NULL, or why it cannot be. */
static const char *serve(struct round *r, const struct candidate *c, const char *name)
{
    struct team_groups *g = r->groups;
    struct org_team *team = c->team;
    bool settled = g->epoch && team->settled == g->epoch && strcmp(team->group, name) == 0 &&
                   !text_map_find(&g->taken, 0, name);
    const char *fault = settled ? NULL : name_fault(r, name);
    if (!fault && !settled)
        fault = number_fault(r, team);
    if (fault || g->failed)
        return fault;
    if (strcmp(team->group, name) != 0 || team->changed) {
        snprintf(team->group, sizeof team->group, "%s", name);
        g->failed |= ledger_store_team(g->ledger, r->owner, team) < 0;
        team->changed = false;
    }
    team->settled = g->epoch;
    g->group[g->count++] = (struct team_group){team, r->org};
    g->failed |= !text_map_add(&g->taken, 0, team->group, 0);
    return NULL;
}

/* A team that did not get what it wants because of FAULT. */
static void serve_otherwise(struct round *r, const struct candidate *c, const char *fault)
{
    char text[TEXT_MAX_LEN + 2], name[NAME_MAX_LEN + 1];
    bool news = complain(r, c->team, *c->wanted ? c->wanted : r->pattern->name, fault);
    if (r->pattern->each != EACH_TEAM || (c->rival && !c->alive))
        return;
    snprintf(text, sizeof text, "t%s", c->team->id);
    config_group_name(r->pattern, text, name);
    fault = *name ? serve(r, c, name) : "its id makes no name that is short enough either";
    if (!fault)
        return;
    if (*c->team->group)
        forget_name(r, c->team);
    if (news)
        log_warning("%s: the team \"%s\" (%s) has no group: %s",
                    r->groups->config->org[r->org].name, c->team->slug, c->team->id, fault);
}

static bool has_room(struct team_groups *g)
{
    bool room = g->count < g->most;
    g->beyond += !room;
    return room && !g->failed;
}

/* First those that have what they want: no id takes that away. */
static void serve_all(struct round *r)
{
    static const char *const none = "it makes no group name of at most 32 characters";
    static const char *const loses = "several are called so";
    const char **fault = calloc(r->count + 1, sizeof *fault);
    r->groups->failed |= !fault;
    for (uint32_t i = 0; i < r->count && !r->groups->failed; i++) {
        const struct candidate *c = &r->list[i];
        fault[i] = c->loses ? loses : !*c->wanted ? none : NULL;
        if (!fault[i] && has_room(r->groups)) {
            fault[i] = serve(r, c, c->wanted);
            c->team->complaint = fault[i] ? c->team->complaint : NULL;
        }
    }
    for (uint32_t i = 0; i < r->count && !r->groups->failed; i++)
        if (fault[i] && has_room(r->groups))
            serve_otherwise(r, &r->list[i], fault[i]);
    free(fault);
}

/* --- patterns --- */

static void add_roles(struct roster_member *m, void *arg)
{
    struct round *r = arg;
    const struct text_list *list = &m->remote.roles;
    const char *role = list->first;
    bool repeats = r->last && r->last->count == list->count &&
                   text_list_size(r->last) == text_list_size(list) &&
                   memcmp(r->last->first, role, text_list_size(list)) == 0;
    r->last = list;
    for (uint32_t i = 0; i < list->count && !repeats; i++, role = text_list_next(role))
        if (!team_is_role(role))
            r->groups->failed |= teams_put_role(r->groups->roles[r->org], role) < 0;
}

/* Makes room for MORE groups. */
static bool make_room(struct team_groups *g, size_t more)
{
    struct team_group *group = realloc(g->group, (g->count + more + 1) * sizeof *group);
    if (!group)
        return false;
    g->group = group;
    return true;
}

static void settle_pattern(struct round *r)
{
    struct team_groups *g = r->groups;
    bool each_team = r->pattern->each == EACH_TEAM;
    if (!each_team)
        roster_each(&g->roster[r->org], add_roles, r);
    const struct teams *teams = each_team ? g->teams[r->org] : g->roles[r->org];
    ledger_owner(each_team ? LEDGER_TEAMS : LEDGER_ROLES, config_org_key(&g->config->org[r->org]),
                 r->owner);
    r->list = calloc(teams->count + 1, sizeof *r->list);
    g->failed |= !r->list || !make_room(g, teams->count);
    if (g->failed)
        return;
    teams_each(teams, add_candidate, r);
    qsort(r->list, r->count, sizeof *r->list, by_wanted);
    find_rivals(r);
    if (r->rivals.count > 0)
        roster_each(&g->roster[r->org], look_at_member, r);
    settle_rivals(r);
    serve_all(r);
}

int team_groups_settle(struct team_groups *g)
{
    for (uint32_t org = 0; org < g->config->org_count; org++)
        for (enum group_each each = EACH_TEAM; each <= EACH_ROLE && !g->failed; each++) {
            struct round r = {.groups = g, .org = org};
            r.pattern = config_pattern(g->config, g->config->org[org].name, each);
            if (r.pattern)
                settle_pattern(&r);
            free(r.list);
            text_map_free(&r.rivals);
        }
    if (g->beyond)
        log_warning("%u groups of teams or roles are not served: %d are the most", g->beyond,
                    CONFIG_GROUPS_MAX);
    return g->failed ? -1 : 0;
}

void team_groups_free(struct team_groups *g)
{
    text_map_free(&g->taken);
    free(g->group);
    g->group = NULL;
}
