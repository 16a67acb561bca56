#include "orgsyncd/team_rules.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "orgsyncd/roster.h"
#include "orgsyncd/text_map.h"

#define ROLES_SIZE_MAX 65535 /* bytes of a rule's list: what a snapshot takes */

/* A number is an id alone: a team may be called like one. */
static bool may_be_slug(const char *text)
{
    return text[strspn(text, "0123456789")] != '\0';
}

struct resolution {
    const struct config_org *org;
    const struct teams *teams;
    struct ledger *ledger;
    const char *id; /* "" when there is no such team yet */
    const struct org_team
        *usurper; /* has the slug now, and is another team than that of the record */
};

/* The team that TEXT is. Returns 0, or -1 by the ledger. */
static int resolve(struct resolution *r, const char *text, char id[TEXT_MAX_LEN + 1])
{
    const char *key = config_org_key(r->org);
    const struct org_team *team = teams_find(r->teams, text);
    r->id = team ? team->id : "";
    r->usurper = NULL;
    if (team || !may_be_slug(text))
        return 0;
    int known = ledger_team_pin(r->ledger, key, text, id);
    if (known < 0)
        return -1;
    team = teams_slug(r->teams, text);
    if (known) {
        r->id = id;
        r->usurper = team && strcmp(team->id, id) != 0 ? team : NULL;
        return 0;
    }
    if (!team)
        return 0;
    r->id = team->id;
    return ledger_pin_team(r->ledger, key, text, team->id);
}

/* Adds a text to the *SIZE bytes at LIST. */
static void add(struct text_list *list, size_t *size, const char *prefix, const char *text)
{
    char *at = (char *)(uintptr_t)list->first + *size;
    *size += (size_t)(stpcpy(stpcpy(at, prefix), text) + 1 - at);
    list->count++;
}

static int resolve_list(struct resolution *r, const struct config_teams *t, struct text_list *out)
{
    char id[TEXT_MAX_LEN + 1];
    const char *text = t->teams.first;
    size_t size = text_list_size(&t->roles);
    char *bytes = malloc(ROLES_SIZE_MAX);
    *out = (struct text_list){bytes, t->roles.count};
    if (!bytes)
        return -1;
    if (size > 0)
        memcpy(bytes, t->roles.first, size);
    for (uint32_t i = 0; i < t->teams.count; i++, text = text_list_next(text)) {
        if (resolve(r, text, id) < 0)
            return -1;
        if (r->usurper)
            log_warning("%s: the team \"%s\" in orglogin.conf is the one with the id %s, as it was "
                        "when it was first seen; another one, %s, has that name now",
                        r->org->name, text, r->id, r->usurper->id);
        if (*r->id && strlen(TEAM_ROLE) + strlen(r->id) < ROLES_SIZE_MAX - size)
            add(out, &size, TEAM_ROLE, r->id);
    }
    char *less = realloc(bytes, size + 1);
    out->first = less ? less : bytes;
    return 0;
}

int team_rules_resolve(const struct config *c, const struct config_org *org,
                       const struct teams *teams, struct ledger *ledger)
{
    struct resolution r = {.org = org, .teams = teams, .ledger = ledger};
    int changed = 0;
    for (uint32_t i = 0; i < c->team_count; i++) {
        const struct config_teams *t = &c->teams[i];
        struct text_list list;
        if (t->org != org->name)
            continue;
        if (resolve_list(&r, t, &list) < 0) {
            free((void *)(uintptr_t)list.first);
            return -1;
        }
        changed |= !roster_same_list(&list, t->into);
        free((void *)(uintptr_t)t->into->first);
        *t->into = list;
    }
    return changed;
}

struct naming_question {
    const struct config *config;
    const struct config_org *org;
};

/* True if the configuration names the team SLUG. */
static bool is_named(const char *slug, void *arg)
{
    const struct naming_question *q = arg;
    for (uint32_t i = 0; i < q->config->team_count; i++)
        if (q->config->teams[i].org == q->org->name &&
            text_list_has(&q->config->teams[i].teams, slug))
            return true;
    return false;
}

int team_rules_begin(const struct config *c, const struct config_org *org,
                     const struct teams *teams, struct ledger *ledger)
{
    struct naming_question q = {c, org};
    if (ledger_unpin_teams(ledger, config_org_key(org), is_named, &q) < 0)
        return -1;
    return team_rules_resolve(c, org, teams, ledger) < 0 ? -1 : 0;
}

static void print_team(struct resolution *r, const char *text)
{
    char id[TEXT_MAX_LEN + 1];
    if (resolve(r, text, id) < 0)
        return;
    const struct org_team *team = teams_find(r->teams, r->id);
    if (!*r->id)
        printf("%s: team \"%s\": no member is in such a team yet, so that it gives nothing\n",
               r->org->name, text);
    else
        printf("%s: team \"%s\" is %s (%s)\n", r->org->name, text, r->id,
               !team         ? "unknown"
               : *team->name ? team->name
                             : team->slug);
    if (r->usurper)
        printf("%s: another team, %s, is called \"%s\" now: write the id of the one that is "
               "meant\n",
               r->org->name, r->usurper->id, text);
}

void team_rules_print(const struct config *c, const struct config_org *org,
                      const struct teams *teams, struct ledger *ledger)
{
    struct resolution r = {.org = org, .teams = teams, .ledger = ledger};
    struct text_map printed = {0};
    for (uint32_t i = 0; i < c->team_count; i++) {
        const struct config_teams *t = &c->teams[i];
        const char *text = t->teams.first;
        for (uint32_t n = 0; n < t->teams.count && t->org == org->name; n++) {
            if (!text_map_find(&printed, 0, text) && text_map_add(&printed, 0, text, 0))
                print_team(&r, text);
            text = text_list_next(text);
        }
    }
    text_map_free(&printed);
}
