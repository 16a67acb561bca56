/* The start of fetchers as the supervisor makes it: two of one user, one of them hostile. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "orgsyncd/cage.h"
#include "tests/lib/unit.h"

#define NOBODY 65533

static struct cage cage;

static pid_t start(int pipe, int (*run)(void *), void *arg)
{
    cage.pipe = pipe;
    fflush(NULL);
    pid_t pid = cage_start(&cage, run, arg);
    assert_true(pid > 0);
    return pid;
}

static int end_of(pid_t pid)
{
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return status;
}

static bool has_limit(__rlimit_resource_t resource, rlim_t most)
{
    struct rlimit limit;
    return getrlimit(resource, &limit) == 0 && limit.rlim_max <= most;
}

#define EXPECT(condition, number)                                                                  \
    do {                                                                                           \
        if (!(condition))                                                                          \
            return number;                                                                         \
    } while (0)

static int look(void *arg)
{
    int death = 0;
    bool root = *(int *)arg == 0;
    EXPECT(!root || (getuid() == NOBODY && geteuid() == NOBODY && getgid() == NOBODY), 1);
    EXPECT(!root || getgroups(0, NULL) == 0, 2);
    EXPECT(cage.kind == CAGE_PLAIN || (getpid() == 1 && getppid() == 0), 3);
    EXPECT(getsid(0) == getpid() && getpgrp() == getpid(), 4);
    EXPECT(prctl(PR_GET_PDEATHSIG, &death) == 0 && death == SIGKILL, 5);
    EXPECT(prctl(PR_GET_SECCOMP) == 2 && prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1, 6);
    EXPECT(prctl(PR_GET_DUMPABLE) == 0, 7);
    EXPECT(fcntl(CAGE_PIPE, F_GETFD) >= 0, 8);
    for (int fd = CAGE_PIPE + 1; fd < 1000; fd++)
        EXPECT(fcntl(fd, F_GETFD) < 0, 9);
    EXPECT(has_limit(RLIMIT_NOFILE, CAGE_DESCRIPTORS) && has_limit(RLIMIT_CORE, 0), 10);
    EXPECT(!root || has_limit(RLIMIT_NPROC, CAGE_PROCESSES), 11);
#ifndef __SANITIZE_ADDRESS__
    EXPECT(has_limit(RLIMIT_AS, CAGE_MEMORY), 12);
#endif
    EXPECT(cage.kind == CAGE_PLAIN || (kill(1, 0) == 0 && setuid(0) == -1), 13);
    return 42;
}

static void fetcher_has_the_limits_of_its_cage(void **state)
{
    (void)state;
    int pair[2], user = (int)geteuid();
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
    assert_int_equal(fcntl(pair[1], F_DUPFD, 500) >= 500, 1); /* not for the child */
    int status = end_of(start(pair[1], look, &user));
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 42);
    assert_null(cage_fault(status));
    close(pair[0]);
    close(pair[1]);
    close(500);
}

/* --- one against the other --- */

static volatile sig_atomic_t hits;
static void hit(int number)
{
    (void)number;
    hits++;
}

static int victim(void *arg)
{
    char byte;
    (void)arg;
    for (int number = SIGHUP; number < SIGRTMAX; number++)
        signal(number, number == SIGPIPE ? SIG_IGN : hit);
    if (send(CAGE_PIPE, "r", 1, 0) != 1)
        return 90;
    while (recv(CAGE_PIPE, &byte, 1, 0) < 0 && errno == EINTR)
        ;
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    return hits != 0 ? 1 : limit.rlim_max <= 3 ? 2 : getpriority(PRIO_PROCESS, 0) >= 19 ? 3 : 0;
}

/* Everything at every number that the sibling could have. */
static int attacker(void *arg)
{
    pid_t its = *(pid_t *)arg;
    siginfo_t info = {.si_signo = SIGUSR1, .si_code = SI_QUEUE};
    struct rlimit limit = {3, 3};
    signal(SIGUSR1, SIG_IGN);
    for (pid_t pid = 0; pid < 20; pid++) {
        pid_t n = pid == 0 ? its : pid == 1 ? 0 : pid == 2 ? -1 : pid;
        kill(n, SIGUSR1);
        kill(-n, SIGUSR1);
        syscall(SYS_tgkill, n, n, SIGUSR1);
        syscall(SYS_tkill, n, SIGUSR1);
        syscall(SYS_rt_sigqueueinfo, n, SIGUSR1, &info);
        prlimit(n, RLIMIT_NOFILE, &limit, NULL);
        setpriority(PRIO_PROCESS, (id_t)n, 19);
        fcntl(CAGE_PIPE, F_SETOWN, n);
        fcntl(CAGE_PIPE, F_SETFL, O_ASYNC | O_NONBLOCK);
    }
    kill(its, SIGSTOP);
    setpriority(PRIO_PGRP, 0, 19);
    setpriority(PRIO_USER, 0, 19);
    shutdown(CAGE_PIPE, SHUT_RDWR);
    return 0;
}

static void hostile_fetcher_does_not_reach_its_sibling(void **state)
{
    (void)state;
    int one[2], other[2];
    char byte = 0;
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, one), 0);
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, other), 0);
    pid_t sibling = start(one[1], victim, NULL);
    assert_int_equal(recv(one[0], &byte, 1, 0), 1);
    assert_int_equal(end_of(start(other[1], attacker, &sibling)), 0);
    assert_int_equal(send(other[1], "x", 1, MSG_DONTWAIT), 1); /* the pipe lives on */
    assert_int_equal(send(one[0], "x", 1, 0), 1);
    assert_int_equal(end_of(sibling), 0);
    for (int i = 0; i < 2; i++) {
        close(one[i]);
        close(other[i]);
    }
}

/* --- ends --- */

static int endless(void *arg)
{
    (void)arg;
    if (send(CAGE_PIPE, "r", 1, 0) != 1)
        return 90;
    for (;;)
        pause();
}

/* Killed by nobody: the parent's end is its own, also when that has changed its user since. */
static void fetcher_dies_with_its_parent(void **state)
{
    (void)state;
    int pair[2];
    char byte;
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
    fflush(NULL);
    pid_t parent = fork();
    if (parent == 0) {
        cage.parent = (int)syscall(SYS_pidfd_open, getpid(), 0);
        cage.pipe = pair[1];
        cage_start(&cage, endless, NULL);
        for (;;)
            pause();
    }
    close(pair[1]);
    assert_int_equal(recv(pair[0], &byte, 1, 0), 1); /* it runs */
    kill(parent, SIGKILL);
    end_of(parent);
    assert_int_equal(recv(pair[0], &byte, 1, 0), 0); /* nobody has the other end any more */
    close(pair[0]);
}

static int never(void *arg)
{
    *(int *)arg = 1;
    return 0;
}

/* One that cannot be caged does not run. */
static void fetcher_without_a_cage_does_not_run(void **state)
{
    (void)state;
    int pair[2], ran = 0;
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
    close(pair[1]);
    int status = end_of(start(pair[1], never, &ran));
    assert_string_equal(cage_fault(status), "its fetcher cannot close what it is not to have");
    assert_null(cage_fault(0));
    assert_null(cage_fault(SIGKILL));
    assert_null(cage_fault(99 << 8));
    close(pair[0]);
}

static int plain(void **state)
{
    (void)state;
    cage.kind = CAGE_PLAIN;
    return 0;
}

/* Who may make no namespace has the plain kind tried twice. */
static int apart(void **state)
{
    (void)state;
    pid_t pid = (pid_t)syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, NULL, NULL, NULL, NULL);
    if (pid == 0)
        _exit(0);
    cage.kind = pid > 0 ? CAGE_APART : CAGE_PLAIN;
    if (pid > 0)
        waitpid(pid, NULL, 0);
    return 0;
}

/* TEST with a cage of KIND, which its name tells. */
#define IN_CAGE(test, kind)                                                                        \
    {                                                                                              \
#test " (" #kind " cage)", test, kind, NULL, NULL                                          \
    }

int main(void)
{
#ifdef __SANITIZE_THREAD__
    puts("1..0 # SKIP the thread sanitizer's runtime calls what the sandbox forbids");
    return 0;
#endif
    cage = (struct cage){.kind = CAGE_PLAIN, .uid = NOBODY, .gid = NOBODY};
    cage.parent = (int)syscall(SYS_pidfd_open, getpid(), 0);
    const struct CMUnitTest tests[] = {
        IN_CAGE(fetcher_has_the_limits_of_its_cage, plain),
        IN_CAGE(fetcher_has_the_limits_of_its_cage, apart),
        IN_CAGE(hostile_fetcher_does_not_reach_its_sibling, plain),
        IN_CAGE(hostile_fetcher_does_not_reach_its_sibling, apart),
        IN_CAGE(fetcher_dies_with_its_parent, plain),
        IN_CAGE(fetcher_dies_with_its_parent, apart),
        IN_CAGE(fetcher_without_a_cage_does_not_run, plain),
        IN_CAGE(fetcher_without_a_cage_does_not_run, apart),
    };
    return cmocka_run_group_tests_name("cage", tests, NULL, NULL);
}
