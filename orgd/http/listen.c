#include "orgd/http/listen.h"
#include "common/log.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 512

static bool port_parse(const char *text, in_port_t *port)
{
    char *end;
    if (text[0] < '0' || text[0] > '9')
        return false;
    errno = 0;
    unsigned long value = strtoul(text, &end, 10);
    if (errno || *end || value > 65535)
        return false;
    *port = htons((uint16_t)value);
    return true;
}

bool address_parse(const char *text, struct address *address)
{
    char host[INET6_ADDRSTRLEN + 2];
    struct sockaddr_in *in = (struct sockaddr_in *)&address->storage;
    struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&address->storage;
    const char *colon = strrchr(text, ':');
    size_t len = colon ? (size_t)(colon - text) : 0;
    in_port_t port;
    *address = (struct address){0};
    if (len == 0 || len >= sizeof host || !port_parse(colon + 1, &port))
        return false;
    memcpy(host, text, len);
    host[len] = '\0';
    if (inet_pton(AF_INET, host, &in->sin_addr) == 1) {
        in->sin_family = AF_INET;
        in->sin_port = port;
        address->len = sizeof *in;
        return true;
    }
    if (host[0] != '[' || host[len - 1] != ']')
        return false;
    host[len - 1] = '\0';
    if (inet_pton(AF_INET6, host + 1, &in6->sin6_addr) != 1)
        return false;
    in6->sin6_family = AF_INET6;
    in6->sin6_port = port;
    address->len = sizeof *in6;
    return true;
}

bool address_loopback(const struct address *address)
{
    const struct sockaddr_in *in = (const struct sockaddr_in *)&address->storage;
    const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)&address->storage;
    if (address->storage.ss_family == AF_INET)
        return ntohl(in->sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
    return IN6_IS_ADDR_LOOPBACK(&in6->sin6_addr);
}

unsigned address_port(const struct address *address)
{
    const struct sockaddr_in *in = (const struct sockaddr_in *)&address->storage;
    const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)&address->storage;
    return ntohs(address->storage.ss_family == AF_INET ? in->sin_port : in6->sin6_port);
}

static void address_text(const struct address *address, char text[ADDRESS_TEXT_SIZE])
{
    const struct sockaddr_in *in = (const struct sockaddr_in *)&address->storage;
    const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)&address->storage;
    char host[INET6_ADDRSTRLEN];
    if (address->storage.ss_family == AF_INET) {
        inet_ntop(AF_INET, &in->sin_addr, host, sizeof host);
        snprintf(text, ADDRESS_TEXT_SIZE, "%s:%u", host, ntohs(in->sin_port));
    } else {
        inet_ntop(AF_INET6, &in6->sin6_addr, host, sizeof host);
        snprintf(text, ADDRESS_TEXT_SIZE, "[%s]:%u", host, ntohs(in6->sin6_port));
    }
}

void listen_name(int fd, char text[ADDRESS_TEXT_SIZE])
{
    struct address bound = {.len = sizeof bound.storage};
    if (getsockname(fd, (struct sockaddr *)&bound.storage, &bound.len) == 0)
        address_text(&bound, text);
    else
        snprintf(text, ADDRESS_TEXT_SIZE, "?");
}

int listen_tcp(const struct address *address)
{
    char text[ADDRESS_TEXT_SIZE];
    int on = 1;
    int fd = socket(address->storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
        bind(fd, (const struct sockaddr *)&address->storage, address->len) == 0 &&
        listen(fd, BACKLOG) == 0)
        return fd;
    address_text(address, text);
    log_error("%s: cannot listen: %s", text, strerror(errno));
    if (fd >= 0)
        close(fd);
    return -1;
}

/* True when a server accepts connections there. */
static bool answered(const struct sockaddr_un *address)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    bool yes = fd >= 0 && (connect(fd, (const struct sockaddr *)address, sizeof *address) == 0 ||
                           errno == EAGAIN);
    if (fd >= 0)
        close(fd);
    return yes;
}

int listen_unix(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct stat st;
    if (path[0] == '\0' || strlen(path) >= sizeof address.sun_path) {
        log_error("%s: a socket's path has 1-%zu characters", path, sizeof address.sun_path - 1);
        return -1;
    }
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    if (answered(&address)) {
        log_error("%s: another server is listening there", path);
        return -1;
    }
    if (lstat(path, &st) == 0 && S_ISSOCK(st.st_mode))
        unlink(path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd >= 0 && bind(fd, (const struct sockaddr *)&address, sizeof address) == 0 &&
        chmod(path, 0666) == 0 && listen(fd, BACKLOG) == 0)
        return fd;
    log_error("%s: cannot listen: %s", path, strerror(errno));
    if (fd >= 0)
        close(fd);
    return -1;
}
