/*
 * The confirm protocol: a request as orgsyncd takes it, a reply as a login takes it, and the
 * metrics as orgadmin takes them. The input's first byte chooses among them.
 */
#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/paths.h"
#include "orgsyncd/confirm_server.h"
#include "orgsyncd/pipe.h"
#include "tests/fuzz/fuzz.h"

#define ORGS 2

static struct config_org configured[ORGS] = {{.name = (char *)"acme"}, {.name = (char *)"other"}};
static int fetcher[2];

/* organization.c's; the questions are counted. */
static int asked, relisted;

void organization_ask(struct org_state *o, enum pipe_type question)
{
    assert(o->config && (question == PIPE_REFRESH || question == PIPE_RELIST));
    o->asked = true;
    asked++;
    relisted += question == PIPE_RELIST;
}

/* publish.c's. */
int publisher_request(struct publisher *p)
{
    assert(p->orgs->ledger);
    return 0;
}

static void set_state(struct organizations *orgs, struct input *in)
{
    int64_t now = clock_mono_ms();
    for (int i = 0; i < ORGS; i++) {
        struct org_state *o = &orgs->org[i];
        uint32_t bits = input_number(in, 1);
        o->config = &configured[i];
        o->pipe = fetcher[0];
        o->in_force.heard_ms = bits & 1 ? now : 0;
        o->in_force.answered_ms = bits & 2 ? now : 0;
        o->in_force.listed_ms = bits & 4 ? now + 1 : 0;
        o->listing = bits & 8 ? ORG_REFUSED : ORG_LISTED;
        o->link = bits & 16 ? LINK_HELD : LINK_UP;
        o->asked = bits & 32;
        o->in_force.named = bits & 128;
        memset(o->failure, 'f', bits & 64 ? sizeof o->failure - 1 : 0);
    }
}

/* Root or not, one client; what he sends in one or several messages. */
static void server_side(struct input *in)
{
    static struct config config;
    static struct numbers numbers;
    struct organizations *orgs = calloc(1, sizeof *orgs);
    struct publisher *publisher = calloc(1, sizeof *publisher);
    struct confirm_server *s = calloc(1, sizeof *s);
    struct sessions sessions = {.orgs = orgs, .publisher = publisher};
    int pair[2];
    assert(orgs && publisher && s &&
           socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, pair) == 0);
    orgs->config = &config;
    orgs->count = ORGS;
    orgs->ledger = ledger_open("/nonexistent/ids.db", LEDGER_COPY);
    publisher->orgs = orgs;
    *s = (struct confirm_server){.listen_fd = {-1, -1, -1},
                                 .orgs = orgs,
                                 .publisher = publisher,
                                 .numbers = &numbers,
                                 .sessions = &sessions};
    set_state(orgs, in);
    uint32_t uid = input_number(in, 1) & 1;
    s->client[0] = (struct confirm_client){.fd = pair[0], .uid = uid, .deadline_ms = 0};
    s->client_count = 1;
    asked = relisted = 0;
    struct confirm_request last = {0};
    while (s->client_count > 0 && in->left > 0) {
        char message[sizeof last + 256] = {0};
        size_t size = input_number(in, 1) + sizeof(struct confirm_request) - 4;
        size = size < in->left ? size : in->left;
        input_take(in, message, size);
        memcpy(&last, message, sizeof last);
        if (send(pair[1], message, size, MSG_NOSIGNAL) < 0)
            break;
        confirm_server_read(s, 0);
        confirm_server_hear(s);
        if (s->client_count > 0)
            in->left & 1 ? confirm_server_fail(s, &orgs->org[0]) : confirm_server_settle(s);
    }
    assert(uid == 0 || sessions.wish.state == WISH_NONE);
    assert(uid == 0 ||
           (relisted == 0 && orgs->org[0].brake == BRAKE_ON && orgs->org[1].brake == BRAKE_ON));
    struct confirm_reply reply;
    ssize_t n = recv(pair[1], &reply, sizeof reply, MSG_TRUNC);
    bool text = (last.op == CONFIRM_METRICS || last.op == CONFIRM_WITHHELD ||
                 last.op == CONFIRM_SESSIONS) &&
                n > 0 && reply.magic != CONFIRM_MAGIC;
    assert(n <= 0 || (text ? n <= CONFIRM_ANSWER_MAX : n == sizeof reply));
    if (n > 0 && !text)
        assert(reply.magic == CONFIRM_MAGIC && reply.status <= CONFIRM_REFUSED &&
               reply.age_ms >= -1 && memchr(reply.text, 0, sizeof reply.text));
    assert(n <= 0 || s->client_count == 0);
    if (s->client_count > 0)
        close(pair[0]);
    close(pair[1]);
    ledger_close(orgs->ledger);
    free(s);
    free(publisher);
    free(orgs);
}

/* --- the client's side: a thread is orgsyncd and answers with what stands here --- */

/* Longer than a busy machine may keep the thread waiting; libFuzzer's own limit is below it. */
#define PATIENCE_MS 30000

static int listener;
static char path[108];
static char answer[CONFIRM_ANSWER_MAX + 64]; /* which outlives the thread's look at it */
static size_t answer_size;
/* The thread's look is over before the next input's answer; the thread sanitizer does not see a
 * socket bring that about. */
static pthread_mutex_t answering = PTHREAD_MUTEX_INITIALIZER;

static void *serve(void *arg)
{
    for (;;) {
        struct confirm_request request;
        int fd = accept(listener, NULL, NULL);
        ssize_t n = recv(fd, &request, sizeof request, 0);
        assert(confirm_request_valid(&request, (unsigned long)n));
        pthread_mutex_lock(&answering);
        send(fd, answer, answer_size, MSG_NOSIGNAL);
        pthread_mutex_unlock(&answering);
        close(fd);
    }
    return arg;
}

static void client_side(void)
{
    struct confirm_request request = {.magic = CONFIRM_MAGIC, .op = CONFIRM_FRESH};
    struct confirm_reply reply;
    if (confirm_ask(path, &request, PATIENCE_MS, &reply) == 0) {
        assert(answer_size == sizeof reply && memcmp(&reply, answer, sizeof reply) == 0);
        assert(reply.magic == CONFIRM_MAGIC && reply.status <= CONFIRM_REFUSED &&
               memchr(reply.text, 0, sizeof reply.text));
    } else {
        assert(errno == EPROTO || errno == EPERM || errno == ECONNRESET);
    }
}

/* In a buffer of its very size, so that nothing is written behind it. */
static void metrics_side(void)
{
    char *text = malloc(CONFIRM_ANSWER_MAX);
    assert(text);
    const struct confirm_request request = {.magic = CONFIRM_MAGIC, .op = CONFIRM_METRICS};
    if (confirm_text(path, &request, PATIENCE_MS, text) == 0) {
        assert(answer_size > 0 && answer_size < CONFIRM_ANSWER_MAX);
        assert(strlen(text) == answer_size && memcmp(text, answer, answer_size) == 0);
    } else {
        assert(errno == EPROTO || errno == EPERM || errno == ECONNRESET);
        assert(answer_size == 0 || answer_size >= CONFIRM_ANSWER_MAX ||
               memchr(answer, '\0', answer_size));
    }
    free(text);
}

/* What is left of the input, TIMES: inputs are shorter than answers may be. */
static void set_answer(const struct input *in, uint32_t times)
{
    size_t size = in->left;
    pthread_mutex_lock(&answering);
    answer_size = 0;
    for (; times > 0 && size > 0 && answer_size < sizeof answer; times--) {
        size_t room = sizeof answer - answer_size, n = size < room ? size : room;
        memcpy(answer + answer_size, in->data, n);
        answer_size += n;
    }
    pthread_mutex_unlock(&answering);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {data, size};
    uint32_t side = input_number(&in, 1);
    if (side & 1) {
        set_answer(&in, 1 + (side >> 2) % 8);
        if (side & 2)
            metrics_side();
        else
            client_side();
    } else {
        server_side(&in);
    }
    return 0;
}

static void remove_socket(void)
{
    unlink(path);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    pthread_t thread;
    mkdir(ORG_RUNDIR, 0755);
    snprintf(path, sizeof path, "/tmp/orglogin-fuzz.%d", (int)getpid());
    memcpy(addr.sun_path, path, sizeof path);
    unlink(path);
    listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    return socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fetcher) < 0 ||
           bind(listener, (struct sockaddr *)&addr, sizeof addr) < 0 || listen(listener, 8) < 0 ||
           atexit(remove_socket) != 0 || pthread_create(&thread, NULL, serve, NULL) != 0;
}
