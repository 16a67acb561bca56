/* Where ids are looked for, what the ledger records of it, and that nobody's choice of remote ids
 * makes it dear or takes another one's number. */
#include <sqlite3.h>
#include <string.h>
#include <sys/stat.h>

#include "common/hash.h"
#include "orgsyncd/numbers.h"
#include "tests/lib/keys.h"
#include "tests/orgsyncd/collide.h"
#include "tests/orgsyncd/places.h"

static const struct id_range wide = {200000, 1999999999};
static struct ledger *ledger;
static struct local_ids *local;

static struct config config = {
    .org = {{.name = (char *)"acme", .id = (char *)"org_1"},
            {.name = (char *)"other", .id = (char *)"org_2"}},
    .org_count = 2,
    .range_first = 200000,
    .range_last = 1999999999,
};

static int fresh(void **state)
{
    (void)state;
    ledger_close(ledger);
    unlink(ledger_path);
    ledger = ledger_open(ledger_path, LEDGER_FILE);
    return ledger ? 0 : -1;
}

static void reopen(void)
{
    ledger_close(ledger);
    ledger = ledger_open(ledger_path, LEDGER_FILE);
    assert_non_null(ledger);
}

static void execute(const char *text)
{
    sqlite3 *db;
    assert_int_equal(sqlite3_open(ledger_path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

/* The id of the owner, 0 when there is none. */
static uint32_t id_of(const char *org, const char *remote, struct id_pool *pool)
{
    uint32_t id = 0;
    int rc = ledger_id(ledger, org, remote, pool, local, &id);
    assert_true(rc == 0 || rc == LEDGER_FULL);
    return rc == 0 ? id : 0;
}

static uint32_t probe(enum placement placement, const char *org, const char *remote, int n)
{
    struct placement_walk walk;
    uint32_t id = 0;
    placement_begin(&walk, placement, &wide, org, remote);
    for (int i = 0; i <= n; i++)
        assert_true(placement_next(&walk, &id));
    return id;
}

/* Python: hashlib.blake2b(b"org_1\0usr_1", digest_size=64, person=b"orglogin ids", salt=bytes([n //
 * 8])).digest(), 8 bytes from n % 8 * 8 on, little-endian, % 1999800000 + 200000. A fleet's hosts
 * must agree on these for ever. */
static void blake2b_placement_gives_known_ids(void **state)
{
    (void)state;
    assert_int_equal(probe(PLACEMENT_BLAKE2B, "org_1", "usr_1", 0), 1136942253);
    assert_int_equal(probe(PLACEMENT_BLAKE2B, "org_1", "usr_1", 1), 1788404621);
    assert_int_equal(probe(PLACEMENT_BLAKE2B, "org_1", "usr_1", 7), 1634302075);
    assert_int_equal(probe(PLACEMENT_BLAKE2B, "org_1", "usr_1", 8), 440855901);
    assert_int_equal(probe(PLACEMENT_BLAKE2B, "org_1", "usr_1", 63), 750381912);
    assert_int_equal(probe(PLACEMENT_BLAKE2B, "", "acme", 0), 1450353769);
    assert_true(owner_identity("org_1", "usr_1") == 0xbc24b8e1812ab3bfULL);
}

/* As it was before there was a choice. */
static void wyhash_placement_gives_known_ids(void **state)
{
    (void)state;
    uint64_t hash = hash64("org_1/usr_1", 11);
    assert_true(owner_identity_wyhash("org_1", "usr_1") == hash);
    for (unsigned n = 0; n < PLACEMENT_PROBES; n++)
        assert_int_equal(probe(PLACEMENT_WYHASH, "org_1", "usr_1", (int)n),
                         200000 + (hash % 1999800000 + n) % 1999800000);
    struct placement_walk walk;
    uint32_t id;
    unsigned probes = 0;
    const struct id_range narrow = {200000, 200002};
    placement_begin(&walk, PLACEMENT_WYHASH, &narrow, "org_1", "usr_1");
    for (; placement_next(&walk, &id); probes++)
        assert_int_equal(id, 200000 + (hash % 3 + probes) % 3);
    assert_int_equal(probes, PLACEMENT_PROBES);
}

static void placement_words_are_parsed(void **state)
{
    (void)state;
    assert_int_equal(placement_parse("wyhash"), PLACEMENT_WYHASH);
    assert_int_equal(placement_parse("blake2b"), PLACEMENT_BLAKE2B);
    assert_int_equal(placement_parse(""), PLACEMENT_UNKNOWN);
    assert_int_equal(placement_parse("blake2"), PLACEMENT_UNKNOWN);
    assert_string_equal(placement_word(PLACEMENT_BLAKE2B), "blake2b");
}

/* Where one string ends and the next begins counts. */
static void owner_identity_separates_organization_and_remote_id(void **state)
{
    (void)state;
    assert_true(owner_identity("a/b", "c") != owner_identity("a", "b/c"));
    assert_int_not_equal(probe(PLACEMENT_BLAKE2B, "a/b", "c", 0),
                         probe(PLACEMENT_BLAKE2B, "a", "b/c", 0));
}

/* COUNT owners with one hash: the probes are bounded, and the rest is refused at no cost. */
static void allocate_family(struct id_pool *pool, unsigned family, unsigned count,
                            unsigned expected)
{
    char remote[COLLIDE_LEN], last[COLLIDE_LEN];
    unsigned served = 0;
    collide_remote("org_1", family, 0, remote);
    assert_int_equal(ledger_begin(ledger), 0);
    for (unsigned n = 0; n < count; n++) {
        collide_number("org_1", n, remote);
        served += id_of("org_1", remote, pool) != 0;
    }
    collide_remote("org_1", family, count - 1, last);
    assert_string_equal(last, remote);
    collide_number("org_1", 0, remote);
    assert_true(owner_identity_wyhash("org_1", last) == owner_identity_wyhash("org_1", remote));
    assert_int_equal(ledger_commit(ledger), 0);
    assert_int_equal(served, expected);
}

static void owners_of_one_hash_are_refused_after_bounded_probes(void **state)
{
    (void)state;
    struct id_pool pool = {.placement = PLACEMENT_WYHASH, .range = wide};
    struct id_pool others = pool;
    allocate_family(&pool, 1, 40000, PLACEMENT_PROBES);
    assert_int_equal(pool.vain, POOL_VAIN_MAX);
    assert_int_equal(id_of("org_1", "usr_1", &pool), 0); /* it has hurt itself */
    assert_int_not_equal(id_of("org_2", "usr_1", &others), 0);
    pool.vain = 0; /* the next compile */
    assert_int_not_equal(id_of("org_1", "usr_1", &pool), 0);
}

/* With the other placement they have nothing in common. */
static void owners_of_one_wyhash_all_get_ids_by_blake2b(void **state)
{
    (void)state;
    struct id_pool pool = {.placement = PLACEMENT_BLAKE2B, .range = wide};
    allocate_family(&pool, 1, 40000, 40000);
}

/* As many of each hash as find a place: the dearest that there is. */
static void forty_hashes_fill_all_their_probes(void **state)
{
    (void)state;
    struct id_pool pool = {.placement = PLACEMENT_WYHASH, .range = wide};
    for (unsigned family = 0; family < 40; family++)
        allocate_family(&pool, family, PLACEMENT_PROBES, PLACEMENT_PROBES);
}

/* A range in which the last id is free, then none; at its end the search goes on at its beginning.
 */
static void range_is_filled_to_its_last_id(void **state)
{
    (void)state;
    static const enum placement both[] = {PLACEMENT_WYHASH, PLACEMENT_BLAKE2B};
    for (int i = 0; i < 2; i++) {
        struct id_pool pool = {.placement = both[i], .range = {300000, 300006}};
        char remote[16];
        bool seen[7] = {false};
        fresh(state);
        for (int n = 0; n < 7; n++) {
            snprintf(remote, sizeof remote, "usr_%d", n);
            uint32_t id = id_of("org_1", remote, &pool);
            assert_in_range(id, 300000, 300006);
            assert_false(seen[id - 300000]);
            seen[id - 300000] = true;
        }
        for (int n = 0; n < 1000; n++) {
            snprintf(remote, sizeof remote, "new_%d", n);
            assert_int_equal(id_of("org_1", remote, &pool), 0);
        }
        assert_int_not_equal(id_of("org_1", "usr_3", &pool), 0); /* who has one keeps it */
    }
}

/* --- ids of a snapshot that is newer than the ledger --- */

static void reserved_id_goes_to_its_owner_only(void **state)
{
    (void)state;
    struct id_pool pool = {.placement = PLACEMENT_BLAKE2B, .range = wide};
    uint32_t placed = probe(PLACEMENT_BLAKE2B, "org_1", "usr_9", 0);
    assert_int_equal(
        ledger_reserve(ledger, 300000, owner_identity("org_1", "usr_1"), OWNER_BLAKE2B), 0);
    assert_int_equal(
        ledger_reserve(ledger, placed, owner_identity("org_1", "usr_2"), OWNER_BLAKE2B), 0);
    assert_int_equal(
        ledger_reserve(ledger, 300001, owner_identity_wyhash("org_1", "usr_3"), OWNER_WYHASH), 0);
    reopen();
    assert_int_equal(id_of("org_1", "usr_9", &pool), probe(PLACEMENT_BLAKE2B, "org_1", "usr_9", 1));
    assert_int_equal(id_of("org_1", "usr_1", &pool), 300000);
    assert_int_equal(id_of("org_1", "usr_2", &pool), placed);
    assert_int_equal(id_of("org_1", "usr_3", &pool), 300001);
    /* the ledger knows now: a reservation changes nothing */
    assert_int_equal(
        ledger_reserve(ledger, 300000, owner_identity("org_1", "usr_5"), OWNER_BLAKE2B), 0);
    assert_int_equal(id_of("org_1", "usr_1", &pool), 300000);
    assert_int_not_equal(id_of("org_1", "usr_5", &pool), 300000);
}

/* Two published ids whose owners have one hash64, as can be made: neither becomes a third one's. */
static void reserved_ids_of_one_hash_go_to_no_third_owner(void **state)
{
    (void)state;
    struct id_pool pool = {.placement = PLACEMENT_WYHASH, .range = wide};
    uint64_t hash = owner_identity_wyhash("org_1", "usr_1");
    uint32_t second = probe(PLACEMENT_WYHASH, "org_1", "usr_2", 0);
    assert_int_equal(ledger_reserve(ledger, 300000, hash, OWNER_WYHASH), 0);
    assert_int_equal(ledger_reserve(ledger, second, hash, OWNER_WYHASH), 0);
    assert_int_not_equal(id_of("org_1", "usr_2", &pool), second);
    assert_int_equal(id_of("org_1", "usr_1", &pool), 300000);
}

/* An identity that can be forged does not reach into another organization's range; nor does one
 * function's stand for the other's. */
static void forged_identity_takes_no_reserved_id(void **state)
{
    (void)state;
    struct id_pool theirs = {.placement = PLACEMENT_BLAKE2B, .range = {500000, 599999}};
    char mine[COLLIDE_LEN], forged[COLLIDE_LEN];
    collide_remote("org_1", 1, 0, mine);
    collide_remote("org_1", 1, 1, forged);
    assert_int_equal(
        ledger_reserve(ledger, 300000, owner_identity_wyhash("org_1", mine), OWNER_WYHASH), 0);
    assert_int_equal(
        ledger_reserve(ledger, 300001, owner_identity_wyhash("org_1", mine), OWNER_BLAKE2B), 0);
    assert_in_range(id_of("org_1", forged, &theirs), 500000, 599999);
}

/* --- what is recorded --- */

static void ledger_records_the_placement(void **state)
{
    (void)state;
    struct id_pool pool = {.placement = PLACEMENT_WYHASH, .range = wide};
    assert_int_equal(ledger_placement(ledger), PLACEMENT_UNKNOWN);
    assert_int_equal(ledger_record_placement(ledger, PLACEMENT_BLAKE2B), 0);
    assert_int_equal(ledger_placement(ledger), PLACEMENT_BLAKE2B);
    assert_int_not_equal(id_of("org_1", "usr_1", &pool), 0);
    reopen();
    assert_int_equal(ledger_placement(ledger), PLACEMENT_BLAKE2B);
    execute("UPDATE settings SET value='sha1'"); /* by a newer one, say */
    assert_null(ledger_open(ledger_path, LEDGER_FILE));
    execute("DROP TABLE settings; DROP TABLE ranges"); /* from before */
    reopen();
    assert_int_equal(ledger_placement(ledger), PLACEMENT_WYHASH);
}

static void ledger_records_the_ranges(void **state)
{
    (void)state;
    struct id_range range = {1, 1}, one = {300000, 399999};
    struct id_pool pool = {.placement = PLACEMENT_BLAKE2B, .range = one};
    assert_int_equal(ledger_range(ledger, "org_1", &range), 0);
    assert_int_equal(ledger_extent(ledger, "org_1", &range), 0);
    assert_int_equal(ledger_record_range(ledger, "org_1", &one), 0);
    uint32_t id = id_of("org_1", "usr_1", &pool);
    reopen();
    assert_int_equal(ledger_range(ledger, "org_1", &range), 1);
    assert_true(range.first == one.first && range.last == one.last);
    assert_int_equal(ledger_extent(ledger, "org_1", &range), 1);
    assert_true(range.first == id && range.last == id);
    assert_int_equal(ledger_range(ledger, "org_2", &range), 0);
    execute("UPDATE ranges SET first=0");
    assert_int_equal(ledger_range(ledger, "org_1", &range), -1);
}

/* --- keys --- */

static const char drop_terms[] =
    "ALTER TABLE members DROP COLUMN term_ends_ms; ALTER TABLE members DROP COLUMN term_roles;"
    "ALTER TABLE members DROP COLUMN term_permissions;"
    "ALTER TABLE members DROP COLUMN term_seen_ms; ALTER TABLE members DROP COLUMN role_lost_ms;";

/* A ledger of the version before has none; what is stored is loaded. */
static void ledger_keeps_roles_with_an_end(void **state)
{
    (void)state;
    struct pipe_member ada = {.state = MEMBER_ACTIVE,
                              .id = "usr_1",
                              .email = "",
                              .username = "ada",
                              .display = "Ada",
                              .roles = {"member", 1},
                              .term = {1900000000000, {"admin\0ops", 2}, {"a\0b\0c", 3}}};
    ledger_close(ledger);
    execute(drop_terms);
    execute("PRAGMA user_version=3; INSERT INTO members VALUES('org_1', 'usr_1', 200001, 'ada', 1, "
            "'', 'ada', 'Ada', x'6d656d62657200', x'', '', x'')");
    ledger = NULL;
    for (int i = 0; i < 2; i++) {
        struct roster roster = {0};
        reopen();
        assert_int_equal(ledger_load(ledger, "org_1", &roster), 0);
        struct roster_member *m = roster_find(&roster, "usr_1");
        assert_non_null(m);
        assert_int_equal(roster.terms, i);
        assert_int_equal(m->remote.term.ends_ms, i ? 1900000000000 : 0);
        assert_int_equal(m->term_seen_ms, i ? 7 : 0);
        assert_int_equal(m->role_lost_ms, i ? 8 : 0);
        if (i == 1) {
            assert_true(roster_same_list(&m->remote.roles, &ada.roles));
            assert_true(roster_same_list(&m->remote.term.roles, &ada.term.roles));
            assert_true(roster_same_list(&m->remote.term.permissions, &ada.term.permissions));
            roster_remove(&roster, m);
            assert_int_equal(roster.terms, 0);
        } else {
            assert_int_equal(roster_put(&roster, roster_member_new(&ada)), 0);
            m = roster_find(&roster, "usr_1");
            assert_true(m->changed);
            m->term_seen_ms = 7;
            m->role_lost_ms = 8;
            assert_int_equal(ledger_store(ledger, "org_1", m), 0);
        }
        roster_free(&roster);
    }
}

/* A ledger of the version before has none; what is stored is loaded; what is damaged is none. */
static void ledger_keeps_keys(void **state)
{
    (void)state;
    static uint8_t list[KEY_LIST_SIZE_MAX];
    struct pipe_member ada = {.state = MEMBER_ACTIVE,
                              .id = "usr_1",
                              .email = "",
                              .username = "ada",
                              .display = "Ada",
                              .roles = {"admin", 1}};
    ledger_close(ledger);
    execute(drop_terms);
    execute("ALTER TABLE members DROP COLUMN keys; PRAGMA user_version=2;"
            "INSERT INTO members VALUES('org_1', 'usr_1', 200001, 'ada', 1, '', 'ada', 'Ada', "
            "x'61646d696e00', x'', '')");
    ledger = NULL;
    for (int i = 0; i < 3; i++) {
        struct roster roster = {0};
        reopen();
        assert_int_equal(ledger_load(ledger, "org_1", &roster), 0);
        struct roster_member *m = roster_find(&roster, "usr_1");
        assert_non_null(m);
        assert_string_equal(m->name, "ada");
        assert_int_equal(m->remote.keys.size, i == 1 ? ada.keys.size : 0);
        if (i == 1) {
            assert_memory_equal(m->remote.keys.first, list, ada.keys.size);
            execute("UPDATE members SET keys=x'00' || keys");
        }
        if (i == 0) {
            ada.keys = test_keys(list, 1, 3, &(int64_t){1900000000000});
            assert_int_equal(roster_put(&roster, roster_member_new(&ada)), 0);
            m = roster_find(&roster, "usr_1");
            assert_true(m->changed);
            assert_int_equal(ledger_store(ledger, "org_1", m), 0);
        }
        roster_free(&roster);
    }
}

/* --- the configuration and the ledger --- */

static struct numbers numbers;

static void read_numbers(const struct config *c)
{
    assert_int_equal(numbers_read(c, ledger, &numbers), 0);
}

static void record_numbers(const struct config *c)
{
    read_numbers(c);
    assert_int_equal(numbers_record(c, ledger, &numbers), 0);
}

static bool range_is(int org, uint32_t first, uint32_t last)
{
    return numbers.range[org].first == first && numbers.range[org].last == last;
}

/* A new host of an old fleet has the old file: its numbers are those of the fleet. */
static void configuration_of_an_old_fleet_keeps_its_numbers(void **state)
{
    (void)state;
    struct config c = config;
    c.org_count = 1;
    record_numbers(&c);
    assert_int_equal(numbers.placement, PLACEMENT_WYHASH);
    assert_true(range_is(0, 200000, 1999999999));
    assert_int_equal(numbers.sharing, NUMBERS_APART);
    assert_string_equal(numbers.contradiction, "");
}

/* Nor of the range: a new host has the default, one with numbers has the range that they are in. */
static void default_range_is_that_of_the_recorded_ids(void **state)
{
    (void)state;
    struct config c = config;
    struct id_pool pool = {.placement = PLACEMENT_WYHASH, .range = wide};
    c.org_count = 1;
    c.range_first = c.range_last = 0;
    read_numbers(&c);
    assert_true(range_is(0, 2000400000, 2147483645));
    id_of("org_1", "usr_1", &pool); /* before ranges were recorded, by the default of then */
    read_numbers(&c);
    assert_true(range_is(0, 200000, 1999999999));
    assert_string_equal(numbers.contradiction, "");
    record_numbers(&c);
    read_numbers(&c);
    assert_true(range_is(0, 200000, 1999999999));
    assert_string_equal(numbers.contradiction, "");
    c.range_first = 2000400000; /* now it is said, and they are not there */
    c.range_last = 2147483645;
    read_numbers(&c);
    assert_true(range_is(0, 200000, 1999999999));
    assert_non_null(strstr(numbers.contradiction, "set range = [200000, 1999999999]"));
}

/* An organization with a range of its own beside one that has the default: on a host from before
 * they lie apart, on a new one they meet. */
static void default_range_that_meets_a_configured_one_is_reported(void **state)
{
    (void)state;
    struct config c = config;
    struct id_pool pool = {.placement = PLACEMENT_WYHASH, .range = wide};
    c.range_first = c.range_last = 0;
    c.org[1].range_first = 2000000000;
    c.org[1].range_last = 2147483647;
    read_numbers(&c);
    assert_non_null(strstr(numbers.contradiction, "\"acme\" and \"other\" have ids in common"));
    id_of("org_1", "usr_1", &pool);
    record_numbers(&c);
    assert_string_equal(numbers.contradiction, "");
    assert_true(range_is(0, 200000, 1999999999) && range_is(1, 2000000000, 2147483647));
}

static void ledger_wins_over_a_changed_configuration(void **state)
{
    (void)state;
    struct config c = config;
    char text[1024];
    c.placement = PLACEMENT_BLAKE2B;
    c.org[0].range_first = 300000;
    c.org[0].range_last = 399999;
    record_numbers(&c);
    assert_int_equal(numbers.placement, PLACEMENT_BLAKE2B);
    assert_int_equal(numbers.sharing, NUMBERS_APART);
    assert_true(range_is(0, 300000, 399999) && range_is(1, 200000, 1999999999));
    size_t len = numbers_lines(&c, &numbers, text, sizeof text);
    assert_int_equal(len, strlen(text));
    assert_string_equal(text, "placement = \"blake2b\";  # in users\n"
                              "range = [300000, 399999];  # in organization \"acme\"\n"
                              "range = [200000, 1999999999];  # in organization \"other\"\n");
    assert_int_equal(numbers_lines(&c, &numbers, text, 20), 19);
    read_numbers(&c);
    assert_string_equal(numbers.contradiction, "");
    c.placement = PLACEMENT_UNKNOWN;
    read_numbers(&c);
    assert_string_equal(numbers.contradiction, "");
    assert_int_equal(numbers.placement, PLACEMENT_BLAKE2B);
    c.placement = PLACEMENT_WYHASH;
    read_numbers(&c);
    assert_int_equal(numbers.placement, PLACEMENT_BLAKE2B);
    assert_non_null(strstr(numbers.contradiction, "set placement = \"blake2b\""));
    c.placement = PLACEMENT_BLAKE2B;
    c.org[0].range_last = 499999;
    read_numbers(&c);
    assert_true(range_is(0, 300000, 399999));
    assert_non_null(strstr(numbers.contradiction, "set range = [300000, 399999]"));
    c.org[0].range_last = 399999;
    c.range_first = 400000;
    read_numbers(&c);
    assert_non_null(strstr(numbers.contradiction, "users.range"));
    assert_non_null(strstr(numbers.contradiction, "\"other\""));
    record_numbers(&c); /* which changes nothing that is there */
    assert_true(range_is(1, 200000, 1999999999));
}

static void range_shared_by_two_organizations_is_reported(void **state)
{
    (void)state;
    struct config c = config;
    struct id_pool pool = {.placement = PLACEMENT_WYHASH, .range = wide};
    read_numbers(&c);
    assert_int_equal(numbers.sharing, NUMBERS_SHARED_NEW);
    assert_string_equal(numbers.sharers, "\"acme\", \"other\"");
    id_of("org_1", "usr_1", &pool);
    read_numbers(&c);
    assert_int_equal(numbers.sharing, NUMBERS_SHARED_NEW); /* "other" is new here */
    id_of("org_2", "usr_1", &pool);
    read_numbers(&c);
    assert_int_equal(numbers.sharing, NUMBERS_SHARED);
    assert_string_equal(numbers.contradiction, "");
    c.org[1].range_first = 2000000000; /* which would place its members anew on the next host */
    c.org[1].range_last = 2099999999;
    read_numbers(&c);
    assert_true(range_is(1, 200000, 1999999999));
    assert_non_null(strstr(numbers.contradiction, "\"other\""));
    c.org[1].id = (char *)"org_3"; /* a third one is free to have its own */
    read_numbers(&c);
    assert_true(range_is(1, 2000000000, 2099999999));
    assert_string_equal(numbers.contradiction, "");
    assert_int_equal(numbers.sharing, NUMBERS_APART);
}

/* The texts have an end, whatever the names are. */
static void list_of_many_sharers_fits_its_text(void **state)
{
    (void)state;
    struct config c = config;
    char name[SNAPSHOT_ORGS_MAX][40];
    for (c.org_count = 0; c.org_count < SNAPSHOT_ORGS_MAX; c.org_count++) {
        char *n = name[c.org_count];
        snprintf(n, 40, "a-name-that-is-rather-long-%03u", c.org_count);
        c.org[c.org_count] = (struct config_org){.name = n};
    }
    read_numbers(&c);
    assert_true(strlen(numbers.sharers) < NUMBERS_TEXT_LEN);
}

static int setup(void **state)
{
    (void)state;
    local = local_ids_read();
    return local ? places_setup(&config) : -1;
}

static int teardown(void **state)
{
    (void)state;
    ledger_close(ledger);
    local_ids_free(local);
    return places_teardown();
}

int main(void)
{
    need_root();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blake2b_placement_gives_known_ids),
        cmocka_unit_test(wyhash_placement_gives_known_ids),
        cmocka_unit_test(placement_words_are_parsed),
        cmocka_unit_test(owner_identity_separates_organization_and_remote_id),
        cmocka_unit_test_setup(owners_of_one_hash_are_refused_after_bounded_probes, fresh),
        cmocka_unit_test_setup(owners_of_one_wyhash_all_get_ids_by_blake2b, fresh),
        cmocka_unit_test_setup(forty_hashes_fill_all_their_probes, fresh),
        cmocka_unit_test_setup(range_is_filled_to_its_last_id, fresh),
        cmocka_unit_test_setup(reserved_id_goes_to_its_owner_only, fresh),
        cmocka_unit_test_setup(reserved_ids_of_one_hash_go_to_no_third_owner, fresh),
        cmocka_unit_test_setup(forged_identity_takes_no_reserved_id, fresh),
        cmocka_unit_test_setup(ledger_records_the_placement, fresh),
        cmocka_unit_test_setup(ledger_records_the_ranges, fresh),
        cmocka_unit_test_setup(configuration_of_an_old_fleet_keeps_its_numbers, fresh),
        cmocka_unit_test_setup(default_range_is_that_of_the_recorded_ids, fresh),
        cmocka_unit_test_setup(default_range_that_meets_a_configured_one_is_reported, fresh),
        cmocka_unit_test_setup(ledger_keeps_keys, fresh),
        cmocka_unit_test_setup(ledger_keeps_roles_with_an_end, fresh),
        cmocka_unit_test_setup(ledger_wins_over_a_changed_configuration, fresh),
        cmocka_unit_test_setup(range_shared_by_two_organizations_is_reported, fresh),
        cmocka_unit_test_setup(list_of_many_sharers_fits_its_text, fresh),
    };
    return cmocka_run_group_tests_name("ledger", tests, setup, teardown);
}
