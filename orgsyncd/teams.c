#include "orgsyncd/teams.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

static int compare(const void *a, const void *b)
{
    return strcmp(((const struct org_team *)a)->id, ((const struct org_team *)b)->id);
}

bool team_is_role(const char *role)
{
    return strncmp(role, TEAM_ROLE, strlen(TEAM_ROLE)) == 0;
}

static const char *append(char **p, const char *text)
{
    char *at = *p;
    *p = stpcpy(at, text) + 1;
    return at;
}

static struct org_team *team_new(const char *prefix, const struct pipe_team *t)
{
    size_t head = strlen(prefix);
    struct org_team *team = calloc(1, sizeof *team + head + strlen(t->id) + strlen(t->slug) +
                                          strlen(t->name) + strlen(t->parent) + 4);
    if (!team)
        return NULL;
    char *p = (char *)(team + 1);
    team->role = p;
    p = stpcpy(p, prefix);
    team->id = append(&p, t->id);
    team->slug = append(&p, t->slug);
    team->name = append(&p, t->name);
    team->parent = append(&p, t->parent);
    team->changed = true;
    return team;
}

static bool same(const struct org_team *a, const struct pipe_team *b)
{
    return strcmp(a->slug, b->slug) == 0 && strcmp(a->name, b->name) == 0 &&
           strcmp(a->parent, b->parent) == 0;
}

static int put(struct teams *teams, const char *prefix, const struct pipe_team *t)
{
    struct org_team *old = teams_find(teams, t->id);
    if ((old && same(old, t)) || (!old && teams->count >= TEAMS_MAX))
        return 0;
    struct org_team *team = team_new(prefix, t);
    struct org_team **slot = team ? tsearch(team, &teams->tree, compare) : NULL;
    if (!slot) {
        free(team);
        return -1;
    }
    if (old) {
        memcpy(team->group, old->group, sizeof team->group);
        team->gid = old->gid;
        team->complaint = old->complaint;
        *slot = team;
        free(old);
    }
    teams->count += !old;
    return 1;
}

int teams_put(struct teams *teams, const struct pipe_team *t)
{
    return put(teams, TEAM_ROLE, t);
}

int teams_put_role(struct teams *teams, const char *role)
{
    const struct pipe_team t = {.id = role, .slug = role, .name = "", .parent = ""};
    return put(teams, "", &t);
}

struct org_team *teams_find(const struct teams *teams, const char *id)
{
    const struct org_team key = {.id = id};
    struct org_team *const *found = tfind(&key, &teams->tree, compare);
    return found ? *found : NULL;
}

struct team_visitor {
    void (*visit)(struct org_team *team, void *arg);
    void *arg;
};

static void visit_node(const void *node, VISIT which, void *closure)
{
    const struct team_visitor *v = closure;
    if (which == postorder || which == leaf)
        v->visit(*(struct org_team *const *)node, v->arg);
}

void teams_each(const struct teams *teams, void (*visit)(struct org_team *team, void *arg),
                void *arg)
{
    struct team_visitor v = {visit, arg};
    twalk_r(teams->tree, visit_node, &v);
}

struct team_slug_search {
    const char *slug;
    struct org_team *found;
};

static void look_at(struct org_team *team, void *arg)
{
    struct team_slug_search *s = arg;
    if (strcmp(team->slug, s->slug) == 0)
        s->found = team;
}

struct org_team *teams_slug(const struct teams *teams, const char *slug)
{
    struct team_slug_search s = {.slug = slug};
    teams_each(teams, look_at, &s);
    return s.found;
}

void teams_free(struct teams *teams)
{
    tdestroy(teams->tree, free);
    *teams = (struct teams){0};
}
