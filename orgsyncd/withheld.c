#include "orgsyncd/withheld.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "common/log.h"

/* --- the list --- */

struct withheld_page {
    const char *prefix; /* of ids or addresses; NULL: who is withheld */
    const char *org;
    uint32_t skip, count;
    char *text;
    size_t used, size;
    bool full;
};

static const char *standing(const struct roster_member *m)
{
    if (!m->complaint)
        return "";
    if (!m->served)
        return WITHHELD_NOT_SERVED;
    return m->reserved ? WITHHELD_RESERVED : WITHHELD_OLD_NAME;
}

static bool is_withheld(const struct roster_member *m)
{
    return m->complaint && m->remote.state != MEMBER_REMOVED;
}

static bool is_listed(const struct withheld_page *p, const struct roster_member *m)
{
    size_t len = p->prefix ? strlen(p->prefix) : 0;
    if (!p->prefix)
        return is_withheld(m);
    return strncmp(m->remote.id, p->prefix, len) == 0 ||
           strncasecmp(m->remote.email, p->prefix, len) == 0;
}

static void add_line(struct roster_member *m, void *arg)
{
    struct withheld_page *p = arg;
    if (!is_listed(p, m) || p->count++ < p->skip || p->full)
        return;
    int n = snprintf(p->text + p->used, p->size - p->used, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", p->org,
                     m->remote.id, *m->wanted ? m->wanted : m->remote.username, m->name,
                     m->remote.email, standing(m), m->complaint ? m->complaint : "");
    p->full = n < 0 || (size_t)n >= p->size - p->used;
    if (p->full)
        p->text[p->used] = '\0';
    else
        p->used += (size_t)n;
}

static void count_line(struct roster_member *m, void *arg)
{
    struct withheld_page *p = arg;
    p->count += is_listed(p, m);
}

size_t withheld_list(const struct organizations *orgs, const char *prefix, uint32_t skip,
                     char *text, size_t size)
{
    struct withheld_page p = {.prefix = prefix, .skip = skip, .text = text, .size = size};
    for (uint32_t i = 0; i < orgs->count; i++)
        roster_each(&orgs->org[i].roster, count_line, &p);
    p.used = (size_t)snprintf(text, size, "%" PRIu32 "\n", p.count);
    p.count = 0;
    for (uint32_t i = 0; i < orgs->count && !p.full; i++) {
        p.org = orgs->org[i].config->name;
        roster_each(&orgs->org[i].roster, add_line, &p);
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

static bool is_configured_group(const struct config *c, const char *name)
{
    for (uint32_t i = 0; i < c->group_count; i++)
        if (strcmp(c->group[i].name, name) == 0)
            return true;
    return false;
}

/* The reason that keeps the name from being freed, NULL without one. */
static const char *hindrance(const struct organizations *orgs, const struct holder *h)
{
    if (!name_valid(h->name))
        return "it is not a login name";
    if (h->member && h->member->remote.state != MEMBER_REMOVED)
        return "a member has that name: it can be freed after a rename or removal";
    if (is_configured_group(orgs->config, h->name))
        return "a group in orglogin.conf has that name";
    switch (ledger_name(orgs->ledger, h->name, "", "")) {
    case LEDGER_NAME_FREE:
        return "no member has or had that name on this host";
    case LEDGER_NAME_ERROR:
        return "the id ledger cannot be read";
    default:
        return NULL;
    }
}

/* As ledger_unbind does in the ledger. False when out of memory. */
static bool leave_name(struct roster_member *m)
{
    if (!m->home && !(m->home = strdup(m->name)))
        return false;
    m->name[0] = '\0';
    m->settled = 0;
    return true;
}

/* Returns 0, or -1 when something cannot be kept. */
static int free_name(struct publisher *p, const struct holder *h)
{
    if (h->member && !leave_name(h->member))
        return -1;
    return ledger_unbind(p->orgs->ledger, h->name) < 0 ? -1 : publisher_request(p);
}

enum name_freeing withheld_free_name(struct publisher *p, const char *name,
                                     char why[CONFIRM_TEXT_LEN])
{
    struct holder h = {.name = name};
    for (uint32_t i = 0; i < p->orgs->count; i++)
        roster_each(&p->orgs->org[i].roster, find_holder, &h);
    const char *fault = hindrance(p->orgs, &h);
    enum name_freeing result = fault ? NAME_KEPT : NAME_FREED;
    if (!fault && free_name(p, &h) < 0) {
        fault = "the id ledger or the snapshot cannot be written";
        result = NAME_FAILED;
    }
    snprintf(why, CONFIRM_TEXT_LEN, "%s", fault ? fault : "");
    if (!fault)
        log_info("the name \"%s\" was freed", name);
    return result;
}
