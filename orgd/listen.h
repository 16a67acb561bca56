/* Listening sockets, where plain HTTP may be spoken: unix sockets and loopback addresses. */
#ifndef ORGD_LISTEN_H
#define ORGD_LISTEN_H

#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>

#define ADDRESS_TEXT_SIZE (INET6_ADDRSTRLEN + 8) /* "[ADDR]:PORT" */

struct address {
    struct sockaddr_storage storage;
    socklen_t len;
};

/* Reads 127.0.0.1:PORT or [::1]:PORT (all of 127.0.0.0/8); false with *WHY, a static text, for
 * anything else. */
bool address_parse(const char *text, struct address *address, const char **why);

/* A listening, non-blocking, close-on-exec socket, or -1 after one line on stderr. */
int listen_tcp(const struct address *address);

/* Fills TEXT with the ADDR:PORT that the socket FD listens on, also when the system chose the port.
 */
void listen_name(int fd, char text[ADDRESS_TEXT_SIZE]);

/* Same for a unix socket that everybody may connect to; takes over what a server that is gone left
 * at PATH. */
int listen_unix(const char *path);

#endif
