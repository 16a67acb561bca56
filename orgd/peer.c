#include "orgd/peer.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "common/clock.h"
#include "orgd/buffer.h"

#define BUCKETS   4096
#define IDLE_KEPT 8 /* peers without a connection, remembered in one bucket for their attempts */
#define MINUTE_MS 60000

struct peer_key {
    int32_t family;
    uint8_t address[8]; /* IPv4, the upper half of IPv6, or a uid */
};

struct peer {
    LIST_ENTRY(peer) link;
    struct peer_set *set;
    struct peer_key key;
    unsigned connections;
    int64_t spent; /* clock_mono_ms when all its failed attempts are forgiven */
};

LIST_HEAD(peer_list, peer);

struct peer_set {
    struct peer_limits limits;
    unsigned char hash_key[crypto_shorthash_KEYBYTES]; /* so that nobody can fill one bucket */
    struct peer_list buckets[BUCKETS];
};

struct peer_set *peers_open(const struct peer_limits *limits)
{
    struct peer_set *set = memory_get(sizeof *set);
    set->limits = *limits;
    randombytes_buf(set->hash_key, sizeof set->hash_key);
    return set;
}

void peers_free(struct peer_set *set)
{
    for (size_t i = 0; i < BUCKETS; i++) {
        struct peer *peer;
        while ((peer = LIST_FIRST(&set->buckets[i])) != NULL) {
            LIST_REMOVE(peer, link);
            free(peer);
        }
    }
    free(set);
}

static uid_t peer_uid(int fd)
{
    struct ucred credentials = {.uid = (uid_t)-1};
    socklen_t len = sizeof credentials;
    getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &len);
    return credentials.uid;
}

static struct peer_key key_make(int fd, const struct sockaddr *address)
{
    struct peer_key key = {.family = address->sa_family};
    if (address->sa_family == AF_INET) {
        memcpy(key.address, &((const struct sockaddr_in *)address)->sin_addr, 4);
    } else if (address->sa_family == AF_INET6) {
        const struct in6_addr *in6 = &((const struct sockaddr_in6 *)address)->sin6_addr;
        if (IN6_IS_ADDR_V4MAPPED(in6)) {
            key.family = AF_INET;
            memcpy(key.address, in6->s6_addr + 12, 4);
        } else {
            memcpy(key.address, in6->s6_addr, 8);
        }
    } else {
        uid_t uid = peer_uid(fd);
        memcpy(key.address, &uid, sizeof uid);
    }
    return key;
}

static struct peer_list *bucket(struct peer_set *set, const struct peer_key *key)
{
    unsigned char hash[crypto_shorthash_BYTES];
    crypto_shorthash(hash, (const unsigned char *)key, sizeof *key, set->hash_key);
    return &set->buckets[(hash[0] | hash[1] << 8) % BUCKETS];
}

/* Forgets the peers of a bucket that have neither a connection nor a failed attempt, and the idle
 * ones beyond IDLE_KEPT. */
static void bucket_sweep(struct peer_list *list)
{
    struct peer *peer = LIST_FIRST(list), *next;
    int64_t now = clock_mono_ms();
    int idle = 0;
    for (; peer; peer = next) {
        next = LIST_NEXT(peer, link);
        if (peer->connections > 0 || (peer->spent > now && ++idle < IDLE_KEPT))
            continue;
        LIST_REMOVE(peer, link);
        free(peer);
    }
}

struct peer *peer_connect(struct peer_set *set, int fd, const struct sockaddr *address,
                          bool *too_many)
{
    struct peer_key key = key_make(fd, address);
    struct peer_list *list = bucket(set, &key);
    struct peer *peer;
    LIST_FOREACH(peer, list, link)
    if (memcmp(&peer->key, &key, sizeof key) == 0)
        break;
    if (!peer) {
        bucket_sweep(list);
        peer = memory_get(sizeof *peer);
        peer->set = set;
        peer->key = key;
        LIST_INSERT_HEAD(list, peer, link);
    }
    *too_many = ++peer->connections > set->limits.connections;
    return peer;
}

void peer_disconnect(struct peer *peer)
{
    peer->connections--;
    if (peer->connections > 0 || peer->spent > clock_mono_ms())
        return;
    LIST_REMOVE(peer, link);
    free(peer);
}

void peer_text(int fd, const struct sockaddr *address, char text[PEER_TEXT_SIZE])
{
    const struct sockaddr_in *in = (const struct sockaddr_in *)address;
    const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)address;
    if (address->sa_family == AF_INET)
        inet_ntop(AF_INET, &in->sin_addr, text, PEER_TEXT_SIZE);
    else if (address->sa_family == AF_INET6)
        inet_ntop(AF_INET6, &in6->sin6_addr, text, PEER_TEXT_SIZE);
    else
        snprintf(text, PEER_TEXT_SIZE, "unix:%u", peer_uid(fd));
}

/* One attempt's share of a minute. */
static int64_t share(const struct peer *peer)
{
    return MINUTE_MS / peer->set->limits.attempts;
}

void peer_failed(struct peer *peer)
{
    int64_t now = clock_mono_ms();
    peer->spent = (peer->spent > now ? peer->spent : now) + share(peer);
}

unsigned peer_wait_s(const struct peer *peer)
{
    if (!peer)
        return 0;
    int64_t wait = peer->spent + share(peer) - MINUTE_MS - clock_mono_ms();
    return wait > 0 ? (unsigned)((wait + 999) / 1000) : 0;
}
