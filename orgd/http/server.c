#include "orgd/http/server.h"

#include <errno.h>
#include <microhttpd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "orgd/buffer.h"
#include "orgd/http/access_log.h"
#include "orgd/http/connection.h"
#include "orgd/http/exchange.h"
#include "orgd/http/feed.h"
#include "orgd/http/gate.h"
#include "orgd/http/head.h"
#include "orgd/http/metrics.h"
#include "orgd/http/stranger_log.h"
#include "orgd/http/tls.h"
#include "orgd/http/upkeep.h"

#define CONNECTIONS_MAX     32768
#define METRICS_CONNECTIONS 64   /* of a listener for /metrics, beside the others */
#define DESCRIPTORS_KEPT    64   /* for everything that is no connection */
#define CONNECTION_POOL     8192 /* bytes: a request's line and headers, and a piece of its answer */
/* libmicrohttpd's own strictness answers in HTML: head_check does better, except for what it cannot
 * see. */
#define STRICT      (MHD_VERSION >= 0x01000000)
#define READERS     2 /* threads */
#define READERS_FAR 4 /* where they wait for round trips, too */
#define WRITERS_FAR 16
#define QUICK_STEPS 5000 /* of the store: less than a millisecond of the loop */
#define DRAIN_MS    5000 /* for the polls that are held at the end */
#define EVENTS      (LISTENERS_MAX + 9)

struct server {
    struct server_settings *settings;
    struct upkeep upkeep;
    struct feed *feed; /* NULL: there is no other server */
    struct gate *gate;
    struct front front;
    struct crowd crowd;
    struct door doors[LISTENERS_MAX];
    struct MHD_Daemon *daemons[LISTENERS_MAX];
    size_t count;
    int epoll, signals;
    int64_t ends; /* clock_mono_ms, when polls that are still held are cut off, while it drains */
};

static bool watch(struct server *s, int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    if (epoll_ctl(s->epoll, EPOLL_CTL_ADD, fd, &event) == 0)
        return true;
    log_error("epoll: %s", strerror(errno));
    return false;
}

/* The connections that there may be, as far as the limit of open files goes. */
static unsigned connections_most(void)
{
    struct rlimit files;
    rlim_t most = CONNECTIONS_MAX;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        rlim_t wanted = CONNECTIONS_MAX + DESCRIPTORS_KEPT;
        files.rlim_cur = files.rlim_max < wanted ? files.rlim_max : wanted;
        setrlimit(RLIMIT_NOFILE, &files);
        if (files.rlim_cur < wanted)
            most = files.rlim_cur > 2 * DESCRIPTORS_KEPT ? files.rlim_cur - DESCRIPTORS_KEPT
                                                         : DESCRIPTORS_KEPT;
    }
    return (unsigned)most;
}

/* The connections that a listener may have: the unix socket, the first, an eighth, unless it is the
 * only one; those over TCP the rest evenly. */
static unsigned connections_of(const struct server_settings *settings, size_t i)
{
    unsigned most = connections_most(), local = most / 8;
    size_t remote = 0;
    for (size_t n = 1; n < settings->count; n++)
        remote += !settings->listeners[n].metrics;
    if (settings->listeners[i].metrics)
        return METRICS_CONNECTIONS;
    if (remote == 0)
        return most;
    return i == 0 ? local : (most - local) / (unsigned)remote;
}

static bool daemon_start(struct server *s, const struct listener *listener, unsigned connections)
{
    struct door *door = &s->doors[s->count];
    bool gated = gate_needed(s->gate, listener->metrics);
    unsigned flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME |
                     (gated ? MHD_USE_NO_LISTEN_SOCKET : 0) | (listener->tls ? MHD_USE_TLS : 0);
    const struct MHD_OptionItem none[] = {{MHD_OPTION_END, 0, NULL}};
    const struct MHD_OptionItem tls[] = {
        {MHD_OPTION_HTTPS_CERT_CALLBACK, 0, tls_callback()},
        {MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)TLS_PRIORITIES},
        {MHD_OPTION_END, 0, NULL},
    };
    const struct MHD_OptionItem accepts[] = {
        {MHD_OPTION_LISTEN_SOCKET, listener->fd, NULL},
        {MHD_OPTION_END, 0, NULL},
    };
    door_init(door, &s->crowd, connections);
    door->metrics = listener->metrics;
    s->crowd.doors = s->doors;
    s->crowd.door_count = s->count + 1;
    const struct MHD_OptionItem options[] = {
        {MHD_OPTION_CONNECTION_LIMIT, connections, NULL},
        {MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_POOL, NULL},
        {MHD_OPTION_URI_LOG_CALLBACK, (intptr_t)head_target, NULL},
        {MHD_OPTION_UNESCAPE_CALLBACK, (intptr_t)head_unescape, NULL},
        {MHD_OPTION_STRICT_FOR_CLIENT, STRICT, NULL},
        {MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)exchange_end, &s->front},
        {MHD_OPTION_NOTIFY_CONNECTION, (intptr_t)connection_notify, door},
        {MHD_OPTION_ARRAY, 0, (void *)(listener->tls ? tls : none)},
        {MHD_OPTION_ARRAY, 0, (void *)(gated ? none : accepts)},
        {MHD_OPTION_END, 0, NULL},
    };
    struct MHD_Daemon *daemon = MHD_start_daemon(flags, 0, NULL, NULL, exchange_handle, &s->front,
                                                 MHD_OPTION_ARRAY, options, MHD_OPTION_END);
    const union MHD_DaemonInfo *info =
        daemon ? MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_EPOLL_FD) : NULL;
    if (!info) {
        log_error("cannot start the HTTP server");
        return false;
    }
    s->daemons[s->count++] = daemon;
    return watch(s, info->epoll_fd) &&
           (!gated || gate_add(s->gate, listener->fd, daemon, door, connections));
}

/* What brings news of other servers, and of sources. */
static bool news_open(struct server *s)
{
    struct front *f = &s->front;
    if (!feed_open(s->settings->store, f->held, &s->feed) ||
        (s->feed && !watch(s, feed_descriptor(s->feed))))
        return false;
    f->relay = relay_open(f->reads, f->changes, f->held);
    return f->relay && watch(s, relay_descriptor(f->relay));
}

static bool front_open(struct server *s, unsigned connections)
{
    const struct server_settings *settings = s->settings;
    struct front *f = &s->front;
    front_init(f);
    f->store = settings->store;
    f->letterhead = &settings->letterhead;
    f->web_origin = settings->web_origin;
    crowd_init(&s->crowd, peers_open(&settings->peers), &settings->proxies);
    bool near = store_gathers(settings->store); /* SQLite, which has one writer */
    f->reads = crew_open(settings->store, CREW_READS, near ? READERS : READERS_FAR);
    f->changes = crew_open(settings->store, CREW_CHANGES, near ? 1 : WRITERS_FAR);
    f->streams.reads = f->reads;
    store_limit(settings->store, QUICK_STEPS);
    if (!f->reads || !f->changes || !watch(s, crew_descriptor(f->reads)) ||
        !watch(s, crew_descriptor(f->changes)))
        return false;
    /* An eighth stays for requests that do not wait. */
    f->held = held_open(settings->store, f->reads, connections - connections / 8);
    if (!f->held || !watch(s, held_timer(f->held)) || !watch(s, held_ends_descriptor(f->held)) ||
        !news_open(s))
        return false;
    if (!settings->mail.url)
        return true;
    f->mailer = mail_open(&settings->mail);
    return f->mailer && watch(s, mail_descriptor(f->mailer));
}

struct server *server_start(struct server_settings *settings)
{
    struct server *s = memory_get(sizeof *s);
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGHUP);
    sigaddset(&signals, SIGUSR1);
    s->settings = settings;
    upkeep_init(&s->upkeep, &s->front, settings->keep_events_days);
    s->signals = signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC);
    s->epoll = epoll_create1(EPOLL_CLOEXEC);
    unsigned most = 0; /* of one listener */
    for (size_t i = 0; i < settings->count; i++)
        most = connections_of(settings, i) > most ? connections_of(settings, i) : most;
    s->gate = gate_open(&settings->speakers);
    bool good = s->gate && watch(s, gate_descriptor(s->gate)) && front_open(s, most) &&
                watch(s, s->signals);
    for (size_t i = 0; good && i < settings->count; i++)
        good = daemon_start(s, &settings->listeners[i], connections_of(settings, i));
    if (good)
        return s;
    server_stop(s);
    return NULL;
}

static void daemons_run(struct server *s)
{
    for (size_t i = 0; i < s->count; i++)
        MHD_run(s->daemons[i]);
}

static void daemons_serve(struct server *s)
{
    int64_t begun = clock_mono_ms();
    turns_begin(&s->front.turns);
    held_resume_some(s->front.held);
    s->crowd.resumed = false;
    daemons_run(s);
    metrics_round(clock_mono_ms() - begun);
}

/* Milliseconds until something has to be done that no descriptor tells, -1 for never. */
static int loop_timeout(struct server *s)
{
    MHD_UNSIGNED_LONG_LONG timeout;
    int least = wait_least(connections_expire(&s->crowd), stranger_log_count());
    least = wait_least(least, relay_timeout(s->front.relay));
    least = wait_least(least, gate_due(s->gate));
    if (s->crowd.resumed || held_queued(s->front.held))
        least = 0;
    for (size_t i = 0; i < s->count; i++)
        if (MHD_get_timeout(s->daemons[i], &timeout) == MHD_YES)
            least = wait_least(least, timeout < INT32_MAX ? (int)timeout : INT32_MAX);
    s->crowd.due = least < 0 ? INT64_MAX : clock_mono_ms() + least;
    return least;
}

static void password_reload(struct server_settings *settings)
{
    char former[PASSWORD_MAX + 1];
    memcpy(former, settings->mail.password, sizeof former);
    if (!mail_password_read(&settings->mail, settings->password_file))
        log_warning("%s: the previous password stays in use", settings->password_file);
    else
        log_info("%s: the password is %s", settings->password_file,
                 strcmp(former, settings->mail.password) == 0 ? "unchanged" : "a new one");
    explicit_bzero(former, sizeof former);
}

static void files_reload(struct server_settings *settings)
{
    tls_load(settings->tls, settings->certs);
    if (settings->access_log)
        access_log_open(settings->access_log);
    if (settings->password_file)
        password_reload(settings);
}

/* Nobody connects any more. */
static void listeners_close(struct server *s)
{
    gate_close(s->gate);
    for (size_t i = 0; i < s->count; i++) {
        int fd = MHD_quiesce_daemon(s->daemons[i]);
        if (fd != MHD_INVALID_SOCKET)
            close(fd);
    }
}

/* Takes no connection and no request any more, and answers the held polls, so that they come back
 * to another server. A second signal cuts them off. */
static void drain(struct server *s)
{
    s->ends = clock_mono_ms() + (s->front.draining ? 0 : DRAIN_MS);
    if (!s->front.draining)
        listeners_close(s);
    s->front.draining = true;
    held_release(s->front.held);
}

static bool drained(const struct server *s)
{
    return s->front.draining && (held_number(s->front.held) == 0 || clock_mono_ms() >= s->ends);
}

/* True when there was a signal. */
static bool signal_take(struct server *s)
{
    struct signalfd_siginfo info;
    if (read(s->signals, &info, sizeof info) != sizeof info)
        return false;
    if (info.ssi_signo == SIGHUP)
        files_reload(s->settings);
    else if (info.ssi_signo == SIGUSR1)
        held_release(s->front.held);
    else
        drain(s);
    return true;
}

/* Does what descriptor FD is readable for; false when the daemons have to be run for it. */
static bool descriptor_serve(struct server *s, int fd)
{
    struct front *f = &s->front;
    if (fd == held_timer(f->held))
        held_tick(f->held);
    else if (fd == held_ends_descriptor(f->held))
        held_ends(f->held);
    else if (s->feed && fd == feed_descriptor(s->feed))
        feed_tell(s->feed);
    else if (fd == relay_descriptor(f->relay))
        relay_take(f->relay);
    else if (fd == gate_descriptor(s->gate))
        gate_serve(s->gate);
    else if (fd == crew_descriptor(f->reads))
        crew_done(f->reads);
    else if (fd == crew_descriptor(f->changes))
        crew_done(f->changes);
    else if (f->mailer && fd == mail_descriptor(f->mailer))
        mail_run(f->mailer);
    else
        return false;
    return fd != gate_descriptor(s->gate);
}

bool server_run(struct server *s)
{
    struct epoll_event events[EVENTS];
    while (!s->upkeep.lost && !drained(s)) {
        upkeep_due(&s->upkeep);
        if (s->feed)
            feed_due(s->feed);
        relay_due(s->front.relay);
        int wait = loop_timeout(s);
        bool idle = wait < 0 || wait > UPKEEP_MS; /* nothing is due but upkeep */
        int n = epoll_wait(s->epoll, events, EVENTS, idle ? UPKEEP_MS : wait);
        if (n == 0 && idle)
            continue;
        if (n < 0 && errno != EINTR) {
            log_error("epoll: %s", strerror(errno));
            return false;
        }
        if (signal_take(s)) /* before a request that came behind it */
            continue;
        bool daemons = n <= 0;
        for (int i = 0; i < n; i++)
            daemons |= !descriptor_serve(s, events[i].data.fd);
        if (daemons || s->crowd.resumed || held_queued(s->front.held))
            daemons_serve(s);
    }
    return !s->upkeep.lost;
}

/* Waits for the changes that are under way, and lets nothing wait any more. */
static void front_stop(struct front *f)
{
    f->stopping = f->streams.stopping = true;
    if (f->relay)
        relay_stop(f->relay);
    if (f->changes)
        crew_stop(f->changes);
    if (f->reads)
        crew_stop(f->reads);
    if (f->held)
        held_stop(f->held);
    if (f->changes)
        crew_done(f->changes);
    if (f->reads)
        crew_done(f->reads);
    if (f->mailer)
        mail_close(f->mailer);
}

static void front_free(struct front *f)
{
    if (f->relay)
        relay_free(f->relay);
    if (f->held)
        held_free(f->held);
    if (f->changes)
        crew_free(f->changes);
    if (f->reads)
        crew_free(f->reads);
    store_limit(f->store, 0);
}

/* Stopping a daemon that has a suspended connection ends the process. */
void server_stop(struct server *s)
{
    if (s->feed)
        feed_close(s->feed);
    front_stop(&s->front);
    daemons_run(s);
    for (size_t i = 0; i < s->count; i++)
        MHD_stop_daemon(s->daemons[i]);
    if (s->gate)
        gate_free(s->gate);
    stranger_log_end();
    front_free(&s->front);
    peers_free(s->crowd.peers);
    if (s->epoll >= 0)
        close(s->epoll);
    if (s->signals >= 0)
        close(s->signals);
    free(s);
}
