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
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "api/token_file.h"
#include "common/clock.h"
#include "common/confirm.h"
#include "common/local.h"
#include "common/log.h"
#include "common/notify.h"
#include "common/paths.h"
#include "orgsyncd/cage.h"
#include "orgsyncd/confirm_socket.h"
#include "orgsyncd/fetcher.h"
#include "orgsyncd/pipe.h"
#include "orgsyncd/sudoers.h"

#define FETCHER_USER "orgsync"
#define LOCK_PATH    ORG_STATEDIR "/lock"
#define BACK_OFF_MIN 100
#define BACK_OFF_MAX 10000
#define STEADY_MS    10000 /* after running this long, an end is not one of a row */
#define TELL_MS      100   /* a full pipe is tried again after so long */

/* An organization's. One that ends is started anew by itself: the others, and the keeper, do not
 * notice. */
struct fetcher_process {
    pid_t pid;    /* 0: none is running */
    int pipe;     /* its end of it, which we keep for the next one; -1 = none */
    int64_t wait; /* how long the next one waits after an end */
    int64_t begun_ms, due_ms;
    char fault[CONFIG_ERROR_LEN];  /* why none could be started, as it was reported; "" = nothing */
    const char *killed;            /* why we killed it, static; NULL = we did not */
    char untold[CONFIRM_TEXT_LEN]; /* why it is gone, for the keeper; "" = the keeper knows */
};

struct supervisor {
    struct config *config;
    const char *config_path;
    enum keeper_mode mode;
    int listen_fd[CONFIRM_SOCKETS]; /* -1 = none */
    struct cage cage;               /* of the fetchers, but for the pipe */
    pid_t keeper;
    struct fetcher_process fetcher[SNAPSHOT_ORGS_MAX];
};

/* --- children --- */

static void become_child(const struct supervisor *s, pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(1);
    sigprocmask(SIG_SETMASK, &s->cage.mask, NULL);
}

static int run_fetcher(void *arg)
{
    return fetcher_run(arg);
}

/* Starts a fetcher in its cage. Where no pid namespace can be made (a container without
 * CAP_SYS_ADMIN), one that has no sibling to be kept from goes without. */
static pid_t fork_fetcher(struct supervisor *s, uint32_t i, const char *token)
{
    struct fetcher_settings settings = {
        .org = &s->config->org[i],
        .token = token,
        .pipe = CAGE_PIPE,
        .poll_ms = s->config->poll_ms,
        .once = s->mode != KEEPER_SERVE,
    };
    s->cage.pipe = s->fetcher[i].pipe;
    pid_t pid = cage_start(&s->cage, run_fetcher, &settings);
    if (pid >= 0 || errno != EPERM || s->cage.kind == CAGE_PLAIN || s->config->org_count > 1)
        return pid;
    log_warning(
        "no pid namespace can be made (CAP_SYS_ADMIN): the fetcher runs without one; a second "
        "organization's fetcher would not be started");
    s->cage.kind = CAGE_PLAIN;
    return cage_start(&s->cage, run_fetcher, &settings);
}

static void close_pipes(struct supervisor *s)
{
    for (uint32_t i = 0; i < SNAPSHOT_ORGS_MAX; i++) {
        if (s->fetcher[i].pipe >= 0)
            close(s->fetcher[i].pipe);
        s->fetcher[i].pipe = -1;
    }
}

static pid_t start_keeper(struct supervisor *s, const struct keeper_settings *settings)
{
    pid_t parent = getpid(), pid = fork();
    if (pid != 0)
        return pid;
    become_child(s, parent);
    close_pipes(s);
    sigset_t end;
    sigemptyset(&end);
    sigaddset(&end, SIGTERM);
    sigaddset(&end, SIGINT);
    sigprocmask(SIG_BLOCK, &end, NULL);
    exit(keeper_run(settings));
}

/* Tells the keeper, in the fetcher's place, why there is none. False when the pipe is full: the
 * keeper has not read yet what the fetcher left in it, and nobody waits for that here. */
static bool tell_keeper(struct fetcher_process *f)
{
    struct pipe_header header = {.type = PIPE_FAILED};
    if (f->untold[0] && pipe_try_send(f->pipe, &header, f->untold) < 0 && errno == EAGAIN)
        return false;
    f->untold[0] = '\0';
    return true;
}

/* Organization I has no fetcher, because of WHY; the next one waits longer than this one did. */
static void go_without(struct supervisor *s, uint32_t i, const char *why)
{
    struct fetcher_process *f = &s->fetcher[i];
    int64_t now = clock_mono_ms();
    snprintf(f->untold, sizeof f->untold, "%.*s", (int)sizeof f->untold - 1, why);
    tell_keeper(f);
    f->wait = now - f->begun_ms > STEADY_MS ? BACK_OFF_MIN : f->wait * 2;
    f->wait = f->wait < BACK_OFF_MAX ? f->wait : BACK_OFF_MAX;
    f->due_ms = now + f->wait;
}

static void report_fault(struct supervisor *s, uint32_t i, const char *fault)
{
    struct fetcher_process *f = &s->fetcher[i];
    if (strcmp(f->fault, fault) != 0)
        log_error("%s: %s", s->config->org[i].name, fault);
    snprintf(f->fault, sizeof f->fault, "%s", fault);
    go_without(s, i, fault);
}

/* The token is read as root and handed on in memory: its file stays root's. */
static void start_fetcher(struct supervisor *s, uint32_t i)
{
    struct fetcher_process *f = &s->fetcher[i];
    char error[CONFIG_ERROR_LEN], *token = NULL;
    const char *file = s->config->org[i].token_file;
    f->begun_ms = clock_mono_ms();
    if (file && !(token = token_file_read(file, error, CONFIG_ERROR_LEN))) {
        report_fault(s, i, error);
        return;
    }
    f->pid = fork_fetcher(s, i, token);
    if (f->pid < 0) {
        snprintf(error, sizeof error, "its fetcher cannot be started%s: %s",
                 s->cage.kind == CAGE_APART ? " in a pid namespace of its own" : "",
                 strerror(errno));
        f->pid = 0;
        report_fault(s, i, error);
    }
    if (token)
        explicit_bzero(token, strlen(token));
    free(token);
}

/* Starts the fetchers whose time has come. Returns when the next one's does, INT64_MAX when none
 * is to be started. */
static int64_t start_fetchers(struct supervisor *s)
{
    int64_t next = INT64_MAX;
    for (uint32_t i = 0; i < s->config->org_count; i++) {
        struct fetcher_process *f = &s->fetcher[i];
        if (f->pid == 0 && f->due_ms <= clock_mono_ms()) {
            if (tell_keeper(f))
                start_fetcher(s, i);
            else
                f->due_ms = clock_mono_ms() + TELL_MS;
        }
        if (f->pid == 0 && f->due_ms < next)
            next = f->due_ms;
    }
    return next;
}

/* A pipe for each organization, and the keeper at one end of them. */
static int start_round(struct supervisor *s)
{
    struct keeper_settings keeper = {
        .config = s->config,
        .mode = s->mode,
        .listen_fd = {s->listen_fd[CONFIRM_FOR_ALL], s->listen_fd[CONFIRM_FOR_ROOT],
                      s->listen_fd[CONFIRM_FOR_KEYS]},
    };
    bool fine = true;
    for (int i = 0; i < SNAPSHOT_ORGS_MAX; i++) {
        int pair[2] = {-1, -1};
        if (fine && i < (int)s->config->org_count)
            fine = socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0;
        keeper.pipe[i] = pair[0];
        s->fetcher[i] = (struct fetcher_process){.pipe = pair[1], .wait = BACK_OFF_MIN};
    }
    fine = fine && (s->keeper = start_keeper(s, &keeper)) > 0;
    if (!fine)
        log_error("the keeper cannot be started: %s", strerror(errno));
    for (int i = 0; i < SNAPSHOT_ORGS_MAX; i++)
        if (keeper.pipe[i] >= 0)
            close(keeper.pipe[i]);
    return fine ? 0 : -1;
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
        end_child(&s->fetcher[i].pid, SIGKILL);
    close_pipes(s);
}

/* A fetcher that ends well does so because the keeper has ended. */
static void fetcher_ended(struct supervisor *s, uint32_t i, int wait_status)
{
    char why[CONFIRM_TEXT_LEN];
    struct fetcher_process *f = &s->fetcher[i];
    const char *killed = f->killed, *fault = cage_fault(wait_status);
    f->pid = 0;
    f->killed = NULL;
    if (fault) {
        report_fault(s, i, fault);
        return;
    }
    f->fault[0] = '\0';
    if (killed)
        snprintf(why, sizeof why, "%s", killed);
    else if (WIFSIGNALED(wait_status))
        snprintf(why, sizeof why, "its fetcher was killed by signal %d", WTERMSIG(wait_status));
    else
        snprintf(why, sizeof why, "its fetcher ended with %d", WEXITSTATUS(wait_status));
    if (wait_status != 0)
        log_warning("%s: %s, and is started again", s->config->org[i].name, why);
    go_without(s, i, why);
}

/* The keeper has heard nothing of organization I's fetcher for too long. */
static void fetcher_silent(struct supervisor *s, int i)
{
    if (i < 0 || i >= (int)s->config->org_count || s->fetcher[i].pid == 0)
        return;
    s->fetcher[i].killed = KEEPER_SILENCE_TEXT;
    kill(s->fetcher[i].pid, SIGKILL);
}

/* Takes up children that ended. Returns true when the keeper did, with *STATUS its exit status, or
 * -1. */
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
            if (WIFSIGNALED(wait_status))
                log_error("the keeper was killed by signal %d", WTERMSIG(wait_status));
        }
        for (uint32_t i = 0; i < s->config->org_count; i++)
            if (pid == s->fetcher[i].pid)
                fetcher_ended(s, i, wait_status);
    }
    return ended;
}

/* --- signals --- */

/* True if the token of each organization can be read. */
static bool tokens_there(const struct config *c, char error[CONFIG_ERROR_LEN])
{
    for (uint32_t i = 0; i < c->org_count; i++) {
        char *token = c->org[i].token_file
                          ? token_file_read(c->org[i].token_file, error, CONFIG_ERROR_LEN)
                          : NULL;
        if (c->org[i].token_file && !token)
            return false;
        if (token)
            explicit_bzero(token, strlen(token));
        free(token);
    }
    return true;
}

/* True when there is a new configuration; the children of the old one have ended then. */
static bool reload(struct supervisor *s)
{
    char error[CONFIG_ERROR_LEN];
    struct config *next = config_load(s->config_path, error);
    if (!next || !tokens_there(next, error) || !sudoers_accepted(next, error)) {
        config_free(next);
        log_error("%s; the previous configuration stays in force", error);
        return false;
    }
    if (!config_shells_known(next, s->config_path, error))
        log_warning("%s", error);
    end_all(s);
    config_free(s->config);
    s->config = next;
    log_info("configuration reloaded");
    return true;
}

enum supervisor_event { EVENT_END, EVENT_RESTART, EVENT_RELOADED };

/* Waits for a signal of SET until END (clock_mono_ms). Returns its number, or -1. */
static int wait_for_signal(const sigset_t *set, int64_t end, siginfo_t *info)
{
    if (end == INT64_MAX)
        return sigwaitinfo(set, info);
    int64_t left = end - clock_mono_ms();
    struct timespec ts = {.tv_sec = left / 1000, .tv_nsec = left % 1000 * 1000000};
    return left > 0 ? sigtimedwait(set, info, &ts) : -1;
}

/* Keeps fetchers running until something ends the keeper or ourselves. */
static enum supervisor_event wait_for_event(struct supervisor *s, const sigset_t *set, int *status)
{
    for (;;) {
        siginfo_t info;
        int number = wait_for_signal(set, start_fetchers(s), &info);
        if (number == KEEPER_ALIVE && info.si_pid == s->keeper)
            notify("READY=1\nWATCHDOG=1");
        if (number == KEEPER_SILENT && info.si_pid == s->keeper)
            fetcher_silent(s, info.si_value.sival_int);
        if (number == SIGTERM || number == SIGINT)
            return EVENT_END;
        if (number == SIGHUP && reload(s))
            return EVENT_RELOADED;
        if (number == SIGCHLD && child_ended(s, status))
            return EVENT_RESTART;
    }
}

/* Sleeps MS before the children are started again. Pending SIGCHLDs do not cut it short; SIGHUP
 * with a good configuration does. Feeds the watchdog first. */
static enum supervisor_event rest(struct supervisor *s, const sigset_t *set, int64_t ms)
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
        enum supervisor_event event =
            start_round(s) < 0 ? EVENT_RESTART : wait_for_event(s, set, &status);
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
        log_error("%s: %s", path, strerror(errno));
        return -1;
    }
    if (lstat(path, &st) < 0 || !S_ISDIR(st.st_mode) || st.st_uid != geteuid() ||
        (st.st_mode & (S_IWGRP | S_IWOTH))) {
        log_error("%s must be a directory that root owns and nobody else can write", path);
        return -1;
    }
    if (!(st.st_mode & S_IXOTH))
        log_warning("only root can enter %s: other users will find no members; "
                    "chmod 755 %s",
                    path, path);
    return 0;
}

/* One orgsyncd at a time writes the snapshot. The lock goes with the process. */
static int take_lock(void)
{
    int fd = open(LOCK_PATH, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0)
        return 0;
    log_error("%s: %s", LOCK_PATH,
              errno == EWOULDBLOCK ? "another orgsyncd is running" : strerror(errno));
    return -1;
}

static int find_fetcher_user(struct supervisor *s)
{
    if (geteuid() != 0 || local_user(FETCHER_USER, &s->cage.uid, &s->cage.gid) == LOCAL_YES)
        return 0;
    log_error("there is no user \"%s\" in /etc/passwd for the fetcher: systemd-sysusers --root=/ "
              "orglogin.conf, or useradd --system --no-create-home --shell /usr/sbin/nologin %s",
              FETCHER_USER, FETCHER_USER);
    return -1;
}

/* The part of a cage that is the same for every fetcher. */
static int prepare_cage(struct supervisor *s)
{
    s->cage.kind = geteuid() == 0 ? CAGE_APART : CAGE_PLAIN;
    s->cage.parent = (int)syscall(SYS_pidfd_open, getpid(), 0);
    if (s->cage.parent < 0)
        log_error("no fetcher can be started: pidfd_open: %s", strerror(errno));
    return s->cage.parent < 0 ? -1 : find_fetcher_user(s);
}

static int prepare(struct supervisor *s)
{
    confirm_sockets_init(s->listen_fd);
    for (int i = 0; i < SNAPSHOT_ORGS_MAX; i++)
        s->fetcher[i].pipe = -1;
    if (prepare_cage(s) < 0)
        return -1;
    if (s->mode == KEEPER_CHECK)
        return 0;
    if (make_directory(ORG_STATEDIR) < 0 || take_lock() < 0)
        return -1;
    if (s->mode == KEEPER_SERVE &&
        (make_directory(ORG_RUNDIR) < 0 || confirm_sockets_listen(s->listen_fd) < 0))
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
    sigaddset(&set, KEEPER_SILENT);
    sigprocmask(SIG_BLOCK, &set, &s.cage.mask);
    signal(SIGPIPE, SIG_IGN); /* a log that nobody reads any more is no reason to end */
    umask(022);               /* others go by what we make, whoever starts us */
    int rc = prepare(&s) < 0 ? 1 : run(&s, &set);
    confirm_sockets_remove(s.listen_fd);
    config_free(s.config);
    return rc;
}
