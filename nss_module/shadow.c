/* The shadow database: an entry for everybody who has a passwd entry, always locked. There is no
 * password that we know of. */
#include <shadow.h>
#include <string.h>

#include "common/name.h"
#include "nss_module/mapping.h"
#include "nss_module/nss_module.h"

static enum nss_status fill(const struct snapshot_user *user, struct spwd *spwd, char *buffer,
                            size_t size, int *errnop)
{
    size_t name = (size_t)(user->gecos - user->name);
    if (size < 2 || size - 2 < name)
        return nss_too_small(errnop);
    memcpy(buffer, user->name, name);
    memcpy(buffer + name, "*", 2);
    *spwd = (struct spwd){
        .sp_namp = buffer,
        .sp_pwdp = buffer + name,
        .sp_lstchg = -1, /* the empty fields of shadow(5): nothing ages */
        .sp_min = -1,
        .sp_max = -1,
        .sp_warn = -1,
        .sp_inact = -1,
        .sp_expire = -1,
        .sp_flag = ~0UL,
    };
    return NSS_STATUS_SUCCESS;
}

enum nss_status _nss_org_getspnam_r(const char *name, struct spwd *spwd, char *buffer, size_t size,
                                    int *errnop)
{
    size_t len = name_length(name);
    if (len == 0)
        return nss_status_of(SNAPSHOT_ABSENT, errnop);
    struct mapping_hold hold;
    const struct snapshot *s = mapping_enter(&hold, errnop);
    if (!s)
        return NSS_STATUS_UNAVAIL;
    struct snapshot_user user;
    enum snapshot_result rc = nss_user_by_name(s, name, len, &user);
    enum nss_status status =
        rc == SNAPSHOT_OK ? fill(&user, spwd, buffer, size, errnop) : nss_status_of(rc, errnop);
    mapping_leave(&hold);
    return status;
}

static struct nss_walk walk = NSS_WALK_INITIALIZER;

enum nss_status _nss_org_setspent(int stayopen)
{
    (void)stayopen;
    return nss_walk_begin(&walk);
}

enum nss_status _nss_org_endspent(void)
{
    return nss_walk_end(&walk);
}

enum nss_status _nss_org_getspent_r(struct spwd *spwd, char *buffer, size_t size, int *errnop)
{
    const struct snapshot *s = nss_walk_enter(&walk, errnop);
    if (!s)
        return NSS_STATUS_UNAVAIL;
    uint64_t cursor = walk.cursor;
    struct snapshot_user user;
    enum snapshot_result rc = walk.allowed ? nss_next_user(s, &cursor, &user) : SNAPSHOT_ABSENT;
    enum nss_status status =
        rc == SNAPSHOT_OK ? fill(&user, spwd, buffer, size, errnop) : nss_status_of(rc, errnop);
    if (status == NSS_STATUS_SUCCESS)
        walk.cursor = cursor;
    nss_walk_leave(&walk);
    return status;
}
