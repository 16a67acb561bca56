#include "orgadmin/host/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/clock.h"

/* A process that our child has left behind may hold the pipes open: its own end is looked for so
 * often. */
#define LOOK_MS 50

#define CANNOT_RUN 127

/* Descriptors and signals as a program expects them. */
static void become_child(pid_t parent, const int out[2], const int err[2])
{
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent || null < 0 || dup2(null, STDIN_FILENO) < 0 ||
        dup2(out[1], STDOUT_FILENO) < 0 || dup2(err[1], STDERR_FILENO) < 0)
        _exit(CANNOT_RUN);
    setsid();
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    clearenv();
    setenv("PATH", "/usr/sbin:/usr/bin:/sbin:/bin", 1);
}

static void begin(struct child *c, int limit_ms, int out[2], int err[2])
{
    *c = (struct child){.pid = -1, .fd = {-1, -1}, .status = -1, .limit_ms = limit_ms};
    c->deadline_ms = clock_mono_ms() + limit_ms;
    fflush(NULL); /* or what is still to be written would come twice */
    if (pipe2(out, O_CLOEXEC) == 0 && pipe2(err, O_CLOEXEC) == 0)
        c->pid = fork();
    c->cause = errno;
    c->fd[0] = out[0];
    c->fd[1] = err[0];
}

void child_start(struct child *c, int (*work)(void *arg), void *arg, int limit_ms)
{
    int out[2] = {-1, -1}, err[2] = {-1, -1};
    pid_t parent = getpid();
    begin(c, limit_ms, out, err);
    if (c->pid == 0) {
        become_child(parent, out, err);
        int status = work(arg);
        fflush(NULL);
        _exit(status);
    }
    if (out[1] >= 0)
        close(out[1]);
    if (err[1] >= 0)
        close(err[1]);
}

static int execute(void *arg)
{
    char *const *argv = arg;
    execve(argv[0], argv, environ);
    fprintf(stderr, "%s\n", strerror(errno));
    return CANNOT_RUN;
}

void child_start_program(struct child *c, const char *const argv[], int limit_ms)
{
    child_start(c, execute, (void *)(uintptr_t)argv, limit_ms);
}

/* Takes what there is on one of the pipes; what does not fit is thrown away. */
static void drain(int *fd, char text[CHILD_TEXT_MAX])
{
    char more[4096];
    size_t used = strlen(text), room = CHILD_TEXT_MAX - 1 - used;
    ssize_t n = read(*fd, more, sizeof more);
    if (n <= 0 && (n == 0 || errno != EINTR)) {
        close(*fd);
        *fd = -1;
        return;
    }
    for (ssize_t i = 0; i < n && room > 0; i++, room--)
        text[used++] = more[i] ? more[i] : ' ';
}

/* Waits at most MS for something to read, and reads it. False when there was nothing. */
static bool read_more(struct child *c, int ms)
{
    struct pollfd p[2] = {{.fd = c->fd[0], .events = POLLIN}, {.fd = c->fd[1], .events = POLLIN}};
    if (poll(p, 2, ms) <= 0)
        return false;
    if (p[0].revents)
        drain(&c->fd[0], c->out);
    if (p[1].revents)
        drain(&c->fd[1], c->err);
    return true;
}

/* True if the child has ended. It stays a zombie, so that its number is not used again. */
static bool ended(const struct child *c)
{
    siginfo_t info = {0};
    return waitid(P_PID, (id_t)c->pid, &info, WEXITED | WNOHANG | WNOWAIT) < 0 || info.si_pid != 0;
}

/* Reads until it has ended or its time is over; true when it has ended. */
static bool attend(struct child *c)
{
    for (;;) {
        int64_t left = c->deadline_ms - clock_mono_ms();
        if (left > 0)
            read_more(c, left < LOOK_MS ? (int)left : LOOK_MS);
        if (ended(c))
            return true;
        if (left <= 0)
            return false;
    }
}

static void reap(struct child *c, bool in_time)
{
    int status = 0;
    kill(-c->pid, SIGKILL); /* what it has left behind */
    kill(c->pid, SIGKILL);  /* itself, which may not have got to its own session yet */
    while (waitpid(c->pid, &status, 0) < 0 && errno == EINTR)
        ;
    if (!in_time)
        snprintf(c->fate, sizeof c->fate, "did not end within %d s", (c->limit_ms + 999) / 1000);
    else if (WIFEXITED(status))
        c->status = WEXITSTATUS(status);
    else
        snprintf(c->fate, sizeof c->fate, "died: %s", strsignal(WTERMSIG(status)));
}

bool child_end(struct child *c)
{
    if (c->pid > 0) {
        bool in_time = attend(c);
        while (in_time && (c->fd[0] >= 0 || c->fd[1] >= 0) && read_more(c, 0))
            ;
        reap(c, in_time);
    } else {
        snprintf(c->fate, sizeof c->fate, "cannot be started: %s", strerror(c->cause));
    }
    for (int i = 0; i < 2; i++)
        if (c->fd[i] >= 0)
            close(c->fd[i]);
    return c->fate[0] == '\0';
}
