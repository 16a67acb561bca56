/*
 * A fleet of hosts for orgd's benchmark (tests/bench/fleet.sh): one thread, COUNT connections to
 * 127.0.0.1, each of which holds a poll of members/changes with a token of its own.
 *
 *   fleet PORT tls|plain ORG COUNT ROUNDS USER SERVER-PID < BEARERS
 *
 * The first line of BEARERS is the owner's, the others are the hosts', used in turn. In each round
 * the owner gives USER another role, and every host must hear of it and holds its poll again. Then
 * all connections are closed and made anew, which is the storm of hosts after a restart. Prints one
 * line a figure.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <gnutls/gnutls.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BEARER_SIZE 96
#define REPLY_SIZE  4096
#define EVENTS      256
#define WAIT_S      120

enum state { CONNECTING, SHAKING, HOLDING };

struct host {
    int fd;
    enum state state;
    gnutls_session_t tls;
    gnutls_datum_t ticket;
    const char *bearer;
    long revision;
    double told; /* when it heard of this round's change; 0: not yet */
    size_t len;
    char reply[REPLY_SIZE];
};

static struct host *hosts;
static size_t count, told;
static bool tls;
static int port, loop, server;
static const char *org, *owner_bearer;
static gnutls_certificate_credentials_t credentials;

static void die(const char *what)
{
    fprintf(stderr, "fleet: %s: %s\n", what, strerror(errno));
    exit(1);
}

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* The server's processor seconds so far. */
static double server_cpu(void)
{
    char path[64], text[1024];
    unsigned long user, system;
    snprintf(path, sizeof path, "/proc/%d/stat", server);
    FILE *file = fopen(path, "re");
    if (!file || !fgets(text, sizeof text, file))
        die(path);
    fclose(file);
    if (sscanf(strrchr(text, ')') + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user,
               &system) != 2)
        die("the server's times");
    return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

static long server_memory_kb(const char *name)
{
    char path[64], line[256];
    long kb = 0;
    snprintf(path, sizeof path, "/proc/%d/status", server);
    FILE *file = fopen(path, "re");
    while (file && fgets(line, sizeof line, file))
        if (strncmp(line, name, strlen(name)) == 0)
            kb = strtol(line + strlen(name) + 1, NULL, 10);
    if (file)
        fclose(file);
    return kb;
}

/* --- one host --- */

static void watch(struct host *h, int how, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = h};
    if (epoll_ctl(loop, how, h->fd, &event) != 0)
        die("epoll");
}

static void host_connect(struct host *h)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    int on = 1;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    h->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (h->fd < 0)
        die("socket");
    setsockopt(h->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(h->fd, (struct sockaddr *)&address, sizeof address) != 0 && errno != EINPROGRESS)
        die("connect");
    h->state = CONNECTING;
    h->len = 0;
    watch(h, EPOLL_CTL_ADD, EPOLLOUT);
}

static void host_close(struct host *h)
{
    if (h->tls) {
        gnutls_session_get_data2(h->tls, &h->ticket);
        gnutls_deinit(h->tls);
    }
    h->tls = NULL;
    close(h->fd);
}

static void send_all(struct host *h, const char *text, size_t len)
{
    ssize_t n = tls ? gnutls_record_send(h->tls, text, len) : send(h->fd, text, len, MSG_NOSIGNAL);
    if (n != (ssize_t)len)
        die("a request was not taken whole");
}

static void post(struct host *h, const char *path, const char *bearer, const char *body)
{
    char text[1024];
    int len =
        snprintf(text, sizeof text,
                 "POST /v1/organizations/%s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n"
                 "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
                 path, bearer, strlen(body), body);
    send_all(h, text, (size_t)len);
}

static void host_poll(struct host *h)
{
    char body[256];
    snprintf(body, sizeof body, "{\"organizationId\":\"%s\",\"since\":%ld,\"wait\":600000}", org,
             h->revision);
    post(h, "members/changes", h->bearer, body);
    h->state = HOLDING;
    h->len = 0;
    watch(h, EPOLL_CTL_MOD, EPOLLIN);
}

static void tls_begin(struct host *h)
{
    gnutls_init(&h->tls, GNUTLS_CLIENT | GNUTLS_NONBLOCK);
    gnutls_set_default_priority(h->tls);
    gnutls_credentials_set(h->tls, GNUTLS_CRD_CERTIFICATE, credentials);
    gnutls_transport_set_int(h->tls, h->fd);
    if (h->ticket.data)
        gnutls_session_set_data(h->tls, h->ticket.data, h->ticket.size);
    h->state = SHAKING;
}

static void host_shake(struct host *h)
{
    int rc = gnutls_handshake(h->tls);
    if (rc == GNUTLS_E_SUCCESS)
        host_poll(h);
    else if (gnutls_error_is_fatal(rc))
        die(gnutls_strerror(rc));
    else
        watch(h, EPOLL_CTL_MOD, gnutls_record_get_direction(h->tls) ? EPOLLOUT : EPOLLIN);
}

/* True when the reply has come to its end: by its length, or with the last chunk of a held one. */
static bool whole(const struct host *h)
{
    static const char length[] = "Content-Length: ", last[] = "0\r\n\r\n";
    const char *at = strstr(h->reply, length), *body = strstr(h->reply, "\r\n\r\n");
    if (!body || h->len < sizeof last - 1)
        return false;
    if (!at || at > body)
        return strcmp(h->reply + h->len - (sizeof last - 1), last) == 0;
    return h->len >= (size_t)(body + 4 - h->reply) + strtoul(at + sizeof length - 1, NULL, 10);
}

static void host_read(struct host *h)
{
    for (;;) {
        size_t room = sizeof h->reply - 1 - h->len;
        ssize_t n = tls ? gnutls_record_recv(h->tls, h->reply + h->len, room)
                        : recv(h->fd, h->reply + h->len, room, 0);
        if (n == GNUTLS_E_AGAIN || n == GNUTLS_E_INTERRUPTED || (!tls && n < 0 && errno == EAGAIN))
            break;
        if (n <= 0)
            die("the server has closed a held poll");
        h->len += (size_t)n;
        h->reply[h->len] = '\0';
    }
    if (h->len > 0 && strncmp(h->reply, "HTTP/1.1 200", 12) != 0) {
        fprintf(stderr, "fleet: %s\n", h->reply);
        exit(1);
    }
    const char *revision = strstr(h->reply, "\"revision\":");
    if (!revision || !whole(h))
        return; /* heartbeats so far */
    h->revision = strtol(revision + strlen("\"revision\":"), NULL, 10);
    h->told = now_s();
    told++;
    host_poll(h);
}

static void host_step(struct host *h)
{
    int error = 0;
    socklen_t size = sizeof error;
    switch (h->state) {
    case CONNECTING:
        if (getsockopt(h->fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0 || error != 0)
            die("connect");
        if (!tls) {
            host_poll(h);
            return;
        }
        tls_begin(h);
        host_shake(h);
        return;
    case SHAKING:
        host_shake(h);
        return;
    case HOLDING:
        host_read(h);
        return;
    }
}

/* --- all of them --- */

static void steps(int wait_ms)
{
    struct epoll_event events[EVENTS];
    int n = epoll_wait(loop, events, EVENTS, wait_ms);
    for (int i = 0; i < n; i++)
        host_step(events[i].data.ptr);
}

static size_t holding(void)
{
    size_t n = 0;
    for (size_t i = 0; i < count; i++)
        n += hosts[i].state == HOLDING && hosts[i].len > 0;
    return n;
}

/* Until every poll is held: the server has sent its first heartbeat. At most IN_FLIGHT are on their
 * way. */
static void connect_all(size_t in_flight)
{
    double end = now_s() + WAIT_S;
    size_t begun = 0;
    for (size_t ready = 0; ready < count; ready = holding()) {
        while (begun < count && begun - ready < in_flight)
            host_connect(&hosts[begun++]);
        for (int i = 0; i < 64; i++)
            steps(10);
        if (now_s() > end)
            die("not all polls are held in time");
    }
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* A connection of the owner's, for one change; it may wait. */
static void owner_connect(struct host *owner)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    owner->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (owner->fd < 0 || connect(owner->fd, (struct sockaddr *)&address, sizeof address) != 0)
        die("connect");
    if (!tls)
        return;
    gnutls_init(&owner->tls, GNUTLS_CLIENT);
    gnutls_set_default_priority(owner->tls);
    gnutls_credentials_set(owner->tls, GNUTLS_CRD_CERTIFICATE, credentials);
    gnutls_transport_set_int(owner->tls, owner->fd);
    if (gnutls_handshake(owner->tls) != GNUTLS_E_SUCCESS)
        die("the owner's handshake");
}

static void owner_change(struct host *owner, const char *user, int round)
{
    char body[256];
    snprintf(body, sizeof body, "{\"organizationId\":\"%s\",\"userId\":\"%s\",\"role\":\"%s\"}",
             org, user, round % 2 ? "member" : "admin");
    post(owner, "members/set-role", owner->bearer, body);
}

static void owner_end(struct host *owner)
{
    char reply[REPLY_SIZE];
    ssize_t n;
    do /* a ticket is no answer yet */
        n = tls ? gnutls_record_recv(owner->tls, reply, sizeof reply)
                : recv(owner->fd, reply, sizeof reply, 0);
    while (tls && (n == GNUTLS_E_AGAIN || n == GNUTLS_E_INTERRUPTED));
    if (n < 12 || strncmp(reply, "HTTP/1.1 200", 12) != 0)
        die("the change was refused");
    host_close(owner);
    gnutls_free(owner->ticket.data);
}

static void rounds_run(const char *user, int rounds)
{
    double *delays = calloc(count * (size_t)rounds, sizeof *delays), cpu = server_cpu();
    size_t n = 0;
    if (!delays)
        die("memory");
    for (int round = 0; round < rounds; round++) {
        for (size_t i = 0; i < count; i++)
            hosts[i].told = 0;
        told = 0;
        struct host owner = {.bearer = owner_bearer};
        owner_connect(&owner);
        double begun = now_s();
        owner_change(&owner, user, round);
        while (told < count && now_s() < begun + WAIT_S)
            steps(100);
        if (told < count)
            die("not all hosts were told");
        for (size_t i = 0; i < count; i++)
            delays[n++] = (hosts[i].told - begun) * 1000;
        owner_end(&owner);
        double end = now_s() + WAIT_S;
        while (holding() < count && now_s() < end)
            steps(10);
    }
    qsort(delays, n, sizeof *delays, compare);
    printf("told p50_ms %.1f\n", delays[n / 2]);
    printf("told p99_ms %.1f\n", delays[n * 99 / 100]);
    printf("told max_ms %.1f\n", delays[n - 1]);
    printf("cpu_s of the server for a change, with the polls that begin again %.3f\n",
           (server_cpu() - cpu) / rounds);
    free(delays);
}

int main(int argc, char **argv)
{
    static char bearers[20001][BEARER_SIZE];
    struct rlimit files;
    size_t lines = 0;
    if (argc != 8)
        return 2;
    port = (int)strtol(argv[1], NULL, 10);
    tls = strcmp(argv[2], "tls") == 0;
    org = argv[3];
    count = (size_t)strtoul(argv[4], NULL, 10);
    server = (int)strtol(argv[7], NULL, 10);
    while (lines < sizeof bearers / sizeof *bearers && fgets(bearers[lines], BEARER_SIZE, stdin))
        bearers[lines][strcspn(bearers[lines], "\n")] = '\0', lines++;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    loop = epoll_create1(EPOLL_CLOEXEC);
    hosts = calloc(count, sizeof *hosts);
    if (loop < 0 || !hosts || lines < 2)
        die("start");
    gnutls_certificate_allocate_credentials(&credentials);
    owner_bearer = bearers[0];
    for (size_t i = 0; i < count; i++) {
        hosts[i].bearer = bearers[1 + i % (lines - 1)];
        hosts[i].revision = 1000000000; /* beyond the server's own: everybody is listed once */
    }
    double begun = now_s(), cpu = server_cpu();
    connect_all(512);
    printf("held %zu after %.2f s, %.2f s of the server\n", count, now_s() - begun,
           server_cpu() - cpu);
    printf("memory_mb of the server %.0f\n", (double)server_memory_kb("VmRSS") / 1024);
    rounds_run(argv[6], (int)strtol(argv[5], NULL, 10));
    for (size_t i = 0; i < count; i++)
        host_close(&hosts[i]);
    begun = now_s(), cpu = server_cpu();
    connect_all(512);
    printf("storm: held again after %.2f s, %.2f s of the server\n", now_s() - begun,
           server_cpu() - cpu);
    printf("memory_mb at most %.0f\n", (double)server_memory_kb("VmHWM") / 1024);
    return 0;
}
