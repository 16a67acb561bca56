/*
 * What telling a fleet costs at least (tests/bench/fleet.sh): a loop that takes connections, by TLS
 * or plain, and at SIGUSR1 writes SIZE bytes to each.
 *
 *   bare tls|plain CERT KEY COUNT SIZE
 *
 * Prints its port. A connection counts when its first byte came.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <gnutls/gnutls.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define EVENTS    256
#define SIZE_MOST 4096

struct client {
    int fd;
    gnutls_session_t tls;
    bool ready; /* its handshake is done */
    bool asked; /* its first byte came */
};

static gnutls_certificate_credentials_t credentials;
static struct client *clients;
static size_t count, most;
static bool tls;
static int loop;

static void die(const char *what)
{
    fprintf(stderr, "bare: %s: %s\n", what, strerror(errno));
    exit(1);
}

/* A descriptor that is readable when SIGUSR1 came. */
static int signals_open(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, NULL);
    return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

static int listener_open(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, size) != 0 || listen(fd, 4096) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &size) != 0)
        die("listen");
    printf("port %d\n", ntohs(address.sin_port));
    fflush(stdout);
    return fd;
}

static void client_take(int listener)
{
    int on = 1, fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0)
        return;
    if (count == most)
        die("too many connections");
    struct client *c = &clients[count++];
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    c->fd = fd;
    c->ready = !tls;
    if (epoll_ctl(loop, EPOLL_CTL_ADD, fd, &event) != 0)
        die("epoll");
    if (!tls)
        return;
    gnutls_init(&c->tls, GNUTLS_SERVER | GNUTLS_NONBLOCK);
    gnutls_set_default_priority(c->tls);
    gnutls_credentials_set(c->tls, GNUTLS_CRD_CERTIFICATE, credentials);
    gnutls_transport_set_int(c->tls, fd);
}

static void client_step(struct client *c)
{
    char text[64];
    ssize_t n;
    if (!c->ready && gnutls_handshake(c->tls) != GNUTLS_E_SUCCESS)
        return;
    c->ready = true;
    do {
        n = tls ? gnutls_record_recv(c->tls, text, sizeof text) : recv(c->fd, text, sizeof text, 0);
        if (n > 0 && !c->asked) {
            c->asked = true;
            if ((tls ? gnutls_record_send(c->tls, "\n", 1) : send(c->fd, "\n", 1, 0)) != 1)
                die("a client does not read");
        }
    } while (n > 0);
}

static void tell_all(const char *text, size_t size)
{
    for (size_t i = 0; i < count; i++) {
        struct client *c = &clients[i];
        ssize_t n = tls ? gnutls_record_send(c->tls, text, size) : send(c->fd, text, size, 0);
        if (n != (ssize_t)size)
            die("a client does not read");
    }
}

static void signal_take(int signals, const char *text, size_t size)
{
    struct signalfd_siginfo info;
    if (read(signals, &info, sizeof info) == sizeof info)
        tell_all(text, size);
}

int main(int argc, char **argv)
{
    static char signals_come;
    struct epoll_event events[EVENTS], event = {.events = EPOLLIN, .data.ptr = NULL};
    struct epoll_event signal_event = {.events = EPOLLIN, .data.ptr = &signals_come};
    char text[SIZE_MOST];
    struct rlimit files;
    if (argc != 6)
        return 2;
    tls = strcmp(argv[1], "tls") == 0;
    most = strtoul(argv[4], NULL, 10);
    size_t size = strtoul(argv[5], NULL, 10);
    clients = calloc(most, sizeof *clients);
    if (!clients || size < 1 || size > sizeof text)
        return 2;
    memset(text, 'x', size);
    text[size - 1] = '\n';
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    gnutls_certificate_allocate_credentials(&credentials);
    if (tls && gnutls_certificate_set_x509_key_file(credentials, argv[2], argv[3],
                                                    GNUTLS_X509_FMT_PEM) != GNUTLS_E_SUCCESS)
        die(argv[2]);
    loop = epoll_create1(EPOLL_CLOEXEC);
    int signals = signals_open(), listener;
    epoll_ctl(loop, EPOLL_CTL_ADD, signals, &signal_event);
    listener = listener_open();
    epoll_ctl(loop, EPOLL_CTL_ADD, listener, &event);
    for (;;) {
        int n = epoll_wait(loop, events, EVENTS, -1);
        for (int i = 0; i < n; i++) {
            if (events[i].data.ptr == &signals_come)
                signal_take(signals, text, size);
            else if (events[i].data.ptr)
                client_step(events[i].data.ptr);
            else
                client_take(listener);
        }
    }
}
