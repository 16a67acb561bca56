#include "orgsyncd/confirm_socket.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/confirm.h"
#include "common/local.h"
#include "common/log.h"
#include "common/paths.h"

static const struct {
    const char *path;
    mode_t mode;
} sockets[CONFIRM_SOCKETS] = {
    [CONFIRM_FOR_ALL] = {PATH_CONFIRM, 0666},
    [CONFIRM_FOR_ROOT] = {PATH_CONFIRM_ROOT, 0600},
    [CONFIRM_FOR_KEYS] = {PATH_CONFIRM_KEYS, 0660},
};

/* Returns a socket that listens at PATH, or -1 with errno. Nobody can connect before its mode is
 * set. */
static int listen_at(const char *path, mode_t mode)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    snprintf(addr.sun_path, sizeof addr.sun_path, "%s", path);
    if (fd >= 0 && (unlink(path) == 0 || errno == ENOENT) &&
        bind(fd, (const struct sockaddr *)&addr, sizeof addr) == 0 && chmod(path, mode) == 0 &&
        listen(fd, SOMAXCONN) == 0)
        return fd;
    int saved = errno;
    if (fd >= 0)
        close(fd);
    errno = saved;
    return -1;
}

void confirm_sockets_init(int fd[CONFIRM_SOCKETS])
{
    for (int i = 0; i < CONFIRM_SOCKETS; i++)
        fd[i] = -1;
}

static bool find_keys_group(const struct group *group, void *gid)
{
    if (strcmp(group->gr_name, CONFIRM_KEYS_USER) != 0)
        return true;
    *(gid_t *)gid = group->gr_gid;
    return false;
}

/* The group that may connect beside root, by the socket's mode; 0 = root's own. */
static gid_t group_of(enum confirm_socket i)
{
    gid_t gid = 0;
    if (i == CONFIRM_FOR_KEYS)
        local_each_group(find_keys_group, &gid);
    return gid;
}

/* The same as listen_at, as GROUP: a file's group is its maker's. That takes no right to change
 * other files' groups. */
static int listen_for(const char *path, mode_t mode, gid_t group)
{
    gid_t own = getegid();
    if (group != 0 && setegid(group) < 0)
        return -1;
    int fd = listen_at(path, mode), saved = errno;
    if (group != 0 && setegid(own) < 0)
        saved = errno;
    errno = saved;
    return fd;
}

int confirm_sockets_listen(int fd[CONFIRM_SOCKETS])
{
    for (enum confirm_socket i = 0; i < CONFIRM_SOCKETS; i++) {
        gid_t group = group_of(i);
        if (i == CONFIRM_FOR_KEYS && group == 0) {
            unlink(sockets[i].path);
            continue;
        }
        fd[i] = listen_for(sockets[i].path, sockets[i].mode, group);
        if (fd[i] < 0) {
            log_error("%s: %s", sockets[i].path, strerror(errno));
            return -1;
        }
    }
    return 0;
}

void confirm_sockets_remove(const int fd[CONFIRM_SOCKETS])
{
    for (int i = 0; i < CONFIRM_SOCKETS; i++)
        if (fd[i] >= 0)
            unlink(sockets[i].path);
}
