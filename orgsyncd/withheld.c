/* Members who are not served as they would be: who they are, and how a name is freed for them. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/log.h"
#include "orgsyncd/keeper.h"

/* --- the list --- */

struct withheld_page {
    const char *org;
    uint32_t skip, count;
    char *text;
    size_t used, size;
    bool full;
};

static const char *standing(const struct roster_member *m)
{
    if (!m->served)
        return WITHHELD_NOT_SERVED;
    return m->reserved ? WITHHELD_RESERVED : WITHHELD_OLD_NAME;
}

static bool is_withheld(const struct roster_member *m)
{
    return m->complaint && m->remote.state != MEMBER_REMOVED;
}

static void add_line(struct roster_member *m, void *arg)
{
    struct withheld_page *p = arg;
    if (!is_withheld(m) || p->count++ < p->skip || p->full)
        return;
    int n = snprintf(p->text + p->used, p->size - p->used, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", p->org,
                     m->remote.id, *m->wanted ? m->wanted : m->remote.username, m->name,
                     m->remote.email, standing(m), m->complaint);
    p->full = n < 0 || (size_t)n >= p->size - p->used;
    if (p->full)
        p->text[p->used] = '\0';
    else
        p->used += (size_t)n;
}

static void count_withheld(struct roster_member *m, void *count)
{
    *(uint32_t *)count += is_withheld(m);
}

size_t keeper_withheld(const struct keeper *k, uint32_t skip, char *text, size_t size)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < k->org_count; i++)
        roster_each(&k->org[i].roster, count_withheld, &count);
    struct withheld_page p = {.skip = skip, .text = text, .size = size};
    p.used = (size_t)snprintf(text, size, "%" PRIu32 "\n", count);
    for (uint32_t i = 0; i < k->org_count && !p.full; i++) {
        p.org = k->org[i].config->name;
        roster_each(&k->org[i].roster, add_line, &p);
    }
    return p.used;
}

/* --- freeing a name --- */

struct holder {
    const char *name;
    struct roster_member *member;
};

static void find_holder(struct roster_member *m, void *arg)
{
    struct holder *h = arg;
    if (!m->lent && strcmp(m->name, h->name) == 0)
        h->member = m;
}

static bool configured_group(const struct keeper *k, const char *name)
{
    const struct config *c = k->settings->config;
    for (uint32_t i = 0; i < c->group_count; i++)
        if (strcmp(c->group[i].name, name) == 0)
            return true;
    return false;
}

/* Why NAME cannot be freed, NULL when it can. */
static const char *hindrance(const struct keeper *k, const struct holder *h)
{
    if (!name_valid(h->name))
        return "that is no name";
    if (h->member && h->member->remote.state != MEMBER_REMOVED)
        return "a member has that name now: it can be freed when he was renamed or removed";
    if (configured_group(k, h->name))
        return "a group in orglogin.conf has that name";
    switch (ledger_name(k->ledger, h->name, "", "")) {
    case LEDGER_NAME_FREE:
        return "nobody has, or had, that name here";
    case LEDGER_NAME_ERROR:
        return "the id ledger cannot be read";
    default:
        return NULL;
    }
}

/* As the ledger has it from now on. */
static bool leave_name(struct roster_member *m)
{
    if (!m->home && !(m->home = strdup(m->name)))
        return false;
    m->name[0] = '\0';
    m->settled = 0;
    return true;
}

bool keeper_free_name(struct keeper *k, const char *name, char why[CONFIRM_TEXT_LEN])
{
    struct holder h = {.name = name};
    for (uint32_t i = 0; i < k->org_count; i++)
        roster_each(&k->org[i].roster, find_holder, &h);
    const char *fault = hindrance(k, &h);
    if (!fault && ((h.member && !leave_name(h.member)) || ledger_unbind(k->ledger, name) < 0 ||
                   keeper_publish(k) < 0)) {
        fault = "the id ledger or the snapshot cannot be written";
        k->failed = true;
    }
    snprintf(why, CONFIRM_TEXT_LEN, "%s", fault ? fault : "");
    if (!fault)
        log_info("the name \"%s\" is free again", name);
    return !fault;
}
