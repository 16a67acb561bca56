#include "common/confirm.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/paths.h"

const char *confirm_path(void)
{
    if (geteuid() == 0)
        return access(PATH_CONFIRM_ROOT, F_OK) == 0 ? PATH_CONFIRM_ROOT : PATH_CONFIRM;
    return access(PATH_CONFIRM_KEYS, W_OK) == 0 ? PATH_CONFIRM_KEYS : PATH_CONFIRM;
}

static bool is_about_name(const struct confirm_request *msg)
{
    return msg->op == CONFIRM_FREE || msg->op == CONFIRM_EVICT || msg->op == CONFIRM_EVICT_ALL;
}

bool confirm_request_valid(const struct confirm_request *msg, unsigned long size)
{
    return size == sizeof *msg && msg->magic == CONFIRM_MAGIC && msg->op >= CONFIRM_FRESH &&
           msg->op <= CONFIRM_SESSIONS &&
           (is_about_name(msg) || memchr(msg->org, '\0', sizeof msg->org) != NULL);
}

static bool reply_valid(const struct confirm_reply *msg, ssize_t size)
{
    return size == (ssize_t)sizeof *msg && msg->magic == CONFIRM_MAGIC &&
           msg->status <= CONFIRM_REFUSED && msg->age_ms >= -1 && msg->held <= 1 &&
           memchr(msg->text, '\0', sizeof msg->text) != NULL;
}

/* Whoever bound the path, only root's answer counts. */
static int peer_is_root(int fd)
{
    struct ucred cred;
    socklen_t len = sizeof cred;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) < 0)
        return -1;
    if (cred.uid != 0) {
        errno = EPERM;
        return -1;
    }
    return 0;
}

static int connect_daemon(const char *path)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    size_t len = strlen(path);
    if (len >= sizeof addr.sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(addr.sun_path, path, len + 1);
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -1;
    if (connect(fd, (const struct sockaddr *)&addr, sizeof addr) == 0 && peer_is_root(fd) == 0)
        return fd;
    int saved = errno;
    close(fd);
    errno = saved;
    return -1;
}

static int wait_readable(int fd, int64_t deadline)
{
    for (;;) {
        int64_t left = deadline - clock_mono_ms();
        struct pollfd p = {.fd = fd, .events = POLLIN};
        int n = poll(&p, 1, left > 0 ? (int)left : 0);
        if (n > 0)
            return 0;
        if (n == 0) {
            errno = ETIMEDOUT;
            return -1;
        }
        if (errno != EINTR)
            return -1;
    }
}

static int send_request(int fd, const struct confirm_request *request)
{
    ssize_t n = send(fd, request, sizeof *request, MSG_NOSIGNAL);
    return n == (ssize_t)sizeof *request ? 0 : -1;
}

static void close_keeping_errno(int fd)
{
    int saved = errno;
    close(fd);
    errno = saved;
}

/* One exchange. Returns the length of the answer, which may be more than SIZE; or -1 with errno. */
static ssize_t exchange(const char *path, const struct confirm_request *request, int timeout_ms,
                        void *answer, size_t size)
{
    int64_t deadline = clock_mono_ms() + timeout_ms;
    int fd = connect_daemon(path);
    if (fd < 0)
        return -1;
    ssize_t n = -1;
    if (send_request(fd, request) == 0 && wait_readable(fd, deadline) == 0)
        n = recv(fd, answer, size, MSG_TRUNC);
    close_keeping_errno(fd);
    return n;
}

int confirm_ask(const char *path, const struct confirm_request *request, int timeout_ms,
                struct confirm_reply *reply)
{
    ssize_t n = exchange(path, request, timeout_ms, reply, sizeof *reply);
    if (n < 0)
        return -1;
    if (reply_valid(reply, n))
        return 0;
    errno = EPROTO;
    return -1;
}

void confirm_report(const char *path, uint32_t reason)
{
    struct confirm_request request = {
        .magic = CONFIRM_MAGIC, .op = CONFIRM_REPORT, .reason = reason};
    int fd = connect_daemon(path);
    if (fd < 0)
        return;
    send_request(fd, &request);
    close(fd);
}

int confirm_text(const char *path, const struct confirm_request *request, int timeout_ms,
                 char *text)
{
    ssize_t n = exchange(path, request, timeout_ms, text, CONFIRM_ANSWER_MAX - 1);
    if (n < 0)
        return -1;
    if (n == 0 || n >= CONFIRM_ANSWER_MAX || memchr(text, '\0', (size_t)n)) {
        errno = EPROTO;
        return -1;
    }
    text[n] = '\0';
    return 0;
}
