/* The snapshot's file: how one takes another's place, and the words that change in place. */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/file.h"
#include "common/snapshot.h"
#include "common/snapshot_writer.h"

static int write_parts(int fd, const struct iovec *part, int parts)
{
    for (int i = 0; i < parts; i++)
        if (file_write(fd, part[i].iov_base, part[i].iov_len) < 0)
            return -1;
    return fchmod(fd, 0644) < 0 || fsync(fd) < 0 ? -1 : 0;
}

/* Opens the published file for its live words; -1 with errno when there is none that has them. */
static int open_live(const char *path)
{
    int fd = open(path, O_WRONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return -1;
    struct stat st;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size >= SNAPSHOT_HEADER)
        return fd;
    close(fd);
    errno = EINVAL;
    return -1;
}

static int write_live(const char *path, off_t at, const void *words, size_t size)
{
    int fd = open_live(path);
    if (fd < 0)
        return -1;
    int rc = pwrite(fd, words, size, at) == (ssize_t)size ? 0 : -1;
    int saved = errno;
    close(fd);
    errno = saved;
    return rc;
}

/* Whoever maps the old file sees this word and opens anew. No old file, or rubbish in its place, is
 * nobody's mapping. */
static int supersede(const char *path)
{
    uint64_t one = htole64(1);
    if (write_live(path, SNAPSHOT_AT_SUPERSEDED, &one, sizeof one) == 0)
        return 0;
    return errno == ENOENT || errno == EINVAL || errno == ELOOP ? 0 : -1;
}

int snapshot_replace(const char *path, const struct iovec *part, int parts)
{
    char temp[PATH_MAX];
    if (snprintf(temp, sizeof temp, "%s.new", path) >= (int)sizeof temp) {
        errno = ENAMETOOLONG;
        return -1;
    }
    /* One writer at a time: a leftover is of a writer that died. */
    if (unlink(temp) < 0 && errno != ENOENT)
        return -1;
    int fd = open(temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return -1;
    int rc = write_parts(fd, part, parts);
    if (close(fd) < 0)
        rc = -1;
    if (rc == 0 && supersede(path) == 0 && rename(temp, path) == 0)
        return file_sync_directory(path);
    int saved = errno;
    unlink(temp);
    errno = saved;
    return -1;
}

int snapshot_mark_confirmed(const char *path, uint32_t org, int64_t wall_ms)
{
    uint64_t words[2] = {htole64((uint64_t)wall_ms), htole64(~(uint64_t)wall_ms)};
    if (org >= SNAPSHOT_ORGS_MAX) {
        errno = EINVAL;
        return -1;
    }
    return write_live(path, SNAPSHOT_AT_CONFIRMED + 16 * (off_t)org, words, sizeof words);
}
