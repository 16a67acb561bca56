/*
 * The peers: addresses, and users of the unix socket. Counts the connections of each peer and its
 * failed attempts (with a token, an invitation or a join code that does not exist), and limits
 * both. Memory is bounded whatever strangers do. Single-threaded.
 */
#ifndef ORGD_PEER_H
#define ORGD_PEER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#define PEER_TEXT_SIZE  48 /* an IPv6 address, or "unix:UID" */
#define REQUEST_ID_SIZE 24

struct peer_limits {
    unsigned connections; /* at a time */
    unsigned attempts;    /* that may fail in a minute */
};

struct peer_set;
struct peer;

struct peer_set *peers_open(const struct peer_limits *limits);
/* No connection may be left. */
void peers_free(struct peer_set *set);

/*
 * The peer behind the connected socket FD, whose own address is ADDRESS; one more connection is
 * counted for it, also when *TOO_MANY. IPv6 addresses of one /64 are one peer.
 */
struct peer *peer_connect(struct peer_set *set, int fd, const struct sockaddr *address,
                          bool *too_many);
void peer_disconnect(struct peer *peer);

/* The peer's name behind FD for the log and audit events: its whole address, or "unix:UID". */
void peer_text(int fd, const struct sockaddr *address, char text[PEER_TEXT_SIZE]);

/* Notes that an attempt, which PEER might make, failed now. */
void peer_failed(struct peer *peer);

/* 0 when PEER (which may be NULL) may try, else the seconds after which it may again. */
unsigned peer_wait_s(const struct peer *peer);

#endif
