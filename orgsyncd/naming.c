#include "orgsyncd/naming.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/reserved.h"

/* At most so many complaints of one compilation have a line in the log. */
#define COMPLAINTS_LOGGED 100

static const char *org_key(const struct naming *n, uint32_t org)
{
    return config_org_key(&n->config->org[org]);
}

/* The member's standing, for the log. */
static const char *standing(const struct roster_member *m)
{
    if (m->reserved)
        return "keeps that name as a user, without a group of it";
    return *m->name ? "keeps the previous name" : "is not served";
}

void naming_complain(struct naming *n, uint32_t org, struct roster_member *m, const char *complaint)
{
    bool news = !m->complaint || strcmp(m->complaint, complaint) != 0;
    if (news && n->complaints++ < COMPLAINTS_LOGGED) {
        const char *wanted = *m->remote.username ? m->remote.username : m->remote.email;
        log_warning("%s: member %s (\"%s\") %s: %s", n->config->org[org].name, m->remote.id, wanted,
                    standing(m), complaint);
    }
    m->complaint = complaint;
}

void naming_end(struct naming *n)
{
    if (n->complaints > COMPLAINTS_LOGGED)
        log_warning("%u more members are withheld or keep another name",
                    n->complaints - COMPLAINTS_LOGGED);
    text_map_free(&n->groups);
}

/* --- what may be a name --- */

/* The kinds of groups in naming.groups. */
enum { GROUP_OWN, GROUP_AWAITED /* mapped, and /etc/group does not have it yet */ };

bool naming_begin(struct naming *n)
{
    bool good = true;
    for (uint32_t i = 0; i < n->config->group_count && good; i++)
        if (!n->config->group[i].local)
            good = text_map_add(&n->groups, GROUP_OWN, n->config->group[i].name, i);
    return good;
}

void naming_await_group(struct naming *n, const char *name)
{
    n->failed |= !text_map_add(&n->groups, GROUP_AWAITED, name, 0);
}

bool naming_machine_has(const struct naming *n, const char *name)
{
    return text_map_find(&n->groups, GROUP_AWAITED, name) || local_ids_name(n->local, name);
}

/* True if a part between NAME's dots is a user or group of the machine. chown takes the part in
 * front of a dot for a user and the rest for a group. */
static bool part_is_local(const struct naming *n, const char *name)
{
    char part[NAME_MAX_LEN + 1];
    if (!strchr(name, '.'))
        return false;
    for (const char *at = name; at; at = strchr(at, '.')) {
        at += *at == '.';
        size_t len = strcspn(at, ".");
        memcpy(part, at, len);
        part[len] = '\0';
        if (local_ids_name(n->local, part) || local_ids_planned(n->local, part))
            return true;
    }
    return false;
}

/* Why NAME, which somebody else than root chose, is reserved, though the machine does not have it;
 * NULL when it is free. */
static const char *reserved_fault(const struct naming *n, const char *name)
{
    const char *form = reserved_form(name);
    if (form)
        return form;
    if (local_ids_planned(n->local, name))
        return "a package of this machine creates a user or group of that name (sysusers.d)";
    if (part_is_local(n, name))
        return "a part of that name is a user or group of this machine";
    if (text_map_find(&n->groups, GROUP_OWN, name))
        return "a group in orglogin.conf has that name";
    return text_list_has(&n->config->allowed, name) ? NULL : reserved_name(name);
}

const char *naming_forbidden(const struct naming *n, const char *name)
{
    if (naming_machine_has(n, name))
        return "the machine has a user or group of that name";
    if (text_list_has(&n->config->reserved, name))
        return "users.reserved in orglogin.conf has that name";
    return NULL;
}

const char *naming_group_fault(const struct naming *n, const char *name)
{
    const char *fault = naming_forbidden(n, name);
    return fault ? fault : reserved_fault(n, name);
}

/* The name that M's remote record asks for, "" when it cannot be one. A username that is there but
 * cannot be a login name is not guessed around. */
static void set_wanted(const struct naming *n, struct roster_member *m)
{
    char folded[NAME_MAX_LEN + 1];
    m->wanted[0] = '\0';
    if (name_fold(*m->remote.username ? m->remote.username : m->remote.email, folded))
        config_user_name(n->config, folded, m->wanted);
}

/* --- who has which --- */

void newcomers_free(struct newcomers *c)
{
    for (size_t i = 0; i < c->count; i++)
        free(c->list[i].id);
    free(c->list);
    *c = (struct newcomers){0};
}

static void remember_newcomer(struct naming *n, uint32_t org, const struct roster_member *m)
{
    struct newcomers *c = n->newcomers;
    if (c->count == c->room) {
        size_t room = c->room * 2 + 64;
        struct newcomer *list = realloc(c->list, room * sizeof *list);
        if (!list) {
            n->failed = true;
            return;
        }
        c->list = list;
        c->room = room;
    }
    struct newcomer *new = &c->list[c->count];
    *new = (struct newcomer){.org = org, .id = strdup(m->remote.id)};
    memcpy(new->wanted, m->wanted, sizeof new->wanted);
    if (!new->id) {
        n->failed = true;
        return;
    }
    c->count++;
    c->left[org]++;
}

/* Gives M the name that he wants. His home keeps the name that he had first: what is in it is his.
 */
static void take_name(struct naming *n, struct roster_member *m)
{
    if (*m->name && strcmp(m->name, m->wanted) != 0 && !m->home && !(m->home = strdup(m->name))) {
        n->failed = true;
        return;
    }
    memcpy(m->name, m->wanted, sizeof m->name);
}

/* M asks for a name that he does not have, or that he has only LENT: then he goes on having it
 * until he is seen beside those who want it too. */
static void ask_name(struct naming *n, uint32_t org, struct roster_member *m, const char *lent)
{
    const char *fault = *m->wanted ? naming_forbidden(n, m->wanted)
                                   : "it is not a login name ([a-z_][a-z0-9_.-]*, at most 32)";
    if (!fault)
        fault = reserved_fault(n, m->wanted);
    if (!fault && *m->name && m->remote.state == MEMBER_PENDING)
        fault = "a member who is invited again gets the new name with the acceptance";
    if (fault) {
        naming_complain(n, org, m, fault);
        return;
    }
    switch (ledger_name(n->ledger, m->wanted, org_key(n, org), m->remote.id)) {
    case LEDGER_NAME_FREE:
        remember_newcomer(n, org, m);
        m->lent = strcmp(lent, m->wanted) == 0;
        if (m->lent)
            memcpy(m->name, m->wanted, sizeof m->name);
        break;
    case LEDGER_NAME_OWN:
        take_name(n, m);
        m->changed = true;
        break;
    case LEDGER_NAME_TAKEN:
        naming_complain(n, org, m, "another member has or had that name");
        break;
    case LEDGER_NAME_ERROR:
        n->failed = true;
    }
}

/* M has a name. One that is reserved by now stays his, as a user's, until root decides. */
static void keep_name(struct naming *n, uint32_t org, struct roster_member *m)
{
    const char *fault = reserved_fault(n, m->name);
    m->reserved = fault != NULL;
    if (fault && m->remote.state != MEMBER_REMOVED)
        naming_complain(n, org, m, fault);
}

void naming_visit(struct naming *n, uint32_t org, struct roster_member *m)
{
    if (n->failed)
        return;
    char lent[NAME_MAX_LEN + 1] = "";
    if (m->lent) {
        memcpy(lent, m->name, sizeof lent);
        m->name[0] = '\0';
    }
    m->lent = m->reserved = false;
    set_wanted(n, m);
    if (*m->name)
        keep_name(n, org, m);
    if (m->remote.state != MEMBER_REMOVED && (!*m->name || strcmp(m->name, m->wanted) != 0))
        ask_name(n, org, m, lent);
}

bool naming_private_group(const struct naming *n, const struct roster_member *m)
{
    return n->config->private_groups && !m->reserved;
}

static int by_wanted(const void *a, const void *b)
{
    return strcmp(((const struct newcomer *)a)->wanted, ((const struct newcomer *)b)->wanted);
}

/* Finds the newcomer's present record; NULL if he no longer wants that name. */
static void find_newcomer(const struct naming *n, struct newcomer *c)
{
    struct roster_member *m = roster_find(&n->roster[c->org], c->id);
    bool wants = m && m->remote.state != MEMBER_REMOVED && strcmp(m->wanted, c->wanted) == 0 &&
                 (m->lent || strcmp(m->name, c->wanted) != 0);
    c->member = wants ? m : NULL;
}

static bool is_pending(const struct newcomer *n)
{
    return n->member->remote.state == MEMBER_PENDING;
}

/* Gives the newcomer the name that he wants. Who is only invited does not keep it: invitations are
 * mistyped, and who accepts one may come under another id. Returns how many names that are: none
 * when he had it lent. */
static uint32_t give_name(struct naming *n, const struct newcomer *newcomer)
{
    struct roster_member *m = newcomer->member;
    bool had = m->lent;
    m->lent = is_pending(newcomer);
    if (had && m->lent)
        return 0;
    if (!m->lent &&
        ledger_bind(n->ledger, m->wanted, org_key(n, newcomer->org), m->remote.id) < 0) {
        n->failed = true;
        return 0;
    }
    take_name(n, m);
    m->reserved = false;
    m->changed |= !m->lent;
    return 1;
}

/* A newcomer who does not get the name that he wants. */
static void lose_name(struct naming *n, const struct newcomer *newcomer, const char *complaint)
{
    struct roster_member *m = newcomer->member;
    if (m->lent)
        m->name[0] = '\0';
    m->lent = false;
    naming_complain(n, newcomer->org, m, complaint);
}

/* Of the COUNT newcomers who want the same name and are PENDING, or are not: the one of the
 * organization that stands first in the configuration. NULL when there is none, or when that
 * organization has several: who of them came first is not for us to say. */
static const struct newcomer *first_rival(const struct newcomer *rival, size_t count, bool pending)
{
    const struct newcomer *first = NULL;
    bool alone = false;
    for (size_t i = 0; i < count; i++) {
        if (!rival[i].member || is_pending(&rival[i]) != pending ||
            (first && rival[i].org > first->org))
            continue;
        alone = !first || rival[i].org < first->org;
        first = &rival[i];
    }
    return alone ? first : NULL;
}

/* COUNT newcomers want the same name. Returns how many have it now. */
static uint32_t settle_rivals(struct naming *n, struct newcomer *rival, size_t count)
{
    bool pending = true;
    for (size_t i = 0; i < count; i++) {
        find_newcomer(n, &rival[i]);
        n->newcomers->left[rival[i].org]--;
        pending &= !rival[i].member || is_pending(&rival[i]);
    }
    const struct newcomer *winner = first_rival(rival, count, pending);
    for (size_t i = 0; i < count; i++)
        if (rival[i].member && &rival[i] != winner)
            lose_name(n, &rival[i],
                      winner && winner->org < rival[i].org
                          ? "a member of an organization that stands before this one in "
                            "orglogin.conf has that name"
                          : "several members want that name");
    return winner ? give_name(n, winner) : 0;
}

void naming_settle_newcomers(struct naming *n, uint32_t most)
{
    struct newcomers *c = n->newcomers;
    if (c->count && most && !c->sorted) {
        qsort(c->list, c->count, sizeof *c->list, by_wanted);
        c->sorted = true;
    }
    for (uint32_t given = 0; c->next < c->count && given < most && !n->failed;) {
        size_t first = c->next++;
        while (c->next < c->count && by_wanted(&c->list[first], &c->list[c->next]) == 0)
            c->next++;
        given += settle_rivals(n, &c->list[first], c->next - first);
    }
}
