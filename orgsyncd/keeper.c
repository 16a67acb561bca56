#include "orgsyncd/keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/paths.h"
#include "common/snapshot_writer.h"
#include "orgsyncd/notify.h"
#include "orgsyncd/reserve.h"

/* Messages of one fetcher before the others and the clients have their turn. */
#define MESSAGES_AT_ONCE 512
/* A keeper that has just begun waits so long for each organization's first answer before it gives a
 * name to a newcomer; one that has not answered by then counts as away. */
#define FIRST_ANSWER_MS 15000
/* With so many members in all a child makes the snapshot. */
#define DETACH_LEAST 20000
/* Snapshots for the news of one organization may take half of the time, and be so far behind. */
#define DEBT_MAX_MS 3000
/* So many newcomers have names and ids before others have their turn. */
#define NEWCOMERS_AT_ONCE 8000
/* Everybody's name and number is looked at again so often at least, when a snapshot is made. */
#define EPOCH_MS 600000
/* So long one organization's answer is worked on before the others have their turn. */
#define SLICE_MS 20
/* The snapshot's live words are written at most this often. */
#define RECORD_MS 1000
/* orgsyncd(8): a mistake in the configuration. */
#define EXIT_CONTRADICTED 3
void keeper_ask(struct keeper_org *o, bool relist)
{
    struct pipe_header header = {.type = relist ? PIPE_RELIST : PIPE_REFRESH};
    if (o->pipe >= 0 && pipe_try_send(o->pipe, &header, NULL) == 0)
        o->asked = true;
}

/* --- publishing --- */

/* Listed or failed. */
static bool done(const struct keeper_org *o)
{
    return o->listing != ORG_UNLISTED || o->link == LINK_DOWN;
}

/* True once newcomers may have names. An organization that does not answer in time counts as away.
 */
static bool names_due(const struct keeper *k)
{
    bool all = true;
    for (uint32_t i = 0; i < k->org_count; i++)
        all &= done(&k->org[i]);
    return all ||
           (k->settings->mode == KEEPER_SERVE && clock_mono_ms() - k->begun_ms >= FIRST_ANSWER_MS);
}

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* True if a snapshot is so much work that a child makes it. */
static bool is_large(const struct keeper *k)
{
    size_t members = 0;
    for (uint32_t i = 0; i < k->org_count; i++)
        members += k->org[i].roster.count;
    return k->settings->mode == KEEPER_SERVE && members >= DETACH_LEAST;
}

/* O's part of a snapshot's time was MS. */
static void charge(struct keeper_org *o, int64_t now, int64_t ms)
{
    int64_t paid = (now - o->debt_at_ms) / 2;
    o->debt_ms = (o->debt_ms > paid ? o->debt_ms - paid : 0) + ms;
    o->debt_at_ms = now;
    o->pace_ms = o->debt_ms > DEBT_MAX_MS ? now + 2 * (o->debt_ms - DEBT_MAX_MS) : 0;
}

/* The snapshot is in force: what it carries was heard. */
static void note_published(struct keeper *k, int64_t now)
{
    size_t members = 0;
    for (uint32_t i = 0; i < k->org_count; i++)
        members += k->org[i].carried.members;
    for (uint32_t i = 0; i < k->org_count; i++) {
        struct keeper_org *o = &k->org[i];
        struct news *n = &o->carried;
        o->confirmed_ms = n->heard_ms > o->heard_ms ? n->confirmed_ms : o->confirmed_ms;
        o->heard_ms = later(o->heard_ms, n->heard_ms);
        o->answered_ms = later(o->answered_ms, n->answered_ms);
        o->listed_ms = later(o->listed_ms, n->listed_ms);
        o->named = n->named;
        if (n->members > 0 && is_large(k))
            charge(o, now, (now - k->child_ms) * (int64_t)n->members / (int64_t)members);
        *n = (struct news){0};
    }
    if (k->settings->mode != KEEPER_CHECK && stat(PATH_SNAPSHOT, &k->snapshot) < 0)
        k->snapshot = (struct stat){0};
    k->generation++;
    k->publish_ms = now - k->child_ms;
}

static void fill_input(struct keeper *k, struct roster *rosters, struct compile_input *input)
{
    for (uint32_t i = 0; i < k->org_count; i++) {
        struct keeper_org *o = &k->org[i];
        o->carried = o->waiting;
        o->waiting = (struct news){0};
        rosters[i] = o->roster;
        o->recorded_ms =
            o->carried.heard_ms > o->heard_ms ? o->carried.confirmed_ms : o->confirmed_ms;
        input->confirmed_ms[i] = o->recorded_ms;
    }
}

/* True while an answer is only partly in a roster. Two who want one name must be seen together, so
 * that nobody has a new name then. */
static bool is_taking(const struct keeper *k)
{
    for (uint32_t i = 0; i < k->org_count; i++)
        if (k->org[i].merge.phase == MERGE_TAKE)
            return true;
    return false;
}

/* True while a newcomer waits for a name. */
static bool unnamed(const struct keeper *k)
{
    return k->newcomers.next < k->newcomers.count;
}

/* Notes the organizations whose newcomers all have names in the snapshot in the making. */
static void note_named(struct keeper *k)
{
    for (uint32_t i = 0; i < k->org_count; i++)
        k->org[i].carried.named = k->newcomers.left[i] == 0;
}

/* The snapshot is made of the machine's own users as they are now. The stamp does not see a file of
 * sysusers.d that is written in its place: a new epoch begins now and then. */
static uint32_t begin_epoch(struct keeper *k)
{
    const struct local_stamp before = k->local;
    int64_t now = clock_mono_ms();
    local_stamp_take(&k->local);
    if (!local_stamp_same(&before, &k->local) || now - k->epoch_ms >= EPOCH_MS || k->epoch == 0) {
        k->epoch++;
        k->epoch_ms = now;
    }
    return k->epoch;
}

/* Compiles and publishes what is known, or has a child begin to. A failure ends the keeper:
 * everything that counts is on disk, and a new one begins from there. */
static int publish(struct keeper *k)
{
    struct roster rosters[SNAPSHOT_ORGS_MAX];
    bool half = is_taking(k);
    struct compile_input input = {
        .config = k->settings->config,
        .ledger = k->ledger,
        .roster = rosters,
        .group_fault = k->group_fault,
        .newcomers = &k->newcomers,
        .names = k->names_due && !half ? COMPILE_ALL_NAMES : COMPILE_BOUND_NAMES,
        .generation = k->generation + 1,
        .path = k->settings->mode == KEEPER_CHECK ? NULL : PATH_SNAPSHOT,
    };
    k->half = half;
    fill_input(k, rosters, &input);
    input.epoch = begin_epoch(k);
    k->again = false;
    k->child_ms = clock_mono_ms();
    if (input.path)
        reserve_release();
    if (is_large(k)) {
        input.newcomers_max = NEWCOMERS_AT_ONCE;
        k->child = compile_detached(&input, &k->child_fd);
        note_named(k);
        return k->child < 0 ? -1 : 0;
    }
    int rc = compile(&input, &k->result);
    if (input.path)
        reserve_take();
    note_named(k);
    if (rc == 0)
        note_published(k, clock_mono_ms());
    return rc;
}

/* The child that publishes has ended, or is waited for. */
static int join_child(struct keeper *k)
{
    pid_t child = k->child;
    k->child = 0;
    int rc = compile_join(child, k->child_fd, &k->result);
    reserve_take();
    if (rc == 0)
        note_published(k, clock_mono_ms());
    return rc;
}

/* Returns the time of the next snapshot (clock_mono_ms); INT64_MAX without news, or before names
 * may be given. */
static int64_t publish_due(const struct keeper *k)
{
    int64_t due = k->again ? 0 : INT64_MAX;
    if (k->child || (!k->names_due && k->generation == 0))
        return INT64_MAX;
    for (uint32_t i = 0; i < k->org_count; i++)
        if (k->org[i].waiting.since_ms && k->org[i].pace_ms < due)
            due = k->org[i].pace_ms;
    return due;
}

/* True if newcomers may have names now. Who wants the same name as one of them may be in an answer
 * that is half in a roster, or was so when they were listed. */
static bool may_name(const struct keeper *k)
{
    return k->names_due && unnamed(k) && !k->half && !is_taking(k);
}

/* Gives names to the next newcomers, while there are any: beside a child that publishes, so that
 * their number makes nobody wait. */
static int name_newcomers(struct keeper *k)
{
    struct roster rosters[SNAPSHOT_ORGS_MAX];
    struct compile_input input = {
        .config = k->settings->config,
        .ledger = k->ledger,
        .roster = rosters,
        .group_fault = k->group_fault,
        .newcomers = &k->newcomers,
        .newcomers_max = NEWCOMERS_AT_ONCE,
    };
    if (!may_name(k))
        return 0;
    for (uint32_t i = 0; i < k->org_count; i++)
        rosters[i] = k->org[i].roster;
    int rc = compile_names(&input);
    k->again |= !unnamed(k);
    return rc;
}

/* Publishes what is due. One child publishes at a time; and an organization with news without end
 * has a part of the time, so that it does not keep the others' news waiting. */
static int publish_news(struct keeper *k)
{
    if (!k->names_due && names_due(k)) {
        k->names_due = true;
        k->again |= unnamed(k);
    }
    return publish_due(k) <= clock_mono_ms() ? publish(k) : 0;
}

int keeper_publish(struct keeper *k)
{
    k->again = true;
    return publish_news(k);
}

/* True if the machine's own names and numbers are those that the snapshot was compiled against. */
static bool same_machine(const struct keeper *k)
{
    struct local_stamp now;
    local_stamp_take(&now);
    return local_stamp_same(&now, &k->local);
}

/* True if the snapshot at the path is the one that we have published. Its times are no proof, we
 * change them. */
static bool same_snapshot(const struct keeper *k)
{
    struct stat now;
    return stat(PATH_SNAPSHOT, &now) == 0 && now.st_dev == k->snapshot.st_dev &&
           now.st_ino == k->snapshot.st_ino && now.st_size == k->snapshot.st_size;
}

/* The organization was heard from: into the snapshot with it, and if the machine's own users are
 * others by now, or the file is gone or another one (an old one that was put back would have
 * members who left by now), a new snapshot. */
static int record_confirmation(struct keeper *k, struct keeper_org *o)
{
    if (k->settings->mode == KEEPER_CHECK || k->generation == 0 || k->child)
        return 0;
    if (!same_machine(k) || !same_snapshot(k)) {
        k->again = true;
        return publish_news(k);
    }
    if (o->confirmed_ms >= o->recorded_ms && o->confirmed_ms - o->recorded_ms < RECORD_MS)
        return 0;
    o->recorded_ms = o->confirmed_ms;
    if (snapshot_mark_confirmed(PATH_SNAPSHOT, (uint32_t)(o - k->org), o->confirmed_ms) == 0)
        return 0;
    k->again = true;
    return publish_news(k);
}

/* --- the fetchers' messages --- */

/* Notes what H says was heard: with what else of the organization's no snapshot has yet. */
static void heard(struct keeper_org *o, const struct pipe_header *h)
{
    int64_t when = h->started_ms;
    struct news now = {.heard_ms = o->heard_ms, .confirmed_ms = o->confirmed_ms};
    struct news *n = o->waiting.since_ms ? &o->waiting : o->carried.since_ms ? &o->carried : &now;
    o->link = h->flags & PIPE_HELD ? LINK_HELD : LINK_UP;
    if (when > n->heard_ms) {
        n->heard_ms = when;
        n->confirmed_ms = clock_wall_ms() - (clock_mono_ms() - when);
    }
    if (h->flags & PIPE_ROUND_TRIP) {
        n->answered_ms = later(n->answered_ms, when);
        o->asked = false;
    }
    if (n != &now)
        return;
    o->heard_ms = now.heard_ms;
    o->confirmed_ms = now.confirmed_ms;
    o->answered_ms = later(o->answered_ms, now.answered_ms);
}

static void refuse(struct keeper *k, struct keeper_org *o, const char *text)
{
    if (strcmp(o->failure, text) != 0)
        log_warning("%s: the listing is not taken, the last one stays: %s", o->config->name, text);
    snprintf(o->failure, sizeof o->failure, "%s", text);
    o->failures++;
    o->listing = ORG_REFUSED;
    o->asked = false;
    o->brake = BRAKE_ON;
    listing_begin(&o->incoming, LISTING_CHANGES);
    confirm_server_settle(k, o);
}

/* A complete listing is in the roster. It is true from the snapshot on that carries it. */
static void note_listed(struct keeper_org *o, int64_t started_ms)
{
    o->brake = BRAKE_ON;
    if (o->waiting.since_ms)
        o->waiting.listed_ms = started_ms;
    else if (o->carried.since_ms)
        o->carried.listed_ms = started_ms;
    else
        o->listed_ms = started_ms;
}

/* The answer is in the roster. CHANGED: with a member who changed. */
static int conclude_commit(struct keeper *k, struct keeper_org *o, bool changed)
{
    const struct pipe_header *h = &o->commit;
    bool complete = o->merge.kind == LISTING_COMPLETE;
    if (o->merge.brake.mode == BRAKE_ACCEPT)
        changed |= brake_reset(&o->roster);
    if (changed)
        o->held_count = brake_describe(&o->roster, o->held, sizeof o->held);
    if (changed && !o->waiting.since_ms)
        o->waiting.since_ms = o->merging_ms;
    o->waiting.members += changed ? o->merge.changed : 0;
    /* Changes are true of those whom they name; what was refused is still to be listed. */
    if (complete || o->listing != ORG_REFUSED) {
        heard(o, h);
        o->failure[0] = '\0';
        o->listing = ORG_LISTED;
    } else {
        o->asked = false;
    }
    if (complete)
        note_listed(o, h->started_ms);
    k->again |= k->generation == 0 || k->half;
    int rc = changed || k->again ? publish_news(k) : record_confirmation(k, o);
    if (rc == 0)
        confirm_server_settle(k, NULL);
    if (complete)
        o->listing_ms = clock_mono_ms() - h->started_ms;
    return rc;
}

/* Works on the answer of O for a while. */
static int go_on(struct keeper *k, struct keeper_org *o)
{
    bool writes = k->settings->mode != KEEPER_CHECK &&
                  (o->merge.items > 0 || o->merge.kind == LISTING_COMPLETE);
    if (writes)
        reserve_release(); /* the ledger has what changed first */
    enum merge_result rc = merge_go_on(&o->merge, clock_mono_ms() + SLICE_MS);
    if (rc == MERGE_FAILED)
        return -1;
    if (writes && rc == MERGE_UNCHANGED)
        reserve_take(); /* otherwise publishing does */
    return rc == MERGE_MORE ? 0 : conclude_commit(k, o, rc == MERGE_CHANGED);
}

static int commit(struct keeper *k, struct keeper_org *o, const struct pipe_header *h)
{
    char text[CONFIRM_TEXT_LEN];
    if (listing_implausible(&o->incoming, &o->roster, text, sizeof text)) {
        refuse(k, o, text);
        return 0;
    }
    o->commit = *h;
    o->merging_ms = clock_mono_ms();
    o->merge = (struct merge){
        .known = &o->roster,
        .ledger = k->ledger,
        .key = config_org_key(o->config),
        .brake = {.config = k->settings->config,
                  .org = o->config->name,
                  .known = &o->roster,
                  .mode = o->incoming.kind == LISTING_COMPLETE ? o->brake : BRAKE_ON,
                  .now_ms = clock_wall_ms()},
    };
    return merge_begin(&o->merge, &o->incoming) < 0 ? -1 : go_on(k, o);
}

static void take_failure(struct keeper *k, struct keeper_org *o, const char *text)
{
    char clean[CONFIRM_TEXT_LEN];
    text_clean(clean, sizeof clean, text, false);
    snprintf(o->failure, sizeof o->failure, "%s",
             *clean ? clean : "the organization could not be reached");
    o->failures++;
    o->link = LINK_DOWN;
    o->asked = false;
    o->brake = BRAKE_ON;
    listing_begin(&o->incoming, LISTING_CHANGES);
    confirm_server_settle(k, o);
}

/* A number that is neither the next nor the first is none: what is said in its name is void. */
static void begin_request(struct keeper_org *o, uint64_t request)
{
    if (request != 1 && request != o->begun + 1)
        return;
    if (request ==
        1) { /* the fetcher before has ended, and its last message was read before this */
        o->answered = 0;
        listing_begin(&o->incoming, LISTING_CHANGES);
    }
    o->begun = request;
}

/* True when H answers a request that began, and after the last one that was answered. */
static bool in_order(const struct keeper_org *o, const struct pipe_header *h)
{
    bool answers = h->type == PIPE_RESET || h->type == PIPE_MEMBER || h->type == PIPE_COMMIT ||
                   h->type == PIPE_HEARD;
    return !answers || (h->request > o->answered && h->request <= o->begun);
}

/* Members that answered another request do not belong to this answer. */
static void receive(struct keeper_org *o, const struct pipe_header *h)
{
    if (h->request == o->incoming_request)
        return;
    listing_begin(&o->incoming, LISTING_CHANGES);
    o->incoming_request = h->request;
}

static int take_message(struct keeper *k, struct keeper_org *o, const void *message, size_t size)
{
    struct pipe_header h;
    int64_t now = clock_mono_ms();
    if (!pipe_decode(message, size, &h) || !in_order(o, &h))
        return 0;
    if (h.started_ms < 0 || h.started_ms > now)
        h.started_ms = now;
    switch (h.type) {
    case PIPE_BEGIN:
        begin_request(o, h.request);
        break;
    case PIPE_RESET:
        receive(o, &h);
        listing_begin(&o->incoming, LISTING_COMPLETE);
        break;
    case PIPE_MEMBER:
        receive(o, &h);
        listing_add(&o->incoming, o->config->name, message, size);
        break;
    case PIPE_COMMIT:
        receive(o, &h);
        o->answered = h.request;
        return commit(k, o, &h);
    case PIPE_FAILED:
        take_failure(k, o, pipe_text(message, size));
        break;
    case PIPE_HEARD:
        if (o->listing != ORG_LISTED)
            break;
        heard(o, &h);
        confirm_server_settle(k, NULL);
        return record_confirmation(k, o);
    default:
        break;
    }
    return 0;
}

static bool hung_up(int pipe)
{
    struct pollfd p = {.fd = pipe, .events = POLLRDHUP};
    return poll(&p, 1, 0) != 0;
}

/* Returns -1 when the fetcher is gone or something cannot be kept. */
static int drain_pipe(struct keeper *k, struct keeper_org *o)
{
    char message[PIPE_MAX];
    for (int i = 0; i < MESSAGES_AT_ONCE && o->merge.phase == MERGE_IDLE; i++) {
        ssize_t n = recv(o->pipe, message, sizeof message, MSG_DONTWAIT);
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            return 0;
        o->silent_ms = 0;
        if (n == 0 && !hung_up(o->pipe))
            continue; /* a packet without a byte, not the end */
        if (n <= 0) {
            log_error("%s: its fetcher is gone", o->config->name);
            return -1;
        }
        if (take_message(k, o, message, (size_t)n) < 0)
            return -1;
    }
    return 0;
}

/* --- silence --- */

/* The organization counts as down, and the supervisor starts its fetcher again. Each time in a row
 * that has twice the patience, so that what takes long (a huge file, a slow machine) gets done. */
static void silent(struct keeper *k, struct keeper_org *o)
{
    o->silent_ms = 0;
    o->silences++;
    take_failure(k, o, KEEPER_SILENCE_TEXT);
    sigqueue(getppid(), KEEPER_SILENT, (union sigval){.sival_int = (int)(o - k->org)});
}

/* Counts the time since the last round as silence of those who said nothing: at most a beat of it,
 * so that nobody is silent because the machine slept, or because the keeper was busy or stopped. */
static void count_silence(struct keeper *k)
{
    int64_t now = clock_mono_ms(), passed = now - k->round_ms;
    passed = passed < PIPE_BEAT_MS ? passed : PIPE_BEAT_MS;
    k->round_ms = now;
    for (uint32_t i = 0; i < k->org_count; i++) {
        struct keeper_org *o = &k->org[i];
        if (!o->failure[0])
            o->silences = 0;
        /* While its answer is worked off nothing is read from it. */
        o->silent_ms = o->merge.phase == MERGE_IDLE ? o->silent_ms + passed : 0;
        if (o->silent_ms > (int64_t)PIPE_SILENT_MS << (o->silences < 5 ? o->silences : 5))
            silent(k, o);
    }
}

/* --- the loop --- */

/* SIGNAL, LISTEN, CHILD, then the organizations, then the clients. */
enum { SIGNAL, LISTEN, CHILD, FIRST_ORG };

static nfds_t fill_poll(const struct keeper *k, int signals, struct pollfd *p)
{
    p[SIGNAL] = (struct pollfd){.fd = signals, .events = POLLIN};
    p[LISTEN] = (struct pollfd){.fd = k->client_count < CLIENTS_MAX ? k->settings->listen_fd : -1,
                                .events = POLLIN};
    p[CHILD] = (struct pollfd){.fd = k->child ? k->child_fd : -1, .events = POLLIN};
    nfds_t n = FIRST_ORG;
    for (uint32_t i = 0; i < k->org_count; i++)
        p[n++] = (struct pollfd){.fd = k->org[i].merge.phase == MERGE_IDLE ? k->org[i].pipe : -1,
                                 .events = POLLIN};
    for (uint32_t i = 0; i < k->client_count; i++)
        p[n++] = (struct pollfd){.fd = k->client[i].fd, .events = POLLIN};
    return n;
}

/* Tells the supervisor, and it the service manager, that the loop goes round. */
static void feed_watchdog(struct keeper *k)
{
    int64_t now = clock_mono_ms();
    if (k->watchdog_ms == 0 || now - k->notified_ms < k->watchdog_ms / 2)
        return;
    k->notified_ms = now;
    kill(getppid(), KEEPER_ALIVE);
}

static int wait_ms(const struct keeper *k)
{
    int64_t deadline = confirm_server_deadline(k), now = clock_mono_ms(), due = publish_due(k);
    for (uint32_t i = 0; i < k->org_count; i++)
        if (k->org[i].merge.phase != MERGE_IDLE)
            return 0;
    if (may_name(k))
        return 0;
    deadline = due < deadline ? due : deadline;
    if (!k->names_due && deadline > k->begun_ms + FIRST_ANSWER_MS)
        deadline = k->begun_ms + FIRST_ANSWER_MS;
    if (k->watchdog_ms > 0 && deadline > now + k->watchdog_ms / 2)
        deadline = now + k->watchdog_ms / 2;
    if (deadline > now + PIPE_BEAT_MS)
        deadline = now + PIPE_BEAT_MS;
    return deadline > now ? (int)(deadline - now) : 0;
}

static bool all_done(const struct keeper *k)
{
    for (uint32_t i = 0; i < k->org_count; i++)
        if (!done(&k->org[i]))
            return false;
    return k->settings->mode != KEEPER_SERVE;
}

/* One round. Clients are gone through from the last: dropping one moves the last into its place. */
static int serve(struct keeper *k, const struct pollfd *p)
{
    uint32_t clients = k->client_count;
    for (uint32_t i = clients; i-- > 0;)
        if (p[FIRST_ORG + k->org_count + i].revents)
            confirm_server_read(k, i);
    if (p[LISTEN].revents)
        confirm_server_accept(k);
    bool asked = confirm_server_asked(k);
    if (p[CHILD].revents && join_child(k) < 0)
        return -1;
    for (uint32_t i = 0; i < k->org_count; i++) {
        struct keeper_org *o = &k->org[i];
        int rc = 0;
        if (o->merge.phase != MERGE_IDLE)
            rc = go_on(k, o);
        else if (p[FIRST_ORG + i].revents || asked)
            rc = drain_pipe(k, o);
        if (rc < 0)
            return -1;
    }
    confirm_server_hear(k);
    if (publish_news(k) < 0 || name_newcomers(k) < 0)
        return -1;
    confirm_server_settle(k, NULL);
    return 0;
}

static int loop(struct keeper *k, int signals)
{
    static struct pollfd p[FIRST_ORG + SNAPSHOT_ORGS_MAX + CLIENTS_MAX];
    k->round_ms = clock_mono_ms();
    while (!all_done(k)) {
        nfds_t n = fill_poll(k, signals, p);
        if (poll(p, n, wait_ms(k)) < 0 && errno != EINTR) {
            log_error("the keeper cannot wait: %s", strerror(errno));
            return -1;
        }
        if (p[SIGNAL].revents)
            return 0;
        if (serve(k, p) < 0 || k->failed)
            return -1;
        count_silence(k);
        feed_watchdog(k);
    }
    return 0;
}

/* Publishes what is not yet, at the end. */
static int finish(struct keeper *k)
{
    if (k->child && join_child(k) < 0)
        return -1;
    while (may_name(k))
        if (name_newcomers(k) < 0)
            return -1;
    bool owed = k->again;
    for (uint32_t i = 0; i < k->org_count; i++)
        owed |= k->org[i].waiting.since_ms > 0;
    if (!owed || (!k->names_due && k->generation == 0))
        return 0;
    return publish(k) < 0 || (k->child && join_child(k) < 0) ? -1 : 0;
}

/* --- beginning and end --- */

/* The keeper never needs the network. */
static void leave_network(void)
{
    if (unshare(CLONE_NEWNET) < 0)
        log_warning("the keeper could not leave the network: %s", strerror(errno));
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

/* Takes the times of the last confirmations from the last snapshot. */
static void read_confirmations(struct keeper *k, const struct snapshot *s)
{
    struct snapshot_policy *policy = malloc(sizeof *policy);
    if (policy && snapshot_policy(s, policy) == SNAPSHOT_OK)
        for (uint32_t i = 0; i < k->org_count; i++)
            for (uint32_t n = 0; n < policy->org_count; n++)
                if (strcmp(policy->org[n], k->org[i].config->name) == 0)
                    k->org[i].confirmed_ms = snapshot_confirmed(s, n);
    free(policy);
}

static int reserve_groups(struct keeper *k, const struct snapshot *s)
{
    uint64_t cursor = 0;
    struct snapshot_group group;
    while (snapshot_next_group(s, &cursor, &group) == SNAPSHOT_OK)
        if (ledger_reserve(k->ledger, group.gid, owner_identity(LEDGER_GROUPS, group.name),
                           OWNER_BLAKE2B) < 0)
            return -1;
    return 0;
}

/* An id that was published belongs to the owner that it was published for, also when the ledger was
 * restored from a backup that does not know of it. */
static int reserve_published(struct keeper *k, const struct snapshot *s)
{
    uint64_t cursor = 0;
    struct snapshot_user user;
    bool blake2b = snapshot_u32(s, SNAPSHOT_AT_FLAGS) & SNAPSHOT_OWNER_BLAKE2B;
    if (ledger_begin(k->ledger) < 0)
        return -1;
    while (snapshot_next_user(s, &cursor, &user) == SNAPSHOT_OK)
        if (ledger_reserve(k->ledger, user.uid, user.identity,
                           blake2b ? OWNER_BLAKE2B : OWNER_WYHASH) < 0)
            return -1;
    return reserve_groups(k, s) < 0 ? -1 : ledger_commit(k->ledger);
}

/* Takes from the last snapshot what the ledger may not know. */
static int read_last_snapshot(struct keeper *k)
{
    struct snapshot s;
    const char *why;
    if (snapshot_open(&s, PATH_SNAPSHOT, &why) != SNAPSHOT_OK)
        return 0;
    k->generation = snapshot_u64(&s, SNAPSHOT_AT_GENERATION);
    read_confirmations(k, &s);
    int rc = reserve_published(k, &s);
    snapshot_close(&s);
    return rc;
}

/* Says how the configuration does not go with the numbers that were given. --check refuses that; a
 * service goes on giving them as before. */
static int check_numbers(struct keeper *k)
{
    struct numbers *n = &k->numbers;
    bool checks = k->settings->mode == KEEPER_CHECK;
    if (numbers_read(k->settings->config, k->ledger, n) < 0)
        return -1;
    if (*n->contradiction)
        log_warning("%s%s", n->contradiction,
                    checks ? "" : "; until then they are given as before");
    if (n->sharing != NUMBERS_APART)
        log_warning("organizations %s have one range, users.range, and can take up each other's "
                    "numbers: %s",
                    n->sharers,
                    n->sharing == NUMBERS_SHARED
                        ? "those given stay; give a new organization a range of its own"
                        : "give each a range of its own, range = [first, last]");
    k->refused = checks && (*n->contradiction || n->sharing == NUMBERS_SHARED_NEW);
    return k->refused ? -1 : 0;
}

/* Begins where the last one ended: with the last known members, a changed configuration is in force
 * at once. */
static int begin(struct keeper *k)
{
    bool dry = k->settings->mode == KEEPER_CHECK, known = false;
    k->ledger = ledger_open(PATH_LEDGER, dry);
    if (!k->ledger || check_numbers(k) < 0)
        return -1;
    for (uint32_t i = 0; i < k->org_count; i++) {
        struct keeper_org *o = &k->org[i];
        o->config = &k->settings->config->org[i];
        o->pipe = k->settings->pipe[i];
        fcntl(o->pipe, F_SETFL, O_NONBLOCK); /* a fetcher that does not listen is not waited for */
        if (ledger_load(k->ledger, config_org_key(o->config), &o->roster) < 0)
            return -1;
        o->held_count = brake_describe(&o->roster, o->held, sizeof o->held);
        known |= o->roster.count > 0;
    }
    if (read_last_snapshot(k) < 0)
        return -1;
    return known ? publish(k) : 0;
}

/* The organization's trouble, or what the brake holds; "listed" when there is neither. TEXT has
 * room for it.
 */
static const char *outcome(const struct keeper_org *o, char *text, size_t size)
{
    if (o->failure[0])
        return o->failure;
    if (!done(o))
        return "not listed";
    return brake_describe(&o->roster, text, size) ? text : "listed";
}

static int conclude(const struct keeper *k)
{
    int rc = 0;
    char text[512];
    for (uint32_t i = 0; i < k->org_count; i++) {
        const struct keeper_org *o = &k->org[i];
        if (o->failure[0] || !done(o) || o->held[0])
            rc = 1;
        if (k->settings->mode != KEEPER_SERVE)
            printf("%s: %s\n", o->config->name, outcome(o, text, sizeof text));
    }
    if (k->settings->mode != KEEPER_SERVE)
        printf("%s: %u users (%u active), %u groups; %u members withheld; generation %" PRIu64 "\n",
               k->settings->mode == KEEPER_CHECK ? "would publish" : "published", k->result.users,
               k->result.active, k->result.groups, k->result.withheld, k->generation);
    fflush(stdout);
    return k->settings->mode == KEEPER_SERVE ? 0 : rc;
}

static void end(struct keeper *k)
{
    for (uint32_t i = 0; i < k->org_count; i++) {
        roster_free(&k->org[i].roster);
        listing_begin(&k->org[i].incoming, LISTING_CHANGES);
        merge_free(&k->org[i].merge);
    }
    newcomers_free(&k->newcomers);
    ledger_close(k->ledger);
    free(k);
}

int keeper_run(const struct keeper_settings *settings)
{
    struct keeper *k = calloc(1, sizeof *k);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    int signals = signalfd(-1, &set, SFD_CLOEXEC);
    if (!k || signals < 0) {
        log_error("the keeper cannot begin: %s", strerror(errno));
        return 1;
    }
    k->settings = settings;
    k->org_count = settings->config->org_count;
    if (geteuid() == 0)
        leave_network();
    k->watchdog_ms = notify_watchdog_ms();
    k->begun_ms = clock_mono_ms();
    int rc = begin(k);
    if (rc == 0)
        kill(getppid(), KEEPER_ALIVE); /* the last snapshot is served; that needs no network */
    rc = k->refused ? EXIT_CONTRADICTED : rc < 0 || loop(k, signals) < 0 ? 1 : 0;
    if (k->ledger && !k->refused && finish(k) < 0)
        rc = 1;
    rc = rc ? rc : conclude(k);
    end(k);
    close(signals);
    return rc;
}
