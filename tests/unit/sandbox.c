/* The fetcher's system call filter: what it may still do, and what not any more. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "orgsyncd/sandbox.h"
#include "tests/unit/unit.h"

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
    EXPECT(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) == 0 && send(pair[0], "x", 1, 0) == 1);
    pthread_t t;
    EXPECT(pthread_create(&t, NULL, thread, NULL) == 0 && pthread_join(t, NULL) == 0);
    EXPECT(malloc(10 << 20) != NULL);
    return 0;
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
    EXPECT(bind(s, (struct sockaddr *)&any, sizeof any) == 0 && denied(listen(s, 1)));
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

static void allowed(void **state)
{
    (void)state;
    assert_int_equal(in_cage(what_is_left), 0);
}

static void forbidden(void **state)
{
    (void)state;
    assert_int_equal(in_cage(what_is_gone), 0);
}

int main(void)
{
#ifdef __SANITIZE_THREAD__
    puts("1..0 # SKIP the thread sanitizer's runtime calls what the sandbox forbids");
    return 0;
#endif
    const struct CMUnitTest tests[] = {cmocka_unit_test(allowed), cmocka_unit_test(forbidden)};
    return cmocka_run_group_tests_name("sandbox", tests, NULL, NULL);
}
