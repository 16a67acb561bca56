#include "common/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Reads the numbers in the small file at PATH, at most COUNT, to *NUMBER. Returns how many they
 * are, COUNT + 1 when there are more, -1 when the file cannot be read. */
static int read_numbers(const char *path, uint64_t *number, int count)
{
    char text[128];
    int n = 0, fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    ssize_t size = read(fd, text, sizeof text);
    close(fd);
    if (size < 0)
        return -1;
    for (ssize_t i = 0; i < size; i++) {
        if (text[i] < '0' || text[i] > '9')
            continue;
        if (i == 0 || text[i - 1] < '0' || text[i - 1] > '9') {
            if (n++ == count)
                return n;
            number[n - 1] = 0;
        }
        number[n - 1] = number[n - 1] * 10 + (uint64_t)(text[i] - '0');
    }
    return size == sizeof text ? count + 1 : n;
}

/*
 * Is UID how files read whose owner this process's user namespace does not map? Where all uids are
 * mapped (the one line "0 0 4294967295") the overflow uid is nobody himself. Without /proc nothing
 * tells.
 */
static bool unmapped(uid_t uid)
{
    uint64_t map[3], overflow;
    int n = read_numbers("/proc/self/uid_map", map, 3);
    if (n < 0 || (n == 3 && map[0] == 0 && map[1] == 0 && map[2] >= UINT32_MAX))
        return false;
    if (read_numbers("/proc/sys/kernel/overflowuid", &overflow, 1) != 1)
        overflow = 65534;
    return uid == overflow;
}

static bool owner_trusted(uid_t uid, enum file_trust trust)
{
    switch (trust) {
    case FILE_SECRET:
    case FILE_GIVEN:
        return uid == 0 || uid == geteuid();
    case FILE_UNMAPPED:
        return uid == 0 || unmapped(uid);
    case FILE_ROOTS:
        break;
    }
    return uid == 0;
}

static const char *distrust(const struct stat *st, enum file_trust trust)
{
    bool secret = trust == FILE_SECRET || trust == FILE_GIVEN;
    if (!S_ISREG(st->st_mode) && !(trust == FILE_GIVEN && S_ISFIFO(st->st_mode)))
        return "is not a regular file";
    if (!owner_trusted(st->st_uid, trust))
        return "is not owned by root";
    if (st->st_mode & (S_IWGRP | S_IWOTH))
        return "is writable by group or others";
    if (secret && (st->st_mode & (S_IRGRP | S_IROTH)))
        return "is readable by group or others";
    return NULL;
}

/* Flags of open for PATH. O_NONBLOCK: a fifo in the file's place must not hang the caller before
 * fstat tells; one that a person has named is waited for. */
static int flags_for(const char *path, enum file_trust trust)
{
    struct stat st;
    if (trust != FILE_GIVEN)
        return O_NOFOLLOW | O_NONBLOCK;
    bool followed = lstat(path, &st) < 0 || !S_ISLNK(st.st_mode) || owner_trusted(st.st_uid, trust);
    bool fifo = stat(path, &st) == 0 && S_ISFIFO(st.st_mode);
    return (followed ? 0 : O_NOFOLLOW) | (fifo ? 0 : O_NONBLOCK);
}

int file_open_trusted(const char *path, enum file_trust trust, struct stat *st, const char **why)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | flags_for(path, trust));
    if (fd < 0) {
        *why = errno == ELOOP    ? "is a symbolic link"
               : errno == ENOENT ? "does not exist"
                                 : "cannot be opened";
        return -1;
    }
    if (fstat(fd, st) < 0)
        *why = "cannot be examined";
    else if ((*why = distrust(st, trust)) == NULL)
        return fd;
    else
        errno = EBADMSG;
    int saved = errno;
    close(fd);
    errno = saved;
    return -1;
}

ssize_t file_read(int fd, char *text, size_t size, const char **why)
{
    size_t used = 0;
    ssize_t n = 1;
    while (n > 0 && used < size) {
        n = read(fd, text + used, size - used);
        used += n > 0 ? (size_t)n : 0;
    }
    if (n == 0 && !memchr(text, '\0', used)) {
        text[used] = '\0';
        return (ssize_t)used;
    }
    *why = n < 0 ? "cannot be read" : n > 0 ? "is too long" : "is no text";
    errno = n < 0 ? errno : n > 0 ? EFBIG : EILSEQ;
    explicit_bzero(text, size);
    return -1;
}

ssize_t file_read_trusted(const char *path, enum file_trust trust, char *text, size_t size,
                          const char **why)
{
    struct stat st;
    int fd = file_open_trusted(path, trust, &st, why);
    if (fd < 0) {
        explicit_bzero(text, size);
        return -1;
    }
    ssize_t len = file_read(fd, text, size, why);
    int saved = errno;
    close(fd);
    errno = saved;
    return len;
}

int file_write(int fd, const void *data, size_t size)
{
    for (const char *p = data; size > 0;) {
        ssize_t n = write(fd, p, size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            errno = n == 0 ? ENOSPC : errno;
            return -1;
        }
        p += n;
        size -= (size_t)n;
    }
    return 0;
}

int file_sync_directory(const char *path)
{
    char directory[PATH_MAX];
    const char *slash = strrchr(path, '/');
    int len = slash ? (int)(slash - path) + 1 : 1;
    if (snprintf(directory, sizeof directory, "%.*s", len, slash ? path : ".") >= PATH_MAX) {
        errno = ENAMETOOLONG;
        return -1;
    }
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    int rc = fsync(fd), saved = errno;
    close(fd);
    errno = saved;
    return rc;
}
