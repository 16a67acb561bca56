/* The parts of the engine that no server can show: strict JSON, numbers, paths. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "api/engine.h"
#include "api/json.h"

static bool parses(const char *text)
{
    char why[JSON_WHY_MAX] = "";
    size_t len = strlen(text);
    char *exact = malloc(len + 1); /* so that a sanitizer sees one byte too many */
    memcpy(exact, text, len + 1);
    cJSON *json = json_parse(exact, len, why);
    bool good = json != NULL;
    assert_true(good || why[0] != '\0');
    cJSON_Delete(json);
    free(exact);
    return good;
}

static void test_parse(void **state)
{
    static const char *const good[] = {"{}",
                                       " [1] \r\n",
                                       "\"\\u00e9\"",
                                       "{\"a\":{\"a\":1}}",
                                       "\"\\\\u0000\"",
                                       "\"\xc3\xa9\xf0\x9f\x98\x80\""};
    static const char *const bad[] = {"",
                                      " ",
                                      "{",
                                      "{}x",
                                      "{\"a\":1,\"a\":2}",
                                      "[{\"a\":1,\"a\":1}]",
                                      "\"",
                                      "\"\\u0000\"",
                                      "\"\\\\\\u0000\"",
                                      "\"\xff\"",
                                      "\"\xc0\x80\"",
                                      "\"\xed\xa0\x80\"",
                                      "\"\xf4\x90\x80\x80\"",
                                      "\"\xe2\x82\"",
                                      "{\"1\":1,",
                                      "[1,",
                                      "nul",
                                      "{\"a\"}",
                                      "'a'"};
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_true(parses(good[i]));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(parses(bad[i]));
}

static void test_parse_nul(void **state)
{
    char why[JSON_WHY_MAX];
    (void)state;
    assert_null(json_parse("\"a\0b\"", 5, why));
    assert_null(json_parse("{}\0", 3, why));
}

static void test_at(void **state)
{
    char why[JSON_WHY_MAX];
    const char text[] = "{\"a\":{\"b\":\"x\",\"n\":null},\"A\":1}";
    cJSON *json = json_parse(text, strlen(text), why);
    (void)state;
    assert_string_equal(json_text(json, "a.b"), "x");
    assert_null(json_text(json, "A"));
    assert_null(json_at(json, "a.n"));
    assert_null(json_at(json, "a.b.c"));
    assert_null(json_at(json, "B"));
    assert_ptr_equal(json_at(json, ""), json);
    cJSON_Delete(json);
}

static bool integer(const char *text, int64_t *out)
{
    cJSON *json = cJSON_Parse(text);
    bool good = json_integer(json, out);
    cJSON_Delete(json);
    return good;
}

static void test_integer(void **state)
{
    static const char *const bad[] = {"-1",   "0.5",   "9007199254740992", "9007199254740993",
                                      "1e16", "1e999", "-1e999",           "\"1\"",
                                      "null", "true"};
    int64_t n;
    (void)state;
    assert_true(integer("0", &n) && n == 0);
    assert_true(integer("9007199254740991", &n) && n == 9007199254740991);
    assert_true(integer("1e3", &n) && n == 1000);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(integer(bad[i], &n));
}

static bool path_is(const char *org, const char *user, const char *want)
{
    struct provider p = {.settings = {.org = org}};
    const struct provider_arg args[] = {{"user", user}, {0}};
    struct api_error err = {0};
    char url[64];
    if (!engine_path(&p, "/o/{org}/m/{user}/x", args, url, sizeof url, &err)) {
        assert_int_equal(err.status, API_USAGE);
        assert_string_not_equal(err.message, "");
        return want == NULL;
    }
    return want && strcmp(url, want) == 0;
}

static void test_path(void **state)
{
    char longest[] = "0123456789012345678901234567890123456789012345678901234567";
    (void)state;
    assert_true(path_is("org_1", "a-b._~9", "/o/org_1/m/a-b._~9/x"));
    assert_true(path_is("o", "a/b", "/o/o/m/a%2Fb/x"));
    assert_true(path_is("o", "../x", "/o/o/m/..%2Fx/x"));
    assert_true(path_is("o", "%2e?#&=+ ", "/o/o/m/%252e%3F%23%26%3D%2B%20/x"));
    assert_true(path_is("o", "\xc3\xa9\n", "/o/o/m/%C3%A9%0A/x"));
    assert_true(path_is("o", "{org}", "/o/o/m/%7Borg%7D/x"));
    assert_true(path_is("o", "..", NULL));
    assert_true(path_is("o", ".", NULL));
    assert_true(path_is("o", "", NULL));
    assert_true(path_is("o", NULL, NULL));
    assert_true(path_is(NULL, "u", NULL));
    assert_true(path_is("o", "\xff", NULL));
    assert_true(path_is("o", longest, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse),   cmocka_unit_test(test_parse_nul), cmocka_unit_test(test_at),
        cmocka_unit_test(test_integer), cmocka_unit_test(test_path),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
