/* Listening sockets, and where plain HTTP may be spoken: unix sockets and loopback addresses. */
#ifndef ORGD_HTTP_LISTEN_H
#define ORGD_HTTP_LISTEN_H

#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>

#define LISTENERS_MAX     16
#define ADDRESS_TEXT_SIZE (INET6_ADDRSTRLEN + 8) /* "[ADDR]:PORT" */

struct address {
    struct sockaddr_storage storage;
    socklen_t len;
};

/* Reads ADDR:PORT with an IPv4 address, or [ADDR]:PORT with an IPv6 address; false for anything
 * else. */
bool address_parse(const char *text, struct address *address);

/* True for all of 127.0.0.0/8 and for ::1. */
bool address_loopback(const struct address *address);

/* The port, 0 for one that the system is to choose. */
unsigned address_port(const struct address *address);

/* A listening, non-blocking, close-on-exec socket, or -1 after one line on stderr. */
int listen_tcp(const struct address *address);

/* Fills TEXT with the ADDR:PORT that the socket FD listens on, also when the system chose the port.
 */
void listen_name(int fd, char text[ADDRESS_TEXT_SIZE]);

/* Same for a unix socket that everybody may connect to; replaces the socket that an ended server
 * left at PATH. */
int listen_unix(const char *path);

#endif
