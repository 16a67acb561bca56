/* The passwd database. */
#include <string.h>

#include "common/name.h"
#include "nss_module/mapping.h"
#include "nss_module/nss_module.h"

/* Copies USER's four texts, and the password field "*" (locked: no password of ours admits
 * anybody), to BUFFER. */
static enum nss_status fill(const struct snapshot_user *user, struct passwd *pwd, char *buffer,
                            size_t size, int *errnop)
{
    if (size < 2 || size - 2 < user->text_size)
        return nss_too_small(errnop);
    memcpy(buffer, user->name, user->text_size);
    memcpy(buffer + user->text_size, "*", 2);
    *pwd = (struct passwd){
        .pw_name = buffer,
        .pw_passwd = buffer + user->text_size,
        .pw_uid = user->uid,
        .pw_gid = user->gid,
        .pw_gecos = buffer + (user->gecos - user->name),
        .pw_dir = buffer + (user->home - user->name),
        .pw_shell = buffer + (user->shell - user->name),
    };
    return NSS_STATUS_SUCCESS;
}

static enum nss_status answer(enum snapshot_result rc, const struct snapshot_user *user,
                              struct passwd *pwd, char *buffer, size_t size, int *errnop)
{
    return rc == SNAPSHOT_OK ? fill(user, pwd, buffer, size, errnop) : nss_status_of(rc, errnop);
}

enum nss_status _nss_org_getpwnam_r(const char *name, struct passwd *pwd, char *buffer, size_t size,
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
    enum nss_status status =
        answer(nss_user_by_name(s, name, len, &user), &user, pwd, buffer, size, errnop);
    mapping_leave(&hold);
    return status;
}

enum nss_status _nss_org_getpwuid_r(uid_t uid, struct passwd *pwd, char *buffer, size_t size,
                                    int *errnop)
{
    if (!id_valid(uid))
        return nss_status_of(SNAPSHOT_ABSENT, errnop);
    struct mapping_hold hold;
    const struct snapshot *s = mapping_enter(&hold, errnop);
    if (!s)
        return NSS_STATUS_UNAVAIL;
    struct snapshot_user user;
    enum nss_status status =
        answer(nss_user_by_uid(s, uid, &user), &user, pwd, buffer, size, errnop);
    mapping_leave(&hold);
    return status;
}

static struct nss_walk walk = NSS_WALK_INITIALIZER;

enum nss_status _nss_org_setpwent(int stayopen)
{
    (void)stayopen;
    return nss_walk_begin(&walk);
}

enum nss_status _nss_org_endpwent(void)
{
    return nss_walk_end(&walk);
}

enum nss_status _nss_org_getpwent_r(struct passwd *pwd, char *buffer, size_t size, int *errnop)
{
    const struct snapshot *s = nss_walk_enter(&walk, errnop);
    if (!s)
        return NSS_STATUS_UNAVAIL;
    uint64_t cursor = walk.cursor;
    struct snapshot_user user;
    enum snapshot_result rc = walk.allowed ? nss_next_user(s, &cursor, &user) : SNAPSHOT_ABSENT;
    enum nss_status status = answer(rc, &user, pwd, buffer, size, errnop);
    if (status == NSS_STATUS_SUCCESS)
        walk.cursor = cursor;
    nss_walk_leave(&walk);
    return status;
}
