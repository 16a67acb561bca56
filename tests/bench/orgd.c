/*
 * A client for orgd's benchmark (tests/bench/orgd.sh): one thread, kept connections to 127.0.0.1.
 *
 *   orgd list PORT BEARER ORG CONNECTIONS SECONDS    members/list; prints replies a second
 *   orgd page PORT BEARER ORG CONNECTIONS SECONDS    a page of 50, which no cache has; the same
 *   orgd write PORT BEARER ORG CONNECTIONS SECONDS   join-codes/create; the same
 *   orgd polls PORT BEARER ORG COUNT REVISION USER   holds COUNT polls, waits for a line on stdin,
 * makes a change; prints the ms until all have heard of it
 *
 * ORG and BEARER may be several, with commas between, which the connections take in turn.
 */
#include <arpa/inet.h>
#include <errno.h>
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

#define TEXT_MAX 65536
#define EVENTS   256

struct client {
    int fd;
    char head[1024]; /* of the reply */
    size_t head_len;
    size_t left; /* of its body; SIZE_MAX: chunked, to the last chunk */
    bool in_body, held, done;
    const char *org, *bearer; /* end with a comma or NUL */
};

static const char *bearer, *org;
static int port, loop;

static void die(const char *what)
{
    fprintf(stderr, "bench: %s: %s\n", what, strerror(errno));
    exit(1);
}

static int64_t now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

/* One of LIST after the other; NEXT remembers where. */
static const char *in_turn(const char **next, const char *list)
{
    const char *now = *next && **next ? *next : list;
    *next = now + strcspn(now, ",");
    *next += **next == ',';
    return now;
}

static void client_open(struct client *c)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
    static const char *next_org, *next_bearer;
    int on = 1;
    c->org = in_turn(&next_org, org);
    c->bearer = in_turn(&next_bearer, bearer);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&to, sizeof to) != 0 ||
        setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0 ||
        epoll_ctl(loop, EPOLL_CTL_ADD, c->fd, &event) != 0)
        die("connect");
}

static void client_send(struct client *c, const char *path, const char *fields)
{
    char body[300], text[1000];
    int len = snprintf(body, sizeof body, "{\"organizationId\":\"%.*s\"%s}",
                       (int)strcspn(c->org, ","), c->org, fields);
    int n =
        snprintf(text, sizeof text,
                 "POST /v1/organizations/%s HTTP/1.1\r\nHost: localhost\r\nAuthorization: "
                 "Bearer %.*s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
                 path, (int)strcspn(c->bearer, ","), c->bearer, len, body);
    c->head_len = 0;
    c->in_body = c->held = c->done = false;
    if (write(c->fd, text, (size_t)n) != n)
        die("write");
}

/* The head is complete: how long is the body? Returns how many bytes of the head were body. */
static size_t head_end(struct client *c, const char *end)
{
    const char *length = strcasestr(c->head, "\r\nContent-Length:");
    if (strncmp(c->head, "HTTP/1.1 200", 12) != 0) {
        fprintf(stderr, "bench: %.*s\n", (int)c->head_len, c->head);
        exit(1);
    }
    c->in_body = true;
    c->left = length && length < end ? strtoull(length + 17, NULL, 10) : SIZE_MAX;
    return c->head_len - (size_t)(end + 4 - c->head);
}

/* Reads what there is. */
static void client_read(struct client *c)
{
    static char text[TEXT_MAX];
    ssize_t got = read(c->fd, text, sizeof text);
    if (got <= 0)
        die("read");
    size_t n = (size_t)got;
    if (!c->in_body) {
        size_t take = n < sizeof c->head - 1 - c->head_len ? n : sizeof c->head - 1 - c->head_len;
        memcpy(c->head + c->head_len, text, take);
        c->head_len += take;
        c->head[c->head_len] = '\0';
        char *end = strstr(c->head, "\r\n\r\n");
        if (!end)
            return;
        n = head_end(c, end) + (n - take);
    }
    if (c->left != SIZE_MAX) {
        c->left -= n < c->left ? n : c->left;
        c->done = c->left == 0;
    } else {
        c->held = c->held || n > 0;
        c->done = (size_t)got >= 5 && memcmp(text + got - 5, "0\r\n\r\n", 5) == 0;
    }
}

/* Serves whatever comes for at most MS; calls EACH for a whole reply. Returns how many. */
static size_t serve(int ms, void (*each)(struct client *c))
{
    struct epoll_event events[EVENTS];
    size_t whole = 0;
    int n = epoll_wait(loop, events, EVENTS, ms);
    for (int i = 0; i < n; i++) {
        struct client *c = events[i].data.ptr;
        bool held = c->held;
        client_read(c);
        if (c->done) {
            whole++;
            if (each)
                each(c);
        } else if (!each && c->held && !held) {
            whole++; /* the heartbeat of a poll counts when nobody waits for replies */
        }
    }
    return whole;
}

static void list_again(struct client *c)
{
    client_send(c, "members/list", "");
}

static void page_again(struct client *c)
{
    client_send(c, "members/list", ",\"limit\":50");
}

static void write_again(struct client *c)
{
    client_send(c, "join-codes/create", ",\"maxUses\":1");
}

static void rate(void (*again)(struct client *c), size_t count, int seconds)
{
    struct client *clients = calloc(count, sizeof *clients);
    size_t replies = 0;
    for (size_t i = 0; i < count; i++) {
        client_open(&clients[i]);
        again(&clients[i]);
    }
    int64_t begun = now_us(), end = begun + seconds * 1000000LL;
    while (now_us() < end)
        replies += serve(100, again);
    printf("%.0f\n", (double)replies * 1e6 / (double)(now_us() - begun));
    free(clients);
}

static void nothing(struct client *c)
{
    (void)c;
}

static void polls(size_t count, const char *revision, const char *user)
{
    struct client *clients = calloc(count + 1, sizeof *clients);
    char fields[200], line[16];
    size_t held = 0, heard = 0;
    snprintf(fields, sizeof fields, ",\"since\":%s,\"wait\":600000", revision);
    for (size_t i = 0; i < count; i++) {
        client_open(&clients[i]);
        client_send(&clients[i], "members/changes", fields);
        held += serve(0, NULL);
    }
    while (held < count)
        held += serve(100, NULL);
    printf("held\n");
    fflush(stdout);
    if (!fgets(line, sizeof line, stdin))
        die("stdin");
    client_open(&clients[count]);
    snprintf(fields, sizeof fields, ",\"userId\":\"%s\",\"role\":\"admin\"", user);
    int64_t begun = now_us();
    client_send(&clients[count], "members/set-role", fields);
    while (heard < count + 1)
        heard += serve(100, nothing);
    printf("%lld\n", (long long)(now_us() - begun) / 1000);
    free(clients);
}

int main(int argc, char **argv)
{
    struct rlimit files = {65536, 65536};
    setrlimit(RLIMIT_NOFILE, &files);
    if (argc < 7) {
        fputs("see the head of tests/bench/orgd.c\n", stderr);
        return 2;
    }
    port = (int)strtol(argv[2], NULL, 10);
    bearer = argv[3];
    org = argv[4];
    loop = epoll_create1(EPOLL_CLOEXEC);
    size_t count = strtoul(argv[5], NULL, 10);
    if (strcmp(argv[1], "polls") == 0 && argc == 8)
        polls(count, argv[6], argv[7]);
    else
        rate(strcmp(argv[1], "list") == 0   ? list_again
             : strcmp(argv[1], "page") == 0 ? page_again
                                            : write_again,
             count, (int)strtol(argv[6], NULL, 10));
    return 0;
}
