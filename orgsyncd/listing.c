#include "orgsyncd/listing.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/clock.h"
#include "common/log.h"
#include "orgsyncd/pipe.h"
#include "orgsyncd/role_loss.h"

/* Members of one organization, known and listed ones together: this bounds the memory and the room
 * in the ledger that an organization can take. */
#define MEMBERS_MAX 8000000
/* The number of malformed members of a listing that have a line in the log. */
#define REFUSED_LOGGED 100

void listing_begin(struct listing *l, enum listing_kind kind)
{
    roster_free(&l->members);
    teams_free(&l->teams);
    l->kind = kind;
    l->bytes = 0;
    l->refused = 0;
    l->ruled = false;
}

void listing_rule(struct listing *l, const char *org, const void *message, size_t size)
{
    struct org_rules rules;
    if (!pipe_decode_org_rules(message, size, &rules)) {
        log_warning("%s: the fetcher sent invalid rules", org);
        return;
    }
    l->ruled = true;
    org_rules_keep(&l->rules, &rules);
}

/* An answer that cannot be kept has nothing any more. */
static void give_up(struct listing *l)
{
    roster_free(&l->members);
    teams_free(&l->teams);
    l->kind = LISTING_UNUSABLE;
}

void listing_team(struct listing *l, const char *org, const void *message, size_t size)
{
    struct pipe_team team;
    if (!pipe_decode_team(message, size, &team)) {
        if (l->refused++ < REFUSED_LOGGED)
            log_warning("%s: the fetcher sent an invalid team", org);
        return;
    }
    l->bytes += size;
    if (l->kind == LISTING_UNUSABLE || l->bytes > LISTING_BYTES_MAX ||
        teams_put(&l->teams, &team) < 0)
        give_up(l);
}

void listing_add(struct listing *l, const char *org, const void *message, size_t size)
{
    struct pipe_member remote;
    const char *why;
    if (!pipe_decode_member(message, size, &remote, &why)) {
        if (l->refused++ < REFUSED_LOGGED)
            log_warning("%s: the fetcher sent an invalid member: %s", org, why);
        return;
    }
    l->bytes += size;
    bool room = l->kind != LISTING_UNUSABLE && l->bytes <= LISTING_BYTES_MAX;
    struct roster_member *m = room ? roster_member_new(&remote) : NULL;
    if (m && roster_put(&l->members, m) == 0)
        return;
    give_up(l);
}

/* --- plausibility --- */

bool listing_implausible(const struct listing *l, const struct roster *known, char *text,
                         size_t size)
{
    if (l->kind == LISTING_UNUSABLE)
        snprintf(text, size, "it is too large, or memory ran out while its members were listed");
    else if (known->count + l->members.count > MEMBERS_MAX)
        snprintf(text, size, "it has more than %d members, removed ones included", MEMBERS_MAX / 2);
    else if (l->kind == LISTING_COMPLETE && l->members.present == 0)
        snprintf(text, size, "it lists no members");
    else
        return false;
    return true;
}

/* --- merging --- */

/* Between two looks at the clock. */
#define MEMBERS_AT_ONCE 128

int merge_begin(struct merge *m, struct listing *l)
{
    if (l->kind == LISTING_COMPLETE)
        l->number++;
    m->number = l->number;
    m->kind = l->kind;
    m->item = roster_drain(&l->members, &m->items);
    m->gone = NULL;
    m->gones = m->at = 0;
    m->first = m->known->count == 0;
    m->storing = m->departures = m->departed = false;
    m->term_ms = INT64_MAX;
    m->changed = 0;
    m->phase = m->item ? MERGE_JUDGE : MERGE_IDLE;
    listing_begin(l, LISTING_CHANGES);
    return m->item ? 0 : -1;
}

void merge_free(struct merge *m)
{
    for (size_t i = 0; m->item && i < m->items; i++)
        free(m->item[i]);
    free(m->item);
    free(m->gone);
    m->item = m->gone = NULL;
    m->items = m->gones = 0;
    m->phase = MERGE_IDLE;
}

/* Stores MEMBER in the ledger if it has changed. A newcomer is stored when it has a name. */
static int store(struct merge *m, struct roster_member *member)
{
    bool differs = member->changed || member->departure_changed;
    if (!differs || !member->uid || !*member->name)
        return 0;
    if (!m->storing && ledger_begin(m->ledger) < 0)
        return -1;
    m->storing = true;
    m->changed += member->changed;
    if (ledger_store(m->ledger, m->key, member) < 0)
        return -1;
    member->changed = member->brake_changed = member->departure_changed = false;
    return 0;
}

/* --- departures --- */

static void count_ended(struct roster_member *member, void *arg)
{
    struct departure_judge *j = arg;
    j->ended += departure_counts(&member->departure, j->now_ms);
}

/* The judge, with what it needs to know of all members. */
static struct departure_judge *judge(struct merge *m)
{
    if (!m->judge.counted) {
        m->judge.counted = true;
        m->judge.members = brake_base(&m->brake);
        roster_each(m->known, count_ended, &m->judge);
    }
    return &m->judge;
}

static void note_departure(struct merge *m, struct roster_member *member, bool changed)
{
    if (!changed)
        return;
    member->departure_changed = m->departures = true;
    member->warned = false;
    member->again_ms = 0; /* was about an earlier departure */
    m->departed |= member->departure.state == DEPARTURE_DUE;
}

/* True if what the answer says of MEMBER's departure can matter: who has no uid runs nothing. */
static bool is_departure(const struct roster_member *member)
{
    return member->uid != 0 &&
           (member->remote.state == MEMBER_ACTIVE || member->departure.state == DEPARTURE_NOTED);
}

/* The answer names MEMBER of the roster as one who has left. */
static void name_departure(struct merge *m, struct roster_member *member)
{
    bool active = member->remote.state == MEMBER_ACTIVE;
    if (is_departure(member))
        note_departure(
            m, member,
            departure_named(judge(m), &member->departure, active, &member->remote.roles));
}

/* The answer, a complete listing, lacks MEMBER of the roster. */
static void miss_departure(struct merge *m, struct roster_member *member)
{
    bool active = member->remote.state == MEMBER_ACTIVE;
    if (is_departure(member))
        note_departure(
            m, member,
            departure_absent(judge(m), &member->departure, active, &member->remote.roles));
}

/* Judges a member of the answer: HELD marks the one that is not to be taken. */
static void judge_listed(struct merge *m, struct roster_member *listed)
{
    struct roster_member *old = roster_find(m->known, listed->remote.id);
    if (!old)
        return;
    old->seen = m->number;
    if (brake_is_loss(&m->brake, &old->remote, &listed->remote))
        listed->held = !brake_admits(&m->brake, old);
    else
        brake_let_go(old);
    m->judge.braked |= listed->held;
}

/* Who was removed before is looked at only while his departure is noted; nobody else is by an
 * answer that repeats the last listing. */
static bool is_unlisted(const struct merge *m, const struct roster_member *member)
{
    if (member->seen == m->number)
        return false;
    return member->remote.state == MEMBER_REMOVED ? member->departure.state == DEPARTURE_NOTED
                                                  : !m->repeats;
}

static void count_unlisted(struct roster_member *member, void *arg)
{
    struct merge *m = arg;
    m->gones += is_unlisted(m, member);
}

static void judge_unlisted(struct roster_member *member, void *arg)
{
    struct merge *m = arg;
    if (!is_unlisted(m, member))
        return;
    if (member->remote.state == MEMBER_ACTIVE)
        m->judge.braked |= !brake_admits(&m->brake, member);
    m->gone[m->gones++] = member;
}

/* Judges the members that a complete listing leaves out. */
static int find_unlisted(struct merge *m)
{
    if (m->kind != LISTING_COMPLETE && !m->repeats)
        return 0;
    roster_each(m->known, count_unlisted, m);
    m->gone = m->gones ? calloc(m->gones, sizeof *m->gone) : NULL;
    if (m->gones && !m->gone)
        return -1;
    m->gones = 0;
    roster_each(m->known, judge_unlisted, m);
    return 0;
}

static int remove_unlisted(struct merge *m, struct roster_member *member)
{
    if (!member->held) {
        miss_departure(m, member);
        roster_remove(m->known, member);
    }
    m->changed += member->changed;
    return store(m, member);
}

static int take_removed(struct merge *m, struct roster_member *old)
{
    if (!old)
        return 0;
    name_departure(m, old);
    if (old->remote.state == MEMBER_REMOVED && !old->departure_changed)
        return 0;
    roster_remove(m->known, old);
    m->changed += old->changed;
    return store(m, old);
}

/* The brake holds what OLD would lose, but not the keys: one that is withdrawn may be a thief's. */
static int take_held(struct merge *m, struct roster_member *old, const struct roster_member *listed)
{
    struct pipe_member remote = old->remote;
    if (remote.state != MEMBER_ACTIVE || listed->remote.state != MEMBER_ACTIVE)
        return store(m, old);
    if (!listed->remote.keys_unread)
        remote.keys = listed->remote.keys;
    struct roster_member *kept = roster_member_new(&remote);
    int64_t joined = old->joined_ms;
    if (!kept || roster_put(m->known, kept) < 0)
        return -1;
    kept->joined_ms = joined;
    kept->seen = m->number;
    m->changed += kept->changed;
    return store(m, kept);
}

/* LISTED, with the keys of OLD, if there is one, where the answer does not know them. LISTED is
 * freed if it is another one then. NULL: out of memory. */
static struct roster_member *keep_keys(struct roster_member *listed,
                                       const struct roster_member *old)
{
    struct pipe_member remote = listed->remote;
    if (!remote.keys_unread)
        return listed;
    remote.keys_unread = false;
    if (old && old->remote.state != MEMBER_REMOVED)
        remote.keys = old->remote.keys;
    struct roster_member *whole = roster_member_new(&remote);
    roster_member_free(listed);
    return whole;
}

/* True if LISTED, who takes OLD's place, loses what let him in or let him use sudo. */
static bool loses_role(const struct merge *m, const struct roster_member *old,
                       const struct roster_member *listed)
{
    if (!old || old->remote.state != MEMBER_ACTIVE || listed->remote.state != MEMBER_ACTIVE)
        return false;
    int64_t now = m->brake.now_ms, ends = old->remote.term.ends_ms;
    bool unseen =
        ends > 0 && ends <= now && old->term_seen_ms != ends; /* terms.h: nor will it be */
    const struct pipe_member had = roster_now(&old->remote, 0, unseen ? ends - 1 : now),
                             has = roster_now(&listed->remote, 0, now);
    bool same = roster_same_list(&had.roles, &has.roles) &&
                roster_same_list(&had.permissions, &has.permissions);
    return !same && role_loses_access(m->brake.config, m->own, m->brake.org, &had, &has);
}

/* Puts LISTED in OLD's place, or among the others. */
static int put_listed(struct merge *m, const struct roster_member *old,
                      struct roster_member *listed)
{
    int64_t ends = listed->remote.term.ends_ms;
    bool lost = loses_role(m, old, listed);
    if (roster_put(m->known, listed) < 0)
        return -1;
    if (ends > 0 && ends < m->term_ms)
        m->term_ms = ends;
    if (lost)
        listed->role_lost_ms = m->brake.now_ms;
    else if (listed->remote.state != MEMBER_ACTIVE)
        listed->role_lost_ms = 0; /* who left has lost more, and another way */
    m->departed |= lost;
    return 0;
}

/* Takes a member of the answer, which is freed or the roster's then. */
static int take_listed(struct merge *m, struct roster_member *listed)
{
    struct roster_member *old = roster_find(m->known, listed->remote.id);
    int rc = 0;
    if (listed->held || listed->remote.state == MEMBER_REMOVED) {
        if (listed->held)
            rc = take_held(m, old, listed);
        else
            rc = take_removed(m, old);
        free(listed);
        return rc;
    }
    if (old && listed->remote.state == MEMBER_SUSPENDED)
        name_departure(m, old);
    else if (old)
        note_departure(m, old, departure_present(&old->departure));
    if ((listed = keep_keys(listed, old)) == NULL)
        return -1;
    int64_t joined = m->first ? 0 : brake_joined(&m->brake, old, listed);
    if (put_listed(m, old, listed) < 0)
        return -1;
    listed->joined_ms = joined;
    listed->seen = m->number;
    m->changed += listed->changed;
    return store(m, listed);
}

/* Handles one member of the present phase; false when all are handled. */
static bool step(struct merge *m, int *rc)
{
    if (m->at >= (m->phase == MERGE_REMOVE ? m->gones : m->items))
        return false;
    size_t i = m->at++;
    struct roster_member *listed = m->phase == MERGE_REMOVE ? NULL : m->item[i];
    if (m->phase == MERGE_JUDGE) {
        judge_listed(m, listed);
    } else if (m->phase == MERGE_REMOVE) {
        *rc = remove_unlisted(m, m->gone[i]);
    } else {
        m->item[i] = NULL;
        *rc = take_listed(m, listed);
    }
    return true;
}

static int next_phase(struct merge *m)
{
    static const enum merge_phase next[] = {
        [MERGE_JUDGE] = MERGE_REMOVE, [MERGE_REMOVE] = MERGE_TAKE, [MERGE_TAKE] = MERGE_IDLE};
    int rc = m->phase == MERGE_JUDGE ? find_unlisted(m) : 0;
    m->phase = next[m->phase];
    m->at = 0;
    return rc;
}

enum merge_result merge_go_on(struct merge *m, int64_t end)
{
    int rc = 0;
    for (unsigned n = 1; rc == 0 && m->phase != MERGE_IDLE; n++) {
        if (n % MEMBERS_AT_ONCE == 0 && clock_mono_ms() >= end)
            break;
        if (!step(m, &rc))
            rc = next_phase(m);
    }
    if (rc == 0 && m->storing)
        rc = ledger_commit(m->ledger);
    m->storing = false;
    if (rc < 0)
        return MERGE_FAILED;
    if (m->phase != MERGE_IDLE)
        return MERGE_MORE;
    merge_free(m);
    return m->changed ? MERGE_CHANGED : MERGE_UNCHANGED;
}
