/*
 * The snapshot: one file, compiled by orgsyncd, mapped by everybody who asks for a name. This
 * header is its format and its reader; common/snapshot_writer.h makes it.
 *
 * Layout (little-endian, fixed width, no pointers; a "ref" is an offset in units of 8 bytes, 0 =
 * none):
 * - the header, SNAPSHOT_HEADER bytes: fields below, then the check word over them, then the live
 *   words
 * - records: the policy, ranges, grants, groups
 * - four tables of 64-byte buckets: users by name, users by uid, groups by name, groups by gid
 * - records: users, group member lists
 * - the keys section, which no lookup of a name touches: a record, a table of users who have ssh
 *   keys, and each one's keys. Without padding: a fleet has hundreds of thousands.
 *
 * Every record and every bucket begins with a check word (low half of hash64 over the rest of it)
 * that is verified when it is used. So a lookup touches one bucket and one or two records however
 * large the file is, and damage anywhere in what a lookup needs, a miss included, yields
 * SNAPSHOT_UNAVAILABLE instead of a wrong answer.
 *
 * The live words are the only ones that change in a published file: SUPERSEDED, set before a newer
 * file is renamed over this one, and when each organization was last heard from.
 *
 * Members who share organization, groups, roles, permissions and term share one grants record,
 * which holds them: that makes "groups of a user" two records.
 *
 * Versions. VERSION says which readers give right answers from a file: a reader opens the versions
 * from SNAPSHOT_VERSION_OLDEST to SNAPSHOT_VERSION and no other. A writer raises it only when a
 * reader from before would answer wrongly, and then SNAPSHOT_VERSION_OLDEST stays at least one
 * behind, so that new modules read the file that is there until orgsyncd is restarted. A process
 * that runs on with a module from before keeps the names of the last file that it could read. A
 * fact that a reader from before may do without needs no new version: it lies where that reader
 * does not look (a spare header field, a record of its own, the end of a record) and something that
 * was 0 before announces it. Such facts are, marked "later" below: the organizations' id ranges,
 * users without a private group, groups whose members are left out, which hash identities are of,
 * keys, rules that count while break-glass is in force, roles with an end: a reader from before
 * goes by what the member holds without one. A process that has mapped a module from before goes on
 * with such a file as if each user had a private group of his own number.
 *
 * Version 3 has facts without which a reader would admit too many: the organizations' own rules. A
 * file without them is still written as version 2, so that readers from before go on with it.
 */
#ifndef COMMON_SNAPSHOT_H
#define COMMON_SNAPSHOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/decide.h"
#include "common/key_list.h"
#include "common/org_rules.h"

#define SNAPSHOT_MAGIC          "ORGSNAP\n"
#define SNAPSHOT_VERSION        3
#define SNAPSHOT_VERSION_OLDEST 2
#define SNAPSHOT_ORGS_MAX       16
#define SNAPSHOT_HEADER         512
#define SNAPSHOT_SIZE_MAX       (32ULL << 30) /* what a 32-bit ref can reach */

/* Header fields, as offsets. */
enum snapshot_header {
    SNAPSHOT_AT_MAGIC = 0,
    SNAPSHOT_AT_VERSION = 8,     /* u32 */
    SNAPSHOT_AT_FLAGS = 12,      /* u32 */
    SNAPSHOT_AT_SIZE = 16,       /* u64, of the file, a multiple of 8 */
    SNAPSHOT_AT_GENERATION = 24, /* u64 */
    SNAPSHOT_AT_CREATED = 32,    /* u64, wall clock, ms */
    SNAPSHOT_AT_GRACE = 40,      /* u32, s */
    SNAPSHOT_AT_MAX_AGE = 44,    /* u32, ms */
    SNAPSHOT_AT_TIMEOUT = 48,    /* u32, ms */
    SNAPSHOT_AT_ORGS = 52,       /* u32, how many */
    SNAPSHOT_AT_ACTIVE = 56,     /* u32, active members */
    SNAPSHOT_AT_POLICY = 60,     /* u32, ref */
    SNAPSHOT_AT_TABLES = 64,     /* 4 times {u32 ref, u32 buckets} */
    SNAPSHOT_AT_USERS =
        96, /* u32 ref of the first user record, u32 how many; they lie one behind the other */
    SNAPSHOT_AT_GROUPS = 104,     /* the same of the groups */
    SNAPSHOT_AT_RANGES = 112,     /* later: u32, ref, 0 = none */
    SNAPSHOT_AT_KEYS = 116,       /* later: u32, ref of the keys section, 0 = none */
    SNAPSHOT_AT_CHECK = 120,      /* u64, hash64 over what is before */
    SNAPSHOT_AT_SUPERSEDED = 128, /* u64, live */
    SNAPSHOT_AT_CONFIRMED =
        136 /* live, SNAPSHOT_ORGS_MAX times {u64 wall clock in ms, its complement} */
};

enum snapshot_flag {
    SNAPSHOT_ENUMERATE = 1,      /* getpwent and getgrent list the organization */
    SNAPSHOT_GROUP_MEMBERS = 2,  /* group lines carry their members */
    SNAPSHOT_GROUP_LEFT_OUT = 4, /* later: the last u32 of a group's record says how many members
                                    are left out of its list */
    SNAPSHOT_OWNER_BLAKE2B = 8,  /* later: users' identities are by BLAKE2b, not by hash64 */
    SNAPSHOT_BREAK_GLASS = 16,   /* later: the last u64 of the policy, one for each 64 rules, say
                                    which have break_glass, the first in the lowest bit */
    SNAPSHOT_GROUP_OWNERS = 64,  /* later: in front of that u32 stands the group's identity, u64 */
    SNAPSHOT_ORG_RULES = 32      /* version 3: behind the policy's rules stand the organizations'
                                    own */
};

/* Which groups list their members. */
enum group_members {
    GROUP_MEMBERS_NEVER,
    GROUP_MEMBERS_AUTO, /* those that programs can read whole: see group_readable */
    GROUP_MEMBERS_ALWAYS
};

#define SNAPSHOT_BUCKET         64 /* {u32 check, u32 overflowed, 7 times {u32 tag, u32 ref}} */
#define SNAPSHOT_BUCKET_ENTRIES 7

enum snapshot_table {
    SNAPSHOT_USERS_BY_NAME,
    SNAPSHOT_USERS_BY_ID,
    SNAPSHOT_GROUPS_BY_NAME,
    SNAPSHOT_GROUPS_BY_ID,
    SNAPSHOT_TABLES
};

/* Records: {u32 check, u32 size in bytes (multiple of 8, itself included), fields}. */
enum snapshot_user_field {
    SNAPSHOT_USER_UID = 8,       /* u32 */
    SNAPSHOT_USER_GID = 12,      /* u32, of the primary group; see SNAPSHOT_USER_FLAGS */
    SNAPSHOT_USER_GRANTS = 16,   /* ref */
    SNAPSHOT_USER_LENGTHS = 20,  /* 4 times u16: name, gecos, home, shell, without NUL */
    SNAPSHOT_USER_STATE = 28,    /* u16, enum member_state */
    SNAPSHOT_USER_FLAGS = 30,    /* later: u16, SNAPSHOT_NO_PRIVATE_GROUP or 0 */
    SNAPSHOT_USER_IDENTITY = 32, /* u64, whose the uid is: see orgsyncd/placement.h */
    SNAPSHOT_USER_TEXT = 40      /* the four, each with its NUL */
};
enum snapshot_user_flag {
    /* There is no group of the user's name and number. The gid of his primary group is the record's
     * last u32, behind the texts, and SNAPSHOT_USER_GID is his uid. */
    SNAPSHOT_NO_PRIVATE_GROUP = 1
};
enum snapshot_grants_field {
    SNAPSHOT_GRANTS_ORG = 8,          /* u16, index into the policy's organizations */
    SNAPSHOT_GRANTS_ROLES = 10,       /* u16, how many */
    SNAPSHOT_GRANTS_PERMISSIONS = 12, /* u16, how many */
    SNAPSHOT_GRANTS_GIDS = 14,        /* u16, how many of the organization's groups */
    SNAPSHOT_GRANTS_LOCAL = 16,       /* u16, how many mapped local groups */
    SNAPSHOT_GRANTS_TERM = 18, /* later: u16, 1: a term lies behind the permissions, else 0 */
    SNAPSHOT_GRANTS_DATA =
        20 /* u32 gids, u32 local gids, roles and permissions, each with its NUL */
};
/* A term: {u64 end, wall clock in ms, u16 roles, u16 permissions, both each with its NUL}. The gids
 * are those of the moment when the file was made. */
#define SNAPSHOT_TERM_DATA 12
enum snapshot_group_field {
    SNAPSHOT_GROUP_GID = 8,     /* u32 */
    SNAPSHOT_GROUP_COUNT = 12,  /* u32, members */
    SNAPSHOT_GROUP_BYTES = 16,  /* u32, of their names, each with its NUL */
    SNAPSHOT_GROUP_LIST = 20,   /* ref of the member list */
    SNAPSHOT_GROUP_LENGTH = 24, /* u32, of the name without NUL */
    SNAPSHOT_GROUP_NAME = 28
};
/* A member list. The names, each with its NUL, lie right behind the record, under a check word of
 * their own: they may be a megabyte, and are checked while they are copied. */
enum snapshot_list_field {
    SNAPSHOT_LIST_CHECK = 8,  /* u32, low half of hash64 over the names */
    SNAPSHOT_LIST_SIZES = 12, /* u8 each, of a name with its NUL */
};
/* The policy: {check, size, u16 organizations, u16 rules, then organizations {u16 name length,
 * name, NUL} and rules {u16 organization, u16 everyone, 3 times {u16 count, u16 bytes, strings each
 * with its NUL}: services, roles, permissions}}. With SNAPSHOT_ORG_RULES there follow of each
 * organization {u16 narrowed, u16 bytes, common/org_rules.h}. Its end: see SNAPSHOT_BREAK_GLASS. */
#define SNAPSHOT_POLICY_DATA 12
/* The ranges: {check, size, then of each organization {u32 first, u32 last}}; 0, 0 = unknown. */
#define SNAPSHOT_RANGES_DATA 8

/*
 * The keys section: the record {check, size, u32 buckets, 0}, right behind it the buckets, and
 * behind those what they refer to. A bucket is one of the tables' above, with a user's uid as the
 * tag, and as the ref the distance in bytes from the section's beginning. Of each user {u32 check,
 * u16 size, list}; SIZE is the list's (common/key_list.h), and the check word, over what is behind
 * it, is increased by the uid, so that it holds for no other user.
 */
enum snapshot_keys_field {
    SNAPSHOT_KEYS_BUCKETS = 8, /* u32 */
    SNAPSHOT_KEYS_HEAD = 16    /* where the buckets begin */
};
#define SNAPSHOT_KEYS_OWNER 6 /* in front of a user's list */

enum snapshot_result {
    SNAPSHOT_OK = 0,
    SNAPSHOT_ABSENT,     /* authoritatively no such entry */
    SNAPSHOT_UNAVAILABLE /* no usable file, or damage where the answer would be: nothing is known */
};

/* A mapped snapshot. Any number of threads may read it; open and close are for one. */
struct snapshot {
    const uint8_t *base; /* NULL when closed */
    size_t size;
    dev_t dev;
    ino_t ino;
};

/* Opens the file at PATH when it can be trusted (common/file.h), its header is sound and its size
 * is what the header says. SNAPSHOT_OK: *S is to be closed; SNAPSHOT_UNAVAILABLE: *S is closed and
 * *WHY a static text. */
enum snapshot_result snapshot_open(struct snapshot *s, const char *path, const char **why);

/* As snapshot_open, for libnss_org.so.2 alone: in a user namespace that does not map root the file
 * may be as FILE_UNMAPPED has it. Sets errno to why the file could not be opened or mapped, to
 * ENOTSUP when it is of a later version, and to EBADMSG when it is not trusted or not sound. */
enum snapshot_result snapshot_open_for_names(struct snapshot *s, const char *path);
void snapshot_close(struct snapshot *s);

/* True when a newer file is (about to be) in place of this one. One load from the mapping, no
 * system call. */
bool snapshot_superseded(const struct snapshot *s);

/* Wall clock in ms when organization ORG (index) was last heard from, 0 when never or unreadable.
 */
int64_t snapshot_confirmed(const struct snapshot *s, uint32_t org);

/* Fields of the header. */
uint32_t snapshot_u32(const struct snapshot *s, enum snapshot_header field);
uint64_t snapshot_u64(const struct snapshot *s, enum snapshot_header field);

/* Strings point into the mapping and end with NUL; TEXT is all four in a row, TEXT_SIZE bytes with
 * their NULs. */
struct snapshot_user {
    uint32_t uid, gid, grants_ref;
    bool private_group; /* GID is a group of the user's name and number, which nothing else lists */
    enum member_state state;
    uint64_t identity;
    const char *name, *gecos, *home, *shell;
    size_t text_size;
};

struct snapshot_grants {
    uint32_t org;                        /* index into the policy's */
    struct text_list roles, permissions; /* without an end */
    struct term term;
    const uint8_t *gids; /* little-endian u32, read with snapshot_gid */
    /* The organization's groups, then from LOCAL_FROM on the mapped local ones. */
    uint32_t gid_count;
    uint32_t local_from;
};

struct snapshot_group {
    uint32_t gid, member_count;
    const char *name;
    size_t name_len;
    uint32_t list_ref;   /* for snapshot_members */
    size_t members_size; /* bytes of the members' names, each with its NUL */
    uint64_t identity;   /* whose the gid is, by BLAKE2b; 0 = the file does not say it */
    uint32_t left_out;   /* members that the list lacks because it would be too long; then
                            MEMBER_COUNT is 0 */
};

/*
 * Lookups. SNAPSHOT_OK fills the result, whose uid and gid have passed id_valid and whose names
 * name_valid, whatever the file says. All are thread-safe, allocate nothing and make no system
 * call.
 */
enum snapshot_result snapshot_user_by_name(const struct snapshot *s, const char *name, size_t len,
                                           struct snapshot_user *user);
enum snapshot_result snapshot_user_by_uid(const struct snapshot *s, uint32_t uid,
                                          struct snapshot_user *user);
enum snapshot_result snapshot_group_by_name(const struct snapshot *s, const char *name, size_t len,
                                            struct snapshot_group *group);
enum snapshot_result snapshot_group_by_gid(const struct snapshot *s, uint32_t gid,
                                           struct snapshot_group *group);

/*
 * True while programs read a group with MEMBERS members, whose names take NAMES_SIZE bytes, each
 * with its NUL: its line (name:x:gid:member,member...) is below 128 KiB, and so many bytes as
 * getgrnam_r needs for it are below 256 KiB, where libpam and others stop to read.
 */
#define GROUP_LINE_MAX   ((size_t)128 << 10)
#define GROUP_BUFFER_MAX ((size_t)256 << 10)
bool group_readable(size_t name_len, size_t members, size_t names_size);

/* Copies the names of GROUP's members to NAMES, MEMBERS_SIZE bytes, and fills MEMBER, MEMBER_COUNT
 * pointers to them. Never SNAPSHOT_ABSENT; when not SNAPSHOT_OK, both hold rubbish. */
enum snapshot_result snapshot_members(const struct snapshot *s, const struct snapshot_group *group,
                                      char **member, char *names);

/* The grants of a user, and the same without roles, permissions and term. Never SNAPSHOT_ABSENT. */
enum snapshot_result snapshot_grants(const struct snapshot *s, uint32_t grants_ref,
                                     struct snapshot_grants *grants);
enum snapshot_result snapshot_grants_groups(const struct snapshot *s, uint32_t grants_ref,
                                            struct snapshot_grants *grants);

/* The I-th group id of GRANTS; false when it may not leave (0, an invalid one, or a system group
 * that is not mapped). */
bool snapshot_gid(const struct snapshot_grants *grants, uint32_t i, gid_t *gid);

/* The ssh keys of the user with UID; SNAPSHOT_ABSENT when he has none. The list is whole, as
 * written, and key_list_take judges each key; it is empty unless SNAPSHOT_OK. */
enum snapshot_result snapshot_keys(const struct snapshot *s, uint32_t uid, struct key_list *keys);

/* Walks all users or groups: *CURSOR begins at 0. SNAPSHOT_ABSENT is the end. */
enum snapshot_result snapshot_next_user(const struct snapshot *s, uint64_t *cursor,
                                        struct snapshot_user *user);
enum snapshot_result snapshot_next_group(const struct snapshot *s, uint64_t *cursor,
                                         struct snapshot_group *group);

/* The ids that an organization's users and groups may have, both ends included. 0, 0 = unknown. */
struct snapshot_range {
    uint32_t first, last;
};

/* The configured names of the organizations, their ranges, the access rules and the organizations'
 * own, which nobody has decoded. Never SNAPSHOT_ABSENT. */
struct snapshot_policy {
    uint32_t org_count;
    const char *org[SNAPSHOT_ORGS_MAX];
    struct snapshot_range range[SNAPSHOT_ORGS_MAX];
    struct org_rules org_rules[SNAPSHOT_ORGS_MAX];
    struct rules rules;
};
enum snapshot_result snapshot_policy(const struct snapshot *s, struct snapshot_policy *policy);

#endif
