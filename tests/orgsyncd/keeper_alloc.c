/*
 * Memory that runs out, at each allocation in turn, on the way from a record to a snapshot: the old
 * snapshot stays whole, nothing leaks, and with memory again the same numbers are given.
 */
#include "common/snapshot.h"
#include "tests/faults/alloc.h"
#include "tests/orgsyncd/places.h"

#define MEMBERS 12

static struct config config = {
    .org = {{.name = (char *)"acme", .id = (char *)"org_1"}},
    .org_count = 1,
    .group = (struct config_group[8]){{.name = (char *)"acme", .everyone = true},
                                      {.name = (char *)"acme-admins", .roles = {"admin", 1}}},
    .group_count = 2,
    .rules = {.count = 1,
              .rule = {{.org = "acme", .services = {"sshd", 1}, .roles = {"admin", 1}}}},
    .range_first = 200000,
    .range_last = 1999999999,
    .name = (char *)"%u",
    .private_groups = true,
    .home = (char *)"/home/%u",
    .shell = (char *)"/bin/sh",
    .group_members = GROUP_MEMBERS_ALWAYS,
};

/* A power cut is another test's: this one writes a thousand ledgers. */
__attribute__((visibility("default"))) int fsync(int fd)
{
    return fd < 0;
}
__attribute__((visibility("default"))) int fdatasync(int fd)
{
    return fd < 0;
}

static int put_members(struct roster *roster)
{
    for (int i = 0; i < MEMBERS; i++) {
        char id[16], name[16];
        snprintf(id, sizeof id, "usr_%d", i);
        snprintf(name, sizeof name, "user%d", i % (MEMBERS - 1)); /* two want the same */
        struct pipe_member m = {.state = i == 3 ? MEMBER_SUSPENDED : MEMBER_ACTIVE,
                                .id = id,
                                .email = "",
                                .username = name,
                                .display = "A Name",
                                .roles = {i % 2 ? "admin" : "member", 1},
                                .permissions = {"", 0}};
        struct roster_member *member = roster_member_new(&m);
        if (!member || roster_put(roster, member) < 0)
            return -1;
    }
    return 0;
}

/* All that a keeper does from its start to the snapshot. */
static int whole_round(uint64_t generation)
{
    struct group_note group_note[8] = {0};
    struct roster roster = {0};
    struct compile_result result;
    struct compile_input input = {.config = &config,
                                  .roster = &roster,
                                  .group_note = group_note,
                                  .generation = generation,
                                  .path = snapshot_path};
    int rc = -1;
    input.ledger = ledger_open(ledger_path, LEDGER_FILE);
    if (input.ledger && ledger_load(input.ledger, "org_1", &roster) == 0 &&
        put_members(&roster) == 0)
        rc = compile(&input, &result);
    roster_free(&roster);
    ledger_close(input.ledger);
    return rc;
}

/* The published generation, after a look at everybody in it. */
static uint64_t published(uint32_t uid[MEMBERS])
{
    struct snapshot s;
    struct snapshot_user user;
    const char *why;
    uint64_t cursor = 0;
    uint32_t n = 0;
    assert_int_equal(snapshot_open(&s, snapshot_path, &why), SNAPSHOT_OK);
    while (snapshot_next_user(&s, &cursor, &user) == SNAPSHOT_OK)
        uid[n++] = user.uid;
    assert_int_equal(n, MEMBERS - 2);
    assert_false(snapshot_superseded(&s));
    uint64_t generation = snapshot_u64(&s, SNAPSHOT_AT_GENERATION);
    snapshot_close(&s);
    return generation;
}

/* With a ledger that knows everybody already, and with one that is new. */
static void failed_allocation_keeps_the_snapshot_whole(void **state)
{
    (void)state;
    uint32_t before[MEMBERS] = {0}, after[MEMBERS] = {0};
    uint64_t generation = 1;
    assert_int_equal(whole_round(generation), 0);
    assert_int_equal(published(before), 1);
    for (int anew = 0; anew < 2; anew++) {
        bool failed = true;
        for (long n = 0; failed; n++) {
            if (anew)
                unlink(ledger_path);
            alloc_fail_at(n);
            int rc = whole_round(generation + 1);
            failed = alloc_disarm();
            generation += rc == 0;
            assert_true(rc == 0 || failed);
            assert_int_equal(published(after), generation);
            assert_memory_equal(before, after, sizeof before);
        }
        assert_true(alloc_had_failed());
        assert_int_equal(whole_round(++generation), 0);
    }
}

static int setup(void **state)
{
    (void)state;
    return freopen("/dev/null", "w", stderr) ? places_setup(&config) : -1;
}

static int teardown(void **state)
{
    (void)state;
    char temp[80], journal[80];
    snprintf(temp, sizeof temp, "%s.new", snapshot_path);
    snprintf(journal, sizeof journal, "%s-journal", ledger_path);
    unlink(temp);
    unlink(journal);
    return places_teardown();
}

int main(void)
{
    need_root();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(failed_allocation_keeps_the_snapshot_whole)};
    return cmocka_run_group_tests_name("memory runs out", tests, setup, teardown);
}
