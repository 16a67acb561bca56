/* The file of break-glass: what is in force by it, and what is not, whoever put it there. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/break_glass.h"
#include "common/file.h"
#include "common/paths.h"
#include "tests/lib/unit.h"

static void make(const char *path, const void *data, size_t size)
{
    unlink(path);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    assert_true(fd >= 0);
    assert_int_equal(file_write(fd, data, size), 0);
    assert_int_equal(fchmod(fd, 0644), 0);
    close(fd);
}

/* What is at PATH_GLASS counts for nothing, because of ERROR and REASON. */
static void assert_nothing(int error, const char *reason)
{
    struct break_glass g;
    struct freshness f = {.glass_begin_ms = 1, .glass_end_ms = 2};
    const char *why = NULL;
    errno = 0;
    assert_false(break_glass_read(&g, &why));
    assert_int_equal(errno, error);
    assert_string_equal(why, reason);
    break_glass_take(&f);
    assert_int_equal(f.glass_begin_ms, 0);
    assert_int_equal(f.glass_end_ms, 0);
}

static void assert_read(const char *line, int64_t begin, int64_t end, const char *reason)
{
    struct break_glass g;
    struct freshness f = {0};
    const char *why = NULL;
    char again[BREAK_GLASS_LINE_MAX];
    make(PATH_GLASS, line, strlen(line));
    assert_true(break_glass_read(&g, &why));
    assert_true(g.begin_ms == begin && g.end_ms == end);
    assert_string_equal(g.reason, reason);
    break_glass_print(&g, again);
    assert_string_equal(again, line);
    break_glass_take(&f);
    assert_true(f.glass_begin_ms == begin && f.glass_end_ms == end);
}

static void line_is_read_as_it_was_written(void **state)
{
    (void)state;
    char line[512];
    char reason[BREAK_GLASS_REASON_MAX + 1];
    assert_read("0 86400000 x\n", 0, 86400000, "x");
    assert_read("1700000000000 1700000060000 the line to the server is cut; see #12\n",
                1700000000000, 1700000060000, "the line to the server is cut; see #12");
    assert_read("5 5 ended at once\n", 5, 5, "ended at once");
    assert_read("999999999900000 999999999999999 1 2 3\n", 999999999900000, 999999999999999,
                "1 2 3");
    memset(reason, 'r', sizeof reason - 1);
    reason[sizeof reason - 1] = '\0';
    snprintf(line, sizeof line, "1 2 %s\n", reason);
    assert_read(line, 1, 2, reason);
}

static void anything_else_counts_for_nothing(void **state)
{
    (void)state;
    static const char wrong[] = "is not as orgadmin host break-glass writes it";
    static const char *const texts[] = {"",
                                        "\n",
                                        "1",
                                        "1 2",
                                        "1 2 ",
                                        "1 2 \n",
                                        "1 2 r",
                                        "1 2 r\n\n",
                                        "1 2 r\n3 4 r\n",
                                        " 1 2 r\n",
                                        "1  2 r\n",
                                        "-1 2 r\n",
                                        "+1 2 r\n",
                                        "1.0 2 r\n",
                                        "0x1 2 r\n",
                                        "2 1 r\n",
                                        "1 86400002 r\n",
                                        "1 2000000000000000 r\n",
                                        "1000000000000000 1000000000000000 r\n",
                                        "18446744073709551617 18446744073709551618 r\n",
                                        "1 2 a\tb\n",
                                        "1 2 a\xff\n",
                                        "1 2 \xe2\x80\xae"
                                        "r\n",
                                        "1\n2\nr\n",
                                        "one 2 r\n"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        make(PATH_GLASS, texts[i], strlen(texts[i]));
        assert_nothing(EBADMSG, wrong);
    }
    char large[4096];
    memset(large, 'r', sizeof large);
    memcpy(large, "1 2 ", 4);
    large[4 + BREAK_GLASS_REASON_MAX + 1] = '\n';
    make(PATH_GLASS, large, 4 + BREAK_GLASS_REASON_MAX + 2);
    assert_nothing(EBADMSG, wrong);
    make(PATH_GLASS, large, sizeof large);
    assert_nothing(EFBIG, "is too long");
    make(PATH_GLASS, "1 2 a\0b\n", 8);
    assert_nothing(EILSEQ, "is no text");
    unlink(PATH_GLASS);
    assert_nothing(ENOENT, "does not exist");
}

/* Whatever begins well, no part of it opens anything. */
static void half_of_a_line_counts_for_nothing(void **state)
{
    (void)state;
    static const char line[] = "1700000000000 1700000060000 no network\n";
    for (size_t size = 0; size < sizeof line - 1; size++) {
        make(PATH_GLASS, line, size);
        assert_nothing(EBADMSG, "is not as orgadmin host break-glass writes it");
    }
}

static void file_that_is_not_roots_counts_for_nothing(void **state)
{
    (void)state;
    static const char line[] = "1 2 r\n";
    make(PATH_GLASS ".other", line, sizeof line - 1);
    unlink(PATH_GLASS);
    assert_int_equal(symlink(PATH_GLASS ".other", PATH_GLASS), 0);
    assert_nothing(ELOOP, "is a symbolic link");
    unlink(PATH_GLASS ".other");
    make(PATH_GLASS, line, sizeof line - 1);
    static const mode_t modes[] = {0664, 0646, 0666, 0777};
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        assert_int_equal(chmod(PATH_GLASS, modes[i]), 0);
        assert_nothing(EBADMSG, "is writable by group or others");
    }
    assert_int_equal(chmod(PATH_GLASS, 0644), 0);
    assert_int_equal(chown(PATH_GLASS, 1000, 0), 0);
    assert_nothing(EBADMSG, "is not owned by root");
    assert_int_equal(chown(PATH_GLASS, 65534, 0), 0);
    assert_nothing(EBADMSG, "is not owned by root");
    unlink(PATH_GLASS);
    assert_int_equal(mkfifo(PATH_GLASS, 0644), 0);
    assert_nothing(EBADMSG, "is not a regular file");
    unlink(PATH_GLASS);
    assert_int_equal(mkdir(PATH_GLASS, 0755), 0);
    assert_nothing(EBADMSG, "is not a regular file");
    rmdir(PATH_GLASS);
}

/* There root's file cannot be told from others'. */
static void file_in_a_user_namespace_counts_for_nothing(void **state)
{
    (void)state;
    make(PATH_GLASS, "1 2 r\n", 6);
    pid_t pid = fork();
    if (pid == 0) {
        struct break_glass g;
        const char *why = "";
        if (unshare(CLONE_NEWUSER) < 0) /* and no user of this machine is known there */
            _exit(2);
        _exit(break_glass_read(&g, &why) || strcmp(why, "is not owned by root") != 0);
    }
    int status;
    waitpid(pid, &status, 0);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 2)
        SKIP("there are no user namespaces here");
    assert_int_equal(status, 0);
}

static int setup(void **state)
{
    (void)state;
    return mkdir(ORG_STATEDIR, 0755) < 0 && errno != EEXIST ? -1 : 0;
}

static int teardown(void **state)
{
    (void)state;
    unlink(PATH_GLASS);
    return 0;
}

int main(void)
{
    need_root();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(line_is_read_as_it_was_written),
        cmocka_unit_test(anything_else_counts_for_nothing),
        cmocka_unit_test(half_of_a_line_counts_for_nothing),
        cmocka_unit_test(file_that_is_not_roots_counts_for_nothing),
        cmocka_unit_test(file_in_a_user_namespace_counts_for_nothing),
    };
    return cmocka_run_group_tests_name("break_glass", tests, setup, teardown);
}
