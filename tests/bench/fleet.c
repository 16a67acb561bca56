/*
 * A fleet of hosts for orgd's benchmark (tests/bench/fleet.sh): COUNT connections to 127.0.0.1,
 * each of which holds a poll of members/changes with a token of its own.
 *
 *   fleet PORT tls|plain ORG COUNT ROUNDS SERVER-PID BARE-PORT BARE-PID USER... < BEARERS
 *
 * The first line of BEARERS is the owner's, the others are the hosts'. In each round the owner
 * takes a role from the first USER, which every host must hear of before the polls begin again.
 * As many connections to the bare loop (bare.c) are told as many bytes in the same round, and find
 * the processor's caches as orgd does: behind the fleet's next polls. Then 20 changes a second are
 * made for ten seconds, each twentieth of which removes one of the other USERs. Then all
 * connections are made anew, with tickets and without, while a bystander asks for something else:
 * the storm after a restart; and the handshakes of such connections by themselves. Prints one line
 * a figure.
 *
 * With OTHER_PORT in the environment, the port of another server of the same database, the owner
 * makes the changes of the rounds at either in turn, and nothing else is done (across.sh). With
 * ROUNDS 0 the hosts poll until SIGTERM, and that is all.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <gnutls/gnutls.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BEARER_SIZE 96
#define REPLY_SIZE  4096
#define EVENTS      256
#define WAIT_S      120
#define GROUP       1000 /* connections without a request at a time: orgd takes few from strangers */

enum state { CONNECTING, SHAKING, SHAKEN, HOLDING };

/* What hosts connect to: orgd, or the bare loop. */
struct server {
    int port;
    clockid_t cpu;
    struct host *hosts;
};

struct host {
    const struct server *server;
    int fd;
    enum state state;
    gnutls_session_t tls;
    gnutls_datum_t ticket;
    const char *bearer;
    long revision;
    char cursor[64];
    bool waits;  /* it does not poll again before all were told */
    double told; /* when it heard of this round's change; 0: not yet */
    size_t len;
    char reply[REPLY_SIZE];
};

static struct server orgd, bare;
static size_t count, told, shaken;
static bool tls, hold_back, silent, reporting;
static int loop;
static pid_t orgd_pid, bare_pid;
static const char *org, *owner_bearer, *server_name;
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

/* The processor seconds of SERVER so far. */
static double server_cpu(const struct server *server)
{
    struct timespec t;
    if (clock_gettime(server->cpu, &t) != 0)
        die("the server's times");
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void server_take(struct server *server, int port, pid_t pid)
{
    server->port = port;
    server->hosts = calloc(count, sizeof *server->hosts);
    if (!server->hosts)
        die("memory");
    for (size_t i = 0; i < count; i++)
        server->hosts[i].server = server;
    if (pid > 0 && clock_getcpuclockid(pid, &server->cpu) != 0)
        die("the server's clock");
}

static long server_memory_kb(const char *name)
{
    char path[64], line[256];
    long kb = 0;
    snprintf(path, sizeof path, "/proc/%d/status", (int)orgd_pid);
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
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)h->server->port)};
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
    h->state = CONNECTING;
    h->len = 0;
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
    char body[512], cursor[96] = "", report[256] = "";
    if (*h->cursor)
        snprintf(cursor, sizeof cursor, ",\"cursor\":\"%s\"", h->cursor);
    if (*h->cursor && reporting)
        snprintf(report, sizeof report,
                 ",\"report\":{\"age\":0,\"version\":\"1.0.0\","
                 "\"process\":\"0123456789abcdef0123456789abcdef\"}");
    snprintf(body, sizeof body, "{\"organizationId\":\"%s\",\"since\":%ld%s,\"wait\":600000%s}",
             org, h->revision, cursor, report);
    if (h->server == &bare)
        send_all(h, "\n", 1);
    else
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
    if (server_name)
        gnutls_server_name_set(h->tls, GNUTLS_NAME_DNS, server_name, strlen(server_name));
    if (h->ticket.data)
        gnutls_session_set_data(h->tls, h->ticket.data, h->ticket.size);
    h->state = SHAKING;
}

static void host_shake(struct host *h)
{
    int rc = gnutls_handshake(h->tls);
    if (rc == GNUTLS_E_SUCCESS && silent) {
        h->state = SHAKEN;
        shaken++;
    } else if (rc == GNUTLS_E_SUCCESS) {
        host_poll(h);
    } else if (gnutls_error_is_fatal(rc)) {
        die(gnutls_strerror(rc));
    } else {
        watch(h, EPOLL_CTL_MOD, gnutls_record_get_direction(h->tls) ? EPOLLOUT : EPOLLIN);
    }
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

/* A line of the bare loop; the first, of one byte, answers the request. */
static void bare_read(struct host *h)
{
    if (h->len == 1 || h->reply[h->len - 1] != '\n')
        return;
    h->told = now_s();
    h->len = 1;
    told++;
}

static void reply_read(struct host *h)
{
    if (strncmp(h->reply, "HTTP/1.1 200", 12) != 0) {
        fprintf(stderr, "fleet: %s\n", h->reply);
        exit(1);
    }
    const char *revision = strstr(h->reply, "\"revision\":");
    if (!revision || !whole(h))
        return; /* heartbeats so far */
    h->revision = strtol(revision + strlen("\"revision\":"), NULL, 10);
    const char *cursor = strstr(revision, "\"cursor\":\"");
    if (cursor)
        sscanf(cursor, "\"cursor\":\"%63[0-9a-f.]", h->cursor);
    h->told = now_s();
    told++;
    h->waits = hold_back;
    if (!hold_back)
        host_poll(h);
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
    if (h->len == 0)
        return;
    if (h->server == &bare)
        bare_read(h);
    else
        reply_read(h);
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
    case SHAKEN: /* a ticket; or it is disconnected, which the next handshakes show */
        watch(h, EPOLL_CTL_MOD, 0);
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

static size_t holding(const struct server *server)
{
    const struct host *hosts = server->hosts;
    size_t n = 0;
    for (size_t i = 0; i < count; i++)
        n += hosts[i].state == HOLDING && hosts[i].len > 0;
    return n;
}

/* Until every poll is held: the server has sent its first heartbeat. At most IN_FLIGHT are on their
 * way. */
static void connect_all(const struct server *server, size_t in_flight)
{
    double end = now_s() + WAIT_S;
    size_t begun = 0;
    for (size_t ready = 0; ready < count; ready = holding(server)) {
        while (begun < count && begun - ready < in_flight)
            host_connect(&server->hosts[begun++]);
        for (int i = 0; i < 64; i++)
            steps(10);
        if (now_s() > end)
            die("not all polls are held in time");
    }
}

static void polls_begin(void)
{
    for (size_t i = 0; i < count; i++) {
        if (orgd.hosts[i].waits)
            host_poll(&orgd.hosts[i]);
        orgd.hosts[i].waits = false;
    }
    double end = now_s() + WAIT_S;
    while (holding(&orgd) < count && now_s() < end)
        steps(10);
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Prints the spread of N figures, which it sorts. */
static void spread(const char *what, double *figures, size_t n)
{
    qsort(figures, n, sizeof *figures, compare);
    printf("%-58s p50 %.1f  p99 %.1f  max %.1f ms\n", what, figures[n / 2], figures[n * 99 / 100],
           figures[n - 1]);
}

static double *figures_get(size_t n)
{
    double *figures = calloc(n, sizeof *figures);
    if (!figures)
        die("memory");
    return figures;
}

/* --- a client that waits for each answer --- */

static void client_connect(struct host *c, int at)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)at)};
    int on = 1;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&address, sizeof address) != 0)
        die("connect");
    if (!tls)
        return;
    gnutls_init(&c->tls, GNUTLS_CLIENT);
    gnutls_set_default_priority(c->tls);
    gnutls_credentials_set(c->tls, GNUTLS_CRD_CERTIFICATE, credentials);
    gnutls_transport_set_int(c->tls, c->fd);
    if (gnutls_handshake(c->tls) != GNUTLS_E_SUCCESS)
        die("a handshake");
}

/* Takes the answer, and returns the milliseconds since BEGUN. */
static double client_answer(struct host *c, double begun)
{
    c->len = 0;
    c->reply[0] = '\0';
    while (!whole(c)) {
        size_t room = sizeof c->reply - 1 - c->len;
        ssize_t n = tls ? gnutls_record_recv(c->tls, c->reply + c->len, room)
                        : recv(c->fd, c->reply + c->len, room, 0);
        if (tls && (n == GNUTLS_E_AGAIN || n == GNUTLS_E_INTERRUPTED))
            continue; /* a ticket is no answer yet */
        if (n <= 0)
            die("the server has closed a connection");
        c->len += (size_t)n;
        c->reply[c->len] = '\0';
    }
    if (strncmp(c->reply, "HTTP/1.1 200", 12) != 0)
        die(c->reply);
    return (now_s() - begun) * 1000;
}

/* Gives USER ROLE, or removes him without one. */
static void owner_ask(struct host *owner, const char *user, const char *role)
{
    char body[256];
    if (role)
        snprintf(body, sizeof body, "{\"organizationId\":\"%s\",\"userId\":\"%s\",\"role\":\"%s\"}",
                 org, user, role);
    else
        snprintf(body, sizeof body, "{\"organizationId\":\"%s\",\"userId\":\"%s\"}", org, user);
    post(owner, role ? "members/set-role" : "members/remove", owner->bearer, body);
}

/* --- the parts --- */

static void untold(void)
{
    for (size_t i = 0; i < count; i++)
        orgd.hosts[i].told = 0;
    told = 0;
}

static void all_told(double since)
{
    while (told < count && now_s() < since + WAIT_S)
        steps(100);
    if (told < count)
        die("not all hosts were told");
}

/* The server's processor seconds for the next polls, with a report or without. */
static double polls_cpu(bool report)
{
    double cpu = server_cpu(&orgd);
    reporting = report;
    polls_begin();
    return server_cpu(&orgd) - cpu;
}

/* OWNER takes a role from USER: all hosts hear of it. The server's processor seconds; DELAYS gets
 * the milliseconds of each host. */
static double loss_tell(struct host *owner, const char *user, double *delays)
{
    untold();
    double cpu = server_cpu(&orgd), begun = now_s();
    owner_ask(owner, user, "member"); /* a loss, which is told at once */
    client_answer(owner, 0);
    all_told(begun);
    for (size_t i = 0; i < count; i++)
        delays[i] = (orgd.hosts[i].told - begun) * 1000;
    return server_cpu(&orgd) - cpu;
}

/* OWNER gives USER a role that can be taken. */
static void gain_tell(struct host *owner, const char *user)
{
    double begun = now_s();
    untold();
    owner_ask(owner, user, "admin");
    client_answer(owner, 0);
    all_told(begun);
}

/* --- the bare loop's hosts --- */

/* A process of their own has them: one may not open as many files as both need. */
static volatile struct {
    bool ready;
    size_t told;
} * bare_heard;
static const struct timespec moment = {.tv_nsec = 1000000};

static void bare_listen(void)
{
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    loop = epoll_create1(EPOLL_CLOEXEC);
    connect_all(&bare, 512);
    bare_heard->ready = true;
    for (;;) {
        steps(1000);
        bare_heard->told = told;
    }
}

static void bare_start(void)
{
    bare_heard =
        mmap(NULL, sizeof *bare_heard, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pid_t pid = bare_heard == MAP_FAILED ? -1 : fork();
    if (pid < 0)
        die("a process for the bare loop's hosts");
    if (pid == 0)
        bare_listen();
    for (double end = now_s() + WAIT_S; !bare_heard->ready; nanosleep(&moment, NULL))
        if (now_s() > end)
            die("the bare loop does not answer");
}

/* The bare loop tells its hosts for the time ROUND; its processor seconds. */
static double bare_tell(int round)
{
    double cpu = server_cpu(&bare);
    kill(bare_pid, SIGUSR1);
    for (double end = now_s() + WAIT_S; bare_heard->told < count * (size_t)(round + 1);
         nanosleep(&moment, NULL))
        if (now_s() > end)
            die("the bare loop did not tell all");
    return server_cpu(&bare) - cpu;
}

static void rounds_run(struct host *owner, const char *user, int rounds)
{
    double *delays = figures_get(count * (size_t)rounds), tell = 0, least = 0, again[2] = {0};
    hold_back = true;
    for (int round = 0; round < rounds; round++) {
        gain_tell(owner, user);
        again[round % 2] += polls_cpu(round % 2);
        tell += loss_tell(owner, user, delays + count * (size_t)round);
        again[(round + 1) % 2] += polls_cpu((round + 1) % 2);
        least += bare_tell(round);
    }
    hold_back = false;
    spread("a loss is told to all", delays, count * (size_t)rounds);
    const double us = 1e6 / rounds / (double)count;
    printf("%-58s %.1f us\n", "the server's processor time to tell a host", tell * us);
    printf("%-58s %.1f us\n", "a bare loop's", least * us);
    printf("%-58s %.2f (bar: at most 2)\n", "the server's, to that", tell / least);
    printf("%-58s %.1f us\n", "the server's for the next poll of a host", again[0] * us);
    printf("%-58s %.2f (bar: at most 1.1)\n", "the same with a report, to that",
           again[1] / again[0]);
    free(delays);
}

/* The same with changes that are made at this server, and at the one with the port OTHER_PORT. */
static void across_run(const char *user, int rounds, int other_port)
{
    const int ports[2] = {orgd.port, other_port};
    double *delays[2] = {figures_get(count * (size_t)rounds), figures_get(count * (size_t)rounds)};
    double tell[2] = {0};
    hold_back = true;
    for (int turn = 0; turn < 2 * rounds; turn++) {
        struct host owner = {.bearer = owner_bearer};
        client_connect(&owner, ports[turn % 2]);
        gain_tell(&owner, user);
        host_close(&owner);
        polls_begin(); /* longer than a connection may be idle */
        client_connect(&owner, ports[turn % 2]);
        tell[turn % 2] += loss_tell(&owner, user, delays[turn % 2] + count * (size_t)(turn / 2));
        host_close(&owner);
        polls_begin();
    }
    hold_back = false;
    spread("a loss is told to all by the same server", delays[0], count * (size_t)rounds);
    spread("a loss is told to all through another one", delays[1], count * (size_t)rounds);
    for (int i = 0; i < 2; i++)
        printf("%-58s %.1f us\n",
               i == 0 ? "the server's processor time to tell a host of its own change"
                      : "of another server's",
               tell[i] / rounds / (double)count * 1e6);
    printf("%-58s %.2f (bar: at most 1.2)\n", "the latter, to the former", tell[1] / tell[0]);
    free(delays[0]);
    free(delays[1]);
}

static volatile sig_atomic_t ended;
static void end(int signal_number)
{
    (void)signal_number;
    ended = 1;
}

/* The hosts poll, and hear of what others change. */
static void listen_only(void)
{
    struct sigaction action = {.sa_handler = end};
    sigaction(SIGTERM, &action, NULL);
    untold();
    printf("ready\n");
    double cpu = server_cpu(&orgd), begun = now_s();
    while (!ended)
        steps(100);
    cpu = server_cpu(&orgd) - cpu;
    printf("%zu hosts were told %.1f times each, %.1f us of the server each time, with the next "
           "poll; %.0f %% of one processor\n",
           count, (double)told / (double)count, told > 0 ? cpu / (double)told * 1e6 : 0,
           cpu / (now_s() - begun) * 100);
}

/* 20 changes a second, each twentieth of which is a removal, whose delay counts. */
static void changes_run(struct host *owner, char **users, size_t user_count)
{
    double *delays = figures_get(count * user_count), *answers = figures_get(20 * user_count);
    double cpu = server_cpu(&orgd), begun = now_s();
    size_t n = 0, asked = 0;
    for (size_t i = 1; i < user_count; i++) {
        for (int change = 0; change < 20; change++, asked++) {
            double at = begun + 0.05 * (double)asked;
            while (now_s() < at)
                steps(5);
            double sent = now_s();
            owner_ask(owner, users[change == 0 ? i : 0],
                      change == 0  ? NULL
                      : change % 2 ? "admin"
                                   : "member");
            answers[asked] = client_answer(owner, sent);
            if (change > 0)
                continue;
            untold();
            for (double end = at + 0.05; told < count && now_s() < end;)
                steps(5);
            while (told < count && now_s() < sent + WAIT_S)
                steps(5);
            for (size_t h = 0; h < count; h++)
                delays[n++] = (orgd.hosts[h].told - sent) * 1000;
        }
    }
    double took = now_s() - begun;
    printf("%-58s %.1f\n", "changes a second, beside which all hosts are told",
           (double)asked / took);
    spread("a removal is told to all", delays, n);
    spread("a change is answered", answers, asked);
    printf("%-58s %.0f %%\n", "of one processor", (server_cpu(&orgd) - cpu) / took * 100);
    free(delays);
    free(answers);
}

/* --- a bystander --- */

static bool bystanding;
static double *bystander_ms;
static size_t bystander_n;

static void *bystander_run(void *arg)
{
    struct host c = {.bearer = arg};
    char body[128];
    client_connect(&c, orgd.port);
    snprintf(body, sizeof body, "{\"organizationId\":\"%s\"}", org);
    while (__atomic_load_n(&bystanding, __ATOMIC_ACQUIRE) && bystander_n < 100000) {
        const struct timespec pause = {.tv_nsec = 2000000};
        double sent = now_s();
        post(&c, "get", c.bearer, body);
        bystander_ms[bystander_n++] = client_answer(&c, sent);
        nanosleep(&pause, NULL);
    }
    host_close(&c);
    return NULL;
}

static pthread_t bystander_start(void)
{
    pthread_t thread;
    bystander_n = 0;
    bystander_ms = figures_get(100000);
    __atomic_store_n(&bystanding, true, __ATOMIC_RELEASE);
    if (pthread_create(&thread, NULL, bystander_run, (void *)(uintptr_t)owner_bearer) != 0)
        die("thread");
    return thread;
}

static double bystander_end(pthread_t thread, const char *what)
{
    __atomic_store_n(&bystanding, false, __ATOMIC_RELEASE);
    pthread_join(thread, NULL);
    spread(what, bystander_ms, bystander_n);
    double p99 = bystander_ms[bystander_n * 99 / 100];
    free(bystander_ms);
    return p99;
}

static void let_pass(double seconds)
{
    for (double end = now_s() + seconds; now_s() < end;)
        steps(100);
}

static void ticket_drop(struct host *h)
{
    gnutls_free(h->ticket.data);
    h->ticket.data = NULL;
}

static void close_all(void)
{
    for (size_t i = 0; i < count; i++)
        host_close(&orgd.hosts[i]);
    let_pass(3); /* the server notices */
}

/* All connect anew; the server's processor seconds. */
static double storm(bool tickets)
{
    close_all();
    for (size_t i = 0; i < count && !tickets; i++)
        ticket_drop(&orgd.hosts[i]);
    double begun = now_s(), cpu = server_cpu(&orgd);
    connect_all(&orgd, 512);
    cpu = server_cpu(&orgd) - cpu;
    printf("%-58s %.2f s, %.2f s of the server\n",
           tickets ? "all connect anew with tickets" : "all connect anew", now_s() - begun, cpu);
    return cpu;
}

/* The hosts from FIRST on connect and ask nothing; the server's processor seconds. */
static double group_shakes(struct host *first, size_t size, bool tickets)
{
    double cpu = server_cpu(&orgd), end = now_s() + WAIT_S;
    char none;
    shaken = 0;
    for (size_t i = 0; i < size; i++)
        host_connect(&first[i]);
    while (shaken < size && now_s() < end)
        steps(100);
    let_pass(0.2); /* what follows a handshake */
    cpu = server_cpu(&orgd) - cpu;
    for (size_t i = 0; i < size; i++) {
        if (tickets != (gnutls_session_is_resumed(first[i].tls) != 0))
            die(tickets ? "a ticket was not taken" : "there was a ticket");
        gnutls_record_recv(first[i].tls, &none, 1); /* the next ticket */
        host_close(&first[i]);
    }
    let_pass(1); /* the server notices */
    return cpu;
}

/* Connections and handshakes by themselves; microseconds each. */
static double shakes(bool tickets)
{
    double cpu = 0;
    for (size_t first = 0; first < count; first += GROUP)
        cpu += group_shakes(orgd.hosts + first, count - first < GROUP ? count - first : GROUP,
                            tickets);
    return cpu * 1e6 / (double)count;
}

/* What a ticket saves depends on what a signature costs: with the server's certificate for NAME,
 * which is of KIND. */
static void shakes_run(const char *name, const char *kind)
{
    char what[64];
    server_name = name;
    silent = true;
    for (size_t i = 0; i < count; i++)
        ticket_drop(&orgd.hosts[i]);
    double without = shakes(false), with = shakes(true);
    silent = false;
    snprintf(what, sizeof what, "a connection and its handshake, %s", kind);
    printf("%-58s %.0f us\n", what, without);
    printf("%-58s %.0f us\n", "the same with a ticket", with);
    printf("%-58s %.2f (bar: at most 0.5)\n", "the latter, to the former", with / without);
}

static void storms_run(void)
{
    pthread_t thread = bystander_start();
    let_pass(3);
    double quiet = bystander_end(thread, "a bystander is answered");
    thread = bystander_start();
    double with = storm(true);
    double loud = bystander_end(thread, "a bystander is answered during the storm");
    printf("%-58s %.1f (bar: at most 5)\n", "the bystander's p99, to that without", loud / quiet);
    double without = storm(false);
    printf("%-58s %.2f\n", "a reconnect and its poll with a ticket, to one without",
           with / without);
}

static size_t bearers_read(char (*bearers)[BEARER_SIZE], size_t most)
{
    size_t lines = 0;
    while (lines < most && fgets(bearers[lines], BEARER_SIZE, stdin))
        bearers[lines][strcspn(bearers[lines], "\n")] = '\0', lines++;
    if (lines < 2)
        die("bearers");
    return lines;
}

static void files_raise(void)
{
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
}

static void hold_all(void)
{
    double begun = now_s(), cpu = server_cpu(&orgd);
    connect_all(&orgd, 512);
    printf("%-58s %.2f s, %.2f s of the server\n", "all polls are held", now_s() - begun,
           server_cpu(&orgd) - cpu);
    printf("%-58s %.0f MB\n", "memory of the server", (double)server_memory_kb("VmRSS") / 1024);
}

static void all_run(int rounds, char **users, size_t user_count)
{
    struct host owner = {.bearer = owner_bearer};
    client_connect(&owner, orgd.port);
    rounds_run(&owner, users[0], rounds);
    changes_run(&owner, users, user_count);
    storms_run();
    if (tls) {
        close_all();
        shakes_run("ecdsa.example", "ECDSA of P-256");
        shakes_run("rsa.example", "RSA of 2048 bits");
    }
    printf("%-58s %.0f MB\n", "memory of the server at most",
           (double)server_memory_kb("VmHWM") / 1024);
}

int main(int argc, char **argv)
{
    static char bearers[20001][BEARER_SIZE];
    if (argc < 10)
        return 2;
    setvbuf(stdout, NULL, _IOLBF, 0);
    tls = strcmp(argv[2], "tls") == 0;
    org = argv[3];
    count = (size_t)strtoul(argv[4], NULL, 10);
    int rounds = (int)strtol(argv[5], NULL, 10);
    orgd_pid = (pid_t)strtol(argv[6], NULL, 10);
    bare_pid = (pid_t)strtol(argv[8], NULL, 10);
    server_take(&orgd, (int)strtol(argv[1], NULL, 10), orgd_pid);
    server_take(&bare, (int)strtol(argv[7], NULL, 10), bare_pid);
    size_t lines = bearers_read(bearers, sizeof bearers / sizeof *bearers);
    files_raise();
    loop = epoll_create1(EPOLL_CLOEXEC);
    if (loop < 0)
        die("epoll");
    gnutls_certificate_allocate_credentials(&credentials);
    owner_bearer = bearers[0];
    for (size_t i = 0; i < count; i++) {
        orgd.hosts[i].bearer = bearers[1 + i % (lines - 1)];
        orgd.hosts[i].revision = 1000000000; /* beyond the server's own: everybody is listed once */
    }
    if (bare_pid > 0)
        bare_start();
    hold_all();
    const char *other_port = getenv("OTHER_PORT");
    if (rounds == 0)
        listen_only();
    else if (other_port)
        across_run(argv[9], rounds, (int)strtol(other_port, NULL, 10));
    else
        all_run(rounds, argv + 9, (size_t)(argc - 9));
    return 0;
}
