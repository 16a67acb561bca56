/*
 * orglogin-keys as sshd starts it, beside a program of the same linking that asks the same socket
 * and prints a constant (keys_const.c): in turns, each a new process whose output is read to its
 * end, for 100 and 1 000 000 members with two keys each. Prints medians and their ratio; ends with
 * 1 when that is over 1.5. The socket is answered here: orgsyncd's own share is the same for both.
 */
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/confirm.h"
#include "common/paths.h"
#include "common/snapshot_writer.h"
#include "tests/lib/keys.h"

#define FIRST_UID 200000
#define ROUNDS    601
#define RATIO_MAX 1.5

static double now(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

static int publish(uint32_t members)
{
    static uint8_t list[KEY_LIST_SIZE_MAX];
    const struct snapshot_settings settings = {
        .generation = 1, .grace_s = 3600, .max_age_ms = 10000, .timeout_ms = 2000};
    struct snapshot_writer *w = snapshot_writer_new(&settings);
    uint32_t org = snapshot_writer_org(w, "acme", clock_wall_ms(), FIRST_UID, 1999999999);
    struct rule rule = {.org = "acme", .everyone = true, .services = {"*", 1}};
    snapshot_writer_rule(w, &rule);
    struct snapshot_grants_spec grants = {.org = org, .roles = {"member", 1}};
    uint32_t index = snapshot_writer_grants(w, &grants);
    for (uint32_t i = 0; i < members; i++) {
        char name[16];
        snprintf(name, sizeof name, "u%07u", i);
        struct snapshot_user_spec user = {.uid = FIRST_UID + i,
                                          .gid = FIRST_UID + i,
                                          .grants_index = index,
                                          .state = MEMBER_ACTIVE,
                                          .name = name,
                                          .gecos = "A Name",
                                          .home = "/home/x",
                                          .shell = "/bin/sh",
                                          .private_group = true};
        struct key_list keys = test_keys(list, 2 * i, 2, NULL);
        snapshot_writer_user(w, &user);
        snapshot_writer_keys(w, user.uid, &keys);
    }
    int rc = snapshot_writer_publish(w, PATH_SNAPSHOT);
    snapshot_writer_free(w);
    return rc;
}

/* Says yes to whoever asks. */
static _Noreturn void answer(int listener)
{
    const struct confirm_reply reply = {
        .magic = CONFIRM_MAGIC, .status = CONFIRM_YES, .generation = 1, .held = 1};
    struct confirm_request request;
    for (;;) {
        int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        if (recv(fd, &request, sizeof request, 0) == sizeof request)
            send(fd, &reply, sizeof reply, MSG_NOSIGNAL);
        close(fd);
    }
}

static pid_t start_answering(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    unlink(PATH_CONFIRM_ROOT);
    unlink(PATH_CONFIRM);
    snprintf(address.sun_path, sizeof address.sun_path, "%s", PATH_CONFIRM_ROOT);
    if (bind(fd, (const struct sockaddr *)&address, sizeof address) < 0 || listen(fd, 16) < 0) {
        perror(PATH_CONFIRM_ROOT);
        exit(1);
    }
    pid_t pid = fork();
    if (pid == 0)
        answer(fd);
    close(fd);
    return pid;
}

/* Runs PROGRAM for member I, and puts its output into OUT. Returns how long that took, in us. */
static double run(const char *program, uint32_t i, char *out, size_t size)
{
    char name[16], uid[16];
    char *const argv[] = {(char *)(uintptr_t)program, name, uid, NULL};
    char *const environment[] = {"PATH=/usr/bin:/bin", NULL};
    posix_spawn_file_actions_t actions;
    int pipes[2], status = -1;
    pid_t pid;
    size_t used = 0;
    snprintf(name, sizeof name, "u%07u", i);
    snprintf(uid, sizeof uid, "%u", FIRST_UID + i);
    double begun = now();
    if (pipe2(pipes, O_CLOEXEC) < 0)
        exit(1);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, pipes[1], 1);
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
    if (posix_spawn(&pid, program, &actions, NULL, argv, environment) != 0)
        exit(1);
    close(pipes[1]);
    for (ssize_t n; (n = read(pipes[0], out + used, size - used)) > 0;)
        used += (size_t)n;
    waitpid(pid, &status, 0);
    double took = (now() - begun) * 1e6;
    close(pipes[0]);
    posix_spawn_file_actions_destroy(&actions);
    out[used] = '\0';
    if (status != 0 || used < 100) {
        fprintf(stderr, "%s for %s: status %d, \"%s\"\n", program, name, status, out);
        exit(1);
    }
    return took;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *v)
{
    qsort(v, ROUNDS, sizeof *v, compare);
    return v[ROUNDS / 2];
}

int main(void)
{
    static double keys[ROUNDS], constant[ROUNDS];
    static char out[4096];
    static const uint32_t sizes[] = {100, 1000000};
    const char *build = getenv("BUILD");
    char program[256], other[256];
    int failed = 0;
    snprintf(program, sizeof program, "%s/orglogin-keys", build ? build : "build/bench");
    snprintf(other, sizeof other, "%s/tests/bench/keys_const", build ? build : "build/bench");
    mkdir(ORG_STATEDIR, 0755);
    mkdir(ORG_RUNDIR, 0755);
    pid_t server = start_answering();
    for (int s = 0; s < 2; s++) {
        if (publish(sizes[s]) < 0) {
            perror(PATH_SNAPSHOT);
            failed = 1;
            break;
        }
        for (int i = 0; i < ROUNDS; i++) {
            uint32_t member = (uint32_t)rand() % sizes[s];
            keys[i] = run(program, member, out, sizeof out - 1);
            constant[i] = run(other, member, out, sizeof out - 1);
        }
        double mine = median(keys), theirs = median(constant);
        printf(
            "orglogin-keys, %u members with two keys: %.0f us, a constant %.0f us: %.2f times%s\n",
            sizes[s], mine, theirs, mine / theirs,
            mine / theirs > RATIO_MAX ? " (MORE THAN 1.5)" : "");
        failed |= mine / theirs > RATIO_MAX;
    }
    kill(server, SIGKILL);
    return failed;
}
