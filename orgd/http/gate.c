#include "orgd/http/gate.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "orgd/buffer.h"
#include "orgd/http/listen.h"
#include "orgd/http/proxy_header.h"
#include "orgd/http/stranger_log.h"

#define HEADER_MS     3000 /* proxies send it with the connection */
#define WAITING_SHARE 8    /* an eighth of a listener's connections may owe it */
#define REST_MS       50   /* of a listener that has no room for a connection */
#define AT_ONCE       64   /* connections of a listener in a round of the loop */
#define EVENTS        64

struct entrance {
    int fd; /* -1: closed */
    struct MHD_Daemon *daemon;
    struct door *door;
    size_t most, waiting;
    int64_t rests; /* clock_mono_ms until when nothing is accepted; 0: it does not rest */
};

/* A connection whose header is awaited. */
struct arrival {
    TAILQ_ENTRY(arrival) link;
    struct entrance *entrance;
    int fd;
    int64_t since; /* clock_mono_ms */
    struct address address;
    size_t len; /* of the header that is there */
    uint8_t header[PROXY_HEADER_MAX];
};

struct gate {
    const struct proxies *speakers;
    struct entrance entrances[LISTENERS_MAX];
    size_t count;
    TAILQ_HEAD(, arrival) waiting; /* the oldest first */
    int epoll;                     /* an event's pointer is an entrance's, or an arrival's */
};

struct gate *gate_open(const struct proxies *speakers)
{
    struct gate *g = memory_get(sizeof *g);
    g->speakers = speakers;
    TAILQ_INIT(&g->waiting);
    g->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (g->epoll >= 0)
        return g;
    log_error("epoll: %s", strerror(errno));
    free(g);
    return NULL;
}

static bool watch(struct gate *g, int how, int fd, void *whose, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = whose};
    if (epoll_ctl(g->epoll, how, fd, &event) == 0)
        return true;
    log_error("epoll: %s", strerror(errno));
    return false;
}

bool gate_needed(const struct gate *g, bool metrics)
{
    return g->speakers->count > 0 && !metrics;
}

bool gate_add(struct gate *g, int fd, struct MHD_Daemon *daemon, struct door *door, size_t most)
{
    struct entrance *e = &g->entrances[g->count++];
    *e = (struct entrance){.fd = fd, .daemon = daemon, .door = door, .most = most};
    return watch(g, EPOLL_CTL_ADD, fd, e, EPOLLIN);
}

int gate_descriptor(const struct gate *g)
{
    return g->epoll;
}

/* Hands the connection FD over, which is that of the client with ADDRESS. */
static void enter(const struct entrance *e, int fd, const struct address *address)
{
    if (MHD_add_connection(e->daemon, fd, (const struct sockaddr *)&address->storage,
                           address->len) == MHD_NO)
        stranger_log(LOG_WARNING, "a connection was not taken: %s", strerror(errno));
}

/* --- the PROXY protocol --- */

/* Forgets N, whose descriptor is somebody else's from now on. */
static void arrival_free(struct gate *g, struct arrival *n)
{
    epoll_ctl(g->epoll, EPOLL_CTL_DEL, n->fd, NULL);
    TAILQ_REMOVE(&g->waiting, n, link);
    n->entrance->waiting--;
    free(n);
}

static void arrival_refuse(struct gate *g, struct arrival *n, const char *why)
{
    char from[PEER_TEXT_SIZE];
    struct peer_address address =
        peer_address_of(n->fd, (const struct sockaddr *)&n->address.storage);
    int fd = n->fd;
    peer_text(&address, from);
    stranger_log(LOG_WARNING, "%s is disconnected: %s", from, why);
    arrival_free(g, n);
    close(fd);
}

static void arrival_enter(struct gate *g, struct arrival *n)
{
    struct entrance *e = n->entrance;
    struct address client = n->address;
    int fd = n->fd;
    if (proxy_header_source(n->header, n->len, &client.storage, &client.len) == SOURCE_BAD) {
        arrival_refuse(g, n, "its PROXY header names no client of TCP");
        return;
    }
    arrival_free(g, n);
    enter(e, fd, &client);
}

/* The bytes that the header has, as far as N has sent it: not one more is read. 0: it is none. */
static size_t arrival_needs(const struct arrival *n)
{
    return n->len < PROXY_HEADER_FIRST ? PROXY_HEADER_FIRST : proxy_header_length(n->header);
}

static void arrival_read(struct gate *g, struct arrival *n)
{
    size_t needs;
    while ((needs = arrival_needs(n)) > n->len) {
        ssize_t got = recv(n->fd, n->header + n->len, needs - n->len, 0);
        if (got < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        if (got <= 0) {
            arrival_refuse(g, n, "its PROXY header was not whole");
            return;
        }
        n->len += (size_t)got;
    }
    if (needs == 0)
        arrival_refuse(g, n, "it sent no PROXY header of version 2");
    else
        arrival_enter(g, n);
}

/* The one that has waited the longest at E. */
static struct arrival *arrival_oldest(struct gate *g, const struct entrance *e)
{
    struct arrival *n;
    TAILQ_FOREACH(n, &g->waiting, link)
    if (n->entrance == e)
        break;
    return n;
}

static void arrival_add(struct gate *g, struct entrance *e, int fd, const struct address *address)
{
    struct arrival *n = memory_get(sizeof *n);
    if (e->waiting > 0 && e->waiting >= e->most / WAITING_SHARE)
        arrival_refuse(g, arrival_oldest(g, e), "too many PROXY headers are awaited");
    n->entrance = e;
    n->fd = fd;
    n->since = clock_mono_ms();
    n->address = *address;
    TAILQ_INSERT_TAIL(&g->waiting, n, link);
    e->waiting++;
    if (!watch(g, EPOLL_CTL_ADD, fd, n, EPOLLIN))
        arrival_refuse(g, n, "there are too many descriptors");
    else
        arrival_read(g, n); /* it is mostly there */
}

/* --- accepting --- */

static void entrance_rest(struct gate *g, struct entrance *e)
{
    e->rests = clock_mono_ms() + REST_MS;
    watch(g, EPOLL_CTL_MOD, e->fd, e, 0);
}

/* True for what concerns one connection that ended before it was accepted. */
static bool connection_lost(int error)
{
    return error != EMFILE && error != ENFILE && error != ENOBUFS && error != ENOMEM;
}

static bool speaks_proxy(const struct gate *g, const struct entrance *e, int fd,
                         const struct address *address)
{
    if (g->speakers->count == 0 || e->door->metrics)
        return false;
    struct peer_address peer = peer_address_of(fd, (const struct sockaddr *)&address->storage);
    return proxy_trusted(g->speakers, &peer);
}

static void entrance_serve(struct gate *g, struct entrance *e)
{
    for (int i = 0; i < AT_ONCE; i++) {
        struct address address = {.len = sizeof address.storage};
        bool room = e->door->count + e->waiting < e->most;
        int fd = room ? accept4(e->fd, (struct sockaddr *)&address.storage, &address.len,
                                SOCK_NONBLOCK | SOCK_CLOEXEC)
                      : -1;
        if (room && fd < 0 && errno == EAGAIN)
            return;
        if (!room || (fd < 0 && !connection_lost(errno))) {
            entrance_rest(g, e);
            return;
        }
        if (fd >= 0 && speaks_proxy(g, e, fd, &address))
            arrival_add(g, e, fd, &address);
        else if (fd >= 0)
            enter(e, fd, &address);
    }
}

/* The entrance whose event it is; NULL: an arrival's. */
static struct entrance *entrance_find(struct gate *g, const void *whose)
{
    for (size_t i = 0; i < g->count; i++)
        if (&g->entrances[i] == whose)
            return &g->entrances[i];
    return NULL;
}

void gate_serve(struct gate *g)
{
    struct epoll_event events[EVENTS];
    int n = epoll_wait(g->epoll, events, EVENTS, 0);
    for (int i = 0; i < n; i++)
        if (!entrance_find(g, events[i].data.ptr))
            arrival_read(g, events[i].data.ptr);
    /* Behind those: what comes in at an entrance may take the place of one of them. */
    for (int i = 0; i < n; i++) {
        struct entrance *e = entrance_find(g, events[i].data.ptr);
        if (e)
            entrance_serve(g, e);
    }
}

/* The milliseconds until E may accept again, -1 if it does not rest. */
static int entrance_due(struct gate *g, struct entrance *e, int64_t now)
{
    if (e->rests == 0 || e->fd < 0)
        return -1;
    if (e->rests > now)
        return (int)(e->rests - now);
    e->rests = 0;
    watch(g, EPOLL_CTL_MOD, e->fd, e, EPOLLIN);
    return -1;
}

int gate_due(struct gate *g)
{
    int64_t now = clock_mono_ms();
    struct arrival *n;
    int least = -1;
    for (size_t i = 0; i < g->count; i++)
        least = wait_least(least, entrance_due(g, &g->entrances[i], now));
    while ((n = TAILQ_FIRST(&g->waiting)) != NULL && n->since + HEADER_MS <= now) {
        arrival_read(g, n); /* which may have come while the process stood still */
        if (TAILQ_FIRST(&g->waiting) == n)
            arrival_refuse(g, n, "its PROXY header did not come");
    }
    return n ? wait_least(least, (int)(n->since + HEADER_MS - now)) : least;
}

void gate_close(struct gate *g)
{
    struct arrival *n;
    while ((n = TAILQ_FIRST(&g->waiting)) != NULL) {
        close(n->fd);
        arrival_free(g, n);
    }
    for (size_t i = 0; i < g->count; i++) {
        if (g->entrances[i].fd >= 0)
            close(g->entrances[i].fd);
        g->entrances[i].fd = -1;
    }
}

void gate_free(struct gate *g)
{
    gate_close(g);
    close(g->epoll);
    free(g);
}
