/* common/process.c: this machine's processes, and those that this test starts. */
#include "common/process.h"

#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "tests/lib/unit.h"

#define SOMEBODY 2000400123U

static pid_t start_child(uint32_t uid)
{
    int ready[2];
    char byte;
    assert_int_equal(pipe(ready), 0);
    pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        prctl(PR_SET_NAME, "a\nUid:\t0 0", 0, 0, 0);
        if (uid != 0 && setresuid(uid, uid, uid) < 0)
            _exit(1);
        (void)!write(ready[1], "", 1);
        for (;;)
            pause();
    }
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    close(ready[1]);
    return pid;
}

static void end_child(pid_t pid)
{
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

static void reads(void **state)
{
    (void)state;
    struct process p;
    pid_t pid = start_child(SOMEBODY);
    assert_true(process_read(pid, &p));
    for (int i = 0; i < 4; i++)
        assert_int_equal(p.uid[i], SOMEBODY);
    assert_null(strchr(p.name, '\n'));
    assert_int_equal(process_tie(&p, SOMEBODY), PROCESS_OWN);
    assert_int_equal(process_tie(&p, SOMEBODY + 1), PROCESS_STRANGE);
    assert_int_equal(process_tie(&p, PROCESS_NO_LOGIN), PROCESS_STRANGE);
    kill(pid, SIGKILL);
    siginfo_t info;
    waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT);
    assert_false(process_read(pid, &p)); /* it only waits to be reaped */
    waitpid(pid, NULL, 0);
    assert_false(process_read(pid, &p));
}

/* A login uid alone, outside of the user's sessions. */
static void ties(void **state)
{
    (void)state;
    struct process p = {.pid = getpid(), .loginuid = SOMEBODY};
    assert_int_equal(process_tie(&p, SOMEBODY), PROCESS_BEGUN);
    p.loginuid = PROCESS_NO_LOGIN;
    assert_int_equal(process_tie(&p, SOMEBODY), PROCESS_STRANGE);
    for (int i = 0; i < 4; i++) {
        struct process one = {.pid = getpid(), .loginuid = PROCESS_NO_LOGIN};
        one.uid[i] = SOMEBODY;
        assert_int_equal(process_tie(&one, SOMEBODY), PROCESS_OWN);
    }
}

struct search {
    pid_t want;
    unsigned seen, found;
};

static bool look(const struct process *p, void *arg)
{
    struct search *s = arg;
    s->seen++;
    s->found += p->pid == s->want;
    assert_int_not_equal(p->pid, getpid());
    return s->found == 0;
}

static void walks(void **state)
{
    (void)state;
    pid_t pid = start_child(SOMEBODY);
    struct search s = {.want = pid};
    assert_true(process_each(look, &s));
    assert_int_equal(s.found, 1);
    end_child(pid);
    s = (struct search){.want = pid};
    assert_true(process_each(look, &s));
    assert_int_equal(s.found, 0);
    assert_true(s.seen > 0);
}

/* Only the process that was looked at, and only while it is what it was. */
static void signals(void **state)
{
    (void)state;
    struct process p;
    int status;
    pid_t pid = start_child(SOMEBODY);
    assert_true(process_read(pid, &p));
    assert_false(process_signal(&p, SOMEBODY, PROCESS_SESSION, SIGKILL));
    assert_false(process_signal(&p, SOMEBODY + 1, PROCESS_OWN, SIGKILL));
    assert_int_equal(waitpid(pid, &status, WNOHANG), 0);
    assert_true(process_signal(&p, SOMEBODY, PROCESS_OWN, SIGKILL));
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_false(process_signal(&p, SOMEBODY, PROCESS_OWN, SIGKILL));
    p.pid = 1;
    assert_false(process_signal(&p, SOMEBODY, PROCESS_OWN, 0));
}

static void texts(void **state)
{
    (void)state;
    char command[8], cgroup[PROCESS_CGROUP_MAX];
    process_command(getpid(), command, sizeof command);
    assert_true(strlen(command) > 0 && strlen(command) < sizeof command);
    process_cgroup(getpid(), cgroup);
    assert_true(*cgroup == '/' || *cgroup == '\0');
    process_cgroup(-1, cgroup);
    assert_string_equal(cgroup, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads),   cmocka_unit_test(ties),  cmocka_unit_test(walks),
        cmocka_unit_test(signals), cmocka_unit_test(texts),
    };
    need_root();
    return cmocka_run_group_tests_name("process", tests, NULL, NULL);
}
