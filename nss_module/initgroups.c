/*
 * The groups of a user. Without this entry glibc would enumerate all groups at every login.
 *
 * glibc gives the name and a gid, not the number of the account: a local user who has a member's
 * name must not get her groups. The gid tells them apart. It is that of the account's primary group
 * (login, su, sudo, id), another group that the caller chose (User=ada Group=acme in a unit), or -1
 * (nscd, which never passes anything else).
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

/* A search for the line of a name, which may lie in several reads. */
struct line_search {
    const char *name;
    size_t len;
    size_t at; /* characters of this line that are NAME's so far; SIZE_MAX: it is another's */
};

/* True when the line of the name begins in the SIZE bytes at TEXT, or goes on there. */
static bool search_on(struct line_search *s, const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (text[i] == '\n')
            s->at = 0;
        else if (s->at == s->len && text[i] == ':')
            return true;
        else if (s->at < s->len && text[i] == s->name[s->at])
            s->at++;
        else
            s->at = SIZE_MAX;
    }
    return false;
}

/* Looks for a local user NAME in the file itself: through NSS we would come back here. SNAPSHOT_OK:
 * there is one; SNAPSHOT_ABSENT: there is none; SNAPSHOT_UNAVAILABLE: the file cannot be read. */
static enum snapshot_result local_user(const char *name, size_t len)
{
    char text[4096];
    struct line_search search = {name, len, 0};
    ssize_t n = -1;
    bool found = false;
    int cancel;
    /* A thread can be cancelled where it opens and reads: not with what its caller holds. */
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel);
    int fd = open("/etc/passwd", O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd >= 0) {
        while (!found && ((n = read(fd, text, sizeof text)) > 0 || (n < 0 && errno == EINTR)))
            found = n > 0 && search_on(&search, text, (size_t)n);
        close(fd);
    }
    pthread_setcancelstate(cancel, NULL);
    return found ? SNAPSHOT_OK : n == 0 ? SNAPSHOT_ABSENT : SNAPSHOT_UNAVAILABLE;
}

/* True if GID is one of the organization's groups of CLASS. A mapped local one proves nothing: a
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
    enum snapshot_result local = local_user(user->name, strlen(user->name));
    errno = saved;
    return local == SNAPSHOT_OK ? SNAPSHOT_ABSENT : local == SNAPSHOT_ABSENT ? SNAPSHOT_OK : local;
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
