/*
 * libnss_org.so.2: what the databases share. Each _nss_org_* function follows the GNU C library
 * manual, "Extending NSS": found (NSS_STATUS_SUCCESS), authoritatively absent (NOTFOUND), buffer
 * too small (TRYAGAIN with ERANGE), unknown (UNAVAIL with nss_fault's error; in an enumeration
 * without a snapshot with ENOENT, the end of the list). errno is the caller's again on return.
 */
#ifndef NSS_MODULE_H
#define NSS_MODULE_H

#include <grp.h>
#include <nss.h>
#include <pthread.h>
#include <pwd.h>
#include <shadow.h>
#include <stddef.h>
#include <sys/types.h>

#include "common/snapshot.h"

/* Maps a reader's result to an NSS status and *ERRNOP. */
enum nss_status nss_status_of(enum snapshot_result rc, int *errnop);

/* Returns the error of a snapshot that could not be opened with errno ERROR: EAGAIN when there is
 * none, EIO when there is one that cannot be trusted. ENOENT would be getpwnam(3)'s "no such user".
 */
int nss_fault(int error);

/* The answer when a buffer is too small: TRYAGAIN and ERANGE. */
enum nss_status nss_too_small(int *errnop);

/*
 * USER's record by name, by uid, or the next one of a walk. Those who were invited and have not
 * accepted are absent: they have neither an entry nor a group of their own.
 */
enum snapshot_result nss_user_by_name(const struct snapshot *s, const char *name, size_t len,
                                      struct snapshot_user *user);
enum snapshot_result nss_user_by_uid(const struct snapshot *s, uid_t uid,
                                     struct snapshot_user *user);
enum snapshot_result nss_next_user(const struct snapshot *s, uint64_t *cursor,
                                   struct snapshot_user *user);

/*
 * An enumeration under way. The lock is held between a successful nss_walk_enter and
 * nss_walk_leave. nss_walk_enter begins one when none is under way; it returns NULL with *ERRNOP
 * set when there is no usable snapshot. errno is never changed.
 */
struct nss_walk {
    pthread_mutex_t lock;
    struct snapshot snapshot;
    bool allowed;    /* the configuration lets the organization be listed */
    uint64_t cursor; /* of snapshot_next_* */
    uint64_t phase;  /* the group database walks groups, then private groups */
};
#define NSS_WALK_INITIALIZER                                                                       \
    {                                                                                              \
        .lock = PTHREAD_MUTEX_INITIALIZER                                                          \
    }

enum nss_status nss_walk_begin(struct nss_walk *walk);
enum nss_status nss_walk_end(struct nss_walk *walk);
const struct snapshot *nss_walk_enter(struct nss_walk *walk, int *errnop);
void nss_walk_leave(struct nss_walk *walk);

/* The entry points, as glibc looks them up. */
#define NSS_EXPORT __attribute__((visibility("default")))
/* A lookup crosses two dozen small functions: compiled as one, they cost a third less. */
#define NSS_LOOKUP NSS_EXPORT __attribute__((flatten))
NSS_LOOKUP enum nss_status _nss_org_getpwnam_r(const char *name, struct passwd *pwd, char *buffer,
                                               size_t size, int *errnop);
NSS_LOOKUP enum nss_status _nss_org_getpwuid_r(uid_t uid, struct passwd *pwd, char *buffer,
                                               size_t size, int *errnop);
NSS_EXPORT enum nss_status _nss_org_setpwent(int stayopen);
NSS_EXPORT enum nss_status _nss_org_getpwent_r(struct passwd *pwd, char *buffer, size_t size,
                                               int *errnop);
NSS_EXPORT enum nss_status _nss_org_endpwent(void);
NSS_LOOKUP enum nss_status _nss_org_getgrnam_r(const char *name, struct group *grp, char *buffer,
                                               size_t size, int *errnop);
NSS_LOOKUP enum nss_status _nss_org_getgrgid_r(gid_t gid, struct group *grp, char *buffer,
                                               size_t size, int *errnop);
NSS_EXPORT enum nss_status _nss_org_setgrent(int stayopen);
NSS_EXPORT enum nss_status _nss_org_getgrent_r(struct group *grp, char *buffer, size_t size,
                                               int *errnop);
NSS_EXPORT enum nss_status _nss_org_endgrent(void);
NSS_LOOKUP enum nss_status _nss_org_getspnam_r(const char *name, struct spwd *spwd, char *buffer,
                                               size_t size, int *errnop);
NSS_EXPORT enum nss_status _nss_org_setspent(int stayopen);
NSS_EXPORT enum nss_status _nss_org_getspent_r(struct spwd *spwd, char *buffer, size_t size,
                                               int *errnop);
NSS_EXPORT enum nss_status _nss_org_endspent(void);
NSS_LOOKUP enum nss_status _nss_org_initgroups_dyn(const char *user, gid_t group, long int *start,
                                                   long int *size, gid_t **groups, long int limit,
                                                   int *errnop);

#endif
