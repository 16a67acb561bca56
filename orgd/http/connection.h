/*
 * The connections. A connection is a stranger's until one of its requests had a valid token; a
 * trusted proxy is never a stranger, and may have any number of them. Strangers have little time
 * for a request, and a share of each listener's connections: beyond it, and when the listener is
 * full, a new connection displaces a stranger: the one who has been there the longest, of a peer
 * with many strangers if there is such a peer. Time in which the process stood still counts
 * against nobody. Single-threaded.
 */
#ifndef ORGD_HTTP_CONNECTION_H
#define ORGD_HTTP_CONNECTION_H

#include <microhttpd.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "orgd/http/proxy.h"
#include "orgd/peer.h"

struct client_connection;
struct held;
TAILQ_HEAD(connection_list, client_connection);

/* A listener. */
struct door {
    struct crowd *crowd;
    bool metrics;                     /* it is for /metrics alone */
    size_t most;                      /* connections at a time, not counting those shut down */
    size_t count, leaving, strangers; /* those that there are, of them shut down, and strangers */
    struct connection_list oldest;    /* the strangers, the oldest first */
};

/* All listeners' connections. */
struct crowd {
    struct peer_set *peers;
    const struct proxies *proxies;
    const struct door *doors; /* DOOR_COUNT of them */
    size_t door_count;
    /* In the order in which their time ends. */
    struct connection_list first;  /* strangers that owe us a request */
    struct connection_list next;   /* others that owe us a request */
    struct connection_list taking; /* that have to take an answer */
    int64_t due;                   /* clock_mono_ms when connections_expire is due again */
    bool resumed;                  /* a connection was; whoever runs libmicrohttpd clears it */
};

struct client_connection {
    TAILQ_ENTRY(client_connection) link; /* of WAITS */
    TAILQ_ENTRY(client_connection) stranger_link;
    struct connection_list *waits; /* the list of the crowd that it is in, or NULL */
    int64_t since;                 /* when its time in that list began */
    struct door *door;
    struct peer *peer;
    int fd;
    struct gnutls_session_int *tls; /* NULL: plain HTTP */
    bool gathers;                   /* what is sent on it */
    bool stranger;
    bool proxy;   /* a trusted one */
    bool last;    /* it is to be shut down behind its present request */
    bool leaving; /* it is shut down, and libmicrohttpd will close it */
    char from[PEER_TEXT_SIZE];
    struct held *held;      /* the poll that waits on it, or NULL (held.h) */
    void *spare;            /* the memory of the former request, for the next one; or NULL */
    bool watched;           /* for its end, by held.h */
    const char *target_end; /* of the request's target in libmicrohttpd's memory (head.h) */
    bool target_good;
};

/* The earlier of two times to wait, where -1 is never. */
static inline int wait_least(int a, int b)
{
    return a < 0 || (b >= 0 && b < a) ? b : a;
}

/* PROXIES must stay. */
void crowd_init(struct crowd *crowd, struct peer_set *peers, const struct proxies *proxies);
/* For the next listener of CROWD, with CONNECTIONS at a time, of which some are for those that are
 * shut down and not closed yet. */
void door_init(struct door *door, struct crowd *crowd, size_t connections);

/* The open connections of all listeners, and the strangers among them. */
void crowd_count(const struct crowd *crowd, size_t *connections, size_t *strangers);

/* For libmicrohttpd: a MHD_NotifyConnectionCallback, with a struct door. */
void connection_notify(void *arg, struct MHD_Connection *connection, void **state,
                       enum MHD_ConnectionNotificationCode code);

/* The state of CONNECTION. */
struct client_connection *connection_of(struct MHD_Connection *connection);

/* A request of the connection had a valid token. */
void connection_known(struct client_connection *c);

/* It owes us a request: its time for that begins. */
void connection_owes(struct client_connection *c);
/* It owes us nothing. */
void connection_rests(struct client_connection *c);
/* It has to take an answer, and has taken a part of it, or none yet. */
void connection_takes(struct client_connection *c);

/* Lets libmicrohttpd go on with CONNECTION, whose state is C and which is suspended: it has to be
 * run. */
void connection_resume(struct client_connection *c, struct MHD_Connection *connection);

/* What is sent from now on, a few kilobytes at most, waits for connection_push, which sends it at
 * once. False: the client has gone or takes nothing, and was hung up on. By plain HTTP nothing
 * waits. */
void connection_gather(struct client_connection *c);
bool connection_push(struct client_connection *c);

/* Hangs up; what was sent is still taken. */
void connection_leave(struct client_connection *c);
/* The same, after a line in the log of strangers. */
void connection_refuse(struct client_connection *c, const char *why);

/* Hangs up on those whose time is over. Returns the milliseconds until it is due again, -1 for
 * never. */
int connections_expire(struct crowd *crowd);

#endif
