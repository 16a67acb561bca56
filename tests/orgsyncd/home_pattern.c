/* Patterns of homes: which are refused, which can meet, and what comes of them. */
#include <string.h>

#include "orgsyncd/home_pattern.h"
#include "tests/lib/unit.h"

static void patterns_that_lead_astray_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"",           "/",          "home/%u",     "%u",
                                      "/home",      "/home/%u:x", "/home/%u/..", "/home/../%u",
                                      "/home/./%u", "/../%u",     "/home/%u/.",  "/..//%u"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (!home_pattern_fault(bad[i]))
            fail_msg("%s is taken", bad[i]);
    char many[TEXT_MAX_LEN + 1] = "/";
    while (strlen(many) + 2 < sizeof many)
        strcat(many, "%u");
    assert_non_null(home_pattern_fault(many));
}

static void usual_patterns_are_taken(void **state)
{
    (void)state;
    static const char *const good[] = {"/home/%u",      "/%u",         "/home/%u/%u", "/srv//%u/",
                                       "/home/acme-%u", "/home/..%u",  "/h/.%u",      "/%u.d/x",
                                       "/home/%u/...",  "/home/%u%u%u"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        if (home_pattern_fault(good[i]))
            fail_msg("%s %s", good[i], home_pattern_fault(good[i]));
}

static void patterns_meet_where_two_names_can_have_one_directory(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b;
        bool meet;
    } rows[] = {
        {"/home/%u", "/home/%u", false}, /* the same name is the same member */
        {"/home/%u", "/home/acme-%u", true},
        {"/home/%u", "/home/%u/", true},
        {"/home/%u", "//home/%u", true},
        {"/home/%u", "/home/%u-x", true},
        {"/home/a-%u", "/home/b-%u", false},
        {"/home/a-%u", "/home/a-b-%u", true},
        {"/home/%u-a", "/home/%u-b", false},
        {"/home/%u", "/srv/%u", false},
        {"/home/%u", "/home/%u/data", false},
        {"/home/%u/x", "/home/bob/%u", true},
        {"/home/%u/x", "/home/%u/y", false},
        {"/home/x%u", "/home/%ux", true},
        {"/h/%u", "/%u/h", true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (home_patterns_meet(rows[i].a, rows[i].b) != rows[i].meet ||
            home_patterns_meet(rows[i].b, rows[i].a) != rows[i].meet)
            fail_msg("%s and %s", rows[i].a, rows[i].b);
}

/* Whatever two patterns that do not meet give to two names: it is not one directory. */
static void patterns_that_do_not_meet_give_no_directory_twice(void **state)
{
    (void)state;
    static const char *const part[] = {"%u", "a%u", "%ua", "a", "aa", "ab", "%ub", "b%u", "a%ub"};
    static const char *const name[] = {"a", "aa", "ab", "b", "ba", "aab", "aba", "bb"};
    char p[2][64], home[2][HOME_SIZE];
    const size_t parts = sizeof part / sizeof *part, names = sizeof name / sizeof *name;
    for (size_t n = 0; n < parts * parts * parts * parts; n++) {
        size_t i = n % parts, j = n / parts % parts, k = n / parts / parts % parts,
               l = n / parts / parts / parts;
        snprintf(p[0], sizeof p[0], "/%s/%s", part[i], part[j]);
        snprintf(p[1], sizeof p[1], "/%s/%s", part[k], part[l]);
        if (home_patterns_meet(p[0], p[1]) || strcmp(p[0], p[1]) == 0)
            continue;
        for (size_t m = 0; m < names * names; m++) {
            home_expand(home[0], p[0], name[m % names]);
            home_expand(home[1], p[1], name[m / names]);
            if (strcmp(home[0], home[1]) == 0 && strstr(p[0], "%u") && strstr(p[1], "%u"))
                fail_msg("%s and %s give %s", p[0], p[1], home[0]);
        }
    }
}

static void names_take_the_places_of_a_pattern(void **state)
{
    (void)state;
    char home[HOME_SIZE];
    home_expand(home, "/h/%u/%u%%u/%x", "ada");
    assert_string_equal(home, "/h/ada/ada%ada/%x");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(patterns_that_lead_astray_are_refused),
        cmocka_unit_test(usual_patterns_are_taken),
        cmocka_unit_test(patterns_meet_where_two_names_can_have_one_directory),
        cmocka_unit_test(patterns_that_do_not_meet_give_no_directory_twice),
        cmocka_unit_test(names_take_the_places_of_a_pattern),
    };
    return cmocka_run_group_tests_name("home_pattern", tests, NULL, NULL);
}
