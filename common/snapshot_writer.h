/*
 * Makes snapshots (format: common/snapshot.h). One thread at a time. The pieces are added in the
 * order organizations, groups, rules, then grants and users in any order; strings are copied. An
 * allocation failure or an over-long piece is remembered and reported by snapshot_writer_publish,
 * so that the adding calls need no checks of their own.
 */
#ifndef COMMON_SNAPSHOT_WRITER_H
#define COMMON_SNAPSHOT_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "common/snapshot.h"

struct snapshot_settings {
    uint64_t generation;
    uint32_t grace_s, max_age_ms, timeout_ms;
    bool enumerate;
    enum group_members group_members;
};

struct snapshot_writer;

/* NULL when out of memory. */
struct snapshot_writer *snapshot_writer_new(const struct snapshot_settings *settings);
void snapshot_writer_free(struct snapshot_writer *w);

/* Returns the organization's index. CONFIRMED_MS: wall clock when it was last heard from, 0 =
 * never. FIRST to LAST are the ids that its users and groups may have; 0, 0 = unknown. */
uint32_t snapshot_writer_org(struct snapshot_writer *w, const char *name, int64_t confirmed_ms,
                             uint32_t first, uint32_t last);

/* The rules that the organization ORG (its index) makes itself; without a call it makes none. The
 * text is borrowed until the snapshot is published. */
void snapshot_writer_org_rules(struct snapshot_writer *w, uint32_t org,
                               const struct org_rules *rules);

/* RULE->org must be the name of an added organization. */
void snapshot_writer_rule(struct snapshot_writer *w, const struct rule *rule);

/* Returns the group's index. IDENTITY: whose the gid is; see SNAPSHOT_USER_IDENTITY. */
uint32_t snapshot_writer_group(struct snapshot_writer *w, const char *name, uint32_t gid,
                               uint64_t identity);

#define GRANTS_GROUPS_MAX UINT16_MAX /* of each kind */

struct snapshot_grants_spec {
    uint32_t org;
    struct text_list roles, permissions; /* without an end */
    struct term term;
    const uint32_t *groups;     /* indexes of added groups */
    const uint32_t *local_gids; /* mapped groups of /etc/group */
    uint32_t group_count, local_count;
};

/* Returns the index of the grants SPEC, which are stored once more each time: the caller gives all
 * users who are alike the same. */
uint32_t snapshot_writer_grants(struct snapshot_writer *w, const struct snapshot_grants_spec *spec);

/* With PRIVATE_GROUP a group of the user's name and number is answered, and GID must be UID.
 * Without it none is, and GID is the number of his primary group: one of the organization's, or his
 * own number, which then has no name. */
struct snapshot_user_spec {
    uint32_t uid, gid, grants_index;
    enum member_state state;
    const char *name, *gecos, *home, *shell;
    uint64_t identity; /* whose the uid is; see SNAPSHOT_USER_IDENTITY */
    bool private_group;
};
void snapshot_writer_user(struct snapshot_writer *w, const struct snapshot_user_spec *spec);

/* The ssh keys of the user with UID, once for each; none where the list is empty. */
void snapshot_writer_keys(struct snapshot_writer *w, uint32_t uid, const struct key_list *keys);

/*
 * Writes the file beside PATH, fsyncs it, marks the file at PATH as superseded, renames over it and
 * fsyncs the directory. Returns 0, or -1 with errno, PATH then being as it was. ENOMEM and
 * EOVERFLOW: what was added did not fit.
 */
int snapshot_writer_publish(struct snapshot_writer *w, const char *path);

/*
 * What snapshot_writer_publish does with the file that was made: the PARTS in a row take the place
 * of what is at PATH. Returns 0, or -1 with errno.
 */
int snapshot_replace(const char *path, const struct iovec *part, int parts);

/* Records in the snapshot at PATH, in place, that organization ORG was heard from at WALL_MS.
 * Returns 0, or -1 with errno. */
int snapshot_mark_confirmed(const char *path, uint32_t org, int64_t wall_ms);

#endif
