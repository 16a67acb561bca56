#include "orgsyncd/sandbox.h"

#include <asm/ioctls.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <seccomp.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* A list of what is forbidden, not of what is allowed: the resolver, libcurl and the TLS library
 * are other people's and change. */
static const char *const forbidden[] = {
    /* programs and other processes */
    "execve",
    "execveat",
    "fork",
    "vfork",
    "ptrace",
    "process_vm_readv",
    "process_vm_writev",
    "pidfd_getfd",
    "pidfd_open",
    "pidfd_send_signal",
    "kcmp",
    "tkill",
    "rt_sigqueueinfo",
    "rt_tgsigqueueinfo",
    "process_madvise",
    "process_mrelease",
    "setpriority",
    "sched_setaffinity",
    "sched_setattr",
    "sched_setparam",
    "sched_setscheduler",
    "ioprio_set",
    "migrate_pages",
    "move_pages",
    "personality",
    "modify_ldt",
    /* what processes without a common parent share: queues, semaphores, memory */
    "mq_open",
    "mq_unlink",
    "mq_timedsend",
    "mq_timedsend_time64",
    "mq_timedreceive",
    "mq_timedreceive_time64",
    "mq_notify",
    "mq_getsetattr",
    "msgget",
    "msgsnd",
    "msgrcv",
    "msgctl",
    "semget",
    "semop",
    "semtimedop",
    "semtimedop_time64",
    "semctl",
    "shmget",
    "shmat",
    "shmdt",
    "shmctl",
    "ipc",
    /* files and directories */
    "creat",
    "truncate",
    "ftruncate",
    "fallocate",
    "unlink",
    "unlinkat",
    "rename",
    "renameat",
    "renameat2",
    "link",
    "linkat",
    "symlink",
    "symlinkat",
    "mkdir",
    "mkdirat",
    "rmdir",
    "mknod",
    "mknodat",
    "chmod",
    "fchmod",
    "fchmodat",
    "chown",
    "fchown",
    "lchown",
    "fchownat",
    "utime",
    "utimes",
    "utimensat",
    "futimesat",
    "setxattr",
    "lsetxattr",
    "fsetxattr",
    "removexattr",
    "lremovexattr",
    "fremovexattr",
    "open_by_handle_at",
    "name_to_handle_at",
    "openat2",
    "inotify_init",
    "inotify_init1",
    "fanotify_init",
    "memfd_create",
    "memfd_secret",
    "copy_file_range",
    /* the machine */
    "mount",
    "umount2",
    "pivot_root",
    "chroot",
    "move_mount",
    "open_tree",
    "fsopen",
    "fsconfig",
    "fsmount",
    "fspick",
    "mount_setattr",
    "swapon",
    "swapoff",
    "reboot",
    "kexec_load",
    "kexec_file_load",
    "init_module",
    "finit_module",
    "delete_module",
    "bpf",
    "perf_event_open",
    "userfaultfd",
    "io_uring_setup",
    "io_uring_enter",
    "io_uring_register",
    "keyctl",
    "add_key",
    "request_key",
    "quotactl",
    "acct",
    "syslog",
    "settimeofday",
    "clock_settime",
    "adjtimex",
    "clock_adjtime",
    "sethostname",
    "setdomainname",
    "iopl",
    "ioperm",
    "vhangup",
    "lookup_dcookie",
    /* identity and namespaces */
    "setuid",
    "setgid",
    "setreuid",
    "setregid",
    "setresuid",
    "setresgid",
    "setgroups",
    "setfsuid",
    "setfsgid",
    "capset",
    "unshare",
    "setns",
    /* servers: the fetcher is a client */
    "bind",
    "listen",
    "accept",
    "accept4",
    /* it would end the pipe, and the log, for those who share them */
    "shutdown",
};

/* The last call that the list above was made against (Linux 5.17), in the numbering that all
 * architectures have shared since pidfd_open, and how far newer ones can come. */
#define CALL_PIDFD_OPEN 434
#define CALL_LAST_KNOWN 450
#define CALL_LAST       700

#define DENY SCMP_ACT_ERRNO(EPERM)

/* Bits of an argument that the kernel takes as an int: what stands above them must not hide it. */
#define INT_BITS 0xffffffffU

#ifdef __s390__
#define CLONE_FLAGS_ARGUMENT 1
#else
#define CLONE_FLAGS_ARGUMENT 0
#endif

/* Argument N of a call, compared. */
static struct scmp_arg_cmp argument(unsigned n, enum scmp_compare op, scmp_datum_t value)
{
    return (struct scmp_arg_cmp){.arg = n, .op = op, .datum_a = value};
}

/* Argument N of a call has all of BITS, or (as an int) is VALUE. */
static struct scmp_arg_cmp has_bits(unsigned n, scmp_datum_t bits)
{
    return (struct scmp_arg_cmp){
        .arg = n, .op = SCMP_CMP_MASKED_EQ, .datum_a = bits, .datum_b = bits};
}
static struct scmp_arg_cmp is_int(unsigned n, scmp_datum_t value)
{
    return (struct scmp_arg_cmp){
        .arg = n, .op = SCMP_CMP_MASKED_EQ, .datum_a = INT_BITS, .datum_b = value};
}

static int forbid_names(scmp_filter_ctx filter)
{
    for (size_t i = 0; i < sizeof forbidden / sizeof *forbidden; i++) {
        int number = seccomp_syscall_resolve_name(forbidden[i]);
        if (number == __NR_SCMP_ERROR)
            continue; /* unknown to this libseccomp; forbid_newer has what Linux added since */
        int rc = seccomp_rule_add(filter, DENY, number, 0);
        if (rc < 0 && rc != -EDOM)
            return rc;
    }
    return 0;
}

/* Calls that are newer than the list do not exist in here, whatever they do (fchmodat2 was the
 * first that wrote): libc goes the older way on ENOSYS. */
static int forbid_newer(scmp_filter_ctx filter)
{
    int base = SYS_pidfd_open - CALL_PIDFD_OPEN, rc = 0;
    for (int call = CALL_LAST_KNOWN + 1; call <= CALL_LAST && rc == 0; call++)
        rc = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), base + call, 0);
    return rc;
}

/* Opening for anything but reading. */
static int forbid_writing(scmp_filter_ctx filter)
{
    static const int flags[] = {O_WRONLY, O_RDWR, O_CREAT, O_TRUNC};
    int rc = 0;
    for (size_t i = 0; i < sizeof flags / sizeof *flags && rc == 0; i++) {
        scmp_datum_t bit = (scmp_datum_t)flags[i];
        rc = seccomp_rule_add(filter, DENY, SCMP_SYS(openat), 1, has_bits(2, bit));
        if (rc == 0)
            rc = seccomp_rule_add(filter, DENY, SCMP_SYS(open), 1, has_bits(1, bit));
    }
    return rc;
}

/* Signals, and limits, are for this process alone. "Not equal" holds for all 64 bits, so that no
 * other process can be named by bits that the kernel drops. */
static int forbid_others(scmp_filter_ctx filter)
{
    struct scmp_arg_cmp not_us = argument(0, SCMP_CMP_NE, (scmp_datum_t)getpid());
    int rc = seccomp_rule_add(filter, DENY, SCMP_SYS(kill), 1, not_us);
    if (rc == 0)
        rc = seccomp_rule_add(filter, DENY, SCMP_SYS(tgkill), 1, not_us);
    if (rc == 0)
        rc = seccomp_rule_add(filter, DENY, SCMP_SYS(prlimit64), 1, argument(0, SCMP_CMP_NE, 0));
    return rc;
}

/* A thread may be made, a process or a namespace not. clone3, whose flags a filter cannot see, does
 * not exist in here: libc takes clone then. */
static int forbid_processes(scmp_filter_ctx filter)
{
    static const unsigned namespaces[] = {CLONE_NEWNS,  CLONE_NEWCGROUP, CLONE_NEWUTS,
                                          CLONE_NEWIPC, CLONE_NEWUSER,   CLONE_NEWPID,
                                          CLONE_NEWNET};
    const unsigned n = CLONE_FLAGS_ARGUMENT;
    struct scmp_arg_cmp no_thread = {.arg = n, .op = SCMP_CMP_MASKED_EQ, .datum_a = CLONE_THREAD};
    int rc = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
    if (rc == 0)
        rc = seccomp_rule_add(filter, DENY, SCMP_SYS(clone), 1, no_thread);
    for (size_t i = 0; i < sizeof namespaces / sizeof *namespaces && rc == 0; i++)
        rc = seccomp_rule_add(filter, DENY, SCMP_SYS(clone), 1, has_bits(n, namespaces[i]));
    return rc;
}

/* A call whose argument N may not be one of the COUNT VALUES. */
static int forbid_values(scmp_filter_ctx filter, const char *name, unsigned n,
                         const unsigned *values, size_t count)
{
    int number = seccomp_syscall_resolve_name(name), rc = 0;
    for (size_t i = 0; i < count && rc == 0; i++)
        rc = seccomp_rule_add(filter, DENY, number, 1, is_int(n, values[i]));
    return rc == -EDOM ? 0 : rc; /* this architecture has no such call */
}

/* A descriptor that can be read sends a signal to its owner, who can be anybody of this user; a
 * terminal has its own ways to reach who sits at it. */
static int forbid_owners(scmp_filter_ctx filter)
{
    static const unsigned of_fcntl[] = {F_SETOWN, F_SETOWN_EX, F_SETSIG, F_SETLEASE, F_NOTIFY};
    static const unsigned of_ioctl[] = {FIOSETOWN, SIOCSPGRP, FIOASYNC, TIOCSTI,
                                        TIOCSCTTY, TIOCSPGRP, TIOCLINUX};
    static const char *const name[] = {"fcntl", "fcntl64"};
    int rc = forbid_values(filter, "ioctl", 1, of_ioctl, sizeof of_ioctl / sizeof *of_ioctl);
    for (size_t i = 0; i < 2 && rc == 0; i++) {
        rc = forbid_values(filter, name[i], 1, of_fcntl, sizeof of_fcntl / sizeof *of_fcntl);
        if (rc == 0)
            rc = seccomp_rule_add(filter, DENY, seccomp_syscall_resolve_name(name[i]), 2,
                                  is_int(1, F_SETFL), has_bits(2, O_ASYNC));
        rc = rc == -EDOM ? 0 : rc;
    }
    return rc;
}

/* Unix, IPv4, IPv6, and the netlink that the resolver asks for the machine's addresses. */
static int forbid_families(scmp_filter_ctx filter)
{
    int rc =
        seccomp_rule_add(filter, DENY, SCMP_SYS(socket), 1, argument(0, SCMP_CMP_GT, AF_NETLINK));
    for (scmp_datum_t family = AF_INET + 1; family < AF_NETLINK && rc == 0; family++)
        if (family != AF_INET6)
            rc = seccomp_rule_add(filter, DENY, SCMP_SYS(socket), 1,
                                  argument(0, SCMP_CMP_EQ, family));
    return rc;
}

/* TCP and UDP, and of netlink the routes. */
static int forbid_protocols(scmp_filter_ctx filter)
{
    int rc =
        seccomp_rule_add(filter, DENY, SCMP_SYS(socket), 1, argument(2, SCMP_CMP_GT, IPPROTO_UDP));
    for (unsigned protocol = 1; protocol < IPPROTO_UDP && rc == 0; protocol++)
        if (protocol != IPPROTO_TCP)
            rc = forbid_values(filter, "socket", 2, &protocol, 1);
    if (rc == 0)
        rc = seccomp_rule_add(filter, DENY, SCMP_SYS(socket), 2,
                              argument(0, SCMP_CMP_EQ, AF_NETLINK), argument(2, SCMP_CMP_NE, 0));
    return rc;
}

/* A connection that lingers, sent along the pipe, would have the keeper wait when it closes it. */
static int forbid_lingering(scmp_filter_ctx filter)
{
    int rc = seccomp_rule_add(filter, DENY, SCMP_SYS(setsockopt), 2, is_int(1, SOL_SOCKET),
                              is_int(2, SO_LINGER));
    if (rc == 0)
        rc = seccomp_rule_add(filter, DENY, SCMP_SYS(setsockopt), 2, is_int(1, IPPROTO_TCP),
                              is_int(2, TCP_ULP));
    return rc;
}

/* A call by another architecture's numbers (i386, x32), which no rule here is about, ends the
 * process; or the thread, libseccomp's default, where seccomp(2) itself cannot be asked for that.
 */
static int set_attributes(scmp_filter_ctx filter)
{
    (void)seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
    (void)seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2); /* a tree; only faster */
    return 0;
}

int sandbox_enter(void)
{
    static int (*const step[])(scmp_filter_ctx) = {
        set_attributes,   forbid_names,     forbid_newer,  forbid_writing,
        forbid_others,    forbid_processes, forbid_owners, forbid_families,
        forbid_protocols, forbid_lingering, seccomp_load,
    };
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    int rc = filter ? 0 : -ENOMEM;
    for (size_t i = 0; i < sizeof step / sizeof *step && rc == 0; i++)
        rc = step[i](filter);
    seccomp_release(filter);
    errno = -rc;
    return rc < 0 ? -1 : 0;
}
