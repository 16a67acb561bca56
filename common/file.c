#include "common/file.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static const char *distrust(const struct stat *st, int secret)
{
    if (!S_ISREG(st->st_mode))
        return "is not a regular file";
    if (st->st_uid != 0 && !(secret && st->st_uid == geteuid()))
        return "is not owned by root";
    if (st->st_mode & (S_IWGRP | S_IWOTH))
        return "is writable by group or others";
    if (secret && (st->st_mode & (S_IRGRP | S_IROTH)))
        return "is readable by group or others";
    return NULL;
}

int file_open_trusted(const char *path, int secret, struct stat *st, const char **why)
{
    /* O_NONBLOCK: a fifo in the file's place must not hang the caller before fstat tells. */
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) {
        *why = errno == ELOOP    ? "is a symbolic link"
               : errno == ENOENT ? "does not exist"
                                 : "cannot be opened";
        return -1;
    }
    if (fstat(fd, st) < 0)
        *why = "cannot be examined";
    else if ((*why = distrust(st, secret)) == NULL)
        return fd;
    else
        errno = EPERM;
    int saved = errno;
    close(fd);
    errno = saved;
    return -1;
}
