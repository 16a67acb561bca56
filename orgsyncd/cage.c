#include "orgsyncd/cage.h"

#include <grp.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "orgsyncd/sandbox.h"

/* A sanitizer's shadow of the address space is larger than any limit. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define MEMORY_LIMITED 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define MEMORY_LIMITED 0
#endif
#endif
#ifndef MEMORY_LIMITED
#define MEMORY_LIMITED 1
#endif

/* The exit status of a child that could not be caged. */
enum uncaged { UNCAGED_USER = 100, UNCAGED_PIPE, UNCAGED_LIMITS, UNCAGED_FILTER, UNCAGED_LAST };

const char *cage_fault(int wait_status)
{
    static const char *const text[] = {
        [UNCAGED_USER - UNCAGED_USER] = "its fetcher cannot become another user",
        [UNCAGED_PIPE - UNCAGED_USER] = "its fetcher cannot close what it is not to have",
        [UNCAGED_LIMITS - UNCAGED_USER] = "its fetcher cannot be limited",
        [UNCAGED_FILTER - UNCAGED_USER] =
            "its fetcher is not started: there is no system call filter for it (seccomp)",
    };
    int status = WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : 0;
    return status >= UNCAGED_USER && status < UNCAGED_LAST ? text[status - UNCAGED_USER] : NULL;
}

/* fork() into a pid namespace. Not by unshare(), which is for one child at a time; not by libc's
 * clone(), which wants another stack. */
static pid_t fork_apart(void)
{
    unsigned long flags = CLONE_NEWPID | SIGCHLD;
#ifdef __s390__
    return (pid_t)syscall(SYS_clone, 0UL, flags, NULL, NULL, 0UL);
#else
    return (pid_t)syscall(SYS_clone, flags, NULL, NULL, NULL, NULL);
#endif
}

/* The user of CAGE, no groups, no way back. */
static bool become_user(const struct cage *cage)
{
    if (geteuid() != 0)
        return true;
    return setgroups(0, NULL) == 0 && setresgid(cage->gid, cage->gid, cage->gid) == 0 &&
           setresuid(cage->uid, cage->uid, cage->uid) == 0 && setuid(0) != 0;
}

/* Ends with the parent, also when that has ended already. After the change of the user, which would
 * undo it; getppid() says nothing in a pid namespace. */
static bool follow_parent(int parent)
{
    struct pollfd p = {.fd = parent, .events = POLLIN};
    return prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && poll(&p, 1, 0) == 0;
}

static bool keep_only(int fd)
{
    return dup2(fd, CAGE_PIPE) == CAGE_PIPE && close_range(CAGE_PIPE + 1, ~0U, 0) == 0;
}

/* No more than VALUE; what is less stays. */
static bool limit(__rlimit_resource_t resource, rlim_t value)
{
    struct rlimit now;
    if (getrlimit(resource, &now) < 0)
        return false;
    now.rlim_max = now.rlim_max < value ? now.rlim_max : value;
    now.rlim_cur = now.rlim_cur < now.rlim_max ? now.rlim_cur : now.rlim_max;
    return setrlimit(resource, &now) == 0;
}

/* Without root the fetcher runs as a person's own user, whose other processes would count too. */
static bool limit_all(bool own_user)
{
    return (!MEMORY_LIMITED || limit(RLIMIT_AS, CAGE_MEMORY)) &&
           limit(RLIMIT_NOFILE, CAGE_DESCRIPTORS) && limit(RLIMIT_CORE, 0) &&
           limit(RLIMIT_MSGQUEUE, 0) && (!own_user || limit(RLIMIT_NPROC, CAGE_PROCESSES));
}

/* In the child. */
static int enter(const struct cage *cage)
{
    bool own_user = geteuid() == 0;
    setsid(); /* the process group of before reaches across pid namespaces */
    if (!become_user(cage))
        return UNCAGED_USER;
    if (!follow_parent(cage->parent))
        _exit(0);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    if (!keep_only(cage->pipe))
        return UNCAGED_PIPE;
    if (!limit_all(own_user))
        return UNCAGED_LIMITS;
    sigprocmask(SIG_SETMASK, &cage->mask, NULL);
    return sandbox_enter() < 0 ? UNCAGED_FILTER : 0;
}

pid_t cage_start(const struct cage *cage, int (*run)(void *arg), void *arg)
{
    pid_t pid = cage->kind == CAGE_APART ? fork_apart() : fork();
    if (pid != 0)
        return pid;
    int uncaged = enter(cage);
    _exit(uncaged ? uncaged : run(arg));
}
