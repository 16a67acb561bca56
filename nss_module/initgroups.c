/* The groups of a user. Without this entry glibc would enumerate all groups at every login. */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

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

static enum nss_status add_groups(const struct snapshot_class *class, gid_t primary,
                                  struct gid_array *a, int *errnop)
{
    for (uint32_t i = 0; i < class->gid_count; i++) {
        gid_t gid;
        if (!snapshot_gid(class, i, &gid) || gid == primary || has(a, gid))
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
    struct snapshot_class class = {0}; /* no groups for those who are no active member */
    struct gid_array array = {start, size, limit, groups};
    enum snapshot_result rc = nss_user_by_name(s, user, len, &record);
    if (rc == SNAPSHOT_OK && record.state == MEMBER_ACTIVE)
        rc = snapshot_class_groups(s, record.class_ref, &class);
    enum nss_status status =
        rc == SNAPSHOT_OK ? add_groups(&class, group, &array, errnop) : nss_status_of(rc, errnop);
    mapping_leave(&hold);
    return status;
}
