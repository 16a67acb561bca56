#include "orgd/store/reserve.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "orgd/store/file.h"

#define SUFFIX "-reserve"
#define SIZE   (4 << 20) /* more than a hundred removals write to the log of the data file */

bool reserve_take(const char *path)
{
    static bool lacking;
    char name[PATH_MAX];
    if (!file_beside(path, SUFFIX, name))
        return false;
    int fd = open(name, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    bool taken = fd >= 0 && fallocate(fd, 0, 0, SIZE) == 0;
    bool full = !taken && errno != EOPNOTSUPP;
    if (full && !lacking)
        log_warning("%s: there is no room for the %d MB that are kept for removals (%s): other "
                    "changes are refused until there is",
                    path, SIZE >> 20, strerror(errno));
    lacking = full;
    if (taken)
        file_hand_over(fd, path);
    if (fd >= 0)
        close(fd);
    if (!taken)
        unlink(name);
    return !full;
}

bool reserve_release(const char *path)
{
    char name[PATH_MAX];
    return file_beside(path, SUFFIX, name) && unlink(name) == 0;
}
