/* The group database: the organization's groups, then the private groups of those who have one
 * (same name and number as the user, no members). */
#include <stdint.h>
#include <string.h>

#include "common/name.h"
#include "nss_module/mapping.h"
#include "nss_module/nss_module.h"

/* Puts USER's private group, in the form of a group of the organization, into *GROUP. */
static enum snapshot_result private_group(const struct snapshot_user *user,
                                          struct snapshot_group *group)
{
    if (!user->private_group)
        return SNAPSHOT_ABSENT;
    *group = (struct snapshot_group){
        .gid = user->gid,
        .name = user->name,
        .name_len = (size_t)(user->gecos - user->name) - 1,
    };
    return SNAPSHOT_OK;
}

/* BUFFER gets the member pointers (aligned, NULL at the end), the members' names, the group's name
 * and the password "*": newgrp asks nobody for a password that does not exist. */
static enum nss_status fill(const struct snapshot *s, const struct snapshot_group *group,
                            struct group *grp, char *buffer, size_t size, int *errnop)
{
    size_t pad = -(uintptr_t)buffer % _Alignof(char *);
    size_t pointers = ((size_t)group->member_count + 1) * sizeof(char *);
    size_t texts = group->members_size + group->name_len + 1 + 2;
    if (size < pad || size - pad < pointers || size - pad - pointers < texts)
        return nss_too_small(errnop);
    char **member = (char **)(void *)(buffer + pad);
    char *names = buffer + pad + pointers, *end = names + group->members_size;
    enum snapshot_result rc = snapshot_members(s, group, member, names);
    if (rc != SNAPSHOT_OK)
        return nss_status_of(rc, errnop);
    member[group->member_count] = NULL;
    memcpy(end, group->name, group->name_len + 1);
    memcpy(end + group->name_len + 1, "*", 2);
    *grp = (struct group){.gr_name = end,
                          .gr_passwd = end + group->name_len + 1,
                          .gr_gid = group->gid,
                          .gr_mem = member};
    return NSS_STATUS_SUCCESS;
}

static enum nss_status answer(enum snapshot_result rc, const struct snapshot *s,
                              const struct snapshot_group *group, struct group *grp, char *buffer,
                              size_t size, int *errnop)
{
    return rc == SNAPSHOT_OK ? fill(s, group, grp, buffer, size, errnop)
                             : nss_status_of(rc, errnop);
}

static enum snapshot_result by_name(const struct snapshot *s, const char *name, size_t len,
                                    struct snapshot_group *group)
{
    struct snapshot_user user;
    enum snapshot_result rc = snapshot_group_by_name(s, name, len, group);
    if (rc == SNAPSHOT_ABSENT && (rc = nss_user_by_name(s, name, len, &user)) == SNAPSHOT_OK)
        rc = private_group(&user, group);
    return rc;
}

/* A private group has the user's number. */
static enum snapshot_result by_gid(const struct snapshot *s, gid_t gid,
                                   struct snapshot_group *group)
{
    struct snapshot_user user;
    enum snapshot_result rc = snapshot_group_by_gid(s, gid, group);
    if (rc == SNAPSHOT_ABSENT && (rc = nss_user_by_uid(s, gid, &user)) == SNAPSHOT_OK)
        rc = private_group(&user, group);
    return rc;
}

enum nss_status _nss_org_getgrnam_r(const char *name, struct group *grp, char *buffer, size_t size,
                                    int *errnop)
{
    size_t len = name_length(name);
    if (len == 0)
        return nss_status_of(SNAPSHOT_ABSENT, errnop);
    struct mapping_hold hold;
    const struct snapshot *s = mapping_enter(&hold, errnop);
    if (!s)
        return NSS_STATUS_UNAVAIL;
    struct snapshot_group group;
    enum nss_status status =
        answer(by_name(s, name, len, &group), s, &group, grp, buffer, size, errnop);
    mapping_leave(&hold);
    return status;
}

enum nss_status _nss_org_getgrgid_r(gid_t gid, struct group *grp, char *buffer, size_t size,
                                    int *errnop)
{
    if (!id_valid(gid))
        return nss_status_of(SNAPSHOT_ABSENT, errnop);
    struct mapping_hold hold;
    const struct snapshot *s = mapping_enter(&hold, errnop);
    if (!s)
        return NSS_STATUS_UNAVAIL;
    struct snapshot_group group;
    enum nss_status status = answer(by_gid(s, gid, &group), s, &group, grp, buffer, size, errnop);
    mapping_leave(&hold);
    return status;
}

static struct nss_walk walk = NSS_WALK_INITIALIZER;

enum nss_status _nss_org_setgrent(int stayopen)
{
    (void)stayopen;
    return nss_walk_begin(&walk);
}

enum nss_status _nss_org_endgrent(void)
{
    return nss_walk_end(&walk);
}

static enum snapshot_result next_group(const struct snapshot *s, uint64_t *phase, uint64_t *cursor,
                                       struct snapshot_group *group)
{
    struct snapshot_user user;
    enum snapshot_result rc = *phase == 0 ? snapshot_next_group(s, cursor, group) : SNAPSHOT_ABSENT;
    if (rc != SNAPSHOT_ABSENT)
        return rc;
    if (*phase == 0)
        *cursor = 0;
    *phase = 1;
    while ((rc = nss_next_user(s, cursor, &user)) == SNAPSHOT_OK)
        if (private_group(&user, group) == SNAPSHOT_OK)
            break;
    return rc;
}

enum nss_status _nss_org_getgrent_r(struct group *grp, char *buffer, size_t size, int *errnop)
{
    const struct snapshot *s = nss_walk_enter(&walk, errnop);
    if (!s)
        return NSS_STATUS_UNAVAIL;
    uint64_t cursor = walk.cursor, phase = walk.phase;
    struct snapshot_group group;
    enum snapshot_result rc =
        walk.allowed ? next_group(s, &phase, &cursor, &group) : SNAPSHOT_ABSENT;
    enum nss_status status = answer(rc, s, &group, grp, buffer, size, errnop);
    if (status == NSS_STATUS_SUCCESS) {
        walk.cursor = cursor;
        walk.phase = phase;
    }
    nss_walk_leave(&walk);
    return status;
}
