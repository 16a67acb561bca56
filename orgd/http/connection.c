#include "orgd/http/connection.h"

#include <stdlib.h>
#include <sys/socket.h>

#include "common/clock.h"
#include "common/log.h"
#include "orgd/buffer.h"
#include "orgd/http/stranger_log.h"
#include "orgd/http/tls.h"

#define FIRST_MS       10000 /* a stranger's, from the connection or the last answer to a request */
#define NEXT_MS        30000 /* everybody else's */
#define TAKE_MS        30000 /* for a part of an answer */
#define STALL_MS       1000  /* the loop is never that late, unless the process stood still */
#define SPARE_SHARE    16    /* of the connections is for those that are shut down */
#define STRANGER_SHARE 4     /* a quarter of the connections may be strangers' */
#define PEER_SHARE     8     /* a peer with more than an eighth of these loses one first */

void crowd_init(struct crowd *crowd, struct peer_set *peers, const struct proxies *proxies)
{
    crowd->peers = peers;
    crowd->proxies = proxies;
    TAILQ_INIT(&crowd->first);
    TAILQ_INIT(&crowd->next);
    TAILQ_INIT(&crowd->taking);
    crowd->due = INT64_MAX;
}

void door_init(struct door *door, struct crowd *crowd, size_t connections)
{
    *door = (struct door){.crowd = crowd, .most = connections - connections / SPARE_SHARE};
    TAILQ_INIT(&door->oldest);
}

void crowd_count(const struct crowd *crowd, size_t *connections, size_t *strangers)
{
    *connections = *strangers = 0;
    for (size_t i = 0; i < crowd->door_count; i++) {
        *connections += crowd->doors[i].count;
        *strangers += crowd->doors[i].strangers;
    }
}

struct client_connection *connection_of(struct MHD_Connection *connection)
{
    return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
}

/* --- their time --- */

static void wait_in(struct client_connection *c, struct connection_list *list)
{
    if (c->waits)
        TAILQ_REMOVE(c->waits, c, link);
    c->waits = c->leaving ? NULL : list;
    c->since = clock_mono_ms();
    if (c->waits)
        TAILQ_INSERT_TAIL(c->waits, c, link);
}

void connection_owes(struct client_connection *c)
{
    struct crowd *crowd = c->door->crowd;
    wait_in(c, c->stranger ? &crowd->first : &crowd->next);
}

void connection_rests(struct client_connection *c)
{
    wait_in(c, NULL);
}

void connection_takes(struct client_connection *c)
{
    wait_in(c, &c->door->crowd->taking);
}

void connection_known(struct client_connection *c)
{
    if (!c->stranger)
        return;
    TAILQ_REMOVE(&c->door->oldest, c, stranger_link);
    c->door->strangers--;
    peer_strangers(c->peer, -1);
    c->stranger = false;
}

/* libmicrohttpd sees it end. */
void connection_leave(struct client_connection *c)
{
    if (c->leaving)
        return;
    connection_known(c); /* it is displaced no more */
    shutdown(c->fd, SHUT_RDWR);
    c->leaving = true;
    c->door->leaving++;
    connection_rests(c);
}

static void list_forgive(struct connection_list *list, int64_t now)
{
    struct client_connection *c;
    TAILQ_FOREACH(c, list, link)
    c->since = now;
}

/* Returns the milliseconds until the first of LIST has waited for ALLOWED, -1 for an empty list. */
static int list_expire(struct connection_list *list, int64_t allowed, int64_t now)
{
    struct client_connection *c;
    while ((c = TAILQ_FIRST(list)) != NULL) {
        int64_t wait = c->since + allowed - now;
        if (wait > 0)
            return (int)wait;
        connection_leave(c);
    }
    return -1;
}

int connections_expire(struct crowd *crowd)
{
    int64_t now = clock_mono_ms();
    if (now - STALL_MS > crowd->due) {
        list_forgive(&crowd->first, now);
        list_forgive(&crowd->next, now);
        list_forgive(&crowd->taking, now);
    }
    int first = list_expire(&crowd->first, FIRST_MS, now);
    int next = list_expire(&crowd->next, NEXT_MS, now);
    return wait_least(first, wait_least(next, list_expire(&crowd->taking, TAKE_MS, now)));
}

/* --- their number --- */

void connection_resume(struct client_connection *c, struct MHD_Connection *connection)
{
    c->door->crowd->resumed = true;
    MHD_resume_connection(connection);
}

void connection_gather(struct client_connection *c)
{
    if (c->tls)
        tls_gather(c->tls);
    c->gathers = c->tls != NULL;
}

bool connection_push(struct client_connection *c)
{
    bool taken = !c->gathers || tls_push(c->tls);
    c->gathers = false;
    if (!taken)
        connection_leave(c);
    return taken;
}

void connection_refuse(struct client_connection *c, const char *why)
{
    if (c->leaving)
        return;
    connection_leave(c);
    stranger_log(LOG_WARNING, "%s %s", c->from, why);
}

static size_t strangers_most(const struct door *door)
{
    return door->most / STRANGER_SHARE + 1;
}

/* The oldest stranger of a peer with more than its share, else the oldest of all, or NULL. */
static struct client_connection *stranger_find(const struct door *door)
{
    struct client_connection *c;
    TAILQ_FOREACH(c, &door->oldest, stranger_link)
    if (peer_strangers(c->peer, 0) > strangers_most(door) / PEER_SHARE)
        return c;
    return TAILQ_FIRST(&door->oldest);
}

static void connection_add(struct client_connection *c)
{
    struct door *door = c->door;
    door->count++;
    if (!c->proxy) {
        c->stranger = true;
        door->strangers++;
        peer_strangers(c->peer, 1);
        TAILQ_INSERT_TAIL(&door->oldest, c, stranger_link);
    }
    if (door->count - door->leaving <= door->most && door->strangers <= strangers_most(door))
        return;
    struct client_connection *stranger = stranger_find(door);
    if (stranger)
        connection_refuse(stranger, "is disconnected: too many connections had no valid token yet");
}

static struct client_connection *connection_begin(struct door *door,
                                                  struct MHD_Connection *connection)
{
    struct client_connection *c = memory_get(sizeof *c);
    const struct sockaddr *socket =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS)->client_addr;
    const union MHD_ConnectionInfo *tls; /* good until the next one is asked for */
    bool too_many;
    tls = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
    if (tls) {
        c->tls = tls->tls_session;
        tls_begin(c->tls);
    }
    c->door = door;
    c->fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
    struct peer_address address = peer_address_of(c->fd, socket);
    peer_text(&address, c->from);
    c->peer = peer_connect(door->crowd->peers, &address, &too_many);
    c->proxy = proxy_trusted(door->crowd->proxies, &address);
    connection_add(c);
    connection_owes(c);
    if (too_many && !c->proxy)
        connection_refuse(c, "has too many connections");
    return c;
}

static void connection_end(struct client_connection *c)
{
    connection_rests(c);
    connection_known(c);
    c->door->count--;
    c->door->leaving -= c->leaving ? 1 : 0;
    peer_disconnect(c->peer);
    free(c->spare);
    free(c);
}

void connection_notify(void *arg, struct MHD_Connection *connection, void **state,
                       enum MHD_ConnectionNotificationCode code)
{
    if (code == MHD_CONNECTION_NOTIFY_STARTED)
        *state = connection_begin(arg, connection);
    else
        connection_end(*state);
}
