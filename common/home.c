#include "common/home.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINKS_MAX 40 /* as the kernel has it */

/* A walk from the root down to the directory above a home. */
struct descent {
    int fd;              /* the directory that it has come to */
    unsigned links;      /* that it has followed */
    char at[PATH_MAX];   /* its path, or the beginning of it: for people */
    char part[PATH_MAX]; /* the name that is looked for in FD */
    char rest[PATH_MAX]; /* what comes behind it */
    char name[PATH_MAX]; /* the home's own, in the directory where the walk ends */
    char *why;
};

enum way { WAY_ON, WAY_MISSING, WAY_UNFIT };

static bool fault(char *why, const char *path, const char *text)
{
    snprintf(why, HOME_WHY_MAX, "%.*s %s", HOME_WHY_MAX / 2, path, text);
    return false;
}

/* True if root alone can change the directory. */
static bool is_roots(const struct descent *d)
{
    struct stat st;
    const char *at = *d->at ? d->at : "/";
    if (fstat(d->fd, &st) < 0)
        return fault(d->why, at, "cannot be examined");
    if (st.st_uid != 0)
        return fault(d->why, at, "is above the home directory and does not belong to root");
    if (st.st_mode & (S_IWGRP | S_IWOTH))
        return fault(d->why, at, "is above the home directory and writable by group or others");
    return true;
}

/* Adds NAME to the path. */
static void extend(struct descent *d, const char *name)
{
    size_t used = strlen(d->at);
    snprintf(d->at + used, sizeof d->at - used, "/%s", name);
}

/* Goes to FD, whose path is in AT, if root alone can change it. */
static enum way enter(struct descent *d, int fd)
{
    if (fd < 0)
        fault(d->why, d->at, errno == ENOTDIR ? "is not a directory" : "cannot be opened");
    if (d->fd >= 0)
        close(d->fd);
    d->fd = fd;
    return fd >= 0 && is_roots(d) ? WAY_ON : WAY_UNFIT;
}

static enum way enter_root(struct descent *d)
{
    d->at[0] = '\0';
    return enter(d, open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
}

/* Takes the next name of REST to PART. False at the end. */
static bool next_part(struct descent *d)
{
    size_t skip = strspn(d->rest, "/"), len = strcspn(d->rest + skip, "/");
    memcpy(d->part, d->rest + skip, len);
    d->part[len] = '\0';
    memmove(d->rest, d->rest + skip + len, strlen(d->rest + skip + len) + 1);
    return len > 0;
}

/* PART is a symbolic link: where it leads to stands in front of REST. */
static enum way follow(struct descent *d)
{
    char target[PATH_MAX];
    size_t behind = strlen(d->rest);
    ssize_t len = readlinkat(d->fd, d->part, target, sizeof target);
    if (len <= 0 || (size_t)len + behind >= sizeof d->rest || d->links++ >= LINKS_MAX) {
        fault(d->why, d->part, "is a symbolic link that leads nowhere");
        return WAY_UNFIT;
    }
    memmove(d->rest + len, d->rest, behind + 1);
    memcpy(d->rest, target, (size_t)len);
    return target[0] == '/' ? enter_root(d) : WAY_ON;
}

static enum way step(struct descent *d)
{
    struct stat st;
    if (fstatat(d->fd, d->part, &st, AT_SYMLINK_NOFOLLOW) < 0) {
        if (errno == ENOENT)
            return WAY_MISSING;
        fault(d->why, d->part, "cannot be examined");
        return WAY_UNFIT;
    }
    if (S_ISLNK(st.st_mode))
        return follow(d);
    extend(d, d->part);
    return enter(d, openat(d->fd, d->part, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

/* Goes down all of REST. */
static enum way descend(struct descent *d)
{
    enum way way = enter_root(d);
    while (way == WAY_ON && next_part(d))
        way = step(d);
    return way;
}

/* The state of the home itself. Opening a directory has it mounted that is mounted on use. */
static int examine(const struct descent *d, struct stat *st)
{
    const char *name = *d->name ? d->name : ".";
    int fd = openat(d->fd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    int rc = fd >= 0 ? fstat(fd, st) : fstatat(d->fd, name, st, AT_SYMLINK_NOFOLLOW);
    int saved = errno;
    if (fd >= 0)
        close(fd);
    errno = saved;
    return rc;
}

/* Root alone can change the directory above. What not even root may look at there has been mounted
 * by who owns what is below it (fuse(4)). */
static bool judge(const struct descent *d, const char *path, uint32_t uid)
{
    struct stat st;
    char owner[64];
    if (examine(d, &st) < 0)
        return errno == ENOENT || errno == EACCES || fault(d->why, path, "cannot be examined");
    if (S_ISLNK(st.st_mode))
        return fault(d->why, path, "is a symbolic link");
    if (!S_ISDIR(st.st_mode))
        return fault(d->why, path, "is not a directory");
    if (st.st_uid == uid)
        return true;
    if (st.st_uid == 0)
        return !(st.st_mode & (S_IWGRP | S_IWOTH)) ||
               fault(d->why, path, "belongs to root and is writable by group or others");
    snprintf(owner, sizeof owner, "belongs to uid %" PRIu32, (uint32_t)st.st_uid);
    return fault(d->why, path, owner);
}

/* D has the whole path as its rest: of it, the directory above stays there, and the last name goes
 * to NAME. */
static void split(struct descent *d)
{
    size_t end = strlen(d->rest);
    while (end > 0 && d->rest[end - 1] == '/')
        end--;
    d->rest[end] = '\0';
    char *slash = strrchr(d->rest, '/'), *last = slash ? slash + 1 : d->rest;
    memcpy(d->name, last, strlen(last) + 1);
    *last = '\0';
}

bool home_fit(const char *path, uint32_t uid, char why[HOME_WHY_MAX])
{
    struct descent *d = calloc(1, sizeof *d);
    *why = '\0';
    if (!d || path[0] != '/' || strlen(path) >= sizeof d->rest) {
        free(d);
        return fault(why, path,
                     d ? "is not an absolute path" : "cannot be examined: out of memory");
    }
    d->fd = -1;
    d->why = why;
    memcpy(d->rest, path, strlen(path) + 1);
    split(d);
    enum way way = descend(d);
    bool fit = way == WAY_MISSING || (way == WAY_ON && judge(d, path, uid));
    if (d->fd >= 0)
        close(d->fd);
    free(d);
    return fit;
}
