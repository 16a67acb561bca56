#include "nss_module/nss_module.h"

#include <errno.h>

enum nss_status nss_status_of(enum snapshot_result rc, int *errnop)
{
    switch (rc) {
    case SNAPSHOT_OK:
        return NSS_STATUS_SUCCESS;
    case SNAPSHOT_ABSENT:
        *errnop = ENOENT;
        return NSS_STATUS_NOTFOUND;
    case SNAPSHOT_UNAVAILABLE:
        break;
    }
    *errnop = EIO;
    return NSS_STATUS_UNAVAIL;
}

int nss_fault(int error)
{
    return error == ENOENT ? EAGAIN : EIO;
}

enum nss_status nss_too_small(int *errnop)
{
    *errnop = ERANGE;
    return NSS_STATUS_TRYAGAIN;
}

static enum snapshot_result visible(enum snapshot_result rc, const struct snapshot_user *user)
{
    return rc == SNAPSHOT_OK && user->state == MEMBER_PENDING ? SNAPSHOT_ABSENT : rc;
}

enum snapshot_result nss_user_by_name(const struct snapshot *s, const char *name, size_t len,
                                      struct snapshot_user *user)
{
    return visible(snapshot_user_by_name(s, name, len, user), user);
}

enum snapshot_result nss_user_by_uid(const struct snapshot *s, uid_t uid,
                                     struct snapshot_user *user)
{
    return visible(snapshot_user_by_uid(s, uid, user), user);
}

enum snapshot_result nss_next_user(const struct snapshot *s, uint64_t *cursor,
                                   struct snapshot_user *user)
{
    enum snapshot_result rc;
    do
        rc = snapshot_next_user(s, cursor, user);
    while (rc == SNAPSHOT_OK && user->state == MEMBER_PENDING);
    return rc;
}
