#include "orgsyncd/keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/break_glass.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/notify.h"
#include "common/paths.h"
#include "orgsyncd/confirm_server.h"
#include "orgsyncd/intake.h"
#include "orgsyncd/last_snapshot.h"
#include "orgsyncd/numbers.h"
#include "orgsyncd/organization.h"
#include "orgsyncd/preview.h"
#include "orgsyncd/publish.h"
#include "orgsyncd/sessions.h"
#include "orgsyncd/sudoers.h"
#include "orgsyncd/team_rules.h"
#include "orgsyncd/terms.h"

/* orgsyncd(8): a mistake in the configuration. */
#define EXIT_CONTRADICTED 3
/* The patience with a silent fetcher is doubled at most so often. */
#define PATIENCE_DOUBLED_MAX 5

struct keeper {
    const struct keeper_settings *settings;
    struct numbers numbers; /* as they were when the keeper began */
    struct organizations orgs;
    struct publisher publisher;
    struct confirm_server server;
    struct intake intake;
    struct sessions sessions;
    bool sudoers_due;    /* the file is looked at when there is a snapshot of this configuration */
    pid_t sudoers_child; /* does that; 0 = there is none */
    struct break_glass glass; /* to be told; END_MS is 0: none */
    int64_t glass_ms;         /* when it was read: clock_mono_ms */
    int64_t round_ms;         /* clock_mono_ms of the last round of the loop */
    int64_t watchdog_ms;      /* the interval that the service manager wants, 0 = none */
    int64_t notified_ms;      /* the last KEEPER_ALIVE: clock_mono_ms */
};

/* --- silence --- */

/* The organization counts as down, and the supervisor starts its fetcher again. Each time in a row
 * the patience is doubled, so that slow work (a huge file, a slow machine) can be finished. */
static void end_silence(struct keeper *k, struct org_state *o)
{
    o->silent_ms = 0;
    o->silences++;
    intake_fail(&k->intake, o, KEEPER_SILENCE_TEXT);
    sigqueue(getppid(), KEEPER_SILENT, (union sigval){.sival_int = (int)(o - k->orgs.org)});
}

static int64_t patience_ms(const struct org_state *o)
{
    return (int64_t)PIPE_SILENT_MS
           << (o->silences < PATIENCE_DOUBLED_MAX ? o->silences : PATIENCE_DOUBLED_MAX);
}

/* Counts the time since the last round as silence of each fetcher: at most a beat of it, so that no
 * fetcher counts as silent because the machine slept, or because the keeper was busy or stopped. */
static void count_silence(struct keeper *k)
{
    int64_t now = clock_mono_ms(), passed = now - k->round_ms;
    passed = passed < PIPE_BEAT_MS ? passed : PIPE_BEAT_MS;
    k->round_ms = now;
    for (uint32_t i = 0; i < k->orgs.count; i++) {
        struct org_state *o = &k->orgs.org[i];
        if (!o->failure[0])
            o->silences = 0;
        /* While its answer is merged, nothing is read from it. */
        o->silent_ms = intake_is_merging(o) ? 0 : o->silent_ms + passed;
        if (o->silent_ms > patience_ms(o))
            end_silence(k, o);
    }
}

/* --- sudoers --- */

/* Starts the child once a snapshot of this configuration is in force: then the groups have their
 * numbers. That is known when one is begun, as the last keeper's is none of it. */
static void begin_sudoers(struct keeper *k)
{
    if (!k->sudoers_due || k->publisher.begin_ms == 0 || k->publisher.child)
        return;
    pid_t pid = sudoers_start(k->settings->config);
    k->sudoers_due = false;
    k->sudoers_child = pid > 0 ? pid : 0;
}

/* Takes up the end of the child, which has logged what there is to say. */
static void end_sudoers(struct keeper *k, int options)
{
    if (k->sudoers_child && waitpid(k->sudoers_child, NULL, options) != 0)
        k->sudoers_child = 0;
}

/* --- the loop --- */

/* The places in the array of poll(2): these, then the organizations, then the clients. */
enum { SIGNAL, CHILD, SESSIONS, FIRST_SOCKET, FIRST_ORG = FIRST_SOCKET + CONFIRM_SOCKETS };
#define POLL_MAX (FIRST_ORG + SNAPSHOT_ORGS_MAX + CLIENTS_MAX)

/* A descriptor of -1 is ignored by poll(2). */
static nfds_t fill_poll(const struct keeper *k, int signals, struct pollfd *p)
{
    const struct confirm_server *s = &k->server;
    const struct publisher *publisher = &k->publisher;
    nfds_t n = FIRST_ORG;
    p[SIGNAL].fd = signals;
    for (enum confirm_socket i = 0; i < CONFIRM_SOCKETS; i++)
        p[FIRST_SOCKET + i].fd = confirm_server_has_room(s, i) ? s->listen_fd[i] : -1;
    p[SESSIONS].fd = k->sessions.child ? k->sessions.fd : -1;
    p[CHILD].fd = publisher->child ? publisher->child_fd : -1;
    for (uint32_t i = 0; i < k->orgs.count; i++)
        p[n++].fd = intake_is_merging(&k->orgs.org[i]) ? -1 : k->orgs.org[i].pipe;
    for (uint32_t i = 0; i < s->client_count; i++)
        p[n++].fd = s->client[i].fd;
    for (nfds_t i = 0; i < n; i++) {
        p[i].events = POLLIN;
        p[i].revents = 0;
    }
    return n;
}

/* Tells the supervisor, and through it the service manager, that the loop runs. */
static void feed_watchdog(struct keeper *k)
{
    int64_t now = clock_mono_ms();
    if (k->watchdog_ms == 0 || now - k->notified_ms < k->watchdog_ms / 2)
        return;
    k->notified_ms = now;
    kill(getppid(), KEEPER_ALIVE);
}

static int64_t sooner(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* The time that poll(2) may wait: until the first timer expires. */
static int wait_ms(const struct keeper *k)
{
    int64_t now = clock_mono_ms(), due = now + PIPE_BEAT_MS;
    for (uint32_t i = 0; i < k->orgs.count; i++)
        if (intake_is_merging(&k->orgs.org[i]))
            return 0;
    due = sooner(due, confirm_server_deadline(&k->server));
    due = sooner(due, publisher_due(&k->publisher));
    if (k->settings->mode == KEEPER_SERVE)
        due = sooner(due, sooner(sessions_due(&k->sessions), terms_due(&k->orgs)));
    if (k->watchdog_ms > 0)
        due = sooner(due, now + k->watchdog_ms / 2);
    return due > now ? (int)(due - now) : 0;
}

static bool is_done(const struct keeper *k)
{
    for (uint32_t i = 0; i < k->orgs.count; i++)
        if (!organization_tried(&k->orgs.org[i]))
            return false;
    return k->settings->mode != KEEPER_SERVE;
}

/* Reads the clients' requests. */
static void serve_clients(struct keeper *k, const struct pollfd *p)
{
    for (uint32_t i = k->server.client_count; i-- > 0;)
        if (p[FIRST_ORG + k->orgs.count + i].revents)
            confirm_server_read(&k->server, i);
    for (enum confirm_socket i = 0; i < CONFIRM_SOCKETS; i++)
        if (p[FIRST_SOCKET + i].revents)
            confirm_server_accept(&k->server, i);
}

/* Takes the messages of the organizations; of all of them when a client has asked. */
static int serve_orgs(struct keeper *k, const struct pollfd *p)
{
    bool asked = confirm_server_has_asked(&k->server);
    for (uint32_t i = 0; i < k->orgs.count; i++) {
        struct org_state *o = &k->orgs.org[i];
        int rc = 0;
        if (intake_is_merging(o))
            rc = intake_merge(&k->intake, o);
        else if (p[FIRST_ORG + i].revents || asked)
            rc = intake_read(&k->intake, o);
        if (rc < 0)
            return -1;
    }
    return 0;
}

/* The break-glass that the organizations are to be told of, as of the last beat. */
static void read_glass(struct keeper *k)
{
    const char *why;
    int64_t now = clock_mono_ms();
    if (k->glass_ms > 0 && now - k->glass_ms < PIPE_BEAT_MS)
        return;
    k->glass_ms = now;
    if (!break_glass_read(&k->glass, &why) ||
        clock_wall_ms() >= k->glass.end_ms + BREAK_GLASS_TOLD_MS)
        k->glass = (struct break_glass){.end_ms = 0};
}

static void tell_fetchers(struct keeper *k)
{
    read_glass(k);
    for (uint32_t i = 0; i < k->orgs.count; i++) {
        organization_tell(&k->orgs.org[i], k->publisher.made_ms);
        organization_tell_glass(&k->orgs.org[i], &k->glass);
    }
}

/* One round. */
static int serve(struct keeper *k, const struct pollfd *p)
{
    serve_clients(k, p);
    if (p[CHILD].revents && publisher_join(&k->publisher) < 0)
        return -1;
    if (serve_orgs(k, p) < 0)
        return -1;
    confirm_server_hear(&k->server);
    if (k->settings->mode == KEEPER_SERVE && terms_run(&k->orgs, &k->publisher) < 0)
        return -1;
    if (publisher_run(&k->publisher) < 0)
        return -1;
    if (k->settings->mode == KEEPER_SERVE) {
        sessions_run(&k->sessions);
        if (sessions_take(&k->sessions) < 0)
            return -1;
    }
    tell_fetchers(k);
    begin_sudoers(k);
    end_sudoers(k, WNOHANG);
    confirm_server_settle(&k->server);
    return k->server.failed ? -1 : 0;
}

/* Returns 0 when the work is done or a signal ends it, -1 when the keeper cannot go on. */
static int loop(struct keeper *k, int signals)
{
    static struct pollfd p[POLL_MAX];
    k->round_ms = clock_mono_ms();
    while (!is_done(k)) {
        nfds_t n = fill_poll(k, signals, p);
        if (poll(p, n, wait_ms(k)) < 0 && errno != EINTR) {
            log_error("the keeper cannot wait for events: poll: %s", strerror(errno));
            return -1;
        }
        if (p[SIGNAL].revents)
            return 0;
        if (serve(k, p) < 0)
            return -1;
        count_silence(k);
        feed_watchdog(k);
    }
    return 0;
}

/* --- beginning and end --- */

/* The keeper never needs the network. */
static void leave_network(void)
{
    if (unshare(CLONE_NEWNET) < 0)
        log_warning("the keeper could not leave the network namespace: %s", strerror(errno));
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

#define SHARING                                                                                    \
    "organizations %s have one range, users.range, and can use up each other's numbers: "

static void report_numbers(const struct numbers *n, enum keeper_mode mode)
{
    int fault = mode == KEEPER_CHECK ? LOG_ERR : LOG_WARNING;
    if (*n->contradiction)
        log_line(fault, "%s%s", n->contradiction,
                 mode == KEEPER_CHECK ? "" : "; until then they are given as before");
    if (n->sharing == NUMBERS_SHARED_NEW)
        log_line(fault, SHARING "give each a range of its own, range = [first, last]", n->sharers);
    if (n->sharing == NUMBERS_SHARED)
        log_warning(SHARING "those given stay; give a new organization a range of its own",
                    n->sharers);
}

enum begin_result {
    BEGIN_FAILED = -1, /* logged */
    BEGIN_DONE,
    BEGIN_REFUSED, /* KEEPER_CHECK: the configuration contradicts the ledger; logged */
};

/* A service goes on with the numbers as they were given, whatever the configuration says by now. */
static enum begin_result check_numbers(struct keeper *k)
{
    struct numbers *n = &k->numbers;
    enum keeper_mode mode = k->settings->mode;
    if (numbers_read(k->settings->config, k->orgs.ledger, n) < 0)
        return BEGIN_FAILED;
    report_numbers(n, mode);
    if (mode == KEEPER_CHECK && (*n->contradiction || n->sharing == NUMBERS_SHARED_NEW))
        return BEGIN_REFUSED;
    return BEGIN_DONE;
}

/* Loads the organization's last known rules. Those of a native server count for no other API, which
 * could never take them back. */
static int load_rules(struct keeper *k, struct org_state *o)
{
    if (strcmp(o->config->provider, "native") != 0)
        return 0;
    return ledger_org_rules(k->orgs.ledger, config_org_key(o->config), &o->rules);
}

static int load_teams(struct keeper *k, struct org_state *o)
{
    char owner[LEDGER_OWNER_SIZE];
    const char *key = config_org_key(o->config);
    ledger_owner(LEDGER_TEAMS, key, owner);
    if (ledger_load_teams(k->orgs.ledger, owner, &o->teams) < 0)
        return -1;
    ledger_owner(LEDGER_ROLES, key, owner);
    if (ledger_load_teams(k->orgs.ledger, owner, &o->roles) < 0)
        return -1;
    return team_rules_begin(k->settings->config, o->config, &o->teams, k->orgs.ledger);
}

/* Loads the last known members. */
static int load_members(struct keeper *k)
{
    for (uint32_t i = 0; i < k->orgs.count; i++) {
        struct org_state *o = &k->orgs.org[i];
        o->config = &k->settings->config->org[i];
        o->pipe = k->settings->pipe[i];
        fcntl(o->pipe, F_SETFL, O_NONBLOCK); /* the keeper does not wait for a fetcher to read */
        if (ledger_load(k->orgs.ledger, config_org_key(o->config), &o->roster) < 0 ||
            load_rules(k, o) < 0 || load_teams(k, o) < 0)
            return -1;
        o->held_count = brake_describe(&o->roster, o->held, sizeof o->held);
    }
    return 0;
}

static bool has_members(const struct keeper *k)
{
    for (uint32_t i = 0; i < k->orgs.count; i++)
        if (k->orgs.org[i].roster.count > 0)
            return true;
    return false;
}

/* Begins with the state that the last keeper left on disk. The last known members are published
 * again, so that a changed configuration is in force at once. */
static enum begin_result begin(struct keeper *k)
{
    enum ledger_use use = k->settings->mode == KEEPER_CHECK ? LEDGER_COPY : LEDGER_FILE;
    k->orgs.ledger = ledger_open(PATH_LEDGER, use);
    if (!k->orgs.ledger)
        return BEGIN_FAILED;
    enum begin_result result = check_numbers(k);
    if (result != BEGIN_DONE)
        return result;
    if (load_members(k) < 0 || last_snapshot_read(&k->orgs, &k->publisher.generation) < 0)
        return BEGIN_FAILED;
    if (has_members(k) && publisher_publish(&k->publisher) < 0)
        return BEGIN_FAILED;
    for (uint32_t i = 0; i < k->orgs.count; i++)
        sessions_load(&k->sessions, &k->orgs.org[i]);
    return BEGIN_DONE;
}

/* Returns the organization's failure, or the losses that the brake holds (in TEXT), or "listed". */
static const char *outcome(const struct org_state *o, char *text, size_t size)
{
    if (o->failure[0])
        return o->failure;
    if (!organization_tried(o))
        return "not listed";
    return brake_describe(&o->roster, text, size) ? text : "listed";
}

static bool is_in_order(const struct org_state *o)
{
    return !o->failure[0] && organization_tried(o) && !o->held[0];
}

/* Prints the results of KEEPER_ONCE and KEEPER_CHECK. Returns their exit status. */
static int conclude(const struct keeper *k)
{
    int rc = 0;
    char text[512];
    const struct compile_result *result = &k->publisher.result;
    for (uint32_t i = 0; i < k->orgs.count; i++) {
        const struct org_state *o = &k->orgs.org[i];
        rc |= !is_in_order(o);
        printf("%s: %s\n", o->config->name, outcome(o, text, sizeof text));
    }
    printf("%s: %u users (%u active), %u groups; %u members withheld; generation %" PRIu64 "\n",
           k->settings->mode == KEEPER_CHECK ? "would publish" : "published", result->users,
           result->active, result->groups, result->withheld, k->publisher.generation);
    if (k->settings->mode == KEEPER_CHECK)
        preview_print(&k->orgs);
    fflush(stdout);
    return rc;
}

static void connect_parts(struct keeper *k, const struct keeper_settings *settings)
{
    k->settings = settings;
    k->orgs.config = settings->config;
    k->orgs.count = settings->config->org_count;
    k->publisher.orgs = k->server.orgs = k->intake.orgs = k->sessions.orgs = &k->orgs;
    k->sessions.publisher = &k->publisher;
    k->server.sessions = k->intake.sessions = &k->sessions;
    k->publisher.mode = settings->mode;
    k->publisher.begun_ms = clock_mono_ms();
    k->publisher.group_note =
        calloc(settings->config->group_count + 1, sizeof *k->publisher.group_note);
    k->sudoers_due = settings->config->sudo_count > 0 && settings->mode != KEEPER_CHECK;
    memcpy(k->server.listen_fd, settings->listen_fd, sizeof k->server.listen_fd);
    k->server.publisher = k->intake.publisher = &k->publisher;
    k->server.numbers = &k->numbers;
    k->intake.server = &k->server;
}

static void end(struct keeper *k)
{
    sessions_end(&k->sessions);
    for (uint32_t i = 0; i < k->orgs.count; i++) {
        roster_free(&k->orgs.org[i].roster);
        teams_free(&k->orgs.org[i].teams);
        teams_free(&k->orgs.org[i].roles);
        listing_begin(&k->orgs.org[i].incoming, LISTING_CHANGES);
        merge_free(&k->orgs.org[i].merge);
    }
    newcomers_free(&k->publisher.newcomers);
    free(k->publisher.group_note);
    ledger_close(k->orgs.ledger);
    free(k);
}

/* From the beginning to the last snapshot. Returns the exit status. */
static int run(struct keeper *k, int signals)
{
    if (k->settings->mode != KEEPER_CHECK)
        sudoers_clean(k->settings->config);
    enum begin_result begun = begin(k);
    if (begun == BEGIN_REFUSED)
        return EXIT_CONTRADICTED;
    if (begun == BEGIN_DONE)
        kill(getppid(), KEEPER_ALIVE); /* the last snapshot is served, without the network */
    int rc = begun == BEGIN_DONE ? loop(k, signals) : -1;
    if (k->orgs.ledger && publisher_finish(&k->publisher) < 0)
        rc = -1;
    if (rc == 0 && k->settings->mode == KEEPER_ONCE) {
        begin_sudoers(k);
        end_sudoers(k, 0);
    }
    if (rc < 0)
        return 1;
    return k->settings->mode == KEEPER_SERVE ? 0 : conclude(k);
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
    connect_parts(k, settings);
    if (!k->publisher.group_note) {
        log_error("the keeper cannot begin: %s", strerror(errno));
        return 1;
    }
    if (geteuid() == 0)
        leave_network();
    k->watchdog_ms = notify_watchdog_ms();
    int rc = run(k, signals);
    end(k);
    close(signals);
    return rc;
}
