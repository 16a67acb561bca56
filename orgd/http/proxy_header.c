#include "orgd/http/proxy_header.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>

/* Version and command, family and protocol: bytes 12 and 13. */
#define LOCAL    0x20
#define PROXY    0x21
#define TCP_IPV4 0x11
#define TCP_IPV6 0x21

/* Each has the client's address, the proxy's, the client's port and the proxy's. */
#define IPV4_SIZE 12
#define IPV6_SIZE 36

size_t proxy_header_length(const uint8_t first[PROXY_HEADER_FIRST])
{
    static const uint8_t signature[12] = "\r\n\r\n\0\r\nQUIT\n";
    size_t len = PROXY_HEADER_FIRST + ((size_t)first[14] << 8 | first[15]);
    bool known = memcmp(first, signature, sizeof signature) == 0 &&
                 (first[12] == LOCAL || first[12] == PROXY);
    return known && len <= PROXY_HEADER_MAX ? len : 0;
}

enum proxy_source proxy_header_source(const uint8_t *header, size_t len,
                                      struct sockaddr_storage *client, socklen_t *size)
{
    const uint8_t *addresses = header + PROXY_HEADER_FIRST;
    struct sockaddr_in *in = (struct sockaddr_in *)client;
    struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)client;
    len -= PROXY_HEADER_FIRST;
    if (header[12] == LOCAL)
        return SOURCE_PROXY;
    *client = (struct sockaddr_storage){0};
    if (header[13] == TCP_IPV4 && len >= IPV4_SIZE) {
        in->sin_family = AF_INET;
        memcpy(&in->sin_addr, addresses, 4);
        memcpy(&in->sin_port, addresses + 8, 2);
        *size = sizeof *in;
        return SOURCE_CLIENT;
    }
    if (header[13] == TCP_IPV6 && len >= IPV6_SIZE) {
        in6->sin6_family = AF_INET6;
        memcpy(&in6->sin6_addr, addresses, 16);
        memcpy(&in6->sin6_port, addresses + 32, 2);
        *size = sizeof *in6;
        return SOURCE_CLIENT;
    }
    return SOURCE_BAD;
}
