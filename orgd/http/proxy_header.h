/*
 * The header of the PROXY protocol, version 2 (haproxy.org/download/2.6/doc/proxy-protocol.txt),
 * with which a proxy begins a connection: whose it is. Pure functions.
 */
#ifndef ORGD_HTTP_PROXY_HEADER_H
#define ORGD_HTTP_PROXY_HEADER_H

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#define PROXY_HEADER_FIRST 16  /* bytes that say how many follow */
#define PROXY_HEADER_MAX   536 /* bytes of a header, with all that a proxy adds to the addresses */

/* The length of the whole header that begins with FIRST; 0: it is none, or is too long. */
size_t proxy_header_length(const uint8_t first[PROXY_HEADER_FIRST]);

enum proxy_source {
    SOURCE_CLIENT,
    SOURCE_PROXY, /* the proxy's own connection, such as a look at the health */
    SOURCE_BAD    /* no TCP over IPv4 or IPv6, or the addresses are not all there */
};

/* Whose connection it is. CLIENT and *SIZE are filled for SOURCE_CLIENT. HEADER has LEN bytes,
 * proxy_header_length's. */
enum proxy_source proxy_header_source(const uint8_t *header, size_t len,
                                      struct sockaddr_storage *client, socklen_t *size);

#endif
