/*
 * The groups of a user. Without this entry glibc would enumerate all groups at every login.
 *
 * glibc gives the name and a gid, not the number of the account: a local user who has a member's
 * name must not get her groups. The gid tells them apart. It is that of the account's primary group
 * (login, su, sudo, id), another group that the caller chose (User=ada Group=acme in a unit), or -1
 * (nscd, which never passes anything else).
 */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/local.h"
#include "common/name.h"
#include "nss_module/mapping.h"
#include "nss_module/nss_module.h"

/* glibc's growing array of group ids: *START used of *SIZE, never beyond LIMIT when that is
 * positive. */
struct gid_array {
    long int *start, *size, limit;
    gid_t **groups;
};

static bool has(const struct gid_array *a, gid_t gid)
{
    for (long int i = 0; i < *a->start; i++)
        if ((*a->groups)[i] == gid)
            return true;
    return false;
}

static bool grow(struct gid_array *a)
{
    long int size = *a->size > 0 ? 2 * *a->size : 16;
    if (a->limit > 0 && size > a->limit)
        size = a->limit;
    gid_t *groups = realloc(*a->groups, (size_t)size * sizeof *groups);
    if (!groups)
        return false;
    *a->groups = groups;
    *a->size = size;
    return true;
}

static enum nss_status add_groups(const struct snapshot_grants *grants, gid_t primary,
                                  struct gid_array *a, int *errnop)
{
    for (uint32_t i = 0; i < grants->gid_count; i++) {
        gid_t gid;
        if (!snapshot_gid(grants, i, &gid) || gid == primary || has(a, gid))
            continue;
        if (a->limit > 0 && *a->start >= a->limit)
            break; /* as the manual of initgroups_dyn has it: what fits */
        if (*a->start == *a->size && !grow(a)) {
            *errnop = ENOMEM;
            return NSS_STATUS_TRYAGAIN;
        }
        (*a->groups)[(*a->start)++] = gid;
    }
    return NSS_STATUS_SUCCESS;
}

/* True if GID is one of the organization's GRANTS' groups. A mapped local one proves nothing: a
 * local user may have it as well. */
static bool has_own_group(const struct snapshot_grants *grants, gid_t gid)
{
    gid_t own;
    for (uint32_t i = 0; i < grants->local_from; i++)
        if (snapshot_gid(grants, i, &own) && own == gid)
            return true;
    return false;
}

/* Decides whether the account that GID was given for has the groups of USER. SNAPSHOT_ABSENT: it is
 * somebody else's. Her number is hers for ever, and so is a primary group that has it. */
static enum snapshot_result asked_for(const struct snapshot_user *user,
                                      const struct snapshot_grants *grants, gid_t gid)
{
    if (gid == user->gid || gid == user->uid)
        return SNAPSHOT_OK;
    if (gid != (gid_t)-1 && !has_own_group(grants, gid))
        return SNAPSHOT_ABSENT;
    int saved = errno;
    enum local_answer local = local_name(user->name);
    errno = saved;
    return local == LOCAL_YES  ? SNAPSHOT_ABSENT
           : local == LOCAL_NO ? SNAPSHOT_OK
                               : SNAPSHOT_UNAVAILABLE;
}

enum nss_status _nss_org_initgroups_dyn(const char *user, gid_t group, long int *start,
                                        long int *size, gid_t **groups, long int limit, int *errnop)
{
    size_t len = name_length(user);
    if (len == 0)
        return nss_status_of(SNAPSHOT_ABSENT, errnop);
    struct mapping_hold hold;
    const struct snapshot *s = mapping_enter(&hold, errnop);
    if (!s)
        return NSS_STATUS_UNAVAIL;
    struct snapshot_user record;
    struct snapshot_grants grants = {0}; /* no groups for those who are no active member */
    struct gid_array array = {start, size, limit, groups};
    enum snapshot_result rc = nss_user_by_name(s, user, len, &record);
    if (rc == SNAPSHOT_OK && record.state == MEMBER_ACTIVE)
        rc = snapshot_grants_groups(s, record.grants_ref, &grants);
    if (rc == SNAPSHOT_OK)
        rc = asked_for(&record, &grants, group);
    enum nss_status status =
        rc == SNAPSHOT_OK ? add_groups(&grants, group, &array, errnop) : nss_status_of(rc, errnop);
    mapping_leave(&hold);
    return status;
}
