/* An NSS module that always gives the same answer: what a lookup costs when there is nothing to
 * look up. */
#include <errno.h>
#include <grp.h>
#include <nss.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))

static const char text[] = "user0000042\0User Number 42\0/home/user0000042\0/bin/bash\0*";

static enum nss_status fill(struct passwd *pwd, char *buffer, size_t size, int *errnop)
{
    if (size < sizeof text) {
        *errnop = ERANGE;
        return NSS_STATUS_TRYAGAIN;
    }
    memcpy(buffer, text, sizeof text);
    *pwd =
        (struct passwd){buffer, buffer + 55, 200042, 200042, buffer + 12, buffer + 27, buffer + 45};
    return NSS_STATUS_SUCCESS;
}

EXPORT enum nss_status _nss_const_getpwnam_r(const char *name, struct passwd *pwd, char *buffer,
                                             size_t size, int *errnop);
EXPORT enum nss_status _nss_const_getpwuid_r(uid_t uid, struct passwd *pwd, char *buffer,
                                             size_t size, int *errnop);
EXPORT enum nss_status _nss_const_initgroups_dyn(const char *user, gid_t group, long int *start,
                                                 long int *size, gid_t **groups, long int limit,
                                                 int *errnop);

enum nss_status _nss_const_getpwnam_r(const char *name, struct passwd *pwd, char *buffer,
                                      size_t size, int *errnop)
{
    (void)name;
    return fill(pwd, buffer, size, errnop);
}

enum nss_status _nss_const_getpwuid_r(uid_t uid, struct passwd *pwd, char *buffer, size_t size,
                                      int *errnop)
{
    (void)uid;
    return fill(pwd, buffer, size, errnop);
}

enum nss_status _nss_const_initgroups_dyn(const char *user, gid_t group, long int *start,
                                          long int *size, gid_t **groups, long int limit,
                                          int *errnop)
{
    (void)user, (void)group, (void)limit, (void)errnop;
    if (*start == *size) {
        gid_t *more = realloc(*groups, 2 * (size_t)*size * sizeof *more);
        if (!more)
            return NSS_STATUS_TRYAGAIN;
        *groups = more;
        *size *= 2;
    }
    (*groups)[(*start)++] = 150000;
    return NSS_STATUS_SUCCESS;
}
