#include "orgsyncd/reserve.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/log.h"
#include "common/paths.h"

void reserve_release(void)
{
    unlink(PATH_RESERVE);
}

void reserve_take(void)
{
    static bool lacking;
    struct stat st;
    int fd = open(PATH_RESERVE, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    off_t size = stat(PATH_SNAPSHOT, &st) == 0 ? st.st_size : 0;
    bool taken = fd >= 0 && fallocate(fd, 0, 0, size + RESERVE_LEDGER) == 0;
    bool full = !taken && errno != EOPNOTSUPP;
    if (full && !lacking)
        log_warning("there is no room for another snapshot (%s): free space below " ORG_STATEDIR
                    "; until then no change takes effect",
                    strerror(errno));
    lacking = full;
    if (fd >= 0)
        close(fd);
    if (!taken)
        unlink(PATH_RESERVE);
}
