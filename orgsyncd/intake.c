#include "orgsyncd/intake.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

#include "common/clock.h"
#include "common/log.h"
#include "orgsyncd/reserve.h"
#include "orgsyncd/team_rules.h"

/* The number of messages of one fetcher that are taken before the others and the clients. */
#define MESSAGES_AT_ONCE 512
/* An answer is merged for so long before other work is done. */
#define SLICE_MS 20

/* --- merging --- */

bool intake_is_merging(const struct org_state *o)
{
    return o->merge.phase != MERGE_IDLE;
}

static int finish_merge(struct intake *in, struct org_state *o, enum merge_result result)
{
    if (o->new_rules &&
        ledger_store_org_rules(in->orgs->ledger, config_org_key(o->config), &o->ruled.rules) < 0)
        return -1;
    result = organization_listed(o, result);
    sessions_note(in->sessions, o);
    if (o->merge.term_ms < o->terms_ms)
        o->terms_ms = o->merge.term_ms;
    if (publisher_take(in->publisher, o, result) < 0)
        return -1;
    confirm_server_settle(in->server);
    if (o->merge.kind == LISTING_COMPLETE && !o->relayed)
        o->listing_ms = clock_mono_ms() - o->commit.started_ms;
    return 0;
}

int intake_merge(struct intake *in, struct org_state *o)
{
    bool writes = in->publisher->mode != KEEPER_CHECK &&
                  (o->merge.items > 0 || o->merge.kind == LISTING_COMPLETE || o->merge.repeats ||
                   o->new_rules);
    if (writes)
        reserve_release(); /* the ledger stores the changes before the snapshot does */
    enum merge_result result = merge_go_on(&o->merge, clock_mono_ms() + SLICE_MS);
    if (result == MERGE_FAILED)
        return -1;
    if (writes && result == MERGE_UNCHANGED && !o->new_rules && !o->new_teams)
        reserve_take(); /* otherwise the publisher does */
    return result == MERGE_MORE ? 0 : finish_merge(in, o, result);
}

/* The judge of the departures in the answer that H completes. */
static struct departure_judge judge_of(const struct intake *in, const struct org_state *o,
                                       const struct pipe_header *h)
{
    return (struct departure_judge){
        .sessions = &in->orgs->config->sessions,
        .history = o->history,
        .first = o->history != o->history_taken,
        .names = h->flags & PIPE_CHANGES,
        .now_ms = clock_wall_ms(),
        .at_ms = o->merging_ms,
    };
}

struct team_intake {
    struct intake *in;
    struct org_state *o;
    char owner[LEDGER_OWNER_SIZE];
    int rc; /* 1: something is new */
};

/* Begins to store what an answer brought before it is merged. */
static int begin_storing(const struct intake *in)
{
    if (in->publisher->mode != KEEPER_CHECK)
        reserve_release(); /* until the publisher takes it */
    return ledger_begin(in->orgs->ledger);
}

static void take_team(struct org_team *team, void *arg)
{
    struct team_intake *t = arg;
    const struct pipe_team named = {team->id, team->slug, team->name, team->parent};
    int rc = t->rc < 0 ? -1 : teams_put(&t->o->teams, &named);
    if (rc > 0 && t->rc == 0 && begin_storing(t->in) < 0)
        rc = -1;
    if (rc > 0)
        rc =
            ledger_store_team(t->in->orgs->ledger, t->owner, teams_find(&t->o->teams, team->id)) < 0
                ? -1
                : 1;
    t->rc = rc ? rc : t->rc;
}

/* Takes what the incoming answer calls the teams: rules that name them go by it at once. */
static int take_teams(struct intake *in, struct org_state *o)
{
    struct team_intake t = {.in = in, .o = o};
    ledger_owner(LEDGER_TEAMS, config_org_key(o->config), t.owner);
    teams_each(&o->incoming.teams, take_team, &t);
    o->new_teams = t.rc > 0;
    if (t.rc > 0 &&
        (team_rules_resolve(in->orgs->config, o->config, &o->teams, in->orgs->ledger) < 0 ||
         ledger_commit(in->orgs->ledger) < 0))
        return -1;
    return t.rc < 0 ? -1 : 0;
}

/* The incoming answer is complete. */
static int commit(struct intake *in, struct org_state *o, const struct pipe_header *h)
{
    char text[CONFIRM_TEXT_LEN];
    o->history += !(h->flags & PIPE_CONTINUES);
    if (listing_implausible(&o->incoming, &o->roster, text, sizeof text)) {
        organization_refuse(o, text);
        confirm_server_fail(in->server, o);
        return 0;
    }
    if (take_teams(in, o) < 0)
        return -1;
    o->new_rules = o->incoming.ruled && !org_rules_same(&o->incoming.rules.rules, &o->rules.rules);
    if (o->new_rules)
        org_rules_keep(&o->ruled, &o->incoming.rules.rules);
    o->commit = *h;
    o->merging_ms = clock_mono_ms();
    o->merge = (struct merge){
        .known = &o->roster,
        .ledger = in->orgs->ledger,
        .key = config_org_key(o->config),
        .brake = {.config = in->orgs->config,
                  .org = o->config->name,
                  .known = &o->roster,
                  .mode = o->incoming.kind == LISTING_COMPLETE ? o->brake : BRAKE_ON,
                  .now_ms = clock_wall_ms()},
        .own = &o->rules.rules,
        .judge = judge_of(in, o, h),
        .repeats = o->incoming.kind == LISTING_CHANGES &&
                   (h->flags & (PIPE_CONTINUES | PIPE_CHANGES)) == PIPE_CONTINUES,
    };
    return merge_begin(&o->merge, &o->incoming) < 0 ? -1 : intake_merge(in, o);
}

/* --- messages --- */

void intake_fail(struct intake *in, struct org_state *o, const char *text)
{
    organization_fail(o, text);
    confirm_server_fail(in->server, o);
}

/* Nothing has changed at the organization. Until it is listed, that confirms no member. */
static int take_heard(struct intake *in, struct org_state *o, const struct pipe_header *h)
{
    if (o->listing != ORG_LISTED)
        return 0;
    organization_heard(o, h);
    confirm_server_settle(in->server);
    return publisher_confirm(in->publisher, o);
}

int intake_take(struct intake *in, struct org_state *o, const void *message, size_t size)
{
    struct pipe_header h;
    int64_t now = clock_mono_ms();
    if (!pipe_decode(message, size, &h) || !organization_in_order(o, &h))
        return 0;
    if (h.started_ms < 0 || h.started_ms > now)
        h.started_ms = now;
    switch (h.type) {
    case PIPE_BEGIN:
        organization_begin_request(o, h.request);
        break;
    case PIPE_RESET:
        organization_receive(o, &h);
        listing_begin(&o->incoming, LISTING_COMPLETE);
        break;
    case PIPE_MEMBER:
        organization_receive(o, &h);
        listing_add(&o->incoming, o->config->name, message, size);
        break;
    case PIPE_TEAM:
        organization_receive(o, &h);
        listing_team(&o->incoming, o->config->name, message, size);
        break;
    case PIPE_ORG_RULES:
        organization_receive(o, &h);
        listing_rule(&o->incoming, o->config->name, message, size);
        break;
    case PIPE_COMMIT:
        organization_receive(o, &h);
        o->answered = h.request;
        return commit(in, o, &h);
    case PIPE_FAILED:
        intake_fail(in, o, pipe_text(message, size));
        break;
    case PIPE_HEARD:
        return take_heard(in, o, &h);
    default:
        break;
    }
    return 0;
}

/* --- the pipe --- */

static bool hung_up(int pipe)
{
    struct pollfd p = {.fd = pipe, .events = POLLRDHUP};
    return poll(&p, 1, 0) != 0;
}

int intake_read(struct intake *in, struct org_state *o)
{
    char message[PIPE_MAX];
    for (int i = 0; i < MESSAGES_AT_ONCE && !intake_is_merging(o); i++) {
        ssize_t n = recv(o->pipe, message, sizeof message, MSG_DONTWAIT);
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            return 0;
        o->silent_ms = 0;
        if (n == 0 && !hung_up(o->pipe))
            continue; /* an empty packet is not the end */
        if (n <= 0) {
            log_error("%s: the pipe to its fetcher was closed", o->config->name);
            return -1;
        }
        if (intake_take(in, o, message, (size_t)n) < 0)
            return -1;
    }
    return 0;
}
