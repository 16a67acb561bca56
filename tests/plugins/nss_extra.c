/*
 * A name service beside ours, for tests: users from the file that NSS_EXTRA names (else
 * /etc/extra), in the format of passwd(5). It has no groups. Without the file it is unavailable.
 */
#include <errno.h>
#include <nss.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum nss_status _nss_extra_getpwnam_r(const char *name, struct passwd *pwd, char *buffer,
                                      size_t size, int *errnop);
enum nss_status _nss_extra_setpwent(void);
enum nss_status _nss_extra_getpwent_r(struct passwd *pwd, char *buffer, size_t size, int *errnop);
enum nss_status _nss_extra_endpwent(void);

static FILE *walk;

static FILE *users(void)
{
    const char *path = getenv("NSS_EXTRA");
    return fopen(path ? path : "/etc/extra", "re");
}

static enum nss_status status_of(int rc, int *errnop)
{
    *errnop = rc;
    return rc == 0 ? NSS_STATUS_SUCCESS : rc == ERANGE ? NSS_STATUS_TRYAGAIN : NSS_STATUS_NOTFOUND;
}

enum nss_status _nss_extra_getpwnam_r(const char *name, struct passwd *pwd, char *buffer,
                                      size_t size, int *errnop)
{
    struct passwd *found = NULL;
    FILE *f = users();
    int rc;
    if (!f) {
        *errnop = EAGAIN;
        return NSS_STATUS_UNAVAIL;
    }
    while ((rc = fgetpwent_r(f, pwd, buffer, size, &found)) == 0 && strcmp(pwd->pw_name, name) != 0)
        ;
    fclose(f);
    return status_of(rc, errnop);
}

enum nss_status _nss_extra_endpwent(void)
{
    if (walk)
        fclose(walk);
    walk = NULL;
    return NSS_STATUS_SUCCESS;
}

enum nss_status _nss_extra_setpwent(void)
{
    _nss_extra_endpwent();
    walk = users();
    return walk ? NSS_STATUS_SUCCESS : NSS_STATUS_UNAVAIL;
}

enum nss_status _nss_extra_getpwent_r(struct passwd *pwd, char *buffer, size_t size, int *errnop)
{
    struct passwd *found;
    if (!walk && _nss_extra_setpwent() != NSS_STATUS_SUCCESS) {
        *errnop = EAGAIN;
        return NSS_STATUS_UNAVAIL;
    }
    return status_of(fgetpwent_r(walk, pwd, buffer, size, &found), errnop);
}
