/* Enumeration: one walk a database and process, over a mapping of its own, so that it ends in the
 * snapshot in which it began. */
#include <errno.h>

#include "common/paths.h"
#include "nss_module/nss_module.h"

static void close_walk(struct nss_walk *walk)
{
    snapshot_close(&walk->snapshot);
    walk->cursor = walk->phase = 0;
}

/* Leaves errno as it was; *ERRNOP, which may be errno, is set when the answer is NULL. */
static const struct snapshot *open_walk(struct nss_walk *walk, int *errnop)
{
    if (walk->snapshot.base)
        return &walk->snapshot;
    int saved = errno;
    enum snapshot_result rc = snapshot_open_for_names(&walk->snapshot, PATH_SNAPSHOT);
    /* Without a snapshot the list is empty: programs that read all users, such as semodule, take
     * ENOENT for the end of the list, and would fail by "try again". */
    int fault = errno == ENOENT ? ENOENT : EIO;
    errno = saved;
    if (rc != SNAPSHOT_OK) {
        *errnop = fault;
        return NULL;
    }
    walk->allowed = snapshot_u32(&walk->snapshot, SNAPSHOT_AT_FLAGS) & SNAPSHOT_ENUMERATE;
    return &walk->snapshot;
}

enum nss_status nss_walk_begin(struct nss_walk *walk)
{
    int ignored;
    pthread_mutex_lock(&walk->lock);
    close_walk(walk);
    enum nss_status status = open_walk(walk, &ignored) ? NSS_STATUS_SUCCESS : NSS_STATUS_UNAVAIL;
    pthread_mutex_unlock(&walk->lock);
    return status;
}

enum nss_status nss_walk_end(struct nss_walk *walk)
{
    int saved = errno;
    pthread_mutex_lock(&walk->lock);
    close_walk(walk);
    pthread_mutex_unlock(&walk->lock);
    errno = saved;
    return NSS_STATUS_SUCCESS;
}

const struct snapshot *nss_walk_enter(struct nss_walk *walk, int *errnop)
{
    pthread_mutex_lock(&walk->lock);
    const struct snapshot *s = open_walk(walk, errnop);
    if (!s)
        pthread_mutex_unlock(&walk->lock);
    return s;
}

void nss_walk_leave(struct nss_walk *walk)
{
    pthread_mutex_unlock(&walk->lock);
}
