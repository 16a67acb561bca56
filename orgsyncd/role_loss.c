#include "orgsyncd/role_loss.h"

#include <string.h>

#include "orgsyncd/teams.h"

static bool meets(bool everyone, const struct text_list *roles, const struct text_list *permissions,
                  const struct pipe_member *m)
{
    return everyone || text_lists_meet(roles, &m->roles) ||
           text_lists_meet(permissions, &m->permissions);
}

static bool meets_rule(const struct rule *r, const char *org, const struct pipe_member *m)
{
    return strcmp(r->org, org) == 0 && meets(r->everyone, &r->roles, &r->permissions, m);
}

static bool meets_group(const struct config_group *g, const char *org, const struct pipe_member *m)
{
    return strcmp(g->org, org) == 0 && meets(g->everyone, &g->roles, &g->permissions, m);
}

bool role_loses_rule(const struct config *config, const char *org, const struct pipe_member *before,
                     const struct pipe_member *after)
{
    for (size_t i = 0; i < config->rules.count; i++) {
        const struct rule *r = &config->rules.rule[i];
        if (meets_rule(r, org, before) && !meets_rule(r, org, after))
            return true;
    }
    return false;
}

/* True if AFTER lacks a team, or another role, of BEFORE's, of which each is a group. */
static bool loses_each(enum group_each each, const struct pipe_member *before,
                       const struct pipe_member *after)
{
    const char *role = before->roles.first;
    for (uint32_t i = 0; i < before->roles.count; i++, role = text_list_next(role))
        if (team_is_role(role) == (each == EACH_TEAM) && !text_list_has(&after->roles, role))
            return true;
    return false;
}

bool role_loses_group(const struct config *config, const char *org,
                      const struct pipe_member *before, const struct pipe_member *after)
{
    for (uint32_t i = 0; i < config->group_count; i++) {
        const struct config_group *g = &config->group[i];
        if (g->each ? strcmp(g->org, org) == 0 && loses_each(g->each, before, after)
                    : meets_group(g, org, before) && !meets_group(g, org, after))
            return true;
    }
    return false;
}

static bool lets_in(const struct rules *rules, const char *org, const char *service,
                    const struct pipe_member *m)
{
    for (size_t i = 0; i < rules->count; i++) {
        const struct rule *r = &rules->rule[i];
        if ((text_list_has(&r->services, "*") || text_list_has(&r->services, service)) &&
            meets_rule(r, org, m))
            return true;
    }
    return false;
}

/* The rules of both sides: the host's, and the organization's for it, NULL without any. */
struct both_rules {
    const char *org;
    const struct rules *host, *own;
};

static bool may_use(const struct both_rules *b, const char *service, const struct pipe_member *m)
{
    return lets_in(b->host, b->org, service, m) && (!b->own || lets_in(b->own, b->org, service, m));
}

/* True if there is a service in RULES that AFTER may use no longer. */
static bool loses_service(const struct both_rules *b, const struct rules *rules,
                          const struct pipe_member *before, const struct pipe_member *after)
{
    for (size_t i = 0; i < rules->count; i++) {
        const struct text_list *services = &rules->rule[i].services;
        const char *service = services->first;
        for (uint32_t n = 0; n < services->count; n++, service = text_list_next(service))
            if (may_use(b, service, before) && !may_use(b, service, after))
                return true;
    }
    return false;
}

static bool loses_sudo(const struct config *config, const char *org,
                       const struct pipe_member *before, const struct pipe_member *after)
{
    for (uint32_t i = 0; i < config->sudo_count; i++) {
        const struct config_group *g = config->sudo[i].group;
        if (meets_group(g, org, before) && !meets_group(g, org, after))
            return true;
    }
    return false;
}

bool role_loses_access(const struct config *config, const struct org_rules *own, const char *org,
                       const struct pipe_member *before, const struct pipe_member *after)
{
    struct rules rules;
    struct both_rules both = {.org = org, .host = &config->rules};
    if (own->narrowed && org_rules_decode(own, org, &rules))
        both.own = &rules;
    return loses_service(&both, both.host, before, after) ||
           (both.own && loses_service(&both, both.own, before, after)) ||
           loses_sudo(config, org, before, after);
}
