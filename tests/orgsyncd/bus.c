/* orgsyncd/bus.c against a bus of the test's own: one that answers, refuses, hangs, and says
 * anything. */
#include "orgsyncd/bus.h"

#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "common/clock.h"
#include "tests/lib/unit.h"

#define LIMIT_MS 400

static const struct bus_method kill_user = {"org.freedesktop.login1", "/org/freedesktop/login1",
                                            "org.freedesktop.login1.Manager", "KillUser", "ui"};
static const struct bus_method reset = {"org.freedesktop.systemd1", "/org/freedesktop/systemd1",
                                        "org.freedesktop.systemd1.Manager", "ResetFailedUnit", "s"};
static char path[64];
static int listener;

/* --- the bus --- */

struct script {
    int hangs_at; /* 1: it takes no connection; 2: says nothing; 3: no reply to Hello; 4: to the
                     call */
    bool refuses; /* the call */
    const char *wants;  /* is in the call */
    const uint8_t *raw; /* instead of the reply to the call */
    size_t raw_size;
};

static size_t put32(uint8_t *at, uint32_t number)
{
    memcpy(at, &number, 4);
    return 4;
}

/* A reply to the call with SERIAL, in OUT; an error with that name. */
static size_t make_reply(uint8_t *out, uint32_t serial, const char *error)
{
    uint8_t begin[4] = {'l', error ? 3 : 2, 1, 1};
    size_t n = 0;
    if (__BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__)
        begin[0] = 'B';
    memcpy(out, begin, 4);
    n = 16;
    put32(out + 4, 0);
    put32(out + 8, 77);
    memcpy(out + n, "\5\1u", 4);
    n += 4;
    n += put32(out + n, serial);
    if (error) {
        memcpy(out + n, "\4\1s", 4);
        n += 4;
        n += put32(out + n, (uint32_t)strlen(error));
        memcpy(out + n, error, strlen(error) + 1);
        n += strlen(error) + 1;
    }
    put32(out + 12, (uint32_t)(n - 16));
    while (n % 8)
        out[n++] = 0;
    return n;
}

/* A signal that nobody asked for, as a bus sends it first of all. */
static size_t make_signal(uint8_t *out)
{
    size_t n = make_reply(out, 1, "org.freedesktop.DBus.NameAcquired");
    out[1] = 4;
    return n;
}

/* Waits for the end of the other side, or for the test's. */
static void hang(int fd)
{
    char byte;
    while (recv(fd, &byte, 1, 0) > 0)
        ;
    _exit(0);
}

static void serve_auth(int fd, const struct script *s)
{
    char line[128] = "";
    ssize_t n = recv(fd, line, sizeof line - 1, 0);
    if (n < 8 || line[0] != '\0' || !strstr(line + 1, "AUTH EXTERNAL "))
        _exit(1);
    if (s->hangs_at == 2)
        hang(fd);
    send(fd, "OK 0123456789abcdef\r\n", 21, MSG_NOSIGNAL);
}

/* Takes one call, which may come together with the line before it. */
static size_t take_call(int fd, uint8_t *call, size_t size)
{
    ssize_t n = recv(fd, call, size, 0);
    if (n == 7 && memcmp(call, "BEGIN\r\n", 7) == 0)
        n = recv(fd, call, size, 0);
    return n > 0 ? (size_t)n : 0;
}

static void serve(const struct script *s)
{
    uint8_t call[2048], reply[512];
    int fd = accept(listener, NULL, NULL);
    serve_auth(fd, s);
    take_call(fd, call, sizeof call);
    if (s->hangs_at == 3)
        hang(fd);
    send(fd, reply, make_reply(reply, 1, NULL), MSG_NOSIGNAL);
    send(fd, reply, make_signal(reply), MSG_NOSIGNAL);
    size_t n = take_call(fd, call, sizeof call);
    if (s->hangs_at == 4)
        hang(fd);
    if (s->wants && !memmem(call, n, s->wants, strlen(s->wants)))
        _exit(1);
    if (s->raw)
        send(fd, s->raw, s->raw_size, MSG_NOSIGNAL);
    else
        send(fd, reply, make_reply(reply, 2, s->refuses ? "org.example.No" : NULL), MSG_NOSIGNAL);
    hang(fd);
}

static void listen_anew(int backlog)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    if (listener > 0)
        close(listener);
    unlink(path);
    memcpy(addr.sun_path, path, strlen(path) + 1);
    listener = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(listener, (const struct sockaddr *)&addr, sizeof addr), 0);
    assert_int_equal(listen(listener, backlog), 0);
}

static enum bus_result talk(const struct script *s, const struct bus_method *method,
                            const char *text, struct bus *b)
{
    const uint32_t numbers[] = {2000400123, 9};
    pid_t pid = s->hangs_at == 1 ? 0 : fork();
    if (pid == 0 && s->hangs_at != 1) {
        serve(s);
        _exit(0);
    }
    int64_t begun = clock_mono_ms();
    enum bus_result result = BUS_LOST;
    if (bus_open(b, path, begun + LIMIT_MS))
        result = bus_call(b, method, numbers, text);
    bool in_time = clock_mono_ms() - begun < LIMIT_MS + 2000;
    bus_close(b);
    int status = 0;
    if (pid > 0) {
        waitpid(pid, &status, 0);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    assert_true(in_time);
    return result;
}

static void calls(void **state)
{
    (void)state;
    struct bus b;
    const struct script numbers = {.wants = "KillUser"},
                        text = {.wants = "user@2000400123.service"}, refuses = {.refuses = true};
    assert_int_equal(talk(&numbers, &kill_user, NULL, &b), BUS_DONE);
    assert_int_equal(talk(&text, &reset, "user@2000400123.service", &b), BUS_DONE);
    assert_int_equal(talk(&refuses, &kill_user, NULL, &b), BUS_REFUSED);
    assert_string_equal(b.error, "org.example.No");
}

static void hangs(void **state)
{
    (void)state;
    struct bus b;
    for (int at = 2; at <= 4; at++) {
        const struct script s = {.hangs_at = at};
        assert_int_equal(talk(&s, &kill_user, NULL, &b), BUS_LOST);
        assert_true(*b.error != '\0');
    }
}

/* A bus that takes no connections any more has a full queue. */
static void full_queue(void **state)
{
    (void)state;
    struct bus b, others[16];
    const struct script s = {.hangs_at = 1};
    listen_anew(0);
    int opened = 0;
    for (int i = 0; i < 16; i++) {
        others[i] = (struct bus){.fd = -1};
        bus_open(&others[i], path, clock_mono_ms() + 20);
        opened += others[i].fd >= 0;
    }
    assert_int_equal(opened, 0);
    assert_int_equal(talk(&s, &kill_user, NULL, &b), BUS_LOST);
    listen_anew(8);
}

static void nobody(void **state)
{
    (void)state;
    struct bus b;
    assert_false(bus_open(&b, "/nonexistent/bus", clock_mono_ms() + LIMIT_MS));
    assert_true(b.fd < 0);
    assert_int_equal(bus_call(&b, &kill_user, NULL, NULL), BUS_LOST);
    char text[2000];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    const struct script s = {.wants = NULL};
    assert_int_equal(talk(&s, &reset, text, &b), BUS_LOST);
}

/* Replies that are changed at random, cut, or of great lengths. */
static void anything(void **state)
{
    (void)state;
    srandom(7);
    for (int round = 0; round < 400; round++) {
        uint8_t raw[512];
        struct bus b;
        size_t n = make_reply(raw, 2, random() % 2 ? "org.example.No" : NULL);
        for (int i = 0; i < 1 + random() % 4; i++)
            raw[random() % (long)n] = (uint8_t)(random() % 3 ? random() : 0xff * (random() % 2));
        n -= random() % 4 ? 0 : (size_t)(random() % (long)n);
        const struct script s = {.raw = raw, .raw_size = n};
        pid_t pid = fork();
        if (pid == 0) {
            serve(&s);
            _exit(0);
        }
        const uint32_t numbers[] = {2000400123, 9};
        if (bus_open(&b, path, clock_mono_ms() + LIMIT_MS)) {
            b.end_ms = clock_mono_ms() + 5; /* a reply that is cut comes no more */
            bus_call(&b, &kill_user, numbers, NULL);
        }
        bus_close(&b);
        waitpid(pid, NULL, 0);
        assert_true(memchr(b.error, '\0', sizeof b.error) != NULL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls),  cmocka_unit_test(hangs),    cmocka_unit_test(full_queue),
        cmocka_unit_test(nobody), cmocka_unit_test(anything),
    };
    snprintf(path, sizeof path, "/tmp/orglogin-bus.%d", (int)getpid());
    listen_anew(8);
    int failed = cmocka_run_group_tests_name("bus", tests, NULL, NULL);
    unlink(path);
    return failed;
}
