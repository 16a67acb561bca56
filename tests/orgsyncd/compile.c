/* From rosters to a snapshot: names, ids, groups, and what the ledger remembers. */
#include <pthread.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/stat.h>

#include "common/snapshot.h"
#include "tests/lib/keys.h"
#include "tests/orgsyncd/collide.h"
#include "tests/orgsyncd/places.h"

static struct config config = {
    .org = {{.name = (char *)"acme", .id = "org_1"}, {.name = "other", .id = "org_2"}},
    .org_count = 2,
    .group = (struct config_group[8]){{.name = "acme", .everyone = true},
                                      {.name = "acme-admins", .roles = {"owner\0admin", 2}},
                                      {.name = "daemon", .local = true, .roles = {"admin", 1}},
                                      {.name = "root", .local = true, .everyone = true},
                                      {.name = "sys", .everyone = true}},
    .group_count = 5,
    .range_first = 200000,
    .range_last = 1999999999,
    .name = (char *)"%u",
    .private_groups = true,
    .home = (char *)"/home/%u/%u",
    .shell = (char *)"/bin/zsh",
    .group_members = GROUP_MEMBERS_ALWAYS,
};

static struct roster rosters[2];
static struct ledger *ledger;
static struct compile_result result;
static struct group_note group_note[8], *note = group_note;

static void put(int org, const char *id, const char *username, const char *role,
                enum member_state state)
{
    struct pipe_member m = {.state = state,
                            .id = id,
                            .email = "",
                            .username = username,
                            .display = "Some: One",
                            .roles = {role, 1},
                            .permissions = {"", 0}};
    assert_int_equal(roster_put(&rosters[org], roster_member_new(&m)), 0);
}

static enum compile_names names_given;

static int run(void)
{
    struct compile_input input = {.config = &config,
                                  .ledger = ledger,
                                  .roster = rosters,
                                  .group_note = note,
                                  .names = names_given,
                                  .generation = 1,
                                  .path = snapshot_path};
    return compile(&input, &result);
}

/* The user NAME in the published snapshot. */
static enum snapshot_result find(const char *name, struct snapshot_user *user,
                                 struct snapshot_grants *grants)
{
    static struct snapshot s;
    const char *why;
    snapshot_close(&s);
    assert_int_equal(snapshot_open(&s, snapshot_path, &why), SNAPSHOT_OK);
    enum snapshot_result rc = snapshot_user_by_name(&s, name, strlen(name), user);
    if (rc == SNAPSHOT_OK && grants)
        assert_int_equal(snapshot_grants(&s, user->grants_ref, grants), SNAPSHOT_OK);
    return rc;
}

static uint32_t uid_of(const char *name)
{
    struct snapshot_user u;
    return find(name, &u, NULL) == SNAPSHOT_OK ? u.uid : 0;
}

static void forget_rosters(void)
{
    roster_free(&rosters[0]);
    roster_free(&rosters[1]);
}

static int fresh(void **state)
{
    (void)state;
    forget_rosters();
    ledger_close(ledger);
    unlink(ledger_path);
    ledger = ledger_open(ledger_path, LEDGER_FILE);
    return ledger ? 0 : -1;
}

static void reopen(void)
{
    forget_rosters();
    ledger_close(ledger);
    ledger = ledger_open(ledger_path, LEDGER_FILE);
    assert_non_null(ledger);
    assert_int_equal(ledger_load(ledger, "org_1", &rosters[0]), 0);
    assert_int_equal(ledger_load(ledger, "org_2", &rosters[1]), 0);
}

static void member_is_published_with_ids_and_groups(void **state)
{
    (void)state;
    put(0, "usr_1", "Ada", "admin", MEMBER_ACTIVE);
    assert_int_equal(run(), 0);
    struct snapshot_user u;
    struct snapshot_grants c;
    assert_int_equal(find("ada", &u, &c), SNAPSHOT_OK);
    assert_string_equal(u.gecos, "Some One");
    assert_string_equal(u.home, "/home/ada/ada");
    assert_string_equal(u.shell, "/bin/zsh");
    assert_int_equal(u.uid, u.gid);
    assert_in_range(u.uid, config.range_first, config.range_last);
    assert_int_equal(result.groups, 2); /* "sys" is the machine's own */
    assert_int_equal(c.gid_count,
                     3); /* acme, acme-admins, and daemon (1) by mapping; root's never */
    gid_t gid;
    assert_true(snapshot_gid(&c, 2, &gid));
    assert_int_equal(gid, 1);
}

static const char *const states[] = {[MEMBER_ACTIVE] = "act",
                                     [MEMBER_PENDING] = "pen",
                                     [MEMBER_SUSPENDED] = "sus",
                                     [MEMBER_REMOVED] = "rem"};

/* Publishes members who are named after their states, with two keys each, in those states or all
 * active. */
static void publish_with_keys(uint8_t *list, bool active)
{
    for (int s = MEMBER_ACTIVE; s <= MEMBER_REMOVED; s++) {
        struct pipe_member m = {.state = active ? MEMBER_ACTIVE : (enum member_state)s,
                                .id = states[s],
                                .email = "",
                                .username = states[s],
                                .display = "",
                                .roles = {"member", 1},
                                .keys = test_keys(list, 1, 2, NULL)};
        assert_int_equal(roster_put(&rosters[0], roster_member_new(&m)), 0);
    }
    assert_int_equal(run(), 0);
}

/* How many bytes of keys NAME has in the snapshot. */
static size_t keys_of(const char *name, const uint8_t *list)
{
    struct snapshot s;
    const char *why;
    struct key_list keys = {0};
    uint32_t uid = uid_of(name);
    assert_int_not_equal(uid, 0);
    assert_int_equal(snapshot_open(&s, snapshot_path, &why), SNAPSHOT_OK);
    if (snapshot_keys(&s, uid, &keys) == SNAPSHOT_OK)
        assert_memory_equal(keys.first, list, keys.size);
    snapshot_close(&s);
    return keys.size;
}

static void keys_are_published_of_active_members(void **state)
{
    (void)state;
    static uint8_t list[KEY_LIST_SIZE_MAX];
    size_t size = test_keys(list, 1, 2, NULL).size;
    publish_with_keys(list, true);
    for (int s = MEMBER_ACTIVE; s <= MEMBER_REMOVED; s++)
        assert_int_equal(keys_of(states[s], list), size);
    publish_with_keys(list, false);
    for (int s = MEMBER_ACTIVE; s <= MEMBER_REMOVED; s++)
        assert_int_equal(keys_of(states[s], list), s == MEMBER_ACTIVE ? size : 0);
}

/* Home and shell by the first entry that matches, and what an entry lacks as all have it. */
static void homes_and_shells_are_those_of_the_first_entry_that_matches(void **state)
{
    (void)state;
    struct snapshot_user u;
    config.account[0] = (struct config_account){
        .org = config.org[0].name, .members = {"usr_3\0usr_4", 2}, .shell = (char *)"/bin/dash"};
    config.account[1] = (struct config_account){.org = config.org[0].name,
                                                .roles = {"admin", 1},
                                                .home = (char *)"/srv/%u",
                                                .shell = (char *)"/bin/sh"};
    config.account[2] = (struct config_account){
        .org = config.org[1].name, .everyone = true, .home = (char *)"/mnt/%u"};
    config.account_count = 3;
    put(0, "usr_1", "ada", "admin", MEMBER_ACTIVE);
    put(0, "usr_2", "bob", "member", MEMBER_ACTIVE);
    put(0, "usr_3", "cid", "admin", MEMBER_ACTIVE);
    put(0, "usr_5", "usr_4", "member", MEMBER_ACTIVE); /* the id of another as a name */
    put(1, "usr_3", "eve", "admin", MEMBER_ACTIVE);    /* another organization's */
    put(0, "usr_6", "fay", "admin", MEMBER_SUSPENDED);
    assert_int_equal(run(), 0);
    static const char *const rows[][3] = {
        {"ada", "/srv/ada", "/bin/sh"},        {"bob", "/home/bob/bob", "/bin/zsh"},
        {"cid", "/home/cid/cid", "/bin/dash"}, {"usr_4", "/home/usr_4/usr_4", "/bin/zsh"},
        {"eve", "/mnt/eve", "/bin/zsh"},       {"fay", "/srv/fay", "/usr/sbin/nologin"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(find(rows[i][0], &u, NULL), SNAPSHOT_OK);
        assert_string_equal(u.home, rows[i][1]);
        assert_string_equal(u.shell, rows[i][2]);
    }
    config.account_count = 0;
}

/* A group by person has that member of that organization, and no member of the same roles. */
static void group_by_person_has_that_member_alone(void **state)
{
    (void)state;
    struct snapshot_user u;
    struct snapshot_grants g;
    static const char *const names[] = {"ada", "bob", "cid", "usr_9"};
    config.group[5] = (struct config_group){
        .name = (char *)"keepers", .org = config.org[0].name, .members = {"usr_2\0usr_9", 2}};
    config.group_count = 6;
    for (int i = 0; i < 4; i++) {
        char id[16];
        snprintf(id, sizeof id, "usr_%d", i + 1);
        put(0, id, names[i], "member", MEMBER_ACTIVE);
    }
    put(1, "usr_2", "eve", "member", MEMBER_ACTIVE);
    assert_int_equal(run(), 0);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(find(names[i], &u, &g), SNAPSHOT_OK);
        assert_int_equal(g.gid_count, i == 1 ? 2 : 1);
    }
    assert_int_equal(find("eve", &u, &g), SNAPSHOT_OK);
    assert_int_equal(g.gid_count, 0);
    put(0, "usr_2", "bob", "member", MEMBER_SUSPENDED);
    assert_int_equal(run(), 0);
    assert_int_equal(find("bob", &u, &g), SNAPSHOT_OK);
    assert_int_equal(g.gid_count, 0);
    config.group_count = 5;
}

/* The number depends on nothing but the ids, so that every host comes to it. */
static void ids_do_not_depend_on_the_order_of_members(void **state)
{
    put(0, "usr_1", "ada", "member", MEMBER_ACTIVE);
    put(0, "usr_2", "mia", "member", MEMBER_ACTIVE);
    assert_int_equal(run(), 0);
    uint32_t ada = uid_of("ada"), mia = uid_of("mia");
    fresh(state);
    put(0, "usr_2", "mia", "member", MEMBER_ACTIVE);
    assert_int_equal(run(), 0);
    put(0, "usr_1", "ada2", "member", MEMBER_ACTIVE);
    assert_int_equal(run(), 0);
    assert_int_equal(uid_of("mia"), mia);
    assert_int_equal(uid_of("ada2"), ada);
}

static void members_with_impossible_names_are_withheld(void **state)
{
    (void)state;
    const char *bad[] = {
        "root", "daemon", "../x", "9lives", "a b", "acme", "abcdefghijklmnopqrstuvwxyz0123456"};
    for (int i = 0; i < 7; i++) {
        char id[16];
        snprintf(id, sizeof id, "usr_%d", i);
        put(0, id, bad[i], "member", MEMBER_ACTIVE);
    }
    put(0, "usr_9", "mia", "member", MEMBER_ACTIVE);
    assert_int_equal(run(), 0);
    assert_int_equal(result.users, 1);
    assert_int_equal(result.withheld, 7);
    assert_true(uid_of("mia") > 0);
    for (int i = 0; i < 7; i++)
        assert_int_equal(uid_of(bad[i]), 0);
    assert_int_equal(ledger_name(ledger, "daemon", "org_1", "usr_1"), LEDGER_NAME_FREE);
}

/* The name of a group that is mapped is nobody's, also while the machine has no such group. */
static void name_of_a_mapped_group_is_withheld_from_members(void **state)
{
    (void)state;
    config.group[2].name = (char *)"docker-of-tomorrow";
    put(0, "usr_1", "docker-of-tomorrow", "member", MEMBER_ACTIVE);
    put(0, "usr_2", "mia", "member", MEMBER_ACTIVE);
    assert_int_equal(run(), 0);
    assert_int_equal(uid_of("docker-of-tomorrow"), 0);
    assert_int_equal(result.withheld, 1);
    assert_true(uid_of("mia") > 0);
    config.group[2].name = (char *)"daemon";
    assert_int_equal(run(), 0);
    assert_true(uid_of("docker-of-tomorrow") > 0);
    config.group[2].name = (char *)"docker-of-tomorrow"; /* mapped when he had it already */
    assert_int_equal(run(), 0);
    assert_int_equal(uid_of("docker-of-tomorrow"), 0);
    config.group[2].name = (char *)"daemon";
}

static void name_wanted_by_two_members_goes_to_neither(void **state)
{
    (void)state;
    put(1, "usr_1", "ada", "member", MEMBER_ACTIVE);
    put(1, "usr_2", "Ada", "member", MEMBER_ACTIVE);
    assert_int_equal(run(), 0);
    assert_int_equal(result.withheld, 2); /* neither: who came first is not ours to say */
    put(1, "usr_2", "ada.b", "member", MEMBER_ACTIVE);
    assert_int_equal(run(), 0);
    assert_int_equal(result.withheld, 0);
    uint32_t ada = uid_of("ada");
    put(1, "usr_3", "ada", "owner", MEMBER_ACTIVE); /* now the ledger knows whose it is */
    assert_int_equal(run(), 0);
    assert_int_equal(result.withheld, 1);
    assert_int_equal(uid_of("ada"), ada);
}

/* Of two organizations the first in the configuration has the name, once it is given at all; in one
 * that has several of that name nobody has it, nor in the next one. */
static void name_wanted_in_two_organizations_goes_to_the_first(void **state)
{
    (void)state;
    put(1, "usr_1", "ada", "member", MEMBER_ACTIVE);
    names_given = COMPILE_BOUND_NAMES;
    assert_int_equal(run(), 0);
    assert_int_equal(result.withheld, 1);
    names_given = COMPILE_ALL_NAMES;
    put(0, "usr_2", "ada", "member", MEMBER_ACTIVE);
    put(0, "usr_3", "bob", "member", MEMBER_ACTIVE);
    put(0, "usr_4", "bob", "member", MEMBER_ACTIVE);
    put(1, "usr_5", "bob", "member", MEMBER_ACTIVE);
    put(0, "usr_6", "cid", "member", MEMBER_PENDING);
    put(1, "usr_7", "cid", "member", MEMBER_ACTIVE);
    assert_int_equal(run(), 0);
    assert_string_equal(roster_find(&rosters[0], "usr_2")->name, "ada");
    assert_string_equal(roster_find(&rosters[1], "usr_1")->name, "");
    assert_int_equal(uid_of("bob"), 0);
    assert_string_equal(roster_find(&rosters[1], "usr_7")->name, "cid");
    assert_int_equal(result.withheld, 5);
}

/* Taking somebody else's name, a departed member's too, does not work; having had one keeps it. */
static void renamed_member_keeps_the_id_and_takes_no_former_name(void **state)
{
    (void)state;
    put(0, "usr_1", "ada", "member", MEMBER_ACTIVE);
    put(0, "usr_2", "bob", "member", MEMBER_ACTIVE);
    assert_int_equal(run(), 0);
    uint32_t ada = uid_of("ada"), bob = uid_of("bob");
    put(0, "usr_2", "ada", "member", MEMBER_ACTIVE);
    assert_int_equal(run(), 0);
    assert_int_equal(uid_of("ada"), ada);
    assert_int_equal(uid_of("bob"), bob);
    put(0, "usr_2", "bobby", "member", MEMBER_ACTIVE);
    assert_int_equal(run(), 0);
    assert_int_equal(uid_of("bobby"), bob);
    assert_int_equal(uid_of("bob"), 0);
    put(0, "usr_3", "bob", "member", MEMBER_ACTIVE); /* whose keys and files may still be about */
    assert_int_equal(run(), 0);
    assert_int_equal(uid_of("bob"), 0);
    roster_remove(&rosters[0], roster_find(&rosters[0], "usr_1"));
    put(0, "usr_4", "ada", "member", MEMBER_ACTIVE);
    assert_int_equal(run(), 0);
    assert_int_equal(uid_of("ada"), ada);
}

static void execute(const char *path, const char *text)
{
    sqlite3 *db;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

/* Is there a user NAME with a group of the same name and number? */
static bool private_group(const char *name)
{
    struct snapshot_user u;
    return find(name, &u, NULL) == SNAPSHOT_OK && u.private_group;
}

/* Names that a member chose and that mean something to a machine, or will. */
static void members_with_reserved_names_are_withheld(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "docker",   "wheel",       "admin",         "lxd",
        "redis",    "orgd",        "postgres",      "systemd-coredump",
        "_apt",     "root.adm",    "root.",         "www-data.www-data",
        "ada.root", "acme-admins", "node_exporter", "debian-x"};
    char id[16];
    uint32_t count = sizeof bad / sizeof *bad;
    for (uint32_t i = 0; i < count; i++) {
        snprintf(id, sizeof id, "usr_%u", i);
        put(0, id, bad[i], "member", MEMBER_ACTIVE);
    }
    assert_int_equal(run(), 0);
    assert_int_equal(result.users, 0);
    assert_int_equal(result.withheld, count);
    for (uint32_t i = 0; i < count; i++) {
        snprintf(id, sizeof id, "usr_%u", i);
        assert_non_null(roster_find(&rosters[0], id)->complaint);
        assert_int_not_equal(ledger_name(ledger, bad[i], "org_1", id), LEDGER_NAME_OWN);
    }
    put(0, "usr_0", "nova.smith", "member", MEMBER_ACTIVE); /* no part of the machine's */
    assert_int_equal(run(), 0);
    assert_true(uid_of("nova.smith") > 0);
}

/* Root frees a name of the list, and reserves others; the machine's own are never free. */
static void configuration_allows_and_reserves_names(void **state)
{
    (void)state;
    config.allowed = (struct text_list){"jenkins\0daemon", 2};
    config.reserved = (struct text_list){"payroll", 1};
    put(0, "usr_1", "jenkins", "member", MEMBER_ACTIVE);
    put(0, "usr_2", "payroll", "member", MEMBER_ACTIVE);
    put(0, "usr_3", "daemon", "member", MEMBER_ACTIVE);
    assert_int_equal(run(), 0);
    assert_true(private_group("jenkins"));
    assert_int_equal(result.withheld, 2);
    config.reserved = (struct text_list){"jenkins", 1}; /* also of one who had it */
    config.allowed = (struct text_list){0};
    assert_int_equal(run(), 0);
    assert_int_equal(uid_of("jenkins"), 0);
    assert_true(uid_of("payroll") > 0);
    config.reserved = (struct text_list){0};
}

/* Who was served under a reserved name before keeps it, but is no group of that name any more. */
static void member_served_before_keeps_a_reserved_name_without_its_group(void **state)
{
    (void)state;
    put(0, "usr_1", "ada", "admin", MEMBER_ACTIVE);
    assert_int_equal(run(), 0);
    uint32_t ada = uid_of("ada");
    assert_true(private_group("ada"));
    execute(ledger_path,
            "UPDATE names SET name='docker' WHERE name='ada'; UPDATE members SET name='docker', "
            "username='docker'");
    reopen();
    assert_int_equal(run(), 0);
    assert_int_equal(uid_of("docker"), ada);
    assert_false(private_group("docker"));
    assert_int_equal(result.withheld, 0);
    assert_true(roster_find(&rosters[0], "usr_1")->reserved);
    config.allowed = (struct text_list){"docker", 1};
    assert_int_equal(run(), 0);
    assert_true(private_group("docker"));
    assert_null(roster_find(&rosters[0], "usr_1")->complaint);
    config.allowed = (struct text_list){0};
}

/* Members name no group: they are in the first group of everyone. */
static void primary_group_is_common_without_private_groups(void **state)
{
    struct snapshot_user u;
    struct snapshot_grants c;
    (void)state;
    config.private_groups = false;
    put(0, "usr_1", "ada", "admin", MEMBER_ACTIVE);
    put(0, "usr_2", "bob", "member", MEMBER_REMOVED);
    assert_int_equal(run(), 0);
    assert_int_equal(find("ada", &u, &c), SNAPSHOT_OK);
    gid_t acme;
    assert_true(snapshot_gid(&c, 0, &acme));
    assert_int_equal(u.gid, acme);
    assert_false(private_group("ada"));
    config.private_groups = true;
    assert_int_equal(run(), 0);
    assert_true(private_group("ada"));
}

/* A group that root names wins against the group of a member of that name. */
static void configured_group_replaces_a_members_private_group(void **state)
{
    (void)state;
    config.group[4].name = (char *)"testers";
    put(0, "usr_1", "deployers", "member", MEMBER_ACTIVE);
    assert_int_equal(run(), 0);
    uint32_t uid = uid_of("deployers");
    assert_true(uid > 0 && private_group("deployers"));
    uint32_t groups = result.groups;
    config.group[4].name = (char *)"deployers";
    assert_int_equal(run(), 0);
    assert_int_equal(uid_of("deployers"), uid);
    assert_int_equal(result.groups, groups);
    assert_false(private_group("deployers"));
    config.group[4].name = (char *)"sys";
}

static void name_pattern_is_applied_to_usernames(void **state)
{
    (void)state;
    config.name = (char *)"acme-%u";
    put(0, "usr_1", "docker", "member", MEMBER_ACTIVE);
    put(0, "usr_2", "ada", "member", MEMBER_ACTIVE);
    put(0, "usr_3", "abcdefghijklmnopqrstuvwxyz01", "member", MEMBER_ACTIVE);
    assert_int_equal(run(), 0);
    assert_true(uid_of("acme-docker") > 0 && uid_of("acme-ada") > 0);
    assert_int_equal(uid_of("docker"), 0);
    assert_int_equal(result.withheld, 1); /* too long with it */
    uint32_t ada = uid_of("acme-ada");
    config.name = (char *)"%u";
    put(0, "usr_1", "dora", "member", MEMBER_ACTIVE);
    assert_int_equal(run(), 0);
    assert_int_equal(uid_of("ada"), ada);
}

/* A home directory stays where it is, whatever its owner is called by now; and nobody gets
 * another's. */
static void renamed_member_keeps_the_home_directory(void **state)
{
    struct snapshot_user u;
    char own[64];
    (void)state;
    put(0, "usr_1", "carol", "member", MEMBER_ACTIVE);
    assert_int_equal(run(), 0);
    put(0, "usr_1", "dave", "member", MEMBER_ACTIVE);
    assert_int_equal(run(), 0);
    assert_int_equal(find("dave", &u, NULL), SNAPSHOT_OK);
    assert_string_equal(u.home, "/home/carol/carol");
    reopen();
    assert_int_equal(run(), 0);
    assert_int_equal(find("dave", &u, NULL), SNAPSHOT_OK);
    assert_string_equal(u.home, "/home/carol/carol");
    put(0, "usr_2", "carol", "member", MEMBER_ACTIVE);
    assert_int_equal(run(), 0);
    assert_int_equal(uid_of("carol"), 0);
    assert_int_equal(ledger_unbind(ledger, "carol"), 0); /* root frees it */
    assert_int_equal(run(), 0);
    assert_int_equal(find("carol", &u, NULL), SNAPSHOT_OK);
    snprintf(own, sizeof own, "/home/carol-%u/carol-%u", u.uid, u.uid);
    assert_string_equal(u.home, own);
    reopen();
    assert_int_equal(run(), 0);
    assert_int_equal(find("carol", &u, NULL), SNAPSHOT_OK);
    assert_string_equal(u.home, own);
}

/* Who is only invited has his name lent: a mistyped invitation must not keep it for ever, and who
 * accepts may have another id from then on. */
static void name_of_an_invited_member_goes_to_the_member_who_joins(void **state)
{
    struct snapshot_user u;
    struct snapshot_grants c;
    (void)state;
    put(0, "invitation_1", "pat", "member", MEMBER_PENDING);
    put(0, "invitation_2", "kim", "member", MEMBER_PENDING);
    assert_int_equal(run(), 0);
    assert_int_equal(run(), 0);
    assert_int_equal(find("pat", &u, &c), SNAPSHOT_OK);
    assert_int_equal(u.state, MEMBER_PENDING);
    roster_remove(&rosters[0], roster_find(&rosters[0], "invitation_1"));
    put(0, "usr_1", "pat", "member", MEMBER_ACTIVE); /* he has accepted */
    put(0, "usr_2", "kim", "member",
        MEMBER_ACTIVE); /* the other invitation was to a wrong address */
    assert_int_equal(run(), 0);
    assert_int_equal(find("pat", &u, &c), SNAPSHOT_OK);
    assert_int_equal(u.state, MEMBER_ACTIVE);
    assert_int_equal(find("kim", &u, &c), SNAPSHOT_OK);
    assert_int_equal(u.state, MEMBER_ACTIVE);
    put(0, "invitation_3", "ned", "member", MEMBER_PENDING);
    assert_int_equal(run(), 0);
    reopen();
    put(0, "usr_3", "ned", "member", MEMBER_ACTIVE);
    assert_int_equal(run(), 0);
    assert_int_equal(find("ned", &u, &c), SNAPSHOT_OK);
    assert_int_equal(u.state, MEMBER_ACTIVE);
}

/* Who had a name and is only invited again keeps it: a lent one in its place would leave him
 * without any when somebody else gets that. */
static void member_who_is_invited_again_keeps_the_name(void **state)
{
    struct snapshot_user u;
    (void)state;
    put(0, "usr_1", "ann", "member", MEMBER_ACTIVE);
    assert_int_equal(run(), 0);
    uint32_t ann = uid_of("ann");
    put(0, "usr_1", "anna", "member", MEMBER_PENDING);
    assert_int_equal(run(), 0);
    assert_int_equal(uid_of("ann"), ann);
    assert_int_equal(uid_of("anna"), 0);
    put(0, "usr_2", "anna", "member", MEMBER_ACTIVE);
    assert_int_equal(run(), 0);
    assert_int_equal(uid_of("ann"), ann);
    put(0, "usr_1", "anna", "member", MEMBER_ACTIVE);
    assert_int_equal(run(), 0);
    assert_int_equal(find("ann", &u, NULL), SNAPSHOT_OK);
    assert_int_equal(u.state, MEMBER_ACTIVE);
    put(0, "usr_1", "hanna", "member", MEMBER_ACTIVE); /* and is renamed when he is a member */
    assert_int_equal(run(), 0);
    assert_int_equal(uid_of("hanna"), ann);
}

static void removed_and_suspended_members_lose_shell_and_groups(void **state)
{
    (void)state;
    put(0, "usr_1", "ada", "admin", MEMBER_ACTIVE);
    put(0, "usr_2", "sue", "admin", MEMBER_SUSPENDED);
    assert_int_equal(run(), 0);
    uint32_t ada = uid_of("ada");
    roster_remove(&rosters[0], roster_find(&rosters[0], "usr_1"));
    const char *names[] = {"ada", "sue"};
    for (int i = 0; i < 2; i++) {
        assert_int_equal(run(), 0);
        struct snapshot_user u;
        struct snapshot_grants c;
        assert_int_equal(find(names[i], &u, &c), SNAPSHOT_OK);
        assert_string_equal(u.shell, "/usr/sbin/nologin");
        assert_int_equal(c.gid_count, 0);
    }
    assert_int_equal(uid_of("ada"), ada);
    assert_int_equal(result.active, 0);
}

/* Everything survives a restart; nothing that left is ever given away. */
static void restart_keeps_ids_and_departed_members(void **state)
{
    (void)state;
    put(0, "usr_1", "ada", "admin", MEMBER_ACTIVE);
    put(0, "usr_2", "bob", "member", MEMBER_ACTIVE);
    assert_int_equal(run(), 0);
    uint32_t ada = uid_of("ada"), bob = uid_of("bob");
    roster_remove(&rosters[0], roster_find(&rosters[0], "usr_2"));
    assert_int_equal(run(), 0);
    reopen();
    assert_int_equal(rosters[0].count, 2);
    assert_int_equal(rosters[0].present, 1);
    struct roster_member *m = roster_find(&rosters[0], "usr_1");
    assert_int_equal(m->uid, ada);
    assert_false(m->changed);
    assert_true(text_list_has(&m->remote.roles, "admin"));
    assert_int_equal(run(), 0);
    assert_int_equal(uid_of("ada"), ada);
    assert_int_equal(uid_of("bob"), bob);
}

/* The ledger was restored from a backup that is older than what was published: nobody gets a
 * published number but whose it was. */
static void restored_ledger_gives_no_published_id_to_another_member(void **state)
{
    struct config kept = config;
    config.range_first = 200000;
    config.range_last = 200005; /* so narrow that the others would be given it */
    put(0, "usr_1", "ada", "member", MEMBER_ACTIVE);
    assert_int_equal(run(), 0);
    struct snapshot_user ada;
    assert_int_equal(find("ada", &ada, NULL), SNAPSHOT_OK);
    assert_true(ada.identity == owner_identity("org_1", "usr_1"));
    fresh(state);
    assert_int_equal(ledger_reserve(ledger, ada.uid, ada.identity, OWNER_BLAKE2B), 0);
    put(0, "usr_2", "bob", "member", MEMBER_ACTIVE);
    put(0, "usr_3", "mia", "member", MEMBER_ACTIVE);
    put(0, "usr_4", "eve", "member", MEMBER_ACTIVE);
    assert_int_equal(run(), 0);
    assert_int_not_equal(uid_of("bob"), ada.uid);
    assert_int_not_equal(uid_of("mia"), ada.uid);
    assert_int_not_equal(uid_of("eve"), ada.uid);
    put(0, "usr_1", "ada", "member", MEMBER_ACTIVE);
    roster_remove(&rosters[0], roster_find(&rosters[0], "usr_4"));
    assert_int_equal(run(), 0);
    assert_int_equal(uid_of("ada"), ada.uid);
    config = kept;
}

/* A range with a single id left, then none. */
static void full_range_withholds_new_members_only(void **state)
{
    (void)state;
    struct config kept = config;
    config.range_first = 200000;
    config.range_last = 200004; /* two groups, three members */
    put(0, "usr_1", "a1", "member", MEMBER_ACTIVE);
    put(0, "usr_2", "a2", "member", MEMBER_ACTIVE);
    put(0, "usr_3", "a3", "member", MEMBER_ACTIVE);
    assert_int_equal(run(), 0);
    uint32_t a = uid_of("a1"), b = uid_of("a2"), c = uid_of("a3");
    assert_true(a != b && b != c && a != c);
    put(0, "usr_4", "a4", "member", MEMBER_ACTIVE);
    put(0, "usr_5", "a5", "member", MEMBER_ACTIVE);
    roster_remove(&rosters[0], roster_find(&rosters[0], "usr_3"));
    assert_int_equal(run(), 0); /* the others are served as before */
    assert_int_equal(result.users, 3);
    assert_int_equal(result.active, 2);
    assert_int_equal(result.withheld, 2);
    assert_int_equal(uid_of("a1"), a);
    assert_int_equal(uid_of("a3"), c); /* whose number stays his */
    assert_int_equal(uid_of("a4"), 0);
    config.range_last = 200005; /* the ledger has another one */
    assert_int_equal(run(), 0);
    assert_int_equal(result.withheld, 2);
    execute(ledger_path, "DELETE FROM ranges"); /* as orglogin.conf(5) has it */
    assert_int_equal(run(), 0);
    assert_int_equal(result.withheld, 1);
    config = kept;
}

/* Remote ids that were chosen to have one hash: the search for a free id ends, and those who find
 * none are withheld. The other organization's members are served as ever. */
static void colliding_remote_ids_do_not_harm_another_organization(void **state)
{
    char id[COLLIDE_LEN];
    (void)state;
    collide_remote("org_1", 1, 0, id);
    for (unsigned n = 0; n < 4000; n++) {
        char name[16];
        collide_number("org_1", n, id);
        snprintf(name, sizeof name, "m%u", n);
        put(0, id, name, "member", MEMBER_ACTIVE);
    }
    put(1, "usr_1", "ada", "member", MEMBER_ACTIVE);
    assert_int_equal(run(), 0);
    assert_int_equal(result.users, PLACEMENT_PROBES + 1);
    assert_int_equal(result.withheld, 4000 - PLACEMENT_PROBES);
    assert_true(uid_of("ada") > 0);
    assert_int_equal(run(), 0); /* nor does it cost much to find out again */
    assert_int_equal(result.users, PLACEMENT_PROBES + 1);
}

/* Each organization's users and groups have numbers of its own range, which the snapshot tells. */
static void each_organization_gets_ids_of_its_range(void **state)
{
    struct config kept = config;
    struct snapshot s;
    struct snapshot_policy policy;
    struct snapshot_group g;
    const char *why;
    (void)state;
    config.placement = PLACEMENT_BLAKE2B;
    config.org[0].range_first = 300000;
    config.org[0].range_last = 309999;
    config.org[1].range_first = 400000;
    config.org[1].range_last = 409999;
    config.group[1].org = config.org[1].name;
    put(0, "usr_1", "ada", "admin", MEMBER_ACTIVE);
    put(1, "usr_1", "bea", "admin", MEMBER_ACTIVE);
    assert_int_equal(run(), 0);
    assert_in_range(uid_of("ada"), 300000, 309999);
    assert_in_range(uid_of("bea"), 400000, 409999);
    assert_int_equal(snapshot_open(&s, snapshot_path, &why), SNAPSHOT_OK);
    assert_int_equal(snapshot_group_by_name(&s, "acme", 4, &g), SNAPSHOT_OK);
    assert_in_range(g.gid, 300000, 309999);
    assert_int_equal(snapshot_group_by_name(&s, "acme-admins", 11, &g), SNAPSHOT_OK);
    assert_in_range(g.gid, 400000, 409999);
    assert_int_equal(snapshot_policy(&s, &policy), SNAPSHOT_OK);
    assert_int_equal(policy.range[1].first, 400000);
    assert_int_equal(policy.range[1].last, 409999);
    snapshot_close(&s);
    config = kept;
    config.group[1].org = config.org[0].name;
}

/* Two hosts that heard of the members in another order, in one listing or one by one, as long as
 * none collide. */
static void ids_of_either_placement_do_not_depend_on_the_order(void **state)
{
    static const enum placement both[] = {PLACEMENT_WYHASH, PLACEMENT_BLAKE2B};
    struct config kept = config;
    for (int i = 0; i < 2; i++) {
        config.placement = both[i];
        fresh(state);
        put(0, "usr_1", "ada", "member", MEMBER_ACTIVE);
        put(0, "usr_2", "mia", "member", MEMBER_ACTIVE);
        assert_int_equal(run(), 0);
        uint32_t ada = uid_of("ada"), mia = uid_of("mia");
        fresh(state);
        put(0, "usr_2", "mia", "member", MEMBER_ACTIVE);
        assert_int_equal(run(), 0);
        config.placement = PLACEMENT_UNKNOWN; /* it is recorded */
        put(0, "usr_1", "ada", "member", MEMBER_ACTIVE);
        assert_int_equal(run(), 0);
        assert_int_equal(uid_of("mia"), mia);
        assert_int_equal(uid_of("ada"), ada);
    }
    config = kept;
}

/* Nothing but the file's size bounds how many combinations of roles there are: here each member's
 * is his own, and two are alike. */
static void each_member_may_have_roles_that_nobody_else_has(void **state)
{
    (void)state;
    struct snapshot_user one, other;
    struct snapshot_grants c;
    char id[16], role[16];
    put(0, "gone", "gone", "member", MEMBER_ACTIVE);
    assert_int_equal(run(), 0);
    for (int i = 0; i < 20000; i++) {
        snprintf(id, sizeof id, "m%05d", i);
        snprintf(role, sizeof role, "role%d", i);
        put(0, id, id, role, MEMBER_ACTIVE);
    }
    put(0, "n1", "n1", "role7", MEMBER_ACTIVE);
    roster_remove(&rosters[0], roster_find(&rosters[0], "gone"));
    put(1, "ada", "ada", "role7", MEMBER_ACTIVE);
    assert_int_equal(run(), 0);
    assert_int_equal(result.active, 20002);
    assert_int_equal(result.withheld, 0);
    for (int i = 0; i < 20000; i += 1999) {
        snprintf(id, sizeof id, "m%05d", i);
        snprintf(role, sizeof role, "role%d", i);
        assert_int_equal(find(id, &one, &c), SNAPSHOT_OK);
        assert_int_equal(c.roles.count, 1);
        assert_true(text_list_has(&c.roles, role));
    }
    assert_int_equal(find("m00007", &one, NULL), SNAPSHOT_OK);
    assert_int_equal(find("n1", &other, NULL), SNAPSHOT_OK);
    assert_int_equal(one.grants_ref, other.grants_ref);
    assert_int_equal(find("ada", &other, &c), SNAPSHOT_OK);
    assert_int_not_equal(one.grants_ref, other.grants_ref);
    assert_int_equal(c.org, 1);
    assert_int_equal(find("gone", &one, &c), SNAPSHOT_OK);
    assert_int_equal(one.state, MEMBER_REMOVED);
}

/* As many groups as there may be, and a member who is in a thousand of them: they are looked for by
 * what he holds, and not one by one. */
static void member_is_in_a_thousand_of_65536_groups(void **state)
{
    (void)state;
    enum { IN = 1000, STEP = CONFIG_GROUPS_MAX / IN };
    struct config kept = config;
    static char name[CONFIG_GROUPS_MAX][16], roles[IN * 12];
    static struct group_note notes[CONFIG_GROUPS_MAX];
    struct config_group *groups = calloc(CONFIG_GROUPS_MAX, sizeof *groups);
    struct pipe_member m = {.state = MEMBER_ACTIVE, .id = "usr_1", .email = "", .username = "ada"};
    struct snapshot_user u;
    struct snapshot_grants g;
    char *end = roles;
    assert_non_null(groups);
    for (int i = 0; i < CONFIG_GROUPS_MAX; i++) {
        snprintf(name[i], sizeof name[i], "g%d", i);
        groups[i] = (struct config_group){
            .name = name[i], .org = config.org[0].name, .roles = {name[i], 1}};
        if (i % STEP == 0 && m.roles.count < IN) {
            end = stpcpy(end, name[i]) + 1;
            m.roles.count++;
        }
    }
    m.roles.first = roles;
    m.display = "";
    m.permissions.first = "";
    assert_int_equal(roster_put(&rosters[0], roster_member_new(&m)), 0);
    config.group = groups;
    config.group_count = CONFIG_GROUPS_MAX;
    note = notes;
    assert_int_equal(run(), 0);
    assert_int_equal(result.groups, CONFIG_GROUPS_MAX);
    assert_int_equal(find("ada", &u, &g), SNAPSHOT_OK);
    assert_int_equal(g.gid_count, IN);
    config = kept;
    note = group_note;
    free(groups);
}

static void one_remote_id_in_two_organizations_makes_two_users(void **state)
{
    (void)state;
    put(0, "usr_1", "ada", "admin", MEMBER_ACTIVE);
    put(1, "usr_1", "bea", "admin", MEMBER_ACTIVE); /* the same remote id, another organization's */
    assert_int_equal(run(), 0);
    assert_true(uid_of("ada") != uid_of("bea"));
    struct snapshot_user u;
    struct snapshot_grants c;
    assert_int_equal(find("bea", &u, &c), SNAPSHOT_OK);
    assert_int_equal(c.org, 1);
    assert_int_equal(c.gid_count, 0); /* the groups are acme's */
}

static void ledger_open_refuses_garbage_and_a_missing_directory(void **state)
{
    (void)state;
    char path[80];
    snprintf(path, sizeof path, "%s/rubbish", dir);
    FILE *f = fopen(path, "w");
    for (int i = 0; i < 1000; i++)
        fputs("rubbish ", f);
    fclose(f);
    assert_null(ledger_open(path, LEDGER_FILE));
    unlink(path);
    assert_null(ledger_open("/nonexistent/ids.db", LEDGER_FILE));
}

/* What others could have written, or a newer orgsyncd, is no ledger; it is left as it is. */
static void ledger_open_refuses_untrusted_files_and_newer_versions(void **state)
{
    (void)state;
    struct ledger *l;
    char link[80];
    snprintf(link, sizeof link, "%s/link", dir);
    const mode_t modes[] = {0666, 0620, 0602};
    for (int i = 0; i < 3; i++) {
        assert_int_equal(chmod(ledger_path, modes[i]), 0);
        assert_null(ledger_open(ledger_path, LEDGER_FILE));
        assert_null(ledger_open(ledger_path, LEDGER_COPY));
    }
    assert_int_equal(chmod(ledger_path, 0600), 0);
    assert_int_equal(chown(ledger_path, 1, 0), 0);
    assert_null(ledger_open(ledger_path, LEDGER_FILE));
    assert_int_equal(chown(ledger_path, 0, 0), 0);
    assert_int_equal(symlink(ledger_path, link), 0);
    assert_null(ledger_open(link, LEDGER_FILE));
    unlink(link);
    execute(ledger_path, "PRAGMA user_version=99");
    assert_null(ledger_open(ledger_path, LEDGER_FILE));
    assert_null(ledger_open(ledger_path, LEDGER_COPY));
    execute(ledger_path, "PRAGMA user_version=4");
    l = ledger_open(ledger_path, LEDGER_FILE);
    assert_non_null(l);
    ledger_close(l);
}

static void *read_for_a_while(void *arg)
{
    sqlite3 *db = arg;
    usleep(300000);
    sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    return NULL;
}

/* Somebody reads the ledger, as a backup does, while it is written. */
static void compile_succeeds_while_the_ledger_is_read(void **state)
{
    (void)state;
    sqlite3 *db;
    pthread_t reader;
    assert_int_equal(sqlite3_open(ledger_path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "BEGIN; SELECT * FROM ids", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(pthread_create(&reader, NULL, read_for_a_while, db), 0);
    put(0, "usr_1", "ada", "member", MEMBER_ACTIVE);
    assert_int_equal(run(), 0);
    pthread_join(reader, NULL);
    sqlite3_close(db);
}

static int setup(void **state)
{
    (void)state;
    return places_setup(&config);
}

static int teardown(void **state)
{
    (void)state;
    forget_rosters();
    ledger_close(ledger);
    return places_teardown();
}

int main(void)
{
    need_root();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(member_is_published_with_ids_and_groups, fresh),
        cmocka_unit_test_setup(keys_are_published_of_active_members, fresh),
        cmocka_unit_test_setup(homes_and_shells_are_those_of_the_first_entry_that_matches, fresh),
        cmocka_unit_test_setup(group_by_person_has_that_member_alone, fresh),
        cmocka_unit_test_setup(ids_do_not_depend_on_the_order_of_members, fresh),
        cmocka_unit_test_setup(members_with_impossible_names_are_withheld, fresh),
        cmocka_unit_test_setup(name_of_a_mapped_group_is_withheld_from_members, fresh),
        cmocka_unit_test_setup(name_wanted_by_two_members_goes_to_neither, fresh),
        cmocka_unit_test_setup(name_wanted_in_two_organizations_goes_to_the_first, fresh),
        cmocka_unit_test_setup(renamed_member_keeps_the_id_and_takes_no_former_name, fresh),
        cmocka_unit_test_setup(members_with_reserved_names_are_withheld, fresh),
        cmocka_unit_test_setup(configuration_allows_and_reserves_names, fresh),
        cmocka_unit_test_setup(member_served_before_keeps_a_reserved_name_without_its_group, fresh),
        cmocka_unit_test_setup(primary_group_is_common_without_private_groups, fresh),
        cmocka_unit_test_setup(configured_group_replaces_a_members_private_group, fresh),
        cmocka_unit_test_setup(name_pattern_is_applied_to_usernames, fresh),
        cmocka_unit_test_setup(renamed_member_keeps_the_home_directory, fresh),
        cmocka_unit_test_setup(removed_and_suspended_members_lose_shell_and_groups, fresh),
        cmocka_unit_test_setup(name_of_an_invited_member_goes_to_the_member_who_joins, fresh),
        cmocka_unit_test_setup(member_who_is_invited_again_keeps_the_name, fresh),
        cmocka_unit_test_setup(restart_keeps_ids_and_departed_members, fresh),
        cmocka_unit_test_setup(restored_ledger_gives_no_published_id_to_another_member, fresh),
        cmocka_unit_test_setup(full_range_withholds_new_members_only, fresh),
        cmocka_unit_test_setup(colliding_remote_ids_do_not_harm_another_organization, fresh),
        cmocka_unit_test_setup(each_organization_gets_ids_of_its_range, fresh),
        cmocka_unit_test_setup(ids_of_either_placement_do_not_depend_on_the_order, fresh),
        cmocka_unit_test_setup(each_member_may_have_roles_that_nobody_else_has, fresh),
        cmocka_unit_test_setup(member_is_in_a_thousand_of_65536_groups, fresh),
        cmocka_unit_test_setup(one_remote_id_in_two_organizations_makes_two_users, fresh),
        cmocka_unit_test_setup(ledger_open_refuses_garbage_and_a_missing_directory, fresh),
        cmocka_unit_test_setup(ledger_open_refuses_untrusted_files_and_newer_versions, fresh),
        cmocka_unit_test_setup(compile_succeeds_while_the_ledger_is_read, fresh),
    };
    return cmocka_run_group_tests_name("compile", tests, setup, teardown);
}
