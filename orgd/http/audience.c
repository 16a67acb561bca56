#include "orgd/http/audience.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "orgd/buffer.h"
#include "orgd/secret.h"

#define GATHER_MS 1000 /* news that can wait are told at most once in this time, */
#define FEW       50   /* but to so many polls at once: that costs nothing */

/* The place of ORGANIZATION in the table. */
static size_t place_of(const char *organization)
{
    return table_hash(organization, strlen(organization)) % AUDIENCES;
}

struct audience *audience_find(const struct held_set *set, const char *organization)
{
    struct audience *a;
    LIST_FOREACH(a, &set->audiences[place_of(organization)], link)
    if (strcmp(a->organization, organization) == 0)
        return a;
    return NULL;
}

int64_t audience_due(const struct audience *a)
{
    return a->told_at + (a->told_many ? GATHER_MS : 0);
}

void audience_leave(struct audience *a)
{
    if (a->count > 0 || a->looking || audience_due(a) > clock_mono_ms())
        return;
    LIST_REMOVE(a, link);
    free(a);
}

struct audience *audience_of(struct held_set *set, const char *organization)
{
    struct audience *a = audience_find(set, organization), *next;
    if (a)
        return a;
    for (a = LIST_FIRST(&set->audiences[place_of(organization)]); a; a = next) {
        next = LIST_NEXT(a, link);
        audience_leave(a);
    }
    a = memory_get(sizeof *a);
    a->set = set;
    LIST_INIT(&a->polls);
    memcpy(a->organization, organization, sizeof a->organization);
    LIST_INSERT_HEAD(&set->audiences[place_of(organization)], a, link);
    return a;
}

void held_queue(struct held *held)
{
    if (held->queued)
        return;
    held->queued = true;
    TAILQ_INSERT_TAIL(&held->set->to_tell, held, to_tell);
}

bool held_answered(const struct held *held)
{
    return held->reply || held->broken || held->ended.len > 0;
}

/* The reply for who knows SINCE, or NULL. */
static struct reply *reply_for(const struct look *look, int64_t since)
{
    for (size_t i = 0; i < look->count; i++)
        if (look->since[i] == since)
            return look->replies[i];
    return NULL;
}

void held_give(struct held *held, struct reply *reply)
{
    reply->holders++;
    held->reply = reply;
    held->doubt |= reply_concerns(reply, &held->poll);
}

/* Gives HELD what was looked up, if that is news to it. */
static void tell(struct held *held, const struct look *look)
{
    struct audience *a = held->audience;
    struct reply *reply = reply_for(look, held->poll.since);
    if (held->poll.fresh && !held->over) /* it waits for more than news */
        return;
    if (look->away && held->begun) { /* it is looked up when the store is there again */
        held->doubt = true;
        return;
    }
    held->away = look->away;
    if (!look->there) { /* the organization is gone, or the store failed */
        held->doubt = held->broken = true;
    } else if (look->revision < held->poll.revision || (!reply && held->asks)) {
        held->asks = true;
        a->again = a->again == AGAIN_ALL ? AGAIN_ALL : AGAIN_ASKED;
        return;
    } else if (held->poll.since == look->revision && !held->over) {
        if (!held->asks)
            return;
        held->asks = false; /* it waits */
    } else if (reply) {
        held_give(held, reply);
    } else {
        return;
    }
    held_queue(held);
}

static void together_start(struct held_set *set);

static struct audience *audience_of_job(struct job *job)
{
    return (struct audience *)(void *)((char *)job - offsetof(struct audience, job));
}

static void look_done(struct job *job)
{
    struct audience *a = audience_of_job(job);
    struct held *held;
    a->looking = false;
    if (a->for_all && a->look.revision > a->told)
        a->told = a->look.revision;
    LIST_FOREACH(held, &a->polls, link)
    {
        if (!held_answered(held) && (a->for_all || held->asks))
            tell(held, &a->look);
    }
    for (size_t i = 0; i < a->look.count; i++) {
        if (a->look.replies[i])
            shelf_keep(&a->set->shelf, a->look.replies[i]);
        reply_release(a->look.replies[i]);
    }
    enum again again = a->again;
    a->again = AGAIN_NOT;
    if (again != AGAIN_NOT && a->count > 0)
        audience_look(a, again == AGAIN_ALL);
    audience_leave(a);
}

static void look_job(struct store *store, struct job *job)
{
    struct look *look = &audience_of_job(job)->look;
    looks_run(store, &look, 1);
}

static void look_alone(struct audience *a)
{
    a->job = (struct job){
        .run = look_job, .done = look_done, .caller = place_of(a->organization) % CALLERS};
    crew_add(a->set->reads, &a->job);
}

static void together_job(struct store *store, struct job *job)
{
    const struct together *t = (const struct together *)(const void *)job;
    struct look *looks[TOGETHER_MOST];
    for (size_t i = 0; i < t->count; i++)
        looks[i] = &t->audiences[i]->look;
    looks_run(store, looks, t->count);
}

static void together_done(struct job *job)
{
    struct together *t = (struct together *)(void *)job;
    struct held_set *set = t->audiences[0]->set;
    size_t count = t->count;
    struct audience *audiences[TOGETHER_MOST];
    memcpy(audiences, t->audiences, sizeof audiences);
    t->count = 0;
    for (size_t i = 0; i < count; i++) {
        if (audiences[i]->look.alone && !set->stopping)
            look_alone(audiences[i]);
        else
            look_done(&audiences[i]->job);
    }
    together_start(set);
}

/* Runs what waits to be looked up, if nothing of it is on its way. */
static void together_start(struct held_set *set)
{
    struct together *t = &set->together;
    struct audience *a;
    if (t->count > 0 || set->stopping)
        return;
    while (t->count < TOGETHER_MOST && (a = STAILQ_FIRST(&set->to_look)) != NULL) {
        STAILQ_REMOVE_HEAD(&set->to_look, wait);
        t->audiences[t->count++] = a;
    }
    if (t->count == 0)
        return;
    t->job = (struct job){.run = together_job, .done = together_done};
    crew_add(set->reads, &t->job);
}

/* Adds what HELD waits for to LOOK, if there is room. */
static void look_add(struct look *look, struct held *held)
{
    size_t i = 0;
    while (i < look->count && look->since[i] != held->poll.since)
        i++;
    if (i == LOOK_MOST) {
        held->asks = true; /* tell() has it looked up next */
        return;
    }
    look->since[i] = held->poll.since;
    look->count = i == look->count ? i + 1 : look->count;
    if (held->poll.revision < look->let_in)
        look->let_in = held->poll.revision;
}

/* True if LOOK is for somebody who knows nothing. */
static bool look_large(const struct look *look)
{
    for (size_t i = 0; i < look->count; i++)
        if (look->since[i] == 0)
            return true;
    return false;
}

void audience_look(struct audience *a, bool for_all)
{
    struct held *held;
    if (a->looking) {
        a->again = for_all || a->again == AGAIN_ALL ? AGAIN_ALL : AGAIN_ASKED;
        return;
    }
    if (a->set->stopping)
        return;
    a->look = (struct look){.let_in = INT64_MAX};
    memcpy(a->look.organization, a->organization, sizeof a->look.organization);
    LIST_FOREACH(held, &a->polls, link)
    {
        if (!held_answered(held) && (for_all || held->asks))
            look_add(&a->look, held);
    }
    a->looking = true;
    a->for_all = for_all;
    if (for_all) {
        a->news = false;
        a->told_at = clock_mono_ms();
        a->told_many = a->count > FEW;
    }
    if (look_large(&a->look)) {
        look_alone(a);
        return;
    }
    STAILQ_INSERT_TAIL(&a->set->to_look, a, wait);
    together_start(a->set);
}

void audience_tell(struct audience *a, enum news_kind news)
{
    struct held *held;
    if (news == NEWS_RIGHTS) {
        LIST_FOREACH(held, &a->polls, link)
        {
            held->doubt = true;
            held_queue(held);
        }
    }
    a->news = true;
    if (news != NEWS_GATHERED || audience_due(a) <= clock_mono_ms())
        audience_look(a, true);
    else
        held_arm(a->set, audience_due(a));
}

void audiences_free(struct held_set *set)
{
    for (size_t i = 0; i < AUDIENCES; i++) {
        struct audience *a;
        while ((a = LIST_FIRST(&set->audiences[i])) != NULL) {
            LIST_REMOVE(a, link);
            free(a);
        }
    }
}
