#include "orgsyncd/eviction.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/local.h"
#include "common/log.h"
#include "common/paths.h"
#include "common/process.h"
#include "common/snapshot.h"
#include "orgsyncd/bus.h"

#define BUS_MS      1000 /* for what one eviction asks of the bus */
#define END_MS      2000 /* for its processes to end */
#define LOOK_MS     2    /* between two looks at /proc */
#define SETTLE_MS   50   /* for root's half of a session, which ends with the other half */
#define HELPER_MS   200  /* for a child that does one thing */
#define RESET_MS    20   /* between two tries to reset the state of a user manager */
#define RESET_TRIES 25
#define RESETS_MS   3000 /* for those of all */
#define TERMINALS   64

#define LOGIND(member, signature)                                                                  \
    {                                                                                              \
        "org.freedesktop.login1", "/org/freedesktop/login1", "org.freedesktop.login1.Manager",     \
            member, signature                                                                      \
    }

/* The state of the process. */
struct evictor {
    const struct eviction *list;
    uint32_t count;
    int out;
    pid_t keeper, supervisor; /* are never signalled, whoever started them */
    struct bus bus;
    bool bus_lost; /* it is not tried again */
};

/* --- helpers: children that do one thing as the person --- */

/* Waits for the end of PID, which the person can stop or delay: it is killed then. */
static void end_helper(pid_t pid)
{
    int fd = (int)syscall(SYS_pidfd_open, pid, 0);
    struct pollfd p = {.fd = fd, .events = POLLIN};
    if (fd < 0 || poll(&p, 1, HELPER_MS) <= 0)
        kill(pid, SIGKILL);
    if (fd >= 0)
        close(fd);
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        ;
}

/* Kills all that runs as UID, at once: even a program that forks without end has no time between.
 * Such a program may leave no process for the child; then the caller's next try is soon.
 * All three ids are the person's before kill(2), because with a real uid of 0 it would be root's
 * processes that end. */
static void kill_all_of(uint32_t uid)
{
    pid_t pid = fork();
    if (pid == 0) {
        if (!id_valid(uid) || setresuid(uid, uid, uid) < 0)
            _exit(1);
        kill(-1, SIGKILL);
        _exit(0);
    }
    if (pid > 0)
        end_helper(pid);
}

/* Writes TEXT to the terminals at PATHS as UID, who may have stopped them. */
static void write_as(uint32_t uid, char paths[TERMINALS][32], int count, const char *text)
{
    pid_t pid = fork();
    if (pid == 0) {
        if (!id_valid(uid) || setresuid(uid, uid, uid) < 0)
            _exit(1);
        for (int i = 0; i < count; i++) {
            int fd = open(paths[i], O_WRONLY | O_NOCTTY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
            (void)!write(fd, text, strlen(text));
            close(fd);
        }
        _exit(0);
    }
    if (pid > 0)
        end_helper(pid);
}

/* --- the notice --- */

/* The person's pseudo-terminals. */
static int find_terminals(uint32_t uid, char paths[TERMINALS][32])
{
    DIR *dir = opendir("/dev/pts");
    const struct dirent *entry;
    int count = 0;
    while (dir && count < TERMINALS && (entry = readdir(dir))) {
        struct stat st;
        int n = snprintf(paths[count], 32, "/dev/pts/%.16s", entry->d_name);
        if (n > 0 && n < 32 && lstat(paths[count], &st) == 0 && S_ISCHR(st.st_mode) &&
            st.st_uid == uid)
            count++;
    }
    if (dir)
        closedir(dir);
    return count;
}

static void give_notice(const struct eviction *e)
{
    char paths[TERMINALS][32], text[128];
    int count = find_terminals(e->uid, paths);
    snprintf(text, sizeof text,
             "\r\n%s may not use this machine any more: all that runs here ends in %" PRId32
             " s.\r\n",
             e->name, e->notice_s);
    if (count > 0)
        write_as(e->uid, paths, count, text);
}

/* --- systemd-logind --- */

/* Nobody of whom logind knows no session, and no bus at all, are no faults. */
static void ask_logind(struct evictor *r, uint32_t uid, bool left)
{
    static const struct bus_method linger = LOGIND("SetUserLinger", "ubb"),
                                   terminate = LOGIND("TerminateUser", "u"),
                                   killing = LOGIND("KillUser", "ui");
    const uint32_t off[] = {uid, 0, 0}, kill_it[] = {uid, SIGKILL};
    if (r->bus_lost)
        return;
    r->bus.end_ms = clock_mono_ms() + BUS_MS;
    if (r->bus.fd >= 0 || bus_open(&r->bus, PATH_SYSTEM_BUS, r->bus.end_ms)) {
        if (left)
            bus_call(&r->bus, &linger, off, NULL);
        bus_call(&r->bus, &terminate, off, NULL);
        bus_call(&r->bus, &killing, kill_it, NULL);
    }
    r->bus_lost = r->bus.fd < 0;
    if (r->bus_lost && access(PATH_SYSTEM_BUS, F_OK) == 0)
        log_warning("systemd-logind cannot be asked to end sessions: %s; they are ended without it",
                    r->bus.error);
}

/* A user manager that was killed has failed, some milliseconds later: whoever looks for failed
 * units is not to find it. The manager of systemd knows no such unit when all is well. */
static void reset_manager(struct evictor *r, uint32_t uid)
{
    static const struct bus_method reset = {"org.freedesktop.systemd1", "/org/freedesktop/systemd1",
                                            "org.freedesktop.systemd1.Manager", "ResetFailedUnit",
                                            "s"};
    char unit[64];
    snprintf(unit, sizeof unit, "user@%" PRIu32 ".service", uid);
    r->bus.end_ms = clock_mono_ms() + BUS_MS;
    for (int i = 0; i < RESET_TRIES && !r->bus_lost; i++) {
        enum bus_result result = bus_call(&r->bus, &reset, NULL, unit);
        r->bus_lost = result == BUS_LOST;
        if (result != BUS_DONE)
            return;
        poll(NULL, 0, RESET_MS);
    }
}

/* --- processes --- */

struct sweep {
    const struct evictor *evictor;
    const struct eviction *eviction;
    bool signals;
    uint32_t count, begun;
    pid_t first;
};

static bool is_ours(const struct evictor *r, pid_t pid)
{
    return pid == r->keeper || pid == r->supervisor;
}

static bool sweep_process(const struct process *p, void *arg)
{
    struct sweep *s = arg;
    uint32_t uid = s->eviction->uid;
    enum process_tie tie = process_tie(p, uid);
    if (tie == PROCESS_STRANGE || is_ours(s->evictor, p->pid))
        return true;
    if (tie == PROCESS_BEGUN && s->eviction->kind != EVICTION_ALL) {
        s->begun++;
        return true;
    }
    if (s->count++ == 0)
        s->first = p->pid;
    if (s->signals && tie != PROCESS_OWN)
        process_signal(p, uid, tie, SIGKILL);
    return true;
}

/* Looks at all processes; SIGNALS those that do not run as the person, which kill_all_of cannot
 * reach. */
static struct sweep sweep(const struct evictor *r, const struct eviction *e, bool signals)
{
    struct sweep s = {.evictor = r, .eviction = e, .signals = signals};
    if (!process_each(sweep_process, &s))
        log_error("/proc cannot be read: %s", strerror(errno));
    return s;
}

/* Ends what runs, and returns what is left at the end. */
static struct sweep end_processes(const struct evictor *r, const struct eviction *e)
{
    int64_t end = clock_mono_ms() + END_MS;
    struct sweep left;
    do {
        kill_all_of(e->uid);
        left = sweep(r, e, true);
        if (left.count > 0)
            poll(NULL, 0, LOOK_MS);
    } while (left.count > 0 && clock_mono_ms() < end);
    return left;
}

/* --- sudo's timestamp --- */

static void remove_timestamp(const char *name)
{
    char path[sizeof PATH_SUDO_TIMES + NAME_MAX_LEN + 2];
    snprintf(path, sizeof path, PATH_SUDO_TIMES "/%s", name);
    if (unlink(path) < 0 && errno != ENOENT && errno != ENOTDIR)
        log_warning("%s cannot be removed: %s%s", path, strerror(errno),
                    errno == EROFS ? " (if sudo was installed just now: systemctl restart orgsyncd)"
                                   : "");
}

/* sudo names them by the user's name, since 1.9.15 by the uid. */
static void remove_timestamps(const struct eviction *e)
{
    char number[16];
    snprintf(number, sizeof number, "%" PRIu32, e->uid);
    remove_timestamp(number);
    if (*e->name && local_name(e->name) == LOCAL_NO)
        remove_timestamp(e->name);
}

/* --- one person --- */

struct local_search {
    uint32_t uid;
    bool found;
};

static bool find_local(const struct passwd *user, void *arg)
{
    struct local_search *s = arg;
    s->found = user->pw_uid == s->uid;
    return !s->found;
}

static bool has_left(const struct eviction *e)
{
    return e->kind != EVICTION_ROLE && e->kind != EVICTION_TIMESTAMP;
}

/* Why the number must not be touched, whatever the caller thinks; NULL when it may be. The list
 * came from the ledger; this looks at what the machine and its last snapshot say. */
static const char *hindrance(const struct eviction *e, bool *present)
{
    struct local_search local = {.uid = e->uid};
    struct snapshot snapshot;
    struct snapshot_user user;
    const char *why;
    if (!id_valid(e->uid))
        return "no member can have that number";
    if (!local_each_user(find_local, &local))
        return local.found ? "the number is a local user's" : "/etc/passwd cannot be read";
    if (!has_left(e) || snapshot_open(&snapshot, PATH_SNAPSHOT, &why) != SNAPSHOT_OK)
        return NULL;
    *present = snapshot_user_by_uid(&snapshot, e->uid, &user) == SNAPSHOT_OK &&
               user.state != MEMBER_REMOVED && user.state != MEMBER_SUSPENDED;
    snapshot_close(&snapshot);
    return *present ? "the number is a present member's" : NULL;
}

static const char *plural(uint32_t count)
{
    return count == 1 ? "" : "es";
}

static void tell(const struct eviction *e, const struct eviction_result *r)
{
    const char *who = *e->name ? e->name : e->remote;
    const char *what = has_left(e) ? "has left" : "has lost a role";
    if (r->ended > 0)
        log_info("%s (uid %" PRIu32 ") %s: %" PRIu32 " process%s ended in %" PRId32 " ms", who,
                 e->uid, what, r->ended, plural(r->ended), r->took_ms);
    if (r->left > 0)
        log_error("%s (uid %" PRIu32 ") %s: %" PRIu32
                  " process%s could not be ended, the first is %d",
                  who, e->uid, what, r->left, plural(r->left), (int)r->left_pid);
    if (r->begun > 0)
        log_warning("%s (uid %" PRIu32 ") %s: %" PRIu32
                    " process%s begun by sudo left alone: orgadmin host sessions %s",
                    who, e->uid, what, r->begun, plural(r->begun), who);
}

static struct eviction_result evict(struct evictor *r, const struct eviction *e)
{
    struct eviction_result result = {.place = (uint32_t)(e - r->list)};
    const char *why = hindrance(e, &result.present);
    int64_t begun = clock_mono_ms();
    if (why) {
        log_error("the sessions of %s (uid %" PRIu32 ") are not ended: %s",
                  *e->name ? e->name : e->remote, e->uid, why);
        result.refused = true;
        return result;
    }
    if (e->kind == EVICTION_NOTICE) {
        give_notice(e);
        return result;
    }
    if (e->kind == EVICTION_TIMESTAMP) {
        remove_timestamps(e);
        return result;
    }
    uint32_t before = sweep(r, e, false).count;
    ask_logind(r, e->uid, has_left(e));
    struct sweep left = end_processes(r, e);
    result.took_ms = (int32_t)(clock_mono_ms() - begun);
    result.left = left.count;
    result.left_pid = left.first;
    result.begun = left.begun;
    result.ended = before > left.count ? before - left.count : 0;
    if (left.begun > 0) {
        poll(NULL, 0, SETTLE_MS);
        result.begun = sweep(r, e, false).begun;
    }
    remove_timestamps(e);
    tell(e, &result);
    return result;
}

static int run(struct evictor *r)
{
    for (uint32_t i = 0; i < r->count; i++) {
        struct eviction_result result = evict(r, &r->list[i]);
        if (send(r->out, &result, sizeof result, MSG_NOSIGNAL) < 0)
            return 1;
    }
    int64_t end = clock_mono_ms() + RESETS_MS;
    for (uint32_t i = 0; i < r->count && r->bus.fd >= 0 && clock_mono_ms() < end; i++)
        if (r->list[i].kind != EVICTION_NOTICE && r->list[i].kind != EVICTION_TIMESTAMP)
            reset_manager(r, r->list[i].uid);
    return 0;
}

/* --- for the keeper --- */

pid_t eviction_start(const struct eviction *list, uint32_t count, int *fd)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
        return -1;
    struct evictor r = {.list = list,
                        .count = count,
                        .out = pair[1],
                        .keeper = getpid(),
                        .supervisor = getppid(),
                        .bus = {.fd = -1}};
    pid_t pid = fork();
    int failure = errno;
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        _exit(getppid() == r.keeper ? run(&r) : 1);
    }
    close(pair[1]);
    if (pid < 0)
        close(pair[0]);
    else
        *fd = pair[0];
    errno = failure;
    return pid;
}

int eviction_take(int fd, struct eviction_result *result)
{
    ssize_t n = recv(fd, result, sizeof *result, MSG_DONTWAIT);
    if (n == (ssize_t)sizeof *result)
        return 1;
    return n < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : -1;
}
