#include "common/decide.h"

#include <string.h>

#include "common/hash.h"
#include "common/name.h"

const char *text_list_next(const char *text)
{
    return text + strlen(text) + 1;
}

bool text_list_has(const struct text_list *list, const char *text)
{
    const char *item = list->first;
    for (uint32_t i = 0; i < list->count; i++, item = text_list_next(item))
        if (strcmp(item, text) == 0)
            return true;
    return false;
}

bool text_lists_meet(const struct text_list *a, const struct text_list *b)
{
    const char *item = a->first;
    for (uint32_t i = 0; i < a->count; i++, item = text_list_next(item))
        if (text_list_has(b, item))
            return true;
    return false;
}

size_t text_list_size(const struct text_list *list)
{
    const char *end = list->first;
    for (uint32_t i = 0; i < list->count; i++)
        end = text_list_next(end);
    return list->count ? (size_t)(end - list->first) : 0;
}

/* sudo -i and su - run services of their own that administrators think of as the plain ones; Fedora
 * calls cron's crond. */
const char *service_name(const char *service)
{
    if (strcmp(service, "sudo-i") == 0)
        return "sudo";
    if (strcmp(service, "su-l") == 0)
        return "su";
    if (strcmp(service, "crond") == 0)
        return "cron";
    return service;
}

/* A bit for the hash of each text that the member holds: most rules name none of them, and are
 * passed over without a comparison. */
#define HOLDINGS_BITS 16384
struct holdings {
    const struct membership *member;
    uint64_t bits[HOLDINGS_BITS / 64];
};

static uint64_t *holdings_word(struct holdings *h, const char *text, uint64_t *bit)
{
    uint64_t hash = hash64(text, strlen(text)) % HOLDINGS_BITS;
    *bit = UINT64_C(1) << hash % 64;
    return &h->bits[hash / 64];
}

static void holdings_add(struct holdings *h, const struct text_list *list)
{
    const char *text = list->first;
    uint64_t bit;
    for (uint32_t i = 0; i < list->count; i++, text = text_list_next(text)) {
        uint64_t *word = holdings_word(h, text, &bit);
        *word |= bit;
    }
}

/* True if one of WANTED is in HELD, one of the member's lists. */
static bool holds_one(struct holdings *h, const struct text_list *wanted,
                      const struct text_list *held)
{
    const char *text = wanted->first;
    uint64_t bit;
    for (uint32_t i = 0; i < wanted->count && held->count > 0; i++, text = text_list_next(text))
        if (*holdings_word(h, text, &bit) & bit && text_list_has(held, text))
            return true;
    return false;
}

static bool rule_matches(const struct rule *rule, const char *service, struct holdings *h)
{
    if (!text_list_has(&rule->services, "*") && !text_list_has(&rule->services, service))
        return false;
    if (strcmp(rule->org, h->member->org) != 0)
        return false;
    return rule->everyone || holds_one(h, &rule->roles, &h->member->roles) ||
           holds_one(h, &rule->permissions, &h->member->permissions);
}

/* The number of the first of RULES that matches, with GLASS of those with break_glass, or 0. */
static unsigned match(const struct question *q, const struct rules *rules, bool glass)
{
    const char *service = service_name(q->service);
    struct holdings holdings = {.member = q->member};
    holdings_add(&holdings, &q->member->roles);
    holdings_add(&holdings, &q->member->permissions);
    for (size_t i = 0; i < rules->count; i++) {
        const struct rule *rule = &rules->rule[i];
        if ((rule->break_glass || !glass) && rule_matches(rule, service, &holdings))
            return (unsigned)i + 1;
    }
    return 0;
}

static bool narrow_enough(const struct narrowing *n, const struct membership *member)
{
    return (!n->org || strcmp(n->org, member->org) == 0) &&
           (!n->role || text_list_has(&member->roles, n->role)) &&
           (!n->permission || text_list_has(&member->permissions, n->permission));
}

enum account account_of(const struct number *n)
{
    bool never_ours = !id_valid(n->uid) || id_unlikely(n->uid);
    if (n->snapshot && n->members)
        return ACCOUNT_MEMBER;
    if (n->snapshot && (n->somebodys || n->in_range) && id_valid(n->uid))
        return ACCOUNT_OURS;
    if (never_ours || (n->snapshot && !n->range_unknown))
        return ACCOUNT_FOREIGN;
    return ACCOUNT_UNKNOWN;
}

static int64_t age(const struct freshness *f, int64_t now)
{
    if (f->confirmed)
        return 0;
    if (f->confirmed_ms <= 0 || f->confirmed_ms - now > CLOCK_SLACK_MS)
        return -1;
    return now > f->confirmed_ms ? now - f->confirmed_ms : 0;
}

static struct decision verdict(enum verdict v, enum reason reason)
{
    return (struct decision){.verdict = v, .reason = reason, .age_ms = -1};
}

static enum reason state_reason(enum member_state state)
{
    switch (state) {
    case MEMBER_PENDING:
        return REASON_PENDING;
    case MEMBER_SUSPENDED:
        return REASON_SUSPENDED;
    case MEMBER_REMOVED:
        return REASON_REMOVED;
    case MEMBER_ACTIVE:
        break;
    }
    return REASON_UNAVAILABLE; /* a state that nobody defined */
}

static bool beyond_grace(const struct question *q, int64_t age_ms)
{
    return !q->freshness.confirmed && (age_ms < 0 || age_ms > q->freshness.grace_ms);
}

/* An outdated snapshot may tell what is true no longer, so it admits nobody. */
static struct decision decide_outdated(const struct question *q, int64_t now)
{
    int64_t age_ms = age(&q->freshness, now);
    bool stale = q->member && beyond_grace(q, age_ms);
    struct decision d = verdict(VERDICT_DENY, stale ? REASON_STALE : REASON_UNAVAILABLE);
    d.age_ms = q->member ? age_ms : -1;
    return d;
}

bool break_glass_in_force(const struct freshness *f, int64_t now)
{
    return f->glass_end_ms > now && f->glass_begin_ms <= now + CLOCK_SLACK_MS;
}

bool term_counts(const struct term *term, int64_t confirmed_ms, int64_t now)
{
    return term->ends_ms > now && confirmed_ms - now <= CLOCK_SLACK_MS;
}

struct membership membership_now(const struct membership *member, int64_t confirmed_ms, int64_t now)
{
    struct membership held = *member;
    if (term_counts(&member->term, confirmed_ms, now)) {
        held.roles = member->term.roles;
        held.permissions = member->term.permissions;
    }
    held.term = (struct term){0};
    return held;
}

/* D is what the rules say. */
static struct decision decide_beyond(const struct question *q, struct decision d, int64_t now)
{
    unsigned rule = break_glass_in_force(&q->freshness, now) ? match(q, q->rules, true) : 0;
    d.reason = REASON_STALE;
    if (rule > 0) {
        d.reason = REASON_BREAK_GLASS;
        d.verdict = VERDICT_ALLOW;
        d.rule = rule;
    }
    return d;
}

static struct decision decide_active(const struct question *q, int64_t now)
{
    struct decision d = verdict(VERDICT_DENY, REASON_ROLE);
    d.age_ms = age(&q->freshness, now);
    d.rule = match(q, q->rules, false);
    d.org_rule = q->org_rules ? match(q, q->org_rules, false) : 0;
    if (d.rule == 0)
        return d;
    if (!narrow_enough(&q->narrowing, q->member)) {
        d.reason = REASON_NARROWED;
        return d;
    }
    if (q->org_rules && d.org_rule == 0) {
        d.reason = REASON_ACCESS;
        return d;
    }
    if (q->lost_groups) {
        d.reason = REASON_GROUPS;
        return d;
    }
    if (beyond_grace(q, d.age_ms))
        return decide_beyond(q, d, now);
    d.reason = q->freshness.confirmed ? REASON_RULE : REASON_OFFLINE;
    d.verdict = VERDICT_ALLOW;
    return d;
}

struct decision decide(const struct question *q, int64_t now)
{
    if (q->root)
        return verdict(VERDICT_NOT_MINE, REASON_ROOT);
    if (q->local)
        return verdict(VERDICT_NOT_MINE, REASON_LOCAL);
    if (q->account == ACCOUNT_FOREIGN)
        return verdict(VERDICT_NOT_MINE, REASON_FOREIGN);
    if (!q->snapshot || (unsigned)q->account > ACCOUNT_FOREIGN)
        return verdict(VERDICT_DENY, REASON_UNAVAILABLE);
    if (q->outdated)
        return decide_outdated(q, now);
    if (q->account == ACCOUNT_UNKNOWN)
        return verdict(VERDICT_DENY, REASON_UNAVAILABLE);
    if (q->account == ACCOUNT_OURS)
        return verdict(VERDICT_DENY, REASON_NUMBER);
    if (!q->member)
        return verdict(VERDICT_DENY, REASON_STRANGER);
    if (q->member->state != MEMBER_ACTIVE)
        return verdict(VERDICT_DENY, state_reason(q->member->state));
    if (q->account == ACCOUNT_NONE)
        return verdict(VERDICT_DENY, REASON_STRANGER);
    struct membership held = membership_now(q->member, q->freshness.confirmed_ms, now);
    struct question today = *q;
    today.member = &held;
    return decide_active(&today, now);
}

const char *reason_word(enum reason reason)
{
    static const char *const word[REASON_COUNT] = {
        [REASON_UNAVAILABLE] = "unavailable",
        [REASON_ROOT] = "root",
        [REASON_LOCAL] = "local",
        [REASON_RULE] = "rule",
        [REASON_OFFLINE] = "offline",
        [REASON_STALE] = "stale",
        [REASON_STRANGER] = "stranger",
        [REASON_PENDING] = "pending",
        [REASON_SUSPENDED] = "suspended",
        [REASON_REMOVED] = "removed",
        [REASON_ROLE] = "role",
        [REASON_NARROWED] = "narrowed",
        [REASON_NUMBER] = "number",
        [REASON_FOREIGN] = "foreign",
        [REASON_GROUPS] = "groups",
        [REASON_BREAK_GLASS] = "break_glass",
        [REASON_ACCESS] = "access",
    };
    return (unsigned)reason < REASON_COUNT ? word[reason] : "unknown";
}
