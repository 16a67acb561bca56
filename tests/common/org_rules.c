/* The organizations' own rules as bytes, and labels. */
#include <string.h>

#include "common/labels.h"
#include "common/org_rules.h"
#include "tests/lib/unit.h"

#define BYTES(text)                                                                                \
    {                                                                                              \
        true, sizeof text, text                                                                    \
    }

static void rules_are_decoded_as_they_were_added(void **state)
{
    (void)state;
    static const char *const strings[] = {"admin", "sshd", "sudo", "", "team:t1", "*", ""};
    static struct org_rules_kept kept;
    struct rules rules;
    kept.rules = (struct org_rules){.narrowed = true};
    for (size_t i = 0; i < sizeof strings / sizeof *strings; i++)
        assert_true(org_rules_add(&kept, strings[i]));
    assert_true(org_rules_decode(&kept.rules, "acme", &rules));
    assert_int_equal(rules.count, 2);
    assert_string_equal(rules.rule[0].org, "acme");
    assert_string_equal(rules.rule[0].roles.first, "admin");
    assert_int_equal(rules.rule[0].services.count, 2);
    assert_true(text_list_has(&rules.rule[0].services, "sudo"));
    assert_false(rules.rule[0].everyone || rules.rule[0].break_glass);
    assert_int_equal(rules.rule[0].permissions.count, 0);
    assert_string_equal(rules.rule[1].roles.first, "team:t1");
    assert_true(text_list_has(&rules.rule[1].services, "*"));
}

static void unsound_rules_are_refused(void **state)
{
    (void)state;
    static const struct org_rules wrong[] = {
        BYTES(""),
        BYTES("admin"),
        BYTES("admin\0"),
        {true, 11, "admin\0sshd\0"},
        {false, 12, "admin\0sshd\0"},
        BYTES("\0sshd\0"),
        BYTES("admin\0sshd\0\0"),
        BYTES("admin\0ss\nhd\0"),
        {true, ORG_RULES_SIZE_MAX + 1, "admin\0sshd\0"},
    };
    struct rules rules;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_false(org_rules_decode(&wrong[i], "acme", &rules));
    static const struct org_rules right[] = {
        {false, 0, NULL}, {true, 0, NULL}, {true, 12, "admin\0sshd\0"}};
    for (size_t i = 0; i < sizeof right / sizeof *right; i++)
        assert_true(org_rules_decode(&right[i], "acme", &rules));
}

static void rules_have_a_bound(void **state)
{
    (void)state;
    static struct org_rules_kept kept;
    char large[ORG_RULES_SIZE_MAX + 1];
    struct rules rules;
    kept.rules = (struct org_rules){.narrowed = true};
    for (int i = 0; i < ORG_RULES_MAX; i++)
        assert_true(org_rules_add(&kept, "r") && org_rules_add(&kept, "*") &&
                    org_rules_add(&kept, ""));
    assert_true(org_rules_decode(&kept.rules, "acme", &rules));
    assert_int_equal(rules.count, ORG_RULES_MAX);
    assert_true(org_rules_add(&kept, "r") && org_rules_add(&kept, "*") && org_rules_add(&kept, ""));
    assert_false(org_rules_decode(&kept.rules, "acme", &rules));
    memset(large, 'a', sizeof large);
    large[sizeof large - 1] = '\0';
    assert_false(org_rules_add(&kept, large));
}

static void labels_are_compared_whole(void **state)
{
    (void)state;
    static const struct {
        const char *labels, *wanted;
        bool have;
    } rows[] = {
        {"", "", true},
        {"a=1", "", true},
        {"", "a=1", false},
        {"a=1", "a=1", true},
        {"a=1,b=2", "b=2", true},
        {"a=1,b=2", "b=2,a=1", true},
        {"a=1,b=2", "a=1,c=3", false},
        {"a=12", "a=1", false},
        {"a=1", "a=12", false},
        {"xa=1", "a=1", false},
        {"b=2,a=12", "a=1", false},
        {"b=2,a=1", "b=2,a", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(labels_have(rows[i].labels, rows[i].wanted), rows[i].have);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_are_decoded_as_they_were_added),
        cmocka_unit_test(unsound_rules_are_refused),
        cmocka_unit_test(rules_have_a_bound),
        cmocka_unit_test(labels_are_compared_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
