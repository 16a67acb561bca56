/* Files: what is read whole or not at all, what is wiped, and what is trusted with a secret. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "common/file.h"
#include "tests/lib/unit.h"

#define SIZE 16

static char directory[] = "/tmp/file.XXXXXX";

static const char *path_of(const char *name)
{
    static char path[64];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    return path;
}

/* Makes the file NAME of LEN bytes at DATA. */
static const char *make(const char *name, const void *data, size_t len, mode_t mode)
{
    const char *path = path_of(name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(file_write(fd, data, len), 0);
    assert_int_equal(fchmod(fd, mode), 0);
    close(fd);
    return path;
}

static void assert_wiped(const char text[SIZE])
{
    static const char nothing[SIZE];
    assert_memory_equal(text, nothing, SIZE);
}

static void assert_refused(const char *path, int error, const char *reason)
{
    char text[SIZE];
    const char *why = NULL;
    memset(text, 'x', sizeof text);
    errno = 0;
    assert_int_equal(file_read_trusted(path, FILE_SECRET, text, sizeof text, &why), -1);
    assert_int_equal(errno, error);
    assert_string_equal(why, reason);
    assert_wiped(text);
}

static void trusted_file_is_read_whole(void **state)
{
    (void)state;
    char text[SIZE];
    const char *why = NULL;
    const char *path = make("secret", "123456789012345", 15, 0600);
    assert_int_equal(file_read_trusted(path, FILE_SECRET, text, sizeof text, &why), 15);
    assert_string_equal(text, "123456789012345");
    make("secret", "", 0, 0400);
    assert_int_equal(file_read_trusted(path, FILE_SECRET, text, sizeof text, &why), 0);
    assert_string_equal(text, "");
}

static void file_too_long_or_with_nul_is_refused_and_wiped(void **state)
{
    (void)state;
    assert_refused(make("long", "1234567890123456", 16, 0600), EFBIG, "is too long");
    assert_refused(make("nul", "secret\0", 7, 0600), EILSEQ, "is no text");
}

static void untrusted_file_is_refused_with_its_reason(void **state)
{
    (void)state;
    char target[64];
    assert_refused(make("readable", "secret", 6, 0640), EBADMSG, "is readable by group or others");
    assert_refused(make("readable", "secret", 6, 0604), EBADMSG, "is readable by group or others");
    assert_refused(make("writable", "secret", 6, 0620), EBADMSG, "is writable by group or others");
    assert_refused(path_of("absent"), ENOENT, "does not exist");
    snprintf(target, sizeof target, "%s", make("target", "secret", 6, 0600));
    assert_int_equal(symlink(target, path_of("link")), 0);
    assert_refused(path_of("link"), ELOOP, "is a symbolic link");
    assert_int_equal(mkfifo(path_of("fifo"), 0600), 0);
    assert_refused(path_of("fifo"), EBADMSG, "is not a regular file");
}

/* What comes in pieces, as from a pipe. */
static void file_read_collects_the_pieces_of_a_pipe(void **state)
{
    (void)state;
    int ends[2];
    char text[SIZE];
    const char *why = NULL;
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    assert_int_equal(file_write(ends[1], "one ", 4), 0);
    assert_int_equal(file_write(ends[1], "two", 3), 0);
    close(ends[1]);
    assert_int_equal(file_read(ends[0], text, sizeof text, &why), 7);
    assert_string_equal(text, "one two");
    close(ends[0]);
    memset(text, 'x', sizeof text);
    assert_int_equal(file_read(ends[0], text, sizeof text, &why), -1);
    assert_int_equal(errno, EBADF);
    assert_string_equal(why, "cannot be read");
    assert_wiped(text);
}

static void file_write_to_a_full_device_fails(void **state)
{
    (void)state;
    int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        SKIP("there is no /dev/full");
    assert_int_equal(file_write(fd, "x", 1), -1);
    assert_int_equal(errno, ENOSPC);
    assert_int_equal(file_write(fd, "", 0), 0);
    close(fd);
}

static void directory_of_a_path_is_synced(void **state)
{
    (void)state;
    char path[PATH_MAX + 8];
    assert_int_equal(file_sync_directory(path_of("secret")), 0);
    assert_int_equal(file_sync_directory("name"), 0);
    assert_int_equal(file_sync_directory("/name"), 0);
    assert_int_equal(file_sync_directory("/nonexistent/name"), -1);
    assert_int_equal(errno, ENOENT);
    memset(path, 'x', sizeof path);
    path[0] = '/';
    memcpy(path + PATH_MAX, "/name", 6);
    assert_int_equal(file_sync_directory(path), -1);
    assert_int_equal(errno, ENAMETOOLONG);
}

static int set_up(void **state)
{
    (void)state;
    return mkdtemp(directory) ? 0 : -1;
}

static int tear_down(void **state)
{
    static const char *const names[] = {"secret",   "long",   "nul",  "readable",
                                        "writable", "target", "link", "fifo"};
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        unlink(path_of(names[i]));
    return rmdir(directory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trusted_file_is_read_whole),
        cmocka_unit_test(file_too_long_or_with_nul_is_refused_and_wiped),
        cmocka_unit_test(untrusted_file_is_refused_with_its_reason),
        cmocka_unit_test(file_read_collects_the_pieces_of_a_pipe),
        cmocka_unit_test(file_write_to_a_full_device_fails),
        cmocka_unit_test(directory_of_a_path_is_synced),
    };
    return cmocka_run_group_tests_name("file", tests, set_up, tear_down);
}
