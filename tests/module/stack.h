/* What the tests of pam_org.so have in common: PAM stacks of their own, and an orgsyncd that says
 * what the test wants at the compiled-in socket. */
#ifndef TESTS_STACK_H
#define TESTS_STACK_H

#include <dirent.h>
#include <security/pam_appl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "common/confirm.h"
#include "common/paths.h"
#include "tests/lib/unit.h"
#include "tests/lib/user.h"

static char confdir[] = "/tmp/orglogin-pam.XXXXXX"; /* for pam_start_confdir */

static int stacks_setup(void)
{
    mkdir(ORG_STATEDIR, 0755);
    mkdir(ORG_RUNDIR, 0755);
    return mkdtemp(confdir) ? 0 : -1;
}

/* The name services of this process: the machine's files, the service "extra" of the tests' own
 * (tests/plugins/nss_extra.c), whose file is at EXTRA, and ours. */
static char extra[] = "/tmp/orglogin-extra.XXXXXX";

static inline void write_extra(const char *lines)
{
    FILE *f = fopen(extra, "we");
    assert_non_null(f);
    fputs(lines, f);
    assert_int_equal(fclose(f), 0);
}

extern int __nss_configure_lookup(const char *, const char *);

/* Called first: begins the program again, ARGV, where glibc finds the modules. */
static inline void names_setup(char **argv)
{
    if (!getenv("NSS_EXTRA")) {
        int fd = mkstemp(extra);
        if (fd < 0)
            exit(1);
        setenv("NSS_EXTRA", extra, 1);
        setenv("LD_LIBRARY_PATH", MODULE_DIR ":" MODULE_DIR "/../tests", 1);
        execv("/proc/self/exe", argv);
        exit(1);
    }
    snprintf(extra, sizeof extra, "%s", getenv("NSS_EXTRA"));
    __nss_configure_lookup("passwd", "files extra org");
}

static inline void names_teardown(void)
{
    unlink(extra);
}

static void write_stack(const char *name, const char *lines)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", confdir, name);
    FILE *f = fopen(path, "we");
    assert_non_null(f);
    fputs(lines, f);
    assert_int_equal(fclose(f), 0);
}

static int stacks_teardown(void)
{
    DIR *d = opendir(confdir);
    for (struct dirent *e; d && (e = readdir(d));)
        unlinkat(dirfd(d), e->d_name, 0);
    closedir(d);
    return rmdir(confdir);
}

static pid_t server;

static void stop_server(void)
{
    if (server > 0) {
        kill(server, SIGKILL);
        waitpid(server, NULL, 0);
    }
    server = 0;
    unlink(PATH_CONFIRM);
}

/* What the next server does with a request before it answers. */
static void (*before_answer)(const struct confirm_request *request);

/* Answers every request with the SIZE bytes at ANSWER; with none it takes the connection and stays
 * silent. */
static void start_server(const void *answer, size_t size, uid_t uid)
{
    stop_server();
    int ready[2];
    assert_int_equal(pipe(ready), 0);
    server = fork();
    if (server == 0) {
        struct sockaddr_un addr = {.sun_family = AF_UNIX, .sun_path = PATH_CONFIRM};
        int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);
        if (bind(fd, (struct sockaddr *)&addr, sizeof addr) < 0 || chmod(PATH_CONFIRM, 0666) < 0 ||
            (uid && setuid(uid) < 0) || listen(fd, 100) < 0 || write(ready[1], "", 1) != 1)
            _exit(1);
        for (;;) {
            struct confirm_request request;
            int c = accept(fd, NULL, NULL);
            ssize_t n = recv(c, &request, sizeof request, 0);
            if (n > 0 && before_answer)
                before_answer(&request);
            if (n > 0 && size > 0)
                send(c, answer, size, MSG_NOSIGNAL);
            if (size > 0)
                close(c);
        }
    }
    char byte;
    close(ready[1]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
}

static void start_answering(uint32_t status, uint64_t generation)
{
    struct confirm_reply reply = {
        .magic = CONFIRM_MAGIC, .status = status, .generation = generation};
    start_server(&reply, sizeof reply, 0);
}

#endif
