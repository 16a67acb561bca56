#include "orgsyncd/naming.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/reserved.h"
#include "orgsyncd/log.h"

/* At most so many complaints of one compilation have a line in the log. */
#define COMPLAINTS_LOGGED 100

static const char *org_key(const struct naming *n, uint32_t org)
{
    return config_org_key(&n->config->org[org]);
}

/* How the member stands, for the log. */
static const char *standing(const struct roster_member *m)
{
    if (m->reserved)
        return "keeps that name as a user, without a group of it";
    return *m->name ? "keeps the name that he had" : "is not served";
}

void naming_complain(struct naming *n, uint32_t org, struct roster_member *m, const char *complaint)
{
    bool news = !m->complaint || strcmp(m->complaint, complaint) != 0;
    if (news && n->complaints++ < COMPLAINTS_LOGGED) {
        const char *wanted = *m->remote.username ? m->remote.username : m->remote.email;
        log_line("%s: member %s (\"%s\") %s: %s", n->config->org[org].name, m->remote.id, wanted,
                 standing(m), complaint);
    }
    m->complaint = complaint;
}

void naming_end(struct naming *n)
{
    if (n->complaints > COMPLAINTS_LOGGED)
        log_line("%u more members are not served as they would be",
                 n->complaints - COMPLAINTS_LOGGED);
    free(n->newcomer);
    n->newcomer = NULL;
}

/* --- what may be a name --- */

void naming_await_group(struct naming *n, const char *name)
{
    n->awaited[n->awaited_count++] = name;
}

bool naming_machine_has(const struct naming *n, const char *name)
{
    for (uint32_t i = 0; i < n->awaited_count; i++)
        if (strcmp(n->awaited[i], name) == 0)
            return true;
    return local_ids_name(n->local, name);
}

/* Is one of the parts between NAME's dots a user or group of the machine? chown takes the part in
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

static bool configured_group(const struct naming *n, const char *name)
{
    for (uint32_t i = 0; i < n->config->group_count; i++)
        if (!n->config->group[i].local && strcmp(n->config->group[i].name, name) == 0)
            return true;
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
    if (configured_group(n, name))
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

static void remember_newcomer(struct naming *n, uint32_t org, struct roster_member *m)
{
    if (n->newcomers == n->room) {
        size_t room = n->room * 2 + 64;
        struct newcomer *list = realloc(n->newcomer, room * sizeof *list);
        if (!list) {
            n->failed = true;
            return;
        }
        n->newcomer = list;
        n->room = room;
    }
    n->newcomer[n->newcomers++] = (struct newcomer){m, org};
}

/* Gives M the name that he wants. His home keeps the name that he had first: what is in it is his.
 */
static void take_name(struct naming *n, struct roster_member *m)
{
    if (*m->name && !m->home && !(m->home = strdup(m->name))) {
        n->failed = true;
        return;
    }
    memcpy(m->name, m->wanted, sizeof m->name);
}

/* M asks for a name that he does not have. */
static void ask_name(struct naming *n, uint32_t org, struct roster_member *m)
{
    const char *fault = *m->wanted ? naming_forbidden(n, m->wanted)
                                   : "that is no login name ([a-z_][a-z0-9_.-]*, at most 32)";
    if (!fault)
        fault = reserved_fault(n, m->wanted);
    if (fault) {
        naming_complain(n, org, m, fault);
        return;
    }
    switch (ledger_name(n->ledger, m->wanted, org_key(n, org), m->remote.id)) {
    case LEDGER_NAME_FREE:
        remember_newcomer(n, org, m);
        break;
    case LEDGER_NAME_OWN:
        take_name(n, m);
        m->changed = true;
        break;
    case LEDGER_NAME_TAKEN:
        naming_complain(n, org, m, "that name is, or was, somebody else's");
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
    if (m->lent)
        m->name[0] = '\0';
    m->lent = m->reserved = false;
    set_wanted(n, m);
    if (*m->name)
        keep_name(n, org, m);
    if (m->remote.state != MEMBER_REMOVED && (!*m->name || strcmp(m->name, m->wanted) != 0))
        ask_name(n, org, m);
}

bool naming_private_group(const struct naming *n, const struct roster_member *m)
{
    return n->config->private_groups && !m->reserved;
}

static int by_wanted(const void *a, const void *b)
{
    return strcmp(((const struct newcomer *)a)->member->wanted,
                  ((const struct newcomer *)b)->member->wanted);
}

static bool is_pending(const struct newcomer *n)
{
    return n->member->remote.state == MEMBER_PENDING;
}

/* Gives the newcomer the name that he wants. Who is only invited does not keep it: invitations are
 * mistyped, and who accepts one may come under another id. */
static void give_name(struct naming *n, const struct newcomer *newcomer)
{
    struct roster_member *m = newcomer->member;
    m->lent = is_pending(newcomer);
    if (!m->lent &&
        ledger_bind(n->ledger, m->wanted, org_key(n, newcomer->org), m->remote.id) < 0) {
        n->failed = true;
        return;
    }
    take_name(n, m);
    m->reserved = false;
    m->changed |= !m->lent;
}

/* Of the COUNT newcomers who want the same name and are PENDING, or are not: the one of the
 * organization that stands first in the configuration. NULL when there is none, or when that
 * organization has several: who of them came first is not for us to say. */
static const struct newcomer *first_rival(const struct newcomer *rival, size_t count, bool pending)
{
    const struct newcomer *first = NULL;
    bool alone = false;
    for (size_t i = 0; i < count; i++) {
        if (is_pending(&rival[i]) != pending || (first && rival[i].org > first->org))
            continue;
        alone = !first || rival[i].org < first->org;
        first = &rival[i];
    }
    return alone ? first : NULL;
}

/* COUNT newcomers want the same name. Returns how many have it now. */
static uint32_t settle_rivals(struct naming *n, const struct newcomer *rival, size_t count)
{
    bool pending = true;
    for (size_t i = 0; i < count; i++)
        pending &= is_pending(&rival[i]);
    const struct newcomer *winner = first_rival(rival, count, pending);
    for (size_t i = 0; i < count; i++)
        if (&rival[i] != winner)
            naming_complain(n, rival[i].org, rival[i].member,
                            winner && winner->org < rival[i].org
                                ? "a member of an organization that stands before this one in "
                                  "orglogin.conf has that name"
                                : "several members want that name");
    if (!winner)
        return 0;
    give_name(n, winner);
    return 1;
}

void naming_settle_newcomers(struct naming *n, uint32_t most, uint32_t unnamed[SNAPSHOT_ORGS_MAX])
{
    uint32_t given = 0;
    size_t next = 0;
    if (n->newcomers && most)
        qsort(n->newcomer, n->newcomers, sizeof *n->newcomer, by_wanted);
    for (size_t i = 0; i < n->newcomers && given < most && !n->failed; i = next) {
        for (next = i + 1;
             next < n->newcomers && by_wanted(&n->newcomer[i], &n->newcomer[next]) == 0;)
            next++;
        given += settle_rivals(n, &n->newcomer[i], next - i);
    }
    for (; next < n->newcomers; next++)
        unnamed[n->newcomer[next].org]++;
}
