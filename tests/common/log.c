/* common/log.c: which lines have a priority, and what a line cannot hold. */
#include <inttypes.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "common/log.h"
#include "tests/lib/unit.h"

static char written[4096];

static void write_all(void)
{
    log_begin("testd");
    log_error("no %s", "disk");
    log_warning("%s is away", "acme");
    log_info("%s", "back");
    log_debug("not %s", "shown");
}

/* What WRITE writes to standard error while that is FD, from which READ_FD reads. JOURNAL says
 * whether JOURNAL_STREAM names FD; NULL leaves it unset. */
static const char *log_to(int fd, int read_fd, void (*write)(void), const char *journal)
{
    int kept = dup(STDERR_FILENO);
    if (journal)
        setenv("JOURNAL_STREAM", journal, 1);
    else
        unsetenv("JOURNAL_STREAM");
    dup2(fd, STDERR_FILENO);
    write();
    dup2(kept, STDERR_FILENO);
    close(kept);
    memset(written, 0, sizeof written);
    assert_true(read(read_fd, written, sizeof written - 1) >= 0);
    return written;
}

/* The value that systemd would set for FD; DEVICE and INODE are added. */
static const char *stream_of(int fd, unsigned device, unsigned inode)
{
    static char text[64];
    struct stat st;
    assert_int_equal(fstat(fd, &st), 0);
    snprintf(text, sizeof text, "%" PRIuMAX ":%" PRIuMAX, (uintmax_t)st.st_dev + device,
             (uintmax_t)st.st_ino + inode);
    return text;
}

static const char with[] = "<3>testd: no disk\n<4>testd: acme is away\n<6>testd: back\n";
static const char without[] = "testd: no disk\ntestd: acme is away\ntestd: back\n";

static void journal_socket(void **state)
{
    (void)state;
    int pair[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    assert_string_equal(log_to(pair[0], pair[1], write_all, stream_of(pair[0], 0, 0)), with);
    close(pair[0]);
    close(pair[1]);
}

/* JOURNAL_STREAM is inherited by processes whose standard error is something else. */
static void other_streams(void **state)
{
    (void)state;
    int pair[2];
    assert_int_equal(pipe(pair), 0);
    assert_string_equal(log_to(pair[1], pair[0], write_all, NULL), without);
    assert_string_equal(log_to(pair[1], pair[0], write_all, stream_of(pair[1], 0, 1)), without);
    assert_string_equal(log_to(pair[1], pair[0], write_all, stream_of(pair[1], 1, 0)), without);
    assert_string_equal(log_to(pair[1], pair[0], write_all, ""), without);
    assert_string_equal(log_to(pair[1], pair[0], write_all, "8"), without);
    close(pair[0]);
    close(pair[1]);
}

static void write_hostile(void)
{
    log_begin("testd");
    log_info("%s", "member\n<3>testd: forged\x1b[31m\r");
}

static void hostile_text(void **state)
{
    (void)state;
    int pair[2];
    assert_int_equal(pipe(pair), 0);
    assert_string_equal(log_to(pair[1], pair[0], write_hostile, stream_of(pair[1], 0, 0)),
                        "<6>testd: member<3>testd: forged[31m\n");
    close(pair[0]);
    close(pair[1]);
}

static void write_debug(void)
{
    log_begin("testd");
    log_debug_on();
    log_debug("GET %s", "/members");
}

static void debug_lines(void **state)
{
    (void)state;
    int pair[2];
    assert_int_equal(pipe(pair), 0);
    assert_false(log_is_debug());
    assert_string_equal(log_to(pair[1], pair[0], write_debug, stream_of(pair[1], 0, 0)),
                        "<7>testd: GET /members\n");
    assert_true(log_is_debug());
    close(pair[0]);
    close(pair[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(journal_socket),
        cmocka_unit_test(other_streams),
        cmocka_unit_test(hostile_text),
        cmocka_unit_test(debug_lines),
    };
    return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
