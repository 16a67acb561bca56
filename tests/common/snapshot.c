/* The snapshot: what the writer writes the reader reads, and whatever happens to the file, a reader
 * says the truth or nothing. */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/hash.h"
#include "common/snapshot.h"
#include "common/snapshot_writer.h"
#include "tests/lib/keys.h"
#include "tests/lib/unit.h"
#include "tests/lib/user.h"

#define USERS 300

static char dir[] = "/tmp/orglogin-snapshot.XXXXXX", path[64];

static void user_spec(int i, struct snapshot_user_spec *u, char text[4][64])
{
    snprintf(text[0], 64, "user%d", i);
    snprintf(text[1], 64, "User Number %d", i);
    snprintf(text[2], 64, "/home/user%d", i);
    snprintf(text[3], 64, "/bin/bash");
    *u = (struct snapshot_user_spec){.uid = 200000 + (uint32_t)i * 7919,
                                     .gid = 200000 + (uint32_t)i * 7919,
                                     .state = MEMBER_ACTIVE,
                                     .name = text[0],
                                     .gecos = text[1],
                                     .home = text[2],
                                     .shell = text[3],
                                     .private_group = true};
}

/* The I-th user's: every third one has none, others one or two, of which the last may end. */
static struct key_list keys_of(int i, uint8_t *buffer)
{
    static const int64_t end_ms = 1900000000000;
    return test_keys(buffer, (uint32_t)i, (unsigned)i % 3, i % 4 ? NULL : &end_ms);
}

static struct snapshot_writer *make(uint64_t generation, int users)
{
    struct snapshot_settings settings = {.generation = generation,
                                         .grace_s = 3600,
                                         .max_age_ms = 10000,
                                         .timeout_ms = 2000,
                                         .enumerate = true,
                                         .group_members = GROUP_MEMBERS_ALWAYS};
    struct snapshot_writer *w = snapshot_writer_new(&settings);
    uint32_t org = snapshot_writer_org(w, "acme", 1234567, 150000, 9999999);
    uint32_t everyone = snapshot_writer_group(w, "acme", 150000, 0),
             admins = snapshot_writer_group(w, "acme-admins", 150001, 0);
    struct rule rule = {.org = "acme",
                        .services = {"sshd\0login", 2},
                        .roles = {"member", 1},
                        .permissions = {"billing", 1}};
    snapshot_writer_rule(w, &rule);
    for (int i = 0; i < users; i++) {
        struct snapshot_grants_spec grants = {
            .org = org,
            .roles = {i % 10 ? "member" : "admin\0member", i % 10 ? 1 : 2},
            .groups = (const uint32_t[]){everyone, admins},
            .group_count = i % 10 ? 1 : 2,
            .local_gids = (const uint32_t[]){44},
            .local_count = i % 10 ? 0 : 1};
        struct snapshot_user_spec u;
        char text[4][64];
        user_spec(i, &u, text);
        u.grants_index = snapshot_writer_grants(w, &grants);
        uint8_t keys[KEY_LIST_SIZE_MAX];
        struct key_list list = keys_of(i, keys);
        snapshot_writer_user(w, &u);
        snapshot_writer_keys(w, u.uid, &list);
    }
    return w;
}

static void publish(uint64_t generation, int users)
{
    struct snapshot_writer *w = make(generation, users);
    assert_int_equal(snapshot_writer_publish(w, path), 0);
    snapshot_writer_free(w);
}

static enum snapshot_result check_members(const struct snapshot *s, const struct snapshot_group *g,
                                          uint32_t step)
{
    char **member = calloc(g->member_count + 1, sizeof *member);
    char *names = malloc(g->members_size + 1);
    enum snapshot_result rc = snapshot_members(s, g, member, names);
    for (uint32_t i = 0; i < g->member_count && rc == SNAPSHOT_OK; i++) {
        char want[64];
        snprintf(want, sizeof want, "user%u", i * step);
        assert_string_equal(member[i], want);
    }
    assert_int_not_equal(rc, SNAPSHOT_ABSENT);
    free(member);
    free(names);
    return rc;
}

/* Asserts that the grants of the I-th user are as published. True when that could not be told. */
static bool check_class(const struct snapshot *s, const struct snapshot_user *u, int i)
{
    struct snapshot_grants grants;
    gid_t gid;
    enum snapshot_result rc = snapshot_grants(s, u->grants_ref, &grants);
    assert_int_not_equal(rc, SNAPSHOT_ABSENT);
    if (rc != SNAPSHOT_OK)
        return rc == SNAPSHOT_UNAVAILABLE;
    assert_int_equal(text_list_has(&grants.roles, "admin"), i % 10 == 0);
    assert_true(text_list_has(&grants.roles, "member"));
    assert_int_equal(grants.gid_count, i % 10 ? 1 : 3);
    assert_true(snapshot_gid(&grants, 0, &gid));
    assert_int_equal(gid, 150000);
    return false;
}

/* The same of the I-th user, found by name or by number; below 0 he is none. Returns how many
 * answers were "unavailable". */
static int check_user(const struct snapshot *s, int i, bool by_id)
{
    struct snapshot_user_spec want;
    struct snapshot_user u;
    char text[4][64];
    user_spec(i < 0 ? 100000 - i : i, &want, text);
    enum snapshot_result rc = by_id ? snapshot_user_by_uid(s, want.uid, &u)
                                    : snapshot_user_by_name(s, want.name, strlen(want.name), &u);
    if (rc == SNAPSHOT_UNAVAILABLE)
        return 1;
    assert_int_equal(rc, i < 0 ? SNAPSHOT_ABSENT : SNAPSHOT_OK);
    if (i < 0)
        return 0;
    assert_int_equal(u.uid, want.uid);
    assert_string_equal(u.name, want.name);
    assert_string_equal(u.gecos, want.gecos);
    assert_string_equal(u.home, want.home);
    assert_string_equal(u.shell, want.shell);
    assert_int_equal(u.state, MEMBER_ACTIVE);
    return check_class(s, &u, i);
}

/* The same of the I-th user's keys. */
static int check_keys(const struct snapshot *s, int i)
{
    struct snapshot_user_spec want;
    char text[4][64];
    uint8_t buffer[KEY_LIST_SIZE_MAX];
    struct key_list keys = {(const uint8_t *)text, 1}, wanted = {0};
    user_spec(i < 0 ? 100000 - i : i, &want, text);
    if (i >= 0)
        wanted = keys_of(i, buffer);
    enum snapshot_result rc = snapshot_keys(s, want.uid, &keys);
    if (rc != SNAPSHOT_OK)
        assert_int_equal(keys.size, 0);
    if (rc == SNAPSHOT_UNAVAILABLE)
        return 1;
    assert_int_equal(rc, wanted.size ? SNAPSHOT_OK : SNAPSHOT_ABSENT);
    if (rc == SNAPSHOT_ABSENT)
        return 0;
    assert_int_equal(keys.size, wanted.size);
    assert_memory_equal(keys.first, wanted.first, wanted.size);
    assert_true(key_list_valid(&keys));
    return 0;
}

/* The same of the groups of USERS users. */
static int check_groups(const struct snapshot *s, int users)
{
    int unavailable = 0;
    struct snapshot_group g;
    const char *names[] = {"acme", "acme-admins"};
    for (uint32_t i = 0; i < 4; i++) {
        enum snapshot_result rc = i < 2 ? snapshot_group_by_name(s, names[i], strlen(names[i]), &g)
                                        : snapshot_group_by_gid(s, 150000 + i - 2, &g);
        assert_int_not_equal(rc, SNAPSHOT_ABSENT);
        unavailable += rc == SNAPSHOT_UNAVAILABLE;
        if (rc != SNAPSHOT_OK)
            continue;
        assert_int_equal(g.gid, 150000 + i % 2);
        assert_string_equal(g.name, names[i % 2]);
        assert_int_equal(g.member_count, i % 2 ? (users + 9) / 10 : users);
        unavailable += check_members(s, &g, i % 2 ? 10 : 1) == SNAPSHOT_UNAVAILABLE;
    }
    return unavailable;
}

static bool check_policy(const struct snapshot *s)
{
    struct snapshot_policy policy;
    enum snapshot_result rc = snapshot_policy(s, &policy);
    assert_int_not_equal(rc, SNAPSHOT_ABSENT);
    if (rc != SNAPSHOT_OK)
        return rc == SNAPSHOT_UNAVAILABLE;
    assert_int_equal(policy.rules.count, 1);
    assert_string_equal(policy.org[0], "acme");
    assert_true(text_list_has(&policy.rules.rule[0].services, "login"));
    assert_true(text_list_has(&policy.rules.rule[0].roles, "member"));
    assert_true(text_list_has(&policy.rules.rule[0].permissions, "billing"));
    assert_false(policy.rules.rule[0].everyone);
    return false;
}

/* Asserts that what the snapshot says is true. Returns how many answers were "unavailable". */
static int check_answers(const struct snapshot *s, int users)
{
    int unavailable = 0;
    for (int i = -2; i<users; i += users> 50 ? 17 : 1)
        unavailable += check_user(s, i, false) + check_user(s, i, true) + check_keys(s, i);
    return unavailable + check_groups(s, users) + check_policy(s);
}

static void snapshot_answers_what_was_published(void **state)
{
    (void)state;
    const int sizes[] = {0, 1, 2, 28, 29, USERS, 5000};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        publish(i + 1, sizes[i]);
        struct snapshot s;
        const char *why;
        assert_int_equal(snapshot_open(&s, path, &why), SNAPSHOT_OK);
        assert_int_equal(snapshot_u64(&s, SNAPSHOT_AT_GENERATION), i + 1);
        assert_int_equal(snapshot_u32(&s, SNAPSHOT_AT_ACTIVE), sizes[i]);
        assert_int_equal(check_answers(&s, sizes[i]), 0);
        uint64_t cursor = 0;
        struct snapshot_user u;
        int walked = 0;
        while (snapshot_next_user(&s, &cursor, &u) == SNAPSHOT_OK)
            walked++;
        assert_int_equal(walked, sizes[i]);
        snapshot_close(&s);
    }
}

static void mapped_snapshot_sees_confirmation_and_supersession(void **state)
{
    (void)state;
    publish(1, 3);
    struct snapshot s;
    const char *why;
    assert_int_equal(snapshot_open(&s, path, &why), SNAPSHOT_OK);
    assert_false(snapshot_superseded(&s));
    assert_int_equal(snapshot_confirmed(&s, 0), 1234567);
    assert_int_equal(snapshot_confirmed(&s, 99), 0);
    assert_int_equal(snapshot_mark_confirmed(path, 0, 7654321), 0);
    assert_int_equal(snapshot_confirmed(&s, 0), 7654321);
    publish(2, 3);
    assert_true(snapshot_superseded(&s));
    assert_int_equal(check_answers(&s, 3), 0); /* the old mapping stays whole */
    snapshot_close(&s);
    assert_int_equal(snapshot_mark_confirmed("/nonexistent/snapshot", 0, 1), -1);
}

/* A confirmation that was damaged counts as none. */
static void damaged_confirmation_counts_as_none(void **state)
{
    (void)state;
    publish(1, 3);
    int fd = open(path, O_WRONLY);
    uint64_t word = 99999999999999ULL;
    assert_int_equal(pwrite(fd, &word, sizeof word, SNAPSHOT_AT_CONFIRMED), sizeof word);
    close(fd);
    struct snapshot s;
    const char *why;
    assert_int_equal(snapshot_open(&s, path, &why), SNAPSHOT_OK);
    assert_int_equal(snapshot_confirmed(&s, 0), 0);
    snapshot_close(&s);
}

static unsigned char *content;
static size_t content_size;

static void read_content(void)
{
    struct stat st;
    int fd = open(path, O_RDONLY);
    assert_int_equal(fstat(fd, &st), 0);
    content_size = (size_t)st.st_size;
    content = malloc(content_size);
    assert_int_equal(read(fd, content, content_size), content_size);
    close(fd);
}

static void write_content(const unsigned char *data, size_t size)
{
    int fd = open(path, O_WRONLY | O_TRUNC);
    assert_int_equal(write(fd, data, size), size);
    close(fd);
}

static void copy_file(const char *from, const char *to)
{
    unsigned char data[8192];
    int fd = open(from, O_RDONLY);
    ssize_t size = read(fd, data, sizeof data);
    assert_true(size > SNAPSHOT_HEADER && size < (ssize_t)sizeof data);
    close(fd);
    fd = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    assert_int_equal(write(fd, data, (size_t)size), size);
    close(fd);
}

static void snapshot_truncated_anywhere_is_refused(void **state)
{
    (void)state;
    publish(1, 20);
    read_content();
    for (size_t size = 0; size < content_size; size++) {
        write_content(content, size);
        struct snapshot s;
        const char *why = NULL;
        assert_int_equal(snapshot_open(&s, path, &why), SNAPSHOT_UNAVAILABLE);
        assert_non_null(why);
        assert_null(s.base);
    }
    free(content);
}

/* Random bytes in random places, also where offsets and counts are. The seed is printed, so that a
 * failure can be had again. */
static void randomly_damaged_snapshot_gives_no_wrong_answer(void **state)
{
    (void)state;
    unsigned seed = (unsigned)getpid();
    print_message("# seed %u\n", seed);
    publish(1, USERS);
    read_content();
    int refused = 0, unavailable = 0;
    for (int round = 0; round < 3000; round++) {
        unsigned char *copy = malloc(content_size);
        memcpy(copy, content, content_size);
        int bytes = 1 + rand_r(&seed) % 4;
        for (int i = 0; i < bytes; i++) {
            size_t range = rand_r(&seed) % 3 ? content_size : SNAPSHOT_HEADER;
            copy[(size_t)rand_r(&seed) % range] = (unsigned char)rand_r(&seed);
        }
        write_content(copy, content_size);
        free(copy);
        struct snapshot s;
        const char *why;
        if (snapshot_open(&s, path, &why) != SNAPSHOT_OK) {
            refused++;
            continue;
        }
        unavailable += check_answers(&s, USERS) > 0;
        snapshot_close(&s);
    }
    free(content);
    assert_true(refused > 50);
    assert_true(unavailable > 300);
}

/* The file is rubbish from end to end, but its header is right: nothing but "unavailable" may come
 * out, and no crash. */
static void garbage_behind_a_good_header_gives_no_wrong_answer(void **state)
{
    (void)state;
    unsigned seed = 4711;
    publish(1, USERS);
    read_content();
    for (int round = 0; round < 20; round++) {
        for (size_t i = SNAPSHOT_HEADER; i < content_size; i++)
            content[i] = (unsigned char)rand_r(&seed);
        write_content(content, content_size);
        struct snapshot s;
        const char *why;
        assert_int_equal(snapshot_open(&s, path, &why), SNAPSHOT_OK);
        assert_true(check_answers(&s, USERS) > 0);
        snapshot_close(&s);
    }
    free(content);
}

static void put_u32(unsigned char *p, uint32_t v)
{
    for (int i = 0; i < 4; i++)
        p[i] = (unsigned char)(v >> 8 * i);
}

static void seal_header(unsigned char *image)
{
    uint64_t check = htole64(hash64(image, SNAPSHOT_AT_CHECK));
    memcpy(image + SNAPSHOT_AT_CHECK, &check, sizeof check);
}

/* Headers that are wrong under a right check word; the last file is larger than any can be. */
static void snapshot_with_a_wrong_header_is_refused_with_its_reason(void **state)
{
    (void)state;
    static const struct {
        size_t at;
        uint32_t value;
        off_t size;
        const char *why;
    } wrong[] = {{SNAPSHOT_AT_MAGIC, 0, 0, "is not a snapshot"},
                 {SNAPSHOT_AT_VERSION, SNAPSHOT_VERSION_OLDEST - 1, 0, "is of another version"},
                 {SNAPSHOT_AT_VERSION, SNAPSHOT_VERSION + 1, 0, "is of another version"},
                 {SNAPSHOT_AT_ORGS, SNAPSHOT_ORGS_MAX + 1, 0, "has too many organizations"},
                 {SNAPSHOT_AT_SIZE, 8, 0, "is truncated"},
                 {SNAPSHOT_AT_SIZE + 4, 8, (off_t)SNAPSHOT_SIZE_MAX + 8, "is truncated"}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct snapshot s;
        const char *why;
        publish(1, 3);
        read_content();
        put_u32(content + wrong[i].at, wrong[i].value);
        if (wrong[i].size)
            put_u32(content + SNAPSHOT_AT_SIZE, 8);
        seal_header(content);
        write_content(content, content_size);
        free(content);
        if (wrong[i].size)
            assert_int_equal(truncate(path, wrong[i].size), 0);
        assert_int_equal(snapshot_open(&s, path, &why), SNAPSHOT_UNAVAILABLE);
        assert_string_equal(why, wrong[i].why);
    }
}

/* What a file of CONTENT says of the members of "acme". */
static enum snapshot_result members_of_acme(void)
{
    struct snapshot s;
    struct snapshot_group g;
    const char *why;
    write_content(content, content_size);
    assert_int_equal(snapshot_open(&s, path, &why), SNAPSHOT_OK);
    enum snapshot_result rc = snapshot_group_by_name(&s, "acme", 4, &g);
    if (rc == SNAPSHOT_OK)
        rc = check_members(&s, &g, 1);
    snapshot_close(&s);
    return rc;
}

/* One byte of a member list that is wrong, and lists that are wrong under right check words. */
static void damaged_member_list_is_unavailable(void **state)
{
    (void)state;
    struct snapshot s;
    struct snapshot_group g;
    const char *why;
    publish(1, 20);
    read_content();
    assert_int_equal(snapshot_open(&s, path, &why), SNAPSHOT_OK);
    assert_int_equal(snapshot_group_by_name(&s, "acme", 4, &g), SNAPSHOT_OK);
    assert_int_equal(g.member_count, 20);
    snapshot_close(&s);
    unsigned char *list = content + (size_t)g.list_ref * 8, *sizes = list + SNAPSHOT_LIST_SIZES;
    size_t size = (SNAPSHOT_LIST_SIZES + 20 + 7) / 8 * 8;
    for (size_t i = 0; i < size + g.members_size; i++) {
        list[i] ^= 0x20;
        assert_int_equal(members_of_acme(), SNAPSHOT_UNAVAILABLE);
        list[i] ^= 0x20;
    }
    assert_int_equal(members_of_acme(), SNAPSHOT_OK);
    static const struct {
        int at, by, also, also_by;   /* sizes that are changed */
        unsigned char last;          /* the last byte of the names */
    } wrong[] = {{0, 1, 0, 0, 0},    /* they end behind the names */
                 {0, -1, 0, 0, 0},   /* before their end */
                 {19, -7, 18, 7, 0}, /* the last has no place: "user19" and its NUL */
                 {0, 0, 0, 0, 'x'}}; /* the last has no end */
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        sizes[wrong[i].at] = (unsigned char)(sizes[wrong[i].at] + wrong[i].by);
        sizes[wrong[i].also] = (unsigned char)(sizes[wrong[i].also] + wrong[i].also_by);
        list[size + g.members_size - 1] = wrong[i].last;
        put_u32(list + SNAPSHOT_LIST_CHECK, (uint32_t)hash64(list + size, g.members_size));
        put_u32(list, (uint32_t)hash64(list + 4, size - 4));
        assert_int_equal(members_of_acme(), SNAPSHOT_UNAVAILABLE);
        sizes[wrong[i].at] = (unsigned char)(sizes[wrong[i].at] - wrong[i].by);
        sizes[wrong[i].also] = (unsigned char)(sizes[wrong[i].also] - wrong[i].also_by);
    }
    free(content);
}

static uint32_t get_u32(const unsigned char *p)
{
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

enum piece { HEADER, USER, GROUP, GRANTS, POLICY, PIECES };

/* Where in CONTENT the records of user1, of his grants, of the group "acme" and the policy are. */
static void find_pieces(size_t at[PIECES])
{
    struct snapshot s;
    struct snapshot_user u;
    struct snapshot_group g;
    const char *why;
    assert_int_equal(snapshot_open(&s, path, &why), SNAPSHOT_OK);
    assert_int_equal(snapshot_user_by_name(&s, "user1", 5, &u), SNAPSHOT_OK);
    assert_int_equal(snapshot_group_by_name(&s, "acme", 4, &g), SNAPSHOT_OK);
    at[HEADER] = 0;
    at[USER] = (size_t)((const uint8_t *)u.name - SNAPSHOT_USER_TEXT - s.base);
    at[GROUP] = (size_t)((const uint8_t *)g.name - SNAPSHOT_GROUP_NAME - s.base);
    at[GRANTS] = (size_t)u.grants_ref * 8;
    at[POLICY] = (size_t)snapshot_u32(&s, SNAPSHOT_AT_POLICY) * 8;
    snapshot_close(&s);
}

/* Does a file that is IMAGE say all that it should? What it says is true. */
static bool all_known(const unsigned char *image)
{
    struct snapshot s;
    struct snapshot_user u;
    const char *why;
    uint64_t cursor = 0;
    enum snapshot_result rc;
    write_content(image, content_size);
    assert_int_equal(snapshot_open(&s, path, &why), SNAPSHOT_OK);
    int unknown = check_answers(&s, 20), walked = 0;
    struct snapshot_grants grants;
    if (snapshot_user_by_name(&s, "user1", 5, &u) == SNAPSHOT_OK)
        unknown += snapshot_grants_groups(&s, u.grants_ref, &grants) != SNAPSHOT_OK;
    while ((rc = snapshot_next_user(&s, &cursor, &u)) == SNAPSHOT_OK)
        walked++;
    snapshot_close(&s);
    return unknown == 0 && rc == SNAPSHOT_ABSENT && walked == 20;
}

/* One number in a file whose check words are right. */
enum {
    ORG = SNAPSHOT_POLICY_DATA,
    RULE = ORG + 2 + 5,
    SERVICES = RULE + 4,
    ROLES = SERVICES + 15,
    PERMISSIONS = ROLES + 11
};

static const struct {
    enum piece piece;
    size_t at, width;
    uint32_t value;
} wrong_number[] = {
    {USER, SNAPSHOT_USER_UID, 4, 999},
    {USER, SNAPSHOT_USER_GID, 4, 27},
    {USER, SNAPSHOT_USER_GRANTS, 4, 0},
    {USER, SNAPSHOT_USER_GRANTS, 4, UINT32_MAX},
    {USER, SNAPSHOT_USER_STATE, 2, 0},
    {USER, SNAPSHOT_USER_STATE, 2, MEMBER_REMOVED + 1},
    {USER, SNAPSHOT_USER_LENGTHS, 2, 4},
    {USER, SNAPSHOT_USER_LENGTHS, 2, 6},
    {USER, SNAPSHOT_USER_LENGTHS + 2, 2, 12},
    {USER, SNAPSHOT_USER_LENGTHS + 4, 2, 10},
    {USER, SNAPSHOT_USER_LENGTHS + 6, 2, 8},
    {USER, SNAPSHOT_USER_LENGTHS + 6, 2, UINT16_MAX},
    {GROUP, SNAPSHOT_GROUP_GID, 4, 27},
    {GROUP, SNAPSHOT_GROUP_COUNT, 4, UINT32_MAX},
    {GROUP, SNAPSHOT_GROUP_BYTES, 4, UINT32_MAX},
    {GROUP, SNAPSHOT_GROUP_LIST, 4, 0},
    {GROUP, SNAPSHOT_GROUP_LIST, 4, UINT32_MAX},
    {GROUP, SNAPSHOT_GROUP_LENGTH, 4, 3},
    {GROUP, SNAPSHOT_GROUP_LENGTH, 4, UINT32_MAX},
    {GROUP, SNAPSHOT_GROUP_NAME, 1, 'A'},
    {GRANTS, SNAPSHOT_GRANTS_ROLES, 2, 9},
    {GRANTS, SNAPSHOT_GRANTS_PERMISSIONS, 2, UINT16_MAX},
    {GRANTS, SNAPSHOT_GRANTS_GIDS, 2, UINT16_MAX},
    {GRANTS, SNAPSHOT_GRANTS_LOCAL, 2, UINT16_MAX},
    {POLICY, 8, 2, SNAPSHOT_ORGS_MAX + 1},
    {POLICY, 10, 2, 2},
    {POLICY, 10, 2, RULES_MAX + 1},
    {POLICY, ORG, 2, 3},
    {POLICY, ORG, 2, 5},
    {POLICY, ORG, 2, UINT16_MAX},
    {POLICY, ORG + 2, 1, 'A'},
    {POLICY, RULE, 2, 1},
    {POLICY, SERVICES, 2, 3},
    {POLICY, SERVICES + 2, 2, UINT16_MAX},
    {POLICY, ROLES, 2, 9},
    {POLICY, PERMISSIONS + 2, 2, UINT16_MAX},
    {HEADER, SNAPSHOT_AT_POLICY, 4, 0},
    {HEADER, SNAPSHOT_AT_USERS, 4, 0},
    {HEADER, SNAPSHOT_AT_USERS + 4, 4, 21},
    {HEADER, SNAPSHOT_AT_TABLES, 4, 0},
    {HEADER, SNAPSHOT_AT_TABLES, 4, UINT32_MAX},
    {HEADER, SNAPSHOT_AT_TABLES + 4, 4, 0},
    {HEADER, SNAPSHOT_AT_TABLES + 4, 4, UINT32_MAX},
};

/* Whoever made the file, its check words are right, and one number in it is wrong. */
static void wrong_number_under_a_right_check_word_is_unavailable(void **state)
{
    (void)state;
    size_t at[PIECES];
    publish(1, 20);
    read_content();
    find_pieces(at);
    assert_true(all_known(content));
    unsigned char *image = malloc(content_size);
    alarm(60);
    for (size_t i = 0; i < sizeof wrong_number / sizeof *wrong_number; i++) {
        unsigned char *r = image + at[wrong_number[i].piece];
        memcpy(image, content, content_size);
        for (size_t n = 0; n < wrong_number[i].width; n++)
            r[wrong_number[i].at + n] = (unsigned char)(wrong_number[i].value >> 8 * n);
        if (wrong_number[i].piece == HEADER)
            seal_header(image);
        else
            put_u32(r, (uint32_t)hash64(r + 4, get_u32(r + 4) - 4));
        if (all_known(image))
            fail_msg("number %zu", i);
    }
    alarm(0);
    free(image);
    free(content);
}

/* A group that has more or fewer members, or longer or shorter names, than its list. */
static void group_that_contradicts_its_list_is_unavailable(void **state)
{
    (void)state;
    size_t at[PIECES];
    publish(1, USERS);
    read_content();
    find_pieces(at);
    unsigned char *r = content + at[GROUP];
    const uint32_t count = get_u32(r + SNAPSHOT_GROUP_COUNT),
                   bytes = get_u32(r + SNAPSHOT_GROUP_BYTES);
    const struct {
        uint32_t count, bytes;
    } wrong[] = {{0, bytes},         {count - 1, bytes}, {count + 1, bytes},
                 {count, bytes - 7}, {count, bytes + 8}, {count, (uint32_t)content_size}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        put_u32(r + SNAPSHOT_GROUP_COUNT, wrong[i].count);
        put_u32(r + SNAPSHOT_GROUP_BYTES, wrong[i].bytes);
        put_u32(r, (uint32_t)hash64(r + 4, get_u32(r + 4) - 4));
        assert_int_equal(members_of_acme(), SNAPSHOT_UNAVAILABLE);
    }
    free(content);
}

/* A record with a name that nobody may have is not found by another way either. */
static void user_with_an_invalid_name_is_unavailable(void **state)
{
    (void)state;
    size_t at[PIECES];
    publish(1, 20);
    read_content();
    find_pieces(at);
    unsigned char *r = content + at[USER];
    r[SNAPSHOT_USER_TEXT] = 'U';
    put_u32(r, (uint32_t)hash64(r + 4, get_u32(r + 4) - 4));
    write_content(content, content_size);
    free(content);
    struct snapshot s;
    struct snapshot_user u;
    const char *why;
    uint64_t cursor = 0;
    assert_int_equal(snapshot_open(&s, path, &why), SNAPSHOT_OK);
    assert_int_equal(snapshot_user_by_uid(&s, 200000 + 7919, &u), SNAPSHOT_UNAVAILABLE);
    assert_int_equal(snapshot_next_user(&s, &cursor, &u), SNAPSHOT_OK);
    assert_int_equal(snapshot_next_user(&s, &cursor, &u), SNAPSHOT_UNAVAILABLE);
    snapshot_close(&s);
}

/* An entry of TABLE, in an empty place where a key of HASH is looked for, that leads to REF. */
static void forge(unsigned char *image, enum snapshot_table table, uint64_t hash, uint32_t ref)
{
    const unsigned char *head = image + SNAPSHOT_AT_TABLES + 8 * (size_t)table;
    uint64_t n = ((hash >> 32) * get_u32(head + 4)) >> 32;
    unsigned char *bucket = image + (size_t)get_u32(head) * 8 + n * SNAPSHOT_BUCKET;
    unsigned char *e = bucket + 8 + 8 * (SNAPSHOT_BUCKET_ENTRIES - 1);
    assert_int_equal(get_u32(e + 4), 0);
    put_u32(e, (uint32_t)hash);
    put_u32(e + 4, ref);
    put_u32(bucket, (uint32_t)hash64(bucket + 4, SNAPSHOT_BUCKET - 4));
}

/* Two keys of one hash: the record that is found first is another's. REF 0 is no record. */
static void record_found_by_a_colliding_hash_is_absent(void **state)
{
    (void)state;
    const uint32_t id = htole32(4711);
    size_t at[PIECES];
    publish(1, 20);
    read_content();
    find_pieces(at);
    for (int none = 0; none < 2; none++) {
        uint32_t user = none ? 0 : (uint32_t)(at[USER] / 8),
                 group = none ? 0 : (uint32_t)(at[GROUP] / 8);
        unsigned char *image = malloc(content_size);
        memcpy(image, content, content_size);
        forge(image, SNAPSHOT_USERS_BY_NAME, hash64("user", 4), user);
        forge(image, SNAPSHOT_USERS_BY_ID, hash64(&id, sizeof id), user);
        forge(image, SNAPSHOT_GROUPS_BY_NAME, hash64("ac", 2), group);
        forge(image, SNAPSHOT_GROUPS_BY_ID, hash64(&id, sizeof id), group);
        write_content(image, content_size);
        free(image);
        struct snapshot s;
        struct snapshot_user u;
        struct snapshot_group g;
        const char *why;
        assert_int_equal(snapshot_open(&s, path, &why), SNAPSHOT_OK);
        assert_int_equal(snapshot_user_by_name(&s, "user", 4, &u), SNAPSHOT_ABSENT);
        assert_int_equal(snapshot_user_by_uid(&s, 4711, &u), SNAPSHOT_ABSENT);
        assert_int_equal(snapshot_group_by_name(&s, "ac", 2, &g), SNAPSHOT_ABSENT);
        assert_int_equal(snapshot_group_by_gid(&s, 4711, &g), SNAPSHOT_ABSENT);
        snapshot_close(&s);
    }
    free(content);
}

/* Every bucket says that there is more in the next: a search ends where it began. */
static void lookup_ends_when_every_bucket_overflows(void **state)
{
    (void)state;
    publish(1, USERS);
    read_content();
    for (int table = 0; table < SNAPSHOT_TABLES; table++) {
        const unsigned char *head = content + SNAPSHOT_AT_TABLES + 8 * table;
        unsigned char *bucket = content + (size_t)get_u32(head) * 8;
        for (uint32_t n = 0; n < get_u32(head + 4); n++, bucket += SNAPSHOT_BUCKET) {
            put_u32(bucket + 4, 1);
            put_u32(bucket, (uint32_t)hash64(bucket + 4, SNAPSHOT_BUCKET - 4));
        }
    }
    write_content(content, content_size);
    free(content);
    struct snapshot s;
    struct snapshot_user u;
    const char *why;
    assert_int_equal(snapshot_open(&s, path, &why), SNAPSHOT_OK);
    alarm(60);
    assert_int_equal(check_answers(&s, USERS), 0);
    for (uint32_t uid = 1000; uid < 1200; uid++) /* from any bucket */
        assert_int_equal(snapshot_user_by_uid(&s, uid, &u), SNAPSHOT_ABSENT);
    alarm(0);
    snapshot_close(&s);
}

/* What does not fit into the last bucket goes on in the first. */
static void full_last_bucket_goes_on_in_the_first(void **state)
{
    (void)state;
    enum { MANY = 10, BUCKETS = MANY / 4 + 1 };
    struct snapshot_settings settings = {.generation = 1};
    struct snapshot_writer *w = snapshot_writer_new(&settings);
    struct snapshot_grants_spec spec = {.org = snapshot_writer_org(w, "acme", 0, 0, 0)};
    uint32_t grants = snapshot_writer_grants(w, &spec), ids[MANY];
    for (uint32_t id = 200000, n = 0; n < MANY; id++) {
        uint32_t le = htole32(id);
        char name[16];
        if ((hash64(&le, sizeof le) >> 32) * BUCKETS >> 32 != BUCKETS - 1)
            continue;
        snprintf(name, sizeof name, "user%u", id);
        struct snapshot_user_spec u = {id,  id,        grants, MEMBER_ACTIVE, name, "",
                                       "/", "/bin/sh", 0,      true};
        snapshot_writer_user(w, &u);
        snprintf(name, sizeof name, "group%u", id);
        snapshot_writer_group(w, name, id, 0);
        ids[n++] = id;
    }
    assert_int_equal(snapshot_writer_publish(w, path), 0);
    snapshot_writer_free(w);
    struct snapshot s;
    struct snapshot_user u;
    struct snapshot_group g;
    const char *why;
    assert_int_equal(snapshot_open(&s, path, &why), SNAPSHOT_OK);
    for (int n = 0; n < MANY; n++) {
        assert_int_equal(snapshot_user_by_uid(&s, ids[n], &u), SNAPSHOT_OK);
        assert_int_equal(snapshot_group_by_gid(&s, ids[n], &g), SNAPSHOT_OK);
    }
    snapshot_close(&s);
}

static enum snapshot_result try_open(const char *file, const char **why)
{
    struct snapshot s;
    enum snapshot_result rc = snapshot_open(&s, file, why);
    snapshot_close(&s);
    return rc;
}

static void untrusted_snapshot_file_is_refused_with_its_reason(void **state)
{
    (void)state;
    const char *why;
    char link[80];
    publish(1, 3);
    assert_int_equal(try_open(path, &why), SNAPSHOT_OK);
    assert_int_equal(chmod(path, 0664), 0);
    assert_int_equal(try_open(path, &why), SNAPSHOT_UNAVAILABLE);
    assert_string_equal(why, "is writable by group or others");
    assert_int_equal(chmod(path, 0646), 0);
    assert_int_equal(try_open(path, &why), SNAPSHOT_UNAVAILABLE);
    assert_int_equal(chmod(path, 0644), 0);
    assert_int_equal(chown(path, 1234, 0), 0);
    assert_int_equal(try_open(path, &why), SNAPSHOT_UNAVAILABLE);
    assert_string_equal(why, "is not owned by root");
    assert_int_equal(chown(path, 0, 0), 0);
    snprintf(link, sizeof link, "%s.link", path);
    assert_int_equal(symlink(path, link), 0);
    assert_int_equal(try_open(link, &why), SNAPSHOT_UNAVAILABLE);
    assert_string_equal(why, "is a symbolic link");
    unlink(link);
    assert_int_equal(mkfifo(link, 0644), 0);
    assert_int_equal(try_open(link, &why), SNAPSHOT_UNAVAILABLE); /* and does not hang */
    assert_string_equal(why, "is not a regular file");
    unlink(link);
    assert_int_equal(try_open(dir, &why), SNAPSHOT_UNAVAILABLE);
    assert_int_equal(try_open("/nonexistent", &why), SNAPSHOT_UNAVAILABLE);
    assert_string_equal(why, "does not exist");
}

/* What must never leave, whatever a writer was told. */
static void ids_below_the_floor_are_never_answered(void **state)
{
    (void)state;
    struct snapshot_settings settings = {.generation = 1};
    struct snapshot_writer *w = snapshot_writer_new(&settings);
    uint32_t org = snapshot_writer_org(w, "acme", 0, 0, 0);
    uint32_t low = snapshot_writer_group(w, "lowgroup", 27, 0),
             fine = snapshot_writer_group(w, "fine", 150000, 0);
    snapshot_writer_group(w, "Bad Name", 150001, 0);
    struct snapshot_grants_spec spec = {.org = org,
                                        .groups = (const uint32_t[]){low, fine},
                                        .group_count = 2,
                                        .local_gids =
                                            (const uint32_t[]){0, 44, UINT32_MAX, UINT32_MAX - 1},
                                        .local_count = 4};
    uint32_t grants = snapshot_writer_grants(w, &spec);
    static const struct snapshot_user_spec users[] = {
        {0, 0, 0, MEMBER_ACTIVE, "zero", "", "/", "/bin/sh", 0, true},
        {200000, 0, 0, MEMBER_ACTIVE, "gidzero", "", "/", "/bin/sh", 0, true},
        {61184, 61184, 0, MEMBER_ACTIVE, "dynamic", "", "/", "/bin/sh", 0, true},
        {200001, 200001, 0, 9, "nostate", "", "/", "/bin/sh", 0, true},
        {200002, 200002, 0, MEMBER_ACTIVE, "fine", "", "/", "/bin/sh", 0, true},
    };
    for (int i = 0; i < 5; i++) {
        struct snapshot_user_spec u = users[i];
        u.grants_index = grants;
        snapshot_writer_user(w, &u);
    }
    assert_int_equal(snapshot_writer_publish(w, path), 0);
    snapshot_writer_free(w);
    struct snapshot s;
    const char *why;
    assert_int_equal(snapshot_open(&s, path, &why), SNAPSHOT_OK);
    struct snapshot_user u;
    struct snapshot_group g;
    struct snapshot_grants c;
    for (int i = 0; i < 5; i++)
        assert_int_equal(snapshot_user_by_name(&s, users[i].name, strlen(users[i].name), &u),
                         i == 4 ? SNAPSHOT_OK : SNAPSHOT_UNAVAILABLE);
    assert_int_equal(snapshot_user_by_uid(&s, 0, &u), SNAPSHOT_UNAVAILABLE);
    assert_int_equal(snapshot_group_by_name(&s, "lowgroup", 8, &g), SNAPSHOT_UNAVAILABLE);
    assert_int_equal(snapshot_group_by_gid(&s, 27, &g), SNAPSHOT_UNAVAILABLE);
    assert_int_equal(snapshot_group_by_gid(&s, 150001, &g), SNAPSHOT_UNAVAILABLE);
    assert_int_equal(snapshot_user_by_name(&s, "fine", 4, &u), SNAPSHOT_OK);
    assert_int_equal(snapshot_grants(&s, u.grants_ref, &c), SNAPSHOT_OK);
    gid_t gid;
    assert_int_equal(c.gid_count, 6);
    assert_false(snapshot_gid(&c, 0, &gid)); /* 27, not mapped */
    assert_true(snapshot_gid(&c, 1, &gid));
    assert_false(snapshot_gid(&c, 2, &gid)); /* root's, though mapped */
    assert_true(snapshot_gid(&c, 3, &gid));
    assert_int_equal(gid, 44);
    assert_false(snapshot_gid(&c, 4, &gid));
    assert_false(snapshot_gid(&c, 5, &gid));
    snapshot_close(&s);
}

enum too_many { ORGS, RULES, TEXTS, LISTS, GROUPS, LOCAL_GROUPS, TOO_MANY };

/* A snapshot with N of WHAT; what publishing it says. */
static int publish_many(enum too_many what, uint32_t n)
{
    static char text[UINT16_MAX + 2];
    struct snapshot_settings settings = {.generation = 1};
    struct snapshot_writer *w = snapshot_writer_new(&settings);
    struct rule rule = {.org = "org0", .services = {"*", 1}};
    static const uint32_t first[GRANTS_GROUPS_MAX + 1]; /* the group of index 0, or number 0 */
    struct snapshot_grants_spec grants = {.groups = first,
                                          .group_count = what == GROUPS ? n : 0,
                                          .local_gids = first,
                                          .local_count = what == LOCAL_GROUPS ? n : 0};
    for (uint32_t i = 0; i < (what == ORGS ? n : 1); i++) {
        snprintf(text, sizeof text, "org%u", i);
        snapshot_writer_org(w, text, 0, 0, 0);
    }
    snapshot_writer_group(w, "acme", 150000, 0);
    memset(text, 'x', sizeof text);
    text[what == TEXTS || what == LISTS ? n : 1] = '\0';
    if (what == LISTS)
        rule.roles = (struct text_list){text, 1};
    for (uint32_t i = 0; i < (what == RULES ? n : 1); i++)
        snapshot_writer_rule(w, &rule);
    struct snapshot_user_spec user = {200000,        200000,    snapshot_writer_grants(w, &grants),
                                      MEMBER_ACTIVE, "user",    text,
                                      "/",           "/bin/sh", 0,
                                      true};
    snapshot_writer_user(w, &user);
    int rc = snapshot_writer_publish(w, path) == 0 ? 0 : errno;
    snapshot_writer_free(w);
    return rc;
}

/* What does not fit is not cut. */
static void snapshot_beyond_a_limit_is_not_published(void **state)
{
    (void)state;
    static const uint32_t most[TOO_MANY] = {
        [ORGS] = SNAPSHOT_ORGS_MAX,   [RULES] = RULES_MAX,
        [TEXTS] = UINT16_MAX,         [LISTS] = UINT16_MAX - 1,
        [GROUPS] = GRANTS_GROUPS_MAX, [LOCAL_GROUPS] = GRANTS_GROUPS_MAX};
    for (enum too_many what = 0; what < TOO_MANY; what++) {
        struct snapshot s;
        struct snapshot_user u;
        struct snapshot_policy policy;
        const char *why;
        assert_int_equal(publish_many(what, most[what]), 0);
        assert_int_equal(snapshot_open(&s, path, &why), SNAPSHOT_OK);
        assert_int_equal(snapshot_policy(&s, &policy), SNAPSHOT_OK);
        assert_int_equal(snapshot_user_by_name(&s, "user", 4, &u), SNAPSHOT_OK);
        snapshot_close(&s);
        assert_int_equal(publish_many(what, most[what] + 1), EOVERFLOW);
    }
}

/* Of a member whose role ends, a reader from before finds what he holds without an end. */
static void roles_with_an_end_come_through_whole(void **state)
{
    (void)state;
    static const int64_t ends[] = {0, 1900000000000, 1900000000001};
    struct snapshot_settings settings = {.generation = 1};
    struct snapshot_writer *w = snapshot_writer_new(&settings);
    snapshot_writer_org(w, "acme", 1, 0, 0);
    for (int i = 0; i < 3; i++) {
        char text[4][64];
        struct snapshot_user_spec u;
        struct snapshot_grants_spec grants = {.roles = {"member", 1}, .permissions = {"view", 1}};
        if (ends[i])
            grants.term = (struct term){ends[i], {"owner\0admin", 2}, {"a\0b\0c", 3}};
        user_spec(i, &u, text);
        u.grants_index = snapshot_writer_grants(w, &grants);
        snapshot_writer_user(w, &u);
    }
    assert_int_equal(snapshot_writer_publish(w, path), 0);
    snapshot_writer_free(w);
    struct snapshot s;
    struct snapshot_user u;
    uint64_t cursor = 0;
    const char *why;
    assert_int_equal(snapshot_open(&s, path, &why), SNAPSHOT_OK);
    for (int i = 0; i < 3; i++) {
        struct snapshot_grants c;
        assert_int_equal(snapshot_next_user(&s, &cursor, &u), SNAPSHOT_OK);
        assert_int_equal(snapshot_grants(&s, u.grants_ref, &c), SNAPSHOT_OK);
        assert_true(c.roles.count == 1 && text_list_has(&c.roles, "member"));
        assert_true(c.permissions.count == 1 && text_list_has(&c.permissions, "view"));
        assert_int_equal(c.term.ends_ms, ends[i]);
        assert_int_equal(c.term.roles.count, i ? 2 : 0);
        assert_int_equal(c.term.permissions.count, i ? 3 : 0);
        assert_true(!i || (text_list_has(&c.term.roles, "admin") &&
                           text_list_has(&c.term.permissions, "c")));
    }
    snapshot_close(&s);
}

/* Who is not active is no member of a group, and not counted. */
static void inactive_members_are_in_no_group(void **state)
{
    (void)state;
    struct snapshot_settings settings = {.generation = 1, .group_members = GROUP_MEMBERS_ALWAYS};
    struct snapshot_writer *w = snapshot_writer_new(&settings);
    struct snapshot_grants_spec spec = {
        .org = snapshot_writer_org(w, "acme", 0, 0, 0),
        .groups = (const uint32_t[]){snapshot_writer_group(w, "acme", 150000, 0)},
        .group_count = 1};
    uint32_t grants = snapshot_writer_grants(w, &spec);
    const char *names[] = {"active", "pending", "suspended", "removed"};
    for (uint32_t i = 0; i < 4; i++) {
        struct snapshot_user_spec u = {200000 + i, 200000 + i, grants, MEMBER_ACTIVE + i,
                                       names[i],   "",         "/",    "/bin/sh",
                                       0,          true};
        snapshot_writer_user(w, &u);
    }
    assert_int_equal(snapshot_writer_publish(w, path), 0);
    snapshot_writer_free(w);
    struct snapshot s;
    struct snapshot_group g;
    const char *why;
    assert_int_equal(snapshot_open(&s, path, &why), SNAPSHOT_OK);
    assert_int_equal(snapshot_u32(&s, SNAPSHOT_AT_ACTIVE), 1);
    assert_int_equal(snapshot_group_by_name(&s, "acme", 4, &g), SNAPSHOT_OK);
    assert_int_equal(g.member_count, 1);
    assert_int_equal(g.members_size, sizeof "active");
    snapshot_close(&s);
}

static void failed_publish_keeps_the_old_file(void **state)
{
    (void)state;
    publish(5, 3);
    struct snapshot_writer *w = make(6, 3);
    struct rule wrong = {.org = "nobody", .services = {"*", 1}};
    snapshot_writer_rule(w, &wrong);
    assert_int_equal(snapshot_writer_publish(w, path), -1);
    assert_int_equal(errno, EOVERFLOW);
    snapshot_writer_free(w);
    w = make(7, 3);
    assert_int_equal(snapshot_writer_publish(w, "/nonexistent/snapshot"), -1);
    snapshot_writer_free(w);
    struct snapshot s;
    const char *why;
    assert_int_equal(snapshot_open(&s, path, &why), SNAPSHOT_OK);
    assert_int_equal(snapshot_u64(&s, SNAPSHOT_AT_GENERATION), 5);
    assert_false(snapshot_superseded(&s));
    snapshot_close(&s);
}

/* A writer that died leaves a file that is in nobody's way; one that fails leaves none. */
static void publishing_leaves_no_temporary_file(void **state)
{
    (void)state;
    char temp[96], there[80];
    snprintf(temp, sizeof temp, "%s.new", path);
    snprintf(there, sizeof there, "%s.dir", path);
    int fd = open(temp, O_WRONLY | O_CREAT, 0600);
    close(fd);
    publish(1, 3);
    assert_int_equal(access(temp, F_OK), -1);
    struct snapshot_writer *w = make(2, 3);
    assert_int_equal(mkdir(there, 0755), 0);
    assert_int_equal(snapshot_writer_publish(w, there), -1);
    snapshot_writer_free(w);
    snprintf(temp, sizeof temp, "%s.new", there);
    assert_int_equal(access(temp, F_OK), -1);
    assert_int_equal(rmdir(there), 0);
}

/* Nothing is written into what is no snapshot, or behind the live words. */
static void confirmation_is_not_written_outside_of_its_words(void **state)
{
    (void)state;
    struct stat st;
    publish(1, 3);
    assert_int_equal(snapshot_mark_confirmed(path, SNAPSHOT_ORGS_MAX - 1, 1), 0);
    assert_int_equal(snapshot_mark_confirmed(path, SNAPSHOT_ORGS_MAX, 1), -1);
    assert_int_equal(truncate(path, 100), 0);
    assert_int_equal(snapshot_mark_confirmed(path, 0, 1), -1);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_size, 100);
}

/* A file that the writer of version 2 made before there were ranges, private groups to be without
 * and lists left out: two organizations and somebody in each state. */
static void snapshot_of_the_first_version_2_is_read(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum member_state state;
    } want[] = {{"ada", MEMBER_ACTIVE},  {"mia", MEMBER_ACTIVE},  {"sue", MEMBER_SUSPENDED},
                {"rem", MEMBER_REMOVED}, {"pen", MEMBER_PENDING}, {"gus", MEMBER_ACTIVE}};
    struct snapshot s;
    struct snapshot_user u;
    struct snapshot_group g;
    struct snapshot_policy policy;
    const char *why = NULL;
    copy_file("tests/common/snapshot-v2", path);
    assert_int_equal(snapshot_open(&s, path, &why), SNAPSHOT_OK);
    assert_int_equal(snapshot_u32(&s, SNAPSHOT_AT_VERSION), 2);
    for (uint32_t i = 0; i < sizeof want / sizeof *want; i++) {
        assert_int_equal(snapshot_user_by_name(&s, want[i].name, 3, &u), SNAPSHOT_OK);
        assert_int_equal(u.state, want[i].state);
        assert_int_equal(u.uid, 1200000001 + i);
        assert_int_equal(u.gid, 1200000001 + i);
        assert_true(u.private_group);
    }
    assert_int_equal(snapshot_group_by_name(&s, "acme", 4, &g), SNAPSHOT_OK);
    assert_int_equal(g.member_count, 2);
    assert_int_equal(g.left_out, 0);
    memset(&policy, 0x55, sizeof policy);
    assert_int_equal(snapshot_policy(&s, &policy), SNAPSHOT_OK);
    assert_int_equal(policy.org_count, 2);
    for (int i = 0; i < 2; i++)
        assert_true(policy.range[i].first == 0 && policy.range[i].last == 0);
    for (size_t i = 0; i < policy.rules.count; i++)
        assert_false(policy.rules.rule[i].break_glass);
    struct key_list keys;
    assert_int_equal(snapshot_keys(&s, 1200000001, &keys), SNAPSHOT_ABSENT);
    snapshot_close(&s);
}

/* Clears FLAG in the header of the file at PATH: what a reader from before the flag makes of it. */
static void clear_flag(uint32_t flag)
{
    uint8_t h[SNAPSHOT_AT_CHECK];
    uint32_t flags;
    int fd = open(path, O_RDWR | O_CLOEXEC);
    assert_int_equal(pread(fd, h, sizeof h, 0), sizeof h);
    memcpy(&flags, h + SNAPSHOT_AT_FLAGS, sizeof flags);
    assert_true(flags & flag);
    flags &= ~flag;
    memcpy(h + SNAPSHOT_AT_FLAGS, &flags, sizeof flags);
    uint64_t check = hash64(h, sizeof h);
    assert_int_equal(pwrite(fd, h, sizeof h, 0), sizeof h);
    assert_int_equal(pwrite(fd, &check, sizeof check, SNAPSHOT_AT_CHECK), sizeof check);
    close(fd);
}

/* Publishes COUNT rules; each THIRD has break_glass, none for 0. */
static void publish_rules(size_t count, size_t third, struct snapshot_policy *policy)
{
    struct snapshot_settings settings = {.generation = 1};
    struct snapshot_writer *w = snapshot_writer_new(&settings);
    struct snapshot s;
    const char *why;
    snapshot_writer_org(w, "acme", 0, 200000, 299999);
    for (size_t i = 0; i < count; i++) {
        char role[16];
        snprintf(role, sizeof role, "r%zu", i * i * i); /* the records end anywhere */
        struct rule rule = {.org = "acme",
                            .everyone = i % 2,
                            .services = {"*", 1},
                            .roles = {role, 1},
                            .break_glass = third && i % third == 0};
        snapshot_writer_rule(w, &rule);
    }
    assert_int_equal(snapshot_writer_publish(w, path), 0);
    snapshot_writer_free(w);
    assert_int_equal(snapshot_open(&s, path, &why), SNAPSHOT_OK);
    memset(policy, 0x55, sizeof *policy);
    assert_int_equal(snapshot_policy(&s, policy), SNAPSHOT_OK);
    bool flag = snapshot_u32(&s, SNAPSHOT_AT_FLAGS) & SNAPSHOT_BREAK_GLASS;
    assert_int_equal(flag, count > 0 && third > 0);
    snapshot_close(&s);
}

static void break_glass_of_each_rule_is_read(void **state)
{
    (void)state;
    static struct snapshot_policy policy;
    for (size_t count = 0; count <= RULES_MAX; count++)
        for (size_t third = 0; third < 4; third++) {
            publish_rules(count, third, &policy);
            assert_int_equal(policy.rules.count, count);
            for (size_t i = 0; i < count; i++) {
                assert_int_equal(policy.rules.rule[i].break_glass, third && i % third == 0);
                assert_int_equal(policy.rules.rule[i].everyone, i % 2);
            }
        }
}

/* A module from before break-glass reads the same rules, and one of now has none in its file. */
static void rules_without_the_flag_have_no_break_glass(void **state)
{
    (void)state;
    static struct snapshot_policy policy;
    struct snapshot s;
    const char *why;
    publish_rules(5, 1, &policy);
    clear_flag(SNAPSHOT_BREAK_GLASS);
    assert_int_equal(snapshot_open(&s, path, &why), SNAPSHOT_OK);
    memset(&policy, 0x55, sizeof policy);
    assert_int_equal(snapshot_policy(&s, &policy), SNAPSHOT_OK);
    assert_int_equal(policy.rules.count, 5);
    for (size_t i = 0; i < 5; i++) {
        char role[16];
        snprintf(role, sizeof role, "r%zu", i * i * i);
        assert_false(policy.rules.rule[i].break_glass);
        assert_int_equal(policy.rules.rule[i].everyone, i % 2);
        assert_true(text_list_has(&policy.rules.rule[i].roles, role));
    }
    snapshot_close(&s);
}

/* Publishes three organizations, of which those that have a text in TEXT narrow, and one rule of
 * the configuration, which has break_glass. */
static void publish_org_rules(const char *const text[3], const size_t size[3],
                              struct snapshot_policy *policy, uint32_t *version)
{
    static const char *const name[] = {"acme", "beta", "gamma"};
    struct snapshot_settings settings = {.generation = 1};
    struct snapshot_writer *w = snapshot_writer_new(&settings);
    struct rule rule = {.org = "gamma",
                        .everyone = true,
                        .break_glass = true,
                        .services = {"sshd", 1},
                        .roles = {"x", 1}};
    static struct snapshot s;
    const char *why;
    for (uint32_t i = 0; i < 3; i++) {
        const struct org_rules own = {text[i] != NULL, (uint32_t)size[i], text[i]};
        assert_int_equal(snapshot_writer_org(w, name[i], 0, 0, 0), i);
        snapshot_writer_org_rules(w, i, &own);
    }
    snapshot_writer_rule(w, &rule);
    assert_int_equal(snapshot_writer_publish(w, path), 0);
    snapshot_writer_free(w);
    snapshot_close(&s);
    assert_int_equal(snapshot_open(&s, path, &why), SNAPSHOT_OK);
    memset(policy, 0x55, sizeof *policy);
    assert_int_equal(snapshot_policy(&s, policy), SNAPSHOT_OK);
    *version = snapshot_u32(&s, SNAPSHOT_AT_VERSION);
}

#define RULES(text) text, sizeof text

/* The organizations' own rules come through, beside break_glass; a file without them is of version
 * 2, and one with them no reader from before takes. */
static void rules_of_the_organizations_are_read(void **state)
{
    (void)state;
    static struct snapshot_policy policy;
    static char large[ORG_RULES_SIZE_MAX];
    static const char admins[] = "admin\0sshd\0";
    const char *const texts[][3] = {
        {NULL, NULL, NULL}, {"", NULL, NULL}, {NULL, admins, ""}, {large, large, large}};
    const size_t sizes[][3] = {
        {0}, {0}, {0, sizeof admins, 0}, {sizeof large, sizeof large, sizeof large}};
    uint32_t version;
    memset(large, 'a', sizeof large);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        publish_org_rules(texts[i], sizes[i], &policy, &version);
        assert_int_equal(version, i == 0 ? 2 : 3);
        for (size_t n = 0; n < 3; n++) {
            const struct org_rules wanted = {texts[i][n] != NULL, (uint32_t)sizes[i][n],
                                             texts[i][n]};
            assert_true(org_rules_same(&policy.org_rules[n], &wanted));
        }
        assert_int_equal(policy.rules.count, 1);
        assert_true(policy.rules.rule[0].break_glass);
    }
}

/* Rules that are said to be longer than the record are damage, not fewer rules. */
static void rules_beyond_their_record_are_unavailable(void **state)
{
    (void)state;
    static struct snapshot_policy policy;
    static const char admins[] = "admin\0sshd\0";
    const char *const text[] = {admins, NULL, NULL};
    const size_t size[] = {sizeof admins, 0, 0};
    uint32_t version;
    struct snapshot s;
    const char *why;
    publish_org_rules(text, size, &policy, &version);
    read_content();
    unsigned char *rules = memmem(content, content_size, admins, sizeof admins);
    assert_non_null(rules);
    rules[-1] = 0xff;
    uint32_t ref, n, check;
    memcpy(&ref, content + SNAPSHOT_AT_POLICY, 4);
    unsigned char *r = content + 8 * (size_t)ref;
    memcpy(&n, r + 4, 4);
    check = (uint32_t)hash64(r + 4, n - 4);
    memcpy(r, &check, 4);
    write_content(content, content_size);
    free(content);
    assert_int_equal(snapshot_open(&s, path, &why), SNAPSHOT_OK);
    assert_int_equal(snapshot_policy(&s, &policy), SNAPSHOT_UNAVAILABLE);
    snapshot_close(&s);
}

/* Publishes N users with COUNT keys each, of which the last ends. Returns the size of the file. */
static size_t publish_keys(int n, unsigned count)
{
    struct snapshot_settings settings = {.generation = 1};
    struct snapshot_writer *w = snapshot_writer_new(&settings);
    struct snapshot_grants_spec spec = {.org = snapshot_writer_org(w, "acme", 0, 200000, 299999)};
    uint32_t grants = snapshot_writer_grants(w, &spec);
    static const int64_t end_ms = 1900000000000;
    for (int i = 0; i < n; i++) {
        struct snapshot_user_spec u;
        char text[4][64];
        uint8_t keys[KEY_LIST_SIZE_MAX];
        user_spec(i, &u, text);
        u.grants_index = grants;
        struct key_list list = test_keys(keys, (uint32_t)i, count, &end_ms);
        snapshot_writer_user(w, &u);
        snapshot_writer_keys(w, u.uid, &list);
    }
    assert_int_equal(snapshot_writer_publish(w, path), 0);
    snapshot_writer_free(w);
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    return (size_t)st.st_size;
}

static void keys_take_at_most_24_bytes_beside_each_blob(void **state)
{
    (void)state;
    size_t none = publish_keys(10000, 0);
    for (unsigned count = 1; count <= 3; count++) {
        size_t beside = publish_keys(10000, count) - none - 10000 * count * TEST_KEY_SIZE;
        print_message("# %u keys a user: %.1f bytes beside each blob\n", count,
                      (double)beside / 10000 / count);
        assert_true(beside <= 24 * 10000 * count);
    }
}

/* What comes before the keys is the same with keys as without, but for the header's field. */
static void keys_move_nothing_else(void **state)
{
    (void)state;
    size_t size = publish_keys(500, 0);
    read_content();
    unsigned char *without = content;
    assert_true(publish_keys(500, 2) > size);
    read_content();
    assert_memory_equal(content + SNAPSHOT_HEADER, without + SNAPSHOT_HEADER,
                        size - SNAPSHOT_HEADER);
    assert_memory_equal(content + SNAPSHOT_AT_CREATED + 8, without + SNAPSHOT_AT_CREATED + 8,
                        SNAPSHOT_AT_KEYS - SNAPSHOT_AT_CREATED - 8);
    free(without);
    free(content);
}

/* Each byte of the section, and each of its numbers up to beyond the file: the keys as published,
 * or "unavailable". */
static void damaged_keys_are_unavailable(void **state)
{
    (void)state;
    static const unsigned char values[] = {0, 1, 0x7f, 0x80, 0xff};
    publish(1, 12);
    read_content();
    size_t begin = 8 * (size_t)(content[SNAPSHOT_AT_KEYS] | content[SNAPSHOT_AT_KEYS + 1] << 8);
    assert_true(begin > SNAPSHOT_HEADER && begin < content_size);
    int unavailable = 0;
    for (size_t at = begin; at < content_size; at++)
        for (size_t v = 0; v < sizeof values; v++) {
            unsigned char old = content[at];
            content[at] ^= values[v];
            /* As a mapping that ends with the file, so that the sanitizer sees a byte too many. */
            unsigned char *exact = malloc(content_size);
            memcpy(exact, content, content_size);
            struct snapshot s = {.base = exact, .size = content_size};
            for (int i = -2; i < 12; i++)
                unavailable += check_keys(&s, i);
            free(exact);
            content[at] = old;
        }
    assert_true(unavailable > 1000);
    free(content);
}

/* Writes two organizations and three users: pia has a private group, joe the organization's, and
 * sys one that nothing names. */
static void publish_primary_groups(void)
{
    struct snapshot_settings settings = {.generation = 1};
    struct snapshot_writer *w = snapshot_writer_new(&settings);
    uint32_t org = snapshot_writer_org(w, "acme", 0, 150000, 299999);
    snapshot_writer_org(w, "globex", 0, 300000, 4294967293U);
    struct snapshot_grants_spec spec = {
        .org = org,
        .groups = (const uint32_t[]){snapshot_writer_group(w, "acme", 150000, 0)},
        .group_count = 1};
    uint32_t grants = snapshot_writer_grants(w, &spec);
    const struct snapshot_user_spec users[] = {
        {200000, 200000, grants, MEMBER_ACTIVE, "pia", "", "/", "/bin/sh", 7, true},
        {200001, 150000, grants, MEMBER_ACTIVE, "joe", "Joe", "/", "/bin/sh", 8, false},
        {200002, 200002, grants, MEMBER_ACTIVE, "sys", "S", "/h", "/bin/sh", 9, false},
    };
    for (int i = 0; i < 3; i++)
        snapshot_writer_user(w, &users[i]);
    assert_int_equal(snapshot_writer_publish(w, path), 0);
    snapshot_writer_free(w);
}

static void ranges_and_primary_groups_are_read_as_published(void **state)
{
    (void)state;
    static const uint32_t gid[] = {200000, 150000, 200002};
    static const char *const name[] = {"pia", "joe", "sys"};
    struct snapshot s;
    struct snapshot_user u;
    struct snapshot_policy policy;
    const char *why;
    publish_primary_groups();
    assert_int_equal(snapshot_open(&s, path, &why), SNAPSHOT_OK);
    for (uint32_t i = 0; i < 3; i++) {
        assert_int_equal(snapshot_user_by_name(&s, name[i], 3, &u), SNAPSHOT_OK);
        assert_int_equal(u.uid, 200000 + i);
        assert_int_equal(u.gid, gid[i]);
        assert_int_equal(u.private_group, i == 0);
        assert_int_equal(u.identity, 7 + i);
        assert_string_equal(u.shell, "/bin/sh");
    }
    assert_int_equal(snapshot_policy(&s, &policy), SNAPSHOT_OK);
    assert_int_equal(policy.range[0].first, 150000);
    assert_int_equal(policy.range[0].last, 299999);
    assert_int_equal(policy.range[1].first, 300000);
    assert_int_equal(policy.range[1].last, 4294967293U);
    snapshot_close(&s);
}

static uint32_t word_at(const unsigned char *p)
{
    uint32_t v;
    memcpy(&v, p, sizeof v);
    return le32toh(v);
}

/* A reader of version 2 that knows nothing of what came later sees what it saw before: each user's
 * own number where it looks for his group's, texts and lists where they were. */
static void snapshot_is_readable_by_an_older_reader(void **state)
{
    (void)state;
    publish_primary_groups();
    read_content();
    assert_int_equal(word_at(content + SNAPSHOT_AT_VERSION), 2);
    const unsigned char *user = content + 8 * (size_t)word_at(content + SNAPSHOT_AT_USERS);
    for (uint32_t i = 0; i < word_at(content + SNAPSHOT_AT_USERS + 4); i++) {
        assert_int_equal(word_at(user + 8), 200000 + i);
        assert_int_equal(word_at(user + 12), 200000 + i);
        assert_int_equal(user[20] | user[21] << 8, 3);
        assert_int_equal(strlen((const char *)user + 40), 3);
        user += word_at(user + 4);
    }
    const unsigned char *group = content + 8 * (size_t)word_at(content + SNAPSHOT_AT_GROUPS);
    assert_int_equal(word_at(group + 8), 150000);
    assert_int_equal(word_at(group + 24), 4);
    assert_string_equal((const char *)group + 28, "acme");
    free(content);
}

/* Seals the record at R after a change. */
static void seal_again(unsigned char *r)
{
    uint32_t check = htole32((uint32_t)hash64(r + 4, word_at(r + 4) - 4));
    memcpy(r, &check, sizeof check);
}

static void seal_header_again(void)
{
    uint64_t check = htole64(hash64(content, SNAPSHOT_AT_CHECK));
    memcpy(content + SNAPSHOT_AT_CHECK, &check, sizeof check);
}

/* With good check words everywhere: a primary group that may not be, a record without room for it,
 * ranges without room for all organizations. */
static void wrong_ranges_and_primary_groups_are_unavailable(void **state)
{
    (void)state;
    struct snapshot s;
    struct snapshot_user u;
    struct snapshot_policy policy;
    const char *why;
    static const uint32_t never[] = {0, 27, 65534, UINT32_MAX};
    publish_primary_groups();
    read_content();
    unsigned char *joe = content + 8 * (size_t)word_at(content + SNAPSHOT_AT_USERS);
    joe += word_at(joe + 4);
    for (size_t i = 0; i < sizeof never / sizeof *never; i++) {
        uint32_t le = htole32(never[i]);
        memcpy(joe + word_at(joe + 4) - 4, &le, 4);
        seal_again(joe);
        write_content(content, content_size);
        assert_int_equal(snapshot_open(&s, path, &why), SNAPSHOT_OK);
        assert_int_equal(snapshot_user_by_name(&s, "joe", 3, &u), SNAPSHOT_UNAVAILABLE);
        assert_int_equal(snapshot_user_by_name(&s, "pia", 3, &u), SNAPSHOT_OK);
        snapshot_close(&s);
    }
    joe[26]++; /* the shell's length: the texts leave no room */
    joe[26]++;
    joe[26]++;
    seal_again(joe);
    write_content(content, content_size);
    assert_int_equal(snapshot_open(&s, path, &why), SNAPSHOT_OK);
    assert_int_equal(snapshot_user_by_name(&s, "joe", 3, &u), SNAPSHOT_UNAVAILABLE);
    snapshot_close(&s);
    unsigned char *ranges = content + 8 * (size_t)word_at(content + SNAPSHOT_AT_RANGES);
    assert_int_equal(word_at(ranges + 4), 24);
    ranges[4] = 16;
    seal_again(ranges);
    write_content(content, content_size);
    assert_int_equal(snapshot_open(&s, path, &why), SNAPSHOT_OK);
    assert_int_equal(snapshot_policy(&s, &policy), SNAPSHOT_UNAVAILABLE);
    snapshot_close(&s);
    content[SNAPSHOT_AT_RANGES + 3] = 0xff; /* beyond the file */
    seal_header_again();
    write_content(content, content_size);
    assert_int_equal(snapshot_open(&s, path, &why), SNAPSHOT_OK);
    assert_int_equal(snapshot_policy(&s, &policy), SNAPSHOT_UNAVAILABLE);
    snapshot_close(&s);
    free(content);
}

/* A group ACME with MEMBERS members, whose names have LEN characters, as it is read; what its line
 * and getgrnam_r's buffer take. */
static struct snapshot_group large_group(enum group_members listed, uint32_t members, int len)
{
    struct snapshot_settings settings = {.generation = 1, .group_members = listed};
    struct snapshot_writer *w = snapshot_writer_new(&settings);
    struct snapshot_grants_spec spec = {
        .org = snapshot_writer_org(w, "acme", 0, 0, 0),
        .groups = (const uint32_t[]){snapshot_writer_group(w, "acme", 150000, 0),
                                     snapshot_writer_group(w, "empty", 150001, 0)},
        .group_count = 1,
    };
    uint32_t grants = snapshot_writer_grants(w, &spec);
    for (uint32_t i = 0; i < members; i++) {
        char name[40];
        snprintf(name, sizeof name, "%0*u", len, i);
        name[0] = (char)(name[0] - '0' + 'a');
        add_user(w, 200000 + i, name, MEMBER_ACTIVE, grants);
    }
    assert_int_equal(snapshot_writer_publish(w, path), 0);
    snapshot_writer_free(w);
    struct snapshot s;
    struct snapshot_group g, empty;
    const char *why;
    assert_int_equal(snapshot_open(&s, path, &why), SNAPSHOT_OK);
    assert_int_equal(snapshot_group_by_name(&s, "acme", 4, &g), SNAPSHOT_OK);
    assert_int_equal(snapshot_group_by_name(&s, "empty", 5, &empty), SNAPSHOT_OK);
    assert_int_equal(empty.left_out, 0);
    char **member = calloc(g.member_count + 1, sizeof *member);
    char *names = malloc(g.members_size + 1);
    assert_int_equal(snapshot_members(&s, &g, member, names), SNAPSHOT_OK);
    if (g.member_count)
        assert_int_equal(strlen(member[g.member_count - 1]), len);
    free(member);
    free(names);
    snapshot_close(&s);
    return g;
}

/* The longest line that is listed, and the first that is not: by its length where names are long,
 * by what getgrnam_r needs where they are short. */
static void large_group_is_published_without_its_members(void **state)
{
    (void)state;
    /* acme:x:4294967295: takes 18 bytes with its newline, a member of 31 characters 32. */
    const uint32_t by_line = (GROUP_LINE_MAX - 1 - 18) / 32;
    /* A member of 5 characters takes 6 bytes and a pointer. */
    const uint32_t by_buffer = (GROUP_BUFFER_MAX - 1 - 2 * 8 - 7) / 14;
    const struct {
        enum group_members listed;
        uint32_t members;
        int len;
        bool whole;
    } rows[] = {
        {GROUP_MEMBERS_AUTO, by_line, 31, true},
        {GROUP_MEMBERS_AUTO, by_line + 1, 31, false},
        {GROUP_MEMBERS_AUTO, by_buffer, 5, true},
        {GROUP_MEMBERS_AUTO, by_buffer + 1, 5, false},
        {GROUP_MEMBERS_AUTO, 1, 5, true},
        {GROUP_MEMBERS_AUTO, 0, 5, true},
        {GROUP_MEMBERS_ALWAYS, by_buffer + 1, 5, true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct snapshot_group g = large_group(rows[i].listed, rows[i].members, rows[i].len);
        assert_int_equal(g.member_count, rows[i].whole ? rows[i].members : 0);
        assert_int_equal(g.left_out, rows[i].whole ? 0 : rows[i].members);
    }
    struct snapshot_group g = large_group(GROUP_MEMBERS_NEVER, 5, 5);
    assert_int_equal(g.member_count, 0);
    assert_int_equal(g.left_out, 0);
}

static int setup(void **state)
{
    (void)state;
    if (!mkdtemp(dir))
        return -1;
    snprintf(path, sizeof path, "%s/snapshot", dir);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(dir);
}

int main(void)
{
    need_root();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(snapshot_answers_what_was_published),
        cmocka_unit_test(mapped_snapshot_sees_confirmation_and_supersession),
        cmocka_unit_test(damaged_confirmation_counts_as_none),
        cmocka_unit_test(snapshot_truncated_anywhere_is_refused),
        cmocka_unit_test(randomly_damaged_snapshot_gives_no_wrong_answer),
        cmocka_unit_test(garbage_behind_a_good_header_gives_no_wrong_answer),
        cmocka_unit_test(snapshot_with_a_wrong_header_is_refused_with_its_reason),
        cmocka_unit_test(damaged_member_list_is_unavailable),
        cmocka_unit_test(wrong_number_under_a_right_check_word_is_unavailable),
        cmocka_unit_test(group_that_contradicts_its_list_is_unavailable),
        cmocka_unit_test(user_with_an_invalid_name_is_unavailable),
        cmocka_unit_test(record_found_by_a_colliding_hash_is_absent),
        cmocka_unit_test(lookup_ends_when_every_bucket_overflows),
        cmocka_unit_test(full_last_bucket_goes_on_in_the_first),
        cmocka_unit_test(untrusted_snapshot_file_is_refused_with_its_reason),
        cmocka_unit_test(ids_below_the_floor_are_never_answered),
        cmocka_unit_test(snapshot_beyond_a_limit_is_not_published),
        cmocka_unit_test(roles_with_an_end_come_through_whole),
        cmocka_unit_test(inactive_members_are_in_no_group),
        cmocka_unit_test(failed_publish_keeps_the_old_file),
        cmocka_unit_test(publishing_leaves_no_temporary_file),
        cmocka_unit_test(confirmation_is_not_written_outside_of_its_words),
        cmocka_unit_test(snapshot_of_the_first_version_2_is_read),
        cmocka_unit_test(break_glass_of_each_rule_is_read),
        cmocka_unit_test(rules_without_the_flag_have_no_break_glass),
        cmocka_unit_test(rules_of_the_organizations_are_read),
        cmocka_unit_test(rules_beyond_their_record_are_unavailable),
        cmocka_unit_test(keys_take_at_most_24_bytes_beside_each_blob),
        cmocka_unit_test(keys_move_nothing_else),
        cmocka_unit_test(damaged_keys_are_unavailable),
        cmocka_unit_test(ranges_and_primary_groups_are_read_as_published),
        cmocka_unit_test(snapshot_is_readable_by_an_older_reader),
        cmocka_unit_test(wrong_ranges_and_primary_groups_are_unavailable),
        cmocka_unit_test(large_group_is_published_without_its_members),
    };
    return cmocka_run_group_tests_name("snapshot", tests, setup, teardown);
}
