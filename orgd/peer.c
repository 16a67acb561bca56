#include "orgd/peer.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "common/clock.h"
#include "orgd/buffer.h"
#include "orgd/secret.h"

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
    unsigned connections, strangers, attempts;
    int64_t spent; /* clock_mono_ms when all its failed attempts are forgiven */
};

LIST_HEAD(peer_list, peer);

struct peer_set {
    struct peer_limits limits;
    struct peer_list buckets[BUCKETS];
};

struct peer_set *peers_open(const struct peer_limits *limits)
{
    struct peer_set *set = memory_get(sizeof *set);
    set->limits = *limits;
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

/* An IPv4 address that is written as IPv6 is the same peer. */
static void unmap(struct peer_address *peer)
{
    struct in6_addr in6;
    memcpy(&in6, peer->bytes, sizeof in6);
    if (!IN6_IS_ADDR_V4MAPPED(&in6))
        return;
    *peer = (struct peer_address){.family = AF_INET};
    memcpy(peer->bytes, in6.s6_addr + 12, 4);
}

struct peer_address peer_address_of(int fd, const struct sockaddr *address)
{
    struct peer_address peer = {.family = address->sa_family};
    if (address->sa_family == AF_INET) {
        memcpy(peer.bytes, &((const struct sockaddr_in *)address)->sin_addr, 4);
    } else if (address->sa_family == AF_INET6) {
        memcpy(peer.bytes, &((const struct sockaddr_in6 *)address)->sin6_addr, 16);
        unmap(&peer);
    } else {
        uid_t uid = peer_uid(fd);
        peer.family = AF_UNIX;
        memcpy(peer.bytes, &uid, sizeof uid);
    }
    return peer;
}

bool peer_address_parse(const char *text, struct peer_address *address)
{
    *address = (struct peer_address){.family = AF_INET};
    if (inet_pton(AF_INET, text, address->bytes) == 1)
        return true;
    *address = (struct peer_address){.family = AF_INET6};
    if (inet_pton(AF_INET6, text, address->bytes) != 1)
        return false;
    unmap(address);
    return true;
}

bool peer_address_within(const struct peer_address *address, const struct peer_address *network,
                         unsigned bits)
{
    unsigned rest = 8 - bits % 8; /* bits that do not count in the byte behind the whole ones */
    return address->family == network->family &&
           memcmp(address->bytes, network->bytes, bits / 8) == 0 &&
           (rest == 8 || address->bytes[bits / 8] >> rest == network->bytes[bits / 8] >> rest);
}

void peer_text(const struct peer_address *address, char text[PEER_TEXT_SIZE])
{
    uid_t uid;
    if (address->family != AF_UNIX) {
        inet_ntop(address->family, address->bytes, text, PEER_TEXT_SIZE);
        return;
    }
    memcpy(&uid, address->bytes, sizeof uid);
    snprintf(text, PEER_TEXT_SIZE, "unix:%u", uid);
}

static struct peer_key key_make(const struct peer_address *address)
{
    struct peer_key key = {.family = address->family};
    memcpy(key.address, address->bytes, sizeof key.address);
    return key;
}

static struct peer_list *bucket(struct peer_set *set, const struct peer_key *key)
{
    return &set->buckets[table_hash(key, sizeof *key) % BUCKETS];
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

struct peer *peer_connect(struct peer_set *set, const struct peer_address *address, bool *too_many)
{
    struct peer_key key = key_make(address);
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

unsigned peer_strangers(struct peer *peer, int change)
{
    peer->strangers += (unsigned)change;
    return peer->strangers;
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

void peer_attempt_begin(struct peer *peer)
{
    peer->attempts++;
}

void peer_attempt_end(struct peer *peer)
{
    peer->attempts--;
}

unsigned peer_wait_s(const struct peer *peer)
{
    if (!peer)
        return 0;
    int64_t now = clock_mono_ms(), spent = peer->spent > now ? peer->spent : now;
    int64_t wait = spent + share(peer) * (1 + (int64_t)peer->attempts) - MINUTE_MS - now;
    return wait > 0 ? (unsigned)((wait + 999) / 1000) : 0;
}

void peer_quota(const struct peer *peer, struct peer_quota *quota)
{
    int64_t owed = peer->spent - clock_mono_ms();
    unsigned attempts = peer->set->limits.attempts;
    unsigned used = owed > 0 ? (unsigned)((owed + share(peer) - 1) / share(peer)) : 0;
    *quota = (struct peer_quota){.attempts = attempts,
                                 .left = used < attempts ? attempts - used : 0,
                                 .whole_s = owed > 0 ? (unsigned)((owed + 999) / 1000) : 0};
}
