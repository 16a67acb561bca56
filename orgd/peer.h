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

struct peer_address {
    sa_family_t family; /* AF_INET (IPv4-mapped addresses, too), AF_INET6, or AF_UNIX */
    uint8_t bytes[16];  /* 4 or 16 in network order, or a uid_t; the rest is 0 */
};

/* The address behind the connected socket FD, whose own address is ADDRESS. */
struct peer_address peer_address_of(int fd, const struct sockaddr *address);

/* Reads an IPv4 or IPv6 address, without brackets; false for anything else. */
bool peer_address_parse(const char *text, struct peer_address *address);

/* True if both addresses have the same family and the same first BITS bits. */
bool peer_address_within(const struct peer_address *address, const struct peer_address *network,
                         unsigned bits);

/* The name of ADDRESS for the log and audit events: the whole address, or "unix:UID". */
void peer_text(const struct peer_address *address, char text[PEER_TEXT_SIZE]);

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
 * The peer with ADDRESS; one more connection is counted for it, also when *TOO_MANY. IPv6 addresses
 * of one /64 are one peer. A request that a proxy passes on counts like a connection of its
 * client.
 */
struct peer *peer_connect(struct peer_set *set, const struct peer_address *address, bool *too_many);
void peer_disconnect(struct peer *peer);

/* Changes the number of PEER's connections that are strangers' (connection.h) by CHANGE; returns
 * it. */
unsigned peer_strangers(struct peer *peer, int change);

/* Notes that an attempt, which PEER might make, failed now. */
void peer_failed(struct peer *peer);

/* An attempt of PEER begins, and ends. Between them it counts as failed, so that many at a time are
 * no more than many in a row. */
void peer_attempt_begin(struct peer *peer);
void peer_attempt_end(struct peer *peer);

/* 0 when PEER (which may be NULL) may try, else the seconds after which it may again. */
unsigned peer_wait_s(const struct peer *peer);

struct peer_quota {
    unsigned attempts; /* that may fail in a minute */
    unsigned left;     /* of them, now */
    unsigned whole_s;  /* until all are left */
};

void peer_quota(const struct peer *peer, struct peer_quota *quota);

#endif
