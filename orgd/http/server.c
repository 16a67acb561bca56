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
#include "common/notify.h"
#include "orgd/buffer.h"
#include "orgd/http/access_log.h"
#include "orgd/http/connection.h"
#include "orgd/http/exchange.h"
#include "orgd/http/head.h"
#include "orgd/http/metrics.h"
#include "orgd/http/stranger_log.h"
#include "orgd/http/tls.h"

#define CONNECTIONS_MAX     32768
#define METRICS_CONNECTIONS 64   /* of a listener for /metrics, beside the others */
#define DESCRIPTORS_KEPT    64   /* for everything that is no connection */
#define CONNECTION_POOL     8192 /* bytes: a request's line and headers, and a piece of its answer */
/* libmicrohttpd's own strictness answers in HTML: head_check does better, except for what it cannot
 * see. */
#define STRICT       (MHD_VERSION >= 0x01000000)
#define TELL_ROUNDS  16 /* of the loop for the held polls, before a change is answered */
#define DAY_MS       86400000LL
#define EXPIRE_MS    60000
#define EXPIRE_SLICE 500
#define WATCH_MS     1000
#define EVENTS       (LISTENERS_MAX + 3)

struct server {
    struct server_settings *settings;
    struct front front;
    struct crowd crowd;
    struct door doors[LISTENERS_MAX];
    struct MHD_Daemon *daemons[LISTENERS_MAX];
    size_t count;
    int epoll, signals;
    int64_t expire;  /* clock_mono_ms when old events are looked for again */
    int64_t watched; /* clock_mono_ms when the data file was looked at */
};

static bool watch(struct server *s, int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    if (epoll_ctl(s->epoll, EPOLL_CTL_ADD, fd, &event) == 0)
        return true;
    log_error("epoll: %s", strerror(errno));
    return false;
}

/* The connections that one listener may have: the limit of open files is shared out evenly. */
static unsigned connections_each(size_t listeners)
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
    return (unsigned)(most / listeners);
}

static bool daemon_start(struct server *s, const struct listener *listener, unsigned connections)
{
    struct door *door = &s->doors[s->count];
    if (listener->metrics)
        connections = METRICS_CONNECTIONS;
    unsigned flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | (listener->tls ? MHD_USE_TLS : 0);
    const struct MHD_OptionItem tls[] = {
        {MHD_OPTION_HTTPS_CERT_CALLBACK, 0, tls_callback()},
        {MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)TLS_PRIORITIES},
        {MHD_OPTION_END, 0, NULL},
    };
    door_init(door, &s->crowd, connections);
    door->metrics = listener->metrics;
    s->crowd.doors = s->doors;
    s->crowd.door_count = s->count + 1;
    const struct MHD_OptionItem options[] = {
        {MHD_OPTION_LISTEN_SOCKET, listener->fd, NULL},
        {MHD_OPTION_CONNECTION_LIMIT, connections, NULL},
        {MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_POOL, NULL},
        {MHD_OPTION_URI_LOG_CALLBACK, (intptr_t)head_target, NULL},
        {MHD_OPTION_UNESCAPE_CALLBACK, (intptr_t)head_unescape, NULL},
        {MHD_OPTION_STRICT_FOR_CLIENT, STRICT, NULL},
        {MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)exchange_end, &s->front},
        {MHD_OPTION_NOTIFY_CONNECTION, (intptr_t)connection_notify, door},
        {listener->tls ? MHD_OPTION_ARRAY : MHD_OPTION_END, 0, (void *)tls},
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
    return watch(s, info->epoll_fd);
}

static bool front_open(struct server *s, unsigned connections)
{
    const struct server_settings *settings = s->settings;
    struct front *f = &s->front;
    front_init(f);
    f->store = settings->store;
    f->letterhead = &settings->letterhead;
    crowd_init(&s->crowd, peers_open(&settings->peers), &settings->proxies);
    /* An eighth stays for requests that do not wait. */
    f->held = held_open(settings->store, connections - connections / 8);
    if (!f->held || !watch(s, held_timer(f->held)))
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
    size_t metrics = 0;
    for (size_t i = 0; i < settings->count; i++)
        metrics += settings->listeners[i].metrics;
    unsigned connections = connections_each(settings->count - metrics);
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGHUP);
    s->settings = settings;
    s->signals = signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC);
    s->epoll = epoll_create1(EPOLL_CLOEXEC);
    bool good = front_open(s, connections) && watch(s, s->signals);
    for (size_t i = 0; good && i < settings->count; i++)
        good = daemon_start(s, &settings->listeners[i], connections);
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
    daemons_run(s);
    changes_run(&s->front);
    reads_resume(&s->front);
    if (!STAILQ_EMPTY(&s->front.waiting)) {
        for (int i = 0; i < TELL_ROUNDS && held_telling(s->front.held) > 0; i++)
            daemons_run(s);
        waiting_resume(&s->front);
        daemons_run(s);
    }
    metrics_round(clock_mono_ms() - begun);
}

/* The earlier of two times to wait, where -1 is never. */
static int earlier(int a, int b)
{
    return a < 0 || (b >= 0 && b < a) ? b : a;
}

/* Milliseconds until something has to be done that no descriptor tells, -1 for never. */
static int loop_timeout(struct server *s)
{
    MHD_UNSIGNED_LONG_LONG timeout;
    int least = earlier(connections_expire(&s->crowd), stranger_log_count());
    if (!STAILQ_EMPTY(&s->front.changes) || !STAILQ_EMPTY(&s->front.reads) ||
        !STAILQ_EMPTY(&s->front.waiting))
        least = 0;
    for (size_t i = 0; i < s->count; i++)
        if (MHD_get_timeout(s->daemons[i], &timeout) == MHD_YES)
            least = earlier(least, timeout < INT32_MAX ? (int)timeout : INT32_MAX);
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

/* True when a signal says to end. */
static bool signal_take(struct server *s)
{
    struct signalfd_siginfo info;
    struct server_settings *settings = s->settings;
    if (read(s->signals, &info, sizeof info) != sizeof info)
        return false;
    if (info.ssi_signo != SIGHUP)
        return true;
    tls_load(settings->tls, settings->certs);
    if (settings->access_log)
        access_log_open(settings->access_log);
    if (settings->password_file)
        password_reload(settings);
    return false;
}

/* Removes audit events that are too old, a slice at a time. */
static void events_expire(struct server *s, int64_t now)
{
    unsigned days = s->settings->keep_events_days;
    if (days == 0 || now < s->expire || !store_begin(s->front.store, STORE_CHANGE))
        return;
    int64_t count =
        store_events_prune(s->front.store, clock_wall_ms() - days * DAY_MS, EXPIRE_SLICE);
    if (!store_commit(s->front.store) || count == 0)
        s->expire = now + EXPIRE_MS;
}

/* Looks at the data file once a second; false when it is not ours any more. */
static bool data_watch(struct server *s)
{
    int64_t now = clock_mono_ms();
    if (now < s->watched + WATCH_MS)
        return true;
    s->watched = now;
    if (notify_watchdog_ms() > 0)
        notify("WATCHDOG=1");
    store_has_room(s->front.store);
    switch (store_watch(s->front.store)) {
    case STORE_SAME:
        events_expire(s, now);
        return true;
    case STORE_CHANGED:
        held_tell_all(s->front.held);
        return true;
    case STORE_LOST:
        break;
    }
    log_error("the data file was moved, removed or replaced: put it back, and start again");
    return false;
}

bool server_run(struct server *s)
{
    struct epoll_event events[EVENTS];
    struct front *f = &s->front;
    for (;;) {
        if (!data_watch(s))
            return false;
        int wait = loop_timeout(s);
        bool idle = wait < 0 || wait > WATCH_MS; /* nothing is due but a look at the data file */
        int n = epoll_wait(s->epoll, events, EVENTS, idle ? WATCH_MS : wait);
        if (n == 0 && idle)
            continue;
        if (n < 0 && errno != EINTR) {
            log_error("epoll: %s", strerror(errno));
            return false;
        }
        for (int i = 0; i < n; i++) {
            if (events[i].data.fd == s->signals && signal_take(s))
                return true;
            if (events[i].data.fd == held_timer(f->held))
                held_tick(f->held);
            if (f->mailer && events[i].data.fd == mail_descriptor(f->mailer))
                mail_run(f->mailer);
        }
        daemons_serve(s);
    }
}

void server_stop(struct server *s)
{
    struct front *f = &s->front;
    /* Stopping a daemon that has a suspended connection ends the process. */
    f->stopping = true;
    if (f->held)
        held_stop(f->held);
    while (!STAILQ_EMPTY(&f->changes)) {
        turns_begin(&f->turns);
        changes_run(f);
    }
    reads_resume(f);
    if (f->mailer)
        mail_close(f->mailer);
    waiting_resume(f);
    daemons_run(s);
    for (size_t i = 0; i < s->count; i++)
        MHD_stop_daemon(s->daemons[i]);
    stranger_log_end();
    if (f->held)
        held_free(f->held);
    peers_free(s->crowd.peers);
    if (s->epoll >= 0)
        close(s->epoll);
    if (s->signals >= 0)
        close(s->signals);
    free(s);
}
