#include "orgsyncd/organization.h"

#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/name.h"

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

void organization_ask(struct org_state *o, enum pipe_type question)
{
    struct pipe_header header = {.type = question};
    if (o->pipe >= 0 && pipe_try_send(o->pipe, &header, NULL) == 0)
        o->asked = true;
}

bool organization_tried(const struct org_state *o)
{
    return o->listing != ORG_UNLISTED || o->link == LINK_DOWN;
}

/* --- order --- */

void organization_begin_request(struct org_state *o, uint64_t request)
{
    if (request != 1 && request != o->begun + 1)
        return;
    if (request == 1) { /* of a new fetcher: the last message of the one before was read already */
        o->answered = 0;
        o->waiting.heard.request = o->carried.heard.request = o->in_force.request = 0;
        o->told = (struct pipe_applied){.ended = 0};
        o->told_glass = (struct break_glass){.end_ms = 0};
        listing_begin(&o->incoming, LISTING_CHANGES);
    }
    o->begun = request;
}

bool organization_in_order(const struct org_state *o, const struct pipe_header *h)
{
    bool answers = h->type == PIPE_RESET || h->type == PIPE_MEMBER || h->type == PIPE_ORG_RULES ||
                   h->type == PIPE_TEAM || h->type == PIPE_COMMIT || h->type == PIPE_HEARD;
    return !answers || (h->request > o->answered && h->request <= o->begun);
}

void organization_receive(struct org_state *o, const struct pipe_header *h)
{
    if (h->request == o->incoming_request)
        return;
    listing_begin(&o->incoming, LISTING_CHANGES);
    o->incoming_request = h->request;
}

/* --- transitions --- */

/* The times that count together with what is heard now: those of the newest news. */
static struct heard *newest(struct org_state *o)
{
    if (o->waiting.since_ms)
        return &o->waiting.heard;
    return o->carried.since_ms ? &o->carried.heard : &o->in_force;
}

void organization_heard(struct org_state *o, const struct pipe_header *h)
{
    struct heard *heard = newest(o);
    o->link = h->flags & PIPE_HELD ? LINK_HELD : LINK_UP;
    if (o->listing != ORG_REFUSED) /* that is as it was before */
        o->failure[0] = '\0';
    if (h->started_ms > heard->heard_ms) {
        heard->heard_ms = h->started_ms;
        heard->confirmed_ms = clock_wall_ms() - (clock_mono_ms() - h->started_ms);
    }
    if (h->type == PIPE_COMMIT) {
        heard->request = h->request;
        o->relayed = h->flags & PIPE_RELAYED;
    }
    if (h->flags & PIPE_ROUND_TRIP) {
        heard->answered_ms = later(heard->answered_ms, h->started_ms);
        o->asked = false;
    }
}

static void note_changes(struct org_state *o)
{
    o->held_count = brake_describe(&o->roster, o->held, sizeof o->held);
    if (!o->waiting.since_ms)
        o->waiting.since_ms = o->merging_ms;
    o->waiting.members += o->merge.changed;
}

void organization_aged(struct org_state *o, size_t members)
{
    if (!o->waiting.since_ms)
        o->waiting.since_ms = clock_mono_ms();
    o->waiting.members += members;
}

enum merge_result organization_listed(struct org_state *o, enum merge_result result)
{
    bool complete = o->merge.kind == LISTING_COMPLETE;
    if (o->merge.brake.mode == BRAKE_ACCEPT && brake_reset(&o->roster))
        result = MERGE_CHANGED;
    if (o->new_rules) {
        org_rules_keep(&o->rules, &o->ruled.rules);
        result = MERGE_CHANGED;
        o->merge.changed++; /* a snapshot for them is charged like one for a member */
    }
    if (o->new_teams) {
        result = MERGE_CHANGED;
        o->merge.changed++;
    }
    o->new_rules = o->new_teams = false;
    if (result == MERGE_CHANGED)
        note_changes(o);
    /* Changes say nothing of the other members, whose listing was refused. */
    if (complete || o->listing != ORG_REFUSED) {
        o->listing = ORG_LISTED;
        organization_heard(o, &o->commit);
    } else {
        o->asked = false;
    }
    if (!o->merge.judge.braked)
        o->history_taken = o->history;
    if (complete) {
        o->brake = BRAKE_ON;
        newest(o)->listed_ms = o->commit.started_ms;
    }
    return result;
}

/* The attempt to hear from the organization ends without an answer that is taken. */
static void give_up(struct org_state *o, const char *text)
{
    snprintf(o->failure, sizeof o->failure, "%s", text);
    o->failures++;
    o->asked = false;
    o->brake = BRAKE_ON;
    listing_begin(&o->incoming, LISTING_CHANGES);
}

void organization_refuse(struct org_state *o, const char *text)
{
    if (strcmp(o->failure, text) != 0)
        log_warning("%s: the listing is refused, and the last one stays in force: %s",
                    o->config->name, text);
    o->listing = ORG_REFUSED;
    give_up(o, text);
}

void organization_fail(struct org_state *o, const char *text)
{
    char clean[CONFIRM_TEXT_LEN];
    text_clean(clean, sizeof clean, text, false);
    o->link = LINK_DOWN;
    give_up(o, *clean ? clean : "the organization could not be reached");
}

/* --- news --- */

int64_t organization_carry(struct org_state *o)
{
    const struct heard *next = &o->carried.heard, *now = &o->in_force;
    o->carried = o->waiting;
    o->waiting = (struct news){0};
    return next->heard_ms > now->heard_ms ? next->confirmed_ms : now->confirmed_ms;
}

void organization_carried(struct org_state *o)
{
    const struct heard *next = &o->carried.heard;
    struct heard *now = &o->in_force;
    if (next->heard_ms > now->heard_ms)
        now->confirmed_ms = next->confirmed_ms;
    now->heard_ms = later(now->heard_ms, next->heard_ms);
    now->answered_ms = later(now->answered_ms, next->answered_ms);
    now->listed_ms = later(now->listed_ms, next->listed_ms);
    now->named = next->named;
    if (next->request > now->request)
        now->request = next->request;
    o->carried = (struct news){0};
}

void organization_tell(struct org_state *o, int64_t made_ms)
{
    struct pipe_applied applied = {
        .header = {.type = PIPE_APPLIED, .started_ms = made_ms, .request = o->in_force.request},
        .ended = (uint32_t)o->sessions.ended,
        .ending = o->sessions.ending};
    if (o->pipe < 0 || o->held_count > 0 || applied.header.request == 0 || made_ms == 0 ||
        (applied.header.request == o->told.header.request && applied.ended == o->told.ended &&
         applied.ending == o->told.ending))
        return;
    if (pipe_try_send_applied(o->pipe, &applied) == 0)
        o->told = applied;
}

void organization_tell_glass(struct org_state *o, const struct break_glass *glass)
{
    struct pipe_break_glass broken = {.header = {.type = PIPE_BREAK_GLASS}, .glass = *glass};
    if (o->pipe < 0 || o->begun == 0 || break_glass_same(glass, &o->told_glass))
        return;
    if (pipe_try_send_break_glass(o->pipe, &broken) == 0)
        o->told_glass = *glass;
}
