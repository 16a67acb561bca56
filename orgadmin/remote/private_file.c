#include "orgadmin/remote/private_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/file.h"
#include "orgadmin/remote/interrupt.h"

/* True for what a file must not take the place of: /dev/null is everybody's. */
static bool is_no_file(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && !S_ISREG(st.st_mode);
}

int private_file_begin(struct private_file *f, const char *path)
{
    f->fd = -1;
    f->fresh = false;
    errno = EEXIST;
    if (is_no_file(path))
        return -1;
    int n = snprintf(f->path, sizeof f->path, "%s", path);
    if (n <= 0 || (size_t)n >= sizeof f->path) {
        errno = n == 0 ? ENOENT : ENAMETOOLONG;
        return -1;
    }
    snprintf(f->temporary, sizeof f->temporary, "%s.XXXXXX", f->path);
    interrupt_hold();
    f->fd = mkostemp(f->temporary, O_CLOEXEC); /* mode 0600 */
    if (f->fd < 0)
        interrupt_release();
    return f->fd < 0 ? -1 : 0;
}

/* Gives the file its name if nothing has it. Not every file system has a rename that looks. */
static int rename_new(const char *from, const char *to)
{
    if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
        return 0;
    if (errno != EINVAL || link(from, to) < 0)
        return -1;
    return unlink(from);
}

int private_file_begin_new(struct private_file *f, const char *path)
{
    struct stat st;
    bool there = lstat(path, &st) == 0;
    bool empty = there && S_ISREG(st.st_mode) && st.st_size == 0;
    f->fd = -1;
    errno = EEXIST;
    if ((there && !empty) || private_file_begin(f, path) < 0)
        return -1;
    f->fresh = !there;
    return 0;
}

void private_file_abandon(struct private_file *f)
{
    if (f->fd < 0)
        return;
    int saved = errno;
    unlink(f->temporary);
    close(f->fd);
    f->fd = -1;
    interrupt_release();
    errno = saved;
}

static int put_in_place(struct private_file *f, const void *data, size_t len, bool durable)
{
    if (file_write(f->fd, data, len) < 0 || (durable && fsync(f->fd) < 0) ||
        (f->fresh ? rename_new(f->temporary, f->path) : rename(f->temporary, f->path)) < 0) {
        private_file_abandon(f);
        return -1;
    }
    close(f->fd);
    f->fd = -1;
    int rc = durable ? file_sync_directory(f->path) : 0;
    interrupt_release();
    return rc;
}

int private_file_finish(struct private_file *f, bool replace)
{
    mode_t mask = umask(0);
    umask(mask);
    if (fchmod(f->fd, 0666 & ~mask) < 0 || fsync(f->fd) < 0 ||
        (replace ? rename(f->temporary, f->path) : rename_new(f->temporary, f->path)) < 0) {
        private_file_abandon(f);
        return -1;
    }
    close(f->fd);
    f->fd = -1;
    interrupt_release();
    return 0;
}

int private_file_place(struct private_file *f, const void *data, size_t len)
{
    return put_in_place(f, data, len, false);
}

int private_file_commit(struct private_file *f, const void *data, size_t len)
{
    return put_in_place(f, data, len, true);
}

int private_file_remove(const char *path)
{
    return unlink(path) < 0 ? -1 : file_sync_directory(path);
}
