#include "orgsyncd/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <stddef.h>
#include <sys/socket.h>

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
    "kcmp",
    "tkill",
    "process_madvise",
    "setpriority",
    "personality",
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
    "listen",
    "accept",
    "accept4",
};

static int forbid_names(scmp_filter_ctx filter)
{
    for (size_t i = 0; i < sizeof forbidden / sizeof *forbidden; i++) {
        int number = seccomp_syscall_resolve_name(forbidden[i]);
        if (number == __NR_SCMP_ERROR)
            continue; /* a call that this libseccomp does not know cannot be named */
        int rc = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), number, 0);
        if (rc < 0 && rc != -EDOM)
            return rc;
    }
    return 0;
}

/* Opening for anything but reading. */
static int forbid_writing(scmp_filter_ctx filter)
{
    static const int flags[] = {O_WRONLY, O_RDWR, O_CREAT, O_TRUNC};
    int rc = 0;
    for (size_t i = 0; i < sizeof flags / sizeof *flags && rc == 0; i++) {
        scmp_datum_t bit = (scmp_datum_t)flags[i];
        rc = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(openat), 1,
                              SCMP_A2(SCMP_CMP_MASKED_EQ, bit, bit));
        if (rc == 0)
            rc = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(open), 1,
                                  SCMP_A1(SCMP_CMP_MASKED_EQ, bit, bit));
    }
    return rc;
}

/* The first argument of a call, compared. */
static struct scmp_arg_cmp first_arg(enum scmp_compare op, scmp_datum_t value)
{
    return (struct scmp_arg_cmp){.arg = 0, .op = op, .datum_a = value};
}

/* Unix, IPv4, IPv6, and the netlink that the resolver asks for the machine's addresses. */
static int forbid_families(scmp_filter_ctx filter)
{
    int rc = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(socket), 1,
                              first_arg(SCMP_CMP_GT, AF_NETLINK));
    for (scmp_datum_t family = AF_INET + 1; family < AF_NETLINK && rc == 0; family++)
        if (family != AF_INET6)
            rc = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(socket), 1,
                                  first_arg(SCMP_CMP_EQ, family));
    return rc;
}

int sandbox_enter(void)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    int rc = filter ? forbid_names(filter) : -ENOMEM;
    if (rc == 0)
        rc = forbid_writing(filter);
    if (rc == 0)
        rc = forbid_families(filter);
    if (rc == 0)
        rc = seccomp_load(filter);
    seccomp_release(filter);
    errno = -rc;
    return rc < 0 ? -1 : 0;
}
