/* What other roles take from a member, and what the brake counts of roles with an end. */
#include "orgsyncd/role_loss.h"
#include "orgsyncd/brake.h"
#include "tests/lib/unit.h"

#define NOW 1700000000000LL

static struct config_group groups[] = {
    {.name = (char *)"wheel", .org = "acme", .roles = {"ops", 1}},
    {.name = (char *)"acme-dev", .org = "acme", .roles = {"dev", 1}}};

static struct config config = {
    .group = groups,
    .group_count = 2,
    .sudo = {{.group = &groups[0]}},
    .sudo_count = 1,
    .rules = {.count = 4,
              .rule = {{.org = "acme", .services = {"sudo\0su", 2}, .roles = {"owner\0admin", 2}},
                       {.org = "acme",
                        .services = {"sshd", 1},
                        .roles = {"owner\0admin\0ops\0dev", 4},
                        .permissions = {"login", 1}},
                       {.org = "acme", .services = {"*", 1}, .roles = {"root", 1}},
                       {.org = "beta", .services = {"*", 1}, .roles = {"member", 1}}}},
};

static struct pipe_member with(const char *role)
{
    return (struct pipe_member){
        .state = MEMBER_ACTIVE, .id = "usr_1", .roles = {role, role[0] ? 1 : 0}};
}

static bool loses(const struct org_rules *own, const char *before, const char *after)
{
    const struct pipe_member had = with(before), has = with(after);
    return role_loses_access(&config, own, "acme", &had, &has);
}

static void access_is_lost_by_service_and_by_sudo(void **state)
{
    (void)state;
    static const struct org_rules none = {0};
    assert_false(loses(&none, "owner", "admin")); /* lets in just as well */
    assert_false(loses(&none, "member", "admin"));
    assert_true(loses(&none, "admin", "dev")); /* sudo */
    assert_true(loses(&none, "dev", "member"));
    assert_true(loses(&none, "root", "admin")); /* every service, by "*" */
    assert_false(loses(&none, "admin", "root"));
    assert_true(loses(&none, "ops", "dev"));  /* the group that sudo serves */
    assert_false(loses(&none, "dev", "ops")); /* a group that it does not */
    assert_false(loses(&none, "member", "")); /* had nothing; another organization's rule */
}

/* What the organization's own rules keep from a member is nothing to lose. */
static void access_is_what_both_sides_allow(void **state)
{
    (void)state;
    struct org_rules_kept own = {0};
    const struct org_rules nobody = {.narrowed = true};
    org_rules_keep(&own, &nobody);
    assert_false(loses(&own.rules, "admin", "dev"));
    assert_true(loses(&own.rules, "ops", "dev")); /* sudoers ask no organization */
    assert_true(org_rules_add(&own, "admin") && org_rules_add(&own, "sshd") &&
                org_rules_add(&own, ""));
    assert_true(loses(&own.rules, "admin", "dev"));
    assert_false(loses(&own.rules, "root", "admin"));
    assert_false(loses(&own.rules, "dev", "member"));
}

static void brake_counts_what_is_only_lent_from_now_on(void **state)
{
    (void)state;
    struct brake b = {.config = &config, .org = "acme", .now_ms = NOW};
    struct pipe_member admin = with("admin"), member = with("member"), lent = with("member"),
                       longer = with("member"), ended = with("member");
    lent.term = (struct term){NOW + 1000, {"admin", 1}, {0}};
    longer.term = (struct term){NOW + 2000, {"admin", 1}, {0}};
    ended.term = (struct term){NOW, {"admin", 1}, {0}};
    assert_true(brake_is_loss(&b, &admin, &member));
    assert_true(brake_is_loss(&b, &admin, &lent));  /* an end that is near is no way around */
    assert_true(brake_is_loss(&b, &lent, &member)); /* it is taken before its end */
    assert_true(brake_is_loss(&b, &lent, &ended));
    assert_false(brake_is_loss(&b, &ended, &member)); /* the end itself took it */
    assert_false(brake_is_loss(&b, &lent, &longer));
    assert_false(brake_is_loss(&b, &lent, &admin));
    assert_false(brake_is_loss(&b, &member, &lent));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(access_is_lost_by_service_and_by_sudo),
        cmocka_unit_test(access_is_what_both_sides_allow),
        cmocka_unit_test(brake_counts_what_is_only_lent_from_now_on),
    };
    return cmocka_run_group_tests_name("role_loss", tests, NULL, NULL);
}
