/*
 * The machine's own accounts, read from /etc/passwd and /etc/group as files: never through NSS,
 * which would come back to us.
 */
#ifndef COMMON_LOCAL_H
#define COMMON_LOCAL_H

#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum local_answer {
    LOCAL_NO = 0,
    LOCAL_YES,
    LOCAL_UNKNOWN /* the file could not be read */
};

/* Looks for a line of NAME in /etc/passwd, whatever else is in it: without stdio or memory, and no
 * cancellation point. Thread-safe; errno is changed. */
enum local_answer local_name(const char *name);

/* Looks NAME up in /etc/passwd. *UID and *GID are filled in for LOCAL_YES. Thread-safe. */
enum local_answer local_user(const char *name, uint32_t *uid, uint32_t *gid);

/*
 * Shows VISIT the users of /etc/passwd, or the groups of /etc/group, one after the other and
 * however long their lines are (up to 64 MB), until it returns false. True when it has seen all;
 * false when it has ended that, or with errno when the file could not be read whole. Thread-safe.
 */
typedef bool local_user_visit(const struct passwd *user, void *arg);
typedef bool local_group_visit(const struct group *group, void *arg);
bool local_each_user(local_user_visit *visit, void *arg);
bool local_each_group(local_group_visit *visit, void *arg);

/* All names and ids of both files, for one that has many to check, and the names that the machine's
 * packages create (common/sysusers.h). */
struct local_ids;

/* Reads all of them. NULL with errno when a file cannot be read or memory is short. Freed by
 * local_ids_free. */
struct local_ids *local_ids_read(void);
void local_ids_free(struct local_ids *ids);

/* True if NAME is a local user or group, or if ID is a local uid or gid. */
bool local_ids_name(const struct local_ids *ids, const char *name);
bool local_ids_id(const struct local_ids *ids, uint32_t id);

/* True if a sysusers.d(5) file of the machine creates the user or group NAME. */
bool local_ids_planned(const struct local_ids *ids, const char *name);

/* The gid of the local group NAME; false when there is none. */
bool local_ids_group(const struct local_ids *ids, const char *name, uint32_t *gid);

/* The state of what local_ids_read reads, to see whether it has changed: a file that is replaced or
 * written, and a file that comes to or leaves a directory of sysusers.d(5). */
#define LOCAL_STAMP_FILES 6
struct local_stamp {
    struct {
        uint64_t inode, size;
        int64_t s, ns; /* last modification */
    } file[LOCAL_STAMP_FILES];
};
void local_stamp_take(struct local_stamp *stamp);
bool local_stamp_same(const struct local_stamp *a, const struct local_stamp *b);

#endif
