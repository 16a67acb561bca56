#include "orgsyncd/sessions.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/process.h"
#include "orgsyncd/reserve.h"

/* A login that pam_org admitted just before the removal may still become a session: whoever's
 * sessions were ended is looked at once more after this time. */
#define AGAIN_MS 10000
/* The time to the next try when no process can be started. */
#define RETRY_MS 100
/* The users of processes that are distinguished, when all who left are looked at. */
#define RUNNING_MAX 4096

static bool has_left(const struct roster_member *m)
{
    return m->uid != 0 &&
           (m->remote.state == MEMBER_REMOVED || m->remote.state == MEMBER_SUSPENDED);
}

static int64_t sooner(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* --- what is due --- */

/* The people of the next process. */
struct gathering {
    struct sessions *sessions;
    uint32_t org;
    int64_t now_ms, wall_ms;
    int64_t next_ms; /* when something else of the organization is due: clock_mono_ms */
};

static void add(struct sessions *s, uint32_t org, const struct roster_member *m,
                enum eviction_kind kind, int64_t notice_ms)
{
    struct eviction *e = &s->list[s->count++];
    *e = (struct eviction){
        .kind = kind, .uid = m->uid, .org = org, .notice_s = (int32_t)((notice_ms + 999) / 1000)};
    snprintf(e->name, sizeof e->name, "%s", m->name);
    snprintf(e->remote, sizeof e->remote, "%s", m->remote.id);
}

/* The time that the member still has by "warn"; a clock that was set back gives none. */
static int64_t warning_left(const struct gathering *g, const struct roster_member *m)
{
    int64_t warn = g->sessions->orgs->config->sessions.warn_ms;
    int64_t passed = g->wall_ms - m->departure.since_ms;
    return passed < 0 || passed >= warn ? 0 : warn - passed;
}

static void gather_due(struct gathering *g, struct roster_member *m)
{
    int64_t left = warning_left(g, m);
    if (left > 0) {
        if (!m->warned)
            add(g->sessions, g->org, m, EVICTION_NOTICE, left);
        m->warned = true;
        g->next_ms = sooner(g->next_ms, g->now_ms + left);
        return;
    }
    add(g->sessions, g->org, m, EVICTION_END, 0);
}

/* What is due of a present member who has lost a role. */
static void gather_role_loss(struct gathering *g, const struct roster_member *m)
{
    bool end = g->sessions->orgs->config->sessions.on_role_loss == SESSIONS_END;
    if (g->sessions->count == SESSIONS_PEOPLE_MAX)
        g->next_ms = sooner(g->next_ms, g->now_ms);
    else
        add(g->sessions, g->org, m, end ? EVICTION_ROLE : EVICTION_TIMESTAMP, 0);
}

static void gather(struct roster_member *m, void *arg)
{
    struct gathering *g = arg;
    bool due = m->departure.state == DEPARTURE_DUE, again = m->again_ms > 0;
    if (m->role_lost_ms && m->uid && m->remote.state == MEMBER_ACTIVE)
        gather_role_loss(g, m);
    if (!has_left(m) || (!due && !again))
        return;
    if (g->sessions->count == SESSIONS_PEOPLE_MAX || m->again_ms > g->now_ms) {
        g->next_ms = sooner(g->next_ms, m->again_ms > g->now_ms ? m->again_ms : g->now_ms);
        return;
    }
    m->again_ms = 0;
    if (due)
        gather_due(g, m);
    else
        add(g->sessions, g->org, m, EVICTION_END, 0);
}

/* True when the snapshot that refuses who has left is in force, and something is due. */
static bool is_due(const struct sessions *s, const struct org_state *o)
{
    return o->sessions.due_ms <= clock_mono_ms() &&
           s->publisher->generation >= o->sessions.generation;
}

static void gather_all(struct sessions *s)
{
    for (uint32_t i = 0; i < s->orgs->count; i++) {
        struct org_state *o = &s->orgs->org[i];
        struct gathering g = {.sessions = s,
                              .org = i,
                              .now_ms = clock_mono_ms(),
                              .wall_ms = clock_wall_ms(),
                              .next_ms = INT64_MAX};
        if (!is_due(s, o))
            continue;
        roster_each(&o->roster, gather, &g);
        o->sessions.due_ms = g.next_ms;
    }
}

struct departure_counts {
    uint32_t due, waiting;
    bool role_lost; /* somebody's sessions are to be looked at for it */
};

static void count_departure(struct roster_member *m, void *arg)
{
    struct departure_counts *c = arg;
    c->due += m->departure.state == DEPARTURE_DUE;
    c->waiting += m->departure.state == DEPARTURE_WAITING;
    c->role_lost |= m->role_lost_ms > 0;
}

/* Counts anew whose sessions wait for an administrator. True if somebody's are due. */
static bool count_departures(struct org_state *o)
{
    struct departure_counts c = {0};
    roster_each(&o->roster, count_departure, &c);
    o->sessions.waiting = c.waiting;
    o->sessions.ending = c.due;
    return c.due > 0 || c.role_lost;
}

void sessions_load(const struct sessions *s, struct org_state *o)
{
    o->sessions.due_ms = count_departures(o) ? 0 : INT64_MAX;
    o->sessions.generation = s->publisher->generation + (s->publisher->child != 0);
}

void sessions_note(const struct sessions *s, struct org_state *o)
{
    if (o->merge.departures)
        count_departures(o);
    if (!o->merge.departed)
        return;
    o->sessions.generation =
        s->publisher->generation + (s->publisher->child != 0) + (o->waiting.since_ms != 0);
    o->sessions.due_ms = clock_mono_ms();
}

int64_t sessions_due(const struct sessions *s)
{
    int64_t due = s->wish.state == WISH_MADE ? 0 : INT64_MAX;
    if (s->child)
        return s->patience_ms;
    for (uint32_t i = 0; i < s->orgs->count; i++)
        if (s->publisher->generation >= s->orgs->org[i].sessions.generation)
            due = sooner(due, s->orgs->org[i].sessions.due_ms);
    return due;
}

/* --- an administrator's wish --- */

/* The uids of the machine's processes, of those that logged in among them. */
struct running {
    uint32_t uid[RUNNING_MAX];
    size_t count;
};

static void add_running(struct running *r, uint32_t uid)
{
    for (size_t i = 0; i < r->count; i++)
        if (r->uid[i] == uid)
            return;
    if (r->count < RUNNING_MAX)
        r->uid[r->count++] = uid;
}

static bool find_running(const struct process *p, void *arg)
{
    add_running(arg, p->uid[0]);
    add_running(arg, p->uid[1]);
    add_running(arg, p->loginuid);
    return true;
}

struct granting {
    struct sessions *sessions;
    uint32_t org;
    struct running running;
    struct roster_member *member; /* the one who has the name of the wish */
};

static void find_name(struct roster_member *m, void *arg)
{
    struct granting *g = arg;
    if (!m->lent && strcmp(m->name, g->sessions->wish.name) == 0)
        g->member = m;
}

static void grant_removed(struct roster_member *m, void *arg)
{
    struct granting *g = arg;
    bool owed = m->departure.state == DEPARTURE_WAITING || m->departure.state == DEPARTURE_DUE;
    for (size_t i = 0; !owed && i < g->running.count; i++)
        owed = g->running.uid[i] == m->uid;
    if (!owed || !has_left(m))
        return;
    if (g->sessions->count < SESSIONS_PEOPLE_MAX)
        add(g->sessions, g->org, m, EVICTION_END, 0);
    else
        g->sessions->wish.more = true;
}

/* Lists the people of the wish. */
static void grant(struct sessions *s)
{
    static struct granting g; /* large, and there is one keeper */
    bool removed = s->wish.op == CONFIRM_EVICT_REMOVED;
    g = (struct granting){.sessions = s};
    s->wish.state = WISH_BEGUN;
    if (removed)
        process_each(find_running, &g.running);
    for (g.org = 0; g.org < s->orgs->count; g.org++) {
        const struct roster *roster = &s->orgs->org[g.org].roster;
        g.member = NULL;
        roster_each(roster, removed ? grant_removed : find_name, &g);
        if (g.member && has_left(g.member))
            add(s, g.org, g.member, s->wish.op == CONFIRM_EVICT_ALL ? EVICTION_ALL : EVICTION_END,
                0);
    }
}

bool sessions_wish(struct sessions *s, const struct confirm_request *r, char why[CONFIRM_TEXT_LEN])
{
    struct granting *g = s->wish.state == WISH_NONE ? calloc(1, sizeof *g) : NULL;
    if (!g) {
        snprintf(why, CONFIRM_TEXT_LEN, "another one is under way: try again in a moment");
        return false;
    }
    s->wish = (struct session_wish){.op = (enum confirm_op)r->op};
    memcpy(s->wish.name, r->org, sizeof r->org);
    g->sessions = s;
    for (uint32_t i = 0; i < s->orgs->count && r->op != CONFIRM_EVICT_REMOVED; i++)
        roster_each(&s->orgs->org[i].roster, find_name, g);
    bool known = g->member != NULL, good = known && has_left(g->member);
    free(g);
    good |= r->op == CONFIRM_EVICT_REMOVED;
    if (good)
        s->wish.state = WISH_MADE;
    else
        snprintf(why, CONFIRM_TEXT_LEN,
                 known ? "%s is a member: remove or suspend the member first"
                       : "no member has or had the name %s on this host",
                 s->wish.name);
    return good;
}

/* What became of the wish, in one line. */
static void describe(const struct session_wish *w, char text[CONFIRM_TEXT_LEN])
{
    char who[NAME_MAX_LEN + 16];
    if (w->op == CONFIRM_EVICT_REMOVED)
        snprintf(who, sizeof who, "%" PRIu32 " people", w->people);
    else
        snprintf(who, sizeof who, "%s", w->name);
    if (w->more)
        snprintf(text, CONFIRM_TEXT_LEN,
                 "those of %d people are ended, and there are more: repeat it",
                 SESSIONS_PEOPLE_MAX);
    else if (w->failed)
        snprintf(text, CONFIRM_TEXT_LEN, "they could not be ended in time: see the log");
    else if (w->left > 0)
        snprintf(text, CONFIRM_TEXT_LEN,
                 "%" PRIu32 " of %" PRIu32 " processes of %s are left, the first is %d", w->left,
                 w->left + w->ended, who, (int)w->left_pid);
    else if (w->refused > 0)
        snprintf(text, CONFIRM_TEXT_LEN, "%" PRIu32 " numbers are another's by now: see the log",
                 w->refused);
    else
        snprintf(text, CONFIRM_TEXT_LEN, "%" PRIu32 " process%s of %s %s ended%s", w->ended,
                 w->ended == 1 ? "" : "es", who, w->ended == 1 ? "is" : "are",
                 w->begun ? "; what was begun by sudo goes on: --loginuid ends it" : "");
}

bool sessions_granted(struct sessions *s, char text[CONFIRM_TEXT_LEN], bool *good)
{
    const struct session_wish *w = &s->wish;
    if (w->state != WISH_DONE)
        return false;
    *good = w->left == 0 && w->refused == 0 && !w->failed && !w->more;
    describe(w, text);
    s->wish.state = WISH_NONE;
    return true;
}

static void count_for_wish(struct session_wish *w, const struct eviction_result *result)
{
    if (w->state != WISH_BEGUN)
        return;
    w->people += result->ended > 0;
    w->ended += result->ended;
    w->left += result->left;
    w->begun += result->begun;
    w->refused += result->refused;
    if (result->left && !w->left_pid)
        w->left_pid = result->left_pid;
}

/* --- the process --- */

/* What the process has not done is done later; the one that it hung at after the others. */
static void postpone(struct sessions *s)
{
    int64_t now = clock_mono_ms();
    s->wish.failed |= s->wish.state == WISH_BEGUN && s->done < s->count;
    for (uint32_t i = s->done; i < s->count; i++) {
        struct org_state *o = &s->orgs->org[s->list[i].org];
        struct roster_member *m = roster_find(&o->roster, s->list[i].remote);
        if (m && i == s->done && s->child)
            m->again_ms = now + AGAIN_MS;
        o->sessions.due_ms = sooner(o->sessions.due_ms, now + RETRY_MS);
    }
}

/* Forgets the list. */
static void conclude(struct sessions *s)
{
    s->count = s->done = 0;
    if (s->wish.state == WISH_BEGUN)
        s->wish.state = WISH_DONE;
}

/* The process has ended. */
static void reap(struct sessions *s)
{
    waitpid(s->child, NULL, 0);
    close(s->fd);
    postpone(s);
    s->child = 0;
    conclude(s);
}

/* Starts the process for the list. A member's program that forks without end may leave no room for
 * it: it is tried again soon, with one line in the log. */
static void begin(struct sessions *s)
{
    s->child = s->count > 0 ? eviction_start(s->list, s->count, &s->fd) : 0;
    s->patience_ms = clock_mono_ms() + EVICTION_MAX_MS;
    if (s->child > 0) {
        s->failing = false;
        return;
    }
    if (s->child < 0 && !s->failing)
        log_error("sessions cannot be ended yet: fork: %s", strerror(errno));
    s->failing |= s->child < 0;
    s->child = 0;
    postpone(s);
    conclude(s);
}

void sessions_run(struct sessions *s)
{
    if (s->child || sessions_due(s) > clock_mono_ms())
        return;
    if (s->wish.state == WISH_MADE)
        grant(s);
    else
        gather_all(s);
    begin(s);
}

/* Records that the sessions of E's person were ended. A number that is another's is left alone. */
static int record(struct sessions *s, const struct eviction *e,
                  const struct eviction_result *result)
{
    struct org_state *o = &s->orgs->org[e->org];
    struct roster_member *m = roster_find(&o->roster, e->remote);
    o->sessions.ended += result->ended > 0;
    if (e->kind == EVICTION_ROLE || e->kind == EVICTION_TIMESTAMP) {
        if (!m || !m->role_lost_ms)
            return 0;
        m->role_lost_ms = 0;
        return ledger_store(s->orgs->ledger, config_org_key(o->config), m);
    }
    if (!m || !has_left(m) || e->kind == EVICTION_NOTICE)
        return 0;
    if (m->departure.state == DEPARTURE_DUE && (!result->refused || result->present)) {
        m->again_ms = clock_mono_ms() + AGAIN_MS;
        o->sessions.due_ms = sooner(o->sessions.due_ms, m->again_ms);
    }
    if (result->present)
        return 0;
    departure_done(&m->departure, clock_wall_ms());
    m->departure_changed = true;
    if (ledger_store(s->orgs->ledger, config_org_key(o->config), m) < 0)
        return -1;
    m->departure_changed = false;
    count_departures(o);
    return 0;
}

static int take_result(struct sessions *s, const struct eviction_result *result)
{
    s->patience_ms = clock_mono_ms() + EVICTION_MAX_MS;
    if (result->place >= s->count)
        return 0;
    s->done = result->place + 1;
    count_for_wish(&s->wish, result);
    reserve_release();
    int rc = ledger_begin(s->orgs->ledger);
    if (rc == 0)
        rc = record(s, &s->list[result->place], result);
    if (rc == 0)
        rc = ledger_commit(s->orgs->ledger);
    reserve_take();
    return rc;
}

int sessions_take(struct sessions *s)
{
    struct eviction_result result;
    int more = s->child ? 1 : 0;
    while (more > 0) {
        more = eviction_take(s->fd, &result);
        if (more > 0 && take_result(s, &result) < 0)
            return -1;
    }
    bool late = more == 0 && s->child && clock_mono_ms() > s->patience_ms;
    if (late) {
        log_error("the process that ends sessions hangs, and is killed");
        kill(s->child, SIGKILL);
    }
    if (more < 0 || late)
        reap(s);
    return 0;
}

void sessions_end(struct sessions *s)
{
    if (!s->child)
        return;
    kill(s->child, SIGKILL);
    reap(s);
}

/* --- the list --- */

struct session_page {
    const char *org;
    uint32_t skip, count;
    char *text;
    size_t used, size;
    bool full;
};

static bool is_listed(const struct roster_member *m)
{
    return has_left(m) && m->departure.state != DEPARTURE_NONE &&
           m->departure.state != DEPARTURE_ENDED;
}

static void count_listed(struct roster_member *m, void *count)
{
    *(uint32_t *)count += is_listed(m);
}

static void add_line(struct roster_member *m, void *arg)
{
    struct session_page *p = arg;
    if (!is_listed(m) || p->count++ < p->skip || p->full)
        return;
    int n =
        snprintf(p->text + p->used, p->size - p->used, "%s\t%s\t%s\t%s\t%" PRId64 "\n", p->org,
                 m->remote.id, m->name, departure_word(m->departure.state), m->departure.since_ms);
    p->full = n < 0 || (size_t)n >= p->size - p->used;
    if (p->full)
        p->text[p->used] = '\0';
    else
        p->used += (size_t)n;
}

size_t sessions_list(const struct organizations *orgs, uint32_t skip, char *text, size_t size)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < orgs->count; i++)
        roster_each(&orgs->org[i].roster, count_listed, &count);
    struct session_page p = {.skip = skip, .text = text, .size = size};
    p.used = (size_t)snprintf(text, size, "%" PRIu32 "\n", count);
    for (uint32_t i = 0; i < orgs->count && !p.full; i++) {
        p.org = orgs->org[i].config->name;
        roster_each(&orgs->org[i].roster, add_line, &p);
    }
    return p.used;
}
