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

/* Is NAME a user of /etc/passwd? *UID and *GID are filled in for LOCAL_YES. Thread-safe. */
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

/* All names and ids of both files, for one that has many to check. */
struct local_ids;

/* Reads both files. NULL with errno when one cannot be read or memory is short. Freed by
 * local_ids_free. */
struct local_ids *local_ids_read(void);
void local_ids_free(struct local_ids *ids);

/* Is NAME a local user or group? Is ID a local uid or gid? */
bool local_ids_name(const struct local_ids *ids, const char *name);
bool local_ids_id(const struct local_ids *ids, uint32_t id);

/* The gid of the local group NAME; false when there is none. */
bool local_ids_group(const struct local_ids *ids, const char *name, uint32_t *gid);

#endif
