#include "orgsyncd/role_loss.h"

#include <string.h>

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

bool role_loses_group(const struct config *config, const char *org,
                      const struct pipe_member *before, const struct pipe_member *after)
{
    for (uint32_t i = 0; i < config->group_count; i++) {
        const struct config_group *g = &config->group[i];
        if (meets_group(g, org, before) && !meets_group(g, org, after))
            return true;
    }
    return false;
}

static bool lets_in(const struct config *config, const char *org, const char *service,
                    const struct pipe_member *m)
{
    for (size_t i = 0; i < config->rules.count; i++) {
        const struct rule *r = &config->rules.rule[i];
        if ((text_list_has(&r->services, "*") || text_list_has(&r->services, service)) &&
            meets_rule(r, org, m))
            return true;
    }
    return false;
}

/* True if RULE lets somebody into a service that AFTER is not let into. */
static bool loses_service(const struct config *config, const struct rule *rule,
                          const struct pipe_member *after)
{
    const char *service = rule->services.first;
    for (uint32_t i = 0; i < rule->services.count; i++, service = text_list_next(service))
        if (!lets_in(config, rule->org, service, after))
            return true;
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

bool role_loses_access(const struct config *config, const char *org,
                       const struct pipe_member *before, const struct pipe_member *after)
{
    for (size_t i = 0; i < config->rules.count; i++) {
        const struct rule *r = &config->rules.rule[i];
        if (meets_rule(r, org, before) && loses_service(config, r, after))
            return true;
    }
    return loses_sudo(config, org, before, after);
}
