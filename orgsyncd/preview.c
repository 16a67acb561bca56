#include "orgsyncd/preview.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "orgsyncd/compile.h"
#include "orgsyncd/sudo_command.h"
#include "orgsyncd/team_rules.h"
#include "orgsyncd/teams.h"

#define CLASSES_MAX 64 /* lines of an organization; the others are counted */
#define NAMED_MAX   5  /* members of a line that are named */

/* Members with the same roles and rights. */
struct class
{
    struct text_list roles; /* the first one's, teams among them */
    uint64_t *rights;       /* a bit for each rule, entry of sudo and local group: is about them */
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
    uint32_t *local; /* the local groups, by their place in the configuration */
    uint32_t local_count;
    uint64_t *rights; /* of CLASSES_MAX + 1, WORDS for each */
    size_t words;
};

/* The numbers of the bits in rights. */
static size_t sudo_bit(const struct preview *p, uint32_t i)
{
    return p->config->rules.count + i;
}

static size_t local_bit(const struct preview *p, uint32_t i)
{
    return sudo_bit(p, p->config->sudo_count) + i;
}

static void set_bit(uint64_t *bits, size_t bit, bool on)
{
    bits[bit / 64] |= (uint64_t)on << bit % 64;
}

static bool has_bit(const struct class *class, size_t bit)
{
    return class->rights[bit / 64] >> bit % 64 & 1;
}

/* --- who is alike --- */

static bool rule_is_about(const struct rule *rule, const char *org, const struct pipe_member *m)
{
    return strcmp(rule->org, org) == 0 &&
           (rule->everyone || text_lists_meet(&rule->roles, &m->roles) ||
            text_lists_meet(&rule->permissions, &m->permissions));
}

static bool is_in(const struct config_group *g, const char *org, const struct pipe_member *m)
{
    return strcmp(g->org, org) == 0 && grouping_has(g, m);
}

/* The first role of the COUNT at TEXT that is no team, and how many there are from it on. */
static const char *skip_teams(const char *text, uint32_t *count)
{
    for (; *count > 0 && team_is_role(text); --*count)
        text = text_list_next(text);
    return text;
}

/* True if both have the same roles, whatever teams they have. */
static bool same_roles(const struct text_list *a, const struct text_list *b)
{
    uint32_t left = a->count, other_left = b->count;
    const char *one = skip_teams(a->first, &left), *other = skip_teams(b->first, &other_left);
    while (left > 0 && other_left > 0 && strcmp(one, other) == 0) {
        left--;
        other_left--;
        one = skip_teams(text_list_next(one), &left);
        other = skip_teams(text_list_next(other), &other_left);
    }
    return left == 0 && other_left == 0;
}

/* The class of M, whose rights are written behind those of the classes that there are. */
static struct class class_of(const struct preview *p, const struct pipe_member *m)
{
    const struct config *c = p->config;
    struct class class = {.roles = m->roles, .rights = p->rights + p->classes * p->words};
    memset(class.rights, 0, p->words * sizeof *class.rights);
    for (size_t i = 0; i < c->rules.count; i++)
        set_bit(class.rights, i, rule_is_about(&c->rules.rule[i], p->org, m));
    for (uint32_t i = 0; i < c->sudo_count; i++)
        set_bit(class.rights, sudo_bit(p, i), is_in(c->sudo[i].group, p->org, m));
    for (uint32_t i = 0; i < p->local_count; i++)
        set_bit(class.rights, local_bit(p, i), is_in(&c->group[p->local[i]], p->org, m));
    return class;
}

static bool is_same(const struct preview *p, const struct class *a, const struct class *b)
{
    return memcmp(a->rights, b->rights, p->words * sizeof *a->rights) == 0 &&
           same_roles(&a->roles, &b->roles);
}

static void count_member(struct roster_member *m, void *arg)
{
    struct preview *p = arg;
    size_t i = 0;
    if (!m->served || m->remote.state != MEMBER_ACTIVE)
        return;
    const struct pipe_member held = roster_now(&m->remote, 0, p->now_ms);
    struct class class = class_of(p, &held);
    while (i < p->classes && !is_same(p, &p->class[i], &class))
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

static void print_roles(const struct text_list *roles)
{
    uint32_t left = roles->count;
    const char *role = skip_teams(roles->first, &left), *between = "";
    fputs(left ? "" : "without a role", stdout);
    while (left > 0) {
        printf("%s%s", between, role);
        between = ", ";
        left--;
        role = skip_teams(text_list_next(role), &left);
    }
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
        if (has_bit(class, i) && text_list_has(&p->config->rules.rule[i].services, service))
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
        for (uint32_t n = 0; n < list->count && has_bit(class, i); n++) {
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
    bool any = false;
    for (uint32_t i = 0; i < p->config->sudo_count; i++)
        if (has_bit(class, sudo_bit(p, i))) {
            fputs("; sudo ", stdout);
            print_list(&p->config->sudo[i].commands, "nothing");
            fputs(p->config->sudo[i].nopasswd ? " without a password" : "", stdout);
            any = true;
        }
    fputs(any ? "" : "; no sudo", stdout);
}

static void print_local(const struct preview *p, const struct class *class)
{
    for (uint32_t i = 0; i < p->local_count; i++)
        if (has_bit(class, local_bit(p, i)))
            printf("; local group %s", p->config->group[p->local[i]].name);
}

static void print_class(const struct preview *p, const struct class *class)
{
    printf("%s: %" PRIu32 " ", p->org, class->members);
    print_roles(&class->roles);
    fputs(" (", stdout);
    print_names(class);
    fputs("): ", stdout);
    print_services(p, class);
    print_sudo(p, class);
    print_local(p, class);
    putchar('\n');
}

/* The organization's own rules for this machine, which narrow what stands above. */
static void print_org_rules(const struct org_state *o)
{
    static struct rules rules;
    if (!o->rules.rules.narrowed || !org_rules_decode(&o->rules.rules, o->config->name, &rules))
        return;
    printf("%s: its own access rules narrow this", o->config->name);
    for (size_t i = 0; i < rules.count; i++) {
        printf("%s %s (", i ? ";" : ":", rules.rule[i].roles.first);
        print_list(&rules.rule[i].services, "");
        putchar(')');
    }
    puts(rules.count ? "" : ": nobody may log in here");
}

/* Sets P up, for all organizations. False when out of memory. */
static bool prepare(struct preview *p, const struct config *c)
{
    *p = (struct preview){.config = c, .now_ms = clock_wall_ms()};
    p->local = calloc(c->group_count + 1, sizeof *p->local);
    for (uint32_t i = 0; p->local && i < c->group_count; i++)
        if (c->group[i].local)
            p->local[p->local_count++] = i;
    p->words = local_bit(p, p->local_count) / 64 + 1;
    p->rights = calloc(CLASSES_MAX + 1, p->words * sizeof *p->rights);
    return p->local && p->rights;
}

static void print_org(struct preview *p, const struct org_state *o, struct ledger *ledger)
{
    p->org = o->config->name;
    p->classes = p->others = 0;
    memset(p->class, 0, sizeof p->class);
    roster_each(&o->roster, count_member, p);
    for (size_t n = 0; n < p->classes; n++)
        print_class(p, &p->class[n]);
    if (p->others)
        printf("%s: %" PRIu32 " with other roles\n", p->org, p->others);
    print_org_rules(o);
    team_rules_print(p->config, o->config, &o->teams, ledger);
}

void preview_print(const struct organizations *orgs)
{
    struct preview *p = calloc(1, sizeof *p);
    if (p && prepare(p, orgs->config))
        for (uint32_t i = 0; i < orgs->count; i++)
            print_org(p, &orgs->org[i], orgs->ledger);
    if (p) {
        free(p->local);
        free(p->rights);
    }
    free(p);
}
