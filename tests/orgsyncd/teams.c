/* Groups of teams and roles: their names and numbers, and which team a name in orglogin.conf is. */
#include "orgsyncd/teams.h"
#include <string.h>

#include "common/snapshot.h"
#include "orgsyncd/team_rules.h"
#include "tests/orgsyncd/places.h"

static char rule_roles[] = "owner";
static struct text_list into;
static struct config_teams named = {
    .teams = {"ops\00042\000nobody", 3}, .roles = {rule_roles, 1}, .into = &into};
static struct config config = {
    .org = {{.name = (char *)"acme", .id = (char *)"org_1"}},
    .org_count = 1,
    .group = (struct config_group[4]){{.name = (char *)"acme", .everyone = true},
                                      {.name = (char *)"acme-%t", .each = EACH_TEAM},
                                      {.name = (char *)"role-%t", .each = EACH_ROLE}},
    .group_count = 3,
    .range_first = 200000,
    .range_last = 1999999999,
    .name = (char *)"%u",
    .home = (char *)"/home/%u",
    .shell = (char *)"/bin/sh",
    .group_members = GROUP_MEMBERS_ALWAYS,
};
static struct roster roster;
static struct teams teams, roles;
static struct ledger *ledger;
static struct compile_result result;
static struct group_note note[4];
static struct snapshot snapshot;
static uint32_t epoch;

static void team(const char *id, const char *slug)
{
    const struct pipe_team t = {id, slug, "A team", ""};
    assert_true(teams_put(&teams, &t) >= 0);
}

/* A member of the roles, COUNT of them in a row. */
static void member(const char *id, const char *list, uint32_t count)
{
    struct pipe_member m = {.state = MEMBER_ACTIVE,
                            .id = id,
                            .email = "",
                            .username = id,
                            .display = "",
                            .roles = {list, count},
                            .permissions = {"", 0}};
    assert_int_equal(roster_put(&roster, roster_member_new(&m)), 0);
}

static void run(void)
{
    struct teams *all[] = {&teams}, *every[] = {&roles};
    const char *why;
    struct compile_input input = {.config = &config,
                                  .ledger = ledger,
                                  .roster = &roster,
                                  .group_note = note,
                                  .teams = all,
                                  .roles = every,
                                  .epoch = epoch,
                                  .generation = 1,
                                  .path = snapshot_path};
    assert_int_equal(compile(&input, &result), 0);
    snapshot_close(&snapshot);
    assert_int_equal(snapshot_open(&snapshot, snapshot_path, &why), SNAPSHOT_OK);
}

static uint32_t gid_of(const char *name)
{
    struct snapshot_group g;
    enum snapshot_result rc = snapshot_group_by_name(&snapshot, name, strlen(name), &g);
    return rc == SNAPSHOT_OK ? g.gid : 0;
}

static int fresh(void **state)
{
    (void)state;
    roster_free(&roster);
    teams_free(&teams);
    teams_free(&roles);
    ledger_close(ledger);
    unlink(ledger_path);
    memset(note, 0, sizeof note);
    ledger = ledger_open(ledger_path, LEDGER_FILE);
    return ledger ? 0 : -1;
}

static void each_team_and_each_role_is_a_group(void **state)
{
    (void)state;
    struct snapshot_user u;
    struct snapshot_grants g;
    gid_t gid;
    team("1", "Ops");
    team("2", "dev");
    member("ada", "owner\0team:1\0team:2", 3);
    member("bob", "member\0team:2", 2);
    run();
    assert_int_equal(result.groups, 5); /* with acme, role-owner and role-member */
    assert_true(gid_of("acme-ops") && gid_of("acme-dev"));
    assert_true(gid_of("role-owner") && gid_of("role-member"));
    assert_int_equal(snapshot_user_by_name(&snapshot, "bob", 3, &u), SNAPSHOT_OK);
    assert_int_equal(snapshot_grants(&snapshot, u.grants_ref, &g), SNAPSHOT_OK);
    assert_int_equal(g.gid_count, 3);
    assert_true(snapshot_gid(&g, 1, &gid));
    assert_int_equal(gid, gid_of("acme-dev"));
    assert_int_equal(g.roles.count, 1); /* no rule names a team, so that no login reads of one */
}

/* The number is the id's, the name the slug's: after a rename, a swap, a restart, and the loss of
 * the ledger beside a snapshot. */
static void renamed_team_keeps_its_number(void **state)
{
    char owner[LEDGER_OWNER_SIZE];
    team("1", "ops");
    team("2", "dev");
    member("ada", "team:1\0team:2", 2);
    run();
    uint32_t one = gid_of("acme-ops"), two = gid_of("acme-dev");
    team("1", "operations");
    run();
    assert_int_equal(gid_of("acme-operations"), one);
    assert_int_equal(gid_of("acme-ops"), 0);
    team("1", "dev");
    team("2", "ops");
    run();
    assert_int_equal(gid_of("acme-dev"), one);
    assert_int_equal(gid_of("acme-ops"), two);
    teams_free(&teams);
    ledger_owner(LEDGER_TEAMS, "org_1", owner);
    assert_int_equal(ledger_load_teams(ledger, owner, &teams), 0);
    run();
    assert_int_equal(gid_of("acme-dev"), one);
    fresh(state);
    team("2", "ops");
    team("1", "dev");
    member("ada", "team:1\0team:2", 2);
    run();
    assert_int_equal(gid_of("acme-dev"), one); /* as on each host */
}

/* One is called like another one: who had the name keeps it, and both keep their numbers. */
static void team_that_takes_the_name_of_another_does_not_get_it(void **state)
{
    (void)state;
    team("1", "ops");
    team("2", "dev");
    member("ada", "team:1\0team:2", 2);
    for (epoch = 0; epoch < 2; epoch++) {
        team("2", "dev");
        run();
        uint32_t one = gid_of("acme-ops"), two = gid_of("acme-dev");
        team("2", "ops");
        run();
        assert_int_equal(gid_of("acme-ops"), one);
        assert_int_equal(gid_of("acme-t2"), two);
        assert_int_equal(gid_of("acme-dev"), 0);
    }
    epoch = 0;
    fresh(state);
    team("1", "ops"); /* nobody had it: neither gets it */
    team("2", "ops");
    member("ada", "team:1\0team:2", 2);
    run();
    assert_int_equal(gid_of("acme-ops"), 0);
    assert_true(gid_of("acme-t1") && gid_of("acme-t2"));
}

/* A team that is gone keeps its number, also when a new one has its name. */
static void number_of_a_team_that_is_gone_is_nobody_elses(void **state)
{
    (void)state;
    team("1", "ops");
    member("ada", "team:1", 1);
    run();
    uint32_t one = gid_of("acme-ops");
    member("ada", "member", 1);
    run();
    assert_int_equal(gid_of("acme-ops"), one); /* empty */
    team("2", "ops");
    member("ada", "team:2", 1);
    run();
    assert_int_not_equal(gid_of("acme-ops"), one);
    assert_int_not_equal(gid_of("acme-ops"), 0);
    member("ada", "team:1\0team:2", 2); /* it comes back */
    run();
    assert_int_equal(gid_of("acme-t1"), one);
}

/* What is no name, or means something to the machine, gives the team a name of its id. */
static void name_of_a_team_goes_through_the_guard(void **state)
{
    (void)state;
    config.group[1].name = (char *)"s%t";
    static const char *const bad[] = {"udo",
                                      "hadow",
                                      "ys",
                                      "a b",
                                      "a\u00e9",
                                      "../x",
                                      "",
                                      "-lash:",
                                      "x.daemon",
                                      "taff",
                                      "o-long-that-no-name-can-be-so-long"};
    enum { BAD = sizeof bad / sizeof *bad };
    char id[12], name[16], list[BAD * 8] = "", *end = list;
    for (int i = 0; i < BAD; i++) {
        snprintf(id, sizeof id, "%d", i);
        team(id, bad[i]);
        end = stpcpy(stpcpy(end, "team:"), id) + 1;
    }
    member("ada", list, BAD);
    member("sacmeuser", "team:99", 1);
    run();
    team("99", "acmeuser"); /* a member has the name */
    run();
    assert_int_equal(gid_of("sacmeuser"), 0);
    assert_int_not_equal(gid_of("st99"), 0);
    for (int i = 0; i < BAD; i++) {
        snprintf(name, sizeof name, "s%s", bad[i]);
        assert_int_equal(gid_of(name), 0);
        snprintf(name, sizeof name, "st%d", i);
        assert_int_not_equal(gid_of(name), 0);
    }
    config.group[1].name = (char *)"acme-%t";
}

/* The name of a team's group is no member's, also after the team was renamed. */
static void member_gets_no_name_of_a_teams_group(void **state)
{
    (void)state;
    struct snapshot_user u;
    team("1", "ops");
    member("ada", "team:1", 1);
    run();
    team("1", "dev");
    run();
    member("acme-ops", "member", 1);
    run();
    assert_int_equal(snapshot_user_by_name(&snapshot, "acme-ops", 8, &u), SNAPSHOT_ABSENT);
    team("1", "ops");
    run();
    assert_int_not_equal(gid_of("acme-ops"), 0);
}

/* As many teams as groups may be, and a member in a thousand of them. */
static void member_is_in_a_thousand_of_65536_teams(void **state)
{
    (void)state;
    enum { IN = 1000 };
    static char list[IN * 16];
    char id[12], slug[16], *end = list;
    struct snapshot_user u;
    struct snapshot_grants g;
    for (int i = 0; i < CONFIG_GROUPS_MAX; i++) {
        snprintf(id, sizeof id, "%d", i);
        snprintf(slug, sizeof slug, "t-%d", i);
        team(id, slug);
        if (i < IN)
            end = stpcpy(stpcpy(end, "team:"), id) + 1;
    }
    member("ada", list, IN);
    run();
    assert_int_equal(result.groups, CONFIG_GROUPS_MAX - 2); /* two patterns are two of them */
    assert_int_equal(snapshot_user_by_name(&snapshot, "ada", 3, &u), SNAPSHOT_OK);
    assert_int_equal(snapshot_grants(&snapshot, u.grants_ref, &g), SNAPSHOT_OK);
    assert_in_range(g.gid_count, IN - 1, IN + 1);
}

static bool has(const char *role)
{
    return text_list_has(&into, role);
}

static void resolve(int changed)
{
    assert_int_equal(team_rules_resolve(&config, &config.org[0], &teams, ledger), changed);
}

/* A rule goes by the id, and stays with the team that had the slug when it was first seen. */
static void slug_in_a_rule_is_recorded(void **state)
{
    (void)state;
    config.teams = &named;
    config.team_count = 1;
    named.org = config.org[0].name;
    resolve(1);
    assert_int_equal(into.count, 1);
    team("42", "dev");
    team("7", "ops");
    team("8", "9000");
    resolve(1);
    assert_true(has("owner") && has("team:42") && has("team:7") && into.count == 3);
    resolve(0);
    team("7", "operations"); /* somebody takes the name over */
    team("8", "ops");
    resolve(0);
    team("9", "nobody"); /* a team that comes later */
    resolve(1);
    assert_true(has("team:7") && has("team:9") && !has("team:8"));
    named.teams = (struct text_list){"9000", 1}; /* a number is no slug */
    resolve(1);
    assert_int_equal(into.count, 1);
    assert_int_equal(team_rules_begin(&config, &config.org[0], &teams, ledger), 0);
    named.teams = (struct text_list){"ops", 1}; /* the record went with the last rule */
    resolve(1);
    assert_true(has("team:8") && !has("team:7"));
    free((void *)(uintptr_t)into.first);
    into = (struct text_list){0};
    config.team_count = 0;
}

static int setup(void **state)
{
    (void)state;
    return places_setup(&config);
}

static int teardown(void **state)
{
    fresh(state);
    ledger_close(ledger);
    snapshot_close(&snapshot);
    return places_teardown();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(each_team_and_each_role_is_a_group, fresh),
        cmocka_unit_test_setup(renamed_team_keeps_its_number, fresh),
        cmocka_unit_test_setup(team_that_takes_the_name_of_another_does_not_get_it, fresh),
        cmocka_unit_test_setup(number_of_a_team_that_is_gone_is_nobody_elses, fresh),
        cmocka_unit_test_setup(name_of_a_team_goes_through_the_guard, fresh),
        cmocka_unit_test_setup(member_gets_no_name_of_a_teams_group, fresh),
        cmocka_unit_test_setup(member_is_in_a_thousand_of_65536_teams, fresh),
        cmocka_unit_test_setup(slug_in_a_rule_is_recorded, fresh),
    };
    return cmocka_run_group_tests_name("teams", tests, setup, teardown);
}
