/* The reader of snapshots: trusts nothing in the file, see common/snapshot.h. */
#include "common/snapshot.h"

#include <assert.h>
#include <endian.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/file.h"
#include "common/hash.h"
#include "common/name.h"

static inline uint16_t get16(const uint8_t *p)
{
    uint16_t v;
    memcpy(&v, p, sizeof v);
    return le16toh(v);
}

static inline uint32_t get32(const uint8_t *p)
{
    uint32_t v;
    memcpy(&v, p, sizeof v);
    return le32toh(v);
}

static inline uint64_t get64(const uint8_t *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof v);
    return le64toh(v);
}

uint32_t snapshot_u32(const struct snapshot *s, enum snapshot_header field)
{
    return get32(s->base + field);
}

uint64_t snapshot_u64(const struct snapshot *s, enum snapshot_header field)
{
    return get64(s->base + field);
}

/* A live word: written by another process while we read. */
static uint64_t live64(const struct snapshot *s, size_t at)
{
    const _Atomic uint64_t *word = (const _Atomic uint64_t *)(const void *)(s->base + at);
    return le64toh(atomic_load_explicit(word, memory_order_acquire));
}

/* True of a file that a later orgsyncd wrote, for readers that came with it. */
static bool later_version(const struct snapshot *s)
{
    return memcmp(s->base, SNAPSHOT_MAGIC, 8) == 0 &&
           snapshot_u32(s, SNAPSHOT_AT_VERSION) > SNAPSHOT_VERSION;
}

static const char *header_fault(const struct snapshot *s)
{
    if (memcmp(s->base, SNAPSHOT_MAGIC, 8) != 0)
        return "is not a snapshot";
    uint32_t version = snapshot_u32(s, SNAPSHOT_AT_VERSION);
    if (version < SNAPSHOT_VERSION_OLDEST || version > SNAPSHOT_VERSION)
        return "is of another version";
    if (snapshot_u64(s, SNAPSHOT_AT_CHECK) != hash64(s->base, SNAPSHOT_AT_CHECK))
        return "is damaged in its header";
    if (snapshot_u64(s, SNAPSHOT_AT_SIZE) != s->size)
        return "is truncated";
    if (snapshot_u32(s, SNAPSHOT_AT_ORGS) > SNAPSHOT_ORGS_MAX)
        return "has too many organizations";
    return NULL;
}

/* The mapped file and its *ST; MAP_FAILED with *WHY and errno. */
static void *map_file(const char *path, enum file_trust trust, struct stat *st, const char **why)
{
    void *base = MAP_FAILED;
    int fd = file_open_trusted(path, trust, st, why);
    if (fd < 0)
        return MAP_FAILED;
    if (st->st_size < SNAPSHOT_HEADER || (uint64_t)st->st_size > SNAPSHOT_SIZE_MAX) {
        *why = "is truncated";
        errno = EBADMSG;
    } else if ((base = mmap(NULL, (size_t)st->st_size, PROT_READ, MAP_SHARED, fd, 0)) == MAP_FAILED)
        *why = "cannot be mapped";
    int saved = errno;
    close(fd);
    errno = saved;
    return base;
}

static enum snapshot_result open_trusted(struct snapshot *s, const char *path,
                                         enum file_trust trust, const char **why)
{
    struct stat st;
    int cancel;
    *s = (struct snapshot){0};
    /* A thread can be cancelled where it opens and closes: not with what its caller holds. */
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel);
    void *base = map_file(path, trust, &st, why);
    pthread_setcancelstate(cancel, NULL);
    if (base == MAP_FAILED)
        return SNAPSHOT_UNAVAILABLE;
    *s = (struct snapshot){base, (size_t)st.st_size, st.st_dev, st.st_ino};
    *why = header_fault(s);
    if (!*why)
        return SNAPSHOT_OK;
    int fault = later_version(s) ? ENOTSUP : EBADMSG;
    snapshot_close(s);
    errno = fault;
    return SNAPSHOT_UNAVAILABLE;
}

enum snapshot_result snapshot_open(struct snapshot *s, const char *path, const char **why)
{
    return open_trusted(s, path, FILE_ROOTS, why);
}

enum snapshot_result snapshot_open_for_names(struct snapshot *s, const char *path)
{
    const char *why;
    return open_trusted(s, path, FILE_UNMAPPED, &why);
}

void snapshot_close(struct snapshot *s)
{
    struct snapshot old = *s;
    /* First, so that a child that is forked meanwhile does not unmap what has taken its place. */
    *s = (struct snapshot){0};
    if (old.base)
        munmap((void *)(uintptr_t)old.base, old.size);
}

bool snapshot_superseded(const struct snapshot *s)
{
    return live64(s, SNAPSHOT_AT_SUPERSEDED) != 0;
}

int64_t snapshot_confirmed(const struct snapshot *s, uint32_t org)
{
    if (org >= SNAPSHOT_ORGS_MAX)
        return 0;
    size_t at = SNAPSHOT_AT_CONFIRMED + 16 * (size_t)org;
    /* The two words are written one after the other: a torn pair settles at once, a damaged one
     * never. */
    for (int tries = 0; tries < 3; tries++) {
        uint64_t ms = live64(s, at);
        if (live64(s, at + 8) == ~ms && ms <= INT64_MAX)
            return (int64_t)ms;
    }
    return 0;
}

/* The SIZE bytes of the record at REF when it lies in the file, is at least LEAST bytes and its
 * check word is right; or NULL. */
static const uint8_t *record(const struct snapshot *s, uint32_t ref, size_t least, size_t *size)
{
    uint64_t at = (uint64_t)ref * 8;
    if (at < SNAPSHOT_HEADER || at >= s->size || s->size - at < least)
        return NULL;
    const uint8_t *r = s->base + at;
    uint32_t n = get32(r + 4);
    if (n < least || n > s->size - at || get32(r) != (uint32_t)hash64(r + 4, n - 4))
        return NULL;
    *size = n;
    return r;
}

/* The strings of COUNT entries that begin at TEXT must end within END: one past the last NUL, or
 * NULL. */
static const char *skip_strings(const char *text, const char *end, uint32_t count)
{
    for (uint32_t i = 0; i < count && text; i++) {
        const char *nul = text < end ? memchr(text, '\0', (size_t)(end - text)) : NULL;
        text = nul ? nul + 1 : NULL;
    }
    return text;
}

static size_t user_name_len(const struct snapshot_user *user)
{
    return (size_t)(user->gecos - user->name) - 1;
}

/* A lookup by name compares with a valid one; whoever comes by another way must look at the name.
 */
static enum snapshot_result user_named(const struct snapshot_user *user)
{
    return name_valid_n(user->name, user_name_len(user)) ? SNAPSHOT_OK : SNAPSHOT_UNAVAILABLE;
}

/* The gid of USER's primary group, whose record R of SIZE bytes says that it is not his own; 0 when
 * the record has no room for it. */
static uint32_t primary_gid(const uint8_t *r, size_t size, const struct snapshot_user *user)
{
    size_t room = size - SNAPSHOT_USER_TEXT - user->text_size;
    return room >= 4 ? get32(r + size - 4) : 0;
}

static enum snapshot_result user_at(const struct snapshot *s, uint32_t ref,
                                    struct snapshot_user *user, size_t *size)
{
    const uint8_t *r = record(s, ref, SNAPSHOT_USER_TEXT, size);
    if (!r)
        return SNAPSHOT_UNAVAILABLE;
    const uint8_t *lengths = r + SNAPSHOT_USER_LENGTHS;
    const char *name = (const char *)r + SNAPSHOT_USER_TEXT;
    size_t gecos = (size_t)get16(lengths) + 1, home = gecos + get16(lengths + 2) + 1,
           shell = home + get16(lengths + 4) + 1, end = shell + get16(lengths + 6) + 1;
    if (end > *size - SNAPSHOT_USER_TEXT ||
        (name[gecos - 1] | name[home - 1] | name[shell - 1] | name[end - 1]) != '\0')
        return SNAPSHOT_UNAVAILABLE;
    user->uid = get32(r + SNAPSHOT_USER_UID);
    user->gid = get32(r + SNAPSHOT_USER_GID);
    user->grants_ref = get32(r + SNAPSHOT_USER_GRANTS);
    user->state = (enum member_state)get16(r + SNAPSHOT_USER_STATE);
    user->identity = get64(r + SNAPSHOT_USER_IDENTITY);
    user->name = name;
    user->gecos = name + gecos;
    user->home = name + home;
    user->shell = name + shell;
    user->text_size = end;
    user->private_group = get16(r + SNAPSHOT_USER_FLAGS) == 0;
    if (!user->private_group)
        user->gid = primary_gid(r, *size, user);
    bool sound = id_valid(user->uid) && id_valid(user->gid) && user->state >= MEMBER_ACTIVE &&
                 user->state <= MEMBER_REMOVED;
    return sound ? SNAPSHOT_OK : SNAPSHOT_UNAVAILABLE;
}

static enum snapshot_result group_at(const struct snapshot *s, uint32_t ref,
                                     struct snapshot_group *group, size_t *size)
{
    const uint8_t *r = record(s, ref, SNAPSHOT_GROUP_NAME, size);
    if (!r)
        return SNAPSHOT_UNAVAILABLE;
    *group = (struct snapshot_group){
        .gid = get32(r + SNAPSHOT_GROUP_GID),
        .name = (const char *)r + SNAPSHOT_GROUP_NAME,
        .name_len = get32(r + SNAPSHOT_GROUP_LENGTH),
    };
    if (group->name_len >= *size - SNAPSHOT_GROUP_NAME || group->name[group->name_len] != '\0')
        return SNAPSHOT_UNAVAILABLE;
    if (!id_valid(group->gid) || !name_valid_n(group->name, group->name_len))
        return SNAPSHOT_UNAVAILABLE;
    uint32_t flags = snapshot_u32(s, SNAPSHOT_AT_FLAGS);
    if (flags & SNAPSHOT_GROUP_OWNERS) {
        if (*size - SNAPSHOT_GROUP_NAME - group->name_len - 1 < 12)
            return SNAPSHOT_UNAVAILABLE;
        group->identity = get64(r + *size - 12);
    }
    if (!(flags & SNAPSHOT_GROUP_MEMBERS))
        return SNAPSHOT_OK;
    if (flags & SNAPSHOT_GROUP_LEFT_OUT) {
        if (*size - SNAPSHOT_GROUP_NAME - group->name_len - 1 < 4)
            return SNAPSHOT_UNAVAILABLE;
        group->left_out = get32(r + *size - 4);
    }
    group->member_count = get32(r + SNAPSHOT_GROUP_COUNT);
    group->members_size = get32(r + SNAPSHOT_GROUP_BYTES);
    group->list_ref = get32(r + SNAPSHOT_GROUP_LIST);
    /* No caller may have to allocate more than the file can hold. */
    return group->member_count <= s->size && group->members_size <= s->size ? SNAPSHOT_OK
                                                                            : SNAPSHOT_UNAVAILABLE;
}

bool group_readable(size_t name_len, size_t members, size_t names_size)
{
    /* In the line a comma takes the place of a name's NUL, and a gid has at most ten digits. */
    size_t line = name_len + strlen(":x:4294967295:\n") + names_size;
    /* The pointers with the NULL at their end, aligned; the texts; the password and the NULs. */
    size_t buffer = (members + 2) * sizeof(char *) + names_size + name_len + 3;
    return line < GROUP_LINE_MAX && buffer < GROUP_BUFFER_MAX;
}

enum snapshot_result snapshot_members(const struct snapshot *s, const struct snapshot_group *group,
                                      char **member, char *names)
{
    size_t size, count = group->member_count, bytes = group->members_size;
    if (count == 0)
        return bytes == 0 ? SNAPSHOT_OK : SNAPSHOT_UNAVAILABLE;
    const uint8_t *r = record(s, group->list_ref, SNAPSHOT_LIST_SIZES + count, &size);
    if (!r || bytes > s->size - (size_t)(r + size - s->base))
        return SNAPSHOT_UNAVAILABLE;
    if (get32(r + SNAPSHOT_LIST_CHECK) != (uint32_t)hash64_copy(names, r + size, bytes))
        return SNAPSHOT_UNAVAILABLE;
    const uint8_t *sizes = r + SNAPSHOT_LIST_SIZES, *end = sizes + count;
    char *name = names;
    for (; sizes < end; name += *sizes++)
        *member++ = name;
    /* The last is not empty and ends where they all do, so each of them begins and ends there. */
    bool sound = name == names + bytes && end[-1] > 0 && name[-1] == '\0';
    return sound ? SNAPSHOT_OK : SNAPSHOT_UNAVAILABLE;
}

/*
 * Walks the buckets that may hold a key of HASH: begun once, then asked again while the record that
 * it gives is not the one that is wanted.
 */
struct probe {
    const uint8_t *table;
    uint32_t buckets, bucket, left; /* left: buckets to look at, this one included */
    uint32_t tag;
    unsigned matches; /* entries of this bucket that carry the tag, a bit each */
};

static const uint8_t *probe_bucket(const struct probe *p)
{
    return p->table + (uint64_t)p->bucket * SNAPSHOT_BUCKET;
}

/* All entries at once: a loop that leaves at the right one is guessed wrong at every other key. */
static unsigned probe_matches(const struct probe *p)
{
    const uint8_t *b = probe_bucket(p);
    unsigned matches = 0;
    for (size_t i = SNAPSHOT_BUCKET_ENTRIES; i-- > 0;)
        matches = 2 * matches + (get32(b + 8 + 8 * i) == p->tag);
    return matches;
}

/* In the table of BUCKETS at START. */
static bool probe_table(const struct snapshot *s, uint64_t start, uint32_t buckets, uint64_t hash,
                        struct probe *p)
{
    if (start < SNAPSHOT_HEADER || start >= s->size || buckets == 0 ||
        buckets > (s->size - start) / SNAPSHOT_BUCKET)
        return false;
    *p = (struct probe){.table = s->base + start,
                        .buckets = buckets,
                        .bucket = (uint32_t)(((hash >> 32) * buckets) >> 32),
                        .left = buckets,
                        .tag = (uint32_t)hash};
    p->matches = probe_matches(p);
    return true;
}

static bool probe_begin(const struct snapshot *s, enum snapshot_table table, uint64_t hash,
                        struct probe *p)
{
    const uint8_t *head = s->base + SNAPSHOT_AT_TABLES + 8 * (size_t)table;
    return probe_table(s, (uint64_t)get32(head) * 8, get32(head + 4), hash, p);
}

static enum snapshot_result probe_next(struct probe *p, uint32_t *ref)
{
    for (;;) {
        const uint8_t *b = probe_bucket(p);
        while (p->matches) {
            *ref = get32(b + 12 + 8 * (size_t)__builtin_ctz(p->matches));
            p->matches &= p->matches - 1;
            if (*ref != 0)
                return SNAPSHOT_OK;
        }
        /* A hit is verified by its record's checksum. A miss has no record, so the bucket's own
         * checksum must be right before we answer "absent". */
        if (get32(b) != (uint32_t)hash64(b + 4, SNAPSHOT_BUCKET - 4))
            return SNAPSHOT_UNAVAILABLE;
        if (get32(b + 4) == 0 || --p->left == 0)
            return SNAPSHOT_ABSENT;
        p->bucket = (p->bucket + 1) % p->buckets;
        p->matches = probe_matches(p);
    }
}

/* An id's key is its little-endian bytes, so that tables are the same on every machine. */
static uint64_t hash_id(uint32_t id)
{
    uint32_t le = htole32(id);
    return hash64(&le, sizeof le);
}

/* In the keys section the tag is the uid itself, which nothing else then tells. */
static uint64_t hash_uid(uint32_t uid)
{
    return (hash_id(uid) & ~(uint64_t)UINT32_MAX) | uid;
}

enum snapshot_result snapshot_user_by_name(const struct snapshot *s, const char *name, size_t len,
                                           struct snapshot_user *user)
{
    struct probe p;
    uint32_t ref;
    size_t size;
    if (!probe_begin(s, SNAPSHOT_USERS_BY_NAME, hash64(name, len), &p))
        return SNAPSHOT_UNAVAILABLE;
    for (;;) {
        enum snapshot_result rc = probe_next(&p, &ref);
        if (rc != SNAPSHOT_OK || (rc = user_at(s, ref, user, &size)) != SNAPSHOT_OK)
            return rc;
        if (user_name_len(user) == len && memcmp(user->name, name, len) == 0)
            return SNAPSHOT_OK;
    }
}

enum snapshot_result snapshot_user_by_uid(const struct snapshot *s, uint32_t uid,
                                          struct snapshot_user *user)
{
    struct probe p;
    uint32_t ref;
    size_t size;
    if (!probe_begin(s, SNAPSHOT_USERS_BY_ID, hash_id(uid), &p))
        return SNAPSHOT_UNAVAILABLE;
    for (;;) {
        enum snapshot_result rc = probe_next(&p, &ref);
        if (rc != SNAPSHOT_OK || (rc = user_at(s, ref, user, &size)) != SNAPSHOT_OK)
            return rc;
        if (user->uid == uid)
            return user_named(user);
    }
}

enum snapshot_result snapshot_group_by_name(const struct snapshot *s, const char *name, size_t len,
                                            struct snapshot_group *group)
{
    struct probe p;
    uint32_t ref;
    size_t size;
    if (!probe_begin(s, SNAPSHOT_GROUPS_BY_NAME, hash64(name, len), &p))
        return SNAPSHOT_UNAVAILABLE;
    for (;;) {
        enum snapshot_result rc = probe_next(&p, &ref);
        if (rc != SNAPSHOT_OK || (rc = group_at(s, ref, group, &size)) != SNAPSHOT_OK)
            return rc;
        if (group->name_len == len && memcmp(group->name, name, len) == 0)
            return SNAPSHOT_OK;
    }
}

enum snapshot_result snapshot_group_by_gid(const struct snapshot *s, uint32_t gid,
                                           struct snapshot_group *group)
{
    struct probe p;
    uint32_t ref;
    size_t size;
    if (!probe_begin(s, SNAPSHOT_GROUPS_BY_ID, hash_id(gid), &p))
        return SNAPSHOT_UNAVAILABLE;
    for (;;) {
        enum snapshot_result rc = probe_next(&p, &ref);
        if (rc != SNAPSHOT_OK || (rc = group_at(s, ref, group, &size)) != SNAPSHOT_OK)
            return rc;
        if (group->gid == gid)
            return SNAPSHOT_OK;
    }
}

/* The record of SIZE bytes, of which *GRANTS gets all but the texts; or NULL. */
static const uint8_t *grants_at(const struct snapshot *s, uint32_t ref,
                                struct snapshot_grants *grants, size_t *size)
{
    const uint8_t *r = record(s, ref, SNAPSHOT_GRANTS_DATA, size);
    if (!r)
        return NULL;
    uint32_t own = get16(r + SNAPSHOT_GRANTS_GIDS), local = get16(r + SNAPSHOT_GRANTS_LOCAL);
    if ((*size - SNAPSHOT_GRANTS_DATA) / 4 < own + local)
        return NULL;
    *grants = (struct snapshot_grants){
        .org = get16(r + SNAPSHOT_GRANTS_ORG),
        .gids = r + SNAPSHOT_GRANTS_DATA,
        .gid_count = own + local,
        .local_from = own,
    };
    return r;
}

enum snapshot_result snapshot_grants_groups(const struct snapshot *s, uint32_t grants_ref,
                                            struct snapshot_grants *grants)
{
    size_t size;
    return grants_at(s, grants_ref, grants, &size) ? SNAPSHOT_OK : SNAPSHOT_UNAVAILABLE;
}

/* Reads the term at TEXT, which ends before END; false when it is damaged. */
static bool take_term(const char *text, const char *end, struct term *term)
{
    if (end - text < SNAPSHOT_TERM_DATA)
        return false;
    const uint8_t *p = (const uint8_t *)text;
    uint64_t ends_ms = get64(p);
    uint32_t roles = get16(p + 8), permissions = get16(p + 10);
    const char *first = text + SNAPSHOT_TERM_DATA, *second = skip_strings(first, end, roles);
    if (ends_ms == 0 || ends_ms > INT64_MAX || !second || !skip_strings(second, end, permissions))
        return false;
    *term = (struct term){(int64_t)ends_ms, {first, roles}, {second, permissions}};
    return true;
}

enum snapshot_result snapshot_grants(const struct snapshot *s, uint32_t grants_ref,
                                     struct snapshot_grants *grants)
{
    size_t size;
    const uint8_t *r = grants_at(s, grants_ref, grants, &size);
    if (!r)
        return SNAPSHOT_UNAVAILABLE;
    uint32_t roles = get16(r + SNAPSHOT_GRANTS_ROLES),
             perms = get16(r + SNAPSHOT_GRANTS_PERMISSIONS);
    const char *text = (const char *)grants->gids + 4 * (size_t)grants->gid_count,
               *end = (const char *)r + size, *permissions = skip_strings(text, end, roles);
    const char *term = permissions ? skip_strings(permissions, end, perms) : NULL;
    if (!term || (get16(r + SNAPSHOT_GRANTS_TERM) && !take_term(term, end, &grants->term)))
        return SNAPSHOT_UNAVAILABLE;
    grants->roles = (struct text_list){text, roles};
    grants->permissions = (struct text_list){permissions, perms};
    return SNAPSHOT_OK;
}

bool snapshot_gid(const struct snapshot_grants *grants, uint32_t i, gid_t *gid)
{
    *gid = get32(grants->gids + 4 * (size_t)i);
    return i < grants->local_from ? id_valid(*gid) : *gid != 0 && *gid < UINT32_MAX - 1;
}

/* The list at P, which ends before END and is of the user with UID; false when it is damaged. */
static bool keys_at(const uint8_t *p, const uint8_t *end, uint32_t uid, struct key_list *keys)
{
    if (end - p < SNAPSHOT_KEYS_OWNER)
        return false;
    struct key_list list = {p + SNAPSHOT_KEYS_OWNER, get16(p + 4)};
    if (list.size > (size_t)(end - list.first) ||
        get32(p) != (uint32_t)hash64(p + 4, 2 + list.size) + uid)
        return false;
    *keys = list;
    return true;
}

enum snapshot_result snapshot_keys(const struct snapshot *s, uint32_t uid, struct key_list *keys)
{
    struct probe p;
    size_t size;
    uint32_t ref = snapshot_u32(s, SNAPSHOT_AT_KEYS), at;
    *keys = (struct key_list){0};
    if (ref == 0)
        return SNAPSHOT_ABSENT;
    const uint8_t *section = record(s, ref, SNAPSHOT_KEYS_HEAD, &size), *end = s->base + s->size;
    if (!section || !probe_table(s, (uint64_t)(section - s->base) + SNAPSHOT_KEYS_HEAD,
                                 get32(section + SNAPSHOT_KEYS_BUCKETS), hash_uid(uid), &p))
        return SNAPSHOT_UNAVAILABLE;
    enum snapshot_result rc = probe_next(&p, &at);
    if (rc != SNAPSHOT_OK)
        return rc;
    return at <= (size_t)(end - section) && keys_at(section + at, end, uid, keys)
               ? SNAPSHOT_OK
               : SNAPSHOT_UNAVAILABLE;
}

/* Shared by both walks: the ref of the record at *CURSOR, which counts records in its upper half
 * and refs in its lower. */
static enum snapshot_result walk(const struct snapshot *s, enum snapshot_header field,
                                 uint64_t *cursor, uint32_t *ref)
{
    uint32_t seen = (uint32_t)(*cursor >> 32);
    if (seen >= get32(s->base + field + 4))
        return SNAPSHOT_ABSENT;
    *ref = seen == 0 ? get32(s->base + field) : (uint32_t)*cursor;
    return SNAPSHOT_OK;
}

static void advance(uint64_t *cursor, uint32_t ref, size_t size)
{
    *cursor = ((*cursor >> 32) + 1) << 32 | (uint32_t)(ref + size / 8);
}

enum snapshot_result snapshot_next_user(const struct snapshot *s, uint64_t *cursor,
                                        struct snapshot_user *user)
{
    uint32_t ref;
    size_t size;
    enum snapshot_result rc = walk(s, SNAPSHOT_AT_USERS, cursor, &ref);
    if (rc == SNAPSHOT_OK && (rc = user_at(s, ref, user, &size)) == SNAPSHOT_OK) {
        advance(cursor, ref, size);
        rc = user_named(user);
    }
    return rc;
}

enum snapshot_result snapshot_next_group(const struct snapshot *s, uint64_t *cursor,
                                         struct snapshot_group *group)
{
    uint32_t ref;
    size_t size;
    enum snapshot_result rc = walk(s, SNAPSHOT_AT_GROUPS, cursor, &ref);
    if (rc == SNAPSHOT_OK && (rc = group_at(s, ref, group, &size)) == SNAPSHOT_OK)
        advance(cursor, ref, size);
    return rc;
}

/* Reads a u16 at *P, which must lie before END. */
static bool take16(const uint8_t **p, const uint8_t *end, uint32_t *v)
{
    if (end - *p < 2)
        return false;
    *v = get16(*p);
    *p += 2;
    return true;
}

static bool take_list(const uint8_t **p, const uint8_t *end, struct text_list *list)
{
    uint32_t count, bytes;
    if (!take16(p, end, &count) || !take16(p, end, &bytes) || (size_t)(end - *p) < bytes)
        return false;
    list->first = (const char *)*p;
    list->count = count;
    *p += bytes;
    return skip_strings(list->first, (const char *)*p, count) != NULL;
}

static bool take_rule(const uint8_t **p, const uint8_t *end, const struct snapshot_policy *policy,
                      struct rule *rule)
{
    uint32_t org, everyone;
    if (!take16(p, end, &org) || !take16(p, end, &everyone) || org >= policy->org_count)
        return false;
    rule->org = policy->org[org];
    rule->everyone = everyone == 1;
    return take_list(p, end, &rule->services) && take_list(p, end, &rule->roles) &&
           take_list(p, end, &rule->permissions);
}

static bool take_org(const uint8_t **p, const uint8_t *end, const char **name)
{
    uint32_t len;
    if (!take16(p, end, &len) || (size_t)(end - *p) <= len || (*p)[len] != '\0')
        return false;
    *name = (const char *)*p;
    *p += len + 1;
    return name_valid_n(*name, len);
}

/* The organizations' ranges; all unknown in a file from before there were any. */
static bool read_ranges(const struct snapshot *s, struct snapshot_policy *policy)
{
    size_t size;
    uint32_t ref = snapshot_u32(s, SNAPSHOT_AT_RANGES);
    memset(policy->range, 0, sizeof policy->range);
    if (ref == 0)
        return true;
    const uint8_t *r = record(s, ref, SNAPSHOT_RANGES_DATA + 8 * (size_t)policy->org_count, &size);
    for (uint32_t i = 0; i < policy->org_count && r; i++) {
        const uint8_t *ends = r + SNAPSHOT_RANGES_DATA + 8 * (size_t)i;
        policy->range[i] = (struct snapshot_range){get32(ends), get32(ends + 4)};
    }
    return r;
}

/* Takes the bits of the rules from the end of the policy R, whose size is SIZE. Returns that end.
 */
static const uint8_t *read_break_glass(const struct snapshot *s, const uint8_t *r, size_t size,
                                       struct rules *rules)
{
    bool there = snapshot_u32(s, SNAPSHOT_AT_FLAGS) & SNAPSHOT_BREAK_GLASS;
    size_t bytes = there ? 8 * ((rules->count + 63) / 64) : 0;
    const uint8_t *end = r + size - (size - SNAPSHOT_POLICY_DATA >= bytes ? bytes : 0);
    for (size_t i = 0; i < rules->count; i++)
        rules->rule[i].break_glass = end < r + size && get64(end + i / 64 * 8) >> i % 64 & 1;
    return end;
}

/* The organizations' own rules at P, which ends at END. */
static bool read_org_rules(const struct snapshot *s, const uint8_t *p, const uint8_t *end,
                           struct snapshot_policy *policy)
{
    memset(policy->org_rules, 0, sizeof policy->org_rules);
    if (!(snapshot_u32(s, SNAPSHOT_AT_FLAGS) & SNAPSHOT_ORG_RULES))
        return true;
    for (uint32_t i = 0; i < policy->org_count; i++) {
        struct org_rules *o = &policy->org_rules[i];
        uint32_t narrowed;
        if (!take16(&p, end, &narrowed) || !take16(&p, end, &o->size) ||
            (size_t)(end - p) < o->size)
            return false;
        o->narrowed = narrowed != 0;
        o->text = (const char *)p;
        p += o->size;
    }
    return true;
}

enum snapshot_result snapshot_policy(const struct snapshot *s, struct snapshot_policy *policy)
{
    size_t size;
    const uint8_t *r = record(s, snapshot_u32(s, SNAPSHOT_AT_POLICY), SNAPSHOT_POLICY_DATA, &size);
    if (!r)
        return SNAPSHOT_UNAVAILABLE;
    const uint8_t *p = r + SNAPSHOT_POLICY_DATA;
    uint32_t orgs = get16(r + 8), rules = get16(r + 10);
    if (orgs > SNAPSHOT_ORGS_MAX || rules > RULES_MAX)
        return SNAPSHOT_UNAVAILABLE;
    policy->org_count = orgs;
    policy->rules.count = rules;
    const uint8_t *end = read_break_glass(s, r, size, &policy->rules);
    for (uint32_t i = 0; i < orgs; i++)
        if (!take_org(&p, end, &policy->org[i]))
            return SNAPSHOT_UNAVAILABLE;
    for (uint32_t i = 0; i < rules; i++)
        if (!take_rule(&p, end, policy, &policy->rules.rule[i]))
            return SNAPSHOT_UNAVAILABLE;
    return read_org_rules(s, p, end, policy) && read_ranges(s, policy) ? SNAPSHOT_OK
                                                                       : SNAPSHOT_UNAVAILABLE;
}
