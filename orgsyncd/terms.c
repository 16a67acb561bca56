#include "orgsyncd/terms.h"

#include <inttypes.h>

#include "common/clock.h"
#include "common/log.h"
#include "orgsyncd/reserve.h"
#include "orgsyncd/role_loss.h"

/* One look at the members of an organization. */
struct term_look {
    struct organizations *orgs;
    const struct org_state *org;
    int64_t now_ms;  /* wall clock */
    int64_t next_ms; /* the next end: wall clock */
    uint32_t ended, lost;
    int rc;
};

/* The end of M's role is new. Who has left has lost more, and another way. */
static void note_end(struct term_look *l, struct roster_member *m)
{
    const struct pipe_member had = roster_now(&m->remote, 0, m->remote.term.ends_ms - 1);
    const struct pipe_member has = roster_now(&m->remote, 0, l->now_ms);
    l->ended++;
    m->term_seen_ms = m->remote.term.ends_ms;
    if (m->remote.state == MEMBER_ACTIVE && role_loses_access(l->orgs->config, &l->org->rules.rules,
                                                              l->org->config->name, &had, &has)) {
        m->role_lost_ms = l->now_ms;
        l->lost++;
    }
    if (*m->name)
        log_info("%s: a role of %s (member %s) has ended", l->org->config->name, m->name,
                 m->remote.id);
    if (m->uid && *m->name)
        l->rc |= ledger_store(l->orgs->ledger, config_org_key(l->org->config), m);
}

static void look(struct roster_member *m, void *arg)
{
    struct term_look *l = arg;
    int64_t ends = m->remote.term.ends_ms;
    if (ends > l->now_ms && ends < l->next_ms)
        l->next_ms = ends;
    if (ends > 0 && ends <= l->now_ms && m->term_seen_ms != ends)
        note_end(l, m);
}

/* True if O's clock reads so much less than when it was heard from that no role with an end counts,
 * and did not before, or the other way round. */
static bool doubt_changed(struct org_state *o, int64_t now_ms)
{
    bool doubted = o->in_force.confirmed_ms - now_ms > CLOCK_SLACK_MS;
    bool changed = doubted != o->terms_doubted;
    o->terms_doubted = doubted;
    return changed;
}

/* Looks at the members of O. The snapshot of its ends is the one behind those that are made already
 * or at this moment. */
static int run(struct organizations *orgs, struct org_state *o, struct publisher *p, bool *changed)
{
    struct term_look l = {.orgs = orgs, .org = o, .now_ms = clock_wall_ms(), .next_ms = INT64_MAX};
    reserve_release();
    if (ledger_begin(orgs->ledger) < 0)
        return -1;
    roster_each(&o->roster, look, &l);
    if (l.rc < 0 || ledger_commit(orgs->ledger) < 0)
        return -1;
    reserve_take();
    o->terms_ms = l.next_ms;
    *changed |= l.ended > 0;
    if (l.lost > 0) {
        o->sessions.generation = p->generation + (p->child != 0) + 1;
        o->sessions.due_ms = clock_mono_ms();
    }
    return 0;
}

int64_t terms_due(const struct organizations *orgs)
{
    int64_t wall = clock_wall_ms(), left = INT64_MAX, now = clock_mono_ms();
    for (uint32_t i = 0; i < orgs->count; i++) {
        const struct org_state *o = &orgs->org[i];
        if (o->roster.terms > 0 && o->terms_ms < INT64_MAX && o->terms_ms - wall < left)
            left = o->terms_ms - wall;
    }
    return left == INT64_MAX ? INT64_MAX : left < 0 ? now : now + left;
}

int terms_run(struct organizations *orgs, struct publisher *publisher)
{
    bool changed = false;
    for (uint32_t i = 0; i < orgs->count; i++) {
        struct org_state *o = &orgs->org[i];
        int64_t now = clock_wall_ms();
        if (o->roster.terms == 0 || o->merge.phase != MERGE_IDLE)
            continue;
        changed |= doubt_changed(o, now);
        if (now >= o->terms_ms && run(orgs, o, publisher, &changed) < 0)
            return -1;
    }
    return changed ? publisher_request(publisher) : 0;
}
