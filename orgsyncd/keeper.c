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
#include "common/paths.h"
#include "common/snapshot_writer.h"
#include "orgsyncd/log.h"
#include "orgsyncd/notify.h"
#include "orgsyncd/reserve.h"

/* Messages of one fetcher before the others and the clients have their turn. */
#define MESSAGES_AT_ONCE 512
/* The snapshot's live words are written at most this often. */
#define RECORD_MS 1000
/* orgsyncd(8): a mistake in the configuration. */
#define EXIT_CONTRADICTED 3
void keeper_ask(struct keeper_org *o, bool relist)
{
    struct pipe_header header = {.type = relist ? PIPE_RELIST : PIPE_REFRESH};
    if (o->pipe >= 0 && pipe_send(o->pipe, &header, NULL) == 0)
        o->asked = true;
}

/* --- publishing --- */

int keeper_publish(struct keeper *k)
{
    struct roster rosters[SNAPSHOT_ORGS_MAX];
    struct compile_input input = {
        .config = k->settings->config,
        .ledger = k->ledger,
        .roster = rosters,
        .group_fault = k->group_fault,
        .generation = k->generation + 1,
        .path = k->settings->mode == KEEPER_CHECK ? NULL : PATH_SNAPSHOT,
    };
    for (uint32_t i = 0; i < k->org_count; i++) {
        rosters[i] = k->org[i].roster;
        input.confirmed_ms[i] = k->org[i].recorded_ms = k->org[i].confirmed_ms;
    }
    local_stamp_take(&k->local);
    int64_t begun = clock_mono_ms();
    if (input.path)
        reserve_release();
    int rc = compile(&input, &k->result);
    if (input.path)
        reserve_take();
    if (rc < 0)
        return -1;
    if (input.path && stat(input.path, &k->snapshot) < 0)
        k->snapshot = (struct stat){0};
    k->generation++;
    k->publish_ms = clock_mono_ms() - begun;
    return 0;
}

/* Are the machine's own names and numbers those that the snapshot was compiled against? */
static bool same_machine(const struct keeper *k)
{
    struct local_stamp now;
    local_stamp_take(&now);
    return local_stamp_same(&now, &k->local);
}

/* Is the snapshot the one that we have published? Its times are no proof, we change them. */
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
    if (k->settings->mode == KEEPER_CHECK || k->generation == 0)
        return 0;
    if (!same_machine(k) || !same_snapshot(k))
        return keeper_publish(k);
    if (o->confirmed_ms >= o->recorded_ms && o->confirmed_ms - o->recorded_ms < RECORD_MS)
        return 0;
    o->recorded_ms = o->confirmed_ms;
    return snapshot_confirm(PATH_SNAPSHOT, (uint32_t)(o - k->org), o->confirmed_ms) == 0
               ? 0
               : keeper_publish(k);
}

/* --- the fetchers' messages --- */

static void heard(struct keeper_org *o, const struct pipe_header *h)
{
    int64_t now = clock_mono_ms(), when = h->started_ms;
    o->link = h->flags & PIPE_HELD ? LINK_HELD : LINK_UP;
    if (when > o->heard_ms) {
        o->heard_ms = when;
        o->confirmed_ms = clock_wall_ms() - (now - when);
    }
    if (h->flags & PIPE_ROUND_TRIP) {
        if (when > o->answered_ms)
            o->answered_ms = when;
        o->asked = false;
    }
}

static void refuse(struct keeper *k, struct keeper_org *o, const char *text)
{
    if (strcmp(o->failure, text) != 0)
        log_line("%s: the listing is not taken, the last one stays: %s", o->config->name, text);
    snprintf(o->failure, sizeof o->failure, "%s", text);
    o->failures++;
    o->listing = ORG_REFUSED;
    o->asked = false;
    o->brake = BRAKE_ON;
    listing_begin(&o->incoming, LISTING_CHANGES);
    confirm_server_settle(k, o);
}

/* Takes what came into the roster. Returns what listing_merge does. */
static int merge(const struct keeper *k, struct keeper_org *o)
{
    bool complete = o->incoming.kind == LISTING_COMPLETE;
    struct brake brake = {
        .config = k->settings->config,
        .org = o->config->name,
        .known = &o->roster,
        .mode = complete ? o->brake : BRAKE_ON,
        .now_ms = clock_wall_ms(),
    };
    int changed = listing_merge(&o->incoming, &o->roster, &brake);
    if (changed >= 0 && brake.mode == BRAKE_ACCEPT && brake_reset(&o->roster))
        changed = 1;
    if (changed)
        o->held_count = brake_describe(&o->roster, o->held, sizeof o->held);
    if (complete)
        o->brake = BRAKE_ON;
    listing_begin(&o->incoming, LISTING_CHANGES);
    return changed;
}

static int commit(struct keeper *k, struct keeper_org *o, const struct pipe_header *h)
{
    char text[CONFIRM_TEXT_LEN];
    bool complete = o->incoming.kind == LISTING_COMPLETE;
    if (listing_implausible(&o->incoming, &o->roster, text, sizeof text)) {
        refuse(k, o, text);
        return 0;
    }
    int changed = merge(k, o);
    if (changed < 0)
        return -1;
    /* Changes are true of those whom they name; what was refused is still to be listed. */
    if (complete || o->listing != ORG_REFUSED) {
        heard(o, h);
        o->failure[0] = '\0';
        o->listing = ORG_LISTED;
    } else {
        o->asked = false;
    }
    if (complete)
        o->listed_ms = h->started_ms;
    int rc = changed || k->generation == 0 ? keeper_publish(k) : record_confirmation(k, o);
    if (rc == 0)
        confirm_server_settle(k, NULL);
    if (complete)
        o->listing_ms = clock_mono_ms() - h->started_ms;
    return rc;
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

static int take_message(struct keeper *k, struct keeper_org *o, const void *message, size_t size)
{
    struct pipe_header h;
    int64_t now = clock_mono_ms();
    if (!pipe_decode(message, size, &h))
        return 0;
    if (h.started_ms < 0 || h.started_ms > now)
        h.started_ms = now;
    switch (h.type) {
    case PIPE_RESET:
        listing_begin(&o->incoming, LISTING_COMPLETE);
        break;
    case PIPE_MEMBER:
        listing_add(&o->incoming, o->config->name, message, size);
        break;
    case PIPE_COMMIT:
        return commit(k, o, &h);
    case PIPE_FAILED:
        take_failure(k, o, pipe_text(message, size));
        break;
    case PIPE_HEARD:
        if (o->listing == ORG_REFUSED || o->listed_ms == 0)
            break;
        heard(o, &h);
        confirm_server_settle(k, NULL);
        return record_confirmation(k, o);
    default:
        break;
    }
    return 0;
}

/* Returns -1 when the fetcher is gone or something cannot be kept. */
static int drain_pipe(struct keeper *k, struct keeper_org *o)
{
    char message[PIPE_MAX];
    for (int i = 0; i < MESSAGES_AT_ONCE; i++) {
        ssize_t n = recv(o->pipe, message, sizeof message, MSG_DONTWAIT);
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            return 0;
        if (n <= 0) {
            log_line("%s: its fetcher is gone", o->config->name);
            return -1;
        }
        if (take_message(k, o, message, (size_t)n) < 0)
            return -1;
    }
    return 0;
}

/* --- the loop --- */

/* SIGNAL, LISTEN, then the organizations, then the clients. */
enum { SIGNAL, LISTEN, FIRST_ORG };

static nfds_t fill_poll(const struct keeper *k, int signals, struct pollfd *p)
{
    p[SIGNAL] = (struct pollfd){.fd = signals, .events = POLLIN};
    p[LISTEN] = (struct pollfd){.fd = k->client_count < CLIENTS_MAX ? k->settings->listen_fd : -1,
                                .events = POLLIN};
    nfds_t n = FIRST_ORG;
    for (uint32_t i = 0; i < k->org_count; i++)
        p[n++] = (struct pollfd){.fd = k->org[i].pipe, .events = POLLIN};
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
    int64_t deadline = confirm_server_deadline(k), now = clock_mono_ms();
    if (k->watchdog_ms > 0 && deadline > now + k->watchdog_ms / 2)
        deadline = now + k->watchdog_ms / 2;
    if (deadline == INT64_MAX)
        return -1;
    return deadline > now ? (int)(deadline - now) : 0;
}

/* Listed or failed, for the modes that end. */
static bool done(const struct keeper_org *o)
{
    return o->listing != ORG_UNLISTED || o->link == LINK_DOWN;
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
    for (uint32_t i = 0; i < k->org_count; i++)
        if (p[FIRST_ORG + i].revents && drain_pipe(k, &k->org[i]) < 0)
            return -1;
    if (p[LISTEN].revents)
        confirm_server_accept(k);
    confirm_server_settle(k, NULL);
    return 0;
}

static int loop(struct keeper *k, int signals)
{
    static struct pollfd p[FIRST_ORG + SNAPSHOT_ORGS_MAX + CLIENTS_MAX];
    while (!all_done(k)) {
        nfds_t n = fill_poll(k, signals, p);
        if (poll(p, n, wait_ms(k)) < 0 && errno != EINTR)
            return -1;
        if (p[SIGNAL].revents)
            return 0;
        if (serve(k, p) < 0 || k->failed)
            return -1;
        feed_watchdog(k);
    }
    return 0;
}

/* --- beginning and end --- */

/* The keeper never needs the network. */
static void leave_network(void)
{
    if (unshare(CLONE_NEWNET) < 0)
        log_line("the keeper could not leave the network: %s", strerror(errno));
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

/* When each organization was last heard from, as the last snapshot has it. */
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
        log_line("%s%s", n->contradiction, checks ? "" : "; until then they are given as before");
    if (n->sharing != NUMBERS_APART)
        log_line("organizations %s have one range, users.range, and can take up each other's "
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
        if (ledger_load(k->ledger, compile_org_key(o->config), &o->roster) < 0)
            return -1;
        o->held_count = brake_describe(&o->roster, o->held, sizeof o->held);
        known |= o->roster.count > 0;
    }
    if (read_last_snapshot(k) < 0)
        return -1;
    return known ? keeper_publish(k) : 0;
}

/* What is wrong with the organization, or held; "listed" when it is nothing. TEXT has room for it.
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
    }
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
    if (!k || signals < 0)
        return 1;
    k->settings = settings;
    k->org_count = settings->config->org_count;
    if (geteuid() == 0)
        leave_network();
    k->watchdog_ms = notify_watchdog_ms();
    int rc = begin(k);
    if (rc == 0)
        kill(getppid(), KEEPER_ALIVE); /* the last snapshot is served; that needs no network */
    rc = k->refused ? EXIT_CONTRADICTED : rc < 0 || loop(k, signals) < 0 ? 1 : conclude(k);
    end(k);
    close(signals);
    return rc;
}
