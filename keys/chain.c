#include "keys/chain.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/file.h"

struct chain {
    pid_t pid;
    int end;    /* its pidfd, readable when it has ended; -1 where the kernel has none */
    int output; /* the pipe; -1 when that has ended */
    bool ended;
    long passed;
};

static _Noreturn void run(char *const argv[], int output)
{
    setpgid(0, 0);
    signal(SIGPIPE, SIG_DFL);
    dup2(output, STDOUT_FILENO);
    execv(argv[0], argv);
    _exit(127);
}

/* Starts ARGV. Returns 0, or -1 with errno. */
static int start(struct chain *c, char *const argv[])
{
    int pipes[2];
    *c = (struct chain){.pid = -1, .end = -1, .output = -1};
    if (pipe2(pipes, O_CLOEXEC) < 0)
        return -1;
    c->pid = fork();
    if (c->pid == 0)
        run(argv, pipes[1]);
    close(pipes[1]);
    c->output = pipes[0];
    if (c->pid < 0)
        return -1;
    setpgid(c->pid, c->pid); /* whichever of us two comes first */
    c->end = (int)syscall(SYS_pidfd_open, c->pid, 0);
    return fcntl(c->output, F_SETFL, O_NONBLOCK);
}

/* Passes on what is in the pipe, up to AT_ONCE reads. Returns NULL, or what went wrong. */
static const char *pass(struct chain *c)
{
    static char buffer[65536];
    ssize_t n = read(c->output, buffer, sizeof buffer);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return NULL;
    if (n <= 0) {
        close(c->output);
        c->output = -1;
        return NULL;
    }
    c->passed += n;
    if (c->passed > CHAIN_OUTPUT_MAX)
        return "prints more than 16 MiB: the rest is not passed on";
    return file_write(STDOUT_FILENO, buffer, (size_t)n) == 0 ? NULL : "has no reader any more";
}

/* Does what the events in P, of the pipe and of the end, want. Returns NULL, or what went wrong. */
static const char *take(struct chain *c, const struct pollfd *p)
{
    const char *fault = p[0].revents ? pass(c) : NULL;
    c->ended |= p[1].revents != 0 || (c->end < 0 && c->output < 0);
    return fault;
}

/* Goes on until the program has ended and its pipe is empty, or until UNTIL (clock_mono_ms). */
static const char *attend(struct chain *c, int64_t until)
{
    const char *fault = NULL;
    while (!fault && (!c->ended || c->output >= 0)) {
        struct pollfd p[] = {{.fd = c->output, .events = POLLIN},
                             {.fd = c->ended ? -1 : c->end, .events = POLLIN}};
        int64_t left = until - clock_mono_ms();
        if (left <= 0)
            return "is not done within 5 s: it is ended";
        /* Once it has ended, only what is in the pipe counts: somebody else may hold that open. */
        int n = poll(p, 2, c->ended ? 0 : (int)left);
        if (n < 0 && errno != EINTR)
            return "cannot be waited for";
        if (n == 0 && c->ended)
            return NULL;
        fault = n > 0 ? take(c, p) : NULL;
    }
    return fault;
}

const char *chain_run(char *const argv[])
{
    struct chain c;
    int status = 0;
    int64_t until = clock_mono_ms() + CHAIN_PATIENCE_MS;
    const char *fault = start(&c, argv) < 0 ? "cannot be started" : attend(&c, until);
    if (c.pid > 0) {
        kill(-c.pid, SIGKILL); /* before it is waited for: until then the number is its own */
        while (waitpid(c.pid, &status, 0) < 0 && errno == EINTR)
            ;
    }
    if (c.output >= 0)
        close(c.output);
    if (c.end >= 0)
        close(c.end);
    if (!fault && WIFEXITED(status) && WEXITSTATUS(status) == 127)
        return "cannot be run: want the path of a program";
    return fault;
}
