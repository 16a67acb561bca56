#include "orgd/server.h"

#include "common/clock.h"
#include "orgd/buffer.h"
#include "orgd/dispatch.h"
#include "orgd/held.h"

#include <errno.h>
#include <microhttpd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/queue.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define CONNECTIONS_MAX  16384
#define DESCRIPTORS_KEPT 64   /* for everything that is no connection */
#define CONNECTION_POOL  8192 /* bytes: a request's line and headers, and a piece of its answer */
#define IDLE_S           30   /* for a request to go on, or a kept connection to be used */
#define DRAIN_MAX                                                                                  \
    (1U << 20)           /* of a body that is too large, so that the client reads the answer       \
                          */
#define TELL_ROUNDS   16 /* of the loop for the held polls, before a change is answered */
#define LOG_PATH_SIZE 128

/* A request from its first byte to its answer. */
struct exchange {
    STAILQ_ENTRY(exchange) link;
    struct MHD_Connection *connection;
    int64_t begun;
    struct buffer body;
    size_t drained; /* bytes beyond BODY_MAX */
    bool dispatched;
    struct answer answer;
};

struct server {
    struct store *store;
    struct held_set *held;
    STAILQ_HEAD(, exchange) waiting; /* suspended until the held polls were told of their changes */
    struct MHD_Daemon *daemons[LISTENERS_MAX];
    size_t count;
    int epoll, signals;
};

/* --- a request --- */

/* What a client made up, as one word of at most SIZE - 1 characters. */
static const char *log_word(char *word, size_t size, const char *text)
{
    size_t i;
    for (i = 0; text[i] && i < size - 1; i++)
        word[i] = text[i] > ' ' && text[i] <= '~' ? text[i] : '?';
    word[i] = '\0';
    return word;
}

static void exchange_log(const struct exchange *x, const char *method, const char *path)
{
    char method_word[16], path_word[LOG_PATH_SIZE];
    if (!x->answer.loggable)
        return;
    fprintf(stderr, "orgd: %s %s %u %s %lldms\n", log_word(method_word, sizeof method_word, method),
            log_word(path_word, sizeof path_word, path), x->answer.status, x->answer.caller,
            (long long)(clock_mono_ms() - x->begun));
}

/* A poll that there is no room for. */
static void exchange_busy(struct exchange *x)
{
    static const char busy[] =
        "{\"ok\":false,\"reason\":\"busy\",\"message\":\"Too many held polls: "
        "ask again later, or with wait 0.\"}";
    x->answer.hold = false;
    x->answer.loggable = true;
    x->answer.status = 503;
    buffer_add(&x->answer.body, busy, sizeof busy - 1, REPLY_MAX);
}

static void exchange_dispatch(struct server *s, struct exchange *x, const char *method,
                              const char *path)
{
    struct request request = {.method = method, .path = path, .too_large = x->drained > 0};
    request.authorization =
        MHD_lookup_connection_value(x->connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_AUTHORIZATION);
    request.body = x->body.data;
    request.len = x->body.len;
    dispatch(s->store, &request, &x->answer);
    buffer_free(&x->body);
    x->dispatched = true;
    if (x->answer.hold && held_full(s->held))
        exchange_busy(x);
    exchange_log(x, method, path);
    if (x->answer.changed[0])
        held_tell(s->held, x->answer.changed);
}

static void add_headers(struct MHD_Response *response, unsigned status)
{
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, "application/json");
    MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
    if (status == 401)
        MHD_add_response_header(response, MHD_HTTP_HEADER_WWW_AUTHENTICATE, "Bearer");
    if (status == 405)
        MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "POST");
    if (status == 503)
        MHD_add_response_header(response, MHD_HTTP_HEADER_RETRY_AFTER, "5");
}

static enum MHD_Result exchange_reply(struct server *s, struct exchange *x)
{
    struct buffer *body = &x->answer.body;
    struct MHD_Response *response;
    if (x->answer.hold) {
        response = held_response(s->held, x->connection, &x->answer.poll);
    } else {
        response = MHD_create_response_from_buffer(body->len, body->data, MHD_RESPMEM_MUST_FREE);
        if (response)
            *body = (struct buffer){0};
    }
    if (!response)
        return MHD_NO;
    add_headers(response, x->answer.status);
    enum MHD_Result queued = MHD_queue_response(x->connection, x->answer.status, response);
    MHD_destroy_response(response);
    return queued;
}

/* A piece of the body. One that is too large is read to its end, within reason, and forgotten. */
static enum MHD_Result exchange_take(struct exchange *x, const char *data, size_t *size)
{
    if (x->drained > 0 || !buffer_add(&x->body, data, *size, BODY_MAX)) {
        buffer_free(&x->body);
        x->drained += *size;
    }
    *size = 0;
    return x->drained <= DRAIN_MAX ? MHD_YES : MHD_NO;
}

/* True when the client announces a body that is not even worth draining. */
static bool announced_too_large(struct MHD_Connection *connection)
{
    const char *length =
        MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_LENGTH);
    return length && strtoull(length, NULL, 10) > DRAIN_MAX;
}

/* libmicrohttpd calls this at a request's headers, for each piece of its body, at its end, and
 * after a resume. */
static enum MHD_Result handle(void *context, struct MHD_Connection *connection, const char *path,
                              const char *method, const char *version, const char *data,
                              size_t *size, void **request)
{
    struct server *s = context;
    struct exchange *x = *request;
    (void)version;
    if (!x) {
        x = *request = memory_get(sizeof *x);
        x->connection = connection;
        x->begun = clock_mono_ms();
        if (!announced_too_large(connection))
            return MHD_YES;
        x->drained = DRAIN_MAX;
    } else if (*size > 0) {
        return exchange_take(x, data, size);
    }
    if (!x->dispatched) {
        exchange_dispatch(s, x, method, path);
        if (x->answer.changed[0] && held_telling(s->held) > 0) {
            STAILQ_INSERT_TAIL(&s->waiting, x, link);
            MHD_suspend_connection(connection);
            return MHD_YES;
        }
    }
    return exchange_reply(s, x);
}

static void exchange_end(void *context, struct MHD_Connection *connection, void **request,
                         enum MHD_RequestTerminationCode code)
{
    struct exchange *x = *request;
    (void)context, (void)connection, (void)code;
    if (!x)
        return;
    buffer_free(&x->body);
    buffer_free(&x->answer.body);
    free(x);
    *request = NULL;
}

/* --- the loop --- */

static bool watch(struct server *s, int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    if (epoll_ctl(s->epoll, EPOLL_CTL_ADD, fd, &event) == 0)
        return true;
    fprintf(stderr, "orgd: epoll: %s\n", strerror(errno));
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

static bool daemon_start(struct server *s, int fd, unsigned connections)
{
    const struct MHD_OptionItem options[] = {
        {MHD_OPTION_LISTEN_SOCKET, fd, NULL},
        {MHD_OPTION_CONNECTION_LIMIT, connections, NULL},
        {MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_POOL, NULL},
        {MHD_OPTION_CONNECTION_TIMEOUT, IDLE_S, NULL},
        {MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)exchange_end, NULL},
        {MHD_OPTION_END, 0, NULL},
    };
    struct MHD_Daemon *daemon =
        MHD_start_daemon(MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, handle, s,
                         MHD_OPTION_ARRAY, options, MHD_OPTION_END);
    const union MHD_DaemonInfo *info =
        daemon ? MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_EPOLL_FD) : NULL;
    if (!info) {
        fprintf(stderr, "orgd: cannot start the HTTP server\n");
        return false;
    }
    s->daemons[s->count++] = daemon;
    return watch(s, info->epoll_fd);
}

struct server *server_start(struct store *store, const int *sockets, size_t count)
{
    struct server *s = memory_get(sizeof *s);
    sigset_t ends;
    unsigned connections = connections_each(count);
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    STAILQ_INIT(&s->waiting);
    s->store = store;
    /* An eighth stays for requests that do not wait. */
    s->held = held_open(store, connections - connections / 8);
    s->signals = signalfd(-1, &ends, SFD_NONBLOCK | SFD_CLOEXEC);
    s->epoll = epoll_create1(EPOLL_CLOEXEC);
    bool good = s->held && watch(s, s->signals) && watch(s, held_timer(s->held));
    for (size_t i = 0; good && i < count; i++)
        good = daemon_start(s, sockets[i], connections);
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

/* Lets the answers go that waited for the held polls. */
static void waiting_resume(struct server *s)
{
    struct exchange *x;
    while ((x = STAILQ_FIRST(&s->waiting)) != NULL) {
        STAILQ_REMOVE_HEAD(&s->waiting, link);
        MHD_resume_connection(x->connection);
    }
}

static void daemons_serve(struct server *s)
{
    daemons_run(s);
    if (STAILQ_EMPTY(&s->waiting))
        return;
    for (int i = 0; i < TELL_ROUNDS && held_telling(s->held) > 0; i++)
        daemons_run(s);
    waiting_resume(s);
    daemons_run(s);
}

/* Milliseconds until libmicrohttpd has something to do by itself, -1 for never. */
static int daemons_timeout(const struct server *s)
{
    MHD_UNSIGNED_LONG_LONG least = INT32_MAX, timeout;
    if (!STAILQ_EMPTY(&s->waiting))
        return 0;
    for (size_t i = 0; i < s->count; i++)
        if (MHD_get_timeout(s->daemons[i], &timeout) == MHD_YES && timeout < least)
            least = timeout;
    return least == INT32_MAX ? -1 : (int)least;
}

bool server_run(struct server *s)
{
    struct epoll_event events[LISTENERS_MAX + 2];
    for (;;) {
        int n = epoll_wait(s->epoll, events, LISTENERS_MAX + 2, daemons_timeout(s));
        if (n < 0 && errno != EINTR) {
            fprintf(stderr, "orgd: epoll: %s\n", strerror(errno));
            return false;
        }
        for (int i = 0; i < n; i++) {
            if (events[i].data.fd == s->signals)
                return true;
            if (events[i].data.fd == held_timer(s->held))
                held_tick(s->held);
        }
        daemons_serve(s);
    }
}

void server_stop(struct server *s)
{
    /* Stopping a daemon that has a suspended connection is undefined. */
    if (s->held)
        held_stop(s->held);
    waiting_resume(s);
    daemons_run(s);
    for (size_t i = 0; i < s->count; i++)
        MHD_stop_daemon(s->daemons[i]);
    if (s->held)
        held_free(s->held);
    if (s->epoll >= 0)
        close(s->epoll);
    if (s->signals >= 0)
        close(s->signals);
    free(s);
}
