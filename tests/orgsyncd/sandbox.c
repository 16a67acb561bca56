/* The fetcher's system call filter: what it may still do, and what not any more. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/sockios.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "orgsyncd/sandbox.h"
#include "tests/lib/unit.h"

#define NOBODY 65533

static pid_t sibling; /* of the same user, not in the cage */

static void *thread(void *arg)
{
    return arg;
}

static int denied(long rc)
{
    return rc == -1 && errno == EPERM;
}

#define EXPECT(condition)                                                                          \
    do {                                                                                           \
        if (!(condition))                                                                          \
            return __LINE__ % 256;                                                                 \
    } while (0)

static int what_is_left(void)
{
    int fd = open("/etc/passwd", O_RDONLY | O_CLOEXEC), pair[2];
    char byte;
    EXPECT(fd >= 0 && read(fd, &byte, 1) == 1);
    int family[] = {AF_UNIX, AF_INET, AF_INET6, AF_NETLINK};
    for (int i = 0; i < 4; i++)
        EXPECT(socket(family[i], i == 3 ? SOCK_RAW : SOCK_STREAM, 0) >= 0 || errno == EAFNOSUPPORT);
    EXPECT(socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) >= 0);
    EXPECT(socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP) >= 0);
    EXPECT(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) == 0 && send(pair[0], "x", 1, 0) == 1);
    EXPECT(fcntl(pair[0], F_SETFL, O_NONBLOCK) == 0);
    pthread_t t;
    EXPECT(pthread_create(&t, NULL, thread, NULL) == 0 && pthread_join(t, NULL) == 0);
    EXPECT(malloc(10 << 20) != NULL);
    return 0;
}

static void *look_up(void *arg)
{
    struct addrinfo hints = {.ai_flags = AI_ADDRCONFIG, .ai_socktype = SOCK_STREAM}, *found = NULL;
    int *rc = arg;
    *rc = getaddrinfo("localhost", "80", &hints, &found);
    if (*rc == 0)
        freeaddrinfo(found);
    return NULL;
}

static int resolver(void)
{
    pthread_t t;
    int rc = 1;
    EXPECT(pthread_create(&t, NULL, look_up, &rc) == 0 && pthread_join(t, NULL) == 0);
    EXPECT(rc == 0);
    return 0;
}

static volatile sig_atomic_t signals;
static void count(int number)
{
    (void)number;
    signals++;
}

static void *sleeper(void *arg)
{
    for (;;)
        pause();
    return arg;
}

static int signals_to_itself(void)
{
    pthread_t t;
    struct rlimit limit;
    signal(SIGUSR1, count);
    EXPECT(raise(SIGUSR1) == 0 && signals == 1);
    EXPECT(pthread_kill(pthread_self(), SIGUSR1) == 0 && signals == 2);
    EXPECT(kill(getpid(), SIGUSR1) == 0 && signals == 3);
    EXPECT(pthread_create(&t, NULL, sleeper, NULL) == 0);
    EXPECT(pthread_cancel(t) == 0 && pthread_join(t, NULL) == 0);
    EXPECT(getrlimit(RLIMIT_NOFILE, &limit) == 0 && setrlimit(RLIMIT_NOFILE, &limit) == 0);
    return 0;
}

static int abort_in_cage(void)
{
    abort();
}

static int what_is_gone(void)
{
    char *argv[] = {(char *)"/bin/true", NULL};
    struct sockaddr_in any = {.sin_family = AF_INET};
    EXPECT(denied(execv("/bin/true", argv)));
    EXPECT(denied(open("/tmp/orglogin-sandbox", O_WRONLY | O_CREAT, 0600)));
    EXPECT(denied(open("/etc/passwd", O_RDWR)));
    EXPECT(denied(open("/etc/passwd", O_RDONLY | O_TRUNC)));
    EXPECT(denied(unlink("/tmp/orglogin-none")));
    EXPECT(denied(rename("/tmp/orglogin-none", "/tmp/orglogin-none2")));
    EXPECT(denied(mkdir("/tmp/orglogin-none", 0700)));
    EXPECT(denied(symlink("a", "/tmp/orglogin-none")));
    EXPECT(denied(chmod("/tmp", 01777)));
    EXPECT(denied(chown("/tmp", 0, 0)));
    EXPECT(denied(mount("none", "/mnt", "tmpfs", 0, NULL)));
    EXPECT(denied(setresuid(0, 0, 0)));
    EXPECT(denied(setgid(0)));
    int family[] = {AF_PACKET, AF_VSOCK, AF_ALG, AF_BLUETOOTH, AF_AX25};
    for (int i = 0; i < 5; i++)
        EXPECT(denied(socket(family[i], SOCK_RAW, 0)));
    int s = socket(AF_INET, SOCK_STREAM, 0);
    EXPECT(denied(bind(s, (struct sockaddr *)&any, sizeof any)) && denied(listen(s, 1)));
    return 0;
}

/* In a child, because there is no way out. Returns the line that failed (modulo 256), 0 for none.
 */
static int in_cage(int (*what)(void))
{
    fflush(NULL);
    pid_t child = fork();
    if (child == 0)
        _exit(sandbox_enter() < 0 ? 255 : what());
    int status;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static void sandbox_allows_what_a_fetcher_needs(void **state)
{
    (void)state;
    assert_int_equal(in_cage(what_is_left), 0);
    assert_int_equal(in_cage(resolver), 0);
    assert_int_equal(in_cage(signals_to_itself), 0);
    assert_int_equal(in_cage(abort_in_cage), -SIGABRT);
}

static void sandbox_denies_files_processes_and_odd_sockets(void **state)
{
    (void)state;
    assert_int_equal(in_cage(what_is_gone), 0);
}

/* --- attacks, on a sibling and on what is shared --- */

/* Bits above an int, which the kernel drops and a filter may trip over. */
#define HIGH(value) ((unsigned long)(unsigned)(value) | 1UL << 40)

static char passed[4096]; /* the names of those that were not refused */

static void attack(const char *name, long rc, int want)
{
    size_t used = strlen(passed);
    if (rc != -1 || errno != want)
        snprintf(passed + used, sizeof passed - used, "%s(%s) ", name,
                 rc == -1 ? strerror(errno) : "passed");
    errno = 0;
}
#define DENIED(...) attack(#__VA_ARGS__, __VA_ARGS__, EPERM)
#define ABSENT(...) attack(#__VA_ARGS__, __VA_ARGS__, ENOSYS)

static void on_sibling(void)
{
    siginfo_t info = {.si_signo = SIGUSR1, .si_code = SI_QUEUE};
    struct rlimit limit = {3, 3};
    struct sched_param priority = {0};
    cpu_set_t cpus;
    CPU_ZERO(&cpus);
    CPU_SET(0, &cpus);
    int pidfd = open("/proc/self", O_RDONLY | O_DIRECTORY);
    DENIED(kill(sibling, 0));
    DENIED(kill(sibling, SIGUSR1));
    DENIED(kill(0, SIGUSR1));
    DENIED(kill(-1, 0));
    DENIED(kill(-getpgrp(), SIGUSR1));
    DENIED(syscall(SYS_kill, HIGH(sibling), SIGUSR1));
    DENIED(syscall(SYS_kill, HIGH(getpid()), 0));
    DENIED(syscall(SYS_tgkill, sibling, sibling, SIGUSR1));
    DENIED(syscall(SYS_tgkill, HIGH(sibling), sibling, SIGUSR1));
    DENIED(syscall(SYS_tkill, sibling, SIGUSR1));
    DENIED(syscall(SYS_rt_sigqueueinfo, sibling, SIGUSR1, &info));
    DENIED(syscall(SYS_rt_tgsigqueueinfo, sibling, sibling, SIGUSR1, &info));
    DENIED(syscall(SYS_pidfd_open, sibling, 0));
    DENIED(syscall(SYS_pidfd_send_signal, pidfd, SIGUSR1, NULL, 0));
    DENIED(syscall(SYS_pidfd_getfd, pidfd, 0, 0));
    DENIED(syscall(SYS_process_madvise, pidfd, NULL, 0, 0, 0));
    DENIED(syscall(SYS_process_mrelease, pidfd, 0));
    DENIED(prlimit(sibling, RLIMIT_NOFILE, &limit, NULL));
    DENIED(syscall(SYS_prlimit64, HIGH(sibling), RLIMIT_NOFILE, &limit, NULL));
    DENIED(syscall(SYS_sched_setaffinity, sibling, sizeof cpus, &cpus));
    DENIED(syscall(SYS_sched_setparam, sibling, &priority));
    DENIED(syscall(SYS_sched_setscheduler, sibling, SCHED_BATCH, &priority));
    DENIED(syscall(SYS_sched_setattr, sibling, &info, 0));
    DENIED(syscall(SYS_ioprio_set, 1, sibling, 3 << 13));
    DENIED(setpriority(PRIO_PROCESS, (id_t)sibling, 19));
    DENIED(setpriority(PRIO_USER, 0, 19));
    DENIED(setpriority(PRIO_PGRP, 0, 19));
    DENIED(syscall(SYS_migrate_pages, sibling, 0, NULL, NULL));
    DENIED(syscall(SYS_move_pages, sibling, 0, NULL, NULL, NULL, 0));
    DENIED(syscall(SYS_ptrace, 16, sibling, NULL, NULL));
    DENIED(syscall(SYS_kcmp, getpid(), sibling, 0, 0, 0));
    DENIED(syscall(SYS_process_vm_readv, sibling, NULL, 0, NULL, 0, 0));
    DENIED(syscall(SYS_process_vm_writev, sibling, NULL, 0, NULL, 0, 0));
}

static void by_owner_of_descriptor(void)
{
    int pair[2], pid = sibling;
    struct f_owner_ex owner = {.type = F_OWNER_PID, .pid = sibling};
    socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
    DENIED(fcntl(pair[0], F_SETOWN, sibling));
    DENIED(syscall(SYS_fcntl, pair[0], HIGH(F_SETOWN), sibling));
    DENIED(fcntl(pair[0], F_SETOWN_EX, &owner));
    DENIED(fcntl(pair[0], F_SETSIG, SIGUSR1));
    DENIED(fcntl(pair[0], F_SETFL, O_ASYNC));
    DENIED(fcntl(pair[0], F_NOTIFY, 0));
    DENIED(fcntl(pair[0], F_SETLEASE, F_RDLCK));
    DENIED(ioctl(pair[0], FIOSETOWN, &pid));
    DENIED(ioctl(pair[0], SIOCSPGRP, &pid));
    DENIED(syscall(SYS_ioctl, pair[0], HIGH(SIOCSPGRP), &pid));
    DENIED(ioctl(pair[0], FIOASYNC, &pid));
    DENIED(ioctl(pair[0], TIOCSTI, "x"));
}

/* A process that does come of it ends at once. */
static long came(long pid)
{
    if (pid == 0)
        _exit(0);
    return pid;
}

static void new_processes(void)
{
    uint64_t args[11] = {CLONE_NEWUSER, 0, 0, 0, SIGCHLD};
    const unsigned namespaces[] = {CLONE_NEWUSER, CLONE_NEWNET, CLONE_NEWPID,   CLONE_NEWIPC,
                                   CLONE_NEWNS,   CLONE_NEWUTS, CLONE_NEWCGROUP};
    DENIED(came(fork()));
    DENIED(came(syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0)));
    DENIED(came(syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0)));
    for (size_t i = 0; i < sizeof namespaces / sizeof *namespaces; i++) {
        DENIED(syscall(SYS_clone, HIGH(namespaces[i] | CLONE_THREAD | CLONE_SIGHAND | CLONE_VM), 0,
                       0, 0, 0));
        DENIED(unshare((int)namespaces[i]));
    }
    ABSENT(came(syscall(SYS_clone3, args, sizeof args)));
}

static void shared_by_name(void)
{
    struct sockaddr_un path = {.sun_family = AF_UNIX, .sun_path = "/tmp/orglogin-none"};
    struct sockaddr_un abstract = {.sun_family = AF_UNIX, .sun_path = "\0orglogin"};
    struct linger linger = {1, 60};
    int s = socket(AF_UNIX, SOCK_STREAM, 0), t = socket(AF_INET, SOCK_STREAM, 0), pair[2];
    socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair);
    DENIED(bind(s, (struct sockaddr *)&path, sizeof path));
    DENIED(bind(s, (struct sockaddr *)&abstract, sizeof abstract));
    DENIED(bind(s, (struct sockaddr *)&path, sizeof path.sun_family));
    DENIED(shutdown(pair[0], SHUT_RDWR));
    DENIED(setsockopt(t, SOL_SOCKET, SO_LINGER, &linger, sizeof linger));
    DENIED(syscall(SYS_setsockopt, t, HIGH(SOL_SOCKET), HIGH(SO_LINGER), &linger, sizeof linger));
    DENIED(setsockopt(t, IPPROTO_TCP, TCP_ULP, "tls", 4));
    DENIED(socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP));
    DENIED(socket(AF_INET, SOCK_STREAM, 132 /* SCTP */));
    DENIED(socket(AF_INET, SOCK_STREAM, 262 /* MPTCP */));
    DENIED(syscall(SYS_socket, AF_INET, SOCK_DGRAM, HIGH(IPPROTO_ICMP)));
    DENIED(syscall(SYS_socket, HIGH(AF_PACKET), SOCK_DGRAM, 0));
    DENIED(socket(AF_NETLINK, SOCK_RAW, 4 /* the machine's sockets */));
    DENIED(socket(AF_NETLINK, SOCK_RAW, 9 /* audit */));
    DENIED(syscall(SYS_mq_open, "orglogin-none", O_RDONLY, 0, NULL));
    DENIED(syscall(SYS_shmget, 0, 4096, 01600));
    DENIED(syscall(SYS_shmat, 0, NULL, 0));
    DENIED(syscall(SYS_semget, 0, 1, 01600));
    DENIED(syscall(SYS_msgget, 0, 01600));
}

static void newer_calls(void)
{
    for (int call = 451; call <= 600; call++) /* 452 is fchmodat2 */
        ABSENT(syscall(call + SYS_pidfd_open - 434, AT_FDCWD, "/tmp/orglogin-none", 0600, 0, 0, 0));
}

static void attack_all(void)
{
    on_sibling();
    by_owner_of_descriptor();
    new_processes();
    shared_by_name();
    newer_calls();
}

static void become_nobody(void)
{
    if (geteuid() == 0 && (setgroups(0, NULL) < 0 || setresgid(NOBODY, NOBODY, NOBODY) < 0 ||
                           setresuid(NOBODY, NOBODY, NOBODY) < 0))
        _exit(254);
}

static volatile sig_atomic_t hits;
static void hit(int number)
{
    (void)number;
    hits++;
}

/* The sibling: ends with what has been done to it by the time it is told to. */
static void be_sibling(int told)
{
    char byte;
    become_nobody();
    for (int number = SIGHUP; number < SIGRTMAX; number++)
        signal(number, number == SIGPIPE ? SIG_IGN : hit);
    while (read(told, &byte, 1) < 0)
        ;
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    _exit(hits > 0 ? 1 : limit.rlim_cur <= 3 ? 2 : getpriority(PRIO_PROCESS, 0) > 10 ? 3 : 0);
}

static void run_attacks(int to)
{
    signal(SIGUSR1, SIG_IGN);
    signal(SIGIO, SIG_IGN);
    become_nobody();
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (sandbox_enter() < 0)
        snprintf(passed, sizeof passed, "no filter: %s", strerror(errno));
    else
        attack_all();
    (void)!write(to, passed, strlen(passed) + 1);
    _exit(0);
}

static void sandboxed_process_does_not_reach_its_sibling(void **state)
{
    (void)state;
    int told[2], report[2], status;
    assert_int_equal(pipe(told), 0);
    assert_int_equal(pipe(report), 0);
    fflush(NULL);
    /* A process group of their own, so that what goes to a group hits nobody else. */
    pid_t leader = fork();
    if (leader == 0) {
        setpgid(0, 0);
        signal(SIGUSR1, SIG_IGN);
        sibling = fork();
        if (sibling == 0) {
            close(told[1]);
            be_sibling(told[0]);
        }
        pid_t attacker = fork();
        if (attacker == 0)
            run_attacks(report[1]);
        waitpid(attacker, &status, 0);
        close(told[1]);
        waitpid(sibling, &status, 0);
        _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 100);
    }
    close(told[0]);
    close(told[1]);
    close(report[1]);
    char all[sizeof passed] = "nothing was reported";
    (void)!read(report[0], all, sizeof all);
    assert_int_equal(waitpid(leader, &status, 0), leader);
    assert_string_equal(all, "");
    assert_int_equal(WEXITSTATUS(status), 0);
    close(report[0]);
}

#ifdef __x86_64__
static int i386_call(void)
{
    long rc = 20;             /* getpid there, writev here */
    signal(SIGSEGV, SIG_DFL); /* what it is for a kernel without i386 */
    __asm__ volatile("int $0x80" : "+a"(rc) : : "memory", "cc", "r8", "r9", "r10", "r11");
    return 1;
}

static int x32_call(void)
{
    syscall(0x40000000 | SYS_getpid);
    return 1;
}

static void sandbox_kills_calls_of_other_architectures(void **state)
{
    (void)state;
    int end = in_cage(i386_call);
    assert_true(end == -SIGSYS || end == -SIGSEGV);
    assert_int_equal(in_cage(x32_call), -SIGSYS);
}
#endif

int main(void)
{
#ifdef __SANITIZE_THREAD__
    puts("1..0 # SKIP the thread sanitizer's runtime calls what the sandbox forbids");
    return 0;
#endif
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sandbox_allows_what_a_fetcher_needs),
        cmocka_unit_test(sandbox_denies_files_processes_and_odd_sockets),
        cmocka_unit_test(sandboxed_process_does_not_reach_its_sibling),
#ifdef __x86_64__
        cmocka_unit_test(sandbox_kills_calls_of_other_architectures),
#endif
    };
    return cmocka_run_group_tests_name("sandbox", tests, NULL, NULL);
}
