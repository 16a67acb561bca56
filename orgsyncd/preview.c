#include "orgsyncd/preview.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "orgsyncd/compile.h"
#include "orgsyncd/sudo_command.h"

#define CLASSES_MAX 64 /* lines of an organization; the others are counted */
#define NAMED_MAX   5  /* members of a line that are named */

/* Members with the same roles and rights. */
struct class
{
    struct text_list roles; /* the first one's */
    uint64_t rules, sudo;   /* bits: those that are about them */
    uint64_t local[CONFIG_GROUPS_MAX / 64];
    uint32_t members;
    const char *name[NAMED_MAX];
};

struct preview {
    const struct config *config;
    const char *org;
    struct class class[CLASSES_MAX];
    size_t classes;
    uint32_t others; /* members beyond CLASSES_MAX */
    int64_t now_ms;  /* wall clock */
};

_Static_assert(RULES_MAX <= 64 && CONFIG_SUDO_MAX <= 64, "a bit each");

/* --- who is alike --- */

static bool rule_is_about(const struct rule *rule, const char *org, const struct pipe_member *m)
{
    return strcmp(rule->org, org) == 0 &&
           (rule->everyone || text_lists_meet(&rule->roles, &m->roles) ||
            text_lists_meet(&rule->permissions, &m->permissions));
}

static bool is_in(const struct config_group *g, const char *org, const struct pipe_member *m)
{
    return strcmp(g->org, org) == 0 && compile_in_group(g, m);
}

static struct class class_of(const struct preview *p, const struct pipe_member *m)
{
    const struct config *c = p->config;
    struct class class = {.roles = m->roles};
    for (size_t i = 0; i < c->rules.count; i++)
        class.rules |= (uint64_t)rule_is_about(&c->rules.rule[i], p->org, m) << i;
    for (uint32_t i = 0; i < c->sudo_count; i++)
        class.sudo |= (uint64_t)is_in(c->sudo[i].group, p->org, m) << i;
    for (uint32_t i = 0; i < c->group_count; i++)
        if (c->group[i].local && is_in(&c->group[i], p->org, m))
            class.local[i / 64] |= UINT64_C(1) << i % 64;
    return class;
}

static bool is_same(const struct class *a, const struct class *b)
{
    return a->rules == b->rules && a->sudo == b->sudo &&
           memcmp(a->local, b->local, sizeof a->local) == 0 &&
           roster_same_list(&a->roles, &b->roles);
}

static void count_member(struct roster_member *m, void *arg)
{
    struct preview *p = arg;
    size_t i = 0;
    if (!m->served || m->remote.state != MEMBER_ACTIVE)
        return;
    const struct pipe_member held = roster_now(&m->remote, 0, p->now_ms);
    struct class class = class_of(p, &held);
    while (i < p->classes && !is_same(&p->class[i], &class))
        i++;
    if (i == CLASSES_MAX) {
        p->others++;
        return;
    }
    if (i == p->classes)
        p->class[p->classes++] = class;
    if (p->class[i].members < NAMED_MAX)
        p->class[i].name[p->class[i].members] = m->name;
    p->class[i].members++;
}

/* --- what is said of them --- */

static void print_list(const struct text_list *list, const char *none)
{
    const char *text = list->first;
    for (uint32_t i = 0; i < list->count; i++, text = text_list_next(text))
        printf("%s%s", i ? ", " : "", text);
    fputs(list->count ? "" : none, stdout);
}

static void print_names(const struct class *class)
{
    for (uint32_t i = 0; i < class->members && i < NAMED_MAX; i++)
        printf("%s%s", i ? ", " : "", class->name[i]);
    if (class->members > NAMED_MAX)
        printf(" and %" PRIu32 " others", class->members - NAMED_MAX);
}

/* True if one of the rules before END that are about CLASS has SERVICE. */
static bool is_told(const struct preview *p, const struct class *class, size_t end,
                    const char *service)
{
    for (size_t i = 0; i < end; i++)
        if (class->rules >> i & 1 && text_list_has(&p->config->rules.rule[i].services, service))
            return true;
    return false;
}

/* Each service once. */
static void print_services(const struct preview *p, const struct class *class)
{
    const struct rules *rules = &p->config->rules;
    const char *between = "";
    if (is_told(p, class, rules->count, "*")) {
        fputs("every service", stdout);
        return;
    }
    for (size_t i = 0; i < rules->count; i++) {
        const struct text_list *list = &rules->rule[i].services;
        const char *service = list->first;
        for (uint32_t n = 0; n < list->count && class->rules >> i & 1; n++) {
            if (!is_told(p, class, i, service)) {
                printf("%s%s", between, service);
                between = ", ";
            }
            service = text_list_next(service);
        }
    }
    fputs(*between ? "" : "no login", stdout);
}

static void print_sudo(const struct preview *p, const struct class *class)
{
    fputs(class->sudo ? "" : "; no sudo", stdout);
    for (uint32_t i = 0; i < p->config->sudo_count; i++)
        if (class->sudo >> i & 1) {
            fputs("; sudo ", stdout);
            print_list(&p->config->sudo[i].commands, "nothing");
            fputs(p->config->sudo[i].nopasswd ? " without a password" : "", stdout);
        }
}

static void print_local(const struct preview *p, const struct class *class)
{
    for (uint32_t i = 0; i < p->config->group_count; i++)
        if (class->local[i / 64] >> i % 64 & 1)
            printf("; local group %s", p->config->group[i].name);
}

static void print_class(const struct preview *p, const struct class *class)
{
    printf("%s: %" PRIu32 " ", p->org, class->members);
    print_list(&class->roles, "without a role");
    fputs(" (", stdout);
    print_names(class);
    fputs("): ", stdout);
    print_services(p, class);
    print_sudo(p, class);
    print_local(p, class);
    putchar('\n');
}

void preview_print(const struct organizations *orgs)
{
    struct preview *p = calloc(1, sizeof *p);
    for (uint32_t i = 0; p && i < orgs->count; i++) {
        *p = (struct preview){
            .config = orgs->config, .org = orgs->org[i].config->name, .now_ms = clock_wall_ms()};
        roster_each(&orgs->org[i].roster, count_member, p);
        for (size_t n = 0; n < p->classes; n++)
            print_class(p, &p->class[n]);
        if (p->others)
            printf("%s: %" PRIu32 " with other roles\n", p->org, p->others);
    }
    free(p);
}
