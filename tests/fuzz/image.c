#include <assert.h>
#include <endian.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/hash.h"
#include "common/paths.h"
#include "tests/fuzz/fuzz.h"
#include "tests/lib/keys.h"
#include "tests/lib/user.h"

const char *const image_names[] = {"ada",    "mia",    "sue",    "rem",          "acme",
                                   "admins", "user10", "user29", "nobody-there", NULL};

static uint32_t get32(const uint8_t *p)
{
    uint32_t v;
    memcpy(&v, p, sizeof v);
    return le32toh(v);
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

static void write_good(const char *path)
{
    struct snapshot_settings settings = {.generation = 1,
                                         .grace_s = 3600,
                                         .max_age_ms = 10000,
                                         .timeout_ms = 300,
                                         .enumerate = true,
                                         .group_members = GROUP_MEMBERS_ALWAYS};
    struct snapshot_writer *w = snapshot_writer_new(&settings);
    uint32_t org = snapshot_writer_org(w, "acme", 1700000000000, 150000, 299999);
    snapshot_writer_org(w, "other", 0, 0, 0);
    uint32_t all = snapshot_writer_group(w, "acme", 150000, 0),
             admins = snapshot_writer_group(w, "admins", 150001, 0);
    struct rule sudo = {.org = "acme", .services = {"sudo\0su", 2}, .roles = {"admin", 1}};
    struct rule ssh = {.org = "acme", .everyone = true, .services = {"*", 1}};
    static const char own[] = "admin\0sudo\0su\0\0team:t1\0*\0";
    snapshot_writer_org_rules(w, org, &(struct org_rules){true, sizeof own, own});
    snapshot_writer_rule(w, &sudo);
    snapshot_writer_rule(w, &ssh);
    struct snapshot_grants_spec member = {
        .org = org, .roles = {"member", 1}, .groups = (const uint32_t[]){all}, .group_count = 1};
    struct snapshot_grants_spec admin = {.org = org,
                                         .roles = {"admin\0owner", 2},
                                         .permissions = {"members:view\0members:manage", 2},
                                         .groups = (const uint32_t[]){all, admins},
                                         .group_count = 2,
                                         .local_gids = (const uint32_t[]){44, 27},
                                         .local_count = 2};
    uint32_t members = snapshot_writer_grants(w, &member);
    add_user(w, 200001, "ada", MEMBER_ACTIVE, snapshot_writer_grants(w, &admin));
    add_user(w, 200002, "mia", MEMBER_ACTIVE, members);
    add_user(w, 200003, "sue", MEMBER_SUSPENDED, members);
    add_user(w, 200004, "rem", MEMBER_REMOVED, members);
    for (uint32_t i = 0; i < 30; i++) {
        char name[16];
        snprintf(name, sizeof name, "user%u", i);
        struct snapshot_user_spec user = {.uid = 200010 + i,
                                          .gid = i % 3 ? 200010 + i : 150000,
                                          .grants_index = members,
                                          .state = MEMBER_ACTIVE,
                                          .name = name,
                                          .gecos = "A Name",
                                          .home = "/home/x",
                                          .shell = "/bin/sh",
                                          .private_group = i % 3 == 1};
        uint8_t keys[KEY_LIST_SIZE_MAX];
        struct key_list list = test_keys(keys, i, i % 3, NULL);
        snapshot_writer_user(w, &user);
        snapshot_writer_keys(w, user.uid, &list);
    }
    assert(snapshot_writer_publish(w, path) == 0);
    snapshot_writer_free(w);
}

static const struct image *good_image(void)
{
    static struct image good;
    static uint8_t data[IMAGE_MAX];
    if (good.data)
        return &good;
    char path[256];
    snprintf(path, sizeof path, "%s/image.%d", ORG_STATEDIR, (int)getpid());
    mkdir(ORG_STATEDIR, 0755);
    write_good(path);
    FILE *f = fopen(path, "r");
    assert(f);
    size_t size = fread(data, 1, sizeof data, f);
    assert(size > SNAPSHOT_HEADER && size < sizeof data);
    fclose(f);
    unlink(path);
    good = (struct image){data, size};
    return &good;
}

/* --- check words --- */

/* The record at REF, when there can be one; its check word is made right. */
static uint8_t *seal_record(const struct image *m, uint32_t ref)
{
    uint64_t at = (uint64_t)ref * 8;
    if (at < SNAPSHOT_HEADER || at >= m->size || m->size - at < 8)
        return NULL;
    uint8_t *r = m->data + at;
    uint32_t n = get32(r + 4);
    if (n < 8 || n > m->size - at)
        return NULL;
    put32(r, (uint32_t)hash64(r + 4, n - 4));
    return r;
}

/* The check word over the names behind the member list of GROUP, before the list's own. */
static void seal_names(const struct image *m, const uint8_t *group)
{
    uint32_t bytes = get32(group + SNAPSHOT_GROUP_BYTES);
    uint8_t *list = seal_record(m, get32(group + SNAPSHOT_GROUP_LIST));
    if (!list || get32(list + 4) < SNAPSHOT_LIST_SIZES)
        return;
    const uint8_t *names = list + get32(list + 4);
    if (bytes <= (size_t)(m->data + m->size - names))
        put32(list + SNAPSHOT_LIST_CHECK, (uint32_t)hash64(names, bytes));
}

/* A record and, when it has room for it, the one that its field at FIELD refers to. */
static void seal_both(const struct image *m, uint32_t ref, size_t field)
{
    uint8_t *r = seal_record(m, ref);
    if (!r || get32(r + 4) < field + 4)
        return;
    if (field == SNAPSHOT_GROUP_LIST)
        seal_names(m, r);
    seal_record(m, get32(r + field));
}

static void seal_walk(const struct image *m, enum snapshot_header where, size_t field)
{
    uint32_t ref = get32(m->data + where), count = get32(m->data + where + 4);
    for (uint32_t i = 0; i < count; i++) {
        uint8_t *r = seal_record(m, ref);
        if (!r || get32(r + 4) < 8)
            return;
        seal_both(m, ref, field);
        ref += get32(r + 4) / 8;
    }
}

static void seal_table(const struct image *m, int table)
{
    const uint8_t *head = m->data + SNAPSHOT_AT_TABLES + 8 * table;
    uint64_t start = (uint64_t)get32(head) * 8;
    uint32_t buckets = get32(head + 4);
    size_t field = table < SNAPSHOT_GROUPS_BY_NAME ? SNAPSHOT_USER_GRANTS : SNAPSHOT_GROUP_LIST;
    for (uint32_t i = 0; i < buckets && start >= SNAPSHOT_HEADER && start < m->size; i++) {
        if (m->size - start < SNAPSHOT_BUCKET)
            return;
        uint8_t *b = m->data + start;
        for (int e = 0; e < SNAPSHOT_BUCKET_ENTRIES; e++)
            seal_both(m, get32(b + 12 + 8 * e), field);
        put32(b, (uint32_t)hash64(b + 4, SNAPSHOT_BUCKET - 4));
        start += SNAPSHOT_BUCKET;
    }
}

/* The lists of the keys section, and its table. */
static void seal_keys(const struct image *m)
{
    uint8_t *section = seal_record(m, get32(m->data + SNAPSHOT_AT_KEYS));
    if (!section || (size_t)(m->data + m->size - section) < SNAPSHOT_KEYS_HEAD)
        return;
    size_t left = (size_t)(m->data + m->size - section);
    uint32_t buckets = get32(section + SNAPSHOT_KEYS_BUCKETS);
    for (size_t at = SNAPSHOT_KEYS_HEAD; buckets-- > 0 && left - at >= SNAPSHOT_BUCKET;
         at += SNAPSHOT_BUCKET) {
        for (uint8_t *e = section + at + 8; e < section + at + SNAPSHOT_BUCKET; e += 8) {
            uint32_t owner = get32(e + 4);
            if (owner > left || left - owner < SNAPSHOT_KEYS_OWNER)
                continue;
            size_t size = (size_t)section[owner + 4] | (size_t)section[owner + 5] << 8;
            if (size <= left - owner - SNAPSHOT_KEYS_OWNER)
                put32(section + owner, (uint32_t)hash64(section + owner + 4, 2 + size) + get32(e));
        }
        put32(section + at, (uint32_t)hash64(section + at + 4, SNAPSHOT_BUCKET - 4));
    }
}

static void seal(const struct image *m)
{
    if (m->size < SNAPSHOT_HEADER)
        return;
    memcpy(m->data, SNAPSHOT_MAGIC, 8);
    put32(m->data + SNAPSHOT_AT_VERSION, SNAPSHOT_VERSION);
    put64(m->data + SNAPSHOT_AT_SIZE, m->size);
    seal_record(m, get32(m->data + SNAPSHOT_AT_POLICY));
    seal_record(m, get32(m->data + SNAPSHOT_AT_RANGES));
    seal_walk(m, SNAPSHOT_AT_USERS, SNAPSHOT_USER_GRANTS);
    seal_walk(m, SNAPSHOT_AT_GROUPS, SNAPSHOT_GROUP_LIST);
    for (int table = 0; table < SNAPSHOT_TABLES; table++)
        seal_table(m, table);
    seal_keys(m);
    put64(m->data + SNAPSHOT_AT_CHECK, hash64(m->data, SNAPSHOT_AT_CHECK));
}

static void change(struct image *m, struct input *in)
{
    while (in->left > 0) {
        uint32_t place = input_number(in, 2), value = input_number(in, 4);
        if (place >= m->size)
            m->size = place % (m->size + 1);
        else if (m->size - place >= 4)
            put32(m->data + place, value);
    }
}

struct image image_of(struct input *in)
{
    const struct image *good = good_image();
    bool changes = input_number(in, 1) & 1;
    size_t size = changes ? good->size : in->left < IMAGE_MAX ? in->left : IMAGE_MAX;
    struct image m = {malloc(size + 1), size};
    assert(m.data);
    if (changes) {
        memcpy(m.data, good->data, size);
        change(&m, in);
    } else {
        input_take(in, m.data, size);
    }
    seal(&m);
    /* At its very size, so that one byte beyond is seen. */
    uint8_t *exact = malloc(m.size + (m.size == 0));
    assert(exact);
    memcpy(exact, m.data, m.size);
    free(m.data);
    m.data = exact;
    return m;
}

void image_put(const struct image *image, const char *path)
{
    char temp[256];
    snprintf(temp, sizeof temp, "%s.%d", path, (int)getpid());
    int fd = open(temp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    assert(fd >= 0 && write(fd, image->data, image->size) == (ssize_t)image->size);
    close(fd);
    assert(rename(temp, path) == 0);
}
