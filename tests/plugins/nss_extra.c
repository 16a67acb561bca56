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

enum nss_status _nss_extra_getpwnam_r(const char *name, struct passwd *pwd, char *buffer,
                                      size_t size, int *errnop)
{
    const char *path = getenv("NSS_EXTRA");
    struct passwd *found = NULL;
    FILE *f = fopen(path ? path : "/etc/extra", "re");
    int rc;
    if (!f) {
        *errnop = EAGAIN;
        return NSS_STATUS_UNAVAIL;
    }
    while ((rc = fgetpwent_r(f, pwd, buffer, size, &found)) == 0 && strcmp(pwd->pw_name, name) != 0)
        ;
    fclose(f);
    *errnop = rc;
    return rc == 0 ? NSS_STATUS_SUCCESS : rc == ERANGE ? NSS_STATUS_TRYAGAIN : NSS_STATUS_NOTFOUND;
}
