#include "orgadmin/host/host_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/file.h"

#define COPY_MAX (1 << 20) /* bytes of a file */

static int pour(int in, int out)
{
    char data[8192];
    off_t all = 0;
    for (;;) {
        ssize_t n = read(in, data, sizeof data);
        if (n == 0)
            return 0;
        if (n < 0 && errno == EINTR)
            continue;
        if (n > 0 && (all += n) > COPY_MAX)
            errno = EFBIG;
        if (n < 0 || all > COPY_MAX || file_write(out, data, (size_t)n) < 0)
            return -1;
    }
}

int host_file_copy(const char *from, const char *to)
{
    struct stat st;
    int out = -1, rc = -1, in = open(from, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (in >= 0 && fstat(in, &st) == 0)
        out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (out >= 0 && pour(in, out) == 0 && fchown(out, st.st_uid, st.st_gid) == 0 &&
        fchmod(out, st.st_mode & 07777) == 0 && fsync(out) == 0)
        rc = 0;
    int cause = errno;
    if (in >= 0)
        close(in);
    if (out >= 0)
        close(out);
    if (out >= 0 && rc < 0)
        unlink(to);
    errno = cause;
    return rc;
}

bool host_file_move(const char *from, const char *to)
{
    if (rename(from, to) == 0)
        return true;
    if (errno != EXDEV)
        return false;
    unlink(to);
    return host_file_copy(from, to) == 0 && unlink(from) == 0;
}

static bool same_bytes(FILE *a, FILE *b)
{
    int x, y;
    do {
        x = getc(a);
        y = getc(b);
    } while (x == y && x != EOF);
    return x == y && !ferror(a) && !ferror(b);
}

bool host_file_same(const char *one, const char *other)
{
    struct stat a, b;
    if (lstat(one, &a) < 0 || lstat(other, &b) < 0 || a.st_mode != b.st_mode ||
        a.st_uid != b.st_uid || a.st_gid != b.st_gid || a.st_size != b.st_size)
        return false;
    FILE *f = fopen(one, "re"), *g = f ? fopen(other, "re") : NULL;
    bool alike = g && same_bytes(f, g);
    if (f)
        fclose(f);
    if (g)
        fclose(g);
    return alike;
}

void host_directory_remove(const char *path)
{
    char file[HOST_PATH_MAX];
    DIR *dir = opendir(path);
    const struct dirent *entry;
    while (dir && (entry = readdir(dir)) != NULL) {
        snprintf(file, sizeof file, "%s/%s", path, entry->d_name);
        if (entry->d_name[0] != '.' && unlink(file) < 0 && errno == EISDIR)
            host_directory_remove(file);
    }
    if (dir)
        closedir(dir);
    rmdir(path);
}
