/*
 * The confirm socket, orgsyncd's side; the protocol is common/confirm.h. A client connects, sends
 * one request, and gets its answer as soon as the state of the organizations allows it. One thread;
 * nothing here blocks.
 */
#ifndef ORGSYNCD_CONFIRM_SERVER_H
#define ORGSYNCD_CONFIRM_SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include "common/confirm.h"
#include "orgsyncd/confirm_socket.h"
#include "orgsyncd/metrics.h"
#include "orgsyncd/numbers.h"
#include "orgsyncd/organization.h"
#include "orgsyncd/publish.h"
#include "orgsyncd/sessions.h"

/* Of these, so many at a time may belong to orglogin-keys, so many to others than it and root, and
 * so many to each of them. */
#define CLIENTS_MAX      256
#define CLIENTS_KEYS     64
#define CLIENTS_OTHERS   128
#define CLIENTS_PER_USER 32

/* CLIENT_CONNECTED ──request──► CLIENT_ASKED ──confirm_server_hear──► CLIENT_WAITS */
enum client_state {
    CLIENT_CONNECTED, /* its request is still to come */
    CLIENT_ASKED,     /* the fetchers' earlier messages are to be taken before its request */
    CLIENT_WAITS,     /* for the organizations that it asked about, until its deadline */
    CLIENT_WISHES,    /* for the sessions that it asked to end, until its deadline */
};

struct confirm_client {
    int fd;
    enum confirm_socket socket; /* it came by this one */
    enum client_state state;
    uint32_t uid;
    int64_t begun_ms;    /* of CLIENT_WAITS: clock_mono_ms */
    int64_t deadline_ms; /* for its request or for our answer */
    struct confirm_request request;
};

/* The first five members are set by the caller and borrowed, the others are zero. */
struct confirm_server {
    int listen_fd[CONFIRM_SOCKETS]; /* listening, not blocking; -1 = none */
    struct organizations *orgs;
    struct publisher *publisher;
    const struct numbers *numbers;
    struct sessions *sessions;

    struct confirm_client client[CLIENTS_MAX];
    uint32_t client_count;
    struct login_counts counts;
    bool failed; /* a request could not be kept on disk: the keeper is to end */
};

/*
 * One round: confirm_server_read for each client whose descriptor is readable, from the last to the
 * first, because a client that leaves is replaced by the last one; confirm_server_accept for each
 * socket that is readable, when confirm_server_has_room for its clients. When
 * confirm_server_has_asked returns true, the messages in the pipes may be older than a request:
 * they are to be taken before confirm_server_hear, which answers the new requests or asks the
 * fetchers.
 */
void confirm_server_read(struct confirm_server *s, uint32_t client);
bool confirm_server_has_room(const struct confirm_server *s, enum confirm_socket socket);
void confirm_server_accept(struct confirm_server *s, enum confirm_socket socket);
bool confirm_server_has_asked(const struct confirm_server *s);
void confirm_server_hear(struct confirm_server *s);

/* The state has changed, or time has passed: answers the clients whose condition is met or whose
 * deadline has passed, and asks the fetchers again for the others. */
void confirm_server_settle(struct confirm_server *s);

/* The same after a failure of O: the clients that wait for O are told so. */
void confirm_server_fail(struct confirm_server *s, const struct org_state *o);

/* The first deadline of a client (clock_mono_ms), INT64_MAX without clients. */
int64_t confirm_server_deadline(const struct confirm_server *s);

#endif
