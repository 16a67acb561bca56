/* common/reserved.c: which names nobody but root may choose. */
#include "common/reserved.h"
#include "common/name.h"
#include "tests/lib/unit.h"

static void listed_system_names_are_reserved(void **state)
{
    (void)state;
    static const char *const reserved[] = {
        "docker", "wheel",   "admin",   "lxd",  "sudo",     "root",   "postgres", "redis",
        "orgd",   "orgsync", "jenkins", "nova", "www-data", "nobody", "adm",      "hostmaster"};
    for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++)
        assert_non_null(reserved_name(reserved[i]));
}

static void ordinary_names_of_people_are_not_reserved(void **state)
{
    (void)state;
    static const char *const free_names[] = {
        "ada",     "bob",     "alice", "sam",   "ssharma",    "gita",
        "dbrown",  "asmith",  "spark", "steve", "nova.lee",   "x--help",
        "dockerx", "adocker", "a",     "nixbl", "x_exporters"};
    for (size_t i = 0; i < sizeof free_names / sizeof *free_names; i++)
        assert_null(reserved_name(free_names[i]));
}

static void names_by_system_patterns_are_reserved(void **state)
{
    (void)state;
    static const char *const reserved[] = {
        "_apt",   "_",         "systemd-coredump", "debian-tor", "gitlab-www", "gnt-daemons",
        "kube-x", "grsec-tpe", "node_exporter",    "_exporter",  "www-x",      "nixbld17"};
    for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++)
        assert_non_null(reserved_name(reserved[i]));
}

static void underscore_systemd_and_final_dot_are_always_reserved(void **state)
{
    (void)state;
    assert_non_null(reserved_form("_x"));
    assert_non_null(reserved_form("systemd-x"));
    assert_non_null(reserved_form("root."));
    assert_non_null(reserved_name("root."));
    assert_null(reserved_form("docker"));
    assert_null(reserved_form("root.x"));
    assert_null(reserved_form("systemd"));
}

static void groups_that_lead_to_root_are_mighty(void **state)
{
    (void)state;
    static const char *const mighty[] = {
        "root",       "sudo", "wheel",  "adm", "docker", "lxd",     "incus",
        "empower",    "disk", "shadow", "kvm", "staff",  "libvirt", "systemd-journal",
        "incus-admin"};
    for (size_t i = 0; i < sizeof mighty / sizeof *mighty; i++)
        assert_true(reserved_mighty_group(mighty[i]));
    assert_false(reserved_mighty_group("audio"));
    assert_false(reserved_mighty_group("postgres"));
    assert_false(reserved_mighty_group("acme"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(listed_system_names_are_reserved),
        cmocka_unit_test(ordinary_names_of_people_are_not_reserved),
        cmocka_unit_test(names_by_system_patterns_are_reserved),
        cmocka_unit_test(underscore_systemd_and_final_dot_are_always_reserved),
        cmocka_unit_test(groups_that_lead_to_root_are_mighty),
    };
    return cmocka_run_group_tests_name("reserved", tests, NULL, NULL);
}
