#include "orgsyncd/supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/local.h"
#include "common/paths.h"
#include "orgsyncd/fetcher.h"
#include "orgsyncd/log.h"
#include "orgsyncd/notify.h"
#include "orgsyncd/sandbox.h"

#define FETCHER_USER "orgsync"
#define LOCK_PATH    ORG_STATEDIR "/lock"
#define BACK_OFF_MIN 100
#define BACK_OFF_MAX 10000
#define STEADY_MS    10000 /* after running this long, an end is not one of a row */

struct supervisor {
    struct config *config;
    const char *config_path;
    enum keeper_mode mode;
    int listen_fd;
    uint32_t uid, gid; /* of the fetchers */
    pid_t keeper, fetcher[SNAPSHOT_ORGS_MAX];
    sigset_t outside; /* the signal mask that we were started with */
};

/* --- children --- */

static void become_child(const struct supervisor *s, pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(1);
    sigprocmask(SIG_SETMASK, &s->outside, NULL);
}

/* The fetcher's own user, no groups, no way back. */
static void drop_privileges(const struct supervisor *s)
{
    if (geteuid() == 0 && (setgroups(0, NULL) < 0 || setresgid(s->gid, s->gid, s->gid) < 0 ||
                           setresuid(s->uid, s->uid, s->uid) < 0 || setuid(0) == 0)) {
        log_line("the fetcher could not become user %s: %s", FETCHER_USER, strerror(errno));
        _exit(1);
    }
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

/* Its pipe is the only descriptor that the fetcher keeps, beside the standard ones. */
static int keep_only(int fd)
{
    if (dup2(fd, STDERR_FILENO + 1) < 0 || close_range(STDERR_FILENO + 2, ~0U, 0) < 0)
        _exit(1);
    return STDERR_FILENO + 1;
}

static pid_t start_fetcher(const struct supervisor *s, uint32_t i, int pipe, const char *token)
{
    pid_t parent = getpid(), pid = fork();
    if (pid != 0)
        return pid;
    become_child(s, parent);
    struct fetcher_settings settings = {
        .org = &s->config->org[i],
        .token = token,
        .pipe = keep_only(pipe),
        .poll_ms = s->config->poll_ms,
        .once = s->mode != KEEPER_SERVE,
    };
    drop_privileges(s);
    if (sandbox_enter() < 0)
        log_line("the fetcher goes without its system call filter: %s", strerror(errno));
    signal(SIGINT, SIG_IGN); /* the keeper's end ends us */
    _exit(fetcher_run(&settings));
}

static pid_t start_keeper(const struct supervisor *s, const struct keeper_settings *settings)
{
    pid_t parent = getpid(), pid = fork();
    if (pid != 0)
        return pid;
    become_child(s, parent);
    sigset_t end;
    sigemptyset(&end);
    sigaddset(&end, SIGTERM);
    sigaddset(&end, SIGINT);
    sigprocmask(SIG_BLOCK, &end, NULL);
    exit(keeper_run(settings));
}

/* The token is read as root and handed on in memory: its file stays root's. */
static int start_fetchers(struct supervisor *s, struct keeper_settings *keeper)
{
    for (uint32_t i = 0; i < s->config->org_count; i++) {
        char error[CONFIG_ERROR_LEN], *token = NULL;
        int pair[2];
        const char *file = s->config->org[i].token_file;
        if (file && !(token = config_token(file, error))) {
            log_line("%s: %s", s->config->org[i].name, error);
            return -1;
        }
        if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) {
            free(token);
            return -1;
        }
        s->fetcher[i] = start_fetcher(s, i, pair[1], token);
        close(pair[1]);
        keeper->pipe[i] = pair[0];
        if (token)
            explicit_bzero(token, strlen(token));
        free(token);
        if (s->fetcher[i] < 0)
            return -1;
    }
    return 0;
}

static int start_all(struct supervisor *s)
{
    struct keeper_settings keeper = {
        .config = s->config, .mode = s->mode, .listen_fd = s->listen_fd};
    for (int i = 0; i < SNAPSHOT_ORGS_MAX; i++)
        keeper.pipe[i] = -1;
    int rc = start_fetchers(s, &keeper);
    if (rc == 0 && (s->keeper = start_keeper(s, &keeper)) < 0)
        rc = -1;
    for (int i = 0; i < SNAPSHOT_ORGS_MAX; i++)
        if (keeper.pipe[i] >= 0)
            close(keeper.pipe[i]);
    return rc;
}

static void end_child(pid_t *pid, int signal_number)
{
    if (*pid <= 0)
        return;
    kill(*pid, signal_number);
    while (waitpid(*pid, NULL, 0) < 0 && errno == EINTR)
        ;
    *pid = 0;
}

static void end_all(struct supervisor *s)
{
    end_child(&s->keeper, SIGTERM);
    for (int i = 0; i < SNAPSHOT_ORGS_MAX; i++)
        end_child(&s->fetcher[i], SIGKILL);
}

/*
 * Takes up children that ended. Returns true when that ends the round, with *STATUS the keeper's
 * exit status, or -1 for a fetcher's end. In the modes that end by themselves only the keeper's end
 * counts: fetchers end because it did.
 */
static bool child_ended(struct supervisor *s, int *status)
{
    bool ended = false;
    int wait_status;
    pid_t pid;
    while ((pid = waitpid(-1, &wait_status, WNOHANG)) > 0) {
        if (pid == s->keeper) {
            s->keeper = 0;
            *status = WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : -1;
            ended = true;
        }
        for (int i = 0; i < SNAPSHOT_ORGS_MAX; i++)
            if (pid == s->fetcher[i]) {
                s->fetcher[i] = 0;
                ended |= s->mode == KEEPER_SERVE;
            }
    }
    return ended;
}

/* --- signals --- */

/* True when there is a new configuration; the children of the old one have ended then. */
static bool reload(struct supervisor *s)
{
    char error[CONFIG_ERROR_LEN];
    struct config *next = config_load(s->config_path, error);
    if (!next) {
        log_line("%s; the configuration that is in force stays", error);
        return false;
    }
    end_all(s);
    config_free(s->config);
    s->config = next;
    log_line("configuration read again");
    return true;
}

enum event { EVENT_END, EVENT_RESTART, EVENT_RELOADED };

/* Waits for a signal of SET until END (clock_mono_ms). Returns its number, or -1. */
static int wait_for_signal(const sigset_t *set, int64_t end, siginfo_t *info)
{
    int64_t left = end - clock_mono_ms();
    struct timespec ts = {.tv_sec = left / 1000, .tv_nsec = left % 1000 * 1000000};
    return left > 0 ? sigtimedwait(set, info, &ts) : -1;
}

/* Waits for something that ends the children or ourselves. */
static enum event wait_for_event(struct supervisor *s, const sigset_t *set, int *status)
{
    for (;;) {
        siginfo_t info;
        int number = sigwaitinfo(set, &info);
        if (number == KEEPER_ALIVE && info.si_pid == s->keeper)
            notify("READY=1\nWATCHDOG=1");
        if (number == SIGTERM || number == SIGINT)
            return EVENT_END;
        if (number == SIGHUP && reload(s))
            return EVENT_RELOADED;
        if (number == SIGCHLD && child_ended(s, status))
            return EVENT_RESTART;
    }
}

/* Rests MS before the children are started anew, whatever their ends have left to be waited for,
 * unless there is a new configuration. Who rests does not hang. */
static enum event rest(struct supervisor *s, const sigset_t *set, int64_t ms)
{
    int64_t end = clock_mono_ms() + ms;
    notify("WATCHDOG=1");
    while (clock_mono_ms() < end) {
        siginfo_t info;
        int number = wait_for_signal(set, end, &info);
        if (number == SIGTERM || number == SIGINT)
            return EVENT_END;
        if (number == SIGHUP && reload(s))
            return EVENT_RELOADED;
    }
    return EVENT_RESTART;
}

static int run(struct supervisor *s, const sigset_t *set)
{
    int64_t back_off = BACK_OFF_MIN;
    for (;;) {
        int status = -1;
        int64_t begun = clock_mono_ms();
        enum event event = start_all(s) < 0 ? EVENT_RESTART : wait_for_event(s, set, &status);
        end_all(s);
        if (event != EVENT_END && s->mode != KEEPER_SERVE)
            return status >= 0 ? status : 1;
        back_off = clock_mono_ms() - begun > STEADY_MS ? BACK_OFF_MIN : back_off * 2;
        back_off = back_off < BACK_OFF_MAX ? back_off : BACK_OFF_MAX;
        if (event == EVENT_RESTART)
            event = rest(s, set, back_off);
        if (event == EVENT_END)
            return 0;
        if (event == EVENT_RELOADED)
            back_off = BACK_OFF_MIN;
    }
}

/* --- places --- */

static int make_directory(const char *path)
{
    struct stat st;
    if (mkdir(path, 0755) < 0 && errno != EEXIST) {
        log_line("%s: %s", path, strerror(errno));
        return -1;
    }
    if (lstat(path, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == geteuid() &&
        !(st.st_mode & (S_IWGRP | S_IWOTH)))
        return 0;
    log_line("%s must be a directory of root's that nobody else can write", path);
    return -1;
}

/* One orgsyncd at a time writes the snapshot. The lock goes with the process. */
static int take_lock(void)
{
    int fd = open(LOCK_PATH, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0)
        return 0;
    log_line("%s: %s", LOCK_PATH,
             errno == EWOULDBLOCK ? "another orgsyncd is running" : strerror(errno));
    return -1;
}

static int listen_for_clients(void)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX, .sun_path = PATH_CONFIRM};
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0 || (unlink(PATH_CONFIRM) < 0 && errno != ENOENT) ||
        bind(fd, (const struct sockaddr *)&addr, sizeof addr) < 0 ||
        chmod(PATH_CONFIRM, 0666) < 0 || listen(fd, SOMAXCONN) < 0) {
        log_line("%s: %s", PATH_CONFIRM, strerror(errno));
        if (fd >= 0)
            close(fd);
        return -1;
    }
    return fd;
}

static int find_fetcher_user(struct supervisor *s)
{
    if (geteuid() != 0 || local_user(FETCHER_USER, &s->uid, &s->gid) == LOCAL_YES)
        return 0;
    log_line("there is no user \"%s\" in /etc/passwd for the fetcher: useradd --system "
             "--no-create-home --shell "
             "/usr/sbin/nologin %s",
             FETCHER_USER, FETCHER_USER);
    return -1;
}

static int prepare(struct supervisor *s)
{
    s->listen_fd = -1;
    if (find_fetcher_user(s) < 0)
        return -1;
    if (s->mode == KEEPER_CHECK)
        return 0;
    if (make_directory(ORG_STATEDIR) < 0 || take_lock() < 0)
        return -1;
    if (s->mode == KEEPER_SERVE &&
        (make_directory(ORG_RUNDIR) < 0 || (s->listen_fd = listen_for_clients()) < 0))
        return -1;
    return 0;
}

int supervise(struct config *config, const char *config_path, enum keeper_mode mode)
{
    struct supervisor s = {.config = config, .config_path = config_path, .mode = mode};
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    sigaddset(&set, SIGCHLD);
    sigaddset(&set, KEEPER_ALIVE);
    sigprocmask(SIG_BLOCK, &set, &s.outside);
    int rc = prepare(&s) < 0 ? 1 : run(&s, &set);
    if (s.listen_fd >= 0)
        unlink(PATH_CONFIRM);
    config_free(s.config);
    return rc;
}
