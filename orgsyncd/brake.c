#include "orgsyncd/brake.h"

#include <stdio.h>
#include <string.h>

#include "common/log.h"
#include "orgsyncd/role_loss.h"

/* Of the members whose loss is held so many have a line in the log for each answer. */
#define HELD_LOGGED 100

static bool is_recent(const struct brake *b, const struct roster_member *m)
{
    return m->lost_ms > 0 && m->lost_ms > b->now_ms - BRAKE_WINDOW_MS;
}

static void measure_member(struct roster_member *m, void *arg)
{
    struct brake *b = arg;
    bool recent = is_recent(b, m);
    b->lost += recent;
    b->base +=
        (recent || m->remote.state == MEMBER_ACTIVE) && m->joined_ms <= b->now_ms - BRAKE_WINDOW_MS;
}

int64_t brake_joined(const struct brake *b, const struct roster_member *before,
                     const struct roster_member *now)
{
    if (before && (before->remote.state == MEMBER_ACTIVE || is_recent(b, before)))
        return before->joined_ms;
    return now->remote.state == MEMBER_ACTIVE ? b->now_ms : 0;
}

static void measure(struct brake *b)
{
    if (b->measured)
        return;
    b->measured = true;
    roster_each(b->known, measure_member, b);
}

uint32_t brake_base(struct brake *b)
{
    measure(b);
    return b->base;
}

static bool loses(const struct brake *b, const struct pipe_member *before,
                  const struct pipe_member *after)
{
    bool same = roster_same_list(&before->roles, &after->roles) &&
                roster_same_list(&before->permissions, &after->permissions);
    return !same && (role_loses_rule(b->config, b->org, before, after) ||
                     role_loses_group(b->config, b->org, before, after));
}

bool brake_is_loss(const struct brake *b, const struct pipe_member *before,
                   const struct pipe_member *after)
{
    if (before->state != MEMBER_ACTIVE)
        return false; /* who cannot log in has nothing to lose */
    if (after->state != MEMBER_ACTIVE)
        return true;
    /* What is only lent from now on is lost as well: an end that is near is no way around. */
    struct pipe_member had = roster_now(before, 0, b->now_ms),
                       has = roster_now(after, 0, b->now_ms);
    return loses(b, before, after) || loses(b, &had, &has);
}

static void hold(struct brake *b, struct roster_member *m)
{
    if (m->held)
        return;
    m->held = m->brake_changed = m->changed = true;
    if (b->held++ < HELD_LOGGED)
        log_warning("%s: the brake holds back the losses of %s (member %s): %u of "
                    "%u members lost something within an hour",
                    b->org, *m->name ? m->name : "a member without a name", m->remote.id, b->lost,
                    b->base);
}

bool brake_admits(struct brake *b, struct roster_member *m)
{
    if (b->mode == BRAKE_ACCEPT) {
        brake_let_go(m);
        return true;
    }
    measure(b);
    bool counted = is_recent(b, m);
    if (m->held || (!counted && b->base > BRAKE_LEAST && b->lost >= b->base / 2)) {
        hold(b, m);
        return false;
    }
    if (!counted) {
        b->lost++;
        m->lost_ms = b->now_ms;
        m->brake_changed = m->changed = true;
    }
    return true;
}

void brake_let_go(struct roster_member *m)
{
    if (!m->held)
        return;
    m->held = false;
    m->brake_changed = m->changed = true;
}

static void reset_member(struct roster_member *m, void *arg)
{
    if (m->lost_ms == 0 && !m->held)
        return;
    m->lost_ms = 0;
    m->held = false;
    m->brake_changed = m->changed = true;
    *(bool *)arg = true;
}

bool brake_reset(const struct roster *known)
{
    bool any = false;
    roster_each(known, reset_member, &any);
    return any;
}

/* --- what is held --- */

struct held_names {
    char text[512];
    size_t used, room;
    uint32_t held, named;
};

/* Adds the name of a held member while there is room for it. */
static void add_name(struct roster_member *m, void *arg)
{
    struct held_names *n = arg;
    if (!m->held)
        return;
    n->held++;
    const char *name = *m->name ? m->name : m->remote.id;
    size_t len = strlen(name) + (n->used ? 2 : 0);
    if (n->named + 1 < n->held || len >= n->room - n->used)
        return;
    snprintf(n->text + n->used, n->room - n->used, "%s%s", n->used ? ", " : "", name);
    n->used += len;
    n->named++;
}

uint32_t brake_describe(const struct roster *known, char *text, size_t size)
{
    static const char before[] = "the brake holds back the losses of",
                      after[] = "if that is right: orgadmin host sync --accept";
    /* "members: " and "; ", and for those who do not fit " and 4294967295 more" */
    size_t frame = sizeof before + sizeof after + 50;
    struct held_names n = {.room = size > frame + 1 ? size - frame : 1};
    char more[24] = "";
    if (n.room > sizeof n.text)
        n.room = sizeof n.text;
    roster_each(known, add_name, &n);
    if (n.named < n.held)
        snprintf(more, sizeof more, " and %u more", n.held - n.named);
    if (n.held == 0)
        *text = '\0';
    else
        snprintf(text, size, "%s %u member%s: %s%s; %s", before, n.held, n.held == 1 ? "" : "s",
                 n.text, more, after);
    return n.held;
}
