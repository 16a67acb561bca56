/*
 * The proxies that are trusted: their X-Forwarded-For names the client of a request. Nobody else's
 * is looked at.
 */
#ifndef ORGD_HTTP_PROXY_H
#define ORGD_HTTP_PROXY_H

#include <microhttpd.h>
#include <stdbool.h>
#include <stddef.h>

#include "orgd/peer.h"

#define PROXIES_MAX 32

struct proxies {
    struct {
        struct peer_address network;
        unsigned bits;
    } list[PROXIES_MAX];
    size_t count;
};

/* Adds ADDRESS, ADDRESS/BITS or unix:UID; false for anything else, and when there are PROXIES_MAX.
 */
bool proxy_add(struct proxies *proxies, const char *text);

bool proxy_trusted(const struct proxies *proxies, const struct peer_address *address);

enum forwarded { FORWARDED, FORWARDED_NOT, FORWARDED_WRONG };

/*
 * Fills CLIENT with the last address in the X-Forwarded-For of CONNECTION's request that is no
 * trusted proxy's; with the first, if all are. FORWARDED_NOT if there is no such header,
 * FORWARDED_WRONG if an address on the way there is none, or if there is too much.
 */
enum forwarded forwarded_find(const struct proxies *proxies, struct MHD_Connection *connection,
                              struct peer_address *client);

#endif
