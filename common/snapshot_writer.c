#include "common/snapshot_writer.h"

#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/hash.h"
#include "common/snapshot.h"

/* A growing run of bytes; one failure makes it useless, which publish reports. */
struct bytes {
    uint8_t *data;
    size_t size, room;
};

struct grants {
    size_t at;     /* of the record, in grants_records */
    size_t groups; /* of the indexes of its groups, in grants_groups */
    uint32_t group_count;
};

struct group {
    uint32_t gid;
    uint64_t identity;
    char *name;
    uint32_t members, filled; /* how many, and how many are in the list so far */
    uint32_t left_out;        /* members when the list would have been too long */
    size_t names_size;
    uint8_t *list; /* the member list while it is filled: the record, then the names */
    size_t list_size, names_at, names_used;
};

struct snapshot_writer {
    struct snapshot_settings settings;
    int fault; /* errno of the first failure, 0 = none */
    uint32_t org_count, rule_count, user_count, active;
    bool broken;                          /* a rule has break_glass: */
    uint64_t break_glass[RULES_MAX / 64]; /* which ones */
    char org[SNAPSHOT_ORGS_MAX][40];
    int64_t confirmed[SNAPSHOT_ORGS_MAX];
    struct snapshot_range range[SNAPSHOT_ORGS_MAX];
    struct org_rules org_rules[SNAPSHOT_ORGS_MAX];
    bool narrowed; /* one of them is */
    struct bytes users, grants_records, grants_groups, rules;
    struct bytes keys;   /* as they will lie in the file */
    struct bytes owners; /* of those: {u32 uid, u32 at in KEYS} */
    struct bytes grants; /* of struct grants */
    uint32_t grants_count;
    struct group *group;
    uint32_t group_count, group_room;
};

static void put16(uint8_t *p, size_t v)
{
    uint16_t le = htole16((uint16_t)v);
    memcpy(p, &le, sizeof le);
}

static void put32(uint8_t *p, uint32_t v)
{
    v = htole32(v);
    memcpy(p, &v, sizeof v);
}

static void put64(uint8_t *p, uint64_t v)
{
    v = htole64(v);
    memcpy(p, &v, sizeof v);
}

static uint32_t get32(const uint8_t *p)
{
    uint32_t v;
    memcpy(&v, p, sizeof v);
    return le32toh(v);
}

static void *fail(struct snapshot_writer *w, int error)
{
    if (!w->fault)
        w->fault = error;
    return NULL;
}

/* SIZE zeroed bytes at the end of B, or NULL. */
static uint8_t *extend(struct snapshot_writer *w, struct bytes *b, size_t size)
{
    if (w->fault)
        return NULL;
    if (size > SNAPSHOT_SIZE_MAX / 2 - b->size)
        return fail(w, EOVERFLOW);
    if (size > b->room - b->size) {
        size_t room = (b->size + size) * 3 / 2 + 4096;
        uint8_t *data = realloc(b->data, room);
        if (!data)
            return fail(w, ENOMEM);
        b->data = data;
        b->room = room;
    }
    uint8_t *p = b->data + b->size;
    memset(p, 0, size);
    b->size += size;
    return p;
}

static size_t round8(size_t size)
{
    return (size + 7) / 8 * 8;
}

/* A zeroed record for BYTES of fields and data (the two leading words included), its size filled
 * in. */
static uint8_t *extend_record(struct snapshot_writer *w, struct bytes *b, size_t bytes)
{
    size_t size = round8(bytes);
    uint8_t *r = extend(w, b, size);
    if (r)
        put32(r + 4, (uint32_t)size);
    return r;
}

static void seal(uint8_t *r)
{
    put32(r, (uint32_t)hash64(r + 4, get32(r + 4) - 4));
}

struct snapshot_writer *snapshot_writer_new(const struct snapshot_settings *settings)
{
    struct snapshot_writer *w = calloc(1, sizeof *w);
    if (w)
        w->settings = *settings;
    return w;
}

void snapshot_writer_free(struct snapshot_writer *w)
{
    if (!w)
        return;
    for (uint32_t i = 0; i < w->group_count; i++) {
        free(w->group[i].name);
        free(w->group[i].list);
    }
    free(w->group);
    free(w->users.data);
    free(w->grants.data);
    free(w->grants_records.data);
    free(w->grants_groups.data);
    free(w->rules.data);
    free(w->keys.data);
    free(w->owners.data);
    free(w);
}

uint32_t snapshot_writer_org(struct snapshot_writer *w, const char *name, int64_t confirmed_ms,
                             uint32_t first, uint32_t last)
{
    uint32_t i = w->org_count;
    if (i == SNAPSHOT_ORGS_MAX || strlen(name) >= sizeof w->org[i]) {
        fail(w, EOVERFLOW);
        return 0;
    }
    memcpy(w->org[i], name, strlen(name) + 1);
    w->confirmed[i] = confirmed_ms;
    w->range[i] = (struct snapshot_range){first, last};
    return w->org_count++;
}

void snapshot_writer_org_rules(struct snapshot_writer *w, uint32_t org,
                               const struct org_rules *rules)
{
    if (org >= w->org_count || rules->size > ORG_RULES_SIZE_MAX) {
        fail(w, EOVERFLOW);
        return;
    }
    w->org_rules[org] = *rules;
    w->narrowed |= rules->narrowed;
}

static void put_list(struct snapshot_writer *w, const struct text_list *list)
{
    size_t size = text_list_size(list);
    if (size > UINT16_MAX || list->count > UINT16_MAX) {
        fail(w, EOVERFLOW);
        return;
    }
    uint8_t *p = extend(w, &w->rules, 4 + size);
    if (!p)
        return;
    put16(p, list->count);
    put16(p + 2, size);
    if (size > 0)
        memcpy(p + 4, list->first, size);
}

void snapshot_writer_rule(struct snapshot_writer *w, const struct rule *rule)
{
    uint32_t org = 0;
    while (org < w->org_count && strcmp(w->org[org], rule->org) != 0)
        org++;
    if (org == w->org_count || w->rule_count == RULES_MAX) {
        fail(w, EOVERFLOW);
        return;
    }
    uint8_t *p = extend(w, &w->rules, 4);
    if (p) {
        put16(p, org);
        put16(p + 2, rule->everyone);
    }
    put_list(w, &rule->services);
    put_list(w, &rule->roles);
    put_list(w, &rule->permissions);
    w->broken |= rule->break_glass;
    w->break_glass[w->rule_count / 64] |= (uint64_t)rule->break_glass << w->rule_count % 64;
    w->rule_count++;
}

uint32_t snapshot_writer_group(struct snapshot_writer *w, const char *name, uint32_t gid,
                               uint64_t identity)
{
    if (w->group_count == w->group_room) {
        uint32_t room = 2 * w->group_room + 64;
        struct group *group = realloc(w->group, room * sizeof *group);
        if (!group) {
            fail(w, ENOMEM);
            return 0;
        }
        w->group = group;
        w->group_room = room;
    }
    w->group[w->group_count] =
        (struct group){.gid = gid, .identity = identity, .name = strdup(name)};
    if (!w->group[w->group_count].name)
        fail(w, ENOMEM);
    return w->group_count++;
}

/* Bytes of TERM in a grants record, 0 without one. */
static size_t term_size(const struct term *term)
{
    return term->ends_ms > 0 ? SNAPSHOT_TERM_DATA + text_list_size(&term->roles) +
                                   text_list_size(&term->permissions)
                             : 0;
}

static void put_term(uint8_t *p, const struct term *term)
{
    size_t roles = text_list_size(&term->roles), permissions = text_list_size(&term->permissions);
    put64(p, (uint64_t)term->ends_ms);
    put16(p + 8, term->roles.count);
    put16(p + 10, term->permissions.count);
    if (roles)
        memcpy(p + SNAPSHOT_TERM_DATA, term->roles.first, roles);
    if (permissions)
        memcpy(p + SNAPSHOT_TERM_DATA + roles, term->permissions.first, permissions);
}

/* Appends the grants record of SPEC to the buffer and returns it. */
static uint8_t *encode_grants(struct snapshot_writer *w, const struct snapshot_grants_spec *spec)
{
    size_t roles = text_list_size(&spec->roles), permissions = text_list_size(&spec->permissions);
    size_t gids = 4 * (size_t)(spec->group_count + spec->local_count);
    if (spec->group_count > GRANTS_GROUPS_MAX || spec->local_count > GRANTS_GROUPS_MAX ||
        spec->roles.count > UINT16_MAX || spec->permissions.count > UINT16_MAX ||
        spec->term.roles.count > UINT16_MAX || spec->term.permissions.count > UINT16_MAX)
        return fail(w, EOVERFLOW);
    size_t term = term_size(&spec->term);
    uint8_t *r = extend_record(w, &w->grants_records,
                               SNAPSHOT_GRANTS_DATA + gids + roles + permissions + term);
    if (!r)
        return NULL;
    put16(r + SNAPSHOT_GRANTS_ORG, spec->org);
    put16(r + SNAPSHOT_GRANTS_ROLES, spec->roles.count);
    put16(r + SNAPSHOT_GRANTS_PERMISSIONS, spec->permissions.count);
    put16(r + SNAPSHOT_GRANTS_GIDS, spec->group_count);
    put16(r + SNAPSHOT_GRANTS_LOCAL, spec->local_count);
    uint8_t *p = r + SNAPSHOT_GRANTS_DATA;
    for (uint32_t i = 0; i < spec->group_count; i++, p += 4)
        put32(p, w->group[spec->groups[i]].gid);
    for (uint32_t i = 0; i < spec->local_count; i++, p += 4)
        put32(p, spec->local_gids[i]);
    if (roles)
        memcpy(p, spec->roles.first, roles);
    if (permissions)
        memcpy(p + roles, spec->permissions.first, permissions);
    put16(r + SNAPSHOT_GRANTS_TERM, term > 0);
    if (term)
        put_term(p + roles + permissions, &spec->term);
    seal(r);
    return r;
}

uint32_t snapshot_writer_grants(struct snapshot_writer *w, const struct snapshot_grants_spec *spec)
{
    struct grants made = {.at = w->grants_records.size,
                          .groups = w->grants_groups.size,
                          .group_count = spec->group_count};
    size_t size = spec->group_count * sizeof spec->groups[0];
    if (!encode_grants(w, spec))
        return 0;
    uint8_t *groups = size ? extend(w, &w->grants_groups, size) : NULL;
    uint8_t *p = extend(w, &w->grants, sizeof made);
    if (!p)
        return 0;
    if (groups)
        memcpy(groups, spec->groups, size);
    memcpy(p, &made, sizeof made);
    return w->grants_count++;
}

void snapshot_writer_user(struct snapshot_writer *w, const struct snapshot_user_spec *spec)
{
    const char *text[4] = {spec->name, spec->gecos, spec->home, spec->shell};
    size_t len[4], bytes = SNAPSHOT_USER_TEXT;
    for (int i = 0; i < 4; i++) {
        len[i] = strlen(text[i]);
        bytes += len[i] + 1;
        if (len[i] > UINT16_MAX)
            fail(w, EOVERFLOW);
    }
    uint8_t *r = extend_record(w, &w->users, bytes + (spec->private_group ? 0 : 4));
    if (!r)
        return;
    put32(r + SNAPSHOT_USER_UID, spec->uid);
    put32(r + SNAPSHOT_USER_GID, spec->private_group ? spec->gid : spec->uid);
    if (!spec->private_group) {
        put16(r + SNAPSHOT_USER_FLAGS, SNAPSHOT_NO_PRIVATE_GROUP);
        put32(r + get32(r + 4) - 4, spec->gid);
    }
    put32(r + SNAPSHOT_USER_GRANTS,
          spec->grants_index); /* becomes a ref when the place of the records is known */
    put16(r + SNAPSHOT_USER_STATE, spec->state);
    put64(r + SNAPSHOT_USER_IDENTITY, spec->identity);
    uint8_t *p = r + SNAPSHOT_USER_TEXT;
    for (int i = 0; i < 4; i++) {
        put16(r + SNAPSHOT_USER_LENGTHS + 2 * i, len[i]);
        memcpy(p, text[i], len[i] + 1);
        p += len[i] + 1;
    }
    w->user_count++;
    w->active += spec->state == MEMBER_ACTIVE;
}

void snapshot_writer_keys(struct snapshot_writer *w, uint32_t uid, const struct key_list *keys)
{
    if (keys->size == 0)
        return;
    if (keys->size > KEY_LIST_SIZE_MAX || w->keys.size > UINT32_MAX / 2) {
        fail(w, EOVERFLOW);
        return;
    }
    uint8_t *owner = extend(w, &w->owners, 8);
    uint8_t *p = extend(w, &w->keys, SNAPSHOT_KEYS_OWNER + keys->size);
    if (!owner || !p)
        return;
    put32(owner, uid);
    put32(owner + 4, (uint32_t)(p - w->keys.data));
    put16(p + 4, keys->size);
    memcpy(p + SNAPSHOT_KEYS_OWNER, keys->first, keys->size);
    put32(p, (uint32_t)hash64(p + 4, 2 + keys->size) + uid);
}

/* --- laying out --- */

static const char *user_name(const uint8_t *user)
{
    return (const char *)user + SNAPSHOT_USER_TEXT;
}

static size_t user_name_len(const uint8_t *user)
{
    return (size_t)user[SNAPSHOT_USER_LENGTHS] | (size_t)user[SNAPSHOT_USER_LENGTHS + 1] << 8;
}

/* The file in the making: each part is a buffer, written one behind the other. What every login
 * reads comes first: a process that asks once pays for each stretch of the file that it touches. */
enum part {
    PART_POLICY,
    PART_RANGES,
    PART_GRANTS,
    PART_GROUPS,
    PART_TABLES,
    PART_USERS,
    PART_LISTS,
    PART_KEY_TABLE,
    PART_KEYS,
    PARTS
};

struct table {
    uint8_t *buckets;
    uint32_t count;
};

struct layout {
    uint8_t header[SNAPSHOT_HEADER];
    struct bytes groups, lists, policy, ranges, tables, key_table;
    const struct bytes *part[PARTS];
    struct table table[SNAPSHOT_TABLES];
    uint64_t start[PARTS], size;
};

static uint32_t ref_of(const struct layout *l, enum part part, size_t at)
{
    return (uint32_t)((l->start[part] + at) / 8);
}

/* Only active members are in groups, whatever their grants say. */
static bool active(const uint8_t *user)
{
    return user[SNAPSHOT_USER_STATE] == MEMBER_ACTIVE;
}

/* The grants of the user R. */
static const struct grants *grants_of(const struct snapshot_writer *w, const uint8_t *r)
{
    return (const struct grants *)(const void *)w->grants.data + get32(r + SNAPSHOT_USER_GRANTS);
}

/* The I-th group of the grants G. */
static struct group *group_of(const struct snapshot_writer *w, const struct grants *g, uint32_t i)
{
    return &w->group[((const uint32_t *)(const void *)(w->grants_groups.data + g->groups))[i]];
}

static void count_members(struct snapshot_writer *w)
{
    for (size_t at = 0; at < w->users.size; at += get32(w->users.data + at + 4)) {
        const uint8_t *r = w->users.data + at;
        const struct grants *c = grants_of(w, r);
        for (uint32_t i = 0; i < c->group_count && active(r); i++) {
            struct group *g = group_of(w, c, i);
            g->members++;
            g->names_size += user_name_len(r) + 1;
        }
    }
}

/* Empties the lists that no program could read whole. */
static void leave_out_members(struct snapshot_writer *w)
{
    for (uint32_t i = 0; i < w->group_count; i++) {
        struct group *g = &w->group[i];
        if (w->settings.group_members == GROUP_MEMBERS_AUTO &&
            !group_readable(strlen(g->name), g->members, g->names_size)) {
            g->left_out = g->members;
            g->members = 0;
            g->names_size = 0;
        }
    }
}

static void fill_members(struct snapshot_writer *w)
{
    for (size_t at = 0; at < w->users.size; at += get32(w->users.data + at + 4)) {
        const uint8_t *r = w->users.data + at;
        const struct grants *c = grants_of(w, r);
        for (uint32_t i = 0; i < c->group_count && active(r); i++) {
            struct group *g = group_of(w, c, i);
            if (g->left_out)
                continue;
            size_t size = user_name_len(r) + 1;
            g->list[SNAPSHOT_LIST_SIZES + g->filled++] = (uint8_t)size;
            memcpy(g->list + g->names_at + g->names_used, user_name(r), size);
            g->names_used += size;
        }
    }
}

/* One member list a group, into the groups' own buffers: they are filled side by side. */
static void make_lists(struct snapshot_writer *w, struct layout *l)
{
    count_members(w);
    leave_out_members(w);
    for (uint32_t i = 0; i < w->group_count; i++) {
        struct group *g = &w->group[i];
        g->names_at = round8(SNAPSHOT_LIST_SIZES + g->members);
        g->list_size = g->names_at + round8(g->names_size);
        g->list = calloc(1, g->list_size);
        if (!g->list || g->list_size > UINT32_MAX) {
            fail(w, ENOMEM);
            return;
        }
        put32(g->list + 4, (uint32_t)g->names_at);
    }
    fill_members(w);
    for (uint32_t i = 0; i < w->group_count; i++) {
        struct group *g = &w->group[i];
        put32(g->list + SNAPSHOT_LIST_CHECK,
              (uint32_t)hash64(g->list + g->names_at, g->names_size));
        seal(g->list);
        uint8_t *p = extend(w, &l->lists, g->list_size);
        if (p)
            memcpy(p, g->list, g->list_size);
        free(g->list);
        g->list = NULL;
    }
}

/* The groups' records, but for the refs of their member lists. */
static void make_groups(struct snapshot_writer *w, struct layout *l)
{
    for (uint32_t i = 0; i < w->group_count && !w->fault; i++) {
        size_t len = strlen(w->group[i].name);
        uint8_t *r = extend_record(w, &l->groups, SNAPSHOT_GROUP_NAME + len + 1 + 12);
        if (!r)
            return;
        put32(r + SNAPSHOT_GROUP_GID, w->group[i].gid);
        put32(r + SNAPSHOT_GROUP_COUNT, w->group[i].members);
        put32(r + SNAPSHOT_GROUP_BYTES, (uint32_t)w->group[i].names_size);
        put32(r + SNAPSHOT_GROUP_LENGTH, (uint32_t)len);
        memcpy(r + SNAPSHOT_GROUP_NAME, w->group[i].name, len + 1);
        put64(r + get32(r + 4) - 12, w->group[i].identity);
        put32(r + get32(r + 4) - 4, w->group[i].left_out);
    }
}

static size_t org_rules_size(const struct snapshot_writer *w)
{
    size_t size = 0;
    for (uint32_t i = 0; i < w->org_count && w->narrowed; i++)
        size += 4 + w->org_rules[i].size;
    return size;
}

static void put_org_rules(const struct snapshot_writer *w, uint8_t *p)
{
    for (uint32_t i = 0; i < w->org_count && w->narrowed; i++) {
        const struct org_rules *o = &w->org_rules[i];
        put16(p, o->narrowed);
        put16(p + 2, o->size);
        if (o->size > 0)
            memcpy(p + 4, o->text, o->size);
        p += 4 + o->size;
    }
}

static size_t glass_size(const struct snapshot_writer *w)
{
    return w->broken ? 8 * (((size_t)w->rule_count + 63) / 64) : 0;
}

static void put_break_glass(const struct snapshot_writer *w, uint8_t *p)
{
    for (size_t i = 0; i < glass_size(w) / 8; i++)
        put64(p + 8 * i, w->break_glass[i]);
}

static void make_policy(struct snapshot_writer *w, struct layout *l)
{
    size_t bytes = SNAPSHOT_POLICY_DATA + w->rules.size + org_rules_size(w);
    for (uint32_t i = 0; i < w->org_count; i++)
        bytes += 2 + strlen(w->org[i]) + 1;
    bytes += glass_size(w);
    uint8_t *r = extend_record(w, &l->policy, bytes);
    if (!r)
        return;
    put16(r + 8, w->org_count);
    put16(r + 10, w->rule_count);
    uint8_t *p = r + SNAPSHOT_POLICY_DATA;
    for (uint32_t i = 0; i < w->org_count; i++) {
        size_t len = strlen(w->org[i]);
        put16(p, len);
        memcpy(p + 2, w->org[i], len + 1);
        p += 2 + len + 1;
    }
    if (w->rules.size)
        memcpy(p, w->rules.data, w->rules.size);
    put_org_rules(w, p + w->rules.size);
    put_break_glass(w, r + get32(r + 4) - glass_size(w));
    seal(r);
}

static void make_ranges(struct snapshot_writer *w, struct layout *l)
{
    uint8_t *r = extend_record(w, &l->ranges, SNAPSHOT_RANGES_DATA + 8 * (size_t)w->org_count);
    if (!r)
        return;
    for (uint32_t i = 0; i < w->org_count; i++) {
        put32(r + SNAPSHOT_RANGES_DATA + 8 * i, w->range[i].first);
        put32(r + SNAPSHOT_RANGES_DATA + 8 * i + 4, w->range[i].last);
    }
    seal(r);
}

static void place(struct layout *l)
{
    l->size = SNAPSHOT_HEADER;
    for (int i = 0; i < PARTS; i++) {
        l->start[i] = l->size;
        l->size += l->part[i]->size;
        if (i + 1 == PART_TABLES) /* buckets fill cache lines */
            l->size = (l->size + SNAPSHOT_BUCKET - 1) / SNAPSHOT_BUCKET * SNAPSHOT_BUCKET;
    }
}

static void link_records(struct snapshot_writer *w, struct layout *l)
{
    for (size_t at = 0; at < w->users.size; at += get32(w->users.data + at + 4)) {
        uint8_t *r = w->users.data + at;
        put32(r + SNAPSHOT_USER_GRANTS, ref_of(l, PART_GRANTS, grants_of(w, r)->at));
        seal(r);
    }
    size_t list = 0, i = 0;
    for (size_t at = 0; at < l->groups.size; at += get32(l->groups.data + at + 4), i++) {
        put32(l->groups.data + at + SNAPSHOT_GROUP_LIST, ref_of(l, PART_LISTS, list));
        list += w->group[i].list_size;
        seal(l->groups.data + at);
    }
}

static void insert(struct table *t, uint64_t hash, uint32_t ref)
{
    uint32_t b = (uint32_t)(((hash >> 32) * t->count) >> 32);
    for (;; b = (b + 1) % t->count) {
        uint8_t *bucket = t->buckets + (size_t)b * SNAPSHOT_BUCKET;
        for (int i = 0; i < SNAPSHOT_BUCKET_ENTRIES; i++) {
            uint8_t *e = bucket + 8 + 8 * i;
            if (get32(e + 4) == 0) {
                put32(e, (uint32_t)hash);
                put32(e + 4, ref);
                return;
            }
        }
        put32(bucket + 4, 1);
    }
}

/* How many buckets keep ENTRIES at four to the bucket, of the seven that it holds: few overflow. */
static uint32_t buckets_for(uint32_t entries)
{
    return entries / 4 + 1;
}

/* Fills the two tables of the records in PART, whose id is at ID_AT, name at NAME_AT. */
static void index_part(struct layout *l, enum part part, struct table *names, struct table *ids,
                       size_t id_at, size_t name_at)
{
    const struct bytes *b = l->part[part];
    for (size_t at = 0; at < b->size; at += get32(b->data + at + 4)) {
        const uint8_t *r = b->data + at;
        uint32_t ref = ref_of(l, part, at);
        insert(names, hash64(r + name_at, strlen((const char *)r + name_at)), ref);
        insert(ids, hash64(r + id_at, 4), ref);
    }
}

/* The tables' room; fill_tables comes when the place of each record is known. */
static void make_tables(struct snapshot_writer *w, struct layout *l)
{
    uint32_t entries[SNAPSHOT_TABLES] = {w->user_count, w->user_count, w->group_count,
                                         w->group_count};
    size_t total = 0;
    for (int i = 0; i < SNAPSHOT_TABLES; i++)
        total += (size_t)buckets_for(entries[i]) * SNAPSHOT_BUCKET;
    uint8_t *p = extend(w, &l->tables, total);
    for (int i = 0; i < SNAPSHOT_TABLES && p; i++) {
        l->table[i] = (struct table){p, buckets_for(entries[i])};
        p += (size_t)l->table[i].count * SNAPSHOT_BUCKET;
    }
}

static void seal_buckets(const struct table *t)
{
    for (uint32_t i = 0; i < t->count; i++) {
        uint8_t *bucket = t->buckets + (size_t)i * SNAPSHOT_BUCKET;
        put32(bucket, (uint32_t)hash64(bucket + 4, SNAPSHOT_BUCKET - 4));
    }
}

static void fill_tables(struct layout *l)
{
    struct table *t = l->table;
    for (int i = 0; i < SNAPSHOT_TABLES; i++) {
        uint8_t *field = l->header + SNAPSHOT_AT_TABLES + 8 * i;
        put32(field, ref_of(l, PART_TABLES, (size_t)(t[i].buckets - l->tables.data)));
        put32(field + 4, t[i].count);
    }
    index_part(l, PART_USERS, &t[SNAPSHOT_USERS_BY_NAME], &t[SNAPSHOT_USERS_BY_ID],
               SNAPSHOT_USER_UID, SNAPSHOT_USER_TEXT);
    index_part(l, PART_GROUPS, &t[SNAPSHOT_GROUPS_BY_NAME], &t[SNAPSHOT_GROUPS_BY_ID],
               SNAPSHOT_GROUP_GID, SNAPSHOT_GROUP_NAME);
    for (int i = 0; i < SNAPSHOT_TABLES; i++)
        seal_buckets(&t[i]);
}

/* What is in front of the keys: the section's record and its table, at six users to the bucket.
 * All in it is relative to its own beginning. Without keys there is no section. */
static void make_key_table(struct snapshot_writer *w, struct layout *l)
{
    size_t buckets = w->owners.size / 8 / 6 + 1;
    if (w->owners.size == 0)
        return;
    extend(w, &w->keys, round8(w->keys.size) - w->keys.size);
    uint8_t *head = extend(w, &l->key_table, SNAPSHOT_KEYS_HEAD + buckets * SNAPSHOT_BUCKET);
    if (!head)
        return;
    put32(head + 4, SNAPSHOT_KEYS_HEAD);
    put32(head + SNAPSHOT_KEYS_BUCKETS, (uint32_t)buckets);
    seal(head);
    struct table t = {head + SNAPSHOT_KEYS_HEAD, (uint32_t)buckets};
    for (size_t at = 0; at < w->owners.size; at += 8) {
        const uint8_t *owner = w->owners.data + at;
        uint64_t hash = (hash64(owner, 4) & ~(uint64_t)UINT32_MAX) | get32(owner);
        insert(&t, hash, (uint32_t)l->key_table.size + get32(owner + 4));
    }
    seal_buckets(&t);
}

static void make_header(const struct snapshot_writer *w, struct layout *l)
{
    const struct snapshot_settings *s = &w->settings;
    uint8_t *h = l->header;
    memcpy(h, SNAPSHOT_MAGIC, 8);
    put32(h + SNAPSHOT_AT_VERSION, w->narrowed ? SNAPSHOT_VERSION : SNAPSHOT_VERSION_OLDEST);
    put32(h + SNAPSHOT_AT_FLAGS,
          (s->enumerate ? SNAPSHOT_ENUMERATE : 0U) |
              (s->group_members == GROUP_MEMBERS_NEVER ? 0U : SNAPSHOT_GROUP_MEMBERS) |
              SNAPSHOT_GROUP_LEFT_OUT | SNAPSHOT_OWNER_BLAKE2B | SNAPSHOT_GROUP_OWNERS |
              (w->broken ? SNAPSHOT_BREAK_GLASS : 0U) | (w->narrowed ? SNAPSHOT_ORG_RULES : 0U));
    put64(h + SNAPSHOT_AT_SIZE, l->size);
    put64(h + SNAPSHOT_AT_GENERATION, s->generation);
    put64(h + SNAPSHOT_AT_CREATED, (uint64_t)clock_wall_ms());
    put32(h + SNAPSHOT_AT_GRACE, s->grace_s);
    put32(h + SNAPSHOT_AT_MAX_AGE, s->max_age_ms);
    put32(h + SNAPSHOT_AT_TIMEOUT, s->timeout_ms);
    put32(h + SNAPSHOT_AT_ORGS, w->org_count);
    put32(h + SNAPSHOT_AT_ACTIVE, w->active);
    put32(h + SNAPSHOT_AT_POLICY, ref_of(l, PART_POLICY, 0));
    put32(h + SNAPSHOT_AT_RANGES, ref_of(l, PART_RANGES, 0));
    put32(h + SNAPSHOT_AT_KEYS, l->key_table.size ? ref_of(l, PART_KEY_TABLE, 0) : 0);
    put32(h + SNAPSHOT_AT_USERS, ref_of(l, PART_USERS, 0));
    put32(h + SNAPSHOT_AT_USERS + 4, w->user_count);
    put32(h + SNAPSHOT_AT_GROUPS, ref_of(l, PART_GROUPS, 0));
    put32(h + SNAPSHOT_AT_GROUPS + 4, w->group_count);
    put64(h + SNAPSHOT_AT_CHECK, hash64(h, SNAPSHOT_AT_CHECK));
    for (uint32_t i = 0; i < SNAPSHOT_ORGS_MAX; i++) {
        put64(h + SNAPSHOT_AT_CONFIRMED + 16 * i, (uint64_t)w->confirmed[i]);
        put64(h + SNAPSHOT_AT_CONFIRMED + 16 * i + 8, ~(uint64_t)w->confirmed[i]);
    }
}

static void lay_out(struct snapshot_writer *w, struct layout *l)
{
    const struct bytes *part[PARTS] = {&l->policy, &l->ranges,    &w->grants_records,
                                       &l->groups, &l->tables,    &w->users,
                                       &l->lists,  &l->key_table, &w->keys};
    memcpy(l->part, part, sizeof part);
    make_lists(w, l);
    make_groups(w, l);
    make_policy(w, l);
    make_ranges(w, l);
    make_tables(w, l);
    make_key_table(w, l);
    if (w->fault)
        return;
    place(l);
    link_records(w, l);
    fill_tables(l);
    if (l->size > SNAPSHOT_SIZE_MAX)
        fail(w, EOVERFLOW);
    make_header(w, l);
}

/* The parts, and what fills the gap before the buckets. */
static int replace(const struct layout *l, const char *path)
{
    static const uint8_t zero[SNAPSHOT_BUCKET];
    struct iovec part[2 * PARTS + 1] = {{(void *)(uintptr_t)l->header, sizeof l->header}};
    uint64_t at = SNAPSHOT_HEADER;
    for (int i = 0; i < PARTS; i++) {
        part[1 + 2 * i] = (struct iovec){(void *)(uintptr_t)zero, (size_t)(l->start[i] - at)};
        part[2 + 2 * i] = (struct iovec){l->part[i]->data, l->part[i]->size};
        at = l->start[i] + l->part[i]->size;
    }
    return snapshot_replace(path, part, 2 * PARTS + 1);
}

int snapshot_writer_publish(struct snapshot_writer *w, const char *path)
{
    struct layout *l = calloc(1, sizeof *l);
    if (!l)
        return -1;
    if (!w->fault)
        lay_out(w, l);
    int rc = -1;
    if (w->fault)
        errno = w->fault;
    else
        rc = replace(l, path);
    int saved = errno;
    free(l->groups.data);
    free(l->lists.data);
    free(l->policy.data);
    free(l->ranges.data);
    free(l->tables.data);
    free(l->key_table.data);
    free(l);
    errno = saved;
    return rc;
}
